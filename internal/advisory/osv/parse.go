package osv

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/problem"
)

// Advisory is one record.
type Advisory struct {
	Record   *advisory.Record
	Affected []advisory.Affected
	Warnings []string // what of it was passed over, with its place
}

// Parse reads one record. The error names the place in it.
func Parse(b []byte, limits Limits) (*Advisory, error) {
	b, err := jsondoc.Check(b, limits.orDefault().ofRecord())
	if err != nil {
		return nil, err
	}
	var in record
	if err := jsondoc.Decode(b, "", &in); err != nil {
		return nil, err
	}
	if !advisory.IsID(in.ID) {
		return nil, problem.New(problem.Invalid, "id: want 1 to %d characters without spaces, got %q", advisory.MaxID, advisory.Clip(in.ID))
	}
	if n := len(in.Affected); n > maxPackages {
		return nil, problem.New(problem.TooLarge, "affected: %d packages, the limit is %d", n, maxPackages)
	}
	p := &parser{out: &Advisory{Record: &advisory.Record{ID: in.ID}}}
	p.record(&in)
	for i, part := range in.Affected {
		place := jsondoc.At("affected", i)
		a, err := p.affected(part, place)
		if err != nil {
			p.warn("%v", err)
			continue
		}
		p.out.Affected = append(p.out.Affected, a)
	}
	return p.out, nil
}

// parser makes an advisory of a record.
type parser struct{ out *Advisory }

func (p *parser) warn(format string, args ...any) {
	p.out.Warnings = append(p.out.Warnings, fmt.Sprintf(format, args...))
}

// part decodes what a record can be read without. Null and nothing are nothing.
func (p *parser) part(raw json.RawMessage, place string, v any) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return
	}
	if err := jsondoc.Decode(raw, place, v); err != nil {
		p.warn("%v; left out", err)
	}
}

func (p *parser) record(in *record) {
	r := p.out.Record
	r.Aliases, r.Related, r.Upstream = p.ids(in.Aliases, "aliases"), p.ids(in.Related, "related"), p.ids(in.Upstream, "upstream")
	r.Summary, r.Details = advisory.Text(in.Summary, maxSummary), advisory.Text(in.Details, advisory.MaxDetails)
	r.Published, r.Modified, r.Withdrawn = p.time(in.Published, "published"), p.time(in.Modified, "modified"), p.time(in.Withdrawn, "withdrawn")
	if in.Withdrawn != "" && r.Withdrawn == "" {
		// Since when it is withdrawn cannot be read; that it is counts.
		r.Withdrawn = cmp.Or(r.Modified, r.Published, unknownTime)
	}
	r.Malicious = strings.HasPrefix(r.ID, "MAL-")
	r.Severities = p.ratings(in.Severity, "severity", "")
	var refs []reference
	p.part(in.Refs, "references", &refs)
	for _, ref := range refs[:min(len(refs), maxReferences)] {
		if url := advisory.Text(ref.URL, maxName); url != "" {
			r.References = append(r.References, advisory.Reference{Type: advisory.Text(ref.Type, advisory.MaxID), URL: url})
		}
	}
	var extra ofRecord
	// What a source adds has whatever shape it likes: no warning.
	_ = json.Unmarshal(in.Specific, &extra)
	for _, cwe := range extra.CWEs {
		if advisory.IsID(cwe) {
			r.CWEs = append(r.CWEs, cwe)
		}
	}
	r.Issuer = issuerOf(r.ID, extra.Source)
	if s, ok := wordOf(extra.Severity, r.Issuer); ok {
		r.Severities = append(r.Severities, s)
	}
}

// unknownTime stands for a time that is not known, where that there is one
// matters.
const unknownTime = "1970-01-01T00:00:00Z"

// time is a time as written; "" for the zero time, and for what is none.
func (p *parser) time(s, place string) string {
	if s == "" || strings.HasPrefix(strings.TrimLeft(s, "0"), "1-01-01T") {
		return ""
	}
	if _, err := time.Parse(time.RFC3339, s); err != nil || advisory.DayOf(s) == "" {
		p.warn("%s: %q is no time; want one like 2022-09-12T20:23:06Z; left out", place, advisory.Clip(s))
		return ""
	}
	return s
}

func (p *parser) ids(raw json.RawMessage, place string) []string {
	var all, out []string
	p.part(raw, place, &all)
	if len(all) > maxIDs {
		p.warn("%s: %d ids, the limit is %d; the others are left out", place, len(all), maxIDs)
		all = all[:maxIDs]
	}
	for _, id := range all {
		switch {
		case advisory.IsID(id):
			out = append(out, id)
		case id != "":
			p.warn("%s: %q is no id; left out", place, advisory.Clip(id))
		}
	}
	return out
}

// ratings reads CVSS vectors and, where a distribution gives its own, words.
func (p *parser) ratings(raw json.RawMessage, place, source string) []advisory.Severity {
	var all []rating
	p.part(raw, place, &all)
	var out []advisory.Severity
	for _, r := range all {
		if strings.HasPrefix(r.Type, "CVSS") {
			if r.Score != "" {
				out = append(out, advisory.RateVector(r.Type, advisory.Text(r.Score, maxName), source))
			}
		} else if s, ok := advisory.RateWord(r.Score, cmp.Or(source, advisory.Text(r.Type, advisory.MaxID))); ok {
			out = append(out, s)
		}
	}
	return out
}

// wordOf is a rating that a source adds as a word.
func wordOf(v any, source string) (advisory.Severity, bool) {
	word, _ := v.(string)
	return advisory.RateWord(word, source)
}

// isLine reports whether s is one line of at most maxName bytes.
func isLine(s string) bool {
	return len(s) <= maxName && !strings.ContainsFunc(s, unicode.IsControl)
}
