package ofac

import (
	"regexp"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// cmic is the dates that an entry of the NS-CMIC list gives.
type cmic struct{ listed, effective, divest access.Date }

func (r *reader) primary(rec record, entry uint64) error {
	if err := r.once(rec.line, "entry", entry); err != nil {
		return err
	}
	f := rec.fields
	name := null(f[1])
	if party.Fold(name) == "" {
		return problem.New(problem.Invalid, "line %d: entry %d has no name", rec.line, entry)
	}
	subject, kind, tags := r.subject(entry), kindOf(null(f[2])), tagsOf(null(f[3]))
	r.votes.count(tags, rec.line)
	items, rest, open := itemsOf(f[11], remarksWidth)
	if open {
		r.out.Cut[entry] = rest
	}
	mined, dates := r.mine(rec.line, subject, kind, items)
	head := append([]ledger.Statement{{
		Kind: listing.FactEntry, Subject: subject, Key: "entry",
		Body: listing.Entry{
			ID: subject, Programme: programmeOf(r.in.Source, tags), Name: name, Kind: kind,
			Title: null(f[4]), Tags: tags, Remarks: null(f[11]),
		},
	}}, party.NameStatements(subject, "primary", kind, party.Name{Name: name, Quality: party.Primary})...)
	for i := range head {
		head[i].Published = dates.listed
	}
	r.state(head...)
	if dates.listed != "" {
		r.state(dates.designated(subject))
	}
	r.state(columnStatements(subject, f)...)
	r.state(mined...)
	return nil
}

// columnStatements are what the vessel columns say.
func columnStatements(subject string, f []string) []ledger.Statement {
	var out []ledger.Statement
	if sign := null(f[5]); sign != "" {
		out = append(out, party.IdentifierStatement(subject, party.Identifier{Scheme: "call_sign", Value: sign}))
	}
	for i, name := range []string{"vessel_type", "tonnage", "gross_registered_tonnage", "vessel_flag", "vessel_owner"} {
		if value := null(f[6+i]); value != "" {
			out = append(out, party.DetailStatement(subject, party.Detail{Name: name, Value: value}))
		}
	}
	return out
}

func kindOf(sdnType string) party.Kind {
	switch strings.ToLower(sdnType) {
	case "individual":
		return party.Person
	case "vessel":
		return party.Vessel
	case "aircraft":
		return party.Aircraft
	}
	return party.Organisation
}

// tagsOf splits a programme column.
func tagsOf(program string) []string {
	var tags []string
	for tag := range strings.SplitSeq(program, "] [") {
		if tag = strings.Trim(tag, "[] "); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// personal is how OFAC writes a person: family name in capitals, comma, given
// names in mixed case.
var personal = regexp.MustCompile(`^[^,]+, .*\p{Ll}`)

// isPersonal tells a person's name by its shape, for the alias part, which does
// not say what its entries are. Organisations are in capitals throughout.
func isPersonal(name string) bool { return personal.MatchString(name) }

// designated is the event of a listing on the NS-CMIC list, with the dates that
// its entry states: buying is prohibited from the effective date; from then to
// the divestment date only sales are allowed, and nothing after it.
func (d cmic) designated(subject string) ledger.Statement {
	e := listing.Event{
		Kind: listing.Designated, Date: d.listed, Published: d.listed,
		What:      "listed as a Chinese military-industrial complex company",
		Authority: "US Department of the Treasury, OFAC",
		Citation:  "E.O. 13959, sec. 1, as amended by E.O. 14032, sec. 1",
	}
	if d.effective != "" {
		e.Consequences = append(e.Consequences, listing.Stated{Kind: listing.Purchase, From: d.effective})
	}
	if d.effective != "" || d.divest != "" {
		e.Consequences = append(e.Consequences, listing.Stated{Kind: listing.Holding, WindDown: d.effective, From: d.divest})
	}
	return ledger.Statement{
		Kind: listing.FactEvent, Subject: subject, Key: string(d.listed) + " " + string(listing.Designated), Body: e,
		ValidFrom: d.listed, Published: d.listed,
	}
}

// dateOf reads a day as OFAC writes it, "02 Aug 2021".
func dateOf(s string) (access.Date, bool) {
	t, err := time.Parse("2 Jan 2006", strings.TrimSpace(s))
	if err != nil || t.Year() < 1000 {
		return "", false
	}
	return access.DateOf(t), true
}
