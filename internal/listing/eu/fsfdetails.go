package eu

import (
	"strings"

	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/xmllist"
	"countersign.dev/internal/party"
)

var genders = map[string]string{"M": "male", "F": "female"}

// identificationSchemes are the codes of identifications.
var identificationSchemes = map[string]string{
	"passport": "passport", "id": "national_id", "ssn": "social_security", "fiscalcode": "tax", "tax": "tax", "regnumber": "registration",
	"tradelic": "licence", "drivinglic": "driving_licence", "electionid": "electoral", "resident": "residence", "travelDoc": "passport",
	"imo": "imo", "bic": "swift", "swiftbic": "swift", "iban": "iban", "lei": "lei",
}

// contactDetails are the keys of contact information.
var contactDetails = map[string]string{"WEB": "website", "EMAIL": "email", "PHONE": "phone", "FAX": "fax"}

func (f *fsf) details(e *xmllist.Element, entry *listing.Entry) {
	id := entry.ID
	for _, b := range e.Each("birthdate") {
		f.Detail(id, "birth_date", fsfBirth(b))
		f.Detail(id, "birth_place", draft.Join(", ", b.Attr("place"), b.Attr("city"), b.Attr("region"), fsfCountry(b)))
	}
	for _, c := range e.Each("citizenship") {
		f.Detail(id, "nationality", fsfCountry(c))
	}
	for _, i := range e.Each("identification") {
		f.identification(i, entry)
	}
	for _, a := range e.Each("address") {
		f.Address(id, party.Address{
			Street: draft.Join(", ", a.Attr("street"), a.Attr("place"), prefixed("PO Box ", a.Attr("poBox"))),
			City:   draft.Join(", ", a.Attr("city"), a.Attr("region"), a.Attr("zipCode")), Country: fsfCountry(a), Remarks: strings.Join(a.Texts("remark"), " "),
		})
		for _, c := range a.Each("contactInfo") {
			if name, ok := contactDetails[strings.ToUpper(c.Attr("key"))]; ok {
				f.Detail(id, name, c.Attr("value"))
			}
		}
	}
	if number := strings.ReplaceAll(e.Attr("unitedNationId"), " ", ""); number != "" {
		f.Link(id, party.Link{Relation: "same_as", To: listing.ID("un-sc", number)})
	}
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// identification states a number, unless the list says that it is a false one.
func (f *fsf) identification(i *xmllist.Element, entry *listing.Entry) {
	number := i.Attr("number")
	if number == "" {
		number = i.Attr("latinNumber")
	}
	if i.Attr("knownFalse") == "true" {
		f.Detail(entry.ID, "false_document", draft.Join(" ", i.Attr("identificationTypeDescription"), number))
		return
	}
	scheme, ok := identificationSchemes[i.Attr("identificationTypeCode")]
	if !ok {
		scheme = "identification"
	}
	if scheme == "imo" && entry.Kind == party.Organisation {
		scheme = "imo_company"
	}
	f.Identifier(entry.ID, scheme, number, fsfCountry(i))
}

// fsfCountry is a country in words, "" where it is marked as unknown.
func fsfCountry(e *xmllist.Element) string {
	if code := e.Attr("countryIso2Code"); code == "00" {
		return ""
	}
	return e.Attr("countryDescription")
}

// fsfBirth says a date of birth: the day, or as much as is known, with "circa"
// where the list is not sure, and the bounds where it is a range.
func fsfBirth(b *xmllist.Element) string {
	text := b.Attr("birthdate")
	switch {
	case text != "":
	case b.Attr("yearRangeFrom") != "" && b.Attr("yearRangeTo") != "":
		text = b.Attr("yearRangeFrom") + " to " + b.Attr("yearRangeTo")
	case b.Attr("year") != "" && b.Attr("year") != "0":
		text = b.Attr("year")
	}
	if b.Attr("circa") == "true" && text != "" {
		return "circa " + text
	}
	return text
}
