package sharing

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/problem"
)

// Instant writes an instant as STIX and TAXII do, to the microsecond.
func Instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

type wayKey struct{}

// By notes in a context by which way what is read there is given: "taxii",
// "peer", "console", "api" or "cli". It stands in the log of disclosures.
func By(ctx context.Context, way string) context.Context {
	return context.WithValue(ctx, wayKey{}, way)
}

func wayOf(ctx context.Context) string {
	if way, ok := ctx.Value(wayKey{}).(string); ok {
		return way
	}
	return "api"
}

// disclose writes down that a reader is given these objects, before it is. Who
// holds the store has them already.
func (s *Store) disclose(ctx context.Context, reader access.Reader, c *Collection, entries []Entry) error {
	if len(entries) == 0 || reader.Operator {
		return nil
	}
	numbers := make([]int64, len(entries))
	for i, e := range entries {
		numbers[i] = e.Number
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	packed := binary.AppendUvarint(nil, uint64(len(numbers)))
	last := int64(0)
	for _, n := range numbers {
		packed = binary.AppendUvarint(packed, uint64(n-last))
		last = n
	}
	id := make([]byte, 12)
	rand.Read(id)
	at := s.micros()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO sharing_disclosure (id, at, member, organisations, way, collection, low, high, objects)
			SELECT $1, $2, $3, $4, $5, number, $6, $7, $8 FROM sharing_collection WHERE community = $9 AND id = $10`,
			hex.EncodeToString(id), at, reader.Member, strings.Join(reader.Organisations, " "), wayOf(ctx), numbers[0], last, packed, c.Community, c.ID)
		if err != nil {
			return fmt.Errorf("disclosure: %w", err)
		}
		return nil
	})
}

// unpack reads the numbers of a disclosure.
func unpack(b []byte) ([]int64, error) {
	count, n := binary.Uvarint(b)
	if n <= 0 || count > uint64(len(b)) {
		return nil, errDamaged
	}
	b = b[n:]
	out := make([]int64, 0, count)
	last := int64(0)
	for range count {
		d, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errDamaged
		}
		b, last = b[n:], last+int64(d)
		out = append(out, last)
	}
	return out, nil
}

// Recipients is who was given which version of an object, oldest first: whom a
// retraction has to reach. Only the organisation that shared it may ask, and
// whoever runs the node; for all others there is no such object.
func (s *Store) Recipients(ctx context.Context, ask access.Ask, id string) ([]Disclosure, error) {
	versions, err := s.versionsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	asked := map[int64]heldVersion{}
	low, high := int64(0), int64(0)
	for _, v := range versions {
		if !ask.Reader.Operator && !slices.Contains(ask.Reader.Organisations, v.source) {
			continue
		}
		if asked[v.number] = v; low == 0 {
			low = v.number
		}
		low, high = min(low, v.number), max(high, v.number)
	}
	if len(asked) == 0 {
		return nil, problem.New(problem.NotFound, "no object %q was shared by you", id)
	}
	out := []Disclosure{}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, `SELECT at, member, organisations, way, objects FROM sharing_disclosure WHERE low <= $1 AND high >= $2 ORDER BY at, id`, high, low)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var at int64
			var member, organisations, way string
			var packed []byte
			if err := rows.Scan(&at, &member, &organisations, &way, &packed); err != nil {
				return err
			}
			numbers, err := unpack(packed)
			if err != nil {
				return err
			}
			for number, v := range asked {
				if _, has := slices.BinarySearch(numbers, number); has {
					out = append(out, Disclosure{Object: id, Version: v.version, Source: v.source, Member: member, Organisations: strings.Fields(organisations), At: timeOf(at), Way: way})
				}
			}
		}
		return rows.Err()
	})
	slices.SortStableFunc(out, func(a, b Disclosure) int { return a.At.Compare(b.At) })
	return out, err
}

// heldVersion is a version of an object that is held, whoever may see it.
type heldVersion struct {
	number                      int64
	id, version, digest, source string
	document                    int64
}

// versionsOf is all versions of an object, by number.
func (s *Store) versionsOf(ctx context.Context, id string) (out []heldVersion, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = versionsIn(ctx, tx, []string{id})
		return err
	})
	return out, err
}

// versionsIn is all versions of some objects, by number.
func versionsIn(ctx context.Context, tx *db.Tx, ids []string) (out []heldVersion, err error) {
	wanted := map[string]bool{}
	hashes := make([]any, 0, len(ids))
	for _, id := range ids {
		if !wanted[id] {
			wanted[id] = true
			hashes = append(hashes, hashOf(id))
		}
	}
	for part := range slices.Chunk(hashes, 500) {
		rows, err := tx.Query(ctx, `SELECT number, id, version, digest, source, document FROM sharing_object WHERE hash IN (`+db.Placeholders(1, len(part))+`) ORDER BY number`, part...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var v heldVersion
			if err := rows.Scan(&v.number, &v.id, &v.version, &v.digest, &v.source, &v.document); err != nil {
				rows.Close()
				return nil, err
			}
			if wanted[v.id] {
				out = append(out, v)
			}
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return out, nil
}
