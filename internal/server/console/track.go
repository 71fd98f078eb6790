package console

import (
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/listing"
)

// track is the drawing of a listing's course: numbered marks for its events
// above, then one row for the listing and one for each consequence, over the
// axis that all drawings of a page share. Lengths are pixels, places along the
// axis percent.
type track struct {
	scale
	Height, Foot, Base int // of the whole, of the rows' lower edge, of the labels
	Ticks              []tick
	Marks              []mark
	Rows               []row
	Veil               *bar // what had not been published by the known day
	At                 string
}

type mark struct {
	X      string
	Y      int
	Number int
	Later  bool // than the day asked about
	Says   string
}

type row struct {
	Name             string
	Market           bool // what an exchange or an index does, which forbids nothing
	TextY, Y, Height int
	Bars             []bar
}

type bar struct {
	X, Width, Band, Says string
}

const (
	markHeight  = 22
	rowHeight   = 36
	bandHeight  = 11
	axisHeight  = 22
	markSpacing = 6.5 // percent; marks nearer than that are put one above the other
	mostLevels  = 5
)

// draw makes the drawing of one listing.
func draw(s scale, l dossier.Listing, c course, m Moment) track {
	t := track{scale: s, Ticks: s.Ticks(), At: s.X(m.At)}
	levels := t.mark(l.Events, m)
	y := levels*markHeight + 8
	spans := c.spans(s)
	t.addRow(&y, "Listing", spans, listedBand)
	for _, kind := range kindsIn(spans) {
		t.addRow(&y, capital(words(string(kind))), spans, func(p span) string { return string(p.States[kind]) })
		t.Rows[len(t.Rows)-1].Market = market(kind)
	}
	t.Foot = y
	t.Base = y + 15
	t.Height = y + axisHeight
	if m.Known < s.To {
		t.Veil = &bar{X: s.X(m.Known), Width: percent(100 - s.share(m.Known))}
	}
	return t
}

// mark places the events' marks, lowest level nearest to the rows, and tells
// how many levels it took.
func (t *track) mark(events []dossier.Event, m Moment) int {
	var ends []float64 // of the last mark on each level
	levels := make([]int, len(events))
	for i, e := range events {
		x := t.share(e.Date)
		level := slices.IndexFunc(ends, func(end float64) bool { return x-end >= markSpacing })
		switch {
		case level >= 0:
			ends[level] = x
		case len(ends) < mostLevels:
			level = len(ends)
			ends = append(ends, x)
		default:
			level = i % mostLevels
			ends[level] = x
		}
		levels[i] = level
	}
	for i, e := range events {
		t.Marks = append(t.Marks, mark{
			X: t.X(e.Date), Y: (len(ends)-levels[i])*markHeight - markHeight/2, Number: i + 1, Later: e.Date > m.At,
			Says: fmt.Sprintf("%d. %s %s", i+1, e.Date, words(string(e.Kind))),
		})
	}
	return len(ends)
}

// addRow draws one row: band says what each span is drawn as, "" for nothing.
func (t *track) addRow(y *int, name string, spans []span, band func(span) string) {
	r := row{Name: name, TextY: *y + 12, Y: *y + 18, Height: bandHeight}
	for i := 0; i < len(spans); {
		j := i + 1
		for j < len(spans) && band(spans[j]) == band(spans[i]) {
			j++
		}
		if b := band(spans[i]); b != "" {
			from, to := spans[i].From, spans[j-1].To
			r.Bars = append(r.Bars, bar{
				X: t.X(from), Width: percent(t.share(to) - t.share(from)), Band: b,
				Says: fmt.Sprintf("%s: %s, %s to %s", name, words(b), from, until(to, t.To)),
			})
		}
		i = j
	}
	t.Rows = append(t.Rows, r)
	*y += rowHeight
}

func until(to, end access.Date) string {
	if to >= end {
		return "…"
	}
	return string(to)
}

// listedBand is how the listing's own row is drawn: solid while it stands,
// hatched while it is stayed, and not at all otherwise.
func listedBand(p span) string {
	switch p.Status {
	case listing.StatusListed:
		return "listed"
	case listing.StatusStayed:
		return string(listing.StateStayed)
	}
	return ""
}

// kindsIn is the consequences that any span has, in the order in which they
// first appear.
func kindsIn(spans []span) []listing.ConsequenceKind {
	var out []listing.ConsequenceKind
	for _, p := range spans {
		for _, kind := range p.Kinds {
			if !slices.Contains(out, kind) {
				out = append(out, kind)
			}
		}
	}
	return out
}
