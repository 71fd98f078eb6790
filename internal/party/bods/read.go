package bods

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
	"countersign.dev/internal/problem"
)

// Kind is the kind of the documents that this package reads.
const Kind = "ownership.bods"

// Source is the series of editions that a file belongs to, by its name.
func Source(file string) string {
	stem, _, _ := strings.Cut(path.Base(strings.ReplaceAll(file, `\`, "/")), ".")
	return "ownership/" + party.Slug(stem)
}

// Read reads a file that belongs to source. The reading is a chronicle; it was
// published on the last day that any of its statements names.
func Read(ctx context.Context, source string, b []byte, limits Limits) (*ledger.Reading, error) {
	limits = limits.orDefault()
	all, err := parse(ctx, b, limits)
	if err != nil {
		return nil, err
	}
	r := &reader{
		limits:  limits,
		prefix:  "bods-" + party.Slug(strings.TrimPrefix(source, "ownership/")) + ":",
		reading: &ledger.Reading{Kind: Kind, Source: source, Mode: ledger.Chronicle, Rows: len(all)},
		names:   map[string]string{},
	}
	current, err := r.newest(all)
	if err != nil {
		return nil, err
	}
	for _, s := range current {
		if s.RecordType != "relationship" {
			if err := r.party(s); err != nil {
				return nil, err
			}
		}
	}
	for _, s := range current {
		if s.RecordType == "relationship" {
			if err := r.relationship(s); err != nil {
				return nil, err
			}
		}
	}
	return r.reading, nil
}

// reader is what has been read of a file.
type reader struct {
	limits  Limits
	prefix  string // of ids
	reading *ledger.Reading
	names   map[string]string // of parties, by record
}

// newest is the statements that count: of each record the last.
func (r *reader) newest(all []*statement) ([]*statement, error) {
	at, replaced := map[string]int{}, map[string]bool{}
	var out []*statement
	for _, s := range all {
		for field, d := range map[string]access.Date{"statementDate": s.Date, "publicationDate": s.Publication.Date} {
			if err := day(s, field, d); err != nil {
				return nil, err
			}
		}
		if len(s.RecordID) > r.limits.Text {
			return nil, problem.New(problem.TooLarge, "%s: recordId has %d bytes, the limit is %d", s.place, len(s.RecordID), r.limits.Text)
		}
		for _, id := range s.Replaces {
			replaced[id] = true
		}
		r.reading.Published = max(r.reading.Published, s.Publication.Date[:min(len(s.Publication.Date), 10)])
		i, twice := at[s.RecordID]
		switch {
		case !twice:
			at[s.RecordID] = len(out)
			out = append(out, s)
		case out[i].RecordType != s.RecordType:
			return nil, problem.New(problem.Invalid, "%s: record %.40q is a %s, and in %s a %s", s.place, s.RecordID, s.RecordType, out[i].place, out[i].RecordType)
		case out[i].Date <= s.Date:
			out[i] = s
		}
	}
	return slices.DeleteFunc(out, func(s *statement) bool { return s.StatementType != "" && replaced[s.StatementID] }), nil
}

// day checks a date that a statement gives; instants are cut to their day.
func day(s *statement, field string, d access.Date) error {
	if d == "" {
		return nil
	}
	if _, err := access.ParseDate(string(d[:min(len(d), 10)])); err != nil {
		return problem.New(problem.Invalid, "%s: %s is %.40q; want YYYY-MM-DD", s.place, field, string(d))
	}
	return nil
}

func (r *reader) id(record string) string { return r.prefix + record }

// party states what a record says of an entity or person.
func (r *reader) party(s *statement) error {
	id, kind := r.id(s.RecordID), party.Organisation
	names := append([]string{s.Details.Name}, s.Details.AlternateNames...)
	if s.RecordType == "person" {
		kind, names = party.Person, nil
		for _, n := range s.Details.Names {
			names = append(names, n.FullName)
		}
	}
	var named []string
	for _, n := range names {
		n = plain(n)
		if len(n) > r.limits.Text {
			return problem.New(problem.TooLarge, "%s: a name has %d bytes, the limit is %d", s.place, len(n), r.limits.Text)
		}
		if party.Fold(n) == "" || slices.Contains(named, n) {
			continue
		}
		quality := party.Primary
		if len(named) > 0 {
			quality = party.Alias
		}
		r.state(party.NameStatements(id, fmt.Sprintf("name %d", len(named)+1), kind, party.Name{Name: n, Quality: quality})...)
		named = append(named, n)
	}
	if len(named) > 0 {
		r.names[s.RecordID] = named[0]
	}
	seen := map[string]bool{}
	stateOnce := func(st ledger.Statement) {
		if !seen[st.Kind+st.Key] {
			seen[st.Kind+st.Key] = true
			r.state(st)
		}
	}
	for _, i := range s.Details.Identifiers {
		if i.ID != "" && len(i.ID) <= r.limits.Text {
			stateOnce(party.IdentifierStatement(id, identifierOf(i)))
		}
	}
	if s.Details.BirthDate != "" {
		stateOnce(party.DetailStatement(id, party.Detail{Name: "birth_date", Value: s.Details.BirthDate}))
	}
	for _, n := range s.Details.Nationalities {
		if value := cmp.Or(n.Name, n.Code); value != "" {
			stateOnce(party.DetailStatement(id, party.Detail{Name: "nationality", Value: value}))
		}
	}
	return nil
}

func (r *reader) state(st ...ledger.Statement) {
	r.reading.Statements = append(r.reading.Statements, st...)
}

// plain is text on one line, without control characters.
func plain(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// identifierOf reads an identifier. Schemes of org-id.guide begin with a
// country and name its register; XI-LEI is the LEI.
func identifierOf(i identifier) party.Identifier {
	scheme := cmp.Or(i.Scheme, i.SchemeName)
	if strings.EqualFold(scheme, "XI-LEI") || strings.EqualFold(scheme, "LEI") {
		return party.Identifier{Scheme: "lei", Value: i.ID}
	}
	country, _, _ := strings.Cut(scheme, "-")
	if len(country) != 2 && len(country) != 3 {
		country = ""
	}
	return party.Identifier{Scheme: "registration", Value: i.ID, Country: country}
}

// relationship states the interests of one party in another.
func (r *reader) relationship(s *statement) error {
	held, err := s.referenceIn("subject", s.Details.Subject)
	if err != nil {
		return err
	}
	holder, err := s.referenceIn("interestedParty", s.Details.InterestedParty)
	if err != nil {
		return err
	}
	if held.Record == "" {
		r.reading.Warnings = append(r.reading.Warnings, s.place+": names no subject, and is passed over")
		return nil
	}
	if len(s.Details.Interests) > r.limits.Interests {
		return problem.New(problem.TooLarge, "%s: %d interests, the limit is %d", s.place, len(s.Details.Interests), r.limits.Interests)
	}
	base := party.Interest{Holder: r.id(holder.Record), HolderName: r.names[holder.Record], HeldName: r.names[held.Record], Source: s.Source.URL}
	if holder.Record == "" {
		base.Holder = r.id("unspecified/" + s.RecordID)
		base.HolderName = strings.TrimSuffix("not specified: "+cmp.Or(holder.Words, holder.Reason), ": ")
	}
	if held.Record == holder.Record {
		return nil // a party's own shares
	}
	groups, err := r.groups(s)
	if err != nil {
		return err
	}
	for i, g := range groups {
		one := base
		one.Economic, one.Voting, one.Control, one.Indirect, one.Note = g.Economic, g.Voting, g.Control, g.Indirect, g.Note
		r.state(party.InterestStatement(r.id(held.Record), fmt.Sprintf("%s %d", s.RecordID, i+1), one, g.from, g.to))
	}
	return nil
}

// group is interests that hold over the same days and can be said as one.
type group struct {
	party.Interest
	from, to access.Date
}

// groups puts a relationship's interests together.
func (r *reader) groups(s *statement) ([]group, error) {
	items := s.Details.Interests
	if len(items) == 0 {
		items = []interest{{Type: "unknownInterest"}}
	}
	var out []group
	for _, in := range items {
		g, err := r.interest(s, &in)
		if err != nil {
			return nil, err
		}
		if g.to != "" && g.to <= cmp.Or(g.from, party.Ever) {
			r.reading.Warnings = append(r.reading.Warnings, fmt.Sprintf("%s: an interest that ends on %s, not after it began, is passed over", s.place, g.to))
			continue
		}
		k := slices.IndexFunc(out, func(o group) bool { return o.takes(&g) })
		if k < 0 {
			out = append(out, g)
			continue
		}
		out[k].Economic, out[k].Voting = cmp.Or(out[k].Economic, g.Economic), cmp.Or(out[k].Voting, g.Voting)
		out[k].Control = cmp.Or(out[k].Control, g.Control)
		out[k].Note = strings.Trim(out[k].Note+"; "+g.Note, "; ")
	}
	return out, nil
}

// takes reports whether o can say what g says besides its own.
func (o *group) takes(g *group) bool {
	vague := func(i *party.Interest) bool { return i.Economic == nil && i.Voting == nil && i.Control == "" }
	return o.from == g.from && o.to == g.to && o.Indirect == g.Indirect && !vague(&o.Interest) && !vague(&g.Interest) &&
		(o.Economic == nil || g.Economic == nil) && (o.Voting == nil || g.Voting == nil) && (o.Control == "" || g.Control == "" || o.Control == g.Control)
}

// kinds is what interests other than shares are to this product.
var kinds = map[string]party.Control{
	"appointmentOfBoard": party.ControlBoard,
	"boardMember":        party.ControlManagement, "boardChair": party.ControlManagement, "seniorManagingOfficial": party.ControlManagement,
	"settlor": party.ControlTrust, "trustee": party.ControlTrust, "protector": party.ControlTrust,
	"beneficiaryOfLegalArrangement": party.ControlTrust, "nominee": party.ControlTrust, "nominator": party.ControlTrust,
	"rightsGrantedByContract": party.ControlContract, "conditionalRightsGrantedByContract": party.ControlContract,
}

// interest reads one interest of a relationship.
func (r *reader) interest(s *statement, in *interest) (g group, err error) {
	for field, d := range map[string]access.Date{"startDate": in.Start, "endDate": in.End} {
		if err := day(s, field, d); err != nil {
			return g, err
		}
	}
	g.from, g.to = in.Start[:min(len(in.Start), 10)], in.End[:min(len(in.End), 10)]
	if closed := s.Date[:min(len(s.Date), 10)]; s.RecordStatus == "closed" && closed != "" && (g.to == "" || closed < g.to) {
		g.to = closed
	}
	if g.Note = plain(in.Details); len(g.Note) > r.limits.Text {
		return g, problem.New(problem.TooLarge, "%s: details of an interest have %d bytes, the limit is %d", s.place, len(g.Note), r.limits.Text)
	}
	g.Indirect = in.Direct == "indirect"
	stake, err := in.Share.stake(s)
	if err != nil {
		return g, err
	}
	unknown := &party.Stake{Min: "0", Max: "100"}
	switch in.Type {
	case "shareholding":
		g.Economic = cmp.Or(stake, unknown)
	case "votingRights", "voting-rights":
		g.Voting = cmp.Or(stake, unknown)
	case "", "unknownInterest", "unpublishedInterest", "unknown-interest":
		g.Economic = cmp.Or(stake, unknown)
		g.Note = strings.Trim("the kind of interest is not known; "+g.Note, "; ")
	default:
		g.Control = cmp.Or(kinds[in.Type], kinds[camel(in.Type)], party.ControlOther)
		g.Note = strings.Trim(in.Type+"; "+g.Note, "; ")
		if len(in.Type) > 100 {
			return g, problem.New(problem.Invalid, "%s: %.40q is no type of interest", s.place, in.Type)
		}
	}
	return g, nil
}

// camel writes the types of 0.2, as "appointment-of-board", as 0.4 does.
func camel(s string) string {
	parts := strings.Split(s, "-")
	for i := 1; i < len(parts); i++ {
		if parts[i] != "" {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "")
}

// stake reads a share; nil where none is stated.
func (sh *share) stake(s *statement) (*party.Stake, error) {
	if sh == nil {
		return nil, nil
	}
	above, _ := bound(sh.ExclusiveMinimum)
	below, under := bound(sh.ExclusiveMaximum)
	if sh.Exact == "" && sh.Minimum == "" && sh.Maximum == "" && above == "" && below == "" {
		return nil, nil
	}
	if below == "" && under {
		below = string(sh.Maximum) // 0.2: true says that the maximum is not reached
	}
	low := cmp.Or(string(sh.Exact), string(sh.Minimum), above, "0")
	high := cmp.Or(string(sh.Exact), string(sh.Maximum), below, "100")
	from, err := ownership.Floor(low)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "%s: share", s.place)
	}
	to, err := ownership.Ceil(high)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "%s: share", s.place)
	}
	if sh.Exact == "" && below == high && to > from {
		to-- // the bound itself is left out
		high = to.String()
	}
	if from > to {
		return nil, problem.New(problem.Invalid, "%s: share: %s is more than %s", s.place, low, high)
	}
	return &party.Stake{Min: low, Max: high}, nil
}

// bound reads an exclusive bound: a number, or a truth that speaks of another.
func bound(raw json.RawMessage) (number string, set bool) {
	text := strings.TrimSpace(string(raw))
	switch text {
	case "true":
		return "", true
	case "", "false", "null":
		return "", false
	}
	return strings.Trim(text, `"`), false
}
