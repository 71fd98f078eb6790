package osv

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// full has something in every field that is used, and some that are not.
const full = `{
  "schema_version": "1.7.0", "id": "GO-2026-0001", "modified": "2026-02-03T04:05:06.5Z", "published": "2026-01-02T00:00:00Z",
  "withdrawn": "2026-03-01T00:00:00Z", "aliases": ["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"], "related": ["CVE-2026-2"], "upstream": ["CVE-2026-3"],
  "summary": "A hole\u0000 in the wall ", "details": "Somebody\ncan look in.",
  "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}, {"type": "Ubuntu", "score": "medium"}, {"type": "CVSS_V4", "score": "CVSS:4.0/new"}],
  "affected": [
    {"package": {"ecosystem": "Go", "name": "example.org/wall", "purl": "pkg:golang/example.org/wall"},
     "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.3"}, {"introduced": "2.0.0", "last_affected": "2.1.0"}]},
                {"type": "git", "repo": "https://example.org/wall.git", "events": [{"introduced": "0"}]}],
     "versions": ["1.0.0", "", "1.1.0"], "severity": [{"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:N/I:N/A:C"}],
     "ecosystem_specific": {"imports": [{"path": "example.org/wall/brick", "symbols": ["Look", "Wall.Peep"]}, {"path": "example.org/wall"}]}},
    {"package": {"ecosystem": "Go", "name": "example.org/wall"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "3.0.0"}]}],
     "ecosystem_specific": {"custom_ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.4.0.5"}]}]}},
    {"ranges": [{"type": "GIT", "repo": "https://example.org/c", "events": [{"introduced": "0"}]}]}
  ],
  "references": [{"type": "FIX", "url": "https://example.org/fix"}, {"type": "WEB", "url": ""}],
  "credits": [{"name": "Somebody", "type": "FINDER"}],
  "database_specific": {"severity": "MODERATE", "cwe_ids": ["CWE-20"], "review_status": "REVIEWED"}, "something_new": {"a": 1}
}`

func TestParse(t *testing.T) {
	got, err := Parse([]byte(full), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	wantRecord := &advisory.Record{
		ID: "GO-2026-0001", Aliases: []string{"CVE-2026-1", "GHSA-aaaa-bbbb-cccc"}, Related: []string{"CVE-2026-2"}, Upstream: []string{"CVE-2026-3"},
		Summary: "A hole in the wall", Details: "Somebody\ncan look in.", CWEs: []string{"CWE-20"},
		Published: "2026-01-02T00:00:00Z", Modified: "2026-02-03T04:05:06.5Z", Withdrawn: "2026-03-01T00:00:00Z",
		Severities: []advisory.Severity{
			{Type: "CVSS_V3", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", Score: 7.5, Word: "high"},
			{Type: "word", Word: "medium", Source: "Ubuntu"},
			{Type: "CVSS_V4", Vector: "CVSS:4.0/new"},
			{Type: "word", Word: "medium", Source: "Go project"},
		},
		References: []advisory.Reference{{Type: "FIX", URL: "https://example.org/fix"}}, Issuer: "Go project",
	}
	if d := gocmp.Diff(wantRecord, got.Record); d != "" {
		t.Errorf("record (-want +got):\n%s", d)
	}
	wantAffected := []advisory.Affected{
		{
			Ecosystem: "Go", Name: "example.org/wall", PURL: "pkg:golang/example.org/wall",
			Ranges: []advisory.Range{
				{Type: "SEMVER", Events: []advisory.Event{{Introduced: "0"}, {Fixed: "1.2.3"}, {Introduced: "2.0.0"}, {LastAffected: "2.1.0"}}},
				{Type: "GIT", Repo: "https://example.org/wall.git", Events: []advisory.Event{{Introduced: "0"}}},
			},
			Versions:   []string{"1.0.0", "1.1.0"},
			Severities: []advisory.Severity{{Type: "CVSS_V2", Vector: "AV:N/AC:L/Au:N/C:N/I:N/A:C", Score: 7.8, Word: "high"}},
			Symbols:    []string{"example.org/wall/brick.Look", "example.org/wall/brick.Wall.Peep"},
		},
		{
			Ecosystem: "Go", Name: "example.org/wall",
			Ranges:  []advisory.Range{{Type: "SEMVER", Events: []advisory.Event{{Introduced: "3.0.0"}}}},
			Unfixed: "its source gives the fix only in versions of its own: 3.4.0.5",
		},
		{Name: "https://example.org/c", Ranges: []advisory.Range{{Type: "GIT", Repo: "https://example.org/c", Events: []advisory.Event{{Introduced: "0"}}}}},
	}
	if d := gocmp.Diff(wantAffected, got.Affected); d != "" {
		t.Errorf("affected (-want +got):\n%s", d)
	}
	if d := gocmp.Diff([]string{"affected[0].versions: 1 of them are no versions; left out"}, got.Warnings); d != "" {
		t.Errorf("warnings (-want +got):\n%s", d)
	}
}

// A slip in a part costs that part alone.
func TestParseUsesTheSoundPart(t *testing.T) {
	const head = `"id": "X-1", "modified": "2026-01-01T00:00:00Z"`
	for _, c := range []struct{ in, warning string }{
		{`"severity": [{"type": "CVSS_V3", "score": 9.8}]`, "severity.score: want a text, got number; left out"},
		{`"severity": "high"`, "severity: want an array, got string; left out"},
		{`"references": {"url": "x"}`, "references: want an array, got object; left out"},
		{`"aliases": ["a b"]`, `aliases: "a b" is no id; left out`},
		{`"published": "last week"`, `published: "last week" is no time`},
		{`"affected": [{"package": {"ecosystem": "Go", "name": 7}}]`, "affected[0].package.name: want a text, got number"},
		{`"affected": [{"package": {"ecosystem": "Go", "name": "a\u0001b"}}]`, "affected[0].package: want one line"},
		{`"affected": [{"package": {"ecosystem": "Go"}}]`, "affected[0].package: neither a name nor a repository"},
		{`"affected": [{"package": {"ecosystem": "Go", "name": "x"}, "ranges": [{"type": "SEMVER", "events": [{"fixed": "1\n2"}]}]}]`, "affected[0].ranges[0].events[0]: want a version"},
		{`"database_specific": {"severity": 5, "cwe_ids": "CWE-1"}`, ""},
		{`"database_specific": null, "aliases": null, "affected": null, "severity": null`, ""},
	} {
		got, err := Parse([]byte("{"+head+", "+c.in+"}"), Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if all := strings.Join(got.Warnings, "\n"); !strings.Contains(all, c.warning) || (c.warning == "") != (all == "") {
			t.Errorf("%s: warnings %q, want %q", c.in, all, c.warning)
		}
	}
	got, err := Parse([]byte(`{`+head+`, "affected": [{"package": {"ecosystem": "npm", "name": "x"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}], "database_specific": {"last_known_affected_version_range": "<= 1.2.3"}},
		{"package": {"ecosystem": "crates.io", "name": "y"}, "versions": ["1.0.0"], "database_specific": {"informational": "unmaintained"}, "ecosystem_specific": {"urgency": "low", "severity": 7}}]}`), Limits{})
	if err != nil || len(got.Affected) != 2 {
		t.Fatal(got, err)
	}
	if why := got.Affected[0].Unfixed + "; " + got.Affected[1].Unfixed; why != "none is known; its source knows <= 1.2.3 to be affected; unmaintained" || len(got.Affected[1].Severities) != 1 {
		t.Errorf("%q %+v", why, got.Affected[1].Severities)
	}
	for in, want := range map[string]string{
		`{}`:                        "id: want 1 to 128 characters",
		`{"id": "A B"}`:             `id: want 1 to 128 characters without spaces, got "A B"`,
		`{"id": 5}`:                 "id: want a text, got number",
		`{"id": "A", "affected":1}`: "affected: want an array, got number",
		`{"id": "A"`:                "line 1: not JSON",
	} {
		if _, err := Parse([]byte(in), Limits{}); !errors.Is(err, problem.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
}

func TestParseBoundsWhatOneRecordHas(t *testing.T) {
	many := func(one string, n int) string { return strings.Repeat(one+",", n) + one }
	_, err := Parse([]byte(`{"id": "A-1", "affected": [`+many(`{}`, maxPackages)+`]}`), Limits{})
	if !errors.Is(err, problem.TooLarge) || !strings.Contains(fmt.Sprint(err), "affected: 50001 packages, the limit is 50000") {
		t.Errorf("packages: %v", err)
	}
	got, err := Parse([]byte(`{"id": "A-1", "aliases": [`+many(`"B-1"`, maxIDs)+`]}`), Limits{})
	if err != nil || len(got.Record.Aliases) != maxIDs || len(got.Warnings) != 1 || got.Warnings[0] != "aliases: 2001 ids, the limit is 2000; the others are left out" {
		t.Errorf("aliases: %v %v", got.Warnings, err)
	}
	for _, c := range []string{
		`"versions": [` + many(`"1"`, maxVersions) + `]`,
		`"ranges": [{"type": "SEMVER", "events": [` + many(`{"fixed": "1"}`, maxEvents/2) + `]}, {"type": "SEMVER", "events": [` + many(`{"fixed": "1"}`, maxEvents/2) + `]}]`,
	} {
		got, err := Parse([]byte(`{"id": "A-1", "affected": [{"package": {"ecosystem": "npm", "name": "x"}, `+c+`}]}`), Limits{})
		if err != nil || len(got.Affected) != 0 || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "the limits are 20000 and 200000") {
			t.Errorf("%.20s: %v", c, err)
		}
	}
}

func TestWithdrawnMaliciousAndLong(t *testing.T) {
	long := strings.Repeat("ä", advisory.MaxDetails)
	got, err := Parse([]byte(`{"id": "MAL-2026-1", "modified": "0001-01-01T00:00:00Z", "withdrawn": "some day", "details": "x`+long+`", "affected": [{"package": {"ecosystem": "npm", "name": "evil"}, "versions": ["1.0.0"]}]}`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	r := got.Record
	if !r.Malicious || r.Withdrawn == "" || r.Modified != "" || len(r.Details) != advisory.MaxDetails-1 || !strings.HasSuffix(r.Details, "ä") {
		t.Errorf("malicious %v, withdrawn %q, modified %q, details of %d bytes", r.Malicious, r.Withdrawn, r.Modified, len(r.Details))
	}
	if _, err := Parse([]byte(`{"id": "X", "modified": "1-01-01T00:00:00Z", "details": "`+strings.Repeat("x", 2000)+`"}`), Limits{Record: 1000}); !errors.Is(err, problem.TooLarge) {
		t.Errorf("a long record: %v", err)
	}
}

func written(id, ecosystem, modified string) string {
	return fmt.Sprintf(`{"schema_version": "1.6.0", "id": %q, "modified": %q, "affected": [{"package": {"ecosystem": %q, "name": "x"}, "versions": ["1.0.0"]}]}`, id, modified, ecosystem)
}

// zipped is an archive; names come in pairs with contents.
func zipped(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		f, err := w.Create(pairs[i])
		if err == nil {
			_, err = f.Write([]byte(pairs[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// brief is a reading's statements in short.
func brief(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		if s.Kind == advisory.FactFeed {
			f := s.Body.(advisory.Feed)
			out = append(out, fmt.Sprintf("%s %s %d %s (%s)", s.Subject, s.Term, f.Records, f.Newest, s.Published))
		} else {
			out = append(out, fmt.Sprintf("%s %s %s", strings.TrimPrefix(s.Kind, "advisory."), s.Subject, s.Published))
		}
	}
	return out
}

func TestReadSingle(t *testing.T) {
	r, err := Read(t.Context(), "x.json", []byte("\ufeff"+full), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Kind != "advisory.osv" || r.Source != "osv" || r.Part != "GO-2026-0001" || r.Published != "2026-02-03" || r.Mode != ledger.Increment || r.Rows != 1 {
		t.Errorf("%s %s %s %s %v %d", r.Kind, r.Source, r.Part, r.Published, r.Mode, r.Rows)
	}
	want := []string{
		"record GO-2026-0001 2026-02-03", "alias GO-2026-0001 2026-02-03", "alias GO-2026-0001 2026-02-03",
		"affected GO-2026-0001 2026-02-03", "affected GO-2026-0001 2026-02-03", "affected GO-2026-0001 2026-02-03",
	}
	if d := gocmp.Diff(want, brief(r)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestReadCollections(t *testing.T) {
	a, b, old := written("DSA-1", "Debian:11", "2026-01-01T00:00:00Z"), written("DSA-2", "Debian:12", "2026-02-01T00:00:00Z"), written("DSA-2", "Debian:12", "2025-02-01T00:00:00Z")
	want := []string{
		"record DSA-1 2026-01-01", "affected DSA-1 2026-01-01", "record DSA-2 2026-02-01", "affected DSA-2 2026-02-01",
		"feed:Debian feed:debian 2 2026-02-01 (2026-01-01)",
	}
	for _, c := range []struct {
		name     string
		doc      []byte
		warnings string
	}{
		{"array", []byte(" [" + a + ",\n" + b + "]"), ""},
		{"lines", []byte(a + "\r\n\n" + b + "\n"), ""},
		{"archive", zipped(t, "DSA-1.json", a, "sub/DSA-2.json", b), ""},
		{"a record twice", []byte(a + "\n" + b + "\n" + old), "line 3: DSA-2 is recorded twice; what was modified later counts"},
		{"a record twice, the newer last", []byte(a + "\n" + old + "\n" + b), "line 3: DSA-2 is recorded twice; what was modified later counts"},
		{"a broken line", []byte(a + "\n{\"id\": \n" + b), "line 2: not JSON: unexpected end of JSON input"},
		{"a broken first line", []byte("{,}\n" + a + "\n" + b), "line 1: not JSON: invalid character ',' looking for beginning of object key string"},
		{"a broken element", []byte("[" + a + `, {"id": 3}, 5, ` + b + "]"), "[1]: id: want a text, got number\n[2]: want a JSON object"},
		{"a cut array", []byte("[" + a + ",\n" + b + `, {"id":`), "line 2: the array breaks off in element 2: the document is cut off"},
		{"an array that does not end", []byte("[" + a + ",\n" + b), "line 2: the array does not end: the document is cut off"},
		{"an array that goes on wrongly", []byte("[" + a + ",\n" + b + " 5]"), "line 2: the array breaks off in element 2: expected comma after array element"},
		{"a broken file", zipped(t, "a.json", a, "c.json", "{", "b.json", b), "c.json: not JSON: unexpected end of JSON input"},
		{"other files", zipped(t, "README", "x", "dir/", "", "a.json", a, "b.JSON", b), "files of the archive that are not named *.json: 1; left out"},
		{"names that lead elsewhere", zipped(t, "../../etc/a.json", a, "/b.json", b), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !Recognise("x", c.doc) && !strings.HasPrefix(c.name, "a broken first") && c.name != "other files" {
				t.Error("not recognised")
			}
			r, err := Read(t.Context(), "x", c.doc, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if d := gocmp.Diff(want, brief(r)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if r.Source != "osv" || r.Part != "debian" || r.Published != "2026-02-01" || r.Rows != 2 {
				t.Errorf("%s %q %s %d", r.Source, r.Part, r.Published, r.Rows)
			}
			if got := strings.Join(r.Warnings, "\n"); got != c.warnings {
				t.Errorf("warnings %q, want %q", got, c.warnings)
			}
		})
	}
}

// A document in which a record has no day has none itself; a family has one as
// long as most of its records do.
func TestDaysOfCollections(t *testing.T) {
	docs := []string{
		written("GO-1", "Go", "0001-01-01T00:00:00Z"), written("GO-2", "Go", "0001-01-01T00:00:00Z"), written("GHSA-1", "Go", "2026-01-01T00:00:00Z"),
		written("PYSEC-1", "PyPI", "2026-01-05T00:00:00Z"), written("PYSEC-2", "PyPI", ""), `{"id": "CVE-1", "modified": "2026-02-01T00:00:00Z"}`,
	}
	r, err := Read(t.Context(), "x", []byte(strings.Join(docs, "\n")), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(brief(r), func(s string) bool { return !strings.HasPrefix(s, "feed:") })
	want := []string{"feed:Go feed:go 3  ()", "feed:PyPI feed:pypi 2 2026-01-05 (2026-01-05)"}
	if d := gocmp.Diff(want, got); d != "" || r.Published != "" || r.Part != "go" {
		t.Errorf("published %q, source %s (-want +got):\n%s", r.Published, r.Source, d)
	}
}

func TestParts(t *testing.T) {
	for ecosystem, want := range map[string]string{"GitHub Actions": "github-actions", "Ubuntu:22.04:LTS": "ubuntu", "crates.io": "crates.io"} {
		doc := written("X-1", ecosystem, "") + "\n" + written("X-2", ecosystem, "")
		r, err := Read(t.Context(), "x", []byte(doc), Limits{})
		if err != nil || r.Part != want {
			t.Errorf("%s: %v %v, want %s", doc, r, err, want)
		}
	}
}

func TestErrors(t *testing.T) {
	bomb := zipped(t, "a.json", strings.Repeat(" ", 20<<20))
	a := written("A-1", "Go", "2026-01-01T00:00:00Z")
	cut := zipped(t, "a.json", a)
	for _, c := range []struct {
		name   string
		doc    []byte
		limits Limits
		kind   problem.Kind
		want   string
	}{
		{"nothing", nil, Limits{}, problem.Invalid, "line 1: want a JSON object, an array of them, or a zip archive"},
		{"text", []byte("hello"), Limits{}, problem.Invalid, "line 1: want a JSON object"},
		{"no id", []byte(`{"modified": "2026-01-01T00:00:00Z"}`), Limits{}, problem.Invalid, "id: want"},
		{"broken", []byte("{\n\"id\": \"A-1\",\n}"), Limits{}, problem.Invalid, "line 3: not JSON"},
		{"empty array", []byte(`[]`), Limits{}, problem.Invalid, "no records"},
		{"array of others", []byte(`[1, 2]`), Limits{}, problem.Invalid, "no record could be read: [0]: want a JSON object"},
		{"empty archive", zipped(t), Limits{}, problem.Invalid, "no records"},
		{"archive of others", zipped(t, "a.txt", "x"), Limits{}, problem.Invalid, "no record could be read: files of the archive that are not named *.json: 1"},
		{"cut archive", cut[:len(cut)-30], Limits{}, problem.Invalid, "not a whole zip archive"},
		{"bytes", []byte(a), Limits{Bytes: 10}, problem.TooLarge, "the limit is 10"},
		{"records", []byte(a + "\n" + a), Limits{Records: 1}, problem.TooLarge, "more than 1 records"},
		{"deep", []byte(`{"id": "A-1", "x": ` + strings.Repeat("[", 10_000)), Limits{}, problem.TooLarge, "nested more than 32 deep"},
		{"large file in an archive", zipped(t, "a.json", a), Limits{Record: 10}, problem.Invalid, "a.json: more than 10 bytes"},
		{"swelling archive", bomb, Limits{Record: 64 << 20}, problem.TooLarge, "the archive swells to more than"},
		{"large archive", zipped(t, "a.json", a, "b.json", a), Limits{Unpacked: 200}, problem.TooLarge, "the archive swells to more than 200 bytes"},
	} {
		_, err := Read(t.Context(), "x", c.doc, c.limits)
		if !errors.Is(err, c.kind) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	lines := strings.Repeat("{\n", 500)
	r, err := Read(t.Context(), "x", []byte(a+"\n"+lines), Limits{Warnings: 3})
	if err != nil || len(r.Warnings) != 4 || r.Warnings[3] != "and 497 more" {
		t.Errorf("%v %v", r, err)
	}
}

func TestRecognise(t *testing.T) {
	for doc, want := range map[string]bool{
		full: true, full[:400]: true, "[" + full: true, "\ufeff\n " + full: true,
		`{"id": "PYSEC-1", "details": "x", "affected": [{"package"`:                                                               true,
		`{"id": "X-1", "modified": "2026-01-01T00:00:00Z", "summary": "cut o`:                                                     true,
		`{"id": "", "schema_version": "1.0.0"}`:                                                                                   false,
		`{"type": "indicator", "spec_version": "2.1", "id": "indicator--1", "modified": "2026-01-01T00:00:00Z", "published": ""}`: false,
		`{"dataType": "CVE_RECORD", "id": "x", "affected": []}`:                                                                   false,
		`{"document": {"tracking": {"id": "x", "schema_version": ""}}}`:                                                           false,
		`{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x"}`:                                                               false,
		`{"bomFormat": "CycloneDX", "affected": []}`:                                                                              false,
		"id,modified,affected\n": false, "": false, "[": false, "PK\x03\x04": false, "PK\x05\x06": false,
	} {
		if got := Recognise("x", []byte(doc)); got != want {
			t.Errorf("%.60q: %v", doc, got)
		}
	}
	archive := zipped(t, "dir/", "", "notes.txt", "x", "a.json", full)
	if Recognise("x", archive[:20]) || Recognise("x", zipped(t, "a.json", `{"bomFormat": "CycloneDX"}`)) || !Recognise("x", zipped(t, "dir/", "", "a.json", full)[:800]) {
		t.Error("archives are told apart wrongly")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte("[" + written("A-1", "npm", "2026-01-01T00:00:00Z") + `, {"id": 1}]`))
	f.Add([]byte(written("A-1", "npm", "") + "\n" + written("A-2", "Debian:11", "") + "\n{"))
	f.Add(zipped(f, "a.json", written("A-1", "Go", ""), "b.json", "{"))
	limits := Limits{Bytes: 1 << 20, Unpacked: 1 << 20, Records: 100, Record: 1 << 16, Warnings: 10}
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("x", b)
		r, err := Read(t.Context(), "x", b, limits)
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("an error without a kind: %v", err)
			}
			return
		}
		type cell struct{ kind, subject, key string }
		seen := map[cell]bool{}
		for _, s := range r.Statements {
			c := cell{s.Kind, s.Subject, s.Key}
			if seen[c] || s.Subject == "" {
				t.Errorf("stated twice or of nobody: %v", c)
			}
			seen[c] = true
			if strings.ContainsRune(s.Subject+s.Key+s.Term, 0) {
				t.Errorf("a zero byte in %q", c)
			}
			if a, ok := s.Body.(*advisory.Affected); ok {
				a.Judge("1.0.0")
			}
		}
		if r.Rows == 0 || len(r.Warnings) > limits.Warnings+1 {
			t.Errorf("%d rows, %d warnings", r.Rows, len(r.Warnings))
		}
	})
}
