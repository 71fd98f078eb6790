// Package draft collects what a reader takes out of a list: a reading in the
// making. It gives all readers of published lists the same keys, so that a fact
// stays one from edition to edition, and states each thing about an entry once
// however often its publisher repeats it.
//
// Begin with [New]. The package knows no format.
package draft

import (
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// maxWarnings bounds how many warnings a reading has.
const maxWarnings = 20

// Draft is a reading in the making.
type Draft struct {
	Reading *ledger.Reading

	lines  map[string]int // of entries, by id
	stated map[statementKey]bool
	more   int // warnings beyond the bound

	own, ownFold string // the name last compared with, and its fold
}

// statementKey is what must be unique within a document.
type statementKey struct{ kind, subject, key string }

// New begins a snapshot of a part of a source; part is "" where there is but
// one. kind is that of the document.
func New(kind, source, part string) *Draft {
	return &Draft{
		Reading: &ledger.Reading{Kind: kind, Source: source, Part: part, Mode: ledger.Snapshot},
		lines:   map[string]int{}, stated: map[statementKey]bool{},
	}
}

// Done is the reading.
func (d *Draft) Done() *ledger.Reading {
	if d.more > 0 {
		d.Reading.Warnings = append(d.Reading.Warnings, fmt.Sprintf("and %d more like these", d.more))
		d.more = 0
	}
	return d.Reading
}

// Warn says what was passed over, and where.
func (d *Draft) Warn(line int, format string, args ...any) {
	if len(d.Reading.Warnings) >= maxWarnings {
		d.more++
		return
	}
	text := fmt.Sprintf(format, args...)
	if line > 0 {
		text = fmt.Sprintf("line %d: %s", line, text)
	}
	d.Reading.Warnings = append(d.Reading.Warnings, text)
}

// Once refuses an entry whose id occurred before.
func (d *Draft) Once(line int, id string) error {
	if before, twice := d.lines[id]; twice {
		return problem.New(problem.Invalid, "line %d: entry %s is already on line %d", line, Clip(id), before)
	}
	d.lines[id] = line
	return nil
}

// Has reports whether an entry occurred, see [Draft.Once].
func (d *Draft) Has(id string) bool { _, ok := d.lines[id]; return ok }

// State adds statements, leaving out those that the document repeats.
func (d *Draft) State(statements ...ledger.Statement) {
	for _, st := range statements {
		k := statementKey{st.Kind, st.Subject, st.Key}
		if d.stated[k] {
			continue
		}
		d.stated[k] = true
		d.Reading.Statements = append(d.Reading.Statements, st)
	}
}

// Entry states an entry and its primary name. Both count as published on the
// day that it was listed, where the list tells it; identifiers and other names
// may have been added later, and count from the edition. An entry without a
// name in letters is named by its id, and only found by it.
func (d *Draft) Entry(line int, e listing.Entry, listed access.Date) {
	if party.Fold(e.Name) == "" {
		d.Warn(line, "%s has no name; it is only found by its id", e.ID)
		e.Name = e.ID
	}
	head := []ledger.Statement{{Kind: listing.FactEntry, Subject: e.ID, Key: "entry", Body: e}}
	if e.Name != e.ID {
		head = append(head, party.NameStatements(e.ID, "primary", e.Kind, party.Name{Name: e.Name, Quality: party.Primary})...)
	}
	for i := range head {
		head[i].Published = listed
	}
	d.State(head...)
}

// Name states a further name, keyed by its fold. A name without letters, or one
// that is the entry's own, is none.
func (d *Draft) Name(e *listing.Entry, text string, quality party.Quality) {
	text = Clean(text)
	if d.own != e.Name {
		d.own, d.ownFold = e.Name, party.Fold(e.Name)
	}
	if folded := party.Fold(text); folded == "" || folded == d.ownFold {
		return
	}
	d.State(party.NameStatements(e.ID, "name:"+party.Slug(text), e.Kind, party.Name{Name: text, Quality: quality})...)
}

// Detail states a detail, if there is a value.
func (d *Draft) Detail(subject, name, value string) {
	if value = Clean(value); value != "" {
		d.State(party.DetailStatement(subject, party.Detail{Name: name, Value: value}))
	}
}

// Identifier states an identifier, if its value has a letter or number.
func (d *Draft) Identifier(subject, scheme, value, country string) {
	id := party.Identifier{Scheme: scheme, Value: Clean(value), Country: Clean(country)}
	if party.IdentifierTerm(scheme, id.Value) != scheme+":" {
		d.State(party.IdentifierStatement(subject, id))
	}
}

// Address states an address, keyed by what it says.
func (d *Draft) Address(subject string, a party.Address) {
	if a == (party.Address{}) {
		return
	}
	key := "address:" + party.Slug(strings.Join([]string{a.Street, a.City, a.Country, a.Remarks}, " "))
	d.State(ledger.Statement{Kind: party.FactAddress, Subject: subject, Key: key, Body: a})
}

// Link states a link.
func (d *Draft) Link(subject string, l party.Link) {
	if l.To != "" || party.Fold(l.Name) != "" {
		d.State(party.LinkStatement(subject, l))
	}
}

// Event states an event on its day. It counts as published then, unless it says
// otherwise.
func (d *Draft) Event(subject string, e listing.Event) {
	if e.Published == "" {
		e.Published = e.Date
	}
	d.State(ledger.Statement{
		Kind: listing.FactEvent, Subject: subject, Key: string(e.Date) + " " + string(e.Kind), Body: e,
		ValidFrom: e.Date, Published: e.Published,
	})
}

// Amended states that the entry's text changed on each of the days but that of
// its designation.
func (d *Draft) Amended(subject, authority string, designated access.Date, days ...access.Date) {
	slices.Sort(days)
	for _, day := range slices.Compact(days) {
		if day > designated {
			d.Event(subject, listing.Event{Kind: listing.Amended, Date: day, What: "the entry was amended", Authority: authority})
		}
	}
}

// Clean makes white space single.
func Clean(s string) string { return strings.Join(strings.Fields(s), " ") }

// Join is the parts that are not empty, with sep between.
func Join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return Clean(p) == "" }), sep)
}

// Clip bounds what a message repeats.
func Clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
