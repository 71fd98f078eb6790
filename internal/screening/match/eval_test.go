package match

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
)

// evaluated is a segment over the corpus, and which entry each name is of.
type evaluated struct {
	segment *Segment
	names   []Name
	entry   []int
	ids     []string
}

func newEvaluated(t testing.TB, corpus []entry, native bool) *evaluated {
	t.Helper()
	e := &evaluated{}
	for i := range corpus {
		e.ids = append(e.ids, corpus[i].ID)
		names := corpus[i].latin()
		if native {
			names = append(names, corpus[i].native()...)
		}
		for _, n := range names {
			e.names = append(e.names, n)
			e.entry = append(e.entry, i)
		}
	}
	var err error
	if e.segment, err = Build(context.Background(), slices.Values(e.names)); err != nil {
		t.Fatal(err)
	}
	return e
}

// hits is the ids of the entries found, each once, with the name that did it.
func (e *evaluated) hits(q Query) map[string]Found {
	out := map[string]Found{}
	for _, f := range e.segment.Search(Prepare(q), Threshold, nil) {
		if id := e.ids[e.entry[f.Unit]]; out[id].Score < f.Score {
			out[id] = f
		}
	}
	return out
}

// tally counts what became of the queries of one category.
type tally struct{ queries, found, alerts, extra int }

func TestEvaluation(t *testing.T) {
	corpus := loadCorpus(t)
	all, latinOnly := newEvaluated(t, corpus, true), newEvaluated(t, corpus, false)
	verbose := os.Getenv("MATCH_CASES")
	tallies := map[string]*[2]tally{}
	for _, q := range loadQueries(t) {
		index := all
		if q.LatinOnly {
			index = latinOnly
		}
		hits := index.hits(Query{Text: q.Name, Kind: kindsOfTypes[q.Type]})
		half := 1
		if development(q.ID) {
			half = 0
		}
		for _, name := range []string{q.Category, group(q.Category)} {
			if tallies[name] == nil {
				tallies[name] = &[2]tally{}
			}
			tallies[name][half].count(q, hits)
		}
		if half == 0 && verbose != "" && strings.Contains(q.Category, verbose) {
			index.show(q, hits)
		}
	}
	report(tallies)
	pairs(t, verbose == "pairs")
}

func group(category string) string {
	switch {
	case strings.HasPrefix(category, "neg"):
		return "= negatives"
	case category == "zh_company_name", category == "script_chinese":
		return "= chinese"
	case strings.HasPrefix(category, "script"):
		return "= " + category
	}
	return "= latin"
}

func (c *tally) count(q labelled, hits map[string]Found) {
	c.queries++
	right := 0
	for _, id := range q.Expected {
		if _, ok := hits[id]; ok {
			right++
		}
	}
	switch {
	case len(q.Expected) > 0:
		c.found += min(right, 1)
		c.extra += len(hits) - right
	case len(hits) > 0:
		c.alerts++
	}
}

func report(tallies map[string]*[2]tally) {
	var names []string
	for n := range tallies {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Printf("%-26s", n)
		for _, c := range tallies[n] {
			fmt.Printf("  n %4d recall %.3f alerts %3d (%.4f) extra %.3f |", c.queries, float64(c.found)/float64(c.queries), c.alerts,
				float64(c.alerts)/float64(c.queries), float64(c.extra)/float64(c.queries))
		}
		fmt.Println()
	}
}

func (e *evaluated) show(q labelled, hits map[string]Found) {
	p := Prepare(Query{Text: q.Name, Kind: kindsOfTypes[q.Type]})
	best, name := 0.0, ""
	missing := len(q.Expected) > 0
	for _, id := range q.Expected {
		if _, ok := hits[id]; ok {
			missing = false
		}
	}
	want := map[string]bool{}
	for _, id := range q.Expected {
		want[id] = true
	}
	if missing {
		for i, n := range e.names {
			if want[e.ids[e.entry[i]]] {
				if s := p.Score(n); s >= best {
					best, name = s, n.Text
				}
			}
		}
		fmt.Printf("MISS  %-20s %q best %.3f %q\n", q.Category, q.Name, best, name)
	}
	n := 0
	for id, f := range hits {
		if !want[id] {
			if n++; n < 4 {
				fmt.Printf("EXTRA %-20s %q %.3f %q %s\n", q.Category, q.Name, f.Score, e.names[f.Unit].Text, id)
			}
		}
	}
}

func pairs(t *testing.T, verbose bool) {
	kinds := map[string]string{"Person": "person", "Company": "company", "Organization": "company", "Vessel": "vessel"}
	var counts [2][2][2]int
	for i, row := range readCSV(t, "data/screening/eval/peer_pairs_name_bench.csv") {
		kind := kindsOfTypes[kinds[row[1]]]
		score := Prepare(Query{row[2], kind}).Score(Name{Text: row[3], Kind: kind})
		half, says, is := 1, 0, 0
		if development(fmt.Sprintf("pair:%d", i)) {
			half = 0
		}
		if score >= Threshold {
			says = 1
		}
		if row[4] == "true" {
			is = 1
		}
		counts[half][is][says]++
		if verbose && half == 0 && says != is {
			fmt.Printf("PAIR is %d score %.3f %s %q %q\n", is, score, row[1], row[2], row[3])
		}
	}
	for _, c := range counts {
		p := float64(c[1][1]) / float64(c[1][1]+c[0][1])
		r := float64(c[1][1]) / float64(c[1][1]+c[1][0])
		fmt.Printf("pairs: P %.3f R %.3f F1 %.3f\n", p, r, 2*p*r/(p+r))
	}
}
