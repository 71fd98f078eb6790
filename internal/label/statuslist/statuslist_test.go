package statuslist

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/problem"
)

var made = time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)

// key is a signing key that is the same on each run, and its public half.
func key(t testing.TB, n byte) (ed25519.PrivateKey, []dsse.PublicKey) {
	t.Helper()
	k := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
	public, err := dsse.NewPublicKey(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return k, []dsse.PublicKey{public}
}

// id is the nth of some label ids.
func id(n int) string {
	return core.NewID(strings.NewReader(fmt.Sprintf("%09d", n)))
}

func head(sequence int64) Head {
	return Head{
		Authority: "Northland Label Authority", Registry: "https://labels.example", Sequence: sequence, Issued: made,
		Checkpoint: "labels.example/log 4711 q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
	}
}

func list(t testing.TB, sequence int64, entries ...Entry) *List {
	t.Helper()
	l, err := New(head(sequence), entries)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func signed(t testing.TB, l *List, k crypto.Signer) []byte {
	t.Helper()
	b, err := Sign(l, k)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	k, pinned := key(t, 1)
	want := list(t, 4711,
		Entry{ID: id(2), Status: Suspended, Since: "2021-01-14", Reason: "restricted-party"},
		Entry{ID: id(1), Status: Revoked, Since: "2026-03-01", Reason: "Der Prüfbericht war gefälscht", Until: "2027-01-01"},
	)
	if want.Labels[0].ID > want.Labels[1].ID {
		t.Errorf("labels are not in order: %v", want.Labels)
	}
	got, err := Verify(signed(t, want, k), pinned, made.Add(time.Hour), 4711)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if end := made.Add(24 * time.Hour); !got.Expires.Equal(end) {
		t.Errorf("expires %s, want %s", got.Expires, end)
	}
}

// TestPayload pins the bytes that others read.
func TestPayload(t *testing.T) {
	k, _ := key(t, 1)
	e, err := dsse.Parse(signed(t, list(t, 7, Entry{ID: id(1), Status: Suspended, Since: "2021-01-14", Reason: "restricted-party"}), k))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"status_list":"v1","authority":"Northland Label Authority","registry":"https://labels.example","sequence":7,` +
		`"issued":"2026-11-27T10:00:00Z","expires":"2026-11-28T10:00:00Z",` +
		`"checkpoint":"labels.example/log 4711 q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",` +
		`"labels":[{"id":"` + id(1) + `","status":"suspended","since":"2021-01-14","reason":"restricted-party","until":""}]}`
	if got := string(e.Payload); e.PayloadType != PayloadType || got != want {
		t.Errorf("%s\n%s\nwant\n%s", e.PayloadType, got, want)
	}
	if empty, err := json.Marshal(list(t, 7)); err != nil || !strings.Contains(string(empty), `"labels":[]`) {
		t.Errorf("an empty list: %s %v", empty, err)
	}
}

func TestVerify(t *testing.T) {
	k, pinned := key(t, 1)
	other, _ := key(t, 2)
	l := list(t, 100, Entry{ID: id(1), Status: Suspended})
	good := signed(t, l, k)
	tests := []struct {
		name  string
		b     []byte
		now   time.Time
		least int64
		want  error
		kept  bool // the list is returned with the error
	}{
		{"at once", good, made, 0, nil, true},
		{"in the last second", good, made.Add(Lifetime - time.Second), 100, nil, true},
		{"at its end", good, made.Add(Lifetime), 0, ErrStale, true},
		{"a clock that is a little behind", good, made.Add(-4 * time.Minute), 0, nil, true},
		{"a clock that is behind", good, made.Add(-6 * time.Minute), 0, ErrAhead, true},
		{"one below the highest seen", good, made, 101, ErrReplay, false},
		{"stale and played back", good, made.Add(48 * time.Hour), 101, ErrReplay, false},
		{"of another authority", signed(t, l, other), made, 0, ErrSignature, false},
		{"with another entry", repacked(t, good, id(1), id(2)), made, 0, ErrSignature, false},
		{"with another status", repacked(t, good, "suspended", "withdrawn"), made, 0, ErrSignature, false},
		{"with another date", repacked(t, good, "2026-11-28", "2026-12-28"), made, 0, ErrSignature, false},
		{"of another type", bytes.Replace(good, []byte("status-list"), []byte("status-lisp"), 1), made, 0, problem.Invalid, false},
		{"no envelope", []byte(`{"status_list":"v1"}`), made, 0, problem.Invalid, false},
		{"nothing", nil, made, 0, problem.Invalid, false},
	}
	for _, test := range tests {
		got, err := Verify(test.b, pinned, test.now, test.least)
		if !errors.Is(err, test.want) || (got != nil) != test.kept {
			t.Errorf("%s: %v %v, want %v", test.name, got, err, test.want)
		}
	}
	if _, err := Verify(good, nil, made, 0); !errors.Is(err, ErrSignature) {
		t.Errorf("without keys: %v", err)
	}
}

// repacked is an envelope whose payload was changed after signing.
func repacked(t *testing.T, envelope []byte, from, to string) []byte {
	t.Helper()
	var w map[string]any
	if err := json.Unmarshal(envelope, &w); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.StdEncoding.DecodeString(w["payload"].(string))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(payload, []byte(from), []byte(to), 1)
	if bytes.Equal(changed, payload) {
		t.Fatalf("no %s in %s", from, payload)
	}
	w["payload"] = changed
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRefused: even a pinned key cannot say everything.
func TestRefused(t *testing.T) {
	k, pinned := key(t, 1)
	a, b := id(1), id(2)
	if a > b {
		a, b = b, a
	}
	entry := func(id, rest string) string { return `{"id":"` + id + `",` + rest + `}` }
	sound := `"status":"revoked","since":"2026-01-01","reason":"","until":""`
	payload := func(members, labels string) string {
		return `{"status_list":"v1","authority":"A","registry":"","sequence":1,"checkpoint":"",` + members + `,"labels":[` + labels + `]}`
	}
	const day = `"issued":"2026-11-27T10:00:00Z","expires":"2026-11-28T10:00:00Z"`
	tests := []struct{ name, payload, want string }{
		{"sound", payload(day, entry(a, sound)+","+entry(b, sound)), ""},
		{"members that are new", payload(day+`,"more":[1]`, entry(a, sound+`,"note":"x"`)), ""},
		{"another version", strings.Replace(payload(day, ""), "v1", "v2", 1), "status_list"},
		{"a longer life", payload(`"issued":"2026-11-27T10:00:00Z","expires":"2026-11-28T10:00:01Z"`, ""), "expires"},
		{"an end before the start", payload(`"issued":"2026-11-27T10:00:00Z","expires":"2026-11-27T10:00:00Z"`, ""), "expires"},
		{"no sequence", strings.Replace(payload(day, ""), `"sequence":1`, `"sequence":0`, 1), "sequence"},
		{"a sequence that browsers cannot count to", strings.Replace(payload(day, ""), `"sequence":1`, `"sequence":9007199254740992`, 1), "sequence"},
		{"out of order", payload(day, entry(b, sound)+","+entry(a, sound)), "labels[1].id"},
		{"a label twice", payload(day, entry(a, sound)+","+entry(a, sound)), "labels[1].id"},
		{"a member twice", payload(day, entry(a, sound+`,"status":"expired"`)), "twice"},
		{"an active label", payload(day, entry(a, strings.Replace(sound, "revoked", "active", 1))), "labels[0]: status"},
		{"an application", payload(day, entry(a, strings.Replace(sound, "revoked", "applied", 1))), "labels[0]: status"},
		{"an id in another spelling", payload(day, entry(strings.ToLower(a), sound)), "labels[0]: id"},
		{"a mistyped id", payload(day, entry("00000-00001", sound)), "labels[0]: id"},
		{"no date", payload(day, entry(a, strings.Replace(sound, "2026-01-01", "yesterday", 1))), "labels[0]: since"},
		{"a long reason", payload(day, entry(a, strings.Replace(sound, `"reason":""`, `"reason":"`+strings.Repeat("x", 301)+`"`, 1))), "labels[0]: reason"},
		{"two values", payload(day, "") + "{}", "one JSON value"},
		{"nested", payload(day+`,"more":[[[[1]]]]`, ""), "deep"},
		{"no JSON", "status", "JSON"},
	}
	for _, test := range tests {
		b, err := dsse.Sign(PayloadType, []byte(test.payload), k)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Verify(b, pinned, made, 0)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}

func TestNew(t *testing.T) {
	long := strings.Repeat("Grund für den Entzug ", 30)
	l := list(t, 1, Entry{ID: id(1), Status: Revoked, Reason: long})
	if got := l.Labels[0].Reason; len(got) > MaxReason || !strings.HasSuffix(got, "…") || !strings.HasPrefix(long, strings.TrimSuffix(got, "…")) {
		t.Errorf("%d bytes: %q", len(got), got)
	}
	if l := list(t, 1, Entry{ID: id(1), Status: Revoked, Reason: " two\n\tlines\x00 "}); l.Labels[0].Reason != "two lines" {
		t.Errorf("%q", l.Labels[0].Reason)
	}
	h := head(1)
	h.Issued = made.Add(123456789).In(time.FixedZone("", 3600))
	if l, err := New(h, nil); err != nil || !l.Issued.Equal(made) || l.Issued.Location() != time.UTC {
		t.Errorf("%v %v, want %s", l, err, made)
	}
	for name, change := range map[string]func(*Head){
		"sequence":  func(h *Head) { h.Sequence = 0 },
		"authority": func(h *Head) { h.Authority = "" },
		"registry":  func(h *Head) { h.Registry = "a\nb" },
		"expires":   func(h *Head) { h.Expires = made.Add(25 * time.Hour) },
		"issued":    func(h *Head) { h.Issued = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		h := head(1)
		change(&h)
		if _, err := New(h, nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(head(1), []Entry{{ID: id(1), Status: Revoked}, {ID: id(1), Status: Expired}}); err == nil {
		t.Error("a label twice: no error")
	}
}

func TestLookup(t *testing.T) {
	l := list(t, 1, Entry{ID: id(1), Status: Suspended, Since: "2026-11-20", Reason: "known-exploited"})
	for _, test := range []struct {
		id     string
		issued access.Date
		want   Status
	}{
		{id(1), "2026-01-01", Suspended},
		{id(1), "2026-12-01", Suspended},
		{id(2), "2026-01-01", Active},
		{id(2), "2026-11-27", Active},
		{id(2), "2026-11-28", Unknown},
	} {
		if got := l.Lookup(test.id, test.issued); got.Status != test.want || got.ID != test.id {
			t.Errorf("%s of %s: %+v, want %s", test.id, test.issued, got, test.want)
		}
	}
	if got := l.Lookup(id(1), "2026-01-01"); got.Since != "2026-11-20" || got.Reason != "known-exploited" {
		t.Errorf("%+v", got)
	}
}

func FuzzVerify(f *testing.F) {
	k, pinned := key(f, 1)
	f.Add(`{"status_list":"v1","authority":"A","registry":"","sequence":1,"checkpoint":"","issued":"2026-11-27T10:00:00Z","expires":"2026-11-28T10:00:00Z","labels":[]}`)
	f.Add(string(must(json.Marshal(list(f, 9, Entry{ID: id(1), Status: Expired, Since: "2026-01-01"})))))
	f.Add(`{"status_list":"v1","labels":[{"id":"7K2MD-4XPTJ","status":"revoked","since":"","reason":"\u0000","until":"x"}]}`)
	f.Fuzz(func(t *testing.T, payload string) {
		b, err := dsse.Sign(PayloadType, []byte(payload), k)
		if err != nil {
			return
		}
		l, err := Verify(b, pinned, made, 0)
		if err != nil {
			return
		}
		// What is taken can be signed again, and says the same.
		again, err := Verify(signed(t, l, k), pinned, made, l.Sequence)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(l, again); diff != "" {
			t.Error(diff)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// BenchmarkList is a list of ten thousand labels.
func BenchmarkList(b *testing.B) {
	k, pinned := key(b, 1)
	var entries []Entry
	for i := range 10_000 {
		entries = append(entries, Entry{ID: id(i), Status: Suspended, Since: "2026-11-20", Reason: "restricted-party"})
	}
	published := signed(b, list(b, 1, entries...), k)
	b.Run("make", func(b *testing.B) {
		for b.Loop() {
			signed(b, list(b, 1, entries...), k)
		}
	})
	b.Run("verify", func(b *testing.B) {
		b.SetBytes(int64(len(published)))
		for b.Loop() {
			if _, err := Verify(published, pinned, made, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}
