package console

import (
	"countersign.dev/internal/access"
)

// knownChart is for how long has been known what is open now: of today's
// findings, how many had an advisory by the end of each stretch of months.
type knownChart struct {
	Bars []knownBar
	Most int
	Step int // months from one bar to the next
}

type knownBar struct {
	Month        string // the last of the stretch
	Count        int    // known by the end of it
	X, Y, Height string // percent
	Width        string
}

// mostBars is how many bars fit a narrow window.
const mostBars = 12

// knownOf makes the chart of findings by the month of their advisory; nil for
// none. It ends with the month of today and reaches back to the first.
func knownOf(published map[string]int, today access.Date) *knownChart {
	end := today.Time().AddDate(0, 0, 1-today.Time().Day())
	chart := &knownChart{}
	first := end.Format("2006-01")
	for month, n := range published {
		chart.Most += n
		if month != "" {
			first = min(first, month)
		}
	}
	if chart.Most == 0 {
		return nil
	}
	months := 0
	for end.AddDate(0, -months, 0).Format("2006-01") > first {
		months++
	}
	chart.Step = months/mostBars + 1
	bars := months/chart.Step + 1
	for i := range bars {
		bar := knownBar{
			Month: end.AddDate(0, -(bars-1-i)*chart.Step, 0).Format("2006-01"),
			X:     percent(float64(i) * 100 / float64(bars)), Width: percent(100 / float64(bars)),
		}
		for month, n := range published {
			if month <= bar.Month {
				bar.Count += n
			}
		}
		share := 100 * float64(bar.Count) / float64(chart.Most)
		bar.Y, bar.Height = percent(100-share), percent(share)
		chart.Bars = append(chart.Bars, bar)
	}
	return chart
}
