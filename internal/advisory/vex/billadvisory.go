package vex

import (
	"cmp"
	"strconv"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/vers"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/ecosystem"
	"countersign.dev/internal/software/purl"
)

// affectedVersions is what an advisory says of the versions that a bill calls
// affected; nothing when it gives none.
func affectedVersions(a *software.Affects, c *software.Component) []advisory.Affected {
	out := advisory.Affected{Name: c.Name, Maker: cmp.Or(c.Supplier, c.Maker, c.Publisher)}
	if p, err := purl.Read(c.PURL); err == nil {
		out.PURL = p.Bare().String()
		if packages, _ := ecosystem.Of(p); len(packages) > 0 {
			out.Ecosystem, out.Name = packages[0].Ecosystem, packages[0].Name
		}
	} else if len(c.CPEs) > 0 {
		out.CPE = c.CPEs[0]
	}
	for i := range a.Versions {
		v := &a.Versions[i]
		if v.Status != "" && v.Status != "affected" {
			continue
		}
		if r, err := vers.Parse(rangeOf(v)); err == nil {
			r.Affected(&out)
		}
	}
	if len(out.Ranges)+len(out.Versions) == 0 {
		return nil
	}
	return []advisory.Affected{out}
}

// published is an advisory that a bill amounts to.
type published struct {
	record   *advisory.Record
	affected []advisory.Affected
}

// publish notes an advisory that a bill amounts to. Its id is the bill's
// issuer's own, so that it stands beside what others publish about the weakness
// and never in its place.
func (r *billReader) publish(w *software.Weakness, affected []advisory.Affected) {
	id := strings.TrimPrefix(Source("", cmp.Or(software.Fold(r.issuer), r.bill.ID, "unknown")), "/") + ":" + w.ID
	if w.ID == "" || len(w.ID) > maxWeakness {
		return
	}
	for i := range r.published {
		if p := &r.published[i]; p.record.ID == id {
			p.affected = append(p.affected, affected...)
			return
		}
	}
	rec := &advisory.Record{
		ID: id, Aliases: append([]string{w.ID}, w.Aliases[:min(len(w.Aliases), maxAliases)]...), Summary: Clip(w.Description, maxWords),
		Details: Clip(w.Detail, advisory.MaxDetails-len("…")), Published: w.Published, Modified: w.Updated, Issuer: r.issuer,
	}
	for i := range w.Severities {
		if rating, ok := rate(&w.Severities[i]); ok {
			rec.Severities = append(rec.Severities, rating)
		}
	}
	for _, n := range w.CWEs {
		rec.CWEs = append(rec.CWEs, "CWE-"+strconv.Itoa(n))
	}
	if w.URL != "" {
		rec.References = []advisory.Reference{{Type: "WEB", URL: w.URL}}
	}
	r.published = append(r.published, published{rec, affected})
}

// methods are CycloneDX's names of rating methods, with the type that they are
// and the prefix that vectors of theirs begin with.
var methods = map[string]struct{ kind, prefix string }{
	"CVSSv4": {advisory.CVSSv4, "CVSS:4.0/"}, "CVSSv31": {advisory.CVSSv3, "CVSS:3.1/"}, "CVSSv3": {advisory.CVSSv3, "CVSS:3.0/"}, "CVSSv2": {advisory.CVSSv2, ""},
}

// rate is a rating of a bill as advisories have it; false when it says nothing
// that is understood.
func rate(s *software.Severity) (advisory.Severity, bool) {
	m, known := methods[s.Method]
	if !known || s.Vector == "" {
		return advisory.RateWord(s.Word, s.Source)
	}
	vector := s.Vector
	if !strings.HasPrefix(vector, "CVSS:") {
		vector = m.prefix + vector
	}
	return advisory.RateVector(m.kind, vector, s.Source), true
}
