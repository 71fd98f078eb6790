package cverecord

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

// full has something in every field that is used, and some that are not.
const full = `{
  "dataType": "CVE_RECORD", "dataVersion": "5.1",
  "cveMetadata": {"cveId": "CVE-2026-0001", "state": "PUBLISHED", "assignerShortName": "acme", "datePublished": "2026-01-02T00:00:00", "dateUpdated": "2026-02-03T04:05:06.789Z"},
  "containers": {
    "cna": {
      "providerMetadata": {"shortName": "acme"}, "title": "A hole in the wall",
      "descriptions": [{"lang": "eo", "value": "Truo"}, {"lang": "en-US", "value": "Somebody can look in."}],
      "affected": [
        {"vendor": "Acme", "product": "Wall", "cpes": ["cpe:2.3:a:acme:wall:*:*:*:*:*:*:*:*", "cpe:2.3:a:acme:wall:1.0:*:*:*:*:*:*:*", "cpe:2.3:a:acme:fence:*:*:*:*:*:*:*:*"],
         "defaultStatus": "unaffected", "programRoutines": [{"name": "look"}],
         "versions": [{"version": "1.0", "status": "affected", "lessThan": "1.2.3", "versionType": "semver"}, {"version": "2.0", "status": "affected"}, {"version": "3.0", "status": "unaffected"}]},
        {"vendor": "example.org/wall", "product": "example.org/wall/brick", "collectionURL": "https://pkg.go.dev", "packageName": "example.org/wall/brick",
         "versions": [{"version": "0", "status": "affected", "lessThan": "0.31.0", "versionType": "semver"}]},
        {"vendor": "Linux", "product": "Linux", "repo": "https://example.org/linux.git", "versions": [{"version": "89a4d1a89751", "lessThan": "1296c110c5a0", "status": "affected", "versionType": "git"}]},
        {"vendor": "Linux", "product": "Linux", "defaultStatus": "affected", "versions": [
          {"version": "5.6", "status": "affected"}, {"version": "0", "lessThan": "5.6", "status": "unaffected"},
          {"version": "6.1.78", "lessThanOrEqual": "6.1.*", "status": "unaffected"}, {"version": "6.8-rc4", "lessThanOrEqual": "*", "status": "unaffected"}]}
      ],
      "problemTypes": [{"descriptions": [{"lang": "en", "cweId": "CWE-20", "type": "CWE"}, {"lang": "en", "description": "n/a"}]}],
      "references": [{"url": "https://example.org/fix", "tags": ["x_other", "patch"]}, {"url": "https://example.org/wall"}],
      "source": {"advisory": "GHSA-aaaa-bbbb-cccc", "discovery": "EXTERNAL"}
    },
    "adp": [
      {"providerMetadata": {"shortName": "CISA-ADP"}, "title": "Vulnrichment", "references": [{"url": "https://example.org/wall"}],
       "metrics": [{"cvssV3_1": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "baseScore": 9.8}}, {"other": {"type": "ssvc", "content": {}}}],
       "cpeApplicability": [{"nodes": [{"operator": "OR", "negate": false, "cpeMatch": [
         {"vulnerable": true, "criteria": "cpe:2.3:o:acme:gate:*:*:*:*:*:*:*:*", "versionStartIncluding": "1.0", "versionEndExcluding": "1.5"},
         {"vulnerable": true, "criteria": "cpe:2.3:o:acme:gate:2.0:*:*:*:*:*:*:*"},
         {"vulnerable": false, "criteria": "cpe:2.3:h:acme:post:-:*:*:*:*:*:*:*"}]}]}]}
    ]
  }
}`

func TestRead(t *testing.T) {
	r, err := Read(t.Context(), "x.json", []byte(full), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Kind != "advisory.cve" || r.Source != "cve/CVE-2026-0001" || r.Mode != ledger.Increment || r.Published != "2026-02-03" || r.Rows != 1 || len(r.Warnings) > 0 {
		t.Errorf("%+v", r)
	}
	wantRecord := &advisory.Record{
		ID: "CVE-2026-0001", Aliases: []string{"GHSA-aaaa-bbbb-cccc"}, Summary: "A hole in the wall", Details: "Somebody can look in.", CWEs: []string{"CWE-20"},
		Severities: []advisory.Severity{{Type: "CVSS_V3", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Score: 9.8, Word: "critical", Source: "CISA-ADP"}},
		Published:  "2026-01-02T00:00:00Z", Modified: "2026-02-03T04:05:06.789Z", Issuer: "acme",
		References: []advisory.Reference{{Type: "FIX", URL: "https://example.org/fix"}, {Type: "WEB", URL: "https://example.org/wall"}},
	}
	if d := gocmp.Diff(wantRecord, r.Statements[0].Body); d != "" {
		t.Errorf("record (-want +got):\n%s", d)
	}
	var got []advisory.Affected
	var keys []string
	for _, s := range r.Statements {
		if a, ok := s.Body.(*advisory.Affected); ok {
			a := *a
			a.Advisory = ""
			got = append(got, a)
			keys = append(keys, s.Key+" "+s.Term)
		}
	}
	wall := []advisory.Range{{Type: "SEMVER", Events: []advisory.Event{{Introduced: "1.0"}, {Fixed: "1.2.3"}}}}
	want := []advisory.Affected{
		{Name: "Wall", Maker: "Acme", CPE: "cpe:2.3:a:acme:wall:*:*:*:*:*:*:*:*", Ranges: wall, Versions: []string{"2.0"}, Symbols: []string{"look"}},
		{Name: "Wall", Maker: "Acme", CPE: "cpe:2.3:a:acme:fence:*:*:*:*:*:*:*:*", Ranges: wall, Versions: []string{"2.0"}, Symbols: []string{"look"}},
		{Ecosystem: "Go", Name: "example.org/wall", Ranges: []advisory.Range{{Type: "SEMVER", Events: []advisory.Event{{Introduced: "0"}, {Fixed: "0.31.0"}}}}},
		{Name: "Linux", Maker: "Linux", Ranges: []advisory.Range{
			{Type: "GIT", Repo: "https://example.org/linux.git", Events: []advisory.Event{{Introduced: "89a4d1a89751"}, {Fixed: "1296c110c5a0"}}},
			{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "0"}, {Fixed: "0"}, {Introduced: "5.6"}, {Fixed: "6.1.78"}, {Introduced: "6.2"}, {Fixed: "6.8-rc4"}}},
		}},
		{Name: "gate", Maker: "acme", CPE: "cpe:2.3:o:acme:gate:*:*:*:*:*:*:*:*", Versions: []string{"2.0"}, Ranges: []advisory.Range{{Type: "ECOSYSTEM", Events: []advisory.Event{{Introduced: "1.0"}, {Fixed: "1.5"}}}}},
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("affected (-want +got):\n%s", d)
	}
	wantKeys := []string{"cpe:acme:wall cpe:acme:wall", "cpe:acme:fence cpe:acme:fence", "pkg:go/example.org/wall pkg:go/example.org/wall", "name:linux/linux ", "cpe:acme:gate cpe:acme:gate"}
	if d := gocmp.Diff(wantKeys, keys); d != "" {
		t.Errorf("keys (-want +got):\n%s", d)
	}
}

// What versions entries of a product mean, in the ways in which authorities
// write them.
func TestVersions(t *testing.T) {
	const yes, no, open = advisory.IsAffected, advisory.NotAffected, advisory.Unknown
	for _, c := range []struct {
		name, product string
		want          map[string]advisory.State
	}{
		{
			"range with changes, which ends with a name", `"versions": [{"version": "2.0-beta9", "status": "affected", "lessThan": "log4j-core*", "versionType": "custom", "changes": [
			{"at": "2.3.1", "status": "unaffected"}, {"at": "2.4", "status": "affected"}, {"at": "2.12.2", "status": "unaffected"}, {"at": "2.13.0", "status": "affected"}, {"at": "2.15.0", "status": "unaffected"}]}]`,
			map[string]advisory.State{"1.2.17": no, "2.0-beta8": no, "2.0": yes, "2.3.1": no, "2.4.1": yes, "2.12.2": no, "2.14.1": yes, "2.15.0": no},
		},
		{
			"unaffected range with affected changes", `"defaultStatus": "unaffected", "versions": [{"version": "2.1.0", "status": "unaffected", "lessThan": "2.1.*", "changes": [{"at": "2.1.6", "status": "affected"}, {"at": "2.1.9", "status": "unaffected"}]}]`,
			map[string]advisory.State{"2.1.5": no, "2.1.6": yes, "2.1.9": no, "2.2": no},
		},
		{
			"affected to the end of a branch", `"versions": [{"version": "2.1.3", "status": "affected", "lessThan": "2.1.*"}, {"version": "3.0", "status": "affected", "lessThanOrEqual": "*"}]`,
			map[string]advisory.State{"2.1.2": no, "2.1.99": yes, "2.2": no, "3.5": yes},
		},
		{"up to and with", `"versions": [{"version": "unspecified", "status": "affected", "lessThanOrEqual": "1.5"}]`, map[string]advisory.State{"0.1": yes, "1.5": yes, "1.5.1": no}},
		{
			"single versions", `"versions": [{"version": "2019.4 HF 5", "status": "affected"}, {"version": "2020.2 HF 1", "status": "affected"}, {"version": "n/a", "status": "affected"}]`,
			map[string]advisory.State{"2019.4 HF5": yes, "2019.4": no, "2020.2-HF1": yes, "2020.2": no},
		},
		{
			"a version in words", `"versions": [{"version": "2020.2 HF 1", "status": "affected"}, {"version": "2020.2 without hotfix", "status": "affected"}]`,
			map[string]advisory.State{"2020.2 HF1": yes, "2020.2 without hotfix": yes, "2019.4": open},
		},
		{"a range in words", `"versions": [{"version": "1.5 and earlier", "status": "affected"}]`, map[string]advisory.State{"1.4": open, "9": open}},
		{
			"comparisons", `"versions": [{"version": ">= 2.0.0, < 2.3.1", "status": "affected"}, {"version": "<= 1.5", "status": "affected"}, {"version": "= 4.0", "status": "affected"}, {"version": "> 9", "status": "affected"}]`,
			map[string]advisory.State{"1.5": yes, "1.6": no, "2.0.0": yes, "2.3.1": no, "4.0": yes, "4.0.1": no, "10": yes},
		},
		{"comparisons that are none", `"versions": [{"version": "< one", "status": "affected"}, {"version": "=> 2", "status": "affected"}]`, map[string]advisory.State{"1.5": open}},
		{"all", `"versions": [{"version": "*", "status": "affected"}]`, map[string]advisory.State{"0.1": yes, "99": yes}},
		{"all by default", `"defaultStatus": "affected"`, map[string]advisory.State{"0.1": yes, "99": yes}},
		{
			"all but some", `"defaultStatus": "affected", "versions": [{"version": "1.0", "status": "unaffected", "lessThan": "2.0", "changes": [{"at": "1.3", "status": "affected"}, {"at": "1.4", "status": "unaffected"}]}, {"version": "5.0", "status": "unaffected", "lessThanOrEqual": "*"}]`,
			map[string]advisory.State{"0.9": yes, "1.0": no, "1.3.5": yes, "1.4": no, "2.0": yes, "4.9": yes, "5.0": no},
		},
		{"all but what cannot be told", `"defaultStatus": "affected", "versions": [{"version": "1.0", "status": "unaffected"}]`, map[string]advisory.State{"0.9": open}},
		{"commits alone", `"versions": [{"version": "abc", "status": "affected", "versionType": "git"}]`, map[string]advisory.State{"1.0": open}},
		{"nothing", `"versions": [{"version": "n/a", "status": "affected"}, {"version": "1.0", "status": "unknown", "lessThan": "2.0"}]`, map[string]advisory.State{"1.0": open}},
	} {
		doc := `{"dataType": "CVE_RECORD", "cveMetadata": {"cveId": "CVE-2026-0001"}, "containers": {"cna": {"affected": [{"vendor": "a", "product": "b", ` + c.product + `}]}}}`
		r, err := Read(t.Context(), "x", []byte(doc), Limits{})
		if err != nil || len(r.Statements) != 2 {
			t.Errorf("%s: %+v %v", c.name, r, err)
			continue
		}
		a := r.Statements[1].Body.(*advisory.Affected)
		for version, want := range c.want {
			if got := a.Judge(version); got.State != want {
				t.Errorf("%s: %s is %s (%s), want %s; read as %+v %q", c.name, version, got.State, got.Why, want, a.Ranges, a.Versions)
			}
		}
	}
}

func TestPackages(t *testing.T) {
	for _, c := range []struct{ product, term string }{
		{`"vendor": "Go standard library", "product": "net/http", "collectionURL": "https://pkg.go.dev", "packageName": "net/http"`, "pkg:go/stdlib"},
		{`"vendor": "Go toolchain", "product": "cmd/go", "collectionURL": "https://pkg.go.dev", "packageName": "cmd/go"`, "pkg:go/toolchain"},
		{`"vendor": "golang.org/x/crypto", "product": "x", "collectionURL": "https://pkg.go.dev", "packageName": "golang.org/x/crypto/ssh"`, "pkg:go/golang.org/x/crypto"},
		{`"vendor": "Somebody", "product": "x", "collectionURL": "https://pkg.go.dev", "packageName": "example.org/x"`, "pkg:go/example.org/x"},
		{`"vendor": "a/b", "product": "x", "collectionURL": "https://pkg.go.dev", "packageName": "example.org/x"`, ""},
		{`"vendor": "Apache", "product": "x", "collectionURL": "https://repo.maven.apache.org/maven2", "packageName": "org.apache.x:y"`, "pkg:maven/org.apache.x:y"},
		{`"vendor": "Apache", "product": "x", "collectionURL": "https://repo1.maven.org/maven2/", "packageName": "org.apache.x/y"`, "pkg:maven/org.apache.x:y"},
		{`"vendor": "Apache", "product": "x", "collectionURL": "https://repo1.maven.org/maven2/", "packageName": "y"`, ""},
		{`"product": "x", "collectionURL": "https://www.npmjs.com/", "packageName": "@a/b"`, "pkg:npm/@a/b"},
		{`"product": "x", "collectionURL": "https://pypi.org/project", "packageName": "A_b"`, "pkg:pypi/a-b"},
		{`"product": "x", "packageURL": "pkg:cargo/x"`, "pkg:crates.io/x"},
		{`"packageName": "x", "collectionURL": "://"`, ""},
		{`"product": "x", "collectionURL": "https://evil.example/pypi.org", "packageName": "a"`, ""},
	} {
		doc := `{"cveMetadata": {"cveId": "CVE-2026-0001"}, "containers": {"cna": {"affected": [{` + c.product + `, "defaultStatus": "affected"}]}}}`
		r, err := Read(t.Context(), "x", []byte(doc), Limits{})
		if err != nil || len(r.Statements) != 2 || r.Statements[1].Term != c.term {
			t.Errorf("%s: %+v %v, want %s", c.product, r, err, c.term)
		}
	}
}

func TestRejected(t *testing.T) {
	r, err := Read(t.Context(), "x", []byte(`{"dataType": "CVE_RECORD", "cveMetadata": {"cveId": "cve-2026-0001", "state": "REJECTED", "dateRejected": "2026-03-01T00:00:00Z", "dateUpdated": "2026-03-02T00:00:00Z"},
		"containers": {"cna": {"rejectedReasons": [{"lang": "en", "value": "Not one."}], "replacedBy": ["CVE-2026-0002"]}}}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got := r.Statements[0].Body.(*advisory.Record)
	if got.ID != "CVE-2026-0001" || got.Withdrawn != "2026-03-01T00:00:00Z" || got.Details != "Not one." || len(got.Related) != 1 || r.Published != "2026-03-02" {
		t.Errorf("%+v", got)
	}
}

// A slip in a part costs that part alone.
func TestReadUsesTheSoundPart(t *testing.T) {
	for _, c := range []struct{ cna, adp, warning string }{
		{`"title": 5`, ``, "containers.cna.title: want a text, got number; left out"},
		{`"metrics": [{"cvssV3_1": "9.8"}]`, ``, "containers.cna.metrics.cvssV3_1: want an object, got string; left out"},
		{`"affected": [7]`, ``, "containers.cna.affected[0]: want an object, got number; left out"},
		{`"affected": [{"vendor": "a"}]`, ``, "containers.cna.affected[0]: neither product nor package; left out"},
		{`"affected": [{"product": "a\u0000b"}]`, ``, "containers.cna.affected[0]: want names in a line"},
		{`"affected": [{"product": "a", "versions": [{"version": "1\n2", "status": "affected"}]}]`, ``, "containers.cna.affected[0].versions[0]: want versions in a line"},
		{`"cpeApplicability": {}`, ``, "containers.cna.cpeApplicability: want an array, got object; left out"},
		{`"source": {"advisory": ["x"]}, "references": null`, ``, ""},
		{``, `7`, "containers.adp[0]: want an object, got number; left out"},
	} {
		doc := `{"cveMetadata": {"cveId": "CVE-2026-0001"}, "containers": {"cna": {` + c.cna + `}, "adp": [` + c.adp + `]}}`
		r, err := Read(t.Context(), "x", []byte(doc), Limits{})
		if err != nil {
			t.Errorf("%s: %v", doc, err)
			continue
		}
		if got := strings.Join(r.Warnings, "\n"); !strings.Contains(got, c.warning) || (got == "") != (c.warning == "") {
			t.Errorf("%s: warnings %q, want %q", doc, got, c.warning)
		}
	}
}

func TestErrors(t *testing.T) {
	many := `{"cveMetadata": {"cveId": "CVE-2026-0001"}, "containers": {"cna": {"affected": [{"product": "a", "cpes": [` +
		`"cpe:2.3:a:a:b:*", "cpe:2.3:a:a:c:*", "cpe:2.3:a:a:d:*"], "versions": [` + strings.Repeat(`{"version": "1", "status": "affected"},`, maxEntries/3) + `{"version": "2"}]}]}}}`
	for _, c := range []struct {
		doc    string
		limits Limits
		kind   problem.Kind
		want   string
	}{
		{"", Limits{}, problem.Invalid, "not JSON"},
		{"{\n,", Limits{}, problem.Invalid, "line 2: not JSON"},
		{`{"dataType": "CVE", "cveMetadata": {"cveId": "CVE-2026-0001"}}`, Limits{}, problem.Invalid, `dataType: want CVE_RECORD, got "CVE"`},
		{`{"dataType": "CVE_RECORD"}`, Limits{}, problem.Invalid, `cveMetadata.cveId: want an id like CVE-2021-44228, got ""`},
		{`{"cveMetadata": {"cveId": "CVE-2026-0001"}}`, Limits{}, problem.Invalid, "containers.cna: want what the numbering authority says"},
		{`{"cveMetadata": {"cveId": "CVE-2026-0001"}, "containers": {"cna": 5}}`, Limits{}, problem.Invalid, "containers.cna: want an object, got number"},
		{full, Limits{Bytes: 100}, problem.TooLarge, "the limit is 100"},
	} {
		_, err := Read(t.Context(), "x", []byte(c.doc), c.limits)
		if !errors.Is(err, c.kind) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%.100s: %v, want %s", c.doc, err, c.want)
		}
	}
	r, err := Read(t.Context(), "x", []byte(many), Limits{})
	if err != nil || len(r.Statements) != 1 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "more than 100000 versions in the record") {
		t.Errorf("too many versions: %v", err)
	}
}

func TestRecognise(t *testing.T) {
	for doc, want := range map[string]bool{
		full: true, full[:60]: true, `{"containers": {"cna": {"title": "x"}}, "cveMetadata": {"state": "PUBLISHED", "cveId": "CVE-2026-0001"`: true,
		`{"dataType": "CVE", "x": 1}`: false, `{"id": "CVE-2026-0001", "modified": ""}`: false, "[]": false, "": false,
	} {
		if got := Recognise("x", []byte(doc)); got != want {
			t.Errorf("%.60q: %v", doc, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"cveMetadata": {"cveId": "CVE-2026-0001"}, "containers": {"cna": {"affected": [{"product": "b", "versions": [{"version": ">= 2.0.0, < 2.3.1", "status": "affected"}, {"version": "1", "lessThan": "6.1.*", "status": "affected", "changes": [{"at": "2", "status": "unaffected"}]}]}]}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("x", b)
		r, err := Read(t.Context(), "x", b, Limits{Bytes: 1 << 20})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("an error without a kind: %v", err)
			}
			return
		}
		seen := map[[2]string]bool{}
		for _, s := range r.Statements {
			if k := [2]string{s.Kind, s.Key}; seen[k] || s.Subject != r.Statements[0].Subject {
				t.Errorf("stated twice, or of another: %v", k)
			} else {
				seen[k] = true
			}
			if a, ok := s.Body.(*advisory.Affected); ok {
				a.Judge("1.0.0")
			}
		}
	})
}
