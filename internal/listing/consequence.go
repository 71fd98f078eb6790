package listing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
)

// consequences is what follows from a listing on the day at: those of the
// programme's rules in their order, then those that only events state, then
// what markets do.
func (p *Programme) consequences(l *life, at access.Date) []Consequence {
	out := []Consequence{}
	ruled := map[ConsequenceKind]bool{}
	if l.designated != "" {
		for i := range p.Consequences {
			r := &p.Consequences[i]
			ruled[r.Kind] = true
			if c, ok := r.on(l, at); ok {
				out = append(out, c)
			}
		}
		for _, kind := range slices.Sorted(maps.Keys(l.stated)) {
			if !ruled[kind] {
				out = append(out, l.statedOnly(kind, at))
			}
		}
	}
	for _, m := range l.market {
		out = append(out, m.on(at))
	}
	return out
}

// on is the consequence of r for a listing on the day at; ok is false when r
// does not concern it, or does not exist yet.
func (r *ConsequenceRule) on(l *life, at access.Date) (c Consequence, ok bool) {
	if r.DesignatedSince != "" && l.designated < r.DesignatedSince || r.DesignatedBefore != "" && l.designated >= r.DesignatedBefore {
		return c, false
	}
	step, ok := stepOn(r.Validity, at)
	if !ok {
		return c, false
	}
	d := r.dates(l, at)
	said := l.stated[r.Kind]
	c = Consequence{
		Kind: r.Kind, What: cmp.Or(said.What, r.What), Cite: r.Cite, Why: d.why,
		From: cmp.Or(said.From, d.from), WindDown: cmp.Or(said.WindDown, d.windDown), To: earliest(said.To, d.to, endKnown(r.Validity, at)),
	}
	if said.From != "" {
		c.Why = "date stated by the authority"
	}
	if len(r.Validity) > 0 {
		c.From, c.WindDown = noEarlier(c.From, r.Validity[0].From), noEarlier(c.WindDown, r.Validity[0].From)
	}
	if c.WindDown >= c.From && c.From != "" {
		c.WindDown = ""
	}
	switch {
	case c.done(l, said.ended, at):
		if step.State == RuleEnded && c.To == step.From {
			c.Why = cmp.Or(step.Why, c.Why)
		}
	case l.stayed != "":
		c.State, c.Why = StateStayed, "stayed on "+string(l.stayed)
	case step.State == RuleSuspended:
		c.State, c.Why = StateStayed, step.Why
	case step.State == RuleUnverified:
		c.State, c.Why = StateUndetermined, step.Why
	case d.undetermined && said.From == "":
		c.State = StateUndetermined
	default:
		c.run(at)
	}
	return c, true
}

// computed is what the duties of a rule come to.
type computed struct {
	from, windDown, to access.Date
	why                string
	undetermined       bool
}

// dates works out the duties of r. Days are legal days of the authority's
// calendar; what counts from an event that has not happened has no day.
func (r *ConsequenceRule) dates(l *life, at access.Date) computed {
	events := []duty.Event{{Kind: string(Designated), Date: l.designated}}
	for _, e := range l.seen {
		if e.Kind != Designated && e.Kind != Redesignated {
			events = append(events, duty.Event{Kind: string(e.Kind), Date: e.Date})
		}
	}
	start := duty.Due(r.Starts, events, duty.USFederal, at)
	d := computed{from: start.Due, why: start.Why, undetermined: start.State == duty.Undetermined}
	if r.WindDown != nil {
		d.windDown = duty.Due(*r.WindDown, events, duty.USFederal, at).Due
	}
	if r.Ends != nil {
		d.to = duty.Due(*r.Ends, events, duty.USFederal, at).Due
	}
	// A fixed day that lies before the designation means its day.
	d.from, d.windDown = noEarlier(d.from, l.designated), noEarlier(d.windDown, l.designated)
	return d
}

// statedOnly is a consequence that an event states and no rule of the
// programme knows. It follows the listing as the others do.
func (l *life) statedOnly(kind ConsequenceKind, at access.Date) Consequence {
	said := l.stated[kind]
	c := Consequence{
		Kind: kind, From: cmp.Or(said.From, l.designated), To: said.To, WindDown: said.WindDown,
		What: said.What, Why: "date stated by the authority",
	}
	if said.From == "" {
		c.Why = "stated by the authority without a date"
	}
	switch {
	case c.done(l, said.ended, at):
	case l.stayed != "":
		c.State, c.Why = StateStayed, "stayed on "+string(l.stayed)
	default:
		c.run(at)
	}
	return c
}

func (m *marketAct) on(at access.Date) Consequence {
	c := Consequence{Kind: m.Kind, From: m.From, To: m.To, WindDown: m.WindDown, What: m.What}
	if m.authority != "" {
		c.Why = "act of " + m.authority
	}
	switch {
	case m.ended != "" && (m.To == "" || m.ended < m.To):
		c.State, c.To = StateEnded, m.ended
		c.Why = withdrawn(m.From, m.ended, m.authority)
	case m.To != "" && m.To <= at:
		c.State = StateEnded
	case m.stayed != "":
		c.State, c.Why = StateStayed, "stayed on "+string(m.stayed)
	default:
		c.run(at)
	}
	return c
}

func withdrawn(from, ended access.Date, authority string) string {
	who := ""
	if authority != "" {
		who = " by " + authority
	}
	if ended <= from {
		return fmt.Sprintf("withdrawn%s on %s, before it began", who, ended)
	}
	return fmt.Sprintf("ended%s on %s", who, ended)
}

// done ends c, when the listing has ended, or an event ended c, or c's own last
// day has come by the day at, and reports whether it did. The first of these
// is what ended it.
func (c *Consequence) done(l *life, ended, at access.Date) bool {
	on := earliest(l.closed, ended, c.To)
	if on == "" || on > at {
		return false
	}
	c.State, c.To = StateEnded, on
	switch on {
	case l.closed:
		c.Why = "the listing ended on " + string(on)
	case ended:
		c.Why = "ended by an act of " + string(on)
	default:
		return true
	}
	if c.From == "" || on <= c.From {
		c.Why += ", before it began"
	}
	return true
}

// run is the course of a consequence that nothing holds back.
func (c *Consequence) run(at access.Date) {
	switch {
	case c.From != "" && at >= c.From:
		c.State = StateInForce
	case c.WindDown != "" && at >= c.WindDown:
		c.State = StateWindDown
	default:
		c.State = StatePending
	}
}

// earliest is the first of some days, "" being none.
func earliest(days ...access.Date) access.Date {
	first := access.Date("")
	for _, d := range days {
		if d != "" && (first == "" || d < first) {
			first = d
		}
	}
	return first
}

// noEarlier is d, or floor when d is a day before it.
func noEarlier(d, floor access.Date) access.Date {
	if d == "" {
		return d
	}
	return max(d, floor)
}
