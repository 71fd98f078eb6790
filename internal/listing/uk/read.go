package uk

import (
	"context"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// Source is the series of editions, and the prefix of listing ids.
const Source = "uk-sanctions"

// programmeOther is for entries whose assets are not frozen.
const programmeOther = Source + "-other"

const authority = "Foreign, Commonwealth & Development Office"

// The columns that a list has at least, in either form.
var (
	common = []string{"Unique ID", "Regime Name", "Date Designated", "Sanctions Imposed"}
	own    = []string{"Name 6", "Name type"} // of the publisher's form
	short  = []string{"Name", "Type"}        // of the conversion
)

// Recognise tells the list by its header.
func Recognise(_ string, head []byte) bool {
	h := table.Form{Before: beforeHeader}.Header(head)
	return h.Has(common...) && (h.Has(own...) || h.Has(short...))
}

// beforeHeader is the publisher's first line, "Report Date: 25-Nov-2025".
func beforeHeader(fields []string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(strings.Trim(fields[0], "\ufeff"))), "report date")
}

// Read reads the list. Its errors name the line. The reading is a snapshot; its
// day is that of the report, else the one in the file's name.
func Read(ctx context.Context, name string, b []byte, limits table.Limits) (*ledger.Reading, error) {
	r := &reader{Draft: draft.New("uk.sanctions", Source, ""), groups: map[string]*group{}}
	r.Reading.Published = dayOfName(name)
	before := func(fields []string) bool {
		if !beforeHeader(fields) {
			return false
		}
		if day, ok := dayOf(reportDay.FindString(strings.Join(fields, " "))); ok {
			r.Reading.Published = day
		}
		return true
	}
	header, err := table.Form{Before: before, HeaderOnly: true}.Read(ctx, b, limits, r.row)
	if err != nil {
		return nil, err
	}
	if missing := header.Missing(common...); missing != "" {
		return nil, problem.New(problem.Invalid, "no column %q", missing)
	}
	if len(r.order) == 0 {
		return nil, problem.New(problem.Invalid, "no rows below the header")
	}
	for _, g := range r.order {
		r.entry(g)
	}
	if header.Has(own...) {
		r.Warn(0, "read after the publisher's description of this form; compare some entries with the list")
	}
	return r.Done(), nil
}

type reader struct {
	*draft.Draft
	groups map[string]*group
	order  []*group
}

// group is the rows of one entry.
type group struct {
	id   string
	rows []table.Row
}

func (r *reader) row(row table.Row) error {
	r.Reading.Rows++
	id := row.Get("Unique ID")
	if id == "" {
		return problem.New(problem.Invalid, "line %d: no Unique ID", row.Line)
	}
	g := r.groups[id]
	if g == nil {
		g = &group{id: listing.ID(Source, id)}
		r.groups[id] = g
		r.order = append(r.order, g)
	}
	g.rows = append(g.rows, row)
	return nil
}

// entry states what the rows of an entry say. All repeat what is said of the
// party; only the names differ.
func (r *reader) entry(g *group) {
	first := g.primary()
	measures := measuresOf(first.Get("Sanctions Imposed"))
	entry := &listing.Entry{
		ID: g.id, Programme: programmeOther, Name: nameOf(first), Kind: kindOf(first), Title: first.Get("Title"),
		Tags: nonEmpty(first.Get("Regime Name")), Remarks: first.Get("Other Information"), Note: first.Get("UK Statement of Reasons"),
	}
	if slices.ContainsFunc(measures, func(m string) bool { return strings.EqualFold(m, "asset freeze") }) {
		entry.Programme = Source
	}
	listed := r.listed(first, entry, measures)
	r.Entry(first.Line, *entry, listed)
	for _, m := range measures {
		r.Detail(g.id, "sanction", m)
	}
	// Of a name that occurs twice the better quality counts.
	for _, weak := range []bool{false, true} {
		for _, row := range g.rows {
			if isWeak(row) == weak {
				r.names(row, entry)
			}
		}
	}
	for _, row := range g.rows {
		r.details(row, entry)
	}
}

// primary is the row with the primary name.
func (g *group) primary() table.Row {
	for _, row := range g.rows {
		if strings.EqualFold(row.Get("Name type"), "primary name") {
			return row
		}
	}
	return g.rows[0]
}

func (r *reader) listed(row table.Row, entry *listing.Entry, measures []string) access.Date {
	text := row.Get("Date Designated")
	day, ok := dayOf(text)
	if !ok {
		r.Warn(row.Line, "%s: Date Designated is %q; want a day like 29-06-2012; the listing counts from the first edition that has it", entry.ID, draft.Clip(text))
		return ""
	}
	event := listing.Event{
		Kind: listing.Designated, Date: day, What: "designated under the regime " + row.Get("Regime Name"),
		Authority: authority, Citation: "Sanctions and Anti-Money Laundering Act 2018",
	}
	if slices.ContainsFunc(measures, func(m string) bool { return strings.EqualFold(m, "travel ban") }) {
		event.Consequences = []listing.Stated{{Kind: listing.Visa, From: day, What: "may not enter or stay in the United Kingdom"}}
	}
	r.Event(entry.ID, event)
	if updated, ok := dayOf(row.Get("Last Updated")); ok {
		r.Amended(entry.ID, authority, day, updated)
	}
	return day
}

// nameOf joins the parts of a name: the given names, then the name by which it
// is sorted, which is the whole name of an entity.
func nameOf(row table.Row) string {
	if whole := row.Get("Name"); whole != "" {
		return whole
	}
	return draft.Join(" ", row.Get("Name 1"), row.Get("Name 2"), row.Get("Name 3"), row.Get("Name 4"), row.Get("Name 5"), row.Get("Name 6"))
}

// measuresOf splits what is imposed, at commas, semicolons and strokes.
// Some lists have a dash for nothing.
func measuresOf(text string) []string {
	var out []string
	for m := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '|' || r == ';' }) {
		if m = strings.TrimSpace(m); m != "" && m != "-" {
			out = append(out, m)
		}
	}
	return out
}

func kindOf(row table.Row) party.Kind {
	switch strings.ToLower(row.Get("Type", "Designation Type", "Individual, Entity, Ship", "Individual/Entity/Ship")) {
	case "individual":
		return party.Person
	case "ship":
		return party.Vessel
	}
	return party.Organisation
}

var (
	reportDay = regexp.MustCompile(`\d{1,4}[-/ ][0-9A-Za-z]{1,9}[-/ ]\d{1,4}`)
	nameDay   = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)\d{2}-\d{2}-\d{2})(?:[^0-9]|$)`)
)

func dayOfName(name string) access.Date {
	m := nameDay.FindStringSubmatch(path.Base(strings.ReplaceAll(name, `\`, "/")))
	if m == nil {
		return ""
	}
	day, _ := dayOf(m[1])
	return day
}

// dayOf reads a day as the list writes it, or as spreadsheets turn it.
func dayOf(text string) (access.Date, bool) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{"02-01-2006", "02/01/2006", "2-Jan-2006", "2 January 2006", "2 Jan 2006", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1900 {
			return access.DateOf(t), true
		}
	}
	return "", false
}

func nonEmpty(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}
