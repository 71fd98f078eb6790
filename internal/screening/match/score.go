package match

import "countersign.dev/internal/party"

// Score compares the query with one name: 1 for names that are equal once they
// are folded, 0 for names that have nothing to do with each other. It is a
// multiple of 1/10000.
func (p *Prepared) Score(n Name) float64 {
	return float64(p.best(n).score) / whole
}

// comparison is how a query and a name compare in one way of writing both.
type comparison struct {
	score     int
	base      int // before kinds and quality
	held      held
	query     *querySequence
	name      sequence
	alignment alignment
	left      unmarked
	model     *model
}

// best is the comparison that speaks most for the query and the name being
// one, over all ways of writing them; the first of equal ones.
func (p *Prepared) best(n Name) comparison {
	var best comparison
	names := sequencesOf(n.Text, n.Kind == party.Person)
	queries := p.sequencesFor(n.Kind)
	for i := range names {
		measuredName := measureAll(names[i].tokens)
		for j := range queries {
			c := compareSequences(&queries[j], names[i], measuredName, modelOf(p.query.Kind, n.Kind))
			c.score = judged(c.base, p.query.Kind, n.Kind, n.Quality)
			if best.query == nil || c.score > best.score {
				best = c
			}
		}
	}
	return best
}

func measureAll(tokens []token) []measured {
	out := make([]measured, len(tokens))
	for i, t := range tokens {
		out[i] = measure(t)
	}
	return out
}

func compareSequences(q *querySequence, name sequence, measuredName []measured, m *model) comparison {
	c := comparison{query: q, name: name, model: m}
	pairs := possiblePairs(q, name.tokens, measuredName)
	c.alignment, c.left = align(q.tokens, name.tokens, pairs)
	nf := factsOf(name.tokens)
	c.base, c.held = m.score(&c.alignment, &q.facts, &nf, q.rule != asWritten || name.rule != asWritten)
	return c
}

// possiblePairs is every pair of tokens, and of joined tokens with one, that
// are anything like each other.
func possiblePairs(q *querySequence, n []token, measuredName []measured) []pair {
	var out []pair
	for i := range q.units {
		u := &q.units[i]
		for j := range n {
			if sim := u.similarity(&measuredName[j]); sim > 0 {
				out = append(out, newPair(u, j, j+1, sim, n[j].weight))
			}
			if u.joined || j+1 == len(n) || !joinable(&n[j]) || !joinable(&n[j+1]) {
				continue
			}
			if sim := u.joinedSimilarity(&n[j], &n[j+1]); sim > 0 {
				out = append(out, newPair(u, j, j+2, sim, n[j].weight+n[j+1].weight))
			}
		}
	}
	return out
}

func newPair(u *unit, from, to, sim int, w weight) pair {
	return pair{qFrom: u.from, qTo: u.to, nFrom: uint8(from), nTo: uint8(to), sim: int32(sim), weight: min(u.weight, w)}
}

// similarity compares a unit of the query with one token of a name.
func (u *unit) similarity(n *measured) int {
	if !u.joined {
		return similarity(&u.measured, n)
	}
	if n.role != roleWord {
		return 0
	}
	if u.measured.text == n.text {
		return simJoined
	}
	if !u.fuzzy || u.measured.code || n.code {
		return 0
	}
	return syllablesSimilarity(&u.measured, n)
}

// joinedSimilarity compares a unit of the query with two tokens of a name
// taken for one word.
func (u *unit) joinedSimilarity(a, b *token) int {
	if u.measured.role != roleWord || len(u.measured.text) < 2 {
		return 0
	}
	if t := u.measured.text; len(t) == len(a.text)+len(b.text) && t[:len(a.text)] == a.text && t[len(a.text):] == b.text {
		return simJoined
	}
	if u.measured.code || !a.mono || !b.mono {
		return 0
	}
	joined := measure(token{text: a.text + b.text, role: roleWord})
	if joined.code {
		return 0
	}
	return syllablesSimilarity(&u.measured, &joined)
}
