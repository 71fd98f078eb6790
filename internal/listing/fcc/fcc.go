// Package fcc reads the Covered List of the US Federal Communications
// Commission, as its page shows it: communications equipment and services that
// are held to be a risk to national security.
//
// Begin with [Recognise] and [Read].
//
// # Format
//
// Commas part two columns, covered_equipment_or_services and
// date_of_inclusion_on_covered_list. The first is a sentence, and whom it is
// about stands within: "… equipment produced by X, including …", "… services
// provided by X and its wholly-owned subsidiary Y subject to …". The second is
// a day, "March 12, 2021", which days of updates may follow.
//
// The list gives no numbers; a party is the listing "us-fcc-covered:" and the
// slug of its name, and keeps the sentences that name it as remarks.
//
// Some rows cover what is made by anybody in a foreign country. They name no
// party and state nothing; a warning says so.
package fcc

import (
	"context"
	"regexp"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/usdate"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// Source is the series of the list's editions, its programme, and the prefix
// of its listing ids.
const Source = "us-fcc-covered"

const (
	covered = "covered equipment or services"
	since   = "date of inclusion on covered list"
)

// Recognise tells the list by its header.
func Recognise(_ string, head []byte) bool { return table.Form{}.Header(head).Has(covered, since) }

// inclusion is one row.
type inclusion struct {
	line    int
	text    string
	date    access.Date
	updates []access.Date
}

// Read reads the list. The reading is a snapshot; the page does not give its
// day.
func Read(ctx context.Context, b []byte, limits table.Limits) (*ledger.Reading, error) {
	rows, err := table.Form{LostLetters: true, Need: []string{covered, since}}.Rows(ctx, b, limits)
	if err != nil {
		return nil, err
	}
	d := draft.New("fcc.covered", Source, "")
	d.Reading.Rows = len(rows)
	naming := map[string][]inclusion{}
	named := map[string]string{}
	var ids []string
	for _, row := range rows {
		in, err := inclusionOf(row)
		if err != nil {
			return nil, err
		}
		parties := partiesIn(in.text)
		if len(parties) == 0 {
			d.Warn(in.line, "names no party but a category, %q; whether a product is of it has to be looked at", draft.Clip(in.text))
		}
		for _, name := range parties {
			id := listing.ID(Source, party.Slug(name))
			if naming[id] == nil {
				ids, named[id] = append(ids, id), name
			}
			naming[id] = append(naming[id], in)
		}
	}
	for _, id := range ids {
		state(d, id, named[id], naming[id])
	}
	return d.Done(), nil
}

func inclusionOf(row table.Row) (inclusion, error) {
	in := inclusion{line: row.Line, text: row.Get(covered)}
	if in.text == "" {
		return in, problem.New(problem.Invalid, "line %d, column %q: no text", row.Line, covered)
	}
	days := strings.Split(row.Get(since), "Updated:")
	for i, text := range days {
		day, ok := usdate.Parse(text)
		switch {
		case !ok:
			return in, problem.New(problem.Invalid, "line %d, column %q: %q is no date; want one like March 12, 2021", row.Line, since, draft.Clip(text))
		case i == 0:
			in.date = day
		default:
			in.updates = append(in.updates, day)
		}
	}
	return in, nil
}

func state(d *draft.Draft, id, name string, rows []inclusion) {
	e := listing.Entry{ID: id, Programme: Source, Name: name, Kind: party.Organisation}
	first := rows[0].date
	var texts []string
	for _, in := range rows {
		texts = append(texts, in.text)
		first = min(first, in.date)
	}
	e.Remarks = strings.Join(texts, " ")
	d.Entry(rows[0].line, e, first)
	if inner := inBrackets.FindStringSubmatch(name); inner != nil {
		d.Name(&e, strings.TrimSpace(inBrackets.ReplaceAllString(name, "")), party.Alias)
	}
	const authority = "US Federal Communications Commission"
	d.Event(id, listing.Event{
		Kind: listing.Designated, Date: first, What: "put on the Covered List", Authority: authority, Citation: "47 U.S.C. 1601; 47 CFR 1.50002",
	})
	var later []access.Date
	for _, in := range rows {
		later = append(append(later, in.date), in.updates...)
	}
	d.Amended(id, authority, first, later...)
}

// inBrackets is the country that the name of a subsidiary has in it.
var inBrackets = regexp.MustCompile(`\s*\(([^()]+)\)`)

var (
	// maker comes before the party's name.
	maker = regexp.MustCompile(`\b(?i:produced|provided|supplied|manufactured|sold|offered)(?:,? (?i:directly or indirectly),)?(?: or (?i:produced|provided|supplied))? by `)
	// behind is what comes after it.
	behind = regexp.MustCompile(`,? (?:including|to the extent|subject to|or (?:any|one) of its|or its|and any of its|and its (?:affiliates|subsidiaries|successors))\b|\.?$`)
	// owned comes between a party and another that it owns.
	owned = regexp.MustCompile(` and its wholly[- ]owned subsidiar(?:y|ies) `)
	// nobody are words after "by" that name no party.
	nobody = regexp.MustCompile(`(?i)^(?:such|an?|any|the|one|entit|foreign)\b`)
)

// partiesIn is the names that a sentence gives for who makes or provides what
// is covered; none when it covers what anybody makes.
func partiesIn(text string) []string {
	var out []string
	for _, m := range maker.FindAllStringIndex(text, -1) {
		rest := text[m[1]:]
		if nobody.MatchString(rest) {
			continue
		}
		if end := behind.FindStringIndex(rest); end != nil {
			rest = withoutStop(rest[:end[0]], rest[end[0]:])
		}
		for _, name := range owned.Split(rest, -1) {
			if name = strings.Trim(name, " ,"); party.Fold(name) != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

// withoutStop leaves the full stop of an abbreviation that ends a name.
func withoutStop(name, rest string) string {
	if strings.HasPrefix(rest, ".") && abbreviated.MatchString(name) {
		return name + "."
	}
	return name
}

var abbreviated = regexp.MustCompile(`\b(?:Inc|Corp|Co|Ltd)$`)
