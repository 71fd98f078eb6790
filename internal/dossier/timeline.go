package dossier

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
)

// timeline is the subject's listings as told by what had been published by one
// day, ready to be folded for any date.
type timeline struct {
	known access.Date
	lives []life
}

// life is one listing with everything that happened to it.
type life struct {
	Listing   // what does not depend on the date
	programme *listing.Programme
	events    []listing.Event
	unseen    []Unseen
}

// unknownProgramme folds listings on lists that this node has no programme
// for: the events tell the status, nothing is known of consequences.
var unknownProgramme = &listing.Programme{}

// isListing reports whether f is of a listing, rather than only of a party.
func isListing(f *ledger.Fact) bool {
	return f.Kind == listing.FactEntry || f.Kind == listing.FactEvent
}

// timeline assembles the lives of all listings that had been published by the
// known day.
func (s *source) timeline(known access.Date) (*timeline, error) {
	t := &timeline{known: known}
	for _, n := range s.nodes {
		l, ok, err := s.life(n, known)
		if err != nil {
			return nil, err
		}
		if ok {
			t.lives = append(t.lives, l)
		}
	}
	slices.SortFunc(t.lives, func(a, b life) int {
		return cmp.Or(cmp.Compare(a.Programme, b.Programme), cmp.Compare(a.ID, b.ID))
	})
	return t, nil
}

// life assembles one listing; ok is false when nothing of it had been
// published by the known day.
func (s *source) life(n *node, known access.Date) (l life, ok bool, err error) {
	entries, events := n.published(listing.FactEntry, known), n.published(listing.FactEvent, known)
	if len(entries)+len(events) == 0 {
		return life{}, false, nil
	}
	dated, err := listing.Events(entries, events, known)
	if err != nil {
		return life{}, false, fmt.Errorf("listing %s: %w", n.id, err)
	}
	l.Listing = Listing{ID: n.id, Name: n.called(known), Programme: n.list, Consequences: []listing.Consequence{}, Events: []Event{}, Evidence: []Evidence{}}
	s.describe(&l, n, known)
	l.Events, l.events = make([]Event, 0, len(dated)), listing.Plain(dated)
	for _, d := range dated {
		e := Event{Event: d.Event, Evidence: make([]Evidence, 0, len(d.Facts))}
		for i := range d.Facts {
			f := &d.Facts[i]
			e.Evidence = append(e.Evidence, s.evidence(f, string(d.Kind)+" "+string(d.Date), urlOf(f, d.Event, len(d.Facts) == 1)))
		}
		if d.Inferred {
			s.inferred(&l, &d, &e)
		}
		l.Events = append(l.Events, e)
	}
	return l, true, nil
}

// inferred adds what an event was concluded from beside the entry: of a
// removal the edition that no longer has it, of a first sight the days before
// it on which nobody knows.
func (s *source) inferred(l *life, d *listing.Dated, e *Event) {
	before, on := s.around(&d.Facts[0], d.Date)
	if d.Kind == listing.Removed {
		if on != nil {
			e.Evidence = append(e.Evidence, Evidence{
				Document: on.Position, Digest: on.Digest, Source: on.Source, Published: on.Published, What: "edition without the entry",
			})
		}
		return
	}
	u := Unseen{Until: d.Date}
	if before != nil {
		u.After = before.Published
	}
	l.unseen = append(l.unseen, u)
}

// unseenOn is the stretch without knowledge that a day lies in, if one.
func (l *life) unseenOn(day access.Date) *Unseen {
	for _, u := range l.unseen {
		if day < u.Until && day > u.After {
			return &u
		}
	}
	return nil
}

// published is the node's facts of a kind that were published by a day.
func (n *node) published(kind string, known access.Date) []ledger.Fact {
	count := 0
	for _, f := range n.facts {
		if f.Kind == kind && f.PublishedBy(known) {
			count++
		}
	}
	out := make([]ledger.Fact, 0, count)
	for _, f := range n.facts {
		if f.Kind == kind && f.PublishedBy(known) {
			out = append(out, *f)
		}
	}
	return out
}

// describe fills in what the entry itself says, in its newest form, and what
// the programme is.
func (s *source) describe(l *life, n *node, known access.Date) {
	entries := slices.DeleteFunc(slices.Clone(n.entries), func(e stated[listing.Entry]) bool { return !e.fact.PublishedBy(known) })
	slices.SortFunc(entries, func(a, b stated[listing.Entry]) int {
		if a.fact.Newer(b.fact, known) {
			return -1
		}
		return 1
	})
	for i, e := range entries {
		if i == 0 {
			l.Name, l.Programme = cmp.Or(e.value.Name, l.Name), cmp.Or(e.value.Programme, l.Programme)
		}
		if len(l.Tags) == 0 {
			l.Tags = e.value.Tags
		}
		l.Note, l.Remarks = cmp.Or(l.Note, e.value.Note), cmp.Or(l.Remarks, e.value.Remarks)
		l.Evidence = append(l.Evidence, s.evidence(e.fact, "entry", ""))
	}
	l.programme = unknownProgramme
	l.Title = l.Programme
	if p := s.programmes[l.Programme]; p != nil {
		l.programme, l.Title, l.Authority = p.AsKnown(known), p.Title, p.Authority
	}
}

// fold is every listing as it stands on a date.
func (t *timeline) fold(date access.Date) []Listing {
	out := make([]Listing, len(t.lives))
	for i, l := range t.lives {
		folded := l.programme.Fold(l.events, date)
		out[i] = l.Listing
		out[i].Status, out[i].Since, out[i].Successor = folded.Status, folded.Since, folded.Successor
		if out[i].Status != listing.StatusListed && out[i].Status != listing.StatusStayed {
			out[i].Unseen = l.unseenOn(date)
		}
		if len(folded.Consequences) > 0 {
			out[i].Consequences = folded.Consequences
		}
	}
	return out
}

// On is the dossier for another date, by what had been published by the
// earlier of its own date and known day: what follows from it by the mere
// passing of time. Who the subject is stays as it was found. It reads nothing,
// and several may be made at the same time.
//
// To go through many dates, begin with d.On(d.At.Date): what was published
// later than that day is then left out once, and not for every date anew.
func (d *Dossier) On(date access.Date) *Dossier {
	out := *d
	out.At.Date, out.At.Known = date, d.horizon()
	if d.Software != nil {
		out.Software = d.Software.on(date)
	}
	if d.Product != nil {
		out.Product = d.Product.on(date, d.horizon())
	}
	if d.source == nil {
		return &out
	}
	out.source = d.source.from(d.foreseen(), date)
	out.Listings = out.source.listings.fold(date)
	out.Control = out.source.control(&out)
	if out.At.Known < d.At.Known {
		must(out.source.sayings(&out))
	}
	return &out
}

// Dates is the days after the dossier's own on which [Dossier.On] can differ
// from the day before, sorted.
func (d *Dossier) Dates() []access.Date {
	var out []access.Date
	if d.Software != nil || d.Product != nil {
		if d.Software != nil {
			out = d.Software.dates()
		}
		if d.Product != nil {
			out = append(out, d.Product.dates(d.horizon())...)
		}
		slices.Sort(out)
		return slices.Compact(slices.DeleteFunc(out, func(date access.Date) bool { return date <= d.At.Date }))
	}
	if d.source == nil {
		return out
	}
	for _, l := range d.foreseen().lives {
		out = append(out, l.programme.Dates(l.events)...)
	}
	if d.source.circle != nil {
		out = append(out, d.source.circle.days(d.horizon())...)
	}
	out = slices.DeleteFunc(out, func(date access.Date) bool { return date <= d.At.Date })
	slices.Sort(out)
	return slices.Compact(out)
}

// horizon is the last day whose publications tell what lies ahead of the
// dossier's date.
func (d *Dossier) horizon() access.Date { return min(d.At.Date, d.At.Known) }

// foreseen is the timeline by the horizon.
func (d *Dossier) foreseen() *timeline {
	return d.source.ahead()
}

// from is the source of a dossier for a date that goes by timeline t.
func (s *source) from(t *timeline, date access.Date) *source {
	out := *s
	out.listings = t
	out.ahead = func() *timeline { return t }
	if date < t.known {
		out.ahead = sync.OnceValue(func() *timeline {
			earlier, err := s.timeline(date)
			must(err)
			return earlier
		})
	}
	return &out
}

// must is for what cannot fail, because every fact was decoded when the
// dossier was built and only fewer of them are looked at since.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// urlOf is where the public can read of e by f's account. Where one document
// tells of the event, that is the event's own source.
func urlOf(f *ledger.Fact, e listing.Event, alone bool) string {
	var own listing.Event
	if !alone && f.Kind == listing.FactEvent && f.Decode(&own) == nil && own.Source != "" {
		return own.Source
	}
	return e.Source
}
