package dod

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Limits bound what is read of one file. A zero field means its default.
type Limits struct {
	Bytes int // of the file; default 64 MiB
	Rows  int // default 200,000
	Field int // bytes of one column; default 64 KiB
}

func (l Limits) orDefault() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 64 << 20
	}
	if l.Rows <= 0 {
		l.Rows = 200_000
	}
	if l.Field <= 0 {
		l.Field = 64 << 10
	}
	return l
}

// row is one row of a table with its place.
type row struct {
	line    int
	columns map[string]int
	fields  []string
}

// get is a column's text, "" where the table has no such column.
func (r row) get(column string) string {
	i, ok := r.columns[column]
	if !ok {
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

// columnName makes "Start date", "start_date" and "START DATE " one.
func columnName(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '_' || unicode.IsSpace(r) }), " ")
}

// header reads a table's first record as column names.
func header(r *csv.Reader) (map[string]int, error) {
	fields, err := r.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, problem.New(problem.Invalid, "line 1: the file is empty; want a header line")
		}
		return nil, explain(err)
	}
	columns := make(map[string]int, len(fields))
	for i, f := range fields {
		name := columnName(f)
		if _, twice := columns[name]; twice && name != "" {
			return nil, problem.New(problem.Invalid, "line 1: column %q occurs twice", name)
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
	width := len(columns)
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
		fields, err = cleanFields(line, fields, width, limits)
		if err != nil {
			return nil, nil, err
		}
		if fields == nil {
			continue
		}
		if len(rows) == limits.Rows {
			return nil, nil, problem.New(problem.TooLarge, "line %d: more than %d rows", line, limits.Rows)
		}
		rows = append(rows, row{line: line, columns: columns, fields: fields})
	}
}

// cleanFields checks a record's columns and makes white space single, line
// breaks within quotes included. It returns nil for a blank record.
func cleanFields(line int, fields []string, width int, limits Limits) ([]string, error) {
	for len(fields) > width && fields[len(fields)-1] == "" {
		fields = fields[:len(fields)-1]
	}
	blank := true
	for i, f := range fields {
		if len(f) > limits.Field {
			return nil, problem.New(problem.TooLarge, "line %d, column %d: %d bytes, the limit is %d", line, i+1, len(f), limits.Field)
		}
		if !utf8.ValidString(f) {
			return nil, problem.New(problem.Invalid, "line %d, column %d: not UTF-8", line, i+1)
		}
		fields[i] = strings.Join(strings.Fields(f), " ")
		if k := strings.IndexFunc(fields[i], unicode.IsControl); k >= 0 {
			return nil, problem.New(problem.Invalid, "line %d, column %d: control character 0x%02x in a text", line, i+1, fields[i][k])
		}
		blank = blank && fields[i] == ""
	}
	if blank {
		return nil, nil
	}
	if len(fields) != width {
		return nil, problem.New(problem.Invalid, "line %d: %d columns, the header has %d", line, len(fields), width)
	}
	return fields, nil
}

func explain(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return problem.New(problem.Invalid, "line %d, column %d: stray or unclosed quotation mark in the record that begins on line %d", parse.Line, parse.Column, parse.StartLine)
	}
	return err
}

// need reports which of the columns a table lacks; each may be one of several,
// written "a or b".
func need(columns map[string]int, names ...string) error {
	for _, name := range names {
		if !slices.ContainsFunc(strings.Split(name, " or "), func(n string) bool { _, ok := columns[n]; return ok }) {
			return problem.New(problem.Invalid, "line 1: no column %q", name)
		}
	}
	return nil
}

func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
