package impact

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
)

// joined is the advisories about a weakness at a moment: those that have the
// id or name it, and those that name an id which the advisory of that id gives
// its weakness.
func (a *advisories) joined(m *moment, id string) []uint32 {
	fold, ok := a.folds.look(strings.ToUpper(strings.TrimSpace(id)))
	if !ok {
		return nil
	}
	found := map[uint32]bool{}
	for _, seed := range a.seeds(m, fold) {
		for _, n := range a.namedBy[seed] {
			if r := a.recordAt(m, n); r != nil && slices.ContainsFunc(r.ids, func(id uint32) bool { return a.fold[id] == seed }) {
				found[n] = true
			}
		}
	}
	if n, ok := a.ids.look(strings.TrimSpace(id)); ok && a.about[n] != nil {
		found[n] = true // even when nothing is said of it as a whole
	}
	return slices.SortedFunc(maps.Keys(found), func(m, n uint32) int { return byRank(a.ids.at(m), a.ids.at(n)) })
}

// seeds is the ids, upper-cased, by which the advisory with an id calls its
// weakness.
func (a *advisories) seeds(m *moment, fold uint32) []uint32 {
	seeds := map[uint32]bool{fold: true}
	for _, n := range a.namedBy[fold] {
		r := a.recordAt(m, n)
		if r == nil || a.fold[n] != fold {
			continue
		}
		for _, id := range r.ids {
			seeds[a.fold[id]] = true
		}
	}
	return slices.Sorted(maps.Keys(seeds))
}

// hearsay is what the ledger tells of advisories at another moment than now.
type hearsay struct {
	records map[string]heardRecord // by advisory
	slots   []heardSlot
}

type heardRecord struct {
	fact      *ledger.Fact
	ids       []string // its own first
	withdrawn bool
}

type heardSlot struct {
	advisory string
	term     string
	prepared *advisory.Prepared
}

// hear asks the ledger what was said of a weakness at the ask's moment; nil
// when that is what is said now, or no weakness is asked about.
func (x *Index) hear(ctx context.Context, ask access.Ask, id string) (*hearsay, error) {
	if id == "" {
		return nil, nil
	}
	x.mu.RLock()
	live := x.scopeOf(ask).live
	named := x.namedBy(id)
	x.mu.RUnlock()
	if live {
		return nil, nil
	}
	h := &hearsay{records: map[string]heardRecord{}}
	own, err := x.source.BySubject(ctx, ask, append(named, strings.TrimSpace(id))...)
	if err != nil {
		return nil, fmt.Errorf("advisories about %s: %w", id, err)
	}
	if err := h.take(own, ask.At.Known); err != nil {
		return nil, err
	}
	seeds := map[string]bool{strings.ToUpper(strings.TrimSpace(id)): true}
	for name, r := range h.records {
		if strings.EqualFold(name, strings.TrimSpace(id)) {
			for _, other := range r.ids {
				seeds[strings.ToUpper(other)] = true
			}
		}
	}
	x.mu.RLock()
	named = x.namedBy(slices.Sorted(maps.Keys(seeds))...)
	x.mu.RUnlock()
	all, err := x.source.BySubject(ctx, ask, append(named, strings.TrimSpace(id))...)
	if err != nil {
		return nil, fmt.Errorf("advisories about %s: %w", id, err)
	}
	h = &hearsay{records: map[string]heardRecord{}}
	if err := h.take(all, ask.At.Known); err != nil {
		return nil, err
	}
	h.keep(func(r heardRecord) bool {
		return slices.ContainsFunc(r.ids, func(id string) bool { return seeds[strings.ToUpper(id)] })
	})
	slices.SortStableFunc(h.slots, func(a, b heardSlot) int { return byRank(a.advisory, b.advisory) })
	return h, nil
}

// namedBy is the advisories that ever named one of these ids.
func (x *Index) namedBy(ids ...string) []string {
	found := map[uint32]bool{}
	for _, id := range ids {
		fold, ok := x.advisories.folds.look(strings.ToUpper(strings.TrimSpace(id)))
		if !ok {
			continue
		}
		for _, n := range x.advisories.namedBy[fold] {
			found[n] = true
		}
	}
	out := []string{}
	for _, n := range slices.Sorted(maps.Keys(found)) {
		out = append(out, x.advisories.ids.at(n))
	}
	return out
}

// take takes in facts that were stated on a day.
func (h *hearsay) take(facts []ledger.Fact, known access.Date) error {
	for i := range facts {
		f := &facts[i]
		if !f.StatedOn(known) {
			continue
		}
		switch f.Kind {
		case advisory.FactAffected:
			p, err := preparedOf(f.ID, f.Body)
			if err != nil {
				return err
			}
			h.slots = append(h.slots, heardSlot{f.Subject, f.Term, p})
		case advisory.FactRecord:
			if was, ok := h.records[f.Subject]; ok && !f.Newer(was.fact, known) {
				continue
			}
			var body idsOf
			if err := json.Unmarshal(f.Body, &body); err != nil {
				return fmt.Errorf("fact %d, advisory %s: %w", f.ID, f.Subject, err)
			}
			h.records[f.Subject] = heardRecord{
				fact: f, ids: slices.Concat([]string{f.Subject}, advisory.SameWeakness(body.Aliases, body.Upstream)),
				withdrawn: body.Withdrawn != "" && dayOf(access.Date(body.Withdrawn)) <= dayOf(known),
			}
		}
	}
	return nil
}

// keep leaves what is said by advisories that are not withdrawn and about what
// is asked for.
func (h *hearsay) keep(about func(heardRecord) bool) {
	h.slots = slices.DeleteFunc(h.slots, func(s heardSlot) bool {
		r, ok := h.records[s.advisory]
		return ok && (r.withdrawn || !about(r))
	})
}

// matchHeard is the components that what was heard concerns.
func (x *Index) matchHeard(h *hearsay) []match {
	found := map[uint32]*match{}
	for _, s := range h.slots {
		term, ok := x.components.terms.look(s.term)
		if !ok {
			continue
		}
		g := &x.components.groups[term]
		for _, m := range g.members {
			raw := x.components.versions.at(m.version)
			if j := s.prepared.Judge(readVersion(g.ecosystem, raw), raw); j.State != advisory.NotAffected {
				meet(found, match{component: m.component, version: m.version, term: term, state: j.State, fixed: j.Fixed})
			}
		}
	}
	out := make([]match, 0, len(found))
	for _, m := range found {
		out = append(out, *m)
	}
	return out
}

// listed is the components of a bill by name.
func (x *Index) listed(b *bill) []Contained {
	var out []Contained
	x.releases.lists[b.list].each(func(component uint32, direct bool) {
		out = append(out, Contained{PURL: x.components.purls.at(component), Direct: direct})
	})
	return out
}

// findingsThen is what concerned a release at another moment than now.
func (x *Index) findingsThen(ctx context.Context, ask access.Ask, release string, fact int64, components []Contained) (*Found, error) {
	names := make([][]name, len(components))
	terms := map[string]bool{}
	for i, c := range components {
		names[i] = namesOf(c.PURL)
		for _, n := range names[i] {
			if !strings.HasPrefix(n.term, asked) {
				terms[n.term] = true
			}
		}
	}
	affected, err := x.source.ByTerm(ctx, ask, []string{advisory.FactAffected}, slices.Sorted(maps.Keys(terms)), 0)
	if err != nil {
		return nil, fmt.Errorf("advisories about %s: %w", release, err)
	}
	h := &hearsay{records: map[string]heardRecord{}}
	if err := h.take(affected, ask.At.Known); err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	byTerm := map[string][]heardSlot{}
	for _, s := range h.slots {
		ids[s.advisory] = true
		byTerm[s.term] = append(byTerm[s.term], s)
	}
	facts, err := x.source.BySubject(ctx, ask, slices.Sorted(maps.Keys(ids))...)
	if err != nil {
		return nil, fmt.Errorf("advisories about %s: %w", release, err)
	}
	facts = slices.DeleteFunc(facts, func(f ledger.Fact) bool { return f.Kind != advisory.FactRecord })
	if err := h.take(facts, ask.At.Known); err != nil {
		return nil, err
	}
	out := &Found{Release: release, Fact: fact, Components: len(components), Findings: []Finding{}}
	x.mu.RLock()
	defer x.mu.RUnlock()
	for i, c := range components {
		for _, f := range x.advisories.join(x.saidThen(h, byTerm, names[i])) {
			f.Component, f.Direct = c.PURL, c.Direct
			out.Findings = append(out.Findings, f)
		}
	}
	out.sort()
	return out, nil
}

// saidThen is what was said of a component that goes by these names.
func (x *Index) saidThen(h *hearsay, byTerm map[string][]heardSlot, names []name) []said {
	var out []said
	for _, n := range names {
		v := readVersion(n.ecosystem, n.version)
		for _, s := range byTerm[n.term] {
			r, ok := h.records[s.advisory]
			if ok && r.withdrawn {
				continue
			}
			j := s.prepared.Judge(v, n.version)
			if j.State == advisory.NotAffected {
				continue
			}
			if !ok {
				r.ids = []string{s.advisory}
			}
			one := said{judged: j, weak: n.weak}
			for _, id := range r.ids {
				if number, known := x.advisories.ids.look(id); known {
					one.ids = append(one.ids, number)
				}
			}
			out = append(out, one)
		}
	}
	return out
}
