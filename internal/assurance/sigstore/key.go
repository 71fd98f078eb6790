package sigstore

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"time"

	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/options"

	"countersign.dev/internal/assurance/dsse"
)

// waysOf is a key in the ways in which its kind signs: with the hash of its
// curve, with SHA-256 as older cosigns did on every curve, Ed25519 over the
// artifact or over its digest.
func waysOf(key dsse.PublicKey) []root.TrustedMaterial {
	var out []root.TrustedMaterial
	add := func(v signature.Verifier, err error) {
		if err != nil {
			return // a kind of key that Sigstore does not sign with
		}
		// No period: a key that the user gives is trusted at all times.
		forever := root.NewExpiringKey(v, time.Time{}, time.Time{})
		out = append(out, root.NewTrustedPublicKeyMaterial(func(string) (root.TimeConstrainedVerifier, error) {
			return forever, nil // the hint is a hint
		}))
	}
	add(signature.LoadDefaultVerifier(key.Key()))
	switch k := key.Key().(type) {
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			add(signature.LoadECDSAVerifier(k, crypto.SHA256))
		}
	case ed25519.PublicKey:
		add(signature.LoadDefaultVerifier(k, options.WithED25519ph()))
	}
	return out
}

// hasKey reports whether a certificate's key is among those given.
func hasKey(keys []dsse.PublicKey, key crypto.PublicKey) bool {
	of, err := dsse.NewPublicKey(key)
	if err != nil {
		return false
	}
	for _, k := range keys {
		if k.ID() == of.ID() {
			return true
		}
	}
	return false
}

// signerOf is whom a certificate of Fulcio's names.
func signerOf(cert *x509.Certificate, c *certificate.Summary) Signer {
	s := Signer{
		Certificate: true, Identity: c.SubjectAlternativeName, Issuer: c.Issuer,
		Source: c.SourceRepositoryURI, SourceRef: c.SourceRepositoryRef, Commit: c.SourceRepositoryDigest,
		NotBefore: cert.NotBefore.UTC(), NotAfter: cert.NotAfter.UTC(),
	}
	// The extensions of before 2023, which GitHub alone had.
	if s.Source == "" && c.GithubWorkflowRepository != "" {
		s.Source, s.SourceRef, s.Commit = "https://github.com/"+c.GithubWorkflowRepository, c.GithubWorkflowRef, c.GithubWorkflowSHA
	}
	return s
}
