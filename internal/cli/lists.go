package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
)

const listsLong = `Lists shows the sources that the ledger holds. With SOURCE it shows that one's
editions and how many entries each added, removed and changed; with two
editions, named by their positions, what changed from one to the other. FROM 0
is the empty list.`

func (a *app) listsCommand() *cobra.Command {
	var f atFlags
	var as string
	c := command("lists [SOURCE [FROM TO]]", "Sources, their editions and differences", 0, 3, func(cmd *cobra.Command, args []string) error {
		if len(args) == 2 {
			return usage(cmd, "TO is missing")
		}
		var between [2]int64
		if len(args) == 3 {
			for i, s := range args[1:] {
				var err error
				if between[i], err = strconv.ParseInt(s, 10, 64); err != nil || between[i] < 0 {
					return usage(cmd, "%q: want the position of an edition", s)
				}
			}
		}
		return a.with(cmd.Context(), toRead, func(n *node.Node) error {
			reader, err := readerFor(cmd.Context(), n, as)
			if err != nil {
				return err
			}
			ask := f.ask(reader)
			switch len(args) {
			case 0:
				return a.sources(cmd.Context(), n, ask)
			case 1:
				return a.editions(cmd.Context(), n, ask, args[0])
			}
			return a.differences(cmd.Context(), n, ask, args[0], between[0], between[1])
		})
	})
	c.Long = listsLong
	f.add(c.Flags())
	addAs(c, &as)
	return c
}

func (a *app) sources(ctx context.Context, n *node.Node, ask access.Ask) error {
	sources, err := n.Sources(ctx, ask)
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		return a.json(map[string]any{"sources": sources})
	}
	// Lists first, then what was written by hand, then rules.
	slices.SortStableFunc(sources, func(x, y ledger.Source) int {
		return cmp.Compare(rankOf(x.Source), rankOf(y.Source))
	})
	rows := [][]string{{"source", "editions", "documents", "last published", "position"}}
	for _, s := range sources {
		rows = append(rows, []string{
			s.Source, strconv.Itoa(s.Editions), strconv.Itoa(s.Documents), string(s.LastPublished), position(s.LastPosition),
		})
	}
	a.table(rows)
	return nil
}

// rankOf tells lists (0), event files (1) and rules (2) apart by their source.
func rankOf(source string) int {
	series, _, found := strings.Cut(source, "/")
	switch {
	case !found:
		return 0
	case series == "events":
		return 1
	}
	return 2
}

func (a *app) editions(ctx context.Context, n *node.Node, ask access.Ask, source string) error {
	editions, err := n.Editions(ctx, ask, source)
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		return a.json(map[string]any{"source": source, "editions": editions})
	}
	rows := [][]string{{"position", "published", "rows", "added", "removed", "changed"}}
	for _, e := range editions {
		rows = append(rows, []string{
			position(e.Position), string(e.Published), strconv.Itoa(e.Rows),
			strconv.Itoa(e.Added), strconv.Itoa(e.Removed), strconv.Itoa(e.Changed),
		})
	}
	a.table(rows)
	return nil
}

func (a *app) differences(ctx context.Context, n *node.Node, ask access.Ask, source string, from, to int64) error {
	d, err := n.Differences(ctx, ask, source, from, to)
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		return a.json(d)
	}
	a.line("%s from %d to %d: %d added, %d removed, %d changed", d.Source, d.From, d.To, d.Added, d.Removed, d.Changed)
	for i := range d.Items {
		a.difference(&d.Items[i])
	}
	return nil
}

// signs of what became of a subject.
var signs = map[string]string{"added": "+", "removed": "-", "changed": "~"}

func (a *app) difference(item *ledger.Difference) {
	a.line("%s %s  %s", signs[item.Change], item.Subject, oneLine(item.Name))
	if item.Change != "changed" {
		return
	}
	for _, f := range item.Facts {
		what := f.Kind
		if f.Key != "" {
			what += " " + f.Key
		}
		a.paragraph("    "+oneLine(what)+": ", fmt.Sprintf("%s -> %s", orNothing(f.Before), orNothing(f.After)))
	}
}

func orNothing(b []byte) string {
	if len(b) == 0 {
		return "nothing"
	}
	return string(b)
}

// position is a position as it is written.
func position(p int64) string { return strconv.FormatInt(p, 10) }
