package playbook

import (
	"slices"
	"strings"
)

// maxShared bounds the work of looking for steps that are run twice, in steps
// that are looked at.
const maxShared = 500_000

// checkGraph checks how the steps follow each other.
func checkGraph(p *Playbook, found *Result) {
	reached := p.closure(p.Start)
	for id := range p.closure(p.Exception) {
		reached[id] = true
	}
	for _, id := range p.order {
		if !reached[id] {
			found.warn("workflow."+id, "unreachable", "CACAO 2.0 section 4", "nothing leads to it")
		}
	}
	endless := checkLoops(p, found, reached)
	ends := p.canEnd()
	for id, s := range p.Steps {
		if slices.ContainsFunc(s.follow(), func(next string) bool { return p.Steps[next] == nil }) {
			endless[id] = true // told of already: where it leads is missing
		}
	}
	lost := p.leadingTo(sortedKeys(endless))
	for _, id := range p.order {
		if reached[id] && !ends[id] && !lost[id] {
			found.fail("workflow."+id, "no_end", "CACAO 2.0 section 4.5", "no end step can be reached from it")
		}
	}
	if !slices.ContainsFunc(p.order, func(id string) bool { return p.Steps[id].Type == TypeEnd }) {
		found.fail("workflow", "no_end", "CACAO 2.0 section 4.5", "no end step")
	}
	checkBranches(p, found, ends)
}

// follow is all steps that a step can lead to.
func (s *Step) follow() []string { return append(s.branches(), s.successors()...) }

// canEnd is the steps from which an end step can be reached.
func (p *Playbook) canEnd() map[string]bool {
	var ends []string
	for id, s := range p.Steps {
		// Where nothing follows a step that branches, what it stands in ends.
		if s.Type == TypeEnd || len(s.branches()) > 0 && len(s.successors()) == 0 {
			ends = append(ends, id)
		}
	}
	return p.leadingTo(ends)
}

// leadingTo is the steps from which one of these can be reached.
func (p *Playbook) leadingTo(ids []string) map[string]bool {
	before := map[string][]string{}
	for id, s := range p.Steps {
		for _, next := range s.follow() {
			before[next] = append(before[next], id)
		}
	}
	out := map[string]bool{}
	stack := slices.Clone(ids)
	for len(stack) > 0 {
		id := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !out[id] {
			out[id] = true
			stack = append(stack, before[id]...)
		}
	}
	return out
}

// checkLoops tells of steps that lead back to themselves: an error where nothing
// leads out, a warning where something does, since nothing bounds such a loop. It
// gives the steps of the loops without an end.
func checkLoops(p *Playbook, found *Result, reached map[string]bool) map[string]bool {
	endless := map[string]bool{}
	for _, loop := range p.components() {
		first := p.Steps[loop[0]]
		if len(loop) == 1 && !slices.Contains(first.follow(), first.ID) || !reached[loop[0]] {
			continue
		}
		in := map[string]bool{}
		for _, id := range loop {
			in[id] = true
		}
		leaves := slices.ContainsFunc(loop, func(id string) bool {
			s := p.Steps[id]
			// A step that branches ends where nothing follows it.
			return slices.ContainsFunc(s.follow(), func(next string) bool { return !in[next] && p.Steps[next] != nil }) || len(s.branches()) > 0 && len(s.successors()) == 0
		})
		at := "workflow." + loop[0]
		if !leaves {
			found.fail(at, "endless_loop", "CACAO 2.0 section 4.10", "nothing leads out of this loop: %s", loopText(p, loop))
			for _, id := range loop {
				endless[id] = true
			}
			continue
		}
		found.warn(at, "loop", "CACAO 2.0 section 4.10", "a loop that no while-condition bounds: %s", loopText(p, loop))
	}
	return endless
}

func loopText(p *Playbook, loop []string) string {
	const most = 6
	var names []string
	for _, id := range loop[:min(len(loop), most)] {
		names = append(names, p.Steps[id].Title())
	}
	text := strings.Join(names, ", ")
	if len(loop) > most {
		text += " …"
	}
	return text
}

// Title is the name of a step, or what is known in its place.
func (s *Step) Title() string {
	if s.Name != "" {
		return clipped(s.Name)
	}
	return s.ID
}

// components is the strongly connected components of the workflow, each in the
// order in which its steps are reached (Tarjan 1972, without recursion: a
// playbook can be long).
func (p *Playbook) components() (out [][]string) {
	type frame struct {
		id   string
		next []string
	}
	index, low, on := map[string]int{}, map[string]int{}, map[string]bool{}
	var path []string
	var frames []frame
	enter := func(id string) {
		index[id], low[id], on[id] = len(index)+1, len(index)+1, true
		path = append(path, id)
		frames = append(frames, frame{id, p.Steps[id].follow()})
	}
	for _, root := range p.order {
		if index[root] > 0 {
			continue
		}
		enter(root)
		for len(frames) > 0 {
			f := &frames[len(frames)-1]
			if len(f.next) > 0 {
				next := f.next[0]
				f.next = f.next[1:]
				switch {
				case p.Steps[next] == nil:
				case index[next] == 0:
					enter(next)
				case on[next]:
					low[f.id] = min(low[f.id], index[next])
				}
				continue
			}
			id := f.id
			frames = frames[:len(frames)-1]
			if len(frames) > 0 {
				up := frames[len(frames)-1].id
				low[up] = min(low[up], low[id])
			}
			if low[id] != index[id] {
				continue
			}
			i := len(path) - 1
			for path[i] != id {
				i--
			}
			c := slices.Clone(path[i:])
			for _, member := range c {
				on[member] = false
			}
			path = path[:i]
			slices.SortFunc(c, func(a, b string) int { return index[a] - index[b] })
			out = append(out, c)
		}
	}
	return out
}

// checkBranches checks that branches end, and are not run twice.
func checkBranches(p *Playbook, found *Result, ends map[string]bool) {
	work := 0
	for _, id := range p.order {
		s := p.Steps[id]
		branches := s.branches()
		if len(branches) == 0 {
			continue
		}
		if s.Type == TypeParallel {
			for _, first := range branches {
				if p.Steps[first] != nil && !ends[first] {
					found.fail("workflow."+id+".next_steps", "no_join", "CACAO 2.0 section 4.8", "the branch at %s never ends, so that the others wait for ever", p.Steps[first].Title())
				}
			}
		}
		if work > maxShared {
			found.warn("workflow", "not_checked", "CACAO 2.0 section 4", "too many branches to see which share steps")
			return
		}
		after := map[string]bool{}
		for _, next := range s.successors() {
			for id := range p.closure(next) {
				after[id] = true
			}
		}
		work += len(after)
		seen := map[string]bool{}
		for _, first := range branches {
			steps := p.closure(first)
			work += len(steps)
			c := &sharedCheck{p, found, s}
			c.branch(first, steps, after, seen)
		}
	}
}

type sharedCheck struct {
	p     *Playbook
	found *Result
	s     *Step
}

// branch tells of steps of a branch that would be run again when the step that
// branches goes on, or in another branch at the same time.
func (c *sharedCheck) branch(first string, steps, after, seen map[string]bool) {
	for _, id := range sortedKeys(steps) {
		at := "workflow." + c.s.ID
		switch end := c.p.Steps[id].Type == TypeEnd; {
		case id == c.s.ID:
		case after[id] && !end:
			c.found.warn(at, "run_twice", "CACAO 2.0 section 4.5", "the branch at %s leads on to %s, which follows the step itself as well: it would be run twice; end the branch in an end step", c.p.Steps[first].Title(), c.p.Steps[id].Title())
			return
		case seen[id] && !end && c.s.Type == TypeParallel:
			c.found.warn(at, "run_twice", "CACAO 2.0 section 4.8", "several branches lead to %s: it would be run by each", c.p.Steps[id].Title())
			return
		case (after[id] || seen[id]) && end:
			c.found.warn(at, "shared_end", "CACAO 2.0 section 4.5", "the branch at %s does not have an end step of its own", c.p.Steps[first].Title())
		}
		seen[id] = true
	}
}
