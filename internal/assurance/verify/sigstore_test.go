package verify

import (
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/sigstore/sigstoretest"
)

const (
	release = "https://example.test/acme/cam/.github/workflows/release.yml@refs/tags/v2"
	slsa    = "https://slsa.dev/provenance/v0.2"
	built   = `{"builder":{"id":"b"},"invocation":{"configSource":{"uri":"git+s","digest":{"sha1":"c0"}}}}`
)

// TestBareCertificates is envelopes that have a certificate and nothing that
// proves when they were signed: valid by nobody but who is named.
func TestBareCertificates(t *testing.T) {
	i := sigstoretest.New(t)
	cert, key := i.Certificate(t, release, june.Add(-time.Hour), nil)
	statement := []byte(camera(slsa, built))
	f := File{Name: "a.intoto.jsonl", Bytes: sigstoretest.Envelope(t, dsse.PayloadInToto, statement, cert, key)}
	root := &File{Name: "root.json", Bytes: i.Root(t)}
	public, err := dsse.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		q      Question
		want   string
		reason string
	}{
		{"nobody is named", Question{TrustedRoot: root}, Invalid, "nothing proves that it was signed while its certificate was valid (2026-05-31 23:00:00 to 23:10:00 UTC)"},
		{"the signer is named", Question{TrustedRoot: root, Identity: release, Issuer: sigstoretest.Issuer}, Valid, ""},
		{"another is named", Question{TrustedRoot: root, Identity: "x"}, Invalid, "signed by " + release},
		{"no root", Question{}, Invalid, "signed with a certificate of Sigstore's: give the trusted root"},
		{"no root, and the signer is named", Question{Identity: release}, Invalid, "signed with a certificate of Sigstore's: give the trusted root"},
		{"the key itself is trusted", Question{Keys: []File{{Name: "k.pem", Bytes: public.PEM()}}}, Valid, ""},
		{"what is no root", Question{TrustedRoot: &File{Name: "root.json", Bytes: []byte("{}")}}, Invalid, "root.json: no trusted root of Sigstore"},
	} {
		c.q.Files, c.q.At = []File{f}, june
		a := Verify(c.q)
		if a.Result != c.want || !strings.HasPrefix(a.Reason, c.reason) {
			t.Errorf("%s: %s (%s), want %s (%s)", c.name, a.Result, a.Reason, c.want, c.reason)
		}
		if c.q.Identity != "" && c.want == Valid {
			if notes := strings.Join(a.Notes, "\n"); !strings.Contains(notes, "is not proven, and rests on the signer that you named") || !strings.Contains(notes, "in a certificate log") {
				t.Errorf("%s: notes %q", c.name, notes)
			}
			if a.Claims == nil || a.Claims.Commit != "c0" || a.Claims.Source != "git+s" {
				t.Errorf("%s: claims %+v", c.name, a.Claims)
			}
		}
	}
}

// TestDatedBundle asks about moments before and after something was signed.
func TestDatedBundle(t *testing.T) {
	i := sigstoretest.New(t)
	signed := june.Add(time.Minute)
	cert, key := i.Certificate(t, release, june, nil)
	f := File{Name: "b.json", Bytes: i.Bundle(t, dsse.PayloadInToto, []byte(camera(slsa, built)), cert, key, signed)}
	for _, c := range []struct {
		at    time.Time
		dated bool
		want  string
	}{
		{signed, true, Valid},
		{signed.Add(-time.Second), true, NotYetValid},
		{signed.Add(-time.Second), false, Valid}, // a clock that is slow
		{signed.AddDate(5, 0, 0), true, Valid},   // what was valid when it was signed stays so
	} {
		a := Verify(Question{Files: []File{f}, TrustedRoot: &File{Bytes: i.Root(t)}, At: c.at, Dated: c.dated, Digest: cameraDigest})
		if a.Result != c.want || a.Kind != kindBundle || len(a.SignedAt) != 1 {
			t.Errorf("%s: %s (%s), want %s", c.at, a.Result, a.Reason, c.want)
		}
	}
}

// TestSignerNotes tells who could have signed, where the question leaves it open.
func TestSignerNotes(t *testing.T) {
	i, stranger := sigstoretest.New(t), newSigner(t, "stranger")
	cert, key := i.Certificate(t, release, june, nil)
	bundle := i.Bundle(t, dsse.PayloadInToto, []byte(camera(slsa, built)), cert, key, june)
	public, err := dsse.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	list := File{Name: "l.json", Bytes: []byte(`{"attestations":[{"predicateType":"` + slsa + `","bundle":` + string(bundle) + `}]}`)}
	one := File{Name: "b.json", Bytes: bundle}
	for _, c := range []struct {
		name string
		q    Question
		want string // a note begins so; "" for none
	}{
		{"nobody", Question{Files: []File{one}}, "no identity was asked for"},
		{"an identity", Question{Files: []File{one}, Identity: release}, "no issuer was asked for"},
		{"both", Question{Files: []File{one}, Identity: release, Issuer: sigstoretest.Issuer}, ""},
		{"an issuer", Question{Files: []File{one}, Issuer: sigstoretest.Issuer}, ""},
		{"the key", Question{Files: []File{one}, Keys: []File{{Name: "k", Bytes: public.PEM()}}}, ""},
		{"a key for others of the list", Question{Files: []File{list}, Keys: []File{stranger.public}}, "no identity was asked for"},
	} {
		c.q.TrustedRoot, c.q.At, c.q.Digest = &File{Bytes: i.Root(t)}, june, cameraDigest
		a := Verify(c.q)
		notes := strings.Join(a.Notes, "\n")
		if a.Result != Valid || (c.want == "") != (notes == "") || !strings.HasPrefix(notes, c.want) {
			t.Errorf("%s: %s (%s), notes %q, want %q", c.name, a.Result, a.Reason, notes, c.want)
		}
	}
}

// TestListOfBundles is what npm or GitHub answer: all must be genuine, and of
// the type that they are listed with.
func TestListOfBundles(t *testing.T) {
	i := sigstoretest.New(t)
	bundle := func(statement string) string {
		cert, key := i.Certificate(t, release, june, nil)
		return string(i.Bundle(t, dsse.PayloadInToto, []byte(statement), cert, key, june))
	}
	good := bundle(camera(slsa, built))
	other := bundle(strings.Replace(camera(slsa, built), "89bc", "98cb", 1))
	entry := func(typ, bundle string) string { return `{"predicateType":"` + typ + `","bundle":` + bundle + `}` }
	for _, c := range []struct{ name, list, want, reason string }{
		{"npm", entry(slsa, good) + "," + entry(slsa, good), Valid, ""},
		{"GitHub", `{"bundle":` + good + `,"repository_id":1}`, Valid, ""},
		{"listed as another", entry("x", good), Invalid, "it is listed as x, and says it is " + slsa},
		{"about different artifacts", entry(slsa, good) + "," + entry(slsa, other), Invalid, "l.json, attestation 1 and l.json, attestation 2 are about different artifacts"},
		{"one was changed", entry(slsa, good) + "," + entry(slsa, strings.Replace(good, `"payload":"`, `"payload":"AAAA`, 1)), Invalid, "l.json, attestation 2: signature does not verify"},
		{"empty", "", Invalid, "l.json: attestations: empty"},
		{"no bundle", `{"predicateType":"x"}`, Invalid, "l.json, attestation 1: bundle: want an object"},
	} {
		f := File{Name: "l.json", Bytes: []byte(`{"attestations":[` + c.list + `]}`)}
		a := Verify(Question{Files: []File{f}, TrustedRoot: &File{Bytes: i.Root(t)}, At: june, Digest: cameraDigest})
		if a.Result != c.want || !strings.HasPrefix(a.Reason, c.reason) {
			t.Errorf("%s: %s (%s), want %s (%s)", c.name, a.Result, a.Reason, c.want, c.reason)
		}
	}
}
