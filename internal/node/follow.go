package node

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// appliedPosition is how far the follower has come.
type appliedPosition struct{ at atomic.Int64 }

// Start follows the ledger in the background: it takes notice of what other
// nodes append, and signs checkpoints over it when this node has the key. It
// ends with Close.
func (n *Node) Start(ctx context.Context) error {
	h, err := n.Ledger.Head(ctx)
	if err != nil {
		return err
	}
	n.applied.at.Store(h.Position)
	ctx, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	n.running.Add(2)
	go func() {
		defer n.running.Done()
		n.DB.Listen(ctx, n.Ledger.Wake)
	}()
	go func() {
		defer n.running.Done()
		n.follow(ctx, h.Position)
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

// Applied is the position up to which this node has followed the ledger.
func (n *Node) Applied() int64 { return n.applied.at.Load() }

// retryFollow is how long a follower waits after the store failed it.
const retryFollow = time.Second
