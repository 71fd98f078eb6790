// Package csvlist reads delimited lists with a header row by row, with their
// columns by name. It knows no list.
//
// Begin with [Columns], which reads a header to recognise a list by, and
// [Read]. Names of columns are compared by their letters and digits alone, so
// that "Start date", "startDate" and "START_DATE" are one. Texts come with
// white space made single. A field that is no UTF-8, has control characters or
// is too long is refused with its line and column.
package csvlist

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
	Bytes  int // of the file; default 256 MiB
	Rows   int // default 1,000,000
	Field  int // bytes of one column; default 64 KiB
	Fields int // columns; default 500
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		limit *int
		def   int
	}{{&l.Bytes, 256 << 20}, {&l.Rows, 1_000_000}, {&l.Field, 64 << 10}, {&l.Fields, 500}} {
		if *d.limit <= 0 {
			*d.limit = d.def
		}
	}
	return l
}

// Header is the columns of a list.
type Header struct {
	columns map[string]int
	width   int
}

// Has reports whether all of some columns are there.
func (h Header) Has(names ...string) bool {
	for _, n := range names {
		if _, ok := h.columns[plain(n)]; !ok {
			return false
		}
	}
	return true
}

// Missing is the first of some columns that is not there, "" when all are.
func (h Header) Missing(names ...string) string {
	for _, n := range names {
		if !h.Has(n) {
			return n
		}
	}
	return ""
}

// Row is one row with its place.
type Row struct {
	Line   int
	header Header
	fields []string
}

// Get is the text of the first of some columns that is there, "" where none is.
// A list's publisher may have renamed a column, so that it goes by several.
func (r Row) Get(names ...string) string {
	for _, n := range names {
		if i, ok := r.header.columns[plain(n)]; ok {
			return r.fields[i]
		}
	}
	return ""
}

func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// Columns reads the header of a list from its beginning; skip says of its first
// lines whether they stand before the header, and may be nil.
func Columns(head []byte, skip func(fields []string) bool) (Header, bool) {
	t := &table{csv: newReader(head), limits: Limits{}.orDefault(), skip: skip}
	h, err := t.header()
	return h, err == nil
}

// Read reads a list, handing over each row that is not blank. Lines for which
// skip says so stand before the header; skip may be
// nil. Errors name line and column, those of take are returned as they are.
func Read(ctx context.Context, b []byte, limits Limits, skip func(fields []string) bool, take func(Row) error) (Header, error) {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return Header{}, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	t := &table{csv: newReader(b), limits: limits, skip: skip}
	h, err := t.header()
	if err != nil {
		return Header{}, err
	}
	for rows := 0; ; rows++ {
		if rows%1024 == 0 && ctx.Err() != nil {
			return Header{}, ctx.Err()
		}
		fields, line, err := t.next(h.width)
		if errors.Is(err, io.EOF) {
			return h, nil
		}
		if err != nil {
			return Header{}, err
		}
		if rows == limits.Rows {
			return Header{}, problem.New(problem.TooLarge, "line %d: more than %d rows", line, limits.Rows)
		}
		if err := take(Row{Line: line, header: h, fields: fields}); err != nil {
			return Header{}, err
		}
	}
}

type table struct {
	csv    *csv.Reader
	limits Limits
	skip   func([]string) bool
}

func newReader(b []byte) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	return r
}

// maxBefore bounds how many lines may stand before a header.
const maxBefore = 5

func (t *table) header() (Header, error) {
	for range maxBefore {
		fields, err := t.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Header{}, explain(err)
		}
		if t.skip != nil && t.skip(fields) {
			continue
		}
		line, _ := t.csv.FieldPos(0)
		if len(fields) > t.limits.Fields {
			return Header{}, problem.New(problem.TooLarge, "line %d: %d columns, the limit is %d", line, len(fields), t.limits.Fields)
		}
		h := Header{columns: map[string]int{}, width: len(fields)}
		for i, f := range fields {
			name := plain(f)
			if _, twice := h.columns[name]; twice && name != "" {
				return Header{}, problem.New(problem.Invalid, "line %d: column %q occurs twice", line, clip(f))
			}
			h.columns[name] = i
		}
		return h, nil
	}
	return Header{}, problem.New(problem.Invalid, "line 1: no header line")
}

// next is the next row that is not blank.
func (t *table) next(width int) (fields []string, line int, err error) {
	for {
		fields, err := t.csv.Read()
		if errors.Is(err, io.EOF) {
			return nil, 0, io.EOF
		}
		if err != nil {
			return nil, 0, explain(err)
		}
		line, _ := t.csv.FieldPos(0)
		if err := t.clean(line, fields); err != nil {
			return nil, 0, err
		}
		if !slices.ContainsFunc(fields, func(f string) bool { return f != "" }) {
			continue
		}
		for len(fields) > width && fields[len(fields)-1] == "" {
			fields = fields[:len(fields)-1]
		}
		if len(fields) != width {
			return nil, 0, problem.New(problem.Invalid, "line %d: %d columns, the header has %d", line, len(fields), width)
		}
		return fields, line, nil
	}
}

// clean checks a row's fields and makes white space single.
func (t *table) clean(line int, fields []string) error {
	for i, f := range fields {
		if len(f) > t.limits.Field {
			return problem.New(problem.TooLarge, "line %d, column %d: %d bytes, the limit is %d", line, i+1, len(f), t.limits.Field)
		}
		if !utf8.ValidString(f) {
			return problem.New(problem.Invalid, "line %d, column %d: not UTF-8", line, i+1)
		}
		fields[i] = strings.Join(strings.Fields(f), " ")
		if k := strings.IndexFunc(fields[i], unicode.IsControl); k >= 0 {
			return problem.New(problem.Invalid, "line %d, column %d: control character 0x%02x in a text", line, i+1, fields[i][k])
		}
	}
	return nil
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
