package sharing

import (
	"context"
	"slices"

	"countersign.dev/internal/access"
)

// maxNewest is how many object versions are looked at to find the newest.
const maxNewest = 4096

// Newest is the object versions that were shared last and that a reader may see,
// newest first, but for those of some types. It looks at the last [maxNewest] that
// are held. Giving them is a disclosure.
func (s *Store) Newest(ctx context.Context, ask access.Ask, limit int, without ...string) ([]Seen, error) {
	if err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	x := s.index
	last := int64(len(x.byObject)) - 1
	var numbers []int64
	for n := last; n > 0 && last-n < maxNewest; n-- {
		if at := x.byObject[n]; at > 0 && !slices.Contains(without, x.types[x.entries[at-1].kind]) {
			numbers = append(numbers, n)
		}
	}
	s.mu.RUnlock()
	may, err := s.MaySee(ctx, ask, numbers)
	if err != nil {
		return nil, err
	}
	return s.Visible(ctx, ask, may[:min(len(may), limit)])
}
