package attestation

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

var (
	sumA = strings.Repeat("a1", 32)
	sumB = strings.Repeat("b2", 32)
)

// payload is a statement about artifacts, written as name=digest.
func payload(t testing.TB, predicateType, predicate string, subjects ...string) []byte {
	t.Helper()
	s := Statement{PredicateType: predicateType, Predicate: []byte(predicate)}
	for _, text := range subjects {
		r, err := ParseSubject(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Subjects = append(s.Subjects, r)
	}
	b, err := s.Payload()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const built = `{"buildDefinition": {"buildType": "https://builds.example/type", "externalParameters": {}}, "runDetails": {"builder": {"id": "https://builds.example/acme"}}}`

// envelope is signed with a key that is made for it.
func envelope(t testing.TB, payloadType string, body []byte) string {
	t.Helper()
	private, _, err := dsse.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := dsse.ReadPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	b, err := dsse.Sign(payloadType, body, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func read(t testing.TB, text string) *ledger.Reading {
	t.Helper()
	r, err := Read(context.Background(), "x.json", []byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "") }

func TestRead(t *testing.T) {
	first := envelope(t, dsse.PayloadInToto, payload(t, "https://slsa.dev/provenance/v1", built, "pkg:generic/acme/cam@2.1=sha256:"+sumA, "cam.sig=sha256:"+sumB))
	second := envelope(t, dsse.PayloadInToto, payload(t, intoto.TypeSVR, `{"verifier": {"id": "https://x.example"}, "timeCreated": "2026-01-01T00:00:00Z", "properties": ["P"], "annotations": {"validUntil": "2027-01-01T00:00:00Z"}}`, "sha256:"+sumB))
	lines := oneLine(first) + "\n" + oneLine(second) + "\n"
	r := read(t, lines)
	if r.Kind != Kind || r.Mode != ledger.Chronicle || r.Rows != 2 || r.Source != "attestation/"+strings.TrimPrefix(ledger.Digest([]byte(lines)), "sha256:") {
		t.Errorf("%s of %s, %d parts", r.Kind, r.Source, r.Rows)
	}
	var subjects []string
	for _, s := range r.Statements {
		c := s.Body.(*Claim)
		subjects = append(subjects, s.Subject)
		if s.Kind != FactClaim || s.Term != s.Subject || c.Document != ledger.Digest([]byte(lines)) || c.Form != "dsse" || c.Certificate {
			t.Errorf("%+v of %+v", s, c)
		}
	}
	want := []string{"sha256:" + sumA, "pkg:generic/acme/cam@2.1", "sha256:" + sumB, "sha256:" + sumB}
	if strings.Join(subjects, " ") != strings.Join(want, " ") {
		t.Errorf("about %v, want %v", subjects, want)
	}
	build, result := r.Statements[0].Body.(*Claim), r.Statements[3].Body.(*Claim)
	if build.Part != 1 || build.Says.Builder != "https://builds.example/acme" || build.Package != "pkg:generic/acme/cam@2.1" || build.Payload == "" || build.Title() != "provenance of a build" {
		t.Errorf("build: %+v", build)
	}
	if result.Part != 2 || result.ValidUntil == nil || result.ValidFrom != nil || result.Says.Properties[0] != "P" {
		t.Errorf("result: %+v", result)
	}
}

func TestReadRefuses(t *testing.T) {
	good := envelope(t, dsse.PayloadInToto, payload(t, "https://slsa.dev/provenance/v1", built, "sha256:"+sumA))
	many := make([]string, 0, 5001)
	for range 5001 {
		many = append(many, `{"digest": {"sha256": "`+sumA+`"}}`)
	}
	crowd := strings.Replace(string(payload(t, "https://x.example/y", "{}", "sha256:"+sumA)), `{"digest":{"sha256":"`+sumA+`"}}`, strings.Join(many, ","), 1)
	for name, c := range map[string]struct{ text, want string }{
		"twice":            {strings.Replace(good, `"payload"`, `"payload": "e30=", "payload"`, 1), "/payload: this member is there twice"},
		"another type":     {envelope(t, "text/plain", []byte("x")), "payload type"},
		"about nothing":    {envelope(t, dsse.PayloadInToto, []byte(`{"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "x", "predicate": {}}`)), "subject: empty"},
		"a later version":  {envelope(t, dsse.PayloadInToto, []byte(`{"_type": "https://in-toto.io/Statement/v2", "subject": [], "predicateType": "x", "predicate": {}}`)), "_type"},
		"no reason":        {envelope(t, PayloadRevocation, []byte(`{"revocation": "v1", "attestation": "sha256:`+sumA+`", "on": "2026-01-01", "reason": " "}`)), "reason: missing"},
		"no day":           {envelope(t, PayloadRevocation, []byte(`{"revocation": "v1", "attestation": "sha256:`+sumA+`", "on": "soon", "reason": "x"}`)), "on: want"},
		"no digest":        {envelope(t, PayloadRevocation, []byte(`{"revocation": "v1", "attestation": "that one", "on": "2026-01-01", "reason": "x"}`)), "attestation: "},
		"a later form":     {envelope(t, PayloadRevocation, []byte(`{"revocation": "v2", "attestation": "sha256:`+sumA+`", "on": "2026-01-01", "reason": "x"}`)), "want v1"},
		"a member twice":   {envelope(t, PayloadRevocation, []byte(`{"revocation": "v1", "attestation": "sha256:`+sumA+`", "on": "2026-01-01", "on": "2025-01-01", "reason": "x"}`)), "/on: this member is there twice"},
		"both in one file": {oneLine(good) + "\n" + oneLine(envelope(t, PayloadRevocation, []byte(`{}`))), "payload type"},
	} {
		_, err := Read(context.Background(), "x.json", []byte(c.text), Limits{})
		if err == nil || problem.KindOf(err) != problem.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want it invalid, with %q", name, err, c.want)
		}
	}
	// One artifact said five thousand times is one fact, and still five thousand
	// claims to read.
	if _, err := Read(context.Background(), "x.json", []byte(envelope(t, dsse.PayloadInToto, []byte(crowd))), Limits{}); problem.KindOf(err) != problem.TooLarge {
		t.Errorf("5001 artifacts: %v", err)
	}
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]bool{
		`{"payloadType": "x", "payload": "e30=", "signatures": []}`:                                                 true,
		`{"payload": "` + strings.Repeat("A", 5000):                                                                 true,
		`{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": {}}`:                true,
		`{"mediaType": "application/vnd.oci.image.manifest.v1+json", "schemaVersion": 2}`:                           false,
		`{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1", "tlogs": []}`:                   false,
		`{"attestations": [{"bundle": {}}]}`:                                                                        true,
		`{"attestations": [1]}`:                                                                                     false,
		`{"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "x"}], "predicateType": "", "extra": 1}`: false,
		`[]`: false, ``: false, `a,b`: false,
	} {
		if got := Recognise("x", []byte(text)); got != want {
			t.Errorf("%.60s: %v", text, got)
		}
	}
}

func TestRevocation(t *testing.T) {
	text := envelope(t, PayloadRevocation, []byte(`{"revocation": "v1", "attestation": "sha256:`+sumA+`", "on": "2026-03-01", "reason": "lost"}`))
	r := read(t, text)
	if r.Kind != KindRevocation || len(r.Statements) != 1 || r.Statements[0].Subject != "sha256:"+sumA || r.Statements[0].ValidFrom != "2026-03-01" {
		t.Fatalf("%+v", r)
	}
	if said := r.Statements[0].Body.(Revocation); said.By != BySigner || said.Organisation != "" || said.Document != ledger.Digest([]byte(text)) {
		t.Errorf("%+v", said)
	}
	// What a file says of who it is by is no member that is read.
	sly := envelope(t, PayloadRevocation, []byte(`{"revocation": "v1", "attestation": "sha256:`+sumA+`", "on": "2026-03-01", "reason": "lost", "by": "authority", "organisation": "labels"}`))
	if said := read(t, sly).Statements[0].Body.(Revocation); said.By != BySigner || said.Organisation != "" {
		t.Errorf("claims to be by %s for %s", said.By, said.Organisation)
	}
	b, made, err := Revocation{Attestation: "sha256:" + sumA, On: "2026-03-01", Reason: "lost", By: ByAuthority, Payloads: []string{"sha256:" + sumB}}.Write()
	if err != nil || len(made.Statements) != 2 {
		t.Fatalf("%v, %+v", err, made)
	}
	var back Revocation
	if err := json.Unmarshal(b, &back); err != nil || back.By != ByAuthority || back.Form != "revocation/v1" {
		t.Errorf("%s, %v", b, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(envelope(f, dsse.PayloadInToto, payload(f, "https://slsa.dev/provenance/v1", built, "pkg:generic/acme/cam@2.1=sha256:"+sumA)))
	f.Add(envelope(f, PayloadRevocation, []byte(`{"revocation": "v1", "attestation": "sha256:`+sumA+`", "on": "2026-03-01", "reason": "lost"}`)))
	f.Add(`{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}`)
	f.Add("{}\n{}\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Read(context.Background(), "x.json", []byte(text), Limits{})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("not told as the file's fault: %v", err)
			}
			return
		}
		if len(r.Statements) == 0 || len(r.Statements) > 4000 {
			t.Errorf("%d statements", len(r.Statements))
		}
		for _, s := range r.Statements {
			if s.Subject == "" || s.Key == "" {
				t.Errorf("%+v", s)
			}
			if _, err := json.Marshal(s.Body); err != nil {
				t.Error(err)
			}
		}
	})
}
