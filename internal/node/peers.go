package node

import (
	"context"
	"log/slog"

	"countersign.dev/internal/sharing/peer"
)

// Peers is the servers that this node exchanges shared objects with.
func (n *Node) Peers() *peer.Book {
	return &peer.Book{DB: n.DB, Sharing: n.shared, Now: n.now}
}

// Exchange begins to exchange with peers, until the node is closed.
func (n *Node) Exchange(ctx context.Context, log *slog.Logger) {
	ctx, n.stopExchange = context.WithCancel(context.WithoutCancel(ctx))
	n.running.Go(func() { n.Peers().Run(ctx, log) })
}
