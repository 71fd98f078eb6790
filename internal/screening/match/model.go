package match

import "countersign.dev/internal/party"

// model is how differences count for one kind of party, in thousandths of the
// weight that they concern.
type model struct {
	name     string
	loss     int64 // what pairs lose
	conflict int64 // what both sides have and cannot be paired
	extra    int64 // what the query has and the name has not, beyond conflicts
	missing  int64 // the reverse
	person   bool  // one word does not make a person
}

var (
	personModel = model{name: "person", loss: 1100, conflict: 1600, extra: 280, missing: 280, person: true}
	otherModel  = model{name: "organisation", loss: 1100, conflict: 1500, extra: 430, missing: 430}
	vesselModel = model{name: "vessel", loss: 1000, conflict: 1500, extra: 700, missing: 700}
)

// modelOf is the model by which a query and a name of these kinds are
// compared.
func modelOf(query, name party.Kind) *model {
	if name == "" {
		name = query
	}
	switch name {
	case party.Person:
		return &personModel
	case party.Vessel, party.Aircraft:
		return &vesselModel
	}
	return &otherModel
}

// What is taken off a score, in ten-thousandths, and where it is held.
const (
	whole        = 10_000
	formsDiffer  = 300  // legal forms of two classes
	formMissing  = 100  // one side has a legal form
	orderDiffers = 100  // words of an organisation or ship in another order
	childDiffers = 1200 // a name before three others: the child has its father's behind its own
	otherKind    = 10   // a tenth: a person's name for a company, or the reverse
	weakDiffers  = 1000 // a weak alias that is not equal
	weakCap      = 8400 // and at most
	nearlyEqual  = 9700
	oneWordCap   = 8000 // one word of a person whose name has more
	numbersCap   = 7900 // other numbers
)

// held is what holds a score or takes from it beside pairs and what is left.
type held uint8

const (
	heldOrder held = 1 << iota
	heldFormsDiffer
	heldFormMissing
	heldOneWord
	heldNumbers
	heldChild
)

var heldNames = [...]string{"order", "legal_forms_differ", "legal_form_missing", "one_word", "numbers", "child"}

// names is what the bits say.
func (h held) names() []string {
	var out []string
	for i, name := range heldNames {
		if h&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// score is the score of an alignment in ten-thousandths, and what held it; read
// says that one of both sides is a reading.
func (m *model) score(a *alignment, q, n *facts, read bool) (score int, held held) {
	both, extra, missing := int64(min(a.query, a.name)), int64(max(a.query-a.name, 0)), int64(max(a.name-a.query, 0))
	all := int64(a.paired) + int64(max(a.query, a.name))
	if !a.anchor {
		return 0, 0
	}
	less := m.extra*extra + m.missing*missing
	switch {
	case m.person && q.syllables && n.syllables:
		less = less * 5 / 2 // no middle name to leave out
	case m.person && a.paired < enoughPaired:
		less += less * int64(enoughPaired-a.paired) / enoughPaired
	}
	loss := m.loss * a.loss / simEqual
	if read {
		loss += loss / 2 // nobody mistypes a reading
	}
	off := loss + m.conflict*both + less
	score = whole - int(off*10/all)
	if !m.person && !a.order {
		score, held = score-orderDiffers, held|heldOrder
	}
	switch qf, nf := q.forms, n.forms; {
	case qf == nf:
	case qf&nf == 0 && qf&^companyOnly != 0 && nf&^companyOnly != 0:
		score, held = score-formsDiffer, held|heldFormsDiffer
	case !m.person && (qf == 0 || nf == 0):
		score, held = score-formMissing, held|heldFormMissing
	}
	if m.person && a.child {
		score, held = score-childDiffers, held|heldChild
	}
	if m.person && a.words < 2 && max(q.words, n.words) > 1 && score > oneWordCap {
		score, held = oneWordCap, held|heldOneWord
	}
	if a.number[0] && a.number[1] && score > numbersCap {
		score, held = numbersCap, held|heldNumbers
	}
	return max(score, 0), held
}

// enoughPaired is the weight of one and a half rare words. Who leaves out words
// of a person's name and keeps only common ones does not say who is meant.
const enoughPaired = 150

const companyOnly = 1 << formCompany

// facts is what a score needs of one side besides the alignment.
type facts struct {
	forms     uint8 // classes of legal forms, as bits
	words     int
	total     weight // of all tokens but legal forms
	syllables bool   // every word is one syllable, as of Chinese and Korean names
}

func factsOf(tokens []token) facts {
	var f facts
	all := true
	for i := range tokens {
		if tokens[i].role == roleForm {
			f.forms |= 1 << tokens[i].class
			continue
		}
		f.total += tokens[i].weight
		all = all && (tokens[i].mono || tokens[i].role == roleLight)
	}
	f.syllables = all && f.total > 0
	f.words = wordsIn(tokens)
	return f
}

// judged is a score after what the kinds and the quality of the name say of
// it.
func judged(score int, query, name party.Kind, quality party.Quality) int {
	if kindsDiffer(query, name) {
		score -= score / otherKind
	}
	if onlyEqual(quality) && score < nearlyEqual {
		score = max(min(score-weakDiffers, weakCap), 0)
	}
	return score
}

// kindsDiffer reports whether one name is known to be a person's and the other
// known not to be.
func kindsDiffer(query, name party.Kind) bool {
	return query != "" && name != "" && (query == party.Person) != (name == party.Person)
}

// onlyEqual reports whether a name of this quality finds its party only when
// it is equal, or next to it.
func onlyEqual(q party.Quality) bool { return q == party.Weak || q == party.Acronym }
