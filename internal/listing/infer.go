package listing

import (
	"cmp"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// period is a stretch of days on which some edition of the list had the entry.
type period struct {
	from, to    access.Date // half open; to is Forever while it lasts
	first, last ledger.Fact
	tells       bool // a source of it states by itself when the party was designated
}

// periods joins the entries to the stretches on which the list had them.
func periods(entries []ledger.Fact, all []heard, known access.Date) []period {
	tells := map[string]bool{}
	for i := range all {
		if opens(all[i].Kind) {
			tells[all[i].fact.Source] = true
		}
	}
	var parts []period
	for _, f := range entries {
		if told(f) {
			continue
		}
		p := period{from: f.Published, to: f.Superseded, first: f, last: f, tells: tells[f.Source]}
		if p.to > known {
			p.to = access.Forever
		}
		if f.Basis == ledger.Stated {
			p.from, p.to = f.ValidFrom, min(p.to, f.ValidTo)
		}
		if p.from < p.to {
			parts = append(parts, p)
		}
	}
	slices.SortFunc(parts, func(a, b period) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.first.ID, b.first.ID))
	})
	var out []period
	for _, p := range parts {
		n := len(out)
		if n == 0 || out[n-1].to < p.from {
			out = append(out, p)
			continue
		}
		if p.to > out[n-1].to {
			out[n-1].to, out[n-1].last = p.to, p.last
		}
		out[n-1].tells = out[n-1].tells || p.tells
	}
	return out
}

func opens(k EventKind) bool { return k == Designated || k == Redesignated }

// infer is the events that the periods show and that no source states.
func infer(list []period, stated []Dated, all []heard) []Dated {
	h := history{events: Plain(stated)}
	var out []Dated
	add := func(d Dated) {
		out = append(out, d)
		h.events = append(h.events, d.Event)
	}
	for i, p := range list {
		if d, ok := h.opening(p, i > 0, all); ok {
			add(d)
		}
		next := access.Forever
		if i+1 < len(list) {
			next = list[i+1].from
		}
		if d, ok := h.closing(p, next); ok {
			add(d)
		}
	}
	return out
}

// history is the events known so far while others are inferred.
type history struct{ events []Event }

// openOn reports whether the events leave the listing open on day d, whatever
// programme it is on.
func (h *history) openOn(d access.Date) bool {
	f := (&Programme{}).Fold(h.events, d)
	return f.Status == StatusListed || f.Status == StatusStayed
}

// opening is the designation that p shows, unless a source states it. again is
// set when the list had lacked the entry before.
func (h *history) opening(p period, again bool, all []heard) (Dated, bool) {
	if h.openOn(p.from) || !again && p.tells {
		return Dated{}, false
	}
	kind, what := Designated, "first found on the list"
	for _, e := range h.events {
		switch {
		case rank[e.Kind] == 0 || e.Kind == Amended:
		case e.Date <= p.from:
			kind, what = Redesignated, "found on the list again"
		case e.Kind == Designated && e.Date < p.to && !h.touchedBy(p.from):
			return Dated{}, false // its day is stated, and stands over that of an edition
		}
	}
	d := Dated{
		Event: Event{Kind: kind, Date: p.from, Published: p.first.Published, What: what, Inferred: p.first.Basis != ledger.Stated},
		Facts: []ledger.Fact{p.first},
	}
	if kind == Redesignated {
		d.Consequences = datesOf(p, all)
	}
	return d, true
}

// touchedBy reports whether something had happened to the listing by day d.
func (h *history) touchedBy(d access.Date) bool {
	return slices.ContainsFunc(h.events, func(e Event) bool { return rank[e.Kind] > 0 && e.Kind != Amended && e.Date <= d })
}

// datesOf is the dates that the edition with which the entry came back gives.
// They stand over those that a new designation would start.
func datesOf(p period, all []heard) []Stated {
	var newest *heard
	for i := range all {
		e := &all[i]
		if opens(e.Kind) && e.Date <= p.from && e.fact.StatedOn(p.from) && !told(e.fact) && (newest == nil || e.Date > newest.Date) {
			newest = e
		}
	}
	if newest == nil {
		return nil
	}
	return slices.Clone(newest.Consequences)
}

// closing is the removal that the end of p shows, unless a source states how
// the listing ended before it was listed anew.
func (h *history) closing(p period, next access.Date) (Dated, bool) {
	if p.to == access.Forever {
		return Dated{}, false
	}
	for _, e := range h.events {
		switch {
		case opens(e.Kind) && e.Date == p.to:
			return Dated{}, false // it left this form of the list for another
		case opens(e.Kind) && e.Date > p.to:
			next = min(next, e.Date)
		}
	}
	if !h.openOn(next.AddDays(-1)) {
		return Dated{}, false
	}
	d := Dated{
		Event: Event{Kind: Removed, Date: p.to, Published: p.to, What: "no longer on the list", Inferred: true},
		Facts: []ledger.Fact{p.last},
	}
	if p.last.Basis == ledger.Stated && p.last.ValidTo == p.to {
		d.Published, d.Inferred = p.last.Published, false
	}
	return d, true
}
