package dod

import (
	"cmp"
	"slices"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

var law1260H = law{
	authority:   "US Department of Defense",
	citation:    "Pub. L. 116-283, sec. 1260H",
	designation: "identified as a Chinese military company operating in the United States",
}

// historyColumns are all columns of the section 1260H table.
var historyColumns = []string{"name", "clean name", "alias", "previous name", "parent name", "note", "start date", "end date", "source url", ""}

// company is one row of the section 1260H table.
type company struct {
	span
	listed  string // the name as the list writes it
	name    string // the same without what the list adds in brackets
	aliases []party.Name
	parent  string
	note    string
}

func read1260H(rows []table.Row) ([]ledger.Statement, error) {
	all := make([]company, 0, len(rows))
	for _, r := range rows {
		c, err := companyOf(r)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	groups := grouped(Source1260H, all, func(c company) string { return party.Slug(c.name) })
	ids := make(map[string]bool, len(groups))
	for _, g := range groups {
		ids[g.subject] = true
	}
	var out []ledger.Statement
	for _, g := range groups {
		out = append(out, companyStatements(g, ids)...)
	}
	return out, nil
}

// companyStatements is everything that the rows of one listing say.
func companyStatements(g group[company], ids map[string]bool) []ledger.Statement {
	slices.SortStableFunc(g.rows, func(a, b company) int { return cmp.Compare(a.from, b.from) })
	first := g.rows[0]
	entry := listing.Entry{ID: g.subject, Programme: Source1260H, Name: first.name, Kind: party.Organisation}
	if first.to == "" {
		entry.Note = first.note
	}
	out := dated(first.published, ledger.Statement{Kind: listing.FactEntry, Subject: g.subject, Key: "entry", Body: entry})
	var spans []span
	for i, c := range g.rows {
		quality := party.Primary
		if i > 0 {
			quality = party.Alias
		}
		names := append([]party.Name{{Name: c.name, Quality: quality}}, c.aliases...)
		names = append(names, party.Name{Name: c.listed, Quality: party.Alias})
		for _, n := range names {
			out = append(out, nameStatements(g.subject, c.published, n)...)
		}
		if c.parent != "" {
			link := party.Link{Relation: "parent", Name: c.parent}
			if id := listing.ID(Source1260H, party.Slug(c.parent)); ids[id] {
				link.To = id
			}
			out = append(out, dated(c.published, party.LinkStatement(g.subject, link))...)
		}
		s := c.span
		// A row that ends gives the reason of its end; any other that of its
		// beginning, which the entry has for the first.
		switch {
		case c.to != "":
			s.ended = c.note
		case i > 0:
			s.began = c.note
		}
		spans = append(spans, s)
	}
	return append(unique(out), law1260H.events(g.subject, spans)...)
}

func companyOf(r table.Row) (company, error) {
	c := company{span: span{line: r.Line, url: r.Get("source url")}, listed: unstarred(r.Get("name")), parent: unstarred(r.Get("parent name")), note: r.Get("note")}
	var inBrackets []party.Name
	if c.name = unstarred(r.Get("clean name")); c.name == "" {
		c.name, inBrackets = splitBrackets(c.listed)
	}
	if party.Fold(c.name) == "" {
		return c, problem.New(problem.Invalid, "line %d: no name in column %q or %q", r.Line, "clean name", "name")
	}
	c.aliases = slices.Concat(namesOf(r.Get("alias"), party.Alias), inBrackets, namesOf(r.Get("previous name"), party.Former))
	var err error
	if c.from, err = r.Date("start date"); err != nil {
		return c, err
	}
	if c.from == "" {
		return c, problem.New(problem.Invalid, "line %d, column %q: no date; want the day of the list that names it", r.Line, "start date")
	}
	c.published = c.from
	if c.to, err = r.Date("end date"); err != nil {
		return c, err
	}
	if c.to != "" && c.to < c.from {
		return c, problem.New(problem.Invalid, "line %d: ends on %s, before it starts on %s", r.Line, c.to, c.from)
	}
	return c, nil
}
