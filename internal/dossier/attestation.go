package dossier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/assurance/report"
	"countersign.dev/internal/assurance/scorecard"
	"countersign.dev/internal/assurance/ssdf"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software/purl"
)

// Attestation is what somebody states of a release or its maker as a whole, and
// answers for: a claim, which is shown with its author and never taken for what
// it claims.
type Attestation struct {
	Kind     string      `json:"kind"`  // "ssdf-form", "test-report" or "scorecard"
	Title    string      `json:"title"` // in words
	About    string      `json:"about"` // purl, digest, or "maker:…"
	Issuer   string      `json:"issuer"`
	Date     access.Date `json:"date"`            // from which it counts
	Until    access.Date `json:"until,omitempty"` // the first day on which it no longer does; "" when it names none
	Open     []string    `json:"open,omitempty"`  // what it names and does not attest
	Evidence []Evidence  `json:"evidence"`

	fact *ledger.Fact
}

// The kinds of attestations.
const (
	AttestedForm      = "ssdf-form"   // the common form for secure software development
	AttestedReport    = "test-report" // of a laboratory
	AttestedScorecard = "scorecard"   // of a repository
)

// attestations is what is held of attestations of releases, by purl and digest,
// and of their maker: whatever was published by the known day and is stated
// still, whenever it counts.
func (b *Builder) attestations(ctx context.Context, ask access.Ask, about []string, maker string, r *rests) ([]Attestation, error) {
	var subjects []string
	for _, s := range about {
		if p, err := purl.Parse(s); err == nil && strings.HasPrefix(s, "pkg:") {
			s = p.String()
		}
		if s != "" && !slices.Contains(subjects, s) {
			subjects = append(subjects, s)
		}
	}
	if maker != "" {
		subjects = append(subjects, "maker:"+form.Fold(maker))
	}
	out := []Attestation{}
	if len(subjects) == 0 {
		return out, nil
	}
	facts, err := b.Facts.BySubject(ctx, ask, subjects...)
	if err != nil {
		return nil, fmt.Errorf("attestations: %w", err)
	}
	seen := map[int64]bool{} // one document states it of each name of the release
	for i := range facts {
		f := &facts[i]
		a, err := attested(f)
		if err != nil {
			return nil, err
		}
		if a == nil || !f.StatedOn(ask.At.Known) || seen[f.Document] {
			continue
		}
		seen[f.Document] = true
		r.note(f)
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b Attestation) int {
		return cmp.Or(-cmp.Compare(a.Date, b.Date), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.fact.ID, b.fact.ID))
	})
	return out, nil
}

// attested reads a fact; nil when it is of no attestation.
func attested(f *ledger.Fact) (*Attestation, error) {
	a := &Attestation{About: f.Subject, fact: f}
	var err error
	switch f.Kind {
	case ssdf.Kind:
		var e ssdf.Evidence
		err = f.Decode(&e)
		a.Kind, a.Issuer, a.Date, a.Open = AttestedForm, cmp.Or(e.Producer, e.Signer), e.Date, e.Open
		a.Title = "attestation of secure software development"
		if e.Assessor != "" {
			a.Title += ", assessed by " + e.Assessor
		}
	case report.Kind:
		var e report.Evidence
		err = f.Decode(&e)
		a.Kind, a.Issuer, a.Date, a.Until = AttestedReport, e.Laboratory.Name, e.Issued, e.ValidUntil
		a.Title = "test report by " + e.Catalogue
	case scorecard.Kind:
		var e scorecard.Evidence
		err = f.Decode(&e)
		a.Kind, a.Issuer, a.Date = AttestedScorecard, "OpenSSF Scorecard", e.Date
		a.Title = "practices of " + e.Repository
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", f.Kind, f.Subject, err)
	}
	a.Date = cmp.Or(a.Date, f.Published)
	return a, nil
}

// inForce is the attestations that count on a day, by what had been published by
// one.
func (p *Product) inForce(date, known access.Date) []Attestation {
	out := []Attestation{}
	for i := range p.said {
		if a := &p.said[i]; a.fact.PublishedBy(known) && a.Date <= date && (a.Until == "" || date < a.Until) {
			out = append(out, *a)
		}
	}
	return out
}
