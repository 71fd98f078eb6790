// Package envelope takes a VEX document or advisory out of what it may come in:
// a Sigstore bundle, a DSSE envelope (DSSE 1.0), an in-toto statement (in-toto
// attestation framework 1.0), or one in another.
//
// Begin with [Open], and with [Peek] to recognise a format. No signature is
// verified here: what an envelope says of its signer is for whoever has the keys.
package envelope

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"

	"countersign.dev/internal/advisory/vex"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/problem"
)

// Contents is what was in an envelope, or the document itself when it came in
// none.
type Contents struct {
	Body     []byte
	Type     string   // of the innermost envelope's payload or predicate; "" without an envelope
	Subjects []string // digests of what an in-toto statement is about, as "sha256:…"
	Signed   bool     // an envelope has a signature, which nobody verified
}

// maxLayers bounds how many envelopes are opened. A bundle has an envelope that
// has a statement.
const maxLayers = 4

// maxSubjects bounds what one statement is about.
const maxSubjects = 1000

// layer is the members by which an envelope is told.
type layer struct {
	DSSE          json.RawMessage   `json:"dsseEnvelope"`
	Payload       *string           `json:"payload"`
	PayloadType   string            `json:"payloadType"`
	Signatures    []json.RawMessage `json:"signatures"`
	StatementType string            `json:"_type"`
	PredicateType string            `json:"predicateType"`
	Predicate     json.RawMessage   `json:"predicate"`
	Subject       []subject         `json:"subject"`
}

type subject struct {
	Digest map[string]string `json:"digest"`
}

// Open takes the document out of what it is in, within the limits, of which
// each layer is held to all. The error names the line or the place.
func Open(b []byte, limits jsondoc.Limits) (*Contents, error) {
	out := &Contents{Body: b}
	place := ""
	for range maxLayers {
		kind := kindOf(out.Body)
		body, err := jsondoc.Check(out.Body, within(limits, kind, len(b)))
		if err != nil {
			return nil, at(place, err)
		}
		out.Body = body
		if kind == bare {
			return out, nil
		}
		var l layer
		if err := jsondoc.Decode(body, place, &l); err != nil {
			return nil, err
		}
		if place, err = out.open(&l, kind, place); err != nil {
			return nil, err
		}
	}
	return nil, problem.New(problem.Invalid, "%s: envelopes in envelopes, more than %d deep", place, maxLayers)
}

// within is the limits of a layer: the payload of an envelope is one text, as
// long as all that it wraps.
func within(limits jsondoc.Limits, kind kind, size int) jsondoc.Limits {
	if kind != bare && kind != statement {
		limits.Text = max(limits.Text, size)
	}
	return limits
}

func at(place string, err error) error {
	if place == "" {
		return err
	}
	return problem.New(problem.KindOf(err), "%s: %s", place, problem.Message(err))
}

// open goes one layer inwards, and gives the place of what is there.
func (c *Contents) open(l *layer, kind kind, place string) (string, error) {
	switch kind {
	case bundle:
		c.Body = l.DSSE
		return jsondoc.Place(place, "dsseEnvelope"), nil
	case dsse:
		place = jsondoc.Place(place, "payload")
		if l.Payload == nil {
			return "", problem.New(problem.Invalid, "%s: missing", place)
		}
		body, err := decode(*l.Payload)
		if err != nil {
			return "", problem.New(problem.Invalid, "%s: want base64: %v", place, err)
		}
		c.Body, c.Type, c.Signed = body, l.PayloadType, c.Signed || len(l.Signatures) > 0
		return place, nil
	}
	place = jsondoc.Place(place, "predicate")
	if len(l.Predicate) == 0 || l.Predicate[0] != '{' {
		return "", problem.New(problem.Invalid, "%s: want an object", place)
	}
	c.Body, c.Type = l.Predicate, l.PredicateType
	for _, s := range l.Subject[:min(len(l.Subject), maxSubjects)] {
		for _, algorithm := range []string{"sha256", "sha512", "sha384"} {
			if d := vex.Digest(algorithm, s.Digest[algorithm]); d != "" {
				c.Subjects = append(c.Subjects, d)
				break
			}
		}
	}
	return place, nil
}

// kind is what a document is.
type kind int

const (
	bare kind = iota
	bundle
	dsse
	statement
)

// kinds are by which members the kinds are told. What a document of any other
// format may also have, as "subject", does not tell.
var kinds = map[string]kind{
	"dsseEnvelope": bundle, "verificationMaterial": bundle, "payloadType": dsse, "payload": dsse, "predicateType": statement, "predicate": statement,
}

func kindOf(b []byte) (is kind) {
	jsondoc.Keys(b, func(outer, key, text string) bool {
		if outer != "" {
			return true
		}
		if key == "_type" && strings.HasPrefix(text, "https://in-toto.io/Statement/") {
			is = statement
		} else {
			is = kinds[key]
		}
		// The document's own formats tell themselves by their first members.
		return is == bare && key != "@context" && key != "document"
	})
	return is
}

func decode(s string) ([]byte, error) {
	s = strings.TrimRight(s, "=")
	if strings.ContainsAny(s, "-_") {
		return base64.RawURLEncoding.DecodeString(s)
	}
	return base64.RawStdEncoding.DecodeString(s)
}

var (
	payload       = regexp.MustCompile(`"payload"\s*:\s*"([A-Za-z0-9+/_-]*)`)
	predicateType = regexp.MustCompile(`"predicateType"\s*:\s*"([^"\\]{1,200})"`)
	predicate     = regexp.MustCompile(`"predicate"\s*:\s*\{`)
)

// Peek looks into envelopes as far as the head of a document has them: it gives
// the head of what is inside, and the type of the innermost envelope, or ""
// when there is none. Head may be cut off anywhere.
func Peek(head []byte) (inside []byte, typ string) {
	for range maxLayers {
		switch kindOf(head) {
		case bare:
			return head, typ
		case bundle:
			i := bytes.Index(head, []byte(`"dsseEnvelope"`))
			j := -1
			if i >= 0 {
				j = bytes.IndexByte(head[i:], '{')
			}
			if j < 0 {
				return nil, ""
			}
			head = head[i+j:]
		case dsse:
			m := payload.FindSubmatch(head)
			if m == nil {
				return nil, ""
			}
			body, err := decode(string(m[1][:len(m[1])/4*4]))
			if err != nil {
				return nil, ""
			}
			head = body
		case statement:
			if m := predicateType.FindSubmatch(head); m != nil {
				typ = string(m[1])
			}
			i := predicate.FindIndex(head)
			if i == nil {
				return nil, typ
			}
			head = head[i[1]-1:]
		}
	}
	return nil, ""
}
