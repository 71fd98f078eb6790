package impact

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
)

// world is a ledger that bills and advisories go into, what they say by now,
// and an index that follows it.
type world struct {
	t       *testing.T
	ledger  *ledger.Ledger
	index   *Index
	deltas  []Delta
	bills   map[string]software.Contents
	advices map[string]Advice
	serial  int
}

func newWorld(t *testing.T, store *db.DB) *world {
	t.Helper()
	w := &world{t: t, ledger: ledger.New(store, ledger.Options{}), bills: map[string]software.Contents{}, advices: map[string]Advice{}}
	t.Cleanup(func() { w.ledger.Close() })
	w.index = New(w.ledger, func(d Delta) { w.deltas = append(w.deltas, d) })
	return w
}

// append puts a document into the ledger and gives its position.
func (w *world) append(audience access.Audience, doc ledger.Document) int64 {
	w.t.Helper()
	w.serial++
	doc.Bytes, doc.Name = fmt.Append(nil, w.serial), "document"
	if _, err := w.ledger.Append(context.Background(), ledger.Edition{Documents: []ledger.Document{doc}, Audience: audience}); err != nil {
		w.t.Fatal(err)
	}
	head, err := w.ledger.Head(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return head.Position
}

func packed(t *testing.T, purls ...string) software.Contents {
	t.Helper()
	direct := make([]bool, len(purls))
	for i := range purls {
		direct[i] = strings.HasPrefix(purls[i], "!")
		purls[i] = strings.TrimPrefix(purls[i], "!")
	}
	c, err := software.Pack(purls, direct)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// bill states what a release contains from a day on.
func (w *world) bill(audience access.Audience, day access.Date, release string, purls ...string) int64 {
	w.t.Helper()
	c := packed(w.t, purls...)
	w.bills[release] = c
	return w.append(audience, ledger.Document{
		Kind: "software.sbom", Source: "sbom/" + release, Mode: ledger.Snapshot, Published: day,
		Statements: []ledger.Statement{{Kind: software.FactContents, Subject: release, Body: c}},
	})
}

// advise states an advisory from a day on.
func (w *world) advise(audience access.Audience, day access.Date, a Advice) int64 {
	w.t.Helper()
	w.advices[a.Record.ID] = a
	return w.append(audience, ledger.Document{
		Kind: "advisory.osv", Source: "osv/test", Part: a.Record.ID, Mode: ledger.Increment, Published: day,
		Statements: advisory.Statements(&a.Record, slices.Clone(a.Affected), day),
	})
}

func (w *world) now() access.Ask {
	return access.Ask{Reader: access.Operator, At: access.At{Date: "2031-01-01", Known: "2031-01-01", Position: access.Now}}
}

// state is what concerns each release now, as the index says.
func (w *world) state() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	err := w.index.Each(context.Background(), w.now(), func(f *Found) error {
		out[f.Release] = line(f)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// scanned is the same as a full scan says.
func (w *world) scanned() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	bills := func(yield func(string, software.Contents) bool) {
		for _, release := range slices.Sorted(maps.Keys(w.bills)) {
			if !yield(release, w.bills[release]) {
				return
			}
		}
	}
	err := Scan(context.Background(), bills, slices.Collect(maps.Values(w.advices)), func(f *Found) error {
		out[f.Release] = line(f)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func line(f *Found) string {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func affects(name, introduced, fixed string) advisory.Affected {
	events := []advisory.Event{{Introduced: introduced}}
	if fixed != "" {
		events = append(events, advisory.Event{Fixed: fixed})
	}
	return advisory.Affected{Ecosystem: "Go", Name: name, Ranges: []advisory.Range{{Type: "SEMVER", Events: events}}}
}

// draw makes changes to the world at random: bills and advisories that come,
// change, take things back and are withdrawn.
func (w *world) draw(r *rand.Rand, day access.Date) int64 {
	if r.IntN(2) == 0 {
		release := fmt.Sprintf("pkg:oci/app%d@1", r.IntN(5))
		var purls []string
		for p := range 4 {
			if v := r.IntN(5); v > 0 {
				purls = append(purls, fmt.Sprintf("%spkg:golang/example.com/p%d@v1.%d.0", []string{"", "!"}[r.IntN(2)], p, v))
			}
		}
		if r.IntN(4) == 0 {
			purls = append(purls, "pkg:golang/example.com/p0@(devel)", "pkg:deb/debian/zlib@1:1.2?arch=all")
		}
		return w.bill(access.Public, day, release, purls...)
	}
	n := r.IntN(6)
	a := Advice{Record: advisory.Record{ID: fmt.Sprintf("GO-%d", n), Modified: string(day)}}
	if n%2 == 0 {
		a.Record.ID = fmt.Sprintf("GHSA-%d", n)
	}
	for range r.IntN(3) {
		a.Record.Aliases = append(a.Record.Aliases, fmt.Sprintf("CVE-%d", r.IntN(3)))
	}
	for range r.IntN(3) {
		from := r.IntN(4)
		a.Affected = append(a.Affected, affects(fmt.Sprintf("example.com/P%d", r.IntN(4)), fmt.Sprintf("1.%d.0", from), fmt.Sprintf("1.%d.0", from+1+r.IntN(3))))
	}
	if r.IntN(5) == 0 {
		a.Record.Withdrawn = string(day)
	}
	return w.advise(access.Public, day, a)
}

// What the index says must be what a full scan says, however the changes came
// and however often it looked. And what it said once it must say again when it
// is asked about then, by position or by day, though it then knows more.
func TestIndexIsAFullScan(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, open(t))
			r := rand.New(rand.NewPCG(seed, 4))
			type past struct {
				position int64
				day      access.Date
				state    map[string]string
			}
			var history []past
			day := access.Date("2024-01-01")
			for range 40 {
				position := w.draw(r, day)
				if r.IntN(3) == 0 {
					history = append(history, past{position, day, w.state()})
					if diff := cmp.Diff(w.scanned(), history[len(history)-1].state); diff != "" {
						t.Fatalf("at position %d (-scan +index):\n%s", position, diff)
					}
				}
				day = day.AddDays(1)
			}
			for _, h := range history {
				w.same(h.state, access.At{Date: day, Known: "2031-01-01", Position: h.position})
				w.same(h.state, access.At{Date: day, Known: h.day, Position: access.Now})
			}
		})
	}
}

// same checks what concerned each release at a moment.
func (w *world) same(want map[string]string, at access.At) {
	w.t.Helper()
	for release := range w.bills {
		f, err := w.index.Findings(context.Background(), access.Ask{Reader: access.Operator, At: at}, release)
		got := ""
		if err == nil {
			got = line(f)
		}
		if diff := cmp.Diff(want[release], got); diff != "" {
			w.t.Fatalf("%s as of %+v (-then +now): %v\n%s", release, at, err, diff)
		}
	}
}

// A delta names every release whose findings became others, and what it says
// of a component turns how things were into how they are.
func TestDeltaTellsWhatChanged(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, open(t))
			r := rand.New(rand.NewPCG(seed, 7))
			before, day := w.state(), access.Date("2024-01-01")
			changes := 0
			for range 30 {
				was := w.verdicts()
				w.draw(r, day)
				w.deltas = nil
				after := w.state()
				told := map[string]bool{}
				for _, d := range w.deltas {
					for _, release := range d.Releases {
						told[release] = true
					}
					for _, c := range d.Changes {
						changes++
						if diff := cmp.Diff(was[c.Component+" "+c.Advisory], text(c.Before)); diff != "" {
							t.Errorf("%s of %s, before: %s", c.Advisory, c.Component, diff)
						}
						was[c.Component+" "+c.Advisory] = text(c.After)
					}
				}
				for release := range after {
					if before[release] != after[release] && !told[release] {
						t.Fatalf("%s changed and nobody was told:\n%s", release, cmp.Diff(before[release], after[release]))
					}
				}
				is := w.verdicts()
				for key := range was {
					if diff := cmp.Diff(is[key], was[key]); diff != "" {
						t.Fatalf("%s: with what was told (-is +told): %s", key, diff)
					}
				}
				before, day = after, day.AddDays(1)
			}
			if changes == 0 {
				t.Error("nothing changed in thirty days: the test tests nothing")
			}
		})
	}
}

func text(v Verdict) string {
	if v.State == advisory.NotAffected {
		return ""
	}
	return fmt.Sprint(v.State, v.Fixed, v.Aliases)
}

// verdicts is what each advisory means for each component that any release
// ever had, worked out from what is said by now. Those that mean nothing are "".
func (w *world) verdicts() map[string]string {
	out := map[string]string{}
	for n := range w.index.components.len() {
		identity := w.index.components.purls.at(uint32(n))
		for id, a := range w.advices {
			key, v := identity+" "+id, Verdict{State: advisory.NotAffected}
			for _, k := range advisory.KeysOf(identity, nil) {
				for i := range a.Affected {
					if j := a.Affected[i].Judge(k.Version); advisory.TermOf(&a.Affected[i]) == k.Term && j.State != advisory.NotAffected && a.Record.Withdrawn == "" {
						v.State = j.State
						v.Fixed, v.Aliases = union(v.Fixed, j.Fixed), slices.Sorted(slices.Values(a.Record.Aliases))
					}
				}
			}
			out[key] = text(v)
		}
	}
	return out
}

func open(t *testing.T) *db.DB {
	t.Helper()
	store, err := db.Open(context.Background(), dbtest.URL(t, "sqlite"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}
