package ledger

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
)

// TestTouched appends four editions and asks, for each stretch and reader,
// what they touched.
func TestTouched(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx := context.Background()
		l := New(open(t), Options{})
		defer l.Close()
		edition := func(audience access.Audience, published access.Date, subjects ...string) {
			t.Helper()
			doc := Document{Bytes: []byte(string(published) + audience.String()), Kind: "list", Source: "list", Name: "list", Published: published}
			for _, s := range subjects {
				doc.Statements = append(doc.Statements, Statement{Kind: "name", Subject: s, Key: "name", Term: "called " + s, Body: s})
			}
			if _, err := l.Append(ctx, Edition{Documents: []Document{doc}, Audience: audience}); err != nil {
				t.Fatal(err)
			}
		}
		acme := access.ForOrganisation("acme")
		edition(access.Public, "2021-01-01", "a", "b")                                                                          // 1
		edition(access.Public, "2021-01-02", "a", "c")                                                                          // 2: b goes, c comes
		edition(acme, "2021-01-01", "secret")                                                                                   // 3
		if _, err := l.Append(ctx, Edition{Documents: []Document{{Bytes: []byte("x"), Kind: "note", Name: "x"}}}); err != nil { // 4
			t.Fatal(err)
		}
		member := access.Reader{Member: "m", Organisations: []string{"acme"}}
		tests := []struct {
			reader      access.Reader
			after, upto int64
			want        []string
			first, last int64
		}{
			{access.Anonymous, 0, 4, []string{"a", "b", "c"}, 1, 2},
			{access.Anonymous, 1, 4, []string{"b", "c"}, 2, 2},
			{access.Anonymous, 0, 1, []string{"a", "b"}, 1, 1},
			{access.Anonymous, 2, 4, nil, 0, 2},
			{member, 2, 4, []string{"secret"}, 3, 3},
			{access.Operator, 1, 3, []string{"b", "c", "secret"}, 2, 3},
			{access.Operator, 3, 4, nil, 0, 3},
		}
		for _, tt := range tests {
			ask := access.Ask{Reader: tt.reader, At: access.At{Position: tt.upto}}
			var got []string
			err := l.Touched(ctx, ask, tt.after, func(kind, subject, term string) {
				if kind != "name" || term != "called "+subject {
					t.Errorf("touched %s %s with term %q", kind, subject, term)
				}
				got = append(got, subject)
			})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, slices.Compact(got)); diff != "" {
				t.Errorf("%q above %d up to %d (-want +got):\n%s", tt.reader.Member, tt.after, tt.upto, diff)
			}
			first, err := l.FirstChange(ctx, ask, tt.after)
			if err != nil || first != tt.first {
				t.Errorf("%q above %d up to %d: first change at %d, want %d (%v)", tt.reader.Member, tt.after, tt.upto, first, tt.first, err)
			}
			last, err := l.LastChange(ctx, ask)
			if err != nil || last != tt.last {
				t.Errorf("%q up to %d: last change at %d, want %d (%v)", tt.reader.Member, tt.upto, last, tt.last, err)
			}
		}
	})
}

// TestMadeFrom refuses documents made from facts that have changed since, and
// takes those that the ledger holds already for what they are.
func TestMadeFrom(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		ctx := context.Background()
		l := New(open(t), Options{})
		defer l.Close()
		fact := func(day access.Date) Edition {
			return Edition{Documents: []Document{{
				Bytes: []byte(day), Kind: "list", Source: "list", Name: "list", Published: day,
				Statements: []Statement{{Kind: "name", Subject: string(day), Key: "name", Body: "x"}},
			}}}
		}
		made := func(text string, from int64) Edition {
			return Edition{MadeFrom: from, Documents: []Document{{Bytes: []byte(text), Kind: "decision", Name: "decision.json"}}}
		}
		steps := []struct {
			edition Edition
			held    int
			err     error
		}{
			{edition: fact("2021-01-01")}, // position 1
			{edition: made("a", 1)},
			{edition: made("b", 1)}, // another document in between changes no fact
			{edition: fact("2021-01-02")},
			{edition: made("c", 1), err: ErrMoved},
			{edition: made("a", 1), held: 1},
			{edition: made("c", 4)},
			{edition: made("d", 0)},
		}
		for i, step := range steps {
			r, err := l.Append(ctx, step.edition)
			if !errors.Is(err, step.err) {
				t.Fatalf("step %d: %v, want %v", i, err, step.err)
			}
			if err == nil && r.Held != step.held {
				t.Errorf("step %d: %d held, want %d", i, r.Held, step.held)
			}
		}
	})
}
