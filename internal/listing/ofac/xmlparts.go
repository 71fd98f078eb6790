package ofac

import (
	"strconv"
	"strings"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing/xmllist"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// xmlItems are what the delimited form writes as items of remarks, out of the
// elements that the XML has for them, and the items of the remarks themselves.
// So both forms say the same of what they tell.
func xmlItems(e *xmllist.Element) []string {
	var items []string
	add := func(prefix string, values []string) {
		for _, v := range values {
			items = append(items, prefix+v)
		}
	}
	add("DOB ", e.Texts("dateOfBirthList", "dateOfBirthItem", "dateOfBirth"))
	add("POB ", e.Texts("placeOfBirthList", "placeOfBirthItem", "placeOfBirth"))
	add("nationality ", e.Texts("nationalityList", "nationality", "country"))
	add("citizen ", e.Texts("citizenshipList", "citizenship", "country"))
	for _, list := range e.Each("idList") {
		for _, id := range list.Each("id") {
			if item := idItem(id); item != "" {
				items = append(items, item)
			}
		}
	}
	text, rest, open := itemsOf(strings.Trim(e.First("remarks"), "()"), 0)
	items = append(items, text...)
	if open {
		items = appendItem(items, rest)
	}
	return items
}

// idItem is a document as an item: type, number, country in brackets. A type
// that remarks do not know is an identification.
func idItem(id *xmllist.Element) string {
	kind, number := id.First("idType"), id.First("idNumber")
	if kind == "" || number == "" {
		return ""
	}
	item := kind + " " + number
	if _, known := labelOf(item); !known {
		item = "Identification Number " + number
	}
	if country := id.First("idCountry"); country != "" {
		item += " (" + country + ")"
	}
	return item
}

// aliases states the names of an entry besides its own. Types are written with
// dots here.
func (x *xmlReader) aliases(e *xmllist.Element, subject string, kind party.Kind) error {
	for _, list := range e.Each("akaList") {
		for _, a := range list.Each("aka") {
			uid, err := number(a.Line, "alias number", a.First("uid"))
			if err != nil {
				return err
			}
			quality, known := aliasQuality[strings.ReplaceAll(a.First("type"), ".", "")]
			if !known {
				return problem.New(problem.Invalid, "line %d: alias type %q; want a.k.a., f.k.a. or n.k.a.", a.Line, clip(a.First("type")))
			}
			if quality == party.Alias && strings.EqualFold(a.First("category"), "weak") {
				quality = party.Weak
			}
			name := xmlName(a)
			if party.Fold(name) == "" {
				return problem.New(problem.Invalid, "line %d: alias %d has no name", a.Line, uid)
			}
			x.state(party.NameStatements(subject, "alt:"+strconv.FormatUint(uid, 10), kind, party.Name{Name: name, Quality: quality})...)
		}
	}
	return nil
}

func (x *xmlReader) addresses(e *xmllist.Element, subject string) error {
	for _, list := range e.Each("addressList") {
		for _, a := range list.Each("address") {
			uid, err := number(a.Line, "address number", a.First("uid"))
			if err != nil {
				return err
			}
			of := party.Address{
				Street: joined(a, "address1", "address2", "address3"), City: joined(a, "city", "stateOrProvince", "postalCode"),
				Country: a.First("country"),
			}
			if of != (party.Address{}) {
				x.state(ledger.Statement{Kind: party.FactAddress, Subject: subject, Key: "add:" + strconv.FormatUint(uid, 10), Body: of})
			}
		}
	}
	return nil
}

// joined is the texts of some elements with commas between.
func joined(e *xmllist.Element, names ...string) string {
	var out []string
	for _, n := range names {
		if text := e.First(n); text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, ", ")
}
