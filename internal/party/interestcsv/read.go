package interestcsv

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// Kind is the kind of the documents that this package reads.
const Kind = "ownership.csv"

// Limits bound what is read of one file. A zero field means its default: 128
// MiB, 1,000,000 rows, 100 columns and 4 KiB in each cell.
type Limits = table.Limits

var defaultLimits = Limits{Bytes: 128 << 20, Rows: 1_000_000, Columns: 100, Field: 4 << 10}

var form = table.Form{Need: []string{"owner", "owned"}, HeaderOnly: true, ShortRows: true}

// Recognise tells a table of interests by its header.
func Recognise(_ string, head []byte) bool { return form.Header(head).Has(form.Need...) }

// Source is the series of editions that a file belongs to, by its name.
func Source(name string) string {
	stem := path.Base(strings.ReplaceAll(name, `\`, "/"))
	for {
		ext := path.Ext(stem)
		if ext == "" || ext == stem {
			break
		}
		stem = strings.TrimSuffix(stem, ext)
	}
	return "ownership/" + party.Slug(stem)
}

// Read reads a table that belongs to source. The reading is a chronicle; the
// table does not say when it was made.
func Read(ctx context.Context, source string, b []byte, limits Limits) (*ledger.Reading, error) {
	t := &reader{reading: &ledger.Reading{Kind: Kind, Source: source, Mode: ledger.Chronicle}, parties: map[string]*named{}, lots: map[string]int{}}
	if _, err := form.Read(ctx, b, limits.Or(defaultLimits), t.add); err != nil {
		return nil, err
	}
	t.nameParties()
	return t.reading, nil
}

// reader is what has been read so far.
type reader struct {
	reading *ledger.Reading
	parties map[string]*named
	order   []string       // ids of the parties as they came
	lots    map[string]int // rows by what names an interest
}

// named is a party that cells name.
type named struct {
	kind party.Kind
	line int // that said the kind first
	name string
}

// add reads one row.
func (t *reader) add(r table.Row) error {
	t.reading.Rows++
	owner, err := t.party(r, "owner", "owner kind")
	if err != nil {
		return err
	}
	owned, err := t.party(r, "owned", "owned kind")
	if err != nil {
		return err
	}
	if owner == owned {
		t.warn("line %d: %q owns itself; a party's own shares are nobody's stake in it, and are passed over", r.Line, r.Get("owner"))
		return nil
	}
	i := party.Interest{Holder: owner, HolderName: nameIn(r.Get("owner")), HeldName: nameIn(r.Get("owned")), Source: r.Get("source"), Note: r.Get("note")}
	if i.Economic, err = stakeOf(r, "economic"); err != nil {
		return err
	}
	if i.Voting, err = stakeOf(r, "voting"); err != nil {
		return err
	}
	i.Control, i.Note = controlOf(r.Get("control"), i.Note)
	from, err := r.Date("valid from")
	if err != nil {
		return err
	}
	to, err := r.Date("valid to")
	if err != nil {
		return err
	}
	if to != "" && (to <= from || to <= party.Ever) {
		return problem.New(problem.Invalid, "line %d, column %q: %s is not after valid_from, %s", r.Line, "valid to", to, from)
	}
	st := party.InterestStatement(owned, t.key(r, owner, owned, from), i, from, to)
	if st.Published, err = r.Date("published"); err != nil {
		return err
	}
	t.reading.Statements = append(t.reading.Statements, st)
	return nil
}

// key names an interest among those of the file: by its owner, first day and
// source, and of several lots by their order.
func (t *reader) key(r table.Row, owner, owned string, from access.Date) string {
	key := owner
	if from != "" {
		key += " " + string(from)
	}
	if source := r.Get("source"); source != "" {
		sum := sha256.Sum256([]byte(source))
		key += " " + hex.EncodeToString(sum[:6])
	}
	lot := owned + " " + key
	t.lots[lot]++
	if n := t.lots[lot]; n > 1 {
		return fmt.Sprintf("%d %s", n, key)
	}
	return key
}

// party notes whom a cell names and returns the id.
func (t *reader) party(r table.Row, column, kindColumn string) (string, error) {
	cell := r.Get(column)
	if cell == "" || party.Fold(cell) == "" && !isID(cell) {
		return "", problem.New(problem.Invalid, "line %d, column %q: no party; want an id or a name", r.Line, column)
	}
	kind := party.Kind(strings.ToLower(r.Get(kindColumn)))
	switch kind {
	case "", party.Organisation, party.Person, party.Vessel, party.Aircraft:
	default:
		return "", problem.New(problem.Invalid, "line %d, column %q: %q is no kind; want organisation, person, vessel or aircraft", r.Line, kindColumn, table.Clip(string(kind)))
	}
	id := party.CellID(cell)
	if kind == "" && column == "owned" {
		kind = party.Organisation // nobody owns shares in a person
	}
	p := t.parties[id]
	if p == nil {
		p = &named{kind: kind, line: r.Line, name: cell}
		t.parties[id] = p
		t.order = append(t.order, id)
		return id, nil
	}
	switch {
	case p.kind == "":
		p.kind, p.line = kind, r.Line
	case kind != "" && kind != p.kind:
		return "", problem.New(problem.Invalid, "line %d, column %q: %q is of kind %s, line %d has it as %s", r.Line, column, table.Clip(cell), kind, p.line, p.kind)
	}
	return id, nil
}

// nameParties states what the parties are called. The id of a listing is not
// its name; that its list tells.
func (t *reader) nameParties() {
	for _, id := range t.order {
		if p := t.parties[id]; !isID(p.name) {
			t.reading.Statements = append(t.reading.Statements, party.PartyStatements(id, p.kind, p.name)...)
		}
	}
}

// isID reports whether a cell is an id and no name.
func isID(cell string) bool { return strings.Contains(cell, ":") && party.CellID(cell) == cell }

// nameIn is a cell when it is a name.
func nameIn(cell string) string {
	if isID(cell) {
		return ""
	}
	return cell
}

func (t *reader) warn(format string, args ...any) {
	t.reading.Warnings = append(t.reading.Warnings, fmt.Sprintf(format, args...))
}

// controlOf reads a kind of control. What is said in other words is kept as a
// note.
func controlOf(text, note string) (party.Control, string) {
	word := strings.ReplaceAll(strings.ToLower(text), " ", "_")
	switch c := party.Control(word); c {
	case party.ControlBoard, party.ControlManagement, party.ControlContract, party.ControlTrust, party.ControlGolden, party.ControlOther:
		return c, note
	}
	switch word {
	case "", "no", "none", "false", "0", "n":
		return party.ControlNone, note
	case "yes", "true", "1", "y", "control":
		return party.ControlOther, note
	}
	if note != "" {
		text += "; " + note
	}
	return party.ControlOther, text
}
