package watch_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/watch"
)

// listed is an event file about one of many parties.
func listed(n int, day access.Date, event string) string {
	return fmt.Sprintf(`countersign: events/v1
id: %s-%d
published: %s
party: {id: maker-%d, name: Maker %d, kind: organisation}
listings:
  - {programme: us-dod-1237, id: "us-dod-1237:maker-%d", name: Maker %d, events: [{kind: %s, date: %s}]}
`, strings.ReplaceAll(event, "_", "-"), n, day, n, n, n, n, event, day)
}

// TestTwoWatchers has two nodes on one store watch at the same time, while a
// third one imports. Each change is recorded once, and told once.
func TestTwoWatchers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		data := t.TempDir()
		s := openStage(t, data, url, "2021-01-13")
		const parties = 6
		var told sync.Map // by digest
		var watchers []*watch.Watcher
		for range 2 {
			n := openNode(t, data, url, s.clock)
			watchers = append(watchers, n.NewWatcher(watch.Options{Batch: 2, OnChange: []func(watch.Change){func(c watch.Change) {
				if _, again := told.LoadOrStore(c.Digest, true); again {
					t.Errorf("%s: told twice", c.Digest)
				}
			}}}))
		}
		for i := range parties {
			s.decide(access.Operator, fmt.Sprint("Maker ", i), "invest")
		}
		catchUp := func(also func()) {
			var all sync.WaitGroup
			for _, w := range watchers {
				all.Go(func() {
					if err := w.CatchUp(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Go(also)
			all.Wait()
			for _, w := range watchers { // what came after they were done
				s.catchUp(w)
			}
		}
		imports := func(event string) func() {
			return func() {
				for i := range parties {
					s.importYAML(listed(i, s.clock.today(), event), access.Public)
				}
			}
		}
		s.clock.set("2021-01-14")
		catchUp(imports("designated"))
		s.clock.set("2021-02-10")
		catchUp(imports("stayed"))
		s.clock.set("2021-02-20")
		catchUp(imports("stay_lifted"))
		s.clock.set("2021-03-15") // the prohibition begins, by the calendar alone
		catchUp(func() {})

		verdicts := map[string][]string{}
		last := map[string]string{}
		recorded := 0
		for _, d := range s.decisions(access.Operator) {
			if d.Actor == watch.Actor {
				recorded++
			}
			if g := gist(d.Recorded); g == last[d.question()] {
				t.Errorf("%s is recorded twice on %s:\n%s", d.question(), d.At, g)
			} else {
				last[d.question()] = g
			}
			verdicts[d.question()] = append(verdicts[d.question()], string(d.Verdict))
		}
		for question, list := range verdicts {
			if got := strings.Join(list, " "); got != "review review review review deny" {
				t.Errorf("%s: %s", question, got)
			}
		}
		if sum := watchers[0].Stats().Changes + watchers[1].Stats().Changes; sum != int64(recorded) || recorded != 4*parties {
			t.Errorf("%d decisions recorded, %d changes told; want %d of both", recorded, sum, 4*parties)
		}
	})
}

// TestRun has the watch run by itself: it wakes when the ledger grows, and on
// the day that the calendar says.
func TestRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		s := openStage(t, t.TempDir(), url, "2021-01-14")
		ring, waits := make(chan time.Time), make(chan time.Duration, 1000)
		changes := make(chan watch.Change, 10)
		w := s.watcher(watch.Options{
			After:    func(d time.Duration) <-chan time.Time { waits <- d; return ring },
			OnChange: []func(watch.Change){func(c watch.Change) { changes <- c }},
		})
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); w.Run(ctx) }()
		next := func(what string) watch.Change {
			t.Helper()
			select {
			case c := <-changes:
				return c
			case <-time.After(10 * time.Second):
				t.Fatalf("%s: no change after ten seconds", what)
				return watch.Change{}
			}
		}
		s.decide(access.Operator, "Xiaomi Corporation", "invest")
		for w.Stats().Asked == 0 {
			time.Sleep(time.Millisecond)
		}
		s.importYAML(xiaomiFiles["2021-01-14"], access.Public)
		if got := describe(next("designation")); got != "2021-01-14 Xiaomi Corporation: review, now review until 2021-03-15" {
			t.Error(got)
		}
		s.clock.set("2021-03-14")
		ring <- time.Time{} // a minute has passed, and it is not yet the day
		s.clock.set("2021-03-15")
		ring <- time.Time{}
		if got := describe(next("prohibition")); got != "2021-03-15 Xiaomi Corporation: review, now deny until 2022-01-14" {
			t.Error(got)
		}
		stop()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Fatal("the watch goes on after its context has ended")
		}
		close(waits)
		for d := range waits {
			if d < 0 || d > time.Minute {
				t.Errorf("waits for %s; want at most a minute, for the clock may be set", d)
			}
		}
	})
}

// TestNodeWatches has a started node own the watch, and end it.
func TestNodeWatches(t *testing.T) {
	s := openStage(t, t.TempDir(), "", "2021-01-14")
	if _, ok := s.node.Watching(); ok {
		t.Error("a node watches that was not told to")
	}
	if err := s.node.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := s.node.Watch(context.Background(), watch.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := s.node.Watch(context.Background(), watch.Options{}); err == nil {
		t.Error("a node watches twice")
	}
	s.importYAML(xiaomiFiles["2021-01-14"], access.Public)
	s.decide(access.Operator, "Xiaomi Corporation", "invest")
	deadline := time.Now().Add(10 * time.Second)
	for {
		stats, _ := s.node.Watching()
		if stats.Watched == 1 && stats.Due == 0 && stats.NextWake == "2021-03-15" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the watch stands at %+v", stats)
		}
		time.Sleep(time.Millisecond)
	}
	if err := s.node.Close(); err != nil {
		t.Fatal(err)
	}
}
