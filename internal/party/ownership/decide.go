package ownership

import (
	"fmt"
	"slices"
)

// Bounds of the search for what decides. Beyond them a finding names less, and
// its state is the same.
const (
	maxTried   = 400 // unknowns tried one by one
	maxDecides = 5   // named of those that decide alone
)

// unknown is something not known: an edge whose share is a range, or a party
// that may be listed.
type unknown struct{ edge, party int } // the other is -1

// decides is what would settle an undetermined party: whatever alone does, or
// else a set that does and of which nothing can be left out.
func (s *Solution) decides(i int) (out []Decider, together bool) {
	all := s.unknowns(i)
	for _, u := range all[:min(len(all), maxTried)] {
		if len(out) == maxDecides {
			break
		}
		if s.reachedWith(i, map[unknown]bool{u: true}) {
			out = append(out, s.decider(u, true))
		}
	}
	if len(out) > 0 {
		return out, false
	}
	order := s.supposed(i)
	needed := map[unknown]bool{}
	for _, u := range order {
		needed[u] = true
	}
	for k := len(order) - 1; k >= 0 && len(order) <= maxTried; k-- {
		delete(needed, order[k])
		if !s.reachedWith(i, needed) {
			needed[order[k]] = true
		}
	}
	for _, u := range order {
		if needed[u] {
			out = append(out, s.decider(u, false))
		}
	}
	return out, true
}

// unknowns is everything not known among the party's owners, the nearest
// first.
func (s *Solution) unknowns(i int) []unknown {
	var out []unknown
	seen := map[int]bool{i: true}
	queue := []int{i}
	for k := 0; k < len(queue); k++ {
		at := queue[k]
		if s.least.has(at) {
			continue
		}
		if s.network.maySeed(at) {
			out = append(out, unknown{-1, at})
		}
		for _, e := range s.network.in[at] {
			edge := &s.network.edges[e]
			if !edge.owns || !s.most.has(edge.holder) {
				continue
			}
			if !edge.economic.Exact() {
				out = append(out, unknown{e, -1})
			}
			if !seen[edge.holder] {
				seen[edge.holder] = true
				queue = append(queue, edge.holder)
			}
		}
	}
	return out
}

// supposed is the unknowns that one proof of the party rests on, when all of
// them are taken at their most.
func (s *Solution) supposed(i int) []unknown {
	var out []unknown
	parties := []int{i}
	for _, e := range s.proof(i, s.most, func(e *edge) Percent { return e.economic.Max }) {
		edge := &s.network.edges[e]
		if !edge.economic.Exact() {
			out = append(out, unknown{e, -1})
		}
		parties = append(parties, edge.holder)
	}
	slices.Sort(parties)
	for _, p := range slices.Compact(parties) {
		if !s.least.has(p) && s.most.seeded(p) {
			out = append(out, unknown{-1, p})
		}
	}
	return out
}

// reachedWith reports whether the party is reached when these unknowns are at
// their most and everything else is at its least. It goes on from the least
// solution and touches only what they change.
func (s *Solution) reachedWith(i int, at map[unknown]bool) bool {
	n := s.network
	reached, gained := map[int]bool{}, map[int]Percent{}
	var queue []int
	has := func(p int) bool { return s.least.has(p) || reached[p] }
	add := func(e int, by Percent) {
		held := n.edges[e].held
		gained[held] = gained[held].plus(by)
		if !has(held) && s.least.sum[held].plus(gained[held]) >= Half {
			reached[held] = true
			queue = append(queue, held)
		}
	}
	for u := range at {
		switch {
		case u.party >= 0 && !has(u.party):
			reached[u.party] = true
			queue = append(queue, u.party)
		case u.edge >= 0 && s.least.has(n.edges[u.edge].holder):
			add(u.edge, n.edges[u.edge].economic.Max-n.edges[u.edge].economic.Min)
		}
	}
	for k := 0; k < len(queue) && !reached[i]; k++ {
		for _, e := range n.out[queue[k]] {
			switch {
			case !n.edges[e].owns:
			case at[unknown{e, -1}]:
				add(e, n.edges[e].economic.Max)
			default:
				add(e, n.edges[e].economic.Min)
			}
		}
	}
	return reached[i]
}

// decider tells of an unknown what about it decides.
func (s *Solution) decider(u unknown, alone bool) Decider {
	if u.party >= 0 {
		id := s.network.ids[u.party]
		d := Decider{Party: id, Why: "whether " + s.called(id) + " is listed"}
		if why, open := s.graph.Open[id]; open {
			d.Why = fmt.Sprintf("who owns %s: %s", s.called(id), why)
		}
		return d
	}
	e := &s.network.edges[u.edge]
	told := s.edge(u.edge)
	d := Decider{Edge: &told}
	holder, held := s.called(told.Holder), s.called(told.Held)
	d.Why = fmt.Sprintf("the stake of %s in %s, which is %s", holder, held, e.economic)
	if told.Contradicted {
		d.Why = fmt.Sprintf("the stake of %s in %s, of which sources say %s", holder, held, e.economic)
	}
	if alone {
		others := s.least.sum[e.held]
		if s.least.has(e.holder) {
			others -= e.economic.Min
		}
		if d.Blocks = Half - others; d.Blocks > e.economic.Min && d.Blocks <= e.economic.Max {
			d.Why += fmt.Sprintf(": from %s %% on it blocks", d.Blocks)
		} else {
			d.Blocks = 0
		}
	}
	return d
}
