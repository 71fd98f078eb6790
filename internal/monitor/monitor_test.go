package monitor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/monitor"
)

func TestMonitorAgreesWithAnHonestRegistry(t *testing.T) {
	a := newAuthority(t, t.TempDir())
	report, state := a.look(&monitor.State{})
	if len(report.Differences) > 0 || report.Labels != 0 {
		t.Errorf("before the first label: %+v", report)
	}
	a.fills("early", 300) // more than an entry bundle holds
	first, second := a.gives("Northlight Cam 2"), a.gives("Northlight Cam 2 Pro")
	a.busy = 2
	path := filepath.Join(t.TempDir(), "state")
	for _, step := range []struct {
		days   int
		act    func()
		events int
	}{
		{0, func() {}, 2},
		{0, func() { a.acts(first, label.Suspended) }, 3}, // the dump is still that of before
		{1, func() { a.fills("more", 500); a.acts(second, label.Suspended); a.acts(first, label.Reinstated) }, 5},
		{1, func() { a.acts(second, label.Revoked) }, 6},
		{2000, func() {}, 6}, // the other one expires
	} {
		a.passes(step.days)
		step.act()
		before := state.Checkpoint
		report, state = a.look(state)
		if len(report.Differences) > 0 || report.Labels != 2 || report.Events != step.events || report.Pending != 0 {
			t.Fatalf("%+v", report)
		}
		if (report.From == 0) != (before == "") {
			t.Errorf("from %d after %q", report.From, before)
		}
		if err := state.Write(path); err != nil {
			t.Fatal(err)
		}
		var err error
		if state, err = monitor.ReadState(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMonitorSeesWhatIsNotTrue(t *testing.T) {
	a := newAuthority(t, t.TempDir())
	id := a.gives("Northlight Cam 2")
	a.acts(id, label.Suspended)
	_, state := a.look(&monitor.State{})
	replace := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	plain := func(change func(string) string) func([]byte) []byte {
		return func(b []byte) []byte { return []byte(change(string(b))) }
	}
	for _, c := range []struct {
		name, path string
		tamper     func([]byte) []byte
		want       string
	}{
		{"the list says active", "/api/v1/labels", plain(replace(`"status":"suspended"`, `"status":"active"`)), "the registry says active since"},
		{"the list says another day", "/api/v1/labels", plain(replace(`"since":"2026-11-02"`, `"since":"2026-11-01"`)), "the registry says suspended since 2026-11-01"},
		{"the list leaves it out", "/api/v1/labels", func([]byte) []byte { return []byte(`{"labels":[]}`) }, "and its list does not"},
		{"the status list leaves it out", "/labels/status-list.json", a.resigned(leaveOut), "the status list says active, and its events say suspended"},
		{"the status list says revoked", "/labels/status-list.json", a.resigned(replace(`"status":"suspended"`, `"status":"revoked"`)), "the status list says revoked"},
		{"the status list is another's", "/labels/status-list.json", byAnother(t), "the status list: "},
		{"the status list is replayed", "/labels/status-list.json", a.resigned(func(s string) string { return withNumber(t, s, "sequence", 1) }), "the status list: "},
		{"the dump contradicts its events", "/labels/dump.json", a.resigned(replace(`"status":"suspended"`, `"status":"active"`)), "the dump says active since"},
		{"an event says something else", "/labels/dump.json", a.resigned(func(s string) string { return withReason(t, s) }), "event 5 is not at position"},
		{"the last event is taken back", "/labels/dump.json", a.resigned(func(s string) string { return withoutLast(t, s) }), "was there at the last run, and is not now"},
		{"the label is taken back", "/labels/dump.json", a.resigned(func(s string) string { return without(t, s) }), "was there at the last run, and is not now"},
		{"a leaf of the log is another", "/log/tile/entries/000.p/" + sizeOf(t, a), otherDigest, "is not the one in the log"},
		{"a tile of the log is another", "/log/tile/0/000.p/" + sizeOf(t, a), func(b []byte) []byte { b[0] ^= 1; return b }, "the log: tiles of the log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a.tamper[c.path] = c.tamper
			defer delete(a.tamper, c.path)
			last := state
			if strings.HasPrefix(c.path, "/log/") || c.name == "an event says something else" {
				last = &monitor.State{} // or there is no need to read it again
			}
			report, next := a.look(last)
			all := strings.Join(report.Differences, "\n")
			if !strings.Contains(all, c.want) {
				t.Errorf("want %q, found:\n%s", c.want, all)
			}
			if next.Sequence < last.Sequence || len(next.Events[id]) < len(last.Events[id]) {
				t.Errorf("forgot what it knew: %+v", next)
			}
		})
	}
	if report, _ := a.look(state); len(report.Differences) > 0 {
		t.Errorf("when all is true again: %v", report.Differences)
	}
}

func TestMonitorSeesARewrittenLog(t *testing.T) {
	a := newAuthority(t, t.TempDir())
	a.gives("Northlight Cam 2")
	_, state := a.look(&monitor.State{})
	dir := t.TempDir()
	for _, name := range []string{"ledger.key", "ledger.pub", "issuer.key"} {
		b, err := os.ReadFile(filepath.Join(a.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rewritten := newAuthority(t, dir)
	report, next := rewritten.look(state)
	if all := strings.Join(report.Differences, "\n"); !strings.Contains(all, "entries are shown, and") {
		t.Errorf("a shorter log: %s", all)
	}
	for range 3 {
		rewritten.gives("Northlight Cam 3")
	}
	report, next = rewritten.look(next)
	if all := strings.Join(report.Differences, "\n"); !strings.Contains(all, "history was rewritten") || next.Checkpoint != state.Checkpoint {
		t.Errorf("another log: %s", all)
	}
}

func TestMonitorRefuses(t *testing.T) {
	a := newAuthority(t, t.TempDir())
	other := newAuthority(t, t.TempDir())
	_, state := a.look(&monitor.State{})
	key, err := note.NewVerifier(other.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	trust := func(signed string) (ledger.Tree, error) { return ledger.OpenCheckpoint(signed, key) }
	run := func(url string, last *monitor.State) error {
		m, err := monitor.New(monitor.Options{URL: url, Trust: trust})
		if err == nil {
			_, _, err = m.Run(context.Background(), last)
		}
		return err
	}
	for what, c := range map[string]struct {
		err  error
		want string
	}{
		"another's log":      {run(a.door.URL, &monitor.State{}), "checkpoint is not signed by"},
		"a state of another": {run(other.door.URL, state), "the state is of the log"},
		"no address":         {run("labels.example", &monitor.State{}), "want the address of a node"},
		"nobody there":       {run("http://127.0.0.1:1", &monitor.State{}), "/labels/keys.json: "},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, c.err, c.want)
		}
	}
	path := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(path, []byte(`{"monitor_state":"v0"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := monitor.ReadState(path); err == nil || !strings.Contains(err.Error(), "not the state of a monitor") {
		t.Errorf("%v", err)
	}
}

// sizeOf is how long the log is, as paths of tiles have it.
func sizeOf(t *testing.T, a *authority) string {
	t.Helper()
	h, err := a.Head(context.Background())
	if err != nil || h.Position >= 256 {
		t.Fatalf("%+v, %v", h, err)
	}
	b, err := json.Marshal(h.Position)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func edited(t *testing.T, payload string, edit func(map[string]any)) string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(payload), &v); err != nil {
		t.Fatal(err)
	}
	edit(v)
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func withNumber(t *testing.T, payload, name string, n int) string {
	return edited(t, payload, func(v map[string]any) { v[name] = n })
}

// leaveOut empties the labels of a list.
func leaveOut(payload string) string {
	i, j := strings.Index(payload, `"labels":[`), strings.LastIndex(payload, "]")
	return payload[:i] + `"labels":[` + payload[j:]
}

// withReason changes why a label was suspended.
func withReason(t *testing.T, payload string) string {
	return edited(t, payload, func(v map[string]any) {
		h := v["labels"].([]any)[0].(map[string]any)["history"].([]any)
		h[len(h)-1].(map[string]any)["reason"] = "a misunderstanding"
	})
}

// otherDigest changes a digit of the first digest in an entry bundle.
func otherDigest(b []byte) []byte {
	b = bytes.Clone(b)
	digit := &b[bytes.Index(b, []byte(`"digest":"sha256:`))+len(`"digest":"sha256:`)]
	if *digit == '0' {
		*digit = '1'
	} else {
		*digit = '0'
	}
	return b
}

// byAnother signs a document with a key that nobody knows.
func byAnother(t *testing.T) func([]byte) []byte {
	return func(b []byte) []byte {
		e, err := dsse.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		text, _, err := dsse.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		key, err := dsse.ReadPrivateKey(text)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := dsse.Sign(e.PayloadType, e.Payload, key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
}

func without(t *testing.T, payload string) string {
	return edited(t, payload, func(v map[string]any) { v["labels"] = []any{} })
}

// withoutLast takes the last event of the first label away, and says what would
// be true without it.
func withoutLast(t *testing.T, payload string) string {
	return edited(t, payload, func(v map[string]any) {
		l := v["labels"].([]any)[0].(map[string]any)
		h := l["history"].([]any)
		l["history"], l["status"] = h[:len(h)-1], "active"
	})
}
