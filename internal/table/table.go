package table

import (
	"bytes"
	"cmp"
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
	Bytes   int // of the file; default 512 MiB
	Rows    int // below the header; default 2,000,000
	Columns int // default 500
	Field   int // bytes of one cell; default 64 KiB
}

// Or fills in the fields that are zero.
func (l Limits) Or(other Limits) Limits {
	return Limits{
		Bytes: cmp.Or(max(l.Bytes, 0), other.Bytes), Rows: cmp.Or(max(l.Rows, 0), other.Rows),
		Columns: cmp.Or(max(l.Columns, 0), other.Columns), Field: cmp.Or(max(l.Field, 0), other.Field),
	}
}

// defaultLimits are for tables of which nothing better is known.
var defaultLimits = Limits{Bytes: 512 << 20, Rows: 2_000_000, Columns: 500, Field: 64 << 10}

// Form is how a table is written. The zero Form has commas between its cells,
// its header on the first line and at least one row below it.
type Form struct {
	Comma      rune                      // between cells, such as '\t' or ';'; zero means ','
	Before     func(cells []string) bool // says of the first lines whether they stand before the header; may be nil
	Need       []string                  // columns that must be there
	HeaderOnly bool                      // a table may have no rows
	ShortRows  bool                      // a row may end early; its last cells are then empty

	// LostLetters takes the controls U+0080 to U+009F as white space. They are
	// what is left of letters where a publisher's file changed its encoding on
	// the way.
	LostLetters bool
}

// Header reads the header of a table from its beginning. The zero Header means
// that there is none.
func (f Form) Header(head []byte) Header {
	h, err := f.reader(head, defaultLimits).header()
	if err != nil {
		return Header{}
	}
	return h
}

// Read reads a table, handing over each row that is not blank. The errors of
// take are returned as they are.
func (f Form) Read(ctx context.Context, b []byte, limits Limits, take func(Row) error) (Header, error) {
	limits = limits.Or(defaultLimits)
	if len(b) > limits.Bytes {
		return Header{}, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	t := f.reader(b, limits)
	h, err := t.header()
	if err != nil {
		return Header{}, err
	}
	if missing := h.Missing(f.Need...); missing != "" {
		return Header{}, problem.New(problem.Invalid, "line %d: no column %q", h.line, missing)
	}
	for rows := 0; ; rows++ {
		if rows%1024 == 0 && ctx.Err() != nil {
			return Header{}, ctx.Err()
		}
		cells, line, err := t.next(h.width)
		switch {
		case errors.Is(err, io.EOF) && rows == 0 && !f.HeaderOnly:
			return Header{}, problem.New(problem.Invalid, "no rows below the header")
		case errors.Is(err, io.EOF):
			return h, nil
		case err != nil:
			return Header{}, err
		case rows == limits.Rows:
			return Header{}, problem.New(problem.TooLarge, "line %d: more than %d rows", line, limits.Rows)
		}
		if err := take(Row{Line: line, header: h, cells: cells}); err != nil {
			return Header{}, err
		}
	}
}

// Rows reads all rows of a table that are not blank.
func (f Form) Rows(ctx context.Context, b []byte, limits Limits) ([]Row, error) {
	var rows []Row
	_, err := f.Read(ctx, b, limits, func(r Row) error {
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// reader is where the reading of a table stands.
type reader struct {
	Form
	csv    *csv.Reader
	limits Limits
}

func (f Form) reader(b []byte, limits Limits) *reader {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.Comma = cmp.Or(f.Comma, ',')
	r.FieldsPerRecord = -1
	return &reader{Form: f, csv: r, limits: limits}
}

// maxBefore bounds how many lines are looked at for a header.
const maxBefore = 5

func (r *reader) header() (Header, error) {
	for range maxBefore {
		cells, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Header{}, explain(err)
		}
		if r.Before != nil && r.Before(cells) {
			continue
		}
		line, _ := r.csv.FieldPos(0)
		return r.headerOf(line, cells)
	}
	if r.Before == nil {
		return Header{}, problem.New(problem.Invalid, "line 1: the file is empty; want a header line")
	}
	return Header{}, problem.New(problem.Invalid, "line 1: no header line")
}

// headerOf reads a record as the names of columns.
func (r *reader) headerOf(line int, cells []string) (Header, error) {
	if len(cells) > r.limits.Columns {
		return Header{}, problem.New(problem.TooLarge, "line %d: %d columns, the limit is %d", line, len(cells), r.limits.Columns)
	}
	h := Header{columns: make(map[string]int, len(cells)), width: len(cells), line: line}
	for i, cell := range cells {
		name := plain(cell)
		if _, twice := h.columns[name]; twice && name != "" {
			return Header{}, problem.New(problem.Invalid, "line %d: column %q occurs twice", line, Clip(cell))
		}
		h.columns[name] = i
	}
	return h, nil
}

// next is the next row that is not blank.
func (r *reader) next(width int) (cells []string, line int, err error) {
	for {
		cells, err := r.csv.Read()
		if errors.Is(err, io.EOF) {
			return nil, 0, io.EOF
		}
		if err != nil {
			return nil, 0, explain(err)
		}
		line, _ := r.csv.FieldPos(0)
		if err := r.clean(line, cells); err != nil {
			return nil, 0, err
		}
		if !slices.ContainsFunc(cells, func(c string) bool { return c != "" }) {
			continue
		}
		for len(cells) > width && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		if r.ShortRows && len(cells) < width {
			cells = append(cells, make([]string, width-len(cells))...)
		}
		if len(cells) != width {
			return nil, 0, problem.New(problem.Invalid, "line %d: %d columns, the header has %d", line, len(cells), width)
		}
		return cells, line, nil
	}
}

// clean checks a row's cells and makes white space in them single.
func (r *reader) clean(line int, cells []string) error {
	for i, cell := range cells {
		if len(cell) > r.limits.Field {
			return problem.New(problem.TooLarge, "line %d, column %d: %d bytes, the limit is %d", line, i+1, len(cell), r.limits.Field)
		}
		if !utf8.ValidString(cell) {
			return problem.New(problem.Invalid, "line %d, column %d: not UTF-8", line, i+1)
		}
		cells[i] = strings.Join(strings.FieldsFunc(cell, r.isSpace), " ")
		if k := strings.IndexFunc(cells[i], unicode.IsControl); k >= 0 {
			return problem.New(problem.Invalid, "line %d, column %d: control character 0x%02x in a text", line, i+1, cells[i][k])
		}
	}
	return nil
}

func (r *reader) isSpace(c rune) bool {
	return unicode.IsSpace(c) || r.LostLetters && c >= 0x80 && c < 0xa0
}

func explain(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return problem.New(problem.Invalid, "line %d, column %d: stray or unclosed quotation mark in the record that begins on line %d", parse.Line, parse.Column, parse.StartLine)
	}
	return err
}
