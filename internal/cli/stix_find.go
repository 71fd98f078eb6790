package cli

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
)

const stixSearchLong = `Search finds shared objects by a value (an address, name, hash, CVE …), also where it was
made harmless, as evil[.]example, or by words that they have. What cannot be seen is not
counted.`

func (a *app) stixSearchCommand() *cobra.Command {
	var as string
	var limit int
	c := command("search QUERY", "Find shared objects by value or words", 1, -1, func(cmd *cobra.Command, args []string) error {
		var found *node.SharedFound
		ctx := cmd.Context()
		err := a.asking(ctx, toBegin, as, func(n *node.Node, reader access.Reader) (err error) {
			found, err = n.SearchShared(ctx, nowAs(reader), strings.Join(args, " "), limit)
			return err
		})
		if err != nil {
			return err
		}
		if a.wantsJSON() {
			return a.json(found)
		}
		if found.Value != nil {
			a.line("%s", a.style(faint, "looked for as "+found.Value.String()))
		}
		for _, h := range found.Hits {
			state := ""
			if h.Standing != "" {
				state = sprintf("%s %d", h.Standing, h.Score)
			}
			a.line("%-18s %-40s %-17s %-12s %s", oneLine(h.Type), oneLine(cmp.Or(h.Name, h.Title, h.ID)), h.Marking, state, a.style(faint, oneLine(h.ID)))
		}
		if found.More {
			a.line("%s", a.style(faint, "there are more; see --limit"))
		}
		return nil
	})
	c.Long = stixSearchLong
	c.Flags().IntVar(&limit, "limit", 50, "show at most `N` objects")
	addAs(c, &as)
	return c
}

func (a *app) stixShowCommand() *cobra.Command {
	var as string
	c := command("show ID", "Show a shared object, its versions and markings", 1, 1, func(cmd *cobra.Command, args []string) error {
		var o *node.SharedObject
		ctx := cmd.Context()
		err := a.asking(ctx, toBegin, as, func(n *node.Node, reader access.Reader) (err error) {
			o, err = n.SharedObject(ctx, nowAs(reader), args[0])
			return err
		})
		if err != nil {
			return err
		}
		if a.wantsJSON() {
			return a.json(o)
		}
		a.sharedObject(o)
		return nil
	})
	addAs(c, &as)
	return c
}

func (a *app) sharedObject(o *node.SharedObject) {
	a.line("%s  %s", a.style(bold, oneLine(cmp.Or(o.Name, o.Title, o.ID))), a.style(faint, oneLine(o.ID)))
	marking := o.Marking
	if o.Assigned {
		marking += ", given by the community"
	}
	a.line("  marking     %s", marking)
	a.line("  shared by   %s in %s/%s, position %d", oneLine(o.Source), o.Community, o.Collection, o.Document)
	a.line("  you see it  %s", o.Why)
	if o.Standing != "" {
		a.line("  counts      %s, %d of 100", o.Standing, o.Score)
	}
	for _, v := range o.Values {
		note := ""
		if v.Unfit != "" {
			note = a.style(yellow, "  must not be looked for: "+v.Unfit)
		}
		a.line("  value       %s%s", oneLine(v.String()), note)
	}
	for _, v := range o.Versions {
		a.line("  version     %s  %s  %s", oneLine(v.Version), v.Marking, oneLine(v.Source))
	}
	for _, same := range o.Same {
		a.line("  %-10s  %s  %s  (%s on %s: %s)", sharedVerdicts[same.Verdict], oneLine(same.Name), a.style(faint, oneLine(same.ID)), same.Actor, same.Date, oneLine(same.Reason))
	}
	for _, like := range o.Alike {
		a.line("  like        %s  %s  (%s)", oneLine(like.Name), a.style(faint, oneLine(like.ID)), oneLine(strings.Join(like.Because, ", ")))
	}
	var pretty any
	if json.Unmarshal(o.Object, &pretty) == nil {
		if b, err := json.MarshalIndent(pretty, "  ", "  "); err == nil {
			a.line("")
			a.line("  %s", b)
		}
	}
}

func (a *app) stixGraphCommand() *cobra.Command {
	var as string
	var distance, limit int
	c := command("graph ID", "Show what an object refers to and what refers to it", 1, 1, func(cmd *cobra.Command, args []string) error {
		var g *node.SharedGraph
		ctx := cmd.Context()
		err := a.asking(ctx, toBegin, as, func(n *node.Node, reader access.Reader) (err error) {
			g, err = n.SharedAround(ctx, nowAs(reader), args[0], distance, limit)
			return err
		})
		if err != nil {
			return err
		}
		if a.wantsJSON() {
			return a.json(g)
		}
		names := map[string]string{}
		for _, v := range g.Nodes {
			names[v.ID] = v.Type + " " + orElse(v.Name, v.ID)
		}
		a.line("%s", counted(len(g.Nodes), "object"))
		for _, e := range g.Edges {
			a.line("  %s  %s  %s", oneLine(names[e.Source]), a.style(faint, oneLine(e.Label)), oneLine(names[e.Target]))
		}
		if g.More {
			a.line("%s", a.style(faint, "there are more; see --limit"))
		}
		return nil
	})
	c.Flags().IntVar(&distance, "distance", 1, "how many references away, 1 to 4")
	c.Flags().IntVar(&limit, "limit", 100, "show at most `N` objects")
	addAs(c, &as)
	return c
}

func (a *app) stixTimelineCommand() *cobra.Command {
	var as string
	c := command("timeline ID", "Show what happened when, by an object and those next to it", 1, 1, func(cmd *cobra.Command, args []string) error {
		var list []node.SharedMoment
		ctx := cmd.Context()
		err := a.asking(ctx, toBegin, as, func(n *node.Node, reader access.Reader) (err error) {
			list, err = n.SharedTimeline(ctx, nowAs(reader), args[0])
			return err
		})
		if err != nil {
			return err
		}
		if a.wantsJSON() {
			return a.json(list)
		}
		for _, m := range list {
			a.line("%-28s %-15s %s %s", oneLine(m.At), strings.ReplaceAll(m.What, "_", " "), oneLine(m.Type), oneLine(orElse(m.Name, m.ID)))
		}
		return nil
	})
	addAs(c, &as)
	return c
}
