package decision

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with a file of testdata. Digests of policies are written
// as their names there, so that the files change only when answers do.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	for _, p := range shipped(t) {
		got = bytes.ReplaceAll(got, []byte(p.Digest), []byte("sha256:<"+p.ID+">"))
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}

// TestAnswerJSON pins the JSON that scripts rely on: of one purpose, of all,
// and of a name that may mean several parties.
func TestAnswerJSON(t *testing.T) {
	several := &world{query: "telecom", at: access.At{Date: "2021-02-01", Known: "2021-02-01", Position: 3}}
	several.candidates = candidatesOf(several.dossier())
	nobody := several.ask(t, "invest")
	for name, a := range map[string]*Answer{
		"answer_invest.json": xiaomi("2021-02-01", "").ask(t, "invest"),
		"answer_all.json":    xiaomi("2021-03-16", "2021-02-01").ask(t, ""),
		"answer_nobody.json": nobody,
	} {
		b, err := json.MarshalIndent(a, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, append(b, '\n'))
	}
}

// TestAnswerKeys: the keys of the contract are all there, even where nothing
// is to be said.
func TestAnswerKeys(t *testing.T) {
	b, err := json.Marshal((&world{query: "x", at: access.At{Date: "2021-02-01", Known: "2021-02-01"}}).ask(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(b, &top); err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Fields("verdict purpose at known position changes_on answers subject listings control reasons policy engine decision") {
		if _, ok := top[key]; !ok {
			t.Errorf("%s is missing in %s", key, b)
		}
	}
	for _, key := range []string{"listings", "reasons"} {
		if !bytes.HasPrefix(top[key], []byte("[")) {
			t.Errorf("%s is %s, want a list", key, top[key])
		}
	}
}

var circumstances = Circumstances{
	Audiences:  []string{"public", "org:acme"},
	Programmes: map[string]string{"us-dod-1237": "sha256:p2", "us-bis-entity-list": "sha256:p1"},
}

func TestRecord(t *testing.T) {
	a := xiaomi("2021-02-01", "").ask(t, "invest")
	b, err := Record(a, circumstances)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "decision.json", b)
	if bytes.Count(b, []byte("\n")) != 1 || !bytes.HasSuffix(b, []byte("\n")) {
		t.Error("a decision document is not one line")
	}
	r, err := ParseRecord(b)
	if err != nil {
		t.Fatal(err)
	}
	if r.Query != "xiaomi" || *r.Purpose != "invest" || len(r.Evidence) != 2 || r.Programmes[0].ID != "us-bis-entity-list" {
		t.Errorf("read back as %+v", r)
	}
	again, err := Record(xiaomi("2021-02-01", "").ask(t, "invest"), circumstances)
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("the same answer gave other bytes (%v):\n%s%s", err, b, again)
	}
}

// TestRecordOfAnyAnswer: what is recorded can be read back and repeats itself.
func TestRecordOfAnyAnswer(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := anyWorld(rt).ask(t, rapid.SampledFrom([]string{"", "invest", "procure", "export"}).Draw(rt, "purpose"))
		b, err := Record(a, circumstances)
		if err != nil {
			rt.Fatal(err)
		}
		r, err := ParseRecord(b)
		if err != nil {
			rt.Fatal(err)
		}
		if out, err := Compare(r, a); err != nil || out.Result != Same || len(out.Differences) != 0 {
			rt.Fatalf("compared with itself: %+v, %v", out, err)
		}
	})
}

func TestRecordRefuses(t *testing.T) {
	for name, spoil := range map[string]func(a *Answer, c *Circumstances){
		"position":  func(a *Answer, _ *Circumstances) { a.Position = access.Now },
		"known":     func(a *Answer, _ *Circumstances) { a.Known = "" },
		"engine":    func(a *Answer, _ *Circumstances) { a.Engine = "" },
		"audiences": func(_ *Answer, c *Circumstances) { c.Audiences = nil },
	} {
		a, c := xiaomi("2021-02-01", "").ask(t, "invest"), circumstances
		spoil(a, &c)
		if b, err := Record(a, c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %s, %v; want an error that names it", name, b, err)
		}
	}
}

func TestParseRecordRefuses(t *testing.T) {
	good, err := Record(xiaomi("2021-02-01", "").ask(t, "invest"), circumstances)
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, with string) []byte { return bytes.Replace(good, []byte(old), []byte(with), 1) }
	for name, b := range map[string][]byte{
		"empty":         nil,
		"not json":      []byte("verdict: allow\n"),
		"cut":           good[:len(good)/2],
		"no newline":    bytes.TrimSpace(good),
		"spaces":        change(`","query"`, `", "query"`),
		"two":           append(bytes.Clone(good), good...),
		"unknown field": change(`"query"`, `"extra":1,"query"`),
		"other form":    change(Form, "decision/v9"),
		"verdict":       change(`"verdict":"review","changes_on":"2021-03-15","listings"`, `"verdict":"fine","changes_on":"2021-03-15","listings"`),
		"date":          change(`"at":"2021-02-01"`, `"at":"2021-02-31"`),
		"float":         change(`"position":7`, `"position":7.0`),
		"no policies":   change(`"policies":[`, `"policies":[],"x":[`),
	} {
		if r, err := ParseRecord(b); !errors.Is(err, ErrRecord) || problem.KindOf(err) != problem.Invalid {
			t.Errorf("%s: got %+v, %v; want %v", name, r, err, ErrRecord)
		}
	}
}

func TestCompare(t *testing.T) {
	record := func(w *world, purpose string) *Recorded {
		b, err := Record(w.ask(t, purpose), circumstances)
		if err != nil {
			t.Fatal(err)
		}
		r, err := ParseRecord(b)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	old := record(xiaomi("2021-02-01", ""), "invest")

	out, err := Compare(old, xiaomi("2021-02-01", "").ask(t, "invest"))
	if err != nil || out.Result != Same || len(out.Differences) != 0 {
		t.Errorf("the same: %+v, %v", out, err)
	}

	later := xiaomi("2021-02-01", "")
	later.listings[0].spans[0].from = "2021-04-01"
	out, err = Compare(old, later.ask(t, "invest"))
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, d := range out.Differences {
		paths = append(paths, d.Path)
	}
	want := []string{"listings[0].consequences[0].from", "reasons[0].because"}
	if d := cmp.Diff(want, paths); d != "" || out.Result != Differs {
		t.Errorf("%s, differences (-want +got):\n%s", out.Result, d)
	}
	if got, want := out.Differences[0].String(), `listings[0].consequences[0].from: was "2021-03-15", is "2021-04-01"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}

	other := xiaomi("2021-02-01", "").ask(t, "invest")
	other.Engine = "test/2"
	if out, err = Compare(old, other); err != nil || out.Result != OtherEngine || out.Differences[0].Path != "engine" {
		t.Errorf("another engine: %+v, %v", out, err)
	}

	more := xiaomi("2021-02-01", "")
	more.listings = append(more.listings, scripted{id: "z", programme: "us-dod-1260h"})
	if out, err = Compare(old, more.ask(t, "invest")); err != nil || out.Result != Differs ||
		out.Differences[0].Path != "listings[1]" || out.Differences[0].Was != "" || !strings.Contains(out.Differences[0].String(), "was nothing, is {") {
		t.Errorf("a listing more: %+v, %v", out, err)
	}
}

func TestAudiences(t *testing.T) {
	for _, tt := range []struct {
		reader access.Reader
		want   []string
	}{
		{access.Operator, []string{"all"}},
		{access.Anonymous, []string{"public"}},
		{access.Reader{Organisations: []string{"cisa", "acme"}}, []string{"public", "org:acme", "org:cisa"}},
	} {
		if d := cmp.Diff(tt.want, Audiences(tt.reader)); d != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.reader, d)
		}
	}
}

// FuzzParseRecord: whatever is accepted is exactly what Record would write.
func FuzzParseRecord(f *testing.F) {
	good, err := Record(xiaomi("2021-02-01", "").ask(f, "invest"), circumstances)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"countersign":"decision/v1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRecord(b)
		if err != nil {
			return
		}
		if again, err := r.encode(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("accepted %q, which would be written %q (%v)", b, again, err)
		}
		if _, err := policy.ParseVerdict(string(r.Verdict)); err != nil {
			t.Error(err)
		}
	})
}
