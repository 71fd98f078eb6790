package openvex

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

func TestRecognise(t *testing.T) {
	for in, want := range map[string]bool{
		`{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x"`: true,
		`{"author": "A", "@context": "https://openvex.dev/ns"}`:    true,
		`{"@context": "https://spdx.org/rdf/3.0.1/spdx-context"}`:  false,
		`{"x": {"@context": "https://openvex.dev/ns"}}`:            false,
		`{"bomFormat": "CycloneDX"}`:                               false,
		`<a/>`:                                                     false,
	} {
		if got := Recognise("x.json", []byte(in)); got != want {
			t.Errorf("%s: %v", in, got)
		}
	}
}

const head = `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex-7", "author": "Acme", "role": "Product Supplier",
 "timestamp": "2024-05-01T10:00:00Z", "version": 1, "statements": [`

func read(t *testing.T, statements string) *ledger.Reading {
	t.Helper()
	r, err := Read(t.Context(), "x.json", []byte(head+statements+"]}"), jsondoc.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// said is the statements of a reading, without what all of them share.
func said(r *ledger.Reading) []advisory.VEX {
	var out []advisory.VEX
	for _, st := range r.Statements {
		v := st.Body.(advisory.VEX)
		v.Issuer, v.Role, v.Document, v.Format = "", "", "", ""
		out = append(out, v)
	}
	return out
}

func TestRead(t *testing.T) {
	r := read(t, `
	{"vulnerability": {"name": "cve-2023-12345", "aliases": ["GHSA-xxxx"]}, "status": "not_affected", "justification": "vulnerable_code_not_present",
	 "impact_statement": "the function is compiled out", "products": [{"@id": "pkg:oci/portal@sha256:abc", "subcomponents": [
	   {"@id": "pkg:golang/golang.org/x/net@v0.1.0"}, {"identifiers": {"cpe23": "cpe:2.3:a:acme:lib:1.0:*:*:*:*:*:*:*"}}]}]},
	{"vulnerability": {"name": "CVE-2"}, "status": "affected", "action_statement": "update", "timestamp": "2024-04-30T23:00:00-05:00",
	 "products": [{"@id": "https://acme.example/portal", "identifiers": {"purl": "pkg:generic/portal@1"}, "hashes": {"sha-256": "`+strings.Repeat("AB", 32)+`", "md5": "`+strings.Repeat("ab", 16)+`"}}]}`)
	if r.Kind != Kind || r.Mode != ledger.Chronicle || r.Published != "2024-05-01" || r.Rows != 2 || len(r.Warnings) != 0 {
		t.Errorf("%s, mode %d, published %s, %d rows, warnings %q", r.Kind, r.Mode, r.Published, r.Rows, r.Warnings)
	}
	if !strings.HasPrefix(r.Source, "vex/acme.example-vex-7-") {
		t.Errorf("source %s", r.Source)
	}
	want := []advisory.VEX{
		{
			Weakness: "cve-2023-12345", Aliases: []string{"GHSA-xxxx"}, Product: "pkg:oci/portal@sha256:abc", Component: "pkg:golang/golang.org/x/net@v0.1.0",
			Status: "not_affected", Justification: "vulnerable_code_not_present", Impact: "the function is compiled out", Issued: "2024-05-01T10:00:00Z",
		},
		{
			Weakness: "cve-2023-12345", Aliases: []string{"GHSA-xxxx"}, Product: "pkg:oci/portal@sha256:abc", Component: "cpe:2.3:a:acme:lib:1.0:*:*:*:*:*:*:*",
			Status: "not_affected", Justification: "vulnerable_code_not_present", Impact: "the function is compiled out", Issued: "2024-05-01T10:00:00Z",
		},
		{Weakness: "CVE-2", Product: "pkg:generic/portal@1", Status: "affected", Action: "update", Issued: "2024-04-30T23:00:00-05:00"},
		{Weakness: "CVE-2", Product: "sha256:" + strings.Repeat("ab", 32), Status: "affected", Action: "update", Issued: "2024-04-30T23:00:00-05:00"},
	}
	if d := cmp.Diff(want, said(r)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	first := r.Statements[0]
	if first.Subject != "CVE-2023-12345" || first.Term != "purl:pkg:oci/portal" || first.Published != "" || first.Body.(advisory.VEX).Role != "supplier" {
		t.Errorf("first: %+v", first)
	}
	if last := r.Statements[3]; last.Published != "2024-04-30" {
		t.Errorf("a statement with its own time counts from %q", last.Published)
	}
}

// Before 0.2.0 products and vulnerabilities were texts.
func TestReadOldForm(t *testing.T) {
	r, err := Read(t.Context(), "x.json", []byte(`{"@context": "https://openvex.dev/ns", "author": "Jo", "role": "analyst", "version": "1", "statements": [
		{"timestamp": "2022-12-22T16:36:43-05:00", "products": ["pkg:apk/wolfi/git@1?arch=armv7"], "subcomponents": ["pkg:apk/wolfi/zlib"], "vulnerability": "CVE-1", "status": "fixed"}]}`), jsondoc.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []advisory.VEX{{
		Weakness: "CVE-1", Product: "pkg:apk/wolfi/git@1?arch=armv7", Component: "pkg:apk/wolfi/zlib", Status: "fixed",
		Issuer: "Jo", Role: "third_party", Issued: "2022-12-22T16:36:43-05:00", Format: "OpenVEX",
	}}
	var got []advisory.VEX
	for _, st := range r.Statements {
		got = append(got, st.Body.(advisory.VEX))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if r.Published != "2022-12-22" || !strings.HasPrefix(r.Source, "vex/Jo-") {
		t.Errorf("published %q, source %q", r.Published, r.Source)
	}
}

// A broken part is told with its place; what is sound beside it is used.
func TestReadBrokenParts(t *testing.T) {
	r := read(t, `
	{"vulnerability": {"name": "CVE-1"}, "status": "not_affected", "products": [{"@id": "pkg:npm/a"}]},
	{"vulnerability": {"name": "CVE-1"}, "status": "safe", "products": [{"@id": "pkg:npm/a"}]},
	{"vulnerability": {"name": "CVE-1"}, "status": 7, "products": [{"@id": "pkg:npm/a"}]},
	{"vulnerability": ["CVE-1"], "status": "fixed", "products": [{"@id": "pkg:npm/a"}]},
	{"vulnerability": {"name": " "}, "status": "fixed", "products": [{"@id": "pkg:npm/a"}]},
	{"vulnerability": {"name": "CVE-1"}, "status": "fixed"},
	{"vulnerability": {"name": "CVE-2"}, "status": "fixed", "action_statement": "No action statement provided", "products": [7, {}, {"@id": "pkg:npm/b"}, {"@id": "pkg:npm/c", "subcomponents": [false]}]}`)
	wantWarnings := []string{
		"statements[0].products[0]: pkg:npm/a is said not to be affected by CVE-1, without a justification or impact statement; it counts as under investigation",
		`statements[1].products[0]: no statement: status is "safe"; want not_affected, affected, fixed or under_investigation`,
		"statements[2].status: want a text, got number",
		"statements[3].vulnerability: want a text or an object",
		"statements[4].products[0]: no statement: want the id of a vulnerability, of at most 200 bytes",
		"statements[5].products: want at least one",
		"statements[6].products[0]: want a text or an object",
		"statements[6].products[1]: want an @id, a purl, a CPE or a hash",
		"statements[6].products[3].subcomponents[0]: want a text or an object",
	}
	if d := cmp.Diff(wantWarnings, r.Warnings); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	var got []string
	for _, v := range said(r) {
		got = append(got, v.Weakness+" "+v.Product+" "+v.Status+v.Action)
	}
	if d := cmp.Diff([]string{"CVE-1 pkg:npm/a not_affected", "CVE-2 pkg:npm/b fixed"}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// A document may tell how its judgement changed: the latest statement has the
// key that a newer document would give it.
func TestReadHistoryInOneDocument(t *testing.T) {
	one := func(status, at string) string {
		return `{"vulnerability": {"name": "CVE-1"}, "status": "` + status + `", "timestamp": "` + at + `", "products": [{"@id": "pkg:npm/a"}]}`
	}
	early, late := one("under_investigation", "2024-01-01T00:00:00Z"), one("affected", "2024-02-01T00:00:00Z")
	for _, in := range []string{early + "," + late, late + "," + early} {
		got := map[string]string{}
		for _, st := range read(t, in).Statements {
			got[st.Key] = st.Body.(advisory.VEX).Status + " from " + string(st.Published)
		}
		want := map[string]string{"pkg:npm/a|": "affected from 2024-02-01", "pkg:npm/a||2024-01-01T00:00:00Z": "under_investigation from 2024-01-01"}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	}
	r := read(t, one("fixed", "2024-01-01T00:00:00Z")+","+one("affected", "2024-01-01T00:00:00Z"))
	if len(r.Statements) != 1 || r.Statements[0].Body.(advisory.VEX).Status != "affected" || len(r.Warnings) != 1 {
		t.Errorf("a contradiction: %+v, warnings %q", r.Statements, r.Warnings)
	}
}

// Documents under one made-up id take each other's place only when they are
// about the same products.
func TestReadGeneratedIDs(t *testing.T) {
	source := func(id, products string) string {
		r, err := Read(t.Context(), "", []byte(`{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "`+id+`", "author": "Acme", "timestamp": "2024-05-01T10:00:00Z", "version": 1,
			"statements": [{"vulnerability": {"name": "CVE-1"}, "status": "fixed", "products": [`+products+`]}]}`), jsondoc.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return r.Source
	}
	const made, own, a, b = "https://openvex.dev/docs/public/vex-1", "https://acme.example/vex-1", `{"@id": "pkg:npm/a@1"}`, `{"@id": "pkg:npm/b@1"}`
	if source(made, a) == source(made, b) || source(made, a) == source(made, a+","+b) || source(made, a) == source(made+"0", a) {
		t.Error("documents about different products are one series")
	}
	if source(made, a) != source(made, `{"@id": "pkg:npm/a@2"}`) || source(made, a+","+b) != source(made, b+","+a) || source(own, a) != source(own, b) {
		t.Error("versions of one document are two series")
	}
	if s := source(made, a); !strings.HasPrefix(s, "vex/purl-pkg-npm-a-Acme-") {
		t.Errorf("source %s", s)
	}
}

// A document in an attestation says the same as without; statements without
// products are about what is attested.
func TestReadAttestation(t *testing.T) {
	digest := strings.Repeat("ab", 32)
	statement := func(products string) string {
		return `{"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://openvex.dev/ns/v0.2.0", "subject": [{"name": "img", "digest": {"sha256": "` + digest + `"}}],
			"predicate": ` + head + `{"vulnerability": {"name": "CVE-1"}, "status": "fixed"` + products + `}]}}`
	}
	for products, want := range map[string]string{`, "products": [{"@id": "pkg:npm/a"}]`: "pkg:npm/a", "": "sha256:" + digest} {
		in := `{"payloadType": "application/vnd.in-toto+json", "payload": "` + base64.StdEncoding.EncodeToString([]byte(statement(products))) + `", "signatures": []}`
		if !Recognise("", []byte(in)) || !Recognise("", []byte(in[:700])) {
			t.Error("not recognised")
		}
		r, err := Read(t.Context(), "", []byte(in), jsondoc.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := said(r); len(got) != 1 || got[0].Product != want || len(r.Warnings) > 0 {
			t.Errorf("%+v, warnings %q; want %s", got, r.Warnings, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for in, want := range map[string]string{
		`{"@context": "https://example.org"}`:                                         "@context is",
		`{"@context": "https://openvex.dev/ns", "statements": []}`:                    "statements: want at least one",
		"{\n\"@context\": \"https://openvex.dev/ns\",\n]":                             "line 3: not JSON",
		`{"@context": "https://openvex.dev/ns", "author": 7, "statements": [{}]}`:     "author: want a text",
		`{"@context": "https://openvex.dev/ns", "statements": {"vulnerability": {}}}`: "statements: want an array",
	} {
		_, err := Read(t.Context(), "x.json", []byte(in), jsondoc.Limits{})
		if err == nil || !strings.Contains(err.Error(), want) || problem.KindOf(err) != problem.Invalid {
			t.Errorf("%s: %v; want %q", in, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(head + `{"vulnerability": {"name": "CVE-1"}, "status": "fixed", "products": [{"@id": "pkg:npm/a", "subcomponents": [{"@id": "x"}]}]}]}`))
	f.Add([]byte(head + `{"vulnerability": "CVE-1", "status": "affected", "products": ["a", "a"], "subcomponents": ["b"]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("", b)
		r, err := Read(t.Context(), "", b, jsondoc.Limits{Bytes: 1 << 16})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%v has no kind", err)
			}
			return
		}
		seen := map[[2]string]bool{}
		for _, st := range r.Statements {
			at := [2]string{st.Subject, st.Key}
			if st.Subject == "" || st.Term == "" || seen[at] {
				t.Errorf("statement %+v", st)
			}
			seen[at] = true
		}
	})
}
