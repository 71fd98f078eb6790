package specimen

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
)

// history is what was stated of advisories, as a ledger would hold it. The
// bills are all of position 1.
type history struct {
	head      int64
	facts     []ledger.Fact // by id
	bySubject map[string][]int
	byTerm    map[string][]int
	closed    map[int64][]int // facts by the position that closed them
	next      int64           // number within the position
}

func newHistory() history {
	return history{head: 1, bySubject: map[string][]int{}, byTerm: map[string][]int{}, closed: map[int64][]int{}}
}

// published is the day of everything in a portfolio.
const published access.Date = "2026-01-01"

// State takes in statements about advisories, all there is to say of each of
// their subjects, at a position of its own; the first at that of the bills.
func (p *Portfolio) State(statements []ledger.Statement) error {
	h := &p.history
	if len(h.facts) > 0 {
		h.head++
	}
	h.next = int64(len(p.ids))
	ended := map[string]bool{}
	for i := range statements {
		s := &statements[i]
		if !ended[s.Subject] {
			ended[s.Subject] = true
			h.end(s.Subject)
		}
		body, err := json.Marshal(s.Body)
		if err != nil {
			return err
		}
		n := len(h.facts)
		h.facts = append(h.facts, ledger.Fact{
			ID: h.head<<24 | h.next, Kind: s.Kind, Subject: s.Subject, Key: s.Key, Term: s.Term, Source: "specimen", Body: body,
			ValidFrom: published, ValidTo: access.Forever, Published: published, Superseded: access.Forever, KnownFrom: h.head, KnownTo: access.Now,
		})
		h.next++
		h.bySubject[s.Subject] = append(h.bySubject[s.Subject], n)
		h.byTerm[s.Term] = append(h.byTerm[s.Term], n)
	}
	return nil
}

// end closes what is held about a subject.
func (h *history) end(subject string) {
	for _, n := range h.bySubject[subject] {
		if f := &h.facts[n]; f.KnownTo == access.Now {
			f.KnownTo = h.head
			h.closed[h.head] = append(h.closed[h.head], n)
		}
	}
}

// Head is the newest position.
func (p *Portfolio) Head(context.Context) (ledger.Head, error) {
	return ledger.Head{Position: p.head, FactsPosition: p.head}, nil
}

// Changes tells of facts as a ledger does.
func (p *Portfolio) Changes(ctx context.Context, kinds []string, after, upto int64, opened func(*ledger.Fact) error, closed func(id, at int64) error) error {
	if after < 1 && upto >= 1 && slices.Contains(kinds, software.FactContents) {
		for i := range p.ids {
			b, err := p.at(i)
			if err != nil {
				return err
			}
			f := ledger.Fact{ID: 1<<24 | int64(i), Kind: software.FactContents, Subject: p.ids[i], Source: "specimen", Body: b, Published: published, KnownFrom: 1, KnownTo: access.Now}
			if err := opened(&f); err != nil {
				return err
			}
		}
	}
	from, _ := slices.BinarySearchFunc(p.facts, (after+1)<<24, func(f ledger.Fact, id int64) int { return cmp.Compare(f.ID, id) })
	for i := from; i < len(p.facts) && p.facts[i].KnownFrom <= upto; i++ {
		if f := p.facts[i]; slices.Contains(kinds, f.Kind) {
			if err := opened(&f); err != nil {
				return err
			}
		}
	}
	for at := after + 1; at <= upto; at++ {
		for _, n := range p.closed[at] {
			if err := closed(p.facts[n].ID, at); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// BySubject is the facts about advisories held at the ask's position.
func (p *Portfolio) BySubject(_ context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error) {
	var out []ledger.Fact
	for _, s := range subjects {
		out = append(out, p.heldAt(ask, p.bySubject[s])...)
	}
	return out, nil
}

// ByTerm is the facts of these kinds and terms held at the ask's position. It
// knows no limit.
func (p *Portfolio) ByTerm(_ context.Context, ask access.Ask, kinds, terms []string, _ int) ([]ledger.Fact, error) {
	var out []ledger.Fact
	for _, t := range terms {
		out = append(out, p.heldAt(ask, p.byTerm[t])...)
	}
	return slices.DeleteFunc(out, func(f ledger.Fact) bool { return !slices.Contains(kinds, f.Kind) }), nil
}

func (p *Portfolio) heldAt(ask access.Ask, numbers []int) []ledger.Fact {
	var out []ledger.Fact
	for _, n := range numbers {
		if f := p.facts[n]; f.HeldAt(ask.At.Position) {
			out = append(out, f)
		}
	}
	return out
}
