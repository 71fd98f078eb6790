package label_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
)

const today = access.Date("2021-12-31")

// The view tells of every label, for every reader and moment, what its events in
// the ledger tell when they are looked up one by one; whether it read them at
// once or as they came.
func TestViewIsTheEvents(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, open func(testing.TB) *db.DB) {
		for seed := range uint64(8) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				l := ledger.New(open(t), ledger.Options{Now: func() time.Time { return today.Time().Add(time.Hour) }})
				defer l.Close()
				checkView(t, l, rand.New(rand.NewPCG(seed, 1)))
			})
		}
	})
}

func checkView(t *testing.T, l *ledger.Ledger, r *rand.Rand) {
	ctx := context.Background()
	following := label.NewView(l)
	courses := map[string][]*label.Event{}
	for range 40 {
		id := fmt.Sprintf("LABEL-%d", r.IntN(6))
		e := drawn(r, id, courses[id])
		if label.Next(courses[id], e) != nil {
			continue
		}
		courses[id] = append(courses[id], e)
		keep(t, l, e)
		if r.IntN(3) == 0 {
			if _, err := following.CatchUp(ctx, today); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole := label.NewView(l)
	for _, v := range []*label.View{following, whole} {
		if _, err := v.CatchUp(ctx, today); err != nil {
			t.Fatal(err)
		}
	}
	for range 60 {
		ask := access.Ask{Reader: readers[r.IntN(len(readers))], At: access.At{Date: day(r), Known: day(r), Position: int64(1 + r.IntN(40))}}
		if r.IntN(2) == 0 {
			ask.At = access.At{Date: today, Known: today, Position: access.Now}
		}
		ask, err := l.Resolve(ctx, clip(t, l, ask))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]label.State{}
		for id := range courses {
			if events := lookedUp(t, l, ask, id); len(events) > 0 {
				want[id] = label.Fold(events, ask.At.Date)
			}
		}
		for name, v := range map[string]*label.View{"following": following, "whole": whole} {
			compare(t, name, v, ask, want)
		}
	}
}

var readers = []access.Reader{{}, {Member: "a", Organisations: []string{"acme"}}, access.Operator}

func compare(t *testing.T, name string, v *label.View, ask access.Ask, want map[string]label.State) {
	t.Helper()
	for id, w := range want {
		if got, ok := v.State(ask, id); !ok || cmp.Diff(w, got) != "" {
			t.Fatalf("%s: label %s at %+v: (-want +got)\n%s", name, id, ask.At, cmp.Diff(w, got))
		}
	}
	listed, next := v.List(ask, label.Filter{Private: true, Limit: 2})
	for next != "" {
		var more []label.State
		more, next = v.List(ask, label.Filter{Private: true, Limit: 2, After: next})
		listed = append(listed, more...)
	}
	var ids []string
	for id, w := range want {
		if w.Status != label.None {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if len(ids) != len(listed) {
		t.Fatalf("%s: %d labels listed for %q at %+v, want %v", name, len(listed), ask.Reader.Member, ask.At, ids)
	}
	for i, s := range listed {
		if s.Label != ids[i] || cmp.Diff(want[ids[i]], s) != "" {
			t.Fatalf("%s: listed %+v, want %+v", name, s, want[ids[i]])
		}
	}
}

// clip keeps an ask within what the ledger has.
func clip(t *testing.T, l *ledger.Ledger, ask access.Ask) access.Ask {
	h, err := l.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if ask.At.Position != access.Now {
		ask.At.Position = min(ask.At.Position, h.Position)
	}
	return ask
}

// lookedUp is the events of a label by its facts.
func lookedUp(t *testing.T, l *ledger.Ledger, ask access.Ask, id string) []*label.Event {
	t.Helper()
	facts, err := l.BySubject(context.Background(), ask, id)
	if err != nil {
		t.Fatal(err)
	}
	var out []*label.Event
	for i := range facts {
		e := new(label.Event)
		if err := facts[i].Decode(e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *label.Event) int { return a.Sequence - b.Sequence })
	return out
}

func day(r *rand.Rand) access.Date { return access.Date("2021-01-01").AddDays(r.IntN(365)) }

func drawn(r *rand.Rand, id string, events []*label.Event) *label.Event {
	kinds := []label.Kind{label.Applied, label.Assessed, label.Issued, label.Suspended, label.Suspended, label.Reinstated, label.Offered, label.Warned, label.Revoked}
	e := &label.Event{
		Form: label.Form, Label: id, Sequence: len(events) + 1, Kind: kinds[min(r.IntN(len(kinds)), len(events)+r.IntN(4), len(kinds)-1)], On: day(r), Recorded: today.Time(), Scheme: "iot-mark", Reason: "drawn",
	}
	if len(events) > 0 && e.Kind != label.Issued {
		e.Previous = "sha256:before"
	}
	switch e.Kind {
	case label.Issued:
		e.Terms = &label.Terms{Product: "Camera", ValidUntil: e.On.AddDays(r.IntN(300) + 1), EndsBy: label.EndsByValidity}
	case label.Suspended, label.Reinstated, label.Offered, label.Warned:
		e.Ground, e.Due = fmt.Sprintf("g%d", r.IntN(2)), string(e.On.AddDays(20))
	}
	return e
}

// keep appends an event as the node does.
func keep(t *testing.T, l *ledger.Ledger, e *label.Event) {
	t.Helper()
	b, err := e.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	audience := access.Public
	if !e.Kind.IsPublic() {
		audience = access.ForOrganisation("acme")
	}
	part := fmt.Sprintf("%06d", e.Sequence)
	_, err = l.Append(context.Background(), ledger.Edition{Audience: audience, Documents: []ledger.Document{{
		Bytes: b, Kind: label.KindEvent, Source: "label/" + e.Label, Part: part, Published: e.On, Mode: ledger.Chronicle,
		Statements: []ledger.Statement{{Kind: label.FactEvent, Subject: e.Label, Key: part, Body: json.RawMessage(b), ValidFrom: e.On, ValidTo: access.Forever, Published: e.On}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
}
