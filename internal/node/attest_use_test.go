package node

import (
	"context"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/ssdf"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/watch"
)

// TestAssessorsSeeWhatIsAttested: a label's assessors go by attestations that
// count, by builders that are vouched for, and by the scorecard of the source.
func TestAssessorsSeeWhatIsAttested(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	builder, stranger := newSigning(t), newSigning(t)
	a := &attesting{dayNode: l.dayNode, t: t}
	a.hand(access.Operator, "countersign: signers/v1\nid: house\nsigners:\n  - id: builder\n    keys:\n      - |\n"+indented(builder.public)+
		"\n    says: [{predicates: [\"https://slsa.dev/provenance/*\"], subjects: [pkg:generic/northlight/]}]\n    builder: {id: \"https://builds.example/*\", hosted: true, level: 3}\n")
	made := func(key signing, digest string) string {
		return a.signed(key, statement(t, provenanceType, "cam.bin", digest, map[string]any{
			"buildDefinition": map[string]any{"buildType": "https://builds.example/type", "externalParameters": map[string]any{"source": "git+https://github.com/northlight/cam"},
				"resolvedDependencies": []any{map[string]any{"uri": "git+https://github.com/northlight/cam", "digest": map[string]string{"gitCommit": strings.Repeat("ab", 20)}}}},
			"runDetails": map[string]any{"builder": map[string]any{"id": "https://builds.example/northlight"}},
		}))
	}
	good := a.hand(access.Operator, made(builder, cameraDigest))
	a.hand(access.Operator, made(stranger, cameraDigest))
	a.hand(access.Operator, made(builder, otherDigest))
	a.hand(access.Operator, `{"date": "2026-10-30", "repo": {"name": "github.com/northlight/cam", "commit": "`+strings.Repeat("cd", 20)+`"}, "scorecard": {"version": "v5.0.0"}, "score": 8, "checks": [{"name": "Code-Review", "score": 9, "reason": "reviewed"}]}`)
	s, err := l.Apply(ctx, maker, l.application(), ApplyOptions{Submit: true})
	l.must(err)
	facts := func() (assessment.Facts, error) {
		p, err := l.proceeding(ctx, assessor, s.Label)
		l.must(err)
		ask, err := l.Ledger.Resolve(ctx, assessor)
		l.must(err)
		held, err := l.evidence(ctx, ask, p, nil)
		l.must(err)
		return l.assessorFacts(ctx, ask, p, held)
	}
	f, err := facts()
	l.must(err)
	if len(f.Attestations) != 1 || f.Attestations[0].Evidence.Digest != good || f.Attestations[0].Kind != assessment.KindProvenance || f.Attestations[0].Builder != "https://builds.example/northlight" {
		t.Fatalf("attestations: %+v", f.Attestations)
	}
	if len(f.Builders) != 1 || f.Builders[0].Level != 3 || f.Builders[0].Signer[0] != f.Attestations[0].Identity {
		t.Errorf("builders: %+v", f.Builders)
	}
	if len(f.Sources) != 1 || f.Scorecard == nil || f.Scorecard.Checks["Code-Review"] != 9 {
		t.Errorf("from %v, scorecard %+v", f.Sources, f.Scorecard)
	}
	_, err = l.RevokeAttestation(ctx, operatorNow, AttestationRevocation{Document: good, Reason: "the builder was broken into"})
	l.must(err)
	if f, err = facts(); err != nil || len(f.Attestations) != 0 || len(f.Sources) != 0 {
		t.Errorf("taken back: %+v from %v, %v", f.Attestations, f.Sources, err)
	}
}

// gate asks for a signed form and for provenance of a builder that is vouched
// for, as an agency may by its own choice.
const gate = `countersign: policy/v1
id: gate
title: what this agency asks for
purpose: gate
subjects: [release]
default: allow
rules:
  - id: form-missing
    when: '!attestations.exists(a, a.kind == "ssdf-form" && a.signer != "")'
    verdict: review
    because: "no signed form is held"
    cite: "this agency's own choice"
  - id: provenance-missing
    when: '!attestations.exists(a, a.kind == "provenance" && a.level >= 2)'
    verdict: review
    because: "no builder that is vouched for tells how it was built"
    cite: "this agency's own choice"
`

// TestPolicyAsksForAttestations has a release fail and pass an agency's own
// policy, by what was handed in, and fail again once that is taken back.
func TestPolicyAsksForAttestations(t *testing.T) {
	a, ctx := newAttesting(t, ""), context.Background()
	a.hand(access.Operator, gate)
	a.hand(access.Operator, billOf2("cam", camPURL, camDigest))
	a.hand(access.Operator, strings.Replace(a.signers(""), "https://in-toto.io/attestation/svr/v0.2]", "https://countersign.dev/attestation/ssdf-form/v1]", 1))
	rules := func(on access.Date) []string {
		t.Helper()
		got, _, err := a.Check(ctx, access.Ask{At: access.At{Date: on, Known: on, Position: access.Now}}, Question{Subject: camPURL, Purpose: "gate"})
		a.must(err)
		var out []string
		for _, r := range got.Reasons {
			out = append(out, r.Rule)
		}
		if (len(out) == 0) != (got.Verdict == policy.Allow) {
			t.Errorf("on %s: %s by %v", on, got.Verdict, out)
		}
		return out
	}
	expect := func(on access.Date, want ...string) {
		t.Helper()
		if got := rules(on); !slices.Equal(got, want) {
			t.Errorf("on %s: %v, want %v", on, got, want)
		}
	}
	expect("2026-03-02", "form-missing", "provenance-missing")
	a.day = "2026-03-04"
	a.hand(acmeMaker.Reader, a.provenance(a.acme, camPURL, camDigest)) // by its maker, who is no builder
	expect("2026-03-04", "form-missing", "provenance-missing")
	a.day = "2026-03-06"
	built := a.hand(acmeMaker.Reader, a.provenance(a.builder, "cam.bin", camDigest))
	form, err := ssdf.Read(ctx, "form", []byte(signedForm), ssdf.Limits{})
	a.must(err)
	payload, err := form.Statement()
	a.must(err)
	a.hand(acmeMaker.Reader, a.signed(a.stranger, payload))
	expect("2026-03-06", "form-missing")
	a.hand(acmeMaker.Reader, a.signed(a.acme, payload))
	expect("2026-03-06")
	expect("2026-03-05", "form-missing", "provenance-missing")
	a.day = "2026-03-09"
	_, err = a.RevokeAttestation(ctx, acmeMaker, AttestationRevocation{Document: built, Reason: "built from the wrong branch"})
	a.must(err)
	expect("2026-03-09", "provenance-missing")
	expect("2026-03-08")
}

// TestWatchersAreToldOfSigners: an answer changes when an attestation is handed
// in, when its signer is struck off or trusted again, and when it is taken back.
func TestWatchersAreToldOfSigners(t *testing.T) {
	a, ctx := newAttesting(t, ""), context.Background()
	told := 0
	watcher := a.NewWatcher(watch.Options{OnChange: []func(watch.Change){func(watch.Change) { told++ }}})
	a.hand(access.Operator, gate)
	a.hand(access.Operator, billOf2("cam", camPURL, camDigest))
	a.hand(access.Operator, billOf2("router", "pkg:generic/rival/router@1", otherDigest))
	for _, subject := range []string{camPURL, "pkg:generic/rival/router@1"} {
		_, err := a.Decide(ctx, access.Ask{Reader: access.Operator}, Question{Subject: subject, Purpose: "gate"})
		a.must(err)
	}
	expect := func(what string, want int) {
		t.Helper()
		told = 0
		a.must(watcher.CatchUp(ctx))
		if told != want {
			t.Errorf("%s: %d changes told, want %d", what, told, want)
		}
	}
	expect("nothing", 0)
	digest := a.hand(acmeMaker.Reader, a.provenance(a.builder, "cam.bin", camDigest))
	expect("an attestation", 1)
	a.hand(access.Operator, strings.Replace(a.signers(""), "hosted: true, level: 3", "hosted: true, level: 1", 1))
	expect("its builder is trusted less", 1)
	a.hand(access.Operator, a.signers("# anew\n"))
	expect("its builder is trusted again", 1)
	_, err := a.RevokeAttestation(ctx, operatorNow, AttestationRevocation{Document: digest, Reason: "wrong"})
	a.must(err)
	expect("it is taken back", 1)
}

var signedForm = `countersign: ssdf-form/v1
id: acme-cam
submission: new
scope: product
products: [{name: Cam, version: "2.1", purl: ` + camPURL + `, digests: [` + camDigest + `]}]
producer: {name: Acme Devices, address: "1 Mill Lane, Leeds", website: https://acme.example, organisation: acme}
contact: {name: Product security, phone: +44 113 496 0000, email: security@acme.example}
statements: {1: yes, 1.a: yes, 1.b: yes, 1.c: yes, 1.d: yes, 1.e: yes, 1.f: yes, 2: yes, 3: yes, 4: yes, 4.a: yes, 4.b: yes, 4.c: yes}
notify: true
signature: {name: Ada Stone, title: Chief executive, capacity: ceo, date: 2026-03-01}
`
