package match

import "countersign.dev/internal/party"

// markCut is set beside the tokens of a query that a name may have when it may
// have one of them as two words, so that it has a word more.
const markCut = 1 << 31

// bound knows which tokens of a query a name must have at least, to score
// enough. It never says no where [model.score] would say yes.
//
// A name that has tokens of weight h of a query of weight w leaves out w-h. Let
// the pairs weigh p <= h, and the name have u that is in no pair. With u up to
// w-h the score loses extra*(w-h)/w at least, for a conflict costs more than
// what is only extra; with more it loses no less than the lower of that and
// missing. So extra*(w-h)/w is the bound wherever missing is not below extra.
type bound struct {
	query  *querySequence
	least  [kindCount]int // before kinds are looked at, by the kind of the name
	models []boundModel
	memo   [64]struct {
		tokens uint32
		state  uint8 // 0 not asked, 1 no, 2 yes
	}
}

// boundModel is a model by which names may be compared, and the least score
// that they need by it before their kind is looked at.
type boundModel struct {
	*model
	least int
}

func newBound(v *search) bound {
	b := bound{query: v.query}
	query := v.prepared.query.Kind
	for i, kind := range unitKinds {
		b.least[i] = v.least
		if kindsDiffer(query, kind) {
			b.least[i] = (v.least*otherKind + otherKind - 2) / (otherKind - 1)
		}
		if person := kind == party.Person; person && v.persons || !person && v.others {
			b.add(modelOf(query, kind), b.least[i])
		}
	}
	return b
}

// add adds a model, or lowers what it needs.
func (b *bound) add(m *model, least int) {
	for i := range b.models {
		if b.models[i].model == m {
			b.models[i].least = min(b.models[i].least, least)
			return
		}
	}
	b.models = append(b.models, boundModel{m, least})
}

// enough reports whether a name with these tokens of the query, and no others,
// may score enough.
func (b *bound) enough(tokens uint32) bool {
	m := &b.memo[(tokens^tokens>>6^tokens>>12^tokens>>29)%uint32(len(b.memo))]
	if m.state == 0 || m.tokens != tokens {
		m.tokens, m.state = tokens, 1
		if b.compute(tokens) {
			m.state = 2
		}
	}
	return m.state == 2
}

func (b *bound) compute(tokens uint32) bool {
	had, words, anchor := weight(0), 0, false
	for i := range b.query.tokens {
		t := &b.query.tokens[i]
		if t.role == roleForm || tokens&(1<<i) == 0 {
			continue
		}
		had += t.weight
		anchor = anchor || anchors(b.query.tokens[i:i+1])
		if t.role != roleLight {
			words++
		}
	}
	if !anchor {
		return false
	}
	if tokens&markCut != 0 {
		words++
	}
	out := int64(b.query.total - had)
	for _, m := range b.models {
		if m.person && words < 2 && b.query.words > 1 && m.least > oneWordCap {
			continue
		}
		if m.mayLeaveOut(out, int64(b.query.total), m.least) {
			return true
		}
	}
	return false
}

// mayLeaveOut reports whether a query of weight all may score least without the
// weight out of it.
func (m *model) mayLeaveOut(out, all int64, least int) bool {
	return out <= 0 || min(m.extra*out, m.missing*all)*10 < int64(whole-least+1)*all
}

// enoughWeight is the bound for a name of a kind that has at most this much of
// the query.
func (b *bound) enoughWeight(most weight, kind uint8, m *model) bool {
	return m.mayLeaveOut(int64(b.query.total-most), int64(b.query.total), b.least[kind])
}

// enoughOfName is the same bound from the side of the name: paired is the most
// of its weight that may be in pairs, all no more than its whole weight.
func (b *bound) enoughOfName(paired, all weight, kind uint8, m *model) bool {
	left := int64(all - paired)
	if left <= 0 {
		return true
	}
	both := int64(min(paired, b.query.total)) + left
	return min(m.missing*left, m.extra*both)*10 < int64(whole-b.least[kind]+1)*both
}
