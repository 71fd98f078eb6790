package sigstore

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/sigstore/sigstoretest"
)

const (
	builder = "https://example.test/acme/cam/.github/workflows/release.yml@refs/tags/v2"
	payload = `{"a":1}`
)

var (
	issued = sigstoretest.Founded.AddDate(1, 0, 0)
	inside = issued.Add(5 * time.Minute)
)

func parseRoot(t testing.TB, b []byte) *Root {
	t.Helper()
	r, err := ParseRoot(b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func keyOf(t testing.TB, cert *x509.Certificate) dsse.PublicKey {
	t.Helper()
	k, err := dsse.NewPublicKey(cert.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// expectError checks that err says want, or that there is none.
func expectError(t *testing.T, name string, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: %v, want %q", name, err, want)
	}
}

// TestPrivateInstance verifies bundles of an instance that has no logs and
// vouches with timestamps.
func TestPrivateInstance(t *testing.T) {
	ours, theirs := sigstoretest.New(t), sigstoretest.New(t)
	cert, key := ours.Certificate(t, builder, issued, nil)
	good := ours.Bundle(t, dsse.PayloadInToto, []byte(payload), cert, key, inside)
	root := ours.Root(t)
	both := bytes.Join([][]byte{theirs.Root(t), root}, []byte("\n"))
	_, otherKey := ours.Certificate(t, builder, issued, nil)
	other := keyOf(t, mustCertificate(t, ours))
	for _, c := range []struct {
		name   string
		root   []byte
		bundle []byte
		want   Want
		err    string
	}{
		{"as it should be", root, good, Want{}, ""},
		{"the root is one of two", both, good, Want{}, ""},
		{"by whom it must be", root, good, Want{Identity: builder, Issuer: sigstoretest.Issuer}, ""},
		{"with the key that was given", root, good, Want{Keys: []dsse.PublicKey{other, keyOf(t, cert)}}, ""},
		{"by somebody else", root, good, Want{Identity: builder + "2"}, "signed by " + builder + ", not by " + builder + "2"},
		{"vouched for by somebody else", root, good, Want{Issuer: "https://else.example"}, "is vouched for by https://token.example, not by https://else.example"},
		{"not with the key that was given", root, good, Want{Keys: []dsse.PublicKey{other}}, "not with the key that was given"},
		{"under another's root", theirs.Root(t), good, Want{}, "no time of signing that is trusted"},
		{"no timestamp", root, ours.Bundle(t, dsse.PayloadInToto, []byte(payload), cert, key), Want{}, "no time of signing that is trusted"},
		{"signed after the certificate ended", root, ours.Bundle(t, dsse.PayloadInToto, []byte(payload), cert, key, issued.Add(11*time.Minute)), Want{}, "was not valid when it was signed"},
		{"signed before it began", root, ours.Bundle(t, dsse.PayloadInToto, []byte(payload), cert, key, issued.Add(-time.Minute)), Want{}, "was not valid when it was signed"},
		{"another's certificate", root, theirsBundle(t, ours, theirs), Want{}, "the certificate is by nobody who is trusted"},
		{"another's key", root, ours.Bundle(t, dsse.PayloadInToto, []byte(payload), cert, otherKey, inside), Want{}, "signature does not verify"},
		{"another payload", root, changed(t, good, "payload", []byte(`{"a":2}`)), Want{}, "signature does not verify"},
		{"another type", root, changed(t, good, "payloadType", "text/plain"), Want{}, "signature does not verify"},
	} {
		b, err := ParseBundle(c.bundle)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		proof, err := parseRoot(t, c.root).Verify(b, c.want)
		expectError(t, c.name, err, c.err)
		if c.err == "" && (proof.Signer.Identity != builder || len(proof.SignedAt) != 1 || !proof.SignedAt[0].Time.Equal(inside) || !proof.Time) {
			t.Errorf("%s: %+v", c.name, proof)
		}
	}
}

// theirsBundle has a certificate of one instance and a timestamp of another.
func theirsBundle(t *testing.T, ours, theirs *sigstoretest.Instance) []byte {
	t.Helper()
	cert, key := theirs.Certificate(t, builder, issued, nil)
	return ours.Bundle(t, dsse.PayloadInToto, []byte(payload), cert, key, inside)
}

func mustCertificate(t *testing.T, i *sigstoretest.Instance) *x509.Certificate {
	t.Helper()
	cert, _ := i.Certificate(t, builder, issued, nil)
	return cert
}

// changed is a bundle with another value of a member of its envelope.
func changed(t *testing.T, bundle []byte, member string, value any) []byte {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(bundle, &v); err != nil {
		t.Fatal(err)
	}
	v["dsseEnvelope"].(map[string]any)[member] = value
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBareEnvelope(t *testing.T) {
	ours, theirs := sigstoretest.New(t), sigstoretest.New(t)
	cert, key := ours.Certificate(t, builder, issued, nil)
	stranger, strangersKey := theirs.Certificate(t, builder, issued, nil)
	logged, loggedKey := ours.Certificate(t, builder, issued, []byte{4, 2, 0, 0})
	early, earlyKey := ours.Certificate(t, builder, sigstoretest.Founded.AddDate(-1, 0, 0), nil)
	sealed := func(cert *x509.Certificate, key *ecdsa.PrivateKey) []byte {
		return sigstoretest.Envelope(t, dsse.PayloadInToto, []byte(payload), cert, key)
	}
	for _, c := range []struct {
		name     string
		envelope []byte
		want     Want
		err      string
	}{
		{"as it should be", sealed(cert, key), Want{}, ""},
		{"by whom it must be", sealed(cert, key), Want{Identity: builder}, ""},
		{"by somebody else", sealed(cert, key), Want{Identity: "https://else.example"}, "not by https://else.example"},
		{"not with the key that was given", sealed(cert, key), Want{Keys: []dsse.PublicKey{keyOf(t, stranger)}}, "not with the key that was given"},
		{"another's certificate", sealed(stranger, strangersKey), Want{}, "the certificate is by nobody who is trusted"},
		{"of before the authority began", sealed(early, earlyKey), Want{}, "the certificate is by nobody who is trusted"},
		{"another's key", sealed(cert, strangersKey), Want{}, "signature does not verify"},
		{"says it is logged, and is not", sealed(logged, loggedKey), Want{}, "in no certificate log that is trusted"},
		{"no certificate", []byte(`{"payloadType":"t","payload":"","signatures":[{"sig":"AAAA"}]}`), Want{}, "signer not trusted"},
		{"no signature", []byte(`{"payloadType":"t","payload":"","signatures":[]}`), Want{}, "no signature"},
		{"what is no certificate", []byte(`{"payloadType":"t","payload":"","signatures":[{"sig":"AAAA","cert":"x"}]}`), Want{}, "cert: want a PEM block"},
	} {
		e, err := dsse.Parse(c.envelope)
		if err != nil {
			t.Fatal(err)
		}
		proof, err := parseRoot(t, ours.Root(t)).VerifyBare(e, c.want)
		expectError(t, c.name, err, c.err)
		if c.err == "" && (proof.Time || proof.CertificateLogged || proof.Signer.Identity != builder || proof.Signer.Issuer != sigstoretest.Issuer) {
			t.Errorf("%s: %+v", c.name, proof)
		}
	}
}

func TestParseRootRefuses(t *testing.T) {
	root := sigstoretest.New(t).Root(t)
	for _, c := range []struct {
		name, in, want string
	}{
		{"empty", "\n\n", "empty; want a trusted root"},
		{"another document", `{"a":1}`, "no trusted root of Sigstore"},
		{"a member twice", strings.Replace(string(root), `"mediaType"`, `"mediaType":"x","mediaType"`, 1), "this member is there twice"},
		{"another version", strings.Replace(string(root), "version=0.1", "version=9", 1), "no trusted root of Sigstore"},
		{"the second is none", string(root) + "\n{}\n", "no trusted root of Sigstore"},
		{"too many", strings.Repeat(string(root)+"\n", maxRoots+1), "more than 16 trusted roots"},
		{"not JSON", "trusted", "not JSON"},
	} {
		_, err := ParseRoot([]byte(c.in))
		expectError(t, c.name, err, c.want)
	}
}

func TestParseBundleRefuses(t *testing.T) {
	i := sigstoretest.New(t)
	cert, key := i.Certificate(t, builder, issued, nil)
	good := string(i.Bundle(t, dsse.PayloadInToto, []byte(payload), cert, key, inside))
	for _, c := range []struct {
		name, in, want string
	}{
		{"another version", strings.Replace(good, "bundle.v0.3", "bundle.v0.9", 1), "no Sigstore bundle that can be used"},
		{"a member twice", strings.Replace(good, `"payloadType"`, `"payloadType":"x","payloadType"`, 1), "/dsseEnvelope/payloadType: this member is there twice"},
		{"a member that is not known", strings.Replace(good, `"payloadType"`, `"more":1,"payloadType"`, 1), "no Sigstore bundle that can be used"},
		{"no signature material", `{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}`, "no Sigstore bundle that can be used"},
		{"a weak digest", `{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"k"}},"messageSignature":{"messageDigest":{"algorithm":"HASH_ALGORITHM_UNSPECIFIED","digest":"AAAA"},"signature":"AAAA"}}`, "want a SHA-2 digest"},
		{"not JSON", "{", "not JSON"},
	} {
		_, err := ParseBundle([]byte(c.in))
		expectError(t, c.name, err, c.want)
	}
}

// TestReasonsAreShort bounds what the library quotes of what it was given.
func TestReasonsAreShort(t *testing.T) {
	err := errors.New("failed to verify timestamps: a\nb\u00a0 " + strings.Repeat("é", maxReason))
	got := reason(err)
	if !strings.HasPrefix(got, "no time of signing that is trusted: a b é") || len(got) > maxReason+60 || strings.Contains(got, "\ufffd") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func FuzzBundle(f *testing.F) {
	i := sigstoretest.New(f)
	cert, key := i.Certificate(f, builder, issued, nil)
	f.Add(i.Bundle(f, dsse.PayloadInToto, []byte(payload), cert, key, inside))
	f.Add([]byte(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"k"}},"messageSignature":{"messageDigest":{"algorithm":"SHA2_256","digest":"AAAA"},"signature":"AAAA"}}`))
	f.Add([]byte(`{"mediaType":"application/vnd.dev.sigstore.bundle+json;version=0.1","verificationMaterial":{"x509CertificateChain":{"certificates":[]},"tlogEntries":[{}]},"dsseEnvelope":{}}`))
	root := parseRoot(f, i.Root(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		bundle, err := ParseBundle(b)
		if err != nil {
			return
		}
		if _, err := root.Verify(bundle, Want{}); err == nil && (bundle.Envelope == nil || string(bundle.Envelope.Payload) != payload) {
			t.Fatal("verified what nobody signed")
		}
	})
}
