package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
)

// productView is the page about a product that has a label.
type productView struct {
	subjectView
	Labels       []labelledView
	Covers       []coveredView
	Attestations []dossier.Attestation
}

// labelledView is a label with what is made of its parties.
type labelledView struct {
	dossier.Label
	Public  string // address of its page in the public registry
	Parties []partnerView
}

// partnerView is a party to a label with the way to its own page.
type partnerView struct {
	dossier.LabelParty
	Tone, Link string
}

// coveredView is a release that a label covers.
type coveredView struct {
	Release   dossier.Release
	Link      string
	Open      int // findings that nobody answered
	Suppliers []supplierView
}

// product is the page about a product, by its label. With part=answer it is only
// what changes with the moment.
func (c *Console) product(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	subject := strings.TrimSpace(q.Get("subject"))
	if subject == "" {
		see(w, r, "%s", m.Link("/"))
		return nil
	}
	purpose, err := purposeOf(q.Get("purpose"))
	if err != nil {
		return err
	}
	answer, d, err := c.questions.Check(r.Context(), m.ask(r), Question{Subject: subject, Purpose: purpose})
	if err != nil {
		return err
	}
	if !isProduct(d) { // a name that somebody has, or several products
		see(w, r, "%s", m.Link("/party", "subject", subject, "purpose", purpose))
		return nil
	}
	v := productViewOf(m, subject, purpose, answer, d)
	if q.Get("part") == "answer" {
		return c.fragment(w, r, m, "product", "answer", v)
	}
	return c.show(w, r, m, "product", d.Subject.Name, v)
}

// isProduct reports whether a dossier is of a product, and not of a release or a
// party.
func isProduct(d *dossier.Dossier) bool { return d.Product != nil && d.Software == nil }

func productViewOf(m Moment, query, purpose string, a *decision.Answer, d *dossier.Dossier) productView {
	v := productView{
		subjectView: subjectOf(m, "/product", query, purpose, a, d),
		Labels:      labelledOf(d, m), Attestations: d.Attestations,
	}
	for _, s := range d.Covers {
		covered := coveredView{Release: s.Release, Link: m.Link("/release", "subject", s.Release.ID), Suppliers: suppliersOf(s, m)}
		for i := range s.Findings {
			if s.Findings[i].Open() {
				covered.Open++
			}
		}
		v.Covers = append(v.Covers, covered)
	}
	v.Scale = newScale(labelDays(d, m), min(m.Known, m.Today))
	for _, day := range labelDays(d, m) {
		if v.Scale.Holds(day) {
			v.Scale.Moments = append(v.Scale.Moments, v.Scale.X(day))
		}
	}
	return v
}

func labelledOf(d *dossier.Dossier, m Moment) []labelledView {
	if d.Product == nil {
		return nil
	}
	var out []labelledView
	for i := range d.Labels {
		l := labelledView{Label: d.Labels[i], Public: "/labels/" + d.Labels[i].State.Label}
		if l.Status != label.None && !l.Status.IsPublic() {
			l.Public = "/labelling/" + l.State.Label
		}
		for _, p := range l.Label.Parties {
			partner := partnerView{LabelParty: p, Tone: supplierTone(p.State)}
			if p.Party != "" || p.State == dossier.SupplierAmbiguous {
				partner.Link = m.Link("/party", "subject", cmp.Or(p.Party, p.Name), "purpose", "label")
			}
			l.Parties = append(l.Parties, partner)
		}
		out = append(out, l)
	}
	return out
}

// labelDays is the days on which something happened to the labels, or will.
func labelDays(d *dossier.Dossier, m Moment) []access.Date {
	days := []access.Date{min(m.Known, m.Today)}
	for i := range d.Labels {
		l := &d.Labels[i]
		days = append(days, l.Since, l.Reinstated)
		if t := l.Terms; t != nil {
			days = append(days, t.ValidFrom, t.ValidUntil, t.SupportEnd)
		}
		for _, g := range slices.Concat(l.Grounds, l.Warnings) {
			days = append(days, g.Since, g.Due, g.Offered)
		}
	}
	slices.Sort(days)
	return slices.DeleteFunc(slices.Compact(days), func(day access.Date) bool { return day == "" || day >= access.Forever })
}
