package dossier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// source is what a dossier is filled from. It is read once, so that the
// dossier can be folded for other days without the ledger.
type source struct {
	nodes      []*node
	documents  map[int64]*ledger.Entry
	series     map[seriesKey][]ledger.Entry
	programmes map[string]*listing.Programme
	listings   *timeline        // by what was published by the dossier's known day
	ahead      func() *timeline // by what was published by its horizon
	circle     *circle          // who holds the subject, and whom it holds; nil when nobody is known
}

// fill reads what the dossier needs beside the facts of its entries and fills
// it.
func (b *Builder) fill(ctx context.Context, ask access.Ask, d *Dossier, c *cluster) error {
	nodes := c.nodes
	programmes, err := b.Facts.Programmes(ctx, ask)
	if err != nil {
		return fmt.Errorf("programmes: %w", err)
	}
	documents, err := b.documents(ctx, ask, nodes)
	if err != nil {
		return err
	}
	series, err := b.series(ctx, ask, nodes)
	if err != nil {
		return err
	}
	s := &source{nodes: nodes, documents: documents, series: series, programmes: programmes}
	listings, err := s.timeline(ask.At.Known)
	if err != nil {
		return err
	}
	if err := s.readable(ask.At.Known); err != nil {
		return err
	}
	d.source = s.from(listings, ask.At.Date)
	if err := d.source.sayings(d); err != nil {
		return err
	}
	d.Listings = d.source.listings.fold(ask.At.Date)
	if d.source.circle, err = b.circleOf(ctx, ask, d, c); err != nil {
		return err
	}
	d.Control = d.source.control(d)
	return nil
}

// seriesKey names one part of a source's editions.
type seriesKey struct{ source, part string }

// series describes the editions in which entries without dates of their own
// were found, and those in which they were not.
func (b *Builder) series(ctx context.Context, ask access.Ask, nodes []*node) (map[seriesKey][]ledger.Entry, error) {
	out := map[seriesKey][]ledger.Entry{}
	for _, n := range nodes {
		for _, f := range n.facts {
			key := seriesKey{f.Source, f.Part}
			if f.Kind != listing.FactEntry || f.Basis != ledger.FirstSeen || out[key] != nil {
				continue
			}
			entries, err := b.Facts.Series(ctx, ask, f.Source, f.Part)
			if err != nil {
				return nil, fmt.Errorf("editions of %s: %w", f.Source, err)
			}
			out[key] = append([]ledger.Entry{}, entries...)
		}
	}
	return out, nil
}

// around is the editions of f's series just before a day, and on it: the last
// that was published earlier, and the one of that day.
func (s *source) around(f *ledger.Fact, day access.Date) (before, on *ledger.Entry) {
	entries := s.series[seriesKey{f.Source, f.Part}]
	for i := range entries {
		e := &entries[i]
		switch {
		case e.Audience != f.Audience:
		case e.Published < day:
			before = e
		case e.Published == day:
			on = e
		}
	}
	return before, on
}

// readable makes sure that events which count no more by the known day, and so
// were passed over unread, can be read for an earlier one.
func (s *source) readable(known access.Date) error {
	for _, n := range s.nodes {
		for _, f := range n.facts {
			if f.Kind == listing.FactEvent && former(f, known) {
				if _, err := listing.Events(nil, []ledger.Fact{*f}, access.Forever); err != nil {
					return fmt.Errorf("listing %s: %w", n.id, err)
				}
			}
		}
	}
	return nil
}

// documents describes the documents that the nodes' facts were taken from.
func (b *Builder) documents(ctx context.Context, ask access.Ask, nodes []*node) (map[int64]*ledger.Entry, error) {
	var positions []int64
	for _, n := range nodes {
		for _, f := range n.facts {
			positions = append(positions, f.Document)
		}
	}
	slices.Sort(positions)
	entries, err := b.Facts.Documents(ctx, ask, slices.Compact(positions)...)
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	out := make(map[int64]*ledger.Entry, len(entries))
	for i := range entries {
		out[entries[i].Position] = &entries[i]
	}
	return out, nil
}

// evidence points to the document that f was taken from.
func (s *source) evidence(f *ledger.Fact, what, url string) Evidence {
	e := Evidence{Fact: f.ID, Document: f.Document, Source: f.Source, Published: f.Published, What: what}
	if doc := s.documents[f.Document]; doc != nil {
		e.Digest = doc.Digest
	}
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		e.URL = url
	}
	return e
}

// sayings fills in everything that is said of the subject beside its listings,
// as published by the dossier's known day.
func (s *source) sayings(d *Dossier) error {
	var (
		names       []stated[party.Name]
		identifiers []stated[party.Identifier]
		addresses   []stated[party.Address]
		details     []stated[party.Detail]
		links       []stated[party.Link]
		claims      []stated[party.Claim]
	)
	for _, n := range s.nodes {
		names = append(names, n.names...)
		identifiers = append(identifiers, n.identifiers...)
		for _, f := range n.facts {
			var err error
			switch f.Kind {
			case party.FactAddress:
				addresses, err = appendStated(addresses, n, f)
			case party.FactDetail:
				details, err = appendStated(details, n, f)
			case party.FactLink:
				links, err = appendStated(links, n, f)
			case party.FactClaim:
				claims, err = appendStated(claims, n, f)
			}
			if err != nil {
				return err
			}
		}
	}
	known := d.At.Known
	d.Names = say(s, names, known, compareNames, func(party.Name) (string, string) { return "name", "" })
	d.Identifiers = say(s, identifiers, known, compareIdentifiers, func(party.Identifier) (string, string) { return "identifier", "" })
	d.Addresses = say(s, addresses, known, compareAddresses, func(party.Address) (string, string) { return "address", "" })
	d.Details = say(s, details, known, compareDetails, func(party.Detail) (string, string) { return "detail", "" })
	d.Links = say(s, links, known, compareLinks, func(party.Link) (string, string) { return "link", "" })
	d.Claims = say(s, claims, known, compareClaims, func(c party.Claim) (string, string) { return "claim", c.Source })
	return nil
}

func appendStated[T any](to []stated[T], n *node, f *ledger.Fact) ([]stated[T], error) {
	var v T
	if err := n.decode(f, &v); err != nil {
		return nil, err
	}
	return append(to, stated[T]{f, v}), nil
}

// say makes each thing said once, with the best evidence for it: from a source
// that still says so, and of those the first.
func say[T comparable](s *source, said []stated[T], known access.Date, order func(a, b T) int, about func(T) (what, url string)) []Sourced[T] {
	best := make(map[T]*ledger.Fact, len(said))
	for _, st := range said {
		old := best[st.value]
		if !st.fact.PublishedBy(known) {
			continue
		}
		if old == nil || former(old, known) && !former(st.fact, known) || former(old, known) == former(st.fact, known) && st.fact.ID < old.ID {
			best[st.value] = st.fact
		}
	}
	out := make([]Sourced[T], 0, len(best))
	for v, f := range best {
		what, url := about(v)
		out = append(out, Sourced[T]{Value: v, Former: former(f, known), Evidence: s.evidence(f, what, url)})
	}
	slices.SortFunc(out, func(a, b Sourced[T]) int {
		return cmp.Or(cmp.Compare(truth(a.Former), truth(b.Former)), order(a.Value, b.Value))
	})
	return out
}

// former reports whether f's source had stopped stating it by the known day.
func former(f *ledger.Fact, known access.Date) bool { return f.Superseded <= known }

var qualities = []party.Quality{party.Primary, party.Alias, party.Former, party.Acronym, party.Weak}

func compareNames(a, b party.Name) int {
	return cmp.Or(cmp.Compare(slices.Index(qualities, a.Quality), slices.Index(qualities, b.Quality)),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Quality, b.Quality))
}

func compareIdentifiers(a, b party.Identifier) int {
	return cmp.Or(cmp.Compare(a.Scheme, b.Scheme), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Country, b.Country))
}

func compareAddresses(a, b party.Address) int {
	return cmp.Or(cmp.Compare(a.Country, b.Country), cmp.Compare(a.City, b.City),
		cmp.Compare(a.Street, b.Street), cmp.Compare(a.Remarks, b.Remarks))
}

func compareDetails(a, b party.Detail) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
}

func compareLinks(a, b party.Link) int {
	return cmp.Or(cmp.Compare(a.Relation, b.Relation), cmp.Compare(a.Name, b.Name), cmp.Compare(a.To, b.To))
}

func compareClaims(a, b party.Claim) int {
	return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Issuer, b.Issuer), cmp.Compare(a.Text, b.Text),
		cmp.Compare(a.About, b.About), cmp.Compare(a.Stance, b.Stance), cmp.Compare(a.Source, b.Source))
}
