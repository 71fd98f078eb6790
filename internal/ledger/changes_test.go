package ledger

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

// TestChanges follows four editions in stretches of every length: what was
// opened and closed must not depend on how often one looks.
func TestChanges(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx := context.Background()
		l := New(open(t), Options{})
		defer l.Close()
		edition := func(audience access.Audience, published access.Date, subjects ...string) {
			t.Helper()
			doc := Document{Bytes: []byte(string(published) + audience.String()), Kind: "list", Source: "list", Name: "list", Published: published}
			for _, s := range subjects {
				for _, kind := range []string{"name", "address"} {
					doc.Statements = append(doc.Statements, Statement{Kind: kind, Subject: s, Key: kind, Body: s})
				}
			}
			if _, err := l.Append(ctx, Edition{Documents: []Document{doc}, Audience: audience}); err != nil {
				t.Fatal(err)
			}
		}
		acme := access.ForOrganisation("acme")
		edition(access.Public, "2021-01-01", "a", "b") // 1
		edition(acme, "2021-01-01", "secret")          // 2
		edition(access.Public, "2021-01-03", "a", "c") // 3
		edition(access.Public, "2021-01-02", "b")      // 4: an older one, found late

		told := func(after, upto int64) (out []string) {
			t.Helper()
			err := l.Changes(ctx, []string{"name"}, after, upto, func(f *Fact) error {
				out = append(out, fmt.Sprintf("%d opens %s %s %s from %s for %s", f.KnownFrom, f.Kind, f.Subject, f.Body, f.Published, f.Audience))
				return nil
			}, func(id, at int64) error {
				out = append(out, fmt.Sprintf("%d closes what %d opened", at, id>>24))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if diff := cmp.Diff([]string{`2 opens name secret "secret" from 2021-01-01 for org:acme`}, told(1, 2)); diff != "" {
			t.Error(diff)
		}
		all := map[string]int{}
		for _, line := range told(0, 4) {
			all[line]++
		}
		if len(all) < 6 {
			t.Errorf("of four editions only these changes are told: %v", all)
		}
		for cut := int64(1); cut < 4; cut++ {
			parts := map[string]int{}
			for _, line := range append(told(0, cut), told(cut, 4)...) {
				parts[line]++
			}
			if diff := cmp.Diff(all, parts); diff != "" {
				t.Errorf("looked at in two, cut at %d (-whole +parts):\n%s", cut, diff)
			}
		}
	})
}

// Facts of one edition are known from its last position, and each names its own
// document.
func TestChangesNameTheirDocument(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		l := openLedger(t, open(t))
		e := Edition{Audience: access.Public, Actor: "test"}
		for _, name := range []string{"one", "two"} {
			e.Documents = append(e.Documents, Document{
				Bytes: []byte(name), Kind: "note", Source: "s", Part: name, Name: name, Mode: Chronicle,
				Statements: []Statement{{Kind: "k", Subject: name, Key: name, Body: name}},
			})
		}
		last := mustAppend(t, l, e).Position
		got := map[string][2]int64{}
		err := l.Changes(context.Background(), []string{"k"}, 0, last, func(f *Fact) error {
			got[f.Subject] = [2]int64{f.Document, f.KnownFrom}
			return nil
		}, func(int64, int64) error { return nil })
		if want := map[string][2]int64{"one": {last - 1, last}, "two": {last, last}}; err != nil || !maps.Equal(got, want) {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	})
}
