package node

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// KindScreening is the kind of the documents in which screenings are recorded.
const KindScreening = "screening"

// Record keeps what was screened in the ledger, as one document for those who
// could have asked it, and returns its digest. The results are this
// screening's own, with or without the account of each match.
func (s *Screening) Record(ctx context.Context, screened []screening.Screened) (string, error) {
	reader := s.ask.Reader
	switch {
	case !reader.MayWrite():
		return "", problem.New(problem.Denied, "%s may not record screenings; ask for a role other than reader", reader.Member)
	case len(screened) > screening.MaxRecorded:
		return "", problem.New(problem.TooLarge, "%d names: at most %d are recorded in one document; screen them in parts", len(screened), screening.MaxRecorded)
	}
	b, err := s.document(screened).Encode()
	if err != nil {
		return "", err
	}
	audience := askers(reader)
	for _, one := range screened {
		for _, m := range one.Matches {
			audience = audience.And(m.Audience)
		}
	}
	r, err := s.node.Ledger.Append(ctx, ledger.Edition{
		Documents: []ledger.Document{{Bytes: b, Kind: KindScreening, Name: "screening.json"}},
		Audience:  audience, Actor: reader.Member,
	})
	if err != nil {
		return "", fmt.Errorf("record screening: %w", err)
	}
	return r.Documents[0].Digest, nil
}

func (s *Screening) document(screened []screening.Screened) *screening.Recorded {
	return &screening.Recorded{
		Form: screening.Form, At: s.ask.At.Date, Known: s.ask.At.Known, Position: s.ask.At.Position,
		Audiences: decision.Audiences(s.ask.Reader), Engine: screening.Engine, Threshold: s.opts.Least,
		Lists: append([]string{}, s.opts.Lists...), Limit: s.opts.Limit, Screened: screened,
	}
}

// replayScreening screens the names of a record again, and compares.
func (n *Node) replayScreening(ctx context.Context, b []byte) (*decision.Outcome, error) {
	old, err := screening.ParseRecord(b)
	if err != nil {
		return nil, err
	}
	ask := access.Ask{Reader: readerOf(old.Audiences), At: access.At{Date: old.At, Known: old.Known, Position: old.Position}}
	s, err := n.Screening(ctx, ask, ScreenOptions{Why: accounted(old), Limit: old.Limit, Lists: old.Lists, Least: old.Threshold})
	if err != nil {
		return nil, fmt.Errorf("replay a screening: %w", err)
	}
	again := make([]screening.Screened, 0, len(old.Screened))
	for _, was := range old.Screened {
		r, err := s.One(ctx, was.Sought)
		if err != nil {
			return nil, fmt.Errorf("replay a screening: %w", err)
		}
		again = append(again, screening.Screened{Sought: was.Sought, Matches: r.Matches})
	}
	now, err := s.document(again).Encode()
	if err != nil {
		return nil, err
	}
	out, err := decision.CompareDocuments(b, now, old.Engine == screening.Engine)
	return &out, err
}

// accounted reports whether a record has the account of its matches.
func accounted(r *screening.Recorded) bool {
	return slices.ContainsFunc(r.Screened, func(s screening.Screened) bool {
		return slices.ContainsFunc(s.Matches, func(m screening.Match) bool { return m.Why != nil })
	})
}
