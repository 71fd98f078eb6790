package dod

import (
	"context"
	"slices"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/problem"
)

// The sources that this package reads; each is a programme and a prefix of
// listing ids too.
const (
	Source1237  = "us-dod-1237"
	Source1260H = "us-dod-1260h"
)

// Recognise tells which list's history a file is, from its header.
func Recognise(_ string, head []byte) (source string, ok bool) {
	columns, err := header(newReader(head))
	if err != nil {
		return "", false
	}
	has := func(name string) bool { _, ok := columns[name]; return ok }
	if has("name as listed") && has("designated on") {
		return Source1237, true
	}
	if !has("start date") || !has("clean name") && !has("name") {
		return "", false
	}
	// Other tables have names and start dates as well. Only the clean name is
	// this one's alone; without it no column may be a stranger.
	for name := range columns {
		if !has("clean name") && !slices.Contains(historyColumns, name) {
			return "", false
		}
	}
	return Source1260H, true
}

// Read reads the history of source, as [Recognise] tells it. The reading is a
// chronicle; the tables do not say when they were made.
func Read(ctx context.Context, source string, b []byte, limits Limits) (*ledger.Reading, error) {
	columns, rows, err := readTable(ctx, b, limits)
	if err != nil {
		return nil, err
	}
	reading := &ledger.Reading{Source: source, Mode: ledger.Chronicle, Rows: len(rows)}
	switch source {
	case Source1237:
		reading.Kind = "dod.1237"
		reading.Statements, err = read1237(columns, rows)
	case Source1260H:
		reading.Kind = "dod.1260h"
		reading.Statements, err = read1260H(columns, rows)
	default:
		return nil, problem.New(problem.Invalid, "a history of a Department of Defense list cannot belong to source %s: want %s or %s", source, Source1237, Source1260H)
	}
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, problem.New(problem.Invalid, "no rows below the header")
	}
	return reading, nil
}

// group is the rows of one listing, in the table's order.
type group[R any] struct {
	subject string
	rows    []R
}

// grouped collects rows by listing, in the order of their first rows.
func grouped[R any](source string, rows []R, slug func(R) string) []group[R] {
	var groups []group[R]
	index := map[string]int{}
	for _, r := range rows {
		key := slug(r)
		i, ok := index[key]
		if !ok {
			i = len(groups)
			index[key] = i
			groups = append(groups, group[R]{subject: listing.ID(source, key)})
		}
		groups[i].rows = append(groups[i].rows, r)
	}
	return groups
}
