package search

import (
	"context"
	"slices"

	"countersign.dev/internal/db"
)

// Graph is objects and what leads from one to another.
type Graph struct {
	Nodes []Hit  `json:"nodes"` // the one that was asked about first
	Edges []Edge `json:"edges"`
	More  bool   `json:"more"` // the limit kept some out
}

// Around is what refers to an object and what it refers to, and so on up to a
// distance, at most limit objects. What may not be seen is not there: neither
// objects, nor references to them, nor relationships.
func (x *Index) Around(ctx context.Context, id string, distance, limit int, keep Keep) (*Graph, error) {
	if err := x.Follow(ctx); err != nil {
		return nil, err
	}
	g := &Graph{Nodes: []Hit{}, Edges: []Edge{}}
	first, err := x.Versions(ctx, []string{id}, keep)
	if err != nil || len(first) == 0 {
		return g, err
	}
	g.Nodes = append(g.Nodes, first[id])
	inside := map[string]bool{id: true}
	at := []string{id}
	for range distance {
		edges, err := x.edges(ctx, at, keep)
		if err != nil {
			return nil, err
		}
		var beyond []string
		for _, e := range edges {
			for _, end := range []string{e.Source, e.Target} {
				if !inside[end] && !slices.Contains(beyond, end) {
					beyond = append(beyond, end)
				}
			}
		}
		found, err := x.Versions(ctx, beyond, keep)
		if err != nil {
			return nil, err
		}
		at = nil
		for _, end := range beyond {
			h, ok := found[end]
			if !ok {
				continue
			}
			if len(g.Nodes) == limit {
				g.More = true
				break
			}
			inside[end] = true
			g.Nodes, at = append(g.Nodes, h), append(at, end)
		}
		for _, e := range edges {
			if inside[e.Source] && inside[e.Target] && !slices.Contains(g.Edges, e) {
				g.Edges = append(g.Edges, e)
			}
		}
		if len(at) == 0 {
			break
		}
	}
	return g, nil
}

// The limits of what leads from or to objects: how many are read at a time, and
// how many of those that may be seen are enough.
const (
	edgesAtOnce = 5000
	mostEdges   = 20_000
)

// edges is what leads from or to some objects, as far as whoever says so may be
// seen. One that several versions say is one.
func (x *Index) edges(ctx context.Context, ids []string, keep Keep) (out []Edge, err error) {
	for _, end := range []string{"source", "target"} {
		for _, id := range ids {
			object, nth := int64(0), int64(0)
			for len(out) < mostEdges {
				var found []Edge
				err := x.db.Read(ctx, func(tx *db.Tx) error {
					return rows(ctx, tx, `SELECT e.object, e.nth, o.id, e.source, e.label, e.target FROM search_edge e JOIN search_object o ON o.object = e.object
						WHERE e.`+end+` = $1 AND (e.object, e.nth) > ($2, $3) ORDER BY e.object, e.nth LIMIT $4`, []any{id, object, nth, edgesAtOnce}, func(r *db.Rows) error {
						var e Edge
						err := r.Scan(&e.number, &nth, &e.Object, &e.Source, &e.Label, &e.Target)
						found, object = append(found, e), e.number
						return err
					})
				})
				if err != nil {
					return nil, err
				}
				if out, err = x.keepEdges(ctx, out, found, keep); err != nil {
					return nil, err
				}
				if len(found) < edgesAtOnce {
					break
				}
			}
		}
	}
	return out, nil
}

func (x *Index) keepEdges(ctx context.Context, out, found []Edge, keep Keep) ([]Edge, error) {
	var numbers []int64
	for _, e := range found {
		numbers = append(numbers, e.number)
	}
	slices.Sort(numbers)
	kept, err := keep(ctx, slices.Compact(numbers))
	if err != nil {
		return nil, err
	}
	visible := make(map[int64]bool, len(kept))
	for _, n := range kept {
		visible[n] = true
	}
	seen := map[Edge]bool{}
	for _, e := range out {
		seen[e] = true
	}
	for _, e := range found {
		ok := visible[e.number]
		if e.number = 0; ok && !seen[e] {
			seen[e] = true
			out = append(out, e)
		}
	}
	return out, nil
}

// Edges is what leads from or to some objects, as far as whoever says so may be
// seen, whether or not the other end may. It brings the index up first.
func (x *Index) Edges(ctx context.Context, ids []string, keep Keep) ([]Edge, error) {
	if err := x.Follow(ctx); err != nil {
		return nil, err
	}
	return x.edges(ctx, ids, keep)
}
