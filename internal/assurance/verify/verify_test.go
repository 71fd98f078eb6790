package verify

import (
	"crypto"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/assurance/dsse"
)

// signer is a key made for a test.
type signer struct {
	key    crypto.Signer
	public File
}

func newSigner(t testing.TB, name string) signer {
	t.Helper()
	private, public, err := dsse.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := dsse.ReadPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key: key, public: File{Name: name + ".pub", Bytes: public}}
}

func (s signer) sign(t testing.TB, payload string) File {
	t.Helper()
	return s.signAs(t, dsse.PayloadInToto, payload)
}

func (s signer) signAs(t testing.TB, typ, payload string) File {
	t.Helper()
	b, err := dsse.Sign(typ, []byte(payload), s.key)
	if err != nil {
		t.Fatal(err)
	}
	return File{Name: "a.json", Bytes: b}
}

// camera is a statement about the file "camera firmware".
func camera(predicateType, predicate string) string {
	const digest = "89bc2d30e3e8e2bd8a78c3d4a0eb2ee1f8a0f0ba8f3e4a6d0b5d5a0c0bf0e1a2"
	return `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"cam","digest":{"sha256":"` + digest + `"}}],` +
		`"predicateType":"` + predicateType + `","predicate":` + predicate + `}`
}

const (
	cameraDigest = "sha256:89bc2d30e3e8e2bd8a78c3d4a0eb2ee1f8a0f0ba8f3e4a6d0b5d5a0c0bf0e1a2"
	svr          = "https://in-toto.io/attestation/svr/v0.2"
	label        = `{"verifier":{"id":"https://labels.example"},"properties":["TIER_2"],"annotations":{"status":"suspended","validFrom":"2026-01-01T00:00:00Z","validUntil":"2027-01-01T00:00:00Z"}}`
)

var june = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func TestVerifyEnvelope(t *testing.T) {
	ours, theirs := newSigner(t, "ours"), newSigner(t, "theirs")
	good := ours.sign(t, camera(svr, label))
	for _, c := range []struct {
		name   string
		q      Question
		want   string
		reason string // how it begins
	}{
		{"valid", Question{}, Valid, ""},
		{"expired", Question{At: june.AddDate(1, 0, 0)}, Expired, "valid until 2027-01-01T00:00:00Z"},
		{"not yet valid", Question{At: june.AddDate(-1, 0, 0)}, NotYetValid, "valid from 2026-01-01T00:00:00Z"},
		{"no key", Question{Keys: []File{}}, Invalid, "signed with a key ("},
		{"another's key", Question{Keys: []File{theirs.public}}, Invalid, "signer not trusted"},
		{"one of two keys", Question{Keys: []File{theirs.public, ours.public}}, Valid, ""},
		{"no key at all in the file", Question{Keys: []File{{Name: "k", Bytes: []byte("k")}}}, Invalid, "k: no key in it"},
		{"about it", Question{Digest: cameraDigest}, Valid, ""},
		{"about it, in capitals", Question{Digest: strings.ToUpper(cameraDigest)}, Valid, ""},
		{"about something else", Question{Digest: strings.Replace(cameraDigest, "89", "98", 1)}, Invalid, "the attestation is not about this artifact"},
		{"no digest", Question{Digest: "sha256:89"}, Invalid, `digest "sha256:89": want`},
		{"another file", Question{Artifact: inMemory(File{Name: "f", Bytes: []byte("f")})}, Invalid, "the attestation is not about this artifact"},
		{"of the type", Question{PredicateType: svr}, Valid, ""},
		{"of another type", Question{PredicateType: "x"}, Invalid, "no attestation of type x; found " + svr},
		{"nothing", Question{Files: []File{}}, Invalid, "nothing to verify"},
		{"no attestation", Question{Files: []File{{Name: "x.txt", Bytes: []byte("hello")}}}, Invalid, "x.txt: no attestation"},
		{"no attestation, JSON", Question{Files: []File{{Name: "x.json", Bytes: []byte(`{"a":1}`)}}}, Invalid, "x.json: JSON, but no attestation"},
		{"statement alone", Question{Files: []File{{Name: "x.json", Bytes: []byte(camera(svr, label))}}}, Invalid, "x.json: JSON, but no attestation"},
		{"not JSON", Question{Files: []File{{Name: "x.json", Bytes: []byte("{\"payload\":1,\n}")}}}, Invalid, "x.json: line 1: not JSON"},
		{"a member twice", Question{Files: []File{ours.sign(t, strings.Replace(camera(svr, label), `"predicateType"`, `"predicateType":"x","predicateType"`, 1))}}, Invalid, "the signature is good, but the statement is not: line 1: /predicateType: this member is there twice"},
		{"another version", Question{Files: []File{ours.sign(t, strings.Replace(camera(svr, label), "/v1", "/v7", 1))}}, Invalid, "the signature is good, but the statement is not: _type: statements of version"},
		{"another payload", Question{Files: []File{ours.signAs(t, "text/plain", "hello")}}, Invalid, "the signature is good, but nothing here reads what it signs"},
		{"a date that is none", Question{Files: []File{ours.sign(t, camera(svr, strings.Replace(label, "2027-01-01T", "soon", 1)))}}, Invalid, "the signature is good, but the statement is not: predicate: annotations.validUntil"},
		{"status list", Question{Files: []File{ours.signAs(t, statusListType, `{"status_list":"v1","issued":"2026-05-31T12:00:00Z","expires":"2026-06-01T12:00:00Z"}`)}}, Valid, ""},
		{"old status list", Question{Files: []File{ours.signAs(t, statusListType, `{"status_list":"v1","issued":"2026-05-30T12:00:00Z","expires":"2026-05-31T12:00:00Z"}`)}}, Expired, "valid until 2026-05-31T12:00:00Z"},
		{"status list without end", Question{Files: []File{ours.signAs(t, statusListType, `{"status_list":"v1","issued":"2026-05-30T12:00:00Z"}`)}}, Invalid, "the signature is good, but the status list is not"},
	} {
		q := c.q
		if q.Files == nil {
			q.Files = []File{good}
		}
		if q.Keys == nil {
			q.Keys = []File{ours.public}
		}
		if q.At.IsZero() {
			q.At = june
		}
		a := Verify(q)
		if a.Result != c.want || !strings.HasPrefix(a.Reason, c.reason) || (c.reason == "") != (a.Reason == "") {
			t.Errorf("%s: %s (%s), want %s (%s)", c.name, a.Result, a.Reason, c.want, c.reason)
		}
	}
}

// TestAnswer holds what is told of a label to what it says.
func TestAnswer(t *testing.T) {
	ours := newSigner(t, "ours")
	a := Verify(Question{Files: []File{ours.sign(t, camera(svr, label))}, Keys: []File{ours.public}, At: june, Digest: cameraDigest})
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"result": "valid", "reason": "", "kind": "dsse", "predicate_type": svr, "valid_until": "2027-01-01T00:00:00Z", "at": "2026-06-01T00:00:00Z",
		"claims.status": "suspended", "claims.verifier": "https://labels.example", "claims.properties": "[TIER_2]", "artifact.name": "cam",
		"notes": "[the label says of itself that it is suspended]",
	} {
		var v any = got
		for name := range strings.SplitSeq(path, ".") {
			v = v.(map[string]any)[name]
		}
		if s := fmt.Sprint(v); s != want {
			t.Errorf("%s: %s, want %s", path, s, want)
		}
	}
}

// TestSeveral is files with more than one attestation: all must be genuine, and
// one about what was asked.
func TestSeveral(t *testing.T) {
	ours, theirs := newSigner(t, "ours"), newSigner(t, "theirs")
	line := func(s signer, statement string) string {
		return strings.ReplaceAll(string(s.sign(t, statement).Bytes), "\n", "") + "\n"
	}
	one := line(ours, camera(svr, label))
	tests := line(ours, camera("https://in-toto.io/attestation/test-result/v0.1", `{"result":"FAILED"}`))
	other := line(ours, strings.Replace(camera(svr, label), "89bc", "98cb", 1))
	stranger := line(theirs, camera(svr, label))
	for _, c := range []struct {
		lines  string
		digest string
		typ    string
		want   string
		reason string
	}{
		{one + tests, cameraDigest, "", Valid, ""},
		{one + "\n" + tests, cameraDigest, "https://in-toto.io/attestation/test-result/v0.1", Valid, ""},
		{one + other, cameraDigest, "", Valid, ""},
		{other + other, cameraDigest, "", Invalid, "none of the attestations is about this artifact"},
		{one + tests, cameraDigest, "x", Invalid, "no attestation of type x"},
		{one + stranger, cameraDigest, "", Invalid, "a.jsonl, line 2: signer not trusted"},
		{stranger + one, "", "", Invalid, "a.jsonl, line 1: signer not trusted"},
		{one + "{\n", "", "", Invalid, "a.jsonl, line 2: not JSON"},
		{one + `{"a":1}` + "\n", "", "", Invalid, "a.jsonl, line 2: no attestation"},
	} {
		a := Verify(Question{Files: []File{{Name: "a.jsonl", Bytes: []byte(c.lines)}}, Keys: []File{ours.public}, At: june, Digest: c.digest, PredicateType: c.typ})
		if a.Result != c.want || !strings.HasPrefix(a.Reason, c.reason) {
			t.Errorf("%.80q: %s (%s), want %s (%s)", c.lines, a.Result, a.Reason, c.want, c.reason)
		}
		if c.typ != "" && c.want == Valid && (a.PredicateType != c.typ || len(a.Attestations) != 2) {
			t.Errorf("answered with %s of %d attestations, want %s of 2", a.PredicateType, len(a.Attestations), c.typ)
		}
	}
}

// TestStranger takes a file that is no attestation, among others, for the
// artifact; two are one too many.
func TestStranger(t *testing.T) {
	ours := newSigner(t, "ours")
	firmware := File{Name: "fw.bin", Bytes: []byte("firmware")}
	digests, err := hashAll(inMemory(firmware))
	if err != nil {
		t.Fatal(err)
	}
	signed := ours.sign(t, strings.Replace(camera(svr, label), strings.TrimPrefix(cameraDigest, "sha256:"), digests["sha256"], 1))
	for _, c := range []struct {
		files []File
		want  string
	}{
		{[]File{firmware, signed}, Valid},
		{[]File{signed, firmware}, Valid},
		{[]File{signed, {Name: "other", Bytes: []byte("other")}}, Invalid},
		{[]File{signed, firmware, firmware}, Invalid},
		{[]File{firmware}, Invalid},
	} {
		a := Verify(Question{Files: c.files, Keys: []File{ours.public}, At: june})
		if a.Result != c.want || c.want == Valid && a.Artifact == nil {
			t.Errorf("%d files: %s (%s), want %s", len(c.files), a.Result, a.Reason, c.want)
		}
	}
}

// TestCloudBuild signs with a key of its own what Google's builder would, and
// changes what is shown around it.
func TestCloudBuild(t *testing.T) {
	ours := newSigner(t, "ours")
	const predicate = `{"builder":{"id":"b"},"metadata":{"buildStartedOn":"2026-01-01T00:00:00.5Z"},"materials":[{"uri":"s"}]}`
	statement := camera("https://slsa.dev/provenance/v0.1", predicate)
	document := func(image, shown string, envelope []byte) File {
		return File{Name: "gcb.json", Bytes: fmt.Appendf(nil,
			`{"image_summary":{"digest":%q},"provenance_summary":{"provenance":[{"kind":"BUILD","build":{"intotoStatement":%s},"envelope":%s}]}}`, image, shown, envelope)}
	}
	signed := ours.sign(t, statement).Bytes
	for _, c := range []struct {
		name   string
		f      File
		want   string
		reason string
	}{
		{"as signed", document(cameraDigest, statement, signed), Valid, ""},
		{"the same time, written otherwise", document(cameraDigest, strings.Replace(statement, "00.5Z", "00.500Z", 1), signed), Valid, ""},
		{"something left out", document(cameraDigest, strings.Replace(statement, `"builder":{"id":"b"},`, "", 1), signed), Valid, ""},
		{"another builder shown", document(cameraDigest, strings.Replace(statement, `"id":"b"`, `"id":"c"`, 1), signed), Invalid, "gcb.json, build 1: build.intotoStatement.predicate.builder.id is not what was signed"},
		{"more material shown", document(cameraDigest, strings.Replace(statement, `[{"uri":"s"}]`, `[{"uri":"s"},{"uri":"t"}]`, 1), signed), Invalid, "gcb.json, build 1: build.intotoStatement.predicate.materials is not what was signed"},
		{"of another image", document(strings.Replace(cameraDigest, "89", "98", 1), statement, signed), Invalid, "gcb.json, build 1: image_summary.digest is"},
		{"no signature", document(cameraDigest, statement, []byte(`{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}`)), Invalid, "gcb.json, build 1: no signature"},
		{"no envelope", document(cameraDigest, statement, []byte("null")), Invalid, "gcb.json, build 1: envelope: missing"},
		{"not signed by whom it says", document(cameraDigest, statement, forged(t)), Invalid, "gcb.json, build 1: signature does not verify"},
	} {
		a := Verify(Question{Files: []File{c.f}, Keys: []File{ours.public}, At: june})
		if a.Result != c.want || !strings.HasPrefix(a.Reason, c.reason) {
			t.Errorf("%s: %s (%s), want %s (%s)", c.name, a.Result, a.Reason, c.want, c.reason)
		}
	}
}

// forged is an envelope that says it is signed by Google's builder.
func forged(t *testing.T) []byte {
	t.Helper()
	keys, err := known()
	if err != nil {
		t.Fatal(err)
	}
	theirs := newSigner(t, "theirs").sign(t, camera("https://slsa.dev/provenance/v0.1", `{"builder":{"id":"b"}}`))
	var e map[string]any
	if err := json.Unmarshal(theirs.Bytes, &e); err != nil {
		t.Fatal(err)
	}
	for id := range keys[formatCloudBuild] {
		e["signatures"].([]any)[0].(map[string]any)["keyid"] = id
		break
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPublishers reads the keys that are known from the start.
func TestPublishers(t *testing.T) {
	keys, err := known()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for format, of := range keys {
		if len(of) == 0 {
			t.Errorf("no key for %s", format)
		}
		for id, k := range of {
			if k.Publisher == "" || k.Source == "" || k.Key.ID() == "" {
				t.Errorf("%s: %+v", id, k)
			}
			if other := ids[k.Key.ID()]; other != "" {
				t.Errorf("%s and %s are one key", id, other)
			}
			ids[k.Key.ID()] = id
		}
	}
}

func TestLogQuestions(t *testing.T) {
	logKey := File{Name: "log.key", Bytes: []byte("labels.example.test/log+81aa89c0+Acrp95F/SvMU01dusCHepFIN/flYJCCWKVcAsn+9Nzzd\n")}
	checkpoint := File{Name: "c", Bytes: []byte("log\n1\nAAAA\n\n— log AAAA\n")}
	for name, c := range map[string]struct {
		q    Question
		want string
	}{
		"proof without policy":    {Question{Files: []File{{Name: "p", Bytes: []byte(proofHeader + "index 1\n\nlog\n")}}}, "a tlog-proof: give the log's policy"},
		"checkpoint without key":  {Question{Files: []File{{Name: "c", Bytes: []byte("log\n1\nAAAA\n\n— log AAAA\n")}}}, "a checkpoint: give the log's policy"},
		"consistency without all": {Question{Old: &File{}, New: &File{}}, "whether a log only grew: give --old, --new and --proof"},
		"two checkpoints":         {Question{Files: []File{checkpoint, checkpoint}}, "c is about a log, and there are other files"},
		"checkpoint and another":  {Question{Files: []File{{Name: "e", Bytes: []byte(`{"payloadType":"t"}`)}, checkpoint}}, "c is about a log, and there are other files"},
		"proof that is none":      {Question{Keys: []File{logKey}, Files: []File{{Name: "p", Bytes: []byte(proofHeader)}}}, "p: not a proof"},
		"not signed by the key":   {Question{Keys: []File{logKey}, Files: []File{{Name: "p", Bytes: []byte(proofHeader + "index 0\n\nlog\n1\nAAAA\n\n— log AAAA\n")}}}, "p: not a signed checkpoint"},
	} {
		c.q.At = june
		if a := Verify(c.q); a.Result != Invalid || !strings.HasPrefix(a.Reason, c.want) {
			t.Errorf("%s: %s (%s), want %q", name, a.Result, a.Reason, c.want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	ours := newSigner(f, "ours")
	good := ours.sign(f, camera(svr, label))
	f.Add(good.Bytes)
	f.Add([]byte(strings.ReplaceAll(string(good.Bytes), "\n", "") + "\n" + `{"payloadType":"t","payload":"","signatures":[{"sig":"AA=="}]}`))
	f.Add([]byte(`{"attestations":[{"predicateType":"p","bundle":{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}}]}`))
	f.Add([]byte(`{"provenance_summary":{"provenance":[{"envelope":{"payloadType":"t","payload":"","signatures":[]}}]}}`))
	f.Add([]byte(proofHeader + "index 1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\nlog\n2\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— log AAAAAAAA\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a := Verify(Question{Files: []File{{Name: "f", Bytes: b}}, Keys: []File{ours.public}, At: june, Digest: cameraDigest})
		switch {
		case a.Result == "" || (a.Result == Valid) != (a.Reason == ""):
			t.Fatalf("%q with reason %q", a.Result, a.Reason)
		case a.Result == Valid && (a.Attestation == nil || a.Artifact == nil || a.Signer == nil):
			t.Fatalf("valid, and does not say what of: %+v", a)
		}
		if _, err := json.Marshal(a); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkVerifyLabel(b *testing.B) {
	ours := newSigner(b, "ours")
	q := Question{Files: []File{ours.sign(b, camera(svr, label))}, Keys: []File{ours.public}, At: june, Digest: cameraDigest}
	b.ReportAllocs()
	for b.Loop() {
		if a := Verify(q); a.Result != Valid {
			b.Fatal(a.Reason)
		}
	}
}
