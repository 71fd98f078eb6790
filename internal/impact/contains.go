package impact

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/purl"
)

// Query is what releases are asked to contain. One field is set.
type Query struct {
	Term     string // a package in any version, see [advisory.KeysOf]
	PURL     string // a package; with a version that one alone, and with qualifiers those that have them
	Advisory string // the id of an advisory or weakness: what it concerns
}

// Answer is who contains something.
type Answer struct {
	Releases int         // in all
	Affected int         // of them, those with a component that the advisory concerns for certain; 0 unless one was asked about
	Versions []Version   // most releases first
	Page     []Container // by release
}

// Version is how many releases have a package in a version.
type Version struct {
	Package  string         `json:"package"` // term
	Version  string         `json:"version"`
	Releases int            `json:"releases"`
	State    advisory.State `json:"state,omitempty"` // where an advisory was asked about
}

// Container is a release with those of its components that were asked for.
type Container struct {
	Release    string      `json:"release"`
	Components []Contained `json:"components"` // by purl
}

// Contained is a component of a release.
type Contained struct {
	PURL   string         `json:"purl"`
	Direct bool           `json:"direct"`          // the release depends on it directly, as far as its bill says
	State  advisory.State `json:"state,omitempty"` // where an advisory was asked about
	Fixed  []string       `json:"fixed,omitempty"`
}

// match is a component that was asked for.
type match struct {
	component uint32
	version   uint32
	term      uint32
	state     advisory.State
	slots     []uint32 // of what is said now, that concern it
	fixed     []string // worked out from slots when it is shown
}

// Contains is which releases contain, at the ask's moment, what the query asks
// for: limit of them from the offset on, with counts of all. The ask is
// resolved. A purl that cannot be read is [problem.Invalid]; what nobody knows
// is contained by nobody.
func (x *Index) Contains(ctx context.Context, ask access.Ask, q Query, offset, limit int) (*Answer, error) {
	ask, err := x.reach(ctx, ask)
	if err != nil {
		return nil, err
	}
	for {
		heard, err := x.hear(ctx, ask, q.Advisory)
		if err != nil {
			return nil, err
		}
		out, err := x.contains(ask, q, heard, max(offset, 0), limit)
		if out != nil || err != nil {
			return out, err
		}
	}
}

// contains answers from memory and what was heard. It is nil when what is said
// of the advisory changed since nothing had to be heard.
func (x *Index) contains(ask access.Ask, q Query, heard *hearsay, offset, limit int) (*Answer, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.scopeOf(ask)
	var found []match
	var err error
	switch {
	case q.Advisory != "" && heard != nil:
		found = x.matchHeard(heard)
	case q.Advisory != "" && !s.live:
		return nil, nil
	case q.Advisory != "":
		found = x.matchAdvisory(s, q.Advisory)
	case q.PURL != "":
		found, err = x.matchPURL(q.PURL)
	default:
		found = x.matchTerm(q.Term)
	}
	if err != nil {
		return nil, err
	}
	return x.answer(s, found, offset, limit), nil
}

func (x *Index) matchTerm(term string) []match {
	n, ok := x.components.terms.look(term)
	if !ok {
		return nil
	}
	members := x.components.groups[n].members
	out := make([]match, len(members))
	for i, m := range members {
		out[i] = match{component: m.component, version: m.version, term: n}
	}
	return out
}

func (x *Index) matchPURL(text string) ([]match, error) {
	p, err := purl.Read(text)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "who contains it")
	}
	out := append(x.matchTerm(asked+advisory.PURLTerm(p)), x.matchTerm(advisory.PURLTerm(p))...)
	if p.Version == "" && len(p.Qualifiers) == 0 {
		return out, nil
	}
	whole := purl.PURL{Type: p.Type, Namespace: p.Namespace, Name: p.Name, Version: p.Version}.String()
	return slices.DeleteFunc(out, func(m match) bool {
		rest, ok := strings.CutPrefix(x.components.purls.at(m.component), whole)
		if !ok || rest != "" && rest[0] != '?' && rest[0] != '#' && (rest[0] != '@' || p.Version != "") {
			return true
		}
		return len(p.Qualifiers) > 0 && !qualified(x.components.purls.at(m.component), p.Qualifiers)
	}), nil
}

// qualified reports whether a component has all these qualifiers.
func qualified(identity string, want []purl.Qualifier) bool {
	p, err := purl.Read(identity)
	return err == nil && !slices.ContainsFunc(want, func(q purl.Qualifier) bool { return p.Get(q.Key) != q.Value })
}

// matchAdvisory is the components that a weakness concerns now.
func (x *Index) matchAdvisory(s *scope, id string) []match {
	found := map[uint32]*match{}
	for _, n := range x.advisories.joined(&s.moment, id) {
		if x.withdrawn(&s.moment, n) {
			continue
		}
		for _, slot := range x.advisories.about[n].slots {
			if !s.has(&x.advisories.slots[slot].held) {
				continue
			}
			term := x.advisories.slots[slot].term
			for _, m := range x.components.groups[term].members {
				for _, h := range x.hits[m.component] {
					if h.slot() == slot {
						meet(found, match{component: m.component, version: m.version, term: term, state: stateOf(h), slots: []uint32{slot}})
					}
				}
			}
		}
	}
	out := make([]match, 0, len(found))
	for _, m := range found {
		out = append(out, *m)
	}
	return out
}

func stateOf(h hit) advisory.State {
	if h.unknown() {
		return advisory.Unknown
	}
	return advisory.IsAffected
}

// meet adds a match, or what it adds to one of the same component.
func meet(found map[uint32]*match, m match) {
	was := found[m.component]
	if was == nil {
		found[m.component] = &m
		return
	}
	if m.state == advisory.IsAffected {
		was.state = m.state
	}
	was.slots = append(was.slots, m.slots...)
	was.fixed = union(was.fixed, m.fixed)
}

// union is a with what only b has behind it.
func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// fixes is the versions in which a component that matched is mended.
func (x *Index) fixes(m *match) []string {
	for _, slot := range m.slots {
		m.fixed = union(m.fixed, x.judge(m.component, slot).Fixed)
	}
	m.slots = nil
	return m.fixed
}

// tally is what is counted by place. It is used again for other questions: a
// question about a rare package should not cost what one about a common one
// does.
type tally struct {
	at    []uint32 // the last version counted, and one more
	lists []uint32 // the list that has one, and one more
	sure  []bool   // whether one is affected for certain
}

var tallies = sync.Pool{New: func() any { return new(tally) }}

// reach makes room for so many places, with nothing counted.
func (t *tally) reach(places int) {
	if cap(t.at) < places {
		t.at, t.lists, t.sure = make([]uint32, places), make([]uint32, places), make([]bool, places)
	}
	t.at, t.lists, t.sure = t.at[:places], t.lists[:places], t.sure[:places]
}

func (t *tally) giveBack() {
	clear(t.at)
	clear(t.lists)
	clear(t.sure)
	tallies.Put(t)
}

// marked is a set of components, a bit for each. It is empty again when it is
// given back: lists are long, and what is asked for is rare in them.
type marked []uint64

var marks = sync.Pool{New: func() any { return new(marked) }}

func (m *marked) set(component uint32) {
	if n := int(component>>6) + 1 - len(*m); n > 0 {
		*m = append(*m, make([]uint64, n)...)
	}
	(*m)[component>>6] |= 1 << (component & 63)
}

func (m *marked) unset(component uint32) { (*m)[component>>6] &^= 1 << (component & 63) }

func (m *marked) has(component uint32) bool {
	i := int(component >> 6)
	return i < len(*m) && (*m)[i]&(1<<(component&63)) != 0
}

// answer counts the releases that have the matches, and describes a page of them.
func (x *Index) answer(s *scope, found []match, offset, limit int) *Answer {
	slices.SortFunc(found, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.version, b.version), cmp.Compare(a.component, b.component))
	})
	out := &Answer{Versions: []Version{}, Page: []Container{}}
	t := tallies.Get().(*tally)
	defer t.giveBack()
	t.reach(len(s.order))
	for i := 0; i < len(found); {
		v := Version{Package: strings.TrimPrefix(x.components.terms.at(found[i].term), asked), Version: x.components.versions.at(found[i].version), State: found[i].state}
		first := uint32(i) + 1
		for ; i < len(found) && found[i].term == found[first-1].term && found[i].version == found[first-1].version; i++ {
			affected := found[i].state == advisory.IsAffected
			x.components.postings.each(found[i].component, func(list uint32) {
				place, ok := s.placeOf(list)
				if !ok {
					return
				}
				if t.lists[place] == 0 {
					t.lists[place] = list + 1
					out.Releases++
				}
				if affected && !t.sure[place] {
					t.sure[place] = true
					out.Affected++
				}
				if t.at[place] != first {
					t.at[place] = first
					v.Releases++
				}
			})
			if affected {
				v.State = advisory.IsAffected
			}
		}
		if v.Releases > 0 {
			out.Versions = append(out.Versions, v)
		}
	}
	slices.SortFunc(out.Versions, func(a, b Version) int {
		return cmp.Or(cmp.Compare(b.Releases, a.Releases), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Version, b.Version))
	})
	x.page(out, s, found, t.lists, offset, limit)
	return out
}

// page describes the releases from offset on that have a list among lists.
func (x *Index) page(out *Answer, s *scope, found []match, lists []uint32, offset, limit int) {
	if limit <= 0 || offset >= out.Releases {
		return
	}
	wanted := make(map[uint32]*match, len(found))
	asked := marks.Get().(*marked)
	defer func() {
		for i := range found {
			asked.unset(found[i].component)
		}
		marks.Put(asked)
	}()
	for i := range found {
		wanted[found[i].component] = &found[i]
		asked.set(found[i].component)
	}
	for place, list := range lists {
		if list == 0 {
			continue
		}
		if offset > 0 {
			offset--
			continue
		}
		c := Container{Release: x.releases.ids.at(s.order[place])}
		x.releases.lists[list-1].each(func(component uint32, direct bool) {
			if asked.has(component) {
				m := wanted[component]
				c.Components = append(c.Components, Contained{x.components.purls.at(component), direct, m.state, x.fixes(m)})
			}
		})
		slices.SortFunc(c.Components, func(a, b Contained) int { return strings.Compare(a.PURL, b.PURL) })
		if out.Page = append(out.Page, c); len(out.Page) == limit {
			return
		}
	}
}
