package sigstore

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"slices"

	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/verify"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

// VerifyBare proves what can be proven of an envelope that came with its
// certificate and no log entry or timestamp, as SLSA's generator for GitHub
// wrote them: that the certificate's key signed it; that a trusted authority
// gave the certificate to whom it names; and, where the certificate says that it
// is in a certificate log, that it is.
//
// That it was signed in the ten minutes for which the certificate was valid is
// not proven: the log entry that would prove it is not in the file, and whoever
// kept the key could sign years later. Proof.Time is false. Whether the signer
// is one who throws keys away is for the caller to know.
func (r *Root) VerifyBare(e *dsse.Envelope, want Want) (*Proof, error) {
	if len(e.Signatures) == 0 {
		return nil, dsse.ErrNoSignature
	}
	var why error
	for _, s := range e.Signatures {
		if len(s.Cert) == 0 {
			continue
		}
		p, err := r.verifyBare(e, s, want)
		if err == nil {
			return p, nil
		}
		if why == nil {
			why = err
		}
	}
	if why == nil {
		why = dsse.ErrUntrusted
	}
	return nil, why
}

func (r *Root) verifyBare(e *dsse.Envelope, s dsse.Signature, want Want) (*Proof, error) {
	cert, err := leafOf(s.Cert)
	if err != nil {
		return nil, err
	}
	key, err := dsse.NewPublicKey(cert.PublicKey)
	if err != nil {
		return nil, err
	}
	if !key.Verifies(dsse.PAE(e.PayloadType, e.Payload), s.Sig) {
		return nil, dsse.ErrSignature
	}
	summary, err := certificate.SummarizeCertificate(cert)
	if err != nil {
		return nil, problem.New(problem.Invalid, "the certificate names nobody: %s", plain(err))
	}
	signer := signerOf(cert, &summary)
	logged, err := r.issued(cert)
	if err != nil {
		return nil, err
	}
	if want.Identity == "" && want.Issuer == "" && len(want.Keys) > 0 && !hasKey(want.Keys, cert.PublicKey) {
		return nil, problem.New(problem.Invalid, "signed with the certificate of %s, not with the key that was given", clip(signer.Identity))
	}
	want.Keys = nil
	return &Proof{Signer: signer, CertificateLogged: logged}, want.accepts(signer, nil)
}

// issued holds the certificate against the authorities and certificate logs, as
// of when it was issued, and reports whether it is in one.
func (r *Root) issued(cert *x509.Certificate) (logged bool, err error) {
	// crypto/x509 does not know the subject names that Fulcio writes for some
	// providers; sigstore-go reads them and they were read above.
	cert.UnhandledCriticalExtensions = slices.DeleteFunc(slices.Clone(cert.UnhandledCriticalExtensions), func(id asn1.ObjectIdentifier) bool {
		return id.Equal(subjectAltName)
	})
	for _, instance := range r.instances {
		chains, failed := verify.VerifyLeafCertificate(cert.NotBefore, cert, instance)
		if failed != nil {
			err = problem.New(problem.Invalid, "the certificate is by nobody who is trusted")
			continue
		}
		if !saysLogged(cert) {
			return false, nil
		}
		if err = verify.VerifySignedCertificateTimestamp(chains, 1, instance); err == nil {
			return true, nil
		}
		err = problem.New(problem.Invalid, "the certificate is in no certificate log that is trusted: %s", plain(err))
	}
	return false, err
}

// subjectAltName is the extension in which a certificate names its subject (RFC
// 5280, section 4.2.1.6).
var subjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}

// sctList is the extension in which a certificate says that it is in a
// certificate log (RFC 6962, section 3.3). Fulcio has written it since mid-2022.
var sctList = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}

func saysLogged(cert *x509.Certificate) bool {
	return slices.ContainsFunc(cert.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(sctList) })
}

// leafOf reads the first certificate of those beside a signature.
func leafOf(b []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, problem.New(problem.Invalid, `cert: want a PEM block "CERTIFICATE"`)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, problem.New(problem.Invalid, "cert: %v", err)
	}
	return cert, nil
}
