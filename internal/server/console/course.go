package console

import (
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/listing"
)

// course is a listing's events with the programme that they are folded by, as
// far as both were known.
type course struct {
	programme *listing.Programme
	events    []listing.Event
}

// courseOf is the course of a dossier's listing. Without a programme the
// events tell the status, and nothing is known of consequences.
func courseOf(l dossier.Listing, p *listing.Programme, known access.Date) course {
	if p == nil {
		p = &listing.Programme{}
	}
	c := course{programme: p.AsKnown(known)}
	for _, e := range l.Events {
		c.events = append(c.events, e.Event)
	}
	return c
}

// on is where the listing stands on a day.
func (c course) on(day access.Date) (listing.Status, []listing.Consequence) {
	f := c.programme.Fold(c.events, day)
	return f.Status, f.Consequences
}

// bandOf is the one state that stands for a listing as a whole: what its
// strictest consequence does. What an exchange or an index does follows from a
// listing and is not part of it.
func bandOf(status listing.Status, consequences []listing.Consequence) listing.State {
	switch status {
	case listing.StatusStayed:
		return listing.StateStayed
	case listing.StatusListed:
	default:
		return listing.StateEnded
	}
	order := []listing.State{
		listing.StateInForce, listing.StateWindDown, listing.StatePending,
		listing.StateUndetermined, listing.StateStayed, listing.StateEnded,
	}
	best := len(order)
	for _, c := range consequences {
		if market(c.Kind) {
			continue
		}
		if i := slices.Index(order, c.State); i >= 0 && i < best {
			best = i
		}
	}
	if best == len(order) {
		return listing.StateInForce // the listing itself is all there is
	}
	return order[best]
}

// market reports whether a consequence is what an exchange or an index does.
func market(kind listing.ConsequenceKind) bool {
	return kind == listing.ExchangeDelisting || kind == listing.IndexRemoval
}

// span is a stretch of days, To excluded, over which nothing changes.
type span struct {
	From, To access.Date
	Status   listing.Status
	Kinds    []listing.ConsequenceKind // in the programme's order
	States   map[listing.ConsequenceKind]listing.State
}

// spans cuts the scale at every day on which the course turns, and says what
// holds in between.
func (c course) spans(s scale) []span {
	cuts := []access.Date{s.From}
	for _, d := range c.programme.Dates(c.events) {
		if s.From < d && d < s.To {
			cuts = append(cuts, d)
		}
	}
	var out []span
	for i, from := range cuts {
		to := s.To
		if i+1 < len(cuts) {
			to = cuts[i+1]
		}
		status, consequences := c.on(from)
		p := span{From: from, To: to, Status: status, States: map[listing.ConsequenceKind]listing.State{}}
		for _, each := range consequences {
			p.Kinds = append(p.Kinds, each.Kind)
			p.States[each.Kind] = stricter(p.States[each.Kind], each.State)
		}
		out = append(out, p)
	}
	return out
}

// stricter is the one of two states that weighs more, where a listing has the
// same consequence twice.
func stricter(a, b listing.State) listing.State {
	rank := map[listing.State]int{
		listing.StateEnded: 1, listing.StateStayed: 2, listing.StateUndetermined: 3,
		listing.StatePending: 4, listing.StateWindDown: 5, listing.StateInForce: 6,
	}
	if rank[a] >= rank[b] {
		return a
	}
	return b
}
