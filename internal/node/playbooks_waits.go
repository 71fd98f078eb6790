package node

import (
	"fmt"
	"slices"
	"time"

	"countersign.dev/internal/incident/playbook"
)

// Waiting is a task that somebody has to do something about.
type Waiting struct {
	Task      int             `json:"task"`
	Step      string          `json:"step"`
	Name      string          `json:"name"`
	What      string          `json:"what"` // in a sentence
	Due       time.Time       `json:"due,omitzero"`
	Late      bool            `json:"late,omitempty"`
	NotBefore time.Time       `json:"not_before,omitzero"`
	Agent     string          `json:"agent,omitempty"`
	Commands  []playbook.Show `json:"commands"`
	Sets      []string        `json:"sets,omitempty"` // variables that are to be given when it is done
	Approvals int             `json:"approvals"`
	Needs     int             `json:"approvals_needed"`
}

// waitsOf is what is to be done in a run, what is due first before the rest.
func waitsOf(r *playbook.Run, w playbook.World) []Waiting {
	out := []Waiting{}
	for _, t := range r.Open() {
		s := t.Definition()
		called := t.Type == playbook.TypePlaybook && !slices.ContainsFunc(r.Tasks, func(o *playbook.Task) bool { return o.Within == t.Of })
		if t.Type != playbook.TypeAction && !called && t.Needs <= len(t.Approvals) && !w.Now.Before(t.NotBefore) {
			continue // it goes on by itself
		}
		due := w.Due(t)
		x := Waiting{
			Task: t.Of, Step: t.Step, Name: t.Name, Due: due, Late: t.Late || !due.IsZero() && w.Now.After(due), NotBefore: t.NotBefore, Commands: r.Commands(t), Sets: s.Out,
			Approvals: len(t.Approvals), Needs: t.Needs,
		}
		if a := t.Book().Agents[s.Agent]; a != nil {
			x.Agent = a.Name
		}
		switch {
		case w.Now.Before(t.NotBefore):
			x.What = "not to begin yet"
		case len(t.Approvals) < t.Needs:
			x.What = fmt.Sprintf("to be approved, by %d more", t.Needs-len(t.Approvals))
		case !t.Sent.IsZero():
			x.What = "its command was sent, and how that went is not known: find out, and say so"
		case called:
			x.What = "its playbook is not held: import it, or do it by hand"
		default:
			x.What = "to be done"
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b Waiting) int {
		if a.Due.IsZero() != b.Due.IsZero() {
			if a.Due.IsZero() {
				return 1
			}
			return -1
		}
		return a.Due.Compare(b.Due)
	})
	return out
}
