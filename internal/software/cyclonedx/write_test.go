package cyclonedx

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software"
)

func written6(t testing.TB, b *software.Bill) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What is written is read as what it was written from. Refs are the exception,
// for components that had none.
func TestWriteWhole(t *testing.T) {
	want := whole("json")
	want.Signed = false // the signature was of other bytes
	got := read(t, string(written6(t, want)))
	want.Components[3].Ref, want.Components[5].Ref = "component-3", "component-5"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// fromElsewhere is a bill as other formats give them, with faults that no
// reader should leave in one.
func fromElsewhere() *software.Bill {
	sha := strings.Repeat("ab", 32)
	return &software.Bill{
		Format: "SPDX", Version: "2.3", ID: "https://example.org/doc", Created: "yesterday", Tools: []string{"syft 1.2", "My Tool", "syft 1.2", ""}, Complete: "maybe",
		Contexts: []string{"source", "build"}, Licence: "CC0-1.0", Root: 0,
		Components: []software.Component{
			{Ref: "SPDXRef-app", Type: "service", Name: "app", Parent: 3},
			{Ref: "SPDXRef-dir", Type: "archive", Name: "dir", Parent: -1, Licences: []software.Licence{{Expression: "MIT"}, {Expression: "Apache-2.0 OR BSD-3-Clause"}, {Expression: "NOASSERTION"}}},
			{Ref: "SPDXRef-lib", Name: "lib", Parent: 2, PURL: "pkg:npm/lib@1", MorePURLs: []string{"pkg:npm/alias@1"}, CPEs: []string{"cpe:2.3:a:x:lib:1:*:*:*:*:*:*:*", "cpe:2.3:a:y:lib:1:*:*:*:*:*:*:*"}, Source: "pkg:generic/up@1", Download: "git@example.org:lib/lib.git",
				Licences: []software.Licence{{Expression: "MIT"}, {Name: "Own terms"}, {Expression: "MIT OR Zlib"}, {Expression: "LicenseRef-x"}}, Scope: "sometimes"},
			{Ref: "SPDXRef-lib", Type: "other", Name: "", Version: strings.Repeat("é", 2000), Parent: 900, Hashes: []software.Hash{{Algorithm: "SHA256", Value: sha}, {Algorithm: "ADLER32", Value: "00000001"}, {Algorithm: "SHA1", Value: "zz"}}},
			{Type: service, Name: "in", Parent: 1, Source: "up"},
			{Type: service, Name: "inner", Parent: 4},
		},
		Edges: []software.Edge{
			{From: 0, To: 1, Kind: "contains"}, {From: 1, To: 2, Kind: "contains"}, {From: 2, To: 1, Kind: "contains"}, {From: 3, To: 2, Kind: "contains"},
			{From: 0, To: 2}, {From: 0, To: 2}, {From: 2, To: 2}, {From: 2, To: 3, Kind: "dev_dependency"}, {From: 1, To: 2, Kind: "generated_from"}, {From: 9, To: 1}, {From: 1, To: -4},
		},
		Links: []software.BillLink{{From: -1, Target: "https://example.org/other", Type: "DocumentRef"}, {From: 2, Target: ""}, {From: 2, Target: "https://example.org/doc#SPDXRef-x", Type: "depends_on"}, {From: 2, Target: "urn:cdx:00000000-0000-4000-8000-000000000003/1#x", Type: "depends_on"}},
		Weaknesses: []software.Weakness{
			{ID: "CVE-1", Aliases: []string{"A", "A"}, CWEs: []int{-1, 79}, Severities: []software.Severity{{Word: "grave", Method: "own", Score: 5}}, State: "odd", Statement: "x", Responses: []string{"none", "update", "update"},
				Affects: []software.Affects{{Ref: "SPDXRef-lib", Versions: []software.AffectedVersion{{Version: "1", Range: "vers:npm/1"}, {}}}, {Ref: "SPDXRef-lib", Versions: []software.AffectedVersion{{Version: "1", Range: "vers:npm/1"}, {}}}, {}}},
			{ID: "CVE-1"}, {ID: "CVE-1"}, {},
		},
	}
}

func TestWriteFromElsewhere(t *testing.T) {
	text := written6(t, fromElsewhere())
	b := read(t, string(text))
	var components []string
	for _, c := range b.Components {
		components = append(components, fmt.Sprintf("%s %s %s in %d %s", c.Ref, c.Type, c.Name, c.Parent, c.Source))
	}
	want := []string{
		"SPDXRef-app application app in -1 ", "SPDXRef-dir file dir in -1 ", "SPDXRef-lib library lib in 1 pkg:generic/up@1",
		"component-3 library  in -1 ", "component-4 service in in -1 ", "component-5 service inner in 4 ",
	}
	if d := cmp.Diff(want, components); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]software.Edge{
		{From: 0, To: 2}, {From: 2, To: 2}, {From: 2, To: 3},
		{From: 2, To: 1, Kind: "contains"}, {From: 1, To: 2, Kind: "generated_from"}, {From: 3, To: 2, Kind: "contains"},
	}, b.Edges); d != "" {
		t.Error(d)
	}
	links := []software.BillLink{
		{From: 2, Target: "https://example.org/doc#SPDXRef-x", Type: "bom"}, {From: -1, Target: "https://example.org/other", Type: "bom"},
		{From: 2, Target: "urn:cdx:00000000-0000-4000-8000-000000000003/1#x", Type: "depends_on"},
	}
	if d := cmp.Diff(links, b.Links); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]software.Licence{{Expression: "MIT AND (Apache-2.0 OR BSD-3-Clause)"}}, b.Components[1].Licences); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]software.Licence{{Expression: "MIT"}, {Name: "Own terms"}, {Name: "MIT OR Zlib"}, {Name: "LicenseRef-x"}}, b.Components[2].Licences); d != "" {
		t.Error(d)
	}
	// The id is what uuidgen --sha1 --namespace @url --name https://example.org/doc gives.
	if b.ID != "urn:uuid:cfc6e5bf-a7a5-5d33-8ff1-7ad8304026d5" || b.Created != "" || !slices.Equal(b.Tools, []string{"syft 1.2", "My Tool"}) {
		t.Errorf("%q, created %q, tools %q", b.ID, b.Created, b.Tools)
	}
	if !bytes.Equal(text, written6(t, fromElsewhere())) {
		t.Error("equal bills give other bytes")
	}
}

// Chains and rings of parents end.
func TestWriteDeep(t *testing.T) {
	b := &software.Bill{Root: -1}
	for i := range 2000 {
		b.Components = append(b.Components, software.Component{Name: "c", Parent: i - 1})
	}
	got := read(t, string(written6(t, b)))
	if len(got.Components) != 2000 {
		t.Errorf("%d components", len(got.Components))
	}
	for i := range b.Components {
		b.Components[i].Parent = (i + 1) % len(b.Components)
	}
	if got = read(t, string(written6(t, b))); len(got.Components) != 2000 {
		t.Errorf("%d components of a ring", len(got.Components))
	}
	b.Edges = nil
	for i := range b.Components {
		b.Components[i].Parent = -1
		b.Edges = append(b.Edges, software.Edge{From: i + 1, To: i, Kind: "contains"})
	}
	if got = read(t, string(written6(t, b))); len(got.Components) != 2000 {
		t.Errorf("%d components of a chain of relations", len(got.Components))
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, fs.ErrClosed }

func TestWriteFails(t *testing.T) {
	if err := Write(full{}, whole("json")); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("%v, want %v", err, fs.ErrClosed)
	}
}

// schema16 is the specification's schema.
func schema16(t testing.TB) *jsonschema.Schema {
	t.Helper()
	dir := realdata.Path(t, "data/software/schema/cyclonedx")
	c := jsonschema.NewCompiler()
	for name, file := range map[string]string{
		"bom-1.6.schema.json": "bom-1.6.schema.json.gz", "spdx.schema.json": "spdx.schema.json.gz", "jsf-0.82.schema.json": "jsf-0.82.schema.json",
	} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(unpacked(t, filepath.Join(dir, file))))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("http://cyclonedx.org/schema/"+name, doc); err != nil {
			t.Fatal(err)
		}
	}
	c.AssertFormat()
	s, err := c.Compile(schema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func accepts(t testing.TB, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestSchemaAccepts(t *testing.T) {
	s := schema16(t)
	if err := accepts(t, s, []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"no type"}]}`)); err == nil {
		t.Fatal("the schema accepts a component without a type")
	}
	for _, b := range []*software.Bill{whole("json"), fromElsewhere(), {Root: -1}} {
		if err := accepts(t, s, written6(t, b)); err != nil {
			t.Errorf("%s: %v", b.Format, err)
		}
	}
}

// Every real document is written again so that the schema accepts it and
// nothing of its components, relations and digests is lost.
func TestRoundTrip(t *testing.T) {
	s := schema16(t)
	n := 0
	for _, f := range realFiles(t, everyFolder...) {
		if meant(f.name, "invalid") {
			continue
		}
		b, err := Read(t.Context(), f.bytes, Limits{})
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		text := written6(t, b)
		again, err := Read(t.Context(), text, Limits{})
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		n++
		if b.Version == "1.7" { // in which licences and expressions can be mixed
			withoutLicences(b)
			withoutLicences(again)
		}
		want, got := ours(comparable16(b)), ours(again)
		if d := cmp.Diff(want.components, got.components); d != "" {
			t.Errorf("%s: components: %.2000s", f.name, d)
		}
		if d := cmp.Diff(distinct(want.relations), got.relations); d != "" {
			t.Errorf("%s: relations: %.2000s", f.name, d)
		}
		if d := cmp.Diff(want.weaknesses, got.weaknesses); d != "" {
			t.Errorf("%s: vulnerabilities: %.2000s", f.name, d)
		}
		if len(text) < 1<<20 {
			if err := accepts(t, s, text); err != nil {
				t.Errorf("%s: %.2000v", f.name, err)
			}
		}
	}
	if n < 570 {
		t.Errorf("%d documents", n)
	}
}

// comparable16 is a bill as it must come back from what is written in 1.6: each
// component has a ref, nothing is said twice, and what only 1.7 has is gone.
func comparable16(b *software.Bill) *software.Bill {
	d := document{bill: b, encoder: newEncoder(&bytes.Buffer{})}
	d.call()
	out := *b
	out.Components = slices.Clone(b.Components)
	for i := range out.Components {
		c := &out.Components[i]
		c.Ref = d.refs[i]
		if c.Type != service {
			c.Type = typeOf(c.Type)
		}
		var licences []software.Licence
		for _, l := range c.Licences {
			if !slices.Contains(licences, l) {
				licences = append(licences, l)
			}
		}
		c.Licences = licences
		c.Hashes = slices.DeleteFunc(slices.Clone(c.Hashes), func(h software.Hash) bool { return strings.HasPrefix(h.Algorithm, "Streebog") })
	}
	out.Weaknesses = slices.Clone(b.Weaknesses)
	for i := range out.Weaknesses {
		out.Weaknesses[i].Aliases = distinct(out.Weaknesses[i].Aliases)
	}
	return &out
}

func withoutLicences(b *software.Bill) {
	for i := range b.Components {
		b.Components[i].Licences = nil
	}
}
