package epss

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
)

const day = "#model_version:v2025.03.14,score_date:2025-12-26T12:55:00Z\ncve,epss,percentile\n"

// open is the scores of a reading.
func open(t testing.TB, r *ledger.Reading) *advisory.ScoreTable {
	t.Helper()
	table, err := r.Statements[0].Body.(advisory.Scores).Open()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestRead(t *testing.T) {
	r, err := Read(t.Context(), "epss.csv", []byte(day+"CVE-2021-44228,0.94358,0.99962\r\nCVE-2025-9970,7e-05,0.00428\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	scores := r.Statements[0].Body.(advisory.Scores)
	if r.Kind != "advisory.epss" || r.Source != "first-epss" || r.Mode != ledger.Snapshot || r.Published != "2025-12-26" || r.Rows != 2 || len(r.Warnings) > 0 ||
		len(r.Statements) != 2 || r.Statements[0].Subject != "epss" || scores.Model != "v2025.03.14" || scores.Day != "2025-12-26" || scores.Count != 2 {
		t.Errorf("%+v", r)
	}
	if score, percentile, ok := open(t, r).Lookup("CVE-2025-9970"); !ok || score != 7e-05 || percentile != 0.00428 {
		t.Errorf("%v %v %v", score, percentile, ok)
	}
}

func TestReadUsesTheSoundPart(t *testing.T) {
	for _, c := range []struct{ name, doc, day, warning string }{
		{"x.csv", day + "CVE-2021-44228,0.5,0.5\nGHSA-1,0.5,0.5\n", "2025-12-26", `line 4: want an id like CVE-2021-44228, got "GHSA-1"; left out`},
		{"x.csv", day + "CVE-2021-44228,0.5,0.5\nCVE-2021-44229,1.5,0.5\n", "2025-12-26", `line 4: CVE-2021-44229: want a number from 0 to 1, got 1.5; left out`},
		{"x.csv", day + "CVE-2021-44228,0.5,0.5\nCVE-2021-44229,NaN,0.5\n", "2025-12-26", `got NaN; left out`},
		{"x.csv", day + "CVE-2021-44228,0.5,0.5\nCVE-2021-44228,0.6,0.5\n", "2025-12-26", `rows for an id that has one above: 1; the first counts`},
		{"x.csv", day + "CVE-2021-44228,0.5,0.5\nCVE-2021-442", "2025-12-26", `line 4, column "epss": want a number from 0 to 1, got ""; left out`},
		{"epss_scores-2021-04-14.csv", "percentile,cve,epss\n0.5,CVE-2021-44228,0.5\n", "2021-04-14", ""},
		{"x.csv", "cve,epss,percentile\nCVE-2021-44228,0.5,0.5\n", "", "line 1: no score_date"},
		{"x.csv", "\"#model_version:v1\",\"score_date:2022-03-01T00:00:00+0000\"\ncve,epss,percentile\nCVE-2021-44228,0.5,0.5\n", "2022-03-01", ""},
	} {
		r, err := Read(t.Context(), c.name, []byte(c.doc), Limits{})
		if err != nil {
			t.Errorf("%q: %v", c.doc, err)
			continue
		}
		if got := strings.Join(r.Warnings, "\n"); !strings.Contains(got, c.warning) || (got == "") != (c.warning == "") {
			t.Errorf("%q: warnings %q, want %q", c.doc, got, c.warning)
		}
		if score, _, ok := open(t, r).Lookup("CVE-2021-44228"); !ok || score != 0.5 || string(r.Published) != c.day || r.Rows != 1 {
			t.Errorf("%q: %v %v of %s, %d rows", c.doc, score, ok, r.Published, r.Rows)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		doc    string
		limits Limits
		kind   problem.Kind
		want   string
	}{
		{"", Limits{}, problem.Invalid, "no header line"},
		{day, Limits{}, problem.Invalid, "no rows below the header"},
		{"cve,epss\nCVE-2021-44228,0.5\n", Limits{}, problem.Invalid, `line 1: no column "percentile"`},
		{day + "x,y,z\n", Limits{}, problem.Invalid, `no row could be read: line 3, column "epss"`},
		{day + "CVE-2021-44228,0.5,0.5,7\n", Limits{}, problem.Invalid, "line 3: 4 columns, the header has 3"},
		{day + "CVE-2021-44228,0.5,0.5\nCVE-2021-44229,0.5,0.5\n", Limits{Rows: 1}, problem.TooLarge, "more than 1 rows"},
		{day, Limits{Bytes: 10}, problem.TooLarge, "the limit is 10"},
	} {
		_, err := Read(t.Context(), "x.csv", []byte(c.doc), c.limits)
		if !errors.Is(err, c.kind) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%q: %v, want %s", c.doc, err, c.want)
		}
	}
	r, err := Read(t.Context(), "x.csv", []byte(day+"CVE-2021-44228,0.5,0.5\n"+strings.Repeat("x,0,0\n", 500)), Limits{})
	if err != nil || len(r.Warnings) != maxWarnings+1 || r.Warnings[maxWarnings] != "and 400 more" {
		t.Errorf("%+v %v", r, err)
	}
}

func TestRecognise(t *testing.T) {
	for doc, want := range map[string]bool{
		day: true, "cve,epss,percentile\n": true, "\ufeffCVE,EPSS,Percentile\n": true, "cve,epss\n": false,
		"cveID,vendorProject,product\n": false, "#model_version:v1\n": false, "": false, `{"cve": 1}`: false,
	} {
		if got := Recognise("x", []byte(doc)); got != want {
			t.Errorf("%q: %v", doc, got)
		}
	}
}

func TestRealScores(t *testing.T) {
	b, err := os.ReadFile(realdata.Path(t, "data/software/epss/epss-sample.csv"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Read(t.Context(), "epss-sample.csv", b, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	// Of the file's 28 lines one is the heading and one the header.
	if r.Rows != 27 || r.Published != "2025-12-26" || len(r.Warnings) > 0 || !Recognise("x", b) {
		t.Errorf("%d rows of %s, %q", r.Rows, r.Published, r.Warnings)
	}
	if score, percentile, ok := open(t, r).Lookup("CVE-1999-0003"); !ok || score != 0.89352 || percentile != 0.99521 {
		t.Errorf("%v %v %v", score, percentile, ok)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(day + "CVE-2021-44228,0.94358,0.99962\nCVE-2025-9970,7e-05,0.00428\n"))
	f.Add([]byte("cve,epss,percentile\n\"CVE-2021-44228\",Inf,-0\nx\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("x", b)
		r, err := Read(t.Context(), "x", b, Limits{Rows: 1000})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("an error without a kind: %v", err)
			}
			return
		}
		if n := open(t, r).Len(); n != r.Rows {
			t.Errorf("%d rows, %d scores", r.Rows, n)
		}
	})
}

// As many rows as the file has in 2026, made here.
func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	text.WriteString(day)
	for year := 1999; year <= 2026; year++ {
		for n := 1; n <= 10_000; n++ {
			fmt.Fprintf(&text, "CVE-%d-%04d,%.5f,%.5f\n", year, n*3, float64(n%997)/1e4, float64(n%991)/1e3)
		}
	}
	doc := []byte(text.String())
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(b.Context(), "x", doc, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
