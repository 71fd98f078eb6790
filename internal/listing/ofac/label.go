package ofac

import "countersign.dev/internal/party"

// label says what an item that begins with its prefix states.
type label struct {
	prefix string
	sort   labelSort
	name   string // of the detail; scheme of the identifier; quality of the name
}

type labelSort int

const (
	detail     labelSort = iota // the rest is the value
	whole                       // the item itself is the value
	identifier                  // the rest is value, country and dates
	also                        // a further name
	linked
	cmicDate
	passed // says nothing about the party
)

// labels are tried in order; where one prefix begins another, the longer
// stands first. Items with none of them are descriptions in free text, which
// the entry's remarks keep.
var labels = []label{
	{"a.k.a. ", also, string(party.Weak)},
	{"f.k.a. ", also, string(party.Former)},
	{"n.k.a. ", also, string(party.Weak)},
	{"Issuer Name ", also, string(party.Alias)},
	{"Linked To: ", linked, "linked_to"},

	{"Listing Date (CMIC)", cmicDate, "listed"},
	{"Effective Date (CMIC)", cmicDate, "effective"},
	{"Purchase/Sales For Divestment Date (CMIC)", cmicDate, "divest"},

	{"DOB ", detail, "birth_date"},
	{"POB ", detail, "birth_place"},
	{"nationality ", detail, "nationality"},
	{"citizen ", detail, "citizenship"},
	{"Gender ", detail, "gender"},
	{"Website ", detail, "website"},
	{"Email Address ", detail, "email"},
	{"Phone Number ", detail, "phone"},
	{"Telephone ", detail, "phone"},
	{"Fax ", detail, "fax"},
	{"Target Type ", detail, "target_type"},
	{"Organization Established Date ", detail, "established"},
	{"Organization Type: ", detail, "organisation_type"},
	{"Nationality of Registration ", detail, "registration_country"},
	{"Former Vessel Flag ", detail, "former_vessel_flag"},
	{"Vessel Flag ", detail, "vessel_flag"},
	{"Other Vessel Type ", detail, "vessel_type"},
	{"Vessel Type ", detail, "vessel_type"},
	{"Vessel Year of Build ", detail, "vessel_built"},
	{"Aircraft Manufacture Date ", detail, "aircraft_built"},
	{"Aircraft Model ", detail, "aircraft_model"},
	{"Aircraft Operator ", detail, "aircraft_operator"},
	{"Secondary sanctions risk:", detail, "secondary_sanctions"},
	{"Additional Sanctions Information - ", detail, "secondary_sanctions"},
	{"Transactions Prohibited For ", detail, "transactions_prohibited"},
	{"CAATSA Section 235 Information: ", detail, "caatsa_235"},
	{"Executive Order 13846 ", whole, "directive"},
	{"Executive Order 14024 Directive Information - For more", passed, ""},
	{"For more information", passed, ""},
	{"Executive Order 13662 Directive Determination", whole, "directive"},
	{"Executive Order 14024 Directive Information", whole, "directive"},
	{"Listing Date (EO", whole, "directive_listing_date"},
	{"Effective Date (EO", whole, "directive_effective_date"},

	{"Vessel Registration Identification IMO ", identifier, "imo"},
	{"Identification Number IMO ", identifier, "imo"},
	{"Company Number IMO ", identifier, "imo_company"},
	{"Vessel Registration Identification ", identifier, "vessel_registration"},
	{"MMSI ", identifier, "mmsi"},
	{"Aircraft Tail Number ", identifier, "tail_number"},
	{"Previous Aircraft Tail Number ", identifier, "tail_number"},
	{"Aircraft Manufacturer's Serial Number (MSN) ", identifier, "msn"},
	{"Aircraft Construction Number (also called L/N or S/N or F/N) ", identifier, "msn"},
	{"ISIN ", identifier, "isin"},
	{"Equity Ticker ", identifier, "ticker"},
	{"Unified Social Credit Code (USCC) ", identifier, "uscc"},
	{"United Social Credit Code Certificate (USCCC) ", identifier, "uscc"},
	{"SWIFT/BIC ", identifier, "swift"},
	{"BIK (RU) ", identifier, "bik"},
	{"Legal Entity Number ", identifier, "legal_entity"},
	{"D-U-N-S Number ", identifier, "duns"},
	{"Digital Currency Address - ", identifier, "wallet"},

	{"Diplomatic Passport ", identifier, "passport"},
	{"Passport ", identifier, "passport"},
	{"Stateless Person Passport ", identifier, "passport"},
	{"Travel Document Number ", identifier, "passport"},
	{"Birth Certificate Number ", identifier, "birth_certificate"},
	{"National ID No. ", identifier, "national_id"},
	{"Cedula No. ", identifier, "national_id"},
	{"C.U.R.P. ", identifier, "national_id"},
	{"D.N.I. ", identifier, "national_id"},
	{"Citizen's Card Number ", identifier, "national_id"},
	{"Numero de Identidad ", identifier, "national_id"},
	{"Personal ID Card ", identifier, "national_id"},
	{"Kenyan ID No. ", identifier, "national_id"},
	{"Turkish Identification Number ", identifier, "national_id"},
	{"Bosnian Personal ID No. ", identifier, "national_id"},
	{"Residency Number ", identifier, "residence"},
	{"National Foreign ID Number ", identifier, "residence"},
	{"SSN ", identifier, "social_security"},
	{"Driver's License No. ", identifier, "driving_licence"},
	{"Electoral Registry No. ", identifier, "electoral"},
	{"Credencial electoral ", identifier, "electoral"},
	{"Identification Number ", identifier, "identification"},

	{"Tax ID No. ", identifier, "tax"},
	{"V.A.T. Number ", identifier, "tax"},
	{"NIT # ", identifier, "tax"},
	{"R.F.C. ", identifier, "tax"},
	{"RFC ", identifier, "tax"},
	{"RIF # ", identifier, "tax"},
	{"RUC # ", identifier, "tax"},
	{"C.U.I.T. ", identifier, "tax"},
	{"C.U.I.P. ", identifier, "tax"},
	{"RTN ", identifier, "tax"},
	{"US FEIN ", identifier, "tax"},
	{"Italian Fiscal Code ", identifier, "tax"},
	{"Fiscal Code ", identifier, "tax"},
	{"Romanian Tax Registration ", identifier, "tax"},

	{"Business Registration Document # ", identifier, "registration"},
	{"Business Registration Number ", identifier, "registration"},
	{"Business Number ", identifier, "registration"},
	{"Registration Number ", identifier, "registration"},
	{"Registration ID ", identifier, "registration"},
	{"Registered Charity No. ", identifier, "registration"},
	{"Public Registration Number ", identifier, "registration"},
	{"Company Number ", identifier, "registration"},
	{"UK Company Number ", identifier, "registration"},
	{"Commercial Registry Number ", identifier, "registration"},
	{"Chamber of Commerce Number ", identifier, "registration"},
	{"Matricula Mercantil No ", identifier, "registration"},
	{"Folio Mercantil No. ", identifier, "registration"},
	{"Enterprise Number ", identifier, "registration"},
	{"Certificate of Incorporation Number ", identifier, "registration"},
	{"C.R. No. ", identifier, "registration"},
	{"Trade License No. ", identifier, "registration"},
	{"Government Gazette Number ", identifier, "registration"},
	{"Economic Register Number (CBLS) ", identifier, "registration"},
	{"Central Registration System Number ", identifier, "registration"},
	{"Istanbul Chamber of Comm. No. ", identifier, "registration"},
	{"Dubai Chamber of Commerce Membership No. ", identifier, "registration"},
	{"License ", identifier, "licence"},
}
