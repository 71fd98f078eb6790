package csl

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/draft"
	"countersign.dev/internal/listing/namekind"
	"countersign.dev/internal/party"
)

type date = access.Date

// days is from when to when a record is on its list; either may be "".
type days struct{ from, to date }

// state states one listing from all its records.
func state(d *draft.Draft, id string, records []*record) error {
	first := records[0]
	programme, _, _ := first.place()
	e := listing.Entry{ID: id, Programme: programme, Name: first.Name, Kind: kindOf(first), Title: first.Title}
	var stretches []days
	var remarks []string
	for _, r := range records {
		of, err := r.days()
		if err != nil {
			return err
		}
		stretches = append(stretches, of)
		for _, tag := range r.Programs {
			if !slices.Contains(e.Tags, tag) {
				e.Tags = append(e.Tags, tag)
			}
		}
		if r.Remarks != "" && !slices.Contains(remarks, r.Remarks) {
			remarks = append(remarks, r.Remarks)
		}
	}
	e.Remarks = strings.Join(remarks, " ")
	began := life(d, id, records, stretches)
	d.Entry(first.line, e, began)
	if e.Kind == "" {
		d.State(namekind.AsPerson(id, e.Name, began))
	}
	for _, r := range records {
		r.names(d, &e)
		r.details(d, id)
	}
	return nil
}

// life tells from when to when a listing lasts, and returns its first day, ""
// where none is given.
func life(d *draft.Draft, id string, records []*record, stretches []days) date {
	var first *record
	var began, ends date
	open := false
	var later []date
	for i, of := range stretches {
		if of.from != "" && (began == "" || of.from < began) {
			began, first = of.from, records[i]
		}
		ends, open = max(ends, of.to), open || of.to == ""
		later = append(later, of.from)
	}
	if first != nil {
		d.Event(id, listing.Event{Kind: listing.Designated, Date: began, What: "listed", Citation: first.Notice, Source: first.URL})
		d.Amended(id, "", began, later...)
	}
	if !open && ends > began {
		e := listing.Event{Kind: listing.Expired, Date: ends, Published: cmp.Or(began, ends), What: "the term ends", Citation: records[0].Notice}
		d.Event(id, e)
	}
	return began
}

func kindOf(r *record) party.Kind {
	switch strings.ToLower(r.Type) {
	case "individual":
		return party.Person
	case "entity":
		return party.Organisation
	case "vessel":
		return party.Vessel
	case "aircraft":
		return party.Aircraft
	}
	return namekind.Of(r.Name)
}

// conjunction is what the last of several names has before it.
var conjunction = regexp.MustCompile(`^(?:and|or) `)

func (r *record) names(d *draft.Draft, e *listing.Entry) {
	d.Name(e, r.Name, party.Alias)
	for _, name := range r.Alternative {
		name = conjunction.ReplaceAllString(name, "")
		if words := strings.Fields(name); len(words) > 3 && len(words[len(words)-1]) > 6 {
			name = strings.TrimSuffix(name, ".") // the full stop of a sentence, not of an abbreviation
		}
		d.Name(e, name, party.Alias)
	}
}

// linked is how OFAC says whom an entry acts for.
var linked = regexp.MustCompile(`\(Linked To: ([^()]*(?:\([^()]*\)[^()]*)*)\)`)

func (r *record) details(d *draft.Draft, id string) {
	for _, a := range r.Addresses {
		d.Address(id, party.Address{
			Street: a.Address, City: draft.Join(", ", a.City, draft.Join(" ", a.State, a.Postal)), Country: a.Country,
		})
	}
	for _, i := range r.IDs {
		i.state(d, id)
	}
	for _, m := range linked.FindAllStringSubmatch(r.Remarks, -1) {
		d.Link(id, party.Link{Relation: "linked_to", Name: m[1]})
	}
	if r.CallSign != "" {
		d.Identifier(id, "call_sign", r.CallSign, "")
	}
	for _, of := range []struct {
		name   string
		values []string
	}{
		{"birth_date", r.Born}, {"birth_place", r.BornIn}, {"nationality", r.National}, {"citizenship", r.Citizen},
		{"vessel_type", []string{r.VesselType}}, {"vessel_flag", []string{r.Flag}}, {"vessel_owner", []string{r.Owner}},
		{"tonnage", []string{string(r.Tonnage)}}, {"gross_registered_tonnage", []string{string(r.GRT)}},
		{"licence_requirement", []string{r.Requirement}}, {"licence_policy", []string{r.Policy}},
	} {
		for _, value := range of.values {
			d.Detail(id, of.name, value)
		}
	}
}
