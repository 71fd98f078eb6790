package node

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/scan"
	"countersign.dev/internal/sharing"
)

// Indicators adds to an index what a reader may see and look for of what is
// shared. That it was given is written down.
func (n *Node) Indicators(ctx context.Context, ask access.Ask, x *scan.Index) error {
	roots, err := n.shared.Roots(ctx, ask)
	if err != nil {
		return err
	}
	for _, r := range roots {
		collections, err := n.shared.Collections(ctx, ask, r.Community)
		if err != nil {
			return err
		}
		for _, c := range collections {
			if !c.CanRead {
				continue
			}
			if err := n.indicatorsOf(ctx, ask, c, x); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *Node) indicatorsOf(ctx context.Context, ask access.Ask, c sharing.Collection, x *scan.Index) error {
	f := sharing.Filter{Limit: sharing.MaxPage}
	for {
		page, err := n.shared.Page(ctx, ask, c.Community, c.ID, sharing.Objects, f)
		if err != nil {
			return err
		}
		numbers := make([]int64, 0, len(page.Entries))
		for i := range page.Entries {
			if scan.LooksFor(page.Entries[i].Type) {
				numbers = append(numbers, page.Entries[i].Number)
			}
		}
		seen, err := n.shared.Visible(ctx, ask, numbers)
		if err != nil {
			return err
		}
		for i := range seen {
			s := &seen[i]
			x.AddObject(s.Body, scan.Indicator{Marking: s.Marking, Source: s.Source, Community: s.Community, Place: s.Collection})
		}
		if f.Next = page.Next; !page.More {
			return nil
		}
	}
}
