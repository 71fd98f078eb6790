package verify

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"io"

	"countersign.dev/internal/assurance/mud"
	"countersign.dev/internal/problem"
)

// kindCMS is a detached signature in CMS (RFC 5652), as makers put one beside
// the usage description of a device (RFC 8520, section 13).
const kindCMS = "cms-signature"

// signedData is the object identifier that every signature in CMS begins with,
// 1.2.840.113549.1.7.2, as DER writes it.
var signedData = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}

// isCMS tells a signature in DER: a sequence, its length in at most five bytes,
// and the identifier.
func isCMS(b []byte) bool {
	if len(b) == 0 || b[0] != 0x30 {
		return false
	}
	at := bytes.Index(b[:min(len(b), 6+len(signedData))], signedData)
	return at >= 2
}

// mediaTypeMUD is what usage descriptions are served as (RFC 8520, section 11).
const mediaTypeMUD = "application/mud+json"

// usageDescription verifies the signature of a usage description, which is the
// artifact. Its certificate must lead to one of those that are given as keys.
func (c *checker) usageDescription(files []recognised) error {
	signature := c.q.Files[0]
	c.answer.Kind = kindCMS
	switch {
	case len(files) > 1:
		return problem.New(problem.Invalid, "%s is the signature of one usage description, and there are other attestations: ask about one at a time", signature.Name)
	case c.q.Artifact == nil:
		return problem.New(problem.Invalid, "%s is the signature of a usage description: name that as well (MUD, RFC 8520)", signature.Name)
	case c.q.PredicateType != "":
		return problem.New(problem.Invalid, "no attestation of type %s; found a usage description", c.q.PredicateType)
	}
	roots, err := c.roots()
	if err != nil {
		return err
	}
	file, err := c.described()
	if err != nil {
		return err
	}
	v := mud.Verify(file, signature.Bytes, mud.Trust{Roots: roots, At: c.q.At})
	a := &Attestation{File: signature.Name, Result: string(v.Result), Reason: v.Reason, PayloadType: mediaTypeMUD}
	if v.Result == mud.Valid {
		c.signedBy(a, &v)
		sum := sha256.Sum256(file)
		a.Subjects = []Subject{{Name: c.q.Artifact.Name, Digest: map[string]string{"sha256": hex.EncodeToString(sum[:])}}}
		a.Artifact = &a.Subjects[0]
	}
	c.answer.Attestation, c.answer.Result, c.answer.Reason = a, a.Result, a.Reason
	return nil
}

// roots is the certificates that were given as keys.
func (c *checker) roots() ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for _, f := range c.q.Keys {
		certificates, err := mud.ReadCertificates(f.Bytes)
		if err != nil {
			return nil, named(f.Name, err)
		}
		out = append(out, certificates...)
	}
	if len(out) == 0 {
		return nil, problem.New(problem.Invalid, "signed with a certificate: give the one that it must lead to with --key")
	}
	return out, nil
}

// described is the bytes of the usage description, which must be one: nothing
// else is signed so.
func (c *checker) described() ([]byte, error) {
	if _, err := c.digestsOf(); err != nil { // of the digest that was asked for
		return nil, err
	}
	f, err := c.q.Artifact.Open()
	if err != nil {
		return nil, problem.New(problem.NotFound, "%s: %v", c.q.Artifact.Name, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, problem.New(problem.Invalid, "%s: %v", c.q.Artifact.Name, err)
	case len(b) > maxFile:
		return nil, problem.New(problem.TooLarge, "%s: more than %d bytes, the limit of a usage description", c.q.Artifact.Name, maxFile)
	case !mud.Recognise(c.q.Artifact.Name, b):
		return nil, problem.New(problem.Invalid, "%s: no usage description (MUD, RFC 8520), the only document whose signature in CMS is verified", c.q.Artifact.Name)
	}
	return b, nil
}

// signedBy tells who signed, and holds that to whom the question names.
func (c *checker) signedBy(a *Attestation, v *mud.Verification) {
	sum := sha256.Sum256(v.Signer.RawSubjectPublicKeyInfo)
	a.Signer = &Signer{KeyID: hex.EncodeToString(sum[:]), Identity: v.Signer.Subject.String(), Issuer: v.Signer.Issuer.String()}
	if !v.SignedAt.IsZero() {
		a.SignedAt = []SignedAt{{v.SignedAt.UTC(), "the signer"}}
	}
	switch {
	case c.q.Identity != "" && c.q.Identity != a.Signer.Identity && c.q.Identity != v.Signer.Subject.CommonName:
		a.Result, a.Reason = Invalid, "signed by "+a.Signer.Identity+", not by "+c.q.Identity
	case c.q.Issuer != "" && c.q.Issuer != a.Signer.Issuer && c.q.Issuer != v.Signer.Issuer.CommonName:
		a.Result, a.Reason = Invalid, "the signer is vouched for by "+a.Signer.Issuer+", not by "+c.q.Issuer
	}
}
