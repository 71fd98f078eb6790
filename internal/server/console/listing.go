package console

import (
	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/listing"
)

// listingView is one listing of the party: where it stands on the day asked
// about, and its whole course as far as it was published by the known day.
type listingView struct {
	dossier.Listing
	Band   listing.State
	Track  track
	Events []eventView
}

// eventView is one event of the course; Number is that of its mark in the
// drawing, Band where the listing stands from that day on.
type eventView struct {
	dossier.Event
	Number int
	Band   listing.State
	Later  bool // than the day asked about
}

// listingPart is what the template "listing" shows.
func listingPart(p page, number int, l listingView) any {
	return struct {
		Page    page
		Number  int
		Listing listingView
	}{p, number, l}
}

func listingOf(s scale, l dossier.Listing, c course, m Moment) listingView {
	v := listingView{Listing: l, Band: bandOf(l.Status, l.Consequences), Track: draw(s, l, c, m)}
	for i, e := range l.Events {
		v.Events = append(v.Events, eventView{Event: e, Number: i + 1, Band: bandOf(c.on(e.Date)), Later: e.Date > m.At})
	}
	return v
}

// scaleOf spans everything that happens in the courses, so that all drawings of
// a page share an axis. What still stood by the known day reaches to it. The
// day asked about takes no part: the axis must not move while it is dragged.
func scaleOf(courses []course, known access.Date) scale {
	var days []access.Date
	for _, c := range courses {
		days = append(days, c.programme.Dates(c.events)...)
		for _, e := range c.events {
			days = append(days, e.Date)
		}
		if status, _ := c.on(known); status == listing.StatusListed || status == listing.StatusStayed {
			days = append(days, known)
		}
	}
	s := newScale(days, known)
	for _, c := range courses {
		for _, e := range c.events {
			s.Moments = append(s.Moments, s.X(e.Date))
		}
	}
	return s
}
