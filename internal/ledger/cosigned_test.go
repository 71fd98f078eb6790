package ledger

import (
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/problem"
)

// stranger is a key whose signature under a checkpoint stands for a witness's.
func stranger(t *testing.T, name string) note.Signer {
	t.Helper()
	signing, _, err := GenerateKey(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(signing)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// countersigned is a checkpoint with one signature more.
func countersigned(t *testing.T, l *Ledger, signed string, by note.Signer) string {
	t.Helper()
	opened, err := note.Open([]byte(signed), note.VerifierList(l.verifier))
	if err != nil {
		t.Fatal(err)
	}
	again, err := note.Sign(opened, by)
	if err != nil {
		t.Fatal(err)
	}
	return string(again)
}

func appendOne(t *testing.T, l *Ledger, text string) int64 {
	t.Helper()
	return mustAppend(t, l, Edition{Audience: access.Public, Actor: "test", Documents: []Document{{Bytes: []byte(text), Kind: "note", Source: "s", Part: text, Name: text}}}).Position
}

func checkpointOf(t *testing.T, l *Ledger) string {
	t.Helper()
	signed, err := l.Checkpoint(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestCosignedCheckpoints(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx := context.Background()
		l := openLedger(t, open(t))
		now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
		l.now = func() time.Time { return now }
		public := access.Ask{Reader: access.Operator, At: access.At{Position: access.Now, Known: access.Forever}}
		published := func() string {
			t.Helper()
			s, err := l.Published(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}

		first := appendOne(t, l, "one")
		if published() != checkpointOf(t, l) {
			t.Error("without witnesses, another checkpoint is published than the newest")
		}
		if _, err := l.Cosigned(ctx); problem.KindOf(err) != problem.NotFound {
			t.Errorf("cosigned before anybody has: %v", err)
		}
		w1 := countersigned(t, l, checkpointOf(t, l), stranger(t, "witness.example/1"))
		w2 := countersigned(t, l, checkpointOf(t, l), stranger(t, "witness.example/2"))
		for _, s := range []string{w1, w2, w1} {
			if err := l.KeepCosigned(ctx, s); err != nil {
				t.Fatal(err)
			}
		}
		both := published()
		if n := strings.Count(both, "\n— "); n != 3 || !strings.HasPrefix(both, w1) {
			t.Errorf("want the log's signature and each witness's once, found %d in\n%s", n, both)
		}

		second := appendOne(t, l, "two")
		if published() != both {
			t.Error("what witnesses have seen is not what is published")
		}
		for position, want := range map[int64]string{first: both, second: checkpointOf(t, l)} {
			p, err := l.Prove(ctx, public, position)
			if err != nil {
				t.Fatal(err)
			}
			if p.Checkpoint != want {
				t.Errorf("position %d is proved under\n%swant\n%s", position, p.Checkpoint, want)
			}
		}
		for wanted, want := range map[int64]string{first: "witness.example", second: ""} {
			b, err := l.Bundle(ctx, public, []Wanted{{first, "evidence"}, {wanted, "decision"}})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(b), "witness.example") != (want != "") {
				t.Errorf("bundle up to %d: %s", wanted, b)
			}
			if _, _, err := OpenBundle(b, l.verifier); err != nil {
				t.Errorf("bundle up to %d: %v", wanted, err)
			}
		}

		now = now.Add(CosignedAge)
		if published() != checkpointOf(t, l) {
			t.Error("a checkpoint of yesterday hides what was added since")
		}
		v, err := l.Verify(ctx, nil)
		if err != nil || len(v.Problems) > 0 || v.Checkpoints != 3 {
			t.Errorf("verification %+v, %v", v, err)
		}
	})
}

func TestKeepCosignedRefuses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx := context.Background()
		l, fork := openLedger(t, open(t)), New(dbtest.Open(t, "sqlite"), Options{})
		defer fork.Close()
		fork.signer, fork.verifier = l.signer, l.verifier
		appendOne(t, l, "one")
		appendOne(t, fork, "another")
		appendOne(t, fork, "one more")
		other := openLedger(t, dbtest.Open(t, "sqlite"))
		appendOne(t, other, "one")
		longer := checkpointOf(t, fork)
		for name, signed := range map[string]string{
			"of another key":                        checkpointOf(t, other),
			"of a size that the log has not signed": longer,
			"cut":                                   checkpointOf(t, l)[:40],
		} {
			if err := l.KeepCosigned(ctx, signed); err == nil {
				t.Errorf("%s: is kept", name)
			}
		}
		appendOne(t, l, "two")
		if err := l.KeepCosigned(ctx, longer); problem.KindOf(err) != problem.Conflict {
			t.Errorf("a checkpoint of a fork: %v", err)
		}
	})
}
