package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/duty/directive"
)

// NotOwed is the state of a duty that a recorded fact takes away; the other
// states are those of package duty.
const NotOwed duty.State = "not_owed"

// Percents is how much of the time for a duty has gone by when it is warned of.
var Percents = []int{50, 80, 100}

// Clock is how one duty of an incident stands.
type Clock struct {
	Directive string `json:"directive"`
	Duty      string `json:"duty"`
	Title     string `json:"title"`  // what is to be done
	Who       string `json:"who"`    // the organisation that owes it
	Regime    string `json:"regime"` // why it does, as the incident has it
	Recipient string `json:"recipient"`
	Report    string `json:"report,omitempty"`
	Addressee string `json:"addressee"`
	How       string `json:"how,omitempty"`
	HowURL    string `json:"how_url,omitempty"`
	Rule      string `json:"rule"`

	State   duty.State  `json:"state"`
	Due     access.Date `json:"due,omitempty"`    // the day, in the rule's zone
	Instant time.Time   `json:"instant,omitzero"` // the last at which it is met in time
	From    time.Time   `json:"from,omitzero"`    // from which it runs
	Why     string      `json:"why"`
	Inputs  []Input     `json:"inputs"`
	Missing []string    `json:"missing,omitempty"` // facts that it waits for
	MetBy   int         `json:"met_by,omitempty"`  // sequence of the event that did
	Round   int         `json:"round,omitempty"`   // of a duty that recurs: the current one, from 1
	Marks   []Mark      `json:"marks"`
	Moved   []Move      `json:"moved,omitempty"`

	Citation string           `json:"citation"`
	URL      string           `json:"url,omitempty"`
	Status   directive.Status `json:"status"`  // in law, on the day asked about
	Binding  bool             `json:"binding"` // false for what is only proposed: it is shown and warns of nothing
	Sure     directive.Sure   `json:"sure"`
	Note     string           `json:"note,omitempty"`
}

// Input is an event that a clock rests on.
type Input struct {
	Kind  string    `json:"kind"`
	Title string    `json:"title,omitempty"`
	At    time.Time `json:"at"`
	Event int       `json:"event"`
}

// Mark is a share of the time for a duty.
type Mark struct {
	Percent int       `json:"percent"`
	At      time.Time `json:"at"`
	Passed  bool      `json:"passed"`
	Warned  time.Time `json:"warned,omitzero"` // when that was recorded
}

// Move is that a correction moved what is due.
type Move struct {
	From   time.Time `json:"from,omitzero"` // zero when nothing was due before
	To     time.Time `json:"to,omitzero"`   // zero when nothing is due since
	By     int       `json:"by"`            // sequence of the correction
	Reason string    `json:"reason"`
}

// Open reports whether somebody still has to do something.
func (c *Clock) Open() bool {
	return c.State == duty.Running || c.State == duty.DueNow || c.State == duty.Past
}

// Percent is how much of the clock's time has gone by at an instant, 0 to 100.
func (c *Clock) Percent(at time.Time) int {
	whole := c.Instant.Sub(c.From)
	if c.Instant.IsZero() || whole <= 0 {
		return 0
	}
	return int(min(100, max(0, 100*at.Sub(c.From)/whole)))
}

// Next is the next instant after at by which the clock, left alone, says something
// else; the zero time for none.
func (c *Clock) Next(at time.Time) time.Time {
	if !c.Open() {
		return time.Time{}
	}
	for _, m := range c.Marks {
		if m.At.After(at) {
			return m.At
		}
	}
	return time.Time{}
}

// ChangesOn is the next instant after at by which one of the clocks says something
// else; the zero time for none.
func ChangesOn(clocks []Clock, at time.Time) (next time.Time) {
	for i := range clocks {
		if n := clocks[i].Next(at); !n.IsZero() && (next.IsZero() || n.Before(next)) {
			next = n
		}
	}
	return next
}

// Clocks is what is owed because of an incident, as of an instant: of each duty
// that a regime of its organisation has, and whose law applied when what it counts
// from happened. What waits for a fact is there while the law applies and the
// incident is not closed. What is open comes first, by when it is due.
func Clocks(events []*Event, directives []*directive.Directive, at time.Time) []Clock {
	s := Fold(events, at)
	out := []Clock{}
	if s.State == None {
		return out
	}
	k := newKeeper(events, s, at)
	for _, d := range directives {
		i := slices.IndexFunc(s.Regimes, func(r string) bool { return slices.Contains(d.AppliesTo, r) })
		if i < 0 {
			continue
		}
		for j := range d.Duties {
			if c, applies := k.clock(d, &d.Duties[j]); applies {
				c.Regime = s.Regimes[i]
				out = append(out, c)
			}
		}
	}
	slices.SortStableFunc(out, byUrgency)
	return out
}

func byUrgency(a, b Clock) int {
	if x, y := rank(&a), rank(&b); x != y {
		return x - y
	}
	if c := a.Instant.Compare(b.Instant); c != 0 {
		return c
	}
	return strings.Compare(a.Directive+"/"+a.Duty, b.Directive+"/"+b.Duty)
}

func rank(c *Clock) int {
	switch {
	case c.Open() && c.Binding:
		return 0
	case c.Open():
		return 1
	case c.State == duty.Waiting && c.Binding:
		return 2
	case c.State == duty.Waiting:
		return 3
	}
	return 4
}

// keeper works out the clocks of one incident.
type keeper struct {
	all       []*Event // as recorded
	owner     string
	closed    bool
	at        time.Time
	counted   []duty.Event
	sequences []int
	warned    map[Warning]time.Time
	moves     []Correction
}

func newKeeper(events []*Event, s Incident, at time.Time) *keeper {
	effective, _ := Effective(events)
	k := &keeper{all: events, owner: s.Owner, closed: s.State == StateClosed, at: at, moves: s.Corrections, warned: map[Warning]time.Time{}}
	k.counted, k.sequences = counted(happened(effective, at))
	for _, e := range events {
		if e.Kind == Warned {
			w := *e.Warning
			w.Due = w.Due.UTC()
			k.warned[w] = e.Recorded
		}
	}
	return k
}

// happened is the events that had happened by an instant.
func happened(events []*Event, at time.Time) []*Event {
	return slices.DeleteFunc(slices.Clone(events), func(e *Event) bool { return e.At.After(at) })
}

func (k *keeper) clock(d *directive.Directive, owed *directive.Duty) (Clock, bool) {
	day := access.DateOf(k.at)
	c := Clock{
		Directive: d.ID, Duty: owed.ID, Title: owed.Title, Who: k.owner, Recipient: owed.Recipient, Report: owed.Report, Addressee: owed.Addressee,
		How: owed.How, HowURL: owed.HowURL, Rule: owed.Rule.String(), Inputs: []Input{}, Marks: []Mark{},
		Citation: owed.Cite, URL: owed.URL, Status: owed.StatusOn(day), Binding: owed.Status != directive.Proposed, Sure: owed.Sure, Note: owed.Note,
	}
	r := owed.Due(k.counted, k.at)
	if len(r.Inputs) > 0 && !owed.Covers(access.DateOf(k.began(owed))) {
		return c, false
	}
	for _, need := range owed.Needs {
		if !has(k.counted, need) {
			c.Missing = append(c.Missing, need)
		}
	}
	if r.State == duty.Waiting {
		c.Missing = append(c.Missing, owed.Rule.After)
	}
	slices.Sort(c.Missing)
	c.Missing = slices.Compact(c.Missing)
	if len(c.Missing) > 0 {
		c.State, c.Why = duty.Waiting, "waits for "+titles(c.Missing)
		return c, owed.Covers(day) && !k.closed
	}
	if i := slices.IndexFunc(k.counted, func(e duty.Event) bool { return slices.Contains(owed.Unless, e.Kind) }); i >= 0 {
		c.State, c.Inputs = NotOwed, []Input{k.input(k.counted[i])}
		c.Why = "not owed, since " + titles([]string{k.counted[i].Kind})
		return c, true
	}
	k.fill(&c, r, owed)
	return c, true
}

// began is the instant of what the duty counts from in its first round.
func (k *keeper) began(owed *directive.Duty) time.Time {
	cal, _ := duty.NamedCalendar(owed.Calendar)
	rounds := duty.Rounds(owed.Rule, k.counted, cal, k.at)
	if len(rounds[0].Inputs) == 0 {
		return k.at
	}
	return rounds[0].Inputs[0].Time
}

// fill sets what a clock says that runs, or ran.
func (k *keeper) fill(c *Clock, r duty.Result, owed *directive.Duty) {
	c.State, c.Due, c.Instant, c.From, c.Why = r.State, r.Due, utc(r.Latest()), utc(r.From), r.Why
	for _, in := range r.Inputs {
		c.Inputs = append(c.Inputs, k.input(in))
	}
	if r.State == duty.Met || r.State == duty.Late {
		c.MetBy = c.Inputs[len(c.Inputs)-1].Event
	}
	if owed.Rule.Every > 0 {
		c.Round = owed.Round(k.counted, k.at)
	}
	if !c.Instant.IsZero() {
		for _, percent := range Percents {
			m := Mark{Percent: percent, At: utc(r.Mark(percent))}
			m.Passed = !m.At.After(k.at)
			m.Warned = k.warned[Warning{c.Directive, c.Duty, percent, c.Instant}]
			c.Marks = append(c.Marks, m)
		}
	}
	c.Moved = k.movedBy(owed)
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

// input is an event that duties count, with where it was recorded.
func (k *keeper) input(e duty.Event) Input {
	in := Input{Kind: e.Kind, Title: kindTitle(e.Kind), At: e.Time.UTC()}
	for i := range k.counted {
		if k.counted[i].Time.Equal(e.Time) && (k.counted[i].Kind == e.Kind || in.Event == 0) {
			in.Event = k.sequences[i]
		}
	}
	return in
}

// movedBy is how corrections moved what is due, in their order.
func (k *keeper) movedBy(owed *directive.Duty) (out []Move) {
	due := func(upto int) time.Time {
		known := slices.DeleteFunc(slices.Clone(k.all), func(e *Event) bool { return e.Sequence > upto })
		effective, _ := Effective(known)
		events, _ := counted(happened(effective, k.at))
		return utc(owed.Due(events, k.at).Latest())
	}
	for _, c := range k.moves {
		if from, to := due(c.By-1), due(c.By); !from.Equal(to) {
			out = append(out, Move{from, to, c.By, c.Reason})
		}
	}
	return out
}

// titles is what kinds of events mean, for people.
func titles(kinds []string) string {
	out := make([]string, len(kinds))
	for i, kind := range kinds {
		out[i] = fmt.Sprintf("%q", kind)
		if t := kindTitle(kind); t != "" {
			out[i] += " (" + t + ")"
		}
	}
	return strings.Join(out, " and ")
}

// kindTitle is what a kind of event that duties count means, for people.
func kindTitle(kind string) string {
	if t, ok := FactTitle(kind); ok {
		return t
	}
	if whom, ok := strings.CutPrefix(kind, "told_"); ok {
		return "told " + strings.ReplaceAll(whom, "_", " ")
	}
	return "the incident was " + kind
}

// Warnings is what is to be recorded: of each binding clock that nothing has met, the furthest
// mark that has passed and was not recorded yet. Marks before it are taken for
// recorded with it: whoever hears that all of the time is gone need not hear that
// half of it is.
func Warnings(clocks []Clock) (out []Warning) {
	for i := range clocks {
		c := &clocks[i]
		if !c.Binding || !c.Open() {
			continue
		}
		for _, m := range slices.Backward(c.Marks) {
			if !m.Warned.IsZero() {
				break
			}
			if m.Passed {
				out = append(out, Warning{c.Directive, c.Duty, m.Percent, c.Instant})
				break
			}
		}
	}
	return out
}
