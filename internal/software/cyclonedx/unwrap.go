package cyclonedx

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

const (
	intoto    = "application/vnd.in-toto+json" // payloadType of a statement in an envelope
	predicate = "https://cyclonedx.org/bom"    // begins the predicateType of a statement about a bill
)

// The members that tell what a document in JSON is that is no bill itself: a
// Sigstore bundle, a DSSE envelope (DSSE 1.0, section "Data structure"), or an
// in-toto statement (in-toto attestation framework 1.0).
const (
	inBundle    = "dsseEnvelope"
	inEnvelope  = "payload"
	inStatement = "predicate"
)

// wrapped is a document that may be within others.
type wrapped struct {
	bytes   []byte
	inside  bool            // an attestation
	signed  bool            // the envelope has a signature, which nobody verified
	subject []software.Hash // digests of what a statement says that the bill is about
}

// unwrap takes a bill out of what it may be in.
func unwrap(b []byte) (wrapped, error) {
	w := wrapped{bytes: b}
	for kind := kindOf(b); kind != ""; kind = kindOf(w.bytes) {
		var err error
		switch kind {
		case inBundle:
			err = w.bundle()
		case inEnvelope:
			err = w.envelope()
		case inStatement:
			// What is in it is the bill, whatever it looks like.
			return w, w.statement()
		}
		if err != nil {
			return w, err
		}
	}
	return w, nil
}

// kinds of documents, by members that each has.
var wrappers = map[string]string{
	"dsseEnvelope": inBundle, "verificationMaterial": inBundle,
	"payload": inEnvelope, "payloadType": inEnvelope, "signatures": inEnvelope,
	"predicate": inStatement, "predicateType": inStatement, "subject": inStatement,
}

// kindOf is what a document has a bill in; "" when it is one itself, or none.
func kindOf(b []byte) (kind string) {
	if !bytes.HasPrefix(bytes.TrimLeft(b, blank), []byte("{")) {
		return ""
	}
	_ = members(b, func(name string, _ func() []byte) bool {
		kind = wrappers[name]
		return kind == "" && name != "bomFormat" && name != "$schema" && name != "specVersion" && name != "components"
	})
	return kind
}

// members calls each for each member of an object, with what reads its value,
// until it has enough.
func members(b []byte, each func(name string, value func() []byte) bool) error {
	// What texts hold is for the reader of the bill to check.
	dec := jsontext.NewDecoder(bytes.NewBuffer(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		read := false
		value := func() []byte {
			read = true
			var v jsontext.Value
			if v, err = dec.ReadValue(); err != nil {
				return nil
			}
			end := int(dec.InputOffset())
			return b[end-len(v) : end]
		}
		if more := each(name.String(), value); !more || err != nil {
			return err
		}
		if read {
			continue
		}
		if err := dec.SkipValue(); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// some reads members of an object, the first of each name.
func some(b []byte, want ...string) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := members(b, func(name string, value func() []byte) bool {
		for _, w := range want {
			if w == name && out[name] == nil {
				out[name] = value()
			}
		}
		return true
	})
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, problem.New(problem.Invalid, "byte %d: the document ends too early; the file seems cut off", len(b))
	case errors.As(err, &syntax):
		return nil, problem.New(problem.Invalid, "byte %d: no well-formed JSON: %v", syntax.ByteOffset, syntax.Err)
	}
	return out, err
}

// bundle takes the envelope out of a Sigstore bundle.
func (w *wrapped) bundle() error {
	m, err := some(w.bytes, inBundle)
	if err != nil {
		return err
	}
	if kindOf(m[inBundle]) != inEnvelope {
		return problem.New(problem.Invalid, "the Sigstore bundle has no dsseEnvelope; want one with a statement about a bill of materials")
	}
	w.bytes = m[inBundle]
	return nil
}

// envelope takes the statement out of a DSSE envelope.
func (w *wrapped) envelope() error {
	m, err := some(w.bytes, "payloadType", inEnvelope, "signatures")
	if err != nil {
		return err
	}
	if kind := textOf(m["payloadType"]); kind != intoto {
		return problem.New(problem.Invalid, "payloadType is %s; want %q", quote(kind), intoto)
	}
	body, err := decoded(textOf(m[inEnvelope]))
	if err != nil {
		return problem.New(problem.Invalid, "payload: %v", err)
	}
	if kindOf(body) != inStatement {
		return problem.New(problem.Invalid, "payload: no in-toto statement, which has a predicate")
	}
	w.bytes, w.signed = body, bytes.HasPrefix(m["signatures"], []byte("[")) && len(bytes.Trim(m["signatures"], "[] \t\r\n")) > 0
	return nil
}

// decoded reads base64 in either alphabet, as DSSE lets it be written.
func decoded(text string) ([]byte, error) {
	if strings.ContainsAny(text, "-_") {
		return base64.URLEncoding.DecodeString(text)
	}
	return base64.StdEncoding.DecodeString(text)
}

// statement takes the bill out of an in-toto statement. cosign put it one level
// deeper for some time.
func (w *wrapped) statement() error {
	m, err := some(w.bytes, "predicateType", inStatement, "subject")
	if err != nil {
		return err
	}
	if kind := textOf(m["predicateType"]); !strings.HasPrefix(kind, predicate) {
		return problem.New(problem.Invalid, "predicateType is %s; want %q", quote(kind), predicate)
	}
	w.subject = digests(m["subject"])
	w.bytes, w.inside = m[inStatement], true
	if !bytes.HasPrefix(w.bytes, []byte("{")) {
		return problem.New(problem.Invalid, "predicate: want an object")
	}
	if m, err := some(w.bytes, "bomFormat", "Data"); err == nil && m["bomFormat"] == nil && m["Data"] != nil {
		w.bytes = m["Data"]
	}
	return nil
}

// digests are those of the one artifact that a statement is about. Of several
// nobody knows which is the bill's.
func digests(subject []byte) []software.Hash {
	var all []struct {
		Digest map[string]string `json:"digest"`
	}
	if json.Unmarshal(subject, &all) != nil || len(all) != 1 {
		return nil
	}
	var out []software.Hash
	for _, name := range []string{"sha256", "sha384", "sha512"} {
		if h, wrong := hashOf(name, all[0].Digest[name]); wrong == "" {
			out = append(out, h)
		}
	}
	return out
}

// textOf is a string in JSON; "" for anything else.
func textOf(b []byte) string {
	text, err := jsontext.AppendUnquote(nil, b)
	if err != nil {
		return ""
	}
	return string(text)
}
