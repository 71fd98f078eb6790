package dod

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

var law1237 = law{
	authority:   "US Department of Defense",
	citation:    "Pub. L. 105-261, sec. 1237, as amended",
	designation: "designated a Communist Chinese military company",
}

// ccmcColumns are those that the section 1237 table has at least.
var ccmcColumns = []string{"name as listed", "designated on"}

// ccmc is one row of the section 1237 table.
type ccmc struct {
	span
	name, acronym, successorName string
}

func read1237(rows []table.Row) ([]ledger.Statement, error) {
	all := make([]ccmc, 0, len(rows))
	for _, r := range rows {
		c, err := ccmcOf(r)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	var out []ledger.Statement
	for _, g := range grouped(Source1237, all, func(c ccmc) string { return party.Slug(c.name) }) {
		slices.SortStableFunc(g.rows, func(a, b ccmc) int { return cmp.Compare(a.published, b.published) })
		first := g.rows[0]
		out = append(out, dated(first.published, ledger.Statement{
			Kind: listing.FactEntry, Subject: g.subject, Key: "entry",
			Body: listing.Entry{ID: g.subject, Programme: Source1237, Name: first.name, Kind: party.Organisation},
		})...)
		var spans []span
		var said []ledger.Statement
		for i, c := range g.rows {
			quality := party.Primary
			if i > 0 {
				quality = party.Alias
			}
			said = append(said, nameStatements(g.subject, c.published, party.Name{Name: c.name, Quality: quality})...)
			said = append(said, nameStatements(g.subject, c.published, party.Name{Name: c.acronym, Quality: shortQuality(c.acronym)})...)
			if c.successor != "" {
				link := party.Link{Relation: "same_as", To: c.successor, Name: c.successorName}
				said = append(said, dated(c.to, party.LinkStatement(g.subject, link))...)
			}
			spans = append(spans, c.span)
		}
		out = append(out, unique(said)...)
		out = append(out, law1237.events(g.subject, spans)...)
	}
	return out, nil
}

func ccmcOf(r table.Row) (ccmc, error) {
	c := ccmc{span: span{line: r.Line}, name: unstarred(r.Get("name as listed")), acronym: r.Get("acronym")}
	if party.Fold(c.name) == "" {
		return c, problem.New(problem.Invalid, "line %d, column %q: no name", r.Line, "name as listed")
	}
	for _, d := range []struct {
		column string
		into   *access.Date
	}{{"designated on", &c.from}, {"published on", &c.published}, {"removed on", &c.to}} {
		day, err := r.Date(d.column)
		if err != nil {
			return c, err
		}
		*d.into = day
	}
	if c.from == "" {
		return c, problem.New(problem.Invalid, "line %d, column %q: no date; want the day of designation", r.Line, "designated on")
	}
	c.published = cmp.Or(c.published, c.from)
	if c.to != "" && c.to < c.from {
		return c, problem.New(problem.Invalid, "line %d: removed on %s, before its designation on %s", r.Line, c.to, c.from)
	}
	basis := r.Get("removal basis")
	if c.to != "" {
		c.end, c.successorName = endOf(basis)
		c.ended, c.cite = basis, docket.FindString(basis)
	}
	if c.successorName != "" {
		c.successor = listing.ID(Source1237, party.Slug(c.successorName))
	}
	return c, nil
}

// How the basis of a removal is worded.
var (
	vacating  = regexp.MustCompile(`(?i)\bvacat|\bannul|\bvoid\b`)
	respelled = regexp.MustCompile(`(?i)\b(?:mis-?spel|re-?spel|misprint|typographical|(?:correct\w*|wrong|right) spelling|spelling (?:was )?correct)`)
	expired   = regexp.MustCompile(`(?i)\bexpir|\blaps|\bsunset`)
	replaced  = regexp.MustCompile(`(?i)\b(?:replaced (?:by|with)|succeeded by|superseded by|corrected to|respelled(?: as)?) "?(.+?)"?(?: effective\b| as of\b| from \d| on \d| \(|;|$)`)
	docket    = regexp.MustCompile(`(?:[A-Z][\w.]*\. )?(?:No\. )?(?:\d:)?\d{2}-cv-\d+`)
)

// endOf tells from the basis of a removal what sort of end it is, and for an
// entry replaced by another the other's name.
func endOf(basis string) (kind listing.EventKind, successor string) {
	switch {
	case vacating.MatchString(basis):
		return listing.Vacated, ""
	case respelled.MatchString(basis):
		if m := replaced.FindStringSubmatch(basis); m != nil {
			successor = strings.TrimSpace(m[1])
		}
		return listing.Respelled, successor
	case expired.MatchString(basis):
		return listing.Expired, ""
	}
	return listing.Removed, ""
}
