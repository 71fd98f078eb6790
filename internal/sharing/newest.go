package sharing

import (
	"context"

	"countersign.dev/internal/access"
)

// maxNewest is how many object versions are looked at to find the newest.
const maxNewest = 4096

// Newest is the object versions that were shared last and that a reader may see,
// newest first. It looks at the last [maxNewest] that are held. Giving them is a
// disclosure.
func (s *Store) Newest(ctx context.Context, ask access.Ask, limit int) ([]Seen, error) {
	if err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	last := int64(len(s.index.byObject)) - 1
	s.mu.RUnlock()
	var numbers []int64
	for n := last; n > 0 && last-n < maxNewest; n-- {
		numbers = append(numbers, n)
	}
	may, err := s.MaySee(ctx, ask, numbers)
	if err != nil {
		return nil, err
	}
	return s.Visible(ctx, ask, may[:min(len(may), limit)])
}
