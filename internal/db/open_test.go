package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/problem"
)

// run runs statements that are not part of any store, on a store.
func run(t testing.TB, d *db.DB, queries ...string) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, q := range queries {
			if _, err := tx.Exec(t.Context(), q); err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		url      string
		readOnly bool
		kind     problem.Kind
		want     string
	}{
		{"mysql://host/db", false, problem.Invalid, `unknown kind of store "mysql"`},
		{"", false, problem.Invalid, "unknown kind of store"},
		{"sqlite:", false, problem.Invalid, "no file"},
		{"sqlite:" + dir, false, problem.Invalid, "is a directory"},
		{"sqlite:" + text, false, problem.Invalid, "not a SQLite database"},
		{"sqlite:" + filepath.Join(text, "below"), false, problem.Unavailable, "not a directory"},
		{"sqlite:" + filepath.Join(dir, "absent.db"), true, problem.NotFound, "no store at"},
		{"postgres://u:hush@127.0.0.1:1/x", false, problem.Unavailable, "open store"},
		{"postgres://u:hush@127.0.0.1:port/x", false, problem.Invalid, "address of the store"},
	}
	for _, tt := range tests {
		_, err := db.Open(t.Context(), tt.url, db.Options{ReadOnly: tt.readOnly})
		if problem.KindOf(err) != tt.kind || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Open(%q) = %v (%s), want %s with %q", tt.url, err, problem.KindOf(err), tt.kind, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("Open(%q) shows the password: %v", tt.url, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "absent.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("opening for reading made a file: %v", err)
	}
}

func TestOpenAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		if _, err := db.Open(ctx, url, db.Options{ReadOnly: true}); problem.KindOf(err) != problem.NotFound {
			t.Errorf("an absent store opened for reading: %v", err)
		}
		d, err := db.Open(ctx, url, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		run(t, d, `INSERT INTO checkpoint (size, note, signed_at) VALUES (1, 'kept', 1)`)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}

		r, err := db.Open(ctx, url, db.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := notes(t, r); len(got) != 1 || got[0] != "kept" {
			t.Errorf("reopened store has %q", got)
		}
		if err := r.Write(ctx, func(*db.Tx) error { return nil }); problem.KindOf(err) != problem.Denied {
			t.Errorf("write to a store open for reading: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if err := r.Read(ctx, func(*db.Tx) error { return nil }); err == nil {
			t.Error("read from a closed store")
		}
	})
}

// A program does not touch a store that a newer one has migrated, and when
// opened for reading it does not migrate an older one.
func TestOpenOtherVersion(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		for step, want := range []string{"newer program", "open it for writing once"} {
			d, err := db.Open(ctx, url, db.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if step == 0 {
				run(t, d, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)`)
			} else {
				run(t, d, `DELETE FROM goose_db_version WHERE version_id > 1`)
			}
			d.Close()
			_, err = db.Open(ctx, url, db.Options{ReadOnly: true})
			if problem.KindOf(err) != problem.Conflict || !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("Open = %v, want a conflict with %q", err, want)
			}
			if step == 0 {
				if _, err = db.Open(ctx, url, db.Options{}); problem.KindOf(err) != problem.Conflict {
					t.Errorf("Open of a newer store for writing = %v", err)
				}
				undo(t, url)
			}
		}
	})
}

// undo takes out the version that TestOpenOtherVersion put in.
func undo(t *testing.T, url string) {
	t.Helper()
	raw := rawDB(t, url)
	defer raw.Close()
	if _, err := raw.ExecContext(t.Context(), `DELETE FROM goose_db_version WHERE version_id = 99`); err != nil {
		t.Fatal(err)
	}
}

func TestOpenForeignDatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		raw := rawDB(t, url)
		if _, err := raw.ExecContext(t.Context(), `CREATE TABLE customer (id BIGINT)`); err != nil {
			t.Fatal(err)
		}
		raw.Close()
		_, err := db.Open(t.Context(), url, db.Options{})
		if problem.KindOf(err) != problem.Conflict {
			t.Errorf("Open = %v, want a conflict", err)
		}
	})
}

// Nodes that start together on an empty database migrate it once.
func TestOpenTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				d, err := db.Open(context.Background(), url, db.Options{})
				if err != nil {
					t.Error(err)
					return
				}
				defer d.Close()
				var seeds int64
				err = d.Read(context.Background(), func(tx *db.Tx) error {
					return tx.QueryRow(context.Background(), `SELECT (SELECT count(*) FROM ledger_head) + (SELECT count(*) FROM audience)`).Scan(&seeds)
				})
				if err != nil || seeds != 2 {
					t.Errorf("%d seeded rows, %v; want 2", seeds, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "a store %41?#.db")
	d, err := db.Open(t.Context(), "sqlite:"+path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	run(t, d, `INSERT INTO checkpoint (size, note, signed_at) VALUES (1, 'x', 1)`)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s%s: %v, %v; want only its owner to read it", path, suffix, info, err)
		}
	}
}

// More statements than are kept prepared still work.
func TestManyStatements(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		d := open(t)
		ctx := t.Context()
		err := d.Read(ctx, func(tx *db.Tx) error {
			for i := range 1000 {
				var got int
				if err := tx.QueryRow(ctx, fmt.Sprintf("SELECT %d + CAST($1 AS BIGINT)", i%700), i).Scan(&got); err != nil {
					return err
				}
				if got != i+i%700 {
					t.Errorf("statement %d gave %d", i, got)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestListen(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		here, there := open(t), open(t)
		ctx, cancel := context.WithCancel(t.Context())
		woken := make(chan struct{}, 100)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			here.Listen(ctx, func() { woken <- struct{}{} })
		}()
		await := func(what string) {
			t.Helper()
			select {
			case <-woken:
			case <-time.After(10 * time.Second):
				t.Fatalf("not woken %s", what)
			}
		}
		if here.Engine() == "sqlite" {
			<-ended
			cancel()
			return
		}
		await("when listening began")
		if err := appendOne(ctx, there); err != nil {
			t.Fatal(err)
		}
		await("by another node's append")
		rolledBack := errors.New("no")
		there.Write(ctx, func(tx *db.Tx) error { return errors.Join(tx.Notify(ctx), rolledBack) })
		select {
		case <-woken:
			t.Error("woken by a transaction that was rolled back")
		case <-time.After(200 * time.Millisecond):
		}
		run(t, there, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query = 'LISTEN countersign' AND datname = current_database()`)
		await("after the connection broke")
		if err := appendOne(ctx, there); err != nil {
			t.Fatal(err)
		}
		await("by an append after that")
		cancel()
		<-ended
	})
}
