package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

// now is a question about what is so at this moment: what may be seen of what is
// shared is never asked as of another.
func nowAs(reader access.Reader) access.Ask {
	return access.Ask{Reader: reader, At: access.At{Position: access.Now}}
}

// place is a collection as a command names it: its community, and its id or
// alias.
func place(text string) (community, collection string, err error) {
	community, collection, ok := strings.Cut(text, "/")
	if !ok || community == "" || collection == "" {
		return "", "", problem.New(problem.Invalid, "%q: want COMMUNITY/COLLECTION, as agencies/threats", text)
	}
	return community, collection, nil
}

// asking opens the store for a command and works out for whom it asks.
func (a *app) asking(ctx context.Context, what openFor, as string, fn func(n *node.Node, reader access.Reader) error) error {
	return a.with(ctx, what, func(n *node.Node) error {
		reader, err := readerFor(ctx, n, as)
		if err != nil {
			return err
		}
		return fn(n, reader)
	})
}

func (a *app) stixCollectionsCommand() *cobra.Command {
	var as string
	c := command("collections", "List the collections that can be read or written", 0, 0, func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		out := []sharing.Collection{}
		err := a.asking(ctx, toRead, as, func(n *node.Node, reader access.Reader) error {
			roots, err := n.Sharing().Roots(ctx, nowAs(reader))
			if err != nil {
				return err
			}
			for _, r := range roots {
				list, err := n.Sharing().Collections(ctx, nowAs(reader), r.Community)
				if err != nil {
					return err
				}
				out = append(out, list...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if a.wantsJSON() {
			return a.json(out)
		}
		for _, k := range out {
			may := strings.TrimSpace(map[bool]string{true: "read "}[k.CanRead] + map[bool]string{true: "write"}[k.CanWrite])
			a.line("%-28s %-12s %s  %s", oneLine(k.Community+"/"+orElse(k.Alias, k.ID)), orElse(may, "neither"), oneLine(k.Title), a.style(faint, k.ID))
		}
		return nil
	})
	c.Long = `Collections lists what can be read or written of what is shared, by community. A
community is made by importing its file; see the guide on sharing.`
	addAs(c, &as)
	return c
}

const stixSubmitLong = `Submit shares the objects of FILE, a STIX bundle, TAXII envelope or single object, in a
collection. Each object is judged by itself: what breaks the standard, or is marked less
strictly by somebody else than its source, is refused, and the others go in.

Exit codes: 0 all were taken in, 1 some or all were refused.`

func (a *app) stixSubmitCommand() *cobra.Command {
	var as, to string
	c := command("submit FILE", "Share objects in a collection", 1, 1, func(cmd *cobra.Command, args []string) error {
		community, collection, err := place(to)
		if err != nil {
			return usage(cmd, "--to %s", problem.Message(err))
		}
		b, err := a.readSTIX(args[0])
		if err != nil {
			return err
		}
		var st *sharing.Status
		ctx := cmd.Context()
		err = a.asking(ctx, toBegin, as, func(n *node.Node, reader access.Reader) error {
			if st, err = n.Sharing().Submit(ctx, nowAs(reader), community, collection, b); err != nil {
				return problem.Wrap(problem.KindOf(err), err, "%s", args[0])
			}
			if st.State == sharing.Complete {
				return nil
			}
			if err := n.Sharing().Drain(ctx); err != nil {
				return err
			}
			st, err = n.Sharing().Status(ctx, nowAs(reader), community, st.ID)
			return err
		})
		if err != nil {
			return err
		}
		return a.submitted(st)
	})
	c.Use = "submit FILE|- --to COMMUNITY/COLLECTION"
	c.Long = stixSubmitLong
	c.Flags().StringVar(&to, "to", "", "`COMMUNITY/COLLECTION` to share in")
	addAs(c, &as)
	return c
}

// mostRefused is how many refused objects people are shown.
const mostRefused = 20

func (a *app) submitted(st *sharing.Status) error {
	if a.wantsJSON() {
		if err := a.json(st); err != nil {
			return err
		}
	} else {
		a.line("%d of %d objects taken in, at position %d", len(st.Successes), st.Total, st.Document)
		for i, f := range st.Failures {
			if i == mostRefused {
				a.line("  and %d more", len(st.Failures)-i)
				break
			}
			a.line("  %s %s: %s", a.style(red, strings.ReplaceAll(f.Code, "_", " ")), oneLine(orElse(f.ID, "an object without id")), oneLine(f.Message))
		}
	}
	if len(st.Failures) > 0 {
		return resultError{}
	}
	return nil
}

func (a *app) stixPullCommand() *cobra.Command {
	var as, out string
	c := command("pull COLLECTION", "Give what can be read of a collection, as a bundle", 1, 1, func(cmd *cobra.Command, args []string) error {
		community, collection, err := place(args[0])
		if err != nil {
			return usage(cmd, "%s", problem.Message(err))
		}
		ctx := sharing.By(cmd.Context(), "export")
		var bundle []byte
		err = a.asking(ctx, toBegin, as, func(n *node.Node, reader access.Reader) error {
			bundle, err = n.Sharing().Bundle(ctx, nowAs(reader), community, collection)
			return err
		})
		if err != nil {
			return err
		}
		if out != "" {
			return writeFile(out, bundle, 0o600)
		}
		_, err = a.out.Write(bundle)
		return err
	})
	c.Use = "pull COMMUNITY/COLLECTION"
	c.Long = `Pull gives the newest versions of the objects of a collection that can be read, byte
for byte, as a STIX bundle. That they were given is written down.`
	c.Flags().StringVarP(&out, "output", "o", "", "write to `FILE`")
	addAs(c, &as)
	return c
}

func (a *app) stixRecipientsCommand() *cobra.Command {
	var as string
	c := command("recipients ID", "Say who was given an object that you shared", 1, 1, func(cmd *cobra.Command, args []string) error {
		var list []sharing.Disclosure
		ctx := cmd.Context()
		err := a.asking(ctx, toRead, as, func(n *node.Node, reader access.Reader) (err error) {
			list, err = n.Sharing().Recipients(ctx, nowAs(reader), args[0])
			return err
		})
		if err != nil {
			return err
		}
		if a.wantsJSON() {
			return a.json(list)
		}
		for _, d := range list {
			a.line("%s  %-20s %-20s %-8s %s", d.At.Format("2006-01-02 15:04:05"), oneLine(strings.Join(d.Organisations, ", ")), oneLine(d.Member), d.Way, a.style(faint, oneLine(d.Version)))
		}
		return nil
	})
	c.Long = `Recipients lists who was given which version of an object, when and by which way: whom
a retraction has to reach. Only the organisation that shared it may ask.`
	addAs(c, &as)
	return c
}

func (a *app) stixVisibleCommand() *cobra.Command {
	var as string
	c := command("visible", "Say what can be seen, and why", 0, 0, func(cmd *cobra.Command, _ []string) error {
		var list []sharing.Explained
		ctx := cmd.Context()
		err := a.asking(ctx, toRead, as, func(n *node.Node, reader access.Reader) (err error) {
			list, err = n.Sharing().Explain(ctx, nowAs(reader))
			return err
		})
		if err != nil {
			return err
		}
		if a.wantsJSON() {
			return a.json(list)
		}
		for _, e := range list {
			a.line("%-12s %8d  %-18s from %-16s %s", oneLine(e.Community), e.Objects, e.Marking, oneLine(e.Source), a.style(faint, e.Why))
		}
		return nil
	})
	c.Long = `Visible counts the shared objects that can be seen, by community, marking and source,
with the rule that lets them be seen.`
	addAs(c, &as)
	return c
}
