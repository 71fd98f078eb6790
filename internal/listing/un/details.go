package un

import (
	"regexp"
	"strings"

	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/nametext"
	"countersign.dev/internal/listing/xmllist"
	"countersign.dev/internal/party"
)

var (
	passportIn = regexp.MustCompile(`(?i)\bpassport (?:no\.?|number)?:? ?([A-Z]{0,3} ?\d[\dA-Z-]{4,})`)
	listMark   = regexp.MustCompile(`(?:^|\s)\(?[a-z]\)\s`)
	scriptNote = regexp.MustCompile(`(?i)\bscript: ([^);]+)`)
	// companyNumber is the number of a shipping company in the registry of the
	// International Maritime Organization. Those of ships begin with 7 or more.
	companyNumber = regexp.MustCompile(`(?i)\bIMO (?:company )?number:? ?([0-6]\d{6})\b`)
)

// documentTypes tell a document's scheme by words of its type, the first that
// occurs.
var documentTypes = []struct{ word, scheme string }{
	{"passport", "passport"}, {"passeport", "passport"}, {"pasaporte", "passport"},
	{"birth", "birth_certificate"}, {"social security", "social_security"}, {"ssn", "social_security"}, {"fiscal code", "tax"},
	{"driv", "driving_licence"}, {"voter", "electoral"}, {"resident", "residence"},
	{"ration", "identification"}, {"student", "identification"}, {"military", "identification"}, {"serviceman", "identification"},
	{"certificate", "identification"}, {"other id", "identification"}, {"fardc", "identification"},
}

func schemeOf(texts ...string) string {
	text := strings.ToLower(strings.Join(texts, " "))
	for _, t := range documentTypes {
		if strings.Contains(text, t.word) {
			return t.scheme
		}
	}
	return "national_id"
}

// numbers states the numbers of documents, and of shipping companies.
func (r *reader) numbers(e *xmllist.Element, entry *listing.Entry) {
	for _, d := range e.Each(e.Name + "_DOCUMENT") {
		r.document(d, entry)
	}
	for _, m := range companyNumber.FindAllStringSubmatch(entry.Remarks, 4) {
		if entry.Kind == party.Organisation {
			r.Identifier(entry.ID, "imo_company", m[1], "")
		}
	}
}

func (r *reader) document(d *xmllist.Element, entry *listing.Entry) {
	kind, refined, note := d.First("TYPE_OF_DOCUMENT"), d.First("TYPE_OF_DOCUMENT2"), d.First("NOTE")
	country := d.First("ISSUING_COUNTRY")
	if country == "" {
		country = d.First("COUNTRY_OF_ISSUE")
	}
	if m := scriptNote.FindStringSubmatch(note); m != nil {
		r.Name(entry, m[1], party.Alias)
	}
	number := d.First("NUMBER")
	scheme := schemeOf(refined, kind)
	for _, place := range []string{number, refined, note} {
		value, _, ok := nametext.Number(place)
		if !ok {
			continue
		}
		if number == "" {
			scheme = schemeOf(note, refined, kind)
		}
		r.Identifier(entry.ID, scheme, value, country)
		return
	}
	if number != "" || note != "" {
		r.Detail(entry.ID, "document", draft.Join(", ", kind, refined, number, country, note))
	}
}

func (r *reader) details(e *xmllist.Element, entry *listing.Entry) {
	id := entry.ID
	for _, b := range e.Each(e.Name + "_DATE_OF_BIRTH") {
		r.Detail(id, "birth_date", birthOf(b))
	}
	for _, p := range e.Each(e.Name + "_PLACE_OF_BIRTH") {
		place := draft.Join(", ", p.First("STREET"), p.First("CITY"), p.First("STATE_PROVINCE"), p.First("COUNTRY"))
		if note := strings.Trim(p.First("NOTE"), "() "); note != "" {
			place = draft.Join(" ", place, "("+note+")")
		}
		r.Detail(id, "birth_place", place)
	}
	for _, n := range e.Texts("NATIONALITY", "VALUE") {
		if !absent(n) {
			r.Detail(id, "nationality", n)
		}
	}
	r.Detail(id, "gender", e.First("GENDER"))
	for _, p := range e.Texts("DESIGNATION", "VALUE") {
		if !absent(p) {
			r.Detail(id, "position", p)
		}
	}
	for _, a := range e.Each(e.Name + "_ADDRESS") {
		r.Address(id, party.Address{
			Street: a.First("STREET"), City: draft.Join(", ", a.First("CITY"), a.First("STATE_PROVINCE"), a.First("ZIP_CODE")),
			Country: a.First("COUNTRY"), Remarks: a.First("NOTE"),
		})
	}
}

// birthOf says a date of birth in words.
func birthOf(b *xmllist.Element) string {
	note := b.First("NOTE")
	circa := strings.EqualFold(b.First("TYPE_OF_DATE"), "APPROXIMATELY")
	if strings.EqualFold(note, "approximately") {
		circa, note = true, ""
	}
	text := b.First("YEAR")
	day, exact := dayOf(b.First("DATE"))
	switch {
	case exact:
		text = string(day)
	case b.First("FROM_YEAR") != "":
		text = draft.Join(" to ", b.First("FROM_YEAR"), b.First("TO_YEAR"))
	case text != "" && note != "" && len(note) <= len("September"):
		text, note = note+" "+text, "" // a month beside its year
	case text == "":
		text, note = note, ""
	}
	if circa && text != "" {
		text = "circa " + text
	}
	if note != "" && text != "" {
		text += " (" + note + ")"
	}
	return text
}
