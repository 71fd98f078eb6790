package report

import (
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

var sum = "sha256:" + strings.Repeat("ab", 32)

// tested is a report in which everything is in order.
var tested = `countersign: test-report/v1
id: L-2026-0042
issued: 2026-05-04
valid_until: 2028-05-04
laboratory:
  name: North Test Laboratory
  organisation: north-lab
  accreditation: {body: UKAS, number: 0042, valid_until: 2027-01-01}
product: {name: Lumen Cam 2, maker: Lumen, version: 2.4.1, purl: pkg:generic/lumen/cam2@2.4.1, digests: [` + sum + `]}
catalogue: etsi-en-303-645
edition: V3.1.3
results:
  - {control: 5.1-1, verdict: pass, methods: [conceptual, functional], date: 2026-04-20}
  - {control: 5.3-4A, verdict: fail, methods: functional, note: updates are not signed}
  - {control: 5.1-2, verdict: not_applicable, note: no passwords before first use}
  - {control: 5.5-1, verdict: inconclusive, note: the sample broke}
`

func mustRead(t *testing.T, text string) *Report {
	t.Helper()
	r, err := Read(t.Context(), "x.yaml", []byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRead(t *testing.T) {
	want := &Report{
		ID: "L-2026-0042", Issued: "2026-05-04", ValidUntil: "2028-05-04",
		Laboratory: Laboratory{"North Test Laboratory", "north-lab", &Accreditation{"UKAS", "0042", "2027-01-01"}},
		Product:    Product{"Lumen Cam 2", "Lumen", "2.4.1", "pkg:generic/lumen/cam2@2.4.1", []string{sum}},
		Catalogue:  "etsi-en-303-645", Edition: "V3.1.3",
		Results: []Result{
			{Control: "5.1-1", Verdict: Pass, Methods: []Method{Conceptual, Functional}, Date: "2026-04-20"},
			{Control: "5.3-4A", Verdict: Fail, Methods: []Method{Functional}, Note: "updates are not signed"},
			{Control: "5.1-2", Verdict: NotApplicable, Note: "no passwords before first use"},
			{Control: "5.5-1", Verdict: Inconclusive, Note: "the sample broke"},
		},
	}
	got := mustRead(t, tested)
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if !got.Accredited("2026-12-31") || got.Accredited("2027-01-01") {
		t.Error("an accreditation holds until the day on which it no longer does")
	}
	if v, ok := got.Result("5.3-4A"); !ok || v.Verdict != Fail {
		t.Errorf("%+v %v", v, ok)
	}
	if _, ok := got.Result("5.9-9"); ok {
		t.Error("a verdict that nobody gave")
	}
	// The same in JSON, and with what is only worth a warning.
	got = mustRead(t, `{"countersign": "test-report/v1", "id": "1", "issued": "2026-05-04", "laboratory": {"name": "L", "organisation": "l"},
 "product": {"name": "P", "maker": "M", "digests": "`+sum+`"}, "catalogue": "x", "results": [{"control": "a", "verdict": "pass", "methods": ["conceptual"]}]}`)
	if got.Accredited("2000-01-01") || len(got.Warnings) != 1 || got.Warnings[0] != "line 1, laboratory: no accreditation is stated" {
		t.Errorf("%+v", got)
	}
	got = mustRead(t, strings.Replace(tested, "valid_until: 2027-01-01", "valid_until: 2026-05-01", 1))
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "the accreditation ended on 2026-05-01, before the report of 2026-05-04") {
		t.Errorf("%q", got.Warnings)
	}
}

// Everything that is amiss is named with its line and what was expected.
func TestErrors(t *testing.T) {
	change := func(old, new string) string {
		if !strings.Contains(tested, old) {
			t.Fatalf("%q is not in the report", old)
		}
		return strings.Replace(tested, old, new, 1)
	}
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{"line 1: the document is empty"}},
		{"countersign: test-report/v1\n", []string{`line 1: field "id" is missing`, `field "issued"`, `field "catalogue"`, `field "laboratory"`, `field "product"`, `field "results" is missing`}},
		{change("report/v1", "report/v2"), []string{`line 1, countersign: "test-report/v2": want test-report/v1`}},
		{change("id: L-2026-0042", "id: L 2026"), []string{`line 2, id: "L 2026" is no id; want one like L-2026-0042`}},
		{change("organisation: north-lab", "organisation: North"), []string{`line 7, laboratory.organisation: "North" is no id; want one like north-lab`}},
		{change("catalogue: etsi-en-303-645", "catalogue: ETSI EN"), []string{`catalogue: "ETSI EN" is no id`}},
		{change("valid_until: 2028-05-04", "valid_until: 2026-05-04"), []string{"line 4, valid_until: 2026-05-04 is not after the day of issue, 2026-05-04"}},
		{change("number: 0042, ", ""), []string{`line 8, laboratory.accreditation: field "number" is missing`}},
		{change(", digests: ["+sum+"]", ""), []string{`line 9, product: field "digests" is missing`}},
		{change(sum, "ab"), []string{`line 9, product.digests: "ab" is no digest`}},
		{change("verdict: pass", "verdict: passed"), []string{`line 13, results[0].verdict: "passed": want pass, fail, not_applicable, inconclusive`}},
		{change("verdict: pass, methods: [conceptual, functional]", "verdict: pass"), []string{`line 13, results[0]: field "methods" is missing`}},
		{change("methods: functional", "methods: guessed"), []string{`line 14, results[1].methods: "guessed": want conceptual, functional`}},
		{change(", note: no passwords before first use", ""), []string{"line 15, results[2]: the verdict not_applicable needs a note that says why"}},
		{change("date: 2026-04-20", "date: 2026-06-20"), []string{"line 13, results[0].date: tested on 2026-06-20, after the report of 2026-05-04"}},
		{change("control: 5.5-1", "control: 5.1-1"), []string{"line 16, results[3]: control 5.1-1 has a verdict already"}},
		{change("control: 5.5-1", "control: the first"), []string{`results[3].control: "the first" is no id; want one like 5.1-1`}},
		{change("  - {control: 5.5-1", "  - 7\n  - {control: 5.5-1"), []string{"line 16, results[3]: want a mapping, got 7"}},
		{change("edition: V3.1.3", "edtion: V3.1.3"), []string{`line 11: unknown field "edtion"`}},
	} {
		_, err := Read(t.Context(), "x.yaml", []byte(c.text), Limits{})
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) || problem.KindOf(err) != problem.Invalid || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v; want %q", err, want)
			}
		}
	}
	for _, limits := range []Limits{{Bytes: 100}, {Results: 3}} {
		if _, err := Read(t.Context(), "x.yaml", []byte(tested), limits); err == nil || !strings.Contains(err.Error(), "the limit is") {
			t.Errorf("%+v: %v", limits, err)
		}
	}
}

func TestReading(t *testing.T) {
	r := mustRead(t, tested)
	body := Evidence{
		Document: "sha256:00", Report: "L-2026-0042", Laboratory: r.Laboratory, Product: "Lumen Cam 2", Maker: "Lumen", Version: "2.4.1",
		Catalogue: "etsi-en-303-645", Edition: "V3.1.3", Issued: "2026-05-04", ValidUntil: "2028-05-04", Results: r.Results,
	}
	of := func(subject string) ledger.Statement {
		return ledger.Statement{
			Kind: "evidence.test-report", Subject: subject, Key: "etsi-en-303-645", Term: subject, Body: body,
			ValidFrom: "2026-05-04", ValidTo: "2028-05-04", Published: "2026-05-04",
		}
	}
	want := &ledger.Reading{
		Kind: "evidence.test-report", Source: "evidence/test-report/north-lab/L-2026-0042", Mode: ledger.Chronicle, Published: "2026-05-04", Rows: 4,
		Statements: []ledger.Statement{of(sum), of("pkg:generic/lumen/cam2@2.4.1")},
	}
	if d := gocmp.Diff(want, Reading(r, "sha256:00")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestStatus(t *testing.T) {
	for v, want := range map[Verdict]string{Pass: "met", Fail: "not_met", NotApplicable: "not_applicable", Inconclusive: "unknown", "": "unknown"} {
		if got := v.Status(); got != want {
			t.Errorf("verdict %q: %s, want %s", v, got, want)
		}
	}
	for s, want := range map[Support]string{Supported: "met", NotSupported: "not_met", DoesNotApply: "not_applicable", noSupportWord: "unknown"} {
		if got := s.Status(); got != want {
			t.Errorf("support %q: %s, want %s", s, got, want)
		}
	}
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]bool{
		tested: true, "\ufeff" + tested: true, "{\n\t\"countersign\": \"test-report/v1\"": true, "countersign: ssdf-form/v1\n": false, "x: y\n": false, "": false,
	} {
		if got := Recognise("x", []byte(text)); got != want {
			t.Errorf("%.40q: %v", text, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(tested))
	f.Add([]byte(`{"countersign": "test-report/v1", "results": [{"control": "5.1-1", "verdict": "pass"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("x", b)
		r, err := Read(t.Context(), "x", b, Limits{Bytes: 1 << 16, Results: 20})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%q: %v has no kind", b, err)
			}
			return
		}
		for _, v := range r.Results {
			if same, ok := r.Result(v.Control); !ok || same.Verdict != v.Verdict || v.Note == "" && len(v.Methods) == 0 {
				t.Errorf("%q: %+v", b, v)
			}
		}
		out := Reading(r, "sha256:00")
		if len(out.Statements) == 0 || slices.ContainsFunc(out.Statements, func(s ledger.Statement) bool { return s.Subject == "" || s.Key == "" }) {
			t.Errorf("%q: %+v", b, out)
		}
	})
}
