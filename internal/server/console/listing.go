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

func listingOf(s scale, l dossier.Listing, p *listing.Programme, m Moment) listingView {
	c := courseOf(l, p, m.Known)
	v := listingView{Listing: l, Band: bandOf(l.Status, l.Consequences), Track: draw(s, l, c, m)}
	for i, e := range l.Events {
		v.Events = append(v.Events, eventView{Event: e, Number: i + 1, Band: bandOf(c.on(e.Date)), Later: e.Date > m.At})
	}
	return v
}

// scaleOf spans everything that the dossier dates, so that all drawings of the
// page share an axis. A listing that still stands reaches to today.
func scaleOf(d *dossier.Dossier, today access.Date) scale {
	var days []access.Date
	for _, l := range d.Listings {
		for _, e := range l.Events {
			days = append(days, e.Date)
		}
		for _, c := range l.Consequences {
			days = append(days, c.From, c.WindDown, c.To)
		}
	}
	s := newScale(days, today)
	for _, l := range d.Listings {
		for _, e := range l.Events {
			s.Moments = append(s.Moments, s.X(e.Date))
		}
	}
	return s
}
