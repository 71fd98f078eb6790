package verify

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/assurance/sigstore"
	"countersign.dev/internal/problem"
)

// Untrusted is what [Trust.Each] answers where the signature is by nobody who is
// trusted: whether it is genuine cannot be told.
const Untrusted = "untrusted"

// Part is one attestation of a file, taken apart and not verified.
type Part struct {
	Kind        string // "dsse" or "sigstore-bundle"
	Place       string // the file, and where in it
	Certificate bool   // signed with a certificate beside it, not with a key that the verifier must have
	KeyHint     string // the signer's name of its key, which nothing vouches for
	// Envelope is what was signed; nil for a signature over an artifact itself,
	// of which Digest is that.
	Envelope *dsse.Envelope
	Digest   string // "sha256:…"

	part part
}

// IsAttestation reports whether a file that begins so is one that [Parts] takes
// apart: a bundle, an envelope, or several.
func IsAttestation(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	switch kindOf(head) {
	case kindBundle:
		// Documents of other formats have a mediaType too.
		return bytes.Contains(head, []byte("dev.sigstore.bundle")) || bytes.Contains(head, []byte(`"verificationMaterial"`))
	case kindEnvelope:
		return bytes.Contains(head, []byte(`"payload`))
	case kindList:
		return bytes.Contains(head, []byte(`"bundle"`))
	}
	return false
}

// Parts takes a file apart: a bundle, an envelope, JSON lines of these, or what
// npm and GitHub answer. All of it must be readable. The error names the place.
func Parts(f File) ([]Part, error) {
	r, err := recognise(f)
	if err != nil {
		return nil, err
	}
	if len(r.parts) == 0 {
		return nil, problem.New(problem.Invalid, "%s: no attestation that is kept: want a Sigstore bundle, a DSSE envelope, or several", f.Name)
	}
	var out []Part
	for _, p := range r.parts {
		one, err := open(p)
		if err != nil {
			return nil, named(p.place, err)
		}
		out = append(out, one)
	}
	return out, nil
}

func open(p part) (Part, error) {
	out := Part{Kind: p.kind, Place: p.place, part: p}
	if p.kind == kindBundle {
		b, err := sigstore.ParseBundle(p.bytes)
		if err != nil {
			return out, err
		}
		out.Certificate, out.KeyHint, out.Envelope = !b.Key, b.KeyHint, b.Envelope
		if b.Envelope == nil {
			out.Digest = b.Digest.Algorithm + ":" + hex.EncodeToString(b.Digest.Value)
		}
		return out, nil
	}
	e, err := dsse.Parse(p.bytes)
	if err != nil {
		return out, err
	}
	if len(e.Signatures) == 0 {
		return out, problem.New(problem.Invalid, "signatures: empty; want at least one")
	}
	out.Envelope, out.KeyHint = e, e.Signatures[0].KeyID
	out.Certificate = slices.ContainsFunc(e.Signatures, func(s dsse.Signature) bool { return len(s.Cert) > 0 })
	return out, nil
}

// ClaimsOf is what a statement says, as far as its type is known; nil where
// it is not.
func ClaimsOf(s *intoto.Statement) *Claims { return claimsOf(s) }

// Trust is whose signatures can be verified. Whether a signer may say what it
// says is for whoever asks.
type Trust struct {
	Keys []dsse.PublicKey
	Root *sigstore.Root // of Sigstore; nil for none
	// Types are payload types that the caller reads itself: what is signed is
	// verified, and not looked at.
	Types []string
}

// Each verifies the parts of a file, each by itself, and answers in their order.
// A result is [Valid], [Invalid] or [Untrusted] whatever the day: from when to
// when a statement is valid, and when it was signed, is told beside it.
//
// [Verify] answers one question about all of a file; Each is for whoever keeps
// attestations by many signers.
func (t Trust) Each(parts []Part) []*Attestation {
	out := make([]*Attestation, len(parts))
	for i := range parts {
		out[i] = t.verify(&parts[i])
	}
	return out
}

func (t Trust) verify(p *Part) *Attestation {
	if t.Root == nil && (p.Kind == kindBundle || p.Certificate && len(t.Keys) == 0) {
		return &Attestation{File: p.Place, Result: Untrusted, Reason: "signed by way of Sigstore, and no trusted root of that is held"}
	}
	var a *Attestation
	if p.Kind != kindBundle || !p.Certificate {
		a = t.with(p, t.Keys)
	}
	// A certificate is held against keys where there are any, so those of others
	// must not stand beside it.
	if p.Certificate && t.Root != nil && (a == nil || a.Result == Invalid && a.Signer == nil) {
		a = t.with(p, nil)
	}
	if a.Result == Invalid && a.Signer == nil && !p.Certificate && !t.claimed(p) {
		a.Result, a.Reason = Untrusted, "by no key that is trusted"
		if p.KeyHint != "" {
			a.Reason += "; it calls its key " + clipped(p.KeyHint)
		}
	}
	return a
}

// with verifies a part with these keys alone.
func (t Trust) with(p *Part, keys []dsse.PublicKey) *Attestation {
	c := &checker{keys: keys, root: t.Root}
	if p.Envelope != nil && slices.Contains(t.Types, p.Envelope.PayloadType) {
		return c.signature(p)
	}
	a := c.attestation(p.part)
	if a.Result != Invalid {
		a.Result, a.Reason = Valid, ""
	}
	a.Reason, _, _ = strings.Cut(a.Reason, ". If you know it is, name it with")
	return a
}

// signature verifies who signed, and leaves what to the caller.
func (c *checker) signature(p *Part) *Attestation {
	a := &Attestation{File: p.Place, PayloadType: p.Envelope.PayloadType, Result: Valid}
	var err error
	if p.Kind == kindBundle {
		_, err = c.bundle(p.part, a)
	} else {
		_, err = c.envelope(p.part, a)
	}
	if err != nil {
		a.Result, a.Reason = Invalid, reasonOf(err)
	}
	return a
}

// claimed reports whether an envelope says that it is by a key that is trusted.
// If it is not, it was changed, or somebody pretends.
func (t Trust) claimed(p *Part) bool {
	if p.Kind == kindBundle || p.Envelope == nil {
		return false // a bundle's hint is of no form that could be compared
	}
	for _, s := range p.Envelope.Signatures {
		if slices.ContainsFunc(t.Keys, func(k dsse.PublicKey) bool { return s.KeyID == k.ID() }) {
			return true
		}
	}
	return false
}

func reasonOf(err error) string {
	if problem.KindOf(err) == problem.Internal {
		return err.Error()
	}
	return problem.Message(err)
}

// clipped is a hint as a message repeats it.
func clipped(hint string) string {
	const most = 80
	if len(hint) > most {
		hint = strings.ToValidUTF8(hint[:most], "") + "…"
	}
	return `"` + hint + `"`
}
