package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/watchlist"
)

const watchlistLong = `A watch list is a file of names, in the form that screen --batch reads. Run
screens them against the lists that are held and records what has changed since
the run before: which matches appeared, disappeared, or are of another status,
list, name or evidence. The first run tells of all matches. A server runs every
list by itself when facts change and when a day begins.

A list is seen by the organisations of whoever adds it, or by --audience, and is
screened against what all of its audience may see.`

func (a *app) watchlistCommand() *cobra.Command {
	c := group("watchlist", "Watch names, and be told what changes about them",
		a.watchlistAddCommand(), a.watchlistListCommand(), a.watchlistRunCommand(), a.watchlistChangesCommand(), a.watchlistRemoveCommand())
	c.Long = watchlistLong
	return c
}

func (a *app) watchlistAddCommand() *cobra.Command {
	var audience audienceFlag
	var strict bool
	var as string
	c := command("add NAME FILE", "Watch the names of a CSV file", 2, 2, func(cmd *cobra.Command, args []string) error {
		if err := watchlist.CheckName(args[0]); err != nil {
			return usage(cmd, "%v", err)
		}
		b, err := a.readFile(args[1])
		if err != nil {
			return err
		}
		l := node.NewWatchList{Name: args[0], File: filepath.Base(args[1]), CSV: b, Strict: strict}
		if args[1] == "-" {
			l.File = "standard input"
		}
		if cmd.Flags().Changed("audience") {
			l.Audience = &audience.Audience
		}
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, reader access.Reader) error {
			return a.watchlistAdd(cmd.Context(), n, reader, l)
		})
	})
	c.Use = "add NAME FILE | NAME -"
	c.Long = "Add puts the names of FILE under watch, in place of those that are watched under\nNAME. Rows that are wrong are told and left out, unless --strict."
	c.Flags().Var(&audience, "audience", "who may see the list and what is found: public or org:ID")
	c.Flags().BoolVar(&strict, "strict", false, "watch nothing when a row is wrong")
	addAs(c, &as)
	return c
}

// asMember opens the store to do something as a member, or as its operator.
func (a *app) asMember(ctx context.Context, what openFor, as string, do func(*node.Node, access.Reader) error) error {
	return a.with(ctx, what, func(n *node.Node) error {
		reader, err := readerFor(ctx, n, as)
		if err != nil {
			return err
		}
		return do(n, reader)
	})
}

func (a *app) watchlistAdd(ctx context.Context, n *node.Node, reader access.Reader, l node.NewWatchList) error {
	set, err := n.SetWatchList(ctx, reader, l)
	if err != nil {
		return err
	}
	for _, w := range set.Wrong {
		a.warn("%s", w)
	}
	switch {
	case a.wantsJSON():
		return a.json(set)
	case set.New:
		a.line("%s, for %s: %s watched; screen them with countersign watchlist run %s", l.Name, set.List.Audience, counted(set.List.Names, "name"), l.Name)
	default:
		a.line("%s, for %s: watched already", l.Name, set.List.Audience)
	}
	return nil
}

func (a *app) watchlistListCommand() *cobra.Command {
	var as string
	c := command("list", "The lists that are watched", 0, 0, func(cmd *cobra.Command, _ []string) error {
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, reader access.Reader) error {
			lists, err := n.WatchLists(cmd.Context(), reader)
			if err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(map[string]any{"watchlists": lists})
			}
			rows := [][]string{{"name", "audience", "names", "since", "by", "last run", "appeared", "disappeared", "changed"}}
			for _, l := range lists {
				row := []string{l.Name, l.Audience, fmt.Sprint(l.Names), string(l.Set), l.Actor, "never", "", "", ""}
				if r := l.LastRun; r != nil {
					row = append(row[:5], string(r.At), fmt.Sprint(r.Counts.Appeared), fmt.Sprint(r.Counts.Disappeared), fmt.Sprint(r.Counts.Changed))
				}
				rows = append(rows, row)
			}
			a.table(rows)
			return nil
		})
	})
	addAs(c, &as)
	return c
}

func (a *app) watchlistRunCommand() *cobra.Command {
	var as string
	c := command("run [NAME]", "Screen watched names again and record what changed", 0, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, reader access.Reader) error {
			runs, err := a.watchlistRun(cmd.Context(), n, reader, args)
			if err != nil {
				return err
			}
			return a.watchlistRuns(runs)
		})
	})
	c.Long = "Run screens the names of NAME, or of every list, as of now and records what has\nchanged since the run before. Only names that a changed entry may concern are\nscreened; when nothing has changed since, nothing is recorded."
	addAs(c, &as)
	return c
}

// watchlistRun runs the named list, or all when none is.
func (a *app) watchlistRun(ctx context.Context, n *node.Node, reader access.Reader, names []string) ([]watchlist.Recorded, error) {
	progress, done := a.counting("screening")
	defer done()
	if len(names) == 0 {
		return n.RunWatchLists(ctx, reader, progress)
	}
	r, err := n.RunWatchList(ctx, reader, names[0], progress)
	if err != nil {
		return nil, err
	}
	return []watchlist.Recorded{*r}, nil
}

// watchlistRuns prints what runs found.
func (a *app) watchlistRuns(runs []watchlist.Recorded) error {
	if a.wantsJSON() {
		return a.json(map[string]any{"runs": runs})
	}
	for i := range runs {
		r := &runs[i]
		from := "for the first time, since this is " + r.Because
		switch {
		case r.From != nil:
			from = fmt.Sprintf("since %s at position %d", r.From.At, r.From.Position)
		case r.Previous != "":
			from = "all over, since " + r.Because
		}
		a.line("%s", a.style(bold, r.List))
		a.line("screened on %s at position %d, %s", r.To.At, r.To.Position, from)
		a.line("%s, %s, %d screened: %d appeared, %d disappeared, %d changed",
			counted(r.Counts.Names, "name"), counted(r.Counts.Subjects, "subject")+" touched", r.Counts.Screened,
			r.Counts.Appeared, r.Counts.Disappeared, r.Counts.Changed)
		for _, c := range r.Changes {
			a.watchlistChange(&c)
		}
		if i < len(runs)-1 {
			a.line("")
		}
	}
	return nil
}

// watchlistChange prints one change in two lines: of which name, and what.
func (a *app) watchlistChange(c *watchlist.Change) {
	who := c.Query
	if c.ID != "" {
		who = c.ID + " " + who
	}
	state := c.Is
	if state == nil {
		state = c.Was
	}
	a.line("  %-11s  %s", c.Change, a.style(bold, oneLine(who)))
	words := fmt.Sprintf("%s  %s  %.3f  %s", oneLine(state.Name), c.Entry, state.Score, standing(state))
	if c.Change == watchlist.Changed {
		words += fmt.Sprintf(" (was %s%s)", standing(c.Was), wereOther(c))
	}
	a.line("               %s", words)
}

func standing(s *watchlist.State) string {
	if s.List == "" {
		return "on no list"
	}
	return s.List + ", " + string(s.Status)
}

// wereOther tells of what changed besides list and status.
func wereOther(c *watchlist.Change) string {
	var b strings.Builder
	for _, f := range c.Fields {
		switch f {
		case "name":
			fmt.Fprintf(&b, "; named %q", c.Was.Name)
		case "matched":
			fmt.Fprintf(&b, "; found by %q", c.Was.Matched)
		case "score":
			fmt.Fprintf(&b, "; %.3f", c.Was.Score)
		case "evidence":
			fmt.Fprintf(&b, "; other evidence %+.2f", c.Was.Evidence)
		}
	}
	return oneLine(b.String())
}

func (a *app) watchlistChangesCommand() *cobra.Command {
	var since dateFlag
	var position positionFlag
	var as string
	c := command("changes NAME", "What the runs of a list found", 1, 1, func(cmd *cobra.Command, args []string) error {
		return a.asMember(cmd.Context(), toRead, as, func(n *node.Node, reader access.Reader) error {
			runs, err := n.WatchListRuns(cmd.Context(), reader, args[0], watchlist.Since{Day: access.Date(since), Position: int64(position)})
			if err != nil {
				return err
			}
			return a.watchlistRuns(runs)
		})
	})
	c.Long = "Changes prints the recorded reports on NAME, oldest first, in force or not."
	c.Flags().Var(&since, "since", "only runs as of this day or later")
	c.Flags().Var(&position, "position", "only runs recorded above this position")
	addAs(c, &as)
	return c
}

func (a *app) watchlistRemoveCommand() *cobra.Command {
	var reason, as string
	c := command("remove NAME --reason TEXT", "Watch a list no longer", 1, 1, func(cmd *cobra.Command, args []string) error {
		if reason == "" {
			return usage(cmd, "--reason says why, for everybody who will ask")
		}
		return a.asMember(cmd.Context(), toWrite, as, func(n *node.Node, reader access.Reader) error {
			if err := n.RemoveWatchList(cmd.Context(), reader, args[0], reason); err != nil {
				return err
			}
			if a.wantsJSON() {
				return a.json(map[string]any{"removed": args[0]})
			}
			a.line("%s is watched no longer; what its runs found stays in the ledger", args[0])
			return nil
		})
	})
	c.Flags().StringVar(&reason, "reason", "", "`WHY` it is removed")
	addAs(c, &as)
	return c
}
