package listing

import (
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// Standing is one listing on one day: the entry as its source wrote it last,
// and where it stood.
type Standing struct {
	Entry Entry
	Fact  ledger.Fact // that states the entry
	Folded
}

// Stand is where the listing of one subject stood on a day, from the facts
// about it; ok is false when they are of no listing. programmes are by id, and
// one that is not among them lets the events alone tell the status. Only what
// had been published by the known day is used.
func Stand(facts []ledger.Fact, programmes map[string]*Programme, at access.At) (s Standing, ok bool, err error) {
	var entries, events []ledger.Fact
	for _, f := range facts {
		switch {
		case !f.PublishedBy(at.Known):
		case f.Kind == FactEntry:
			entries = append(entries, f)
		case f.Kind == FactEvent:
			events = append(events, f)
		}
	}
	if len(entries) == 0 {
		return s, false, nil
	}
	for _, f := range entries {
		if s.Fact.ID == 0 || f.Newer(&s.Fact, at.Known) {
			s.Fact = f
		}
	}
	if err := s.Fact.Decode(&s.Entry); err != nil {
		return s, false, fmt.Errorf("fact %d, %s of %s: %w", s.Fact.ID, s.Fact.Kind, s.Fact.Subject, err)
	}
	dated, err := Events(entries, events, at.Known)
	if err != nil {
		return s, false, fmt.Errorf("listing %s: %w", s.Fact.Subject, err)
	}
	p := &Programme{}
	if known := programmes[s.Entry.Programme]; known != nil {
		p = known.AsKnown(at.Known)
	}
	s.Folded = p.Fold(Plain(dated), at.Date)
	return s, true, nil
}
