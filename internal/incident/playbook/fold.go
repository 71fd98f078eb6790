package playbook

import (
	"slices"
	"time"

	"countersign.dev/internal/problem"
)

// Books finds a playbook by the digest of its document; nil for one that is not
// held any more.
type Books map[string]*Playbook

// Status is how a run stands.
type Status string

// The statuses.
const (
	Running   Status = "running"
	RunDone   Status = "done"
	RunFailed Status = "failed"
	CalledOff Status = "cancelled"
)

// Run is how far a run has come.
type Run struct {
	ID      string    `json:"run"`
	Start   Start     `json:"start"`
	Status  Status    `json:"status"`
	Started time.Time `json:"started"`
	By      string    `json:"by"` // who started it
	Ended   time.Time `json:"ended,omitzero"`
	Note    string    `json:"note,omitempty"` // of its end
	Last    int       `json:"last"`           // sequence of its newest act
	Tasks   []*Task   `json:"tasks"`          // steps that were begun, in order

	books  Books
	tails  map[chain]*Task           // newest task of each chain
	values map[int]map[string]string // variables of the playbook, by frame
	failed map[int]bool              // frames that are in their exception
}

// chain is steps that follow each other: the workflow, or a branch of a step.
type chain struct {
	within int
	branch string
}

// Names of chains that are no branches of conditions.
const (
	mainChain      = ""
	exceptionChain = "exception"
	calledChain    = "playbook"
)

// Task is a step that was begun. A step in a loop is begun anew each time.
type Task struct {
	Of        int               `json:"task"` // the sequence of the act by which it was begun
	Step      string            `json:"step"`
	Type      string            `json:"type"`
	Name      string            `json:"name"`
	Phase     string            `json:"phase,omitempty"`
	Within    int               `json:"within,omitempty"`
	Branch    string            `json:"branch,omitempty"`
	Depth     int               `json:"depth"` // of steps that it is a branch of
	Begun     time.Time         `json:"begun"`
	NotBefore time.Time         `json:"not_before,omitzero"`
	Due       time.Time         `json:"due,omitzero"`
	Clock     string            `json:"clock,omitempty"` // of the incident, that it must keep to
	Late      bool              `json:"late,omitempty"`  // its time had gone by before it was ended
	Sent      time.Time         `json:"sent,omitzero"`   // when the node sent its command
	Approvals []Agreed          `json:"approvals,omitempty"`
	Needs     int               `json:"approvals_needed,omitempty"`
	Results   []string          `json:"results,omitempty"` // of a condition, each time it was asked
	Outcome   Outcome           `json:"outcome,omitempty"` // "" while it is open
	Ended     time.Time         `json:"ended,omitzero"`
	By        string            `json:"by,omitempty"`
	Note      string            `json:"note,omitempty"`
	Values    map[string]string `json:"values,omitempty"`

	frame    int // the task that called the playbook it is in; 0 for the run's own
	step     *Step
	book     *Playbook
	followed bool // by the next of its chain, or nothing follows it any more
}

// Agreed is that somebody agreed to a step.
type Agreed struct {
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Note string    `json:"note,omitempty"`
}

// Definition is the step of the playbook that a task is of.
func (t *Task) Definition() *Step { return t.step }

// Book is the playbook that a task's step is in.
func (t *Task) Book() *Playbook { return t.book }

// IsOpen reports whether a task is not over.
func (t *Task) IsOpen() bool { return t.Outcome == "" }

// Fold tells from its acts how far a run has come. The acts are those of one run,
// by sequence from 1.
func Fold(acts []*Act, books Books) (*Run, error) {
	if len(acts) == 0 || acts[0].Verb != Started {
		return nil, problem.New(problem.Invalid, "a run that was never started")
	}
	r := &Run{books: books, tails: map[chain]*Task{}, values: map[int]map[string]string{}, failed: map[int]bool{}, Tasks: []*Task{}}
	for _, a := range acts {
		if err := r.apply(a); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// apply takes the next act in. It is refused when it cannot follow what was done
// before: what was ended cannot be ended again.
func (r *Run) apply(a *Act) error {
	refuse := func(why string) error {
		return problem.New(problem.Conflict, "act %d of %s, %s: %s", a.Sequence, a.Run, a.Verb, why)
	}
	if a.Sequence != r.Last+1 || r.Last > 0 && a.Run != r.ID {
		return refuse("it does not come next")
	}
	if r.Last > 0 && r.Status != Running {
		return refuse("the run is over")
	}
	var t *Task
	if a.Of > 0 {
		if t = r.Task(a.Of); t == nil {
			return refuse("there is no such task")
		}
		if !t.IsOpen() && a.Verb != Excepted {
			return refuse("the task is over")
		}
	}
	switch a.Verb {
	case Started:
		if a.Start == nil || r.books[a.Start.Digest] == nil {
			return refuse("its playbook is not held")
		}
		r.ID, r.Start, r.Status, r.Started, r.By = a.Run, *a.Start, Running, a.At, who(a)
		r.values[0] = copied(a.Start.Values)
	case Begun:
		if why := r.begin(a); why != "" {
			return refuse(why)
		}
	case Finished:
		r.finish(a, map[Outcome]Status{Done: RunDone, Failed: RunFailed}[a.Outcome])
	case Cancelled:
		r.finish(a, CalledOff)
	default:
		if t == nil {
			return refuse("of which task, it does not say")
		}
		if why := r.about(t, a); why != "" {
			return refuse(why)
		}
	}
	r.Last = a.Sequence
	return nil
}

// about takes in an act about a task.
func (r *Run) about(t *Task, a *Act) string {
	switch a.Verb {
	case Decided:
		t.Results = append(t.Results, a.Result)
	case Sent:
		if !t.Sent.IsZero() {
			return "it was sent before"
		}
		t.Sent = a.At
	case Approved:
		if slices.ContainsFunc(t.Approvals, func(g Agreed) bool { return g.By == who(a) }) {
			return who(a) + " has approved it already"
		}
		t.Approvals = append(t.Approvals, Agreed{who(a), a.At, a.Note})
	case Late:
		t.Late = true
		if !a.Due.IsZero() {
			t.Due = a.Due
		}
	case Ended:
		t.Outcome, t.Ended, t.By, t.Note, t.Values = a.Outcome, a.At, who(a), a.Note, a.Values
		r.keep(t, a.Values)
		if t.Type == TypePlaybook {
			r.giveUp(a, t.Of)
		}
	case Excepted:
		// The workflow's exception takes the place of all that is open in it.
		r.failed[t.frame] = true
		r.giveUp(a, t.frame)
	default:
		return "not a verb of acts"
	}
	return ""
}

func who(a *Act) string {
	if a.By != "" {
		return a.By
	}
	return a.Actor
}

func copied(m map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// begin takes in that a step is begun.
func (r *Run) begin(a *Act) string {
	t := &Task{
		Of: a.Sequence, Step: a.Step, Within: a.Within, Branch: a.Branch, Begun: a.At, NotBefore: a.NotBy, Due: a.Due, book: r.books[r.Start.Digest],
	}
	if a.Within > 0 {
		outer := r.Task(a.Within)
		if outer == nil || !outer.IsOpen() {
			return "it is a branch of a task that is not open"
		}
		t.Depth, t.frame, t.book = outer.Depth+1, outer.frame, outer.book
		if outer.Type == TypePlaybook {
			t.frame = outer.Of
			if err := r.call(outer, t, a.Playbook); err != "" {
				return err
			}
		}
	}
	if t.book != nil {
		t.step = t.book.Steps[a.Step]
	}
	if t.step == nil {
		return "the step is not in its playbook"
	}
	c := chain{a.Within, a.Branch}
	if tail := r.tails[c]; tail != nil {
		if tail.IsOpen() || tail.followed || tail.next() != a.Step {
			return "the step does not come next"
		}
		tail.followed = true
	}
	t.Type, t.Name, t.Phase, t.Clock, t.Needs = t.step.Type, t.step.Title(), t.step.Ours.Phase, t.step.Ours.Clock, t.step.needs()
	r.tails[c] = t
	r.Tasks = append(r.Tasks, t)
	return ""
}

// call makes the variables of a playbook that another one calls.
func (r *Run) call(outer, t *Task, digest string) string {
	if tail := r.tails[chain{outer.Of, calledChain}]; tail != nil {
		t.book = tail.book
		return ""
	}
	if t.book = r.books[digest]; t.book == nil {
		return "the playbook that is called is not held"
	}
	inner := map[string]string{}
	for _, name := range outer.step.In {
		if v := t.book.Variables[name]; v == nil || v.Constant {
			continue
		}
		if value, ok := r.Value(outer, name); ok {
			inner[name] = value
		}
	}
	r.values[outer.Of] = inner
	return ""
}

// keep sets variables that a task has set: the step's own where it has one of that
// name, else the playbook's.
func (r *Run) keep(t *Task, values map[string]string) {
	for name, value := range values {
		if t.step.Variables[name] == nil {
			r.values[t.frame][name] = value
		}
	}
}

func (r *Run) finish(a *Act, s Status) {
	r.Status, r.Ended, r.Note = s, a.At, a.Note
	if r.Status == "" {
		r.Status = RunFailed
	}
	r.giveUp(a, 0)
}

// giveUp ends what is open in a playbook, and in those that are called from it.
// Nothing follows on what is there already.
func (r *Run) giveUp(a *Act, frame int) {
	for _, t := range r.Tasks {
		if !r.inside(t, frame) {
			continue
		}
		t.followed = true
		if t.IsOpen() {
			t.Outcome, t.Ended = GivenUp, a.At
		}
	}
}

// inside reports whether a task is in the playbook that a task called, or in one
// that is called from there. In the run's own, 0, all are.
func (r *Run) inside(t *Task, frame int) bool {
	f := t.frame
	for f > 0 && f != frame {
		f = r.Task(f).frame
	}
	return f == frame
}

// Task is the task that was begun by an act; nil when there is none.
func (r *Run) Task(of int) *Task {
	i, ok := slices.BinarySearchFunc(r.Tasks, of, func(t *Task, n int) int { return t.Of - n })
	if !ok {
		return nil
	}
	return r.Tasks[i]
}

// Open is the tasks that are not over, in order.
func (r *Run) Open() (out []*Task) {
	for _, t := range r.Tasks {
		if t.IsOpen() {
			out = append(out, t)
		}
	}
	return out
}

// Value is the value of a variable as a task sees it; false when it has none.
func (r *Run) Value(t *Task, name string) (string, bool) {
	if v := t.step.Variables[name]; v != nil {
		if value, ok := t.Values[name]; ok {
			return value, true
		}
		if v.Value != nil {
			return *v.Value, true
		}
		return "", false
	}
	if value, ok := r.values[t.frame][name]; ok {
		return value, true
	}
	if v := t.book.Variables[name]; v != nil && v.Value != nil {
		return *v.Value, true
	}
	return "", false
}

// Values is the variables of the run's own playbook that have a value.
func (r *Run) Values() map[string]string {
	out := map[string]string{}
	for name, v := range r.books[r.Start.Digest].Variables {
		if value, ok := r.values[0][name]; ok {
			out[name] = value
		} else if v.Value != nil {
			out[name] = *v.Value
		}
	}
	return out
}

// next is the step that follows a task that is over; "" for none. What is to be
// done on completion is done however it ended (CACAO 2.0, section 4.1).
func (t *Task) next() string {
	switch {
	case t.Outcome == GivenUp || t.IsOpen():
		return ""
	case t.step.OnCompletion != "":
		return t.step.OnCompletion
	case t.Outcome == Failed:
		return t.step.OnFailure
	}
	return t.step.OnSuccess
}

// unhandled reports whether a task failed and its step does not say what then.
func (t *Task) unhandled() bool { return t.Outcome == Failed && t.next() == "" }
