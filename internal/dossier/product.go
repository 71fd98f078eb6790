package dossier

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/software"
)

// KindProduct is the kind of a subject that is a product with a label.
const KindProduct party.Kind = "product"

// Bounds on what is looked at of a label.
const (
	maxLabels = 20 // that cover one release, or products of one name
	maxCovers = 20 // bills of what one label covers
)

// Product is what is held about labels: about the one that the subject is the
// product of, or about those that cover the release that the subject is.
type Product struct {
	Labels       []Label       `json:"labels,omitzero"`
	Covers       []*Software   `json:"covers,omitzero"`       // of a product: the releases that a bill is held of
	Attestations []Attestation `json:"attestations,omitzero"` // that count on the day, of the releases or their maker

	said                []Attestation // that are not signed, whenever they count
	claims              []ledger.Fact // of what is signed
	signed, signedAhead []Attestation // what was made of the claims by the known day, and by the horizon
}

// product builds the dossier of the product whose label has the id that text
// is; nil when it is none of a label that the reader may know of.
func (b *Builder) product(ctx context.Context, ask access.Ask, text string) (*Dossier, error) {
	id, err := core.ParseID(text)
	if err != nil {
		return nil, nil //nolint:nilerr // no label's id, and so perhaps something else
	}
	d := empty(text, ask.At)
	r := &rests{b: b, ctx: ctx, ask: ask}
	l, err := b.label(ctx, ask, d, id, true, r)
	if err != nil || l == nil {
		return nil, err
	}
	d.Subject = Subject{ID: id, Name: l.Product, Kind: KindProduct}
	d.Product = &Product{Labels: []Label{*l}, Covers: []*Software{}}
	if err := b.covered(ctx, ask, d, l, r); err != nil {
		return nil, err
	}
	maker, about := makerOf(l.Parties), []string{}
	for _, rel := range l.releases() {
		about = append(append(about, rel.PURL), rel.Digests...)
	}
	if err := b.attestations(ctx, ask, d.Product, about, maker, r); err != nil {
		return nil, err
	}
	return d, r.settleLabels(d)
}

// productCalled builds the dossier of the product that text names by the
// product's name or the digest of what it ships; nil when no label is known by
// it. Products of several labels are candidates, those whose label is in force
// first.
func (b *Builder) productCalled(ctx context.Context, ask access.Ask, text string) (*Dossier, error) {
	kind := "name"
	if strings.HasPrefix(strings.ToLower(text), "sha256:") {
		kind = "digest"
	}
	ids, err := b.labelsFoundBy(ctx, ask, label.Handle{Kind: kind, Value: text}.Term())
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	if len(ids) == 1 {
		d, err := b.product(ctx, ask, ids[0])
		if d != nil {
			d.Query = text
		}
		return d, err
	}
	d := empty(text, ask.At)
	r := &rests{b: b, ctx: ctx, ask: ask}
	for _, id := range ids {
		l, err := b.label(ctx, ask, d, id, false, r)
		if err != nil {
			return nil, err
		}
		if l == nil {
			continue
		}
		why := "has no label yet"
		if l.Status != label.None {
			why = fmt.Sprintf("label %s since %s", l.Status, l.Since)
		}
		d.Candidates = append(d.Candidates, Candidate{ID: id, Name: l.Product, Kind: KindProduct, Listings: []string{}, Why: why})
	}
	_, err = r.documents(d)
	return d, err
}

// labelsFoundBy is the labels that one of the terms leads to, by id.
func (b *Builder) labelsFoundBy(ctx context.Context, ask access.Ask, terms ...string) ([]string, error) {
	facts, err := b.Facts.ByTerm(ctx, ask, []string{label.FactCovers}, terms, 0)
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	var ids []string
	for i := range facts {
		ids = append(ids, facts[i].Subject)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(len(ids), maxLabels)], nil
}

// labelsOf adds to the dossier of a release the labels that cover it, and what
// is attested of it. What is not public of a label is left out: that somebody
// applies for one is no matter of the release.
func (b *Builder) labelsOf(ctx context.Context, ask access.Ask, d *Dossier) error {
	rel := &d.Software.Release
	var terms, about []string
	add := func(kind, value string) {
		if value == "" || slices.Contains(about, value) {
			return
		}
		about = append(about, value)
		if term := software.Term(kind, value); term != "" {
			terms = append(terms, term)
		}
	}
	for _, p := range []string{rel.ID, rel.PURL} {
		if strings.HasPrefix(p, "pkg:") {
			add("purl", p)
		}
	}
	for _, h := range rel.Hashes {
		if h.Algorithm == "SHA-256" {
			add("digest", "sha256:"+strings.ToLower(h.Value))
		}
	}
	if len(about) == 0 {
		return nil
	}
	ids, err := b.labelsFoundBy(ctx, ask, terms...)
	if err != nil {
		return err
	}
	p := &Product{Labels: []Label{}}
	r := &rests{b: b, ctx: ctx, ask: ask}
	for _, id := range ids {
		l, err := b.label(ctx, ask, d, id, false, r)
		if err != nil {
			return err
		}
		// What a label no longer says it is on, it is not on.
		if l != nil && l.isFoundBy(terms) {
			p.Labels = append(p.Labels, *l)
		}
	}
	if err := b.attestations(ctx, ask, p, about, rel.Supplier, r); err != nil {
		return err
	}
	if len(p.Labels)+len(p.Attestations)+len(p.claims) == 0 {
		return nil
	}
	d.Product = p
	return r.settleLabels(d)
}

func (l *Label) isFoundBy(terms []string) bool {
	if l.Terms != nil {
		return l.Terms.IsFoundBy(terms...)
	}
	return slices.ContainsFunc(l.terms(), func(t *label.Terms) bool { return t.IsFoundBy(terms...) })
}

// label reads a label's events and folds them; nil when there are none that the
// reader may see. private is whether an application that is not decided counts.
func (b *Builder) label(ctx context.Context, ask access.Ask, d *Dossier, id string, private bool, r *rests) (*Label, error) {
	facts, err := b.Facts.BySubject(ctx, ask, id)
	if err != nil {
		return nil, fmt.Errorf("label %s: %w", id, err)
	}
	events, err := eventsOf(facts, private)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	l := &Label{events: events, dossiers: map[string]*Dossier{}, Scheme: events[0].Event.Scheme}
	l.State.Label = id
	for _, e := range events {
		r.note(e.fact)
		_, parties := saidBy(e.Terms, []*label.Event{e.Event})
		for _, p := range parties {
			for _, sought := range p.Sought() {
				if l.dossiers[sought] != nil {
					continue
				}
				of, err := b.party(ctx, ask, sought)
				if err != nil {
					return nil, fmt.Errorf("%s of label %s: %w", p.Role, id, err)
				}
				l.dossiers[sought] = of
				r.audience(of)
			}
		}
	}
	l.fold(d.At.Date, d.At.Known)
	l.Product, _ = saidBy(l.Terms, plainEvents(events))
	return l, nil
}

func plainEvents(events []labelEvent) []*label.Event {
	out := make([]*label.Event, len(events))
	for i := range events {
		out[i] = events[i].Event
	}
	return out
}

func makerOf(parties []LabelParty) string {
	for _, p := range parties {
		if p.Role == label.Maker {
			return p.Name
		}
	}
	return ""
}

// covered adds what is held about the releases that a label is on: their
// weaknesses, and who makes their components, hardware among them.
func (b *Builder) covered(ctx context.Context, ask access.Ask, d *Dossier, l *Label, r *rests) error {
	var ids []string
	for _, rel := range l.releases() {
		for _, name := range append([]string{rel.PURL}, rel.Digests...) {
			if name == "" {
				continue
			}
			found, _, err := b.handlesOf(ctx, ask, name)
			if err != nil {
				return err
			}
			for _, id := range found {
				if !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
		}
	}
	for _, id := range ids[:min(len(ids), maxCovers)] {
		of := empty(id, ask.At)
		if err := b.describe(ctx, ask, of, id); err != nil {
			return err
		}
		if of.Software != nil {
			d.Covers = append(d.Covers, of.Software)
			r.audience(of)
		}
	}
	return nil
}

// settleLabels describes the documents of the events and attestations.
func (r *rests) settleLabels(d *Dossier) error {
	s, err := r.documents(d)
	if err != nil {
		return err
	}
	for i := range d.Labels {
		l := &d.Labels[i]
		for j := range l.events {
			e := &l.events[j]
			e.evidence = s.evidence(e.fact, fmt.Sprintf("%s %s", e.Kind, e.On), "")
		}
		l.fold(d.At.Date, d.At.Known)
	}
	for i := range d.Attestations {
		a := &d.Attestations[i]
		a.Evidence = []Evidence{s.evidence(a.fact, a.Title, "")}
	}
	d.Product.said = d.Attestations
	d.Attestations = d.Product.inForce(d.At.Date, d.At.Known, nil)
	return nil
}

// on is what is held about labels on another day, by what had been published by
// the horizon.
func (p *Product) on(date, horizon access.Date) *Product {
	out := *p
	out.Labels = make([]Label, len(p.Labels))
	for i := range p.Labels {
		out.Labels[i] = p.Labels[i].on(date, horizon)
	}
	out.Covers = make([]*Software, len(p.Covers))
	for i := range p.Covers {
		out.Covers[i] = p.Covers[i].on(date)
	}
	out.Attestations = p.inForce(date, horizon, p.signedAhead)
	return &out
}

// dates is the days on which it changes.
func (p *Product) dates(horizon access.Date) []access.Date {
	var out []access.Date
	for i := range p.Labels {
		out = append(out, p.Labels[i].dates(horizon)...)
	}
	for _, s := range p.Covers {
		out = append(out, s.dates()...)
	}
	for i := range p.said {
		if a := &p.said[i]; a.fact.PublishedBy(horizon) {
			out = append(out, a.Date, a.Until)
		}
	}
	for i := range p.signedAhead {
		out = append(out, p.signedAhead[i].Date, p.signedAhead[i].Until)
	}
	return out
}

// programmes is the lists that the parties and suppliers are on.
func (p *Product) programmes() []string {
	var out []string
	for i := range p.Labels {
		for _, d := range p.Labels[i].dossiers {
			out = append(out, d.Programmes()...)
		}
	}
	for _, s := range p.Covers {
		for i := range s.Suppliers {
			if of := s.Suppliers[i].dossier; of != nil {
				out = append(out, of.Programmes()...)
			}
		}
	}
	return out
}
