package advisory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawForecasts draws forecasts for ids of few years and numbers.
func drawForecasts(t *rapid.T) []Forecast {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Forecast {
		return Forecast{
			CVE:        fmt.Sprintf("CVE-%04d-%04d", rapid.IntRange(1999, 2003).Draw(t, "year"), rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 1<<40)).Draw(t, "number")),
			Score:      float64(rapid.IntRange(0, 100_000).Draw(t, "score")) / 1e5,
			Percentile: float64(rapid.IntRange(0, 1_000_000_000).Draw(t, "percentile")) / 1e9,
		}
	}), 0, 50).Draw(t, "forecasts")
}

// What is packed comes out again, to the last digit, and nothing else.
func TestScoresAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawForecasts(t)
		packed, err := PackScores("v1", "2026-01-01", all)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(packed)
		if err != nil {
			t.Fatal(err)
		}
		var back Scores
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		table, err := back.Open()
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]Forecast{}
		for _, f := range slices.Backward(all) {
			want[f.CVE] = f
		}
		for _, f := range want {
			score, percentile, ok := table.Lookup(f.CVE)
			if !ok || score != f.Score || percentile != f.Percentile {
				t.Fatalf("%+v came back as %v %v %v", f, score, percentile, ok)
			}
		}
		got := map[string]Forecast{}
		for f := range table.All() {
			got[f.CVE] = f
		}
		if d := cmp.Diff(want, got); d != "" || table.Len() != len(want) || packed.Count != len(want) {
			t.Fatalf("%d of %d (-want +got):\n%s", table.Len(), len(want), d)
		}
		if _, _, ok := table.Lookup("CVE-2004-0001"); ok {
			t.Fatal("found what was not packed")
		}
	})
}

func TestScoresRefused(t *testing.T) {
	for _, f := range []Forecast{
		{"CVE-2021-44228", 1.1, 0}, {"CVE-2021-44228", 0, -0.1}, {"GHSA-1", 0, 0}, {"CVE-2021-00044228", 0, 0}, {"CVE-2021-9999999999999999999", 0, 0},
	} {
		if _, err := PackScores("", "", []Forecast{f}); err == nil {
			t.Errorf("%+v is packed", f)
		}
	}
	good, err := PackScores("", "", []Forecast{{"CVE-2021-44228", 0.5, 0.25}, {"cve-2021-44228", 0.1, 0.1}, {"CVE-2020-0001", 1, 0}})
	if err != nil || good.Count != 2 {
		t.Fatalf("%+v %v", good, err)
	}
	table, err := good.Open()
	if err != nil {
		t.Fatal(err)
	}
	if score, percentile, ok := table.Lookup("Cve-2021-44228"); !ok || score != 0.5 || percentile != 0.25 {
		t.Errorf("%v %v %v, want what stood first", score, percentile, ok)
	}
	for i := range good.Packed {
		damaged := Scores{Packed: bytes.Clone(good.Packed)}
		damaged.Packed[i] ^= 0x40
		if table, err := damaged.Open(); err == nil && table.Len() != 2 {
			t.Errorf("byte %d damaged: %d scores", i, table.Len())
		}
	}
	for _, b := range [][]byte{nil, []byte("x"), good.Packed[:len(good.Packed)-1]} {
		if table, err := (Scores{Packed: b}).Open(); err == nil {
			t.Errorf("%x opened, %d scores", b, table.Len())
		}
	}
}

func FuzzScoresOpen(f *testing.F) {
	for _, all := range [][]Forecast{nil, {{"CVE-2021-44228", 0.5, 0.25}, {"CVE-2020-0001", 1, 0}}} {
		s, err := PackScores("", "", all)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(s.Packed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := Scores{Packed: b}.Open()
		if err != nil {
			return
		}
		n := 0
		for range table.All() {
			n++
		}
		if n != table.Len() {
			t.Errorf("%d of %d", n, table.Len())
		}
	})
}

// aDay is as many scores as a day has in 2026, drawn here: most are low, and
// weaknesses of one score have one percentile.
func aDay(tb testing.TB) (Scores, []Forecast) {
	tb.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var all []Forecast
	for year := 1999; year <= 2026; year++ {
		for n := 1; n <= 10_000; n++ {
			score := math.Round(1e5*math.Pow(random.Float64(), 6)) / 1e5
			all = append(all, Forecast{fmt.Sprintf("CVE-%d-%04d", year, n*3), score, math.Round(1e5*math.Pow(score, 1.0/6)) / 1e5})
		}
	}
	s, err := PackScores("v", "2026-01-01", all)
	if err != nil {
		tb.Fatal(err)
	}
	return s, all
}

func BenchmarkScoresOpen(b *testing.B) {
	s, _ := aDay(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Open(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(s.Packed)), "packed-bytes")
}

func BenchmarkScoresLookup(b *testing.B) {
	s, all := aDay(b)
	table, err := s.Open()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, _, ok := table.Lookup(all[i%len(all)].CVE); !ok {
			b.Fatal("not found")
		}
		i += 7919
	}
}
