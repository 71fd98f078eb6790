package duty

import (
	"fmt"
	"time"
)

// maxRounds bounds how many rounds of a recurring duty are worked out: one a
// day for more than ten years.
const maxRounds = 4096

// Rounds is every round of a recurring duty up to at, the current one last. The
// first is due as the rule says; each following one is due [Rule.Every] after the
// event that met the round before it. A round that nothing has met is the
// current one, however long ago it was due. The series ends with the first event
// of kind [Rule.Until] after what it counts from: the last round is then met by
// it, or late when it was due before. For a rule that does not recur there is one
// round, that of [DueAt].
func Rounds(rule Rule, events []Event, cal Calendar, at time.Time) []Result {
	return rounds(rule, events, cal, moment{instant: at})
}

func rounds(rule Rule, events []Event, cal Calendar, at moment) []Result {
	if err := rule.Validate(); err != nil {
		return []Result{{State: Undetermined, Why: err.Error()}}
	}
	first := rule
	first.Every, first.EveryUnit, first.Until = 0, "", ""
	out := []Result{due(first, events, cal, at)}
	if rule.Every == 0 {
		return out
	}
	next := Rule{After: rule.MetBy, Amount: rule.Every, Unit: rule.EveryUnit, Zone: rule.Zone, Roll: rule.Roll}
	loc, _ := zone(rule.Zone) // validated above
	c := counter{rule: next, cal: cal, loc: loc}
	for len(out) < maxRounds {
		last := &out[len(out)-1]
		if last.State != Met && last.State != Late {
			break
		}
		by := last.Inputs[len(last.Inputs)-1]
		if end, ok := c.end(rule.Until, events, by, at); ok {
			last.Why += fmt.Sprintf("; no further one is owed, since %s ended it", end.Kind)
			break
		}
		r := c.count(by)
		r.Inputs = []Event{by}
		if r.State == Undetermined {
			return append(out, r)
		}
		c.close(&r, rule.Until, events, by, at)
		out = append(out, r)
		if r.State != Met && r.State != Late || r.Inputs[len(r.Inputs)-1].Kind == rule.Until {
			break
		}
	}
	return out
}

// end is the event that ended the series at or before by, if one did.
func (c counter) end(kind string, events []Event, by Event, at moment) (Event, bool) {
	if kind == "" {
		return Event{}, false
	}
	for _, e := range events {
		if e.Kind == kind && c.seen(e, at) && !c.start(e).After(c.start(by)) {
			return e, true
		}
	}
	return Event{}, false
}

// close says where a round stands that began with by: met by the next event that
// discharges it, or by the one that ends the series, whichever came first.
func (c counter) close(r *Result, until string, events []Event, by Event, at moment) {
	var found Event
	ok := false
	for _, e := range events {
		if e.Kind != c.rule.After && (until == "" || e.Kind != until) || !c.seen(e, at) || !c.start(e).After(c.start(by)) {
			continue
		}
		if !ok || c.before(e, found) {
			found, ok = e, true
		}
	}
	if !ok {
		r.State = c.compare(*r, at)
		return
	}
	r.Inputs = append(r.Inputs, found)
	r.State = Met
	if c.after(found, *r) {
		r.State = Late
	}
}

// Latest is the last instant at which the duty can be met in time; the zero time
// when none is known. A day as a whole ends with the midnight after it.
func (r Result) Latest() time.Time {
	if r.Exact || r.Instant.IsZero() {
		return r.Instant
	}
	return r.Instant.AddDate(0, 0, 1)
}

// Mark is the instant at which so many percent of the time from what the duty
// counts from to [Result.Latest] have gone by; the zero time when there is no
// such time. Of 100 percent it is Latest itself.
func (r Result) Mark(percent int) time.Time {
	latest := r.Latest()
	if latest.IsZero() || r.From.IsZero() || !r.From.Before(latest) {
		return latest
	}
	return r.From.Add(latest.Sub(r.From) / 100 * time.Duration(percent))
}
