package node

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// Rows screens some rows of a batch, in their order. What is wrong with one is
// told in its place, with the line that it stands in, and keeps no other from
// being answered.
func (s *Screening) Rows(ctx context.Context, rows []screening.Row) []*screening.Result {
	var sought []screening.Sought
	for i := range rows {
		if rows[i].Err == nil {
			sought = append(sought, rows[i].Sought)
		}
	}
	answered := s.All(ctx, sought)
	out := make([]*screening.Result, len(rows))
	for i := range rows {
		row := &rows[i]
		if row.Err != nil {
			out[i] = &screening.Result{ID: row.ID, Query: row.Name, Matches: []screening.Match{}, Error: problem.Message(row.Err)}
			continue
		}
		out[i], answered = answered[0], answered[1:]
		if out[i].Error != "" {
			out[i].Error = row.Place() + out[i].Error
		}
	}
	return out
}

// Screened is a recorded screening, as its bytes, by digest.
func (n *Node) Screened(ctx context.Context, ask access.Ask, digest string) ([]byte, *ledger.Entry, error) {
	b, e, err := n.recorded(ctx, ask, digest)
	if err == nil && e.Kind != KindScreening {
		return nil, nil, problem.New(problem.NotFound, "%s is no screening but a document of kind %s", digest, e.Kind)
	}
	return b, e, err
}
