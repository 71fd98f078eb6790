package match

import (
	"countersign.dev/internal/party"
)

// Name is one name to be found. The caller numbers names; a party has several.
type Name struct {
	Text    string
	Kind    party.Kind // "" when it is not known
	Quality party.Quality
}

// Query is a name to look for.
type Query struct {
	Text string
	Kind party.Kind // "" when it is not known
}

// Prepared is a query folded, cut into words, read in Latin letters and
// weighted, once for all the names that it is compared with. It is safe for
// concurrent use.
type Prepared struct {
	query  Query
	person []querySequence // as it is compared with names of persons
	other  []querySequence // and with all others
	passes []pass          // over an index
}

// querySequence is a sequence of a query with what comparing needs of it.
type querySequence struct {
	sequence
	facts
	units []unit
}

// unit is one token of a query, or two or three that may be one word, cut.
type unit struct {
	from, to uint8
	weight   weight
	measured measured
	joined   bool
	fuzzy    bool // compared by more than equality
}

// span is the tokens of the query that a unit is, as bits.
func (u *unit) span() uint32 { return span(u.from, u.to) }

// maxJoined is how many words a query may have cut a word into.
const maxJoined = 3

// Prepare takes a query apart.
func Prepare(q Query) *Prepared {
	p := &Prepared{query: q}
	p.person = prepared(sequencesOf(q.Text, true))
	p.other = prepared(sequencesOf(q.Text, false))
	for i := range p.person {
		p.passes = append(p.passes, pass{query: &p.person[i], persons: true})
	}
	for i := range p.other {
		p.passes = addPass(p.passes, &p.other[i])
	}
	return p
}

// pass is a sequence of a query and the names with which it is compared.
type pass struct {
	query   *querySequence
	persons bool // names of persons
	others  bool // and of all others
}

// addPass adds a pass over the names that are no persons' to one of the same
// tokens, if there is one.
func addPass(passes []pass, q *querySequence) []pass {
	for i := range passes {
		if p := &passes[i]; p.query.rule == q.rule && sameTokens(p.query.tokens, q.tokens) {
			p.others = true
			return passes
		}
	}
	return append(passes, pass{query: q, others: true})
}

func prepared(all []sequence) []querySequence {
	out := make([]querySequence, len(all))
	for i, s := range all {
		out[i] = querySequence{sequence: s, facts: factsOf(s.tokens), units: unitsOf(s.tokens)}
	}
	return out
}

// unitsOf is the tokens that may be in a pair, then those joined of several.
func unitsOf(tokens []token) []unit {
	var out []unit
	for i := range tokens {
		if tokens[i].role != roleForm {
			out = append(out, unit{from: uint8(i), to: uint8(i + 1), weight: tokens[i].weight, measured: measure(tokens[i]), fuzzy: true})
		}
	}
	for i := range tokens {
		text, w, syllables := tokens[i].text, tokens[i].weight, tokens[i].mono
		for j := i + 1; j < len(tokens) && j < i+maxJoined && joinable(&tokens[i]) && joinable(&tokens[j]); j++ {
			text += tokens[j].text
			w += tokens[j].weight
			syllables = syllables && tokens[j].mono && j == i+1
			out = append(out, unit{
				from: uint8(i), to: uint8(j + 1), weight: w, joined: true, fuzzy: syllables,
				measured: measure(token{text: text, role: roleWord}),
			})
		}
	}
	return out
}

// sequencesFor is the sequences to compare with names of a kind.
func (p *Prepared) sequencesFor(kind party.Kind) []querySequence {
	if kind == party.Person {
		return p.person
	}
	return p.other
}
