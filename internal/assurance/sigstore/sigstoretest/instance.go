// Package sigstoretest is a private instance of Sigstore for tests: a certificate
// authority and a timestamp authority, as GitHub runs one for private
// repositories, and no logs. It signs what a test wants signed, when it wants.
//
// Begin with [New].
package sigstoretest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/url"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"countersign.dev/internal/assurance/dsse"
)

// Issuer is the identity provider that certificates of the instance name.
const Issuer = "https://token.example"

// Founded is when the instance's authorities begin. They last ten years.
var Founded = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// Instance is one authority for certificates and one for timestamps.
type Instance struct {
	ca, tsaCA authority
	tsa       *x509.Certificate
	tsaKey    *ecdsa.PrivateKey
}

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// New makes an instance with keys of its own.
func New(t testing.TB) *Instance {
	t.Helper()
	i := &Instance{ca: newAuthority(t, "test authority"), tsaCA: newAuthority(t, "test timestamp authority")}
	i.tsaKey = newKey(t)
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	check(t, err)
	i.tsa = i.tsaCA.certify(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "test timestamps"}, NotBefore: Founded, NotAfter: Founded.AddDate(9, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature,
		// RFC 3161, section 2.3: for timestamps alone, and critical.
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}},
	}, i.tsaKey.Public())
	return i
}

// Root is the instance's trusted root, as ParseRoot reads it.
func (i *Instance) Root(t testing.TB) []byte {
	t.Helper()
	chain := func(certs ...*x509.Certificate) map[string]any {
		var out []map[string]any
		for _, c := range certs {
			out = append(out, map[string]any{"rawBytes": c.Raw})
		}
		return map[string]any{
			"subject": map[string]string{"commonName": certs[0].Subject.CommonName}, "uri": "https://" + certs[0].Subject.CommonName,
			"certChain": map[string]any{"certificates": out}, "validFor": map[string]any{"start": Founded},
		}
	}
	return encode(t, map[string]any{
		"mediaType":              "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
		"certificateAuthorities": []any{chain(i.ca.cert)},
		"timestampAuthorities":   []any{chain(i.tsa, i.tsaCA.cert)},
	})
}

// Certificate gives an identity a certificate for ten minutes from begins on,
// and its key. SCTs are the bytes of the extension that says that it is in a
// certificate log; nil for none.
func (i *Instance) Certificate(t testing.TB, identity string, begins time.Time, scts []byte) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key := newKey(t)
	who, err := url.Parse(identity)
	check(t, err)
	template := &x509.Certificate{
		NotBefore: begins, NotAfter: begins.Add(10 * time.Minute), URIs: []*url.URL{who},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		// The issuer as Fulcio first wrote it: the bare text.
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 1}, Value: []byte(Issuer)}},
	}
	if scts != nil {
		template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: scts})
	}
	return i.ca.certify(t, template, key.Public()), key
}

// Envelope is a DSSE envelope with the certificate beside its signature.
func Envelope(t testing.TB, payloadType string, payload []byte, cert *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	return encode(t, map[string]any{"payloadType": payloadType, "payload": payload, "signatures": []any{map[string]any{
		"keyid": "", "sig": sign(t, payloadType, payload, key),
		"cert": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})),
	}}})
}

// Bundle is a bundle over an envelope, with a timestamp of each of the times.
func (i *Instance) Bundle(t testing.TB, payloadType string, payload []byte, cert *x509.Certificate, key *ecdsa.PrivateKey, times ...time.Time) []byte {
	t.Helper()
	sig := sign(t, payloadType, payload, key)
	stamps := []any{}
	for _, at := range times {
		stamps = append(stamps, map[string]any{"signedTimestamp": i.timestamp(t, sig, at)})
	}
	return encode(t, map[string]any{
		"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
		"verificationMaterial": map[string]any{
			"certificate":               map[string]any{"rawBytes": cert.Raw},
			"timestampVerificationData": map[string]any{"rfc3161Timestamps": stamps},
		},
		"dsseEnvelope": map[string]any{"payload": payload, "payloadType": payloadType, "signatures": []any{map[string]any{"sig": sig}}},
	})
}

func (i *Instance) timestamp(t testing.TB, sig []byte, at time.Time) []byte {
	t.Helper()
	request, err := timestamp.CreateRequest(bytes.NewReader(sig), &timestamp.RequestOptions{Hash: crypto.SHA256})
	check(t, err)
	parsed, err := timestamp.ParseRequest(request)
	check(t, err)
	stamp := timestamp.Timestamp{
		HashAlgorithm: parsed.HashAlgorithm, HashedMessage: parsed.HashedMessage, Time: at,
		Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 2},
	}
	out, err := stamp.CreateResponseWithOpts(i.tsa, i.tsaKey, crypto.SHA256)
	check(t, err)
	return out
}

func newAuthority(t testing.TB, name string) authority {
	t.Helper()
	a := authority{key: newKey(t)}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: Founded, NotAfter: Founded.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert = template
	a.cert = a.certify(t, template, a.key.Public())
	return a
}

func (a authority) certify(t testing.TB, template *x509.Certificate, key crypto.PublicKey) *x509.Certificate {
	t.Helper()
	var err error
	template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	check(t, err)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key, a.key)
	check(t, err)
	cert, err := x509.ParseCertificate(der)
	check(t, err)
	return cert
}

func sign(t testing.TB, payloadType string, payload []byte, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	h := crypto.SHA256.New()
	h.Write(dsse.PAE(payloadType, payload))
	sig, err := ecdsa.SignASN1(rand.Reader, key, h.Sum(nil))
	check(t, err)
	return sig
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	return key
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	check(t, err)
	return b
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
