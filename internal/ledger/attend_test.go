package ledger

import (
	"context"
	"errors"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

// TestAttend has work done at the start, for what is appended, when its time has
// come and again after it failed; and no longer once the context ends.
func TestAttend(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		l := New(open(t), Options{})
		defer l.Close()
		ctx, stop := context.WithCancel(context.Background())
		done, failed, clock := make(chan bool), make(chan error, 1), make(chan time.Time)
		outcome, waits, ended := make(chan error, 1), make(chan time.Duration, 100), make(chan struct{})
		go func() {
			defer close(ended)
			l.Attend(ctx, Work{
				Do: func(ctx context.Context) (time.Duration, error) {
					select {
					case done <- true:
						return time.Hour, <-outcome
					case <-ctx.Done():
						return 0, ctx.Err()
					}
				},
				Failed: func(err error) { failed <- err }, Retry: time.Minute,
				After: func(d time.Duration) <-chan time.Time { waits <- d; return clock },
			})
		}()
		once := func(why string, err error, wait time.Duration) {
			t.Helper()
			select {
			case <-done:
			case <-time.After(10 * time.Second):
				t.Fatalf("%s: nothing was done", why)
			}
			outcome <- err
			if got := <-waits; got != wait {
				t.Errorf("%s: it waits %s, want %s", why, got, wait)
			}
		}
		once("at the start", nil, time.Hour)
		if _, err := l.Append(ctx, Edition{Documents: []Document{{Bytes: []byte("a"), Kind: "note", Source: "a", Name: "a"}}}); err != nil {
			t.Fatal(err)
		}
		once("after an append", nil, time.Hour)
		clock <- time.Time{}
		broken := errors.New("the store is away")
		once("when its time has come", broken, time.Minute)
		if err := <-failed; !errors.Is(err, broken) {
			t.Errorf("told of %v", err)
		}
		clock <- time.Time{}
		once("after it failed", nil, time.Hour)
		stop()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Fatal("it goes on although nobody wants it to")
		}
	})
}
