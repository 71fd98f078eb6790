package screening_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/screening/match"
)

// history is a ledger's facts as an index follows them. A real ledger is
// followed in package node's tests; here any history can be drawn.
type history struct {
	position int64
	facts    []ledger.Fact
}

func (h *history) Head(context.Context) (ledger.Head, error) {
	return ledger.Head{Position: h.position, FactsPosition: h.position}, nil
}

func (h *history) Changes(_ context.Context, _ []string, after, upto int64, opened func(*ledger.Fact) error, closed func(id, at int64) error) error {
	for i := range h.facts {
		f := h.facts[i]
		if f.KnownFrom > after && f.KnownFrom <= upto {
			if err := opened(&f); err != nil {
				return err
			}
		}
	}
	for _, f := range h.facts {
		if f.KnownTo > after && f.KnownTo <= upto {
			if err := closed(f.ID, f.KnownTo); err != nil {
				return err
			}
		}
	}
	return nil
}

// add draws the facts of one more position: names and entries, and the end of
// some names that were held.
func (h *history) add(t *rapid.T) {
	h.position++
	names := rapid.SliceOfN(rapid.SampledFrom([]string{
		"Ivan PETROV", "PETROV, Ivan", "Acme Trading LLC", "ACME TRADING", "Xiaomi Corporation", "Huawei Technologies", "Al Farouk", "MV Ocean Star 7", "Ocean Star 8",
	}), 0, 5).Draw(t, "names")
	for i, name := range names {
		subject := fmt.Sprintf("list:%d", rapid.IntRange(1, 6).Draw(t, "subject"))
		audience := rapid.SampledFrom([]access.Audience{access.Public, access.ForOrganisation("a"), access.ForOrganisation("b")}).Draw(t, "audience")
		published := rapid.SampledFrom([]access.Date{"2020-01-01", "2021-01-01", "2022-01-01"}).Draw(t, "published")
		n := party.Name{Name: name, Quality: rapid.SampledFrom([]party.Quality{party.Primary, party.Alias, party.Weak}).Draw(t, "quality")}
		h.open(i*2, party.FactName, subject, published, audience, n)
		if rapid.Bool().Draw(t, "entry") {
			kind := rapid.SampledFrom([]party.Kind{party.Person, party.Organisation, party.Vessel}).Draw(t, "kind")
			h.open(i*2+1, listing.FactEntry, subject, published, audience, listing.Entry{ID: subject, Kind: kind})
		}
	}
	for i := range h.facts {
		if f := &h.facts[i]; f.KnownTo == access.Now && f.KnownFrom < h.position && rapid.IntRange(0, 3).Draw(t, "close") == 0 {
			f.KnownTo = h.position
		}
	}
}

func (h *history) open(n int, kind, subject string, published access.Date, audience access.Audience, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	h.facts = append(h.facts, ledger.Fact{
		ID: h.position<<24 | int64(n), Kind: kind, Subject: subject, Body: b, Published: published, Superseded: access.Forever,
		KnownFrom: h.position, KnownTo: access.Now, Audience: audience,
	})
}

// scan is what a search must find: every visible name is compared.
func (h *history) scan(t *rapid.T, ask access.Ask, q *match.Prepared) map[string]float64 {
	type told struct{ audience, subject string }
	kinds := map[told]party.Kind{}
	for _, f := range h.facts {
		if f.Kind == listing.FactEntry {
			var e listing.Entry
			if err := f.Decode(&e); err != nil {
				t.Fatal(err)
			}
			kinds[told{f.Audience.String(), f.Subject}] = e.Kind // the newest tells
		}
	}
	out := map[string]float64{}
	for _, f := range h.facts {
		if f.Kind != party.FactName || !f.HeldAt(ask.At.Position) || !f.PublishedBy(ask.At.Known) || !ask.Reader.MaySee(f.Audience) {
			continue
		}
		var n party.Name
		if err := f.Decode(&n); err != nil {
			t.Fatal(err)
		}
		if s := q.Score(match.Name{Text: n.Name, Kind: kinds[told{f.Audience.String(), f.Subject}], Quality: n.Quality}); s >= screening.Threshold {
			out[f.Subject] = max(out[f.Subject], s)
		}
	}
	return out
}

// TestIndexFollows compares the index, followed in steps of any size, with a
// scan of all names, for any reader, day and position.
func TestIndexFollows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &history{}
		x := screening.NewIndex(h)
		for range rapid.IntRange(1, 8).Draw(t, "positions") {
			h.add(t)
			if rapid.Bool().Draw(t, "look") {
				if _, err := x.CatchUp(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		ask := access.Ask{
			Reader: rapid.SampledFrom([]access.Reader{{}, {Organisations: []string{"a"}}, access.Operator}).Draw(t, "reader"),
			At: access.At{
				Date: "2023-01-01", Known: rapid.SampledFrom([]access.Date{"2019-01-01", "2020-06-01", "2023-01-01"}).Draw(t, "known"),
				Position: int64(rapid.IntRange(1, int(h.position)).Draw(t, "position")),
			},
		}
		if _, err := x.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		text := rapid.SampledFrom([]string{"Ivan Petrov", "acme trading", "XIAOMI CORPORATION", "Ocean Star 7", "nobody"}).Draw(t, "query")
		q := match.Prepare(match.Query{Text: text})
		found, err := x.Search(t.Context(), ask, text, q, screening.Threshold)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, n := range found {
			got[n.Subject] = n.Score
		}
		if d := cmp.Diff(h.scan(t, ask, q), got); d != "" {
			t.Fatalf("search differs from a scan:\n%s", d)
		}
		if !slices.IsSortedFunc(found, func(a, b screening.Named) int {
			if a.Score != b.Score {
				return int(1e9 * (b.Score - a.Score))
			}
			return strings.Compare(a.Subject, b.Subject)
		}) {
			t.Errorf("not best first: %+v", found)
		}
	})
}
