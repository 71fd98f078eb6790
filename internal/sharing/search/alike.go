package search

import (
	"context"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/db"
)

// Alike is an object that seems to be the same as another, under another id.
type Alike struct {
	Hit
	Because []string `json:"because"` // names and values that they share
}

// maxAlike bounds what is suggested, and maxLikely what it is chosen from.
const (
	maxAlike  = 100
	maxLikely = 2000
)

// Alike is the objects of the same type that share a name, an alias or a value
// with one, those that share most first.
func (x *Index) Alike(ctx context.Context, id string, keep Keep) ([]Alike, error) {
	if err := x.Follow(ctx); err != nil {
		return nil, err
	}
	self, err := x.Versions(ctx, []string{id}, keep)
	if err != nil || len(self) == 0 {
		return nil, err
	}
	newest := map[string]Alike{}
	for after := int64(0); len(newest) < maxLikely; {
		numbers, shared, err := x.sharing(ctx, self[id], after)
		if err != nil {
			return nil, err
		}
		kept, err := keep(ctx, numbers)
		if err != nil {
			return nil, err
		}
		hits, err := x.describe(ctx, kept)
		if err != nil {
			return nil, err
		}
		for _, h := range hits {
			newest[h.ID] = Alike{h, because(shared[h.Number])}
		}
		if len(numbers) < likelyAtOnce {
			break
		}
		after = numbers[len(numbers)-1]
	}
	out := slices.Collect(maps.Values(newest))
	slices.SortFunc(out, func(a, b Alike) int {
		if d := len(b.Because) - len(a.Because); d != 0 {
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out[:min(len(out), maxAlike)], nil
}

// likelyAtOnce is how many objects are looked at at a time that share something.
const likelyAtOnce = 200

// sharing is the objects above a number that share names or values with one, by
// number, and what they share.
func (x *Index) sharing(ctx context.Context, self Hit, after int64) (numbers []int64, shared map[int64][]string, err error) {
	const common = `FROM search_term a JOIN search_term b ON b.term = a.term JOIN search_object o ON o.object = b.object
		WHERE a.object = $1 AND (a.term >= 'n:' AND a.term < 'n;' OR a.term >= 'v:' AND a.term < 'v;') AND o.type = $2 AND o.id <> $3 AND b.object > $4`
	shared = map[int64][]string{}
	err = x.db.Read(ctx, func(tx *db.Tx) error {
		args := []any{self.Number, self.Type, self.ID, after, likelyAtOnce}
		err := rows(ctx, tx, `SELECT DISTINCT b.object `+common+` ORDER BY b.object LIMIT $5`, args, func(r *db.Rows) error {
			var n int64
			err := r.Scan(&n)
			numbers = append(numbers, n)
			return err
		})
		if err != nil || len(numbers) == 0 {
			return err
		}
		args[4] = numbers[len(numbers)-1]
		return rows(ctx, tx, `SELECT b.object, b.term `+common+` AND b.object <= $5 ORDER BY b.object, b.term`, args, func(r *db.Rows) error {
			var n int64
			var term string
			err := r.Scan(&n, &term)
			shared[n] = append(shared[n], term)
			return err
		})
	})
	return numbers, shared, err
}

// because is terms as people read them.
func because(terms []string) (out []string) {
	for _, t := range terms {
		kind, text, _ := strings.Cut(t, ":")
		if kind == "n" {
			_, text, _ = strings.Cut(text, ":")
			out = append(out, "name "+text)
			continue
		}
		out = append(out, text)
	}
	return out
}
