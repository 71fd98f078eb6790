package csl

import (
	"strings"

	"countersign.dev/internal/listing/draft"
)

// sorts says what an id is whose type contains a word; the first that does
// decides. Schemes are the words that OFAC's own files lead to.
var sorts = []struct {
	word   string
	detail bool
	name   string // of the detail, or scheme of the identifier
}{
	{"website", true, "website"},
	{"email", true, "email"},
	{"phone", true, "phone"},
	{"gender", true, "gender"},
	{"secondary sanctions", true, "secondary_sanctions"},
	{"additional sanctions", true, "secondary_sanctions"},
	{"directive", true, "directive"},
	{"executive order", true, "directive"},
	{"organization established", true, "established"},
	{"organization type", true, "organisation_type"},
	{"target type", true, "target_type"},
	{"nationality of registration", true, "registration_country"},
	{"vessel flag", true, "vessel_flag"},
	{"vessel type", true, "vessel_type"},
	{"vessel year", true, "vessel_built"},
	{"aircraft model", true, "aircraft_model"},
	{"aircraft operator", true, "aircraft_operator"},
	{"aircraft manufacture date", true, "aircraft_built"},
	{"transactions prohibited", true, "transactions_prohibited"},
	{"listing date", true, "listing_date"},
	{"effective date", true, "effective_date"},
	{"divestment date", true, "divestment_date"},

	{"passport", false, "passport"},
	{"unified social credit", false, "uscc"},
	{"legal entity number", false, "lei"},
	{"swift", false, "swift"},
	{"bik", false, "bik"},
	{"d-u-n-s", false, "duns"},
	{"isin", false, "isin"},
	{"ticker", false, "ticker"},
	{"digital currency", false, "wallet"},
	{"vessel registration", false, "vessel_registration"},
	{"mmsi", false, "mmsi"},
	{"tail number", false, "tail_number"},
	{"serial number", false, "msn"},
	{"construction number", false, "msn"},
	{"ssn", false, "social_security"},
	{"national id", false, "national_id"},
	{"cedula", false, "national_id"},
	{"c.u.r.p", false, "national_id"},
	{"personal id", false, "national_id"},
	{"d.n.i", false, "national_id"},
	{"driver", false, "driving_licence"},
	{"tax", false, "tax"},
	{"v.a.t", false, "tax"},
	{"nit #", false, "tax"},
	{"r.f.c", false, "tax"},
	{"rif #", false, "tax"},
	{"ruc #", false, "tax"},
	{"fein", false, "tax"},
	{"fiscal code", false, "tax"},
	{"c.u.i.t", false, "tax"},
	{"birth certificate", false, "birth_certificate"},
	{"licen", false, "licence"},
	{"regist", false, "registration"},
	{"company number", false, "registration"},
	{"matricula", false, "registration"},
	{"gazette", false, "registration"},
	{"chamber", false, "registration"},
	{"enterprise number", false, "registration"},
	{"c.r. no", false, "registration"},
}

// state states an id of a listing: what has no digit is no number.
func (i id) state(d *draft.Draft, subject string) {
	number := strings.TrimSpace(i.Number)
	kind := strings.ToLower(strings.Trim(i.Type, " :-"))
	for _, s := range sorts {
		if !strings.Contains(kind, s.word) {
			continue
		}
		switch imo, isIMO := strings.CutPrefix(number, "IMO "); {
		case s.detail:
			d.Detail(subject, s.name, number)
		case isIMO:
			d.Identifier(subject, "imo", imo, "")
		default:
			d.Identifier(subject, s.name, number, i.Country)
		}
		return
	}
	if strings.ContainsAny(number, "0123456789") {
		d.Identifier(subject, "identification", number, i.Country)
		return
	}
	d.Detail(subject, "note", draft.Join(": ", strings.Trim(i.Type, " :-"), number))
}
