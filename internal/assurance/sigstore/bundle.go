package sigstore

import (
	"encoding/hex"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/bundle"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

// maxBundleBytes bounds a bundle. Those with large provenance have some hundred
// kilobytes.
const maxBundleBytes = 24 << 20

// Bundle is a signature with all that is needed to verify it but whom to trust.
// It is over an envelope, or over an artifact that lies elsewhere.
type Bundle struct {
	bundle   *bundle.Bundle
	Version  string // "v0.1" to "v0.3"
	Envelope *dsse.Envelope
	Digest   Digest // of the artifact, without an envelope; it is a hint
	Key      bool   // signed with a key that the verifier must have, not a certificate
	KeyHint  string // the signer's name of the key
}

// Digest is the hash of an artifact.
type Digest struct {
	Algorithm string // "sha256", "sha384", "sha512"
	Value     []byte
}

// String is the digest as "sha256:…".
func (d Digest) String() string {
	if d.Algorithm == "" {
		return ""
	}
	return d.Algorithm + ":" + hex.EncodeToString(d.Value)
}

// ParseBundle reads a bundle in the JSON form. Another version, a member that
// is not known, a member twice and a bundle that has not all that its version
// prescribes are refused.
func ParseBundle(b []byte) (*Bundle, error) {
	if err := dsse.Strict(b, dsse.Limits{Bytes: maxBundleBytes}); err != nil {
		return nil, err
	}
	out := &Bundle{bundle: &bundle.Bundle{}}
	if err := out.bundle.UnmarshalJSON(b); err != nil {
		return nil, problem.New(problem.Invalid, "no Sigstore bundle that can be used: %s", plain(err))
	}
	out.Version, _ = out.bundle.Version() // looked at by UnmarshalJSON
	if key := out.bundle.VerificationMaterial.GetPublicKey(); key != nil {
		out.Key, out.KeyHint = true, key.GetHint()
	}
	if e := out.bundle.GetDsseEnvelope(); e != nil {
		out.Envelope = &dsse.Envelope{PayloadType: e.GetPayloadType(), Payload: e.GetPayload()}
		for _, s := range e.GetSignatures() {
			out.Envelope.Signatures = append(out.Envelope.Signatures, dsse.Signature{KeyID: s.GetKeyid(), Sig: s.GetSig()})
		}
		return out, nil
	}
	digest := out.bundle.GetMessageSignature().GetMessageDigest()
	out.Digest = Digest{Algorithm: algorithm(digest.GetAlgorithm().String()), Value: digest.GetDigest()}
	if out.Digest.Algorithm == "" || len(out.Digest.Value) == 0 {
		return nil, problem.New(problem.Invalid, "no Sigstore bundle that can be used: messageSignature.messageDigest: want a SHA-2 digest")
	}
	return out, nil
}

// algorithm is the name of an algorithm as digests have it: "sha256" for
// Sigstore's "SHA2_256"; "" for one that is not taken.
func algorithm(name string) string {
	bits, ok := strings.CutPrefix(name, "SHA2_")
	if !ok {
		return ""
	}
	return "sha" + bits
}
