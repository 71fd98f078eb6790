package kev

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

const head = `{"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2021.12.10", "dateReleased": "2021-12-10T17:00:00.0000Z", `

const log4j = `{"cveID": "CVE-2021-44228", "vendorProject": "Apache", "product": "Log4j2", "vulnerabilityName": "Log4Shell", "dateAdded": "2021-12-10",
	"shortDescription": "It looks up what it logs.", "requiredAction": "Update.", "dueDate": "2021-12-24", "knownRansomwareCampaignUse": "Known", "notes": " https://example.org ", "cwes": ["CWE-20"], "new": {"a": 1}}`

func TestRead(t *testing.T) {
	r, err := Read(t.Context(), "kev.json", []byte(head+`"count": 2, "vulnerabilities": [`+log4j+`, {"cveID": "cve-2020-10148", "dateAdded": "2021-11-03", "product": "Orion", "new": 1}]}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := &ledger.Reading{
		Kind: "advisory.kev", Source: "us-cisa-kev", Mode: ledger.Snapshot, Published: "2021-12-10", Rows: 2,
		Statements: []ledger.Statement{
			{Kind: "advisory.kev", Subject: "CVE-2021-44228", Term: "CVE-2021-44228", Published: "2021-12-10", Body: advisory.Exploited{
				CVE: "CVE-2021-44228", Vendor: "Apache", Product: "Log4j2", Name: "Log4Shell", Added: "2021-12-10", Due: "2021-12-24",
				Action: "Update.", Ransomware: true, Notes: "https://example.org",
			}},
			{Kind: "advisory.kev", Subject: "CVE-2020-10148", Term: "CVE-2020-10148", Published: "2021-11-03", Body: advisory.Exploited{
				CVE: "CVE-2020-10148", Product: "Orion", Added: "2021-11-03",
			}},
			{Kind: "advisory.feed", Subject: "feed:CISA KEV", Term: "feed:cisa kev", Body: advisory.Feed{Ecosystem: "CISA KEV", Records: 2, Newest: "2021-12-10"}, Published: "2021-11-03"},
		},
	}
	if d := gocmp.Diff(want, r); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestExcerpt reads a list of entries without a version: a source of its own, that
// takes nothing out of the catalogue.
func TestExcerpt(t *testing.T) {
	text := []byte(`{"title": "an excerpt", "count": 1, "vulnerabilities": [{"cveID": "CVE-2026-91100", "dateAdded": "2026-06-11", "dueDate": "2026-06-25", "forensicTriage": "Yes"}]}`)
	if !Recognise("kev-extra.json", text) {
		t.Error("it is not recognised")
	}
	r, err := Read(t.Context(), "kev-extra.json", text, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := &ledger.Reading{
		Kind: "advisory.kev", Source: "us-cisa-kev/kev-extra", Mode: ledger.Snapshot, Rows: 1,
		Statements: []ledger.Statement{
			{Kind: "advisory.kev", Subject: "CVE-2026-91100", Term: "CVE-2026-91100", Published: "2026-06-11", Body: advisory.Exploited{
				CVE: "CVE-2026-91100", Added: "2026-06-11", Due: "2026-06-25", Forensic: true,
			}},
		},
	}
	if d := gocmp.Diff(want, r); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// What is amiss is told with its place, and the entry is kept as far as it can
// be read.
func TestReadUsesTheSoundPart(t *testing.T) {
	for _, c := range []struct{ entries, warning, kept string }{
		{log4j + `, {"cveID": "CVE-21-1"}`, `vulnerabilities[1].cveID: want an id like CVE-2021-44228, got "CVE-21-1"; left out`, "CVE-2021-44228 2021-12-24 Log4j2"},
		{log4j + `, 7`, "vulnerabilities[1]: want an object, got number", "CVE-2021-44228 2021-12-24 Log4j2"},
		{log4j + `, {"cveID": "CVE-2021-44228"}`, "vulnerabilities[1]: CVE-2021-44228 is there twice; the first counts", "CVE-2021-44228 2021-12-24 Log4j2"},
		{`{"cveID": "CVE-2021-44228", "dueDate": "Christmas", "product": "Log4j2"}`, `vulnerabilities[0].dueDate: "Christmas" is no date`, "CVE-2021-44228  Log4j2"},
		{`{"cveID": "CVE-2021-44228", "dueDate": "2021-12-24", "product": ["Log4j2"]}`, "vulnerabilities[0].product: want a text, got array; left out", "CVE-2021-44228 2021-12-24 "},
		{`{"cveID": "CVE-2021-44228", "dueDate": null, "product": "` + strings.Repeat("x", 5000) + `"}`, "", "CVE-2021-44228  " + strings.Repeat("x", 4000)},
	} {
		r, err := Read(t.Context(), "kev.json", []byte(head+`"vulnerabilities": [`+c.entries+`]}`), Limits{})
		if err != nil {
			t.Errorf("%.80s: %v", c.entries, err)
			continue
		}
		e := r.Statements[0].Body.(advisory.Exploited)
		if got := strings.Join(r.Warnings, "\n"); !strings.Contains(got, c.warning) || (got == "") != (c.warning == "") {
			t.Errorf("%.80s: warnings %q, want %q", c.entries, got, c.warning)
		}
		if got := e.CVE + " " + e.Due + " " + e.Product; got != c.kept || len(r.Statements) != 2 {
			t.Errorf("%.80s: %d kept, %q, want %q", c.entries, len(r.Statements)-1, got, c.kept)
		}
	}
	r, err := Read(t.Context(), "kev.json", []byte(`{"catalogVersion": "2021.12.10", "dateReleased": "soon", "count": 5, "vulnerabilities": [`+log4j+`]}`), Limits{})
	if err != nil || r.Published != "2021-12-10" || len(r.Warnings) != 2 || !strings.HasPrefix(r.Warnings[1], "count: the catalogue says that it has 5 entries, and has 1") {
		t.Errorf("%+v %v", r, err)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		doc    string
		limits Limits
		kind   problem.Kind
		want   string
	}{
		{"", Limits{}, problem.Invalid, "not JSON"},
		{head + "\n\"vulnerabilities\": [,]}", Limits{}, problem.Invalid, "line 2: not JSON"},
		{`{"vulnerabilities": [{}]}`, Limits{}, problem.Invalid, `no entry could be read: vulnerabilities[0].cveID`},
		{head + `"vulnerabilities": []}`, Limits{}, problem.Invalid, "vulnerabilities: no entries"},
		{head + `"vulnerabilities": {}}`, Limits{}, problem.Invalid, "vulnerabilities: want an array, got object"},
		{head + `"vulnerabilities": [{}]}`, Limits{}, problem.Invalid, `no entry could be read: vulnerabilities[0].cveID: want an id like CVE-2021-44228, got ""`},
		{head + `"vulnerabilities": [` + log4j + `, {}]}`, Limits{Entries: 1}, problem.TooLarge, "2 entries, the limit is 1"},
		{head + `"vulnerabilities": [` + log4j + `]}`, Limits{Bytes: 100}, problem.TooLarge, "the limit is 100"},
	} {
		_, err := Read(t.Context(), "kev.json", []byte(c.doc), c.limits)
		if !errors.Is(err, c.kind) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%.100s: %v, want %s", c.doc, err, c.want)
		}
	}
}

func TestRecognise(t *testing.T) {
	for doc, want := range map[string]bool{
		head: true, `{"catalogVersion": "1", "count": 1, "vulnerabilities": [{"cveID": "CV`: true, "\ufeff" + head: true,
		`{"catalogVersion": "1"}`: false, `{"vulnerabilities": [], "bomFormat": "CycloneDX"}`: false, `[]`: false, "cveID,vendorProject\n": false, "": false,
	} {
		if got := Recognise("x", []byte(doc)); got != want {
			t.Errorf("%q: %v", doc, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(head + `"count": 2, "vulnerabilities": [` + log4j + `, {"cveID": "CVE-2020-10148", "dateAdded": 5}]}`))
	f.Add([]byte(`{"catalogVersion": "2021.12.10", "vulnerabilities": [null, {"cveID": null}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("x", b)
		r, err := Read(t.Context(), "x", b, Limits{Bytes: 1 << 20, Entries: 100})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("an error without a kind: %v", err)
			}
			return
		}
		seen := map[string]bool{}
		for _, s := range r.Statements {
			if s.Kind == advisory.FactFeed {
				continue
			}
			if seen[s.Subject] || !advisory.IsCVE(s.Subject) {
				t.Errorf("stated twice, or of no weakness: %q", s.Subject)
			}
			seen[s.Subject] = true
		}
	})
}
