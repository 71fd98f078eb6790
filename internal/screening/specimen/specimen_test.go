package specimen

import (
	"slices"
	"testing"

	"countersign.dev/internal/party"
)

func TestNamesAreTheSameEachTime(t *testing.T) {
	a, b := slices.Collect(Names(500)), slices.Collect(Names(500))
	if !slices.Equal(a, b) {
		t.Error("two runs differ")
	}
	kinds := map[party.Kind]int{}
	for _, n := range a {
		kinds[n.Kind]++
		if n.Text == "" {
			t.Errorf("an empty name: %+v", n)
		}
	}
	for _, k := range []party.Kind{party.Person, party.Organisation, party.Vessel} {
		if kinds[k] == 0 {
			t.Errorf("no %s among %d names", k, len(a))
		}
	}
	if len(a) < 700 {
		t.Errorf("%d names of 500 entries, want some aliases", len(a))
	}
}

func TestQueriesAreOfEverySort(t *testing.T) {
	listed := map[string]bool{}
	for n := range Names(300) {
		listed[n.Text] = true
	}
	exact := 0
	queries := Queries(300, 400)
	for _, q := range queries {
		if listed[q.Text] {
			exact++
		}
	}
	if exact < 30 || exact > 200 {
		t.Errorf("%d of %d queries are names as listed, want some", exact, len(queries))
	}
}
