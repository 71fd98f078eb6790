package ownership

import (
	"slices"

	"countersign.dev/internal/party"
)

// Listed says whether a party is listed itself, in the sense of the rule.
type Listed int

// Whether a party is listed. Perhaps is said of whoever may be another party
// that is, and of one whose listing's state is not determined.
const (
	NotListed Listed = iota
	Perhaps
	IsListed
)

// Interest is one holding as one source states it.
type Interest struct {
	Holder, Held string
	Economic     *Range // nil where the source is silent about capital
	Voting       *Range // nil where it is silent about votes
	Control      party.Control
	Indirect     bool   // the source's own sum over a chain: told, and never counted
	Source       string // whose statement it is; lots of one source add up
}

// Graph is who holds what in whom, on one day.
type Graph struct {
	Listed    map[string]Listed
	Interests []Interest

	// Names is what the parties are called in a finding's words, by id; whoever
	// is not in it is called by the id.
	Names map[string]string

	// Open is the parties whose owners were not all looked at, with why. They
	// may be reached by somebody who is not in the graph.
	Open map[string]string
}

// edge is everything that is stated of one holder's interest in one party.
type edge struct {
	holder, held int
	economic     Range
	owns         bool // capital is stated, or nothing else is
	voting       Range
	votes        bool
	control      party.Control
	interests    []int // of the graph, by index
	sources      []claim
}

// claim is what one source says of an edge.
type claim struct {
	source         string
	economic       Range
	voting         Range
	owns, votes    bool
	economicStated bool
}

// network is a graph made ready to be worked on. Parties and edges are in an
// order that does not depend on that of the graph's interests.
type network struct {
	ids   []string
	index map[string]int
	seeds []Listed
	open  []bool
	edges []edge
	out   [][]int // edges by holder
	in    [][]int // edges by the party held
}

func newNetwork(g *Graph) *network {
	n := &network{index: map[string]int{}}
	for id := range g.Listed {
		n.index[id] = 0
	}
	for id := range g.Open {
		n.index[id] = 0
	}
	for i := range g.Interests {
		n.index[g.Interests[i].Holder], n.index[g.Interests[i].Held] = 0, 0
	}
	for id := range n.index {
		n.ids = append(n.ids, id)
	}
	slices.Sort(n.ids)
	for i, id := range n.ids {
		n.index[id] = i
	}
	n.seeds, n.open = make([]Listed, len(n.ids)), make([]bool, len(n.ids))
	for id, l := range g.Listed {
		n.seeds[n.index[id]] = l
	}
	for id := range g.Open {
		n.open[n.index[id]] = true
	}
	n.merge(g)
	return n
}

// merge makes one edge of all that is stated of one holder and one party. An
// interest in oneself, such as a company's own shares, is none in anybody.
func (n *network) merge(g *Graph) {
	type pair struct{ holder, held int }
	at := map[pair]int{}
	for i := range g.Interests {
		in := &g.Interests[i]
		p := pair{n.index[in.Holder], n.index[in.Held]}
		if p.holder == p.held || in.Indirect {
			continue
		}
		k, ok := at[p]
		if !ok {
			k = len(n.edges)
			at[p] = k
			n.edges = append(n.edges, edge{holder: p.holder, held: p.held})
		}
		n.edges[k].interests = append(n.edges[k].interests, i)
		n.edges[k].state(in)
	}
	slices.SortFunc(n.edges, func(a, b edge) int {
		if a.held != b.held {
			return a.held - b.held
		}
		return a.holder - b.holder
	})
	n.out, n.in = make([][]int, len(n.ids)), make([][]int, len(n.ids))
	for i := range n.edges {
		e := &n.edges[i]
		e.settle()
		n.out[e.holder] = append(n.out[e.holder], i)
		n.in[e.held] = append(n.in[e.held], i)
	}
}

// state adds one interest to what its source says of the edge.
func (e *edge) state(in *Interest) {
	k := slices.IndexFunc(e.sources, func(c claim) bool { return c.source == in.Source })
	if k < 0 {
		k = len(e.sources)
		e.sources = append(e.sources, claim{source: in.Source})
	}
	c := &e.sources[k]
	switch {
	case in.Economic != nil:
		c.economic, c.owns, c.economicStated = c.economic.plus(*in.Economic), true, true
	case in.Voting == nil && in.Control == party.ControlNone:
		c.economic, c.owns = c.economic.plus(Unknown), true
	}
	if in.Voting != nil {
		c.voting, c.votes = c.voting.plus(*in.Voting), true
	}
	if in.Control != party.ControlNone && (e.control == party.ControlNone || in.Control < e.control) {
		e.control = in.Control
	}
}

// settle takes the claims of several sources together: each kind of share
// ranges from the least to the most that any source says of it. Where one
// source states a share, another that only knows of the interest adds nothing.
func (e *edge) settle() {
	stated := slices.ContainsFunc(e.sources, func(c claim) bool { return c.economicStated })
	for _, c := range e.sources {
		if c.owns && (c.economicStated || !stated) {
			e.economic, e.owns = widen(e.economic, c.economic.whole(), e.owns), true
		}
		if c.votes {
			e.voting, e.votes = widen(e.voting, c.voting.whole(), e.votes), true
		}
	}
}

// widen is the range that has both; had is false where there was none before.
func widen(r, o Range, had bool) Range {
	if !had {
		return o
	}
	return Range{min(r.Min, o.Min), max(r.Max, o.Max)}
}

// contradicted reports whether sources state different shares of capital.
func (e *edge) contradicted() bool {
	var first *claim
	for i := range e.sources {
		c := &e.sources[i]
		if !c.economicStated {
			continue
		}
		if first != nil && first.economic.whole() != c.economic.whole() {
			return true
		}
		first = c
	}
	return false
}
