package node

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/db/dbtest"
)

// Who is concerned is the same from the store alone, from an index that was
// built, and from one that another process left behind.
func TestPortfolioIsKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		data := t.TempDir()
		n := openNode(t, data, url)
		if r, err := n.ImportDemo(t.Context()); err != nil || len(r.Failed) > 0 {
			t.Fatal(err, r)
		}
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		n = openNode(t, data, url) // one that has not looked at the portfolio yet, as labels had it
		names := []string{"Orion Platform", "Harrow Payroll Systems"}
		ask := func(n *Node, subjects ...string) (out []*Impact) {
			t.Helper()
			for _, subject := range subjects {
				got, err := n.Impact(t.Context(), on("2021-12-13"), subject, 0, 0)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, got)
			}
			return out
		}
		stored := ask(n, names...)
		if n.portfolio.Position() != 0 {
			t.Error("a question about a name built an index of all")
		}
		weakness := ask(n, "CVE-2021-44228")
		if len(weakness[0].Releases) == 0 || len(stored[0].Releases) == 0 {
			t.Fatalf("%+v, %+v: the test tests nothing", weakness[0], stored[0])
		}
		if diff := cmp.Diff(stored, ask(n, names...)); diff != "" {
			t.Errorf("by name (-store +index):\n%s", diff)
		}
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(data, portfolioFile)); err != nil {
			t.Fatalf("nothing was kept: %v", err)
		}

		var log bytes.Buffer
		next, err := Open(context.Background(), Options{Data: data, DB: url, ReadOnly: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer next.Close()
		if diff := cmp.Diff(weakness, ask(next, "CVE-2021-44228")); diff != "" {
			t.Errorf("by weakness (-built +kept):\n%s", diff)
		}
		if next.portfolio.Kept() == 0 {
			t.Errorf("what was kept was not taken: %s", &log)
		}
		if diff := cmp.Diff(stored, ask(next, names...)); diff != "" {
			t.Errorf("by name (-store +kept):\n%s", diff)
		}
	})
}

// A running node has the portfolio ready before anybody asks.
func TestPortfolioFollows(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	if err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := n.ImportDemo(t.Context()); err != nil || len(r.Failed) > 0 {
		t.Fatal(err, r)
	}
	head, err := n.Ledger.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(20 * time.Second); n.portfolio.Position() < head.Position; {
		if time.Now().After(until) {
			t.Fatalf("the portfolio is at %d, the ledger at %d", n.portfolio.Position(), head.Position)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
