package uk

import (
	"strings"

	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/nametext"
	"countersign.dev/internal/party"
	"countersign.dev/internal/table"
)

// names states the name of a row, and its spelling in another script.
func (r *reader) names(row table.Row, entry *listing.Entry) {
	quality := party.Alias
	if isWeak(row) {
		quality = party.Weak
	}
	for _, n := range nametext.Names(nameOf(row), entry.Kind) {
		q := n.Quality
		if q == "" {
			q = quality
		}
		r.Name(entry, n.Text, q)
	}
	for _, item := range nametext.Items(row.Get("Name non-latin script")) {
		r.Name(entry, item, party.Alias)
	}
}

// isWeak reports whether a row's name is too common or short to find the party
// by.
func isWeak(row table.Row) bool {
	return strings.HasPrefix(strings.ToLower(row.Get("Alias strength")), "low")
}

// detailColumns are the columns that are kept as details, under the names that
// all readers use for the same.
var detailColumns = []struct{ column, name string }{
	{"Gender", "gender"}, {"Position", "position"}, {"Nationality(/ies)", "nationality"}, {"Type of entity", "organisation_type"},
	{"Type of ship", "vessel_type"}, {"Tonnage of ship", "tonnage"}, {"Length of ship", "vessel_length"}, {"Year Built", "vessel_built"},
	{"Current believed flag of ship", "vessel_flag"}, {"Previous flags", "former_vessel_flag"}, {"Current owner/operator (s)", "vessel_owner"},
	{"Phone number", "phone"}, {"Website", "website"}, {"Email address", "email"}, {"Designation source", "designation_source"},
}

// numberColumns are the columns of identifiers.
var numberColumns = []struct{ column, scheme string }{
	{"OFSI Group ID", "ofsi"}, {"National Identifier number", "national_id"}, {"Passport number", "passport"},
	{"Business registration number (s)", "registration"}, {"IMO number", "imo"}, {"Hull identification number (HIN)", "hull"},
}

func (r *reader) details(row table.Row, entry *listing.Entry) {
	id := entry.ID
	for _, c := range detailColumns {
		for _, item := range nametext.Items(strings.ReplaceAll(row.Get(c.column), "|", ";")) {
			r.Detail(id, c.name, item)
		}
	}
	for _, item := range nametext.Items(strings.ReplaceAll(row.Get("D.O.B", "DOB", "Date of birth"), "|", ";")) {
		r.Detail(id, "birth_date", birthOf(item))
	}
	r.Detail(id, "birth_place", draft.Join(", ", row.Get("Town of birth"), row.Get("Country of birth")))
	for _, c := range numberColumns {
		for _, item := range nametext.Numbers(strings.ReplaceAll(row.Get(c.column), "|", ";")) {
			number, _, ok := nametext.Number(item)
			if !ok {
				r.Detail(id, "numbers", item)
				continue
			}
			r.Identifier(id, c.scheme, number, "")
		}
	}
	r.Address(id, party.Address{
		Street: draft.Join(", ", row.Get("Address Line 1"), row.Get("Address Line 2"), row.Get("Address Line 3"), row.Get("Address Line 4")),
		City:   draft.Join(", ", row.Get("Address Line 5"), row.Get("Address Line 6"), row.Get("Address Postal Code")), Country: row.Get("Address Country"),
	})
	if number := row.Get("UN Reference Number"); number != "" {
		r.Link(id, party.Link{Relation: "same_as", To: listing.ID("un-sc", strings.ReplaceAll(number, " ", ""))})
	}
	for _, of := range []struct{ column, relation string }{{"Parent company", "parent"}, {"Subsidiaries", "subsidiary"}} {
		for _, item := range nametext.Items(strings.ReplaceAll(row.Get(of.column), "|", ";")) {
			r.Link(id, party.Link{Relation: of.relation, Name: item})
		}
	}
}

// birthOf is a date of birth without the letters that stand for a day or month
// that is not known: "dd/mm/1966" is 1966.
func birthOf(text string) string {
	text = strings.TrimPrefix(strings.ToLower(text), "dd/")
	return strings.TrimPrefix(text, "mm/")
}
