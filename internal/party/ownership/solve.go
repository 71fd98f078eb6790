package ownership

import (
	"slices"

	"countersign.dev/internal/party"
)

// Engine is the version of this package's part in an answer. It changes
// whenever the same graph could give another finding.
const Engine = "ownership/1"

// State is what a rule makes of a party.
type State string

// The states. Flagged is not reached by the rule, and yet not to be passed
// over: a blocked party controls it or may control it, or, under the Affiliates
// Rule, has a share in it.
const (
	Blocked      State = "blocked"
	NotBlocked   State = "not_blocked"
	Undetermined State = "undetermined"
	Flagged      State = "flagged"
)

// Rule is what tells the two rules apart.
type Rule struct {
	MinorityFlags bool // a share of less than half is a red flag
}

// The rules.
var (
	OFAC50        = Rule{}
	BISAffiliates = Rule{MinorityFlags: true}
)

// Solution is who is reached. It may be asked by several goroutines at once.
type Solution struct {
	rule    Rule
	graph   *Graph
	network *network
	least   *closure // every stake at its least, only who is surely listed
	most    *closure // every stake at its most, and who may be listed or is open
}

// Solve works out who in g is reached, in time that grows with the number of
// interests. The order of the interests does not matter. g must not be changed
// while the solution is in use.
func Solve(g *Graph, rule Rule) *Solution {
	n := newNetwork(g)
	s := &Solution{rule: rule, graph: g, network: n}
	s.least = n.close(func(i int) bool { return n.seeds[i] == IsListed }, func(e *edge) Percent { return e.economic.Min })
	s.most = n.close(n.maySeed, func(e *edge) Percent { return e.economic.Max })
	return s
}

// maySeed reports whether a party may be listed, or may be reached from beyond
// the graph.
func (n *network) maySeed(i int) bool { return n.seeds[i] != NotListed || n.open[i] }

// closure is a least fixed point: the parties that are reached, each with when.
type closure struct {
	rank  []int     // the order in which parties were reached; 0 for not at all
	sum   []Percent // of the stakes that reached parties hold in each
	seeds int       // how many were reached without anybody's stakes: those of the first ranks
}

func (c *closure) has(i int) bool { return c.rank[i] > 0 }

// close reaches whoever the seeds own by half or more, then whoever they and
// those own by half or more, and so on. A party is put in the queue once and
// its stakes are then added once.
func (n *network) close(seed func(i int) bool, share func(*edge) Percent) *closure {
	c := &closure{rank: make([]int, len(n.ids)), sum: make([]Percent, len(n.ids))}
	queue := make([]int, 0, len(n.ids))
	reach := func(i int) {
		queue = append(queue, i)
		c.rank[i] = len(queue)
	}
	for i := range n.ids {
		if seed(i) {
			reach(i)
		}
	}
	c.seeds = len(queue)
	for k := 0; k < len(queue); k++ {
		for _, e := range n.out[queue[k]] {
			edge := &n.edges[e]
			if !edge.owns {
				continue
			}
			c.sum[edge.held] = c.sum[edge.held].plus(share(edge))
			if c.sum[edge.held] >= Half && !c.has(edge.held) {
				reach(edge.held)
			}
		}
	}
	return c
}

// State is what the rule makes of a party. Of one that the graph does not have
// nothing speaks against it.
func (s *Solution) State(id string) State {
	i, ok := s.network.index[id]
	switch {
	case !ok:
		return NotBlocked
	case s.least.has(i):
		return Blocked
	case s.most.has(i):
		return Undetermined
	case s.flagged(i):
		return Flagged
	}
	return NotBlocked
}

// flagged reports whether somebody who is or may be reached directs the party
// otherwise than by half of its capital.
func (s *Solution) flagged(i int) bool {
	if s.rule.MinorityFlags && s.most.sum[i] > 0 {
		return true
	}
	votes := Percent(0)
	for _, e := range s.network.in[i] {
		edge := &s.network.edges[e]
		if !s.most.has(edge.holder) {
			continue
		}
		if edge.control != party.ControlNone {
			return true
		}
		if edge.votes {
			votes = votes.plus(edge.voting.Max)
		}
	}
	return votes >= Half
}

// Total is the share of a party's capital that reached parties hold in it
// together: as little and as much as the stakes and listings allow.
func (s *Solution) Total(id string) Range {
	i, ok := s.network.index[id]
	if !ok {
		return Range{}
	}
	return Range{s.least.sum[i], s.most.sum[i]}
}

// Held is the share of a party's capital that is stated as anybody's. More
// than 100 percent at its least says that the statements cannot all be true.
func (s *Solution) Held(id string) Range {
	var sum Range
	if i, ok := s.network.index[id]; ok {
		for _, e := range s.network.in[i] {
			if s.network.edges[e].owns {
				sum = sum.plus(s.network.edges[e].economic)
			}
		}
	}
	return sum
}

// Reached is the ids of all that are surely blocked, listed ones included, in
// order of their ids.
func (s *Solution) Reached() []string {
	var out []string
	for i, id := range s.network.ids {
		if s.least.has(i) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
