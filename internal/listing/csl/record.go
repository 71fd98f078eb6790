package csl

import (
	"regexp"
	"strings"

	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/table"
)

// record is one entry of the list in either form.
type record struct {
	line int

	Source      string   `json:"source"`
	Number      text     `json:"entity_number"`
	Type        string   `json:"type"`
	Programs    []string `json:"programs"`
	Name        string   `json:"name"`
	Title       string   `json:"title"`
	Notice      string   `json:"federal_register_notice"`
	Start       string   `json:"start_date"`
	End         string   `json:"end_date"`
	Standard    string   `json:"standard_order"`
	Requirement string   `json:"license_requirement"`
	Policy      string   `json:"license_policy"`
	CallSign    string   `json:"call_sign"`
	VesselType  string   `json:"vessel_type"`
	Tonnage     text     `json:"gross_tonnage"`
	GRT         text     `json:"gross_registered_tonnage"`
	Flag        string   `json:"vessel_flag"`
	Owner       string   `json:"vessel_owner"`
	Remarks     string   `json:"remarks"`
	Alternative []string `json:"alt_names"`
	Citizen     []string `json:"citizenships"`
	Born        []string `json:"dates_of_birth"`
	National    []string `json:"nationalities"`
	BornIn      []string `json:"places_of_birth"`
	URL         string   `json:"source_information_url"`

	Addresses []address `json:"addresses"`
	IDs       []id      `json:"ids"`
}

// address is an address in the fields of the JSON form.
type address struct {
	Address string `json:"address"`
	City    string `json:"city"`
	State   string `json:"state"`
	Postal  string `json:"postal_code"`
	Country string `json:"country"`
}

// id is an identifier, or what else OFAC puts among them.
type id struct {
	Type    string `json:"type"`
	Number  string `json:"number"`
	Country string `json:"country"`
}

// recordOf reads one row of the CSV form.
func recordOf(row table.Row) record {
	r := record{
		line: row.Line, Source: row.Get("source"), Number: text(row.Get("entity number")), Type: row.Get("type"), Programs: row.List("programs"),
		Name: row.Get("name"), Title: row.Get("title"), Notice: row.Get("federal register notice"), Start: row.Get("start date"), End: row.Get("end date"),
		Standard: row.Get("standard order"), Requirement: row.Get("license requirement"), Policy: row.Get("license policy"),
		CallSign: row.Get("call sign"), VesselType: row.Get("vessel type"), Tonnage: text(row.Get("gross tonnage")), GRT: text(row.Get("gross registered tonnage")),
		Flag: row.Get("vessel flag"), Owner: row.Get("vessel owner"), Remarks: row.Get("remarks"), Alternative: row.List("alt names"),
		Citizen: row.List("citizenships"), Born: row.List("dates of birth"), National: row.List("nationalities"), BornIn: row.List("places of birth"),
		URL: row.Get("source information url"),
	}
	for _, item := range row.List("addresses") {
		r.Addresses = append(r.Addresses, addressOf(item))
	}
	for _, item := range row.List("ids") {
		r.IDs = append(r.IDs, idOf(item))
	}
	return r
}

var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

// addressOf parts an address from the code of its country, which stands last.
func addressOf(item string) address {
	rest, last := "", item
	if i := strings.LastIndexByte(item, ','); i >= 0 {
		rest, last = item[:i], strings.TrimSpace(item[i+1:])
	}
	if countryCode.MatchString(last) {
		return address{Address: rest, Country: last}
	}
	return address{Address: item}
}

// idOf parts "US, 80-0890696, Tax ID No." at its commas: country, where there
// is one, number and type.
func idOf(item string) id {
	i := strings.LastIndex(item, ", ")
	if i < 0 {
		return id{Number: item}
	}
	out := id{Number: item[:i], Type: item[i+2:]}
	if country, number, ok := strings.Cut(out.Number, ", "); ok && countryCode.MatchString(country) {
		out.Country, out.Number = country, number
	}
	return out
}

// lists is the programme of each list, by its abbreviation. Entries with
// OFAC's own numbers are on the list of OFAC's that is named beside.
var lists = map[string]struct{ programme, ofac string }{
	"SDN":     {"us-ofac-sdn", "us-ofac-sdn"},
	"SSI":     {"us-ofac-ssi", "us-ofac-nonsdn"},
	"PLC":     {"us-ofac-ns-plc", "us-ofac-nonsdn"},
	"NS-PLC":  {"us-ofac-ns-plc", "us-ofac-nonsdn"},
	"CMIC":    {"us-ofac-ns-cmic", "us-ofac-nonsdn"},
	"NS-CMIC": {"us-ofac-ns-cmic", "us-ofac-nonsdn"},
	"CAP":     {"us-ofac-nonsdn", "us-ofac-nonsdn"},
	"CAPTA":   {"us-ofac-nonsdn", "us-ofac-nonsdn"},
	"FSE":     {"us-ofac-nonsdn", "us-ofac-nonsdn"},
	"ISA":     {"us-ofac-nonsdn", "us-ofac-nonsdn"},
	"NS-ISA":  {"us-ofac-nonsdn", "us-ofac-nonsdn"},
	"561":     {"us-ofac-nonsdn", "us-ofac-nonsdn"},
	"MBS":     {"us-ofac-nonsdn", "us-ofac-nonsdn"},
	"NS-MBS":  {"us-ofac-nonsdn", "us-ofac-nonsdn"},
	"DPL":     {"us-bis-dpl", ""},
	"EL":      {"us-bis-entity-list", ""},
	"UVL":     {"us-bis-uvl", ""},
	"MEU":     {"us-bis-meu", ""},
	"DTC":     {"us-state-debarred", ""},
	"ISN":     {"us-state-isn", ""},
}

var (
	abbreviation = regexp.MustCompile(`\(([A-Z0-9-]{2,8})(?: List)?\)`)
	ofacNumber   = regexp.MustCompile(`^[0-9]{1,9}$`)
)

// place is the programme that a record is on and the id of its listing. known
// is false for a list of which there is no programme.
func (r *record) place() (programme, listingID string, known bool) {
	key := party.Slug(r.Name)
	m := abbreviation.FindStringSubmatch(r.Source)
	if m == nil || lists[m[1]].programme == "" {
		programme = "csl-" + party.Slug(r.Source)
		return programme, listing.ID(programme, key), false
	}
	of := lists[m[1]]
	if of.ofac != "" && ofacNumber.MatchString(string(r.Number)) {
		return of.programme, listing.ID(of.ofac, string(r.Number)), true
	}
	return of.programme, listing.ID(of.programme, key), true
}
