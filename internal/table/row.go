package table

import (
	"slices"
	"strings"
	"unicode"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Header is the columns of a table. The zero Header has none.
type Header struct {
	columns map[string]int
	width   int
	line    int
}

// Has reports whether all of some columns are there.
func (h Header) Has(names ...string) bool { return h.Missing(names...) == "" }

// Missing is the first of some columns that is not there, "" when all are.
func (h Header) Missing(names ...string) string {
	for _, n := range names {
		if _, ok := h.columns[plain(n)]; !ok {
			return n
		}
	}
	return ""
}

// Only reports whether every column is one of these; "" stands for columns
// without a name.
func (h Header) Only(names ...string) bool {
	known := map[string]bool{}
	for _, n := range names {
		known[plain(n)] = true
	}
	for n := range h.columns {
		if !known[n] {
			return false
		}
	}
	return true
}

// Row is one row with its place.
type Row struct {
	Line   int
	header Header
	cells  []string
}

// Get is the text of the first of some columns that is there, "" where none is.
// A table's publisher may have renamed a column, so that it goes by several.
func (r Row) Get(names ...string) string {
	for _, n := range names {
		if i, ok := r.header.columns[plain(n)]; ok {
			return r.cells[i]
		}
	}
	return ""
}

// List is the values of a cell that are parted by semicolons, each once.
func (r Row) List(column string) []string {
	var out []string
	for item := range strings.SplitSeq(r.Get(column), ";") {
		if item = strings.TrimSpace(item); item != "" && !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out
}

// Date is the day in a cell, written as YYYY-MM-DD; "" for an empty one or a
// missing column.
func (r Row) Date(column string) (access.Date, error) {
	text := r.Get(column)
	if text == "" {
		return "", nil
	}
	d, err := access.ParseDate(text)
	if err != nil {
		return "", problem.New(problem.Invalid, "line %d, column %q: %q is no date; want YYYY-MM-DD", r.Line, column, Clip(text))
	}
	return d, nil
}

// Clip is a text that an error quotes, at most 60 bytes of it.
func Clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
