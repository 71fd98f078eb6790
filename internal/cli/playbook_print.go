package cli

import (
	"fmt"
	"strings"
	"time"

	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/node"
)

func (a *app) playbookLinted(file string, found *playbook.Result) error {
	if a.wantsJSON() {
		return a.json(found)
	}
	for _, e := range found.Errors {
		a.line("%s %s: %s (%s)", a.style(red, "error  "), e.Path, e.Message, e.Rule)
	}
	for _, w := range found.Warnings {
		a.line("%s %s: %s (%s)", a.style(yellow, "warning"), w.Path, w.Message, w.Rule)
	}
	verdict := a.style(green, "no errors")
	if !found.Valid {
		verdict = a.style(red, counted(len(found.Errors), "error"))
	}
	a.line("%s: %s, %s", file, verdict, counted(len(found.Warnings), "warning"))
	return nil
}

func (a *app) playbookImported(r *node.ImportReport) error {
	if a.wantsJSON() {
		return a.json(r)
	}
	for _, e := range r.Editions {
		for _, w := range e.Warnings {
			a.warn("%s", w)
		}
		what := "held already"
		if e.New {
			what = "taken in"
		}
		a.line("%s  %s at %d", e.Source, what, e.Position)
	}
	return nil
}

func (a *app) playbookList(list []node.PlaybookEntry) error {
	if a.wantsJSON() {
		return a.json(map[string]any{"playbooks": list})
	}
	rows := [][]string{{"name", "steps", "version", "audience", "id"}}
	for _, e := range list {
		rows = append(rows, []string{e.Name, fmt.Sprint(e.StepCount), e.Version, e.Audience, e.ID})
	}
	a.table(rows)
	return nil
}

func (a *app) playbookWould(d *node.DryRun) error {
	if a.wantsJSON() {
		return a.json(d)
	}
	a.line("%s  %s", d.Name, d.ID)
	a.paragraph("", d.Description)
	if d.Ready != "" {
		a.warn("%s", d.Ready)
	}
	for i, s := range d.Steps {
		indent := strings.Repeat("  ", s.Depth)
		if s.Branch != "" {
			a.line("     %s%s:", indent, s.Branch)
		}
		more := []string{}
		if s.Timeout > 0 {
			more = append(more, "within "+lasting(s.Timeout.Duration()))
		}
		if s.Clock != "" {
			more = append(more, "by the clock "+s.Clock)
		}
		if s.Needs > 0 {
			more = append(more, counted(s.Needs, "approval"))
		}
		a.line("%4d %s%s: %s%s", i+1, indent, s.Name, s.What, listed(more))
	}
	return nil
}

func listed(more []string) string {
	if len(more) == 0 {
		return ""
	}
	return " (" + strings.Join(more, ", ") + ")"
}

// lasting writes a duration as days or hours where it is whole ones.
func lasting(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return counted(int(d/(24*time.Hour)), "day")
	case d%time.Hour == 0:
		return counted(int(d/time.Hour), "hour")
	}
	return d.String()
}

// runColours is how a status is shown.
var runColours = map[playbook.Status]colour{playbook.Running: yellow, playbook.RunDone: green, playbook.RunFailed: red, playbook.CalledOff: red}

func (a *app) runState(s *node.RunState) error {
	if a.wantsJSON() {
		return a.json(s)
	}
	a.line("%s  %s", s.ID, a.style(runColours[s.Status], string(s.Status)))
	a.line("what   %s, version %s", s.Start.Name, s.Start.Version)
	a.line("whose  %s, started %s by %s", s.Start.Owner, minute(s.Started), s.By)
	if s.Start.Incident != "" {
		a.line("of     %s", s.Start.Incident)
	}
	if s.Note != "" {
		a.paragraph("why    ", s.Note)
	}
	a.line("")
	rows := [][]string{{"task", "step", "how", "when", "by", "note"}}
	for _, t := range s.Tasks {
		if t.Type == playbook.TypeStart || t.Type == playbook.TypeEnd {
			continue
		}
		how, when := string(t.Outcome), minute(t.Ended)
		if t.IsOpen() {
			how, when = "open", minute(t.Begun)
		}
		if t.Late {
			how += ", late"
		}
		if len(t.Results) > 0 {
			how += ": " + t.Results[len(t.Results)-1]
		}
		rows = append(rows, []string{fmt.Sprint(t.Of), strings.Repeat("  ", t.Depth) + t.Name, how, when, t.By, t.Note})
	}
	a.table(rows)
	for _, w := range s.Waits {
		a.line("")
		a.line("%d  %s: %s%s", w.Task, a.style(bold, w.Name), w.What, a.until(&w))
		for _, c := range w.Commands {
			a.paragraph("   "+c.Type+"  ", c.Text)
		}
		if len(w.Sets) > 0 {
			a.line("   give %s", strings.Join(w.Sets, ", "))
		}
	}
	return nil
}

func (a *app) until(w *node.Waiting) string {
	switch {
	case w.Due.IsZero():
		return ""
	case w.Late:
		return ", " + a.style(red, "was due "+minute(w.Due))
	}
	return ", due " + minute(w.Due)
}

func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

func (a *app) runList(l *node.RunList) error {
	if a.wantsJSON() {
		return a.json(l)
	}
	rows := [][]string{{"run", "status", "started", "playbook", "whose", "waits for"}}
	for _, r := range l.Runs {
		var names []string
		for _, w := range r.Waits {
			names = append(names, w.Name)
		}
		waits := strings.Join(names, ", ")
		if r.Late > 0 {
			waits += fmt.Sprintf(" (%d late)", r.Late)
		}
		rows = append(rows, []string{r.ID, string(r.Status), minute(r.Started), r.Start.Name, r.Start.Owner, waits})
	}
	a.table(rows)
	if l.Next != "" {
		a.hint("there are more: --after %s", l.Next)
	}
	return nil
}
