package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// startWitness makes a witness on a store that watches the logs.
func startWitness(t testing.TB, store *db.DB, s *Signer, logs ...*testLog) *Witness {
	t.Helper()
	ctx := context.Background()
	if known, err := Adopted(ctx, store, s.Verifier()); err != nil {
		t.Fatal(err)
	} else if !known {
		if err := Adopt(ctx, store, s.Verifier(), noon); err != nil {
			t.Fatal(err)
		}
	}
	var watched []Watched
	for _, l := range logs {
		watched = append(watched, Watched{Verifier: l.key, Name: "log of " + l.key.Name()})
	}
	w, err := New(ctx, store, s, watched, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// requestOf is the request to cosign a log at size, from old on.
func requestOf(t testing.TB, l *testLog, old, size int64) string {
	return (&request{old: old, proof: l.proof(t, old, size), checkpoint: l.checkpoint(t, size)}).String()
}

func TestWitnessCosignsWhatGrows(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx := context.Background()
		l, s := newLog(t, "log.example/a"), newWitness(t, "witness.example/w")
		l.grow(t, 40, "leaf")
		w := startWitness(t, open(t), s, l)
		if _, err := w.Checkpoint(ctx, hashOf("log.example/a")); problem.KindOf(err) != problem.NotFound {
			t.Errorf("a checkpoint before the first: %v", err)
		}
		old := int64(0)
		for _, size := range []int64{0, 0, 1, 1, 7, 8, 33, 40} {
			lines, err := w.AddCheckpoint(ctx, requestOf(t, l, old, size))
			if err != nil {
				t.Fatalf("%d to %d: %v", old, size, err)
			}
			if _, err := cosignatureIn(lines, l.checkpoint(t, size), s.Verifier()); err != nil || strings.Count(lines, "\n") != 1 {
				t.Errorf("%d to %d: %v, answered %q", old, size, err, lines)
			}
			kept, err := w.Checkpoint(ctx, hashOf("log.example/a"))
			if err != nil {
				t.Fatal(err)
			}
			opened, err := note.Open([]byte(kept), note.VerifierList(l.key, s.Verifier()))
			if err != nil || len(opened.Sigs) != 2 || opened.Text != l.text(t, size) {
				t.Errorf("kept of %d: %v\n%s", size, err, kept)
			}
			old = size
		}
	})
}

func TestWitnessRefuses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx := context.Background()
		l, other, fork := newLog(t, "log.example/a"), newLog(t, "log.example/b"), (*testLog)(nil)
		l.grow(t, 30, "leaf")
		other.grow(t, 30, "leaf")
		fork = l.fork()
		fork.grow(t, 30, "rewritten")
		namesake := newLog(t, "log.example/a")
		namesake.grow(t, 30, "leaf")
		s := newWitness(t, "witness.example/w")
		w := startWitness(t, open(t), s, l)
		var said bytes.Buffer
		w.log = slog.New(slog.NewTextHandler(&said, nil))
		if _, err := w.AddCheckpoint(ctx, requestOf(t, l, 0, 10)); err != nil {
			t.Fatal(err)
		}
		good := requestOf(t, l, 10, 20)
		empty := &request{old: 0, checkpoint: l.checkpoint(t, 20)}
		swapped := &request{old: 10, proof: fork.proof(t, 10, 20), checkpoint: l.checkpoint(t, 20)}
		foreign, err := note.Sign(&note.Note{Text: other.text(t, 20)}, l.signer)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name, request string
			want          error
		}{
			{"nothing", "", ErrMalformed},
			{"no size", strings.TrimPrefix(good, "old 10\n"), ErrMalformed},
			{"size with a zero before", strings.Replace(good, "old 10", "old 010", 1), ErrMalformed},
			{"negative size", strings.Replace(good, "old 10", "old -1", 1), ErrMalformed},
			{"old beyond new", strings.Replace(good, "old 10", "old 21", 1), ErrMalformed},
			{"no empty line", strings.ReplaceAll(good, "\n\n", "\n"), ErrMalformed},
			{"hash cut", strings.Replace(good, "=\n", "\n", 1), ErrMalformed},
			{"no checkpoint", good[:strings.Index(good, "\n\n")+2], ErrMalformed},
			{"too long", good + strings.Repeat("x", MaxRequest), ErrMalformed},
			{"another log", requestOf(t, other, 0, 20), ErrUnknownLog},
			{"the log's name with another key", requestOf(t, namesake, 10, 20), ErrSignature},
			{"a signature of another text", strings.Replace(good, "\n20\n", "\n21\n", 1), ErrSignature},
			{"a log that signs for another", (&request{checkpoint: string(foreign)}).String(), ErrUnknownLog},
			{"first again", requestOf(t, l, 0, 10), &SizeError{10}},
			{"from a size not seen", requestOf(t, l, 5, 20), &SizeError{10}},
			{"from ahead", requestOf(t, l, 11, 20), &SizeError{10}},
			{"no proof", strings.Replace(empty.String(), "old 0", "old 10", 1), ErrInconsistent},
			{"a proof of another log", swapped.String(), ErrInconsistent},
			{"a fork", requestOf(t, fork, 10, 20), ErrInconsistent},
			{"a fork of the same size", requestOf(t, fork, 10, 10), ErrInconsistent},
			{"a proof where none is wanted", (&request{old: 10, proof: l.proof(t, 10, 20), checkpoint: l.checkpoint(t, 10)}).String(), ErrInconsistent},
		} {
			_, err := w.AddCheckpoint(ctx, c.request)
			var size, want *SizeError
			if errors.As(c.want, &want) {
				if !errors.As(err, &size) || *size != *want {
					t.Errorf("%s: %v, want %v", c.name, err, want)
				}
			} else if !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
		}
		if !strings.Contains(said.String(), fork.text(t, 20)[len("log.example/a\n20\n"):][:40]) || strings.Count(said.String(), "level=ERROR") != 5 {
			t.Errorf("what convicts the log is not in the journal:\n%s", said.String())
		}
		if _, err := w.AddCheckpoint(ctx, good); err != nil {
			t.Errorf("after all that, the log itself is refused: %v", err)
		}
		// A replay of what was good.
		var size *SizeError
		if _, err := w.AddCheckpoint(ctx, good); !errors.As(err, &size) || size.Size != 20 {
			t.Errorf("replayed: %v", err)
		}
	})
}

func TestWitnessOfAnEmptyLogWithARoot(t *testing.T) {
	l, s := newLog(t, "log.example/a"), newWitness(t, "witness.example/w")
	w := startWitness(t, dbtest.Open(t, "sqlite"), s, l)
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("log.example/a\n0\n%s\n", tlog.Hash{1})}, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddCheckpoint(context.Background(), "old 0\n\n"+string(signed)); !errors.Is(err, ErrInconsistent) {
		t.Error(err)
	}
}

// Two nodes on one store are asked at once for both sides of a fork, again and
// again. All that they cosign must be one history.
func TestWitnessRace(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		const sizes, askers, rounds = 60, 8, 12
		l, s := newLog(t, "log.example/a"), newWitness(t, "witness.example/w")
		logs := []*testLog{l, l.fork()}
		logs[0].grow(t, sizes, "leaf")
		logs[1].grow(t, 3, "leaf") // the fork begins alike
		logs[1].grow(t, sizes, "rewritten")
		nodes := []*Witness{startWitness(t, open(t), s, l), startWitness(t, open(t), s, l)}
		type signed struct {
			log  int
			size int64
		}
		var mu sync.Mutex
		var cosigned []signed
		var wait sync.WaitGroup
		for asker := range askers {
			wait.Go(func() {
				side, node, size := asker%2, nodes[asker/2%2], int64(0)
				rng := rand.New(rand.NewPCG(1, uint64(asker)))
				for range rounds {
					next := min(size+1+rng.Int64N(8), sizes)
					_, err := node.AddCheckpoint(context.Background(), requestOf(t, logs[side], size, next))
					var at *SizeError
					switch {
					case err == nil:
						mu.Lock()
						cosigned = append(cosigned, signed{side, next})
						mu.Unlock()
						size = next
					case errors.As(err, &at):
						size = at.Size
					case !errors.Is(err, ErrInconsistent):
						t.Errorf("asker %d: %v", asker, err)
					}
				}
			})
		}
		wait.Wait()
		if len(cosigned) == 0 {
			t.Fatal("nothing was cosigned")
		}
		beyond := map[int]int{}
		for _, c := range cosigned {
			if c.size > 3 {
				beyond[c.log]++
			}
		}
		if len(beyond) > 1 {
			t.Errorf("both sides of a fork were cosigned: %v", beyond)
		}
		t.Logf("%d cosignatures", len(cosigned))
	})
}

// A cosignature that is given away before its record is durable could be
// followed, after a crash, by one of another history.
func TestNoCosignatureWithoutARecord(t *testing.T) {
	store := dbtest.Open(t, "sqlite")
	l, s := newLog(t, "log.example/a"), newWitness(t, "witness.example/w")
	l.grow(t, 9, "leaf")
	w := startWitness(t, store, s, l)
	ctx, cancel := context.WithCancel(context.Background())
	s.now = func() time.Time { cancel(); return noon } // between the checks and the commit
	if line, err := w.AddCheckpoint(ctx, requestOf(t, l, 0, 9)); err == nil || line != "" {
		t.Fatalf("answered %q, %v", line, err)
	}
	if _, err := w.Checkpoint(context.Background(), hashOf("log.example/a")); problem.KindOf(err) != problem.NotFound {
		t.Errorf("kept: %v", err)
	}
}

func TestWitnessKeyNeedsItsRecord(t *testing.T) {
	ctx := context.Background()
	first, second := dbtest.Open(t, "sqlite"), dbtest.Open(t, "sqlite")
	l, s := newLog(t, "log.example/a"), newWitness(t, "witness.example/w")
	startWitness(t, first, s, l)
	_, err := New(ctx, second, s, nil, slog.Default())
	wantError(t, err, "no record of what the witness witness.example/w has cosigned")
	if problem.KindOf(err) != problem.Conflict {
		t.Errorf("kind %s", problem.KindOf(err))
	}
	if err := Adopt(ctx, first, s.Verifier(), noon); err == nil {
		t.Error("a key is adopted twice")
	}
	// A copy through a backup is not where the record goes on either.
	var copied bytes.Buffer
	if err := first.Backup(ctx, &copied); err != nil {
		t.Fatal(err)
	}
	url := dbtest.URL(t, "sqlite")
	if err := db.Restore(ctx, &copied, url); err != nil {
		t.Fatal(err)
	}
	restored, err := db.Open(ctx, url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer restored.Close()
	_, err = New(ctx, restored, s, nil, slog.Default())
	wantError(t, err, "no record")
}

func TestRequestIsWrittenAsItIsRead(t *testing.T) {
	l := newLog(t, "log.example/a")
	l.grow(t, 9, "leaf")
	for _, old := range []int64{0, 4, 9} {
		r := &request{old: old, proof: l.proof(t, old, 9), checkpoint: l.checkpoint(t, 9)}
		again, err := parseRequest(r.String())
		if err != nil {
			t.Fatal(err)
		}
		if again.String() != r.String() || again.old != old || ledger.FormatConsistency(again.proof) != ledger.FormatConsistency(r.proof) {
			t.Errorf("%q became %q", r, again)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	l := newLog(f, "log.example/a")
	l.grow(f, 9, "leaf")
	f.Add(requestOf(f, l, 0, 9))
	f.Add(requestOf(f, l, 4, 9))
	f.Add("old 0\n\n")
	f.Add("old 1\nAAAA\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseRequest(text)
		if err != nil {
			return
		}
		if r.String() != text {
			t.Errorf("%q is read, and written as %q", text, r)
		}
	})
}
