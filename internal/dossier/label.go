package dossier

import (
	"cmp"
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
)

// Label is a label as it stands on the dossier's day. Its Status is "" on a day
// on which it had not been given yet, though by then it is known that it was.
type Label struct {
	label.State
	Scheme   string       `json:"scheme"`  // id of the rules under which it is given
	Product  string       `json:"product"` // what it is on, with the model
	Parties  []LabelParty `json:"parties"`
	Evidence []Evidence   `json:"evidence"` // its events up to the day, oldest first

	events   []labelEvent
	dossiers map[string]*Dossier // of everybody who ever was party to it, by what they are asked for by
}

// LabelParty is a party to a label, and what lists and ownership say of it.
type LabelParty struct {
	Role label.Role `json:"role"`
	Name string     `json:"name"`
	Standing
}

// labelEvent is an event with where it is kept.
type labelEvent struct {
	*label.Event
	fact     *ledger.Fact
	evidence Evidence
}

// eventsOf is the events among a label's facts, by sequence. Of a label that was
// given they are those that everybody may see: what came before is between those
// who took part, and says nothing that the event by which it was given does not.
func eventsOf(facts []ledger.Fact, private bool) ([]labelEvent, error) {
	var public, all []labelEvent
	for i := range facts {
		f := &facts[i]
		if f.Kind != label.FactEvent {
			continue
		}
		e := labelEvent{Event: new(label.Event), fact: f}
		if err := f.Decode(e.Event); err != nil {
			return nil, fmt.Errorf("event %s of label %s: %w", f.Key, f.Subject, err)
		}
		if f.Audience.IsPublic() {
			public = append(public, e)
		}
		all = append(all, e)
	}
	if len(public) == 0 && private {
		public = all
	}
	slices.SortFunc(public, func(a, b labelEvent) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return public, nil
}

// fold is how the label stands on a day, by what had been published by one.
func (l *Label) fold(date, known access.Date) {
	var events []*label.Event
	l.Evidence = []Evidence{}
	for _, e := range l.events {
		if !e.fact.PublishedBy(known) {
			continue
		}
		events = append(events, e.Event)
		if e.On <= date {
			l.Evidence = append(l.Evidence, e.evidence)
		}
	}
	id := l.State.Label
	l.State = label.Fold(events, date)
	l.State.Label = id
	l.Parties = []LabelParty{}
	_, parties := saidBy(l.Terms, events)
	for _, p := range parties {
		for i, sought := range p.Sought() {
			d := l.dossiers[sought]
			if d.At.Date != date || d.At.Known != known {
				d = d.On(date)
			}
			stands := LabelParty{Role: p.Role, Name: p.Name}
			stands.stand(d)
			if i > 0 && (stands.Party == "" || stands.Party == l.Parties[len(l.Parties)-1].Party) {
				continue // the identifier is nobody's, or of whom the name means
			}
			l.Parties = append(l.Parties, stands)
		}
	}
}

// saidBy is what a label, or the application for it, says of its product and
// parties: by its terms on the day, or else by the newest known.
func saidBy(t *label.Terms, events []*label.Event) (product string, parties []label.Party) {
	for _, e := range slices.Backward(events) {
		switch {
		case t != nil:
		case e.Terms != nil:
			t = e.Terms
		case e.Application != nil && product == "":
			product, parties = called(e.Application.Product, e.Application.Model), e.Application.Parties
		}
	}
	if t != nil {
		product, parties = called(t.Product, t.Model), t.Parties
	}
	return product, parties
}

// called is a product's name with its model, where the name does not have it.
func called(product, model string) string {
	if model == "" {
		return product
	}
	return product + " (" + model + ")"
}

// terms is everything that the label says, or said, of what it is on.
func (l *Label) terms() []*label.Terms {
	var out []*label.Terms
	for _, e := range l.events {
		if e.Terms != nil {
			out = append(out, e.Terms)
		}
	}
	return out
}

// releases is what the label covers on the day, or the application asks it for.
func (l *Label) releases() []label.Release {
	if l.Terms != nil {
		return l.Terms.Releases
	}
	for _, e := range slices.Backward(l.events) {
		switch {
		case e.Terms != nil:
			return e.Terms.Releases
		case e.Application != nil:
			return e.Application.Releases
		}
	}
	return nil
}

// on is the label on another day, by what had been published by the horizon.
func (l *Label) on(date, horizon access.Date) Label {
	out := *l
	out.fold(date, horizon)
	return out
}

// dates is the days on which time alone changes how the label, or a party to it,
// stands, by what had been published by the horizon.
func (l *Label) dates(horizon access.Date) []access.Date {
	var out []access.Date
	for _, e := range l.events {
		if !e.fact.PublishedBy(horizon) {
			continue
		}
		out = append(out, e.On)
		if e.Due != "" {
			out = append(out, access.Date(e.Due))
		}
		if e.Terms != nil {
			out = append(out, e.Terms.ValidFrom, e.Terms.ValidUntil)
			if e.Terms.SupportEnd != "" {
				out = append(out, e.Terms.SupportEnd)
			}
		}
	}
	for _, d := range l.dossiers {
		out = append(out, d.Dates()...)
	}
	return out
}
