package dossier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/attestation"
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
	Kind     string      `json:"kind"`  // as the constants have it
	Title    string      `json:"title"` // in words
	About    string      `json:"about"` // purl, digest, or "maker:…"
	Issuer   string      `json:"issuer"`
	Signer   string      `json:"signer,omitempty"` // whose signature was verified; "" when it has none, and whoever handed it in may have written it
	Level    int         `json:"level,omitempty"`  // of the SLSA build track that it stands for, by a signer who is vouched for; 0 for none
	Date     access.Date `json:"date"`             // from which it counts
	Until    access.Date `json:"until,omitempty"`  // the first day on which it no longer does; "" when it names none
	Open     []string    `json:"open,omitempty"`   // what it names and does not attest
	Evidence []Evidence  `json:"evidence"`

	fact *ledger.Fact
}

// The kinds of attestations.
const (
	AttestedForm      = "ssdf-form"   // the common form for secure software development
	AttestedReport    = "test-report" // of a laboratory
	AttestedScorecard = "scorecard"   // of a repository

	AttestedBuild        = "provenance"   // signed: how it was built
	AttestedVerification = "verification" // signed: that somebody verified something of it
	AttestedSignature    = "signature"    // signed: that its signer held the bytes
	AttestedStatement    = "statement"    // signed: something else
)

// attestations adds to p what is held of attestations of releases, by purl and
// digest, and of their maker: whatever was published by the known day and is
// stated still, whenever it counts. Of what is signed it adds the claims, for
// [Dossier.Attest].
func (b *Builder) attestations(ctx context.Context, ask access.Ask, p *Product, about []string, maker string, r *rests) error {
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
	p.Attestations = []Attestation{}
	if len(subjects) == 0 {
		return nil
	}
	facts, err := b.Facts.BySubject(ctx, ask, subjects...)
	if err != nil {
		return fmt.Errorf("attestations: %w", err)
	}
	if err := b.claims(ctx, ask, p, facts); err != nil {
		return err
	}
	seen := map[int64]bool{} // one document states it of each name of the release
	for i := range facts {
		f := &facts[i]
		a, err := attested(f)
		if err != nil {
			return err
		}
		if a == nil || !f.StatedOn(ask.At.Known) || seen[f.Document] {
			continue
		}
		seen[f.Document] = true
		r.note(f)
		p.Attestations = append(p.Attestations, *a)
	}
	return nil
}

// claims keeps the signed claims among the facts. What takes them back is read
// too, though it is judged elsewhere, so that whoever watches the answer is told
// of it.
func (b *Builder) claims(ctx context.Context, ask access.Ask, p *Product, facts []ledger.Fact) error {
	var named []string
	for i := range facts {
		if facts[i].Kind != attestation.FactClaim {
			continue
		}
		var c attestation.Claim
		if err := facts[i].Decode(&c); err != nil {
			return fmt.Errorf("attestation of %s: %w", facts[i].Subject, err)
		}
		p.claims = append(p.claims, facts[i])
		named = append(named, c.RevokedBy()...)
	}
	if len(named) == 0 {
		return nil
	}
	slices.Sort(named)
	if _, err := b.Facts.BySubject(ctx, ask, slices.Compact(named)...); err != nil {
		return fmt.Errorf("revocations: %w", err)
	}
	return nil
}

// SignedClaims is the facts of signed claims about the subject, which somebody has to
// verify and judge for it, and for the days ahead of it, by what was known of
// each; see [Dossier.Attest].
func (d *Dossier) SignedClaims() []ledger.Fact {
	if d.Product == nil {
		return nil
	}
	return d.Product.claims
}

// Attest adds signed attestations that were verified and may be trusted, whenever
// they count: those by what was published by the dossier's known day, and those
// by its horizon, the earlier of that and its own day.
func (d *Dossier) Attest(known, ahead []Attestation, audience access.Audience) {
	p := d.Product
	d.Audience = d.Audience.And(audience)
	p.signed, p.signedAhead = known, ahead
	d.Attestations = p.inForce(d.At.Date, d.At.Known, p.signed)
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
// one: those that are not signed, and the signed ones.
func (p *Product) inForce(date, known access.Date, signed []Attestation) []Attestation {
	out := []Attestation{}
	add := func(a *Attestation) {
		if a.Date <= date && (a.Until == "" || date < a.Until) {
			out = append(out, *a)
		}
	}
	for i := range p.said {
		if p.said[i].fact.PublishedBy(known) {
			add(&p.said[i])
		}
	}
	for i := range signed {
		add(&signed[i])
	}
	slices.SortStableFunc(out, func(a, b Attestation) int {
		return cmp.Or(-cmp.Compare(a.Date, b.Date), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Title, b.Title), cmp.Compare(a.About, b.About))
	})
	return out
}
