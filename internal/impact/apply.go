package impact

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
)

// revision is what one batch makes of the advisories that it touches.
type revision struct {
	about   map[uint32]*statements // what is said of them now
	added   []uint32               // slots that are new
	removed []uint32               // slots that are said no more
	latest  day
}

// apply makes the batch what is so now. Advisories are compared with
// components before anybody has to wait.
func (x *Index) apply(ctx context.Context, b *batch) error {
	r := &revision{about: map[uint32]*statements{}}
	err := x.revise(ctx, b, r)
	var news []found
	if err == nil {
		news, err = x.judgeAll(ctx, r.added)
	}
	if err != nil {
		x.advisories.free = append(x.advisories.free, r.added...)
		return err
	}
	was := x.everything()
	before := map[pair]Verdict{}
	if x.told != nil {
		x.remember(was, before, r, news)
	}
	first := x.releases.settled
	x.settle(b, r, news)
	if x.told != nil {
		x.told(x.delta(b, first, before))
	}
	return nil
}

// settle is the moment at which everybody sees the batch.
func (x *Index) settle(b *batch, r *revision, news []found) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, slot := range r.added {
		g := &x.components.groups[x.advisories.slots[slot].term]
		g.slots = append(g.slots, slot)
	}
	for _, f := range news {
		x.hits[f.component] = append(x.hits[f.component], f.hit)
	}
	x.unlink(r.removed) // after new components were compared with what goes now
	maps.Copy(x.advisories.about, r.about)
	for id, at := range b.closed {
		x.releases.end(id, at)
		x.titles.end(id, at)
	}
	x.judged = x.components.len()
	x.position, x.learnt = b.upto, b.upto
	x.passed += b.passed
	if len(b.touched) > 0 {
		x.advisories.changed, x.advisories.latest = b.upto, max(x.advisories.latest, r.latest)
	}
	if b.aboutBills() {
		x.releases.sorted()
		x.releases.changed = b.upto
		for i := x.releases.settled; i < len(x.releases.bills); i++ {
			x.releases.latest = max(x.releases.latest, x.releases.bills[i].last())
		}
		x.releases.settled = len(x.releases.bills)
		x.moments.forget()
	}
}

// aboutBills reports whether a bill came or went.
func (b *batch) aboutBills() bool {
	if b.x.releases.settled < len(b.x.releases.bills) {
		return true
	}
	for id := range b.closed {
		if _, ok := b.x.releases.find(id); ok {
			return true
		}
	}
	return false
}

// unlink takes slots that are said no more out of the groups and hits.
func (x *Index) unlink(removed []uint32) {
	gone, terms := map[uint32]bool{}, map[uint32]bool{}
	for _, slot := range removed {
		gone[slot], terms[x.advisories.slots[slot].term] = true, true
	}
	for term := range terms {
		g := &x.components.groups[term]
		g.slots = slices.DeleteFunc(g.slots, func(s uint32) bool { return gone[s] })
		for _, m := range g.members {
			hits := x.hits[m.component]
			if len(hits) == 0 {
				continue
			}
			if hits = slices.DeleteFunc(hits, func(h hit) bool { return gone[h.slot()] }); len(hits) == 0 {
				delete(x.hits, m.component)
			} else {
				x.hits[m.component] = hits
			}
		}
	}
	for _, slot := range removed {
		x.advisories.slots[slot] = affected{}
	}
	x.advisories.free = append(x.advisories.free, removed...)
}

// lastDay is later than any publication and earlier than [access.Forever], on
// which nothing is said any more.
const lastDay access.Date = "9999-12-30"

// subjects is how many advisories the ledger is asked about at a time.
const subjects = 1000

// revise asks the ledger what the touched advisories say now.
func (x *Index) revise(ctx context.Context, b *batch, r *revision) error {
	ask := access.Ask{Reader: access.Operator, At: access.At{Date: access.Forever, Known: access.Forever, Position: b.upto}}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(b.touched)), subjects) {
		names := make([]string, len(chunk))
		for i, n := range chunk {
			names[i] = x.advisories.ids.at(n)
			r.about[n] = &statements{}
		}
		facts, err := x.source.BySubject(ctx, ask, names...)
		if err != nil {
			return fmt.Errorf("advisories at position %d: %w", b.upto, err)
		}
		x.mu.Lock()
		for i := range facts {
			if err := x.restate(r, &facts[i]); err != nil {
				x.mu.Unlock()
				return err
			}
		}
		x.mu.Unlock()
	}
	for n, is := range r.about {
		was := x.advisories.about[n]
		if was == nil {
			continue
		}
		for _, slot := range was.slots {
			if !slices.Contains(is.slots, slot) {
				r.removed = append(r.removed, slot)
			}
		}
	}
	slices.Sort(r.removed)
	slices.Sort(r.added)
	return nil
}

// restate takes a fact about an advisory into what is said of it now. What its
// source has taken back is left out.
func (x *Index) restate(r *revision, f *ledger.Fact) error {
	a := &x.advisories
	r.latest = max(r.latest, dayOf(f.Published))
	if f.Superseded != access.Forever {
		r.latest = max(r.latest, dayOf(f.Superseded))
		return nil
	}
	id := a.id(f.Subject)
	is := r.about[id]
	switch f.Kind {
	case advisory.FactRecord:
		rec, err := a.record(f)
		if err != nil {
			return err
		}
		rec.audience = x.audiences.number(f.Audience)
		if rec.withdrawn != never {
			r.latest = max(r.latest, rec.withdrawn)
		}
		is.records = append(is.records, rec)
	case advisory.FactAffected:
		if was := a.about[id]; was != nil {
			for _, slot := range was.slots {
				if a.slots[slot].fact == f.ID {
					is.slots = append(is.slots, slot)
					return nil
				}
			}
		}
		if f.Term == "" || len(f.Term) > maxWord {
			return nil // nothing is found by it
		}
		slot := a.put(affected{held: heldOf(f, x.audiences.number(f.Audience)), id: id, term: x.components.term(f.Term), text: f.Body})
		is.slots = append(is.slots, slot)
		r.added = append(r.added, slot)
	}
	return nil
}

// remember notes how things stand for every component that a revision may
// change something for.
func (x *Index) remember(m *moment, before map[pair]Verdict, r *revision, news []found) {
	gone := map[uint32]bool{}
	for _, slot := range r.removed {
		gone[slot] = true
	}
	tellings := map[uint32]telling{}
	for n, is := range r.about {
		tellings[n] = x.telling(m, n)
		was := x.advisories.about[n]
		if was == nil {
			continue
		}
		slots := was.slots
		if t := x.advisories.telling(is.record()); t.withdrawn == tellings[n].withdrawn && slices.Equal(t.aliases, tellings[n].aliases) {
			slots = slices.DeleteFunc(slices.Clone(slots), func(s uint32) bool { return !gone[s] })
		}
		x.note(before, n, slots, tellings[n])
	}
	for _, f := range news {
		if int(f.component) >= x.judged {
			continue // a component that nobody had is no change of one
		}
		p := pair{f.component, x.advisories.slots[f.hit.slot()].id}
		if _, done := before[p]; !done {
			before[p] = x.verdict(p, tellings[p.advisory])
		}
	}
}

// withdrawn reports whether an advisory is said to be none.
func (x *Index) withdrawn(m *moment, id uint32) bool {
	r := x.advisories.recordAt(m, id)
	return r != nil && r.withdrawn <= m.known && r.withdrawn != never
}

// record is the record that counts when everything that was published does.
func (s *statements) record() *record {
	var best *record
	for i := range s.records {
		if r := &s.records[i]; best == nil || r.newer(&best.held) {
			best = r
		}
	}
	return best
}

// delta is what the batch, which is applied, made otherwise. first is the first
// of its bills.
func (x *Index) delta(b *batch, first int, before map[pair]Verdict) Delta {
	m := x.everything()
	d := Delta{Position: b.upto}
	var components []uint32
	d.Changes, components = x.changes(before, func(id uint32) telling { return x.telling(m, id) })
	concerned := map[uint32]bool{}
	for i := first; i < len(x.releases.bills); i++ {
		concerned[x.releases.bills[i].release] = true
	}
	for id := range b.closed {
		if n, ok := x.releases.find(id); ok {
			concerned[x.releases.bills[n].release] = true
		}
	}
	x.mu.RLock()
	s := x.scopeOf(access.Ask{Reader: access.Operator, At: access.At{Known: lastDay, Position: b.upto}})
	x.mu.RUnlock()
	for _, c := range components {
		x.components.postings.each(c, func(list uint32) {
			if _, now := s.placeOf(list); now {
				concerned[x.releases.owner[list]] = true
			}
		})
	}
	for _, n := range s.order {
		if concerned[n] {
			d.Releases = append(d.Releases, x.releases.ids.at(n))
		}
	}
	return d
}
