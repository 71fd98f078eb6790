package report

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/purl"
	"countersign.dev/internal/table"
)

// Support is what a maker says of a provision.
type Support string

// The words of support.
const (
	Supported     Support = "yes"
	NotSupported  Support = "no"
	DoesNotApply  Support = "not_applicable"
	noSupportWord Support = ""
)

// Status is the status of a provision of which its maker says so, in the words
// of assessments. It is the maker's word: whether a provision applies follows
// from the product's features.
func (s Support) Status() string {
	switch s {
	case Supported:
		return "met"
	case NotSupported:
		return "not_met"
	case DoesNotApply:
		return "not_applicable"
	}
	return "unknown"
}

// ICS is an implementation conformance statement: a maker's own word.
type ICS struct {
	Catalogue string // id; "" when the table does not say
	Rows      []Row
	Warnings  []string // rows that were passed over, with their lines
}

// Row is what is said of one provision for one release.
type Row struct {
	Provision string  `json:"provision"` // as "5.1-1"
	Support   Support `json:"support"`
	Detail    string  `json:"detail,omitempty"`    // how, or why not: the line of the IXIT
	Reference string  `json:"reference,omitempty"` // to evidence
	Release   string  `json:"-"`                   // digest or purl; "" when the table names none
}

// RecogniseICS tells a statement by its columns.
func RecogniseICS(_ string, head []byte) bool {
	h := (table.Form{}).Header(head)
	return h.Has("provision", "support") && h.Only("provision", "support", "detail", "reference", "release", "catalogue", "status", "")
}

// provisionForm is how provisions of ETSI EN 303 645 are numbered.
var provisionForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?-[0-9]+[A-Z]?$`)

// maxDetail bounds a detail as it is kept, in bytes.
const maxDetail = 4000

// ReadICS reads a statement from a table (CSV with header). A row that cannot
// be read is passed over with a warning, and so are rows that say two things of
// one provision; a table without any row that can be read is an error.
func ReadICS(ctx context.Context, _ string, b []byte, limits Limits) (*ICS, error) {
	limits = limits.orDefault()
	rows, err := (table.Form{Need: []string{"provision", "support"}}).Rows(ctx, b, table.Limits{Bytes: limits.Bytes, Rows: limits.Results, Columns: 50, Field: 64 << 10})
	if err != nil {
		return nil, err
	}
	r := &icsReader{out: &ICS{}, at: map[string]int{}, torn: map[string]bool{}}
	for _, row := range rows {
		r.row(row)
	}
	r.out.Rows = slices.DeleteFunc(r.out.Rows, func(v Row) bool { return r.torn[v.key()] })
	if len(r.out.Rows) == 0 {
		return nil, problem.New(problem.Invalid, "no row could be read: %s", r.out.Warnings[0])
	}
	return r.out, nil
}

func (r Row) key() string { return r.Release + " " + r.Provision }

type icsReader struct {
	out     *ICS
	release string
	at      map[string]int  // index of the row that first speaks of a key
	torn    map[string]bool // keys of which two things are said
}

// maxWarnings is how many warnings are told one by one.
const maxWarnings = 200

func (r *icsReader) warn(line int, format string, args ...any) {
	if len(r.out.Warnings) < maxWarnings {
		r.out.Warnings = append(r.out.Warnings, fmt.Sprintf("line %d: %s", line, fmt.Sprintf(format, args...)))
	}
}

func (r *icsReader) row(row table.Row) {
	if s := row.Get("release"); s != "" {
		release, ok := parseRelease(s)
		if !ok {
			r.warn(row.Line, "release %q: want a digest as sha256:… or a package URL; the row is left out", form.Clip(s))
			// What stands below belongs to this one too, not to the one above it.
			r.release = "?"
			return
		}
		r.release = release
	}
	if r.release == "?" {
		r.warn(row.Line, "the release above cannot be read; the row is left out")
		return
	}
	v := Row{
		Provision: strings.TrimSpace(strings.TrimPrefix(row.Get("provision"), "Provision ")), Support: supportWord(row.Get("support")),
		Detail: cut(row.Get("detail")), Reference: cut(row.Get("reference")), Release: r.release,
	}
	switch {
	case !provisionForm.MatchString(v.Provision):
		r.warn(row.Line, "provision %q: want a number like 5.1-1; a spreadsheet may have made a date of it; the row is left out", form.Clip(v.Provision))
		return
	case v.Support == noSupportWord:
		r.warn(row.Line, "support %q: want Y, N or N/A; the row is left out", form.Clip(row.Get("support")))
		return
	}
	if c := row.Get("catalogue"); c != "" && !r.catalogue(c) {
		r.warn(row.Line, "catalogue %q: want an id like etsi-en-303-645, one for the whole table; the row is left out", form.Clip(c))
		return
	}
	if i, ok := r.at[v.key()]; ok {
		if first := r.out.Rows[i]; first.Support != v.Support {
			r.torn[v.key()] = true
			r.warn(row.Line, "provision %s is %s here and %s above; neither counts", v.Provision, v.Support, first.Support)
		} else {
			r.warn(row.Line, "provision %s is there twice; the first counts", v.Provision)
		}
		return
	}
	r.at[v.key()] = len(r.out.Rows)
	r.out.Rows = append(r.out.Rows, v)
}

func (r *icsReader) catalogue(s string) bool {
	if r.out.Catalogue == "" && catalogueID.MatchString(s) {
		r.out.Catalogue = s
	}
	return r.out.Catalogue == s
}

// parseRelease reads a digest or a purl.
func parseRelease(s string) (string, bool) {
	if d, ok := form.ParseDigest(s); ok {
		return d, true
	}
	p, err := purl.Parse(s)
	return p.String(), err == nil
}

func supportWord(s string) Support {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "y", "yes":
		return Supported
	case "n", "no":
		return NotSupported
	case "n/a", "na", "n.a.", "not applicable":
		return DoesNotApply
	}
	return noSupportWord
}

func cut(s string) string {
	if len(s) > maxDetail {
		return strings.ToValidUTF8(s[:maxDetail], "") + "…"
	}
	return s
}
