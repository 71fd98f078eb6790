package console

import (
	"fmt"
	"time"

	"countersign.dev/internal/access"
)

// scale maps days to places on an axis, in percent of its width, so that a
// drawing fits any window without a script.
type scale struct {
	From, To access.Date
	Days     int // from From to To
	Moments  []string
}

// newScale spans these days, with a margin to either side. Days that stand for
// no day are left out; without any, it spans the year up to today.
func newScale(days []access.Date, today access.Date) scale {
	var first, last access.Date
	for _, d := range days {
		if d == "" || d >= access.Forever || d < "1000" {
			continue
		}
		if first == "" || d < first {
			first = d
		}
		if d > last {
			last = d
		}
	}
	if first == "" {
		first, last = today.AddDays(-365), today
	}
	margin := max(14, daysBetween(first, last)/16)
	s := scale{From: first.AddDays(-margin), To: last.AddDays(margin)}
	s.Days = daysBetween(s.From, s.To)
	return s
}

func daysBetween(a, b access.Date) int {
	return int(b.Time().Sub(a.Time()) / (24 * time.Hour))
}

// Day is how many days after the scale's first day d is, kept inside it.
func (s scale) Day(d access.Date) int {
	return min(max(daysBetween(s.From, d), 0), s.Days)
}

func (s scale) share(d access.Date) float64 {
	return 100 * float64(s.Day(d)) / float64(s.Days)
}

// X is the place of a day.
func (s scale) X(d access.Date) string { return percent(s.share(d)) }

// Holds reports whether the day is on the scale.
func (s scale) Holds(d access.Date) bool { return s.From <= d && d <= s.To }

func percent(share float64) string { return fmt.Sprintf("%.3f%%", share) }

// tick is a labelled place on the axis.
type tick struct{ X, Label string }

// tickSteps are the distances between ticks to choose from, in months.
var tickSteps = []int{1, 2, 3, 6, 12, 24, 36, 60, 120, 240}

// mostTicks is how many labels fit a narrow window.
const mostTicks = 6

// shortAxis is how many days may hold no first of a month, or just one.
const shortAxis = 62

// Ticks is the axis' labels: months, years when it is long, and days when it is
// short.
func (s scale) Ticks() []tick {
	if s.Days < shortAxis {
		var out []tick
		for _, sixths := range []int{1, 3, 5} {
			d := s.From.AddDays(s.Days * sixths / 6)
			out = append(out, tick{X: s.X(d), Label: string(d)})
		}
		return out
	}
	months := s.Days/30 + 1
	step := tickSteps[len(tickSteps)-1]
	for _, n := range tickSteps {
		if months/n <= mostTicks {
			step = n
			break
		}
	}
	form := "2006-01"
	if step%12 == 0 {
		form = "2006"
	}
	from := s.From.Time()
	t := time.Date(from.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	if step > 12 {
		t = t.AddDate(-(t.Year() % (step / 12)), 0, 0)
	}
	var out []tick
	for ; access.DateOf(t) <= s.To; t = t.AddDate(0, step, 0) {
		d := access.DateOf(t)
		if d < s.From {
			continue
		}
		out = append(out, tick{X: s.X(d), Label: t.Format(form)})
	}
	return out
}
