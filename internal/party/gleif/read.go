package gleif

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// Source is the series that the files belong to, in two parts.
const (
	Source            = "gleif"
	PartEntities      = "entities"
	PartRelationships = "relationships"
)

// Limits bound what is read of one file. A zero field means its default.
type Limits struct {
	Bytes   int // of the file; default 512 MiB
	Rows    int // default 4,000,000
	Columns int // default 600
	Field   int // bytes of one column; default 16 KiB
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		field *int
		value int
	}{{&l.Bytes, 512 << 20}, {&l.Rows, 4_000_000}, {&l.Columns, 600}, {&l.Field, 16 << 10}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return l
}

// The columns that are read.
const (
	colLEI, colName, colCountry = "LEI", "Entity.LegalName", "Entity.LegalAddress.Country"
	colStart, colEnd            = "Relationship.StartNode.NodeID", "Relationship.EndNode.NodeID"
	colType                     = "Relationship.RelationshipType"
	colStatus, colRegistration  = "Relationship.RelationshipStatus", "Registration.RegistrationStatus"
	colUpdated                  = "Registration.LastUpdateDate"
	mostPeriods                 = 5
)

// Recognise tells a golden copy, and which part of it, by its header.
func Recognise(_ string, head []byte) (part string, ok bool) {
	columns, err := header(newReader(head))
	has := func(name string) bool { _, ok := columns[name]; return ok }
	switch {
	case err != nil:
	case has(colStart) && has(colEnd) && has(colType):
		return PartRelationships, true
	case has(colLEI) && has(colName):
		return PartEntities, true
	}
	return "", false
}

// Read reads one part of a golden copy, as [Recognise] tells it. The files do
// not say when they were made.
func Read(ctx context.Context, part string, b []byte, limits Limits) (*ledger.Reading, error) {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	r := &reader{Limits: limits, csv: newReader(b), reading: &ledger.Reading{Kind: "gleif." + part, Source: Source, Part: part, Mode: ledger.Snapshot}}
	var err error
	if r.columns, err = header(r.csv); err != nil {
		return nil, err
	}
	if len(r.columns) > limits.Columns {
		return nil, problem.New(problem.TooLarge, "line 1: %d columns, the limit is %d", len(r.columns), limits.Columns)
	}
	add, need := r.entity, []string{colLEI, colName}
	if part == PartRelationships {
		add, need = r.relationship, []string{colStart, colEnd, colType}
	}
	for _, name := range need {
		if _, ok := r.columns[name]; !ok {
			return nil, problem.New(problem.Invalid, "line 1: no column %q", name)
		}
	}
	if err := r.all(ctx, add); err != nil {
		return nil, err
	}
	return r.reading, nil
}

// reader is where the reading of a file stands.
type reader struct {
	Limits
	csv     *csv.Reader
	columns map[string]int
	fields  []string
	line    int
	seen    map[string]bool // what has been stated, where a file repeats itself
	reading *ledger.Reading
}

// all reads every row.
func (r *reader) all(ctx context.Context, add func() error) error {
	r.seen = map[string]bool{}
	for {
		if r.reading.Rows%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		fields, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return explain(err)
		}
		r.line, _ = r.csv.FieldPos(0)
		if r.reading.Rows == r.Rows {
			return problem.New(problem.TooLarge, "line %d: more than %d rows", r.line, r.Rows)
		}
		for i, f := range fields {
			if len(f) > r.Field {
				return problem.New(problem.TooLarge, "line %d, column %d: %d bytes, the limit is %d", r.line, i+1, len(f), r.Field)
			}
		}
		r.fields = fields
		r.reading.Rows++
		if err := add(); err != nil {
			return err
		}
	}
}

// get is a column's text on one line; "" where there is none.
func (r *reader) get(column string) (string, error) {
	i, ok := r.columns[column]
	if !ok || i >= len(r.fields) {
		return "", nil
	}
	f := r.fields[i]
	if !utf8.ValidString(f) {
		return "", problem.New(problem.Invalid, "line %d, column %q: not UTF-8", r.line, column)
	}
	return strings.Join(strings.FieldsFunc(f, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " "), nil
}

var leiForm = regexp.MustCompile(`^[0-9A-Z]{18}[0-9]{2}$`)

// lei is a column's legal entity identifier.
func (r *reader) lei(column string) (string, error) {
	text, err := r.get(column)
	if err == nil && !leiForm.MatchString(text) {
		err = problem.New(problem.Invalid, "line %d, column %q: %.40q is no LEI; want 20 letters and digits (ISO 17442)", r.line, column, text)
	}
	return text, err
}

// ID is the id of the party with an LEI.
func ID(lei string) string { return "lei:" + lei }

// bear states that a party has its LEI, once.
func (r *reader) bear(lei string) {
	if !r.seen[lei] {
		r.seen[lei] = true
		r.state(party.IdentifierStatement(ID(lei), party.Identifier{Scheme: "lei", Value: lei}))
	}
}

func (r *reader) state(st ...ledger.Statement) {
	r.reading.Statements = append(r.reading.Statements, st...)
}

// entity reads a row of Level 1.
func (r *reader) entity() error {
	lei, err := r.lei(colLEI)
	if err != nil {
		return err
	}
	name, err := r.get(colName)
	if err != nil {
		return err
	}
	country, err := r.get(colCountry)
	if err != nil {
		return err
	}
	switch {
	case r.seen[lei]:
		return problem.New(problem.Invalid, "line %d, column %q: %s occurs twice", r.line, colLEI, lei)
	case party.Fold(name) == "":
		return problem.New(problem.Invalid, "line %d, column %q: no name", r.line, colName)
	}
	r.bear(lei)
	r.state(party.NameStatements(ID(lei), "legal", party.Organisation, party.Name{Name: name, Quality: party.Primary})...)
	if country != "" {
		r.state(party.DetailStatement(ID(lei), party.Detail{Name: "country", Value: country}))
	}
	return nil
}

// kinds is what relationships say of the end node's interest in the start node.
var kinds = map[string]party.Interest{
	"IS_DIRECTLY_CONSOLIDATED_BY":   {Control: party.ControlOther, Note: "consolidated in its accounts; no share is stated"},
	"IS_ULTIMATELY_CONSOLIDATED_BY": {Control: party.ControlOther, Indirect: true, Note: "consolidated in its accounts as those of the ultimate parent; no share is stated"},
	"IS_INTERNATIONAL_BRANCH_OF":    {Economic: &party.Stake{Min: "100", Max: "100"}, Note: "a branch, part of the same legal person"},
	"IS_FUND-MANAGED_BY":            {Control: party.ControlManagement, Note: "manages the fund"},
	"IS_SUBFUND_OF":                 {Control: party.ControlOther, Note: "umbrella of the fund"},
	"IS_FEEDER_TO":                  {Control: party.ControlOther, Note: "master of the feeder fund"},
}

// relationship reads a row of Level 2.
func (r *reader) relationship() error {
	child, err := r.lei(colStart)
	if err != nil {
		return err
	}
	parent, err := r.lei(colEnd)
	if err != nil {
		return err
	}
	kind, err := r.get(colType)
	if err != nil {
		return err
	}
	i, known := kinds[kind]
	if !known {
		return problem.New(problem.Invalid, "line %d, column %q: %.40q is no type of relationship that is known", r.line, colType, kind)
	}
	if state, err := r.get(colRegistration); err != nil || state == "ANNULLED" || state == "DUPLICATE" {
		return err
	}
	from, to, err := r.period()
	if err != nil {
		return err
	}
	if child == parent || to != "" && to <= max(from, party.Ever) {
		r.reading.Warnings = append(r.reading.Warnings, fmt.Sprintf("line %d: a relationship with itself or of no time at all is passed over", r.line))
		return nil
	}
	key := strings.Join([]string{kind, parent, string(from)}, " ")
	if r.seen[child+key] {
		return nil
	}
	r.seen[child+key] = true
	r.bear(child)
	r.bear(parent)
	i.Holder, i.Source = ID(parent), "https://search.gleif.org/#/record/"+child
	r.state(party.InterestStatement(ID(child), key, i, from, to))
	return nil
}

// period is from when to when a relationship is said to last. One that is not
// active and names no end has ended on the day of its last update.
func (r *reader) period() (from, to access.Date, err error) {
	for n := 1; n <= mostPeriods; n++ {
		column := fmt.Sprintf("Relationship.Period.%d.", n)
		kind, err := r.get(column + "periodType")
		if err != nil {
			return "", "", err
		}
		if kind != "RELATIONSHIP_PERIOD" {
			continue
		}
		if from, err = r.day(column + "startDate"); err != nil {
			return "", "", err
		}
		if to, err = r.day(column + "endDate"); err != nil {
			return "", "", err
		}
	}
	if status, err := r.get(colStatus); err != nil || status != "INACTIVE" || to != "" {
		return from, to, err
	}
	to, err = r.day(colUpdated)
	return from, to, err
}

// day is the day of an instant that a column gives; "" where it gives none.
func (r *reader) day(column string) (access.Date, error) {
	text, err := r.get(column)
	if err != nil || text == "" {
		return "", err
	}
	d, err := access.ParseDate(text[:min(len(text), 10)])
	if err != nil {
		return "", problem.New(problem.Invalid, "line %d, column %q: %.40q is no day; want YYYY-MM-DD", r.line, column, text)
	}
	return d, nil
}

func newReader(b []byte) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	return r
}

// header reads a table's first record as column names.
func header(r *csv.Reader) (map[string]int, error) {
	fields, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "line 1: the file is empty; want a header line")
	}
	if err != nil {
		return nil, explain(err)
	}
	columns := make(map[string]int, len(fields))
	for i, f := range fields {
		columns[strings.TrimSpace(f)] = i
	}
	return columns, nil
}

func explain(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return problem.New(problem.Invalid, "line %d, column %d: stray or unclosed quotation mark in the record that begins on line %d", parse.Line, parse.Column, parse.StartLine)
	}
	return err
}
