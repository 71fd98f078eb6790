// Package table reads lists that are published as a table with a header line,
// its columns parted by commas or tabs.
//
// Begin with [HeaderOf], which tells what a file is by its header, and [Read].
// Columns may stand in any order; their names are one however case, white
// space, "_" and "-" are written. The package knows no list.
package table

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

	"countersign.dev/internal/problem"
)

// Limits bound what is read of one file. A zero field means its default.
type Limits struct {
	Bytes int // of the file; default 512 MiB
	Rows  int // default 2,000,000
	Field int // bytes of one cell; default 64 KiB
}

func (l Limits) orDefault() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 512 << 20
	}
	if l.Rows <= 0 {
		l.Rows = 2_000_000
	}
	if l.Field <= 0 {
		l.Field = 64 << 10
	}
	return l
}

// Columns is the places of a table's columns, by name.
type Columns map[string]int

// HeaderOf is the columns of the table that a file begins with; nil when it
// begins with none.
func HeaderOf(head []byte, comma rune) Columns {
	columns, err := header(newReader(head, comma))
	if err != nil {
		return nil
	}
	return columns
}

// Has reports whether a table has all of the columns.
func (c Columns) Has(names ...string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { _, ok := c[n]; return !ok })
}

// Row is one row of a table with its place.
type Row struct {
	Line    int
	columns Columns
	cells   []string
}

// Get is a cell, without white space at its ends and with single spaces within;
// "" where the table has no such column.
func (r Row) Get(column string) string {
	i, ok := r.columns[column]
	if !ok {
		return ""
	}
	return r.cells[i]
}

// List is the values of a cell that are parted by semicolons.
func (r Row) List(column string) []string {
	var out []string
	for item := range strings.SplitSeq(r.Get(column), ";") {
		if item = strings.TrimSpace(item); item != "" && !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out
}

// Read reads all rows that are not blank. Its errors name the line, and the
// columns that are needed and missing.
func Read(ctx context.Context, b []byte, comma rune, limits Limits, need ...string) ([]Row, error) {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	r := newReader(b, comma)
	columns, err := header(r)
	if err != nil {
		return nil, err
	}
	for _, name := range need {
		if !columns.Has(name) {
			return nil, problem.New(problem.Invalid, "line 1: no column %q", name)
		}
	}
	width := 0
	for _, i := range columns {
		width = max(width, i+1)
	}
	var rows []Row
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, explain(err)
		}
		line, _ := r.FieldPos(0)
		if cells, err = clean(line, cells, width, limits); err != nil {
			return nil, err
		}
		if cells == nil {
			continue
		}
		if len(rows) == limits.Rows {
			return nil, problem.New(problem.TooLarge, "line %d: more than %d rows", line, limits.Rows)
		}
		rows = append(rows, Row{Line: line, columns: columns, cells: cells})
	}
	if len(rows) == 0 {
		return nil, problem.New(problem.Invalid, "no rows below the header")
	}
	return rows, nil
}

func newReader(b []byte, comma rune) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.Comma = comma
	r.FieldsPerRecord = -1
	return r
}

// header reads a table's first record as the names of columns.
func header(r *csv.Reader) (Columns, error) {
	cells, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "line 1: the file is empty; want a header line")
	}
	if err != nil {
		return nil, explain(err)
	}
	columns := make(Columns, len(cells))
	for i, cell := range cells {
		name := columnName(cell)
		if _, twice := columns[name]; twice && name != "" {
			return nil, problem.New(problem.Invalid, "line 1: column %q occurs twice", name)
		}
		columns[name] = i
	}
	return columns, nil
}

// columnName makes "End date", "end_date" and "END-DATE " one.
func columnName(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == '_' || r == '-' || unicode.IsSpace(r) }), " ")
}

// clean checks a record's cells and makes white space single, line breaks
// within quotation marks included. It returns nil for a blank record.
func clean(line int, cells []string, width int, limits Limits) ([]string, error) {
	for len(cells) > width && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	blank := true
	for i, cell := range cells {
		if len(cell) > limits.Field {
			return nil, problem.New(problem.TooLarge, "line %d, column %d: %d bytes, the limit is %d", line, i+1, len(cell), limits.Field)
		}
		if !utf8.ValidString(cell) {
			return nil, problem.New(problem.Invalid, "line %d, column %d: not UTF-8", line, i+1)
		}
		cells[i] = strings.Join(strings.FieldsFunc(cell, isSpace), " ")
		if k := strings.IndexFunc(cells[i], unicode.IsControl); k >= 0 {
			return nil, problem.New(problem.Invalid, "line %d, column %d: control character 0x%02x in a text", line, i+1, cells[i][k])
		}
		blank = blank && cells[i] == ""
	}
	if blank {
		return nil, nil
	}
	if len(cells) != width {
		return nil, problem.New(problem.Invalid, "line %d: %d columns, the header has %d", line, len(cells), width)
	}
	return cells, nil
}

// isSpace reports whether c is white space, or one of the controls of Latin-1,
// which are what is left of letters where a publisher's file changed its
// encoding on the way.
func isSpace(c rune) bool { return unicode.IsSpace(c) || c >= 0x80 && c < 0xa0 }

func explain(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return problem.New(problem.Invalid, "line %d, column %d: stray or unclosed quotation mark in the record that begins on line %d", parse.Line, parse.Column, parse.StartLine)
	}
	return err
}
