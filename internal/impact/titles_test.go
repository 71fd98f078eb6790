package impact

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
)

// named states how a release is called from a day on.
func (w *world) named(audience access.Audience, day access.Date, source, release, name string) {
	w.t.Helper()
	w.append(audience, ledger.Document{
		Kind: "software.sbom", Source: source, Mode: ledger.Snapshot, Published: day,
		Statements: []ledger.Statement{{Kind: software.FactRelease, Subject: release, Body: software.Release{Name: name, Version: name + "v", Supplier: source}}},
	})
}

// told is what a release is called by the facts that the ledger gives.
func (w *world) told(ask access.Ask, release string) Title {
	w.t.Helper()
	facts, err := w.ledger.Said(context.Background(), ask, []string{software.FactRelease}, release)
	if err != nil {
		w.t.Fatal(err)
	}
	var best *ledger.Fact
	for i := range facts {
		if best == nil || facts[i].Newer(best, ask.At.Known) {
			best = &facts[i]
		}
	}
	if best == nil {
		return Title{}
	}
	var r software.Release
	if err := best.Decode(&r); err != nil {
		w.t.Fatal(err)
	}
	return Title{r.Name, r.Version, r.Supplier}
}

// Titles from memory are those that the ledger's facts give, for every reader
// and moment, whatever came in which order.
func TestTitles(t *testing.T) {
	const first = access.Date("2024-01-01")
	acme := access.ForOrganisation("acme")
	r := rand.New(rand.NewPCG(5, 2024))
	w := newWorld(t, open(t))
	var releases []string
	for i := range 4 {
		releases = append(releases, fmt.Sprintf("pkg:oci/app%d@1", i))
	}
	for i := range 80 {
		audience := access.Public
		if r.IntN(4) == 0 {
			audience = acme
		}
		release := releases[r.IntN(3)] // nothing is said of the last
		w.named(audience, first.AddDays(r.IntN(30)), fmt.Sprint("source", r.IntN(2)), release, fmt.Sprint("name", i))
		if i%7 == 0 {
			if _, err := w.index.CatchUp(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	seen := map[Title]bool{}
	for range 400 {
		reader := access.Operator
		if r.IntN(2) == 0 {
			reader = access.Anonymous
		}
		ask := access.Ask{Reader: reader, At: access.At{Date: first, Known: first.AddDays(r.IntN(32) - 1), Position: 1 + int64(r.IntN(80))}}
		got, err := w.index.Titles(context.Background(), ask, releases)
		if err != nil {
			t.Fatal(err)
		}
		var want []Title
		for _, id := range releases {
			want = append(want, w.told(ask, id))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("at %+v:\n got %v\nwant %v", ask.At, got, want)
		}
		for _, title := range got {
			seen[title] = true
		}
	}
	if len(seen) < 20 {
		t.Errorf("%d titles in all answers: the test tests nothing", len(seen))
	}
}
