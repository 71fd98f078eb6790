package ledger

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
)

// An increment speaks of its subjects wholly and of nothing else: on any day,
// what is stated of a subject is what the latest document up to that day said
// of it, in whichever order the documents came. A source says one thing of a
// subject on one day.
func TestIncrementsTellOfTheirSubjectsOnly(t *testing.T) {
	days := []access.Date{"2021-01-01", "2021-02-01", "2021-03-01", "2021-04-01", "2021-05-01"}
	subjects := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		var m model
		type saying struct {
			day   access.Date
			facts []string
		}
		said, drawn := map[string][]saying{}, map[string][]int{}
		for range rapid.IntRange(1, 8).Draw(t, "documents") {
			doc := Document{Kind: "test", Source: "feed", Name: "increment", Mode: Increment, Published: "2021-06-01"}
			for _, s := range subjects {
				if !rapid.Bool().Draw(t, "speaks of "+s) {
					continue
				}
				day := rapid.SampledFrom(days).Draw(t, "day")
				now := saying{day: day}
				if drawn[s+string(day)] == nil {
					drawn[s+string(day)] = rapid.SliceOfN(rapid.IntRange(1, 2), 1, 3).Draw(t, "values")
				}
				for i, value := range drawn[s+string(day)] {
					key := string(rune('x' + i))
					doc.Statements = append(doc.Statements, Statement{Kind: "entry", Subject: s, Key: key, Body: value, Published: day})
					now.facts = append(now.facts, fmt.Sprintf("%s/%s=%d", s, key, value))
				}
				said[s] = append(said[s], now)
			}
			m.apply(t, doc)
		}
		for _, day := range append([]access.Date{"2020-12-31", "2021-06-01"}, days...) {
			want := []string{}
			for _, s := range subjects {
				var best saying
				for _, o := range said[s] {
					if o.day <= day && o.day > best.day {
						best = o
					}
				}
				want = append(want, best.facts...)
			}
			slices.Sort(want)
			if d := cmp.Diff(want, m.stated(day, m.position)); d != "" {
				t.Fatalf("stated on %s (-want +got):\n%s", day, d)
			}
		}
	})
}
