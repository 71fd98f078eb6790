package ledger

import (
	"context"
	"sync"
	"time"
)

// Work is what is to be done whenever the ledger has grown, and when its time has
// come.
type Work struct {
	// Do does all that is due. It gives for how long there is nothing to do by the
	// clock alone; when it fails it is called again after Retry.
	Do     func(ctx context.Context) (wait time.Duration, err error)
	Failed func(err error) // is told of each failure
	Retry  time.Duration   // one second when 0
	After  func(time.Duration) <-chan time.Time
}

// Attend does work until ctx ends: at once, whenever the ledger has grown, and
// when its time has come. After is time.After when nil. It comes back when what
// was begun is done.
func (l *Ledger) Attend(ctx context.Context, w Work) {
	if w.After == nil {
		w.After = time.After
	}
	if w.Retry <= 0 {
		w.Retry = time.Second
	}
	grown := make(chan struct{}, 1)
	var following sync.WaitGroup
	following.Go(func() { l.tellGrowth(ctx, grown, w.Retry) })
	defer following.Wait()
	for {
		wait, err := w.Do(ctx)
		if ctx.Err() != nil {
			return
		}
		wake := grown
		if err != nil {
			w.Failed(err)
			wake, wait = nil, w.Retry
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-w.After(wait):
		}
	}
}

// tellGrowth puts something into grown whenever the ledger is longer than before.
func (l *Ledger) tellGrowth(ctx context.Context, grown chan<- struct{}, retry time.Duration) {
	for ctx.Err() == nil {
		err := l.Follow(ctx, 0, func(context.Context, int64, int64) error {
			select {
			case grown <- struct{}{}:
			default:
			}
			return nil
		})
		if err == nil {
			return // the ledger is closed
		}
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
	}
}
