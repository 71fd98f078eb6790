package spdx

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software"
)

// written is a bill as SPDX 2.3.
func written(t testing.TB, b *software.Bill) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What is read of SPDX 2 is written so that it is read the same.
func TestRoundTrip(t *testing.T) {
	want := read(t, tiny)
	want.Links = nil
	got := read(t, string(written(t, want)))
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// foreign is a bill that no SPDX document gave.
func foreign() *software.Bill {
	return &software.Bill{
		Format: "CycloneDX", Version: "1.6", ID: "not a URI", Created: "2024-05-01T12:00:00.5+02:00", Root: 0, Complete: "incomplete",
		Tools: []string{"cyclonedx gomod 1.2"}, Contexts: []string{"build", "source"},
		Components: []software.Component{
			{Ref: "pkg:npm/app@1?x=y#z", Group: "@acme", Name: "app", Version: "1", Type: "data", Publisher: "Acme", Author: "Jane", Parent: -1},
			{
				Ref: "SPDXRef-DOCUMENT", Name: "a  b/ü", PURL: "pkg:npm/lib@2", CPEs: []string{"cpe:/a:x:y"}, Scope: "optional", Parent: 0,
				Hashes:   []software.Hash{{Algorithm: "SHA3-224", Value: "00"}, {Algorithm: "SHA-1", Value: "D6A770BA38583ED4BB4525BD96E50461655D2759"}},
				Licences: []software.Licence{{Name: "Acme Licence 2"}, {Expression: "MIT OR Zlib"}, {Expression: "MIT OR Zlib"}}, EndOfLife: "2030-01-01",
			},
			{Ref: "SPDXRef-ok", PURL: "pkg:npm/nameless", Source: "pkg:deb/debian/x@1", Parent: 1},
			{Ref: "SPDXRef-ok", Name: "twice", Parent: 99, Licences: []software.Licence{{Expression: "LicenseRef-x AND MIT", Acknowledged: "concluded"}}},
		},
		Edges: []software.Edge{{From: 0, To: 1}, {From: 1, To: 2, Kind: "provides"}, {From: 1, To: 2, Kind: "contains"}, {From: 0, To: 99}, {From: -1, To: 0}, {From: 2, To: 3, Kind: "build_tool_of"}},
	}
}

// A bill of another format is written as far as SPDX has a place for it.
func TestWriteForeign(t *testing.T) {
	out := written(t, foreign())
	got := read(t, string(out))
	want := &software.Bill{
		Format: "SPDX", Version: "2.3", Encoding: "json", Name: "app-1", ID: got.ID, Created: "2024-05-01T10:00:00Z", Root: 0, Complete: "unknown",
		Licence: "CC0-1.0", Tools: []string{"cyclonedx gomod 1.2"}, Contexts: []string{"build", "source"},
		Components: []software.Component{
			{Ref: "SPDXRef-app-0", Name: "@acme/app", Version: "1", Supplier: "Acme", Maker: "Jane", Author: "Jane", Parent: -1},
			{
				Ref: "SPDXRef-a--b---1", Name: "a  b/ü", PURL: "pkg:npm/lib@2", CPEs: []string{"cpe:/a:x:y"}, Scope: "optional", Parent: -1,
				Hashes:   []software.Hash{{Algorithm: "SHA-1", Value: "d6a770ba38583ed4bb4525bd96e50461655d2759"}},
				Licences: []software.Licence{{Expression: "LicenseRef-Acme-Licence-2 AND (MIT OR Zlib)", Acknowledged: "declared"}}, EndOfLife: "2030-01-01T00:00:00Z",
			},
			{Ref: "SPDXRef-ok", Name: "pkg:npm/nameless", PURL: "pkg:npm/nameless", Source: "pkg:deb/debian/x@1", Parent: -1},
			{Ref: "SPDXRef-twice-3", Name: "twice", Parent: -1, Licences: []software.Licence{{Expression: "LicenseRef-x AND MIT", Acknowledged: "concluded"}}},
		},
		Edges: []software.Edge{
			{From: 0, To: 1, Kind: "contains"},
			{From: 0, To: 1, Kind: "optional_dependency"},
			{From: 1, To: 2, Kind: "contains"},
			{From: 1, To: 2, Kind: "provides"},
			{From: 2, To: 3, Kind: "build_tool_of"},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, part := range []string{`"comment": "provides"`, `"licenseId": "LicenseRef-Acme-Licence-2"`, `"name": "Acme Licence 2"`, `"licenseId": "LicenseRef-x"`, `https://spdx.org/spdxdocs/sbom-`} {
		if !bytes.Contains(out, []byte(part)) {
			t.Errorf("no %s in %s", part, out)
		}
	}
	if again := written(t, foreign()); !bytes.Equal(out, again) {
		t.Error("equal bills give different bytes")
	}
}

func TestWriteEmpty(t *testing.T) {
	got := read(t, string(written(t, &software.Bill{Root: -1})))
	if got.Root != -1 || len(got.Components) != 0 || got.Created != "" || len(got.Broken) > 0 || got.Name != "unnamed" {
		t.Errorf("%+v", got)
	}
}

func schema23(t testing.TB) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile(realdata.Path(t, "data/software/schema/spdx/2.3/spdx-schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("spdx.json", text); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("spdx.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid checks a document against the schema of SPDX 2.3.
func valid(s *jsonschema.Schema, b []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// Every real document is written as a valid one, which is read the same: of SPDX
// 2 all but links and what was broken, of SPDX 3 what SPDX 2 has.
func TestRealRoundTrips(t *testing.T) {
	schema := schema23(t)
	if err := valid(schema, written(t, foreign())); err != nil {
		t.Error(err)
	}
	lost := cmp.Options{
		cmpopts.IgnoreFields(software.Bill{}, "Encoding", "Version", "Links", "Broken", "Weaknesses", "Created", "Name", "Complete", "Licence", "ID"),
	}
	lost3 := append(lost, cmpopts.IgnoreFields(software.Component{}, "Type"),
		cmpopts.IgnoreFields(software.Licence{}, "Expression", "Name"))
	trips := 0
	for _, c := range collections {
		for name, b := range realDocuments(t, c) {
			bill, err := Read(t.Context(), b, Limits{})
			if err != nil {
				continue
			}
			trips++
			out := written(t, bill)
			if len(out) < 1<<20 {
				if err := valid(schema, out); err != nil {
					t.Errorf("%s/%s: %v", c, name, err)
				}
			}
			again, err := Read(t.Context(), out, Limits{})
			if err != nil {
				t.Errorf("%s/%s: %v", c, name, err)
				continue
			}
			options := lost
			if strings.HasPrefix(bill.Version, "3") {
				options = lost3
			}
			if d := cmp.Diff(named(bill), again, options); d != "" {
				t.Errorf("%s/%s: first (-), again (+): %s", c, name, d)
			}
			if len(again.Broken) > 0 {
				t.Errorf("%s/%s: %v", c, name, again.Broken)
			}
		}
	}
	if trips < 170 {
		t.Errorf("%d documents", trips)
	}
}

// named is a bill whose packages have the ids, and those without a name the
// names, that are written.
func named(b *software.Bill) *software.Bill {
	ids := idsOf(b)
	for i := range b.Components {
		c := &b.Components[i]
		if c.Name == "" {
			if c.Name = c.PURL; c.Name == "" {
				c.Name = c.Ref
			}
		}
		c.Ref = ids[i]
	}
	return b
}

// A text that is no UTF-8 comes out as one that is.
func TestWriteInvalidText(t *testing.T) {
	out := written(t, &software.Bill{Root: -1, Name: "a\xffb", Components: []software.Component{{Name: "x\xff", Parent: -1}}})
	if !json.Valid(out) || !bytes.Contains(out, []byte("x\ufffd")) {
		t.Errorf("%q", out)
	}
}
