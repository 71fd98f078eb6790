package registry

import (
	"slices"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/node"
)

// The drawing's size, in its own units: as wide as a narrow telephone, so that
// its letters can be read there, and made larger where there is room.
const (
	drawnWidth = 360
	edge       = 10
	barHeight  = 18
	markRadius = 8
)

// drawing is a label's course, for the template to write as SVG.
type drawing struct {
	Width, Height int
	Held          *bar // what is known of each day
	Said          *bar // what was said on each day; nil where it was the same
	Marks         []mark
	Ticks         []tick
	Day           float64 // where the day that was asked for is
	DayTitle      string
	AxisY         int
	MarkY         int
}

// bar is the label's statuses in time.
type bar struct {
	Y        int
	Title    string
	Segments []segment
}

// segment is a stretch of one status.
type segment struct {
	X, Width float64
	Status   label.Status
	From, To access.Date
}

// mark is an event, by its number in the table.
type mark struct {
	X, At  float64 // of its circle, and of its day
	Number int
	Title  string
}

type tick struct {
	X      float64
	Words  string
	Anchor string
}

// draw lays out a label's course from the day on which it was given until the day
// that was asked for, or its last event.
func draw(events []node.LabelEvent, m Moment, until access.Date) *drawing {
	first, last := events[0].On, max(m.Day(), events[0].On.AddDays(28))
	for _, e := range events {
		first, last = min(first, e.On), max(last, e.On)
	}
	d := &drawing{Width: drawnWidth, DayTitle: day(m.Day())}
	x := scale(first, last)
	days := breaks(events, first, last, until)
	held := func(d access.Date) label.Status { return fold(events, d, access.Forever) }
	said := func(d access.Date) label.Status { return fold(events, d, d) }
	y := 20
	d.Held = &bar{Y: y, Title: "How it stood, by what is known", Segments: segments(days, last, x, held)}
	if slices.ContainsFunc(days, func(d access.Date) bool { return held(d) != said(d) }) {
		y += barHeight + 28
		d.Said = &bar{Y: y, Title: "What was said on each day", Segments: segments(days, last, x, said)}
	}
	d.AxisY = y + barHeight
	d.MarkY = d.AxisY + 18
	d.Marks = marks(events, x)
	d.Height = d.MarkY + markRadius + 22
	d.Ticks = []tick{{edge, day(first), "start"}, {drawnWidth - edge, day(last), "end"}}
	d.Day = x(m.Day())
	return d
}

// scale gives a day its place.
func scale(first, last access.Date) func(access.Date) float64 {
	from, whole := first.Time(), last.Time().Sub(first.Time())
	return func(d access.Date) float64 {
		at := d.Time().Sub(from)
		at = min(max(at, 0), whole)
		return edge + float64(at/time.Hour)/float64(whole/time.Hour)*(drawnWidth-2*edge)
	}
}

// breaks is the days on which either status may change.
func breaks(events []node.LabelEvent, first, last, until access.Date) []access.Date {
	days := []access.Date{first}
	for _, e := range events {
		days = append(days, e.On, e.Published)
		if e.Terms != nil {
			days = append(days, e.Terms.ValidUntil)
		}
	}
	days = append(days, until)
	slices.Sort(days)
	days = slices.Compact(days)
	return slices.DeleteFunc(days, func(d access.Date) bool { return d < first || d > last })
}

// fold is how the label stood on a day, by what was published until another.
func fold(events []node.LabelEvent, on, known access.Date) label.Status {
	var held []*label.Event
	for _, e := range events {
		if e.Published <= known {
			held = append(held, e.Event)
		}
	}
	return label.Fold(held, on).Status
}

func segments(days []access.Date, last access.Date, x func(access.Date) float64, status func(access.Date) label.Status) []segment {
	var out []segment
	for i, d := range days {
		to := last
		if i+1 < len(days) {
			to = days[i+1]
		}
		s := status(d)
		if n := len(out) - 1; n >= 0 && out[n].Status == s {
			out[n].To, out[n].Width = to, x(to)-out[n].X
			continue
		}
		if s == label.None {
			continue
		}
		out = append(out, segment{X: x(d), Width: x(to) - x(d), Status: s, From: d, To: to})
	}
	// What began on the last day has no width; it is shown all the same.
	for i := range out {
		if out[i].Width < 3 {
			out[i].Width = 3
		}
	}
	return out
}

// marks puts the events' circles side by side where their days are too near.
func marks(events []node.LabelEvent, x func(access.Date) float64) []mark {
	apart := min(2*markRadius+1, float64(drawnWidth-2*edge)/float64(len(events)))
	out := make([]mark, len(events))
	for i, e := range events {
		out[i] = mark{X: x(e.On), At: x(e.On), Number: i + 1, Title: kindWord(e.Kind) + ", " + day(e.On)}
	}
	order := make([]int, len(out))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case out[a].At < out[b].At:
			return -1
		case out[a].At > out[b].At:
			return 1
		}
		return 0
	})
	for i := 1; i < len(order); i++ {
		out[order[i]].X = max(out[order[i]].X, out[order[i-1]].X+apart)
	}
	most := float64(drawnWidth - edge)
	for i := len(order) - 1; i >= 0; i-- {
		out[order[i]].X = min(out[order[i]].X, most)
		most = out[order[i]].X - apart
	}
	return out
}
