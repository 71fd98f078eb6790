package dsse

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/problem"
)

// TestPAE holds the encoding to the example of the specification (DSSE 1.0,
// protocol.md).
func TestPAE(t *testing.T) {
	got := string(PAE("http://example.com/HelloWorld", []byte("hello world")))
	if want := "DSSEv1 29 http://example.com/HelloWorld 11 hello world"; got != want {
		t.Errorf("PAE = %q, want %q", got, want)
	}
}

// signers is a key of each kind that is allowed.
func signers(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	out := map[string]crypto.Signer{}
	for name, curve := range map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()} {
		k, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = k
	}
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	out["RSA"] = k
	out["Ed25519"] = newKey(t)
	return out
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	private, _, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ReadPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicOf(t testing.TB, key crypto.Signer) PublicKey {
	t.Helper()
	k, err := NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSignVerify(t *testing.T) {
	other := publicOf(t, newKey(t))
	for name, key := range signers(t) {
		t.Run(name, func(t *testing.T) {
			b, err := Sign("text/plain", []byte("hello"), key)
			if err != nil {
				t.Fatal(err)
			}
			e, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			keys, err := ParsePublicKeys(publicOf(t, key).PEM())
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Verify([]PublicKey{other, keys[0]})
			if err != nil || got.ID() != keys[0].ID() || string(e.Payload) != "hello" {
				t.Errorf("verify: %v by %q, payload %q", err, got.ID(), e.Payload)
			}
			e.PayloadType = "text/html"
			if _, err := e.Verify(keys); !errors.Is(err, ErrSignature) {
				t.Errorf("another type: %v, want %v", err, ErrSignature)
			}
			e.PayloadType, e.Payload = "text/plain", []byte("hellp")
			if _, err := e.Verify(keys); !errors.Is(err, ErrSignature) {
				t.Errorf("another payload: %v, want %v", err, ErrSignature)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	ours, theirs := newKey(t), newKey(t)
	b, err := Sign("t", []byte("p"), ours)
	if err != nil {
		t.Fatal(err)
	}
	good, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	sig := good.Signatures[0].Sig
	trusted := []PublicKey{publicOf(t, ours)}
	for _, c := range []struct {
		name string
		sigs []Signature
		keys []PublicKey
		want error
	}{
		{"hint of nobody", []Signature{{KeyID: "whoever", Sig: sig}}, trusted, nil},
		{"no hint", []Signature{{Sig: sig}}, trusted, nil},
		{"the second is ours", []Signature{{KeyID: "x", Sig: []byte("made up")}, {Sig: sig}}, trusted, nil},
		{"no signature", nil, trusted, ErrNoSignature},
		{"no key", []Signature{{Sig: sig}}, nil, ErrUntrusted},
		{"by somebody else", []Signature{{KeyID: publicOf(t, ours).ID(), Sig: sig}}, []PublicKey{publicOf(t, theirs)}, ErrUntrusted},
		{"says it is ours", []Signature{{KeyID: publicOf(t, ours).ID(), Sig: []byte("made up")}}, trusted, ErrSignature},
		{"says nothing", []Signature{{Sig: []byte("made up")}}, trusted, ErrSignature},
		{"a key of nothing", []Signature{{Sig: sig}}, []PublicKey{{}}, ErrSignature},
	} {
		e := &Envelope{PayloadType: "t", Payload: []byte("p"), Signatures: c.sigs}
		if _, err := e.Verify(c.keys); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestForeignSignatures verifies the ways of signing that others use and we do
// not: raw ECDSA numbers, SHA-256 on a larger curve, RSA with PKCS #1 v1.5.
func TestForeignSignatures(t *testing.T) {
	keys := signers(t)
	message := []byte("message")
	digest := sum(crypto.SHA256, message)

	p256 := keys["P-256"].(*ecdsa.PrivateKey)
	der, err := ecdsa.SignASN1(rand.Reader, p256, digest)
	if err != nil {
		t.Fatal(err)
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		t.Fatal(err)
	}
	raw := append(pair.R.FillBytes(make([]byte, 32)), pair.S.FillBytes(make([]byte, 32))...)
	p384, err := ecdsa.SignASN1(rand.Reader, keys["P-384"].(*ecdsa.PrivateKey), digest)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1, err := rsa.SignPKCS1v15(nil, keys["RSA"].(*rsa.PrivateKey), crypto.SHA256, digest)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key string
		sig []byte
	}{"raw": {"P-256", raw}, "SHA-256 on P-384": {"P-384", p384}, "PKCS #1": {"RSA", pkcs1}} {
		k := publicOf(t, keys[c.key])
		if !k.Verifies(message, c.sig) {
			t.Errorf("%s: not verified", name)
		}
		c.sig[len(c.sig)-1] ^= 1
		if k.Verifies(message, c.sig) {
			t.Errorf("%s: verified after a change", name)
		}
		if k.Verifies(message, c.sig[:len(c.sig)-1]) {
			t.Errorf("%s: verified when cut", name)
		}
	}
}

func TestParse(t *testing.T) {
	e, err := Parse([]byte(`{"payload":"_-8","payloadType":"t","signatures":[{"sig":"/+8=","keyid":"k","cert":"c"}],"more":1}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Envelope{PayloadType: "t", Payload: []byte{0xff, 0xef}, Signatures: []Signature{{KeyID: "k", Sig: []byte{0xff, 0xef}, Cert: []byte("c")}}}
	if d := cmp.Diff(want, e); d != "" {
		t.Error(d)
	}
}

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("x", 1<<17)
	for _, c := range []struct {
		in, want string
		kind     problem.Kind
	}{
		{`{"payload":"YQ==","payload":"YQ==","payloadType":"t","signatures":[]}`, "line 1: /payload: this member is there twice", problem.Invalid},
		{`{"Payload":"YQ==","payloadType":"t","signatures":[]}`, "payload: missing", problem.Invalid},
		{`{"payload":"YQ==","signatures":[]}`, "payloadType: missing", problem.Invalid},
		{`{"payload":"YQ==","payloadType":"` + long + `","signatures":[]}`, "payloadType: 131072 bytes", problem.TooLarge},
		{`{"payload":"Y!==","payloadType":"t","signatures":[]}`, "payload: want base64", problem.Invalid},
		{`{"payload":"YQ=","payloadType":"t","signatures":[]}`, "payload: want base64", problem.Invalid},
		{`{"payload":"Y\nQ==","payloadType":"t","signatures":[]}`, "payload: want base64 without line breaks", problem.Invalid},
		{`{"payload":"YR==","payloadType":"t","signatures":[]}`, "payload: want base64", problem.Invalid},
		{`{"payload":"YQ==","payloadType":"t","signatures":[{"keyid":"a"}]}`, "signatures[0].sig: missing", problem.Invalid},
		{`{"payload":"YQ==","payloadType":"t","signatures":[{"sig":"YQ==","cert":"` + long + `"}]}`, "signatures[0].cert: 131072 bytes", problem.TooLarge},
		{`{"payload":"YQ==","payloadType":"t","signatures":[{"sig":"YQ==","keyid":"` + long + `"}]}`, "signatures[0].keyid: 131072 bytes", problem.TooLarge},
		{`{"payload":"YQ==","payloadType":"t","signatures":[` + strings.Repeat(`{"sig":"YQ=="},`, 64) + `{"sig":"YQ=="}]}`, "signatures: 65", problem.TooLarge},
		{"{\n" + `"payload":["YQ=="],"payloadType":"t"}`, "/payload: want a text, found an array", problem.Invalid},
		{`[]`, "the document: want an object, found an array", problem.Invalid},
		{``, "not JSON", problem.Invalid},
	} {
		_, err := Parse([]byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) || problem.KindOf(err) != c.kind {
			t.Errorf("%.60q: %v, want %q (%s)", c.in, err, c.want, c.kind)
		}
	}
}

func TestStrict(t *testing.T) {
	small := Limits{Bytes: 40, Depth: 3, Values: 8}
	for _, c := range []struct{ in, want string }{
		{`{"a":[{"b":1}]}`, ""},
		{` "a" `, ""},
		{`1`, ""},
		{`{"a":{"b":1,"b":2}}`, "line 1: /a/b: this member is there twice"},
		{`{"a":1,"\u0061":2}`, "/a: this member is there twice"},
		{"{\n\"a\":1,}", "line 2: not JSON"},
		{`{} {}`, "found more behind it"},
		{`1 2`, "found more behind it"},
		{`{`, "not JSON"},
		{`[[[[1]]]]`, "nested more than 3 deep"},
		{`[1,2,3,4,5,6,7,8,9]`, "more than 8 names and values"},
		{"\"\xff\"", "not JSON"},
		{strings.Repeat(" ", 41), "the limit is 40"},
	} {
		err := Strict([]byte(c.in), small)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: %v, want %q", c.in, err, c.want)
		}
	}
}

func TestParsePublicKeys(t *testing.T) {
	var all []byte
	for _, key := range signers(t) {
		all = append(all, publicOf(t, key).PEM()...)
	}
	keys, err := ParsePublicKeys(append([]byte("a comment\n"), all...))
	if err != nil || len(keys) != 5 {
		t.Fatalf("%d keys, %v; want 5", len(keys), err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, _, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in   []byte
		want string
	}{
		{nil, "no key in it"},
		{[]byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), "PEM block before line 4"},
		{spkiPEM(t, small.Public()), "an RSA key of 1024 bits"},
		{spkiPEM(t, curve.Public()), "curve P-224"},
		{append(all, private...), `found "PRIVATE KEY"`},
		{make([]byte, maxKeyFile+1), "the limit of a file of keys"},
	} {
		if _, err := ParsePublicKeys(c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: %v, want %q", c.in, err, c.want)
		}
	}
}

func spkiPEM(t *testing.T, key crypto.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestReadPrivateKeyTellsNothing(t *testing.T) {
	secret := base64.StdEncoding.EncodeToString([]byte("a secret of some length that must stay one"))
	for _, in := range []string{
		secret,
		"-----BEGIN PRIVATE KEY-----\n" + secret + "\n-----END PRIVATE KEY-----\n",
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + secret + "\n-----END ENCRYPTED PRIVATE KEY-----\n",
	} {
		_, err := ReadPrivateKey([]byte(in))
		if err == nil || strings.Contains(err.Error(), secret[:8]) {
			t.Errorf("%.30q: %v", in, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	key := newKey(f)
	signed, err := Sign(PayloadInToto, []byte(`{"a":1}`), key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add([]byte(`{"payload":"","payloadType":"t","signatures":[{"sig":"_w","cert":"c"}]}`))
	f.Add([]byte(`{"a":{"b":[1,{"b":2}]},"a":0}`))
	trusted := []PublicKey{publicOf(f, key)}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Parse(b)
		if err != nil {
			return
		}
		// Whatever is read is JSON to the standard library too, with the same
		// payload: no second reader sees another envelope.
		var std struct {
			Payload string `json:"payload"`
		}
		if err := json.Unmarshal(b, &std); err != nil {
			t.Fatalf("read what encoding/json refuses: %v", err)
		}
		if _, err := e.Verify(trusted); err == nil && string(e.Payload) != `{"a":1}` {
			t.Fatalf("verified %q, which nobody signed", e.Payload)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	keys := signers(b)
	payload := []byte(strings.Repeat("x", 12<<10))
	for _, name := range []string{"Ed25519", "P-256", "RSA"} {
		signed, err := Sign("t", payload, keys[name])
		if err != nil {
			b.Fatal(err)
		}
		trusted := []PublicKey{publicOf(b, keys[name])}
		b.Run(fmt.Sprintf("12KB/%s", name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e, err := Parse(signed)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := e.Verify(trusted); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
