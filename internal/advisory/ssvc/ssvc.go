// Package ssvc reads what was judged of weaknesses by the decision points of SSVC
// (Stakeholder-Specific Vulnerability Categorization), one JSON object a line:
//
//	{"cve":"CVE-2021-44228","exploitation":"active","automatable":"yes","technical_impact":"total"}
//
// with "timestamp" and "role" (who judged) where they are known. Case does not
// matter: it differs in what is published. It refuses nothing but what is no such
// list: a line that cannot be read, or has a value that the decision point does not
// know, is passed over and told of.
package ssvc

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// Source begins the names of the series of editions; the file's name follows.
const Source = "ssvc"

// Kind is the kind of the documents.
const Kind = "advisory.ssvc"

// Limits bound what is read of one file. A zero field means its default.
type Limits struct {
	Bytes int // default 256 MiB
	Lines int // default 2,000,000
	Line  int // bytes of one line; default 64 KiB
}

func (l Limits) orDefault() Limits {
	l.Bytes = cmp.Or(max(l.Bytes, 0), 256<<20)
	l.Lines = cmp.Or(max(l.Lines, 0), 2_000_000)
	l.Line = cmp.Or(max(l.Line, 0), 64<<10)
	return l
}

// line is one judgement as it is written.
type line struct {
	CVE          string `json:"cve"`
	Exploitation string `json:"exploitation"`
	Automatable  string `json:"automatable"`
	Impact       string `json:"technical_impact"`
	Timestamp    string `json:"timestamp"`
	Role         string `json:"role"`
}

// values is what each decision point can come to (CERT/CC SSVC, decision points
// exploitation 1.1.0, automatable 2.0.0 and technical impact 1.0.0).
var values = map[string][]string{
	"exploitation": {"none", "poc", "public poc", "active"}, "automatable": {"no", "yes"}, "technical_impact": {"partial", "total"},
}

// Recognise tells the list by its first line.
func Recognise(_ string, head []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("\ufeff")), []byte("\n"))
	var fields map[string]json.RawMessage
	if json.Unmarshal(first, &fields) != nil || fields["cve"] == nil {
		return false
	}
	return fields["automatable"] != nil || fields["technical_impact"] != nil
}

// Read reads a list: one edition of the source that its file is named after, a
// snapshot.
func Read(ctx context.Context, name string, b []byte, limits Limits) (*ledger.Reading, error) {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	r := &reader{out: &ledger.Reading{Kind: Kind, Source: Source + "/" + advisory.Stem(name, "list"), Mode: ledger.Snapshot}, seen: map[string]bool{}}
	if err := table.Lines(ctx, b, table.LineLimits{Lines: limits.Lines, Line: limits.Line}, r.line); err != nil {
		return nil, err
	}
	if r.out.Rows == 0 {
		return nil, problem.New(problem.Invalid, "no line could be read: %s", cmp.Or(strings.Join(r.out.Warnings[:min(1, len(r.out.Warnings))], ""), "it is empty"))
	}
	r.out.Published = r.newest
	return r.out, nil
}

type reader struct {
	out    *ledger.Reading
	seen   map[string]bool
	newest access.Date
}

// maxWarnings is how many warnings are told one by one.
const maxWarnings = 100

func (r *reader) warn(n int, format string, args ...any) {
	if len(r.out.Warnings) < maxWarnings {
		r.out.Warnings = append(r.out.Warnings, fmt.Sprintf("line %d: ", n)+fmt.Sprintf(format, args...))
	}
}

func (r *reader) line(n int, text []byte) {
	var in line
	if err := json.Unmarshal(text, &in); err != nil {
		r.warn(n, "%v; the line is passed over", err)
		return
	}
	id := strings.ToUpper(strings.TrimSpace(in.CVE))
	if !advisory.IsCVE(id) {
		r.warn(n, "cve: want an id like CVE-2021-44228, got %q; the line is passed over", advisory.Clip(in.CVE))
		return
	}
	if r.seen[id] {
		r.warn(n, "%s is there twice; the first counts", id)
		return
	}
	body := advisory.Assessed{
		CVE: id, Exploitation: r.value(n, "exploitation", in.Exploitation), Automatable: r.value(n, "automatable", in.Automatable),
		Impact: r.value(n, "technical_impact", in.Impact), By: advisory.Text(in.Role, 200), On: string(advisory.DayOf(in.Timestamp)),
	}
	if body.Exploitation == "" && body.Automatable == "" && body.Impact == "" {
		r.warn(n, "%s: no decision point has a value; the line is passed over", id)
		return
	}
	r.seen[id] = true
	r.out.Rows++
	on := access.Date(body.On)
	r.newest = max(r.newest, on)
	r.out.Statements = append(r.out.Statements, ledger.Statement{Kind: advisory.FactSSVC, Subject: id, Term: id, Body: body, Published: on})
}

// value reads a decision point; "" for what it does not know.
func (r *reader) value(n int, point, text string) string {
	v := strings.ToLower(strings.TrimSpace(text))
	if v == "" || slices.Contains(values[point], v) {
		return v
	}
	r.warn(n, "%s: %q: want %s; left out", point, advisory.Clip(text), strings.Join(values[point], ", "))
	return ""
}
