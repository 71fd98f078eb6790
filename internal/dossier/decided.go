package dossier

import (
	"cmp"
	"slices"

	"countersign.dev/internal/party"
)

// pair is two ids, of which a sorts first.
type pair struct{ a, b string }

func pairOf(a, b string) pair {
	if b < a {
		a, b = b, a
	}
	return pair{a, b}
}

// decide notes a decision about two entries. Of several on one pair, by those
// of different audiences, the latest counts.
func (g *graph) decide(d party.Decided) {
	p := pairOf(d.Subject, d.Other)
	if old, ok := g.decided[p]; !ok || old.Position < d.Position {
		g.decided[p] = d
	}
}

// keptApart reports whether it was decided that an entry of one party is not
// one of another; both are given by their roots.
func (p *partition) keptApart(a, b string) bool {
	for _, apart := range p.apart {
		x, y := p.root(apart.a), p.root(apart.b)
		if x == a && y == b || x == b && y == a {
			return true
		}
	}
	return false
}

// told is the edges that decisions and sources state, in the order in which
// they count: decisions first, the latest before the others. Of decisions, only
// what still holds is among them.
func (g *graph) told() []edge {
	var out []edge
	for _, e := range g.edges {
		if g.nodes[e.to] == nil || e.bond.strength == decidedSame && g.decided[pairOf(e.from, e.to)].Verdict != party.JoinSame {
			continue
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.bond.strength, b.bond.strength), cmp.Compare(g.decidedAt(b), g.decidedAt(a)),
			cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.bond.term, b.bond.term), cmp.Compare(a.why, b.why))
	})
	return out
}

func (g *graph) decidedAt(e edge) int64 {
	if e.bond.strength != decidedSame {
		return 0
	}
	return g.decided[pairOf(e.from, e.to)].Position
}

// setApart is the pairs that were decided to be two parties.
func (g *graph) setApart() []pair {
	var out []pair
	for p, d := range g.decided {
		if d.Verdict == party.JoinApart && g.nodes[p.a] != nil && g.nodes[p.b] != nil {
			out = append(out, p)
		}
	}
	return out
}
