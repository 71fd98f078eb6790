package openvex

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
)

// schema is the published schema of version 0.2.0.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(realdata.Path(t, "data/software/schema/openvex/openvex_json_schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, b []byte) {
	t.Helper()
	in, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(in); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}

var (
	digest = "sha256:" + strings.Repeat("ab", 32)
	issued = time.Date(2024, 5, 1, 12, 0, 0, 0, time.FixedZone("", 7200))
)

func ours(statements ...advisory.VEX) *Document {
	return &Document{ID: "https://acme.example/vex/7", Author: "Acme", Role: "supplier", Issued: issued, Version: 1, Tooling: "countersign", Statements: statements}
}

func stated() []advisory.VEX {
	return []advisory.VEX{
		{Weakness: "CVE-2024-1", Aliases: []string{"GHSA-b", "GHSA-a"}, Product: "pkg:oci/portal@3.2", Component: "pkg:golang/golang.org/x/net@v0.17.0", Status: "not_affected", Justification: "vulnerable_code_not_present", Issued: "2024-05-01T10:00:00Z"},
		{Weakness: "CVE-2024-1", Aliases: []string{"GHSA-b", "GHSA-a"}, Product: "pkg:oci/portal@3.2", Component: "pkg:golang/golang.org/x/text@v0.3.0", Status: "not_affected", Justification: "vulnerable_code_not_present", Issued: "2024-05-01T10:00:00Z"},
		{Weakness: "CVE-2024-2", Product: digest, Status: "affected", Action: "take 3.3 <now> & restart", Issued: "2024-05-01T10:00:00Z"},
		{Weakness: "CVE-2024-2", Product: "cpe:2.3:a:acme:portal:3.1:*:*:*:*:*:*:*", Status: "affected", Action: "take 3.3 <now> & restart", Issued: "2024-05-01T10:00:00Z"},
		{Weakness: "CVE-2024-3", Product: "cpe:/a:acme:portal:3.1", Status: "fixed", Issued: "2024-05-02T10:00:00Z"},
		{Weakness: "CVE-2024-3", Component: "pkg:npm/a@1", Status: "under_investigation", Issued: "2024-05-02T10:00:00Z"},
		{Weakness: "CVE-2024-4", Product: "Acme Portal", Versions: "vers:generic/3.1", Status: "not_affected", Impact: "not compiled in", Issued: "2024-05-02T10:00:00Z"},
	}
}

// What is written validates, and reads as what was written.
func TestWrite(t *testing.T) {
	b, err := Write(ours(stated()...))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Read(t.Context(), "", b, jsondoc.Limits{})
	if err != nil || len(r.Warnings) > 0 {
		t.Fatalf("%v, %+v\n%s", err, r, b)
	}
	want := stated()
	for i := range want {
		if len(want[i].Aliases) > 0 {
			want[i].Aliases = []string{"GHSA-a", "GHSA-b"}
		}
	}
	want[5].Product, want[5].Component = want[5].Component, "" // OpenVEX calls that the product
	want[6].Product, want[6].Versions = "pkg:generic/Acme%20Portal@3.1", ""
	if d := cmp.Diff(want, said(r)); d != "" {
		t.Errorf("(-written +read)\n%s", d)
	}
	if r.Rows != 5 {
		t.Errorf("%d statements written; want 5, two of them about two things", r.Rows)
	}
	again, err := Write(ours(stated()...))
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("written twice, and differently: %v", err)
	}
	d := ours(stated()...)
	d.Version, d.Updated = 2, issued.Add(time.Hour)
	b, err = Write(d)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte(`"last_updated": "2024-05-01T11:00:00Z"`)) {
		t.Errorf("no time of the update: %s", b)
	}
	valid(t, schema(t), b)
}

func TestWriteRefuses(t *testing.T) {
	ok := advisory.VEX{Weakness: "CVE-1", Product: "pkg:npm/a", Status: "fixed"}
	for want, change := range map[string]func(v *advisory.VEX){
		"want the id of a vulnerability":          func(v *advisory.VEX) { v.Weakness = " " },
		`status "safe"`:                           func(v *advisory.VEX) { v.Status = "safe" },
		"not_affected wants a justification":      func(v *advisory.VEX) { v.Status = "not_affected" },
		`justification "trust us"`:                func(v *advisory.VEX) { v.Status, v.Justification, v.Impact = "not_affected", "trust us", "x" },
		"affected wants an action":                func(v *advisory.VEX) { v.Status = "affected" },
		`time "today"`:                            func(v *advisory.VEX) { v.Issued = "today" },
		"want a product":                          func(v *advisory.VEX) { v.Product = "" },
		"OpenVEX has no ranges":                   func(v *advisory.VEX) { v.Versions = "vers:npm/<2" },
		"is of another version than 2":            func(v *advisory.VEX) { v.Product, v.Versions = "pkg:npm/a@1", "vers:npm/2" },
		"put version 2 into the CPE":              func(v *advisory.VEX) { v.Product, v.Versions = "cpe:/a:x:y", "vers:generic/2" },
		"want a digest of SHA-256, SHA-384 or SH": func(v *advisory.VEX) { v.Product = "md5:" + strings.Repeat("0", 32) },
	} {
		v := ok
		change(&v)
		if _, err := Write(ours(ok, v)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "statement 2") {
			t.Errorf("%v; want %q", err, want)
		}
	}
	if _, err := Write(ours()); err == nil {
		t.Error("a document without statements was written")
	}
}

// Statements of real documents can be written again, and read the same.
func TestRealRoundTrip(t *testing.T) {
	s := schema(t)
	documents := 0
	each(t, "data/software/vex/openvex-vexhub", func(name string, b []byte) {
		r, err := Read(t.Context(), name, b, jsondoc.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var in []advisory.VEX
		for _, st := range r.Statements {
			in = append(in, st.Body.(advisory.VEX))
		}
		out, err := Write(&Document{ID: in[0].Document, Author: in[0].Issuer, Issued: issued, Version: 1, Statements: in})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		valid(t, s, out)
		again, err := Read(t.Context(), name, out, jsondoc.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if a, b := bySubject(r.Statements), bySubject(again.Statements); !cmp.Equal(a, b) {
			t.Errorf("%s: (-first +again)\n%s", name, cmp.Diff(a, b))
		}
		documents++
	})
	if documents != 56 {
		t.Errorf("%d documents", documents)
	}
}

// bySubject is the statements by weakness and what they are of.
func bySubject(statements []ledger.Statement) map[[2]string]advisory.VEX {
	out := map[[2]string]advisory.VEX{}
	for _, st := range statements {
		v := st.Body.(advisory.VEX)
		v.Aliases = unique(v.Aliases)
		out[[2]string{st.Subject, st.Key}] = v
	}
	return out
}

// Whatever can be written reads as what was written, whoever chose the words.
func FuzzWrite(f *testing.F) {
	f.Add("CVE-1", "pkg:npm/a@1", "pkg:npm/b", "vers:npm/2", "because", uint8(0))
	f.Add("GHSA-1", "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*", digest, "", "do\nthis", uint8(1))
	f.Add("x", "Acme Portal", "", "vers:x/1.2", "", uint8(2))
	f.Fuzz(func(t *testing.T, weakness, product, component, versions, words string, status uint8) {
		v := advisory.VEX{Weakness: weakness, Product: product, Component: component, Versions: versions, Impact: words, Action: words, Issued: "2024-05-01T10:00:00Z"}
		v.Status = []string{"not_affected", "affected", "fixed", "under_investigation"}[status%4]
		b, err := Write(ours(v))
		if err != nil {
			if problem.KindOf(err) != problem.Invalid {
				t.Errorf("%v", err)
			}
			return
		}
		r, err := Read(t.Context(), "", b, jsondoc.Limits{})
		if err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		if len(r.Statements) != 1 && len(r.Warnings) == 0 {
			t.Fatalf("%d statements\n%s", len(r.Statements), b)
		}
		for _, got := range said(r) {
			if got.Status != v.Status || (got.Component == "") != (component == "" || product == "") {
				t.Errorf("%+v read back as %+v", v, got)
			}
		}
	})
}
