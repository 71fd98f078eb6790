package gate

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// csvHeader names the columns of [CSV]. A column is never renamed.
var csvHeader = []string{
	"verdict", "advisory", "aliases", "component", "name", "version", "state", "weak", "malicious", "severity", "score", "fixed",
	"exploited", "kev_due", "epss", "epss_percentile", "vex", "vex_justification", "vex_issuer", "because", "place", "summary",
}

// CSV writes the findings as a table with a header (RFC 4180), the worst first.
// Several values in a cell are parted by spaces. A cell that a spreadsheet would
// take for a formula has an apostrophe before it.
func CSV(w io.Writer, r *Result) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	for _, j := range r.judge() {
		row := j.cells()
		for i := range row {
			row[i] = cell(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func (j *judged) cells() []string {
	number := func(f float64, digits int) string {
		if f == 0 {
			return ""
		}
		return strconv.FormatFloat(f, 'f', digits, 64)
	}
	said := func(b bool) string {
		if b {
			return "yes"
		}
		return ""
	}
	vex := j.VEX
	if vex == nil {
		vex = &VEX{}
	}
	return []string{
		string(j.verdict), j.Advisory, strings.Join(j.Aliases, " "), j.Component, j.Name, j.Version, j.State,
		said(j.Weak), said(j.Malicious), j.Severity, number(j.Score, 1), strings.Join(j.Fixed, " "),
		said(j.Exploited), string(j.Due), number(j.EPSS, 5), number(j.Percentile, 5),
		vex.Status, vex.Justification, vex.Issuer, j.because, j.Place.words(), j.Summary,
	}
}

// words is where the SBOM has a component, as text.
func (p Place) words() string {
	if p.Line > 0 && p.Path != "" {
		return fmt.Sprintf("line %d, %s", p.Line, p.Path)
	}
	if p.Line > 0 {
		return fmt.Sprintf("line %d", p.Line)
	}
	return p.Path
}

// cell makes a text fit for a cell: one line, and never a formula, a command
// or a reference to another file, which spreadsheets begin with these marks.
func cell(text string) string {
	text = clean(text, maxMessage)
	if text != "" && strings.ContainsRune("=+-@|%", rune(text[0])) {
		return "'" + text
	}
	return text
}
