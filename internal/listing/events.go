package listing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// Dated is an event with the facts that tell of it: one for each source that
// states it, or the entry from whose coming or going it was concluded.
type Dated struct {
	Event
	Facts []ledger.Fact
}

// Plain is the events without their facts, as [Programme.Fold] takes them.
func Plain(dated []Dated) []Event {
	out := make([]Event, len(dated))
	for i := range dated {
		out[i] = dated[i].Event
	}
	return out
}

// historySources is what the names of sources begin with that tell histories
// by hand. Their entries only say whom they are about; they are no editions of
// the list, so that their silence and their presence mean nothing.
const historySources = "events/"

// Events is the life of one listing, in order, out of the facts about it:
// entries are of kind [FactEntry], events of kind [FactEvent]. Only what had
// been published by day known is used.
//
// Sources that state the same act on the same day are joined to one event. An
// act that a source stated and then took back while it still had the entry, it
// has corrected: it is left out. Whatever happened and no source states is
// inferred from the list's editions: a listing was designated when the first
// edition has it, removed when no edition published by known has it any more,
// and redesignated when it comes back. An event that a source states takes the
// place of the inferred one, even when it gives another day.
//
// The error names the fact that cannot be read.
func Events(entries, events []ledger.Fact, known access.Date) ([]Dated, error) {
	entries = slices.DeleteFunc(slices.Clone(entries), func(f ledger.Fact) bool { return !f.PublishedBy(known) })
	heard, err := hear(entries, events, known)
	if err != nil {
		return nil, err
	}
	out := merge(heard)
	out = append(out, infer(periods(entries, heard, known), out, heard)...)
	slices.SortStableFunc(out, func(a, b Dated) int { return a.Compare(&b.Event) })
	return out, nil
}

// heard is an event as one fact states it.
type heard struct {
	Event
	fact ledger.Fact
}

// hear reads the events that count on day known, in an order that does not
// depend on that of the facts.
func hear(entries, events []ledger.Fact, known access.Date) ([]heard, error) {
	var out []heard
	for _, f := range events {
		if !f.PublishedBy(known) || corrected(&f, entries, known) {
			continue
		}
		var e Event
		if err := f.Decode(&e); err != nil {
			return nil, fmt.Errorf("fact %d, %s of %s: %w", f.ID, f.Kind, f.Subject, err)
		}
		if _, err := access.ParseDate(string(e.Date)); err != nil || e.Kind == "" {
			return nil, fmt.Errorf("fact %d, %s of %s: want a kind and a date, not %q and %q", f.ID, f.Kind, f.Subject, e.Kind, e.Date)
		}
		e.Published = cmp.Or(e.Published, f.Published)
		if e.Published <= known {
			out = append(out, heard{e, f})
		}
	}
	slices.SortFunc(out, func(a, b heard) int {
		return cmp.Or(
			// Those who tell the history by hand cite the act itself, and so
			// have the first word; every word is kept as evidence.
			compareBool(!told(a.fact), !told(b.fact)),
			cmp.Compare(a.fact.Source, b.fact.Source), cmp.Compare(a.fact.ID, b.fact.ID), a.Compare(&b.Event),
		)
	})
	return out, nil
}

// told reports whether f is from a history that was written by hand.
func told(f ledger.Fact) bool { return strings.HasPrefix(f.Source, historySources) }

// corrected reports whether the source of f took it back by day known while it
// went on to state the entry.
func corrected(f *ledger.Fact, entries []ledger.Fact, known access.Date) bool {
	if f.Superseded > known {
		return false
	}
	return slices.ContainsFunc(entries, func(e ledger.Fact) bool {
		return e.Source == f.Source && e.Part == f.Part && e.StatedOn(f.Superseded)
	})
}

// act is what makes two statements the same event. Acts on a listing are the
// same when they are of one kind and day; of what else is told, there may be
// several on a day.
type act struct {
	kind EventKind
	date access.Date
	what string
}

func actOf(e *Event) act {
	a := act{kind: e.Kind, date: e.Date}
	if rank[e.Kind] == 0 {
		a.what = e.What
	}
	return a
}

// merge joins what several facts tell of one act.
func merge(all []heard) []Dated {
	var out []Dated
	index := map[act]int{}
	for _, h := range all {
		a := actOf(&h.Event)
		if i, ok := index[a]; ok {
			out[i].join(&h)
			continue
		}
		index[a] = len(out)
		d := Dated{Event: h.Event, Facts: []ledger.Fact{h.fact}}
		d.Consequences = slices.Clone(d.Consequences)
		out = append(out, d)
	}
	return absorb(out)
}

// join adds what h says beyond d.
func (d *Dated) join(h *heard) {
	d.What = cmp.Or(d.What, h.What)
	d.Authority = cmp.Or(d.Authority, h.Authority)
	d.Citation = cmp.Or(d.Citation, h.Citation)
	d.Event.Source = cmp.Or(d.Event.Source, h.Event.Source)
	d.Successor = cmp.Or(d.Successor, h.Successor)
	d.Published = min(d.Published, h.Published)
	d.Inferred = d.Inferred && h.Inferred
	said := map[ConsequenceKind]bool{}
	for _, s := range d.Consequences {
		said[s.Kind] = true
	}
	for _, s := range h.Consequences {
		if !said[s.Kind] {
			d.Consequences = append(d.Consequences, s)
		}
	}
	d.Facts = append(d.Facts, h.fact)
}

// absorb takes the plain word "removed" for the same act as a more telling one
// of the same day: a list gives the day on which an entry ended, the order or
// notice says how.
func absorb(events []Dated) []Dated {
	how := map[access.Date]int{}
	for i := range events {
		switch events[i].Kind {
		case Respelled, Expired, Vacated:
			how[events[i].Date] = i
		}
	}
	for i := range events {
		if j, ok := how[events[i].Date]; ok && events[i].Kind == Removed {
			events[j].Facts = append(events[j].Facts, events[i].Facts...)
			events[j].Published = min(events[j].Published, events[i].Published)
		}
	}
	return slices.DeleteFunc(events, func(d Dated) bool {
		_, ok := how[d.Date]
		return ok && d.Kind == Removed
	})
}
