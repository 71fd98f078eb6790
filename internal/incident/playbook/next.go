package playbook

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/problem"
)

// Limits of a run.
const (
	maxActs  = 20_000 // in all
	maxTurns = 1000   // of one loop
	maxCalls = 5      // of playbooks within each other
	maxBatch = 2000   // acts that follow by themselves at once
)

// World is what a run needs to know beside its acts.
type World struct {
	Now time.Time
	// Call finds the playbook that another one calls, with the digest of its
	// document; nil where it is not held.
	Call func(id, version string) (*Playbook, string)
	// Clock is when a duty of the run's incident is due, by its name; false when it
	// has no such clock, or the clock does not run.
	Clock func(name string) (time.Time, bool)
}

// Next is the acts that follow by themselves from how a run stands, in order. The
// run has them taken in. None means that it waits: for a person, for a delay, or
// for nothing any more. It is an error where the acts are not those of a run of
// its playbook.
func (r *Run) Next(w World) ([]*Act, error) {
	e := &engine{r: r, w: w}
	for len(e.out) < maxBatch && r.Status == Running && e.err == nil {
		if r.Last >= maxActs-1 {
			e.act(&Act{Verb: Finished, Outcome: Failed, Note: fmt.Sprintf("more than %d acts: it was stopped", maxActs)})
			break
		}
		if !e.once() {
			break
		}
	}
	return e.out, e.err
}

type engine struct {
	r   *Run
	w   World
	out []*Act
	err error // the first
}

// act takes an act in.
func (e *engine) act(a *Act) {
	if e.err != nil {
		return
	}
	a.Form, a.Run, a.Sequence, a.At = ActForm, e.r.ID, e.r.Last+1, clockTime(e.w.Now)
	if e.err = e.r.apply(a); e.err == nil {
		e.out = append(e.out, a)
	}
}

// once does the first thing that there is to do; false when there is none.
func (e *engine) once() bool {
	r := e.r
	if len(r.Tasks) == 0 {
		e.begin(r.books[r.Start.Digest], r.books[r.Start.Digest].Start, 0, mainChain, "")
		return true
	}
	for _, t := range r.Tasks {
		if !t.IsOpen() && !t.followed && e.follow(t) {
			return true
		}
	}
	for _, t := range r.Tasks {
		if t.IsOpen() && e.advance(t) {
			return true
		}
	}
	return false
}

// begin begins a step.
func (e *engine) begin(p *Playbook, step string, within int, branch, called string) {
	a := &Act{Verb: Begun, Step: step, Within: within, Branch: branch, Playbook: called}
	s := p.Steps[step]
	if s == nil {
		e.err = problem.New(problem.Invalid, "run %s: step %s is not in its playbook", e.r.ID, clipped(step))
		return
	}
	begins := clockTime(e.w.Now)
	if s.Delay > 0 {
		begins = begins.Add(s.Delay.Duration())
		a.NotBy = begins
	}
	if s.Timeout > 0 {
		a.Due = begins.Add(s.Timeout.Duration())
	}
	e.act(a)
}

// follow goes on after a task that is over.
func (e *engine) follow(t *Task) bool {
	switch next := t.next(); {
	case next != "":
		e.begin(t.book, next, t.Within, t.Branch, "")
		return true
	case t.unhandled():
		e.except(t)
		return true
	}
	// Its chain ends here. The run itself ends with its own.
	if t.Within > 0 {
		return false
	}
	outcome := Done
	if e.r.failed[0] {
		outcome = Failed
	}
	e.act(&Act{Verb: Finished, Outcome: outcome, Note: t.Note})
	return true
}

// except does what is to be done when a step failed and does not say what then.
func (e *engine) except(t *Task) {
	note := fmt.Sprintf("%s failed", t.Name)
	if t.Note != "" {
		note += ": " + t.Note
	}
	frame, again := t.frame, e.r.failed[t.frame]
	if again || t.book.Exception == "" {
		if frame == 0 {
			e.act(&Act{Verb: Finished, Outcome: Failed, Note: note})
		} else {
			e.act(&Act{Verb: Ended, Of: frame, Outcome: Failed, Note: note})
		}
		return
	}
	e.act(&Act{Verb: Excepted, Of: t.Of, Note: note})
	e.begin(t.book, t.book.Exception, frame, exceptionChain, "")
}

// advance goes on with an open task, as far as that needs no person.
func (e *engine) advance(t *Task) bool {
	if e.late(t) {
		return true
	}
	if e.w.Now.Before(t.NotBefore) || len(t.Approvals) < t.Needs {
		return false
	}
	switch t.Type {
	case TypeStart, TypeEnd:
		e.end(t, Done, "")
	case TypeIf:
		return e.decide(t, func() (string, string, error) {
			holds, err := e.holds(t)
			if holds {
				return "true", t.step.OnTrue, err
			}
			return "false", t.step.OnFalse, err
		})
	case TypeSwitch:
		return e.decide(t, func() (string, string, error) { return e.choose(t) })
	case TypeWhile:
		return e.loop(t)
	case TypeParallel:
		return e.spread(t)
	case TypePlaybook:
		return e.call(t)
	default:
		return false
	}
	return true
}

// late tells, once, that a task's time has gone by.
func (e *engine) late(t *Task) bool {
	due := e.w.Due(t)
	if t.Late || due.IsZero() || !e.w.Now.After(due) {
		return false
	}
	e.act(&Act{Verb: Late, Of: t.Of, Due: due})
	return true
}

// Due is until when a task is to be done, by its own timeout and by the clock of
// the incident that it must keep to; the zero time when nothing says so.
func (w World) Due(t *Task) time.Time {
	due := t.Due
	if t.Clock != "" && w.Clock != nil {
		if c, ok := w.Clock(t.Clock); ok && (due.IsZero() || c.Before(due)) {
			due = clockTime(c)
		}
	}
	return due
}

func (e *engine) end(t *Task, o Outcome, note string) {
	e.act(&Act{Verb: Ended, Of: t.Of, Outcome: o, Note: note})
}

func (e *engine) see(t *Task) Values {
	return func(name string) (string, bool) { return e.r.Value(t, name) }
}

func (e *engine) holds(t *Task) (bool, error) {
	c, err := ParseCondition(t.step.If)
	if err != nil {
		return false, err
	}
	return c.Holds(e.see(t))
}

func (e *engine) choose(t *Task) (key, step string, err error) {
	name := strings.TrimSuffix(strings.TrimSpace(t.step.Switch), ":value")
	value, ok := e.r.Value(t, name)
	if !ok {
		return "", "", &NoValueError{name}
	}
	if step, ok := t.step.Cases[value]; ok {
		return value, step, nil
	}
	return defaultCase, t.step.Cases[defaultCase], nil
}

// decide asks a condition once, and goes down the branch that it says.
func (e *engine) decide(t *Task, ask func() (result, step string, err error)) bool {
	if len(t.Results) == 0 {
		result, step, err := ask()
		if err != nil {
			e.end(t, Failed, err.Error())
			return true
		}
		e.act(&Act{Verb: Decided, Of: t.Of, Result: clipped(result)})
		if step != "" {
			e.begin(t.book, step, t.Of, clipped(result), "")
		}
		return true
	}
	if tail := e.r.tails[chain{t.Of, t.Results[0]}]; tail != nil && !tail.over() {
		return false
	}
	e.end(t, Done, "")
	return true
}

// over reports whether a chain has ended with this task.
func (t *Task) over() bool { return !t.IsOpen() && t.next() == "" }

// loop asks the condition of a loop before each turn.
func (e *engine) loop(t *Task) bool {
	turn := len(t.Results)
	if turn > 0 {
		if tail := e.r.tails[chain{t.Of, strconv.Itoa(turn)}]; tail != nil && !tail.over() {
			return false
		}
	}
	holds, err := e.holds(t)
	switch {
	case err != nil:
		e.end(t, Failed, err.Error())
	case !holds:
		e.act(&Act{Verb: Decided, Of: t.Of, Result: "false"})
		e.end(t, Done, "")
	case turn >= maxTurns:
		e.end(t, Failed, fmt.Sprintf("more than %d turns: it was stopped", maxTurns))
	default:
		e.act(&Act{Verb: Decided, Of: t.Of, Result: "true"})
		e.begin(t.book, t.step.OnTrue, t.Of, strconv.Itoa(turn+1), "")
	}
	return true
}

// spread begins the branches of a parallel step, and waits for all of them.
func (e *engine) spread(t *Task) bool {
	for i, step := range t.step.Next {
		if c := (chain{t.Of, strconv.Itoa(i + 1)}); e.r.tails[c] == nil {
			e.begin(t.book, step, t.Of, c.branch, "")
			return true
		}
	}
	for i := range t.step.Next {
		if tail := e.r.tails[chain{t.Of, strconv.Itoa(i + 1)}]; tail == nil || !tail.over() {
			return false
		}
	}
	e.end(t, Done, "")
	return true
}

var errTooDeep = errors.New("playbooks call each other more than 5 deep")

// call runs the playbook that a step calls. One that is not held is left to
// people.
func (e *engine) call(t *Task) bool {
	branch := calledChain
	if e.r.failed[t.Of] {
		branch = exceptionChain
	}
	if tail := e.r.tails[chain{t.Of, branch}]; tail != nil {
		if !tail.over() {
			return false
		}
		outcome := Done
		if e.r.failed[t.Of] {
			outcome = Failed
		}
		e.act(&Act{Verb: Ended, Of: t.Of, Outcome: outcome, Values: e.returned(t, tail)})
		return true
	}
	depth := 0
	for f := t.frame; f > 0; f = e.r.Task(f).frame {
		depth++
	}
	if depth >= maxCalls {
		e.end(t, Failed, errTooDeep.Error())
		return true
	}
	if e.w.Call == nil {
		return false
	}
	p, digest := e.w.Call(t.step.Playbook, t.step.Version)
	if p == nil {
		return false
	}
	if err := p.Ready(e.w.Now); err != nil {
		e.end(t, Failed, err.Error())
		return true
	}
	e.r.books[digest] = p
	e.begin(p, p.Start, t.Of, calledChain, digest)
	return true
}

// returned is the variables that a playbook that was called gives back.
func (e *engine) returned(t, tail *Task) map[string]string {
	out := map[string]string{}
	for _, name := range t.step.Out {
		if value, ok := e.r.Value(&Task{step: &Step{}, frame: t.Of, book: tail.book}, name); ok {
			out[name] = value
		}
	}
	return out
}
