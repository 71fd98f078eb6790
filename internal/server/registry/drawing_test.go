package registry

import (
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/node"
)

// happened is an event that counts from a day and was published on another.
func happened(kind label.Kind, on, published access.Date) node.LabelEvent {
	e := &label.Event{Kind: kind, On: on}
	switch kind {
	case label.Issued:
		e.Terms = &label.Terms{ValidUntil: "2029-01-01"}
	case label.Suspended, label.Reinstated:
		e.Ground = "party/maker"
	}
	return node.LabelEvent{Held: label.Held{Event: e, Published: published}}
}

func TestDraw(t *testing.T) {
	events := []node.LabelEvent{
		happened(label.Issued, "2026-03-02", "2026-03-02"),
		happened(label.Suspended, "2026-05-04", "2026-05-14"),
		happened(label.Reinstated, "2026-06-15", "2026-06-15"),
	}
	d := draw(events, Moment{Today: "2026-11-27"}, "2029-01-01")
	same := func(what string, b *bar, want ...segment) {
		t.Helper()
		if len(b.Segments) != len(want) {
			t.Fatalf("%s: %+v", what, b.Segments)
		}
		end := float64(edge)
		for i, s := range b.Segments {
			if s.Status != want[i].Status || s.From != want[i].From || s.To != want[i].To {
				t.Errorf("%s, part %d: %+v, want %+v", what, i, s, want[i])
			}
			if s.X < end-0.01 || s.X > end+0.01 {
				t.Errorf("%s, part %d begins at %.1f, the one before ends at %.1f", what, i, s.X, end)
			}
			end = s.X + s.Width
		}
		if end != drawnWidth-edge {
			t.Errorf("%s ends at %.1f", what, end)
		}
	}
	const active, suspended = label.StatusActive, label.StatusSuspended
	same("held", d.Held, segment{Status: active, From: "2026-03-02", To: "2026-05-04"}, segment{Status: suspended, From: "2026-05-04", To: "2026-06-15"},
		segment{Status: active, From: "2026-06-15", To: "2026-11-27"})
	same("said", d.Said, segment{Status: active, From: "2026-03-02", To: "2026-05-14"}, segment{Status: suspended, From: "2026-05-14", To: "2026-06-15"},
		segment{Status: active, From: "2026-06-15", To: "2026-11-27"})

	events[1] = happened(label.Suspended, "2026-05-04", "2026-05-04")
	if d = draw(events, Moment{Today: "2026-11-27"}, "2029-01-01"); d.Said != nil {
		t.Errorf("nothing was told late, and %+v is drawn", d.Said)
	}
	// A label that ends within what is drawn, and one that was given today.
	if d = draw(events, Moment{Today: "2026-11-27", At: "2029-06-01"}, "2029-01-01"); d.Held.Segments[len(d.Held.Segments)-1].Status != label.StatusExpired {
		t.Errorf("past its end: %+v", d.Held.Segments)
	}
	if d = draw(events[:1], Moment{Today: "2026-03-02"}, "2029-01-01"); len(d.Held.Segments) != 1 || d.Day != edge {
		t.Errorf("on its first day: %+v", d)
	}
}

// Marks of the same day stand side by side, within the drawing, in the order of
// their days.
func TestMarks(t *testing.T) {
	var events []node.LabelEvent
	for range 15 {
		events = append(events, happened(label.Suspended, "2026-06-15", "2026-06-15"))
	}
	events = append(events, happened(label.Issued, "2026-03-02", "2026-03-02"))
	all := marks(events, scale("2026-03-02", "2026-06-20"))
	for i, m := range all {
		if m.X < edge-0.01 || m.X > drawnWidth-edge+0.01 || m.Number != i+1 {
			t.Errorf("mark %d at %.1f: %+v", i, m.X, m)
		}
		if i > 0 && i < 15 && m.X < all[i-1].X+2*markRadius {
			t.Errorf("marks %d and %d overlap", i-1, i)
		}
	}
	if all[15].X >= all[0].X {
		t.Errorf("the first day is at %.1f, later ones at %.1f", all[15].X, all[0].X)
	}
}
