package quality

import "countersign.dev/internal/software"

// graph is how a bill's components hang together: its relations, and the
// nesting of one component in another, as arrows from whole to part.
type graph struct {
	relations int  // that the bill states, nesting not counted
	dangling  int  // of them, to what is not in the bill
	arrows    int  // relations and nesting that join two components
	deep      bool // some component is part of something and has parts itself
	whole     []bool
	part      []bool
	first     []int32 // the parts of i are next[first[i]:first[i+1]]
	next      []int32
}

// graphOf reads the arrows of a bill in two passes, so that no component needs
// memory of its own.
func graphOf(b *software.Bill) *graph {
	n := len(b.Components)
	g := &graph{relations: len(b.Edges), whole: make([]bool, n), part: make([]bool, n), first: make([]int32, n+1)}
	g.each(b, func(from, to int) {
		g.arrows++
		g.whole[from], g.part[to] = true, true
		g.first[from+1]++
	})
	for i := range n {
		g.first[i+1] += g.first[i]
		g.deep = g.deep || g.whole[i] && g.part[i] && i != b.Root
	}
	g.next = make([]int32, g.arrows)
	at := make([]int32, n)
	copy(at, g.first)
	g.dangling = 0
	g.each(b, func(from, to int) {
		g.next[at[from]] = int32(to)
		at[from]++
	})
	return g
}

// each calls yield for each arrow, and counts what leads nowhere.
func (g *graph) each(b *software.Bill, yield func(from, to int)) {
	n := len(b.Components)
	for _, e := range b.Edges {
		switch {
		case e.From < 0 || e.From >= n || e.To < 0 || e.To >= n:
			g.dangling++
		case e.From != e.To:
			yield(e.From, e.To)
		}
	}
	for i := range b.Components {
		if p := b.Components[i].Parent; p >= 0 && p < n && p != i {
			yield(p, i)
		}
	}
}

// related reports whether any arrow begins or ends at a component.
func (g *graph) related(i int) bool { return g.whole[i] || g.part[i] }

// levels is how many arrows lead from the root to what is furthest from it, by
// the shortest way, and how many components are reached, the root not counted.
func (g *graph) levels(root int) (depth, reached int) {
	n := len(g.whole)
	if root < 0 || root >= n {
		return 0, 0
	}
	seen := make([]bool, n)
	seen[root] = true
	level := []int32{int32(root)}
	for {
		var below []int32
		for _, i := range level {
			for _, to := range g.next[g.first[i]:g.first[i+1]] {
				if !seen[to] {
					seen[to] = true
					below = append(below, to)
				}
			}
		}
		if len(below) == 0 {
			return depth, reached
		}
		depth++
		reached += len(below)
		level = below
	}
}
