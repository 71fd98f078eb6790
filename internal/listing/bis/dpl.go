package bis

import (
	"bytes"
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/namekind"
	"countersign.dev/internal/listing/usdate"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// order is one row of the Denied Persons List.
type order struct {
	line      int
	name      string
	address   party.Address
	from, to  access.Date // to is "" for an order without an end
	published access.Date
	updated   string // as written
	standard  string
	action    string
	citation  string
}

func readDPL(ctx context.Context, b []byte, limits table.Limits) (*ledger.Reading, error) {
	comma := ','
	if bytes.ContainsRune(firstLine(b), '\t') {
		comma = '\t'
	}
	rows, err := table.Form{Comma: comma, LostLetters: true, Need: []string{"name", "effective date", "expiration date", "standard order"}}.Rows(ctx, b, limits)
	if err != nil {
		return nil, err
	}
	d := draft.New("bis.dpl", SourceDPL, "")
	d.Reading.Rows = len(rows)
	var newest access.Date // effective date
	orders := map[string][]order{}
	var ids []string
	for _, row := range rows {
		o, err := orderOf(row)
		if err != nil {
			return nil, err
		}
		newest = max(newest, o.from)
		id := listing.ID(SourceDPL, party.Slug(o.name))
		if orders[id] == nil {
			ids = append(ids, id)
		}
		orders[id] = append(orders[id], o)
	}
	for _, id := range ids {
		denied(d, id, orders[id])
		for _, o := range orders[id] {
			d.Reading.Published = max(d.Reading.Published, updatedOn(d, o, newest))
		}
	}
	return d.Done(), nil
}

func orderOf(row table.Row) (order, error) {
	o := order{
		line: row.Line, name: row.Get("name"), standard: strings.ToUpper(row.Get("standard order")), action: row.Get("action"), citation: row.Get("fr citation"), updated: row.Get("last update"),
		address: party.Address{
			Street: row.Get("street address"), City: draft.Join(", ", row.Get("city"), draft.Join(" ", row.Get("state"), row.Get("postal code"))),
			Country: row.Get("country"),
		},
	}
	if party.Fold(o.name) == "" {
		return o, problem.New(problem.Invalid, "line %d, column %q: no name", row.Line, "name")
	}
	for _, day := range []struct {
		column string
		into   *access.Date
	}{{"effective date", &o.from}, {"expiration date", &o.to}} {
		var err error
		if *day.into, err = usdate.In(row, day.column); err != nil {
			return o, err
		}
	}
	if o.from == "" {
		return o, problem.New(problem.Invalid, "line %d, column %q: no date; want the day on which the order has effect", row.Line, "effective date")
	}
	if o.to != "" && o.to <= o.from {
		return o, problem.New(problem.Invalid, "line %d: the order expires on %s and has effect from %s", row.Line, o.to, o.from)
	}
	o.published = publishedOn(o.citation, o.from)
	return o, nil
}

// updatedOn is the day on which a row was brought up to date. The bureau types
// these by hand, and years such as 0222 and 3017 have been published: a day
// before the list began, or more than a year after its newest order, is none.
func updatedOn(d *draft.Draft, o order, newest access.Date) access.Date {
	if o.updated == "" {
		return ""
	}
	day, ok := usdate.Parse(o.updated)
	if !ok || day < "1980-01-01" || day > newest.AddDays(366) {
		d.Warn(o.line, "%q cannot be the day of the last update of a row; passed over", draft.Clip(o.updated))
		return ""
	}
	return day
}

// cited is a day within a citation of the Federal Register, which the list
// writes as "68 F.R. 38290 6/27/03".
var cited = regexp.MustCompile(`\b([0-9]{1,2})/([0-9]{1,2})/((?:[0-9]{2})?[0-9]{2})\b`)

// publishedOn is the first day cited that is not before the order; the citation
// of one that was renewed has those of the earlier orders too.
func publishedOn(citation string, from access.Date) access.Date {
	first := access.Date("")
	for _, m := range cited.FindAllStringSubmatch(citation, -1) {
		year := m[3]
		if len(year) == 2 {
			century := "20"
			if year >= "80" { // the list begins in the eighties
				century = "19"
			}
			year = century + year
		}
		if day, ok := usdate.Parse(m[1] + "/" + m[2] + "/" + year); ok && day >= from && (first == "" || day < first) {
			first = day
		}
	}
	return cmp.Or(first, from)
}

// denied states one listing from all its orders.
func denied(d *draft.Draft, id string, orders []order) {
	slices.SortStableFunc(orders, func(a, b order) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(cmp.Or(a.to, access.Forever), cmp.Or(b.to, access.Forever)))
	})
	first, last := orders[0], orders[len(orders)-1]
	e := listing.Entry{ID: id, Programme: SourceDPL, Name: first.name, Kind: namekind.Of(first.name), Remarks: last.action}
	d.Entry(first.line, e, first.published)
	if e.Kind == "" {
		d.State(namekind.AsPerson(id, e.Name, first.published))
	}
	for _, o := range orders {
		d.Name(&e, o.name, party.Alias)
		d.Address(id, o.address)
		if o.standard == "N" {
			d.Detail(id, "standard_order", "no: the order has terms of its own")
		}
	}
	for i := 0; i < len(orders); {
		o, end := orders[i], cmp.Or(orders[i].to, access.Forever)
		for i++; i < len(orders) && orders[i].from <= end; i++ {
			end = max(end, cmp.Or(orders[i].to, access.Forever))
		}
		kind, what := listing.Designated, "export privileges denied"
		if o.line != first.line {
			kind, what = listing.Redesignated, "export privileges denied anew"
		}
		d.Event(id, listing.Event{Kind: kind, Date: o.from, Published: o.published, What: what, Authority: authority, Citation: o.citation})
		if end != access.Forever {
			d.Event(id, listing.Event{Kind: listing.Expired, Date: end, Published: o.published, What: "the order's term ends", Authority: authority, Citation: o.citation})
		}
	}
}
