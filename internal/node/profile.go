package node

import (
	"context"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// Profile is what is said of one entry or party under one id, without others
// that may be the same.
type Profile struct {
	ID          string
	Name        string
	Kind        party.Kind
	Entry       listing.Entry // empty for a party on no list
	Standing    listing.Folded
	Names       []party.Name
	Identifiers []party.Identifier
	Details     []party.Detail
	Addresses   []party.Address
	First, Last access.Date // the oldest and the newest publication that says something of it
	Source      string      // that states the entry, or the first that names the party
}

// Profile reads what is said under one id. What nothing is said of is not
// found.
func (n *Node) Profile(ctx context.Context, ask access.Ask, id string) (*Profile, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	facts, err := n.Ledger.BySubject(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	facts = slices.DeleteFunc(facts, func(f ledger.Fact) bool { return !f.PublishedBy(ask.At.Known) })
	if len(facts) == 0 {
		return nil, problem.New(problem.NotFound, "nothing is held under the id %q", id)
	}
	programmes, err := n.Programmes(ctx, ask)
	if err != nil {
		return nil, err
	}
	p := &Profile{ID: id, First: access.Forever}
	standing, listed, err := listing.Stand(facts, programmes, ask.At)
	if err != nil {
		return nil, err
	}
	if listed {
		p.Entry, p.Name, p.Kind, p.Standing, p.Source = standing.Entry, standing.Entry.Name, standing.Entry.Kind, standing.Folded, standing.Fact.Source
	}
	for i := range facts {
		if err := p.take(&facts[i]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// take adds what a fact says, once.
func (p *Profile) take(f *ledger.Fact) error {
	p.First, p.Last = min(p.First, f.Published), max(p.Last, f.Published)
	switch f.Kind {
	case party.FactName:
		n, err := said(f, &p.Names)
		if p.Name == "" && n.Quality == party.Primary {
			p.Name, p.Source = n.Name, f.Source
		}
		return err
	case party.FactIdentifier:
		_, err := said(f, &p.Identifiers)
		return err
	case party.FactDetail:
		_, err := said(f, &p.Details)
		return err
	case party.FactAddress:
		_, err := said(f, &p.Addresses)
		return err
	}
	return nil
}

// said decodes what a fact says and adds it to what is known, unless it is
// there.
func said[T comparable](f *ledger.Fact, to *[]T) (v T, err error) {
	if err := f.Decode(&v); err != nil {
		return v, err
	}
	if !slices.Contains(*to, v) {
		*to = append(*to, v)
	}
	return v, nil
}
