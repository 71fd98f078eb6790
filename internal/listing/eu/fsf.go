package eu

import (
	"context"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/nametext"
	"countersign.dev/internal/listing/xmllist"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// SourceFSF is the series of editions of the consolidated list, and the prefix
// of its listing ids.
const SourceFSF = programmeFreeze

const (
	fsfRoot   = "export"
	fsfEntity = "sanctionEntity"
)

// RecogniseFSF tells the consolidated list by its root element and its name
// space, or by its first entry.
func RecogniseFSF(_ string, head []byte) bool {
	e, ok := xmllist.Root(head)
	return ok && e.Name == fsfRoot && (strings.Contains(e.Attr("xmlns"), "fsd/export") || strings.Contains(string(head), "<"+fsfEntity))
}

// ReadFSF reads the consolidated list. Its errors name the line. The reading is
// a snapshot of the day on which the document was generated.
func ReadFSF(ctx context.Context, b []byte, limits xmllist.Limits) (*ledger.Reading, error) {
	f := &fsf{Draft: draft.New("eu.fsf", SourceFSF, "")}
	top, err := xmllist.Read(ctx, b, limits, []string{fsfRoot}, []string{fsfEntity}, f.entity)
	if err != nil {
		return nil, err
	}
	if f.Reading.Rows == 0 {
		return nil, problem.New(problem.Invalid, "line %d: no <%s> in <%s>", top.Line, fsfEntity, fsfRoot)
	}
	generated := top.Attr("generationDate")
	day, ok := isoDay(generated)
	if !ok {
		return nil, problem.New(problem.Invalid, "line %d: generationDate is %q; want a date like 2026-02-27", top.Line, draft.Clip(generated))
	}
	f.Reading.Published = day
	f.Warn(0, "read after the publisher's schema; compare some entries with the list")
	return f.Done(), nil
}

// isoDay is the day of a date that may have a time behind it.
func isoDay(text string) (access.Date, bool) {
	if len(text) < len("2006-01-02") {
		return "", false
	}
	d, err := access.ParseDate(text[:len("2006-01-02")])
	return d, err == nil
}

type fsf struct{ *draft.Draft }

func (f *fsf) entity(e *xmllist.Element) error {
	f.Reading.Rows++
	key := e.Attr("euReferenceNumber")
	if key == "" {
		key = e.Attr("logicalId")
	}
	if key == "" {
		return problem.New(problem.Invalid, "line %d: <%s> has neither euReferenceNumber nor logicalId", e.Line, fsfEntity)
	}
	entry := &listing.Entry{
		ID: listing.ID(SourceFSF, key), Programme: programmeFreeze, Kind: fsfKind(e),
		Tags: programmesOf(e), Remarks: strings.Join(e.Texts("remark"), " "),
	}
	if err := f.Once(e.Line, entry.ID); err != nil {
		return err
	}
	names := e.Each("nameAlias")
	if len(names) > 0 {
		entry.Name, entry.Title = wholeName(bestName(names)), bestName(names).Attr("title")
	}
	listed := f.listed(e, entry)
	f.Entry(e.Line, *entry, listed)
	for _, n := range names {
		quality := party.Alias
		if n.Attr("strong") == "false" {
			quality = party.Weak
		}
		for _, one := range nametext.Names(wholeName(n), entry.Kind) {
			f.Name(entry, one.Text, orElse(one.Quality, quality))
		}
		f.Detail(entry.ID, "gender", genders[n.Attr("gender")])
		f.Detail(entry.ID, "position", n.Attr("function"))
	}
	f.details(e, entry)
	return nil
}

// bestName is the name that an entry goes by: the first strong one in English
// or without a language, since that is how regulations list it.
func bestName(names []*xmllist.Element) *xmllist.Element {
	for _, n := range names {
		language := strings.ToUpper(n.Attr("nameLanguage"))
		if n.Attr("strong") != "false" && wholeName(n) != "" && (language == "" || language == "EN") {
			return n
		}
	}
	return names[0]
}

func wholeName(n *xmllist.Element) string {
	if whole := n.Attr("wholeName"); whole != "" {
		return whole
	}
	return draft.Join(" ", n.Attr("firstName"), n.Attr("middleName"), n.Attr("lastName"))
}

// listed states when the entry was listed, by the first regulation about it,
// and amended, by those that followed.
func (f *fsf) listed(e *xmllist.Element, entry *listing.Entry) access.Date {
	designated, _ := isoDay(e.Attr("designationDate"))
	var first *xmllist.Element
	var firstDay access.Date
	var days []access.Date
	for _, r := range e.Each("regulation") {
		day, ok := isoDay(r.Attr("entryIntoForceDate"))
		if !ok {
			if day, ok = isoDay(r.Attr("publicationDate")); !ok {
				continue
			}
		}
		days = append(days, day)
		if first == nil || day < firstDay {
			first, firstDay = r, day
		}
	}
	if designated == "" {
		designated = firstDay
	}
	if designated == "" {
		f.Warn(e.Line, "%s: no date of designation and no dated regulation; the listing counts from the first edition that has it", entry.ID)
		return ""
	}
	event := listing.Event{Kind: listing.Designated, Date: designated, What: "put on the consolidated list", Authority: authority}
	if first != nil {
		event.Citation, event.Source = first.Attr("numberTitle"), httpsOnly(first.First("publicationUrl"))
	}
	f.Event(entry.ID, event)
	f.Amended(entry.ID, authority, designated, days...)
	return designated
}

func httpsOnly(url string) string {
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		return url
	}
	return ""
}

// programmesOf are the codes of the regimes that an entry is on.
func programmesOf(e *xmllist.Element) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range e.Each("regulation") {
		if code := r.Attr("programme"); code != "" && !seen[code] {
			seen[code] = true
			out = append(out, code)
		}
	}
	return out
}

func fsfKind(e *xmllist.Element) party.Kind {
	for _, s := range e.Each("subjectType") {
		if s.Attr("code") == "person" || s.Attr("classificationCode") == "P" {
			return party.Person
		}
	}
	return party.Organisation
}
