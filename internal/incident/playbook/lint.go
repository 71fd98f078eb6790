package playbook

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Lint tells what is wrong with a playbook, in its form and beyond: steps that
// are missing or never reached, loops without an end, names that lead nowhere.
// now is for what has run out. It is an error only where b is no JSON object, or
// beyond a limit.
func Lint(b []byte, l Limits, now time.Time) (*Result, error) {
	p, found, err := read(b, l)
	if err != nil || p == nil {
		return found, err
	}
	check(p, found, now)
	found.done()
	return found, nil
}

// Check tells what is wrong with a playbook that was read.
func (p *Playbook) Check(now time.Time) *Result {
	found := &Result{ID: p.ID}
	check(p, found, now)
	found.done()
	return found
}

func check(p *Playbook, found *Result, now time.Time) {
	checkTimes(p, found, now)
	if s := p.Steps[p.Start]; s == nil {
		found.fail("workflow_start", "missing_step", "CACAO 2.0 section 3.1", "%s is not in the workflow", p.Start)
	} else if s.Type != TypeStart {
		found.fail("workflow_start", "reference_type", "CACAO 2.0 section 3.1", "%s is of type %s: want a start step", p.Start, s.Type)
	}
	if p.Exception != "" && p.Steps[p.Exception] == nil {
		found.fail("workflow_exception", "missing_step", "CACAO 2.0 section 3.1", "%s is not in the workflow", p.Exception)
	}
	walked := 0
	for _, id := range p.order {
		c := &checker{p: p, Result: found, s: p.Steps[id], path: "workflow." + id, walked: &walked}
		c.step()
	}
	checkActors(p, found)
	checkVariables(p, found)
	checkGraph(p, found)
}

func checkTimes(p *Playbook, found *Result, now time.Time) {
	const rule = "CACAO 2.0 section 3.1"
	if p.Modified.Before(p.Created) {
		found.fail("modified", "order", rule, "it is before created")
	}
	if !p.ValidFrom.IsZero() && !p.ValidUntil.IsZero() && !p.ValidUntil.After(p.ValidFrom) {
		found.fail("valid_until", "order", rule, "it is not after valid_from")
	}
	switch {
	case p.Revoked:
		found.warn("revoked", "revoked", rule, "its creator holds it no longer valid")
	case !p.ValidUntil.IsZero() && !now.Before(p.ValidUntil):
		found.warn("valid_until", "expired", rule, "it was valid until %s", p.ValidUntil.Format(time.RFC3339))
	case now.Before(p.ValidFrom):
		found.warn("valid_from", "not_yet_valid", rule, "it is valid from %s", p.ValidFrom.Format(time.RFC3339))
	}
}

// checker checks one step.
type checker struct {
	*Result
	p      *Playbook
	s      *Step
	path   string
	walked *int // steps that were looked at for loops
}

func (c *checker) step() {
	s := c.s
	if prefix, _, _ := strings.Cut(s.ID, "--"); prefix != s.Type {
		c.fail(c.path+".type", "reference_type", "CACAO 2.0 section 10.10", "%q under an id that begins with %s", s.Type, prefix)
	}
	c.leads("on_completion", s.OnCompletion)
	c.leads("on_success", s.OnSuccess)
	c.leads("on_failure", s.OnFailure)
	if s.OnCompletion != "" && (s.OnSuccess != "" || s.OnFailure != "") {
		c.fail(c.path+".on_completion", "successors", "CACAO 2.0 section 4.1", "want on_completion, or on_success and on_failure, not both")
	}
	if len(s.successors()) == 0 {
		switch s.Type {
		case TypeEnd:
		case TypeStart, TypeAction, TypePlaybook:
			c.fail(c.path, "no_next", "CACAO 2.0 section 4.5", "nothing follows: a workflow and each of its branches ends in an end step")
		default:
			c.warn(c.path, "no_next", "CACAO 2.0 section 4.1", "nothing follows when its branches have ended: what it stands in ends with it")
		}
	}
	if s.Timeout < 0 {
		c.fail(c.path+".timeout", "timeout", "CACAO 2.0 section 4.1", "%d milliseconds: want none or more", s.Timeout)
	}
	for name, millis := range map[string]Millis{"delay": s.Delay, "timeout": s.Timeout} {
		if millis > Millis((366 * 24 * time.Hour).Milliseconds()) {
			c.warn(c.path+"."+name, "timeout", "CACAO 2.0 section 4.1", "more than a year: it is in milliseconds")
		}
	}
	switch s.Type {
	case TypeAction:
		c.action()
	case TypePlaybook:
		if s.Playbook == c.p.ID {
			c.fail(c.path+".playbook_id", "endless_loop", "CACAO 2.0 section 4.7", "the playbook calls itself")
		} else if !IsID(s.Playbook) {
			c.fail(c.path+".playbook_id", "reference_type", "CACAO 2.0 section 4.7", "%s: want the id of a playbook", s.Playbook)
		}
	case TypeParallel:
		for i, id := range s.Next {
			c.leads(fmt.Sprintf("next_steps[%d]", i), id)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(s.Next)))) != len(s.Next) {
			c.fail(c.path+".next_steps", "parallel", "CACAO 2.0 section 4.8", "a step stands twice")
		}
	case TypeIf, TypeWhile:
		c.condition()
	case TypeSwitch:
		c.cases()
	}
}

// leads checks that a step is there.
func (c *checker) leads(name, id string) {
	if id != "" && c.p.Steps[id] == nil {
		c.fail(c.path+"."+name, "missing_step", "CACAO 2.0 section 4.1", "%s is not in the workflow", clipped(id))
	}
}

func (c *checker) action() {
	if c.p.Agents[c.s.Agent] == nil {
		c.fail(c.path+".agent", "missing_agent", "CACAO 2.0 section 4.6", "%s is not in agent_definitions", c.s.Agent)
	}
	for i, id := range c.s.Targets {
		if c.p.Targets[id] == nil && c.p.Agents[id] == nil {
			c.fail(fmt.Sprintf("%s.targets[%d]", c.path, i), "missing_target", "CACAO 2.0 section 4.6", "%s is not in target_definitions", id)
		} else if c.p.Targets[id] == nil {
			c.warn(fmt.Sprintf("%s.targets[%d]", c.path, i), "missing_target", "CACAO 2.0 section 4.6", "%s is in agent_definitions, not in target_definitions", id)
		}
	}
	for i := range c.s.Commands {
		if cmd := &c.s.Commands[i]; cmd.Type == CommandHTTP {
			if _, err := startLine(cmd.Command); err != nil {
				c.warn(fmt.Sprintf("%s.commands[%d].command", c.path, i), "start_line", "CACAO 2.0 section 5.4", "%v", err)
			}
		}
	}
}

func (c *checker) condition() {
	c.leads("on_true", c.s.OnTrue)
	c.leads("on_false", c.s.OnFalse)
	cond, err := ParseCondition(c.s.If)
	if err != nil {
		c.fail(c.path+".condition", "condition", "CACAO 2.0 sections 4.9 and 4.10", "%v", err)
		return
	}
	fixed := true
	for _, name := range cond.Variables() {
		if v := c.p.variable(c.s, name); v == nil || !v.Constant {
			fixed = false
		}
	}
	holds, err := cond.Holds(c.p.initial(c.s))
	switch {
	case err != nil || !fixed && c.s.Type == TypeIf:
	case c.s.Type == TypeIf:
		c.warn(c.path+".condition", "constant_condition", "CACAO 2.0 section 4.9", "it is always %t", holds)
	case fixed && holds:
		c.fail(c.path+".condition", "endless_loop", "CACAO 2.0 section 4.10", "it is always true: the loop has no end")
	case fixed:
		c.warn(c.path+".condition", "constant_condition", "CACAO 2.0 section 4.10", "it is never true")
	case holds && !c.changes(c.s.OnTrue, cond.Variables()):
		c.fail(c.path+".condition", "endless_loop", "CACAO 2.0 section 4.10", "it is true at first, and nothing in the loop changes %s", strings.Join(cond.Variables(), ", "))
	}
	if c.s.Type == TypeWhile && err != nil && !c.changes(c.s.OnTrue, cond.Variables()) {
		c.warn(c.path+".condition", "loop", "CACAO 2.0 section 4.10", "nothing in the loop changes %s: once begun it has no end", strings.Join(cond.Variables(), ", "))
	}
}

func (c *checker) cases() {
	if len(c.s.Cases) == 0 {
		c.fail(c.path+".cases", "no_branches", "CACAO 2.0 section 4.11", "no cases")
	}
	for _, key := range CaseKeys(c.s.Cases) {
		c.leads("cases."+clipped(key), c.s.Cases[key])
	}
	if _, ok := c.s.Cases[defaultCase]; !ok {
		c.warn(c.path+".cases", "no_default", "CACAO 2.0 section 4.11", "no default: with any other value nothing is done")
	}
	if m := references.FindString(c.s.Switch); m == "" || m != strings.TrimSpace(c.s.Switch) {
		c.fail(c.path+".switch", "condition", "CACAO 2.0 section 4.11", "%q: want a variable, __name__:value", clipped(c.s.Switch))
	}
}

// variable is the variable that a step means by a name: its own before that of
// the playbook.
func (p *Playbook) variable(s *Step, name string) *Variable {
	if v := s.Variables[name]; v != nil {
		return v
	}
	return p.Variables[name]
}

// initial is the values that variables have before anything was done, as a step
// sees them.
func (p *Playbook) initial(s *Step) Values {
	return func(name string) (string, bool) {
		if v := p.variable(s, name); v != nil && v.Value != nil {
			return *v.Value, true
		}
		return "", false
	}
}

// changes reports whether a step that can be reached from one may set one of
// these variables of the playbook. It says so too when it has looked at too much.
func (c *checker) changes(from string, names []string) bool {
	if *c.walked > maxShared {
		return true
	}
	steps := c.p.closure(from)
	*c.walked += len(steps)
	for id := range steps {
		s := c.p.Steps[id]
		for _, name := range s.Out {
			if slices.Contains(names, name) && s.Variables[name] == nil {
				return true
			}
		}
	}
	return false
}

// closure is the steps that can be reached from one, itself included.
func (p *Playbook) closure(from string) map[string]bool {
	seen := map[string]bool{}
	stack := []string{from}
	for len(stack) > 0 {
		id := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		s := p.Steps[id]
		if s == nil || seen[id] {
			continue
		}
		seen[id] = true
		stack = append(append(stack, s.branches()...), s.successors()...)
	}
	return seen
}
