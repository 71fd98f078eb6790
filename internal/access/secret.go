package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"log/slog"
	"strings"
)

// Secret is text that must not be shown: printed, logged or marshalled it
// hides itself. Convert it to a string where it is used.
type Secret string

const hidden = "[secret]"

// String hides the secret.
func (Secret) String() string { return hidden }

// GoString hides the secret.
func (Secret) GoString() string { return hidden }

// LogValue hides the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the secret.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// secretBytes of randomness in each token, cookie and code: guessing one is
// out of the question, so its plain hash may be stored.
const secretBytes = 32

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newSecret makes a secret with a prefix by which people, and scanners that
// look for leaked secrets, recognise it.
func newSecret(prefix string) Secret {
	b := make([]byte, secretBytes)
	rand.Read(b)
	return Secret(prefix + base32Lower.EncodeToString(b))
}

// hashSecret is what is stored of a secret. Whoever reads the store cannot
// come back from it, and the time that a look-up by it takes tells nothing
// about the secret.
func hashSecret(s string) []byte {
	h := sha256.Sum256([]byte(s))
	return h[:]
}

// wellFormed reports whether s looks like what newSecret made, before anything
// is asked of the store.
func wellFormed(s, prefix string) bool {
	rest, ok := strings.CutPrefix(s, prefix)
	return ok && len(rest) == base32Lower.EncodedLen(secretBytes)
}
