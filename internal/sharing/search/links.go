package search

import "context"

// Edges is what leads from or to some objects, as far as whoever says so may be
// seen, whether or not the other end may. It brings the index up first.
func (x *Index) Edges(ctx context.Context, ids []string, keep Keep) ([]Edge, error) {
	if err := x.Follow(ctx); err != nil {
		return nil, err
	}
	return x.edges(ctx, ids, keep)
}
