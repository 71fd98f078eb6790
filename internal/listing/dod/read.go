package dod

import (
	"context"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// The sources that this package reads; each is a programme and a prefix of
// listing ids too.
const (
	Source1237  = "us-dod-1237"
	Source1260H = "us-dod-1260h"
)

// Limits bound what is read of one file. A zero field means its default: 64
// MiB, 200,000 rows, 500 columns and 64 KiB in each cell.
type Limits = table.Limits

var defaultLimits = Limits{Bytes: 64 << 20, Rows: 200_000}

// Recognise tells which list's history a file is, from its header.
func Recognise(_ string, head []byte) (source string, ok bool) {
	switch header := (table.Form{}).Header(head); {
	case header.Has(ccmcColumns...):
		return Source1237, true
	case header.Has("start date", "clean name"):
		return Source1260H, true
	// Other tables have names and start dates as well. Only the clean name is
	// this one's alone; without it no column may be a stranger.
	case header.Has("start date", "name") && header.Only(historyColumns...):
		return Source1260H, true
	}
	return "", false
}

// Read reads the history of source, as [Recognise] tells it. The reading is a
// chronicle; the tables do not say when they were made.
func Read(ctx context.Context, source string, b []byte, limits Limits) (*ledger.Reading, error) {
	reading := &ledger.Reading{Source: source, Mode: ledger.Chronicle}
	var form table.Form
	var statements func([]table.Row) ([]ledger.Statement, error)
	switch source {
	case Source1237:
		reading.Kind, form.Need, statements = "dod.1237", ccmcColumns, read1237
	case Source1260H:
		reading.Kind, form.Need, statements = "dod.1260h", []string{"start date"}, read1260H
	default:
		return nil, problem.New(problem.Invalid, "a history of a Department of Defense list cannot belong to source %s: want %s or %s", source, Source1237, Source1260H)
	}
	rows, err := form.Rows(ctx, b, limits.Or(defaultLimits))
	if err != nil {
		return nil, err
	}
	reading.Rows = len(rows)
	if reading.Statements, err = statements(rows); err != nil {
		return nil, err
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
