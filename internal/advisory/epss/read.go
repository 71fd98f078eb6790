package epss

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// Source is the series of editions.
const Source = "first-epss"

// Kind is the kind of the documents.
const Kind = "advisory.epss"

// Limits bound what is read of one file. A zero field means its default.
type Limits = table.Limits

var defaultLimits = Limits{Bytes: 256 << 20, Rows: 5_000_000, Columns: 20, Field: 1000}

// form is how the file is written. A line that is cut short costs itself alone.
var form = table.Form{
	Need:      []string{"cve", "epss", "percentile"},
	Before:    func(cells []string) bool { return strings.HasPrefix(cells[0], "#") },
	ShortRows: true,
}

// Recognise tells the file by its header.
func Recognise(_ string, head []byte) bool {
	return form.Header(head).Has(form.Need...)
}

// Read reads a day's scores. The reading is a snapshot of the day for which they
// are, with all of them in one fact. A row that has no score is passed over and
// told of.
func Read(ctx context.Context, name string, b []byte, limits Limits) (*ledger.Reading, error) {
	r := &reader{}
	if _, err := form.Read(ctx, b, limits.Or(defaultLimits), r.row); err != nil {
		return nil, err
	}
	if len(r.all) == 0 {
		return nil, problem.New(problem.Invalid, "no row could be read: %s", r.warnings[0])
	}
	model, day := heading(b)
	if day == "" {
		if day = dayInName(name); day == "" {
			r.warn("line 1: no score_date, and no day in the file's name either; the scores count from the day on which they came here")
		}
	}
	scores, err := advisory.PackScores(model, string(day), r.all)
	if err != nil {
		return nil, err
	}
	if twice := len(r.all) - scores.Count; twice > 0 {
		r.warn("rows for an id that has one above: %d; the first counts", twice)
	}
	if r.untold > 0 {
		r.warnings = append(r.warnings, fmt.Sprintf("and %d more", r.untold))
	}
	return &ledger.Reading{
		Kind: Kind, Source: Source, Mode: ledger.Snapshot, Published: day, Rows: scores.Count, Warnings: r.warnings,
		Statements: []ledger.Statement{
			{Kind: advisory.FactEPSS, Subject: advisory.SubjectEPSS, Body: scores},
			advisory.FeedStatement(advisory.Feed{Ecosystem: advisory.FeedEPSS, Records: scores.Count, Newest: string(day)}, ""),
		},
	}, nil
}

// heading is what the line above the header says, as
// "#model_version:v2025.03.14,score_date:2025-12-26T12:55:00Z".
func heading(b []byte) (model string, day access.Date) {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(b, []byte("\ufeff")), []byte("\n"))
	text, ok := strings.CutPrefix(strings.TrimLeft(string(line[:min(len(line), 1000)]), "\" "), "#")
	if !ok {
		return "", ""
	}
	for part := range strings.SplitSeq(text, ",") {
		switch key, value, _ := strings.Cut(strings.Trim(part, "\" \r"), ":"); key {
		case "model_version":
			model = advisory.Text(value, advisory.MaxID)
		case "score_date":
			day = advisory.DayOf(value)
		}
	}
	return model, day
}

var dayForm = regexp.MustCompile(`\d{4}-\d{2}-\d{2}`)

// dayInName is the day in a file's name, as in "epss_scores-2021-04-14.csv.gz".
func dayInName(name string) access.Date { return advisory.DayOf(dayForm.FindString(name)) }

type reader struct {
	all      []advisory.Forecast
	warnings []string
	untold   int
}

// maxWarnings is how many warnings are told one by one.
const maxWarnings = 100

func (r *reader) warn(format string, args ...any) {
	if len(r.warnings) >= maxWarnings {
		r.untold++
		return
	}
	r.warnings = append(r.warnings, fmt.Sprintf(format, args...))
}

func (r *reader) row(row table.Row) error {
	f := advisory.Forecast{CVE: strings.ToUpper(row.Get("cve"))}
	for _, c := range []struct {
		column string
		into   *float64
	}{{"epss", &f.Score}, {"percentile", &f.Percentile}} {
		text := row.Get(c.column)
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			r.warn("line %d, column %q: want a number from 0 to 1, got %q; left out", row.Line, c.column, advisory.Clip(text))
			return nil
		}
		*c.into = n
	}
	if err := f.Check(); err != nil {
		r.warn("line %d: %v; left out", row.Line, err)
		return nil
	}
	r.all = append(r.all, f)
	return nil
}
