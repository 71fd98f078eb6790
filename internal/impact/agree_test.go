package impact

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory/findings"
)

// The page of a release is made by package findings, from facts, and that of a
// portfolio by the index. They must not contradict one another.
func TestIndexAgreesWithFindings(t *testing.T) {
	compared := 0
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, open(t))
			r := rand.New(rand.NewPCG(seed, 17))
			day := access.Date("2024-01-01")
			for range 60 {
				w.draw(r, day)
				day = day.AddDays(1)
			}
			ask, err := w.ledger.Resolve(context.Background(), access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}})
			if err != nil {
				t.Fatal(err)
			}
			for _, release := range slices.Sorted(maps.Keys(w.bills)) {
				compared += w.agree(ask, release)
			}
		})
	}
	if compared == 0 {
		t.Error("no findings at all: the test tests nothing")
	}
}

// agree compares both for one release, and gives how many findings they have.
func (w *world) agree(ask access.Ask, release string) int {
	w.t.Helper()
	var components []findings.Component
	err := w.bills[release].Unpack(func(purl []byte, direct bool) error {
		components = append(components, findings.Component{Identity: string(purl), Direct: direct})
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	one, err := findings.Find(context.Background(), w.ledger, ask, findings.Target{ID: release}, components)
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := w.index.Findings(context.Background(), ask, release)
	if err != nil {
		w.t.Fatal(err)
	}
	var want, got []string
	for _, f := range one.Findings {
		want = append(want, fmt.Sprint(f.Component, f.Direct, f.Advisory, sorted(f.Aliases), f.State, sorted(f.Fixed), f.Weak))
	}
	for _, f := range all.Findings {
		got = append(got, fmt.Sprint(f.Component, f.Direct, f.Advisory, sorted(f.Aliases), f.State, sorted(f.Fixed), f.Weak))
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		w.t.Fatalf("%s (-findings +index):\n%s", release, diff)
	}
	return len(got)
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }
