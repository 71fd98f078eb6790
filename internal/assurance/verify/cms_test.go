package verify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
)

const usage = `{"ietf-mud:mud": {"mud-version": 1, "mud-url": "https://acme.example/cam.json", "last-update": "2026-03-01T09:00:00Z"}}`

// maker is a root and a signer below it, good for a year around a moment.
type maker struct {
	root   File
	signer *x509.Certificate
	key    *ecdsa.PrivateKey
}

func newMaker(t testing.TB, name string, at time.Time) *maker {
	t.Helper()
	issue := func(c, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
		c.NotBefore, c.NotAfter = at.AddDate(-1, 0, 0), at.AddDate(1, 0, 0)
		if parent == nil {
			parent = c
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	var keys [2]*ecdsa.PrivateKey
	for i := range keys {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = k
	}
	root := issue(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}, nil, keys[0], keys[0])
	signer := issue(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name + " descriptions"}, KeyUsage: x509.KeyUsageDigitalSignature,
	}, root, keys[1], keys[0])
	return &maker{File{"root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})}, signer, keys[1]}
}

func (m *maker) sign(t testing.TB, text string) File {
	t.Helper()
	s, err := pkcs7.NewSignedData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := s.AddSigner(m.signer, m.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	s.Detach()
	der, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return File{"cam.p7s", der}
}

func TestVerifyUsageDescription(t *testing.T) {
	// What the library signs carries the time of the machine.
	now := time.Now().UTC().Truncate(time.Second).Add(time.Hour)
	ours, theirs := newMaker(t, "Acme", now), newMaker(t, "Other", now)
	key := newSigner(t, "a plain key")
	good, file := ours.sign(t, usage), File{"cam.mud.json", []byte(usage)}
	for _, c := range []struct {
		name   string
		q      Question
		want   string
		reason string // how it begins
	}{
		{"valid", Question{Files: []File{good}, Artifact: inMemory(file)}, Valid, ""},
		{"told apart by what they hold", Question{Files: []File{file, good}}, Valid, ""},
		{"whom it names", Question{Files: []File{good, file}, Identity: "Acme descriptions", Issuer: "CN=Acme"}, Valid, ""},
		{"somebody else", Question{Files: []File{good, file}, Identity: "Acme"}, Invalid, "signed by CN=Acme descriptions, not by Acme"},
		{"vouched for by somebody else", Question{Files: []File{good, file}, Issuer: "Other"}, Invalid, "the signer is vouched for by CN=Acme, not by Other"},
		{"of another digest", Question{Files: []File{good}, Artifact: inMemory(file), Digest: cameraDigest}, Invalid, "cam.mud.json has sha256 digest "},
		{"of two roots", Question{Files: []File{good, file}, Keys: []File{theirs.root, ours.root}}, Valid, ""},
		{"another root", Question{Files: []File{good, file}, Keys: []File{theirs.root}}, Invalid, "the signer's certificate leads to no trusted root"},
		{"no root", Question{Files: []File{good, file}, Keys: []File{}}, Invalid, "signed with a certificate: give the one"},
		{"a key in its place", Question{Files: []File{good, file}, Keys: []File{key.public}}, Invalid, `a plain key.pub: PEM block 1 is "PUBLIC KEY"; want CERTIFICATE`},
		{"two years later", Question{Files: []File{good, file}, At: now.AddDate(2, 0, 0)}, Expired, "the signer's certificate was good until"},
		{"two years before", Question{Files: []File{good, file}, At: now.AddDate(-2, 0, 0)}, NotYetValid, "signed "},
		{"of another file", Question{Files: []File{theirs.sign(t, usage+" "), file}, Keys: []File{theirs.root}}, Invalid, "the signature is of other bytes"},
		{"alone", Question{Files: []File{good}}, Invalid, "cam.p7s is the signature of a usage description: name that"},
		{"of no usage description", Question{Files: []File{ours.sign(t, "{}")}, Artifact: inMemory(File{"x", []byte("{}")})}, Invalid, "x: no usage description"},
		{"two signatures", Question{Files: []File{good, good}, Artifact: inMemory(file)}, Invalid, "cam.p7s is the signature of one usage description"},
		{"cut off", Question{Files: []File{{"cam.p7s", good.Bytes[:60]}, file}}, Invalid, "the signature is no CMS in DER"},
		{"asked for a type", Question{Files: []File{good, file}, PredicateType: svr}, Invalid, "no attestation of type " + svr},
	} {
		if c.q.Keys == nil {
			c.q.Keys = []File{ours.root}
		}
		if c.q.At.IsZero() {
			c.q.At = now
		}
		got := Verify(c.q)
		if got.Result != c.want || !strings.HasPrefix(got.Reason, c.reason) {
			t.Errorf("%s: %s %q; want %s %q", c.name, got.Result, got.Reason, c.want, c.reason)
		}
		if c.want != Valid {
			continue
		}
		if got.Kind != kindCMS || got.Signer.Identity != "CN=Acme descriptions" || got.Artifact.Name != "cam.mud.json" || len(got.SignedAt) != 1 {
			t.Errorf("%s: %+v %+v", c.name, got.Attestation, got.Signer)
		}
	}
}
