package witness

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/ledger"
)

// cosignatureSize is how many bytes a cosignature/v1 has: seconds since 1970,
// big endian, and an Ed25519 signature.
const cosignatureSize = 8 + ed25519.SignatureSize

// Verifier verifies the cosignatures of one witness. It is a [note.Verifier].
type Verifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

var _ note.Verifier = (*Verifier)(nil)

// NewVerifier reads a witness's public key, NAME+HASH+BASE64.
func NewVerifier(text string) (*Verifier, error) {
	k, err := parseKey(text)
	if err != nil {
		return nil, err
	}
	public, err := k.ed25519(algorithmCosignature)
	if err != nil {
		return nil, err
	}
	return &Verifier{name: k.name, hash: k.hash, key: public}, nil
}

// Name is the name of the key.
func (v *Verifier) Name() string { return v.name }

// KeyHash is the hash by which signatures name the key.
func (v *Verifier) KeyHash() uint32 { return v.hash }

// String is the key as it is written.
func (v *Verifier) String() string { return formatKey(v.name, algorithmCosignature, v.key, v.key) }

// Verify reports whether sig is the witness's cosignature of a checkpoint's
// text. It does not look at the time that the cosignature names.
func (v *Verifier) Verify(text, sig []byte) bool {
	if len(sig) != cosignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(sig)
	if seconds > math.MaxInt64 {
		return false
	}
	if _, err := ledger.ParseTree(string(text)); err != nil {
		return false // what is no checkpoint cannot be cosigned
	}
	return ed25519.Verify(v.key, message(seconds, text), sig[8:])
}

// message is what a cosignature signs.
func message(seconds uint64, text []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", seconds), text...)
}

// timeOf is when a cosignature says that it was made. Its length was checked.
func timeOf(sig []byte) time.Time { return time.Unix(int64(binary.BigEndian.Uint64(sig)), 0).UTC() }

// Signer makes the cosignatures of one witness. It is a [note.Signer].
type Signer struct {
	verifier Verifier
	key      ed25519.PrivateKey
	now      func() time.Time
}

var _ note.Signer = (*Signer)(nil)

// NewSigner reads a witness's signing key, PRIVATE+KEY+NAME+HASH+BASE64. The
// clock tells the time that goes into each cosignature; time.Now when nil.
func NewSigner(text string, now func() time.Time) (*Signer, error) {
	rest, ok := strings.CutPrefix(text, privatePrefix)
	if !ok || len(text) > maxKeyText {
		return nil, errors.New("not the signing key of a witness: want PRIVATE+KEY+NAME+HASH+BASE64")
	}
	k, err := splitKey(rest)
	if err != nil {
		return nil, err
	}
	if k.algorithm != algorithmCosignature || len(k.material) != ed25519.SeedSize {
		return nil, fmt.Errorf("key of %s is not the signing key of a witness (type 4, cosignature/v1)", k.name)
	}
	private := ed25519.NewKeyFromSeed(k.material)
	public := private.Public().(ed25519.PublicKey)
	if keyHash(k.name, algorithmCosignature, public) != k.hash {
		return nil, fmt.Errorf("key of %s: its hash is not that of its name and material", k.name)
	}
	if now == nil {
		now = time.Now
	}
	return &Signer{verifier: Verifier{name: k.name, hash: k.hash, key: public}, key: private, now: now}, nil
}

// Name is the name of the key.
func (s *Signer) Name() string { return s.verifier.name }

// KeyHash is the hash by which signatures name the key.
func (s *Signer) KeyHash() uint32 { return s.verifier.hash }

// Verifier verifies what the signer signs.
func (s *Signer) Verifier() *Verifier { return &s.verifier }

// Sign cosigns a checkpoint's text as of now. It only signs: whether the
// checkpoint deserves it is for [Witness] to know.
func (s *Signer) Sign(text []byte) ([]byte, error) {
	if _, err := ledger.ParseTree(string(text)); err != nil {
		return nil, fmt.Errorf("cosign: %w", err)
	}
	now := s.now().Unix()
	if now <= 0 {
		return nil, fmt.Errorf("cosign: the clock says %s", time.Unix(now, 0).UTC())
	}
	sig := binary.BigEndian.AppendUint64(make([]byte, 0, cosignatureSize), uint64(now))
	return append(sig, ed25519.Sign(s.key, message(uint64(now), text))...), nil
}
