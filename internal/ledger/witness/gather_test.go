package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/db/dbtest"
)

// source is a log in memory of which a size is published.
type source struct {
	*testLog
	t    testing.TB
	mu   sync.Mutex
	at   int64
	kept []string
}

func (s *source) Checkpoint(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.checkpoint(s.t, s.at), nil
}

func (s *source) ConsistencyProof(_ context.Context, older, newer int64) (tlog.TreeProof, error) {
	return s.proof(s.t, older, newer), nil
}

func (s *source) KeepCosigned(_ context.Context, signed string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, signed)
	return nil
}

// serveHonest puts a witness on loopback as the server does, and counts the
// requests.
func serveHonest(t *testing.T, s *Signer, logs ...*testLog) (address string, asked func() int) {
	t.Helper()
	w := startWitness(t, dbtest.Open(t, "sqlite"), s, logs...)
	var mu sync.Mutex
	n := 0
	address = serveAs(t, func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/add-checkpoint" {
			t.Errorf("%s %s, %v", r.Method, r.URL, err)
		}
		lines, err := w.AddCheckpoint(r.Context(), string(body))
		var size *SizeError
		switch {
		case errors.As(err, &size):
			rw.Header().Set("Content-Type", SizeType)
			rw.WriteHeader(http.StatusConflict)
			fmt.Fprintln(rw, size.Size)
		case errors.Is(err, ErrInconsistent):
			http.Error(rw, err.Error(), http.StatusUnprocessableEntity)
		case err != nil:
			http.Error(rw, err.Error(), http.StatusBadRequest)
		default:
			io.WriteString(rw, lines)
		}
	})
	return address, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func serveAs(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	door := httptest.NewServer(h)
	t.Cleanup(door.Close)
	return door.URL
}

// gathererOf asks the witnesses at the addresses, of which it wants so many.
func gathererOf(t *testing.T, src *source, said io.Writer, wanted int, signers []*Signer, addresses ...string) *Gatherer {
	t.Helper()
	text, names := "", ""
	for i, s := range signers {
		text += fmt.Sprintf("witness W%d %s %s\n", i+1, s.Verifier(), addresses[i])
		names += fmt.Sprintf(" W%d", i+1)
	}
	p := mustParse(t, fmt.Sprintf("%sgroup g %d%s\nquorum g\n", text, wanted, names))
	g, err := NewGatherer(src, src.key, p, Options{
		Every: time.Minute, Limit: time.Second, Log: slog.New(slog.NewTextHandler(said, nil)), Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func newSource(t *testing.T, size int64) *source {
	t.Helper()
	l := newLog(t, "log.example/a")
	l.grow(t, size, "leaf")
	return &source{testLog: l, t: t, at: size}
}

func TestGatherFindsWhereEachWitnessIs(t *testing.T) {
	ctx := context.Background()
	src, signers := newSource(t, 50), fiveWitnesses(t)[:3]
	var addresses []string
	var asked []func() int
	for _, s := range signers {
		address, n := serveHonest(t, s, src.testLog)
		addresses, asked = append(addresses, address), append(asked, n)
	}
	var said bytes.Buffer
	src.at = 20
	first := gathererOf(t, src, &said, 2, signers, addresses...)
	if open, err := first.Round(ctx); open || err != nil {
		t.Fatalf("open %v, %v\n%s", open, err, &said)
	}
	// Another process knows nothing of what they saw, and is told.
	src.at = 50
	g := gathererOf(t, src, &said, 2, signers, addresses...)
	for range 2 {
		if open, err := g.Round(ctx); open || err != nil {
			t.Fatalf("open %v, %v\n%s", open, err, &said)
		}
	}
	for i, n := range asked {
		if n() != 3 {
			t.Errorf("witness %d was asked %d times, want once by the one and twice by the other", i+1, n())
		}
	}
	p, err := mustParse(t, policyText(src.testLog, signers, "group all all W1 W2 W3", "quorum all")).ForLog(src.key)
	if err != nil {
		t.Fatal(err)
	}
	last := src.kept[len(src.kept)-1]
	if tree, err := p.Verify(last); err != nil || tree.Size != 50 {
		t.Errorf("kept %v, %v\n%s", tree, err, last)
	}
	if s := g.Status(); s.Size != 50 || s.Refused || len(s.Witnesses) != 3 || s.Witnesses[2].Size != 50 {
		t.Errorf("status %+v", s)
	}
	if said.Len() > 0 {
		t.Errorf("said %s", &said)
	}
}

// Whatever the others do, those who cosign are kept as soon as they are enough.
func TestGatherWithWitnessesThatFail(t *testing.T) {
	src, signers := newSource(t, 9), fiveWitnesses(t)
	good, _ := serveHonest(t, signers[0], src.testLog)
	stranger := newWitness(t, "witness2.example") // the name of W2, another key
	elsewhere := serveAs(t, func(http.ResponseWriter, *http.Request) { t.Error("a witness led us elsewhere") })
	other := src.fork()
	other.grow(t, 9, "other")
	line := func(s *Signer, text string) string {
		signed, err := note.Sign(&note.Note{Text: text}, s)
		if err != nil {
			t.Fatal(err)
		}
		return strings.SplitAfterN(string(signed), "\n\n", 2)[1]
	}
	answers := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"nothing":             {func(w http.ResponseWriter, _ *http.Request) {}, "no good signature"},
		"another's signature": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, line(stranger, src.text(t, 9))) }, "no good signature"},
		"of another text":     {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, line(signers[1], other.text(t, 9))) }, "no good signature"},
		"a page":              {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>welcome</html>") }, "no good signature"},
		"no end":              {func(w http.ResponseWriter, _ *http.Request) { w.Write(bytes.Repeat([]byte("— "), maxAnswer)) }, "longer than"},
		"slow": {func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // or the server does not notice that the client went away
			select {
			case <-r.Context().Done():
			case <-time.After(20 * time.Second):
			}
		}, ""},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}, "answered 307"},
		"unknown log":         {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "who?\x07\nmore", http.StatusNotFound) }, "answered 404 Not Found: who?"},
		"conflict of nothing": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) }, "409 without a size"},
		"conflict in turns": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", SizeType)
			w.WriteHeader(http.StatusConflict)
			io.WriteString(w, "5\n")
		}, "last cosigned at size 5"},
	}
	for name, c := range answers {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			src.kept = nil
			g := gathererOf(t, src, &said, 1, signers[:2], good, serveAs(t, c.answer))
			open, err := g.Round(context.Background())
			if !open || err != nil || len(src.kept) == 0 {
				t.Errorf("open %v, kept %d, %v", open, len(src.kept), err)
			}
			s := g.Status()
			if s.Size != 9 || s.Refused || s.Witnesses[0].Size != 9 || s.Witnesses[1].Size != 0 || s.Witnesses[1].Failures != 1 || !strings.Contains(s.Witnesses[1].Failure, c.want) {
				t.Errorf("status %+v, want failure %q", s, c.want)
			}
			if !strings.Contains(said.String(), "level=WARN") || strings.Contains(said.String(), "level=ERROR") {
				t.Errorf("said %s", &said)
			}
			// Not due before the time between two rounds has passed.
			if _, err := g.Round(context.Background()); err != nil || g.Status().Witnesses[1].Failures != 1 {
				t.Errorf("asked again at once: %+v, %v", g.Status(), err)
			}
		})
	}
}

func TestGatherHearsThatHistoryIsRefused(t *testing.T) {
	ctx := context.Background()
	src, signers := newSource(t, 30), fiveWitnesses(t)[:1]
	address, _ := serveHonest(t, signers[0], src.testLog)
	var said bytes.Buffer
	if _, err := gathererOf(t, src, &said, 1, signers, address).Round(ctx); err != nil || len(src.kept) != 1 {
		t.Fatalf("%v, kept %d", err, len(src.kept))
	}
	rewritten := src.fork()
	rewritten.grow(t, 40, "rewritten")
	for name, c := range map[string]struct {
		log  *testLog
		size int64
		want string
	}{
		"rewritten":    {rewritten, 40, "answered 422"},
		"as long":      {rewritten, 30, "answered 422"},
		"entries lost": {src.testLog, 20, "at size 30, and the log has 20"},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			bad := &source{testLog: c.log, t: t, at: c.size}
			g := gathererOf(t, bad, &said, 1, signers, address)
			if open, err := g.Round(ctx); !open || err != nil || len(bad.kept) != 0 {
				t.Errorf("open %v, kept %v, %v", open, bad.kept, err)
			}
			s := g.Status()
			if !s.Refused || !strings.Contains(s.Witnesses[0].Failure, c.want) {
				t.Errorf("status %+v, want %q", s, c.want)
			}
			if !strings.Contains(said.String(), "level=ERROR") || !strings.Contains(said.String(), "A WITNESS REFUSES THE HISTORY OF THIS LOG") {
				t.Errorf("said %s", &said)
			}
		})
	}
}

func TestNewGathererRefuses(t *testing.T) {
	src, s := newSource(t, 3), newWitness(t, "witness.example/w")
	other := newLog(t, "log.example/b")
	vkey := s.Verifier().String()
	for text, want := range map[string]string{
		"quorum none\n":                                                        "names no witness to ask",
		"witness W " + vkey + "\nquorum W\n":                                   "witness W: \"\": want the address",
		"witness W " + vkey + " ftp://w.example/\nquorum W\n":                  "want the address",
		"witness W " + vkey + " https:///x\nquorum W\n":                        "want the address",
		"witness W " + vkey + " https://w.example/?a=b\nquorum W\n":            "want the address",
		"log " + other.vkey + "\nwitness W " + vkey + " http://w/\nquorum W\n": "does not name the log log.example/a",
	} {
		_, err := NewGatherer(src, src.key, mustParse(t, text), Options{})
		wantError(t, err, want)
	}
}

func TestParseLogs(t *testing.T) {
	a, b := newLog(t, "log.example/a"), newLog(t, "log.example/b")
	all, err := ParseLogs([]byte("# ours\n\n" + a.vkey + " Authority A\r\n  " + b.vkey + "\n"))
	if err != nil || len(all) != 2 || all[0].Name != "Authority A" || all[0].Verifier.Name() != "log.example/a" || all[1].Name != "" {
		t.Fatalf("%v, %v", all, err)
	}
	for text, want := range map[string]string{
		"":                            "no log in it",
		"# nothing\n":                 "no log in it",
		"x\n":                         "line 1: not a key",
		a.vkey + "\n" + a.vkey + "\n": "line 2: the key log.example/a",
		"\n" + newWitness(t, "w.example").Verifier().String() + "\n": "line 2: key of w.example is of type 4",
	} {
		_, err := ParseLogs([]byte(text))
		wantError(t, err, want)
	}
}
