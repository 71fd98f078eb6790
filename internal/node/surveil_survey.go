package node

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/impact"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// danger is what is held of an advisory that concerns some release.
type danger struct {
	ids   []string // every id of its weakness, as written
	grave bool     // known to be exploited, or itself an attack
}

// Clear implements [surveillance.Judge], by one pass over the index of the
// portfolio. While something is held that is published on a later day only, that
// index cannot tell of today, and no release is taken for clear.
func (s *surveyor) Clear(ctx context.Context, at access.At) (map[string]bool, error) {
	clear, _, err := s.survey(ctx, at)
	if problem.KindOf(err) == problem.Invalid {
		return map[string]bool{}, nil
	}
	return clear, err
}

// survey tells of the releases of which a bill is held whether there may be
// something against them. It is asked about what the ledger holds now, since what
// comes after the given position makes due what it concerns all the same.
func (s *surveyor) survey(ctx context.Context, at access.At) (clear map[string]bool, others []string, err error) {
	at.Position = access.Now
	ask := access.Ask{Reader: s.reader, At: at}
	dangers, of := map[string]*danger{}, map[string][]*danger{}
	clear = map[string]bool{}
	err = s.node.portfolio.Each(ctx, ask, func(f *impact.Found) error {
		clear[f.Release] = true
		for i := range f.Findings {
			id := f.Findings[i].Advisory
			d := dangers[id]
			if d == nil {
				d = &danger{ids: append([]string{id}, f.Findings[i].Aliases...)}
				dangers[id] = d
			}
			of[f.Release] = append(of[f.Release], d)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if ask, err = s.node.Ledger.Resolve(ctx, ask); err != nil {
		return nil, nil, err
	}
	if err := s.weigh(ctx, ask, dangers); err != nil {
		return nil, nil, err
	}
	for release, all := range of {
		if slices.ContainsFunc(all, func(d *danger) bool { return d.grave }) {
			delete(clear, release)
			others = append(others, release)
		}
	}
	return clear, others, nil
}

// weigh finds out which advisories tell of an attack or of a weakness that is
// known to be exploited.
func (s *surveyor) weigh(ctx context.Context, ask access.Ask, dangers map[string]*danger) error {
	by := map[string][]*danger{} // upper-cased id
	note := func(id string, d *danger) {
		if id = strings.ToUpper(id); !slices.Contains(by[id], d) {
			by[id] = append(by[id], d)
		}
	}
	written := map[string]bool{}
	for _, d := range dangers {
		for _, id := range d.ids {
			written[id] = true
			note(id, d)
		}
	}
	err := s.said(ctx, ask, written, []string{advisory.FactRecord}, func(f *ledger.Fact) error {
		var r advisory.Record
		if err := f.Decode(&r); err != nil {
			return fmt.Errorf("advisory %s: %w", f.Subject, err)
		}
		s.learn(&r)
		for _, d := range by[strings.ToUpper(f.Subject)] {
			d.grave = d.grave || r.Malicious
			for _, id := range r.Upstream {
				note(id, d)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	weaknesses := map[string]bool{}
	for id := range by {
		weaknesses[id] = true
	}
	return s.said(ctx, ask, weaknesses, []string{advisory.FactKEV}, func(f *ledger.Fact) error {
		for _, d := range by[f.Subject] {
			d.grave = true
		}
		return nil
	})
}

// said calls fn with the facts of some kinds about many subjects that are stated
// at the ask's moment.
func (s *surveyor) said(ctx context.Context, ask access.Ask, subjects map[string]bool, kinds []string, fn func(*ledger.Fact) error) error {
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(subjects)), maxAsked) {
		facts, err := s.node.Ledger.Said(ctx, ask, kinds, chunk...)
		if err != nil {
			return err
		}
		for i := range facts {
			if f := &facts[i]; f.StatedOn(ask.At.Known) {
				if err := fn(f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// learn remembers an advisory that is about several weaknesses: the index of the
// portfolio knows it by none of their ids.
func (s *surveyor) learn(r *advisory.Record) {
	if len(r.Upstream) < 2 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range r.Upstream {
		if id = strings.ToUpper(id); !slices.Contains(s.upstream[id], r.ID) {
			s.upstream[id] = append(s.upstream[id], r.ID)
		}
	}
}

// maxLooked is how many ids are looked for one by one; of more, a pass over
// everything is quicker.
const maxLooked = 2000

// Concerned implements [surveillance.Judge].
func (s *surveyor) Concerned(ctx context.Context, at access.At, ids []string) ([]string, error) {
	if len(ids) > maxLooked {
		if _, others, err := s.survey(ctx, at); problem.KindOf(err) != problem.Invalid {
			return others, err
		}
	}
	ask := access.Ask{Reader: s.reader, At: at}
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	err := s.said(ctx, ask, wanted, []string{advisory.FactRecord}, func(f *ledger.Fact) error {
		var r advisory.Record
		if err := f.Decode(&r); err != nil {
			return fmt.Errorf("advisory %s: %w", f.Subject, err)
		}
		s.learn(&r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	for _, id := range ids {
		for _, collection := range s.upstream[strings.ToUpper(id)] {
			wanted[collection] = true
		}
	}
	s.mu.Unlock()
	found := map[string]bool{}
	for id := range wanted {
		a, err := s.node.portfolio.Contains(ctx, ask, impact.Query{Advisory: id}, 0, maxReleases)
		if err != nil {
			return nil, err
		}
		for i := range a.Page {
			found[a.Page[i].Release] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// maxReleases is more releases than any portfolio has.
const maxReleases = 1 << 30
