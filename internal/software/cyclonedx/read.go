package cyclonedx

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// newest is the last version of CycloneDX that this package knows.
const newest = 7

var (
	byteOrderMark = []byte("\ufeff")
	blank         = " \t\r\n"
	versionText   = regexp.MustCompile(`^1\.(\d{1,2})(\.\d{1,2})?$`)
)

// Read reads a bill of materials. Its errors name the byte of a document in
// JSON, the line of one in XML.
func Read(ctx context.Context, b []byte, limits Limits) (*software.Bill, error) {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	b = bytes.TrimPrefix(b, byteOrderMark)
	in, err := unwrap(b)
	if err != nil {
		return nil, err
	}
	encoding, read := "json", readJSON
	if bytes.HasPrefix(bytes.TrimLeft(in.bytes, blank), []byte("<")) {
		encoding, read = "xml", readXML
	}
	d := newDraft(ctx, limits, encoding, len(in.bytes))
	err = read(in.bytes, d)
	if err == nil {
		err = d.edition()
	}
	var known *problem.Error
	if in.inside && errors.As(err, &known) {
		return nil, problem.Wrap(known.Kind, err, "predicate")
	}
	if err != nil {
		return nil, err
	}
	d.attested(in)
	return d.done(), nil
}

// edition looks at the version of the format that the document is in.
func (d *draft) edition() error {
	m := versionText.FindStringSubmatch(d.bill.Version)
	switch {
	case d.bill.Version == "":
		d.broken("specVersion", "none; read as 1.%d", newest)
	case m == nil:
		return problem.New(problem.Invalid, "specVersion is %s; want 1.0 to 1.%d", quote(d.bill.Version), newest)
	case len(m[1]) > 1 || m[1][0] > '0'+newest:
		d.broken("specVersion", "%s is newer than what is read here; read as 1.%d", quote(d.bill.Version), newest)
	}
	return nil
}

// attested adds what an attestation around the bill says of it.
func (d *draft) attested(in wrapped) {
	d.bill.Signed = d.bill.Signed || in.signed
	root := d.bill.RootComponent()
	if root == nil {
		return
	}
	for _, h := range in.subject {
		if !slices.ContainsFunc(root.Hashes, func(o software.Hash) bool { return o.Algorithm == h.Algorithm }) {
			root.Hashes = append(root.Hashes, h)
		}
	}
}
