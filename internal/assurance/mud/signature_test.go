package mud

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"

	"countersign.dev/internal/problem"
)

// A maker's certificate authority, made anew for each test.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// The moment in question is after the clock of the machine: what the library
// signs carries its time, which must not lie ahead.
var (
	noon     = time.Now().UTC().Truncate(time.Second).Add(time.Hour)
	document = []byte(withRules(""))
)

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// issue makes a certificate for a key; the zero authority signs its own.
func (a authority) issue(t testing.TB, name string, key crypto.Signer, change func(*x509.Certificate)) authority {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{"Lumen"}},
		NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if change != nil {
		change(c)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{cert, key}
}

// sign makes a detached signature of content. Change may turn it into something
// else before it is finished.
func (a authority) sign(t testing.TB, content []byte, change func(*pkcs7.SignedData, *pkcs7.SignerInfoConfig)) []byte {
	t.Helper()
	s, err := pkcs7.NewSignedData(content)
	if err != nil {
		t.Fatal(err)
	}
	s.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	var config pkcs7.SignerInfoConfig
	if change != nil {
		change(s, &config)
	}
	if err := s.AddSigner(a.cert, a.key, config); err != nil {
		t.Fatal(err)
	}
	s.Detach()
	der, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestVerify(t *testing.T) {
	root := authority{}.issue(t, "Lumen root", newKey(t), nil)
	middle := root.issue(t, "Lumen devices", newKey(t), func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	signer := middle.issue(t, "Lumen descriptions", newKey(t), nil)
	strange := authority{}.issue(t, "Other root", newKey(t), nil)
	trust := Trust{Roots: []*x509.Certificate{root.cert}, Intermediates: []*x509.Certificate{middle.cert}, At: noon}
	good := signer.sign(t, document, nil)

	v := Verify(document, good, trust)
	if v.Result != Valid || v.Reason != "" || !v.Signer.Equal(signer.cert) || len(v.Chain) != 3 || v.Chain[2] != root.cert.Subject.String() {
		t.Errorf("%+v", v)
	}
	with := func(change func(*Trust)) Trust {
		out := trust
		change(&out)
		return out
	}
	device := func(named *x509.Certificate) *x509.Certificate {
		return root.issue(t, "a camera", newKey(t), func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: mudSigner, Value: named.RawSubject}}
		}).cert
	}
	for _, c := range []struct {
		name            string
		file, signature []byte
		trust           Trust
		result          Result
		reason          string
	}{
		{"another file", []byte(withRules(`{}`)), good, trust, Invalid, "the signature is of other bytes than these"},
		{"no usage description", []byte("1{"), good, trust, Invalid, "no usage description"},
		{"no signature", document, nil, trust, Invalid, "no CMS in DER"},
		{"cut off", document, good[:len(good)-1], trust, Invalid, "no CMS in DER"},
		{"more behind it", document, append(append([]byte{}, good...), 0), trust, Invalid, "no CMS in DER"},
		{"too large", document, make([]byte, maxSignature+1), trust, Invalid, "the limit is 262144"},
		{"no root", document, good, with(func(t *Trust) { t.Roots = nil }), Invalid, "no root certificate"},
		{"another root", document, good, with(func(t *Trust) { t.Roots = []*x509.Certificate{strange.cert} }), Invalid, "leads to no trusted root"},
		{"a link is missing", document, good, with(func(t *Trust) { t.Intermediates = nil }), Invalid, "leads to no trusted root"},
		{"the signer itself is trusted", document, good, with(func(t *Trust) { t.Roots = []*x509.Certificate{signer.cert} }), Valid, ""},
		{"a year later", document, good, with(func(t *Trust) { t.At = noon.AddDate(1, 1, 0) }), Expired, "good until " + day(noon.AddDate(1, 0, 0))},
		{"before", document, good, with(func(t *Trust) { t.At = noon.AddDate(-2, 0, 0) }), NotYetValid, ", after " + day(noon.AddDate(-2, 0, 0))},
		{"the device names this signer", document, good, with(func(t2 *Trust) { t2.Device = device(signer.cert) }), Valid, ""},
		{"the device names another", document, good, with(func(t2 *Trust) { t2.Device = device(strange.cert) }), Invalid, "the device takes descriptions of another signer"},
	} {
		if got := Verify(c.file, c.signature, c.trust); got.Result != c.result || !strings.Contains(got.Reason, c.reason) || (got.Signer != nil) != (c.result == Valid) {
			t.Errorf("%s: %s %q; want %s %q", c.name, got.Result, got.Reason, c.result, c.reason)
		}
	}
}

func TestVerifyRefusesWeakOrOddSignatures(t *testing.T) {
	root := authority{}.issue(t, "Lumen root", newKey(t), nil)
	trust := Trust{Roots: []*x509.Certificate{root.cert}, At: noon}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	strongRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	plain := root.issue(t, "Lumen descriptions", newKey(t), nil)
	for _, c := range []struct {
		name      string
		signature []byte
		result    Result
		reason    string
	}{
		{"RSA", root.issue(t, "r", strongRSA, nil).sign(t, document, nil), Valid, ""},
		{"RSA of 1024 bits", root.issue(t, "r", weak, nil).sign(t, document, nil), Invalid, "has 1024 bits, want at least 2048"},
		{"SHA-1", plain.sign(t, document, func(s *pkcs7.SignedData, _ *pkcs7.SignerInfoConfig) {
			s.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA1)
		}), Invalid, "is not accepted, want SHA-256"},
		{"no key usage", root.issue(t, "k", newKey(t), func(c *x509.Certificate) { c.KeyUsage = 0 }).sign(t, document, nil), Invalid, "has not the key usage digitalSignature"},
		{"another key usage", root.issue(t, "k", newKey(t), func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }).sign(t, document, nil), Invalid, "digitalSignature"},
		{"signed by who was no signer yet", root.issue(t, "k", newKey(t), func(c *x509.Certificate) { c.NotBefore = noon.Add(-time.Minute) }).sign(t, document, nil), Invalid, "when the certificate was not good"},
		{"content inside", embedded(t, plain), Invalid, "brings its own content"},
		{"two signers", plain.sign(t, document, func(s *pkcs7.SignedData, _ *pkcs7.SignerInfoConfig) {
			if err := s.AddSigner(root.issue(t, "second", newKey(t), nil).cert, newKey(t), pkcs7.SignerInfoConfig{}); err != nil {
				t.Fatal(err)
			}
		}), Invalid, "has 2 signers"},
		{"the key of another", authority{plain.cert, newKey(t)}.sign(t, document, nil), Invalid, "the signature does not hold"},
	} {
		if got := Verify(document, c.signature, trust); got.Result != c.result || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %s %q; want %s %q", c.name, got.Result, got.Reason, c.result, c.reason)
		}
	}
}

// A link of the chain that has run out, or has not begun, is told as such.
func TestVerifyTellsTheClockFromForgery(t *testing.T) {
	root := authority{}.issue(t, "Lumen root", newKey(t), nil)
	for _, c := range []struct {
		from, to, at time.Time
		result       Result
	}{
		{noon.AddDate(-1, 0, 0), noon.AddDate(0, 1, 0), noon, Valid},
		{noon.AddDate(-1, 0, 0), noon.AddDate(0, 1, 0), noon.AddDate(0, 2, 0), Expired},
		{noon.AddDate(0, 0, 1), noon.AddDate(0, 1, 0), noon, NotYetValid},
	} {
		middle := root.issue(t, "Lumen devices", newKey(t), func(x *x509.Certificate) {
			x.IsCA, x.BasicConstraintsValid, x.KeyUsage, x.NotBefore, x.NotAfter = true, true, x509.KeyUsageCertSign, c.from, c.to
		})
		signature := middle.issue(t, "Lumen descriptions", newKey(t), nil).sign(t, document, nil)
		got := Verify(document, signature, Trust{Roots: []*x509.Certificate{root.cert}, Intermediates: []*x509.Certificate{middle.cert}, At: c.at})
		if got.Result != c.result || got.Result != Valid && !strings.Contains(got.Reason, "CN=Lumen devices,O=Lumen was good from "+day(c.from)+" to "+day(c.to)) {
			t.Errorf("from %v to %v, at %v: %s %q; want %s", c.from, c.to, c.at, got.Result, got.Reason, c.result)
		}
	}
}

func embedded(t *testing.T, a authority) []byte {
	t.Helper()
	s, err := pkcs7.NewSignedData(document)
	if err != nil {
		t.Fatal(err)
	}
	s.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := s.AddSigner(a.cert, a.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	der, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// What OpenSSL signs by the command of RFC 8520, section 13.1, holds here, and
// what is signed here holds there.
func TestAgreesWithOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("SKIPPED: no openssl here to compare with")
	}
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(args ...string) error {
		out, err := exec.CommandContext(t.Context(), openssl, args...).CombinedOutput()
		t.Logf("openssl %s: %v %s", strings.Join(args[:2], " "), err, out)
		return err
	}
	root := authority{}.issue(t, "Lumen root", newKey(t), nil)
	signer := root.issue(t, "Lumen descriptions", newKey(t), func(c *x509.Certificate) {
		c.ExtKeyUsage, c.SubjectKeyId = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}, []byte{1, 2, 3, 4}
	})
	key, err := x509.MarshalPKCS8PrivateKey(signer.key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := func(c *x509.Certificate) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	file, other := write("cam.json", document), write("other.json", []byte(withRules(`{}`)))
	rootFile, certFile := write("root.pem", certPEM(root.cert)), write("cert.pem", certPEM(signer.cert))
	keyFile := write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))

	theirs := filepath.Join(dir, "cam.p7s")
	for _, extra := range [][]string{nil, {"-econtent_type", "1.2.840.113549.1.9.16.1.41"}, {"-noattr"}} {
		args := append([]string{"cms", "-sign", "-signer", certFile, "-inkey", keyFile, "-in", file, "-binary", "-outform", "DER", "-out", theirs}, extra...)
		if err := run(args...); err != nil {
			t.Fatal(err)
		}
		signature, err := os.ReadFile(theirs)
		if err != nil {
			t.Fatal(err)
		}
		trust := Trust{Roots: []*x509.Certificate{root.cert}, At: noon}
		if v := Verify(document, signature, trust); v.Result != Valid || v.SignedAt.IsZero() != slices.Contains(extra, "-noattr") {
			t.Errorf("%v: %+v", extra, v)
		}
		if v := Verify([]byte(withRules(`{}`)), signature, trust); v.Result != Invalid {
			t.Errorf("%v: another file: %+v", extra, v)
		}
		trust.At = noon.AddDate(-2, 0, 0)
		if v := Verify(document, signature, trust); v.Result != NotYetValid {
			t.Errorf("%v: before all: %+v", extra, v)
		}
	}
	for _, odd := range []struct{ option, reason string }{
		{"-keyid", "named by issuer and serial number"}, {"-econtent_type=1.2.3.4", "the signed content type is that of something else"}, {"-nodetach", "brings its own content"}, {"-nocerts", "neither in the signature nor given"},
	} {
		args := append([]string{"cms", "-sign"}, strings.Split(odd.option, "=")...)
		if err := run(append(args, "-signer", certFile, "-inkey", keyFile, "-in", file, "-binary", "-outform", "DER", "-out", theirs)...); err != nil {
			t.Fatal(err)
		}
		signature, err := os.ReadFile(theirs)
		if err != nil {
			t.Fatal(err)
		}
		if v := Verify(document, signature, Trust{Roots: []*x509.Certificate{root.cert}, At: noon}); v.Result != Invalid || !strings.Contains(v.Reason, odd.reason) {
			t.Errorf("%s: %s %q; want %q", odd.option, v.Result, v.Reason, odd.reason)
		}
	}
	ours := write("ours.p7s", signer.sign(t, document, nil))
	verify := []string{"cms", "-verify", "-inform", "DER", "-in", ours, "-CAfile", rootFile, "-binary", "-out", os.DevNull, "-content"}
	if err := run(append(verify, file)...); err != nil {
		t.Errorf("openssl refuses our signature: %v", err)
	}
	if err := run(append(verify, other)...); err == nil {
		t.Error("openssl takes our signature for another file's")
	}
}

func TestReadCertificates(t *testing.T) {
	a, b := authority{}.issue(t, "a", newKey(t), nil).cert, authority{}.issue(t, "b", newKey(t), nil).cert
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	got, err := ReadCertificates([]byte("Lumen\n" + block("CERTIFICATE", a.Raw) + block("CERTIFICATE", b.Raw)))
	if err != nil || len(got) != 2 || !got[1].Equal(b) {
		t.Errorf("%d certificates, %v", len(got), err)
	}
	for text, want := range map[string]string{
		"": "no certificate in it", block("PRIVATE KEY", nil): `PEM block 1 is "PRIVATE KEY"; want CERTIFICATE`,
		block("CERTIFICATE", a.Raw) + block("CERTIFICATE", b.Raw[:9]): "certificate 2: ",
	} {
		if _, err := ReadCertificates([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) || problem.KindOf(err) != problem.Invalid {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	root := authority{}.issue(f, "Lumen root", newKey(f), nil)
	good := root.issue(f, "Lumen descriptions", newKey(f), nil).sign(f, document, nil)
	f.Add(good)
	f.Add([]byte{0x30, 0x80, 0, 0})
	trust := Trust{Roots: []*x509.Certificate{root.cert}, At: noon}
	f.Fuzz(func(t *testing.T, signature []byte) {
		if v := Verify([]byte(withRules(`{}`)), signature, trust); v.Result == Valid || v.Reason == "" {
			t.Errorf("%x: %+v", signature, v)
		}
	})
}
