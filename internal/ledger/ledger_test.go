package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/problem"
)

// newKeys makes the keys of a log for a test.
func newKeys(t testing.TB) (note.Signer, note.Verifier) {
	t.Helper()
	signing, public, err := GenerateKey("test.example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(signing)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

// openLedger opens a ledger that signs on a store.
func openLedger(t testing.TB, store *db.DB) *Ledger {
	t.Helper()
	signer, verifier := newKeys(t)
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	l := New(store, Options{Signer: signer, Verifier: verifier, Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		clock = clock.Add(time.Millisecond)
		return clock
	}})
	t.Cleanup(func() { l.Close() })
	return l
}

func mustAppend(t testing.TB, l *Ledger, e Edition) *Receipt {
	t.Helper()
	r, err := l.Append(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ask(reader access.Reader) access.Ask {
	return access.Ask{Reader: reader, At: access.At{Date: "2026-01-01", Known: "2026-01-01", Position: access.Now}}
}

func edition(day access.Date, content map[string]int) Edition {
	doc := snapshot(day, content)
	doc.Bytes = []byte(fmt.Sprint(day, content))
	return Edition{Documents: []Document{doc}, MaxLoss: 20, Actor: "test"}
}

func TestAppendTwiceIsOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		l := openLedger(t, open(t))
		first := mustAppend(t, l, edition("2021-01-01", map[string]int{"a/1": 1, "b/1": 1}))
		if first.Position != 1 || len(first.Added) != 2 || first.Held != 0 {
			t.Fatalf("first append: %+v", first)
		}
		second := mustAppend(t, l, edition("2021-01-01", map[string]int{"a/1": 1, "b/1": 1}))
		if second.Held != 1 || second.Position != 1 || second.Opened+second.Closed != 0 {
			t.Fatalf("second append: %+v", second)
		}
		if h, err := l.Head(context.Background()); err != nil || h.Position != 1 {
			t.Fatalf("head %+v, %v", h, err)
		}
	})
}

func TestGuardRefusesLoss(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		l := openLedger(t, open(t))
		full := map[string]int{}
		for i := range 10 {
			full[fmt.Sprintf("s%d/1", i)] = 1
		}
		mustAppend(t, l, edition("2021-01-01", full))
		for i := range 3 {
			delete(full, fmt.Sprintf("s%d/1", i))
		}
		_, err := l.Append(context.Background(), edition("2021-02-01", full))
		if problem.KindOf(err) != problem.Conflict || !strings.Contains(err.Error(), "would drop 3 of the 10 entries") {
			t.Fatalf("dropping 30 %%: %v", err)
		}
		if h, _ := l.Head(context.Background()); h.Position != 1 {
			t.Fatalf("the refused edition moved the head to %d", h.Position)
		}
		// A notice in the ledger accounts for two of the three.
		notice := Document{Bytes: []byte("notice"), Kind: "notice", Source: "notices", Name: "notice", Mode: Chronicle, Published: "2021-01-20"}
		for i := range 2 {
			notice.Statements = append(notice.Statements, Statement{Kind: "notice", Subject: fmt.Sprintf("s%d", i), Key: "removed", Body: 1})
		}
		mustAppend(t, l, Edition{Documents: []Document{notice}})
		e := edition("2021-02-01", full)
		e.NoticeKind, e.Explains = "notice", func(*Fact, access.Date) bool { return true }
		if r := mustAppend(t, l, e); len(r.Removed) != 3 {
			t.Fatalf("with the notice: %+v", r)
		}
	})
}

// TestGroupIsolatesFailure appends good and bad editions at the same time: each
// bad one fails by itself.
func TestGroupIsolatesFailure(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		l := openLedger(t, open(t))
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				doc := Document{Bytes: fmt.Appendf(nil, "doc %d", i), Kind: "test", Source: fmt.Sprintf("s%d", i), Name: fmt.Sprint(i), Published: "2021-01-01"}
				doc.Statements = []Statement{{Kind: "k", Subject: "x", Key: "1", Body: i}}
				if i%4 == 0 {
					doc.Statements = append(doc.Statements, Statement{Kind: "k", Subject: "x", Key: "1", Body: -1})
				}
				_, err := l.Append(context.Background(), Edition{Documents: []Document{doc}})
				if (err != nil) != (i%4 == 0) {
					t.Errorf("edition %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		facts, err := l.BySubject(context.Background(), ask(access.Operator), "x")
		if err != nil || len(facts) != 30 {
			t.Fatalf("%d facts, %v; want 30", len(facts), err)
		}
		mustVerify(t, l)
	})
}

func mustVerify(t testing.TB, l *Ledger) *Verification {
	t.Helper()
	v, err := l.Verify(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range v.Problems {
		t.Errorf("verify: %s", p)
	}
	return v
}

// TestStoreAgreesWithModel appends the same editions to a store and to rows in
// memory.
func TestStoreAgreesWithModel(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		l := openLedger(t, open(t))
		m := &model{}
		history := []struct {
			day     int
			content map[string]int
		}{
			{2, map[string]int{"a/1": 1, "b/1": 1, "c/1": 1}},
			{4, map[string]int{"a/1": 2, "b/1": 1, "d/1": 1}},
			{3, map[string]int{"a/1": 1, "c/1": 2}},
			{0, map[string]int{"b/1": 1}},
			{5, map[string]int{"a/1": 2, "e/1": 1}},
		}
		for _, h := range history {
			m.apply(t, snapshot(someDay(h.day), h.content))
			e := edition(someDay(h.day), h.content)
			e.MaxLoss = 0
			mustAppend(t, l, e)
		}
		for p := int64(1); p <= int64(len(history)); p++ {
			for day := -1; day <= 6; day++ {
				a := access.Ask{Reader: access.Operator, At: access.At{Known: someDay(day), Position: p}}
				facts, err := l.BySubject(context.Background(), a, "a", "b", "c", "d", "e")
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, f := range facts {
					if f.StatedOn(someDay(day)) {
						got = append(got, fmt.Sprintf("%s/%s=%s", f.Subject, f.Key, f.Body))
					}
				}
				slices.Sort(got)
				if want := m.stated(someDay(day), p); !slices.Equal(got, want) {
					t.Errorf("day %d position %d: %v, want %v", day, p, got, want)
				}
			}
		}
		mustVerify(t, l)
	})
}

func TestDocumentsOfOthersDoNotExist(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		l := openLedger(t, open(t))
		ctx := context.Background()
		secret := edition("2021-01-01", map[string]int{"a/1": 1, "b/1": 1, "c/1": 1})
		secret.Audience = access.ForOrganisation("acme")
		mustAppend(t, l, secret)
		outsider := access.Reader{Member: "eve", Organisations: []string{"other"}}
		insider := access.Reader{Member: "ann", Organisations: []string{"acme"}}

		for _, r := range []access.Reader{access.Anonymous, outsider} {
			if _, err := l.Document(ctx, ask(r), 1); problem.KindOf(err) != problem.NotFound {
				t.Errorf("%s reads a document of acme: %v", r.Member, err)
			}
			if _, err := l.Prove(ctx, ask(r), 1); problem.KindOf(err) != problem.NotFound {
				t.Errorf("%s has a proof: %v", r.Member, err)
			}
			facts, err := l.BySubject(ctx, ask(r), "a")
			if err != nil || len(facts) != 0 {
				t.Errorf("%s sees %d facts, %v", r.Member, len(facts), err)
			}
			if s, err := l.Sources(ctx, ask(r)); err != nil || len(s) != 0 {
				t.Errorf("%s sees sources %v, %v", r.Member, s, err)
			}
		}
		if facts, err := l.BySubject(ctx, ask(insider), "a"); err != nil || len(facts) != 1 {
			t.Errorf("ann sees %d facts, %v", len(facts), err)
		}
		// The same bytes for everybody are new to everybody, and an edition of
		// the public series is compared with public editions only: the guard
		// does not know that acme has three entries.
		public := edition("2021-01-01", map[string]int{"a/1": 1, "b/1": 1, "c/1": 1})
		if r := mustAppend(t, l, public); r.Held != 0 || len(r.Added) != 3 {
			t.Errorf("public import of what acme holds: %+v", r)
		}
		// The log has a leaf for the secret document that tells nothing of it.
		bundle, err := l.Tile(ctx, "tile/entries/000.p/2")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(bundle), "sha256:") != 2 || !strings.Contains(string(bundle), `"sealed":`) {
			t.Errorf("entry bundle: %s", bundle)
		}
	})
}

// followEightWriters has eight ledgers on one store append each documents
// while a ninth follows; it fails when the follower misses a position.
func followEightWriters(t *testing.T, open func(testing.TB) *db.DB, each int) {
	const writers = 8
	total := int64(writers * each)
	follower := openLedger(t, open(t))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	seen := make(chan error, 1)
	go func() {
		next := int64(1)
		err := follower.Follow(ctx, 0, func(ctx context.Context, after, upto int64) error {
			for after < upto {
				docs, err := follower.List(ctx, access.Ask{Reader: access.Operator, At: access.At{Known: access.Forever, Position: upto}}, Filter{After: after, Limit: 1000})
				if err != nil {
					return err
				}
				for _, d := range docs {
					if d.Position != next {
						return fmt.Errorf("after position %d came %d", next-1, d.Position)
					}
					next++
				}
				after = next - 1
			}
			if next > total {
				return errDone
			}
			return nil
		})
		seen <- err
	}()
	var wg sync.WaitGroup
	for w := range writers {
		l := New(open(t), Options{})
		t.Cleanup(func() { l.Close() })
		wg.Go(func() {
			for i := range each {
				doc := Document{Bytes: fmt.Appendf(nil, "%d/%d", w, i), Kind: "test", Name: "doc", Published: "2021-01-01"}
				if _, err := l.Append(ctx, Edition{Documents: []Document{doc}}); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := <-seen; !errors.Is(err, errDone) {
		t.Fatalf("follower: %v", err)
	}
}

func TestWithdraw(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		l := openLedger(t, open(t))
		ctx := context.Background()
		fillLedger(t, l)
		if _, err := l.Withdraw(ctx, ask(access.Anonymous), 3, "eve", "curious"); problem.KindOf(err) != problem.NotFound {
			t.Fatalf("the public withdraws what it cannot see: %v", err)
		}
		if _, err := l.Withdraw(ctx, ask(access.Operator), 1, "ann", "court order of 2026-01-01"); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Body(ctx, ask(access.Operator), 1); problem.KindOf(err) != problem.NotFound {
			t.Errorf("the body can still be read: %v", err)
		}
		e, err := l.Document(ctx, ask(access.Operator), 1)
		if err != nil || e.Withdrawn != "court order of 2026-01-01" {
			t.Errorf("entry %+v, %v", e, err)
		}
		if _, err := l.Prove(ctx, ask(access.Operator), 1); err != nil {
			t.Errorf("its leaf can no longer be proved: %v", err)
		}
		if _, err := l.Withdraw(ctx, ask(access.Operator), 1, "ann", "again"); problem.KindOf(err) != problem.Conflict {
			t.Errorf("withdrawn twice: %v", err)
		}
		mustVerify(t, l)
	})
}

var errDone = errors.New("done")
