package playbook

import (
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Person is who acts in a run.
type Person struct {
	Member string      // by which they are signed in
	Name   string      // of the person, where the member is a machine, or the operator; "" for the member itself
	Role   access.Role // in the organisation whose run it is; "" for whoever holds the store
	// Unsigned: nobody has signed in, so the name is all that is known of who acts.
	Unsigned bool
}

func (p Person) name() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Member
}

// identity is by what two people are told apart: who signs in does not become
// somebody else by giving another name.
func (p Person) identity() string {
	if p.Unsigned {
		return p.name()
	}
	return p.Member
}

// Doing is what a person does to a task.
type Doing struct {
	Verb   Verb // approved, or ended
	Failed bool // of ended
	Note   string
	Values map[string]string // of ended: variables that the step sets
}

// Do is the act of a person to a task. It is refused, as a conflict, where the
// task is not open, or wants something first. The run has it taken in.
func (r *Run) Do(task int, by Person, d Doing, now time.Time) (*Act, error) {
	t := r.Task(task)
	switch {
	case t == nil:
		return nil, problem.New(problem.NotFound, "run %s has no task %d", r.ID, task)
	case r.Status != Running:
		return nil, problem.New(problem.Conflict, "run %s is %s: nothing more can be done in it", r.ID, r.Status)
	case !t.IsOpen():
		return nil, problem.New(problem.Conflict, "task %d, %s, is over: %s", task, t.Name, t.Outcome)
	case now.Before(t.NotBefore):
		return nil, problem.New(problem.Conflict, "task %d, %s, is not to begin before %s", task, t.Name, t.NotBefore.Format(time.RFC3339))
	case by.name() == "":
		return nil, problem.New(problem.Invalid, "say who does it")
	}
	a := &Act{Form: ActForm, Run: r.ID, Sequence: r.Last + 1, Verb: d.Verb, Of: task, Actor: by.Member, By: by.Name, Note: strings.TrimSpace(d.Note), At: clockTime(now), Values: d.Values}
	var err error
	switch d.Verb {
	case Approved:
		err = t.mayApprove(by)
		a.Values = nil
	case Ended:
		a.Outcome = Done
		if d.Failed {
			a.Outcome = Failed
		}
		err = r.mayEnd(t, by, a)
	default:
		err = problem.New(problem.Invalid, "%q is nothing that a person does to a task", d.Verb)
	}
	if err != nil {
		return nil, err
	}
	if _, err := a.Marshal(); err != nil {
		return nil, err
	}
	return a, r.apply(a)
}

func (t *Task) mayApprove(by Person) error {
	if t.Needs == 0 {
		return problem.New(problem.Conflict, "task %d, %s, needs no approval", t.Of, t.Name)
	}
	if by.name() != by.identity() {
		return problem.New(problem.Invalid, "an approval is given under one's own name, %s", by.Member)
	}
	roles := t.step.Ours.Approvals.Roles
	if by.Role != "" && len(roles) > 0 && !slices.Contains(roles, string(by.Role)) {
		return problem.New(problem.Denied, "task %d, %s, is approved by %s, not by %s", t.Of, t.Name, strings.Join(roles, " or "), by.Role)
	}
	return nil
}

// mayEnd refuses to end what machines end, what lacks an approval by somebody
// else, and values that the step does not set.
func (r *Run) mayEnd(t *Task, by Person, a *Act) error {
	if t.Type != TypeAction && !(t.Type == TypePlaybook && r.tails[chain{t.Of, calledChain}] == nil) {
		return problem.New(problem.Conflict, "task %d, %s, is a %s step: it ends by itself", t.Of, t.Name, t.Type)
	}
	if a.Outcome == Failed {
		if a.Note == "" {
			return problem.New(problem.Invalid, "say why it failed")
		}
		a.Values = nil
		return nil
	}
	others := 0
	for _, g := range t.Approvals {
		if g.By != by.identity() {
			others++
		}
	}
	if others < t.Needs {
		return problem.New(problem.Conflict, "task %d, %s, has %d of %d approvals by others than %s", t.Of, t.Name, others, t.Needs, by.identity())
	}
	for _, name := range sortedKeys(a.Values) {
		v := t.book.variable(t.step, name)
		if v == nil || !slices.Contains(t.step.Out, name) {
			return problem.New(problem.Invalid, "%s does not set %s; it sets %s", t.Name, clipped(name), strings.Join(t.step.Out, ", "))
		}
		if err := v.Set(name, a.Values[name]); err != nil {
			return err
		}
	}
	for _, name := range t.step.Out {
		v := t.book.variable(t.step, name)
		if _, ok := r.Value(t, name); v != nil && !ok && a.Values[name] == "" {
			return problem.New(problem.Invalid, "%s sets %s: give its value: %s", t.Name, name, v.Description)
		}
	}
	return nil
}

// Begin is the act that starts a run.
func Begin(run string, s Start, by Person, note string, now time.Time) *Act {
	return &Act{Form: ActForm, Run: run, Sequence: 1, Verb: Started, At: clockTime(now), Actor: by.Member, By: by.Name, Note: note, Start: &s}
}

// Cancel is the act by which a person calls a run off. The run has it taken in.
func (r *Run) Cancel(by Person, note string, now time.Time) (*Act, error) {
	if r.Status != Running {
		return nil, problem.New(problem.Conflict, "run %s is %s already", r.ID, r.Status)
	}
	if strings.TrimSpace(note) == "" {
		return nil, problem.New(problem.Invalid, "say why: a run is cancelled with a reason")
	}
	a := &Act{Form: ActForm, Run: r.ID, Sequence: r.Last + 1, Verb: Cancelled, At: clockTime(now), Actor: by.Member, By: by.Name, Note: note}
	if _, err := a.Marshal(); err != nil {
		return nil, err
	}
	return a, r.apply(a)
}

// Show is a command as a person is shown it, with the variables filled in.
type Show struct {
	Type        string `json:"type"`
	Text        string `json:"text"`
	Description string `json:"description,omitempty"`
}

// Commands is what a task asks to be done.
func (r *Run) Commands(t *Task) []Show {
	out := []Show{}
	for i := range t.step.Commands {
		c := &t.step.Commands[i]
		text, _ := fill(c.Text(), func(name string) (string, bool) { return r.Value(t, name) })
		out = append(out, Show{c.Type, text, c.Description})
	}
	return out
}

// Sendable is the requests that a task sends when the node may send them; nil
// when it is for people: it has other commands, was sent before, waits for
// something, or lacks a value.
func (r *Run) Sendable(t *Task, now time.Time) []Request {
	if r.Status != Running || !t.IsOpen() || t.Type != TypeAction || !t.Sent.IsZero() || now.Before(t.NotBefore) || len(t.Approvals) < t.Needs {
		return nil
	}
	out, err := t.book.sending(t.step, func(name string) (string, bool) { return r.Value(t, name) })
	if err != nil {
		return nil
	}
	return out
}

// Send is the act by which the node says that it is about to send a task's
// command. After it the command is never sent again: where the node stops before
// it says how it went, a person finds out.
func (r *Run) Send(t *Task, now time.Time) (*Act, error) {
	a := &Act{Form: ActForm, Run: r.ID, Sequence: r.Last + 1, Verb: Sent, Of: t.Of, At: clockTime(now)}
	return a, r.apply(a)
}

// Answered is the act that tells how a command went that the node had sent. What
// was answered goes into the variable that the step sets, where it sets one.
func (r *Run) Answered(t *Task, o Outcome, note, body string, now time.Time) (*Act, error) {
	a := &Act{Form: ActForm, Run: r.ID, Sequence: r.Last + 1, Verb: Ended, Of: t.Of, At: clockTime(now), Outcome: o, Note: clipped(note)}
	if o == Done && len(t.step.Out) == 1 {
		name := t.step.Out[0]
		if err := t.book.variable(t.step, name).Set(name, body); err != nil {
			a.Outcome, a.Note = Failed, clipped(problem.Message(err))
		} else {
			a.Values = map[string]string{name: body}
		}
	}
	if _, err := a.Marshal(); err != nil {
		return nil, err
	}
	return a, r.apply(a)
}
