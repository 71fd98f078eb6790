package node

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/sharing"
)

// SharedRoot is a community with its collections, as one reader sees it.
type SharedRoot struct {
	sharing.Root
	Collections []sharing.Collection `json:"collections"`
}

// SharedCollections is the communities that a reader may know of, with the
// collections that it may read or write.
func (n *Node) SharedCollections(ctx context.Context, ask access.Ask) ([]SharedRoot, error) {
	roots, err := n.shared.Roots(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := []SharedRoot{}
	for _, r := range roots {
		list, err := n.shared.Collections(ctx, ask, r.Community)
		if err != nil {
			return nil, err
		}
		out = append(out, SharedRoot{r, append([]sharing.Collection{}, list...)})
	}
	return out, nil
}

// beside is the types of objects that only hold others together or say how they
// are to be read.
var beside = []string{"relationship", "marking-definition", "extension-definition", "language-content"}

// SharedNewest is the objects that were shared last, newest first, without those
// that hold others together.
func (n *Node) SharedNewest(ctx context.Context, ask access.Ask, limit int) ([]SharedHit, error) {
	seen, err := n.shared.Newest(ctx, ask, min(limit, maxSharedHits), beside...)
	if err != nil {
		return nil, err
	}
	return n.sharedHits(ctx, ask, seen, nil)
}

// Share takes a bundle, envelope or single object into a collection; see
// [sharing.Store.Submit]. An envelope of many objects is pending on return, and
// [Node.ShareStatus] tells how far it has come.
func (n *Node) Share(ctx context.Context, ask access.Ask, community, collection string, envelope []byte) (*sharing.Status, error) {
	return n.shared.Submit(ctx, ask, community, collection, envelope)
}

// ShareStatus is where a submission stands. Only who handed it in may ask.
func (n *Node) ShareStatus(ctx context.Context, ask access.Ask, community, id string) (*sharing.Status, error) {
	return n.shared.Status(ctx, ask, community, id)
}

// SharedRecipients is who was given which version of an object; NotFound for whose
// the object is not.
func (n *Node) SharedRecipients(ctx context.Context, ask access.Ask, id string) ([]sharing.Disclosure, error) {
	return n.shared.Recipients(ctx, ask, id)
}

// SharedVisible is what a reader sees of what is shared, and why.
func (n *Node) SharedVisible(ctx context.Context, ask access.Ask) ([]sharing.Explained, error) {
	return n.shared.Explain(ctx, ask)
}
