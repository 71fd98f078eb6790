package cli

import (
	"fmt"
	"strings"

	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
)

// product prints what is held about labels, and of what a product's label covers
// the weaknesses and who supplies it; the rest is told of the release itself.
func (a *app) product(p *dossier.Product) {
	if p == nil {
		return
	}
	for i := range p.Labels {
		a.labelOf(&p.Labels[i])
	}
	a.attestations(p.Attestations)
	for _, s := range p.Covers {
		a.line("")
		a.line("%s  %s", a.style(bold, "covers "+oneLine(join(" ", s.Release.Name, s.Release.Version))), a.style(faint, s.Release.ID))
		a.weaknesses(s.Findings)
		a.suppliers(s.Suppliers)
	}
}

// labelOf prints a label, and who has part in it.
func (a *app) labelOf(l *dossier.Label) {
	a.line("")
	status := "not given by then"
	if l.Status != label.None {
		status = a.style(labelColours[l.Status], string(l.Status)) + " since " + string(l.Since)
	}
	a.line("%s  %s: %s", a.style(bold, "label "+l.State.Label), oneLine(l.Product), status)
	if l.Reason != "" {
		a.paragraph("  why      ", oneLine(l.Reason))
	}
	if t := l.Terms; t != nil {
		ends := fmt.Sprintf("from %s to %s (%s), scheme %s%s", t.ValidFrom, t.ValidUntil.AddDays(-1), endsBy(t), t.Scheme, tierOf(t.Tier))
		a.paragraph("  valid    ", ends)
		if t.SupportEnd != "" {
			a.paragraph("  support  ", "until "+string(t.SupportEnd.AddDays(-1)))
		}
	}
	for _, g := range l.Grounds {
		a.paragraph("  ground   ", oneLine(fmt.Sprintf("since %s: %s", g.Since, g.Reason)))
		if g.Offered != "" {
			a.paragraph("           ", oneLine(fmt.Sprintf("may be given back from %s: %s", g.Offered, g.Why)))
		}
	}
	for _, g := range l.Warnings {
		a.paragraph("  warned   ", oneLine(fmt.Sprintf("becomes a suspension on %s: %s", g.Due, g.Reason)))
	}
	for _, p := range l.Parties {
		a.paragraph("  party    ", oneLine(join(": ", fmt.Sprintf("%s, %s", p.Name, p.Role), strings.ReplaceAll(p.State, "_", " "), p.Why)))
	}
}

// attestations prints what is attested, of which nothing is said whether it is so.
func (a *app) attestations(list []dossier.Attestation) {
	if len(list) == 0 {
		return
	}
	a.line("")
	a.line("%s  %s", a.style(bold, "attestations"), a.style(faint, "claims of those who issue them"))
	for _, t := range list {
		words := fmt.Sprintf("%s: %s, %s", t.Issuer, t.Title, t.Date)
		if t.Until != "" {
			words += " to " + string(t.Until.AddDays(-1))
		}
		if len(t.Open) > 0 {
			words += "; leaves open " + strings.Join(t.Open, ", ")
		}
		a.paragraph("  ", oneLine(words))
	}
}
