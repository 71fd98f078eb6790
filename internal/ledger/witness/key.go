package witness

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The kinds of keys that c2sp.org/signed-note and c2sp.org/tlog-cosignature
// give numbers to, as far as they are met in policies.
const (
	algorithmEd25519     = 1 // of logs
	algorithmCosignature = 4 // Ed25519 with a time, of witnesses
	algorithmMLDSA44     = 6
)

// maxKeyText bounds a key as it is written, in bytes: 2 KiB hold a name of any
// sense and the longest key there is, base64 included.
const maxKeyText = 4 << 10

// key is the parts of a key as it is written: NAME+HASH+BASE64.
type key struct {
	name      string
	hash      uint32
	algorithm byte
	material  []byte
}

// parseKey reads a public key in the form of c2sp.org/signed-note and checks
// that its hash is that of its name and material.
func parseKey(text string) (*key, error) {
	if len(text) > maxKeyText {
		return nil, fmt.Errorf("key of %d bytes is longer than any there is", len(text))
	}
	k, err := splitKey(text)
	if err != nil {
		return nil, err
	}
	if got := keyHash(k.name, k.algorithm, k.material); got != k.hash {
		return nil, fmt.Errorf("key of %s: its hash says %08x, its name and material give %08x", k.name, k.hash, got)
	}
	return k, nil
}

// splitKey reads the parts of a key. Base64 may hold plus signs, names may not.
func splitKey(text string) (*key, error) {
	name, rest, _ := strings.Cut(text, "+")
	hash, material, ok := strings.Cut(rest, "+")
	if !ok {
		return nil, errors.New("not a key: want NAME+HASH+BASE64")
	}
	if !validName(name) {
		return nil, fmt.Errorf("key name %.80q: want text without spaces or plus signs", name)
	}
	h, err := strconv.ParseUint(hash, 16, 32)
	if err != nil || len(hash) != 8 {
		return nil, fmt.Errorf("key of %s: want a hash of 8 hexadecimal digits, found %.20q", name, hash)
	}
	b, err := base64.StdEncoding.Strict().DecodeString(material)
	if err != nil || len(b) < 2 || strings.ContainsAny(material, "\r\n") { // which the decoder passes over
		return nil, fmt.Errorf("key of %s: its material is not base64", name)
	}
	return &key{name: name, hash: uint32(h), algorithm: b[0], material: b[1:]}, nil
}

// ed25519 is the public key, where the key is of this algorithm.
func (k *key) ed25519(algorithm byte) (ed25519.PublicKey, error) {
	switch {
	case k.algorithm == algorithmMLDSA44:
		return nil, fmt.Errorf("key of %s: ML-DSA-44 is not supported yet", k.name)
	case k.algorithm != algorithm && algorithm == algorithmCosignature:
		return nil, fmt.Errorf("key of %s is of type %d; a witness's is of type 4 (cosignature/v1)", k.name, k.algorithm)
	case k.algorithm != algorithm:
		return nil, fmt.Errorf("key of %s is of type %d; a log's is of type 1 (Ed25519)", k.name, k.algorithm)
	case len(k.material) != ed25519.PublicKeySize:
		return nil, fmt.Errorf("key of %s: want %d bytes of Ed25519, found %d", k.name, ed25519.PublicKeySize, len(k.material))
	}
	return k.material, nil
}

// validName reports whether c2sp.org/signed-note allows the name of a key.
func validName(name string) bool {
	return name != "" && utf8.ValidString(name) && strings.IndexFunc(name, unicode.IsSpace) < 0 && !strings.Contains(name, "+")
}

// keyHash is the hash by which a signature names its key.
func keyHash(name string, algorithm byte, material []byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{algorithm})
	h.Write(material)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

func formatKey(name string, algorithm byte, public, material []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, algorithm, public),
		base64.StdEncoding.EncodeToString(append([]byte{algorithm}, material...)))
}

const privatePrefix = "PRIVATE+KEY+"

// GenerateKey makes the keys of a witness of this name, as they are written in
// files and policies. The name should be an address without a scheme, and
// unlike that of any other witness or log.
func GenerateKey(name string) (signing, verifying string, err error) {
	if !validName(name) {
		return "", "", fmt.Errorf("witness name %q: want text without spaces or plus signs", name)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", err
	}
	signing = privatePrefix + formatKey(name, algorithmCosignature, public, private.Seed())
	return signing, formatKey(name, algorithmCosignature, public, public), nil
}
