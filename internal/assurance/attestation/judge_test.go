package attestation

import (
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/sigstore"
	"countersign.dev/internal/assurance/sigstore/sigstoretest"
	"countersign.dev/internal/assurance/verify"
)

const workflow = "https://github.com/acme/cam/.github/workflows/release.yml@refs/tags/v2"

var june = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// sealed is a bundle of a private Sigstore over provenance of sumA, timestamped.
func sealed(t *testing.T, i *sigstoretest.Instance, identity string, signed time.Time) []verify.Part {
	t.Helper()
	cert, key := i.Certificate(t, identity, signed.Add(-time.Minute), nil)
	b := i.Bundle(t, dsse.PayloadInToto, payload(t, "https://slsa.dev/provenance/v1", built, "pkg:generic/acme/cam@2.1=sha256:"+sumA), cert, key, signed)
	parts, err := verify.Parts(verify.File{Name: "b.json", Bytes: b})
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

func rootOf(t *testing.T, i *sigstoretest.Instance) *sigstore.Root {
	t.Helper()
	root, err := sigstore.ParseRoot(i.Root(t))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func anchors(t *testing.T, text string) *Anchors {
	t.Helper()
	s, err := ParseSigners([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &Anchors{Signers: []*Signers{s}}
}

const builders = `countersign: signers/v1
id: house
signers:
  - id: builds
    organisation: acme
    identity: https://github.com/acme/*
    issuer: ` + sigstoretest.Issuer + `
    until: 2026-07-01
    says: [{predicates: [https://slsa.dev/provenance/*], subjects: [pkg:generic/acme/]}]
`

func TestJudgeByCertificate(t *testing.T) {
	ours, theirs := sigstoretest.New(t), sigstoretest.New(t)
	for _, c := range []struct {
		name     string
		by       *sigstoretest.Instance
		trusted  *sigstoretest.Instance
		identity string
		signed   time.Time
		signers  string
		on       access.Date
		result   string
		reason   string
	}{
		{"by the workflow", ours, ours, workflow, june, builders, "2026-06-02", Valid, ""},
		{"before it was signed", ours, ours, workflow, june, builders, "2026-05-31", NotYetValid, "signed on 2026-06-01"},
		{"long after its signer was struck off", ours, ours, workflow, june, builders, "2026-12-01", Valid, ""},
		{"signed when it was", ours, ours, workflow, june.AddDate(0, 1, 0), builders, "2026-12-01", Untrusted, "it may sign before 2026-07-01, and this was signed on 2026-07-01"},
		{"by another's workflow", ours, ours, "https://github.com/acme-evil/cam/.github/workflows/release.yml@refs/tags/v2", june, builders, "2026-06-02", Untrusted, "no document of signers names https://github.com/acme-evil/"},
		{"vouched for by another provider", ours, ours, workflow, june, strings.Replace(builders, sigstoretest.Issuer, "https://login.example", 1), "2026-06-02", Untrusted, "no document of signers names " + workflow},
		{"by another Sigstore", theirs, ours, workflow, june, builders, "2026-06-02", Invalid, ""},
		{"with no root", ours, nil, workflow, june, builders, "2026-06-02", Untrusted, "no trusted root of that is held"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := anchors(t, c.signers)
			trust := verify.Trust{Keys: a.Keys()}
			if c.trusted != nil {
				trust.Root = rootOf(t, c.trusted)
			}
			parts := sealed(t, c.by, c.identity, c.signed)
			claims, _, err := claimsOf(&parts[0])
			if err != nil {
				t.Fatal(err)
			}
			h := Held{Claim: &claims[0], Subject: "sha256:" + sumA, Published: "2026-08-01", Received: "2026-08-01"}
			v := a.Judge(h, trust.Each(parts)[0], nil, Question{Date: c.on, Digests: []string{"sha256:" + sumA}})
			if v.Result != c.result || !strings.Contains(v.Reason, c.reason) {
				t.Errorf("%s, %q; want %s, %q", v.Result, v.Reason, c.result, c.reason)
			}
			if v.Result == Valid && (v.Organisation != "acme" || v.From != access.DateOf(c.signed) || v.Signer.Identity != workflow || len(v.About()) != 1) {
				t.Errorf("%+v", v)
			}
		})
	}
}

// TestKeysDoNotHideCertificates has keys beside the root: what is signed with a
// certificate is not held against them.
func TestKeysDoNotHideCertificates(t *testing.T) {
	i := sigstoretest.New(t)
	a := anchors(t, builders+"  - id: other\n    keys:\n      - |\n        "+strings.ReplaceAll(someKey, "\n", "\n        ")+"\n    says: [{predicates: [\"*\"], subjects: [\"*\"]}]\n")
	got := verify.Trust{Keys: a.Keys(), Root: rootOf(t, i)}.Each(sealed(t, i, workflow, june))[0]
	if got.Result != Valid || got.Signer.Identity != workflow {
		t.Errorf("%s, %s", got.Result, got.Reason)
	}
}

// TestJudgeWhoTakesBack holds each right against each revocation.
func TestJudgeWhoTakesBack(t *testing.T) {
	i := sigstoretest.New(t)
	parts := sealed(t, i, workflow, june)
	claims, _, err := claimsOf(&parts[0])
	if err != nil {
		t.Fatal(err)
	}
	c := &claims[0]
	c.Document, c.Submitted = "sha256:"+sumB, []string{"acme"}
	a := anchors(t, builders)
	v := verify.Trust{Root: rootOf(t, i)}.Each(parts)[0]
	signer := func(identity, issuer string) *verify.Signer {
		return &verify.Signer{Identity: identity, Issuer: issuer}
	}
	for _, w := range []struct {
		name  string
		t     Taken
		taken bool
	}{
		{"the authority", Taken{Revocation: Revocation{By: ByAuthority}}, true},
		{"who handed it in", Taken{Revocation: Revocation{By: BySubmitter, Organisation: "acme"}}, true},
		{"who handed in a copy", Taken{Revocation: Revocation{By: BySubmitter, Organisation: "acme", Attestation: "sha256:" + sumA}}, false},
		{"who handed in nothing", Taken{Revocation: Revocation{By: BySubmitter, Organisation: "other"}}, false},
		{"its signer", Taken{Revocation{By: BySigner}, signer(workflow, sigstoretest.Issuer)}, true},
		{"its signer's name with another provider", Taken{Revocation{By: BySigner}, signer(workflow, "https://login.example")}, false},
		{"another whom the same rule trusts", Taken{Revocation{By: BySigner}, signer("https://github.com/acme/other/x.yml@refs/heads/main", sigstoretest.Issuer)}, false},
		{"a signature that is not good", Taken{Revocation: Revocation{By: BySigner}}, false},
		{"nobody", Taken{Revocation: Revocation{}}, false},
	} {
		w.t.On, w.t.Reason = "2026-08-01", "because"
		if w.t.Attestation == "" {
			w.t.Attestation = c.Document
		}
		for on, before := range map[access.Date]bool{"2026-07-31": true, "2026-08-01": false} {
			got := a.Judge(Held{Claim: c, Published: "2026-06-01", Received: "2026-06-01"}, v, []Taken{w.t}, Question{Date: on, Digests: []string{"sha256:" + sumA}})
			if revoked := got.Result == Revoked; revoked != (w.taken && !before) || !revoked && got.Result != Valid {
				t.Errorf("%s, on %s: %s, %s", w.name, on, got.Result, got.Reason)
			}
		}
	}
}

// TestVerdictsChangeOnTheirDates asks on every day of a year: a verdict says
// from when to when it counts, and it counts exactly then.
func TestVerdictsChangeOnTheirDates(t *testing.T) {
	i := sigstoretest.New(t)
	cert, key := i.Certificate(t, workflow, june.Add(-time.Minute), nil)
	b := i.Bundle(t, dsse.PayloadInToto, payload(t, "https://slsa.dev/provenance/x", `{"annotations": {"validFrom": "2026-06-10T08:00:00Z", "validUntil": "2026-09-10T08:00:00Z"}}`, "pkg:generic/acme/cam@2.1=sha256:"+sumA), cert, key, june)
	parts, err := verify.Parts(verify.File{Name: "b.json", Bytes: b})
	if err != nil {
		t.Fatal(err)
	}
	claims, _, err := claimsOf(&parts[0])
	if err != nil {
		t.Fatal(err)
	}
	a, v := anchors(t, builders), verify.Trust{Root: rootOf(t, i)}.Each(parts)[0]
	for _, taken := range [][]Taken{nil, {{Revocation: Revocation{By: ByAuthority, On: "2026-08-05", Reason: "r"}}}, {{Revocation: Revocation{By: ByAuthority, On: "2026-10-05", Reason: "r"}}}} {
		for day := access.Date("2026-01-01"); day < "2027-01-01"; day = day.AddDays(1) {
			got := a.Judge(Held{Claim: &claims[0], Published: "2026-06-02", Received: "2026-06-02"}, v, taken, Question{Date: day, Digests: []string{"sha256:" + sumA}})
			if counts := got.Result == Valid; counts != (got.From <= day && (got.Until == "" || day < got.Until)) {
				t.Fatalf("on %s: %s, and it says from %s to before %s", day, got.Result, got.From, got.Until)
			}
			if got.From != "2026-06-10" {
				t.Fatalf("from %s", got.From)
			}
		}
	}
}
