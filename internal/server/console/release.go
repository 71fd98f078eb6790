package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// releaseView is the page about one release of a product.
type releaseView struct {
	subjectView
	Release   dossier.Release
	Made      access.Date // the bill
	Compare   string      // address
	Package   string      // address of the page about the package; "" without a purl
	Tally     tallyView
	Findings  []findingGroup
	Sources   []advisorySource
	Tree      *treeView // nil without a bill
	Quality   *qualityView
	Licences  []dossier.LicenceUse
	Suppliers []supplierView
	Labels    []labelledView // that cover it

	Attestations []dossier.Attestation
	Runs         []node.ImpactedSystem
	History      []ledger.EditionEntry // newest first
	Series       string                // address of the bill's series
	Stated       string                // position of a statement that was just made
	Form         vexChoices
}

// release is the page about one release. With part=answer it is only what
// changes with the moment, and with part=tree the tree alone.
func (c *Console) release(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	subject := strings.TrimSpace(q.Get("subject"))
	if subject == "" {
		see(w, r, "%s", m.Link("/releases"))
		return nil
	}
	if q.Get("part") == "tree" {
		return c.releaseTree(w, r, m, subject)
	}
	purpose, err := purposeOf(q.Get("purpose"))
	if err != nil {
		return err
	}
	answer, d, err := c.questions.Check(r.Context(), m.ask(r), Question{Subject: subject, Purpose: purpose})
	if err != nil {
		return err
	}
	if d.Software == nil { // a name that parties have, a product, several releases, or nobody
		see(w, r, "%s", m.Link("/party", "subject", subject, "purpose", purpose))
		return nil
	}
	v := releaseViewOf(m, subject, purpose, answer, d)
	v.Tree = treeOf(d.Software, m, q.Get("find"))
	v.Stated = q.Get("stated")
	v.Form = choicesOf(visitorOf(r.Context()).Reader)
	if err := c.aroundRelease(r, m, &v); err != nil {
		return err
	}
	if q.Get("part") == "answer" {
		return c.fragment(w, r, m, "release", "answer", v)
	}
	return c.show(w, r, m, "release", v.Subject.Name, v)
}

// aroundRelease adds what is not in the dossier: who runs the release, and the
// editions of its bill.
func (c *Console) aroundRelease(r *http.Request, m Moment, v *releaseView) error {
	around, err := c.questions.Impact(r.Context(), m.ask(r), v.Release.ID, 0, mostImpact)
	if err != nil {
		return err
	}
	for _, each := range around.Releases {
		if each.ID == v.Release.ID {
			v.Runs = each.Systems
		}
	}
	v.Runs = slices.Concat(v.Runs, around.Unmatched)
	if !v.Release.Held {
		return nil
	}
	series := billSeries + v.Release.ID
	v.Series = m.Link("/lists/" + series)
	v.History, err = c.questions.Editions(r.Context(), m.ask(r), series)
	if problem.KindOf(err) == problem.NotFound { // a file of another name
		err = nil
	}
	slices.Reverse(v.History)
	return err
}

// billSeries is what the names of the series of bills begin with.
const billSeries = "sbom/"

func releaseViewOf(m Moment, query, purpose string, a *decision.Answer, d *dossier.Dossier) releaseView {
	s := d.Software
	v := releaseView{
		subjectView: subjectOf(m, "/release", query, purpose, a, d),
		Release:     s.Release, Made: advisory.DayOf(s.Release.Created), Licences: s.Licences,
		Tally: tallyOf(s.Findings), Findings: groupFindings(s, m), Sources: sourcesOf(s, m.At),
		Quality: qualityOf(s.Quality), Suppliers: suppliersOf(s, m),
		Compare: m.Link("/compare", "a", s.Release.ID),
	}
	v.Labels = labelledOf(d, m)
	if d.Product != nil {
		v.Attestations = d.Attestations
	}
	if s.Release.PURL != "" {
		v.Package = m.Link("/component", "purl", s.Release.PURL)
	}
	v.Scale = newScale(softwareDays(s, m), min(m.Known, m.Today))
	for _, day := range softwareDays(s, m) {
		if v.Scale.Holds(day) {
			v.Scale.Moments = append(v.Scale.Moments, v.Scale.X(day))
		}
	}
	return v
}

// softwareDays is the days on which something is said of the release.
func softwareDays(s *dossier.Software, m Moment) []access.Date {
	days := []access.Date{advisory.DayOf(s.Release.Created), access.Date(s.Release.EndOfLife), min(m.Known, m.Today)}
	for i := range s.Findings {
		f := &s.Findings[i]
		days = append(days, advisory.DayOf(f.Published))
		if f.KEV != nil {
			days = append(days, access.Date(f.KEV.Added), access.Date(f.KEV.Due))
		}
		if f.VEX != nil {
			days = append(days, advisory.DayOf(f.VEX.Issued))
		}
	}
	for i := range s.Suppliers {
		for _, l := range s.Suppliers[i].Listings {
			for _, e := range l.Events {
				days = append(days, e.Date)
			}
		}
	}
	slices.Sort(days)
	days = slices.Compact(days)
	return slices.DeleteFunc(days, func(d access.Date) bool { return d == "" })
}

// advisorySource is what is held of advisories for an ecosystem, or of a
// catalogue.
type advisorySource struct {
	Kind       string // as findings have it
	Ecosystem  string
	Components int
	Held       bool
	Newest     access.Date
	Age        int // days to the day asked about
}

func sourcesOf(s *dossier.Software, at access.Date) []advisorySource {
	var out []advisorySource
	for _, src := range s.Sources {
		v := advisorySource{Kind: src.Kind, Ecosystem: src.Ecosystem, Components: src.Components, Held: src.Held, Newest: src.Newest}
		if src.Newest != "" {
			v.Age = max(0, daysBetween(src.Newest, at))
		}
		out = append(out, v)
	}
	return out
}

// supplierView is a supplier with the way to its own page.
type supplierView struct {
	dossier.Supplier
	Tone  string
	Link  string
	Roles []roleView // in which the bill names them
}

// roleView is what of the release somebody is named for.
type roleView struct {
	Role       string
	Components int
	Examples   []string
}

func suppliersOf(s *dossier.Software, m Moment) []supplierView {
	var out []supplierView
	at := map[string]int{} // by name and state
	for _, each := range s.Suppliers {
		role, key := roleView{each.Role, each.Components, each.Examples}, software.Fold(each.Name)+" "+each.State
		if i, named := at[key]; named {
			out[i].Roles = append(out[i].Roles, role)
			continue
		}
		at[key] = len(out)
		v := supplierView{Supplier: each, Tone: supplierTone(each.State), Roles: []roleView{role}}
		if each.Party != "" || each.State == dossier.SupplierAmbiguous {
			v.Link = m.Link("/party", "subject", cmp.Or(each.Party, each.Name))
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b supplierView) int {
		return cmp.Compare(slices.Index(supplierOrder, a.State), slices.Index(supplierOrder, b.State))
	})
	return out
}

// supplierOrder puts those first that somebody has to look at.
var supplierOrder = []string{
	dossier.SupplierRestricted, dossier.SupplierOwned, dossier.SupplierListed, dossier.SupplierAmbiguous, dossier.SupplierNotChecked, dossier.SupplierNotListed,
}

func supplierTone(state string) string {
	switch state {
	case dossier.SupplierRestricted, dossier.SupplierOwned:
		return "deny"
	case dossier.SupplierListed, dossier.SupplierAmbiguous, dossier.SupplierNotChecked:
		return "review"
	}
	return "none"
}

// mostImpact is how many releases one question about impact brings.
const mostImpact = 200

// systemsView is a table of systems that run something.
type systemsView struct {
	Moment  Moment
	Caption string
	Rows    []node.ImpactedSystem
}

func systemsPart(p page, rows []node.ImpactedSystem) systemsView {
	return systemsView{p.Moment, "Deployments in service on " + string(p.Moment.At) + ", as inventories state them.", rows}
}
