package decision

import (
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
)

// causes are the events that put a listing into a status.
var causes = map[listing.Status][]listing.EventKind{
	listing.StatusListed:     {listing.Designated, listing.Redesignated, listing.StayLifted},
	listing.StatusStayed:     {listing.Stayed},
	listing.StatusRemoved:    {listing.Removed},
	listing.StatusVacated:    {listing.Vacated},
	listing.StatusExpired:    {listing.Expired},
	listing.StatusSuperseded: {listing.Respelled},
}

// turning are the events that move a listing from one status to another.
var turning = []listing.EventKind{
	listing.Designated, listing.Redesignated, listing.Respelled, listing.Stayed,
	listing.StayLifted, listing.Removed, listing.Vacated, listing.Expired,
}

// lastEvent is the event that put l into the status it has on day at: the one
// of the day the status began, or else the last that could have; nil when none
// of those known did, as when a whole list ends.
func lastEvent(l *dossier.Listing, at access.Date) *dossier.Event {
	var last *dossier.Event
	for i := range l.Events {
		e := &l.Events[i]
		switch {
		case e.Date > at || !slices.Contains(causes[l.Status], e.Kind):
		case e.Date == l.Since:
			return e
		case last == nil || last.Date <= e.Date:
			last = e
		}
	}
	return last
}

// evidenceFor is what a reason rests on: the entry it is about, the events
// that led from its last designation to its status, and those that state dates
// of the consequence it speaks of. What is said of ownership rests on the
// interests and on the owners' listings. A reason about the subject as a whole rests
// on no document, or on that nothing was found.
func evidenceFor(r *policy.Reason, d *dossier.Dossier) []dossier.Evidence {
	if d.Product != nil && (d.Software == nil || ofLabel(r.About)) {
		out := labelEvidence(r.About, d.Product)
		if l := listingOfParty(r.Listing, d.Product); l != nil {
			return withEvidence(out, listingEvidence(l, d.At.Date, r.Consequence))
		}
		return out
	}
	if d.Software != nil {
		return softwareEvidence(r.About, d.Software)
	}
	if r.Control != "" {
		return ownershipEvidence(r, d)
	}
	i := slices.IndexFunc(d.Listings, func(l dossier.Listing) bool { return l.ID == r.Listing })
	if r.Listing == "" || i < 0 {
		return []dossier.Evidence{}
	}
	return listingEvidence(&d.Listings[i], d.At.Date, r.Consequence)
}

// listingEvidence is what a reason about a listing, or a consequence of it, rests
// on.
func listingEvidence(l *dossier.Listing, at access.Date, about listing.ConsequenceKind) []dossier.Evidence {
	out := []dossier.Evidence{}
	add := func(list []dossier.Evidence) {
		for _, e := range list {
			if !slices.ContainsFunc(out, func(o dossier.Evidence) bool { return o.Fact == e.Fact && o.Document == e.Document }) {
				out = append(out, e)
			}
		}
	}
	add(l.Evidence)
	start := designation(l, at)
	for i := range l.Events {
		e := &l.Events[i]
		if e.Date > at {
			continue
		}
		turns := e.Date >= start && slices.Contains(turning, e.Kind)
		if turns || states(e, about) {
			add(e.Evidence)
		}
	}
	return out
}

// designation is the day on which the listing began that stands, or last stood,
// on day at; "" when no such event is known. To be designated while listed
// begins nothing; to be redesignated does.
func designation(l *dossier.Listing, at access.Date) access.Date {
	var day access.Date
	listed := false
	for i := range l.Events {
		e := &l.Events[i]
		if e.Date > at {
			continue
		}
		switch e.Kind {
		case listing.Designated:
			if !listed {
				day = e.Date
			}
			listed = true
		case listing.Redesignated:
			day, listed = e.Date, true
		case listing.Respelled, listing.Removed, listing.Vacated, listing.Expired:
			listed = false
		}
	}
	return day
}

// states reports whether e itself says something of a consequence of kind k.
func states(e *dossier.Event, k listing.ConsequenceKind) bool {
	return k != "" && slices.ContainsFunc(e.Consequences, func(s listing.Stated) bool { return s.Kind == k })
}
