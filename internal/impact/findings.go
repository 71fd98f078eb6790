package impact

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/problem"
)

// Finding is a weakness that concerns, or may concern, a component of a
// release. Advisories that share an id are of one weakness.
type Finding struct {
	Component string         `json:"component"` // purl, or CPE
	Direct    bool           `json:"direct"`
	Advisory  string         `json:"advisory"` // that of the package's own database, where there is one
	Aliases   []string       `json:"aliases"`  // every other id of the weakness
	State     advisory.State `json:"state"`
	Fixed     []string       `json:"fixed"`
	Weak      bool           `json:"weak,omitempty"` // by the product's name in a CPE only
}

// Found is what concerns a release at a moment.
type Found struct {
	Release    string    `json:"release"`
	Fact       int64     `json:"-"` // that says what it contains
	Components int       `json:"components"`
	Findings   []Finding `json:"findings"` // by component and advisory
}

// said is what one advisory says of a component.
type said struct {
	ids    []uint32 // of the weakness, the advisory's own first
	judged advisory.Judgement
	weak   bool
}

// Findings is what concerns a release at the ask's moment. A release that the
// reader may not see, or that had no bill then, is [problem.NotFound].
func (x *Index) Findings(ctx context.Context, ask access.Ask, release string) (*Found, error) {
	ask, err := x.reach(ctx, ask)
	if err != nil {
		return nil, err
	}
	x.mu.RLock()
	s := x.scopeOf(ask)
	bill := x.releases.at(s, release)
	if bill == nil {
		x.mu.RUnlock()
		return nil, problem.New(problem.NotFound, "no release %q with a bill of materials", release)
	}
	if s.live {
		defer x.mu.RUnlock()
		return x.findings(s, bill), nil
	}
	fact, components := bill.fact, x.listed(bill)
	x.mu.RUnlock()
	return x.findingsThen(ctx, ask, release, fact, components)
}

// Each calls visit with what concerns each release now, as far as the ask's
// reader may see, by release. Others go on meanwhile: what changes before a
// release's turn comes shows in it.
func (x *Index) Each(ctx context.Context, ask access.Ask, visit func(*Found) error) error {
	ask, err := x.reach(ctx, ask)
	if err != nil {
		return err
	}
	x.mu.RLock()
	s := x.scopeOf(ask)
	x.mu.RUnlock()
	if !s.live {
		return problem.New(problem.Invalid, "what concerns a whole portfolio is kept for now only; ask about now, or about one release")
	}
	ask.At.Position = access.Now
	for chunk := range slices.Chunk(s.order, 256) {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, f := range x.some(ask, chunk) {
			if err := visit(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// some is what concerns those of some releases that have a bill now.
func (x *Index) some(ask access.Ask, releases []uint32) []*Found {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.scopeOf(ask)
	var out []*Found
	for _, n := range releases {
		if s.current[n] != 0 {
			out = append(out, x.findings(s, &x.releases.bills[s.current[n]-1]))
		}
	}
	return out
}

// at is the bill of a release that counts in a scope; nil for none.
func (r *releases) at(s *scope, id string) *bill {
	n, ok := r.ids.look(id)
	if !ok || int(n) >= len(s.current) || s.current[n] == 0 {
		return nil
	}
	return &r.bills[s.current[n]-1]
}

// findings is what concerns the release of a bill now.
func (x *Index) findings(s *scope, b *bill) *Found {
	out := &Found{Release: x.releases.ids.at(b.release), Fact: b.fact, Findings: []Finding{}}
	x.releases.lists[b.list].each(func(component uint32, direct bool) {
		out.Components++
		hits := x.hits[component]
		if len(hits) == 0 {
			return
		}
		all := make([]said, 0, len(hits))
		for _, h := range hits {
			slot := &x.advisories.slots[h.slot()]
			if !s.has(&slot.held) {
				continue
			}
			r := x.advisories.recordAt(&s.moment, slot.id)
			if r != nil && r.withdrawn <= s.known && r.withdrawn != never {
				continue
			}
			ids := []uint32{slot.id}
			if r != nil {
				ids = r.ids
			}
			all = append(all, said{ids, x.judge(component, h.slot()), x.components.groups[slot.term].weak})
		}
		for _, f := range x.advisories.join(all) {
			f.Component, f.Direct = x.components.purls.at(component), direct
			out.Findings = append(out.Findings, f)
		}
	})
	out.sort()
	return out
}

func (f *Found) sort() {
	slices.SortFunc(f.Findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Component, b.Component), strings.Compare(a.Advisory, b.Advisory))
	})
}

// join makes findings of what advisories say of one component.
func (a *advisories) join(all []said) []Finding {
	groups := make([]int, len(all)) // by said: the first that it is joined with
	first := map[uint32]int{}       // by upper-cased id: the first that names it
	root := func(i int) int {
		for groups[i] != i {
			i = groups[i]
		}
		return i
	}
	for i := range all {
		groups[i] = i
		if len(all) == 1 {
			break
		}
		for _, id := range all[i].ids {
			j, ok := first[a.fold[id]]
			if !ok {
				first[a.fold[id]] = i
				continue
			}
			p, q := root(i), root(j)
			groups[max(p, q)] = min(p, q)
		}
	}
	var out []Finding
	for i := range all {
		if groups[i] != i {
			continue
		}
		var same []said
		for j := i; j < len(all); j++ {
			if root(j) == i {
				same = append(same, all[j])
			}
		}
		out = append(out, a.finding(same))
	}
	return out
}

// byRank orders ids by how well they name a weakness.
func byRank(a, b string) int {
	return cmp.Or(cmp.Compare(advisory.Rank(a), advisory.Rank(b)), strings.Compare(a, b))
}

// finding makes one finding of what was said of one weakness.
func (a *advisories) finding(same []said) Finding {
	slices.SortFunc(same, func(s, t said) int {
		return cmp.Or(byRank(a.ids.at(s.ids[0]), a.ids.at(t.ids[0])), slices.Compare(s.judged.Fixed, t.judged.Fixed))
	})
	f := Finding{Advisory: a.ids.at(same[0].ids[0]), Aliases: []string{}, State: advisory.Unknown, Fixed: []string{}, Weak: true}
	written := map[uint32]string{a.fold[same[0].ids[0]]: f.Advisory}
	for _, s := range same {
		f.Weak = f.Weak && s.weak
		if s.judged.State == advisory.IsAffected {
			f.State = advisory.IsAffected
		}
		f.Fixed = union(f.Fixed, s.judged.Fixed)
		for _, id := range s.ids {
			if _, ok := written[a.fold[id]]; !ok {
				written[a.fold[id]] = a.ids.at(id)
				f.Aliases = append(f.Aliases, a.ids.at(id))
			}
		}
	}
	slices.Sort(f.Aliases)
	return f
}
