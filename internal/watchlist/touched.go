package watchlist

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/screening/match"
)

// factProgramme is the kind of fact by which programmes are held. They tell how
// events become a status.
const factProgramme = "listing.programme"

// touched is what may answer otherwise at a later moment than at an earlier one.
type touched struct {
	subjects    map[string]bool
	programmes  map[string]bool // whose rules have changed
	names       *match.Segment
	identifiers map[string]bool // terms
}

// concerns reports whether a name may find one of the subjects, at either
// moment.
func (t *touched) concerns(s *screening.Sought) bool {
	if len(t.subjects) == 0 {
		return false
	}
	for _, term := range s.IdentifierTerms() {
		if t.identifiers[term] {
			return true
		}
	}
	return len(t.names.Search(match.Prepare(s.Query()), screening.Threshold, func(match.Unit) bool { return true })) > 0
}

// touchedBetween finds out what may have changed between two resolved moments,
// of which neither clock of the second is behind.
func (r *Runner) touchedBetween(ctx context.Context, reader access.Reader, from, to access.At, numbered bool) (*touched, error) {
	t := &touched{subjects: map[string]bool{}, programmes: map[string]bool{}, identifiers: map[string]bool{}}
	note := func(kind, subject string) {
		switch {
		case kind == factProgramme:
			t.programmes[subject] = true
		case strings.HasPrefix(kind, "party."), strings.HasPrefix(kind, "listing."):
			t.subjects[subject] = true
		}
	}
	ask := access.Ask{Reader: reader, At: to}
	if to.Position > from.Position {
		if err := r.Ledger.Touched(ctx, ask, from.Position, func(kind, subject, _ string) { note(kind, subject) }); err != nil {
			return nil, err
		}
	}
	if to.Date > from.Date {
		if err := r.ripened(ctx, ask, from.Date, t, note); err != nil {
			return nil, err
		}
	}
	err := r.listedOn(ctx, ask, t)
	if err != nil || len(t.subjects) == 0 {
		return t, err
	}
	if t.names, err = r.Names.Among(ctx, reader, t.subjects, from, to); err != nil {
		return nil, err
	}
	if !numbered {
		return t, nil
	}
	return t, r.identifiersOf(ctx, reader, t, from, to)
}

// ripened notes what the days after one, up to the ask's, change by themselves:
// facts that were held before their publication, events dated ahead, and rules
// that begin or end.
func (r *Runner) ripened(ctx context.Context, ask access.Ask, after access.Date, t *touched, note func(kind, subject string)) error {
	programmes, err := r.Programmes(ctx, ask)
	if err != nil {
		return err
	}
	due := func(d access.Date) bool { return after < d && d <= ask.At.Date }
	for _, p := range programmes {
		if slices.ContainsFunc(p.Validity, func(s listing.Step) bool { return due(s.From) || due(s.Published) }) {
			t.programmes[p.ID] = true
		}
	}
	if err := r.Ledger.Ripened(ctx, ask, after, note); err != nil {
		return err
	}
	var e struct{ Date, Published access.Date }
	return r.each(ctx, ask, listing.FactEvent, &e, func(subject string) {
		if due(e.Date) || due(e.Published) {
			t.subjects[subject] = true
		}
		e.Date, e.Published = "", ""
	})
}

// listedOn notes the subjects that are on a programme whose rules have changed.
func (r *Runner) listedOn(ctx context.Context, ask access.Ask, t *touched) error {
	if len(t.programmes) == 0 {
		return nil
	}
	var e struct{ Programme string }
	return r.each(ctx, ask, listing.FactEntry, &e, func(subject string) {
		if t.programmes[e.Programme] {
			t.subjects[subject] = true
		}
		e.Programme = ""
	})
}

// each decodes every fact of a kind that the reader may see, held or not, into
// v and calls fn with its subject.
func (r *Runner) each(ctx context.Context, ask access.Ask, kind string, v any, fn func(subject string)) error {
	opened := func(f *ledger.Fact) error {
		if !ask.Reader.MaySee(f.Audience) {
			return nil
		}
		if err := f.Decode(v); err != nil {
			return fmt.Errorf("fact %d, %s of %s: %w", f.ID, f.Kind, f.Subject, err)
		}
		fn(f.Subject)
		return nil
	}
	return r.Ledger.Changes(ctx, []string{kind}, 0, ask.At.Position, opened, func(int64, int64) error { return nil })
}

// identifiersOf notes the identifiers that the subjects have at either moment.
func (r *Runner) identifiersOf(ctx context.Context, reader access.Reader, t *touched, moments ...access.At) error {
	subjects := slices.Sorted(maps.Keys(t.subjects))
	for _, at := range moments {
		facts, err := r.Ledger.BySubject(ctx, access.Ask{Reader: reader, At: at}, subjects...)
		if err != nil {
			return err
		}
		for i := range facts {
			if facts[i].Kind == party.FactIdentifier {
				t.identifiers[facts[i].Term] = true
			}
		}
	}
	return nil
}
