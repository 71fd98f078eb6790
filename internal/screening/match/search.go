package match

import (
	"cmp"
	"math"
	"slices"

	"countersign.dev/internal/party"
)

// Found is a name that was found.
type Found struct {
	Unit  Unit
	Score float64
}

// Search is every visible name of the segment that scores at least min against
// the query, best first, equal ones by number; a min below [Floor] is taken for
// it. A nil visible means that all are. What is found, and every score, is what
// [Prepared.Score] would say of each name.
func (s *Segment) Search(p *Prepared, min float64, visible func(Unit) bool) []Found {
	least := int(math.Ceil(max(min, Floor)*whole - 1e-6))
	x := s.scratch.Get().(*scratch)
	var best results
	for _, q := range p.passes {
		v := search{segment: s, scratch: x, prepared: p, pass: q, least: least, visible: visible}
		v.run(&best)
		x.reset()
	}
	x.forget()
	s.scratch.Put(x) // not when visible panics: then marks are left in it
	return best.sorted()
}

// results are the best score of each unit.
type results struct{ list []scored }

type scored struct {
	unit  Unit
	score int
}

func (r *results) sorted() []Found {
	if len(r.list) == 0 {
		return nil
	}
	slices.SortFunc(r.list, func(a, b scored) int { return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(b.score, a.score)) })
	r.list = slices.CompactFunc(r.list, func(a, b scored) bool { return a.unit == b.unit })
	slices.SortFunc(r.list, func(a, b scored) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.unit, b.unit)) })
	out := make([]Found, len(r.list))
	for i, f := range r.list {
		out[i] = Found{f.unit, float64(f.score) / whole}
	}
	return out
}

// search is one pass over a segment with one sequence of a query.
type search struct {
	segment  *Segment
	scratch  *scratch
	prepared *Prepared
	pass
	least        int
	visible      func(Unit) bool
	initials     bool   // the query has some
	always       uint32 // tokens of the query that are not looked for: particles and initials
	alwaysWeight weight
	bound        bound
}

func (v *search) run(out *results) {
	x := v.scratch
	for i := range v.query.units {
		v.segment.lookUp(x, v.query, i)
		v.initials = v.initials || v.query.units[i].measured.role == roleInitial
	}
	v.bound = newBound(v)
	sure := v.mark()
	for _, r := range x.touched {
		if v.bound.enough(x.marks[r] | sure) {
			v.scoreRow(r, out)
		}
	}
}

// lookedThrough is how many rows of a common word are looked through in the
// time in which one row is compared.
const lookedThrough = 40

// twoWords is the most that two words of a name weigh.
const twoWords = 200

// mark marks the rows that may score enough with the tokens of the query that
// they have, and returns the tokens that every row is taken to have. A row
// without any of the tokens looked for cannot score enough, whatever else it
// has, so that the rows of the commonest tokens are seldom looked through.
func (v *search) mark() (sure uint32) {
	x := v.scratch
	slices.SortStableFunc(x.probes, func(a, b probe) int { return cmp.Compare(a.cost, b.cost) })
	for i := range v.query.units {
		if u := &v.query.units[i]; u.measured.role == roleLight || u.measured.role == roleInitial {
			v.always |= u.span()
			v.alwaysWeight += u.weight
		}
	}
	sure = v.always
	k := 0
	for ; k < len(x.probes) && v.bound.enough(v.tokensFrom(k)|sure); k++ {
		v.markRows(&x.probes[k])
	}
	for ; k < len(x.probes); k++ {
		p := &x.probes[k]
		bits := v.bitsOf(p)
		if p.cost > lookedThrough*len(x.touched)+256 {
			sure |= bits
			continue
		}
		for _, w := range p.words {
			bits := v.bitsFor(p, w)
			for _, r := range v.segment.rows.of(w) {
				if x.marks[r] != 0 {
					x.marks[r] |= bits
				}
			}
		}
	}
	return sure
}

// tokensFrom are the tokens of the query that the probes from k on look for.
func (v *search) tokensFrom(k int) (bits uint32) {
	for i := range v.scratch.probes[k:] {
		bits |= v.bitsOf(&v.scratch.probes[k+i])
	}
	return bits
}

// bitsOf is what a row may have that a probe finds.
func (v *search) bitsOf(p *probe) uint32 {
	bits := v.query.units[p.unit].span()
	if p.cut {
		bits |= markCut
	}
	return bits
}

// bitsFor is what a row may have that a probe finds by this word.
func (v *search) bitsFor(p *probe, w wordID) uint32 {
	bits := v.query.units[p.unit].span()
	if p.cut && (v.segment.dict.info[w].role == roleJoined || len(p.words) == 1) {
		bits |= markCut
	}
	return bits
}

func (v *search) markRows(p *probe) {
	x := v.scratch
	for _, w := range p.words {
		bits := v.bitsFor(p, w)
		for _, r := range v.segment.rows.of(w) {
			if x.marks[r] == 0 {
				x.touched = append(x.touched, r)
			}
			x.marks[r] |= bits
		}
	}
}

// scoreRow compares the query with a row, of which the words are looked up
// already.
func (v *search) scoreRow(r uint32, out *results) {
	s, x := v.segment, v.scratch
	info := &s.rowInfo[r]
	kind := unitKinds[info.kind]
	if person := kind == party.Person; person && !v.persons || !person && !v.others {
		return
	}
	n := uint32(info.tokens &^ rowRead)
	words, joined := s.words[info.start:info.start+n], s.words[info.start+n:s.rowInfo[r+1].start]
	m := modelOf(v.prepared.query.Kind, kind)
	if !v.worthwhile(info, words, joined, m) || v.visible != nil && !v.visible(info.unit) {
		return
	}
	x.tokens = x.tokens[:0]
	for _, w := range words {
		i := &s.dict.info[w]
		x.tokens = append(x.tokens, token{role: i.role, class: i.class, mono: i.flags&flagSyllable != 0, weight: weight(i.weight)})
	}
	v.possiblePairs(words, joined)
	a, _ := align(v.query.tokens, x.tokens, x.pairs)
	nf := factsOf(x.tokens)
	base, _ := m.score(&a, &v.query.facts, &nf, v.query.rule != asWritten || info.tokens&rowRead != 0)
	if score := judged(base, v.prepared.query.Kind, kind, unitQualities[info.quality]); score >= v.least {
		out.list = append(out.list, scored{info.unit, score})
	}
}

// worthwhile reports whether a row may score enough with the words that it has
// in common with the query. It is a bound, looser than the score and quicker.
func (v *search) worthwhile(info *rowInfo, words, joined []wordID, m *model) bool {
	s, x := v.segment, v.scratch
	had, most, paired := v.always, v.alwaysWeight, weight(0)
	for _, w := range words {
		if h := x.slots[w]; h != 0 {
			paired += weight(s.dict.info[w].weight)
			best := weight(0)
			for ; h != 0; h = x.hits[h-1].next {
				u := &v.query.units[x.hits[h-1].unit]
				had |= u.span()
				best = max(best, u.weight)
			}
			most += best
		}
	}
	for _, w := range joined {
		for h := x.slots[w]; h != 0; h = x.hits[h-1].next {
			had |= v.query.units[x.hits[h-1].unit].span() | markCut
			paired, most = paired+twoWords, most+v.query.units[x.hits[h-1].unit].weight
		}
	}
	for i := range x.cuts {
		if among(x.cuts[i].a, words) && among(x.cuts[i].b, words) {
			had |= v.query.units[x.cuts[i].unit].span() | markCut
			paired, most = paired+twoWords, most+v.query.units[x.cuts[i].unit].weight
		}
	}
	if !v.bound.enough(had) || !v.bound.enoughWeight(most, info.kind, m) {
		return false
	}
	return v.initials || v.bound.enoughOfName(paired, weight(info.weight)*rowWeightUnit, info.kind, m)
}

// possiblePairs is what the function of this name finds by comparing.
func (v *search) possiblePairs(words, joined []wordID) {
	s, x, q := v.segment, v.scratch, v.query
	x.pairs = x.pairs[:0]
	syllables := 0
	for j, w := range words {
		info := &s.dict.info[w]
		for h := x.slots[w]; h != 0; h = x.hits[h-1].next {
			x.pairs = append(x.pairs, newPair(&q.units[x.hits[h-1].unit], j, j+1, int(x.hits[h-1].sim), weight(info.weight)))
		}
		if v.initials && info.role == roleWord {
			v.pairInitials(w, j, weight(info.weight))
		}
		if j+1 == len(words) {
			break
		}
		next := &s.dict.info[words[j+1]]
		if info.flags&next.flags&flagSyllable != 0 {
			for h := x.slots[joined[syllables]]; h != 0; h = x.hits[h-1].next {
				x.pairs = append(x.pairs, newPair(&q.units[x.hits[h-1].unit], j, j+2, int(x.hits[h-1].sim), weight(info.weight)+weight(next.weight)))
			}
			syllables++
		}
		for _, c := range x.cuts {
			if c.a == w && c.b == words[j+1] {
				x.pairs = append(x.pairs, newPair(&q.units[c.unit], j, j+2, simJoined, weight(info.weight)+weight(next.weight)))
			}
		}
	}
}

func (v *search) pairInitials(w wordID, j int, weight weight) {
	first := v.segment.dict.first(w)
	for i := range v.query.units {
		if u := &v.query.units[i]; u.measured.role == roleInitial && firstRune(u.measured.text) == first {
			v.scratch.pairs = append(v.scratch.pairs, newPair(u, j, j+1, simInitial, weight))
		}
	}
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}
