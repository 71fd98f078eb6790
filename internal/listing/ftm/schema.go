package ftm

import "countersign.dev/internal/party"

// kinds is the schemas whose entities are parties. A legal entity may be a
// person; the model uses it where its source does not say.
var kinds = map[string]party.Kind{
	"Person":       party.Person,
	"LegalEntity":  party.Organisation,
	"Organization": party.Organisation,
	"Company":      party.Organisation,
	"PublicBody":   party.Organisation,
	"Vessel":       party.Vessel,
	"Airplane":     party.Aircraft,
}

// listingTopics are the topics of entities that an authority has put on a list
// of its own. The topics of those who are only near one (sanction.linked), or
// hold an office (role.pep), are details of a party.
var listingTopics = map[string]bool{
	"sanction": true, "sanction.counter": true, "debarment": true, "export.control": true,
	"asset.frozen": true, "invest.risk": true, "wanted": true, "reg.action": true,
}

// nameProperties are the properties that hold names, best first.
var nameProperties = []struct {
	property string
	quality  party.Quality
}{
	{"name", party.Alias}, {"alias", party.Alias}, {"previousName", party.Former},
	{"abbreviation", party.Acronym}, {"weakAlias", party.Weak},
}

// number says what identifier a property holds. Where country is set, it is
// that of the issuer, whatever else is said of the entity.
type number struct{ property, scheme, country string }

// numbers are the properties that hold identifiers.
var numbers = []number{
	{"leiCode", "lei", ""},
	{"isinCode", "isin", ""},
	{"isin", "isin", ""},
	{"ticker", "ticker", ""},
	{"uscCode", "uscc", ""},
	{"innCode", "tax", "ru"},
	{"ogrnCode", "registration", "ru"},
	{"okpoCode", "okpo", "ru"},
	{"kppCode", "kpp", "ru"},
	{"bikCode", "bik", "ru"},
	{"taxNumber", "tax", ""},
	{"vatCode", "tax", ""},
	{"registrationNumber", "registration", ""},
	{"passportNumber", "passport", ""},
	{"idNumber", "national_id", ""},
	{"socialSecurityNumber", "social_security", ""},
	{"licenseNumber", "licence", ""},
	{"dunsCode", "duns", ""},
	{"uniqueEntityId", "uei", "us"},
	{"npiCode", "npi", "us"},
	{"cikCode", "cik", "us"},
	{"swiftBic", "swift", ""},
	{"imoNumber", "imo", ""},
	{"mmsi", "mmsi", ""},
	{"callSign", "call_sign", ""},
	{"serialNumber", "msn", ""},
	{"permId", "permid", ""},
	{"wikidataId", "wikidata", ""},
	{"bvdId", "bvd", ""},
	{"icijId", "icij", ""},
	{"unscId", "unsc", ""},
	{"publicKey", "wallet", ""},
}

// otherwise is the scheme of a property for parties of one kind, where it
// means something else for them.
var otherwise = map[party.Kind]map[string]string{
	party.Vessel:       {"registrationNumber": "vessel_registration"},
	party.Aircraft:     {"registrationNumber": "tail_number"},
	party.Organisation: {"idNumber": "identification", "imoNumber": "imo_company"},
}

// detailProperties are the properties that are kept as details, in the words
// that other readers use for the same.
var detailProperties = []struct{ property, name string }{
	{"birthDate", "birth_date"},
	{"deathDate", "death_date"},
	{"birthPlace", "birth_place"},
	{"birthCountry", "birth_country"},
	{"gender", "gender"},
	{"nationality", "nationality"},
	{"citizenship", "citizenship"},
	{"country", "country"},
	{"mainCountry", "country"},
	{"jurisdiction", "jurisdiction"},
	{"position", "position"},
	{"title", "title"},
	{"legalForm", "legal_form"},
	{"incorporationDate", "established"},
	{"dissolutionDate", "dissolved"},
	{"status", "status"},
	{"sector", "sector"},
	{"website", "website"},
	{"email", "email"},
	{"phone", "phone"},
	{"flag", "vessel_flag"},
	{"pastFlags", "former_vessel_flag"},
	{"tonnage", "tonnage"},
	{"grossRegisteredTonnage", "gross_registered_tonnage"},
	{"buildDate", "built"},
	{"model", "model"},
	{"topics", "topic"},
	{"sourceUrl", "source_url"},
}

// relation says how an entity that joins two others links them: who has the
// property from is linked to whom the property to names.
type relation struct{ from, to, name string }

// relations are the schemas that become links.
var relations = map[string]relation{
	"Directorship":   {"director", "organization", "director_of"},
	"Membership":     {"member", "organization", "member_of"},
	"Employment":     {"employee", "employer", "employed_by"},
	"Representation": {"agent", "client", "acts_for"},
	"Family":         {"person", "relative", "family"},
	"Associate":      {"person", "associate", "associate"},
	"Succession":     {"successor", "predecessor", "successor_of"},
	"UnknownLink":    {"subject", "object", "linked_to"},
}

// interests are the schemas that become interests: who holds, and what.
var interests = map[string]relation{
	"Ownership": {from: "owner", to: "asset"},
	"Control":   {from: "controller", to: "controlled"},
}

// holders are the schemas that say something of one party, by the property
// that names it.
var holders = map[string]string{
	"Passport": "holder", "Identification": "holder", "CryptoWallet": "holder", "Security": "issuer",
}

// passed are the schemas of which nothing is taken: what parties were part of,
// and what was written about them.
var passed = map[string]bool{
	"Occupancy": true, "Position": true, "Event": true, "Article": true, "Documentation": true, "Document": true, "Debt": true,
	"Payment": true, "Contract": true, "ContractAward": true, "CallForTenders": true, "CourtCase": true, "CourtCaseParty": true,
	"License": true, "Permission": true, "Risk": true, "Similar": true, "TaxRoll": true, "UserAccount": true, "BankAccount": true,
	"RealEstate": true, "Project": true, "ProjectParticipant": true, "Note": true, "Vehicle": true, "Asset": true, "Territory": true,
}
