package agenda

import (
	"context"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// Reads passes on the facts that one question is answered from, and notes what
// they were looked up by and when there will be others without anything being
// appended.
type Reads struct {
	dossier.Facts
	known  access.Date
	keys   map[Key]bool
	all    bool        // something was looked up that has no key
	ripens access.Date // the first day after known on which more of what is held counts as published, or less as stated

	programmes map[string]*listing.Programme
	goesBy     map[string]bool // programmes of what was read
}

// NewReads notes what a question by what was published by a day is answered
// from.
func NewReads(known access.Date) *Reads {
	return &Reads{known: known, keys: map[Key]bool{}, ripens: access.Forever, goesBy: map[string]bool{}}
}

// Through is facts as they are read from now on. What is read of several sources
// is noted together.
func (r *Reads) Through(facts dossier.Facts) dossier.Facts {
	r.Facts = facts
	return r
}

// BySubject implements [dossier.Facts].
func (r *Reads) BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error) {
	for _, s := range subjects {
		r.keys[SubjectKey(s)] = true
	}
	facts, err := r.Facts.BySubject(ctx, ahead(ask), subjects...)
	return r.published(facts), err
}

// ByTerm implements [dossier.Facts].
func (r *Reads) ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error) {
	for _, t := range terms {
		r.keys[TermKey(t)] = true
	}
	facts, err := r.Facts.ByTerm(ctx, ahead(ask), kinds, terms, limit)
	if err == nil && limit > 0 && len(facts) >= limit {
		// Facts of later days may have taken the places of today's.
		r.published(facts)
		return r.Facts.ByTerm(ctx, ask, kinds, terms, limit)
	}
	return r.published(facts), err
}

// ByPrefix implements [dossier.Facts].
func (r *Reads) ByPrefix(ctx context.Context, ask access.Ask, kinds []string, prefix string, limit int) ([]ledger.Fact, error) {
	r.all = true
	return r.Facts.ByPrefix(ctx, ask, kinds, prefix, limit)
}

// Programmes implements [dossier.Facts].
func (r *Reads) Programmes(ctx context.Context, ask access.Ask) (programmes map[string]*listing.Programme, err error) {
	r.programmes, err = r.Facts.Programmes(ctx, ask)
	return r.programmes, err
}

// Wake is the first day on which what was read is another. A programme says when
// its own steps were published, and until then is another one; those of lists
// that nobody who was read of is on do not matter.
func (r *Reads) Wake() access.Date {
	for id := range r.goesBy {
		p := r.programmes[id]
		if p == nil {
			continue
		}
		r.steps(p.Validity)
		for i := range p.Consequences {
			r.steps(p.Consequences[i].Validity)
		}
	}
	return r.ripens
}

// goBy notes the programmes that a fact has to do with: that of an entry, the
// list in front of its id, and where somebody holds somebody, the one that says
// when the Affiliates Rule holds.
func (r *Reads) goBy(f *ledger.Fact) {
	switch f.Kind {
	case listing.FactEntry:
		var e struct {
			Programme string `json:"programme"`
		}
		if f.Decode(&e) == nil { // what cannot be read fails where it is used
			r.goesBy[e.Programme] = true
		}
	case listing.FactEvent:
		if list, _, ok := strings.Cut(f.Subject, ":"); ok {
			r.goesBy[list] = true
		}
	case party.FactInterest:
		r.goesBy[affiliatesRule] = true
	}
}

// affiliatesRule is the programme whose steps say when the Affiliates Rule of
// the Bureau of Industry and Security holds.
const affiliatesRule = "us-bis-entity-list"

func (r *Reads) steps(steps []listing.Step) {
	for _, s := range steps {
		r.turns(s.Published)
	}
}

// ahead is ask without its known day: what is published later is looked at to
// learn when.
func ahead(ask access.Ask) access.Ask {
	ask.At.Known = access.Forever
	return ask
}

// published is the facts that were published by the known day.
func (r *Reads) published(facts []ledger.Fact) []ledger.Fact {
	for i := range facts {
		r.goBy(&facts[i])
		r.turns(facts[i].Published)
		if facts[i].PublishedBy(r.known) {
			r.turns(facts[i].Superseded)
		}
	}
	return slices.DeleteFunc(facts, func(f ledger.Fact) bool { return !f.PublishedBy(r.known) })
}

// turns notes a day on which something is read otherwise than on the day
// before.
func (r *Reads) turns(day access.Date) {
	if day > r.known {
		r.ripens = min(r.ripens, day)
	}
}

// Noted is the keys of all that was looked up, in order. all reports that
// something was looked up that has none, so that anything at all concerns who
// asked.
func (r *Reads) Noted() (keys []Key, all bool) { return slices.Sorted(maps.Keys(r.keys)), r.all }
