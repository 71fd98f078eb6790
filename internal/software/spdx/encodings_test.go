package spdx

import (
	"encoding/base64"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/internal/software"
)

const tinyTags = `# Written by hand.
SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: billing-sbom
DocumentNamespace: https://acme.example/billing-1
ExternalDocumentRef: DocumentRef-base https://acme.example/base SHA1: d6a770ba38583ed4bb4525bd96e50461655d2759
Creator: Tool: maker-1.2.3
Creator: Organization: Acme ()
Creator: Person: Old Style (a@b.c)
CreatorComment: <text>Made in CI.
SBOM Type: Build</text>
Created: 2024-05-01T10:00:00Z

PackageName: billing
SPDXID: SPDXRef-app
PackageVersion: 2.4
PackageSupplier: Organization: Acme (sbom@acme.example)
PrimaryPackagePurpose: APPLICATION
ValidUntilDate: 2030-01-01T00:00:00Z
PackageDownloadLocation: https://acme.example/billing
PackageChecksum: SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
ExternalRef: SECURITY cpe23Type cpe:2.3:a:acme:billing:2.4:*:*:*:*:*:*:*
ExternalRef: PACKAGE-MANAGER purl pkg:generic/billing@2.4
ExternalRef: PACKAGE-MANAGER purl pkg:oci/billing@2.4
ExternalRefComment: an image

PackageName: libé
SPDXID: SPDXRef-lib
PackageVersion: 1.0
PackageOriginator: Person: Jane Doe <jane@acme.example>
PackageSupplier: NOASSERTION
PackageLicenseConcluded: NONE
PackageLicenseDeclared: LicenseRef-1
PackageCopyrightText: <text>NOASSERTION</text>

FileName: ./a
SPDXID: SPDXRef-File-1
FileChecksum: SHA1: d6a770ba38583ed4bb4525bd96e50461655d2758
Relationship: SPDXRef-lib CONTAINS SPDXRef-File-1

SnippetSPDXID: SPDXRef-Snippet

PackageName: check
SPDXID: SPDXRef-check
PackageLicenseConcluded: Apache-2.0
PackageLicenseDeclared: MIT
PackageSourceInfo: <text>built package from: checks 1:0.9-2</text>

PackageName: lib-src
SPDXID: SPDXRef-src
PackageVersion: 1.0

Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-app
Relationship: SPDXRef-lib DEPENDENCY_OF SPDXRef-app
Relationship: SPDXRef-check TEST_DEPENDENCY_OF SPDXRef-app
Relationship: SPDXRef-lib GENERATED_FROM SPDXRef-src
Relationship: SPDXRef-lib DEPENDS_ON DocumentRef-base:SPDXRef-libc
Relationship: SPDXRef-lib DEPENDS_ON NOASSERTION

LicenseID: LicenseRef-1
ExtractedText: <text>Do what
you like: PackageName: x</text>
LicenseName: Acme Licence
`

const tinyYAML = `spdxVersion: "SPDX-2.3"
SPDXID: "SPDXRef-DOCUMENT"
name: billing-sbom
documentNamespace: https://acme.example/billing-1
dataLicense: CC0-1.0
creationInfo:
  created: 2024-05-01T10:00:00Z
  creators: ["Tool: maker-1.2.3", "Organization: Acme ()", "Person: Old Style (a@b.c)"]
  comment: "SBOM Type: Build"
documentDescribes: [SPDXRef-app]
externalDocumentRefs:
- {externalDocumentId: DocumentRef-base, spdxDocument: "https://acme.example/base"}
packages:
- SPDXID: SPDXRef-app
  name: billing
  versionInfo: 2.4
  supplier: "Organization: Acme (sbom@acme.example)"
  primaryPackagePurpose: APPLICATION
  validUntilDate: 2030-01-01T00:00:00Z
  downloadLocation: https://acme.example/billing
  filesAnalyzed: false
  checksums:
  - {algorithm: SHA256, checksumValue: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}
  externalRefs:
  - {referenceCategory: SECURITY, referenceType: cpe23Type, referenceLocator: "cpe:2.3:a:acme:billing:2.4:*:*:*:*:*:*:*"}
  - &purl {referenceCategory: PACKAGE-MANAGER, referenceType: purl, referenceLocator: "pkg:generic/billing@2.4"}
  - *purl
  - {referenceCategory: PACKAGE-MANAGER, referenceType: purl, referenceLocator: "pkg:oci/billing@2.4"}
- {SPDXID: SPDXRef-lib, name: libé, versionInfo: 1.0, originator: "Person: Jane Doe <jane@acme.example>", supplier: NOASSERTION,
   licenseConcluded: NONE, licenseDeclared: LicenseRef-1, copyrightText: ~}
- {SPDXID: SPDXRef-check, name: check, licenseDeclared: MIT, licenseConcluded: Apache-2.0, sourceInfo: "built package from: checks 1:0.9-2"}
- {SPDXID: SPDXRef-src, name: lib-src, versionInfo: 1.0}
relationships:
- {spdxElementId: SPDXRef-lib, relationshipType: DEPENDENCY_OF, relatedSpdxElement: SPDXRef-app}
- {spdxElementId: SPDXRef-check, relationshipType: TEST_DEPENDENCY_OF, relatedSpdxElement: SPDXRef-app}
- {spdxElementId: SPDXRef-lib, relationshipType: GENERATED_FROM, relatedSpdxElement: SPDXRef-src}
- {spdxElementId: SPDXRef-lib, relationshipType: DEPENDS_ON, relatedSpdxElement: "DocumentRef-base:SPDXRef-libc"}
- {spdxElementId: SPDXRef-lib, relationshipType: DEPENDS_ON, relatedSpdxElement: NOASSERTION}
hasExtractedLicensingInfos:
- {licenseId: LicenseRef-1, name: Acme Licence, extractedText: "…"}
`

// One document says the same in each encoding.
func TestEncodings(t *testing.T) {
	want := read(t, tiny)
	unencoded := cmpopts.IgnoreFields(software.Bill{}, "Encoding")
	for encoding, text := range map[string]string{"tag-value": tinyTags, "yaml": tinyYAML, "json": "\ufeff" + tiny} {
		got := read(t, text)
		if d := cmp.Diff(want, got, unencoded); d != "" || got.Encoding != encoding {
			t.Errorf("%s: %s %s", encoding, got.Encoding, d)
		}
		crlf := read(t, strings.ReplaceAll(text, "\n", "\r\n"))
		if d := cmp.Diff(want, crlf, unencoded); d != "" {
			t.Errorf("%s with CR LF: %s", encoding, d)
		}
	}
}

// An in-toto statement about the document, plain and signed.
func TestWrapped(t *testing.T) {
	want := read(t, tiny)
	statement := `{"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://spdx.dev/Document/v2.3", "subject": [{"name": "billing", "digest": {"sha512": "` + strings.Repeat("ab", 64) + `", "sha256": "` + strings.Repeat("cd", 32) + `", "x": 1}}], "predicate": ` + tiny + `}`
	root := want.RootComponent()
	root.Hashes = append(root.Hashes, software.Hash{Algorithm: "SHA-512", Value: strings.Repeat("ab", 64)}) // it has a SHA-256 of its own
	if d := cmp.Diff(want, read(t, statement)); d != "" {
		t.Error(d)
	}
	want.Signed = true
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		dsse := `{"payloadType": "application/vnd.in-toto+json", "payload": "` + e.EncodeToString([]byte(statement)) + `", "signatures": [{"sig": "AA=="}]}`
		for _, text := range []string{dsse, `{"mediaType": "x", "dsseEnvelope": ` + dsse + `}`} {
			if d := cmp.Diff(want, read(t, text)); d != "" {
				t.Error(d)
			}
			if !Recognise("", []byte(text)[:1000]) {
				t.Errorf("not recognised: %.100s", text)
			}
		}
	}
	broken := strings.Replace(statement, `"versionInfo": "2.4"`, `"versionInfo": 2`, 1)
	if b := read(t, broken); len(b.Broken) != 1 || b.Broken[0] != "packages[0].versionInfo: want a text, got a number" {
		t.Errorf("%q", b.Broken)
	}
	for encoding, data := range map[string]string{"json": tiny, "tag-value": strconv.Quote(tinyTags)} {
		b := read(t, `{"predicateType": "https://spdx.dev/Document", "predicate": {"Timestamp": "", "Data": `+data+`}}`)
		if len(b.Components) != 4 || b.Encoding != encoding {
			t.Errorf("%+v", b)
		}
	}
	// GitHub's API gives the document within an object of its own.
	if b := read(t, `{"sbom": `+tiny+`}`); len(b.Components) != 4 {
		t.Errorf("%+v", b)
	}
	deep := statement
	for range mostWrapped {
		deep = `{"predicateType": "https://spdx.dev/Document", "predicate": ` + deep + `}`
	}
	if _, err := Read(t.Context(), []byte(deep), Limits{}); err == nil || !strings.Contains(err.Error(), "in more than 3 others") {
		t.Error(err)
	}
}

// Tags that are no tags are reported with their lines, and those after a value
// of several lines still have the right ones.
func TestBrokenTags(t *testing.T) {
	b := read(t, "SPDXVersion: SPDX-2.2\nExternalDocumentRef: x\nDocumentComment: <text>a\nb\nc</text>\n\nPackageName: a\nSPDXID: SPDXRef-a\nwhat is this\n"+
		"PackageChecksum: SHA1: xyz\nExternalRef: purl\nRelationship: SPDXRef-a CONTAINS\nRelationship: SPDXRef-a CONTAINS SPDXRef-b\nPackageName:\nSPDXID: SPDXRef-a")
	want := []string{
		"line 2: ExternalDocumentRef: want an id, the document's URI and its digest",
		`line 9: want a tag, a colon and a value, got "what is this"`,
		"line 10: PackageChecksum: SHA-1 is no hexadecimal number: xyz",
		"line 11: ExternalRef: want a category, a type and a locator",
		"line 14: PackageName: no name",
		`line 14: PackageName: the id "SPDXRef-a" is that of the component "a" already`,
		`line 12: Relationship: want an id, a type and an id, got "SPDXRef-a CONTAINS"`,
		`relationships: 1 ids that nothing in the document has, the first is "SPDXRef-b"`,
	}
	if d := cmp.Diff(want, b.Broken); d != "" {
		t.Error(d)
	}
	long := read(t, "SPDXVersion: SPDX-2.2\nPackageName: a\nSPDXID: SPDXRef-a\nPackageName: "+strings.Repeat("x", 70_000)+"\nSPDXID: SPDXRef-b")
	if len(long.Components) != 2 || long.Components[0].Ref != "SPDXRef-a" || len(long.Broken) != 2 || long.Broken[0] != "line 4: PackageName: 70000 bytes, the limit is 65536" {
		t.Errorf("%+v", long)
	}
	lone := read(t, "SPDXVersion: SPDX-2.2\nRelationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-f\nFileName: kubectl\nSPDXID: SPDXRef-f\nFileChecksum: MD5: d41d8cd98f00b204e9800998ecf8427e\n"+
		"FileName: other\nSPDXID: SPDXRef-g\nPackageName: a\nSPDXID: SPDXRef-a\nRelationship: SPDXRef-f GENERATED_FROM SPDXRef-a")
	if c := lone.RootComponent(); c == nil || c.Name != "kubectl" || len(c.Hashes) != 1 || c.Source != "a" || len(lone.Components) != 2 {
		t.Errorf("%+v", lone)
	}
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]bool{
		tiny: true, tiny[:200]: true, tinyTags: true, tinyYAML: true, "\ufeff" + tinyTags: true, "\n {\"spdxVersion\":": true,
		`{"SPDXID": "SPDXRef-DOCUMENT", "files": [{`:                                               true,
		`{"files": [{"SPDXID": "SPDXRef-1", "x": `:                                                 true,
		`{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@g`:                       true,
		`{"@context": ["https://spdx.org/rdf/3.0.1/spdx-context.jsonld", {"a": `:                   true,
		`{"@graph": [{"spdxId": "urn:x", `:                                                         true,
		`{"predicateType": "https://spdx.dev/Document", "predicate": {`:                            true,
		`{"predicate": {"SPDXID": "SPDXRef-DOCUMENT", `:                                            true,
		`<?xml version="1.0"?><rdf:RDF xmlns:spdx="http://spdx.org/rdf/terms#"><spdx:SpdxDocument`: true,
		`{"bomFormat": "CycloneDX", "x": "SPDXRef-"}`:                                              false,
		`{"@context": "https://openvex.dev/ns/v0.2.0", "x": "SPDXRef-"}`:                           false,
		`{"predicateType": "https://slsa.dev/provenance/v1"}`:                                      false,
		`{"files": ["spdxVersion"]}`:                                                               false, `{}`: false, ``: false, `[]`: false, `{`: false, `<svg/>`: false, "name: x\n": false,
		"See SPDXVersion: SPDX-2.3\n": false,
	} {
		if Recognise("", []byte(text)) != want {
			t.Errorf("%.80q: not %t", text, want)
		}
	}
}
