package listing

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
)

// Engine is the version of the fold: of how events and programmes become
// statuses and consequences. It changes whenever an answer could.
const Engine = "lifecycle/1"

// Folded is where a listing stands on a day.
type Folded struct {
	Status       Status
	Since        access.Date // the day that status began; "" when not listed
	Designated   access.Date // the day from which the clocks of the running, or last, designation count
	Successor    string      // of a superseded listing: id of the entry that replaces it
	Consequences []Consequence
}

// Fold is where a listing with these events stands on the day at. Events after
// that day are not looked at; that those published too late are left out is
// for the caller, see [Events], and that the programme is as it was then
// known, see [Programme.AsKnown]. The order of the events does not matter.
//
// What the events do, one after another:
//
//   - designated lists the party; when it is listed already, it only confirms,
//     and a stay lasts on. redesignated lists it anew: its clocks start again,
//     and a stay of the older designation is gone.
//   - stayed and stay_lifted hold back and restore a listing. The dates of its
//     consequences are not moved by a stay.
//   - respelled, removed, expired and vacated end it. Of several, the first
//     counts, but vacated counts over those before it, and of one day's the
//     later in this order; a listing that has ended has nothing left to remove.
//   - A programme that ends lets whoever is still on it expire.
//   - Any event may state dates of consequences in place of the computed ones.
//     What an exchange or an index does is known from events alone. It is
//     theirs to undo: no removal ends it, and a stay holds it back only when
//     the stay's event names that kind among its consequences, without dates.
func (p *Programme) Fold(events []Event, at access.Date) Folded {
	return p.fold(inOrder(events), at)
}

// Dates is every day on which [Programme.Fold] of these events gives another
// answer than on the day before, in order. It is what to look through for the
// next change.
func (p *Programme) Dates(events []Event) []access.Date {
	sorted := inOrder(events)
	turns := map[access.Date]bool{}
	for _, e := range sorted {
		turns[e.Date] = true
	}
	for _, s := range p.Validity {
		turns[s.From] = true
	}
	for _, r := range p.Consequences {
		for _, s := range r.Validity {
			turns[s.From], turns[s.Published] = true, true
		}
	}
	// Dates of consequences only move on those days, so the days that the
	// folds of those days name are all that there are.
	folds := map[access.Date]Folded{}
	for d := range turns {
		folds[d] = p.fold(sorted, d)
	}
	for d := range turns {
		for _, c := range folds[d].Consequences {
			for _, named := range []access.Date{c.From, c.To, c.WindDown} {
				if _, done := folds[named]; !done {
					folds[named] = p.fold(sorted, named)
				}
			}
		}
	}
	delete(folds, "")
	delete(folds, access.Forever)
	var days []access.Date
	var was Folded
	for i, d := range slices.Sorted(maps.Keys(folds)) {
		if i == 0 {
			was = p.fold(sorted, d.AddDays(-1))
		}
		if !folds[d].equal(was) {
			days = append(days, d)
		}
		was = folds[d]
	}
	return days
}

func (f Folded) equal(g Folded) bool {
	return f.Status == g.Status && f.Since == g.Since && f.Designated == g.Designated &&
		f.Successor == g.Successor && slices.Equal(f.Consequences, g.Consequences)
}

func (p *Programme) fold(sorted []Event, at access.Date) Folded {
	l := life{status: StatusNotListed, stated: map[ConsequenceKind]stated{}}
	finish := endKnown(p.Validity, access.Forever)
	for i := range sorted {
		e := &sorted[i]
		if e.Date > at {
			break
		}
		if finish != "" && finish < e.Date {
			l.programmeEnds(finish)
		}
		l.apply(e)
	}
	if finish != "" && finish <= at {
		l.programmeEnds(finish)
	}
	return Folded{
		Status: l.status, Since: l.since, Designated: l.designated, Successor: l.successor,
		Consequences: p.consequences(&l, at),
	}
}

// rank orders events of one day, so that what undoes comes after what it
// undoes.
var rank = map[EventKind]int{
	Designated: 1, Redesignated: 2, Amended: 2, Stayed: 3, StayLifted: 4,
	Respelled: 5, Removed: 6, Expired: 7, Vacated: 8,
}

// Compare orders events by day, those of one day by what they do, and equal
// ones by their words, so that every order of the same events becomes one.
func (e *Event) Compare(f *Event) int {
	return cmp.Or(
		cmp.Compare(e.Date, f.Date),
		cmp.Compare(rank[e.Kind], rank[f.Kind]),
		cmp.Compare(e.Kind, f.Kind),
		cmp.Compare(e.Authority, f.Authority),
		cmp.Compare(e.What, f.What),
		cmp.Compare(e.Citation, f.Citation),
		cmp.Compare(e.Source, f.Source),
		cmp.Compare(e.Successor, f.Successor),
		cmp.Compare(e.Published, f.Published),
		slices.CompareFunc(e.Consequences, f.Consequences, compareStated),
	)
}

func compareStated(a, b Stated) int {
	return cmp.Or(
		cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To),
		cmp.Compare(a.WindDown, b.WindDown), cmp.Compare(a.What, b.What), compareBool(a.Ended, b.Ended),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func inOrder(events []Event) []Event {
	sorted := slices.Clone(events)
	slices.SortFunc(sorted, func(a, b Event) int { return a.Compare(&b) })
	return sorted
}

// life is a listing while its events are gone through.
type life struct {
	status     Status
	since      access.Date
	designated access.Date
	successor  string
	stayed     access.Date // the day of the stay that lasts, "" when none does
	closed     access.Date // the day on which the listing ended, "" while it has not
	closing    int         // rank of the event that ended it
	seen       []Event     // since the running designation, for duties that count from them
	stated     map[ConsequenceKind]stated
	market     []marketAct
}

// stated is what events say of a consequence that the programme has, or that
// none has.
type stated struct {
	Stated
	ended access.Date // the day on which an event ended it
}

// marketAct is what an exchange or index does because of a listing.
type marketAct struct {
	Stated
	authority string
	ended     access.Date
	stayed    access.Date
}

func (l *life) open() bool { return l.status == StatusListed || l.status == StatusStayed }

func (l *life) turn(s Status, d access.Date) { l.status, l.since = s, d }

func (l *life) apply(e *Event) {
	switch e.Kind {
	case Designated, Redesignated:
		if !l.open() || e.Kind == Redesignated {
			l.designate(e)
		}
	case Stayed:
		if l.status == StatusListed {
			l.turn(StatusStayed, e.Date)
			l.stayed = e.Date
		}
	case StayLifted:
		if l.status == StatusStayed {
			l.turn(StatusListed, e.Date)
			l.stayed = ""
		}
	case Respelled:
		l.close(e.Kind, StatusSuperseded, e.Date)
		if l.status == StatusSuperseded {
			l.successor = cmp.Or(e.Successor, l.successor)
		}
	case Removed:
		l.close(e.Kind, StatusRemoved, e.Date)
	case Expired:
		l.close(e.Kind, StatusExpired, e.Date)
	case Vacated:
		l.close(e.Kind, StatusVacated, e.Date)
	}
	l.seen = append(l.seen, *e)
	l.state(e)
	if e.Kind == StayLifted {
		for i := range l.market {
			l.market[i].stayed = ""
		}
	}
}

func (l *life) designate(e *Event) {
	l.turn(StatusListed, e.Date)
	l.designated, l.stayed, l.closed, l.successor = e.Date, "", "", ""
	l.seen = nil
	l.stated = map[ConsequenceKind]stated{}
}

func (l *life) close(kind EventKind, to Status, d access.Date) {
	if l.closed != "" && (d == l.closed && rank[kind] <= l.closing || d > l.closed && (kind != Vacated || l.status == StatusVacated)) {
		return
	}
	l.turn(to, d)
	l.successor, l.stayed = "", ""
	if l.closed == "" {
		l.closed = d
	}
	l.closing = rank[kind]
}

// programmeEnds lets a listing expire that is still open.
func (l *life) programmeEnds(d access.Date) {
	if l.open() && l.designated <= d {
		l.close(Expired, StatusExpired, d)
	}
}

// state takes over what an event states about consequences.
func (l *life) state(e *Event) {
	for _, s := range e.Consequences {
		if marketKind(s.Kind) {
			l.stateMarket(e, s)
			continue
		}
		was := l.stated[s.Kind]
		if s.Ended {
			was.Kind = s.Kind
			was.ended = e.Date
		} else {
			was = stated{Stated: Stated{
				Kind: s.Kind, From: cmp.Or(s.From, was.From), To: cmp.Or(s.To, was.To),
				WindDown: cmp.Or(s.WindDown, was.WindDown), What: cmp.Or(s.What, was.What),
			}}
		}
		l.stated[s.Kind] = was
	}
}

// marketKind reports whether k is an act of a market, which follows from no
// programme's rules.
func marketKind(k ConsequenceKind) bool { return k == ExchangeDelisting || k == IndexRemoval }

// stateMarket takes over an act of a market. Acts of one authority of one kind
// follow each other; an event that ends one without saying whose ends them
// all. A stay that names the kind holds it back.
func (l *life) stateMarket(e *Event, s Stated) {
	holds := e.Kind == Stayed && !s.Ended && s.From == "" && s.To == "" && s.WindDown == ""
	found := false
	for i := range l.market {
		m := &l.market[i]
		if m.Kind != s.Kind || m.ended != "" {
			continue
		}
		switch {
		case holds:
			m.stayed = e.Date
		case s.Ended && (e.Authority == "" || e.Authority == m.authority):
			m.ended = e.Date
		case !s.Ended && e.Authority == m.authority:
			m.Stated = s
			m.From = cmp.Or(s.From, e.Date)
			found = true
		}
	}
	if holds || s.Ended || found {
		return
	}
	s.From = cmp.Or(s.From, e.Date)
	l.market = append(l.market, marketAct{Stated: s, authority: e.Authority})
	slices.SortStableFunc(l.market, func(a, b marketAct) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.authority, b.authority))
	})
}
