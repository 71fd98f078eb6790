package ssvc

import (
	"bytes"
	"compress/gzip"
	"os"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
)

const log4j = `{"cve": "CVE-2021-44228", "exploitation": "active", "automatable": "Yes", "technical_impact": "Total", "timestamp": "2024-02-02T14:05:34.031031Z", "role": "CISA Coordinator", "new": 1}`

func TestRead(t *testing.T) {
	r, err := Read(t.Context(), "folder/KEV SSVC.2024.jsonl", []byte(log4j+"\n\n"+`{"cve":"cve-2020-10148","automatable":"no"}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := &ledger.Reading{
		Kind: "advisory.ssvc", Source: "ssvc/kev-ssvc", Mode: ledger.Snapshot, Published: "2024-02-02", Rows: 2,
		Statements: []ledger.Statement{
			{Kind: "advisory.ssvc", Subject: "CVE-2021-44228", Term: "CVE-2021-44228", Published: "2024-02-02", Body: advisory.Assessed{
				CVE: "CVE-2021-44228", Exploitation: "active", Automatable: "yes", Impact: "total", By: "CISA Coordinator", On: "2024-02-02",
			}},
			{Kind: "advisory.ssvc", Subject: "CVE-2020-10148", Term: "CVE-2020-10148", Body: advisory.Assessed{CVE: "CVE-2020-10148", Automatable: "no"}},
		},
	}
	if d := gocmp.Diff(want, r); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestReadUsesTheSoundPart passes over what cannot be read, and says where it is.
func TestReadUsesTheSoundPart(t *testing.T) {
	for _, c := range []struct{ line, warning string }{
		{"{", "line 2: "},
		{`{"cve":"2021-1","automatable":"no"}`, `line 2: cve: want an id like CVE-2021-44228, got "2021-1"; the line is passed over`},
		{log4j, "line 2: CVE-2021-44228 is there twice; the first counts"},
		{`{"cve":"CVE-2020-1111","automatable":"perhaps"}`, `line 2: automatable: "perhaps": want no, yes; left out`},
		{`{"cve":"CVE-2020-1111","role":"x"}`, "line 2: CVE-2020-1111: no decision point has a value; the line is passed over"},
	} {
		r, err := Read(t.Context(), "a.jsonl", []byte(log4j+"\n"+c.line+"\n"), Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		if r.Rows != 1 || len(r.Warnings) == 0 || !strings.HasPrefix(r.Warnings[0], c.warning) {
			t.Errorf("%s: %d rows, %q", c.line, r.Rows, r.Warnings)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in     string
		limits Limits
		want   problem.Kind
	}{
		"nothing":   {"", Limits{}, problem.Invalid},
		"no line":   {"{}\n", Limits{}, problem.Invalid},
		"long line": {`{"cve":"` + strings.Repeat("x", 100) + "\"}\n", Limits{Line: 16}, problem.TooLarge},
		"lines":     {log4j + "\n\n\n", Limits{Lines: 2}, problem.TooLarge},
		"bytes":     {log4j, Limits{Bytes: 10}, problem.TooLarge},
	} {
		if _, err := Read(t.Context(), "a", []byte(c.in), c.limits); problem.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRecognise(t *testing.T) {
	for in, want := range map[string]bool{
		log4j + "\n": true, `{"cve":"CVE-2020-1","technical_impact":"total"}`: true, `{"cve":"CVE-2020-1"}`: false, `{"cve":1,`: false, "": false, "[]": false,
	} {
		if got := Recognise("", []byte(in)); got != want {
			t.Errorf("%s: %t", in, got)
		}
	}
}

// TestReal reads what was published of 211 weaknesses, in whatever case.
func TestReal(t *testing.T) {
	b, err := os.ReadFile(realdata.Path(t, "data/network/ssvc/kev-ssvc.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Read(t.Context(), "kev-ssvc.jsonl", b, Limits{})
	if err != nil || r.Rows != 211 || len(r.Warnings) > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, s := range r.Statements {
		if a := s.Body.(advisory.Assessed); a.Exploitation == "" || a.Automatable == "" || a.Impact == "" || a.On == "" {
			t.Errorf("%+v", a)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(log4j))
	f.Add([]byte("{\"cve\":\"CVE-2020-1111\",\"automatable\":\"no\"}\r\n{\"cve\""))
	f.Add([]byte("\ufeff{}"))
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(log4j))
	_ = w.Close()
	f.Add(z.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(t.Context(), "fuzz", b, Limits{Bytes: 1 << 20, Lines: 1000, Line: 4096})
		if err != nil {
			return
		}
		if r.Rows != len(r.Statements) || r.Rows == 0 {
			t.Errorf("%d rows, %d statements", r.Rows, len(r.Statements))
		}
		for _, s := range r.Statements {
			if a := s.Body.(advisory.Assessed); !advisory.IsCVE(a.CVE) || a.CVE != s.Subject {
				t.Errorf("%+v", s)
			}
		}
	})
}
