package envelope

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/problem"
)

var sum = strings.Repeat("ab", 32)

func stated(predicate string) string {
	return `{"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://openvex.dev/ns/v0.2.0", "subject": [{"name": "a", "digest": {"sha1": "x", "sha256": "` +
		strings.ToUpper(sum) + `"}}, {"digest": {"sha1": "y"}}], "predicate": ` + predicate + `}`
}

func enveloped(body string) string {
	return fmt.Sprintf(`{"payloadType": "application/x", "payload": "%s", "signatures": [{"sig": "AA=="}]}`, base64.StdEncoding.EncodeToString([]byte(body)))
}

func bundled(envelope string) string {
	return `{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": {"certificate": {"rawBytes": "AA=="}}, "dsseEnvelope": ` + envelope + `}`
}

const doc = `{"@context": "https://openvex.dev/ns/v0.2.0", "x": [{"payload": 1}]}`

func TestOpen(t *testing.T) {
	about := []string{"sha256:" + sum}
	for _, c := range []struct {
		in   string
		want Contents
	}{
		{doc, Contents{}},
		{stated(doc), Contents{Type: "https://openvex.dev/ns/v0.2.0", Subjects: about}},
		{enveloped(doc), Contents{Type: "application/x", Signed: true}},
		{enveloped(stated(doc)), Contents{Type: "https://openvex.dev/ns/v0.2.0", Subjects: about, Signed: true}},
		{bundled(enveloped(stated(doc))), Contents{Type: "https://openvex.dev/ns/v0.2.0", Subjects: about, Signed: true}},
	} {
		c.want.Body = []byte(doc)
		got, err := Open([]byte(c.in), jsondoc.Limits{Text: 70})
		if err != nil {
			t.Errorf("%.60s: %v", c.in, err)
			continue
		}
		if d := cmp.Diff(&c.want, got); d != "" {
			t.Errorf("%.60s: (-want +got)\n%s", c.in, d)
		}
		// The head tells as much; base64 cut off somewhere loses its last bytes.
		inside, typ := Peek([]byte(c.in))
		if start := doc[:len(doc)-3]; !strings.HasPrefix(string(inside), start) || c.want.Subjects != nil && typ != c.want.Type {
			t.Errorf("%.60s: inside is %q of type %q", c.in, inside, typ)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	deep := doc
	for range maxLayers {
		deep = enveloped(deep)
	}
	for in, want := range map[string]string{
		`{"payloadType": "x", "payload": "!"}`:         "payload: want base64",
		`{"payloadType": "x"}`:                         "payload: missing",
		`{"payloadType": "x", "payload": "AA=="}`:      "payload: line 1: not JSON",
		`{"payload": 7}`:                               "payload: want a text, got number",
		`{"predicateType": "x", "predicate": [1]}`:     "predicate: want an object",
		bundled(`7`):                                   "dsseEnvelope: line 1: want a JSON object",
		enveloped(`{"x": ` + strings.Repeat("[", 70)):  "payload: line 1: nested more than",
		enveloped(`{"x": "` + strings.Repeat("y", 99)): "payload: ",
		deep: "envelopes in envelopes",
	} {
		_, err := Open([]byte(in), jsondoc.Limits{})
		if err == nil || !strings.Contains(err.Error(), want) || problem.KindOf(err) == problem.Internal {
			t.Errorf("%.60s: %v; want %q", in, err, want)
		}
	}
	if _, err := Open([]byte(stated(`{"x": "`+strings.Repeat("y", 99)+`"}`)), jsondoc.Limits{Text: 70}); problem.KindOf(err) != problem.TooLarge {
		t.Errorf("a text beyond the limit in a statement: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, s := range []string{doc, stated(doc), bundled(enveloped(stated(doc))), `{"payload": "e30"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		Peek(b)
		c, err := Open(b, jsondoc.Limits{Bytes: 1 << 16})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%v has no kind", err)
			}
			return
		}
		if kindOf(c.Body) != bare {
			t.Errorf("still in an envelope: %s", c.Body)
		}
	})
}
