package dossier

import (
	"bytes"
	"cmp"
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/screening"
)

// singular are the schemes of identifiers that are issued to one holder and
// not reused, so that two entries which share one are one party. Tickers, call
// signs, MMSI and tail numbers go to others in time; serial numbers of
// aircraft are each maker's own.
var singular = map[string]bool{
	"lei": true, "isin": true, "uscc": true, "duns": true, "imo": true, "imo_company": true,
	"passport": true, "national_id": true, "social_security": true, "tax": true,
}

// national are the schemes whose numbers are unique only within a country;
// without one they hold nothing together.
var national = map[string]bool{"passport": true, "national_id": true, "social_security": true, "tax": true}

// What sources say that makes two ids one party.
const (
	respelled = "respelled"
	sameParty = "party"
)

// stated is something that a fact states, decoded.
type stated[T any] struct {
	fact  *ledger.Fact
	value T
}

// read takes out of the node's facts what holds it together with others.
func (n *node) read(known access.Date) error {
	if err := n.readEntry(known); err != nil {
		return err
	}
	for _, f := range n.facts {
		switch f.Kind {
		case party.FactIdentifier:
			var id party.Identifier
			if err := n.decode(f, &id); err != nil {
				return err
			}
			n.identifiers = append(n.identifiers, stated[party.Identifier]{f, id})
			if b := bondOf(id, f.Term); b.term != "" {
				n.bear(b, screening.IdentifierLabel(id))
				n.terms = append(n.terms, term{f.Kind, f.Term})
			}
		case party.FactName, party.FactCore:
			name, err := n.nameIn(f)
			if err != nil {
				return err
			}
			if f.Kind == party.FactName {
				n.names = append(n.names, stated[party.Name]{f, name})
			}
			n.readName(f, name)
		}
	}
	n.name = cmp.Or(n.entry.Name, n.called(known))
	return nil
}

// called is the node's primary name as published by the known day, its id
// where it has none.
func (n *node) called(known access.Date) string {
	name, best := n.id, (*ledger.Fact)(nil)
	for _, s := range n.names {
		if s.value.Quality == party.Primary && s.fact.PublishedBy(known) && (best == nil || s.fact.Newer(best, known)) {
			best, name = s.fact, s.value.Name
		}
	}
	return name
}

// readEntry decodes the entry as its source writes it now, and the parties
// that any of its sources names.
func (n *node) readEntry(known access.Date) error {
	var best *ledger.Fact
	for _, f := range n.facts {
		if f.Kind != listing.FactEntry {
			continue
		}
		var e listing.Entry
		if err := n.decode(f, &e); err != nil {
			return err
		}
		n.entries = append(n.entries, stated[listing.Entry]{f, e})
		if e.Party != "" {
			n.parties = append(n.parties, e.Party)
		}
		if best == nil || f.Newer(best, known) {
			best, n.entry = f, e
		}
	}
	n.list = cmp.Or(n.entry.List, n.list)
	return nil
}

// readName makes bonds of the primary names of organisations; persons and
// ships share theirs with strangers. Weak names and acronyms lead nowhere.
func (n *node) readName(f *ledger.Fact, name party.Name) {
	if f.Term == "" || n.entry.Kind != party.Organisation && n.entry.Kind != "" {
		return
	}
	t := term{f.Kind, f.Term}
	switch {
	case name.Quality == party.Primary && f.Kind == party.FactName:
		n.bear(bond{sameName, f.Term}, "")
		n.terms = append(n.terms, t)
	case name.Quality == party.Primary:
		n.bear(bond{sameCore, f.Term}, "")
		n.terms = append(n.terms, t)
	case f.Kind == party.FactName && (name.Quality == party.Alias || name.Quality == party.Former) && len(n.further) < maxTerms:
		n.further = append(n.further, t)
	}
}

func (n *node) bear(b bond, label string) {
	if _, ok := n.bonds[b]; !ok {
		n.bonds[b] = label
	}
}

// bondOf is the bond that an identifier makes; none when others may have it.
func bondOf(id party.Identifier, term string) bond {
	if !singular[id.Scheme] {
		return bond{}
	}
	if national[id.Scheme] {
		if id.Country == "" {
			return bond{}
		}
		term += " " + party.Fold(id.Country)
	}
	return bond{sameNumber, term}
}

// told is what the node's sources say of which other ids are the same party.
func (n *node) told() ([]edge, error) {
	var out []edge
	add := func(to, kind, why, back string) {
		if to != "" && to != n.id {
			out = append(out, edge{from: n.id, to: to, bond: bond{toldSame, kind}, why: why, back: back, replaces: kind == respelled})
		}
	}
	for _, p := range n.parties {
		add(p, sameParty, "party of "+n.id, "same party "+p)
	}
	for _, f := range n.facts {
		switch f.Kind {
		case listing.FactEvent:
			if !bytes.Contains(f.Body, []byte(`"successor"`)) {
				continue // most events have none, and decoding is what costs
			}
			var e listing.Event
			if err := n.decode(f, &e); err != nil {
				return nil, err
			}
			if e.Kind == listing.Respelled {
				add(e.Successor, respelled, "new spelling of "+n.id, "respelled as "+e.Successor)
			}
		case party.FactLink:
			var l party.Link
			if err := n.decode(f, &l); err != nil {
				return nil, err
			}
			if d, ok := party.DecisionOf(f, &l); ok {
				n.decided = append(n.decided, d)
				if d.Verdict == party.JoinSame {
					out = append(out, edge{
						from: n.id, to: l.To, bond: bond{decidedSame, l.To},
						why: "decided to be the same as " + n.id + ": " + d.Reason, back: "decided to be the same as " + l.To + ": " + d.Reason,
					})
				}
			} else if l.Relation == party.RelationSame {
				add(l.To, party.RelationSame, n.id+" is said to be the same", "said to be the same as "+l.To)
			}
		}
	}
	return out, nil
}

func (*node) decode(f *ledger.Fact, v any) error {
	if err := f.Decode(v); err != nil {
		return fmt.Errorf("fact %d, %s of %s: %w", f.ID, f.Kind, f.Subject, err)
	}
	return nil
}

// nameIn is the name that f states, taken from what n has decoded already
// where it can be: each name is stated twice, and found by look-ups again. n
// is nil for an entry that was not loaded.
func (n *node) nameIn(f *ledger.Fact) (name party.Name, err error) {
	if n != nil {
		for _, s := range n.names {
			if bytes.Equal(s.fact.Body, f.Body) {
				return s.value, nil
			}
		}
	}
	err = n.decode(f, &name)
	return name, err
}
