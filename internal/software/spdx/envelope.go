package spdx

import (
	"context"
	"encoding/base64"
	"strings"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// A jsonDocument is a JSON object of which it is not known yet what it is: SPDX
// 2 or 3, or an in-toto statement about one, or the signed envelope of that.
type jsonDocument struct {
	two   *document2
	three bool

	predicateType string
	predicate     int // its offset; 0 when there is none
	payloadType   string
	payload       []byte
	signed        bool
}

// mostWrapped is how deep a document may be in others: an envelope, a statement
// in it, and the document in that.
const mostWrapped = 3

// readJSON reads a JSON document, unwrapping it from its envelopes.
func readJSON(ctx context.Context, b []byte, limits Limits, encoding string) (*software.Bill, error) {
	return unwrap(ctx, newScanner(b, limits, nil), encoding, 1)
}

func unwrap(ctx context.Context, s *scanner, encoding string, level int) (*software.Bill, error) {
	if level > mostWrapped {
		return nil, problem.New(problem.Invalid, "an SPDX document in more than %d others", mostWrapped-1)
	}
	d := draftJSON(ctx, s, encoding)
	if err := s.object("", d.member); err != nil {
		return nil, err
	}
	if s.base == 0 {
		if err := s.end(); err != nil {
			return nil, err
		}
	}
	switch {
	case d.predicate > 0 && d.predicateType != "":
		return d.statement(ctx, encoding, level)
	case len(d.payload) > 0:
		return d.envelope(ctx, encoding, level)
	case d.three:
		return nil, problem.New(problem.Invalid, "SPDX 3 is not read")
	}
	bill, lone, err := d.two.done()
	if lone == "" {
		return bill, err
	}
	d = draftJSON(ctx, s.from(s.base), encoding)
	d.two.want = lone
	if err := d.two.scanner.object("", d.two.member); err != nil {
		return nil, err
	}
	bill, _, err = d.two.done()
	return bill, err
}

func draftJSON(ctx context.Context, s *scanner, encoding string) *jsonDocument {
	draft := newDraft(s.limits, encoding)
	s.faults = &draft.faults
	check := pause(ctx)
	return &jsonDocument{
		two: &document2{draft: draft, scanner: s, pause: check},
	}
}

// member reads a member of the document.
func (d *jsonDocument) member(name []byte) (err error) {
	s := d.two.scanner
	switch string(name) {
	case "@context", "@graph":
		d.three = true
		return s.skip()
	case "predicateType":
		return s.text("predicateType", &d.predicateType)
	case "predicate":
		d.predicate = s.next()
		return s.skip()
	case "dsseEnvelope":
		return s.object("dsseEnvelope", d.member)
	case "payloadType":
		return s.text("payloadType", &d.payloadType)
	case "payload":
		d.payload, err = s.dec.ReadValue()
		d.payload = append([]byte(nil), d.payload...)
		return s.fatal(err)
	case "signatures":
		return s.array("signatures", func(int) error {
			d.signed = true
			return s.skip()
		})
	}
	return d.two.member(name)
}

// statement reads the predicate of an in-toto statement, which is the document
// (predicate type https://spdx.dev/Document, in-toto attestation framework).
func (d *jsonDocument) statement(ctx context.Context, encoding string, level int) (*software.Bill, error) {
	if !isPredicate(d.predicateType) {
		return nil, problem.New(problem.Invalid, "predicateType is %q; want https://spdx.dev/Document", clip(d.predicateType))
	}
	return unwrap(ctx, d.two.scanner.from(d.predicate), encoding, level+1)
}

func isPredicate(t string) bool { return strings.HasPrefix(t, "https://spdx.dev/Document") }

const intotoPayload = "application/vnd.in-toto+json"

// envelope reads the payload of a DSSE envelope (DSSE v1, envelope.md), which
// may be in either alphabet of base64. The signature is not verified here.
func (d *jsonDocument) envelope(ctx context.Context, encoding string, level int) (*software.Bill, error) {
	if d.payloadType != intotoPayload {
		return nil, problem.New(problem.Invalid, "payloadType is %q; want %s", clip(d.payloadType), intotoPayload)
	}
	text := strings.Trim(string(d.payload), `"`)
	body, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		body, err = base64.URLEncoding.DecodeString(text)
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "payload is no base64: %v", err)
	}
	bill, err := unwrap(ctx, newScanner(body, d.two.limits, nil), encoding, level+1)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "payload")
	}
	bill.Signed = d.signed
	return bill, nil
}
