package feed

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/problem"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time         { return c.at }
func (c *clock) pass(d time.Duration)   { c.at = c.at.Add(d) }
func newClock() *clock                  { return &clock{time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }
func (c *clock) book(store *db.DB) Book { return Book{DB: store, Now: c.now} }

func TestBook(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx, c := t.Context(), newClock()
		b := c.book(open(t))
		if states, err := b.States(ctx); err != nil || len(states) != 0 {
			t.Fatalf("%v, %v; want nothing", states, err)
		}
		l := take(t, &b, "osv-go")
		if len(l.Held) != 0 {
			t.Errorf("held %v", l.Held)
		}
		files := []Got{
			{File: File{Name: "a", URL: "https://a.example/"}, Held: Validators{ETag: `"x"`, Modified: "Fri, 20 Nov 2026 10:00:00 GMT"}},
			{File: File{Name: "b", URL: "https://b.example/"}},
		}
		begun := c.at
		if err := b.Succeeded(ctx, l, files, c.at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		want := State{Fetched: begun, Changed: begun, Due: begun.Add(time.Hour)}
		sameState(t, &b, "osv-go", want)

		var early *EarlyError
		if _, err := b.Take(ctx, "osv-go", false); !errors.As(err, &early) || !early.Due.Equal(want.Due) {
			t.Errorf("%v; want it early", err)
		}
		c.pass(2 * time.Hour)
		l = take(t, &b, "osv-go")
		held := map[string]Validators{"https://a.example/": files[0].Held, "https://b.example/": {}}
		if diff := cmp.Diff(held, l.Held); diff != "" {
			t.Errorf("held (-want +got):\n%s", diff)
		}
		if err := b.Failed(ctx, l, "the server answers 503", c.at.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		want.Failed, want.Failure, want.Failures, want.Due = c.at, "the server answers 503", 1, c.at.Add(time.Minute)
		sameState(t, &b, "osv-go", want)

		// A failure leaves what is held; a fetch that finds nothing new as well.
		c.pass(time.Minute)
		l = take(t, &b, "osv-go")
		if diff := cmp.Diff(held, l.Held); diff != "" {
			t.Errorf("held after a failure (-want +got):\n%s", diff)
		}
		if err := b.Succeeded(ctx, l, nil, c.at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		want.Fetched, want.Failures, want.Due = c.at, 0, c.at.Add(time.Hour)
		sameState(t, &b, "osv-go", want)
		l, err := b.Take(ctx, "osv-go", true)
		if err != nil {
			t.Fatalf("early on demand: %v", err)
		}
		if diff := cmp.Diff(held, l.Held); diff != "" {
			t.Errorf("held after nothing new (-want +got):\n%s", diff)
		}
		// Another set of files takes the place of the one before.
		if err := b.Succeeded(ctx, l, files[:1], c.at); err != nil {
			t.Fatal(err)
		}
		if l = take(t, &b, "osv-go"); len(l.Held) != 1 {
			t.Errorf("held %v", l.Held)
		}
	})
}

func take(t *testing.T, b *Book, feed string) *Lease {
	t.Helper()
	l, err := b.Take(t.Context(), feed, false)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func sameState(t *testing.T, b *Book, feed string, want State) {
	t.Helper()
	states, err := b.States(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, states[feed]); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
}

// Of many that want a feed at once one has it, until it ends or is given up on.
func TestLease(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		c := newClock()
		stores := []*db.DB{open(t), open(t)}
		leases := make([]*Lease, 8)
		errs := make([]error, len(leases))
		var all sync.WaitGroup
		for i := range leases {
			all.Go(func() {
				b := c.book(stores[i%2])
				leases[i], errs[i] = b.Take(context.Background(), "kev", false)
			})
		}
		all.Wait()
		var mine *Lease
		for i, l := range leases {
			switch {
			case errs[i] == nil && mine == nil:
				mine = l
			case errs[i] == nil:
				t.Error("two have it")
			case problem.KindOf(errs[i]) != problem.Conflict:
				t.Error(errs[i])
			}
		}
		if mine == nil {
			t.Fatal("nobody has it")
		}
		b := c.book(stores[0])
		if states, err := b.States(t.Context()); err != nil || !states["kev"].Busy {
			t.Errorf("%v, %v; want it busy", states, err)
		}
		c.pass(LeaseTime - time.Second)
		if err := b.Renew(t.Context(), mine); err != nil {
			t.Fatal(err)
		}
		c.pass(LeaseTime - time.Second)
		if _, err := b.Take(t.Context(), "kev", false); problem.KindOf(err) != problem.Conflict {
			t.Errorf("taken though it was renewed: %v", err)
		}
		c.pass(2 * time.Second)
		other := take(t, &b, "kev")
		if err := b.Succeeded(t.Context(), mine, nil, c.at); problem.KindOf(err) != problem.Conflict {
			t.Errorf("ended by who had lost it: %v", err)
		}
		if err := b.Renew(t.Context(), mine); err != nil {
			t.Errorf("renewing a lost one: %v", err)
		}
		if err := b.Succeeded(t.Context(), other, nil, c.at); err != nil {
			t.Error(err)
		}
	})
}

func TestLongFailure(t *testing.T) {
	c := newClock()
	b := c.book(dbtest.Open(t, "sqlite"))
	l := take(t, &b, "x")
	if err := b.Failed(t.Context(), l, strings.Repeat("é", maxFailure), time.Time{}); err != nil {
		t.Fatal(err)
	}
	states, err := b.States(t.Context())
	if got := states["x"].Failure; err != nil || len(got) != maxFailure || strings.Trim(got, "é") != "" {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
