package ledger

import (
	"context"
	"time"
)

// pollInterval is how often a follower looks when nothing wakes it. Polling
// by position is the truth; a wake only shortens the wait.
const pollInterval = time.Second

// Follow calls fn for every stretch of positions after from, in order and
// without gaps, until ctx ends or fn fails. fn is given half-open positions:
// everything above "after" up to and including "upto" is committed.
//
// No position can be missed: positions come from the locked head row, so a
// reader that sees the head at N sees every document up to N.
func (l *Ledger) Follow(ctx context.Context, from int64, fn func(ctx context.Context, after, upto int64) error) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		wake := l.wake.wait()
		h, err := l.Head(ctx)
		if err != nil {
			return err
		}
		if h.Position > from {
			if err := fn(ctx, from, h.Position); err != nil {
				return err
			}
			from = h.Position
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.closed:
			return nil
		case <-wake:
		case <-tick.C:
		}
	}
}

// Wake tells followers to look at once. The store's notifications end here.
func (l *Ledger) Wake() { l.wake.wakeAll() }

// Moved is a channel that is closed when the ledger may have grown. Take it
// before looking, or a move in between is missed; poll as well, since not every
// store tells of what others append.
func (l *Ledger) Moved() <-chan struct{} { return l.wake.wait() }
