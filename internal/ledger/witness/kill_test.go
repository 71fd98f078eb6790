package witness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

// The variables that make the test binary a witness to be killed.
const (
	victimStore  = "COUNTERSIGN_VICTIM_STORE"
	victimKey    = "COUNTERSIGN_VICTIM_KEY"     // of the witness
	victimLogKey = "COUNTERSIGN_VICTIM_LOG_KEY" // the log's signing and public key
)

func TestMain(m *testing.M) {
	if url := os.Getenv(victimStore); url != "" {
		fmt.Fprintln(os.Stderr, "victim:", beVictim(url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// victimLog is the log of the test in any process: its leaves are always the
// same.
func victimLog(keys string) (*testLog, error) {
	signing, vkey, _ := strings.Cut(keys, " ")
	l := &testLog{vkey: vkey}
	var err error
	if l.signer, err = note.NewSigner(signing); err == nil {
		l.key, err = note.NewVerifier(vkey)
	}
	return l, err
}

// beVictim has a log cosigned as fast as it can, from where it was, and prints
// each size once the cosignature is there. It never ends by itself.
func beVictim(url string) error {
	ctx := context.Background()
	l, err := victimLog(os.Getenv(victimLogKey))
	if err != nil {
		return err
	}
	store, err := db.Open(ctx, url, db.Options{})
	if err != nil {
		return err
	}
	s, err := NewSigner(os.Getenv(victimKey), nil)
	if err != nil {
		return err
	}
	w, err := New(ctx, store, s, []Watched{{Verifier: l.key}}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	t := panicking{}
	for old, size := int64(0), int64(1); ; {
		l.grow(t, size, "leaf")
		_, err := w.AddCheckpoint(ctx, requestOf(t, l, old, size))
		var at *SizeError
		switch {
		case errors.As(err, &at):
			old, size = at.Size, at.Size+1
		case err != nil:
			return err
		default:
			fmt.Println(size)
			old, size = size, size+1+rand.Int64N(3)
		}
	}
}

// panicking is a test that is none.
type panicking struct{ testing.TB }

func (panicking) Helper()           {}
func (panicking) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// TestKill kills a witness again and again at a moment of chance. Whatever size
// it had given a cosignature for, the next process must not cosign a fork from
// below it, nor forget it.
func TestKill(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		ctx := context.Background()
		signing, _, err := GenerateKey("witness/killed1")
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSigner(signing, nil)
		if err != nil {
			t.Fatal(err)
		}
		store, err := db.Open(ctx, url, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if err := Adopt(ctx, store, s.Verifier(), noon); err != nil {
			t.Fatal(err)
		}
		made := newLog(t, "log.example/a")
		keys := made.signing + " " + made.vkey
		var given int64
		for n := range 4 {
			given = max(given, killOne(t, url, signing, keys))
			l, err := victimLog(keys)
			if err != nil {
				t.Fatal(err)
			}
			w, err := New(ctx, store, s, []Watched{{Verifier: l.key}}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			fork := l.fork()
			fork.grow(t, given+1, "rewritten")
			for _, old := range []int64{0, given - 1, given} {
				if lines, err := w.AddCheckpoint(ctx, requestOf(t, fork, max(old, 0), given+1)); err == nil {
					t.Fatalf("after kill %d: cosigned a fork from %d, after the log was at %d: %s", n+1, old, given, lines)
				}
			}
			var at *SizeError
			if _, err := w.AddCheckpoint(ctx, requestOf(t, fork, 0, 1)); !errors.As(err, &at) || at.Size < given {
				t.Fatalf("after kill %d: %v; a cosignature of %d was given", n+1, err, given)
			}
		}
		t.Logf("cosigned up to %d", given)
	})
}

// killOne runs a victim, kills it and returns the largest size that it had given
// a cosignature for.
func killOne(t *testing.T, url, signing, keys string) (given int64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimStore+"="+url, victimKey+"="+signing, victimLogKey+"="+keys)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			break // a line that was cut was given to nobody
		}
		size, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			t.Fatalf("victim says %q", line)
		}
		if given == 0 {
			time.AfterFunc(time.Duration(rand.IntN(100_000))*time.Microsecond, func() { cmd.Process.Kill() })
		}
		given = size
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("victim was not killed: %v; %s", err, stderr.String())
	}
	return given
}
