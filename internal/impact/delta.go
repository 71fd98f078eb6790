package impact

import (
	"cmp"
	"slices"
	"strings"

	"countersign.dev/internal/advisory"
)

// Delta is what became of the portfolio on the way to a position: what is so
// now, for a reader who sees everything, where it was otherwise before. Whoever
// acts on it asks again for those that it acts for.
type Delta struct {
	Position int64
	Changes  []Change // by component and advisory
	// Releases is those with a changed component and those whose bill came,
	// went or was replaced, by id.
	Releases []string
}

// Change is what became of one advisory about one component.
type Change struct {
	Component string // purl, or CPE
	Advisory  string
	Before    Verdict
	After     Verdict
}

// Verdict is what an advisory means for a component.
type Verdict struct {
	State   advisory.State // [advisory.NotAffected] also when the advisory is not there, or withdrawn
	Fixed   []string
	Aliases []string // other ids that it gives the weakness, in order
}

func (v Verdict) equal(w Verdict) bool {
	return v.State == w.State && slices.Equal(v.Fixed, w.Fixed) && slices.Equal(v.Aliases, w.Aliases)
}

// telling is what an advisory says as a whole.
type telling struct {
	withdrawn bool
	aliases   []string
}

// telling is what an advisory says now. The caller is who follows the ledger,
// or holds x.mu.
func (x *Index) telling(m *moment, id uint32) telling {
	return x.advisories.telling(x.advisories.recordAt(m, id))
}

func (a *advisories) telling(r *record) telling {
	if r == nil {
		return telling{}
	}
	t := telling{withdrawn: r.withdrawn != never}
	for _, id := range r.ids[1:] {
		t.aliases = append(t.aliases, a.ids.at(id))
	}
	slices.Sort(t.aliases)
	return t
}

// pair is a component and an advisory, both by number.
type pair struct{ component, advisory uint32 }

// everything is the moment of a reader who sees all that is said now.
func (x *Index) everything() *moment {
	seen := make([]bool, len(x.audiences.all))
	for i := range seen {
		seen[i] = true
	}
	return &moment{known: never - 1, position: x.position, seen: seen}
}

// verdict is what an advisory means for a component now. The caller is who
// follows the ledger, or holds x.mu.
func (x *Index) verdict(p pair, t telling) Verdict {
	v := Verdict{State: advisory.NotAffected}
	if t.withdrawn {
		return v
	}
	for _, h := range x.hits[p.component] {
		s := &x.advisories.slots[h.slot()]
		if s.id != p.advisory {
			continue
		}
		j := x.judge(p.component, h.slot())
		if j.State == advisory.IsAffected || v.State == advisory.NotAffected {
			v.State = j.State
		}
		v.Fixed, v.Aliases = union(v.Fixed, j.Fixed), t.aliases
	}
	return v
}

// note remembers how it is for every component that these slots concern now.
func (x *Index) note(before map[pair]Verdict, advisory uint32, slots []uint32, t telling) {
	for _, slot := range slots {
		for _, m := range x.components.groups[x.advisories.slots[slot].term].members {
			p := pair{m.component, advisory}
			if _, done := before[p]; done || !x.hasHit(m.component, slot) {
				continue
			}
			before[p] = x.verdict(p, t)
		}
	}
}

func (x *Index) hasHit(component, slot uint32) bool {
	for _, h := range x.hits[component] {
		if h.slot() == slot {
			return true
		}
	}
	return false
}

// changes is what became otherwise, by component and advisory.
func (x *Index) changes(before map[pair]Verdict, now func(advisory uint32) telling) (out []Change, components []uint32) {
	for p, was := range before {
		is := x.verdict(p, now(p.advisory))
		if was.equal(is) {
			continue
		}
		out = append(out, Change{x.components.purls.at(p.component), x.advisories.ids.at(p.advisory), was, is})
		components = append(components, p.component)
	}
	slices.SortFunc(out, func(a, b Change) int {
		return cmp.Or(strings.Compare(a.Component, b.Component), strings.Compare(a.Advisory, b.Advisory))
	})
	slices.Sort(components)
	return out, slices.Compact(components)
}
