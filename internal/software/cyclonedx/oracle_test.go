package cyclonedx

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/software"
)

// The specification project's own library reads every real document in the
// same way: components, relations, vulnerabilities and what is said of the
// bill.
func TestLibraryAgrees(t *testing.T) {
	compared, components, relations, weaknesses := 0, 0, 0, 0
	for _, f := range realFiles(t, everyFolder...) {
		if meant(f.name, "invalid") || strings.Contains(f.name, "skip_invalid") {
			continue
		}
		got, err := Read(t.Context(), f.bytes, Limits{})
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		format := cdx.BOMFileFormatJSON
		if got.Encoding == "xml" {
			format = cdx.BOMFileFormatXML
		}
		var want cdx.BOM
		if err := cdx.NewBOMDecoder(bytes.NewReader(f.bytes), format).Decode(&want); err != nil {
			if beyondLibrary[f.name] == "" {
				t.Errorf("%s: the library cannot read it: %v", f.name, err)
			}
			continue
		}
		compared++
		o := oracle{known: map[string]bool{}}
		o.bill(&want)
		lines := ours(got)
		for part, d := range map[string]string{
			"components": cmp.Diff(o.components, lines.components), "relations": cmp.Diff(o.relations, lines.relations),
			"vulnerabilities": cmp.Diff(o.weaknesses, lines.weaknesses), "the bill": cmp.Diff(o.about, lines.about),
		} {
			if d != "" {
				t.Errorf("%s: %s: %.2000s", f.name, part, d)
			}
		}
		components, relations, weaknesses = components+len(o.components), relations+len(o.relations), weaknesses+len(o.weaknesses)
	}
	t.Logf("%d documents, %d components, %d relations, %d vulnerabilities", compared, components, relations, weaknesses)
	if compared < 570 {
		t.Errorf("%d documents compared", compared)
	}
}

// beyondLibrary are the documents that the library cannot read, with the
// reason.
var beyondLibrary = map[string]string{
	"sbom/cyclonedx-conformance/1.6/valid-attestation-1.6.json": "the classification of data as a string",
	"sbom/cyclonedx-conformance/1.7/valid-attestation-1.7.json": "the classification of data as a string",
	"sbom/cyclonedx-conformance/1.7/valid-patent-1.7.json":      "an asserter that is a bom-ref",
}

// facts is a bill as lines, each sorted.
type facts struct{ components, relations, weaknesses, about []string }

func (l *facts) sort() {
	for _, part := range [][]string{l.components, l.relations, l.weaknesses} {
		slices.Sort(part)
	}
}

// ours are the lines of what was read here.
func ours(b *software.Bill) facts {
	var out facts
	for i := range b.Components {
		c := &b.Components[i]
		parent := ""
		if c.Parent >= 0 {
			parent = b.Components[c.Parent].Name
		}
		var hashes, licences []string
		for _, h := range c.Hashes {
			hashes = append(hashes, h.Algorithm+":"+h.Value)
		}
		for _, l := range c.Licences {
			licences = append(licences, strings.Join([]string{l.Expression, l.Name, l.Acknowledged}, "/"))
		}
		out.components = append(out.components, fmt.Sprintf("%s %s|%s|%s|%s|%s|%s|%q|%q|in %s|%s|%s|%s|%s|%s|%s", refOf(c.Ref), c.Type, c.Group, c.Name, c.Version, c.PURL,
			strings.Join(c.CPEs, " "), hashes, licences, parent, c.Supplier, c.Maker, c.Publisher, c.Author, c.Copyright, c.Scope))
	}
	for _, e := range b.Edges {
		out.relations = append(out.relations, fmt.Sprintf("%s %s> %s", b.Components[e.From].Ref, e.Kind, b.Components[e.To].Ref))
	}
	for _, w := range b.Weaknesses {
		out.weaknesses = append(out.weaknesses, fmt.Sprintf("%+v", w))
	}
	out.about = []string{b.Version, b.ID, fmt.Sprint(b.Revision), b.Created, b.Supplier, fmt.Sprintf("%q %q", b.Tools, b.Authors)}
	out.sort()
	return out
}

// refOf is a bom-ref without what was put behind one that is not unique.
func refOf(ref string) string {
	if at := strings.LastIndexByte(ref, '#'); at >= 0 && len(ref)-at <= 3 {
		return ref[:at]
	}
	return ref
}

// oracle makes the same lines of what the library read.
type oracle struct {
	facts
	known map[string]bool // bom-refs
}

func (o *oracle) bill(b *cdx.BOM) {
	m := b.Metadata
	if m == nil {
		m = &cdx.Metadata{}
	}
	if m.Component != nil {
		o.component(m.Component, "", organisation(m.Supplier), organisation(m.Manufacture))
	}
	o.all(b.Components, "")
	o.services(b.Services, "")
	for _, d := range list(b.Dependencies) {
		for _, to := range list(d.Dependencies) {
			o.relation(d.Ref, "", to)
		}
		for _, to := range list(d.Provides) {
			o.relation(d.Ref, "provides", to)
		}
	}
	for i := range list(b.Vulnerabilities) {
		o.weaknesses = append(o.weaknesses, fmt.Sprintf("%+v", weaknessOf(&(*b.Vulnerabilities)[i])))
	}
	authors := people(m.Authors)
	if name := organisation(m.Manufacturer); name != "" {
		authors = append(authors, name)
	}
	o.about = []string{b.SpecVersion.String(), b.SerialNumber, fmt.Sprint(b.Version), strings.TrimSpace(m.Timestamp), organisation(m.Supplier), fmt.Sprintf("%q %q", tools(m.Tools), authors)}
	o.sort()
}

func (o *oracle) all(components *[]cdx.Component, parent string) {
	for i := range list(components) {
		o.component(&(*components)[i], parent, "", "")
	}
}

func (o *oracle) component(c *cdx.Component, parent, supplied, manufacture string) {
	name := strings.TrimSpace(c.Name)
	if name == "" && c.BOMRef == "" && c.PackageURL == "" && c.CPE == "" && len(list(c.Components)) == 0 {
		return
	}
	o.known[c.BOMRef] = true
	var hashes []string
	for _, h := range list(c.Hashes) {
		if len(h.Value)%8 == 0 && strings.Trim(strings.ToLower(h.Value), "0123456789abcdef") == "" {
			hashes = append(hashes, string(h.Algorithm)+":"+strings.ToLower(h.Value))
		}
	}
	author, maker := strings.TrimSpace(c.Author), organisation(c.Manufacturer)
	if all := people(c.Authors); len(all) > 0 {
		author = strings.Join(all, ", ")
	}
	if maker == "" {
		maker = manufacture
	}
	supplier := organisation(c.Supplier)
	if supplier == "" {
		supplier = supplied
	}
	licences, copyright := licencesOf(c.Licenses), trim(c.Copyright)
	if e := c.Evidence; e != nil {
		if len(licences) == 0 {
			licences = licencesOf(e.Licenses)
		}
		var notices []string
		for _, n := range list(e.Copyright) {
			notices = append(notices, trim(n.Text))
		}
		if copyright == "" {
			copyright = strings.Join(distinct(notices), "\n")
		}
	}
	o.components = append(o.components, fmt.Sprintf("%s %s|%s|%s|%s|%s|%s|%q|%q|in %s|%s|%s|%s|%s|%s|%s", c.BOMRef, c.Type, trim(c.Group), name, trim(c.Version), trim(c.PackageURL),
		trim(c.CPE), hashes, licences, parent, supplier, maker, trim(c.Publisher), author, copyright, c.Scope))
	o.all(c.Components, name)
}

func (o *oracle) services(services *[]cdx.Service, parent string) {
	for _, s := range list(services) {
		name := trim(s.Name)
		o.known[s.BOMRef] = true
		o.components = append(o.components, fmt.Sprintf("%s service|%s|%s|%s|||[]|%q|in %s|%s|||||", s.BOMRef, trim(s.Group), name, trim(s.Version), licencesOf(s.Licenses), parent, organisation(s.Provider)))
		o.services(s.Services, name)
	}
}

func (o *oracle) relation(from, kind, to string) {
	if o.known[from] && o.known[to] {
		o.relations = append(o.relations, fmt.Sprintf("%s %s> %s", from, kind, to))
	}
}

func weaknessOf(v *cdx.Vulnerability) software.Weakness {
	w := software.Weakness{
		ID: trim(v.ID), Description: trim(v.Description), Detail: trim(v.Detail), Recommended: trim(v.Recommendation),
		Published: trim(v.Published), Updated: trim(v.Updated), CWEs: list(v.CWEs),
	}
	if v.Source != nil {
		w.Source, w.URL = trim(v.Source.Name), trim(v.Source.URL)
	}
	for _, r := range list(v.References) {
		w.Aliases = append(w.Aliases, trim(r.ID))
	}
	for _, r := range list(v.Ratings) {
		s := software.Severity{Method: string(r.Method), Vector: trim(r.Vector), Word: string(r.Severity)}
		if r.Score != nil {
			s.Score = *r.Score
		}
		if r.Source != nil {
			s.Source = trim(r.Source.Name)
		}
		w.Severities = append(w.Severities, s)
	}
	if a := v.Analysis; a != nil {
		w.State, w.Justification, w.Statement = string(a.State), string(a.Justification), trim(a.Detail)
		w.FirstIssued, w.LastUpdated = trim(a.FirstIssued), trim(a.LastUpdated)
		for _, r := range list(a.Response) {
			w.Responses = append(w.Responses, string(r))
		}
	}
	for _, a := range list(v.Affects) {
		one := software.Affects{Ref: a.Ref}
		for _, r := range list(a.Range) {
			if r.Status == "" {
				r.Status = "affected"
			}
			one.Versions = append(one.Versions, software.AffectedVersion{Version: trim(r.Version), Range: trim(r.Range), Status: string(r.Status)})
		}
		w.Affects = append(w.Affects, one)
	}
	return w
}

func licencesOf(all *cdx.Licenses) []string {
	if all == nil {
		return nil
	}
	var out []string
	for _, l := range *all {
		id, name, acknowledged := trim(l.Expression), "", ""
		if l.Acknowledgement != nil {
			acknowledged = string(*l.Acknowledgement)
		}
		if l.License != nil {
			id, name, acknowledged = trim(l.License.ID), trim(l.License.Name), string(l.License.Acknowledgement)
		}
		if id != "" || name != "" {
			out = append(out, strings.Join([]string{id, name, acknowledged}, "/"))
		}
	}
	return out
}

func tools(t *cdx.ToolsChoice) (out []string) {
	if t == nil {
		return nil
	}
	for _, one := range list(t.Tools) {
		out = append(out, trim(one.Name+" "+one.Version))
	}
	for _, one := range list(t.Components) {
		out = append(out, trim(one.Name+" "+one.Version))
	}
	for _, one := range list(t.Services) {
		out = append(out, trim(one.Name+" "+one.Version))
	}
	return out
}

func people(all *[]cdx.OrganizationalContact) (out []string) {
	for _, p := range list(all) {
		if name := trim(p.Name); name != "" {
			out = append(out, name)
		} else if p.Email != "" {
			out = append(out, trim(p.Email))
		}
	}
	return out
}

func organisation(o *cdx.OrganizationalEntity) string {
	if o == nil {
		return ""
	}
	return trim(o.Name)
}

func trim(s string) string { return strings.TrimSpace(s) }

func list[T any](p *[]T) []T {
	if p == nil {
		return nil
	}
	return *p
}
