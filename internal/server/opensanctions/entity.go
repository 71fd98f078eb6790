package opensanctions

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
	"countersign.dev/internal/screening"
)

// Entity is an entity of the FollowTheMoney model, as the API writes it.
// Listing is our own: where the entry stands on the asked day.
type Entity struct {
	ID         string              `json:"id"`
	Caption    string              `json:"caption"`
	Schema     string              `json:"schema"`
	Properties map[string][]string `json:"properties"`
	Datasets   []string            `json:"datasets"`
	Referents  []string            `json:"referents"`
	Target     bool                `json:"target"`
	FirstSeen  *string             `json:"first_seen"`
	LastSeen   *string             `json:"last_seen"`
	LastChange *string             `json:"last_change"`
	Listing    *Listing            `json:"listing,omitempty"`
}

// Listing is where an entry stands.
type Listing struct {
	List   string         `json:"list"`
	Status listing.Status `json:"status"`
	Since  access.Date    `json:"since"`
}

// schemas are the schemas of the model for our kinds of parties.
var schemas = map[party.Kind]string{
	party.Person: "Person", party.Organisation: "Organization", party.Vessel: "Vessel", party.Aircraft: "Airplane",
}

// schemaOf is the schema of a kind of party; that of any where it is not known.
func schemaOf(k party.Kind) string { return cmp.Or(schemas[k], "LegalEntity") }

// kindOf is the kind of party that a schema describes; "" for any.
func kindOf(schema string) (party.Kind, bool) {
	switch schema {
	case "Thing", "LegalEntity", "":
		return "", true
	case "Company", "Organization", "PublicBody", "Asset":
		return party.Organisation, true
	}
	for kind, name := range schemas {
		if name == schema {
			return kind, true
		}
	}
	return "", false
}

// nameProperties are where the sorts of names stand.
var nameProperties = map[party.Quality]string{
	party.Primary: "name", party.Alias: "alias", party.Weak: "weakAlias", party.Former: "previousName", party.Acronym: "alias",
}

// identifierProperties are where identifiers stand; those of other schemes are
// idNumber.
var identifierProperties = map[string]string{
	"lei": "leiCode", "isin": "isin", "ticker": "ticker", "uscc": "uscCode", "imo": "imoNumber", "imo_company": "imoNumber", "mmsi": "mmsi",
	"passport": "passportNumber", "tax": "taxNumber", "registration": "registrationNumber", "vessel_registration": "registrationNumber",
	"tail_number": "registrationNumber", "swift": "swiftBic", "duns": "dunsCode", "bik": "bikCode", "msn": "serialNumber", "call_sign": "callSign",
}

// detailProperties are where further things stand.
var detailProperties = map[string]string{
	"birth_date": "birthDate", "birth_place": "birthPlace", "nationality": "nationality", "citizenship": "nationality", "gender": "gender",
	"website": "website", "email": "email", "phone": "phone", "position": "position", "title": "title", "country": "country",
	"jurisdiction": "jurisdiction", "flag": "flag", "vessel_flag": "flag", "vessel_type": "type", "established": "incorporationDate",
}

// entityOf writes a profile as an entity.
func (s *scope) entityOf(p *node.Profile) Entity {
	e := Entity{
		ID: p.ID, Caption: p.Name, Schema: schemaOf(p.Kind), Properties: map[string][]string{}, Datasets: []string{}, Referents: []string{},
		FirstSeen: instant(p.First), LastSeen: instant(p.Last), LastChange: instant(p.Last),
	}
	add := func(property, value string) {
		if property != "" && value != "" && !slices.Contains(e.Properties[property], value) {
			e.Properties[property] = append(e.Properties[property], value)
		}
	}
	add("name", p.Name)
	for _, n := range p.Names {
		add(nameProperties[n.Quality], n.Name)
	}
	for _, id := range p.Identifiers {
		property := identifierProperties[id.Scheme]
		if property == "" {
			property = "idNumber"
		}
		add(property, id.Value)
	}
	for _, d := range p.Details {
		property := detailProperties[d.Name]
		switch property {
		case "nationality", "country", "jurisdiction", "flag":
			add(property, countryCode(d.Value))
		case "birthDate":
			for _, date := range screening.BirthDates(d.Value) {
				add(property, date)
			}
		default:
			add(property, d.Value)
		}
	}
	for _, a := range p.Addresses {
		add("address", joined(a.Street, a.City, a.Country))
		add("country", countryCode(a.Country))
	}
	add("notes", p.Entry.Remarks)
	if list := p.Entry.Programme; list != "" {
		e.Datasets = []string{s.dataset(list)}
		e.Listing = &Listing{list, p.Standing.Status, p.Standing.Since}
		add("programId", list)
		if e.Target = p.Standing.Status == listing.StatusListed || p.Standing.Status == listing.StatusStayed; e.Target {
			add("topics", "sanction")
		}
	}
	return e
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// countryCode is the code of a country as the model writes it, or the text
// where it names none.
func countryCode(text string) string {
	if code := screening.CountryCode(text); code != "" {
		return strings.ToLower(code)
	}
	return text
}

// instant is a day as the API writes times.
func instant(d access.Date) *string {
	if d == "" || d >= access.Forever {
		return nil
	}
	s := string(d) + "T00:00:00"
	return &s
}

// entity answers with one entity.
func (h *Handler) entity(r *http.Request) (any, error) {
	q := r.URL.Query()
	if err := known(q, "nested"); err != nil {
		return nil, err
	}
	ask, err := h.Ask(r)
	if err != nil {
		return nil, err
	}
	s, err := h.scope(r.Context(), ask, everything[0], nil)
	if err != nil {
		return nil, err
	}
	p, err := h.Node.Profile(r.Context(), ask, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return s.entityOf(p), nil
}
