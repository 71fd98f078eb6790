package match

import (
	"cmp"
	"slices"
)

// pair says that tokens qFrom to qTo of the query are those nFrom to nTo of
// the name. One of both spans is one token long.
type pair struct {
	qFrom, qTo, nFrom, nTo uint8
	sim                    int32 // thousandths
	weight                 weight
}

// key orders pairs, the most valuable first, and otherwise from left to right.
// No two pairs have one key.
func (p *pair) key() uint64 {
	value := uint64(1<<24-1) - uint64(p.sim)*uint64(p.weight)
	return value<<36 | uint64(simEqual-p.sim)<<24 | uint64(p.qFrom)<<18 | uint64(p.nFrom)<<12 | uint64(p.qTo)<<6 | uint64(p.nTo)
}

// sortPairs sorts the few pairs that there are of two names.
func sortPairs(pairs []pair) {
	if len(pairs) > 24 {
		slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.key(), b.key()) })
		return
	}
	for i := 1; i < len(pairs); i++ {
		p := pairs[i]
		k, j := p.key(), i
		for ; j > 0 && pairs[j-1].key() > k; j-- {
			pairs[j] = pairs[j-1]
		}
		pairs[j] = p
	}
}

// alignment is which tokens of a query and a name are one another, and what
// follows from it.
type alignment struct {
	pairs  []pair
	loss   int64  // what the pairs lose, in thousandths of their weights
	paired weight // of the pairs
	query  weight // of the tokens of the query that are in no pair
	name   weight // of those of the name
	words  int    // that are in pairs
	anchor bool   // a pair has a word or number of the query, not only an initial or particle
	number [2]bool
	order  bool // the pairs stand in one order on both sides
	child  bool // one side has a name before all that the other has, in one order
}

// unmarked gives the tokens that are in no pair: of the query and the name, as
// bits by position.
type unmarked struct{ query, name uint32 }

// align chooses pairs out of all that are possible, the most valuable first,
// so that no token is in two, and puts them first in pairs.
func align(q, n []token, pairs []pair) (alignment, unmarked) {
	sortPairs(pairs)
	var usedQuery, usedName uint32
	a := alignment{order: true}
	kept := 0
	for _, p := range pairs {
		qs, ns := span(p.qFrom, p.qTo), span(p.nFrom, p.nTo)
		if usedQuery&qs != 0 || usedName&ns != 0 {
			continue
		}
		usedQuery, usedName = usedQuery|qs, usedName|ns
		pairs[kept] = p
		kept++
		a.loss += int64(simEqual-p.sim) * int64(p.weight)
		a.paired += p.weight
		a.anchor = a.anchor || anchors(q[p.qFrom:p.qTo])
		a.words += max(wordsIn(q[p.qFrom:p.qTo]), wordsIn(n[p.nFrom:p.nTo]))
	}
	a.pairs = pairs[:kept]
	for i := range a.pairs {
		for j := range a.pairs[:i] {
			if p, r := &a.pairs[i], &a.pairs[j]; (p.qFrom < r.qFrom) != (p.nFrom < r.nFrom) && p.weight > 20 && r.weight > 20 {
				a.order = false
			}
		}
	}
	var left unmarked
	a.query, a.number[0], left.query = rest(q, usedQuery)
	a.name, a.number[1], left.name = rest(n, usedName)
	a.child = a.order && a.words >= 3 && leads(q, left.query) != leads(n, left.name)
	return a, left
}

func span(from, to uint8) uint32 { return (1<<to - 1) &^ (1<<from - 1) }

// leads reports whether the first word of a name is in no pair. One that is
// very common is often left out: Mohammad before a name by which its bearer is
// called.
func leads(tokens []token, left uint32) bool {
	for i := range tokens {
		if r := tokens[i].role; r == roleWord || r == roleSkeleton {
			return left&(1<<i) != 0 && tokens[i].weight > 40
		}
	}
	return false
}

// wordsIn is how many of the tokens can tell who somebody is. An initial in a
// pair does: it stands for a word.
func wordsIn(tokens []token) int {
	n := 0
	for i := range tokens {
		if tokens[i].role != roleLight && tokens[i].role != roleForm {
			n++
		}
	}
	return n
}

// anchors reports whether a name may be looked for by one of these tokens.
func anchors(tokens []token) bool {
	for i := range tokens {
		if r := tokens[i].role; r != roleLight && r != roleInitial && r != roleForm {
			return true
		}
	}
	return false
}

// rest is the weight of the tokens that are not used, and whether a number is
// among them.
func rest(tokens []token, used uint32) (w weight, number bool, left uint32) {
	for i := range tokens {
		if used&(1<<i) == 0 && tokens[i].role != roleForm {
			w += tokens[i].weight
			left |= 1 << i
			number = number || tokens[i].role == roleNumber
		}
	}
	return w, number, left
}
