package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/problem"
	"github.com/google/go-cmp/cmp"
)

// put stores one checkpoint row, the simplest table with all three types.
func put(ctx context.Context, t *db.Tx, size int64, note string) error {
	_, err := t.Exec(ctx, `INSERT INTO checkpoint (size, note, signed_at) VALUES ($1, $2, $3)`, size, note, 7)
	return err
}

func notes(t *testing.T, d *db.DB) []string {
	t.Helper()
	var out []string
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(t.Context(), `SELECT note FROM checkpoint ORDER BY size`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			out = append(out, s)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWrite(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		if err := d.Write(ctx, func(tx *db.Tx) error { return put(ctx, tx, 1, "kept") }); err != nil {
			t.Fatal(err)
		}
		boom := errors.New("boom")
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := put(ctx, tx, 2, "undone by an error"); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Errorf("error of fn: %v, want %v", err, boom)
		}
		func() {
			defer func() {
				if r := recover(); r != "panic" {
					t.Errorf("recovered %v, want the panic of fn", r)
				}
			}()
			d.Write(ctx, func(tx *db.Tx) error {
				if err := put(ctx, tx, 3, "undone by a panic"); err != nil {
					return err
				}
				panic("panic")
			})
		}()
		if err := d.Write(ctx, func(tx *db.Tx) error { return put(ctx, tx, 4, "after") }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"kept", "after"}, notes(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

// A statement that fails dooms its transaction on both engines, even when the
// caller passes over the error.
func TestFailedStatementDooms(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := put(ctx, tx, 1, "first"); err != nil {
				return err
			}
			if put(ctx, tx, 1, "again") == nil {
				t.Error("second row with the same key was accepted")
			}
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "failed earlier") {
			t.Errorf("error = %v, want one that tells of the failed statement", err)
		}
		if got := notes(t, d); len(got) != 0 {
			t.Errorf("kept %q of a doomed transaction", got)
		}
	})
}

func TestSavepoint(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		boom := errors.New("boom")
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := put(ctx, tx, 1, "outer"); err != nil {
				return err
			}
			err := tx.Savepoint(ctx, func() error {
				if err := put(ctx, tx, 2, "undone"); err != nil {
					return err
				}
				return tx.Savepoint(ctx, func() error { return boom })
			})
			if !errors.Is(err, boom) {
				t.Errorf("error of fn: %v, want %v", err, boom)
			}
			err = tx.Savepoint(ctx, func() error { return put(ctx, tx, 1, "duplicate") })
			if err == nil {
				t.Error("duplicate was accepted")
			}
			return tx.Savepoint(ctx, func() error {
				err := tx.Savepoint(ctx, func() error { return put(ctx, tx, 1, "duplicate") })
				if err == nil {
					t.Error("duplicate was accepted")
				}
				return put(ctx, tx, 3, "inner")
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"outer", "inner"}, notes(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReadIsOneSnapshotAndCannotWrite(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		count := func(tx *db.Tx) (n int64) {
			if err := tx.QueryRow(ctx, `SELECT count(*) FROM checkpoint`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		err := d.Read(ctx, func(tx *db.Tx) error {
			before := count(tx)
			done := make(chan error)
			go func() { done <- d.Write(ctx, func(tx *db.Tx) error { return put(ctx, tx, 1, "later") }) }()
			if err := <-done; err != nil {
				return err
			}
			if after := count(tx); after != before {
				t.Errorf("snapshot grew from %d to %d rows", before, after)
			}
			return put(ctx, tx, 2, "from a reader")
		})
		if err == nil {
			t.Error("a reader could write")
		}
		if diff := cmp.Diff([]string{"later"}, notes(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStatementTerms(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		if err := d.Write(ctx, func(tx *db.Tx) error { return errors.Join(put(ctx, tx, 1, "a"), put(ctx, tx, 2, "b")) }); err != nil {
			t.Fatal(err)
		}
		tests := []struct {
			name string
			want string
			fn   func(tx *db.Tx) error
		}{
			{"rows left open", "still open", func(tx *db.Tx) error {
				rows, err := tx.Query(ctx, `SELECT size FROM checkpoint`)
				if err != nil {
					return err
				}
				rows.Next()
				return put(ctx, tx, 9, "x")
			}},
			{"rows left open at the end", "still open", func(tx *db.Tx) error {
				_, err := tx.Query(ctx, `SELECT size FROM checkpoint`)
				return err
			}},
			{"NUL", "NUL", func(tx *db.Tx) error { return put(ctx, tx, 9, "a\x00b") }},
			{"not UTF-8", "UTF-8", func(tx *db.Tx) error { return put(ctx, tx, 9, "a\xffb") }},
			{"NULL", "cannot store", func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO checkpoint (size, note, signed_at) VALUES ($1, $2, $3)`, 9, nil, 1)
				return err
			}},
			{"time", "cannot store", func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE checkpoint SET signed_at = $1`, time.Now())
				return err
			}},
			{"wrong type", "", func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO checkpoint (size, note, signed_at) VALUES ($1, $2, $3)`, 9, "n", "today")
				return err
			}},
			{"bytes in a column of text", "", func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO log_hash (idx, hash) VALUES ($1, $2)`, []byte{1}, []byte{1})
				return err
			}},
			{"insert of a short row", "row of 2 values for 3 columns", func(tx *db.Tx) error {
				return tx.Insert(ctx, "checkpoint", []string{"size", "note", "signed_at"}, slices.Values([][]any{{1, "x"}}))
			}},
			{"insert of NUL", "column note", func(tx *db.Tx) error {
				return tx.Insert(ctx, "checkpoint", []string{"size", "note", "signed_at"}, slices.Values([][]any{{1, "x\x00", 1}}))
			}},
		}
		for _, tt := range tests {
			err := d.Write(ctx, tt.fn)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error = %v, want one with %q", tt.name, err, tt.want)
			}
		}
		if diff := cmp.Diff([]string{"a", "b"}, notes(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

// One text serves both engines, where they might differ.
func TestSameAnswers(t *testing.T) {
	type name string
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		texts := []string{"a", "B", "_", "é", "zz", "Z", "小米", "\U0001F600", "", "ａ"}
		err := d.Write(ctx, func(tx *db.Tx) error {
			for i, s := range texts {
				if err := put(ctx, tx, int64(i), s); err != nil {
					return err
				}
			}
			var sum int64
			err := tx.QueryRow(ctx, `INSERT INTO checkpoint (size, note, signed_at) VALUES ($2, $3, CAST($1 AS BIGINT) + $1)
				ON CONFLICT (size) DO UPDATE SET signed_at = excluded.signed_at RETURNING signed_at`, 4, int32(1), name("named")).Scan(&sum)
			if err == nil && sum != 8 {
				t.Errorf("reused placeholder gave %d, want 8", sum)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		sorted := slices.Clone(texts)
		slices.Sort(sorted) // bytewise
		err = d.Read(ctx, func(tx *db.Tx) error {
			var got []string
			rows, err := tx.Query(ctx, `SELECT note FROM checkpoint ORDER BY note`)
			if err != nil {
				return err
			}
			for rows.Next() {
				var s string
				if err := rows.Scan(&s); err != nil {
					return err
				}
				got = append(got, s)
			}
			if diff := cmp.Diff(sorted, got); diff != "" {
				t.Errorf("order of text: %s", diff)
			}
			var none int64
			if err := tx.QueryRow(ctx, `SELECT size FROM checkpoint WHERE note = $1`, "absent").Scan(&none); !errors.Is(err, sql.ErrNoRows) {
				t.Errorf("no row gives %v, want sql.ErrNoRows", err)
			}
			var n int64
			err = tx.QueryRow(ctx, `SELECT count(*) FROM checkpoint WHERE note IN (`+db.Placeholders(1, 3)+`)`, "a", "小米", "no").Scan(&n)
			if n != 2 {
				t.Errorf("list after IN found %d, want 2", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestInsert(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		for _, n := range []int{0, 1, 99, 100, 101, 1234} {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				d := open(t)
				ctx := t.Context()
				rows := func(yield func([]any) bool) {
					row := make([]any, 3) // overwritten by the next
					for i := range n {
						row[0], row[1], row[2] = i, fmt.Sprintf("note %d", i), int64(i)*2
						if !yield(row) {
							return
						}
					}
				}
				err := d.Write(ctx, func(tx *db.Tx) error {
					return tx.Insert(ctx, "checkpoint", []string{"size", "note", "signed_at"}, rows)
				})
				if err != nil {
					t.Fatal(err)
				}
				var count, wrong int64
				err = d.Read(ctx, func(tx *db.Tx) error {
					return tx.QueryRow(ctx, `SELECT count(*), coalesce(sum(CASE WHEN note <> 'note ' || size OR signed_at <> 2 * size THEN 1 ELSE 0 END), 0) FROM checkpoint`).Scan(&count, &wrong)
				})
				if err != nil || count != int64(n) || wrong != 0 {
					t.Errorf("%d rows, %d wrong, %v; want %d", count, wrong, err, n)
				}
			})
		}
	})
}

// Positions taken under LockHead have no gaps, and a follower that polls for
// position > last never misses one.
func TestLockHeadOrdersAppends(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		nodes := []*db.DB{open(t), open(t)}
		const writers, each = 4, 25
		ctx := t.Context()
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for range each {
					if err := appendOne(ctx, nodes[w%len(nodes)]); err != nil {
						t.Error(err)
					}
				}
			})
		}
		var last int64
		deadline := time.Now().Add(30 * time.Second)
		for last < writers*each && time.Now().Before(deadline) && !t.Failed() {
			err := nodes[0].Read(ctx, func(tx *db.Tx) error {
				rows, err := tx.Query(ctx, `SELECT size FROM checkpoint WHERE size > $1 ORDER BY size`, last)
				if err != nil {
					return err
				}
				defer rows.Close()
				for rows.Next() {
					var p int64
					if err := rows.Scan(&p); err != nil {
						return err
					}
					if p != last+1 {
						t.Errorf("position %d follows %d", p, last)
					}
					last = p
				}
				return rows.Err()
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		wg.Wait()
		if last != writers*each {
			t.Errorf("followed to %d of %d", last, writers*each)
		}
	})
}

func appendOne(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		if err := tx.LockHead(ctx); err != nil {
			return err
		}
		var p int64
		if err := tx.QueryRow(ctx, `UPDATE ledger_head SET position = position + 1 WHERE id = 1 RETURNING position`).Scan(&p); err != nil {
			return err
		}
		if err := put(ctx, tx, p, "appended"); err != nil {
			return err
		}
		return tx.Notify(ctx)
	})
}

// Two transactions that lock two rows in opposite order deadlock on
// PostgreSQL; one is rolled back and tried again, so both succeed.
func TestDeadlockIsRetried(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		if err := d.Write(ctx, func(tx *db.Tx) error { return errors.Join(put(ctx, tx, 1, ""), put(ctx, tx, 2, "")) }); err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		both.Add(2)
		meet := func() { // waits for the other, as far as the engine lets it come
			both.Done()
			met := make(chan struct{})
			go func() { both.Wait(); close(met) }()
			select {
			case <-met:
			case <-time.After(200 * time.Millisecond):
			}
		}
		bump := func(first, second int64) error {
			var once sync.Once
			return d.Write(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, `UPDATE checkpoint SET signed_at = signed_at + 1 WHERE size = $1`, first); err != nil {
					return err
				}
				once.Do(meet)
				_, err := tx.Exec(ctx, `UPDATE checkpoint SET signed_at = signed_at + 1 WHERE size = $1`, second)
				return err
			})
		}
		errs := make(chan error, 2)
		go func() { errs <- bump(1, 2) }()
		go func() { errs <- bump(2, 1) }()
		if err := errors.Join(<-errs, <-errs); err != nil {
			t.Fatal(err)
		}
		var sum int64
		err := d.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT sum(signed_at) FROM checkpoint`).Scan(&sum)
		})
		if err != nil || sum != 2*7+4 {
			t.Errorf("sum = %d, %v; want %d", sum, err, 2*7+4)
		}
	})
}

func TestCancelledTransaction(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := put(ctx, tx, 1, "undone"); err != nil {
				return err
			}
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) || problem.KindOf(err) != problem.Unavailable {
			t.Errorf("error = %v, want cancelled", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		err = d.Read(ctx, func(tx *db.Tx) error {
			var n int64
			return tx.QueryRow(ctx, `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000000000) SELECT count(*) FROM c`).Scan(&n)
		})
		if err == nil || time.Since(start) > 5*time.Second {
			t.Errorf("long question ended after %v with %v, want it cut short", time.Since(start), err)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return put(t.Context(), tx, 2, "after") }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"after"}, notes(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTransactionIsOverAfterwards(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		for _, do := range []func(context.Context, func(*db.Tx) error) error{d.Read, d.Write} {
			var kept *db.Tx
			if err := do(t.Context(), func(tx *db.Tx) error { kept = tx; return nil }); err != nil {
				t.Fatal(err)
			}
			if err := put(t.Context(), kept, 1, "late"); !errors.Is(err, sql.ErrTxDone) {
				t.Errorf("statement after the end: %v", err)
			}
		}
	})
}
