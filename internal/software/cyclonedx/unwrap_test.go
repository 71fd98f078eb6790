package cyclonedx

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

var subjectDigest = strings.Repeat("0f", 32)

func statement(predicate string) string {
	return fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://cyclonedx.org/bom/v1.6","subject":[{"name":"app","digest":{"sha256":"%s","gitCommit":"x"}}],"predicate":%s}`, subjectDigest, predicate)
}

func envelope(statement string) string {
	return fmt.Sprintf(`{"payload":"%s","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"AA=="}]}`, base64.StdEncoding.EncodeToString([]byte(statement)))
}

func bundle(envelope string) string {
	return `{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"x"}},"dsseEnvelope":` + envelope + `}`
}

const smallBOM = `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"application","name":"app"}},"components":[{"type":"library","name":"a"}]}`

func TestUnwrap(t *testing.T) {
	urlSafe := fmt.Sprintf(`{"payloadType":"application/vnd.in-toto+json","payload":"%s","signatures":[]}`, base64.URLEncoding.EncodeToString([]byte(statement(smallBOM))))
	for name, c := range map[string]struct {
		text   string
		signed bool
	}{
		"statement":          {statement(smallBOM), false},
		"statement, cosign":  {statement(`{"Data":` + smallBOM + `,"Timestamp":"x"}`), false},
		"envelope":           {envelope(statement(smallBOM)), true},
		"envelope, unsigned": {urlSafe, false},
		"bundle":             {bundle(envelope(statement(smallBOM))), true},
	} {
		if !Recognise("", []byte(c.text)) {
			t.Errorf("%s is not recognised", name)
		}
		b, err := Read(t.Context(), []byte(c.text), Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if b.Signed != c.signed || len(b.Components) != 2 {
			t.Errorf("%s: signed %v, %d components", name, b.Signed, len(b.Components))
		}
		if d := cmp.Diff([]software.Hash{{Algorithm: "SHA-256", Value: subjectDigest}}, b.Components[0].Hashes); d != "" {
			t.Errorf("%s: digests of the release: %s", name, d)
		}
	}
}

func TestUnwrapErrors(t *testing.T) {
	for text, want := range map[string]string{
		strings.Replace(statement(smallBOM), "cyclonedx.org/bom", "slsa.dev/provenance", 1): `predicateType is "https://slsa.dev/provenance/v1.6"; want "https://cyclonedx.org/bom"`,
		statement(`"x"`):                        "predicate: want an object",
		statement(`{"x":1}`):                    `predicate: bomFormat is ""; want "CycloneDX"`,
		statement(smallBOM)[:300]:               "byte 300: the document ends too early; the file seems cut off",
		envelope("plain text"):                  "payload: no in-toto statement, which has a predicate",
		envelope(envelope(statement(smallBOM))): "payload: no in-toto statement, which has a predicate",
		strings.Replace(envelope("{}"), "vnd.in-toto+json", "json", 1):      `payloadType is "application/json"; want "application/vnd.in-toto+json"`,
		`{"payload":"!!","payloadType":"application/vnd.in-toto+json"}`:     "payload: illegal base64 data",
		`{"mediaType":"x","verificationMaterial":{},"messageSignature":{}}`: "the Sigstore bundle has no dsseEnvelope",
		`{"mediaType":"x","dsseEnvelope":` + bundle("{}") + `}`:             "the Sigstore bundle has no dsseEnvelope",
	} {
		_, err := Read(t.Context(), []byte(text), Limits{})
		if err == nil || !strings.HasPrefix(err.Error(), want) || problem.KindOf(err) != problem.Invalid {
			t.Errorf("%.100s: %v, want %s", text, err, want)
		}
	}
}

func TestRecognise(t *testing.T) {
	long := strings.Repeat(" ", 3000) + strings.Repeat(`{"name":"x"},`, 9000)
	for text, want := range map[string]bool{
		`{"bomFormat":"CycloneDX"`:                                                           true,
		`{"bomFormat": "CycloneDX", "specVersion": "1.4", "co`:                               true,
		"\ufeff\r\n {\"serialNumber\":\"x\",\"bomFormat\":\"CycloneDX\"}":                    true,
		`{"$schema":"http://cyclonedx.org/schema/bom-1.5.schema.json","specVersion":"1.5"}`:  true,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema","bomFormat":"CycloneDX"}`: true,
		`{"components":[{"bom-ref":"a"` + long:                                               true,
		`{"bomFormat":"SPDX"}`:                                                               false,
		`{"nested":{"bomFormat":"CycloneDX"}}`:                                               false,
		`{"bomFormat":7}`:                                                                    false,
		`{"spdxVersion":"SPDX-2.3"}`:                                                         false,
		`{"document":{"category":"x"}`:                                                       false,
		`[{"bomFormat":"CycloneDX"}]`:                                                        false,
		`CycloneDX`:                                                                          false,
		``:                                                                                   false,
		`<?xml version="1.0"?><!-- c --><bom xmlns="http://cyclonedx.org/schema/bom/1.0" version="1">`: true,
		`<c:bom xmlns:c="http://cyclonedx.org/schema/bom/1.4"><c:comp`:                                 true,
		`<bom xmlns="http://example.org/bom">`:                                                         false,
		`<bom>`:                                                                                        false,
		`<sdnList xmlns="http://cyclonedx.org/schema/bom/1.4">`:                                        false,
		`<bom xmlns="http://cyclonedx`:                                                                 false,
		`{"payload":"eyJ4Ijox`:                                                                         false,
		envelope(statement(smallBOM))[:400]:                                                            true,
		envelope(strings.Replace(statement(smallBOM), "cyclonedx.org/bom", "slsa.dev/provenance", 1)): false,
		`{"predicate":` + smallBOM[:100]:  true,
		`{"predicate":{"buildType":"x"`:   false,
		`{"components":[` + long + `{"na`: false,
	} {
		if got := Recognise("x.json", []byte(text)); got != want {
			t.Errorf("%.120s: %v", text, got)
		}
	}
}
