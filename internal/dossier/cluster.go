package dossier

import (
	"cmp"
	"slices"
	"strings"

	"countersign.dev/internal/party"
	"countersign.dev/internal/screening"
)

// A partition tells which nodes of a graph are one party. It is the same
// whichever node the graph was explored from: what was decided comes first, then
// what sources say, then each bond in a fixed order, the strongest first, and a bond that could
// mean two entries of one list joins nothing, because their publisher tells
// them apart.
type partition struct {
	graph  *graph
	parent map[string]string
	lists  map[string]map[string]bool // by root: the lists that its entries are on
	edges  map[string][]edge          // accepted, by the id they lead from
	apart  []pair                     // decided to be two parties

	overruled []edge // decided to be one party, and kept apart by another decision
}

func (g *graph) partition() *partition {
	p := &partition{graph: g, parent: map[string]string{}, lists: map[string]map[string]bool{}, edges: map[string][]edge{}, apart: g.setApart()}
	for id, n := range g.nodes {
		p.parent[id] = id
		p.lists[id] = map[string]bool{}
		if n.list != "" {
			p.lists[id][n.list] = true
		}
	}
	for _, e := range g.told() {
		switch {
		case !p.keptApart(p.root(e.from), p.root(e.to)):
			p.union(e)
		case e.bond.strength == decidedSame:
			p.overruled = append(p.overruled, e)
		}
	}
	told := make(map[string]string, len(g.nodes))
	for id := range g.nodes {
		told[id] = p.root(id)
	}
	for _, b := range g.bonds() {
		p.bind(b, told)
	}
	for _, edges := range p.edges {
		slices.SortFunc(edges, func(a, b edge) int {
			return cmp.Or(cmp.Compare(a.bond.strength, b.bond.strength), cmp.Compare(a.to, b.to), cmp.Compare(a.why, b.why))
		})
	}
	return p
}

// lookedUpAs is the term by which the bond's other bearers were looked for. An
// identifier's bond may be narrower than its term, by a country.
func (b bond) lookedUpAs() term {
	switch b.strength {
	case sameNumber:
		value, _, _ := strings.Cut(b.term, " ")
		return term{party.FactIdentifier, value}
	case sameName:
		return term{party.FactName, b.term}
	default:
		return term{party.FactCore, b.term}
	}
}

// borne is a bond with the nodes that have it, sorted by id.
type borne struct {
	bond
	label string
	nodes []*node
}

// bonds is every bond that two or more nodes have, strongest first.
func (g *graph) bonds() []borne {
	by := map[bond]*borne{}
	for _, n := range g.nodes {
		for b, label := range n.bonds {
			if by[b] == nil {
				by[b] = &borne{bond: b}
			}
			by[b].nodes = append(by[b].nodes, n)
			by[b].label = max(by[b].label, label)
		}
	}
	var out []borne
	for _, b := range by {
		if len(b.nodes) > 1 && !g.common[b.lookedUpAs()] {
			slices.SortFunc(b.nodes, func(a, c *node) int { return cmp.Compare(a.id, c.id) })
			out = append(out, *b)
		}
	}
	slices.SortFunc(out, func(a, b borne) int { return cmp.Or(cmp.Compare(a.strength, b.strength), cmp.Compare(a.term, b.term)) })
	return out
}

// bind joins the nodes that have a bond, unless one list has it twice.
func (p *partition) bind(b borne, told map[string]string) {
	on := map[string]string{} // list to the party that has the bond there
	for _, n := range b.nodes {
		if n.list == "" {
			continue
		}
		if other, ok := on[n.list]; ok && other != told[n.id] {
			return
		}
		on[n.list] = told[n.id]
	}
	first := b.nodes[0]
	for _, n := range b.nodes[1:] {
		a, c := p.root(first.id), p.root(n.id)
		if a != c && (overlap(p.lists[a], p.lists[c]) || p.keptApart(a, c)) {
			continue
		}
		p.union(edge{from: first.id, to: n.id, bond: b.bond, why: b.why(first), back: b.why(n)})
	}
}

// why says what having the bond in common with n means.
func (b borne) why(n *node) string {
	switch b.strength {
	case sameNumber:
		return "shares " + b.label + " with " + n.id
	case sameName:
		return "same name as " + n.id
	default:
		return "same name but for its legal form as " + n.id
	}
}

func overlap(a, b map[string]bool) bool {
	for list := range a {
		if b[list] {
			return true
		}
	}
	return false
}

// union makes two parties one.
func (p *partition) union(e edge) {
	p.edges[e.from] = append(p.edges[e.from], e)
	p.edges[e.to] = append(p.edges[e.to], edge{from: e.to, to: e.from, bond: e.bond, why: e.back, back: e.why})
	a, b := p.root(e.from), p.root(e.to)
	if a == b {
		return
	}
	if b < a {
		a, b = b, a
	}
	p.parent[b] = a
	for list := range p.lists[b] {
		p.lists[a][list] = true
	}
}

func (p *partition) root(id string) string {
	for p.parent[id] != id {
		id = p.parent[id]
	}
	return id
}

// cluster is the nodes that are one party, the one that it is called by first.
type cluster struct {
	nodes []*node
	party string // the id that a source gives the party; "" when none does
	root  string
}

// cluster is the party that a node belongs to.
func (p *partition) cluster(id string) *cluster {
	c := &cluster{root: p.root(id)}
	replaced := map[string]bool{}
	for other, n := range p.graph.nodes {
		if p.root(other) != c.root {
			continue
		}
		c.nodes = append(c.nodes, n)
		for _, named := range n.parties {
			if p.graph.nodes[named] != nil && p.root(named) != c.root {
				continue // this entry was decided not to be of that party
			}
			if c.party == "" || named < c.party {
				c.party = named
			}
		}
		for _, e := range p.edges[other] {
			if e.replaces {
				replaced[other] = true
			}
		}
	}
	slices.SortFunc(c.nodes, func(a, b *node) int {
		return cmp.Or(
			cmp.Compare(truth(len(a.facts) == 0), truth(len(b.facts) == 0)),
			cmp.Compare(truth(replaced[a.id]), truth(replaced[b.id])),
			cmp.Compare(listRank(a), listRank(b)),
			cmp.Compare(a.id, b.id))
	})
	return c
}

// id is what the party is asked for by, whatever else is found about it.
func (c *cluster) id() string {
	if c.party != "" {
		return c.party
	}
	return c.nodes[0].id
}

func (c *cluster) subject() Subject {
	s := Subject{ID: c.id(), Name: c.nodes[0].name}
	for _, n := range c.nodes {
		if n.id == c.party && n.name != n.id {
			s.Name = n.name
		}
	}
	for _, n := range c.nodes {
		if n.entry.Kind != "" {
			s.Kind = n.entry.Kind
			break
		}
	}
	return s
}

func (c *cluster) candidate(why string) Candidate {
	s := c.subject()
	out := Candidate{ID: s.ID, Name: s.Name, Kind: s.Kind, Listings: []string{}, Why: why}
	for _, n := range c.nodes {
		if n.listed() {
			out.Listings = append(out.Listings, n.programme())
		}
	}
	slices.Sort(out.Listings)
	out.Listings = slices.Compact(out.Listings)
	return out
}

// joined tells of each entry why it is taken to be about the subject: how the
// query found it, or else the strongest bond to an entry already told of.
func (p *partition) joined(c *cluster, hits []screening.Hit) []Joined {
	why := map[string]string{}
	var queue []string
	for _, h := range hits {
		if p.graph.nodes[h.Subject] != nil && p.root(h.Subject) == c.root && why[h.Subject] == "" {
			why[h.Subject] = h.Why
			queue = append(queue, h.Subject)
		}
	}
	for len(queue) > 0 {
		var next []string
		for _, id := range queue {
			for _, e := range p.edges[id] {
				if why[e.to] == "" {
					why[e.to] = e.why
					next = append(next, e.to)
				}
			}
		}
		queue = next
	}
	out := []Joined{}
	for _, n := range c.nodes {
		if len(n.facts) > 0 {
			out = append(out, Joined{ID: n.id, Name: n.name, Why: why[n.id]})
		}
	}
	return out
}

// listed reports whether the node is a listing and not only a party.
func (n *node) listed() bool {
	return slices.ContainsFunc(n.facts, isListing)
}

// programme is what the node is listed on; the list itself where only events
// are known.
func (n *node) programme() string {
	return cmp.Or(n.entry.Programme, n.list)
}

// lists, in the order in which the entry that a party is called by is chosen:
// the most complete and the longest kept first.
var lists = []string{"us-ofac-sdn", "us-ofac-nonsdn", "us-bis-entity-list", "us-dod-1260h", "us-dod-1237"}

// listRank orders the nodes of a party: its entries on the preferred lists,
// those on others, and then what is on none.
func listRank(n *node) int {
	if !n.listed() {
		return len(lists) + 1
	}
	if i := slices.Index(lists, n.list); i >= 0 {
		return i
	}
	return len(lists)
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
