package statute

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/usdate"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// SourceNotices is the series of indexes of notices.
const SourceNotices = "us-state-inksna/notices"

// Recognise tells a table of a statute, or an index of notices, by its header.
func Recognise(_ string, head []byte) bool {
	return isTable(head) || isIndex(head)
}

func isTable(head []byte) bool {
	return table.Form{}.Header(head).Has("schema", "name", "aliases", "program", "report date", "start date")
}

func isIndex(head []byte) bool {
	return table.Form{}.Header(head).Has("document number", "publication date", "html url")
}

// row is one row of a table.
type row struct {
	line          int
	name          string
	kind          party.Kind
	aliases       []string
	country       string
	reason, notes string
	url           string

	listed, published access.Date // "" where the row tells neither
	prohibits         access.Date // from when, where the act itself says so
	year              string      // of a yearly list
	end               access.Date
}

// Read reads a table or an index. The reading is a chronicle.
func Read(ctx context.Context, b []byte, limits table.Limits) (*ledger.Reading, error) {
	if isIndex(b) {
		return readIndex(ctx, b, limits)
	}
	rows, err := table.Form{LostLetters: true, Need: []string{"name", "program"}}.Rows(ctx, b, limits)
	if err != nil {
		return nil, err
	}
	of, err := onlyLaw(rows)
	if err != nil {
		return nil, err
	}
	d := draft.New("statute", of.source, "")
	d.Reading.Rows, d.Reading.Mode = len(rows), ledger.Chronicle
	byID := map[string][]row{}
	var ids []string
	for _, cells := range rows {
		r, err := of.row(cells)
		if err != nil {
			return nil, err
		}
		id := listing.ID(of.source, party.Slug(r.name))
		if byID[id] == nil {
			ids = append(ids, id)
		}
		byID[id] = append(byID[id], r)
	}
	for _, id := range ids {
		of.state(d, id, byID[id])
	}
	return d.Done(), nil
}

// onlyLaw is the list that all rows are of.
func onlyLaw(rows []table.Row) (law, error) {
	var of law
	for _, r := range rows {
		program := r.Get("program")
		l, ok := lawOf(program)
		switch {
		case !ok:
			return law{}, problem.New(problem.Invalid, "line %d, column %q: %q is no list that is known here; want section 154, 889, 1286 or 5949, or INKSNA", r.Line, "program", draft.Clip(program))
		case of.source == "":
			of = l
		case of.source != l.source:
			return law{}, problem.New(problem.Invalid, "line %d: is of the list %s and the rows before of %s; want a file for each", r.Line, l.source, of.source)
		}
	}
	return of, nil
}

func (l law) row(cells table.Row) (row, error) {
	r := row{
		line: cells.Line, name: cells.Get("name"), kind: party.Organisation, aliases: cells.List("aliases"), country: cells.Get("country"),
		reason: cells.Get("reason"), notes: cells.Get("notes"), url: cells.Get("source url"),
	}
	if party.Fold(r.name) == "" {
		return r, problem.New(problem.Invalid, "line %d, column %q: no name", r.line, "name")
	}
	switch schema := cells.Get("schema"); schema {
	case "Person":
		r.kind = party.Person
	case "", "Company", "Organization", "LegalEntity", "PublicBody":
	default:
		return r, problem.New(problem.Invalid, "line %d, column %q: %q; want Person, Company or Organization", r.line, "schema", draft.Clip(schema))
	}
	if err := l.days(cells, &r); err != nil {
		return r, err
	}
	if r.end != "" && r.listed != "" && r.end <= r.listed {
		return r, problem.New(problem.Invalid, "line %d: ends on %s and begins on %s", r.line, r.end, r.listed)
	}
	return r, nil
}

// days reads when a row says that a party was listed, and until when.
func (l law) days(cells table.Row, r *row) error {
	start, err := usdate.In(cells, "start date")
	if err != nil {
		return err
	}
	if end := cells.Get("end date"); usdate.IsYear(end) {
		r.end = access.Date(end + "-12-31").AddDays(1)
	} else if r.end, err = usdate.In(cells, "end date"); err != nil {
		return err
	}
	report := cells.Get("report date")
	switch {
	case usdate.IsYear(report):
		r.year = report
		r.listed = cmp.Or(start, dayIn(r.url))
		r.published = r.listed
	default:
		if r.published, err = usdate.In(cells, "report date"); err != nil {
			return err
		}
		r.listed = cmp.Or(start, r.published)
	}
	if l.enacted != "" {
		r.listed, r.published, r.prohibits = l.enacted, l.enacted, start
	}
	r.published = cmp.Or(r.published, r.listed)
	return nil
}

// addressed is a day or month within an address: /2023/Jun/29/ or /2026/07/.
var addressed = regexp.MustCompile(`/(20[0-9]{2})/([A-Z][a-z]{2}|[0-9]{2})/(?:([0-9]{1,2})/)?`)

// dayIn is the day that the address of a published list has in it. A month
// stands for its last day: by then it was published.
func dayIn(url string) access.Date {
	m := addressed.FindStringSubmatch(url)
	if m == nil {
		return ""
	}
	layout := "2006/01"
	if len(m[2]) == 3 {
		layout = "2006/Jan"
	}
	month, err := time.Parse(layout, m[1]+"/"+m[2])
	if err != nil {
		return ""
	}
	if m[3] != "" {
		if day, err := time.Parse(layout+"/2", m[1]+"/"+m[2]+"/"+m[3]); err == nil {
			return access.DateOf(day)
		}
	}
	return access.DateOf(month.AddDate(0, 1, -1))
}

// state states one listing from all its rows.
func (l law) state(d *draft.Draft, id string, rows []row) {
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.year, b.year), cmp.Compare(a.listed, b.listed))
	})
	first, last := rows[0], rows[len(rows)-1]
	e := listing.Entry{
		ID: id, Programme: l.source, Name: last.name, Kind: first.kind, Note: last.reason, Remarks: last.notes,
	}
	d.Entry(first.line, e, first.published)
	for _, r := range rows {
		d.Name(&e, r.name, party.Alias)
		for _, alias := range r.aliases {
			d.Name(&e, alias, qualityOf(alias))
		}
		d.Detail(id, "country", r.country)
	}
	begun := access.Date("")
	for _, r := range rows {
		l.begins(d, id, r, begun)
		if r.listed != "" {
			begun = cmp.Or(begun, r.listed)
		}
	}
	if last.end == "" {
		return
	}
	end := listing.Event{Kind: listing.Removed, Date: last.end, What: "no longer named", Authority: l.authority, Citation: l.citation}
	if last.year == "" { // a term that was set when it began
		end.Kind, end.What, end.Published = listing.Expired, "the term ends", min(last.published, last.end)
	}
	d.Event(id, end)
}

// begins states that a row's list names the party, which designates it unless
// that has begun before.
func (l law) begins(d *draft.Draft, id string, r row, begun access.Date) {
	if r.listed == "" || r.listed == begun {
		return
	}
	e := listing.Event{
		Kind: listing.Designated, Date: r.listed, Published: r.published, What: l.what,
		Authority: l.authority, Citation: l.citation, Source: r.url,
	}
	if begun != "" {
		e.Kind, e.What = listing.Amended, "named again in a newer list"
	}
	if r.year != "" {
		e.What += ", fiscal year " + r.year
	}
	if r.prohibits != "" {
		e.Consequences = []listing.Stated{{Kind: listing.Procurement, From: r.prohibits}}
	}
	d.Event(id, e)
}

// qualityOf tells an acronym from another name: no spaces, and capitals.
func qualityOf(alias string) party.Quality {
	if len(alias) <= 10 && !strings.ContainsAny(alias, " ") && alias == strings.ToUpper(alias) {
		return party.Acronym
	}
	return party.Alias
}

func readIndex(ctx context.Context, b []byte, limits table.Limits) (*ledger.Reading, error) {
	rows, err := table.Form{LostLetters: true, Need: []string{"document number", "publication date"}}.Rows(ctx, b, limits)
	if err != nil {
		return nil, err
	}
	d := draft.New("notices", SourceNotices, "")
	d.Reading.Rows, d.Reading.Mode = len(rows), ledger.Chronicle
	for _, r := range rows {
		if _, err := usdate.In(r, "publication date"); err != nil {
			return nil, err
		}
	}
	d.Warn(0, "an index of notices names no parties; it is kept as a document and states nothing")
	return d.Done(), nil
}
