package sigstore

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

// Want is what a bundle must fit. The zero value asks for nothing but a bundle
// that is sound: by whomever, about whatever.
type Want struct {
	// Keys are the keys of which one must have signed a bundle that names no
	// certificate. They are also what a certificate is held against when there
	// is no identity: its key must be among them.
	Keys []dsse.PublicKey
	// Identity and Issuer are the certificate's subject and the identity
	// provider that knows it, exactly; "" for any.
	Identity, Issuer string
	// Artifact opens what a bundle without an envelope is a signature of, and
	// Digest is its digest where the artifact is not at hand. With neither the
	// signature is held against the digest that the bundle itself names.
	Artifact func() (io.ReadCloser, error)
	Digest   Digest
}

// Proof is what was proven of a bundle or envelope.
type Proof struct {
	Signer Signer
	// SignedAt is the times at which the signature was there, by witnesses
	// other than the signer. It is empty where none is proven.
	SignedAt []SignedAt
	Log      []LogEntry // where it is written down
	Digest   Digest     // what a signature without an envelope is of
	// Time is false where nothing proves that the signature was made while the
	// certificate was valid.
	Time bool
	// CertificateLogged is that the certificate was shown to be in a certificate
	// log. Of bundles that is asked for; see [Root.VerifyBare].
	CertificateLogged bool
}

// Signer is who signed: an identity by a certificate, or a key.
type Signer struct {
	Key         dsse.PublicKey // the zero value with a certificate
	Identity    string         // a workflow's URI or an address
	Issuer      string         // of the identity: the identity provider's URL
	Source      string         // URI of the repository that a workflow ran for
	SourceRef   string
	Commit      string
	NotBefore   time.Time // of the certificate
	NotAfter    time.Time
	Certificate bool
}

// SignedAt is a time and who says so.
type SignedAt struct {
	Time time.Time
	By   string // URI of the log or the timestamp authority
}

// LogEntry is an entry in a transparency log.
type LogEntry struct {
	Log   string // URI, as the trusted root has it
	Index int64
}

// Verify proves a bundle against the root: its entry in a transparency log, its
// time, its certificate and that in a certificate log, its signature. The error
// says what does not hold. With several trusted roots one must prove it all.
func (r *Root) Verify(b *Bundle, want Want) (*Proof, error) {
	var first error
	for _, instance := range r.instances {
		p, err := verifyIn(instance, b, want)
		if err == nil {
			return p, nil
		}
		// The instance that knows the log of the entry tells more of what is
		// wrong than one that has never heard of it.
		if first == nil || knowsLog(instance, b) {
			first = err
		}
	}
	return nil, first
}

func verifyIn(instance *root.TrustedRoot, b *Bundle, want Want) (*Proof, error) {
	if b.Key {
		return verifyWithKeys(instance, b, want)
	}
	result, err := run(instance, b, want)
	if err != nil {
		return nil, err
	}
	p := proofOf(instance, b, result)
	return p, want.accepts(p.Signer, b)
}

// verifyWithKeys tries the keys one after the other, and each in the ways of
// signing that its kind is used with.
func verifyWithKeys(instance *root.TrustedRoot, b *Bundle, want Want) (*Proof, error) {
	if len(want.Keys) == 0 {
		return nil, problem.New(problem.Invalid, "signed with a key (%q) that was not given: give it with --key", clip(b.KeyHint))
	}
	var why error
	for _, key := range want.Keys {
		for _, way := range waysOf(key) {
			result, err := run(root.TrustedMaterialCollection{instance, way}, b, want)
			if err == nil {
				p := proofOf(instance, b, result)
				p.Signer, p.Time = Signer{Key: key}, true
				return p, nil
			}
			if why == nil {
				why = err
			}
		}
	}
	if len(want.Keys) > 1 {
		return nil, problem.New(problem.Invalid, "by none of the %d keys that were given: %s", len(want.Keys), problem.Message(why))
	}
	return nil, why
}

// run has sigstore-go verify the bundle.
func run(trusted root.TrustedMaterial, b *Bundle, want Want) (*verify.VerificationResult, error) {
	verifier, err := verify.NewVerifier(trusted, requirements(trusted, b)...)
	if err != nil {
		return nil, fmt.Errorf("sigstore: %w", err)
	}
	artifact, done, err := artifactOf(b, want)
	if err != nil {
		return nil, err
	}
	defer done()
	result, err := verifier.Verify(b.bundle, verify.NewPolicy(artifact, verify.WithoutIdentitiesUnsafe()))
	if err != nil {
		return nil, problem.New(problem.Invalid, "%s", reason(err))
	}
	if !logInService(trusted, b, result) {
		return nil, problem.New(problem.Invalid, "its entry is in a transparency log that was not in service at the time: the root names from when to when each is trusted")
	}
	return result, nil
}

// logInService reports whether a log that has the bundle's entry was trusted
// when that was made: the key of a log that is retired may have been stolen
// since. sigstore-go looks at it for Rekor 1 alone. The time is that of the
// entry, or of the timestamps where the log gives none. Nothing is known of a
// bundle without either, and of one that needed no log.
func logInService(trusted root.TrustedMaterial, b *Bundle, result *verify.VerificationResult) bool {
	known := false
	for _, e := range b.bundle.VerificationMaterial.GetTlogEntries() {
		log := trusted.RekorLogs()[hex.EncodeToString(e.GetLogId().GetKeyId())]
		if log == nil {
			continue
		}
		var times []time.Time
		if at := e.GetIntegratedTime(); at != 0 {
			times = append(times, time.Unix(at, 0))
		} else {
			for _, t := range result.VerifiedTimestamps {
				times = append(times, t.Timestamp)
			}
		}
		known = known || len(times) > 0
		for _, at := range times {
			if !at.Before(log.ValidityPeriodStart) && (log.ValidityPeriodEnd.IsZero() || !at.After(log.ValidityPeriodEnd)) {
				return true
			}
		}
	}
	return !known
}

// requirements is what must be there: an entry in a log, a time by somebody
// other than the signer, and of a certificate that it is in a certificate log.
//
// A root that knows no log at all is that of a private instance, as GitHub's,
// which vouches with timestamps alone: there a timestamp is asked for. A key
// has no validity that a time would have to lie in, so none is asked for where
// the bundle names none; Rekor 2 gives none for keys.
func requirements(trusted root.TrustedMaterial, b *Bundle) []verify.VerifierOption {
	options := []verify.VerifierOption{verify.WithoutStatementPredicate()}
	if len(trusted.RekorLogs()) == 0 && len(trusted.CTLogs()) == 0 && !b.Key {
		return append(options, verify.WithSignedTimestamps(1))
	}
	options = append(options, verify.WithTransparencyLog(1))
	switch {
	case !b.Key:
		return append(options, verify.WithObserverTimestamps(1), verify.WithSignedCertificateTimestamps(1))
	case b.namesTime():
		return append(options, verify.WithObserverTimestamps(1))
	default:
		return append(options, verify.WithNoObserverTimestamps())
	}
}

// namesTime reports whether a timestamp or a log's promise is in the bundle.
func (b *Bundle) namesTime() bool {
	times, err := b.bundle.Timestamps()
	return b.bundle.HasInclusionPromise() || err == nil && len(times) > 0
}

// artifactOf is what the signature is to be held against. Envelopes bind their
// artifact by the statement inside, which is for whoever reads statements.
func artifactOf(b *Bundle, want Want) (verify.ArtifactPolicyOption, func(), error) {
	nothing := func() {}
	switch {
	case b.Envelope != nil:
		return verify.WithoutArtifactUnsafe(), nothing, nil
	case want.Artifact != nil:
		f, err := want.Artifact()
		if err != nil {
			return nil, nothing, fmt.Errorf("artifact: %w", err)
		}
		return verify.WithArtifact(f), func() { f.Close() }, nil
	case want.Digest.Algorithm != "":
		if want.Digest.Algorithm != b.Digest.Algorithm {
			return nil, nothing, problem.New(problem.Invalid, "the bundle names a %s digest: give that, or the artifact itself", b.Digest.Algorithm)
		}
		return verify.WithArtifactDigest(want.Digest.Algorithm, want.Digest.Value), nothing, nil
	default:
		return verify.WithArtifactDigest(b.Digest.Algorithm, b.Digest.Value), nothing, nil
	}
}

func proofOf(instance *root.TrustedRoot, b *Bundle, result *verify.VerificationResult) *Proof {
	p := &Proof{Digest: b.Digest, Time: len(result.VerifiedTimestamps) > 0, CertificateLogged: !b.Key && len(instance.CTLogs()) > 0}
	if c := result.Signature.Certificate; c != nil {
		content, err := b.bundle.VerificationContent()
		if err == nil && content.Certificate() != nil {
			p.Signer = signerOf(content.Certificate(), c)
		}
	}
	for _, t := range result.VerifiedTimestamps {
		p.SignedAt = append(p.SignedAt, SignedAt{Time: t.Timestamp.UTC(), By: t.URI})
	}
	for _, e := range b.bundle.VerificationMaterial.GetTlogEntries() {
		if log := instance.RekorLogs()[hex.EncodeToString(e.GetLogId().GetKeyId())]; log != nil {
			p.Log = append(p.Log, LogEntry{Log: log.BaseURL, Index: e.GetLogIndex()})
		}
	}
	return p
}

// accepts holds the certificate's signer against who it must be.
func (w Want) accepts(s Signer, b *Bundle) error {
	switch {
	case w.Identity != "" && s.Identity != w.Identity:
		return problem.New(problem.Invalid, "signed by %s, not by %s", clip(s.Identity), clip(w.Identity))
	case w.Issuer != "" && s.Issuer != w.Issuer:
		return problem.New(problem.Invalid, "the signer's identity is vouched for by %s, not by %s", clip(s.Issuer), clip(w.Issuer))
	case w.Identity == "" && w.Issuer == "" && len(w.Keys) > 0 && !b.certifies(w.Keys):
		return problem.New(problem.Invalid, "signed with the certificate of %s, not with the key that was given", clip(s.Identity))
	}
	return nil
}

// certifies reports whether the certificate's key is among those given.
func (b *Bundle) certifies(keys []dsse.PublicKey) bool {
	content, err := b.bundle.VerificationContent()
	if err != nil || content.Certificate() == nil {
		return false
	}
	return hasKey(keys, content.Certificate().PublicKey)
}

func knowsLog(instance *root.TrustedRoot, b *Bundle) bool {
	for _, e := range b.bundle.VerificationMaterial.GetTlogEntries() {
		if instance.RekorLogs()[hex.EncodeToString(e.GetLogId().GetKeyId())] != nil {
			return true
		}
	}
	return false
}

// reasons are the library's stages in our words.
var reasons = []struct{ theirs, ours string }{
	{"failed to verify log inclusion: ", "its entry in the transparency log does not hold: "},
	{"failed to verify timestamps: ", "no time of signing that is trusted: "},
	{"failed to verify leaf certificate: ", "the certificate is by nobody who is trusted, or was not valid when it was signed: "},
	{"failed to verify signed certificate timestamp: ", "the certificate is in no certificate log that is trusted: "},
	{"failed to verify signature: ", "signature does not verify: "},
	{"failed to summarize certificate: ", "the certificate names nobody: "},
}

func reason(err error) string {
	text := plain(err)
	for _, r := range reasons {
		if rest, ok := strings.CutPrefix(text, r.theirs); ok {
			return r.ours + rest
		}
	}
	return text
}

// clip shortens what a document says, for a message.
func clip(s string) string {
	if len(s) > 120 {
		s = strings.ToValidUTF8(s[:120], "") + "…"
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}
