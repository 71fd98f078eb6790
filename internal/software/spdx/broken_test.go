package spdx

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// A wrong value is reported with its place, and the rest is used.
func TestBroken(t *testing.T) {
	for text, want := range map[string]string{
		packages(`{"SPDXID":"SPDXRef-a","name":"a","versionInfo":12}`, ""): `packages[0].versionInfo: want a text, got a number`,
		packages(ab+`,7`, ""): `packages[2]: want an object, got a number`,
		packages(ab+`,{"SPDXID":"SPDXRef-a","name":"c"}`, ""):                                                       `packages[2]: the id "SPDXRef-a" is that of the component "a" already`,
		packages(`{"SPDXID":"SPDXRef-a"}`, ""):                                                                      `packages[0]: no name`,
		packages(`{"versionInfo":"1"}`, ""):                                                                         `packages[0]: neither a name nor an id; left out`,
		packages(`{"name":"a"}`, ""):                                                                                `packages[0]: no id; no relation can be to it`,
		packages(`{"SPDXID":"SPDXRef-a","name":"a","externalRefs":{}}`, ""):                                         `packages[0].externalRefs: want an array, got an object`,
		packages(`{"SPDXID":"SPDXRef-a","name":"a","externalRefs":[{},{"referenceType":true}]}`, ""):                `packages[0].externalRefs[1].referenceType: want a text, got true`,
		packages(`{"SPDXID":"SPDXRef-a","name":"a","checksums":[{"algorithm":"SHA1","checksumValue":"xyz"}]}`, ""):  `packages[0].checksums[0].checksumValue: SHA-1 is no hexadecimal number: xyz`,
		packages(`{"SPDXID":"SPDXRef-a","name":"a","checksums":[{"algorithm":"SHA1","checksumValue":"00ff"}]}`, ""): `packages[0].checksums[0].checksumValue: SHA-1 has another length: 00ff`,
		packages(`{"SPDXID":"SPDXRef-a","name":"a","checksums":[{"algorithm":"CRC","checksumValue":"00ff"}]}`, ""):  `packages[0].checksums[0].checksumValue: unknown digest CRC`,
		packages(ab, relates("a", "DEPENDS_ON", "gone")+","+relates("a", "DEPENDS_ON", "lost")):                     `relationships: 2 ids that nothing in the document has, the first is "SPDXRef-gone"`,
		packages(ab, relates("a", "LIKES", "b")+","+relates("b", "LIKES", "a")):                                     `relationships: 2 of type "LIKES", which SPDX does not have`,
		packages(ab, `{"spdxElementId":"SPDXRef-a"}`):                                                               `relationships[0]: want spdxElementId, relatedSpdxElement and relationshipType, each a text`,
		`{"spdxVersion":"SPDX-2.3","creationInfo":[1]}`:                                                             `creationInfo: want an object, got an array`,
		packages(`{"SPDXID":"SPDXRef-a","name":"`+strings.Repeat("x", 70_000)+`"}`, ""):                             `packages[0].name: 70000 bytes, the limit is 65536`,
	} {
		b, err := Read(t.Context(), []byte(text), Limits{})
		if err != nil {
			t.Errorf("%.200s: %v", text, err)
			continue
		}
		if len(b.Broken) == 0 || b.Broken[0] != want {
			t.Errorf("%.200s:\ngot  %q\nwant %q", text, b.Broken, want)
		}
	}
}

// A digest of zeros, null and the names for nothing are silence, not faults.
func TestSilence(t *testing.T) {
	for _, text := range []string{
		packages(`{"SPDXID":"SPDXRef-a","name":"a","versionInfo":null,"supplier":"NOASSERTION","licenseDeclared":"NONE","copyrightText":"NONE",
			"downloadLocation":"NOASSERTION","checksums":[{"algorithm":"SHA1","checksumValue":"0000000000000000000000000000000000000000"}]}`, ""),
		strings.Replace(packages(`{"SPDXID":"SPDXRef-a","name":"a"}`, relates("a", "DEPENDS_ON", "b")), "SPDXRef-b", "NONE", 1),
	} {
		want := &software.Bill{
			Format: "SPDX", Version: "2.3", Encoding: "json", Name: "d", Root: -1,
			Components: []software.Component{{Ref: "SPDXRef-a", Name: "a", Parent: -1}},
		}
		if d := cmp.Diff(want, read(t, text)); d != "" {
			t.Error(d)
		}
	}
}

// What is not well-formed, or too much, is refused with its place.
func TestRefused(t *testing.T) {
	small := Limits{Bytes: 10_000, YAML: 400, Nodes: 350, Depth: 6, Components: 2, Relations: 2}
	aliases := "spdxVersion: SPDX-2.3\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\nf: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ng: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
	for text, want := range map[string]string{
		"":                            "line 1: empty",
		"name,version\n":              "line 1: no SPDX document",
		"{}":                          `line 1 (byte 0): no version of SPDX; want "spdxVersion" to be SPDX-2.1, 2.2 or 2.3`,
		`{"spdxVersion": 2}`:          "line 1 (byte 16): spdxVersion: want a text like SPDX-2.3, got a number",
		`{"spdxVersion": "SPDX-1.2"}`: `line 1 (byte 16): the version is "SPDX-1.2"; want SPDX-2.1, 2.2 or 2.3`,
		"{\n\"spdxVersion\": \"SPDX-2.3\",\n\"packages\": [{\"name\"":                                    "line 3 (byte 49): not JSON: the document is cut off",
		"{\"spdxVersion\": \"SPDX-2.3\",\n\"name\": \"\xff\"}":                                           "line 2 (byte 37): not JSON: invalid UTF-8",
		"{\"spdxVersion\": \"SPDX-2.3\"}\nmore":                                                          "line 2 (byte 28): more text after the end",
		packages(ab+`,{"SPDXID":"SPDXRef-c","name":"c"}`, ""):                                            "more than 2 packages",
		packages(ab, strings.Repeat(relates("a", "CONTAINS", "b")+",", 2)+relates("a", "CONTAINS", "b")): "more than 2 relations",
		strings.Repeat(" ", 10_001):                                                                      "10001 bytes, the limit is 10000",
		`<rdf:RDF xmlns:spdx="http://spdx.org/rdf/terms#">`:                                              "line 1: SPDX as RDF/XML is not read",
		"name: x\nspdxVersion: 2.3\n":                                                                    `line 2: the version is "2.3"; want SPDX-2.1, 2.2 or 2.3`,
		aliases:                                                                                          "line 2: aliases make the document larger than",
		"spdxVersion: SPDX-2.3\na: [[[[[[[x]]]]]]]\n":                                                    "line 2: nested more than 6 deep",
		"spdxVersion: SPDX-2.3\n" + strings.Repeat(",", 360):                                             "about 362 values in YAML, the limit is 350",
		"spdxVersion: SPDX-2.3\na: [\n":                                                                  "not YAML: ",
		"spdxVersion: SPDX-2.3\n" + strings.Repeat("#\n", 200):                                           "422 bytes of YAML, the limit is 400",
		"SPDXVersion: SPDX-2.3\nPackageName: <text>open\n":                                               "line 2: <text> is not closed",
		"SPDXVersion: SPDX-2.3\nPackageName: a\xff\n":                                                    "line 2 (byte 36): not UTF-8",
		"SPDXVersion: SPDX-9\n":                                                                          `line 1: the version is "SPDX-9"`,
		`{"predicateType": "https://slsa.dev/provenance/v1", "predicate": {}}`:                           `predicateType is "https://slsa.dev/provenance/v1"; want https://spdx.dev/Document`,
		`{"payloadType": "text/plain", "payload": "e30="}`:                                               `payloadType is "text/plain"; want application/vnd.in-toto+json`,
	} {
		_, err := Read(t.Context(), []byte(text), small)
		if err == nil || !strings.Contains(err.Error(), want) || problem.KindOf(err) == problem.Internal {
			t.Errorf("%.80q: %v; want %q", text, err, want)
		}
	}
}

// Faults are told up to a limit, and counted beyond it.
func TestManyFaults(t *testing.T) {
	b, err := Read(t.Context(), []byte(packages(strings.Repeat(`{},`, 50)+`{}`, "")), Limits{Faults: 3})
	if err != nil || len(b.Broken) != 4 || b.Broken[3] != "and 48 more" {
		t.Errorf("%v %v", b, err)
	}
}

func TestStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	many := packages(strings.Repeat(`{"name":"a"},`, 2000)+`{"name":"a"}`, "")
	tags := "SPDXVersion: SPDX-2.3\n" + strings.Repeat("PackageName: a\n", 2000)
	for _, text := range []string{many, tags, "spdxVersion: SPDX-2.3\n"} {
		if _, err := Read(ctx, []byte(text), Limits{}); err == nil {
			t.Errorf("%.40q was read", text)
		}
	}
}
