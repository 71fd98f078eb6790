package dossier

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"countersign.dev/internal/party"
)

// maxApart is how many near parties a dossier names.
const maxApart = 20

// near is why an entry that was not joined might still be about the subject.
// A smaller rank is more worrying.
type near struct {
	rank int
	why  string
}

// apart is the parties that bear a name or number of this one and were not
// taken to be it. That they are not the same is a judgement of this package,
// which whoever relies on the dossier has to be able to see.
func (g *graph) apart(ctx context.Context, p *partition, c *cluster) ([]Candidate, error) {
	found := g.near(c)
	maps.DeleteFunc(found, func(id string, _ near) bool { return p.keptApart(p.root(id), c.root) }) // no judgement of this package's
	for _, e := range p.overruled {
		for _, end := range [][2]string{{e.from, e.to}, {e.to, e.from}} {
			if p.root(end[0]) == c.root && p.root(end[1]) != c.root {
				found[end[1]] = near{0, "was decided to be the same as " + end[0] + ", which another decision contradicts"}
			}
		}
	}
	ids := slices.SortedFunc(maps.Keys(found), func(a, b string) int {
		return cmp.Or(cmp.Compare(found[a].rank, found[b].rank), cmp.Compare(a, b))
	})
	ids = ids[:min(len(ids), maxApart)]
	var missing []string
	for _, id := range ids {
		if g.nodes[id] == nil {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		if _, err := g.load(ctx, missing); err != nil {
			return nil, err
		}
	}
	out, seen := []Candidate{}, map[string]bool{}
	for _, id := range ids {
		other := &cluster{nodes: []*node{g.nodes[id]}}
		if len(g.nodes[id].parties) > 0 {
			other.party = slices.Min(g.nodes[id].parties)
		}
		if _, known := p.parent[id]; known {
			other = p.cluster(id)
		}
		if !seen[other.id()] {
			seen[other.id()] = true
			out = append(out, other.candidate(found[id].why))
		}
	}
	return out, nil
}

// near is the entries outside the cluster that share something with it.
func (g *graph) near(c *cluster) map[string]near {
	inside := map[string]bool{}
	for _, n := range c.nodes {
		inside[n.id] = true
	}
	found := map[string]near{}
	note := func(id string, n near) {
		old, ok := found[id]
		if !inside[id] && (!ok || cmp.Or(cmp.Compare(n.rank, old.rank), cmp.Compare(n.why, old.why)) < 0) {
			found[id] = n
		}
	}
	named := func(t term, only party.Quality, rank int, how string) {
		for id, name := range g.bearers[t] {
			if inside[id] || only != "" && name.Quality != only {
				continue
			}
			n := near{rank, fmt.Sprintf(how, name.Name)}
			if name.Quality != party.Primary {
				n.rank += 2 // a further name of theirs
			}
			note(id, n)
		}
	}
	for _, n := range c.nodes {
		for b, label := range n.bonds {
			switch b.strength {
			case sameNumber:
				for id, other := range g.nodes {
					if _, ok := other.bonds[b]; ok {
						note(id, near{1, "shares " + label})
					}
				}
			case sameName:
				named(term{party.FactName, b.term}, "", 2, "has the name %q too")
			case sameCore:
				named(term{party.FactCore, b.term}, "", 3, "is called %q, the same but for the legal form")
			}
		}
		for _, s := range n.names {
			if q := s.value.Quality; q == party.Alias || q == party.Former {
				named(term{party.FactName, s.fact.Term}, party.Primary, 4, "its name %q is another name of this one")
			}
		}
	}
	return found
}
