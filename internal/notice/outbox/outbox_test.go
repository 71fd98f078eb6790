package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

// table opens a store in which deliveries of watches stand, and puts some in.
func table(t *testing.T, url string, ids ...string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	put(t, d, ids...)
	return d
}

func put(t *testing.T, d *db.DB, ids ...string) {
	t.Helper()
	for _, id := range ids {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO notice_delivery (id, watch, way, position, digest, replaces, state, attempts, due, holder, failure, created, ended)
				VALUES ($1, 'w', 'mail', 1, '', '', 'due', 0, 1, '', '', 0, 0)`, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// stand is how a message stands.
func stand(t *testing.T, d *db.DB, id string) (out string) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		var state, failure string
		var attempts int64
		err := tx.QueryRow(t.Context(), `SELECT state, attempts, failure FROM notice_delivery WHERE id = $1`, id).Scan(&state, &attempts, &failure)
		out = fmt.Sprint(state, " ", attempts, " ", failure)
		return err
	})
	if err != nil {
		return err.Error()
	}
	return out
}

func TestQueue(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		d := table(t, url, "stopped")
		now := time.Unix(1_700_000_000, 0)
		down := true
		q := &Queue{DB: d, Now: func() time.Time { return now }, Table: "notice_delivery", Ways: []string{"mail"}, Keep: time.Hour}
		ctx, stop := context.WithCancel(t.Context())
		q.Send = func(ctx context.Context, i Item) (failure, err error) {
			switch {
			case i.ID == "down" && down:
				return errors.New("is  down\n"), nil
			case i.ID == "refused":
				return ForGood(errors.New("no such mailbox")), nil
			case i.ID == "stopped" && i.Attempts == 1:
				stop()
				return ctx.Err(), nil
			}
			return nil, nil
		}
		if _, err := q.Step(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("a stopped step: %v", err)
		}
		put(t, d, "fine", "down", "refused")
		wait, err := q.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]string{"fine": "done 1 ", "down": "due 1 is down", "refused": "dead 1 no such mailbox", "stopped": "due 1 "} {
			if got := stand(t, d, id); got != want {
				t.Errorf("%s stands at %q, want %q", id, got, want)
			}
		}
		if wait != Backoff(1) {
			t.Errorf("nothing is due for %s, want %s", wait, Backoff(1))
		}
		// Another node gets the one whose sender was stopped when its lease is over.
		other := &Queue{DB: d, Now: q.Now, Table: q.Table, Ways: q.Ways, Send: q.Send}
		down, now = false, now.Add(leaseTime)
		if _, err := other.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"down", "stopped"} {
			if got := stand(t, d, id); got != "done 2 " {
				t.Errorf("%s stands at %q", id, got)
			}
		}
		now = now.Add(2 * time.Hour)
		if _, err := q.Step(t.Context()); err != nil || !strings.Contains(stand(t, d, "fine"), "no rows") {
			t.Errorf("what ended long ago is %q, %v", stand(t, d, "fine"), err)
		}
	})
}

// Two nodes on one store send each message once.
func TestQueuesShare(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		var ids []string
		for i := range 100 {
			ids = append(ids, fmt.Sprintf("m-%03d", i))
		}
		d := table(t, url, ids...)
		var mu sync.Mutex
		var sent []string
		var running sync.WaitGroup
		for range 2 {
			q := &Queue{DB: d, Now: time.Now, Table: "notice_delivery", Ways: []string{"mail", "webhook"}}
			q.Send = func(_ context.Context, i Item) (failure, err error) {
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, i.ID)
				return nil, nil
			}
			running.Go(func() {
				if _, err := q.Step(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		slices.Sort(sent)
		if !slices.Equal(sent, ids) {
			t.Errorf("sent %d, want each of %d once", len(sent), len(ids))
		}
	})
}

func TestBackoffGrows(t *testing.T) {
	var sum time.Duration
	for i := 1; i < MaxAttempts; i++ {
		if i > 1 && Backoff(i) <= Backoff(i-1) {
			t.Errorf("after attempt %d: %s", i, Backoff(i))
		}
		sum += Backoff(i)
	}
	if sum < 40*time.Hour || sum > 48*time.Hour {
		t.Errorf("a message is tried over %s, want nearly two days", sum)
	}
}
