package ftm

import (
	"cmp"
	"fmt"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
)

// edge is one party's relation to another, kept until the names of both are
// known.
type edge struct {
	relation string // "" for an interest
	key      string
	from, to string
	interest *party.Interest
	start    access.Date
	end      access.Date
}

// relate takes an entity that joins two others. In the nested form one of the
// two is left out: it is the entity that this one is put into.
func (r *reader) relate(line int, e, parent *entity, rel relation, isInterest bool) {
	from, to := e.ids(rel.from), e.ids(rel.to)
	if parent != nil {
		switch {
		case len(from) == 0 && len(to) > 0:
			from = []string{parent.ID}
		case len(to) == 0 && len(from) > 0:
			to = []string{parent.ID}
		}
	}
	if len(from) == 0 || len(to) == 0 {
		r.warn("line %d: %s %s does not name two parties; passed over", line, e.Schema, clip(e.ID))
		return
	}
	start, end := dayOf(e.first("startDate")), endOf(e.first("endDate"))
	if end != "" && start == "" {
		start = party.Ever
	}
	if end != "" && start >= end {
		r.warn("line %d: %s %s ends on %s and begins on %s; passed over", line, e.Schema, clip(e.ID), end, start)
		return
	}
	for _, f := range from {
		for _, t := range to {
			if f == t || !r.once(e.Schema+"\x00"+e.ID+"\x00"+f+"\x00"+t) {
				continue
			}
			g := edge{relation: rel.name, key: e.ID, from: f, to: t, start: start, end: end}
			if len(from)+len(to) > 2 {
				g.key += " " + f + " " + t
			}
			if isInterest {
				i := interestOf(e)
				g.interest = &i
			}
			r.edges = append(r.edges, g)
		}
	}
}

// state is the statement that an edge becomes.
func (g *edge) state(names map[string]*thing) ledger.Statement {
	name := func(id string) string {
		if t := names[id]; t != nil {
			return t.name
		}
		return ""
	}
	if g.interest != nil {
		i := *g.interest
		i.Holder, i.HolderName, i.HeldName = g.from, name(g.from), name(g.to)
		return party.InterestStatement(g.to, g.key, i, g.start, g.end)
	}
	st := party.LinkStatement(g.from, party.Link{Relation: g.relation, To: g.to, Name: name(g.to)})
	if g.end != "" {
		st.ValidFrom, st.ValidTo = g.start, g.end
	}
	return st
}

// anyStake is a share of which nothing is known.
var anyStake = party.Stake{Min: "0", Max: "100"}

// interestOf reads what an Ownership or Control says of its kind and size.
func interestOf(e *entity) party.Interest {
	// Of one stake a collection may have the accounts of several sources, told
	// apart by this.
	i := party.Interest{Source: cmp.Or(e.first("sourceUrl"), strings.Join(e.Datasets, " "))}
	var notes []string
	for _, p := range []string{"role", "ownershipType", "sharesType", "controlType", "status", "description", "summary"} {
		notes = append(notes, e.texts(p)...)
	}
	if n := e.first("sharesCount"); n != "" {
		notes = append(notes, n+" shares")
	}
	if e.Schema == "Control" {
		i.Control = controlOf(e.texts("controlType"))
		i.Note = strings.Join(append(notes, e.texts("legalBasis")...), "; ")
		return i
	}
	var stake *party.Stake
	for _, text := range e.texts("percentage") {
		s, ok := stakeOf(text)
		if !ok {
			notes, s = append(notes, fmt.Sprintf("share given as %q", clip(text))), anyStake
		}
		if stake == nil {
			stake = &s
		} else {
			stake = span(stake, &s)
		}
	}
	if stake == nil {
		stake = &party.Stake{Min: anyStake.Min, Max: anyStake.Max}
	}
	if strings.Contains(strings.ToLower(strings.Join(append(e.texts("sharesType"), e.texts("ownershipType")...), " ")), "voting") {
		i.Voting = stake
	} else {
		i.Economic = stake
	}
	i.Note = strings.Join(notes, "; ")
	return i
}

// controlOf reads the first kind of control that is a known one.
func controlOf(types []string) party.Control {
	known := map[string]party.Control{
		"appointment": party.ControlBoard, "management": party.ControlManagement, "contractual": party.ControlContract, "trust": party.ControlTrust,
	}
	for _, t := range types {
		if c, ok := known[strings.ToLower(t)]; ok {
			return c
		}
	}
	return party.ControlOther
}

// span is the stake that both lie within: sources of one collection differ.
func span(a, b *party.Stake) *party.Stake {
	out := *a
	if lessDecimal(b.Min, out.Min) {
		out.Min = b.Min
	}
	if lessDecimal(out.Max, b.Max) {
		out.Max = b.Max
	}
	return &out
}

// endOf is the first day after an end: the day itself, or, of an end that
// gives only a month or year, the first of the next.
func endOf(s string) access.Date {
	switch len(s) {
	case len("2006"):
		d, err := access.ParseDate(s + "-12-31")
		if err != nil {
			return ""
		}
		return d.AddDays(1)
	case len("2006-01"):
		d, err := access.ParseDate(s + "-01")
		if err != nil {
			return ""
		}
		return access.DateOf(d.Time().AddDate(0, 1, 0))
	}
	return dayOf(s)
}

// aboutHolder takes an entity that says something of one party: a passport, a
// wallet, a security.
func (r *reader) aboutHolder(e, parent *entity, property string) {
	holders := e.ids(property)
	if len(holders) == 0 && parent != nil {
		holders = []string{parent.ID}
	}
	country := cmp.Or(e.first("country"), e.first("nationality"))
	var ids []party.Identifier
	add := func(scheme, property, country string) {
		for _, text := range e.texts(property) {
			ids = append(ids, party.Identifier{Scheme: scheme, Value: text, Country: country})
		}
	}
	switch e.Schema {
	case "Passport":
		add("passport", "number", country)
		add("passport", "passportNumber", country)
	case "Identification":
		add(identificationScheme(e.first("type")), "number", country)
	case "CryptoWallet":
		add("wallet", "publicKey", "")
	case "Security":
		add("isin", "isin", "")
		add("ticker", "ticker", "")
	}
	for _, holder := range holders {
		for _, id := range ids {
			r.about[holder] = append(r.about[holder], party.IdentifierStatement(holder, id))
		}
	}
}

// identificationScheme tells from the name of a document what it is.
func identificationScheme(kind string) string {
	kind = strings.ToLower(kind)
	for _, k := range []struct{ word, scheme string }{
		{"passport", "passport"}, {"national", "national_id"}, {"identity", "national_id"}, {"tax", "tax"},
		{"registration", "registration"}, {"driv", "driving_licence"}, {"birth", "birth_certificate"},
	} {
		if strings.Contains(kind, k.word) {
			return k.scheme
		}
	}
	return "identification"
}
