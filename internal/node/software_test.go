package node

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

const payrollSuite = "pkg:generic/harrow/payroll-suite@5.4.0"

// storyteller opens a node that holds the demonstration.
func storyteller(t *testing.T, url string) *Node {
	t.Helper()
	n := openNode(t, t.TempDir(), url)
	if r, err := n.ImportDemo(t.Context()); err != nil || len(r.Failed) > 0 {
		t.Fatal(err, r)
	}
	return n
}

func on(day access.Date) access.Ask {
	return access.Ask{Reader: access.Operator, At: access.At{Date: day}}
}

// The stories that the demonstration tells, on both stores.
func TestStoriesOfSoftware(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		n := storyteller(t, url)
		systems := func(subject string, day access.Date) (out []string) {
			got, err := n.Impact(t.Context(), on(day), subject, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range got.Releases {
				for _, s := range r.Systems {
					out = append(out, r.Version+" in "+s.ID)
				}
			}
			return out
		}
		if got := systems("Orion Platform", "2020-12-13"); len(got) < 3 || !strings.HasPrefix(got[0], "2020.2 HF 1 in system:harbours/") {
			t.Errorf("who ran Orion on 2020-12-13: %q", got)
		}
		if got := strings.Join(systems("Orion Platform", "2026-01-01"), " "); strings.Contains(got, "2020.2 HF 1") || !strings.Contains(got, "2020.2.1 HF 2") {
			t.Errorf("who runs Orion today: %q", got)
		}
		if got := systems("CVE-2021-44228", "2021-12-13"); len(got) != 3 {
			t.Errorf("who has Log4Shell on 2021-12-13: %q", got)
		}
		for _, c := range []struct {
			subject string
			at      access.Date
			want    policy.Verdict
			because string
		}{
			{"pkg:generic/solarwinds/orion-platform@2020.2-hf1", "2020-12-12", policy.Review, ""},
			{"pkg:generic/solarwinds/orion-platform@2020.2-hf1", "2020-12-14", policy.Deny, "is itself the attack"},
			{payrollSuite, "2021-12-13", policy.Deny, "is exploited in the wild"},
			{payrollSuite, "2021-12-17", policy.Review, "Harrow Payroll Systems says not_affected"},
			{"pkg:generic/oakridge-vision/vx200-firmware@2.4.0", "2026-11-02", policy.Deny, "Huawei Technologies Co., Ltd."},
		} {
			a, _, err := n.Check(t.Context(), access.Ask{Reader: access.Operator, At: access.At{Date: c.at, Known: c.at}}, Question{Subject: c.subject, Purpose: "operate"})
			if err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, r := range a.Reasons {
				said += r.Because + "\n"
			}
			if a.Verdict != c.want || !strings.Contains(said, c.because) {
				t.Errorf("%s on %s: %s, want %s because of %q:\n%s", c.subject, c.at, a.Verdict, c.want, c.because, said)
			}
		}
	})
}

// What an analyst says turns an answer, is published in two forms, and the
// signature is the log's.
func TestWhatAnalystsSay(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	bill := `{"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"timestamp": "2026-11-01T10:00:00Z", "component": {"bom-ref": "r", "type": "application", "group": "acme", "name": "portal", "version": "3"}},
		"components": [{"bom-ref": "a", "type": "library", "name": "lodash", "version": "4.17.20", "purl": "pkg:npm/lodash@4.17.20"}]}`
	weak := `{"id": "GHSA-35jh-r3h4-6jhm", "modified": "2021-05-06T16:05:51Z", "aliases": ["CVE-2021-23337"], "summary": "x", "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
		"affected": [{"package": {"ecosystem": "npm", "name": "lodash"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.17.21"}]}]}]}`
	for _, text := range []string{bill, weak} {
		if r, err := n.Import(t.Context(), access.Operator, []intake.File{{Name: "x.json", Bytes: []byte(text)}}, ImportOptions{}); err != nil || len(r.Failed) > 0 {
			t.Fatal(err, r)
		}
	}
	const release = "pkg:generic/acme/portal@3"
	verdict := func() (policy.Verdict, string) {
		a, _, err := n.Check(t.Context(), on(""), Question{Subject: release, Purpose: "operate"})
		if err != nil {
			t.Fatal(err)
		}
		if v := a.Software.Findings[0].VEX; v != nil {
			return a.Verdict, v.Issuer + " " + v.Role + " " + v.Status
		}
		return a.Verdict, ""
	}
	if v, said := verdict(); v != policy.Deny || said != "" {
		t.Fatalf("%s, %q", v, said)
	}
	alice := access.Reader{Member: "alice", Organisations: []string{"acme"}, Operator: true}
	s := Assertion{Weakness: "CVE-2021-23337", Release: release, Component: "pkg:npm/lodash", Status: "not_affected", Justification: "vulnerable_code_not_present"}
	got, err := n.Assert(t.Context(), access.Ask{Reader: alice}, s)
	if err != nil || got.By != "alice" || got.Status != "not_affected" {
		t.Fatalf("%+v, %v", got, err)
	}
	if v, said := verdict(); v == policy.Deny || said != "alice (acme) own analyst not_affected" {
		t.Errorf("%s, %q", v, said)
	}
	s.Status, s.Justification, s.Action = "affected", "", "update"
	if _, err := n.Assert(t.Context(), access.Ask{Reader: alice}, s); err != nil {
		t.Fatal(err)
	}
	if v, said := verdict(); v != policy.Deny || said != "alice (acme) own analyst affected" {
		t.Errorf("%s, %q", v, said)
	}
	for _, bad := range []Assertion{
		{Weakness: "CVE-2021-23337", Release: release, Status: "not_affected"},
		{Weakness: "CVE-2021-23337", Release: release, Status: "fine"},
		{Weakness: "", Release: release, Status: "fixed"},
		{Weakness: "CVE-2021-23337", Release: "portal", Status: "fixed"},
		{Weakness: "CVE-2021-23337", Release: release, Component: "lodash", Status: "fixed"},
	} {
		if _, err := n.Assert(t.Context(), access.Ask{Reader: alice}, bad); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%+v: %v, want it to be invalid", bad, err)
		}
	}
	for _, form := range []string{FormOpenVEX, FormCSAF} {
		p, err := n.Publish(t.Context(), on(""), release, form, "https://acme.example")
		if err != nil {
			t.Fatal(form, err)
		}
		verifyEnvelope(t, n, p)
		other := openNode(t, t.TempDir(), "")
		if r, err := other.Import(t.Context(), access.Operator, []intake.File{{Name: form + ".json", Bytes: p.Body}}, ImportOptions{}); err != nil || len(r.Failed) > 0 {
			t.Errorf("%s is not read back: %v %v", form, err, r)
		}
	}
	if _, err := n.Publish(t.Context(), on(""), "pkg:generic/nobody@1", FormOpenVEX, ""); problem.KindOf(err) != problem.NotFound {
		t.Errorf("nothing said: %v", err)
	}
}

// verifyEnvelope verifies an envelope with nothing but the log's public key,
// which is its name, a hash and base64 of an algorithm's byte and the Ed25519 key.
func verifyEnvelope(t *testing.T, n *Node, p *Publication) {
	t.Helper()
	key := n.VerifierKey()
	raw, err := base64.StdEncoding.DecodeString(strings.SplitN(key, "+", 3)[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		t.Fatal(key, err)
	}
	v, err := dsse.NewEnvelopeVerifier(edVerifier{ed25519.PublicKey(raw[1:]), key})
	if err != nil {
		t.Fatal(err)
	}
	var env dsse.Envelope
	if err := json.Unmarshal(p.Envelope, &env); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), &env); err != nil {
		t.Errorf("%s: %v", p.Form, err)
	}
	if body, err := env.DecodeB64Payload(); err != nil || string(body) != string(p.Body) || env.PayloadType != p.MediaType {
		t.Errorf("%s: the envelope holds something else: %v", p.Form, err)
	}
	env.Payload = base64.StdEncoding.EncodeToString([]byte("{}"))
	if _, err := v.Verify(t.Context(), &env); err == nil {
		t.Errorf("%s: another payload is verified", p.Form)
	}
}

type edVerifier struct {
	key ed25519.PublicKey
	id  string
}

func (v edVerifier) Verify(_ context.Context, data, sig []byte) error {
	if !ed25519.Verify(v.key, data, sig) {
		return problem.New(problem.Invalid, "wrong signature")
	}
	return nil
}
func (v edVerifier) KeyID() (string, error)   { return v.id, nil }
func (v edVerifier) Public() crypto.PublicKey { return v.key }

// A bill for some is for nobody else: not in answers, impacts, counts or
// candidates.
func TestBillsKeepToTheirAudience(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	take := func(name, version string, a access.Audience) {
		text := `{"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"component": {"bom-ref": "r", "type": "application", "name": "` + name + `", "version": "` + version + `", "supplier": {"name": "Acme"}}},
			"components": [{"bom-ref": "a", "type": "library", "name": "lodash", "version": "4.17.20", "purl": "pkg:npm/lodash@4.17.20"}]}`
		if r, err := n.Import(t.Context(), access.Operator, []intake.File{{Name: name + ".json", Bytes: []byte(text)}}, ImportOptions{Audience: a}); err != nil || len(r.Failed) > 0 {
			t.Fatal(err, r)
		}
	}
	take("open", "1", access.Public)
	take("secret", "1", access.ForOrganisation("acme"))
	insider, outsider := access.Reader{Member: "i", Organisations: []string{"acme"}}, access.Reader{Member: "o", Organisations: []string{"other"}}
	for _, subject := range []string{"pkg:npm/lodash", "pkg:npm/lodash@4.17.20", "Acme"} {
		for reader, want := range map[string]int{"i": 2, "o": 1} {
			ask := access.Ask{Reader: insider}
			if reader == "o" {
				ask.Reader = outsider
			}
			got, err := n.Impact(t.Context(), ask, subject, 0, 0)
			if err != nil || got.Total != want || len(got.Releases) != want {
				t.Errorf("%s to %s: %+v, %v; want %d", subject, reader, got, err, want)
			}
			for _, v := range got.Versions {
				if v.Releases != want {
					t.Errorf("%s to %s: %d releases have %s", subject, reader, v.Releases, v.Version)
				}
			}
		}
	}
	_, d, err := n.Check(t.Context(), access.Ask{Reader: outsider}, Question{Subject: "pkg:generic/secret@1", Purpose: "operate"})
	if err != nil || d.Release.Held {
		t.Errorf("an outsider is answered from the bill: %+v, %v", d.Release, err)
	}
	a, _, err := n.Check(t.Context(), access.Ask{Reader: insider}, Question{Subject: "pkg:generic/secret@1", Purpose: "operate"})
	if err != nil || a.Audience.String() != "org:acme" {
		t.Errorf("the answer of an insider is for %s, %v", a.Audience, err)
	}
}
