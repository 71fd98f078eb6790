package node

import (
	"bytes"
	"context"
	"crypto"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// attesting is a node whose signers say that Acme may speak of its own packages,
// and a builder of all that it builds.
type attesting struct {
	*dayNode
	t                       testing.TB
	acme, builder, stranger signing
}

type signing struct {
	crypto.Signer
	public string // PEM
	id     string
}

func newSigning(t testing.TB) signing {
	private, public, err := dsse.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := dsse.ReadPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := dsse.ParsePublicKeys(public)
	if err != nil {
		t.Fatal(err)
	}
	return signing{key, string(public), keys[0].ID()}
}

const (
	provenanceType = "https://slsa.dev/provenance/v1"
	camPURL        = "pkg:generic/acme/cam@2.1"
)

var (
	camDigest    = "sha256:" + strings.Repeat("c0", 32)
	otherDigest  = "sha256:" + strings.Repeat("07", 32)
	acmeMaker    = as("acme", access.RoleMaker)
	otherMaker   = as("other", access.RoleMaker)
	homeAnalyst  = as("labels", access.RoleAnalyst)
	operatorNow  = access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}
	ownAuthority = as("other", access.RoleAuthority) // an authority of an organisation that is not the node's
)

func indented(s string) string {
	return "        " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n        ")
}

func (a *attesting) signers(more string) string {
	return "countersign: signers/v1\nid: house\nsigners:\n" +
		"  - id: acme-release\n    organisation: acme\n    keys:\n      - |\n" + indented(a.acme.public) + "\n" +
		"    says:\n      - predicates: [https://slsa.dev/provenance/*, https://in-toto.io/attestation/release/v0.1, https://in-toto.io/attestation/svr/v0.2]\n        subjects: [pkg:generic/acme/]\n" +
		"  - id: builder\n    keys:\n      - |\n" + indented(a.builder.public) + "\n" +
		"    says:\n      - predicates: [https://slsa.dev/provenance/*]\n        subjects: [\"*\"]\n" +
		"    builder: {id: \"https://builds.example/*\", hosted: true, level: 3}\n" + more
}

// newAttesting opens one on the store at url, or on one of its own.
func newAttesting(t testing.TB, url string) *attesting {
	n := &dayNode{day: "2026-03-02"}
	var err error
	n.Node, err = Open(context.Background(), Options{Data: filepath.Join(t.TempDir(), "data"), DB: url, Now: func() time.Time { return n.day.Time().Add(9 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	a := &attesting{dayNode: n, t: t, acme: newSigning(t), builder: newSigning(t), stranger: newSigning(t)}
	for _, o := range []string{"labels", "acme", "other"} {
		a.must(n.Access.CreateOrganisation(context.Background(), access.Operator, access.Organisation{ID: o, Name: o}))
	}
	a.hand(access.Operator, a.signers(""))
	return a
}

func (a *attesting) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// hand hands a document in.
func (a *attesting) hand(by access.Reader, text string) string {
	a.t.Helper()
	r, err := a.Import(context.Background(), by, []intake.File{{Name: "handed-in", Bytes: []byte(text)}}, ImportOptions{})
	a.must(err)
	if len(r.Failed) > 0 {
		a.t.Fatal(r.Failed)
	}
	return ledger.Digest([]byte(text))
}

// statement is an in-toto statement about an artifact.
func statement(t testing.TB, predicateType, name, digest string, predicate any) []byte {
	algorithm, value, _ := strings.Cut(digest, ":")
	b, err := json.Marshal(map[string]any{
		"_type": intoto.TypeV1, "predicateType": predicateType, "predicate": predicate,
		"subject": []any{map[string]any{"name": name, "digest": map[string]string{algorithm: value}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (a *attesting) signed(key signing, payload []byte) string {
	a.t.Helper()
	b, err := dsse.Sign(dsse.PayloadInToto, payload, key)
	a.must(err)
	return string(b)
}

// provenance is a build of an artifact, signed.
func (a *attesting) provenance(key signing, name, digest string) string {
	return a.signed(key, statement(a.t, provenanceType, name, digest, map[string]any{
		"buildDefinition": map[string]any{"buildType": "https://builds.example/type", "externalParameters": map[string]any{}},
		"runDetails":      map[string]any{"builder": map[string]any{"id": "https://builds.example/acme"}},
	}))
}

// verdict is the one verdict about a subject, on a day, by what was known on
// another.
func (a *attesting) verdict(subject string, on, known access.Date) attestation.Verdict {
	a.t.Helper()
	got, err := a.Attestations(context.Background(), access.Ask{At: access.At{Date: on, Known: known, Position: access.Now}}, subject)
	a.must(err)
	if len(got.Attestations) != 1 {
		a.t.Fatalf("%d attestations of %s: %+v", len(got.Attestations), subject, got.Attestations)
	}
	return got.Attestations[0]
}

func TestAttestationsAreJudged(t *testing.T) {
	for _, c := range []struct {
		name    string
		make    func(a *attesting) string
		subject string
		result  string
		reason  string // that it must have
		rule    string
	}{
		{"the maker of its own release", func(a *attesting) string { return a.provenance(a.acme, camPURL, camDigest) }, camDigest, attestation.Valid, "", "signers/house#acme-release"},
		{"a builder of anything", func(a *attesting) string { return a.provenance(a.builder, "cam.bin", camDigest) }, camDigest, attestation.Valid, "", "signers/house#builder"},
		{"a stranger", func(a *attesting) string { return a.provenance(a.stranger, camPURL, camDigest) }, camDigest, attestation.Untrusted, "by no key that is trusted", ""},
		{"the maker of what is another's", func(a *attesting) string { return a.provenance(a.acme, "pkg:generic/acme-evil/cam@2.1", camDigest) }, camDigest, attestation.Untrusted, "it may not say that about pkg:generic/acme-evil/cam@2.1", ""},
		{"the maker of what has no name", func(a *attesting) string { return a.provenance(a.acme, "cam.bin", camDigest) }, camDigest, attestation.Untrusted, "of which no name is known", ""},
		{"a type that it may not say", func(a *attesting) string {
			return a.signed(a.builder, statement(a.t, intoto.TypeRelease, camPURL, camDigest, map[string]any{"purl": camPURL}))
		}, camDigest, attestation.Untrusted, "it may not say anything of type " + intoto.TypeRelease, ""},
		{"a key id that is spoofed", func(a *attesting) string {
			return strings.Replace(a.provenance(a.stranger, camPURL, camDigest), a.stranger.id, a.acme.id, 1)
		}, camDigest, attestation.Invalid, "signature does not verify", ""},
		{"a key id that is wrong", func(a *attesting) string {
			return strings.Replace(a.provenance(a.acme, camPURL, camDigest), a.acme.id, "somebody", 1)
		}, camDigest, attestation.Valid, "", "signers/house#acme-release"},
		{"replayed for another release, by name", func(a *attesting) string { return a.provenance(a.acme, camPURL, camDigest) }, camPURL, attestation.Untrusted, "no digest of that is held", ""},
		{"about another artifact of that name", func(a *attesting) string {
			a.hand(access.Operator, billOf2("cam", camPURL, otherDigest))
			return a.provenance(a.acme, camPURL, camDigest)
		}, camPURL, attestation.Invalid, "not about this artifact", ""},
		{"what bills call another's, whatever the signer calls it", func(a *attesting) string {
			a.hand(access.Operator, billOf2("router", "pkg:generic/rival/router@1", camDigest))
			return a.provenance(a.acme, camPURL, camDigest)
		}, camDigest, attestation.Untrusted, "pkg:generic/rival/router@1", ""},
		{"a result that is over", func(a *attesting) string {
			return a.signed(a.acme, statement(a.t, intoto.TypeSVR, camPURL, camDigest, map[string]any{
				"verifier": map[string]any{"id": "https://acme.example"}, "timeCreated": "2026-01-02T00:00:00Z", "properties": []string{"ACME_TESTED"},
				"annotations": map[string]any{"validFrom": "2026-01-02T00:00:00Z", "validUntil": "2026-03-05T00:00:00Z"},
			}))
		}, camDigest, attestation.Expired, "valid until 2026-03-05T00:00:00Z", "signers/house#acme-release"},
		{"a result that is not yet", func(a *attesting) string {
			return a.signed(a.acme, statement(a.t, intoto.TypeSVR, camPURL, camDigest, map[string]any{
				"verifier": map[string]any{"id": "https://acme.example"}, "timeCreated": "2026-01-02T00:00:00Z", "properties": []string{"ACME_TESTED"},
				"annotations": map[string]any{"validFrom": "2026-05-01T00:00:00Z"},
			}))
		}, camDigest, attestation.NotYetValid, "valid from 2026-05-01T00:00:00Z", "signers/house#acme-release"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAttesting(t, "")
			a.hand(acmeMaker.Reader, c.make(a))
			a.day = "2026-03-10"
			v := a.verdict(c.subject, "2026-03-10", "2026-03-10")
			if v.Result != c.result || !strings.Contains(v.Reason, c.reason) || (c.reason == "") != (v.Reason == "") || v.Rule != c.rule {
				t.Errorf("%s, %q by %q; want %s, %q by %q", v.Result, v.Reason, v.Rule, c.result, c.reason, c.rule)
			}
		})
	}
}

// billOf2 is a bill of a release with a digest.
func billOf2(name, purl, digest string) string {
	return `{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"timestamp": "2026-02-01T00:00:00Z", "component": {"bom-ref": "x", "type": "firmware", "name": "` + name +
		`", "version": "2.1", "purl": "` + purl + `", "hashes": [{"alg": "SHA-256", "content": "` + strings.TrimPrefix(digest, "sha256:") + `"}]}},
		"components": [{"bom-ref": "ssl", "type": "library", "name": "openssl", "version": "3.0.15", "purl": "pkg:generic/openssl@3.0.15"}]}`
}

func TestAttestationIsRefused(t *testing.T) {
	a := newAttesting(t, "")
	good := a.provenance(a.acme, camPURL, camDigest)
	nobody, err := dsse.Sign(dsse.PayloadInToto, []byte(`{"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "https://slsa.dev/provenance/v1", "predicate": {}}`), a.acme)
	a.must(err)
	odd, err := dsse.Sign("text/plain", []byte("hello"), a.acme)
	a.must(err)
	for name, c := range map[string]struct{ text, want string }{
		"a member twice":       {strings.Replace(good, `"payloadType"`, `"payloadType": "x", "payloadType"`, 1), "payloadType"},
		"about nothing":        {string(nobody), "subject: empty"},
		"of an unknown type":   {string(odd), "payload type"},
		"cut off":              {good[:len(good)-20], "handed-in"},
		"signed by nobody":     {`{"payloadType": "application/vnd.in-toto+json", "payload": "e30=", "signatures": []}`, "signatures: empty"},
		"a revocation by hand": {"countersign: revocation/v1\nattestation: " + camDigest + "\nby: authority\non: 2026-03-01\nreason: because\n", "not a document of a kind that is read"},
	} {
		r, err := a.Import(context.Background(), access.Operator, []intake.File{{Name: "handed-in", Bytes: []byte(c.text)}}, ImportOptions{})
		a.must(err)
		if len(r.Failed) != 1 || !strings.Contains(r.Failed[0], c.want) || !strings.HasPrefix(r.Failed[0], "handed-in: ") {
			t.Errorf("%s: %q; want one line about the file with %q", name, r.Failed, c.want)
		}
	}
	for _, text := range []string{a.signers("  - id: me\n    keys:\n      - |\n" + indented(a.stranger.public) + "\n    says: [{predicates: [\"*\"], subjects: [\"*\"]}]\n")} {
		r, err := a.Import(context.Background(), acmeMaker.Reader, []intake.File{{Name: "mine.yaml", Bytes: []byte(text)}}, ImportOptions{})
		a.must(err)
		if len(r.Failed) != 1 || !strings.Contains(r.Failed[0], "only an administrator") {
			t.Errorf("signers for everybody, by a maker: %q", r.Failed)
		}
	}
}

func TestAttestationIsRevoked(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name string
		by   access.Ask
		ok   bool
	}{
		{"who handed it in", acmeMaker, true},
		{"the authority", authority, true},
		{"the operator", operatorNow, true},
		{"another maker", otherMaker, false},
		{"an analyst of the authority", homeAnalyst, false},
		{"an authority of another house", ownAuthority, false},
		{"nobody", anybody, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAttesting(t, "")
			digest := a.hand(acmeMaker.Reader, a.provenance(a.acme, camPURL, camDigest))
			a.day = "2026-04-01"
			_, err := a.RevokeAttestation(ctx, c.by, AttestationRevocation{Document: digest, On: "2026-03-20", Reason: "the key was copied"})
			if !c.ok {
				if problem.KindOf(err) != problem.Denied {
					t.Errorf("%v; want to be denied", err)
				}
				if v := a.verdict(camDigest, "2026-04-02", "2026-04-02"); v.Result != attestation.Valid {
					t.Errorf("afterwards: %s, %s", v.Result, v.Reason)
				}
				return
			}
			a.must(err)
			for _, w := range []struct {
				on, known access.Date
				result    string
			}{
				{"2026-03-19", "2026-04-01", attestation.Valid},   // before its day
				{"2026-03-20", "2026-04-01", attestation.Revoked}, // from it on
				{"2026-03-25", "2026-03-31", attestation.Valid},   // as one had to think then
				{"2026-04-05", "2026-04-05", attestation.Revoked},
			} {
				if v := a.verdict(camDigest, w.on, w.known); v.Result != w.result || w.result == attestation.Revoked && !strings.Contains(v.Reason, "the key was copied") {
					t.Errorf("on %s, known on %s: %s, %q; want %s", w.on, w.known, v.Result, v.Reason, w.result)
				}
			}
		})
	}
}

// TestRevocationFollowsTheStatement has the same statement handed in again, in
// another file: what its signer or the authority took back stays so, and what
// one who handed it in took back is only that one's copy.
func TestRevocationFollowsTheStatement(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name   string
		revoke func(a *attesting, digest string)
		copied string
	}{
		{"the authority", func(a *attesting, digest string) {
			_, err := a.RevokeAttestation(ctx, authority, AttestationRevocation{Document: digest, Reason: "withdrawn"})
			a.must(err)
		}, attestation.Revoked},
		{"who handed it in", func(a *attesting, digest string) {
			_, err := a.RevokeAttestation(ctx, acmeMaker, AttestationRevocation{Document: digest, Reason: "withdrawn"})
			a.must(err)
		}, attestation.Valid},
		{"its signer", func(a *attesting, digest string) {
			a.hand(otherMaker.Reader, a.revocation(a.acme, digest))
		}, attestation.Valid},
		{"its signer, by what was signed", func(a *attesting, digest string) {
			a.hand(otherMaker.Reader, a.revocation(a.acme, a.payloadOf(digest)))
		}, attestation.Revoked},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAttesting(t, "")
			text := a.provenance(a.acme, camPURL, camDigest)
			digest := a.hand(acmeMaker.Reader, text)
			var packed bytes.Buffer
			a.must(json.Compact(&packed, []byte(text)))
			again := a.hand(otherMaker.Reader, packed.String())
			c.revoke(a, digest)
			if v := a.verdict(digest, "2026-03-02", "2026-03-02"); v.Result != attestation.Revoked {
				t.Errorf("the attestation: %s, %s", v.Result, v.Reason)
			}
			if v := a.verdict(again, "2026-03-02", "2026-03-02"); v.Result != c.copied {
				t.Errorf("its copy: %s, %q; want %s", v.Result, v.Reason, c.copied)
			}
		})
	}
	t.Run("a stranger's signature", func(t *testing.T) {
		a := newAttesting(t, "")
		digest := a.hand(acmeMaker.Reader, a.provenance(a.acme, camPURL, camDigest))
		a.hand(otherMaker.Reader, a.revocation(a.stranger, digest))
		a.hand(otherMaker.Reader, a.revocation(a.builder, digest)) // trusted, and not its signer
		a.hand(otherMaker.Reader, strings.Replace(a.revocation(a.stranger, a.payloadOf(digest)), a.stranger.id, a.acme.id, 1))
		if v := a.verdict(digest, "2026-03-02", "2026-03-02"); v.Result != attestation.Valid {
			t.Errorf("%s, %s", v.Result, v.Reason)
		}
	})
}

// revocation is a signed revocation as it comes from outside.
func (a *attesting) revocation(key signing, digest string) string {
	a.t.Helper()
	payload, err := attestation.SignedRevocation(digest, "2026-03-02", "taken back")
	a.must(err)
	b, err := dsse.Sign(attestation.PayloadRevocation, payload, key)
	a.must(err)
	return string(b)
}

func (a *attesting) payloadOf(digest string) string { return a.verdict(digest, "", "").Payload }

// TestSignersHaveTheirTime has a key that may sign up to a day: what came later,
// and shows no earlier time, is not trusted.
func TestSignersHaveTheirTime(t *testing.T) {
	a := newAttesting(t, "")
	until := strings.Replace(a.signers(""), "    organisation: acme\n", "    organisation: acme\n    until: 2026-03-05\n", 1)
	early := a.hand(acmeMaker.Reader, a.provenance(a.acme, camPURL, camDigest))
	a.day = "2026-03-09"
	a.hand(access.Operator, until)
	late := a.hand(acmeMaker.Reader, a.provenance(a.acme, camPURL, otherDigest))
	if v := a.verdict(early, "2026-03-10", "2026-03-10"); v.Result != attestation.Valid {
		t.Errorf("received before: %s, %s", v.Result, v.Reason)
	}
	if v := a.verdict(late, "2026-03-10", "2026-03-10"); v.Result != attestation.Untrusted || !strings.Contains(v.Reason, "received on 2026-03-09") {
		t.Errorf("received after: %s, %s", v.Result, v.Reason)
	}
	// As the ledger was before the key was struck off.
	head, err := a.Head(context.Background())
	a.must(err)
	for p := head.Position; p > 0; p-- {
		e, err := a.Document(context.Background(), operatorNow, p)
		a.must(err)
		if e.Kind == attestation.KindSigners {
			got, err := a.Attestations(context.Background(), access.Ask{At: access.At{Date: "2026-03-10", Position: p - 1}}, early)
			a.must(err)
			if got.Attestations[0].Policy == a.verdict(early, "", "").Policy {
				t.Error("the signers of an earlier position are those of now")
			}
			return
		}
	}
}

// TestAttestationsHaveTheirAudience has signers that one organisation keeps for
// itself: nobody else's answers change.
func TestAttestationsHaveTheirAudience(t *testing.T) {
	a, ctx := newAttesting(t, ""), context.Background()
	a.hand(acmeMaker.Reader, a.provenance(a.stranger, camPURL, camDigest))
	own := "countersign: signers/v1\nid: own\nsigners:\n  - id: friend\n    keys:\n      - |\n" + indented(a.stranger.public) + "\n    says: [{predicates: [\"*\"], subjects: [\"*\"]}]\n"
	r, err := a.Import(ctx, otherMaker.Reader, []intake.File{{Name: "own.yaml", Bytes: []byte(own)}}, ImportOptions{Audience: access.ForOrganisation("other")})
	a.must(err)
	if len(r.Failed) > 0 {
		t.Fatal(r.Failed)
	}
	if v := a.verdict(camDigest, "", ""); v.Result != attestation.Untrusted {
		t.Errorf("for everybody: %s by %s", v.Result, v.Rule)
	}
	got, err := a.Attestations(ctx, otherMaker, camDigest)
	a.must(err)
	if v := got.Attestations[0]; v.Result != attestation.Valid || v.Rule != "signers/own#friend" {
		t.Errorf("for who trusts the signer: %s, %s by %s", v.Result, v.Reason, v.Rule)
	}
}

// TestAttestationsOnBothEngines keeps, judges and takes back on each engine.
func TestAttestationsOnBothEngines(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		a, ctx := newAttesting(t, url), context.Background()
		a.hand(access.Operator, billOf2("cam", camPURL, camDigest))
		digest := a.hand(acmeMaker.Reader, a.provenance(a.acme, camPURL, camDigest))
		a.hand(acmeMaker.Reader, a.provenance(a.stranger, camPURL, camDigest))
		got, err := a.Attestations(ctx, anybody, camPURL)
		a.must(err)
		if len(got.Attestations) != 2 || got.Attestations[0].Result != attestation.Untrusted || got.Attestations[1].Result != attestation.Valid || len(got.Digests) != 1 {
			t.Fatalf("%+v", got)
		}
		if sub := got.Attestations[1].Submitted; len(sub) != 1 || sub[0] != "acme" {
			t.Errorf("handed in by %v", sub)
		}
		_, err = a.RevokeAttestation(ctx, acmeMaker, AttestationRevocation{Document: digest, Reason: "wrong build"})
		a.must(err)
		got, err = a.Attestations(ctx, anybody, camDigest)
		a.must(err)
		if r := got.Attestations[1]; r.Result != attestation.Revoked || r.Revocation.Organisation != "acme" {
			t.Errorf("%s, %+v", r.Result, r.Revocation)
		}
	})
}

// TestStatementsOfWeaknessesKeepTheirReader: what is signed is asked first
// whether it is something else than a claim about an artifact.
func TestStatementsOfWeaknessesKeepTheirReader(t *testing.T) {
	a := newAttesting(t, "")
	vex := `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1", "author": "Acme", "timestamp": "2026-02-01T00:00:00Z", "version": 1,
		"statements": [{"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": "` + camPURL + `"}], "status": "fixed"}]}`
	digest := a.hand(access.Operator, a.signed(a.acme, statement(t, "https://openvex.dev/ns/v0.2.0", camPURL, camDigest, json.RawMessage(vex))))
	resolved, err := a.Ledger.Resolve(context.Background(), operatorNow)
	a.must(err)
	e, err := a.Ledger.ByDigest(context.Background(), resolved, digest)
	a.must(err)
	if e.Kind != "advisory.openvex" {
		t.Errorf("taken for %s", e.Kind)
	}
}

// TestWithdrawnAttestation: what was verified before the body was withdrawn is
// not answered from memory.
func TestWithdrawnAttestation(t *testing.T) {
	a, ctx := newAttesting(t, ""), context.Background()
	a.hand(acmeMaker.Reader, a.provenance(a.acme, camPURL, camDigest))
	v := a.verdict(camDigest, "", "")
	if v.Result != attestation.Valid {
		t.Fatalf("%s, %s", v.Result, v.Reason)
	}
	ask, err := a.Ledger.Resolve(ctx, operatorNow)
	a.must(err)
	_, err = a.Ledger.Withdraw(ctx, ask, v.Position, "operator", "names a person")
	a.must(err)
	got, err := a.Attestations(ctx, anybody, camDigest)
	a.must(err)
	for _, v := range got.Attestations {
		if v.Result != attestation.Untrusted || !v.Withdrawn {
			t.Errorf("%s, %s", v.Result, v.Reason)
		}
	}
}
