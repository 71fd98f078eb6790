package db_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/problem"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// fill puts something into every kind of column.
func fill(t testing.TB, d *db.DB) {
	t.Helper()
	ctx := t.Context()
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return b
	}
	err := d.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Insert(ctx, "log_hash", []string{"idx", "hash"}, func(yield func([]any) bool) {
			for i := range 500 {
				if !yield([]any{i, noise(i % 40)}) {
					return
				}
			}
		}); err != nil {
			return err
		}
		if err := tx.Insert(ctx, "body", []string{"digest", "packed", "packed_sha256"}, slices.Values([][]any{
			{"sha256:a", noise(300_000), noise(32)}, {"sha256:b", []byte{}, []byte(nil)},
		})); err != nil {
			return err
		}
		for i, note := range []string{"", "a note\nof two lines", "小米 \U0001F600"} {
			if err := put(ctx, tx, int64(i)-1<<60, note); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `INSERT INTO audience (id, expr) VALUES (2, 'org:acme')`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// frames is what a backup says, without the compression.
func frames(t testing.TB, backup []byte) []byte {
	t.Helper()
	_, packed, _ := bytes.Cut(backup, []byte("\n"))
	z, err := zstd.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A backup of either engine restores into either, and says the same there.
func TestBackupCrossesEngines(t *testing.T) {
	ctx := t.Context()
	for _, from := range dbtest.URLs(t) {
		for _, to := range dbtest.URLs(t) {
			t.Run(fmt.Sprintf("%.6s to %.6s", from, to), func(t *testing.T) {
				if err := restoreFrom(ctx, t, from, to); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func restoreFrom(ctx context.Context, t *testing.T, from, to string) error {
	a, err := db.Open(ctx, from, db.Options{})
	if err != nil {
		return err
	}
	defer a.Close()
	if len(notes(t, a)) == 0 {
		fill(t, a)
	}
	var first, second bytes.Buffer
	if err := a.Backup(ctx, &first); err != nil {
		return err
	}
	if err := db.Restore(ctx, bytes.NewReader(first.Bytes()), to); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := db.Restore(ctx, bytes.NewReader(first.Bytes()), to); problem.KindOf(err) != problem.Conflict {
		t.Errorf("restored into a store that is not empty: %v", err)
	}
	b, err := db.Open(ctx, to, db.Options{})
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Backup(ctx, &second); err != nil {
		return err
	}
	if diff := cmp.Diff(notes(t, a), notes(t, b)); diff != "" {
		t.Error(diff)
	}
	// All but the header, which names the engine, and the sum.
	x, y := frames(t, first.Bytes()), frames(t, second.Bytes())
	x, y = x[bytes.IndexByte(x, 'T'):len(x)-32], y[bytes.IndexByte(y, 'T'):len(y)-32]
	if !bytes.Equal(x, y) {
		t.Errorf("backups differ: %d and %d bytes", len(x), len(y))
	}
	found, err := b.Check(ctx)
	if len(found) > 0 {
		t.Errorf("check after restore: %q", found)
	}
	return err
}

// A backup is one moment, whatever is written meanwhile.
func TestBackupIsConsistent(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if err := appendOne(ctx, d); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
		for range 5 {
			var b bytes.Buffer
			if err := d.Backup(ctx, &b); err != nil {
				t.Fatal(err)
			}
			copied := dbtest.URL(t, "sqlite")
			if err := db.Restore(ctx, &b, copied); err != nil {
				t.Fatal(err)
			}
			c, err := db.Open(ctx, copied, db.Options{ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			var position, rows int64
			err = c.Read(ctx, func(tx *db.Tx) error {
				return tx.QueryRow(ctx, `SELECT position, (SELECT count(*) FROM checkpoint) FROM ledger_head`).Scan(&position, &rows)
			})
			if err != nil || position != rows {
				t.Errorf("backup has position %d and %d rows, %v", position, rows, err)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		close(stop)
		wg.Wait()
	})
}

func TestRestoreRefusesWhatIsDamaged(t *testing.T) {
	ctx := t.Context()
	d := dbtest.Open(t, "sqlite")
	fill(t, d)
	var b bytes.Buffer
	if err := d.Backup(ctx, &b); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	pack := func(frames []byte) []byte {
		var out bytes.Buffer
		out.WriteString("countersign backup 1\n")
		z, _ := zstd.NewWriter(&out)
		z.Write(frames)
		z.Close()
		return out.Bytes()
	}
	inner := frames(t, good)
	flipped := slices.Clone(inner)
	flipped[len(flipped)/2] ^= 1 // in the noise of a body
	short := slices.Clone(inner[:len(inner)-33])
	tests := map[string][]byte{
		"empty":               {},
		"other file":          []byte("PK\x03\x04 something else entirely"),
		"only the first line": good[:21],
		"cut in the middle":   good[:len(good)/2],
		"cut at the end":      good[:len(good)-1],
		"flipped bit":         append(slices.Clone(good[:len(good)/2]), append([]byte{good[len(good)/2] ^ 4}, good[len(good)/2+1:]...)...),
		"flipped within":      pack(flipped),
		"without its end":     pack(short),
		"with more behind":    pack(append(slices.Clone(inner), 'x')),
		"newer schema":        pack([]byte("H\x0d{\"schema\":99}")),
		"no header":           pack([]byte("T\x02{}")),
		"unknown table":       pack([]byte("H\x0c{\"schema\":1}T\x0f{\"name\":\"goose\"}")),
		"huge value":          pack([]byte("H\xff\xff\xff\xff\xff\xff\x01{}")),
	}
	for name, damaged := range tests {
		t.Run(name, func(t *testing.T) {
			url := dbtest.URL(t, "sqlite")
			err := db.Restore(ctx, bytes.NewReader(damaged), url)
			if kind := problem.KindOf(err); kind != problem.Invalid && kind != problem.Conflict {
				t.Errorf("error = %v (%s), want one that says the backup is no good", err, kind)
			}
			t.Log(err)
			// Nothing stays behind that would keep the good one out.
			if err := db.Restore(ctx, bytes.NewReader(good), url); err != nil && !strings.Contains(name, "unknown") {
				t.Errorf("restore afterwards: %v", err)
			}
		})
	}
}

// Every table is either in the backup or left out on purpose.
func TestBackupKnowsAllTables(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		catalog := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version'`
		if d.Engine() == "postgres" {
			catalog = `SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'goose_db_version'`
		}
		var got []string
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			rows, err := tx.Query(t.Context(), catalog)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var name string
				if err := rows.Scan(&name); err != nil {
					return err
				}
				got = append(got, name)
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		copied, left := db.Tables()
		want := slices.Concat(copied, left)
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tables (-known +there):\n%s", diff)
		}
	})
}

// A backup that an older program made is brought up to date.
func TestRestoreOlderSchema(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, to string) {
		ctx := t.Context()
		old, err := db.OpenVersion(ctx, dbtest.URL(t, "sqlite"), db.Options{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer old.Close()
		fill(t, old)
		var b bytes.Buffer
		if err := old.Backup(ctx, &b); err != nil {
			t.Fatal(err)
		}
		if err := db.Restore(ctx, &b, to); err != nil {
			t.Fatal(err)
		}
		d, err := db.Open(ctx, to, db.Options{ReadOnly: true}) // which refuses an old schema
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if diff := cmp.Diff(notes(t, old), notes(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}
