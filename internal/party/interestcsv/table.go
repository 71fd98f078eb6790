package interestcsv

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
	"countersign.dev/internal/problem"
)

// Limits bound what is read of one file. A zero field means its default.
type Limits struct {
	Bytes   int // of the file; default 128 MiB
	Rows    int // default 1,000,000
	Columns int // default 100
	Field   int // bytes of one column; default 4 KiB
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		field *int
		value int
	}{{&l.Bytes, 128 << 20}, {&l.Rows, 1_000_000}, {&l.Columns, 100}, {&l.Field, 4 << 10}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	return l
}

// row is one row of a table with its place.
type row struct {
	line    int
	columns map[string]int
	fields  []string
}

// get is a column's text, "" where the table has no such column or the row
// ends before it.
func (r row) get(column string) string {
	i, ok := r.columns[column]
	if !ok || i >= len(r.fields) {
		return ""
	}
	return r.fields[i]
}

// date is a column's day, "" where there is none.
func (r row) date(column string) (access.Date, error) {
	text := r.get(column)
	if text == "" {
		return "", nil
	}
	d, err := access.ParseDate(text)
	if err != nil {
		return "", problem.New(problem.Invalid, "line %d, column %q: %q is no date; want YYYY-MM-DD", r.line, column, clip(text))
	}
	return d, nil
}

// stake reads a kind of share from its one column or its two; nil where all of
// them are empty.
func (r row) stake(kind string) (*party.Stake, error) {
	one, low, high := r.get(kind), r.get(kind+" min"), r.get(kind+" max")
	if one != "" && (low != "" || high != "") {
		return nil, problem.New(problem.Invalid, "line %d, column %q: %q, and %s_min or %s_max has a share too; want one of both", r.line, kind, clip(one), kind, kind)
	}
	columns := [2]string{kind + " min", kind + " max"}
	if one != "" {
		columns = [2]string{kind, kind}
		low, high = one, one
		if from, to, ranged := strings.Cut(one, ".."); ranged {
			low, high = strings.TrimSpace(from), strings.TrimSpace(to)
		}
	}
	if low == "" && high == "" {
		return nil, nil
	}
	s := &party.Stake{Min: "0", Max: "100"}
	from, to := ownership.Percent(0), ownership.Whole
	for _, end := range []struct {
		text, column string
		into         *string
		number       *ownership.Percent
		read         func(string) (ownership.Percent, error)
	}{{low, columns[0], &s.Min, &from, ownership.Floor}, {high, columns[1], &s.Max, &to, ownership.Ceil}} {
		text := strings.TrimSpace(strings.TrimSuffix(end.text, "%"))
		if text == "" || text == "?" || strings.EqualFold(text, "unknown") {
			continue
		}
		n, err := end.read(text)
		if err != nil {
			return nil, problem.New(problem.Invalid, "line %d, column %q: %w", r.line, end.column, err)
		}
		*end.into, *end.number = text, n
	}
	if from > to {
		return nil, problem.New(problem.Invalid, "line %d, column %q: %s is more than %s; want the smaller first", r.line, columns[0], s.Min, s.Max)
	}
	return s, nil
}

// columnName makes "Valid from", "valid_from" and "VALID FROM " one.
func columnName(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '_' || unicode.IsSpace(r) }), " ")
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
		name := columnName(f)
		if _, twice := columns[name]; twice && name != "" {
			return nil, problem.New(problem.Invalid, "line 1: column %q occurs twice", clip(name))
		}
		columns[name] = i
	}
	return columns, nil
}

func newReader(b []byte) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	return r
}

// readTable reads all rows that are not blank.
func readTable(ctx context.Context, b []byte, limits Limits) (map[string]int, []row, error) {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return nil, nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	r := newReader(b)
	columns, err := header(r)
	if err != nil {
		return nil, nil, err
	}
	if len(columns) > limits.Columns {
		return nil, nil, problem.New(problem.TooLarge, "line 1: %d columns, the limit is %d", len(columns), limits.Columns)
	}
	width := 0
	for _, i := range columns {
		width = max(width, i+1)
	}
	var rows []row
	for {
		if len(rows)%1024 == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return columns, rows, nil
		}
		if err != nil {
			return nil, nil, explain(err)
		}
		line, _ := r.FieldPos(0)
		blank, err := clean(line, fields, width, limits)
		if err != nil {
			return nil, nil, err
		}
		if blank {
			continue
		}
		if len(rows) == limits.Rows {
			return nil, nil, problem.New(problem.TooLarge, "line %d: more than %d rows", line, limits.Rows)
		}
		rows = append(rows, row{line: line, columns: columns, fields: fields})
	}
}

// clean checks a record's columns and makes white space in them single. A row
// may end early; its last columns are then empty.
func clean(line int, fields []string, width int, limits Limits) (blank bool, err error) {
	blank = true
	for i, f := range fields {
		if len(f) > limits.Field {
			return false, problem.New(problem.TooLarge, "line %d, column %d: %d bytes, the limit is %d", line, i+1, len(f), limits.Field)
		}
		if !utf8.ValidString(f) {
			return false, problem.New(problem.Invalid, "line %d, column %d: not UTF-8", line, i+1)
		}
		f = strings.Join(strings.Fields(f), " ")
		if k := strings.IndexFunc(f, unicode.IsControl); k >= 0 {
			return false, problem.New(problem.Invalid, "line %d, column %d: control character 0x%02x in a text", line, i+1, f[k])
		}
		if f != "" && i >= width {
			return false, problem.New(problem.Invalid, "line %d: %d columns, the header has %d", line, len(fields), width)
		}
		fields[i], blank = f, blank && f == ""
	}
	return blank, nil
}

func explain(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return problem.New(problem.Invalid, "line %d, column %d: stray or unclosed quotation mark in the record that begins on line %d", parse.Line, parse.Column, parse.StartLine)
	}
	return err
}

func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
