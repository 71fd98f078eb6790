package sharing

import (
	"context"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/sharing/marking"
)

// orderKey names a collection as readers of one sort see it.
type orderKey struct {
	reader     string
	collection uint16
}

// kept is an order that is kept for the next question.
type kept struct {
	*order
	generation int64 // of the registry
	until      int64 // something changes for the reader by the clock alone
	used       int64
}

// maxKept bounds what all orders together hold, in entries: 12 bytes each.
const maxKept = 24 << 20

// readerKey tells readers apart, as far as it decides what they see. Whether a
// member is named in person is known of all rules, so members of the same
// organisations of whom none is share one.
func readerKey(x *index, r access.Reader) string {
	if r.Operator {
		return "*"
	}
	var b strings.Builder
	if r.Member != "" {
		b.WriteByte('+') // everyone is who has an account
	}
	if x.named[r.Member] {
		b.WriteString(r.Member)
	}
	for _, o := range r.Organisations {
		b.WriteByte(0)
		b.WriteString(o)
	}
	return b.String()
}

// catchUp brings the index up to the store, when there is something new.
func (s *Store) catchUp(ctx context.Context) error {
	var entry, removal int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT entry, removal FROM sharing_head WHERE id = 1`).Scan(&entry, &removal)
	})
	if err != nil {
		return err
	}
	s.mu.RLock()
	fresh := s.index.entry >= entry && s.index.removal >= removal
	s.mu.RUnlock()
	if fresh {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index.entry >= entry && s.index.removal >= removal {
		return nil
	}
	return s.index.follow(ctx, s.db)
}

// seeing calls fn with a collection as a reader sees it now. The index does not
// move meanwhile.
func (s *Store) seeing(ctx context.Context, reader access.Reader, community, collection string, fn func(*index, *order) error) error {
	reg, err := s.registryNow(ctx)
	if err != nil {
		return err
	}
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	number, ok := s.index.collection(community, collection)
	if !ok {
		return fn(s.index, &order{})
	}
	return fn(s.index, s.orderOf(reg, reader, number))
}

// orderOf is a collection as a reader sees it now. The store is locked.
func (s *Store) orderOf(reg *registry, reader access.Reader, number uint16) *order {
	now := s.micros()
	key := orderKey{readerKey(s.index, reader), number}
	k := s.orders[key]
	if k == nil || k.generation != reg.generation || k.until <= now {
		k = &kept{order: &order{}, generation: reg.generation}
		s.orders[key] = k
	}
	past, next := reg.turnsOf(reader, now)
	k.until = next
	held := s.index.collections[number]
	k.extend(s.index, held, func(rule *marking.Rule) (int64, bool) { return reg.since(reader, rule, held.id, past, now) })
	s.uses++
	k.used = s.uses
	s.trim(key)
	return k.order
}

// trim forgets the orders that were used longest ago, but for one, while all
// together are too large.
func (s *Store) trim(but orderKey) {
	for {
		total, oldest := 0, orderKey{}
		for key, k := range s.orders {
			total += len(k.entries)
			if key != but && (oldest == orderKey{} || k.used < s.orders[oldest].used) {
				oldest = key
			}
		}
		if total <= maxKept || (oldest == orderKey{}) {
			return
		}
		delete(s.orders, oldest)
	}
}
