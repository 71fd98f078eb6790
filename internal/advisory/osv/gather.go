package osv

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// gatherer collects the records of one document.
type gatherer struct {
	limits   Limits
	records  []*Advisory
	at       map[string]int // index in records, by id
	seen     int            // records begun, also those that could not be read
	unpacked int            // bytes
	warnings []string
	untold   int // warnings beyond the limit
}

func (g *gatherer) warn(format string, args ...any) {
	if len(g.warnings) >= g.limits.Warnings {
		g.untold++
		return
	}
	g.warnings = append(g.warnings, fmt.Sprintf(format, args...))
}

// next is called before each record.
func (g *gatherer) next(ctx context.Context) error {
	if g.seen++; g.seen > g.limits.Records {
		return problem.New(problem.TooLarge, "more than %d records", g.limits.Records)
	}
	return ctx.Err()
}

// add reads one record. format and args name its place.
func (g *gatherer) add(b []byte, format string, args ...any) {
	place := fmt.Sprintf(format, args...)
	one, err := Parse(b, g.limits)
	if err != nil {
		// Most records are of one line; which, place says.
		g.warn("%s: %s", place, strings.TrimPrefix(err.Error(), "line 1: "))
		return
	}
	for _, w := range one.Warnings {
		g.warn("%s: %s", place, w)
	}
	i, twice := g.at[one.Record.ID]
	if !twice {
		g.at[one.Record.ID] = len(g.records)
		g.records = append(g.records, one)
		return
	}
	g.warn("%s: %s is recorded twice; what was modified later counts", place, one.Record.ID)
	if !modified(one).Before(modified(g.records[i])) {
		g.records[i] = one
	}
}

// modified is when a record was modified; the zero time when it does not say.
func modified(a *Advisory) time.Time {
	t, _ := time.Parse(time.RFC3339, a.Record.Modified)
	return t
}

// single is the reading of a document that is one record.
func (g *gatherer) single(a *Advisory) *ledger.Reading {
	day := advisory.DayOf(a.Record.Modified)
	for _, w := range a.Warnings {
		g.warn("%s", w)
	}
	r := g.reading(a.Record.ID, day)
	r.Rows = 1
	r.Statements = advisory.Statements(a.Record, a.Affected, day)
	return r
}

// reading begins the reading of a document, which is a part of [Source] of its
// own.
func (g *gatherer) reading(part string, published access.Date) *ledger.Reading {
	if g.untold > 0 {
		g.warnings = append(g.warnings, fmt.Sprintf("and %d more", g.untold))
	}
	return &ledger.Reading{
		Kind: Kind, Source: Source, Part: part, Mode: ledger.Increment, Published: published, Warnings: g.warnings,
	}
}

// collection is the reading of a document of many records. It has a day of its
// own only when all of its records have: what says no day is known from when
// the document came here.
func (g *gatherer) collection() (*ledger.Reading, error) {
	if len(g.records) == 0 {
		if len(g.warnings) > 0 {
			return nil, problem.New(problem.Invalid, "no record could be read: %s", g.warnings[0])
		}
		return nil, problem.New(problem.Invalid, "no records")
	}
	var newest access.Date
	dated := true
	sources, feeds := map[string]int{}, map[string]*feed{}
	var statements []ledger.Statement
	for _, a := range g.records {
		day := advisory.DayOf(a.Record.Modified)
		dated = dated && day != ""
		newest = max(newest, day)
		sources[familyOf(a)]++
		for family := range familiesOf(a) {
			if feeds[family] == nil {
				feeds[family] = &feed{}
			}
			feeds[family].count(day)
		}
		statements = append(statements, advisory.Statements(a.Record, a.Affected, day)...)
	}
	for _, family := range slices.Sorted(maps.Keys(feeds)) {
		statements = append(statements, feeds[family].statement(family))
	}
	if !dated {
		newest = ""
	}
	r := g.reading(slug(most(sources)), newest)
	r.Rows, r.Statements = len(g.records), statements
	return r, nil
}

// feed is what an archive covers of one family of ecosystems.
type feed struct {
	records, undated int
	oldest, newest   access.Date
}

func (f *feed) count(day access.Date) {
	f.records++
	if day == "" {
		f.undated++
	}
	f.newest = max(f.newest, day)
	if day != "" && (f.oldest == "" || day < f.oldest) {
		f.oldest = day
	}
}

// statement says what the archive covers. Where most records have no day, those
// that have one tell nothing of how new the whole is.
func (f *feed) statement(family string) ledger.Statement {
	oldest, newest := f.oldest, f.newest
	if 2*f.undated > f.records {
		oldest, newest = "", ""
	}
	return advisory.FeedStatement(advisory.Feed{Ecosystem: family, Records: f.records, Newest: string(newest)}, oldest)
}

// most is the key that was counted most often; of equals the first in order.
func most(counts map[string]int) string {
	keys := slices.Sorted(maps.Keys(counts))
	return slices.MaxFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[a], counts[b]), cmp.Compare(b, a))
	})
}

// familyOf is the family of ecosystems that a record is of: that of the first
// package it names, as "Debian" for "Debian:11", or its id's prefix.
func familyOf(a *Advisory) string {
	for i := range a.Affected {
		if e := a.Affected[i].Ecosystem; e != "" {
			family, _, _ := strings.Cut(e, ":")
			return family
		}
	}
	return prefixOf(a.Record.ID)
}

func familiesOf(a *Advisory) map[string]bool {
	out := map[string]bool{}
	for i := range a.Affected {
		if e := a.Affected[i].Ecosystem; e != "" {
			family, _, _ := strings.Cut(e, ":")
			out[family] = true
		}
	}
	return out
}

// slug is a name as sources are called: lower-case letters, digits, "-" and ".".
func slug(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
}
