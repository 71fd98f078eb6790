package spdx

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/software"
)

// read reads a document that must be readable.
func read(t testing.TB, text string) *software.Bill {
	t.Helper()
	b, err := Read(t.Context(), []byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const tiny = `{
 "relationships": [
  {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-app"},
  {"spdxElementId": "SPDXRef-lib", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-app"},
  {"spdxElementId": "SPDXRef-app", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-lib"},
  {"spdxElementId": "SPDXRef-check", "relationshipType": "TEST_DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-app"},
  {"spdxElementId": "SPDXRef-lib", "relationshipType": "GENERATED_FROM", "relatedSpdxElement": "SPDXRef-src"},
  {"spdxElementId": "SPDXRef-lib", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-File-1"},
  {"spdxElementId": "SPDXRef-File-1", "relationshipType": "CONTAINED_BY", "relatedSpdxElement": "SPDXRef-app"},
  {"spdxElementId": "SPDXRef-lib", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "DocumentRef-base:SPDXRef-libc"},
  {"spdxElementId": "SPDXRef-lib", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "NOASSERTION"}
 ],
 "packages": [
  {"SPDXID": "SPDXRef-app", "name": "billing", "versionInfo": "2.4", "supplier": "Organization: Acme (sbom@acme.example)",
   "primaryPackagePurpose": "APPLICATION", "validUntilDate": "2030-01-01T00:00:00Z", "downloadLocation": "https://acme.example/billing",
   "checksums": [{"algorithm": "SHA256", "checksumValue": "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"}],
   "externalRefs": [
    {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:acme:billing:2.4:*:*:*:*:*:*:*"},
    {"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl", "referenceLocator": "pkg:generic/billing@2.4"},
    {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "http://spdx.org/rdf/references/purl", "referenceLocator": "pkg:oci/billing@2.4"}]},
  {"SPDXID": "SPDXRef-lib", "name": "lib\u00e9", "versionInfo": "1.0", "originator": "Person: Jane Doe <jane@acme.example>", "supplier": "NOASSERTION",
   "licenseConcluded": "NONE", "licenseDeclared": "LicenseRef-1", "copyrightText": "NOASSERTION", "sourceInfo": "acquired package info from RPM DB"},
  {"SPDXID": "SPDXRef-check", "name": "check", "licenseDeclared": "MIT", "licenseConcluded": "Apache-2.0", "sourceInfo": "built package from: checks 1:0.9-2"},
  {"SPDXID": "SPDXRef-src", "name": "lib-src", "versionInfo": "1.0"}
 ],
 "files": [{"fileName": "a", "SPDXID": "SPDXRef-File-1", "checksums": [{"x": {"y": [[1, 2], "}"]}}]}],
 "snippets": [{"SPDXID": "SPDXRef-Snippet"}],
 "externalDocumentRefs": [{"externalDocumentId": "DocumentRef-base", "spdxDocument": "https://acme.example/base", "checksum": {}}],
 "hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-1", "extractedText": "…", "name": "Acme Licence"}],
 "creationInfo": {"created": "2024-05-01T10:00:00Z", "creators": ["Tool: maker-1.2.3", "Organization: Acme ()", {"Person": "Old Style (a@b.c)"}], "comment": "SBOM Type: Build"},
 "name": "billing-sbom", "documentNamespace": "https://acme.example/billing-1", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
 "annotations": [{"comment": "nobody asked"}], "spdxVersion": "SPDX-2.3"
}`

// Everything that is read, in an order of members in which nothing comes when
// it is needed.
func TestRead(t *testing.T) {
	want := &software.Bill{
		Format: "SPDX", Version: "2.3", Encoding: "json", ID: "https://acme.example/billing-1", Name: "billing-sbom",
		Created: "2024-05-01T10:00:00Z", Authors: []string{"Acme", "Old Style"}, Tools: []string{"maker 1.2.3"},
		Contexts: []string{"build"}, Licence: "CC0-1.0", Complete: "unknown", Root: 0,
		Components: []software.Component{
			{
				Ref: "SPDXRef-app", Type: "application", Name: "billing", Version: "2.4", PURL: "pkg:generic/billing@2.4", MorePURLs: []string{"pkg:oci/billing@2.4"},
				CPEs:     []string{"cpe:2.3:a:acme:billing:2.4:*:*:*:*:*:*:*"},
				Hashes:   []software.Hash{{Algorithm: "SHA-256", Value: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}},
				Supplier: "Acme", Download: "https://acme.example/billing", EndOfLife: "2030-01-01T00:00:00Z", Parent: -1,
			},
			{
				Ref: "SPDXRef-lib", Name: "libé", Version: "1.0", Maker: "Jane Doe", Author: "Jane Doe", Source: "lib-src@1.0", Parent: -1,
				Licences: []software.Licence{{Expression: "LicenseRef-1", Name: "Acme Licence", Acknowledged: "declared"}},
			},
			{
				Ref: "SPDXRef-check", Name: "check", Scope: "excluded", Source: "checks@1:0.9-2", Parent: -1,
				Licences: []software.Licence{{Expression: "MIT", Acknowledged: "declared"}, {Expression: "Apache-2.0", Acknowledged: "concluded"}},
			},
			{Ref: "SPDXRef-src", Name: "lib-src", Version: "1.0", Parent: -1},
		},
		Edges: []software.Edge{{From: 0, To: 1}, {From: 0, To: 2, Kind: "test_dependency"}, {From: 1, To: 3, Kind: "generated_from"}},
		Links: []software.BillLink{
			{From: 1, Target: "https://acme.example/base#SPDXRef-libc", Type: "depends_on"},
			{From: -1, Target: "https://acme.example/base", Type: "bom"},
		},
	}
	if d := cmp.Diff(want, read(t, tiny)); d != "" {
		t.Error(d)
	}
}

// packages is a document with these packages and relations.
func packages(items, relations string) string {
	return `{"spdxVersion": "SPDX-2.3", "name": "d", "packages": [` + items + `], "relationships": [` + relations + `]}`
}

func relates(from, kind, to string) string {
	return fmt.Sprintf(`{"spdxElementId":"SPDXRef-%s","relationshipType":"%s","relatedSpdxElement":"SPDXRef-%s"}`, from, kind, to)
}

const ab = `{"SPDXID":"SPDXRef-a","name":"a","versionInfo":"1"},{"SPDXID":"SPDXRef-b","name":"b"}`

// Each type of relation leads from who needs to what is needed, or from the
// whole to the part.
func TestRelations(t *testing.T) {
	for kind, want := range map[string]string{
		"DEPENDS_ON": "a>b ", "DEPENDENCY_OF": "b>a ", "RUNTIME_DEPENDENCY_OF": "b>a ", "HAS_PREREQUISITE": "a>b ", "PREREQUISITE_FOR": "b>a ",
		"STATIC_LINK": "a>b ", "DYNAMIC_LINK": "a>b ", "CONTAINS": "a>b contains", "CONTAINED_BY": "b>a contains", "PACKAGE_OF": "b>a contains",
		"DEV_DEPENDENCY_OF": "b>a dev_dependency; a excluded", "BUILD_DEPENDENCY_OF": "b>a build_dependency; a excluded",
		"TEST_DEPENDENCY_OF": "b>a test_dependency; a excluded", "OPTIONAL_DEPENDENCY_OF": "b>a optional_dependency; a optional",
		"PROVIDED_DEPENDENCY_OF": "b>a provided_dependency; a optional", "OPTIONAL_COMPONENT_OF": "b>a contains; a optional",
		"GENERATED_FROM": "a>b generated_from; a from b", "GENERATES": "b>a generated_from; b from a@1",
		"VARIANT_OF": "a>b variant_of", "DESCENDANT_OF": "b>a ancestor_of", "OTHER": "a>b other", "FILE_ADDED": "",
		"BUILD_TOOL_OF": "a>b build_tool_of", "DESCRIBES": "a>b describes",
	} {
		b := read(t, packages(ab, relates("a", kind, "b")))
		if got := tell(b); got != want || len(b.Broken) > 0 {
			t.Errorf("%s: %q, want %q %v", kind, got, want, b.Broken)
		}
	}
}

// tell is the edges of a bill, scopes and sources, in one line.
func tell(b *software.Bill) string {
	var out []string
	name := func(i int) string { return b.Components[i].Name }
	for _, e := range b.Edges {
		out = append(out, name(e.From)+">"+name(e.To)+" "+e.Kind)
	}
	for _, c := range b.Components {
		if c.Scope != "" {
			out = append(out, c.Name+" "+c.Scope)
		}
		if c.Source != "" {
			out = append(out, c.Name+" from "+c.Source)
		}
	}
	return strings.Join(out, "; ")
}

// Who needs a component most says what it is for, whatever comes first.
func TestScope(t *testing.T) {
	test, run, optional := relates("b", "TEST_DEPENDENCY_OF", "a"), relates("a", "DEPENDS_ON", "b"), relates("b", "OPTIONAL_DEPENDENCY_OF", "a")
	for relations, want := range map[string]string{
		test: "excluded", test + "," + optional: "optional", optional + "," + test: "optional",
		test + "," + run: "", run + "," + test: "", optional + "," + run + "," + test: "",
	} {
		if got := read(t, packages(ab, relations)).Components[1].Scope; got != want {
			t.Errorf("%s: %q, want %q", relations, got, want)
		}
	}
}

// The release is what the document describes, when that is one thing.
func TestRoot(t *testing.T) {
	doc := func(to string) string { return relates("DOCUMENT", "DESCRIBES", to) }
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"none":              {packages(ab, ""), -1},
		"one":               {packages(ab, doc("b")), 1},
		"one, twice":        {packages(ab, doc("b")+","+doc("b")), 1},
		"all":               {packages(ab, doc("a")+","+doc("b")), -1},
		"itself":            {packages(ab, doc("DOCUMENT")), -1},
		"trivy of 2022":     {packages(ab, relates("DOCUMENT", "DESCRIBE", "a")), 0},
		"described by":      {packages(ab, relates("b", "DESCRIBED_BY", "DOCUMENT")), 1},
		"documentDescribes": {`{"documentDescribes": ["SPDXRef-b"], ` + packages(ab, "")[1:], 1},
		"both ways":         {`{"documentDescribes": ["SPDXRef-b"], ` + packages(ab, doc("b"))[1:], 1},
		"a file":            {`{"files": [{"SPDXID": "SPDXRef-f", "fileName": "kubectl"}], ` + packages(ab, doc("f"))[1:], 0},
		"own id":            {`{"documentDescribes": ["SPDXRef-mine"], ` + packages(ab, relates("mine", "DESCRIBES", "b"))[1:len(packages(ab, relates("mine", "DESCRIBES", "b")))-1] + `, "SPDXID": "SPDXRef-mine"}`, 1},
		"by a package":      {packages(ab, relates("a", "DESCRIBES", "b")), -1},
		"a file and more":   {`{"files": [{"SPDXID": "SPDXRef-f", "fileName": "kubectl"}], ` + packages(ab, doc("f")+","+doc("a"))[1:], 0},
	} {
		if got := read(t, c.text); got.Root != c.want || len(got.Broken) > 0 {
			t.Errorf("%s: %d, want %d %v", name, got.Root, c.want, got.Broken)
		}
	}
	b := read(t, `{"files": [{"SPDXID": "SPDXRef-f", "fileName": "kubectl", "checksums": [{"algorithm": "MD5", "checksumValue": "d41d8cd98f00b204e9800998ecf8427e"}]}], `+
		packages(ab, doc("f")+","+relates("f", "GENERATED_FROM", "a"))[1:])
	want := software.Component{
		Ref: "SPDXRef-f", Type: "file", Name: "kubectl", Parent: -1, Source: "a@1",
		Hashes: []software.Hash{{Algorithm: "MD5", Value: "d41d8cd98f00b204e9800998ecf8427e"}},
	}
	if d := cmp.Diff(&want, b.RootComponent()); d != "" || tell(b) != "kubectl>a generated_from; kubectl from a@1" {
		t.Error(d, tell(b))
	}
}
