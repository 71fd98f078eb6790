package spdx

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/software"
)

// graph is an SPDX 3 document with these elements beside the document itself.
func graph(elements string) string {
	return `{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [` + elements + `,
 {"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2025-02-01T00:00:00Z", "createdBy": ["urn:acme"], "createdUsing": ["urn:tool"]},
 {"type": "Organization", "spdxId": "urn:acme", "name": "Acme", "creationInfo": "_:c"},
 {"type": "Person", "spdxId": "urn:jane", "name": "Jane Doe", "creationInfo": "_:c"},
 {"type": "Tool", "spdxId": "urn:tool", "name": "maker-1.2", "creationInfo": "_:c"},
 {"spdxId": "urn:doc", "type": "SpdxDocument", "name": "d", "rootElement": ["urn:sbom"], "creationInfo": "_:c", "import": [{"type": "ExternalMap", "externalSpdxId": "urn:elsewhere"}]},
 {"type": "software_Sbom", "spdxId": "urn:sbom", "rootElement": ["urn:a"], "software_sbomType": ["build"], "creationInfo": "_:c"}]}`
}

const graphOfThree = `
 {"type": "Relationship", "spdxId": "urn:r1", "from": "urn:a", "relationshipType": "dependsOn", "to": ["urn:b", "urn:elsewhere"], "completeness": "complete"},
 {"type": "LifecycleScopedRelationship", "spdxId": "urn:r2", "from": "urn:a", "relationshipType": "dependsOn", "scope": "test", "to": ["urn:t"], "completeness": "complete"},
 {"type": "Relationship", "spdxId": "urn:r3", "from": "urn:src", "relationshipType": "generates", "to": ["urn:b"]},
 {"type": "Relationship", "spdxId": "urn:r4", "from": "urn:a", "relationshipType": "contains", "to": ["urn:file"]},
 {"type": "Relationship", "spdxId": "urn:r5", "from": "urn:b", "relationshipType": "hasDeclaredLicense", "to": ["urn:both"]},
 {"type": "Relationship", "spdxId": "urn:r6", "from": "urn:b", "relationshipType": "hasConcludedLicense", "to": ["https://spdx.org/licenses/MIT"]},
 {"type": "Relationship", "spdxId": "urn:r7", "from": "urn:a", "relationshipType": "hasDeclaredLicense", "to": ["urn:own"]},
 {"type": "Relationship", "spdxId": "urn:r8", "from": "urn:a", "relationshipType": "hasConcludedLicense", "to": ["https://spdx.org/rdf/3.0.1/terms/Licensing/NoAssertion"]},
 {"type": "software_Package", "spdxId": "urn:a", "name": "app", "software_packageVersion": "1", "software_primaryPurpose": "application",
  "suppliedBy": "urn:acme", "originatedBy": ["urn:jane"], "validUntilTime": "2031-01-01T00:00:00Z", "software_downloadLocation": "NOASSERTION",
  "externalIdentifier": [{"type": "ExternalIdentifier", "externalIdentifierType": "cpe23", "identifier": "cpe:2.3:a:acme:app:1:*:*:*:*:*:*:*"},
   {"externalIdentifierType": "packageUrl", "identifier": "pkg:generic/app@1"}, {"externalIdentifierType": "email", "identifier": "x"}]},
 {"type": "https://spdx.org/rdf/3.0.1/terms/Software/Package", "spdxId": "urn:b", "name": "lib", "software_packageUrl": "pkg:npm/lib@2", "https://spdx.org/rdf/3.0.1/terms/Software/packageVersion": "2",
  "suppliedBy": {"type": "Organization", "name": "Inline"},
  "verifiedUsing": [{"type": "Hash", "algorithm": "sha3_256", "hashValue": "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"}, {"type": "PackageVerificationCode", "algorithm": "sha1", "hashValue": "00ff"}]},
 {"type": "software_Package", "spdxId": "urn:t", "name": "check"},
 {"type": "ai_AIPackage", "spdxId": "urn:src", "name": "src", "software_packageVersion": "7"},
 {"type": "software_File", "spdxId": "urn:file", "name": "f"},
 {"type": "expandedlicensing_DisjunctiveLicenseSet", "spdxId": "urn:or", "expandedlicensing_member": ["https://spdx.org/licenses/MIT", "urn:later"]},
 {"type": "expandedlicensing_OrLaterOperator", "spdxId": "urn:later", "expandedlicensing_subjectLicense": "https://spdx.org/licenses/GPL-2.0"},
 {"type": "expandedlicensing_ConjunctiveLicenseSet", "spdxId": "urn:both", "expandedlicensing_member": ["urn:or", "urn:exp", "urn:both"]},
 {"type": "simplelicensing_LicenseExpression", "spdxId": "urn:exp", "simplelicensing_licenseExpression": "Zlib"},
 {"type": "expandedlicensing_CustomLicense", "spdxId": "urn:own#LicenseRef-1", "name": "Other"},
 {"type": "simplelicensing_SimpleLicensingText", "spdxId": "urn:own", "name": "Acme Licence"}`

func TestReadGraph(t *testing.T) {
	want := &software.Bill{
		Format: "SPDX", Version: "3.0.1", Encoding: "json-ld", ID: "urn:doc", Name: "d", Created: "2025-02-01T00:00:00Z",
		Authors: []string{"Acme"}, Tools: []string{"maker 1.2"}, Contexts: []string{"build"}, Complete: "complete", Root: 0,
		Components: []software.Component{
			{
				Ref: "urn:a", Type: "application", Name: "app", Version: "1", PURL: "pkg:generic/app@1", CPEs: []string{"cpe:2.3:a:acme:app:1:*:*:*:*:*:*:*"},
				Supplier: "Acme", Maker: "Jane Doe", Author: "Jane Doe", EndOfLife: "2031-01-01T00:00:00Z", Parent: -1,
				Licences: []software.Licence{{Name: "Acme Licence", Acknowledged: "declared"}},
			},
			{
				Ref: "urn:b", Name: "lib", Version: "2", PURL: "pkg:npm/lib@2", Supplier: "Inline", Source: "src@7", Parent: -1,
				Hashes:   []software.Hash{{Algorithm: "SHA3-256", Value: "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"}},
				Licences: []software.Licence{{Expression: "(MIT OR GPL-2.0+) AND Zlib", Acknowledged: "declared"}, {Expression: "MIT", Acknowledged: "concluded"}},
			},
			{Ref: "urn:t", Name: "check", Scope: "excluded", Parent: -1},
			{Ref: "urn:src", Type: "machine-learning-model", Name: "src", Version: "7", Parent: -1},
		},
		Edges: []software.Edge{{From: 0, To: 1}, {From: 0, To: 2, Kind: "test_dependency"}, {From: 1, To: 3, Kind: "generated_from"}},
		Links: []software.BillLink{{From: 0, Target: "urn:elsewhere", Type: "depends_on"}},
	}
	if d := cmp.Diff(want, read(t, graph(graphOfThree))); d != "" {
		t.Error(d)
	}
}

// What SPDX 3 says of vulnerabilities: a status each, in CycloneDX's words.
func TestWeaknesses(t *testing.T) {
	b := read(t, graph(`
 {"type": "software_Package", "spdxId": "urn:a", "name": "app"},
 {"type": "security_Vulnerability", "spdxId": "urn:v", "name": "mine", "summary": "short", "description": "long", "security_publishedTime": "2025-01-01T00:00:00Z",
  "externalIdentifier": [{"externalIdentifierType": "cve", "identifier": "CVE-2025-1"}, {"externalIdentifierType": "securityOther", "identifier": "GHSA-x"}]},
 {"type": "security_Vulnerability", "spdxId": "urn:w", "name": "CVE-2025-2", "security_modifiedTime": "2025-01-03T00:00:00Z"},
 {"type": "security_Vulnerability", "spdxId": "urn:u", "name": "CVE-2025-3"},
 {"type": "Relationship", "spdxId": "urn:r0", "from": "urn:a", "relationshipType": "hasAssociatedVulnerability", "to": ["urn:w"]},
 {"type": "security_VexNotAffectedVulnAssessmentRelationship", "spdxId": "urn:r1", "from": "urn:v", "relationshipType": "doesNotAffect", "to": ["urn:a"],
  "security_justificationType": "vulnerableCodeNotInExecutePath", "security_impactStatement": "never called", "security_publishedTime": "2025-01-02T00:00:00Z"},
 {"type": "security_VexFixedVulnAssessmentRelationship", "spdxId": "urn:r2", "from": "urn:v", "relationshipType": "fixedIn", "to": ["urn:a"], "security_withdrawnTime": "2025-01-02T00:00:00Z"},
 {"type": "security_VexAffectedVulnAssessmentRelationship", "spdxId": "urn:r3", "from": "urn:v", "relationshipType": "affects", "to": ["urn:a"], "security_actionStatement": "update"},
 {"type": "security_CvssV3VulnAssessmentRelationship", "spdxId": "urn:r4", "from": "urn:v", "relationshipType": "hasAssessmentFor", "to": ["urn:a"],
  "security_score": 9.8, "security_severity": "critical", "security_vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
 {"type": "security_EpssVulnAssessmentRelationship", "spdxId": "urn:r5", "from": "urn:v", "relationshipType": "hasAssessmentFor", "to": ["urn:a"], "security_probability": 0.1},
 {"type": "extension_Extension", "spdxId": "urn:x", "what": {"ever": [1]}}`))
	rated := []software.Severity{{Method: "CVSSv31", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Score: 9.8, Word: "critical"}}
	a := []software.Affects{{Ref: "urn:a"}}
	v := software.Weakness{ID: "CVE-2025-1", Aliases: []string{"GHSA-x"}, Description: "long", Published: "2025-01-01T00:00:00Z", Severities: rated, Affects: a}
	not, yes := v, v
	not.State, not.Justification, not.Statement = "not_affected", "code_not_reachable", "never called"
	not.FirstIssued, not.LastUpdated = "2025-01-02T00:00:00Z", "2025-01-02T00:00:00Z"
	yes.State, yes.Recommended = "exploitable", "update"
	want := []software.Weakness{not, yes, {ID: "CVE-2025-2", Updated: "2025-01-03T00:00:00Z", Affects: a}, {ID: "CVE-2025-3"}}
	if d := cmp.Diff(want, b.Weaknesses); d != "" || len(b.Broken) > 0 {
		t.Error(d, b.Broken)
	}
}

// Each type of relationship that SPDX 2 has too means the same.
func TestRelations3(t *testing.T) {
	for kind, want := range map[string]string{
		"dependsOn": "a>b ", "hasStaticLink": "a>b ", "hasDynamicLink": "a>b ", "hasPrerequisite": "a>b ", "contains": "a>b contains",
		"packagedBy": "b>a contains", "hasOptionalDependency": "a>b optional_dependency; b optional", "hasProvidedDependency": "a>b provided_dependency; b optional",
		"hasOptionalComponent": "a>b contains; b optional", "generates": "b>a generated_from; b from a", "ancestorOf": "a>b ancestor_of",
		"descendantOf": "b>a ancestor_of", "hasVariant": "b>a variant_of", "amendedBy": "b>a amends", "hasTest": "b>a test_of",
		"hasDocumentation": "b>a documentation_of", "trainedOn": "a>b trained_on", "hasAddedFile": "", "other": "a>b other", "usesTool": "a>b uses_tool",
		"https://spdx.org/rdf/3.0.1/terms/Core/contains": "a>b contains",
	} {
		b := read(t, graph(`{"type":"software_Package","spdxId":"urn:a","name":"a"},{"type":"software_Package","spdxId":"urn:b","name":"b"},
			{"type":"Relationship","spdxId":"urn:r","from":"urn:a","to":"urn:b","relationshipType":"`+kind+`"}`))
		if got := tell(b); got != want || len(b.Broken) > 0 {
			t.Errorf("%s: %q, want %q %v", kind, got, want, b.Broken)
		}
	}
	for scope, want := range map[string]string{
		"build": "b>a build_dependency; a excluded", "development": "b>a dev_dependency; a excluded", "test": "b>a test_dependency; a excluded",
		"runtime": "b>a ", "design": "b>a ", "": "b>a ",
	} {
		b := read(t, graph(`{"type":"software_Package","spdxId":"urn:a","name":"a"},{"type":"software_Package","spdxId":"urn:b","name":"b"},
			{"type":"LifecycleScopedRelationship","spdxId":"urn:r","from":"urn:b","to":["urn:a"],"relationshipType":"dependsOn","scope":"`+scope+`"}`))
		if got := tell(b); got != want {
			t.Errorf("%s: %q, want %q", scope, got, want)
		}
	}
}

func TestBrokenGraph(t *testing.T) {
	b := read(t, graph(`7, {"type": "software_Package", "spdxId": "urn:a", "name": ["x"], "verifiedUsing": [{"type": "Hash", "algorithm": "sha1", "hashValue": "zz"}]},
		{"type": "Relationship", "spdxId": "urn:r", "from": "urn:a", "relationshipType": "dependsOn"},
		{"type": "Relationship", "spdxId": "urn:r", "from": "urn:a", "relationshipType": "adores", "to": ["urn:a"]},
		{"type": "Relationship", "spdxId": "urn:r", "from": "urn:a", "relationshipType": "dependsOn", "to": ["urn:gone", "https://spdx.org/rdf/3.0.1/terms/Core/NoneElement"]}`))
	want := []string{
		"@graph[0]: want an object, got a number", "@graph[1].name: want a text, got an array",
		"@graph[1].verifiedUsing[0].hashValue: SHA-1 is no hexadecimal number: zz", "@graph[1]: no name",
		"@graph[2]: want from, to and relationshipType",
		`relationships: 1 ids that nothing in the document has, the first is "urn:gone"`,
		`relationships: 1 of type "ADORES", which SPDX does not have`,
	}
	if d := cmp.Diff(want, b.Broken); d != "" {
		t.Error(d)
	}
	for text, want := range map[string]string{
		`{"@graph": []}`: `specVersion is ""; want 3.0.0 or 3.0.1`,
		`{"@context": "https://spdx.org/rdf/3.0.0/spdx-context.jsonld", "@graph": [{"type": "SpdxDocument", "spdxId": "urn:d"`: "the document is cut off",
		strings.Repeat(`{"@context": "https://spdx.org/rdf/3.0.0/", "suppliedBy": `, 70) + `1` + strings.Repeat("}", 70):       "more than 64 elements within each other",
	} {
		if _, err := Read(t.Context(), []byte(text), Limits{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v; want %q", text, err, want)
		}
	}
}

// An element may stand alone, and a document may be about one file.
func TestSmallGraphs(t *testing.T) {
	b := read(t, `{"@context": "https://spdx.org/rdf/3.0.0/spdx-context.jsonld", "type": "software_Package", "spdxId": "urn:a", "name": "app"}`)
	if b.Version != "3.0.0" || len(b.Components) != 1 || b.Components[0].Name != "app" {
		t.Errorf("%+v", b)
	}
	b = read(t, strings.Replace(graph(`{"type": "software_File", "spdxId": "urn:f", "name": "kubectl"}, {"type": "software_File", "spdxId": "urn:g", "name": "other"},
		{"type": "software_Package", "spdxId": "urn:a", "name": "app"}`), `"rootElement": ["urn:a"]`, `"rootElement": ["urn:f"]`, 1))
	if c := b.RootComponent(); c == nil || c.Name != "kubectl" || c.Type != "file" || len(b.Components) != 2 || len(b.Broken) > 0 {
		t.Errorf("%+v", b)
	}
}
