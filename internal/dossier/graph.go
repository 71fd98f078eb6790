package dossier

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// Bounds of the search for what belongs together. Real parties stay far below
// them; beyond them lies only what nobody could read.
const (
	maxNodes  = 200  // entries looked at
	maxBorne  = 25   // entries that bear one name or identifier; of more, it tells nobody apart
	maxLookup = 1000 // facts of one look-up
	maxTerms  = 40   // further names of one entry by which its namesakes are looked up
	maxAtOnce = 400  // terms of one look-up
)

// strength is how well two entries are known to be one party, best first.
type strength int

const (
	decidedSame strength = iota + 1 // somebody decided so
	toldSame                        // a source says so
	sameNumber                      // a shared identifier that is issued once
	sameName                        // equal primary names
	sameCore                        // equal but for the legal form
)

// bond is something that the entries of one party have in common.
type bond struct {
	strength strength
	term     string
}

// edge is two entries held to be one party.
type edge struct {
	from, to string
	bond     bond
	why      string // why "to" belongs to "from"
	back     string // why "from" belongs to "to"
	replaces bool   // "to" is the entry that replaces "from"
}

// node is an entry, or a party that entries name, with all facts about it.
type node struct {
	id      string
	list    string // of the publisher; "" for what is on none
	facts   []*ledger.Fact
	entry   listing.Entry // as its source writes it now, or wrote it last
	name    string
	parties []string
	bonds   map[bond]string // with what people call it, where the term does not say it
	terms   []term          // by which others with the same numbers and names are looked up
	decided []party.Decided // about it and others
	further []term          // by which entries are looked up whose name is another one of this

	entries     []stated[listing.Entry]
	names       []stated[party.Name]
	identifiers []stated[party.Identifier]
}

// term is something that facts of one kind are looked up by.
type term struct{ kind, value string }

// graph is the entries around the seeds and what holds them together. What
// belongs together in it does not depend on which of its entries was the seed.
type graph struct {
	facts    Facts
	ask      access.Ask
	wide     bool // look for what [graph.near] tells, too
	nodes    map[string]*node
	edges    []edge
	looked   map[term]bool
	bearers  map[term]map[string]party.Name // of names: who has it, in its best quality
	common   map[term]bool                  // borne by too many
	decided  map[pair]party.Decided         // the latest of each pair
	audience access.Audience
}

// explore reads the entries around the seeds, until nothing new is found.
func explore(ctx context.Context, facts Facts, ask access.Ask, seeds []string, wide bool) (*graph, error) {
	g := &graph{
		facts: facts, ask: ask, wide: wide, nodes: map[string]*node{}, looked: map[term]bool{},
		bearers: map[term]map[string]party.Name{}, common: map[term]bool{}, decided: map[pair]party.Decided{},
	}
	next := seeds
	for len(next) > 0 && len(g.nodes) < maxNodes {
		fresh, err := g.load(ctx, next[:min(len(next), maxNodes-len(g.nodes))])
		if err != nil {
			return nil, err
		}
		if next, err = g.reach(ctx, fresh); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// load reads everything about these subjects.
func (g *graph) load(ctx context.Context, ids []string) ([]*node, error) {
	facts, err := g.facts.BySubject(ctx, g.ask, ids...)
	if err != nil {
		return nil, fmt.Errorf("facts about %s: %w", strings.Join(ids, ", "), err)
	}
	fresh := make([]*node, 0, len(ids))
	for _, id := range ids {
		n := &node{id: id, bonds: map[bond]string{}}
		if list, _, ok := strings.Cut(id, ":"); ok {
			n.list = list
		}
		g.nodes[id] = n
		fresh = append(fresh, n)
	}
	for i := range facts {
		n := g.nodes[facts[i].Subject]
		n.facts = append(n.facts, &facts[i])
		g.audience = g.audience.And(facts[i].Audience)
	}
	for _, n := range fresh {
		if err := n.read(g.ask.At.Known); err != nil {
			return nil, err
		}
	}
	return fresh, nil
}

// reach notes what the fresh nodes are held together by and returns the ids
// to load next.
func (g *graph) reach(ctx context.Context, fresh []*node) ([]string, error) {
	found := map[string]bool{}
	var ask []term
	want := func(t term) {
		if t.value != "" && !g.looked[t] {
			g.looked[t] = true
			ask = append(ask, t)
		}
	}
	for _, n := range fresh {
		edges, err := n.told()
		if err != nil {
			return nil, err
		}
		for _, d := range n.decided {
			g.decide(d)
		}
		for _, e := range edges {
			g.edges = append(g.edges, e)
			found[e.to] = true
		}
		for _, kind := range []string{listing.FactEntry, listing.FactEvent, party.FactLink} {
			want(term{kind, n.id})
		}
		for _, t := range n.terms {
			want(t)
		}
		if g.wide {
			for _, t := range n.further {
				want(t)
			}
		}
	}
	if err := g.lookUp(ctx, ask, found); err != nil {
		return nil, err
	}
	maps.DeleteFunc(found, func(id string, _ bool) bool { return g.nodes[id] != nil })
	return slices.Sorted(maps.Keys(found)), nil
}

// lookUp finds the subjects of facts that have one of these terms.
func (g *graph) lookUp(ctx context.Context, terms []term, found map[string]bool) error {
	slices.SortFunc(terms, func(a, b term) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.value, b.value)) })
	for some := range slices.Chunk(terms, maxAtOnce) {
		if err := g.lookUpSome(ctx, some, found); err != nil {
			return err
		}
	}
	return nil
}

// lookUpSome asks one question for all of the terms, unless some are so common
// that the answer is cut short; then it asks for each on its own.
func (g *graph) lookUpSome(ctx context.Context, terms []term, found map[string]bool) error {
	facts, err := g.byTerm(ctx, terms)
	if err != nil {
		return err
	}
	if len(facts) < maxLookup {
		return g.sort(facts, terms, found)
	}
	for i, t := range terms {
		if facts, err = g.byTerm(ctx, terms[i:i+1]); err != nil {
			return err
		}
		if len(facts) == maxLookup {
			g.common[t] = true
			for i := range facts {
				g.audience = g.audience.And(facts[i].Audience)
			}
			continue
		}
		if err := g.sort(facts, terms[i:i+1], found); err != nil {
			return err
		}
	}
	return nil
}

func (g *graph) byTerm(ctx context.Context, terms []term) ([]ledger.Fact, error) {
	kinds, values := make([]string, len(terms)), make([]string, len(terms))
	for i, t := range terms {
		kinds[i], values[i] = t.kind, t.value
	}
	slices.Sort(kinds)
	slices.Sort(values)
	facts, err := g.facts.ByTerm(ctx, g.ask, slices.Compact(kinds), slices.Compact(values), maxLookup)
	if err != nil {
		return nil, fmt.Errorf("look up %d names and numbers: %w", len(terms), err)
	}
	return facts, nil
}

// sort puts the facts found by terms where they belong: those that may hold
// entries together lead on, other names are kept for [graph.apart].
func (g *graph) sort(facts []ledger.Fact, terms []term, found map[string]bool) error {
	asked := make(map[term]bool, len(terms))
	for _, t := range terms {
		asked[t] = true
	}
	leads := map[term]map[string]bool{}
	for i := range facts {
		f := &facts[i]
		t := term{f.Kind, f.Term}
		if !asked[t] {
			continue
		}
		g.audience = g.audience.And(f.Audience)
		if f.Kind == party.FactName || f.Kind == party.FactCore {
			name, err := g.nodes[f.Subject].nameIn(f)
			if err != nil {
				return err
			}
			g.bear(t, f.Subject, name)
			if name.Quality != party.Primary {
				continue
			}
		}
		if leads[t] == nil {
			leads[t] = map[string]bool{}
		}
		leads[t][f.Subject] = true
	}
	for t, subjects := range leads {
		if len(subjects) > maxBorne && (t.kind == party.FactName || t.kind == party.FactCore || t.kind == party.FactIdentifier) {
			g.common[t] = true
			continue
		}
		maps.Copy(found, subjects)
	}
	return nil
}

func (g *graph) bear(t term, subject string, name party.Name) {
	if g.bearers[t] == nil {
		g.bearers[t] = map[string]party.Name{}
	}
	if old, ok := g.bearers[t][subject]; !ok || old.Quality != party.Primary && name.Quality == party.Primary {
		g.bearers[t][subject] = name
	}
}
