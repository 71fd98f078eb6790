package dsse

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"countersign.dev/internal/problem"
)

// PayloadInToto is the payload type of in-toto statements.
const PayloadInToto = "application/vnd.in-toto+json"

// Bounds of an envelope. Real ones have one signature and some kilobytes.
const (
	MaxBytes      = 32 << 20 // of an envelope as written
	maxSignatures = 64
	maxPayload    = 24 << 20
	maxSignature  = 8 << 10
	maxKeyID      = 1 << 10
	maxCert       = 64 << 10
	maxType       = 512
)

// Envelope is signed bytes with their type.
type Envelope struct {
	PayloadType string
	Payload     []byte
	Signatures  []Signature
}

// Signature is one signature of an envelope.
type Signature struct {
	KeyID string // a hint of the signer's, which nothing vouches for
	Sig   []byte
	Cert  []byte // PEM, where the signer put a certificate beside it; no part of DSSE 1.0
}

// Why an envelope was not verified.
var (
	// ErrNoSignature is that nobody signed it.
	ErrNoSignature = errors.New("no signature")
	// ErrUntrusted is that no signature is by a key that was given.
	ErrUntrusted = errors.New("signer not trusted")
	// ErrSignature is that a signature says it is by a trusted key, or does not
	// say by whom it is, and is by none: the envelope was changed, or the
	// signature is made up.
	ErrSignature = errors.New("signature does not verify")
)

type wireEnvelope struct {
	Payload     *string         `json:"payload"`
	PayloadType *string         `json:"payloadType"`
	Signatures  []wireSignature `json:"signatures"`
}

type wireSignature struct {
	KeyID string `json:"keyid,omitempty"`
	Sig   string `json:"sig"`
	Cert  string `json:"cert,omitempty"`
}

// Parse reads an envelope in the JSON form. Members that it does not know are
// passed over, as DSSE asks; a member twice is refused, because readers differ
// in which of the two they see. An envelope without signatures is read, and
// not verified. The error names the place.
func Parse(b []byte) (*Envelope, error) {
	var w wireEnvelope
	if err := Unmarshal(b, &w, Limits{Bytes: MaxBytes}); err != nil {
		return nil, err
	}
	switch {
	case w.Payload == nil:
		return nil, problem.New(problem.Invalid, "payload: missing; want the signed bytes in base64")
	case w.PayloadType == nil || *w.PayloadType == "":
		return nil, problem.New(problem.Invalid, "payloadType: missing")
	case len(*w.PayloadType) > maxType:
		return nil, problem.New(problem.TooLarge, "payloadType: %d bytes, the limit is %d", len(*w.PayloadType), maxType)
	case len(w.Signatures) > maxSignatures:
		return nil, problem.New(problem.TooLarge, "signatures: %d, the limit is %d", len(w.Signatures), maxSignatures)
	}
	payload, err := decode("payload", *w.Payload, maxPayload)
	if err != nil {
		return nil, err
	}
	e := &Envelope{PayloadType: *w.PayloadType, Payload: payload}
	for i, s := range w.Signatures {
		signature, err := s.read("signatures[" + strconv.Itoa(i) + "]")
		if err != nil {
			return nil, err
		}
		e.Signatures = append(e.Signatures, signature)
	}
	return e, nil
}

func (s wireSignature) read(place string) (Signature, error) {
	if len(s.KeyID) > maxKeyID {
		return Signature{}, problem.New(problem.TooLarge, "%s.keyid: %d bytes, the limit is %d", place, len(s.KeyID), maxKeyID)
	}
	if len(s.Cert) > maxCert {
		return Signature{}, problem.New(problem.TooLarge, "%s.cert: %d bytes, the limit is %d", place, len(s.Cert), maxCert)
	}
	sig, err := decode(place+".sig", s.Sig, maxSignature)
	if err != nil {
		return Signature{}, err
	}
	if len(sig) == 0 {
		return Signature{}, problem.New(problem.Invalid, "%s.sig: missing; want a signature in base64", place)
	}
	out := Signature{KeyID: s.KeyID, Sig: sig}
	if s.Cert != "" {
		out.Cert = []byte(s.Cert)
	}
	return out, nil
}

// decode reads base64 in either alphabet, with padding or without (DSSE 1.0,
// "Envelope"). Line breaks, which Go's decoder skips, are refused.
func decode(place, text string, limit int) ([]byte, error) {
	if base64.StdEncoding.DecodedLen(len(text)) > limit+2 {
		return nil, problem.New(problem.TooLarge, "%s: more than %d bytes", place, limit)
	}
	if strings.ContainsAny(text, "\r\n") {
		return nil, problem.New(problem.Invalid, "%s: want base64 without line breaks", place)
	}
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	bare := strings.TrimRight(text, "=")
	if len(text)-len(bare) > 2 || len(text) != len(bare) && len(text)%4 != 0 {
		return nil, problem.New(problem.Invalid, "%s: want base64: wrong padding", place)
	}
	b, err := encoding.Strict().DecodeString(bare)
	if err != nil {
		return nil, problem.New(problem.Invalid, "%s: want base64: %v", place, err)
	}
	return b, nil
}

// PAE is the pre-authentication encoding, which is what a signature is made
// over: it covers the type and cannot be read in two ways.
func PAE(payloadType string, payload []byte) []byte {
	out := make([]byte, 0, len(payload)+len(payloadType)+40)
	out = append(out, "DSSEv1 "...)
	out = strconv.AppendInt(out, int64(len(payloadType)), 10)
	out = append(append(out, ' '), payloadType...)
	out = strconv.AppendInt(append(out, ' '), int64(len(payload)), 10)
	return append(append(out, ' '), payload...)
}

// Verify is the key that signed the envelope, one of those trusted. The error
// is [ErrNoSignature], [ErrUntrusted] or [ErrSignature].
func (e *Envelope) Verify(trusted []PublicKey) (PublicKey, error) {
	if len(e.Signatures) == 0 {
		return PublicKey{}, ErrNoSignature
	}
	message := PAE(e.PayloadType, e.Payload)
	why := ErrUntrusted
	for _, s := range e.Signatures {
		for _, key := range trusted {
			if key.Verifies(message, s.Sig) {
				return key, nil
			}
			if s.KeyID == "" || s.KeyID == key.ID() {
				why = ErrSignature
			}
		}
	}
	return PublicKey{}, why
}
