package dsse

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // the hashes that signatures of larger curves are over
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"math/big"

	"countersign.dev/internal/problem"
)

// Bounds of a file of keys, and of RSA: below 2048 bits it is broken or soon
// will be (NIST SP 800-131A), above 8192 it only costs time.
const (
	maxKeyFile = 1 << 20
	maxKeys    = 256
	minRSA     = 2048
	maxRSA     = 8192
)

// PublicKey is a key that signatures are verified with: Ed25519, ECDSA on
// P-256, P-384 or P-521, or RSA. The zero value verifies nothing.
type PublicKey struct {
	key  crypto.PublicKey
	spki []byte // DER SubjectPublicKeyInfo
	id   string
	cert *x509.Certificate
}

// NewPublicKey takes a key of one of the kinds that are allowed.
func NewPublicKey(key crypto.PublicKey) (PublicKey, error) {
	switch k := key.(type) {
	case ed25519.PublicKey:
		if len(k) != ed25519.PublicKeySize {
			return PublicKey{}, problem.New(problem.Invalid, "an Ed25519 key of %d bytes", len(k))
		}
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() && k.Curve != elliptic.P384() && k.Curve != elliptic.P521() {
			return PublicKey{}, problem.New(problem.Invalid, "an ECDSA key on curve %s; want P-256, P-384 or P-521", k.Curve.Params().Name)
		}
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < minRSA || bits > maxRSA {
			return PublicKey{}, problem.New(problem.Invalid, "an RSA key of %d bits; want %d to %d", bits, minRSA, maxRSA)
		}
	default:
		return PublicKey{}, problem.New(problem.Invalid, "a key of another kind; want Ed25519, ECDSA or RSA")
	}
	spki, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return PublicKey{}, problem.New(problem.Invalid, "public key: %v", err)
	}
	sum := sha256.Sum256(spki)
	return PublicKey{key: key, spki: spki, id: hex.EncodeToString(sum[:])}, nil
}

// ParseEd25519 reads an Ed25519 key written as its 32 bytes in base64, as a
// registry of labels lists its keys.
func ParseEd25519(text string) (PublicKey, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return PublicKey{}, problem.New(problem.Invalid, "want 32 bytes in base64, found %.60q", text)
	}
	return NewPublicKey(ed25519.PublicKey(raw))
}

// ID is the lower-case hex SHA-256 of the key's DER SubjectPublicKeyInfo.
func (k PublicKey) ID() string { return k.id }

// Key is the key as the standard library has it.
func (k PublicKey) Key() crypto.PublicKey { return k.key }

// Certificate is what the key was read from, or nil.
func (k PublicKey) Certificate() *x509.Certificate { return k.cert }

// PEM is the key as a PEM block "PUBLIC KEY".
func (k PublicKey) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: k.spki})
}

// ParsePublicKeys reads the keys of a PEM file: public keys as
// SubjectPublicKeyInfo (RFC 5280) or PKCS #1 (RFC 8017), and the keys of
// certificates. A certificate is a key that the caller trusts: who issued it
// and for how long is not looked at. A file without a key is an error, and so
// is one with a block of another kind, lest a key be passed over.
func ParsePublicKeys(b []byte) ([]PublicKey, error) {
	if len(b) > maxKeyFile {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit of a file of keys is %d", len(b), maxKeyFile)
	}
	var keys []PublicKey
	rest := b
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		at := 1 + bytes.Count(b[:len(b)-len(rest)], []byte("\n"))
		if len(keys) == maxKeys {
			return nil, problem.New(problem.TooLarge, "more than %d keys", maxKeys)
		}
		k, err := parseBlock(block)
		if err != nil {
			return nil, problem.New(problem.Invalid, "PEM block before line %d: %s", at, problem.Message(err))
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, problem.New(problem.Invalid, `no key in it; want a PEM block "PUBLIC KEY" or "CERTIFICATE"`)
	}
	return keys, nil
}

func parseBlock(block *pem.Block) (PublicKey, error) {
	switch block.Type {
	case "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return PublicKey{}, problem.New(problem.Invalid, "%v", err)
		}
		return NewPublicKey(key)
	case "RSA PUBLIC KEY":
		key, err := x509.ParsePKCS1PublicKey(block.Bytes)
		if err != nil {
			return PublicKey{}, problem.New(problem.Invalid, "%v", err)
		}
		return NewPublicKey(key)
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return PublicKey{}, problem.New(problem.Invalid, "%v", err)
		}
		k, err := NewPublicKey(cert.PublicKey)
		k.cert = cert
		return k, err
	default:
		return PublicKey{}, problem.New(problem.Invalid, `want "PUBLIC KEY" or "CERTIFICATE", found %q`, block.Type)
	}
}

// Verifies reports whether signature is the key's over message: Ed25519 (RFC
// 8032), ECDSA, or RSA with PSS or PKCS #1 v1.5 padding and SHA-256.
func (k PublicKey) Verifies(message, signature []byte) bool {
	switch key := k.key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(key, message, signature)
	case *ecdsa.PublicKey:
		for _, h := range hashesOf(key.Curve) {
			if verifiesECDSA(key, sum(h, message), signature) {
				return true
			}
		}
		return false
	case *rsa.PublicKey:
		digest := sum(crypto.SHA256, message)
		return rsa.VerifyPSS(key, crypto.SHA256, digest, signature, nil) == nil ||
			rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, signature) == nil
	}
	return false
}

// hashesOf is what a signature on a curve may be over: the hash of the curve's
// own strength (FIPS 186-5, section 6.1), and SHA-256, which Sigstore's tools
// took for every curve for years.
func hashesOf(curve elliptic.Curve) []crypto.Hash {
	switch curve {
	case elliptic.P384():
		return []crypto.Hash{crypto.SHA384, crypto.SHA256}
	case elliptic.P521():
		return []crypto.Hash{crypto.SHA512, crypto.SHA256}
	}
	return []crypto.Hash{crypto.SHA256}
}

func sum(h crypto.Hash, message []byte) []byte {
	w := h.New()
	w.Write(message)
	return w.Sum(nil)
}

// verifiesECDSA takes a signature in ASN.1, as most write it, or as the two
// numbers of the curve's width in a row (IEEE P1363), as Google's key store does.
func verifiesECDSA(key *ecdsa.PublicKey, digest, signature []byte) bool {
	if ecdsa.VerifyASN1(key, digest, signature) {
		return true
	}
	width := (key.Curve.Params().BitSize + 7) / 8
	if len(signature) != 2*width {
		return false
	}
	var pair struct{ R, S *big.Int }
	pair.R = new(big.Int).SetBytes(signature[:width])
	pair.S = new(big.Int).SetBytes(signature[width:])
	der, err := asn1.Marshal(pair)
	return err == nil && ecdsa.VerifyASN1(key, digest, der)
}
