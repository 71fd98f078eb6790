package cverecord

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Kind is the kind of the documents.
const Kind = "advisory.cve"

// What one record may have.
const (
	maxName       = 1024 // bytes of a vendor, a product, a version
	maxSummary    = 1000
	maxReferences = 200
	maxRoutines   = 2000
	maxProducts   = 5000 // affected products, CPEs counted each
	maxEntries    = 100_000
	maxWarnings   = 100
)

// Limits bound what is read of one record. A zero field means its default.
type Limits struct {
	Bytes int // default 16 MiB
}

// Recognise tells a CVE record by the names of its first members.
func Recognise(_ string, head []byte) bool {
	typed, identified := false, false
	jsondoc.Keys(head, func(outer, key, text string) bool {
		typed = typed || outer == "" && key == "dataType" && text == "CVE_RECORD"
		identified = identified || outer == "cveMetadata" && key == "cveId"
		return !typed && !identified
	})
	return typed || identified
}

// Read reads a record. The reading is an increment: it states all there is to
// say about its weakness in this source, "cve/" and the id, on the day on which
// the record was last updated.
func Read(ctx context.Context, _ string, b []byte, limits Limits) (*ledger.Reading, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b, err := jsondoc.Check(b, jsondoc.Limits{Bytes: cmp.Or(max(limits.Bytes, 0), 16<<20), Depth: 64, Values: 2_000_000})
	if err != nil {
		return nil, err
	}
	var in document
	if err := jsondoc.Decode(b, "", &in); err != nil {
		return nil, err
	}
	id := strings.ToUpper(in.Metadata.ID)
	switch {
	case in.Type != "" && in.Type != "CVE_RECORD":
		return nil, problem.New(problem.Invalid, "dataType: want CVE_RECORD, got %q", advisory.Clip(in.Type))
	case !advisory.IsCVE(id):
		return nil, problem.New(problem.Invalid, "cveMetadata.cveId: want an id like CVE-2021-44228, got %q", advisory.Clip(in.Metadata.ID))
	case len(in.Holds.CNA) == 0 || bytes.Equal(in.Holds.CNA, []byte("null")):
		return nil, problem.New(problem.Invalid, "containers.cna: want what the numbering authority says; it is not there")
	}
	r := &reader{record: &advisory.Record{ID: id, Issuer: advisory.Text(in.Metadata.Assigner, advisory.MaxID)}, seen: map[string]bool{}}
	r.metadata(&in.Metadata)
	if err := r.container(in.Holds.CNA, "containers.cna"); err != nil {
		return nil, err
	}
	for i, raw := range in.Holds.ADP {
		if err := r.container(raw, jsondoc.At("containers.adp", i)); err != nil {
			r.warn("%v; left out", err)
		}
	}
	day := advisory.DayOf(cmp.Or(r.record.Modified, r.record.Published))
	return &ledger.Reading{
		Kind: Kind, Source: "cve/" + id, Mode: ledger.Increment, Published: day, Rows: 1, Warnings: r.warnings,
		Statements: advisory.Statements(r.record, r.affected, day),
	}, nil
}

type reader struct {
	record   *advisory.Record
	affected []advisory.Affected
	entries  int             // versions so far, counted for each product
	seen     map[string]bool // references and weakness types
	warnings []string
}

func (r *reader) warn(format string, args ...any) {
	if len(r.warnings) < maxWarnings {
		r.warnings = append(r.warnings, fmt.Sprintf(format, args...))
	}
}

// part decodes what a record can be read without. Null and nothing are nothing.
func (r *reader) part(raw json.RawMessage, place string, v any) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return
	}
	if err := jsondoc.Decode(raw, place, v); err != nil {
		r.warn("%v; left out", err)
	}
}

func (r *reader) metadata(m *metadata) {
	r.record.Published, r.record.Modified = r.time(m.Published, "datePublished"), r.time(m.Updated, "dateUpdated")
	if strings.EqualFold(m.State, "REJECTED") {
		r.record.Withdrawn = cmp.Or(r.time(m.Rejected, "dateRejected"), r.record.Modified, r.record.Published, "1970-01-01T00:00:00Z")
	}
}

// time is a time as RFC 3339 writes it. The format lets the zone be left out
// and means UTC then.
func (r *reader) time(s, field string) string {
	if s == "" {
		return ""
	}
	for _, t := range []string{s, s + "Z"} {
		if _, err := time.Parse(time.RFC3339, t); err == nil && advisory.DayOf(t) != "" {
			return t
		}
	}
	r.warn("cveMetadata.%s: %q is no time; want one like 2021-12-10T00:00:00Z; left out", field, advisory.Clip(s))
	return ""
}

// container reads what one party says.
func (r *reader) container(raw json.RawMessage, place string) error {
	var in container
	if err := jsondoc.Decode(raw, place, &in); err != nil {
		return err
	}
	r.texts(&in, place)
	source := advisory.Text(in.Provider.Name, advisory.MaxID)
	r.metrics(in.Metrics, place+".metrics", source)
	var problems []problemType
	r.part(in.Problems, place+".problemTypes", &problems)
	for _, p := range problems {
		for _, d := range p.Descriptions {
			if advisory.IsID(d.CWE) && !r.seen[d.CWE] {
				r.seen[d.CWE] = true
				r.record.CWEs = append(r.record.CWEs, d.CWE)
			}
		}
	}
	r.references(in.References, place+".references")
	for i, raw := range in.Affected {
		if err := r.product(raw, jsondoc.At(place+".affected", i)); err != nil {
			r.warn("%v; left out", err)
		}
	}
	var applies []applicability
	r.part(in.Applies, place+".cpeApplicability", &applies)
	for _, a := range applies {
		r.applies(&a)
	}
	return nil
}

// texts reads title, description and other ids. The first container that has
// one counts: that of the numbering authority.
func (r *reader) texts(in *container, place string) {
	var title string
	r.part(in.Title, place+".title", &title)
	r.record.Summary = cmp.Or(r.record.Summary, advisory.Text(title, maxSummary))
	for _, list := range []struct {
		raw  json.RawMessage
		name string
	}{{in.Descriptions, ".descriptions"}, {in.Reasons, ".rejectedReasons"}} {
		var all []description
		r.part(list.raw, place+list.name, &all)
		for _, d := range all {
			if r.record.Details == "" && strings.HasPrefix(strings.ToLower(d.Language), "en") {
				r.record.Details = advisory.Text(d.Value, advisory.MaxDetails)
			}
		}
	}
	var replaced []string
	r.part(in.ReplacedBy, place+".replacedBy", &replaced)
	for _, id := range replaced {
		if advisory.IsID(id) {
			r.record.Related = append(r.record.Related, id)
		}
	}
	var source struct {
		Advisory any `json:"advisory"`
	}
	// It has whatever shape its writer likes: what can be read is used.
	_ = json.Unmarshal(in.Source, &source)
	if id, _ := source.Advisory.(string); strings.HasPrefix(id, "GHSA-") && advisory.IsID(id) {
		r.record.Aliases = append(r.record.Aliases, id)
	}
}

func (r *reader) metrics(raw json.RawMessage, place, source string) {
	var all []metric
	r.part(raw, place, &all)
	for _, m := range all {
		for _, v := range []struct {
			typ string
			in  *vector
		}{{advisory.CVSSv4, m.V40}, {advisory.CVSSv3, m.V31}, {advisory.CVSSv3, m.V30}, {advisory.CVSSv2, m.V20}} {
			if v.in != nil && v.in.Text != "" {
				r.record.Severities = append(r.record.Severities, advisory.RateVector(v.typ, advisory.Text(v.in.Text, maxName), source))
			}
		}
	}
}

// kindOfReference is what a reference is, by its tags, in OSV's words.
var kindOfReference = map[string]string{"patch": "FIX", "vendor-advisory": "ADVISORY", "third-party-advisory": "ADVISORY", "issue-tracking": "REPORT", "exploit": "EVIDENCE"}

func (r *reader) references(raw json.RawMessage, place string) {
	var all []reference
	r.part(raw, place, &all)
	for _, ref := range all {
		url := advisory.Text(ref.URL, maxName)
		if url == "" || r.seen[url] || len(r.record.References) >= maxReferences {
			continue
		}
		r.seen[url] = true
		kind := ""
		for _, tag := range ref.Tags {
			kind = cmp.Or(kind, kindOfReference[tag])
		}
		r.record.References = append(r.record.References, advisory.Reference{Type: cmp.Or(kind, "WEB"), URL: url})
	}
}
