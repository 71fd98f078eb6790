package watch_test

import (
	"context"
	"slices"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/watch"
)

// TestOwnersWake lives through the days on which a party's owners change: a
// stake becomes known, the owner's owner is listed, and the stake is sold. What
// wakes the decision each time is no fact about the party itself.
func TestOwnersWake(t *testing.T) {
	s := openStage(t, t.TempDir(), "", "2021-01-10")
	w := s.watcher(watch.Options{})
	table := func(name, text string) {
		t.Helper()
		r, err := s.node.Import(context.Background(), access.Operator, []intake.File{{Name: name, Bytes: []byte(text)}}, node.ImportOptions{})
		if err != nil || len(r.Failed) > 0 {
			t.Fatal(err, r)
		}
	}
	table("works.csv", "owner,owned,economic\nMiddle Ltd,Owned Works,60\n")
	s.decide(access.Operator, "Owned Works", "procure")
	s.catchUp(w)

	s.clock.set("2021-01-20")
	table("middle.csv", "owner,owned,economic,valid_to\nFar Bank,Middle Ltd,50,2021-02-15\n")
	s.catchUp(w) // known, and of no consequence yet

	s.clock.set("2021-02-01")
	s.importYAML(`countersign: events/v1
id: far-bank
published: 2021-02-01
party: {id: far-bank, name: Far Bank, kind: organisation}
listings:
  - programme: us-ofac-sdn
    id: us-ofac-sdn:far-bank
    name: Far Bank
    events:
      - {kind: designated, date: 2021-02-01, authority: OFAC}
`, access.Public)
	s.catchUp(w)
	for _, day := range days("2021-02-02", "2021-02-16") {
		s.clock.set(day)
		s.catchUp(w)
	}
	got := tell(s.decisions(access.Operator))
	want := []string{
		"2021-01-10 operator allow -",
		"2021-02-01 watch deny 2021-02-15",
		"2021-02-15 watch allow -",
	}
	if !slices.Equal(got, want) {
		t.Errorf("decisions %q, want %q", got, want)
	}
}
