package incident

import (
	"fmt"
	"slices"
	"time"

	"countersign.dev/internal/problem"
)

// State is how far an incident is.
type State string

// The states.
const (
	None            State = "" // it was not there yet
	StateSuspected  State = "suspected"
	StateConfirmed  State = "confirmed"
	StateContained  State = "contained"
	StateEradicated State = "eradicated"
	StateRecovered  State = "recovered"
	StateClosed     State = "closed"
)

// States is the states in their order.
var States = []State{StateSuspected, StateConfirmed, StateContained, StateEradicated, StateRecovered, StateClosed}

// becomes is the state that a step leads to.
var becomes = map[Kind]State{
	Opened: StateSuspected, Confirmed: StateConfirmed, Contained: StateContained, Eradicated: StateEradicated,
	Recovered: StateRecovered, Closed: StateClosed, Reopened: StateConfirmed,
}

// steps is from which states a step may be made. What is suspected may turn out to
// be nothing, and be closed; what spread again is contained again, after having
// been reopened; a small incident is over before anybody wrote down each step.
var steps = map[Kind][]State{
	Opened:     {None},
	Confirmed:  {StateSuspected},
	Contained:  {StateConfirmed},
	Eradicated: {StateConfirmed, StateContained},
	Recovered:  {StateConfirmed, StateContained, StateEradicated},
	Closed:     {StateSuspected, StateConfirmed, StateContained, StateEradicated, StateRecovered},
	Reopened:   {StateClosed, StateRecovered, StateEradicated, StateContained},
}

// Correction is that something was recorded wrongly.
type Correction struct {
	Event    int       `json:"event"`       // sequence of what was wrong
	By       int       `json:"by"`          // sequence of the correction
	From     time.Time `json:"from"`        // as recorded first
	To       time.Time `json:"to,omitzero"` // as it is now; zero when it did not happen
	Reason   string    `json:"reason"`
	Recorded time.Time `json:"recorded"`
	Actor    string    `json:"actor,omitempty"`
}

// Incident is how an incident stands.
type Incident struct {
	ID       string     `json:"id"`
	Title    string     `json:"title"`
	Owner    string     `json:"owner"`
	State    State      `json:"state"`
	Opened   time.Time  `json:"opened"`
	Since    time.Time  `json:"since"` // of the state
	Regimes  []string   `json:"regimes"`
	Markings []string   `json:"markings,omitempty"`
	With     []string   `json:"shared_with,omitempty"`
	Severity *Severity  `json:"severity,omitempty"`
	Facts    []Stated   `json:"facts"`
	Links    []Link     `json:"links"`
	Told     []Notice   `json:"told"`
	Claims   []Claim    `json:"claims"`
	Evidence []Evidence `json:"evidence"`

	Corrections []Correction `json:"corrections"`
	Events      int          `json:"events"`   // how many the reader may see
	Recorded    time.Time    `json:"recorded"` // when the last of them was
}

// Stated is a fact with its instant.
type Stated struct {
	Fact  string    `json:"fact"`
	Title string    `json:"title"`
	At    time.Time `json:"at"`
	Event int       `json:"event"`
	Text  string    `json:"text,omitempty"`
}

// Notice is that somebody was told, and whether they said so.
type Notice struct {
	Telling
	At           time.Time `json:"at"`
	Event        int       `json:"event"`
	Acknowledged time.Time `json:"acknowledged,omitzero"`
}

// Effective is the events as corrections leave them, in their order: those that
// did not happen are left out, and moved ones have their right instant. The
// corrections themselves stay. The events given are not changed.
func Effective(events []*Event) ([]*Event, []Correction) {
	type fate struct {
		at   time.Time
		gone bool
	}
	bySequence := make(map[int]*Event, len(events))
	for _, e := range events {
		bySequence[e.Sequence] = e
	}
	fates := map[int]fate{}
	corrections := []Correction{}
	for _, e := range events {
		of := bySequence[e.Of]
		if e.Kind != Corrected || of == nil {
			continue
		}
		was := of.At
		if f, ok := fates[e.Of]; ok {
			was = f.at
		}
		c := Correction{Event: e.Of, By: e.Sequence, From: was, Reason: e.Text, Recorded: e.Recorded, Actor: e.Actor}
		if !e.Undo {
			c.To = e.At
		}
		fates[e.Of] = fate{e.At, e.Undo}
		corrections = append(corrections, c)
	}
	out := make([]*Event, 0, len(events))
	for _, e := range events {
		f, ok := fates[e.Sequence]
		switch {
		case !ok:
			out = append(out, e)
		case !f.gone:
			moved := *e
			moved.At = f.at
			out = append(out, &moved)
		}
	}
	return out, corrections
}

// Fold works out how an incident stood at an instant, from events that stand by
// their sequence. Only what had happened by then counts; corrections count
// whenever they were made.
func Fold(events []*Event, at time.Time) Incident {
	effective, corrections := Effective(events)
	s := Incident{Regimes: []string{}, Facts: []Stated{}, Links: []Link{}, Told: []Notice{}, Claims: []Claim{}, Evidence: []Evidence{}, Corrections: corrections, Events: len(events)}
	for _, e := range events {
		if e.Recorded.After(s.Recorded) {
			s.Recorded = e.Recorded
		}
	}
	for _, e := range effective {
		if e.Kind == Opened {
			// Who asks about a time before it began learns what it is called, not more.
			s.ID, s.Title, s.Owner, s.Opened, s.Markings = e.Incident, e.Title, e.Owner, e.At, e.Markings
		}
		if s.ID == "" {
			s.ID = e.Incident
		}
		if e.Kind == Shared {
			s.With = append(s.With, e.With...) // holds from when it is recorded
		}
		if e.At.After(at) || e.Kind == Corrected {
			continue
		}
		s.take(e)
	}
	slices.Sort(s.With)
	s.With = slices.Compact(s.With)
	return s
}

func (s *Incident) take(e *Event) {
	if to, step := becomes[e.Kind]; step {
		s.State, s.Since = to, e.At
	}
	s.Evidence = append(s.Evidence, e.Evidence...)
	switch e.Kind {
	case Opened, Subject:
		for _, r := range e.Regimes {
			if !slices.Contains(s.Regimes, r) {
				s.Regimes = append(s.Regimes, r)
			}
		}
	case Fact:
		title, _ := FactTitle(e.Fact)
		s.Facts = append(s.Facts, Stated{e.Fact, title, e.At, e.Sequence, e.Text})
	case Told:
		s.Told = append(s.Told, Notice{Telling: *e.Told, At: e.At, Event: e.Sequence})
	case Acknowledged:
		for i := range s.Told {
			if s.Told[i].Event == e.Of && s.Told[i].Acknowledged.IsZero() {
				s.Told[i].Acknowledged = e.At
			}
		}
	case Linked:
		for _, l := range e.Links {
			s.Links = append(s.without(l), l)
		}
	case Unlinked:
		for _, l := range e.Links {
			s.Links = s.without(l)
		}
	case Rated:
		s.Severity = e.Severity
	case Claimed:
		s.Claims = append(s.Claims, *e.Claim)
	}
}

func (s *Incident) without(l Link) []Link {
	return slices.DeleteFunc(s.Links, func(o Link) bool { return o.To == l.To && o.ID == l.ID })
}

// Next reports whether an event may follow what happened, and if not, why.
func Next(events []*Event, e *Event) error {
	refuse := func(format string, args ...any) error {
		return problem.New(problem.Conflict, "%s: %s", e.Incident, fmt.Sprintf(format, args...))
	}
	if e.Kind == Corrected {
		return nextCorrection(events, e)
	}
	effective, _ := Effective(events)
	state, since := stepped(effective)
	if from, step := steps[e.Kind]; step {
		switch {
		case !slices.Contains(from, state):
			return refuse("it is %s, and cannot be %s from there", inWords(state), e.Kind)
		case e.At.Before(since):
			return refuse("it was %s at %s, after %s", state, since.Format(time.RFC3339), e.At.Format(time.RFC3339))
		}
		return nil
	}
	if state == None {
		return refuse("it has not been opened")
	}
	if e.Kind == Acknowledged {
		i := slices.IndexFunc(effective, func(o *Event) bool { return o.Sequence == e.Of && o.Kind == Told })
		if i < 0 {
			return refuse("event %d does not say that somebody was told", e.Of)
		}
		if e.At.Before(effective[i].At) {
			return refuse("it was told at %s, after it was acknowledged", effective[i].At.Format(time.RFC3339))
		}
	}
	return nil
}

// nextCorrection reports whether a correction leaves an incident that could have
// happened so.
func nextCorrection(events []*Event, e *Event) error {
	refuse := func(format string, args ...any) error {
		return problem.New(problem.Conflict, "%s: %s", e.Incident, fmt.Sprintf(format, args...))
	}
	i := slices.IndexFunc(events, func(o *Event) bool { return o.Sequence == e.Of })
	if i < 0 {
		return problem.New(problem.NotFound, "%s has no event %d", e.Incident, e.Of)
	}
	of := events[i]
	switch {
	case of.Kind == Corrected || of.Kind == Warned || of.Kind == Shared:
		return refuse("event %d is %s, which is not corrected", e.Of, of.Kind)
	case of.Kind == Opened && e.Undo:
		return refuse("that it was opened cannot be undone; close it, and say why")
	}
	effective, _ := Effective(append(slices.Clone(events), e))
	state, since := None, time.Time{}
	for _, o := range effective {
		from, step := steps[o.Kind]
		if !step {
			continue
		}
		if !slices.Contains(from, state) {
			return refuse("event %d, %s, would then follow on %s", o.Sequence, o.Kind, inWords(state))
		}
		if o.At.Before(since) {
			return refuse("event %d, %s at %s, would then come before what it follows, at %s", o.Sequence, o.Kind, o.At.Format(time.RFC3339), since.Format(time.RFC3339))
		}
		state, since = becomes[o.Kind], o.At
	}
	return nil
}

// stepped is the state that the steps so far lead to, and since when.
func stepped(effective []*Event) (state State, since time.Time) {
	for _, e := range effective {
		if to, step := becomes[e.Kind]; step {
			state, since = to, e.At
		}
	}
	return state, since
}

func inWords(s State) string {
	if s == None {
		return "not open"
	}
	return string(s)
}

// StepsFrom is the steps that may be made from a state, in the order of States.
func StepsFrom(s State) (out []Kind) {
	for _, k := range []Kind{Confirmed, Contained, Eradicated, Recovered, Closed, Reopened} {
		if slices.Contains(steps[k], s) {
			out = append(out, k)
		}
	}
	return out
}
