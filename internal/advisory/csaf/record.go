package csaf

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/advisory/vex/vers"
	"countersign.dev/internal/software/ecosystem"
	"countersign.dev/internal/software/purl"
)

// found is what the vulnerabilities of a document add to its record.
type found struct {
	ids        []string
	details    string
	severities []advisory.Severity
	cwes       []string
	references []advisory.Reference

	affected []*advisory.Affected
	byKey    map[string]*advisory.Affected
	seen     map[affecting]bool
}

// affecting is a product in certain versions, to be noted once.
type affecting struct {
	key, versions string
}

// bounds of what a record keeps.
const (
	maxReferenced = 50
	maxRatings    = 50
)

// idForm is the form of ids that databases of weaknesses give. Numbers of issue
// trackers are none.
var idForm = regexp.MustCompile(`^[A-Z]{2,12}-[0-9A-Za-z][-0-9A-Za-z:.]{2,60}$`)

// names is what a vulnerability is called by: its CVE, else the first id that
// it has; the others are aliases if they have the form of one. One without any
// goes by the document's id, and its number where there are several.
func (r *reader) names(v *vulnerability, number int) (id string, aliases []string) {
	id = strings.TrimSpace(v.CVE)
	for _, other := range v.IDs {
		text := strings.TrimSpace(other.Text)
		formed := idForm.MatchString(text)
		switch {
		case id == "" && formed:
			id = text
		case formed && text != id && !slices.Contains(aliases, text):
			aliases = append(aliases, text)
		}
	}
	if id == "" && len(v.IDs) > 0 {
		id = strings.TrimSpace(v.IDs[0].System + " " + v.IDs[0].Text)
	}
	if id == "" {
		id = r.doc.Document.Tracking.ID
		if len(r.doc.Vulnerabilities) > 1 {
			id += "#" + strconv.Itoa(number)
		}
	}
	return id, aliases
}

// describe notes what a vulnerability is.
func (f *found) describe(r *reader, v *vulnerability, ids []string, place string) {
	for _, id := range ids {
		if !slices.Contains(f.ids, id) {
			f.ids = append(f.ids, id)
		}
	}
	f.details = cmp.Or(f.details, textOf(v.Notes), v.Title)
	for _, c := range append([]cwe{v.CWE}, v.CWEs...) {
		if c.ID != "" && !slices.Contains(f.cwes, c.ID) {
			f.cwes = append(f.cwes, c.ID)
		}
	}
	for i := range v.Scores {
		f.rate(r, &v.Scores[i], jsondoc.At(place+".scores", i), r.doc.Document.Publisher.Name)
	}
	for i := range v.Metrics {
		m := &v.Metrics[i]
		f.rate(r, &m.Content, jsondoc.At(place+".metrics", i), cmp.Or(m.Source, r.doc.Document.Publisher.Name))
	}
	for _, m := range v.Remediations {
		if m.Category == "vendor_fix" {
			f.refer("FIX", m.URL)
		}
	}
}

// rate notes the ratings of one score.
func (f *found) rate(r *reader, s *score, place, source string) {
	for _, c := range []struct {
		kind string
		cvss *cvss
	}{{advisory.CVSSv4, s.V4}, {advisory.CVSSv3, s.V3}, {advisory.CVSSv2, s.V2}} {
		if c.cvss == nil || c.cvss.Vector == "" || len(f.severities) >= maxRatings {
			continue
		}
		rating := advisory.RateVector(c.kind, c.cvss.Vector, source)
		if rating.Word == "" {
			r.Warn(place, "%q is no vector of CVSS", vex.Clip(c.cvss.Vector, 100))
		}
		if !slices.Contains(f.severities, rating) {
			f.severities = append(f.severities, rating)
		}
	}
}

func (f *found) refer(kind, url string) {
	ref := advisory.Reference{Type: kind, URL: url}
	if url != "" && len(f.references) < maxReferenced && !slices.Contains(f.references, ref) {
		f.references = append(f.references, ref)
	}
}

// textOf is the note that says most about the matter.
func textOf(notes []note) string {
	for _, category := range []string{"summary", "description", "details"} {
		for _, n := range notes {
			if n.Category == category && strings.TrimSpace(n.Text) != "" {
				return n.Text
			}
		}
	}
	return ""
}

// affect notes that a product is affected, under its best identifier for that.
// Of a component that is affected within another product nothing is said here.
func (f *found) affect(p *product, unfixed string) {
	if p.related() && !p.identified() {
		return
	}
	a, c := p.affected()
	if a == nil {
		return
	}
	key := cmp.Or(advisory.TermOf(a), vex.ProductTerm(strings.TrimSpace(a.Maker+" "+a.Name)))
	if f.byKey == nil {
		f.byKey, f.seen = map[string]*advisory.Affected{}, map[affecting]bool{}
	}
	at := affecting{key, c.id + " " + c.versions}
	if f.seen[at] {
		return
	}
	f.seen[at] = true
	all := f.byKey[key]
	if all == nil {
		all = a
		f.byKey[key] = all
		f.affected = append(f.affected, all)
	}
	all.Unfixed = cmp.Or(all.Unfixed, unfixed)
	c.addTo(all)
}

// affected is what of a product an advisory says is affected, without its
// versions.
func (p *product) affected() (*advisory.Affected, called) {
	names := p.identities() // package URLs first
	a := &advisory.Affected{Maker: p.maker, Name: cmp.Or(p.line, p.name)}
	if c := names[0]; len(p.purls) > 0 {
		u, err := purl.Read(c.id)
		if err != nil {
			return nil, called{} // was read when the tree was
		}
		a.PURL = u.Bare().String()
		if packages, version := ecosystem.Of(u); len(packages) > 0 {
			a.Ecosystem, a.Name = packages[0].Ecosystem, packages[0].Name
			u.Version = version
		}
		if u.Version != "" {
			c.versions = exactly(u.Version)
		}
		return a, c
	}
	for _, c := range names {
		if cpe, ok := advisory.ParseCPE(c.id); ok {
			a.CPE = c.id
			if cpe.Version != "" {
				c.versions = exactly(strings.TrimSpace(cpe.Version + " " + cpe.Update))
			}
			return a, c
		}
	}
	if p.line == "" || p.narrow {
		return nil, called{}
	}
	return a, called{id: p.title(), versions: p.versions("generic")}
}

func exactly(version string) string {
	r := vers.Range{Scheme: "generic", Constraints: []vers.Constraint{{Op: "=", Version: version}}}
	return r.String()
}

// addTo adds the versions to those affected. Words that are no range stay as
// the end of one: whoever compares with them does not know.
func (c *called) addTo(a *advisory.Affected) {
	switch r, err := vers.Parse(c.versions); {
	case c.versions == "":
		every := vers.Range{All: true}
		every.Affected(a)
	case err != nil:
		a.Ranges = append(a.Ranges, advisory.Range{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "0"}, {LastAffected: c.versions}}})
	default:
		r.Affected(a)
	}
}

// part is what a product is called as a component of another. There is no place
// for a range of its versions: such a one goes by its full name, which says no
// more than was meant.
func (p *product) part() string {
	c := p.identities()[0]
	if c.versions == "" {
		return c.id
	}
	r, err := vers.Parse(c.versions)
	if u, notPURL := purl.Read(c.id); err == nil && notPURL == nil && r.Exact() != "" {
		u.Version = r.Exact()
		return u.String()
	}
	return p.name
}

// record states the advisory and what is affected.
func (r *reader) record() {
	d := &r.doc.Document
	rec := &advisory.Record{
		ID: strings.TrimSpace(d.Tracking.ID), Summary: d.Title, Details: clipDetails(cmp.Or(textOf(d.Notes), r.found.details)),
		Severities: r.found.severities, CWEs: r.found.cwes, Published: d.Tracking.InitialReleaseDate, Modified: d.Tracking.CurrentReleaseDate,
		Issuer: d.Publisher.Name,
	}
	if one, ok := advisory.RateWord(d.AggregateSeverity.Text, d.Publisher.Name); ok {
		rec.Severities = append(rec.Severities, one)
	}
	if d.Category == "csaf_withdrawn" || d.Category == "csaf_superseded" { // profiles of version 2.1
		rec.Withdrawn = r.released
	}
	rec.Aliases, rec.Related = r.aliases()
	for _, ref := range d.References {
		kind := "WEB"
		if ref.Category == "self" {
			kind = "ADVISORY"
		}
		r.found.refer(kind, ref.URL)
	}
	rec.References = r.found.references
	affected := make([]advisory.Affected, len(r.found.affected))
	for i, a := range r.found.affected {
		affected[i] = *a
	}
	statements := advisory.Statements(rec, affected, "")
	for i := range statements {
		st := &statements[i]
		if a, ok := st.Body.(*advisory.Affected); ok && st.Term == "" {
			st.Term = vex.ProductTerm(strings.TrimSpace(a.Maker + " " + a.Name))
		}
	}
	r.Reading.Statements = append(statements, r.Reading.Statements...)
}

// aliases is the other ids of the weakness, for a document about one; for one
// about several they are related.
func (r *reader) aliases() (aliases, related []string) {
	var cves []string
	for _, id := range r.found.ids {
		if strings.HasPrefix(strings.ToUpper(id), "CVE-") {
			cves = append(cves, id)
		}
	}
	if len(cves) == 1 && len(r.doc.Vulnerabilities) == 1 {
		aliases = cves
	}
	own := r.doc.Document.Tracking.ID
	for _, id := range append(slices.Clone(r.found.ids), r.doc.Document.Tracking.Aliases...) {
		if id != own && !slices.Contains(aliases, id) && !slices.Contains(related, id) && len(related) < maxReferenced {
			related = append(related, id)
		}
	}
	return slices.DeleteFunc(aliases, func(id string) bool { return id == own }), related
}

func clipDetails(s string) string { return vex.Clip(s, advisory.MaxDetails-len("…")) }
