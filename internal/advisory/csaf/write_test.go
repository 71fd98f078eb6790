package csaf

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/realdata"
)

// loader gives the schemas of CVSS, which are not in the collection, as ones
// that take anything: what is written here has no scores.
type loader map[string]any

func (l loader) Load(url string) (any, error) {
	if s, ok := l[url]; ok {
		return s, nil
	}
	if strings.HasPrefix(url, "https://www.first.org/cvss/") {
		return map[string]any{}, nil
	}
	return nil, errors.New("no schema " + url)
}

// schema is the published schema of version 2.0.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(realdata.Path(t, "data/software/schema/csaf/csaf_json_schema.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	packed, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := unpack(packed)
	if err != nil {
		t.Fatal(err)
	}
	s, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	const url = "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json"
	c.UseLoader(loader{url: s})
	c.AssertFormat()
	out, err := c.Compile(url)
	if err != nil {
		t.Fatal(err)
	}
	return out
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

var issued = time.Date(2024, 5, 1, 12, 0, 0, 0, time.FixedZone("", 7200))

func ours(statements ...advisory.VEX) *Document {
	return &Document{
		ID: "ACME-VEX-7", Title: "Portal", Publisher: Publisher{Name: "Acme", Namespace: "https://acme.example"}, Engine: "countersign",
		Revisions: []Revision{{issued.Add(-time.Hour), "First."}, {issued, ""}}, Statements: statements,
	}
}

func stated() []advisory.VEX {
	out := []advisory.VEX{
		{Weakness: "CVE-2024-1111", Aliases: []string{"GHSA-aaaa-bbbb-cccc"}, Product: "pkg:oci/portal@3.2", Component: "pkg:golang/golang.org/x/net@v0.17.0", Status: "not_affected", Justification: "vulnerable_code_not_present", Impact: "not <called>"},
		{Weakness: "CVE-2024-1111", Aliases: []string{"GHSA-aaaa-bbbb-cccc"}, Product: "pkg:oci/portal@3.1", Component: "pkg:golang/golang.org/x/net@v0.17.0", Status: "not_affected", Justification: "vulnerable_code_not_present"},
		{Weakness: "CVE-2024-1111", Aliases: []string{"GHSA-aaaa-bbbb-cccc"}, Product: "Acme Portal", Versions: "vers:generic/>=1|<2", Status: "affected", Action: "vendor_fix: take 3.3\nmitigation: close the port"},
		{Weakness: "CVE-2024-1111", Aliases: []string{"GHSA-aaaa-bbbb-cccc"}, Product: "sha256:" + zeros, Status: "fixed"},
		{Weakness: "GO-2024-2222", Product: "cpe:2.3:a:acme:portal:3.1:*:*:*:*:*:*:*", Status: "affected", Action: "mitigation: take 3.3"},
		{Weakness: "GO-2024-2222", Product: "pkg:npm/%40acme/portal", Versions: "vers:npm/3.1.0", Status: "under_investigation"},
		{Weakness: "GO-2024-2222", Component: "pkg:npm/left-pad@1.0.0", Status: "not_affected", Impact: "only padding"},
	}
	for i := range out {
		v := &out[i]
		v.Issuer, v.Role, v.Document, v.Issued, v.Format = "Acme", "supplier", "ACME-VEX-7", "2024-05-01T10:00:00Z", "CSAF"
	}
	return out
}

// What is written validates, and reads as what was written.
func TestWrite(t *testing.T) {
	b, err := Write(ours(stated()...))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Read(t.Context(), "", b, jsondoc.Limits{})
	if err != nil || len(r.Warnings) > 0 || r.Published != "2024-05-01" || r.Rows != 2 {
		t.Fatalf("%v, %+v\n%s", err, r, b)
	}
	want := map[string]advisory.VEX{}
	for _, v := range stated() {
		if v.Product == "" { // CSAF calls that a product
			v.Product, v.Component = v.Component, ""
		}
		want[v.Weakness+v.Product] = v
	}
	got := map[string]advisory.VEX{}
	for _, v := range of[advisory.VEX](r, advisory.FactVEX) {
		got[v.Weakness+v.Product] = v
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-written +read)\n%s", d)
	}
	signed := []byte(`{"payloadType": "application/csaf+json", "payload": "` + base64.StdEncoding.EncodeToString(b) + `", "signatures": [{"sig": "AA=="}]}`)
	in, err := Read(t.Context(), "", signed, jsondoc.Limits{})
	if err != nil || !Recognise("", signed) || !cmp.Equal(r, in) {
		t.Errorf("in an envelope it reads otherwise: %v", err)
	}
	again, err := Write(ours(stated()...))
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("written twice, and differently: %v", err)
	}
	for _, want := range []string{`"version": "2"`, `"details": "not <called>"`, `"initial_release_date": "2024-05-01T09:00:00Z"`, `"summary": "New statements."`} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("no %s in\n%s", want, b)
		}
	}
	valid(t, schema(t), b)
}

func TestWriteRefuses(t *testing.T) {
	ok := advisory.VEX{Weakness: "CVE-2024-1111", Product: "pkg:npm/a", Status: "fixed"}
	for want, change := range map[string]func(v *advisory.VEX){
		"want the id of a vulnerability":     func(v *advisory.VEX) { v.Weakness = "" },
		`status "safe"`:                      func(v *advisory.VEX) { v.Status = "safe" },
		"not_affected wants a justification": func(v *advisory.VEX) { v.Status = "not_affected" },
		`justification "trust us"`:           func(v *advisory.VEX) { v.Status, v.Justification = "not_affected", "trust us" },
		"affected wants an action":           func(v *advisory.VEX) { v.Status = "affected" },
		"is said to be fixed as well":        func(v *advisory.VEX) { v.Status = "under_investigation" },
		"want a product":                     func(v *advisory.VEX) { v.Product = " " },
		"want bounds":                        func(v *advisory.VEX) { v.Versions = "some" },
		"want a digest of SHA-256":           func(v *advisory.VEX) { v.Product = "sha1:" + strings.Repeat("0", 40) },
	} {
		v := ok
		change(&v)
		if _, err := Write(ours(ok, v)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "statement 2") {
			t.Errorf("%v; want %q", err, want)
		}
	}
	for want, change := range map[string]func(d *Document){
		"wants an id":                     func(d *Document) { d.ID = " x" },
		"wants a publisher":               func(d *Document) { d.Publisher.Namespace = "" },
		"wants a revision":                func(d *Document) { d.Revisions = nil },
		"in the order of their dates":     func(d *Document) { d.Revisions[0].Date = issued.Add(time.Hour) },
		"wants a revision and a statemen": func(d *Document) { d.Statements = nil },
	} {
		d := ours(ok)
		change(d)
		if _, err := Write(d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// What real documents state can be written again, and reads the same.
func TestRealRoundTrip(t *testing.T) {
	s := schema(t)
	documents, written, refused := 0, 0, 0
	for _, rel := range []string{"data/software/csaf/redhat", "data/software/csaf/examples/csaf/csaf_vex"} {
		each(t, rel, func(name string, in []byte) {
			r, err := Read(t.Context(), name, in, jsondoc.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			d := ours()
			for _, v := range of[advisory.VEX](r, advisory.FactVEX) {
				if _, err := Write(ours(v)); err != nil {
					refused++
					continue
				}
				d.Statements = append(d.Statements, v)
			}
			if len(d.Statements) == 0 {
				return
			}
			out, err := Write(d)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			valid(t, s, out)
			again, err := Read(t.Context(), name, out, jsondoc.Limits{})
			if err != nil || len(again.Warnings) > 0 {
				t.Fatalf("%s: %v, %+v", name, err, again)
			}
			a, b := said(d.Statements), said(of[advisory.VEX](again, advisory.FactVEX))
			for st := range a {
				if !b[st] {
					t.Errorf("%s: %q is not read again", name, st)
				}
			}
			if len(a) != len(b) {
				t.Errorf("%s: %d statements, then %d", name, len(a), len(b))
			}
			documents++
			written += len(d.Statements)
		})
	}
	if documents != 32 || written != 6863 || refused != 0 {
		t.Errorf("%d documents, %d statements written, %d refused", documents, written, refused)
	}
}

// said is what statements say of what, without who says it and when.
func said(in []advisory.VEX) map[[5]string]bool {
	out := map[[5]string]bool{}
	for _, v := range in {
		out[[5]string{v.Weakness, v.Product + " " + v.Versions, v.Component, v.Status, v.Justification}] = true
	}
	return out
}

// Whatever can be written reads as what was written, whoever chose the words.
func FuzzWrite(f *testing.F) {
	f.Add("CVE-2024-1111", "pkg:npm/a@1", "pkg:npm/b", "", "because", uint8(0))
	f.Add("GHSA-1", "cpe:2.3:a:b:c:*:*:*:*:*:*:*:*", "sha256:"+zeros, "vers:x/<2", "vendor_fix: do\nmitigation: this", uint8(1))
	f.Add("x", "Acme Portal", "", ">= 1 | < 2", "", uint8(2))
	f.Fuzz(func(t *testing.T, weakness, product, component, versions, words string, status uint8) {
		v := advisory.VEX{Weakness: weakness, Product: product, Component: component, Versions: versions, Impact: words, Action: words}
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
		got := of[advisory.VEX](r, advisory.FactVEX)
		if len(got) != 1 && len(r.Warnings) == 0 {
			t.Fatalf("%d statements\n%s", len(got), b)
		}
		for _, got := range got {
			if got.Status != v.Status || (got.Component == "") != (component == "" || product == "") {
				t.Errorf("%+v read back as %+v", v, got)
			}
		}
	})
}
