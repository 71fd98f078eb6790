package sharing

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// Page is a part of what a reader sees of a collection. It answers NotFound for
// a collection, or with kind Versions an object, that the reader may not know
// of, Denied for one that it may not read, and Invalid for a filter or cursor
// that can not be answered.
func (s *Store) Page(ctx context.Context, ask access.Ask, community, collection string, kind Kind, f Filter) (*Page, error) {
	c, err := s.readable(ctx, ask, community, collection)
	if err != nil {
		return nil, err
	}
	secret, err := s.signing(ctx)
	if err != nil {
		return nil, err
	}
	limit := f.Limit
	switch {
	case limit < 0:
		return nil, problem.New(problem.Invalid, "limit %d: want 1 or more", limit)
	case limit == 0:
		limit = DefaultPage
	}
	limit = min(limit, MaxPage)
	if kind == Versions && len(f.Versions) == 0 {
		f.Versions = []string{"all"}
	}
	asked := question(ask.Reader, c.Community, c.ID, kind, &f)
	after := int64(-1)
	if f.Next != "" {
		if after, err = openCursor(f.Next, asked, secret); err != nil {
			return nil, err
		}
	}
	page := &Page{Entries: []Entry{}}
	var numbers []int64
	err = s.seeing(ctx, ask.Reader, c.Community, c.ID, func(x *index, o *order) error {
		w, err := x.compile(&f)
		if err != nil {
			return err
		}
		places, more := o.page(x, w, after, limit)
		for _, i := range places {
			e := &x.entries[o.entries[i]]
			numbers = append(numbers, e.object)
			page.Entries = append(page.Entries, Entry{Number: e.object, Type: x.types[e.kind], SpecVersion: specOf(e), Added: timeOf(o.added[i])})
		}
		if page.More = more; more {
			page.Next = cursor{after: o.added[places[len(places)-1]], question: asked}.seal(secret)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.fill(ctx, page.Entries, kind == Objects); err != nil {
		return nil, err
	}
	if len(f.IDs) > 0 { // the index knows ids by a hash of them
		page.Entries = slices.DeleteFunc(page.Entries, func(e Entry) bool { return !slices.Contains(f.IDs, e.ID) })
	}
	if kind == Objects {
		return page, s.disclose(ctx, ask.Reader, c, page.Entries)
	}
	return page, nil
}

func specOf(e *indexed) string {
	if e.old {
		return "2.0"
	}
	return "2.1"
}

// fill reads what the index does not hold of some entries.
func (s *Store) fill(ctx context.Context, entries []Entry, bodies bool) error {
	if len(entries) == 0 {
		return nil
	}
	places := make(map[int64][]int, len(entries))
	low, high := entries[0].Number, entries[0].Number
	for i, e := range entries {
		places[e.Number] = append(places[e.Number], i)
		low, high = min(low, e.Number), max(high, e.Number)
	}
	columns := "number, id, version"
	if bodies {
		columns += ", body"
	}
	read := func(tx *db.Tx, where string, args ...any) error {
		rows, err := tx.Query(ctx, "SELECT "+columns+" FROM sharing_object WHERE "+where, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var e Entry
			dest := []any{&e.Number, &e.ID, &e.Version}
			if bodies {
				dest = append(dest, &e.Body)
			}
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			for _, i := range places[e.Number] {
				entries[i].ID, entries[i].Version, entries[i].Body = e.ID, e.Version, e.Body
				if e.Version == "" {
					entries[i].Version = Instant(entries[i].Added)
				}
			}
		}
		return rows.Err()
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		if high-low < 2*int64(len(places)) {
			return read(tx, "number BETWEEN $1 AND $2", low, high)
		}
		numbers := make([]any, 0, len(places))
		for n := range places {
			numbers = append(numbers, n)
		}
		for part := range slices.Chunk(numbers, 500) {
			if err := read(tx, "number IN ("+db.Placeholders(1, len(part))+")", part...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("objects of a page: %w", err)
	}
	for i := range entries {
		if entries[i].ID == "" {
			return fmt.Errorf("object %d: %w", entries[i].Number, errDamaged)
		}
	}
	return nil
}

// Bundle is the newest versions of the objects of a collection that a reader may
// read, as a STIX bundle (2.1 section 8), byte for byte.
func (s *Store) Bundle(ctx context.Context, ask access.Ask, community, collection string) ([]byte, error) {
	out := []byte(`{"type":"bundle","id":"bundle--` + newUUID() + `","objects":[`)
	f := Filter{Limit: MaxPage}
	for first := true; ; {
		p, err := s.Page(ctx, ask, community, collection, Objects, f)
		if err != nil {
			return nil, err
		}
		for i := range p.Entries {
			if !first {
				out = append(out, ',')
			}
			first = false
			out = append(append(out, '\n'), p.Entries[i].Body...)
		}
		if f.Next = p.Next; !p.More {
			return append(out, "\n]}\n"...), nil
		}
	}
}
