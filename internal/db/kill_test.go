package db_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

// writerVar makes the test binary a writer on the store it names, to be killed.
const writerVar = "COUNTERSIGN_TEST_WRITER"

func TestMain(m *testing.M) {
	if url := os.Getenv(writerVar); url != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled appends, and says each position when it is durable.
func writeUntilKilled(url string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, url, db.Options{})
	if err != nil {
		return err
	}
	for {
		var p int64
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := tx.LockHead(ctx); err != nil {
				return err
			}
			if err := tx.QueryRow(ctx, `UPDATE ledger_head SET position = position + 1 RETURNING position`).Scan(&p); err != nil {
				return err
			}
			// Two rows, of which a torn transaction would show one.
			return tx.Insert(ctx, "log_hash", []string{"idx", "hash"}, func(yield func([]any) bool) {
				_ = yield([]any{2 * p, make([]byte, 5000)}) && yield([]any{2*p + 1, []byte{1}})
			})
		})
		if err != nil {
			return err
		}
		if _, err := fmt.Println(p); err != nil {
			return err
		}
	}
}

// A writer that is killed leaves every transaction that it was told is
// committed, and of the others all or nothing.
func TestKill(t *testing.T) {
	rounds := 15
	if testing.Short() {
		rounds = 3
	}
	dbtest.Each(t, func(t *testing.T, url string) {
		var told int64
		for range rounds {
			told = max(told, killWriter(t, url))
			inspect(t, url, told)
			if t.Failed() {
				return
			}
		}
		t.Logf("%d kills, %d transactions", rounds, told)
	})
}

// killWriter runs a writer for a moment and returns the last position it told.
func killWriter(t *testing.T, url string) (last int64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerVar+"="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var timer *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if last, err = strconv.ParseInt(lines.Text(), 10, 64); err != nil {
			t.Errorf("writer said %q", lines.Text())
		}
		if timer == nil {
			timer = time.AfterFunc(rand.N(60*time.Millisecond), func() { cmd.Process.Kill() })
		}
	}
	if timer == nil {
		cmd.Process.Kill()
		t.Error("writer wrote nothing")
	}
	cmd.Wait()
	return last
}

func inspect(t *testing.T, url string, told int64) {
	t.Helper()
	ctx := t.Context()
	d, err := db.Open(ctx, url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var position, rows, top int64
	err = d.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT position, (SELECT count(*) FROM log_hash), (SELECT coalesce(max(idx), 1) FROM log_hash) FROM ledger_head`).Scan(&position, &rows, &top)
	})
	if err != nil {
		t.Fatal(err)
	}
	if position < told || rows != 2*position || top != 2*position+1 {
		t.Errorf("told of %d; position %d with %d rows up to %d", told, position, rows, top)
	}
	found, err := d.Check(ctx)
	// The positions have no documents here, which Check remarks.
	if err != nil || len(found) > 1 {
		t.Errorf("check: %q, %v", found, err)
	}
}
