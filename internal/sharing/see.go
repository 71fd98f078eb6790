package sharing

import (
	"context"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// Object is the versions of an object that a reader may see, oldest first, each
// once, with why. Before them stand those that another organisation's word goes
// further than, so that the last is the newest that counts. An object of which it
// may see none is not found.
func (s *Store) Object(ctx context.Context, ask access.Ask, id string) ([]Seen, error) {
	versions, err := s.versionsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(versions))
	for i, v := range versions {
		numbers[i] = v.number
	}
	seen, err := s.Visible(ctx, ask, numbers)
	if err != nil {
		return nil, err
	}
	if len(seen) == 0 {
		return nil, problem.New(problem.NotFound, "there is no object %q", id)
	}
	for i := range seen {
		seen[i].Outdone = slices.ContainsFunc(seen, func(other Seen) bool { return other.outdoes(&seen[i]) })
	}
	slices.SortStableFunc(seen, func(a, b Seen) int {
		if a.Outdone != b.Outdone {
			if a.Outdone {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Version, b.Version)
	})
	return seen, nil
}

// outdoes reports whether a version's word goes further than another's, as
// [order.outdone] has it of collections.
func (v *Seen) outdoes(other *Seen) bool {
	if v.Source == other.Source || v.standing <= other.standing {
		return false
	}
	return other.standing == blind || v.Version == other.Version && v.SpecVersion == other.SpecVersion
}

// Visible is those of some object versions, given by number, that a reader may
// see, in their order, with bodies and with why. Of the places where the reader
// sees one, the first that it was added to is told. Giving them is a disclosure.
func (s *Store) Visible(ctx context.Context, ask access.Ask, numbers []int64) ([]Seen, error) {
	out, err := s.lookVisible(ctx, ask, numbers, true)
	if err != nil || len(out) == 0 {
		return out, err
	}
	entries := make([]Entry, len(out))
	for i := range out {
		entries[i] = out[i].Entry
	}
	if err := s.fill(ctx, entries, true); err != nil {
		return nil, err
	}
	byCollection := map[pair][]Entry{}
	for i := range out {
		out[i].Entry = entries[i]
		key := pair{out[i].Community, out[i].Collection}
		byCollection[key] = append(byCollection[key], entries[i])
	}
	for key, list := range byCollection {
		if err := s.disclose(ctx, ask.Reader, &Collection{Community: key.a, ID: key.b}, list); err != nil {
			return nil, err
		}
	}
	return out, s.documents(ctx, out)
}

// MaySee is those of some object versions that a reader may see, in their order:
// what a search filters by before it counts. What was given without sight of
// another's word that the reader sees beside it is left out.
func (s *Store) MaySee(ctx context.Context, ask access.Ask, numbers []int64) ([]int64, error) {
	seen, err := s.lookVisible(ctx, ask, numbers, false)
	out := make([]int64, len(seen))
	for i := range seen {
		out[i] = seen[i].Number
	}
	return out, err
}

// lookVisible is Visible by what the index knows, with what is outdone or without.
func (s *Store) lookVisible(ctx context.Context, ask access.Ask, numbers []int64, outdone bool) ([]Seen, error) {
	reg, err := s.registryNow(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.index
	m := reg.at(s.micros())
	out := []Seen{}
	for _, n := range numbers {
		if n < 0 || n >= int64(len(x.byObject)) {
			continue
		}
		var first *Seen
		for j := x.byObject[n]; j > 0; j = x.entries[j-1].also {
			e := &x.entries[j-1]
			if e.removed {
				continue
			}
			rule, held := x.rules[e.rule], x.collections[e.shelf]
			if a := m.sees(ask.Reader, rule, held.id); a.Allowed && (outdone || !m.outdone(x, ask.Reader, j-1)) {
				first = &Seen{
					Entry:     Entry{Number: n, Type: x.types[e.kind], SpecVersion: specOf(e), Added: timeOf(e.added)},
					Community: held.community, Collection: held.id, Source: rule.Source, Marking: rule.TLP.String(), Assigned: rule.Assigned, Code: a.Code, Why: a.Why,
					standing: e.standing,
				}
			}
		}
		if first != nil {
			out = append(out, *first)
		}
	}
	return out, nil
}

// documents fills in which envelopes objects came in.
func (s *Store) documents(ctx context.Context, seen []Seen) error {
	places := map[int64][]int{}
	numbers := make([]any, 0, len(seen))
	for i := range seen {
		if places[seen[i].Number] == nil {
			numbers = append(numbers, seen[i].Number)
		}
		places[seen[i].Number] = append(places[seen[i].Number], i)
	}
	return s.db.Read(ctx, func(tx *db.Tx) error {
		for part := range slices.Chunk(numbers, 500) {
			rows, err := tx.Query(ctx, `SELECT number, document FROM sharing_object WHERE number IN (`+db.Placeholders(1, len(part))+`)`, part...)
			if err != nil {
				return err
			}
			for rows.Next() {
				var n, document int64
				if err := rows.Scan(&n, &document); err != nil {
					rows.Close()
					return err
				}
				for _, i := range places[n] {
					seen[i].Document = document
				}
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
}

// Explain is what a reader sees, by collection and rule, with why: what a member
// is shown who asks why something is missing.
func (s *Store) Explain(ctx context.Context, ask access.Ask) ([]Explained, error) {
	reg, err := s.registryNow(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.index
	m := reg.at(s.micros())
	out := []Explained{}
	for _, held := range x.collections[1:] {
		counts := map[int32]int{}
		for _, i := range held.entries {
			if e := &x.entries[i]; !e.removed {
				counts[e.rule]++
			}
		}
		for number, count := range counts {
			rule := x.rules[number]
			if a := m.sees(ask.Reader, rule, held.id); a.Allowed {
				out = append(out, Explained{Community: held.community, Collection: held.id, Marking: rule.TLP.String(), Assigned: rule.Assigned, Source: rule.Source, Objects: count, Code: a.Code, Why: a.Why})
			}
		}
	}
	slices.SortFunc(out, func(a, b Explained) int {
		return strings.Compare(a.Community+a.Collection+a.Source+a.Marking+a.Code, b.Community+b.Collection+b.Source+b.Marking+b.Code)
	})
	return out, nil
}

// Objects calls fn with every object version above a number, by number, at most
// limit of them: for views that follow. Nothing is filtered, so a view filters by
// [Store.MaySee] in each of its reads. fn must not use the store.
func (s *Store) Objects(ctx context.Context, after int64, limit int, fn func(number int64, id, version string, body []byte, position int64) error) error {
	return s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT number, id, version, body, document FROM sharing_object WHERE number > $1 ORDER BY number LIMIT $2`, after, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var number, document int64
			var id, version string
			var body []byte
			if err := rows.Scan(&number, &id, &version, &body, &document); err != nil {
				return err
			}
			if err := fn(number, id, version, body, document); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}
