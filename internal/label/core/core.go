package core

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// What a core may have.
const (
	MaxURL    = 311 // characters of the address: version 10 of QR codes at level M
	MaxScheme = 12  // bytes of the scheme's id
	MaxTier   = 99

	// Maker and product are never cut to less than 8 characters, 7 and "…".
	// Of a script with more than two bytes for a character they may be cut to
	// 17 bytes, which is as many: 5 characters of Chinese say more than 8 of
	// Latin, and the shortest address could not hold more.
	MinText      = 8
	MinTextBytes = 17

	// MaxHost is the length of host and port under which every core fits.
	MaxHost = 36
)

// Core is what the QR code of a label says.
type Core struct {
	ID         string  // XXXXX-XXXXX; in the address and under the signature, not in the map
	KeyHint    [4]byte // first bytes of the issuer's key id; a hint which key to try first
	Maker      string
	Product    string
	Tier       int         // 0 for a scheme without tiers
	Issued     access.Date // the day on which the label was given
	ValidUntil access.Date // the first day on which it is no longer valid
	SupportEnd access.Date // the first day without security updates; "" when none was stated
	Document   [8]byte     // first bytes of the SHA-256 of the label document
	Scheme     string
}

// Hint is what [Core.KeyHint] is for a key: the beginning of its key id, the
// SHA-256 of its DER SubjectPublicKeyInfo (RFC 8410).
func Hint(key ed25519.PublicKey) ([4]byte, error) {
	if len(key) != ed25519.PublicKeySize {
		return [4]byte{}, problem.New(problem.Invalid, "issuer's key of %d bytes: an Ed25519 key has %d", len(key), ed25519.PublicKeySize)
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return [4]byte{}, problem.Wrap(problem.Invalid, err, "issuer's key")
	}
	id := sha256.Sum256(der)
	return [4]byte(id[:]), nil
}

// fault is what keeps a core from being one, "" when nothing does. Writers and
// readers share it.
func (c *Core) fault() string {
	switch {
	case c.Tier < 0 || c.Tier > MaxTier:
		return "tier is not between 0 and 99"
	case len(c.Scheme) > MaxScheme:
		return "scheme is longer than 12 bytes"
	}
	for _, t := range []struct{ name, text string }{{"maker", c.Maker}, {"product", c.Product}, {"scheme", c.Scheme}} {
		switch {
		case t.text == "":
			return t.name + " is empty"
		case !utf8.ValidString(t.text):
			return t.name + " is no UTF-8"
		case strings.IndexFunc(t.text, misleading) >= 0:
			return t.name + " has control characters or marks of direction"
		}
	}
	return ""
}

// misleading reports whether a character has no shape of its own but changes
// how others are shown: controls, separators of lines, and the marks of
// direction of the Unicode bidirectional algorithm (UAX #9, section 2).
func misleading(r rune) bool {
	switch {
	case unicode.Is(unicode.Cc, r), r == 0x061c, r == 0x200e, r == 0x200f:
		return true
	case r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}
