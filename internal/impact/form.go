package impact

import (
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// form is the form of a snapshot: what an index holds, in order. What follows
// from the rest is worked out again, and so is what holds for one process only,
// as the hashes of words do.
func (x *Index) form(t *transcript) {
	number(t, &x.position)
	number(t, &x.taken)
	number(t, &x.judged)
	number(t, &x.passed)
	x.audiences.form(t)
	x.components.form(t)
	x.releases.form(t)
	x.titles.form(t)
	x.deployed.form(t)
	x.advisories.form(t)
	byNumber(t, &x.hits, func(h *[]hit) { fixed(t, h) })
}

func (a *audiences) form(t *transcript) {
	many(t, &a.all, func(one *access.Audience) {
		expr := one.String()
		if t.text(&expr); t.reading() && t.err == nil {
			parsed, err := access.ParseAudience(expr)
			t.fail(err)
			*one = parsed
		}
	})
	if t.reading() {
		a.numbers = map[access.Audience]uint16{}
		for i, one := range a.all {
			a.numbers[one] = uint16(i)
		}
	}
}

func (w *words) form(t *transcript) {
	many(t, &w.pages, t.text)
	many(t, &w.spans, func(s *span) {
		number(t, &s.start)
		number(t, &s.length)
	})
	if t.reading() && t.err == nil {
		t.fail(w.index())
	}
}

// index makes words that were read ready to be found and added to.
func (w *words) index() error {
	for size := 64; len(w.slots)*5 <= len(w.spans)*8; size *= 2 {
		w.slots = make([]uint64, size)
	}
	for n, s := range w.spans {
		page, from := int(s.start>>pageBits), int(s.start&(pageSize-1))
		if page >= len(w.pages) || from+int(s.length) > len(w.pages[page]) {
			return problem.New(problem.Invalid, "word %d is outside of its page", n)
		}
		w.put(uint64(hashOf([]byte(w.at(uint32(n)))))<<32 | uint64(n+1))
	}
	if last := len(w.pages) - 1; last >= 0 {
		w.page = new(strings.Builder)
		w.page.Grow(pageSize)
		w.page.WriteString(w.pages[last])
		w.pages[last] = w.page.String()
	}
	return nil
}

func (c *components) form(t *transcript) {
	c.purls.form(t)
	c.versions.form(t)
	c.terms.form(t)
	many(t, &c.groups, func(g *group) {
		t.text(&g.ecosystem)
		t.yes(&g.weak)
		many(t, &g.members, func(m *member) {
			number(t, &m.component)
			number(t, &m.version)
		})
		fixed(t, &g.slots)
	})
	fixed(t, &c.after)
	many(t, &c.postings.heads, func(h *head) {
		number(t, &h.first)
		number(t, &h.more)
	})
	many(t, &c.postings.tails, func(one *tail) { number(t, &one.last) })
	blobs(t, &c.postings.tails, func(one *tail) *[]byte { return &one.deltas })
}

func (h *held) form(t *transcript) {
	number(t, &h.fact)
	number(t, &h.knownTo)
	number(t, &h.published)
	number(t, &h.superseded)
	number(t, &h.audience)
}

func (r *releases) form(t *transcript) {
	r.ids.form(t)
	fixed(t, &r.order)
	many(t, &r.bills, func(b *bill) {
		b.held.form(t)
		number(t, &b.release)
		number(t, &b.list)
	})
	blobs(t, &r.lists, func(l *list) *[]byte { return (*[]byte)(l) })
	fixed(t, &r.owner)
	number(t, &r.settled)
	number(t, &r.changed)
	number(t, &r.latest)
	if !t.reading() || t.err != nil {
		return
	}
	r.of = make([][]uint32, r.ids.len())
	for n := range r.bills {
		b := &r.bills[n]
		if int(b.release) >= len(r.of) || int(b.list) >= len(r.lists) {
			t.fail(problem.New(problem.Invalid, "bill %d is of no release", n))
			return
		}
		r.of[b.release] = append(r.of[b.release], uint32(n))
	}
}

func (ts *titles) form(t *transcript) {
	ts.words.form(t)
	many(t, &ts.all, func(one *title) {
		one.held.form(t)
		number(t, &one.before)
		number(t, &one.name)
		number(t, &one.version)
		number(t, &one.supplier)
	})
	fixed(t, &ts.last)
}

func (a *advisories) form(t *transcript) {
	a.ids.form(t)
	a.folds.form(t)
	fixed(t, &a.fold)
	byNumber(t, &a.about, func(p **statements) {
		if t.reading() {
			*p = &statements{}
		}
		many(t, &(*p).records, func(r *record) {
			r.held.form(t)
			number(t, &r.withdrawn)
			fixed(t, &r.ids)
		})
		fixed(t, &(*p).slots)
	})
	many(t, &a.slots, func(s *affected) {
		s.held.form(t)
		number(t, &s.id)
		number(t, &s.term)
	})
	blobs(t, &a.slots, func(s *affected) *[]byte { return &s.text })
	fixed(t, &a.free)
	byNumber(t, &a.facts, func(n *uint32) { number(t, n) })
	number(t, &a.changed)
	number(t, &a.latest)
	byNumber(t, &a.namedBy, func(by *[]uint32) { fixed(t, by) })
}
