package node

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/watch"
	"countersign.dev/internal/watchlist"
)

const stayedAcme = `countersign: events/v1
id: acme
published: 2021-01-02
party: {id: acme-works, name: Acme Works, kind: organisation}
listings:
  - programme: us-dod-1237
    id: us-dod-1237:acme
    name: Acme Works
    events: [{kind: designated, date: 2021-01-02, what: put on the list}]
`

func importYAML(t testing.TB, n *Node, text string) {
	t.Helper()
	r, err := n.Import(context.Background(), access.Operator, []intake.File{{Name: "e.yaml", Bytes: []byte(text)}}, ImportOptions{})
	if err != nil || len(r.Failed) > 0 {
		t.Fatal(err, r)
	}
}

func acmeWatched(t testing.TB, n *Node) {
	t.Helper()
	audience := access.Public
	l := NewWatchList{Name: "all", Audience: &audience, File: "all.csv", CSV: []byte("id,name\n1,Acme Works\n2,Nobody\n")}
	if _, err := n.SetWatchList(context.Background(), access.Operator, l); err != nil {
		t.Fatal(err)
	}
}

// TestServersScreenWatchLists has two nodes on one store that watch: a list that
// is new and facts that change are screened without anybody asking, and each
// report is recorded once.
func TestServersScreenWatchLists(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		data := t.TempDir()
		ctx := context.Background()
		nodes := []*Node{openNode(t, data, url), openNode(t, data, url)}
		for _, n := range nodes {
			if err := n.Start(ctx); err != nil {
				t.Fatal(err)
			}
			if err := n.Watch(ctx, watch.Options{Logger: slog.New(slog.DiscardHandler)}); err != nil {
				t.Fatal(err)
			}
		}
		wait := func(runs int) []watchlist.Recorded {
			t.Helper()
			deadline := time.Now().Add(20 * time.Second)
			for {
				got, err := nodes[0].WatchListRuns(ctx, access.Anonymous, "all", watchlist.Since{})
				if err != nil {
					t.Fatal(err)
				}
				if len(got) >= runs {
					return got
				}
				if time.Now().After(deadline) {
					t.Fatalf("%d runs, want %d", len(got), runs)
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
		acmeWatched(t, nodes[0])
		wait(1)
		importYAML(t, nodes[1], stayedAcme)
		runs := wait(2)
		last := runs[len(runs)-1]
		if len(last.Changes) != 1 || last.Changes[0].Change != watchlist.Appeared || last.Changes[0].ID != "1" || last.Counts.Screened != 1 {
			t.Errorf("the last run tells %+v", last.Report)
		}
		time.Sleep(300 * time.Millisecond) // for the other node to have its say
		entries, err := nodes[0].List(ctx, access.Ask{Reader: access.Operator}, ledger.Filter{Kind: watchlist.KindReport})
		if err != nil || len(entries) != 2 {
			t.Errorf("%d reports, want 2: %v", len(entries), err)
		}
	})
}

// TestRunsAtOnce has many runs of one list at the same moment: they come to one
// report.
func TestRunsAtOnce(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	acmeWatched(t, n)
	importYAML(t, n, stayedAcme)
	digests := make([]string, 8)
	var running sync.WaitGroup
	for i := range digests {
		running.Go(func() {
			r, err := n.RunWatchList(context.Background(), access.Operator, "all", nil)
			if err != nil {
				t.Error(err)
				return
			}
			digests[i] = r.Digest
		})
	}
	running.Wait()
	for _, d := range digests {
		if d != digests[0] {
			t.Errorf("several reports: %v", digests)
		}
	}
}

// TestOwnWatchLists: what an organisation watches, and what it is told, nobody
// else learns of; and it is told of nothing that its members could not find.
func TestOwnWatchLists(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	ctx := context.Background()
	member := func(org string) access.Reader {
		return access.Reader{Member: "m-" + org, Organisations: []string{org}, Roles: map[string]access.Role{org: access.RoleAnalyst}}
	}
	acme, cisa := member("acme"), member("cisa")
	for _, by := range []access.Reader{acme, cisa} {
		if _, err := n.SetWatchList(ctx, by, NewWatchList{Name: "all", File: "f.csv", CSV: []byte("name\nAcme Works\n")}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := n.Import(ctx, access.Operator, []intake.File{{Name: "e.yaml", Bytes: []byte(stayedAcme)}}, ImportOptions{Audience: access.ForOrganisation("cisa")})
	if err != nil || len(r.Failed) > 0 {
		t.Fatal(err, r)
	}
	for _, tt := range []struct {
		by       access.Reader
		appeared int
	}{{acme, 0}, {cisa, 1}} {
		run, err := n.RunWatchList(ctx, tt.by, "all", nil)
		if err != nil {
			t.Fatal(err)
		}
		if run.Counts.Appeared != tt.appeared {
			t.Errorf("%s is told of %d, want %d", tt.by.Member, run.Counts.Appeared, tt.appeared)
		}
	}
	for _, tt := range []struct {
		reader access.Reader
		lists  int
	}{{acme, 1}, {cisa, 1}, {access.Anonymous, 0}, {access.Operator, 2}} {
		lists, err := n.WatchLists(ctx, tt.reader)
		if err != nil || len(lists) != tt.lists {
			t.Errorf("%s sees %d lists, want %d: %v", tt.reader.Member, len(lists), tt.lists, err)
		}
	}
	if runs, err := n.RunWatchLists(ctx, access.Operator, nil); err != nil || len(runs) != 2 {
		t.Errorf("%d runs of both lists: %v", len(runs), err)
	}
	if _, err := n.RunWatchList(ctx, access.Operator, "all", nil); err == nil {
		t.Error("a name that two organisations use means one of them")
	}
}
