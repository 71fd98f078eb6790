package db_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

func onEach(b *testing.B, fn func(b *testing.B, url string)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) { fn(b, dbtest.URL(b, engine)) })
	}
}

func openBench(b *testing.B, url string) *db.DB {
	d, err := db.Open(b.Context(), url, db.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	return d
}

var factColumns = []string{"id", "kind", "subject", "key", "term", "source", "part", "body", "valid_from", "valid_to", "basis",
	"published", "superseded", "known_from", "known_to", "document", "audience"}

// facts makes n rows like those of a sanctions list.
func facts(first, n int) func(func([]any) bool) {
	return func(yield func([]any) bool) {
		for i := first; i < first+n; i++ {
			if !yield([]any{i, "party.name", fmt.Sprintf("us-ofac-sdn:%d", i/4), fmt.Sprint(i % 4), fmt.Sprintf("name number %d", i), "us-ofac-sdn", "primary",
				fmt.Sprintf(`{"name":"Name Number %d","quality":"primary"}`, i), "2021-01-14", "9999-12-31", "first_seen",
				"2021-01-14", "9999-12-31", 1, int64(1) << 62, 1, 1}) {
				return
			}
		}
	}
}

// Opening a store that is up to date, and asking it one question.
func BenchmarkOpen(b *testing.B) {
	onEach(b, func(b *testing.B, url string) {
		openBench(b, url)
		for b.Loop() {
			d, err := db.Open(b.Context(), url, db.Options{})
			if err != nil {
				b.Fatal(err)
			}
			err = d.Read(b.Context(), func(tx *db.Tx) error {
				var p int64
				return tx.QueryRow(b.Context(), `SELECT position FROM ledger_head`).Scan(&p)
			})
			if err != nil {
				b.Fatal(err)
			}
			d.Close()
		}
	})
}

// One row by its key, each in a transaction of its own, and many in one.
func BenchmarkPointRead(b *testing.B) {
	onEach(b, func(b *testing.B, url string) {
		d := openBench(b, url)
		ctx := b.Context()
		const n = 100_000
		if err := d.Write(ctx, func(tx *db.Tx) error { return tx.Insert(ctx, "fact", factColumns, facts(0, n)) }); err != nil {
			b.Fatal(err)
		}
		read := func(tx *db.Tx, i int) error {
			var body string
			return tx.QueryRow(ctx, `SELECT body FROM fact WHERE id = $1`, i*7919%n).Scan(&body)
		}
		b.Run("each", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if err := d.Read(ctx, func(tx *db.Tx) error { return read(tx, i) }); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("within", func(b *testing.B) {
			err := d.Read(ctx, func(tx *db.Tx) error {
				for i := 0; b.Loop(); i++ {
					if err := read(tx, i); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		})
		b.Run("parallel", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					if err := d.Read(ctx, func(tx *db.Tx) error { return read(tx, i) }); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	})
}

// One small row, durable.
func BenchmarkCommit(b *testing.B) {
	onEach(b, func(b *testing.B, url string) {
		d := openBench(b, url)
		var i int64
		for b.Loop() {
			i++
			if err := d.Write(b.Context(), func(tx *db.Tx) error { return put(b.Context(), tx, i, "note") }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// What the disk allows: the bare loop that commits are measured against.
func BenchmarkBareSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	for b.Loop() {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

// A list of 20,000 facts, with all indexes, in one transaction.
func BenchmarkInsertFacts(b *testing.B) {
	onEach(b, func(b *testing.B, url string) {
		d := openBench(b, url)
		const n = 20_000
		first := 0
		for b.Loop() {
			if err := d.Write(b.Context(), func(tx *db.Tx) error { return tx.Insert(b.Context(), "fact", factColumns, facts(first, n)) }); err != nil {
				b.Fatal(err)
			}
			first += n
		}
		b.ReportMetric(float64(first)/b.Elapsed().Seconds(), "rows/s")
	})
}

// A store of 100,000 facts.
func BenchmarkBackup(b *testing.B) {
	onEach(b, func(b *testing.B, url string) {
		d := openBench(b, url)
		ctx := context.Background()
		if err := d.Write(ctx, func(tx *db.Tx) error { return tx.Insert(ctx, "fact", factColumns, facts(0, 100_000)) }); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := d.Backup(ctx, io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
}
