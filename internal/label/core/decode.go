package core

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"

	"countersign.dev/internal/problem"
)

// MaxRead is the longest address that is read, in characters: more than
// [MaxURL], since codes of higher versions are no lie.
const MaxRead = 400

// ErrSignature is wrapped by the error of [Signed.Verify] when no key made the
// signature: the label is forged, altered, or of an authority that is not
// pinned.
var ErrSignature = errors.New("signature of none of the pinned keys")

// Signed is a core as it was read, with what it takes to verify it. Until
// [Signed.Verify] has said so, nobody has vouched for any of it.
type Signed struct {
	Core
	bytes     []byte
	signature []byte
}

// ParseURL reads the address that a QR code holds, in any case.
func ParseURL(url string) (*Signed, error) {
	if len(url) > MaxRead {
		return nil, problem.New(problem.Invalid, "address of %d characters: one of a label has at most %d", len(url), MaxRead)
	}
	u, ok := upper(url)
	if !ok {
		return nil, problem.New(problem.Invalid, "address %s: has characters that one of a label does not", quote(url))
	}
	_, rest, ok := cutScheme(u)
	host, path, slash := strings.Cut(rest, "/")
	path, label := strings.CutPrefix(path, "L/")
	id, text, parts := strings.Cut(path, "/")
	if !ok || !slash || !label || !parts || !hostLike(host) {
		return nil, problem.New(problem.Invalid, "address %s: want https://HOST/L/ID/1.CORE", quote(url))
	}
	return Decode(id, text)
}

// Decode reads the two last parts of the address: the label's id, and the core
// as "1." and base32. Either may be in any case.
func Decode(id, text string) (*Signed, error) {
	id, err := ParseID(id)
	if err != nil {
		return nil, err
	}
	if len(text) > MaxRead {
		return nil, problem.New(problem.Invalid, "label core of %d characters: it has at most %d", len(text), MaxRead)
	}
	text, ok := upper(text)
	number, spelling, point := strings.Cut(text, ".")
	switch {
	case !ok || !point:
		return nil, problem.New(problem.Invalid, "label core %s: want 1. and base32", quote(text))
	case number != "1":
		return nil, problem.New(problem.Invalid, "label core: version %s, and this reader knows %d", quote(number), version)
	}
	b, err := spelled.DecodeString(spelling)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "label core: not base32")
	}
	// Bits left over in the last character, and the line breaks that Go's
	// decoder passes over, would give one core several addresses.
	if spelled.EncodeToString(b) != spelling {
		return nil, problem.New(problem.Invalid, "label core: base32 with something left over")
	}
	at := len(b) - ed25519.SignatureSize
	if at <= 0 {
		return nil, problem.New(problem.Invalid, "label core of %d bytes: too short to hold a signature", len(b))
	}
	c, err := unmarshal(b[:at])
	if err != nil {
		return nil, err
	}
	c.ID = id
	return &Signed{Core: c, bytes: b[:at], signature: b[at:]}, nil
}

// Verify finds the key that signed the core, among those that the reader
// trusts. The key that the core hints at is tried first, and then every other:
// a hint proves nothing, in either direction. The error wraps [ErrSignature]
// when it is none of them.
func (s *Signed) Verify(keys ...ed25519.PublicKey) (ed25519.PublicKey, error) {
	message := signed(s.ID, s.bytes)
	var hinted, others []ed25519.PublicKey
	for _, k := range keys {
		hint, err := Hint(k)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(hint[:], s.KeyHint[:]) {
			hinted = append(hinted, k)
		} else {
			others = append(others, k)
		}
	}
	for _, k := range append(hinted, others...) {
		if ed25519.Verify(k, message, s.signature) {
			return k, nil
		}
	}
	return nil, problem.Wrap(problem.Invalid, ErrSignature, "label %s", s.ID)
}

// upper is an ASCII text in upper case, and false for a text that has other
// characters: some of these have capitals within ASCII, which would make two
// addresses one.
func upper(s string) (string, bool) {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return s, false
		}
	}
	return strings.ToUpper(s), true
}

// cutScheme takes the scheme off an address in upper case.
func cutScheme(u string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(u, "://")
	return scheme, rest, ok && (scheme == "HTTPS" || scheme == "HTTP")
}

// hostLike reports whether a text can be host and port, within the characters
// that the alphanumeric mode of QR codes has. IPv6 addresses are not, for their
// brackets.
func hostLike(host string) bool {
	if host == "" {
		return false
	}
	for _, c := range host {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-.:", c) {
			return false
		}
	}
	return true
}
