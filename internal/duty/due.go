package duty

import (
	"fmt"
	"strings"
	"time"

	"countersign.dev/internal/access"
)

// Event is something that happened, from which duties run or by which they are
// met.
type Event struct {
	Kind string      `json:"kind"`
	Date access.Date `json:"date"`
	Time time.Time   `json:"time,omitzero"` // the instant, where it is known; it then stands over Date
}

// State is where a duty stands.
type State string

// The states of a duty.
const (
	Waiting      State = "waiting"      // what it counts from has not happened
	Running      State = "running"      // it is due later
	DueNow       State = "due"          // it is due this very day, or instant
	Past         State = "past"         // it was due earlier, and nothing has met it
	Met          State = "met"          // met in time
	Late         State = "late"         // met, but too late
	Undetermined State = "undetermined" // the rule is not valid, or leads beyond the calendar
)

// Result is when something is due and where that stands.
type Result struct {
	Due     access.Date `json:"due"`              // the day, in the rule's zone; "" when waiting or undetermined
	Instant time.Time   `json:"instant,omitzero"` // the instant; the first one of the day when the day as a whole is meant
	Exact   bool        `json:"exact"`            // the instant is meant, not the day as a whole
	State   State       `json:"state"`
	Why     string      `json:"why"`    // how the day comes about; says nothing of the moment asked about
	Inputs  []Event     `json:"inputs"` // the events that it rests on
	From    time.Time   `json:"-"`      // the instant that it counts from; zero for a fixed day
}

// Reached reports whether the due day, or instant, has come. For something
// that begins when it is due: whether it has begun.
func (r Result) Reached() bool {
	return r.State == DueNow || r.State == Past || r.State == Late
}

// Due works out when rule is due and where that stands on the day at, which is
// a day of the rule's zone. Only events up to that day are looked at. Cal may
// be nil for rules that neither count business days nor roll.
func Due(rule Rule, events []Event, cal Calendar, at access.Date) Result {
	return due(rule, events, cal, moment{day: at})
}

// DueAt is [Due] to the instant: only events up to at are looked at, and a
// rule that leads to an instant is running until then and past right after.
func DueAt(rule Rule, events []Event, cal Calendar, at time.Time) Result {
	return due(rule, events, cal, moment{instant: at})
}

// moment is what a question is asked about: a day, or an instant.
type moment struct {
	day     access.Date
	instant time.Time
}

func due(rule Rule, events []Event, cal Calendar, at moment) Result {
	if rule.Every != 0 {
		all := rounds(rule, events, cal, at)
		return all[len(all)-1]
	}
	if err := rule.Validate(); err != nil {
		return Result{State: Undetermined, Why: err.Error()}
	}
	if cal == nil && (rule.Unit == BusinessDays || rule.Roll != None) {
		return Result{State: Undetermined, Why: "the rule needs a calendar and was given none"}
	}
	loc, _ := zone(rule.Zone) // validated above
	c := counter{rule: rule, cal: cal, loc: loc}

	var r Result
	var from Event
	if rule.On != "" {
		r = c.fixed()
	} else {
		var ok bool
		if from, ok = c.trigger(events, at); !ok {
			return Result{State: Waiting, Why: "counts from " + rule.After + ", which has not happened"}
		}
		r = c.count(from)
		r.Inputs = []Event{from}
	}
	if r.State == Undetermined {
		return r
	}
	if by, ok := c.discharge(events, from, at); ok {
		r.Inputs = append(r.Inputs, by)
		r.State = Met
		if c.after(by, r) {
			r.State = Late
		}
		return r
	}
	r.State = c.compare(r, at)
	return r
}

// counter applies one rule.
type counter struct {
	rule Rule
	cal  Calendar
	loc  *time.Location
}

// day is the day of e in the rule's zone.
func (c counter) day(e Event) access.Date {
	if e.Time.IsZero() {
		return e.Date
	}
	return dateIn(e.Time, c.loc)
}

// start is the earliest instant at which e can have happened.
func (c counter) start(e Event) time.Time {
	if e.Time.IsZero() {
		return midnight(e.Date, c.loc)
	}
	return e.Time
}

func (c counter) seen(e Event, at moment) bool {
	if at.day != "" {
		return c.day(e) <= at.day
	}
	return !c.start(e).After(at.instant)
}

// trigger is the event that the rule counts from.
func (c counter) trigger(events []Event, at moment) (Event, bool) {
	var found Event
	ok := false
	for _, e := range events {
		if e.Kind != c.rule.After || !c.seen(e, at) {
			continue
		}
		if !ok || c.before(e, found) == c.rule.First {
			found, ok = e, true
		}
	}
	return found, ok
}

// before orders events by their instants; of two at one instant, that whose
// instant is known comes first.
func (c counter) before(a, b Event) bool {
	if s, t := c.start(a), c.start(b); !s.Equal(t) {
		return s.Before(t)
	}
	if a.Time.IsZero() != b.Time.IsZero() {
		return b.Time.IsZero()
	}
	return a.Date < b.Date
}

// discharge is the first event that meets the duty, at or after what it counts
// from.
func (c counter) discharge(events []Event, from Event, at moment) (Event, bool) {
	var found Event
	ok := false
	for _, e := range events {
		if c.rule.MetBy == "" || e.Kind != c.rule.MetBy || !c.seen(e, at) {
			continue
		}
		if from.Kind != "" && c.day(e) < c.day(from) {
			continue
		}
		if from.Kind != "" && !e.Time.IsZero() && !from.Time.IsZero() && e.Time.Before(from.Time) {
			continue
		}
		if !ok || c.before(e, found) {
			found, ok = e, true
		}
	}
	return found, ok
}

// after reports whether e came later than was due.
func (c counter) after(e Event, r Result) bool {
	if r.Exact && !e.Time.IsZero() {
		return e.Time.After(r.Instant)
	}
	return c.day(e) > r.Due
}

func (c counter) compare(r Result, at moment) State {
	if at.day == "" && r.Exact {
		switch at.instant.Compare(r.Instant) {
		case -1:
			return Running
		case 0:
			return DueNow
		}
		return Past
	}
	day := at.day
	if day == "" {
		day = dateIn(at.instant, c.loc)
	}
	switch {
	case day < r.Due:
		return Running
	case day == r.Due:
		return DueNow
	}
	return Past
}

func (c counter) fixed() Result {
	return c.settle(c.rule.On, "set for "+string(c.rule.On))
}

// count is when the rule is due, counted from e.
func (c counter) count(e Event) (r Result) {
	defer func() { r.From = c.start(e) }()
	from := c.day(e)
	why := fmt.Sprintf("on the day of %s, %s", c.rule.After, from)
	if c.rule.Amount > 0 {
		why = fmt.Sprintf("%s after %s on %s", c.rule.offset(), c.rule.After, from)
	}
	var day access.Date
	switch c.rule.Unit {
	case Hours:
		return c.hours(e)
	case Days:
		day = clamp(from.Time().AddDate(0, 0, c.rule.Amount))
	case BusinessDays:
		day = c.businessDays(from)
	case Months:
		day = addMonths(from, c.rule.Amount)
	case Years:
		day = addMonths(from, 12*c.rule.Amount)
	default:
		day = from
	}
	return c.settle(day, why)
}

// hours counts elapsed hours from the instant of e, or from the first instant
// of its day when no more is known, which is the strict reading.
func (c counter) hours(e Event) Result {
	why := fmt.Sprintf("%s after %s at %s", c.rule.offset(), c.rule.After, c.start(e).In(c.loc).Format("2006-01-02 15:04 MST"))
	if e.Time.IsZero() {
		why = fmt.Sprintf("%s after the beginning of %s, the day of %s; its hour is not known", c.rule.offset(), e.Date, c.rule.After)
	}
	at := c.start(e).Add(time.Duration(c.rule.Amount) * time.Hour).In(c.loc)
	r := c.settle(clamp(at), why)
	if r.State == Undetermined {
		return r
	}
	// Rolled, it is due at the same hour of the day that it rolled to, as
	// Fed. R. Civ. P. 6(a)(2)(C) has it.
	if r.Due != dateIn(at, c.loc) {
		d := r.Due.Time()
		at = time.Date(d.Year(), d.Month(), d.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), c.loc)
	}
	r.Instant, r.Exact = at, true
	return r
}

func (c counter) businessDays(from access.Date) access.Date {
	day := from
	for n := c.rule.Amount; n > 0 && day < access.Forever; {
		day = clamp(day.Time().AddDate(0, 0, 1))
		if _, closed := c.cal.Closed(day); !closed {
			n--
		}
	}
	return day
}

// settle rolls a due day, sets its hour and says why.
func (c counter) settle(day access.Date, why string) Result {
	rolled := day
	var closed []string
	for c.rule.Roll != None && rolled > "1000-01-01" && rolled < access.Forever {
		reason, shut := c.cal.Closed(rolled)
		if !shut {
			break
		}
		closed = append(closed, fmt.Sprintf("%s is %s", rolled, reason))
		step := 1
		if c.rule.Roll == Preceding {
			step = -1
		}
		rolled = clamp(rolled.Time().AddDate(0, 0, step))
	}
	if rolled >= access.Forever {
		return Result{State: Undetermined, Why: why + ", which lies beyond the calendar"}
	}
	if rolled != day {
		why += fmt.Sprintf("; %s, so it is due on the %s business day of the %s", strings.Join(closed, ", "), c.rule.Roll, c.cal.Name())
	}
	r := Result{Due: rolled, Instant: midnight(rolled, c.loc), Why: why}
	if c.rule.Hour != "" {
		d := rolled.Time()
		hour, minute, _ := hourOf(c.rule.Hour) // validated
		r.Instant = time.Date(d.Year(), d.Month(), d.Day(), hour, minute, 0, 0, c.loc)
		r.Exact = true
		r.Why += fmt.Sprintf(", at %s %s", c.rule.Hour, c.loc)
	}
	return r
}

// addMonths keeps the number of the day where the month has it, and else takes
// the month's last day.
func addMonths(d access.Date, n int) access.Date {
	t := d.Time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return clamp(first.AddDate(0, 0, min(t.Day(), last)-1))
}

// clamp is the day of t, or [access.Forever] for what lies beyond: text of
// five-digit years would not sort.
func clamp(t time.Time) access.Date {
	if t.Year() > 9999 {
		return access.Forever
	}
	return access.Date(t.Format(time.DateOnly))
}

func dateIn(t time.Time, loc *time.Location) access.Date {
	return access.Date(t.In(loc).Format(time.DateOnly))
}

func midnight(d access.Date, loc *time.Location) time.Time {
	t := d.Time()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, loc)
}
