package un

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/nametext"
	"countersign.dev/internal/listing/xmllist"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// Source is the series of editions, and the prefix of listing ids.
const Source = "un-sc"

const (
	root      = "CONSOLIDATED_LIST"
	authority = "United Nations Security Council"
)

// Recognise tells the consolidated list by its root element.
func Recognise(_ string, head []byte) bool {
	e, ok := xmllist.Root(head)
	return ok && e.Name == root
}

// Read reads the list. Its errors name the line. The reading is a snapshot of
// the day on which the document was generated.
func Read(ctx context.Context, b []byte, limits xmllist.Limits) (*ledger.Reading, error) {
	r := &reader{Draft: draft.New("un.consolidated", Source, "")}
	top, err := xmllist.Read(ctx, b, limits, []string{root}, []string{"INDIVIDUAL", "ENTITY"}, r.entry)
	if err != nil {
		return nil, err
	}
	if r.Reading.Rows == 0 {
		return nil, problem.New(problem.Invalid, "line %d: no <INDIVIDUAL> and no <ENTITY> in <%s>", top.Line, root)
	}
	generated := top.Attr("dateGenerated")
	day, ok := dayOf(generated)
	if !ok {
		return nil, problem.New(problem.Invalid, "line %d: dateGenerated is %q; want a date like 2026-02-27", top.Line, draft.Clip(generated))
	}
	r.Reading.Published = day
	return r.Done(), nil
}

type reader struct{ *draft.Draft }

// dayOf is the day of a date that may have a time or a zone behind it.
func dayOf(text string) (access.Date, bool) {
	if len(text) < len("2006-01-02") {
		return "", false
	}
	d, err := access.ParseDate(text[:len("2006-01-02")])
	return d, err == nil
}

func (r *reader) entry(e *xmllist.Element) error {
	r.Reading.Rows++
	number := e.First("REFERENCE_NUMBER")
	if number == "" {
		return problem.New(problem.Invalid, "line %d: <%s> has no REFERENCE_NUMBER", e.Line, e.Name)
	}
	id := listing.ID(Source, number)
	if err := r.Once(e.Line, id); err != nil {
		return err
	}
	of := regimeOf(number)
	entry := &listing.Entry{
		ID: id, Programme: of.programme, Name: nameOf(e), Kind: party.Organisation,
		Title: draft.Join("; ", e.Texts("TITLE", "VALUE")...), Remarks: e.First("COMMENTS1"),
	}
	if e.Name == "INDIVIDUAL" {
		entry.Kind = party.Person
	}
	if tag := e.First("UN_LIST_TYPE"); tag != "" {
		entry.Tags = []string{tag}
	}
	listed := r.listed(e, entry, of)
	r.Entry(e.Line, *entry, listed)
	r.names(e, entry)
	r.numbers(e, entry)
	r.details(e, entry)
	return nil
}

// listed states when the entry was listed and amended.
func (r *reader) listed(e *xmllist.Element, entry *listing.Entry, of regime) access.Date {
	day, ok := dayOf(e.First("LISTED_ON"))
	if !ok {
		r.Warn(e.Line, "%s: LISTED_ON is %q; the listing counts from the first edition that has it", entry.ID, draft.Clip(e.First("LISTED_ON")))
		return ""
	}
	event := listing.Event{
		Kind: listing.Designated, Date: day, What: "put on the consolidated list (" + of.title + ")", Authority: authority, Citation: of.resolution,
	}
	if entry.Kind == party.Person && of.travel {
		event.Consequences = []listing.Stated{{Kind: listing.Visa, From: day, What: "states refuse this person entry and transit"}}
	}
	r.Event(entry.ID, event)
	var amended []access.Date
	for _, text := range e.Texts("LAST_DAY_UPDATED", "VALUE") {
		if on, ok := dayOf(text); ok {
			amended = append(amended, on)
		}
	}
	r.Amended(entry.ID, authority, day, amended...)
	return day
}

// nameOf joins the parts of a name. Some are "na", for not available.
func nameOf(e *xmllist.Element) string {
	var parts []string
	for _, of := range []string{"FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"} {
		if part := e.First(of); !absent(part) {
			parts = append(parts, part)
		}
	}
	return draft.Join(" ", parts...)
}

// absent reports whether a text says that there is none.
func absent(text string) bool {
	switch text {
	case "", "na", "Na", "NA", "n/a", "N/A", "-":
		return true
	}
	return false
}

// aliasQuality is how good an alias is to find its party by: persons' are Good
// or Low, those of entities say what sort they are.
var aliasQuality = map[string]party.Quality{
	"": party.Alias, "Good": party.Alias, "a.k.a.": party.Alias, "f.k.a.": party.Former, "Low": party.Weak,
}

func (r *reader) names(e *xmllist.Element, entry *listing.Entry) {
	for _, item := range nametext.Items(entry.Name) {
		for _, n := range nametext.Names(item, entry.Kind) {
			r.Name(entry, n.Text, orElse(n.Quality, party.Alias))
		}
	}
	r.Name(entry, e.First("NAME_ORIGINAL_SCRIPT"), party.Alias)
	aliases := e.Each(e.Name + "_ALIAS")
	// Of a name that occurs twice the better quality counts.
	for _, weak := range []bool{false, true} {
		for _, a := range aliases {
			quality, known := aliasQuality[a.First("QUALITY")]
			if !known {
				quality = party.Alias
			}
			if (quality == party.Weak) == weak {
				r.alias(a, entry, quality)
			}
		}
	}
}

// alias states the names of one alias, and what else it tells of whom it names.
func (r *reader) alias(a *xmllist.Element, entry *listing.Entry, quality party.Quality) {
	note := a.First("NOTE")
	for i, item := range nametext.Items(a.First("ALIAS_NAME")) {
		if i == 0 && note != "" {
			item += " (" + listMark.ReplaceAllString(note, " ") + ")"
		}
		for _, n := range nametext.Names(item, entry.Kind) {
			r.Name(entry, n.Text, orElse(n.Quality, quality))
		}
	}
	for _, m := range passportIn.FindAllStringSubmatch(a.First("ALIAS_NAME")+" "+note, 4) {
		r.Identifier(entry.ID, "passport", m[1], "")
	}
	if day, ok := dayOf(a.First("DATE_OF_BIRTH")); ok {
		r.Detail(entry.ID, "birth_date", string(day))
	} else {
		r.Detail(entry.ID, "birth_date", a.First("DATE_OF_BIRTH"))
	}
	if city := a.First("CITY_OF_BIRTH"); city != "" {
		r.Detail(entry.ID, "birth_place", draft.Join(", ", city, a.First("COUNTRY_OF_BIRTH")))
	}
}

func orElse(q, other party.Quality) party.Quality {
	if q == "" {
		return other
	}
	return q
}
