package mud

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smallstep/pkcs7"

	"countersign.dev/internal/assurance/form"
	"countersign.dev/internal/problem"
)

// Result is what a verification came to.
type Result string

// The results. The words are those of all verifications here.
const (
	Valid       Result = "valid"
	Invalid     Result = "invalid"
	Expired     Result = "expired"
	NotYetValid Result = "not-yet-valid"
)

// Verification is what [Verify] found. Only a valid one says who signed.
type Verification struct {
	Result Result
	Reason string // in a sentence; "" when valid

	Signer   *x509.Certificate // of the maker
	Chain    []string          // subjects from the signer to what is trusted
	SignedAt time.Time         // as the signer says; zero when it does not
}

// Trust is what a signature is held against. Nothing of the machine's own trust
// is used: who may describe a device is for the user to say.
type Trust struct {
	Roots         []*x509.Certificate // of makers, or of those who vouch for them
	Intermediates []*x509.Certificate // that the signature may not bring along
	At            time.Time           // moment at which the signature must hold
	Device        *x509.Certificate   // the device's own, which may name the one signer it takes; may be nil
}

// maxCertificates bounds how many certificates one file may give.
const maxCertificates = 1000

// ReadCertificates reads certificates in PEM, as roots and intermediates are
// given. Blocks of other kinds are an error: a key beside a certificate is
// there by mistake.
func ReadCertificates(b []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return nil, problem.New(problem.Invalid, "PEM block %d is %q; want CERTIFICATE", len(out)+1, form.Clip(block.Type))
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, problem.New(problem.Invalid, "certificate %d: %w", len(out)+1, err)
		}
		if out = append(out, c); len(out) > maxCertificates {
			return nil, problem.New(problem.TooLarge, "more than %d certificates", maxCertificates)
		}
	}
	if len(out) == 0 {
		return nil, problem.New(problem.Invalid, "no certificate in it; want PEM blocks CERTIFICATE")
	}
	return out, nil
}

// maxSignature bounds a signature file, in bytes.
const maxSignature = 256 << 10

// minRSA is how many bits a signer's RSA key must have (NIST SP 800-131A).
const minRSA = 2048

// Verify checks the detached signature of a file as it was received, byte for
// byte: CMS in DER, by one signer whose certificate has the key usage
// digitalSignature and leads to a trusted root at the moment in question (RFC
// 8520, section 13.2). A signer's own word on when it signed makes no expired
// certificate good.
//
// A signer that is named by its key instead of issuer and serial number, and
// keys of other kinds than RSA and ECDSA, are not understood and invalid.
func Verify(file, signature []byte, trust Trust) Verification {
	v, err := verify(file, signature, trust)
	if err == nil {
		v.Result = Valid
		return v
	}
	out := Verification{Result: Invalid, Reason: err.Error()}
	var t *timeError
	if errors.As(err, &t) {
		out.Result = t.result
	}
	return out
}

// timeError is a failure that the clock alone causes.
type timeError struct {
	result Result
	reason string
}

func (e *timeError) Error() string { return e.reason }

func verify(file, signature []byte, trust Trust) (Verification, error) {
	var v Verification
	switch {
	case len(signature) > maxSignature:
		return v, fmt.Errorf("the signature has %d bytes, the limit is %d", len(signature), maxSignature)
	case !form.IsJSON(file):
		// Bytes that are no JSON may be the signed attributes of another message.
		return v, errors.New("what is signed is no usage description")
	case trust.At.IsZero() || len(trust.Roots) == 0:
		return v, errors.New("no root certificate or no moment was given to verify against")
	}
	p7, err := open(signature)
	if err != nil {
		return v, err
	}
	p7.Certificates = append(p7.Certificates, trust.Intermediates...)
	p7.Certificates = append(p7.Certificates, trust.Roots...)
	p7.Content = file
	if v.Signer = p7.GetOnlySigner(); v.Signer == nil {
		return v, errors.New("the signer's certificate is neither in the signature nor given")
	}
	if err := strong(p7, v.Signer); err != nil {
		return v, err
	}
	if err := attributes(p7, trust.At, &v); err != nil {
		return v, err
	}
	if err := p7.Verify(); err != nil {
		return v, plainCMS(err)
	}
	if err := certified(p7, trust, &v); err != nil {
		return v, err
	}
	return v, named(v.Signer, trust.Device)
}

// open reads the signature's structure.
func open(signature []byte) (p7 *pkcs7.PKCS7, err error) {
	var outer asn1.RawValue
	if rest, err := asn1.Unmarshal(signature, &outer); err != nil || len(rest) > 0 {
		return nil, errors.New("the signature is no CMS in DER")
	}
	if p7, err = pkcs7.Parse(signature); err != nil {
		return nil, fmt.Errorf("the signature is no CMS in DER: %w", err)
	}
	switch {
	case len(p7.Signers) == 0:
		return nil, errors.New("the signature has no signer that is named by issuer and serial number")
	case len(p7.Signers) > 1:
		return nil, fmt.Errorf("the signature has %d signers, want one", len(p7.Signers))
	case len(p7.Content) > 0:
		return nil, errors.New("the signature brings its own content, want a detached one")
	}
	return p7, nil
}

// digests is the algorithms that are strong enough.
var digests = []asn1.ObjectIdentifier{pkcs7.OIDDigestAlgorithmSHA256, pkcs7.OIDDigestAlgorithmSHA384, pkcs7.OIDDigestAlgorithmSHA512}

// strong refuses weak keys and digests, and keys that are not for signatures.
func strong(p7 *pkcs7.PKCS7, signer *x509.Certificate) error {
	digest := p7.Signers[0].DigestAlgorithm.Algorithm
	if !slices.ContainsFunc(digests, digest.Equal) {
		return fmt.Errorf("the digest algorithm %s is not accepted, want SHA-256, SHA-384 or SHA-512", digest)
	}
	if k, ok := signer.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() < minRSA {
		return fmt.Errorf("the signer's RSA key has %d bits, want at least %d", k.N.BitLen(), minRSA)
	}
	if signer.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return errors.New("the signer's certificate has not the key usage digitalSignature (RFC 8520, 13.2)")
	}
	return nil
}

// contentTypes is what a signed file may be called: plain data, as the command
// of section 13.1 makes it, or id-ct-mudtype of section 11.
var contentTypes = []asn1.ObjectIdentifier{pkcs7.OIDData, {1, 2, 840, 113549, 1, 9, 16, 1, 41}}

// attributes checks what is signed along with the file. The type that is signed
// must be that of a file, or the signature is of something else (RFC 5652,
// section 11.1).
func attributes(p7 *pkcs7.PKCS7, at time.Time, v *Verification) error {
	if len(p7.Signers[0].AuthenticatedAttributes) == 0 {
		return nil
	}
	var kind asn1.ObjectIdentifier
	err := p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &kind)
	if err != nil || !slices.ContainsFunc(contentTypes, kind.Equal) {
		return errors.New("the signed content type is that of something else than a usage description")
	}
	if err := p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeSigningTime, &v.SignedAt); err != nil {
		v.SignedAt = time.Time{} // it need not be there
		return nil
	}
	if v.SignedAt.After(at) {
		return &timeError{NotYetValid, fmt.Sprintf("signed %s, after %s", day(v.SignedAt), day(at))}
	}
	return nil
}

// certified checks that the signer's certificate leads to a root.
func certified(p7 *pkcs7.PKCS7, trust Trust, v *Verification) error {
	if at := trust.At; at.After(v.Signer.NotAfter) {
		return &timeError{Expired, "the signer's certificate was good until " + day(v.Signer.NotAfter)}
	} else if at.Before(v.Signer.NotBefore) {
		return &timeError{NotYetValid, "the signer's certificate is good from " + day(v.Signer.NotBefore)}
	}
	roots, others := x509.NewCertPool(), x509.NewCertPool()
	for _, c := range trust.Roots {
		roots.AddCert(c)
	}
	for _, c := range p7.Certificates {
		others.AddCert(c)
	}
	chains, err := v.Signer.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: others, CurrentTime: trust.At, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	var bad x509.CertificateInvalidError
	switch {
	case errors.As(err, &bad) && bad.Reason == x509.Expired:
		result := Expired
		if trust.At.Before(bad.Cert.NotBefore) {
			result = NotYetValid
		}
		return &timeError{result, fmt.Sprintf("the certificate of %s was good from %s to %s", bad.Cert.Subject, day(bad.Cert.NotBefore), day(bad.Cert.NotAfter))}
	case err != nil:
		return fmt.Errorf("the signer's certificate leads to no trusted root: %w", err)
	}
	for _, c := range chains[0] {
		v.Chain = append(v.Chain, c.Subject.String())
	}
	return nil
}

// mudSigner is id-pe-mudsigner: the one signer that a device's maker names in
// the device's certificate (RFC 8520, section 11).
var mudSigner = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 30}

// named checks the signer against what the device's certificate says.
func named(signer, device *x509.Certificate) error {
	if device == nil {
		return nil
	}
	for _, e := range device.Extensions {
		if e.Id.Equal(mudSigner) && !bytes.Equal(e.Value, signer.RawSubject) {
			return fmt.Errorf("the device takes descriptions of another signer than %s (RFC 8520, 13.2)", signer.Subject)
		}
	}
	return nil
}

// plainCMS says an error of the CMS library in our words.
func plainCMS(err error) error {
	var mismatch *pkcs7.MessageDigestMismatchError
	var late *pkcs7.SigningTimeNotValidError
	switch {
	case errors.As(err, &mismatch):
		return errors.New("the signature is of other bytes than these")
	case errors.As(err, &late):
		return fmt.Errorf("signed %s, when the certificate was not good", day(late.SigningTime))
	case errors.Is(err, rsa.ErrVerification):
		return errors.New("the signature does not fit the signer's key")
	}
	return fmt.Errorf("the signature does not hold: %w", err)
}

func day(t time.Time) string { return t.UTC().Format(time.DateTime) }
