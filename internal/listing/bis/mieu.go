package bis

import (
	"context"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/usdate"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

func readMIEU(ctx context.Context, b []byte, limits table.Limits) (*ledger.Reading, error) {
	rows, err := table.Form{LostLetters: true, Need: []string{"name", "date"}}.Rows(ctx, b, limits)
	if err != nil {
		return nil, err
	}
	d := draft.New("bis.mieu", SourceMIEU, "")
	d.Reading.Rows, d.Reading.Mode = len(rows), ledger.Chronicle
	for _, row := range rows {
		if err := endUser(d, row); err != nil {
			return nil, err
		}
	}
	return d.Done(), nil
}

func endUser(d *draft.Draft, row table.Row) error {
	e := listing.Entry{Programme: SourceMIEU, Name: row.Get("name"), Kind: party.Organisation}
	if party.Fold(e.Name) == "" {
		return problem.New(problem.Invalid, "line %d, column %q: no name", row.Line, "name")
	}
	e.ID = listing.ID(SourceMIEU, party.Slug(e.Name))
	if err := d.Once(row.Line, e.ID); err != nil {
		return err
	}
	from, err := usdate.In(row, "date")
	if err != nil {
		return err
	}
	to, err := usdate.In(row, "end date")
	if err != nil {
		return err
	}
	switch {
	case from == "":
		return problem.New(problem.Invalid, "line %d, column %q: no date; want the day from which it is named", row.Line, "date")
	case to != "" && to <= from:
		return problem.New(problem.Invalid, "line %d: ends on %s and begins on %s", row.Line, to, from)
	}
	d.Entry(row.Line, e, from)
	for _, alias := range row.List("alias") {
		quality := party.Alias
		if isAcronym(alias) {
			quality = party.Acronym
		}
		d.Name(&e, alias, quality)
	}
	d.Detail(e.ID, "country", row.Get("country"))
	act := listing.Event{
		Kind: listing.Designated, Date: from, What: "named as a military-intelligence end user", Authority: authority,
		Citation: "15 CFR 744.22(f)(2)", Source: row.Get("source url"),
	}
	d.Event(e.ID, act)
	if to != "" {
		act.Kind, act.Date, act.What, act.Source = listing.Removed, to, "no longer named", ""
		d.Event(e.ID, act)
	}
	return nil
}

// isAcronym tells the short form of a name: capitals, digits and strokes.
func isAcronym(s string) bool {
	if len(s) > 8 {
		return false
	}
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}
