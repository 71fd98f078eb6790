package playbook

import (
	"fmt"
	"slices"
	"strings"
)

// Would is what a run would do at one step.
type Would struct {
	Step    string `json:"step"`
	Type    string `json:"type"`
	Name    string `json:"name"`
	Phase   string `json:"phase,omitempty"`
	Depth   int    `json:"depth"`            // of branches
	Branch  string `json:"branch,omitempty"` // the words under which the branch begins here
	What    string `json:"what"`             // in a sentence
	Does    []Show `json:"commands,omitempty"`
	Timeout Millis `json:"timeout,omitempty"` // milliseconds
	Clock   string `json:"clock,omitempty"`
	Needs   int    `json:"approvals_needed,omitempty"`
}

// DryRun walks a playbook with these values and tells what a run would do. It
// executes nothing. Where a condition asks for what is not known yet, both
// branches are walked; each step is told once.
func (p *Playbook) DryRun(given map[string]string) []Would {
	d := &dry{p: p, told: map[string]int{}, given: given}
	d.walk(p.Start, 0, "")
	if p.Exception != "" && d.told[p.Exception] == 0 {
		d.walk(p.Exception, 0, "when a step fails and does not say what then")
	}
	return d.out
}

type dry struct {
	p     *Playbook
	out   []Would
	told  map[string]int // the step's place in out, from 1
	given map[string]string
	set   map[string]bool // variables that some step sets: their value is not known
}

type walking struct {
	step   string
	depth  int
	branch string
}

// walk tells a chain of steps, and what branches from it. Its depth is bounded by
// the number of steps, as none is told twice; it keeps its own stack.
func (d *dry) walk(step string, depth int, branch string) {
	stack := []walking{{step, depth, branch}}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		s := d.p.Steps[at.step]
		if s == nil {
			continue
		}
		if d.told[s.ID] > 0 {
			if s.Type != TypeEnd {
				d.out = append(d.out, Would{Step: s.ID, Type: s.Type, Name: s.Title(), Depth: at.depth, Branch: at.branch, What: fmt.Sprintf("goes on at line %d", d.told[s.ID])})
			}
			continue
		}
		next := d.tell(s, at)
		slices.Reverse(next)
		stack = append(stack, next...)
	}
}

// tell tells of a step, and gives what comes after it.
func (d *dry) tell(s *Step, at walking) (next []walking) {
	w := Would{Step: s.ID, Type: s.Type, Name: s.Title(), Phase: s.Ours.Phase, Depth: at.depth, Branch: at.branch, Timeout: s.Timeout, Clock: s.Ours.Clock, Needs: s.needs()}
	branch := func(step, words string) {
		if step != "" {
			next = append(next, walking{step, at.depth + 1, words})
		}
	}
	switch s.Type {
	case TypeStart:
		w.What = "begins"
	case TypeEnd:
		w.What = "ends"
		if at.depth > 0 {
			w.What = "ends the branch"
		}
	case TypeAction:
		d.action(s, &w)
	case TypePlaybook:
		w.What = "runs the playbook " + s.Playbook
	case TypeParallel:
		w.What = fmt.Sprintf("does %d things at once", len(s.Next))
		for i, step := range s.Next {
			branch(step, fmt.Sprintf("branch %d", i+1))
		}
	case TypeSwitch:
		w.What = "goes by " + s.Switch
		for _, key := range CaseKeys(s.Cases) {
			branch(s.Cases[key], "if it is "+key)
		}
	case TypeIf, TypeWhile:
		d.condition(s, &w, branch)
	}
	d.out = append(d.out, w)
	d.told[s.ID] = len(d.out)
	for _, after := range []struct{ step, words string }{{s.OnCompletion, ""}, {s.OnSuccess, ""}, {s.OnFailure, "if " + clipped(s.Title()) + " fails"}} {
		if after.step != "" {
			next = append(next, walking{after.step, at.depth, after.words})
		}
	}
	return next
}

func (d *dry) action(s *Step, w *Would) {
	kinds := []string{}
	for i := range s.Commands {
		c := &s.Commands[i]
		text, _ := fill(c.Text(), d.value(s))
		w.Does = append(w.Does, Show{c.Type, text, c.Description})
		if !slices.Contains(kinds, c.Type) {
			kinds = append(kinds, c.Type)
		}
	}
	who := s.Agent
	if a := d.p.Agents[s.Agent]; a != nil {
		who = a.Name
	}
	switch {
	case len(kinds) == 1 && kinds[0] == CommandManual:
		w.What = "asks " + who
	case len(kinds) == 1 && kinds[0] == CommandHTTP:
		w.What = "sends a request where the node may, else asks " + who
	default:
		w.What = "shows " + strings.Join(kinds, ", ") + " to " + who + "; it is never executed"
	}
	if len(s.Out) > 0 {
		w.What += ", and wants " + strings.Join(s.Out, ", ")
	}
}

// value is the value of a variable before anything was done, unless a step may
// have set it by then.
func (d *dry) value(s *Step) Values {
	if d.set == nil {
		d.set = map[string]bool{}
		for _, s := range d.p.Steps {
			for _, name := range s.Out {
				d.set[name] = true
			}
		}
	}
	return func(name string) (string, bool) {
		if s.Variables[name] == nil {
			if d.set[name] {
				return "", false
			}
			if value, ok := d.given[name]; ok {
				return value, true
			}
		}
		return d.p.initial(s)(name)
	}
}

func (d *dry) condition(s *Step, w *Would, branch func(step, words string)) {
	holds, err := false, error(nil)
	c, err := ParseCondition(s.If)
	if err == nil {
		holds, err = c.Holds(d.value(s))
	}
	w.What = "asks whether " + s.If
	if s.Type == TypeWhile {
		w.What = "repeats while " + s.If
	}
	switch {
	case err != nil:
		w.What += ", which is not known yet"
		branch(s.OnTrue, "if it is true")
		branch(s.OnFalse, "if it is false")
	case holds:
		w.What += ", which is true"
		branch(s.OnTrue, "as it is true")
	default:
		w.What += ", which is false"
		branch(s.OnFalse, "as it is false")
	}
}
