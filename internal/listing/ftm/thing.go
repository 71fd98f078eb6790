package ftm

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
)

// thing is what is remembered of a party until the end of the file, when it is
// known what points at it.
type thing struct {
	id, name    string
	kind        party.Kind
	datasets    []string
	topics      []string
	programIDs  []string
	remarks     string
	target      *bool
	firstSeen   access.Date
	addresses   []string // ids of Address entities
	first, last int      // its own statements among those of the reading
}

// thing states what an entity says of itself.
func (r *reader) thing(e *entity, kind party.Kind) {
	t := &thing{
		id: e.ID, kind: kind, datasets: e.Datasets, target: e.Target, firstSeen: dayOf(e.FirstSeen),
		topics: e.texts("topics"), programIDs: e.texts("programId"), addresses: e.ids("addressEntity"),
		remarks: strings.Join(append(e.texts("notes"), e.texts("summary")...), " "), first: len(r.statements),
	}
	r.begin()
	r.names(t, e)
	if line := r.lines[t.id]; len(r.statements) == t.first && line > 0 {
		if r.nameless == 0 {
			r.namelessLine = line
		}
		r.nameless++
	}
	r.numbers(t, e)
	for _, p := range detailProperties {
		for _, text := range e.texts(p.property) {
			r.add(party.DetailStatement(t.id, party.Detail{Name: p.name, Value: text}))
		}
	}
	for _, text := range e.texts("address") {
		a := party.Address{Street: text}
		r.add(ledger.Statement{Kind: party.FactAddress, Subject: t.id, Key: addressKey(a), Body: a})
	}
	for _, parent := range e.Properties["parent"] {
		if id := parent.id(); id != "" && id != t.id {
			r.edges = append(r.edges, edge{relation: "parent", from: t.id, to: id})
		}
	}
	r.referents(t, e.Referents)
	t.last = len(r.statements)
	r.things[t.id] = t
	r.order = append(r.order, t)
}

// names states a party's names. It is called by the caption where that is one
// of its names, else by the first; the model keeps several names of one rank
// in no order that means anything.
func (r *reader) names(t *thing, e *entity) {
	names := e.texts("name")
	if len(names) == 0 {
		if built := strings.Join(append(e.texts("firstName"), e.texts("lastName")...), " "); built != "" {
			names = []string{built}
		}
	}
	// A caption may be made of the id or the schema, which are no names.
	if len(names) == 0 && e.Caption != "" && e.Caption != e.ID && e.Caption != e.Schema {
		names = []string{e.Caption}
	}
	t.name = cmp.Or(e.Caption, t.id)
	if len(names) > 0 && !slices.Contains(names, e.Caption) {
		t.name = names[0]
	}
	state := func(key, name string, quality party.Quality) {
		if c := (cell{"", name}); r.said[c] {
			return
		} else {
			r.said[c] = true
		}
		statements := party.NameStatements(t.id, key, t.kind, party.Name{Name: name, Quality: quality})
		if statements[0].Term == "" {
			return // nothing but punctuation
		}
		r.add(statements...)
		if e.Schema == "LegalEntity" { // it may be a person
			r.add(ledger.Statement{Kind: party.FactCore, Subject: t.id, Key: key + " as a person's", Term: party.PersonTerm(name), Body: statements[1].Body})
		}
	}
	if len(names) > 0 {
		state("primary", t.name, party.Primary)
	}
	for _, p := range nameProperties {
		texts := names
		if p.property != "name" {
			texts = e.texts(p.property)
		}
		for _, name := range texts {
			state("name:"+keyOf(name), name, p.quality)
		}
	}
}

// keyOf bounds a key that is made of a name.
func keyOf(name string) string {
	if len(name) > 160 {
		return party.Slug(name)
	}
	return name
}

// numbers states a party's identifiers. Those that are unique only within a
// country take the party's, where it has one alone.
func (r *reader) numbers(t *thing, e *entity) {
	country := soleCountry(e)
	for _, n := range numbers {
		for _, text := range e.texts(n.property) {
			id := party.Identifier{Scheme: cmp.Or(otherwise[t.kind][n.property], n.scheme), Value: text, Country: n.country}
			if id.Country == "" && national[id.Scheme] {
				id.Country = country
			}
			r.add(party.IdentifierStatement(t.id, id))
		}
	}
}

// national are the schemes whose numbers are unique only within a country.
var national = map[string]bool{"tax": true, "registration": true, "passport": true, "national_id": true, "identification": true, "social_security": true}

// soleCountry is the country of an entity that has but one.
func soleCountry(e *entity) string {
	for _, property := range []string{"jurisdiction", "mainCountry", "country", "nationality", "citizenship"} {
		if texts := e.texts(property); len(texts) == 1 {
			return texts[0]
		}
	}
	return ""
}

var (
	// ownNumber is how OpenSanctions makes ids of OFAC's own numbers.
	ownNumber = regexp.MustCompile(`^ofac-([0-9]{1,9})$`)
	// merged is how it makes ids for what it merged; they come and go.
	merged = regexp.MustCompile(`^NK-`)
)

// maxReferents bounds the links to source records of one entity.
const maxReferents = 64

// referents links a party to the records that it was merged from.
func (r *reader) referents(t *thing, referents []string) {
	link := func(to string) {
		if to != t.id {
			r.add(party.LinkStatement(t.id, party.Link{Relation: "same_as", To: to}))
		}
	}
	ids := append([]string{t.id}, referents...)
	for _, id := range ids[:min(len(ids), maxReferents)] {
		id = tidy(id)
		switch m := ownNumber.FindStringSubmatch(id); {
		case m != nil:
			for _, list := range []struct{ dataset, source string }{{"us_ofac_sdn", "us-ofac-sdn"}, {"us_ofac_cons", "us-ofac-nonsdn"}} {
				if slices.Contains(t.datasets, list.dataset) {
					link(list.source + ":" + m[1])
				}
			}
			link(id)
		case id == "" || len(id) > maxID || merged.MatchString(id):
		default:
			link(id)
		}
	}
}

// addressOf reads an Address entity.
func addressOf(e *entity) party.Address {
	join := func(properties ...string) string {
		var parts []string
		for _, p := range properties {
			if text := e.first(p); text != "" && !slices.Contains(parts, text) {
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, ", ")
	}
	a := party.Address{Street: join("street", "street2", "street3"), City: join("city", "region", "state", "postalCode"), Country: e.first("country"), Remarks: e.first("remarks")}
	if a.Street == "" && a.City == "" {
		a.Street = cmp.Or(e.first("full"), e.first("summary"))
	}
	return a
}

func addressKey(a party.Address) string {
	return keyOf(strings.Join([]string{a.Street, a.City, a.Country}, "|"))
}

// dayOf is the day of a moment written in ISO 8601, "" when it gives none.
func dayOf(s string) access.Date {
	if len(s) < len("2006-01-02") {
		return ""
	}
	d, err := access.ParseDate(s[:10])
	if err != nil {
		return ""
	}
	return d
}
