package surveillance

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
)

// Label is a label with all that has happened to it.
type Label struct {
	ID     string
	Events []*label.Event // all of them, by sequence
	Scheme *label.Scheme

	terms *label.Terms // on the day
}

// Question is causes that a concern has to be asked about because a label is
// warned of them, or suspended for them.
type Question struct {
	Concern Concern
	ID      string
}

// React tells which events are missing from a label, in the order in which they
// have to be appended, by what became of its concerns; and what has to be asked
// first. outcomes gives nil for a concern that was not judged. The events lack
// what the ledger gives them: form, sequence, the event before, the time.
//
// Nothing is begun against a label whose time is up; what was begun is still
// brought to its end, because it says how the label stood while its time ran.
func React(l *Label, today access.Date, outcomes func(Concern) *Outcome) ([]*label.Event, []Question) {
	now, all := label.Fold(l.Events, today), label.Fold(l.Events, access.Forever.AddDays(-1))
	if !now.Status.IsPublic() || now.Status.IsFinal() || all.Status.IsFinal() || now.Terms == nil || l.Scheme == nil {
		return nil, nil
	}
	l.terms = now.Terms
	r := &reaction{label: l, today: today, outcomes: outcomes, expired: now.Status == label.StatusExpired, open: byID(all.Grounds), warned: byID(all.Warnings)}
	standing := claims(l, outcomes)
	for _, ground := range slices.Sorted(maps.Keys(standing)) {
		if !r.expired {
			r.begin(standing[ground])
		}
	}
	for _, ground := range r.begun() {
		if standing[ground] == nil {
			r.end(ground)
		}
	}
	return r.events, r.questions
}

func byID(grounds []label.Ground) map[string]*label.Ground {
	out := map[string]*label.Ground{}
	for i := range grounds {
		out[grounds[i].ID] = &grounds[i]
	}
	return out
}

// reaction is one run of React.
type reaction struct {
	label     *Label
	today     access.Date
	outcomes  func(Concern) *Outcome
	expired   bool
	open      map[string]*label.Ground
	warned    map[string]*label.Ground
	events    []*label.Event
	questions []Question
}

// begun is the grounds that are open or warned of, sorted.
func (r *reaction) begun() []string {
	ids := slices.AppendSeq(slices.Collect(maps.Keys(r.open)), maps.Keys(r.warned))
	slices.Sort(ids)
	return slices.Compact(ids)
}

// begin says what follows from a cause that stands.
func (r *reaction) begin(c *claim) {
	open, warned, since := r.open[c.ground], r.warned[c.ground], c.since()
	given, offered := r.label.givenBack(c.ground)
	if given != "" && !offered && since <= given && open == nil {
		return // a person decided so, while the cause stood
	}
	switch {
	case given == "" || since > given:
	case c.rule.Days > 0 && warned == nil:
		since = r.today // that it had ceased turns out not to be so: the days run from now
	default:
		since = given
	}
	switch {
	case open != nil && open.Offered != "": // it is back
		r.suspend(c, max(since, open.Since))
		return
	case open != nil && c.rule.Days == 0 && since < open.Since: // it began earlier than was known
		r.suspend(c, since)
		return
	case open != nil:
		return
	}
	due := since.AddDays(c.rule.Days)
	if warned != nil && since <= warned.Since {
		since, due = warned.Since, warned.Due // what people were told stays
	}
	switch {
	case due <= r.today:
		r.suspend(c, due)
	case warned == nil || since > warned.Since:
		r.warn(c, since, due)
	}
}

// givenBack is the day on which a ground was last closed, or a warning of it
// taken back; and whether that was for the reason that its cause had ceased,
// rather than by a person's own decision.
func (l *Label) givenBack(ground string) (day access.Date, offered bool) {
	pending := false
	for _, e := range l.Events {
		if e.Ground != ground {
			continue
		}
		switch e.Kind {
		case label.Suspended:
			pending = false
		case label.Offered:
			pending = true
		case label.Reinstated:
			day, offered = e.On, pending
		case label.Cleared:
			day, offered = e.On, e.Actor == Actor
		}
	}
	return day, offered
}

// end says what follows for a ground from no cause standing behind it.
func (r *reaction) end(ground string) {
	open, warned := r.open[ground], r.warned[ground]
	ended, role, known := r.ending(ground)
	switch {
	case !known:
		r.lapse(ground)
	case ended == nil:
	case open != nil:
		on := max(ended.On, open.Since)
		if open.Offered == "" || ended.On != "" && on < open.Offered {
			r.offer(open, role, ended, on)
		}
	case ended.On > warned.Due && !r.expired: // nobody looked while it was open
		r.overdue(warned)
		r.offer(warned, role, ended, ended.On)
	default:
		r.add(&label.Event{
			Kind: label.Cleared, On: max(ended.On, warned.Since), Rule: warned.Rule, Ground: ground, Subject: warned.Subject,
			Reason: endedReason(role, warned.Subject, ended), Cite: ended.Cite, From: ended.From,
		}, ended.Rules)
	}
}

// ending is how the cause of a ground ended; nil while that is not known, or it
// has not. known is false for grounds that are not found here.
func (r *reaction) ending(ground string) (ended *Ending, role label.Role, known bool) {
	c, id, role, covered, known := origin(r.label.terms, r.label.Scheme, ground)
	if !known {
		return nil, "", false
	}
	if !covered {
		return &Ending{On: r.label.unsettled(ground), Reason: "the label has nothing to do with it any more"}, role, true
	}
	o := r.outcomes(c)
	if o == nil || slices.ContainsFunc(o.Causes, func(cause Cause) bool { return cause.ID == id && strings.HasPrefix(ground, string(cause.On)+":") }) {
		return nil, role, true
	}
	e, ok := o.Ended[id]
	if !ok {
		r.questions = append(r.questions, Question{c, id})
		return nil, role, true
	}
	return &e, role, true
}

// lapse makes a suspension of a warning that somebody else gave, when its day
// has come: of a failed test, say.
func (r *reaction) lapse(ground string) {
	if w := r.warned[ground]; w != nil && w.Due <= r.today && !r.expired && r.open[ground] == nil {
		r.overdue(w)
	}
}

// overdue suspends for what was warned of.
func (r *reaction) overdue(w *label.Ground) {
	e := &label.Event{
		Kind: label.Suspended, On: w.Due, Rule: w.Rule, Ground: w.ID, Subject: w.Subject, Cite: w.Cite,
		Reason: cut(fmt.Sprintf("%s; it was not remedied by %s", strings.TrimSuffix(w.Reason, warning(w.Due)), w.Due)),
	}
	for _, was := range r.label.Events {
		if was.Sequence == w.Event {
			e.From = was.From
			r.add(e, was.Rules)
			return
		}
	}
	r.add(e, nil)
}

func (r *reaction) suspend(c *claim, on access.Date) {
	reason := c.reason()
	if c.rule.Days > 0 {
		reason = fmt.Sprintf("%s; it was not remedied by %s", reason, on)
	}
	r.about(c, &label.Event{Kind: label.Suspended, On: on, Reason: cut(reason)})
}

func (r *reaction) warn(c *claim, since, due access.Date) {
	r.about(c, &label.Event{Kind: label.Warned, On: since, Due: string(due), Reason: cut(c.reason()) + warning(due)})
}

// warning is how the reason of a warning ends.
func warning(due access.Date) string {
	return fmt.Sprintf("; unless that is remedied the label is suspended on %s", due)
}

// about adds an event about a cause that stands.
func (r *reaction) about(c *claim, e *label.Event) {
	e.Rule, e.Ground, e.Subject, e.Cite, e.From = c.rule.ID, c.ground, c.cause.Subject, c.cause.Cite, c.cause.From
	if e.Cite == "" {
		e.Cite = c.rule.Cite
	}
	r.add(e, c.cause.Rules)
}

func (r *reaction) offer(g *label.Ground, role label.Role, ended *Ending, on access.Date) {
	r.add(&label.Event{
		Kind: label.Offered, On: on, Rule: g.Rule, Ground: g.ID, Subject: g.Subject,
		Reason: endedReason(role, g.Subject, ended), Cite: ended.Cite, From: ended.From,
	}, ended.Rules)
}

func (r *reaction) add(e *label.Event, rules map[string]string) {
	e.Label, e.Scheme, e.Actor = r.label.ID, r.label.Scheme.ID, Actor
	e.Rules = map[string]string{"scheme": r.label.Scheme.Digest}
	maps.Copy(e.Rules, rules)
	e.Rules["scheme"] = r.label.Scheme.Digest
	r.events = append(r.events, e)
}

// reason is why the label is suspended or warned, in one sentence.
func (c *claim) reason() string {
	if c.role != "" {
		return fmt.Sprintf("%s, %s, is restricted since %s: %s", roleNames[c.role], c.cause.Subject, c.cause.Since, c.cause.Reason)
	}
	return c.cause.Reason
}

// roleNames is how people call who has a role.
var roleNames = map[label.Role]string{
	label.Maker: "the maker", label.Owner: "an owner of the maker", label.Laboratory: "the laboratory that tested", label.Administrator: "the administrator of the label",
}

func endedReason(role label.Role, subject string, e *Ending) string {
	if name := roleNames[role]; name != "" && e.On != "" {
		return cut(fmt.Sprintf("%s, %s, is not restricted any more since %s: %s", name, subject, e.On, e.Reason))
	}
	if e.On == "" {
		return cut("by what is known now there was no ground: " + e.Reason)
	}
	return cut(e.Reason)
}

// maxReason leaves room for what a reason is ended with, see package label.
const maxReason = 1800

// cut keeps a reason to what an event can hold.
func cut(s string) string {
	if len(s) <= maxReason {
		return s
	}
	return strings.ToValidUTF8(s[:maxReason], "") + "…"
}
