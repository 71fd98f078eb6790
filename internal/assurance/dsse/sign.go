package dsse

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/problem"
)

// Sign makes an envelope with one signature and gives it as JSON, one member a
// line, which is the form in which it is kept: digests of an envelope are of
// these bytes. With an Ed25519 key the same payload gives the same bytes.
func Sign(payloadType string, payload []byte, key crypto.Signer) ([]byte, error) {
	public, err := NewPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	sig, err := sign(key, PAE(payloadType, payload))
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	encoded := base64.StdEncoding.EncodeToString(payload)
	w := wireEnvelope{
		Payload: &encoded, PayloadType: &payloadType,
		Signatures: []wireSignature{{KeyID: public.ID(), Sig: base64.StdEncoding.EncodeToString(sig)}},
	}
	b, err := json.Marshal(w, jsontext.WithIndent(" "))
	if err != nil {
		return nil, fmt.Errorf("write envelope: %w", err)
	}
	return append(b, '\n'), nil
}

// sign signs as [PublicKey.Verifies] verifies.
func sign(key crypto.Signer, message []byte) ([]byte, error) {
	switch k := key.Public().(type) {
	case ed25519.PublicKey:
		return key.Sign(rand.Reader, message, crypto.Hash(0))
	case *ecdsa.PublicKey:
		h := hashesOf(k.Curve)[0]
		return key.Sign(rand.Reader, sum(h, message), h)
	default:
		return key.Sign(rand.Reader, sum(crypto.SHA256, message), &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
	}
}

// ReadPrivateKey reads a private key in PKCS #8 (RFC 5958) in PEM, as
// [GenerateKey] writes it. Its errors never quote the file.
func ReadPrivateKey(b []byte) (crypto.Signer, error) {
	block, rest := pem.Decode(b)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, problem.New(problem.Invalid, `no private key in it; want a PEM block "PRIVATE KEY" (PKCS #8, not encrypted)`)
	}
	if next, _ := pem.Decode(rest); next != nil {
		return nil, problem.New(problem.Invalid, "more than one PEM block; want one private key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, problem.New(problem.Invalid, "private key: want PKCS #8")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, problem.New(problem.Invalid, "private key: want one that signs: Ed25519, ECDSA or RSA")
	}
	if _, err := NewPublicKey(signer.Public()); err != nil {
		return nil, err
	}
	return signer, nil
}

// GenerateKey makes a new Ed25519 key: the private one as PKCS #8 and the
// public one as SubjectPublicKeyInfo, both in PEM.
func GenerateKey() (private, public []byte, err error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generate key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("write private key: %w", err)
	}
	k, err := NewPublicKey(pub)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), k.PEM(), nil
}
