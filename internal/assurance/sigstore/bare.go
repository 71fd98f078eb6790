package sigstore

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"

	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/cryptoutils"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/problem"
)

// VerifyBare proves what can be proven of an envelope that came with its
// certificate and no log entry or timestamp, as SLSA's generator for GitHub
// wrote them: that the certificate's key signed it; that a trusted authority
// gave the certificate to whom it names; and that the certificate is in a
// trusted certificate log, so that it was not made in secret.
//
// That it was signed in the ten minutes for which the certificate was valid is
// not proven: the log entry that would prove it is not in the file. Proof.Time
// is false. A certificate that is in no certificate log is refused, because
// then nothing but the authority's word stands for it and for its time.
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
	if err := r.issued(cert); err != nil {
		return nil, err
	}
	if want.Identity == "" && want.Issuer == "" && len(want.Keys) > 0 && !hasKey(want.Keys, cert.PublicKey) {
		return nil, problem.New(problem.Invalid, "signed with the certificate of %s, not with the key that was given", clip(signer.Identity))
	}
	want.Keys = nil
	return &Proof{Signer: signer}, want.accepts(signer, nil)
}

// issued holds the certificate against the authorities and certificate logs, as
// of when it was issued.
func (r *Root) issued(cert *x509.Certificate) error {
	// crypto/x509 does not know the subject names that Fulcio writes for some
	// providers; sigstore-go reads them and they were read above.
	var unhandled []asn1.ObjectIdentifier
	for _, id := range cert.UnhandledCriticalExtensions {
		if !id.Equal(cryptoutils.SANOID) {
			unhandled = append(unhandled, id)
		}
	}
	cert.UnhandledCriticalExtensions = unhandled

	var why error
	for _, instance := range r.instances {
		err := issuedIn(instance, cert)
		if err == nil {
			return nil
		}
		if why == nil {
			why = err
		}
	}
	return why
}

func issuedIn(instance *root.TrustedRoot, cert *x509.Certificate) error {
	chains, err := verify.VerifyLeafCertificate(cert.NotBefore, cert, instance)
	if err != nil {
		return problem.New(problem.Invalid, "the certificate is by nobody who is trusted")
	}
	if err := verify.VerifySignedCertificateTimestamp(chains, 1, instance); err != nil {
		return problem.New(problem.Invalid, "neither a log entry nor a timestamp is in the file, and the certificate (valid %s to %s) is in no certificate log that is trusted: nothing proves when it was signed",
			cert.NotBefore.UTC().Format("2006-01-02 15:04"), cert.NotAfter.UTC().Format("15:04"))
	}
	return nil
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
