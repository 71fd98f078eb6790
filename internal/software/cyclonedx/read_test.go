package cyclonedx

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

func read(t testing.TB, text string) *software.Bill {
	t.Helper()
	b, err := Read(t.Context(), []byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const wholeJSON = `{
 "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6",
 "serialNumber": "urn:uuid:00000000-0000-4000-8000-000000000001", "version": 3,
 "metadata": {
  "timestamp": "2026-01-02T03:04:05Z",
  "tools": {"components": [{"type": "application", "name": "packer", "version": "2.0"}], "services": [{"name": "looker"}]},
  "authors": [{"name": "A. Writer", "email": "a@example.org"}, {"email": "b@example.org"}],
  "manufacturer": {"name": "Bill Works"}, "supplier": {"name": "Acme"}, "manufacture": {"name": "Acme Plant"},
  "lifecycles": [{"phase": "build"}, {"name": "review", "description": "by hand"}],
  "licenses": [{"license": {"id": "CC0-1.0"}}],
  "properties": [{"name": "cdx:lifecycle:milestone:endOfSupport", "value": "2030-01-01"}],
  "component": {"type": "application", "bom-ref": "app", "name": "shop", "version": "1.0", "purl": "pkg:generic/shop@1.0"}
 },
 "components": [
  {"type": "library", "bom-ref": "a", "group": "org.acme", "name": "a", "version": "1", "purl": "pkg:maven/org.acme/a@1", "cpe": "cpe:2.3:a:acme:a:1:*:*:*:*:*:*:*",
   "scope": "optional", "copyright": "(c) Acme", "publisher": "Acme Press", "supplier": {"name": "Acme Parts", "url": ["https://acme.example"]},
   "manufacturer": {"name": "Acme Mill"}, "authors": [{"name": "X"}, {"name": "Y"}],
   "hashes": [{"alg": "SHA-256", "content": "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"}],
   "licenses": [{"license": {"id": "MIT", "acknowledgement": "declared", "text": {"content": "long"}}}, {"license": {"name": "Own"}}],
   "externalReferences": [{"type": "distribution", "url": "https://acme.example/a.jar"}, {"type": "bom", "url": "urn:cdx:00000000-0000-4000-8000-000000000002/1"}],
   "pedigree": {"ancestors": [{"type": "library", "name": "old-a"}]},
   "evidence": {"identity": {"field": "purl", "concludedValue": "pkg:maven/guess@1"}},
   "components": [{"type": "file", "name": "a.so", "bom-ref": "a-so"}]},
  {"type": "library", "name": "libssl", "version": "3.0-1", "purl": "pkg:deb/debian/libssl@3.0-1?upstream=openssl",
   "licenses": [{"expression": "MIT OR Apache-2.0", "acknowledgement": "concluded"}]}
 ],
 "services": [{"bom-ref": "s", "provider": {"name": "Cloud"}, "group": "g", "name": "pay", "version": "2", "services": [{"name": "inner"}]}],
 "externalReferences": [{"type": "bom", "url": "https://acme.example/bom.json"}, {"type": "website", "url": "https://acme.example"}, {"type": "exploitability-statement", "url": "urn:cdx:00000000-0000-4000-8000-000000000004/1"}],
 "dependencies": [{"ref": "app", "dependsOn": ["a", "s", "urn:cdx:00000000-0000-4000-8000-000000000003/1#x"]}, {"ref": "a", "provides": ["a-so"]}, {"ref": "s", "dependsOn": ["app"]}],
 "compositions": [{"aggregate": "complete", "assemblies": ["app"]}, {"aggregate": "incomplete_first_party_only", "dependencies": ["a"]}],
 "vulnerabilities": [{"id": "CVE-2026-1", "source": {"name": "NVD", "url": "https://nvd.example/1"}, "references": [{"id": "GHSA-1", "source": {"name": "GitHub"}}],
  "ratings": [{"source": {"name": "NVD"}, "score": 9.8, "severity": "critical", "method": "CVSSv31", "vector": "CVSS:3.1/AV:N"}], "cwes": [79, 80],
  "description": "d", "detail": "dd", "recommendation": "update", "published": "2026-01-01T00:00:00Z", "updated": "2026-01-02T00:00:00Z",
  "analysis": {"state": "not_affected", "justification": "code_not_reachable", "response": ["will_not_fix", "update"], "detail": "never called", "firstIssued": "2026-01-03T00:00:00Z", "lastUpdated": "2026-01-04T00:00:00Z"},
  "affects": [{"ref": "a", "versions": [{"version": "1", "status": "unaffected"}, {"range": "vers:maven/<2"}]}]}],
 "signature": {"algorithm": "ES256", "value": "x"}
}`

const wholeXML = `<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6" serialNumber="urn:uuid:00000000-0000-4000-8000-000000000001" version="3" xmlns:x="urn:other">
 <metadata>
  <timestamp>2026-01-02T03:04:05Z</timestamp>
  <lifecycles><lifecycle><phase>build</phase></lifecycle><lifecycle><name>review</name><description>by hand</description></lifecycle></lifecycles>
  <tools><components><component type="application"><name>packer</name><version>2.0</version></component></components><services><service><name>looker</name></service></services></tools>
  <authors><author><name>A. Writer</name><email>a@example.org</email></author><author><email>b@example.org</email></author></authors>
  <component type="application" bom-ref="app"><name>shop</name><version>1.0</version><purl>pkg:generic/shop@1.0</purl></component>
  <manufacture><name>Acme Plant</name></manufacture><manufacturer><name>Bill Works</name></manufacturer><supplier><name>Acme</name></supplier>
  <licenses><license><id>CC0-1.0</id></license></licenses>
  <properties><property name="cdx:lifecycle:milestone:endOfSupport">2030-01-01</property></properties>
 </metadata>
 <components>
  <component type="library" bom-ref="a">
   <supplier><name>Acme Parts</name><url>https://acme.example</url></supplier><manufacturer><name>Acme Mill</name></manufacturer>
   <authors><author><name>X</name></author><author><name>Y</name></author></authors><publisher>Acme Press</publisher>
   <group>org.acme</group><name> a </name><version>1</version><scope>optional</scope>
   <hashes><hash alg="SHA-256">0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef</hash></hashes>
   <licenses><license acknowledgement="declared"><id>MIT</id><text>long</text></license><license><name>Own</name></license></licenses>
   <copyright>(c) Acme</copyright><cpe>cpe:2.3:a:acme:a:1:*:*:*:*:*:*:*</cpe><purl>pkg:maven/org.acme/a@1</purl>
   <pedigree><ancestors><component type="library"><name>old-a</name></component></ancestors></pedigree>
   <externalReferences><reference type="distribution"><url>https://acme.example/a.jar</url></reference><reference type="bom"><url>urn:cdx:00000000-0000-4000-8000-000000000002/1</url></reference></externalReferences>
   <components><component type="file" bom-ref="a-so"><name>a.so</name></component></components>
   <x:name>not ours</x:name>
  </component>
  <component type="library"><name>libssl</name><version>3.0-1</version><licenses><expression acknowledgement="concluded">MIT OR Apache-2.0</expression></licenses><purl>pkg:deb/debian/libssl@3.0-1?upstream=openssl</purl></component>
 </components>
 <services><service bom-ref="s"><provider><name>Cloud</name></provider><group>g</group><name>pay</name><version>2</version><services><service><name>inner</name></service></services></service></services>
 <externalReferences><reference type="bom"><url>https://acme.example/bom.json</url></reference><reference type="website"><url>https://acme.example</url></reference><reference type="exploitability-statement"><url>urn:cdx:00000000-0000-4000-8000-000000000004/1</url></reference></externalReferences>
 <dependencies>
  <dependency ref="app"><dependency ref="a"/><dependency ref="s"/><dependency ref="urn:cdx:00000000-0000-4000-8000-000000000003/1#x"/></dependency>
  <dependency ref="a"><provides ref="a-so"/></dependency><dependency ref="s"><dependency ref="app"/></dependency>
 </dependencies>
 <compositions><composition><aggregate>complete</aggregate><assemblies><assembly ref="app"/></assemblies></composition><composition><aggregate>incomplete_first_party_only</aggregate><dependencies><dependency ref="a"/></dependencies></composition></compositions>
 <vulnerabilities><vulnerability><id>CVE-2026-1</id><source><name>NVD</name><url>https://nvd.example/1</url></source>
  <references><reference><id>GHSA-1</id><source><name>GitHub</name></source></reference></references>
  <ratings><rating><source><name>NVD</name></source><score>9.8</score><severity>critical</severity><method>CVSSv31</method><vector>CVSS:3.1/AV:N</vector></rating></ratings>
  <cwes><cwe>79</cwe><cwe>80</cwe></cwes><description>d</description><detail>dd</detail><recommendation>update</recommendation>
  <published>2026-01-01T00:00:00Z</published><updated>2026-01-02T00:00:00Z</updated>
  <analysis><state>not_affected</state><justification>code_not_reachable</justification><responses><response>will_not_fix</response><response>update</response></responses><detail>never called</detail><firstIssued>2026-01-03T00:00:00Z</firstIssued><lastUpdated>2026-01-04T00:00:00Z</lastUpdated></analysis>
  <affects><target><ref>a</ref><versions><version><version>1</version><status>unaffected</status></version><version><range>vers:maven/&lt;2</range></version></versions></target></affects>
 </vulnerability></vulnerabilities>
 <ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo/></ds:Signature>
</bom>`

// whole is what wholeJSON and wholeXML say.
func whole(encoding string) *software.Bill {
	return &software.Bill{
		Format: "CycloneDX", Version: "1.6", Encoding: encoding, ID: "urn:uuid:00000000-0000-4000-8000-000000000001", Revision: 3,
		Created: "2026-01-02T03:04:05Z", Authors: []string{"A. Writer", "b@example.org", "Bill Works"}, Tools: []string{"packer 2.0", "looker"},
		Supplier: "Acme", Contexts: []string{"build", "review"}, Licence: "CC0-1.0", Complete: "complete", Signed: true,
		Components: []software.Component{
			{Ref: "app", Type: "application", Name: "shop", Version: "1.0", PURL: "pkg:generic/shop@1.0", Supplier: "Acme", Maker: "Acme Plant", EndOfLife: "2030-01-01", Parent: -1},
			{
				Ref: "a", Type: "library", Group: "org.acme", Name: "a", Version: "1", PURL: "pkg:maven/org.acme/a@1", CPEs: []string{"cpe:2.3:a:acme:a:1:*:*:*:*:*:*:*"},
				Hashes: []software.Hash{{Algorithm: "SHA-256", Value: strings.Repeat("0123456789abcdef", 4)}}, Supplier: "Acme Parts", Maker: "Acme Mill", Author: "X, Y", Publisher: "Acme Press",
				Licences: []software.Licence{{Expression: "MIT", Acknowledged: "declared"}, {Name: "Own"}}, Copyright: "(c) Acme", Scope: "optional", Download: "https://acme.example/a.jar", Parent: -1,
			},
			{Ref: "a-so", Type: "file", Name: "a.so", Parent: 1},
			{
				Type: "library", Name: "libssl", Version: "3.0-1", PURL: "pkg:deb/debian/libssl@3.0-1?upstream=openssl", Source: "openssl@3.0-1",
				Licences: []software.Licence{{Expression: "MIT OR Apache-2.0", Acknowledged: "concluded"}}, Parent: -1,
			},
			{Ref: "s", Type: "service", Group: "g", Name: "pay", Version: "2", Supplier: "Cloud", Parent: -1},
			{Type: "service", Name: "inner", Parent: 4},
		},
		Edges: []software.Edge{{From: 0, To: 1}, {From: 0, To: 4}, {From: 1, To: 2, Kind: "provides"}, {From: 4, To: 0}},
		Links: []software.BillLink{
			{From: 1, Target: "urn:cdx:00000000-0000-4000-8000-000000000002/1", Type: "bom"}, {From: -1, Target: "https://acme.example/bom.json", Type: "bom"},
			{From: -1, Target: "urn:cdx:00000000-0000-4000-8000-000000000004/1", Type: "exploitability-statement"},
			{From: 0, Target: "urn:cdx:00000000-0000-4000-8000-000000000003/1#x", Type: "depends_on"},
		},
		Weaknesses: []software.Weakness{{
			ID: "CVE-2026-1", Source: "NVD", URL: "https://nvd.example/1", Aliases: []string{"GHSA-1"}, Description: "d", Detail: "dd", Recommended: "update", CWEs: []int{79, 80},
			Severities: []software.Severity{{Method: "CVSSv31", Vector: "CVSS:3.1/AV:N", Score: 9.8, Word: "critical", Source: "NVD"}},
			Published:  "2026-01-01T00:00:00Z", Updated: "2026-01-02T00:00:00Z", State: "not_affected", Justification: "code_not_reachable", Responses: []string{"will_not_fix", "update"},
			Statement: "never called", FirstIssued: "2026-01-03T00:00:00Z", LastUpdated: "2026-01-04T00:00:00Z",
			Affects: []software.Affects{{Ref: "a", Versions: []software.AffectedVersion{{Version: "1", Status: "unaffected"}, {Range: "vers:maven/<2", Status: "affected"}}}},
		}},
	}
}

func TestWhole(t *testing.T) {
	for encoding, text := range map[string]string{"json": wholeJSON, "xml": wholeXML} {
		if d := cmp.Diff(whole(encoding), read(t, text)); d != "" {
			t.Errorf("%s: %s", encoding, d)
		}
		if d := cmp.Diff(whole(encoding), read(t, "\ufeff\n"+strings.TrimPrefix(text, `<?xml version="1.0" encoding="UTF-8"?>`))); d != "" {
			t.Errorf("%s after a byte order mark: %s", encoding, d)
		}
	}
}

// bom is a document in JSON with some members.
func bom(members string) string {
	return `{"bomFormat":"CycloneDX","specVersion":"1.5",` + members + `}`
}

// xmlBOM is a document in XML with some content, on its second line.
func xmlBOM(content string) string {
	return "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.5\">\n" + content + "</bom>"
}

func TestBroken(t *testing.T) {
	for text, want := range map[string][]string{
		bom(`"components":[{"name":"a","hashes":[{"alg":7,"content":"00000000000000000000000000000000"}]},{"name":"b"}]`): {
			"components[0].hashes[0].alg: a number; want a string", `components[0].hashes[0]: no algorithm is called ""`,
		},
		bom(`"components":[{"name":"a","hashes":[{"alg":"SHA-256","content":"0000000000000000000000000000000z"},{"alg":"FNV","content":"00000000000000000000000000000000"},{"alg":"SHA-1","content":"00000000000000000000000000000000"}]},{"name":"b"}]`): {
			`components[0].hashes[0]: "0000000000000000000000000000000z" is no digest in hexadecimal`, `components[0].hashes[1]: no algorithm is called "FNV"`,
			`components[0].hashes[2]: "00000000000000000000000000000000" is not as long as a digest by SHA-1`,
		},
		bom(`"components":[{"name":"a","licenses":"MIT","supplier":"Acme","components":{}},{"name":"b"}]`): {
			"components[0].licenses: a string; want an array", "components[0].supplier: a string; want an object", "components[0].components: an object; want an array",
		},
		bom(`"components":["x",{"name":"a","name":"z"},null,{"name":"b"},{}]`): {
			"components[0]: a string; want an object", "components[1].name: occurs twice; the first is used", "components[4]: no name",
		},
		bom(`"version":"1","metadata":[],"components":[{"name":"a","weird \"name\"":1},{"name":"b"}]`): {
			"version: a string; want a number", "metadata: an array; want an object",
		},
		bom(`"metadata":{"timestamp":"yesterday"},"components":[{"name":"a"},{"name":"b"}]`): {
			`metadata.timestamp: "yesterday"; want a time as 2006-01-02T15:04:05Z`,
		},
		xmlBOM("<metadata><timestamp>2020-08-03T03:20:53.771Z</timestamp></metadata><components><component><name>a</name></component>\n<component><name>b</name></component></components>"): nil,
		xmlBOM("<metadata><timestamp>2020-08-03T03:20:53</timestamp></metadata><components><component><name>a</name></component>\n<component><name>b</name></component></components>"):      nil,
		xmlBOM("<metadata><timestamp>03.08.2020</timestamp></metadata><components><component><name>a</name></component>\n<component><name>b</name></component></components>"): {
			`line 2: "03.08.2020"; want a time as 2006-01-02T15:04:05Z`,
		},
		bom(`"components":[{"name":"a","copyright":"x\udc80 \u00e9","x\ud800":1,"other":"\ud800"},{"name":"b"}]`): {
			"components[0].copyright: half of a surrogate pair; read as U+FFFD", "components[0].x\ufffd: half of a surrogate pair; read as U+FFFD",
		},
		bom(`"version":1.5,"signature":true,"components":[{"name":"a"},{"name":"b"}]`): {
			"version: 1.5 is no whole number below 2^31", "signature: true; want an object",
		},
		bom(`"components":[{"name":"a","bom-ref":"x"},{"name":"b","bom-ref":"x"}],"dependencies":[{"ref":"x","dependsOn":["y","x#2"]},{"ref":"y"},{"ref":"z","dependsOn":["x"]},{"dependsOn":["x"]}]`): {
			"dependencies[3]: no ref; its relations are left out",
			`"x": the bom-ref of "b", and of "a" before it, which it means`, `dependencies[0]: no component has the bom-ref "y"`,
			`dependencies[0]: no component has the bom-ref "x#2"`, `dependencies[2]: no component has the bom-ref "z"`,
		},
		`{"bomFormat":"CycloneDX","specVersion":"1.9","components":[{"name":"a"},{"name":"b"}]}`:                 {`specVersion: "1.9" is newer than what is read here; read as 1.7`},
		`{"$schema":"http://cyclonedx.org/schema/bom-1.6.schema.json","components":[{"name":"a"},{"name":"b"}]}`: {`specVersion: none; read as 1.7`},
		xmlBOM("<components><component><name>a</name><hashes>\n<hash alg='MD5'>xx</hash></hashes></component><component><name>b<i/></name></component></components>"): {
			`line 3: <hash>: "xx" is no digest in hexadecimal`, "line 3: <i> within a text",
		},
		xmlBOM("<components><component><name>a</name><licenses><license><id>MIT</id></license><license><id>Zlib</id></license></licenses>\n<name>z</name></component><component><name>b</name></component></components>\n<components/>"): {
			"line 3: <name> occurs twice; the first is used", "line 4: <components> occurs twice; the first is used",
		},
		xmlBOM("<components><component><name>a</name></component><component/><component><name>b</name></component></components>\n<dependencies><dependency/><dependency ref='q'/><dependency ref='q'><dependency ref='r'/></dependency></dependencies>"): {
			"line 2: no name", "line 3: <dependency> has no ref; its relations are left out",
			`dependencies[1]: no component has the bom-ref "q"`, `dependencies[2]: no component has the bom-ref "r"`,
		},
	} {
		b, err := Read(t.Context(), []byte(text), Limits{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if d := cmp.Diff(want, b.Broken, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: %s", text, d)
		}
		if len(b.Components) != 2 || b.Components[0].Name != "a" || !strings.HasPrefix(b.Components[1].Name, "b") {
			t.Errorf("%s: the sound part was not used: %+v", text, b.Components)
		}
	}
}

// What was found in a component counts where nobody declares it.
func TestEvidence(t *testing.T) {
	const evidence = `"evidence":{"licenses":[{"license":{"id":"MIT"}}],"copyright":[{"text":"(c) A"},{"text":"(c) B"},{"text":"(c) A"}]}`
	const evidenceXML = `<evidence><licenses><license><id>MIT</id></license></licenses><copyright><text>(c) A</text><text>(c) B</text><text>(c) A</text></copyright></evidence>`
	for _, text := range []string{
		bom(`"components":[{"name":"a",` + evidence + `},{` + evidence + `,"name":"b","copyright":"(c) C","licenses":[{"license":{"name":"Own"}}]}]`),
		xmlBOM(`<components><component><name>a</name>` + evidenceXML + `</component><component><name>b</name><licenses><license><name>Own</name></license></licenses><copyright>(c) C</copyright>` + evidenceXML + `</component></components>`),
	} {
		want := []software.Component{
			{Name: "a", Licences: []software.Licence{{Expression: "MIT"}}, Copyright: "(c) A\n(c) B", Parent: -1},
			{Name: "b", Licences: []software.Licence{{Name: "Own"}}, Copyright: "(c) C", Parent: -1},
		}
		if d := cmp.Diff(want, read(t, text).Components); d != "" {
			t.Error(d)
		}
	}
}

// A bom-ref that occurs again is replaced by one that nobody has, and relations
// stay with the first.
func TestSameRef(t *testing.T) {
	b := read(t, bom(`"dependencies":[{"ref":"x","dependsOn":["x#2"]}],"components":[{"name":"a","bom-ref":"x"},{"name":"b","bom-ref":"x#2"},{"name":"c","bom-ref":"x"},{"name":"d","bom-ref":"x"}]`))
	var refs []string
	for _, c := range b.Components {
		refs = append(refs, c.Ref)
	}
	if d := cmp.Diff([]string{"x", "x#2", "x#3", "x#4"}, refs); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]software.Edge{{From: 0, To: 1}}, b.Edges); d != "" {
		t.Error(d)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"bomFormat":"CycloneDX","components":[{"name":"a`:                   "byte 49: the document ends within components[0].name; the file seems cut off",
		`{"bomFormat":"CycloneDX","components":[{"name":"a"},`:                "byte 52: the document ends within components[0]; the file seems cut off",
		`{"bomFormat":"CycloneDX"`:                                            "byte 24: the document ends within bomFormat; the file seems cut off",
		"{\"bomFormat\":\"CycloneDX\",\"components\":[{\"name\":\"a\xff\"}]}": "byte 49: in components[0].name are bytes that are no UTF-8",
		`{"bomFormat":"CycloneDX","components":[{"name":}]}`:                  "byte 47: in components[0].name, no well-formed JSON: ",
		`{"bomFormat":"CycloneDX","other":{"a":tru}}`:                         "byte 41: in other.a, no well-formed JSON: ",
		`{"bomFormat":"CycloneDX","specVersion":"1.5"} x`:                     "byte 45: something follows the end of the document",
		`{"bomFormat":"CycloneDX","specVersion":"1.5"}{}`:                     "byte 45: something follows the end of the document",
		`{"specVersion":"1.5"}`:                                               `bomFormat is ""; want "CycloneDX"`,
		`{"bomFormat":"SPDX","specVersion":"1.5"}`:                            `bomFormat is "SPDX"; want "CycloneDX"`,
		`{"bomFormat":"CycloneDX","specVersion":"2.0"}`:                       `specVersion is "2.0"; want 1.0 to 1.7`,
		`[]`: "byte 0: want an object",
		``:   "byte 0: the document ends within the document; the file seems cut off",

		"<bom/>": "line 1: the root is <bom>; want <bom> in the name space http://cyclonedx.org/schema/bom/1.6",
		"<bom xmlns='http://cyclonedx.org/schema/ext/vulnerability/1.0'/>":                     "line 1: the root is <bom>; want <bom> in the name space",
		"<bom xmlns='http://cyclonedx.org/schema/bom/2.0'/>":                                   `specVersion is "2.0"; want 1.0 to 1.7`,
		"<!DOCTYPE bom [<!ENTITY a 'b'>]>\n<bom xmlns='http://cyclonedx.org/schema/bom/1.5'/>": "line 1: a document type declaration",
		xmlBOM("<components>&a;</components>"):                                                 "line 2: no well-formed XML: ",
		xmlBOM("<components>\n</compo>"):                                                       "line 3: no well-formed XML: ",
		xmlBOM("<components>caf\xe9"):                                                          "line 2: bytes that are no UTF-8",
		xmlBOM("") + "\n<bom/>":                                                                "line 3: something follows the end of <bom>",
		xmlBOM("") + "\nmore":                                                                  "line 3: something follows the end of <bom>",
		strings.TrimSuffix(xmlBOM("\n<components>"), "</bom>"):                                 "line 3: the document ends within an element; the file seems cut off",
		"<?xml version='1.0' encoding='UTF-16'?><bom/>":                                        `line 1: the encoding "UTF-16" is not read; save the document as UTF-8`,
	} {
		_, err := Read(t.Context(), []byte(text), Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.200s: %v, want %s", text, err, want)
		} else if problem.KindOf(err) != problem.Invalid {
			t.Errorf("%.200s: of kind %s", text, problem.KindOf(err))
		}
	}
}

func TestLimits(t *testing.T) {
	deep := strings.Repeat(`{"name":"a","components":[`, 40) + strings.Repeat("]}", 40)
	deepXML := strings.Repeat("<component><name>a</name><components>", 40) + strings.Repeat("</components></component>", 40)
	for _, c := range []struct {
		text   string
		limits Limits
		want   string
	}{
		{bom(`"a":1`), Limits{Bytes: 10}, "51 bytes, the limit is 10"},
		{bom(`"components":[{"name":"a"},{"name":"b"}]`), Limits{Components: 1}, "more than 1 components, the limit"},
		{xmlBOM("<components><component/><component><name>a</name></component><component/></components>"), Limits{Components: 1}, "more than 1 components, the limit"},
		{bom(`"dependencies":[{"ref":"a","dependsOn":["b","c"]}]`), Limits{Relations: 1}, "more than 1 relations, the limit"},
		{bom(`"vulnerabilities":[{"id":"a"},{"id":"b"}]`), Limits{Weaknesses: 1}, "more than 1 vulnerabilities, the limit"},
		{bom(`"components":[` + deep + `]`), Limits{Depth: 20}, "components[0].components[0]"},
		{xmlBOM("<components>" + deepXML + "</components>"), Limits{Depth: 20}, "line 2: <"},
		{bom(`"x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000)), Limits{}, "byte 10048: in x[0]"},
	} {
		_, err := Read(t.Context(), []byte(c.text), c.limits)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.60s: %.200v, want %s", c.text, err, c.want)
		}
	}
	for _, declared := range []string{"UTF-8", "ISO-8859-1"} {
		text := "<?xml version='1.0' encoding='" + declared + "'?>\n<bom xmlns='http://cyclonedx.org/schema/bom/1.5' " + strings.Repeat("a='>' ", 4<<20) + "/>"
		_, err := Read(t.Context(), []byte(text), Limits{})
		if problem.KindOf(err) != problem.TooLarge || err.Error() != "line 2: one tag or text of more than 16 MiB, the limit" {
			t.Errorf("%s: %v", declared, err)
		}
	}
	b, err := Read(t.Context(), []byte(bom(`"components":[{"name":"`+strings.Repeat("x", 100)+`","version":"1"},{},{},{}]`)), Limits{Field: 50, Broken: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"components[0].name: 100 bytes, the limit is 50", "components[0]: no name", "3 more parts are broken"}
	if d := cmp.Diff(want, b.Broken); d != "" {
		t.Error(d)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, text := range []string{wholeJSON, wholeXML} {
		if _, err := Read(ctx, []byte(text), Limits{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want %v", err, context.Canceled)
		}
	}
}

// The extension that 1.0 to 1.3 had for vulnerabilities, in XML.
func TestVulnerabilityExtension(t *testing.T) {
	b := read(t, `<bom xmlns="http://cyclonedx.org/schema/bom/1.2" xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0"><components><component bom-ref="a"><name>a</name>
<v:vulnerabilities><v:vulnerability ref="a"><v:id>CVE-1</v:id><v:source name="NVD"><v:url>https://nvd.example/1</v:url></v:source>
<v:ratings><v:rating><v:score><v:base>9.8</v:base><v:impact>5</v:impact></v:score><v:severity>Critical</v:severity><v:method>CVSSv3</v:method><v:vector>AV:N</v:vector></v:rating></v:ratings>
<v:cwes><v:cwe>79</v:cwe></v:cwes><v:description>d</v:description><v:recommendations><v:recommendation>r1</v:recommendation><v:recommendation>r2</v:recommendation></v:recommendations></v:vulnerability>
<v:vulnerability><v:id>CVE-2</v:id></v:vulnerability></v:vulnerabilities></component></components></bom>`)
	want := software.Weakness{
		ID: "CVE-1", Source: "NVD", URL: "https://nvd.example/1", Description: "d", Recommended: "r1\nr2", CWEs: []int{79},
		Severities: []software.Severity{{Method: "CVSSv3", Vector: "AV:N", Score: 9.8, Word: "critical"}}, Affects: []software.Affects{{Ref: "a"}},
	}
	if len(b.Weaknesses) != 2 || b.Weaknesses[1].Affects[0].Ref != "a" {
		t.Fatalf("%+v", b.Weaknesses)
	}
	if d := cmp.Diff(want, b.Weaknesses[0]); d != "" {
		t.Error(d)
	}
}
