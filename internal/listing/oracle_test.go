package listing_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/listing"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The random histories of these tests take place within so many days of this
// one, so that things happen on one day often.
const (
	begin   access.Date = "2021-01-01"
	horizon             = 60
)

func someDay(t *rapid.T, name string) access.Date {
	return begin.AddDays(rapid.IntRange(0, horizon-1).Draw(t, name))
}

func someDuty(n int) duty.Rule {
	if n == 0 {
		return duty.Rule{After: "designated"}
	}
	return duty.Rule{After: "designated", Amount: n, Unit: duty.Days}
}

// someProgramme is a programme with rules of every sort.
func someProgramme(t *rapid.T) *listing.Programme {
	p := &listing.Programme{ID: "random", Validity: []listing.Step{{From: "2000-01-01", State: listing.RuleInForce, Published: "2000-01-01"}}}
	if rapid.IntRange(0, 3).Draw(t, "list ends") == 0 {
		d := someDay(t, "end of the list")
		p.Validity = append(p.Validity, listing.Step{From: d, State: listing.RuleEnded, Published: d, Why: "over"})
	}
	kinds := []listing.ConsequenceKind{listing.Purchase, listing.Holding, listing.Procurement, listing.Export}
	for i := range rapid.IntRange(0, 3).Draw(t, "rules") {
		r := listing.ConsequenceRule{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), What: strconv.Itoa(i)}
		start := rapid.IntRange(0, 20).Draw(t, "starts")
		r.Starts = someDuty(start)
		if rapid.Bool().Draw(t, "winds down") {
			w := someDuty(rapid.IntRange(0, 20).Draw(t, "wind down"))
			r.WindDown = &w
		}
		if rapid.Bool().Draw(t, "ends") {
			e := someDuty(start + rapid.IntRange(1, 20).Draw(t, "lasts"))
			r.Ends = &e
		}
		if rapid.IntRange(0, 2).Draw(t, "tranche") == 0 {
			r.DesignatedSince = someDay(t, "since")
		}
		if rapid.IntRange(0, 2).Draw(t, "tranche") == 0 {
			r.DesignatedBefore = someDay(t, "before")
		}
		r.Validity = someSteps(t)
		p.Consequences = append(p.Consequences, r)
	}
	return p
}

func someSteps(t *rapid.T) []listing.Step {
	days := rapid.SliceOfNDistinct(rapid.IntRange(-5, horizon-1), 0, 3, rapid.ID[int]).Draw(t, "steps")
	slices.Sort(days)
	var out []listing.Step
	for i, d := range days {
		s := listing.Step{From: begin.AddDays(d), Published: begin.AddDays(d), State: listing.RuleInForce, Why: "step"}
		switch {
		case i > 0 && i == len(days)-1:
			s.State = rapid.SampledFrom([]listing.RuleState{listing.RuleSuspended, listing.RuleUnverified, listing.RuleEnded, listing.RuleInForce}).Draw(t, "state")
		case i > 0:
			s.State = rapid.SampledFrom([]listing.RuleState{listing.RuleSuspended, listing.RuleUnverified, listing.RuleInForce}).Draw(t, "state")
		}
		out = append(out, s)
	}
	return out
}

var someKinds = []listing.EventKind{
	listing.Designated, listing.Designated, listing.Redesignated, listing.Amended, listing.Stayed, listing.StayLifted,
	listing.Respelled, listing.Removed, listing.Vacated, listing.Expired, listing.Challenged, listing.MarketAction,
}

func someEvents(t *rapid.T) []listing.Event {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) listing.Event {
		e := listing.Event{Kind: rapid.SampledFrom(someKinds).Draw(t, "event"), Date: someDay(t, "on")}
		if e.Kind == listing.Respelled {
			e.Successor = "the right one"
		}
		if e.Kind == listing.MarketAction {
			e.Authority = rapid.SampledFrom([]string{"Nasdaq", "NYSE"}).Draw(t, "who")
			s := listing.Stated{Kind: listing.ExchangeDelisting, Ended: rapid.Bool().Draw(t, "ended")}
			if !s.Ended {
				s.From = e.Date.AddDays(rapid.IntRange(0, 10).Draw(t, "after"))
			}
			e.Consequences = []listing.Stated{s}
		}
		return e
	}), 0, 7).Draw(t, "events")
}

// An oracle replays a listing day by day. It knows no dates but the running
// one: each consequence has counters that go down by one a day.
type oracle struct {
	p      *listing.Programme
	day    access.Date
	status listing.Status
	since  access.Date
	next   string // successor
	stay   bool
	age    int // days since the designation that runs or ran last; -1 when there was none
	anchor access.Date
	shut   int           // age at which the listing ended, -1 while it has not
	acts   []*oracleMove // of exchanges, in the order in which they were made
}

type oracleMove struct {
	who   string
	in    int // days until it begins
	ended bool
}

func newOracle(p *listing.Programme) *oracle {
	return &oracle{p: p, status: listing.StatusNotListed, age: -1, shut: -1}
}

func (o *oracle) live() bool {
	return o.status == listing.StatusListed || o.status == listing.StatusStayed
}

// pass lets day d come: counters first, then what happens on it.
func (o *oracle) pass(d access.Date, events []listing.Event) {
	o.day = d
	if o.age >= 0 {
		o.age++
	}
	for _, m := range o.acts {
		m.in--
	}
	ending := !o.live() && o.status != listing.StatusNotListed
	for _, kind := range []listing.EventKind{
		listing.Designated, listing.Redesignated, listing.Stayed, listing.StayLifted,
		listing.Respelled, listing.Removed, listing.Expired, listing.Vacated,
	} {
		if !slices.ContainsFunc(events, func(e listing.Event) bool { return e.Date == d && e.Kind == kind }) {
			continue
		}
		if reopened := o.happen(kind, ending); reopened {
			ending = false
		}
	}
	o.trade(events)
	for _, s := range o.p.Validity {
		if s.State == listing.RuleEnded && s.From == d && o.live() {
			o.finish(listing.StatusExpired)
		}
	}
}

// happen plays one kind of event; before is set when the listing had ended on
// an earlier day and not begun again. It reports whether it begins.
func (o *oracle) happen(kind listing.EventKind, before bool) bool {
	switch kind {
	case listing.Designated, listing.Redesignated:
		if o.live() && kind == listing.Designated {
			return false
		}
		o.status, o.since, o.anchor = listing.StatusListed, o.day, o.day
		o.age, o.shut, o.stay, o.next = 0, -1, false, ""
		return true
	case listing.Stayed:
		if o.status == listing.StatusListed {
			o.status, o.since, o.stay = listing.StatusStayed, o.day, true
		}
	case listing.StayLifted:
		if o.status == listing.StatusStayed {
			o.status, o.since, o.stay = listing.StatusListed, o.day, false
		}
	case listing.Vacated:
		if o.status != listing.StatusVacated {
			o.finish(listing.StatusVacated)
		}
	default:
		if !before {
			o.finish(map[listing.EventKind]listing.Status{
				listing.Respelled: listing.StatusSuperseded, listing.Removed: listing.StatusRemoved, listing.Expired: listing.StatusExpired,
			}[kind])
			if kind == listing.Respelled {
				o.next = "the right one"
			}
		}
	}
	return false
}

func (o *oracle) finish(s listing.Status) {
	o.status, o.since, o.stay, o.next = s, o.day, false, ""
	if o.shut < 0 {
		o.shut = o.age
	}
}

// trade plays the acts of exchanges of the day, by name.
func (o *oracle) trade(events []listing.Event) {
	var today []listing.Event
	for _, e := range events {
		if e.Date == o.day && e.Kind == listing.MarketAction {
			today = append(today, e)
		}
	}
	slices.SortFunc(today, func(a, b listing.Event) int { return a.Compare(&b) })
	for _, e := range today {
		var open *oracleMove
		for _, m := range o.acts {
			if m.who == e.Authority && !m.ended {
				open = m
			}
		}
		in := int(e.Consequences[0].From.Time().Sub(o.day.Time()) / (24 * time.Hour))
		switch {
		case e.Consequences[0].Ended && open != nil:
			open.ended = true
		case e.Consequences[0].Ended:
		case open != nil:
			open.in = in
		default:
			o.acts = append(o.acts, &oracleMove{who: e.Authority, in: in})
		}
	}
}

// state is where a rule's consequence stands; "" when there is none.
func (o *oracle) state(r *listing.ConsequenceRule) listing.State {
	if o.age < 0 || r.DesignatedSince > o.anchor || r.DesignatedBefore != "" && r.DesignatedBefore <= o.anchor {
		return ""
	}
	rule, youth := listing.RuleInForce, 1000 // days since the rule came about
	for i, s := range r.Validity {
		if i == 0 {
			youth = -1
		}
		if s.From <= o.day {
			rule = s.State
		}
		if i == 0 && s.From <= o.day {
			youth = int(o.day.Time().Sub(s.From.Time()) / (24 * time.Hour))
		}
	}
	switch {
	case youth < 0:
		return ""
	case o.shut >= 0, rule == listing.RuleEnded, r.Ends != nil && o.age >= r.Ends.Amount:
		return listing.StateEnded
	case o.stay, rule == listing.RuleSuspended:
		return listing.StateStayed
	case rule == listing.RuleUnverified:
		return listing.StateUndetermined
	case o.age >= r.Starts.Amount:
		return listing.StateInForce
	case r.WindDown != nil && o.age >= r.WindDown.Amount:
		return listing.StateWindDown
	}
	return listing.StatePending
}

// told is what the oracle and a fold are compared by.
type toldState struct {
	Status listing.Status
	Since  access.Date
	Anchor access.Date
	Next   string
	States []string
}

func (o *oracle) tell() toldState {
	out := toldState{Status: o.status, Since: o.since, Anchor: o.anchor, Next: o.next}
	for i := range o.p.Consequences {
		if s := o.state(&o.p.Consequences[i]); s != "" {
			out.States = append(out.States, o.p.Consequences[i].What+" "+string(s))
		}
	}
	for _, who := range []string{"NYSE", "Nasdaq"} {
		for _, m := range o.acts {
			if m.who != who {
				continue
			}
			s := listing.StatePending
			if m.in <= 0 {
				s = listing.StateInForce
			}
			if m.ended {
				s = listing.StateEnded
			}
			out.States = append(out.States, "delisting "+string(s))
		}
	}
	return out
}

func tell(f listing.Folded) toldState {
	out := toldState{Status: f.Status, Since: f.Since, Anchor: f.Designated, Next: f.Successor}
	for _, c := range f.Consequences {
		name := c.What
		if c.Kind == listing.ExchangeDelisting {
			name = "delisting"
		}
		out.States = append(out.States, name+" "+string(c.State))
	}
	return out
}

// On every day the fold says what a replay day by day comes to.
func TestFoldAgainstReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, events := someProgramme(t), someEvents(t)
		o := newOracle(p)
		for d := begin.AddDays(-2); d < begin.AddDays(horizon+45); d = d.AddDays(1) {
			o.pass(d, events)
			if diff := cmp.Diff(o.tell(), tell(p.Fold(events, d))); diff != "" {
				t.Fatalf("on %s (-replay +fold):\n%s", d, diff)
			}
		}
	})
}

// Dates is exactly the days on which the fold changes.
func TestDatesAgainstEveryDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, events := someProgramme(t), someEvents(t)
		var want []access.Date
		was := p.Fold(events, begin.AddDays(-40))
		for d := begin.AddDays(-39); d < begin.AddDays(horizon+60); d = d.AddDays(1) {
			is := p.Fold(events, d)
			if !cmp.Equal(was, is) {
				want = append(want, d)
			}
			was = is
		}
		if diff := cmp.Diff(want, p.Dates(events)); diff != "" {
			t.Fatalf("(-every day +Dates):\n%s", diff)
		}
	})
}

// The order of the events says nothing.
func TestFoldIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, events := someProgramme(t), someEvents(t)
		shuffled := rapid.Permutation(events).Draw(t, "shuffled")
		at := someDay(t, "at")
		kept := slices.Clone(shuffled)
		if diff := cmp.Diff(p.Fold(events, at), p.Fold(shuffled, at)); diff != "" {
			t.Fatalf("(-one order +another):\n%s", diff)
		}
		if diff := cmp.Diff(p.Dates(events), p.Dates(shuffled)); diff != "" {
			t.Fatalf("dates (-one order +another):\n%s", diff)
		}
		if diff := cmp.Diff(kept, shuffled); diff != "" {
			t.Fatalf("the events were changed:\n%s", diff)
		}
	})
}

// Events after a day do not change what is said of that day.
func TestFoldLooksNotAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, events, at := someProgramme(t), someEvents(t), someDay(t, "at")
		past := slices.DeleteFunc(slices.Clone(events), func(e listing.Event) bool { return e.Date > at })
		if diff := cmp.Diff(p.Fold(past, at), p.Fold(events, at)); diff != "" {
			t.Fatalf("(-past only +with what came later):\n%s", diff)
		}
	})
}

// A stay holds back everything that the programme does and has not ended, and
// nothing else; lifted, it leaves no trace but the day of the status.
func TestStayAlgebra(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := someProgramme(t)
		p.Validity = p.Validity[:1]
		d := someDay(t, "designated")
		stayOn := d.AddDays(rapid.IntRange(1, 15).Draw(t, "stayed after"))
		liftOn := stayOn.AddDays(rapid.IntRange(0, 15).Draw(t, "lifted after"))
		delisting := listing.Event{Kind: listing.MarketAction, Date: d, Authority: "Nasdaq", Consequences: []listing.Stated{{Kind: listing.ExchangeDelisting, From: d}}}
		plain := []listing.Event{{Kind: listing.Designated, Date: d}, delisting}
		stayed := append(slices.Clone(plain), listing.Event{Kind: listing.Stayed, Date: stayOn})
		twice := append(slices.Clone(stayed), listing.Event{Kind: listing.Stayed, Date: stayOn.AddDays(1)})
		lifted := append(slices.Clone(stayed), listing.Event{Kind: listing.StayLifted, Date: liftOn})

		at := stayOn.AddDays(rapid.IntRange(0, 40).Draw(t, "at"))
		free, held := p.Fold(plain, at), p.Fold(stayed, at)
		if held.Status != listing.StatusStayed || held.Since != stayOn || len(held.Consequences) != len(free.Consequences) {
			t.Fatalf("%s since %s with %d of %d consequences", held.Status, held.Since, len(held.Consequences), len(free.Consequences))
		}
		for i, c := range held.Consequences {
			want := free.Consequences[i].State
			if want != listing.StateEnded && c.Kind != listing.ExchangeDelisting {
				want = listing.StateStayed
			}
			if c.State != want || c.From != free.Consequences[i].From || c.To != free.Consequences[i].To {
				t.Fatalf("%+v, want %s, and the dates of %+v", c, want, free.Consequences[i])
			}
		}
		if diff := cmp.Diff(held, p.Fold(twice, at)); diff != "" {
			t.Fatalf("a second stay changed something:\n%s", diff)
		}
		if at < liftOn {
			return
		}
		again := p.Fold(lifted, at)
		if again.Status != listing.StatusListed || again.Since != liftOn {
			t.Fatalf("lifted: %s since %s", again.Status, again.Since)
		}
		again.Since = free.Since
		if diff := cmp.Diff(free, again); diff != "" {
			t.Fatalf("(-never stayed +stay lifted):\n%s", diff)
		}
	})
}

// What became known later cannot change what was known then: a programme as
// known on a day agrees with the whole one on every day up to it, but for what
// was announced.
func TestAsKnownAgreesWithThePast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, events, at := someProgramme(t), someEvents(t), someDay(t, "at")
		if diff := cmp.Diff(p.Fold(events, at), p.AsKnown(at).Fold(events, at)); diff != "" {
			t.Fatalf("(-whole +as known):\n%s", diff)
		}
	})
}
