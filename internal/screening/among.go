package screening

import (
	"context"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/screening/match"
)

// Among is an index over the names of some subjects alone, those that one of
// these moments shows to the reader. A search in it finds something whenever
// [Index.Search] at one of the moments finds one of the subjects, because what
// else an index holds does not change a score; so a great many queries can be
// told apart, at little cost, into those that the subjects may concern and those
// that they cannot. The moments are resolved.
func (x *Index) Among(ctx context.Context, reader access.Reader, subjects map[string]bool, moments ...access.At) (*match.Segment, error) {
	for _, at := range moments {
		if x.Position() < at.Position {
			if _, err := x.CatchUp(ctx); err != nil {
				return nil, err
			}
		}
	}
	return match.Build(ctx, slices.Values(x.namesOf(reader, subjects, moments)))
}

// namesOf is the names that Among is over, each once.
func (x *Index) namesOf(reader access.Reader, subjects map[string]bool, moments []access.At) []match.Name {
	x.mu.RLock()
	defer x.mu.RUnlock()
	wanted := make([]bool, len(x.subjects.ids))
	for n, id := range x.subjects.ids {
		wanted[n] = subjects[id]
	}
	seen := x.audience.seenBy(reader)
	var out []match.Name
	once := map[match.Name]bool{}
	for _, p := range x.parts {
		for i := range p.rows {
			r := &p.rows[i]
			if !wanted[r.subject] || !seen[r.audience] || !slices.ContainsFunc(moments, r.shownAt) {
				continue
			}
			if n := p.name(r, &x.subjects); !once[n] {
				once[n] = true
				out = append(out, n)
			}
		}
	}
	return out
}

// shownAt reports whether a name was held and published as of a moment.
func (r *row) shownAt(at access.At) bool {
	return r.published <= dayOf(at.Known) && r.fact>>24 <= at.Position && at.Position < r.knownTo
}
