package kev

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// Source is the series of editions. An excerpt, which is a list of entries without
// the catalogue's own version, is a series of its own below it, named after its
// file: it adds to the catalogue, and its silence takes nothing out.
const Source = "us-cisa-kev"

// Kind is the kind of the documents.
const Kind = "advisory.kev"

// Limits bound what is read of one catalogue. A zero field means its default.
type Limits struct {
	Bytes   int // default 64 MiB
	Entries int // default 200,000
	Field   int // bytes of one text that is kept; default 4000. A longer one is cut
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		limit *int
		def   int
	}{{&l.Bytes, 64 << 20}, {&l.Entries, 200_000}, {&l.Field, 4000}} {
		if *d.limit <= 0 {
			*d.limit = d.def
		}
	}
	return l
}

// Recognise tells the catalogue by the names of its first members.
func Recognise(_ string, head []byte) bool {
	version, more := false, false
	jsondoc.Keys(head, func(outer, key, _ string) bool {
		if outer == "" {
			version = version || key == "catalogVersion"
			more = more || key == "dateReleased" || key == "vulnerabilities"
		}
		return !version || !more
	})
	return version && more || excerpt.Match(head)
}

// excerpt is how a list of entries begins, whatever stands before it.
var excerpt = regexp.MustCompile(`^\s*\{[^\[]*"vulnerabilities"\s*:\s*\[\s*\{\s*"cveID"\s*:`)

// catalogue is the document as it is written.
type catalogue struct {
	Version         string            `json:"catalogVersion"`
	Released        string            `json:"dateReleased"`
	Count           *int              `json:"count"`
	Vulnerabilities []json.RawMessage `json:"vulnerabilities"`
}

// Read reads a catalogue. The reading is a snapshot of the day on which the
// catalogue was released. Each entry counts as published since it was added, as
// far as no other edition is known to say otherwise.
//
// An entry whose id cannot be read is passed over. One that has something else
// amiss is kept without it: the silence of a snapshot would take the weakness
// for one that is exploited no more.
//
// A list of entries that has no version, as one cuts it out of a catalogue, is
// read as an excerpt, see [Source].
func Read(ctx context.Context, name string, b []byte, limits Limits) (*ledger.Reading, error) {
	limits = limits.orDefault()
	b, err := jsondoc.Check(b, jsondoc.Limits{Bytes: limits.Bytes, Depth: 16})
	if err != nil {
		return nil, err
	}
	var in catalogue
	if err := jsondoc.Decode(b, "", &in); err != nil {
		return nil, err
	}
	switch n := len(in.Vulnerabilities); {
	case n == 0:
		return nil, problem.New(problem.Invalid, "vulnerabilities: no entries")
	case n > limits.Entries:
		return nil, problem.New(problem.TooLarge, "vulnerabilities: %d entries, the limit is %d", n, limits.Entries)
	}
	r := &reader{limits: limits, out: &ledger.Reading{Kind: Kind, Source: Source, Mode: ledger.Snapshot}, seen: map[string]bool{}}
	whole := in.Version != "" || in.Released != ""
	if whole {
		r.released(&in)
	} else {
		r.out.Source += "/" + advisory.Stem(name, "excerpt")
	}
	for i, raw := range in.Vulnerabilities {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.entry(raw, jsondoc.At("vulnerabilities", i))
	}
	if r.out.Rows == 0 {
		return nil, problem.New(problem.Invalid, "no entry could be read: %s", r.out.Warnings[0])
	}
	if !whole {
		return r.out, nil
	}
	r.out.Statements = append(r.out.Statements, advisory.FeedStatement(advisory.Feed{Ecosystem: advisory.FeedKEV, Records: r.out.Rows, Newest: string(r.out.Published)}, r.oldest))
	if in.Count != nil && *in.Count != len(in.Vulnerabilities) {
		r.warn("count: the catalogue says that it has %d entries, and has %d", *in.Count, len(in.Vulnerabilities))
	}
	return r.out, nil
}

type reader struct {
	limits Limits
	out    *ledger.Reading
	seen   map[string]bool
	oldest access.Date // day on which the first entry was added: from then on the catalogue was known
}

// maxWarnings is how many warnings are told one by one.
const maxWarnings = 200

func (r *reader) warn(format string, args ...any) {
	if len(r.out.Warnings) < maxWarnings {
		r.out.Warnings = append(r.out.Warnings, fmt.Sprintf(format, args...))
	}
}

// released reads the day of the catalogue; its version is one as well, as
// "2025.08.25".
func (r *reader) released(in *catalogue) {
	r.out.Published = advisory.DayOf(in.Released)
	if r.out.Published == "" {
		r.out.Published = advisory.DayOf(strings.ReplaceAll(in.Version, ".", "-"))
		r.warn("dateReleased: %q is no time; want one like 2025-08-25T17:04:19.9796Z", advisory.Clip(in.Released))
	}
}

func (r *reader) entry(raw json.RawMessage, place string) {
	e := entry{reader: r, place: place}
	if err := jsondoc.Decode(raw, place, &e.fields); err != nil {
		r.warn("%v", err)
		return
	}
	id := strings.ToUpper(e.text("cveID"))
	if !advisory.IsCVE(id) {
		r.warn("%s.cveID: want an id like CVE-2021-44228, got %q; left out", place, advisory.Clip(id))
		return
	}
	if r.seen[id] {
		r.warn("%s: %s is there twice; the first counts", place, id)
		return
	}
	r.seen[id] = true
	body := advisory.Exploited{
		CVE: id, Vendor: e.text("vendorProject"), Product: e.text("product"), Name: e.text("vulnerabilityName"),
		Added: string(e.day("dateAdded")), Due: string(e.day("dueDate")), Action: e.text("requiredAction"),
		Ransomware: strings.EqualFold(e.text("knownRansomwareCampaignUse"), "Known"), Notes: e.text("notes"),
		Forensic: strings.EqualFold(e.text("forensicTriage"), "Yes"),
	}
	r.out.Rows++
	if added := access.Date(body.Added); added != "" && (r.oldest == "" || added < r.oldest) {
		r.oldest = added
	}
	r.out.Statements = append(r.out.Statements, ledger.Statement{
		Kind: advisory.FactKEV, Subject: id, Term: id, Body: body, Published: access.Date(body.Added),
	})
}

// entry is one entry of the catalogue, read field by field.
type entry struct {
	reader *reader
	place  string
	fields map[string]json.RawMessage
}

func (e *entry) text(field string) string {
	raw := e.fields[field]
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	var s string
	if err := jsondoc.Decode(raw, e.place+"."+field, &s); err != nil {
		e.reader.warn("%v; left out", err)
	}
	return advisory.Text(s, e.reader.limits.Field)
}

func (e *entry) day(field string) access.Date {
	s := e.text(field)
	day := advisory.DayOf(s)
	if day == "" && s != "" {
		e.reader.warn("%s.%s: %q is no date; want one like 2021-12-10; left out", e.place, field, advisory.Clip(s))
	}
	return day
}
