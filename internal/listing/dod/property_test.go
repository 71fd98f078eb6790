package dod

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
)

// made is a row of a made-up history.
type made struct {
	name     string
	from, to access.Date
}

var days = []access.Date{"2021-06-03", "2022-10-05", "2024-01-31", "2025-01-07", "2026-02-17", "2026-06-08"}

func histories() *rapid.Generator[[]made] {
	one := rapid.Custom(func(t *rapid.T) made {
		i := rapid.IntRange(0, len(days)-1).Draw(t, "from")
		m := made{name: rapid.SampledFrom([]string{"Acme Ltd.", "ACME Ltd", "Beta Corp."}).Draw(t, "name"), from: days[i]}
		if rapid.Bool().Draw(t, "ends") && i+1 < len(days) {
			m.to = days[rapid.IntRange(i+1, len(days)-1).Draw(t, "to")]
		}
		return m
	})
	return rapid.SliceOfN(one, 1, 8)
}

// tableOf writes a history as it stood on a day: no row that starts later, no
// end that comes later.
func tableOf(rows []made, until access.Date) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write([]string{"Clean Name", "Start date", "End date"})
	for _, r := range rows {
		if r.from > until {
			continue
		}
		if r.to > until {
			r.to = ""
		}
		w.Write([]string{r.name, string(r.from), string(r.to)})
	}
	w.Flush()
	return b.String()
}

// readMade reads a made-up history; nil when it has no rows.
func readMade(t *rapid.T, text string) *ledger.Reading {
	if strings.Count(text, "\n") < 2 {
		return nil
	}
	r, err := Read(t.Context(), Source1260H, []byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// oracle says by plain reasoning whether a company is listed on a day: of the
// rows that have begun by then the newest decides, and of equally new ones that
// which ends last.
func oracle(rows []made, slug string, on access.Date) listing.Status {
	var newest *made
	end := func(m *made) access.Date { return cmp.Or(m.to, access.Forever) }
	for i := range rows {
		r := &rows[i]
		if !strings.HasPrefix(strings.ToLower(r.name), slug) || r.from > on {
			continue
		}
		if newest == nil || r.from > newest.from || r.from == newest.from && end(r) > end(newest) {
			newest = r
		}
	}
	switch {
	case newest == nil:
		return listing.StatusNotListed
	case end(newest) > on:
		return listing.StatusListed
	}
	return listing.StatusRemoved
}

func TestHistoryAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := histories().Draw(t, "rows")
		r := readMade(t, tableOf(rows, access.Forever))
		for _, slug := range []string{"acme-ltd", "beta-corp"} {
			for _, day := range days {
				for _, on := range []access.Date{day.AddDays(-1), day, day.AddDays(1)} {
					got, want := statusOn(r, listing.ID(Source1260H, slug), on), oracle(rows, slug[:4], on)
					if got != want {
						t.Fatalf("%s on %s: %s, want %s", slug, on, got, want)
					}
				}
			}
		}
	})
}

// The order of rows means nothing, but for which spelling of one day is first.
func TestRowOrderMeansNothing(t *testing.T) {
	events := func(r *ledger.Reading) []string {
		var out []string
		for _, s := range r.Statements {
			if s.Kind == listing.FactEvent {
				out = append(out, fmt.Sprintf("%s %+v", s.Subject, s))
			}
		}
		slices.Sort(out)
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		rows := histories().Draw(t, "rows")
		turned := rapid.Permutation(rows).Draw(t, "turned")
		a, b := readMade(t, tableOf(rows, access.Forever)), readMade(t, tableOf(turned, access.Forever))
		if d := gocmp.Diff(events(a), events(b)); d != "" {
			t.Fatal(d)
		}
	})
}

// What a history says was published by a day is what the history of that day
// said: nothing later shines through.
func TestNothingIsKnownEarly(t *testing.T) {
	by := func(r *ledger.Reading, day access.Date) []string {
		var out []string
		if r == nil {
			return out
		}
		for _, s := range r.Statements {
			if s.Published <= day {
				out = append(out, fmt.Sprintf("%+v", s))
			}
		}
		slices.Sort(out)
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		rows := histories().Draw(t, "rows")
		whole := readMade(t, tableOf(rows, access.Forever))
		for _, day := range days {
			if d := gocmp.Diff(by(readMade(t, tableOf(rows, day)), day), by(whole, day)); d != "" {
				t.Fatalf("by %s:\n%s", day, d)
			}
		}
	})
}
