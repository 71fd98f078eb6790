package spdx

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// A jsonDocument is a JSON object of which it is not known yet what it is: SPDX
// 2 or 3, or an in-toto statement about one, or the signed envelope of that.
type jsonDocument struct {
	two   *document2
	three *document3

	predicateType string
	predicate     int             // its offset; 0 when there is none
	subjects      int             // what the statement is about, so many
	digests       []software.Hash // of the first
	data          int             // offset of a predicate within a predicate; 0 when there is none
	sbom          int             // offset of a document in an answer of GitHub's; 0 when there is none
	payloadType   string
	payload       []byte
	signed        bool
}

// mostWrapped is how deep a document may be in others: an envelope, a statement
// in it, what cosign puts between, and the document in that.
const mostWrapped = 4

// readJSON reads a JSON document, unwrapping it from its envelopes.
func readJSON(ctx context.Context, b []byte, limits Limits, encoding string) (*software.Bill, error) {
	return unwrap(ctx, newScanner(b, limits, nil), encoding, 1)
}

func unwrap(ctx context.Context, s *scanner, encoding string, level int) (*software.Bill, error) {
	if level > mostWrapped {
		return nil, problem.New(problem.Invalid, "an SPDX document in more than %d others", mostWrapped-1)
	}
	d := draftJSON(ctx, s, encoding)
	if err := d.walk(); err != nil {
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
	case d.three.seen || d.two.version != "":
	case d.sbom > 0:
		return unwrap(ctx, s.from(d.sbom), encoding, level+1)
	case d.data > 0 && level > 1:
		return d.inner(ctx, encoding, level)
	case len(d.payload) > 0:
		return d.envelope(ctx, encoding, level)
	}
	bill, lone, err := d.done()
	if lone == "" {
		return bill, err
	}
	d = draftJSON(ctx, s.from(s.base), encoding)
	d.two.want, d.three.want = lone, lone
	if err := d.walk(); err != nil {
		return nil, err
	}
	bill, _, err = d.done()
	return bill, err
}

// done completes the bill of the version that the document turned out to be
// of. It gives lone instead where the document describes a file and nothing
// else: it must be read again, with that file wanted.
func (d *jsonDocument) done() (bill *software.Bill, lone string, err error) {
	if d.three.seen {
		return d.three.done()
	}
	return d.two.done()
}

func draftJSON(ctx context.Context, s *scanner, encoding string) *jsonDocument {
	draft := newDraft(s.limits, encoding)
	s.faults = &draft.faults
	check := pause(ctx)
	return &jsonDocument{
		two:   &document2{draft: draft, scanner: s, pause: check, versionAt: s.base},
		three: newDocument3(draft, s, check),
	}
}

// walk reads the document. An element of SPDX 3 may stand alone, without a
// graph about it.
func (d *jsonDocument) walk() error {
	s := d.two.scanner
	if err := s.object("", d.member); err != nil || !d.three.seen || d.three.graph {
		return err
	}
	d.three.scanner = s.from(s.base)
	_, err := d.three.element()
	return err
}

// member reads a member of the document.
func (d *jsonDocument) member(name []byte) (err error) {
	s := d.two.scanner
	switch string(name) {
	case "@context", "@graph":
		return d.three.member(name)
	case "predicateType":
		return s.text("predicateType", &d.predicateType)
	case "predicate":
		d.predicate = s.next()
		return s.skip()
	case "sbom":
		d.sbom = s.next()
		return s.skip()
	case "Data":
		d.data = s.next()
		return s.skip()
	case "subject":
		return s.list("subject", d.subject)
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
	bill, err := unwrap(ctx, d.two.scanner.from(d.predicate), encoding, level+1)
	if err != nil || d.subjects != 1 {
		return bill, err
	}
	// The statement says by digest which artifact the bill is about.
	if c := bill.RootComponent(); c != nil {
		for _, h := range d.digests {
			if !slices.ContainsFunc(c.Hashes, func(own software.Hash) bool { return own.Algorithm == h.Algorithm }) {
				c.Hashes = append(c.Hashes, h)
			}
		}
	}
	return bill, nil
}

// inner reads a document that cosign put one level deeper, as an object or as a
// text.
func (d *jsonDocument) inner(ctx context.Context, encoding string, level int) (*software.Bill, error) {
	s := d.two.scanner.from(d.data)
	if s.dec.PeekKind() != '"' {
		return unwrap(ctx, s, encoding, level+1)
	}
	text, err := s.dec.ReadValue()
	if err != nil {
		return nil, s.fatal(err)
	}
	text, err = jsontext.AppendUnquote(nil, text)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "predicate.Data")
	}
	if !tagVersion.Match(text) {
		return unwrap(ctx, newScanner(text, d.two.limits, nil), encoding, level+1)
	}
	return readTags(ctx, text, d.two.limits)
}

// subject reads one of what a statement is about: its digests, by their
// algorithms. They are no part of the document, and those that cannot be read
// no fault of it.
func (d *jsonDocument) subject() error {
	d.subjects++
	s := d.two.scanner
	return s.object("", func(name []byte) error {
		if string(name) != "digest" || d.subjects > 1 {
			return s.skip()
		}
		return s.object("digest", func(name []byte) error {
			algorithm := append([]byte(nil), name...)
			value, _, err := s.raw("digest")
			if h, _ := hashOf(algorithm, value); h.Value != "" {
				d.digests = append(d.digests, h)
			}
			return err
		})
	})
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
