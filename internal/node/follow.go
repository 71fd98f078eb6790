package node

import (
	"context"
	"errors"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// appliedPosition is how far the follower has come.
type appliedPosition struct{ at atomic.Int64 }

// Start follows the ledger in the background: it takes notice of what other
// nodes append, signs checkpoints over it when this node has the key, and keeps
// the index of the portfolio up with it, so that whoever asks need not wait. It
// ends with Close.
func (n *Node) Start(ctx context.Context) error {
	h, err := n.Ledger.Head(ctx)
	if err != nil {
		return err
	}
	n.applied.at.Store(h.Position)
	ctx, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	n.running.Add(4)
	go func() {
		defer n.running.Done()
		n.DB.Listen(ctx, n.Ledger.Wake)
	}()
	go func() {
		defer n.running.Done()
		n.follow(ctx, h.Position)
	}()
	go func() {
		defer n.running.Done()
		n.followPortfolio(ctx, h.Position)
	}()
	go func() {
		defer n.running.Done()
		if !n.readOnly {
			n.shared.Work(ctx, n.log)
		}
	}()
	return nil
}

func (n *Node) follow(ctx context.Context, from int64) {
	for ctx.Err() == nil {
		err := n.Ledger.Follow(ctx, from, func(ctx context.Context, _, upto int64) error {
			if err := n.Ledger.SignHead(ctx); err != nil {
				return err
			}
			from = upto
			n.applied.at.Store(upto)
			return nil
		})
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		n.log.Error("follow ledger", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(retryFollow):
		}
	}
}

// followPortfolio catches up with the ledger whenever it moves, and keeps
// snapshots of what came of it.
func (n *Node) followPortfolio(ctx context.Context, from int64) {
	defer n.savePortfolio(context.WithoutCancel(ctx))
	for ctx.Err() == nil {
		at, err := n.portfolio.CatchUp(ctx)
		if err == nil {
			if at-n.portfolio.Kept() >= saveAfter {
				n.savePortfolio(ctx)
				debug.FreeOSMemory() // building takes several times what it leaves
			}
			err = n.followPortfolioFrom(ctx, from, time.Now())
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		n.log.Error("follow portfolio", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(retryFollow):
		}
	}
}

func (n *Node) followPortfolioFrom(ctx context.Context, from int64, saved time.Time) error {
	return n.Ledger.Follow(ctx, from, func(ctx context.Context, _, _ int64) error {
		at, err := n.portfolio.CatchUp(ctx)
		if err == nil && time.Since(saved) > saveEvery && at > n.portfolio.Kept() {
			n.savePortfolio(ctx)
			saved = time.Now()
		}
		return err
	})
}

// Applied is the position up to which this node has followed the ledger.
func (n *Node) Applied() int64 { return n.applied.at.Load() }

// retryFollow is how long a follower waits after the store failed it.
const retryFollow = time.Second
