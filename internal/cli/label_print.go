package cli

import (
	"fmt"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/label"
	"countersign.dev/internal/node"
)

// labelColours is how a status is shown.
var labelColours = map[label.Status]colour{
	label.StatusActive: green, label.StatusSuspended: yellow, label.StatusExpired: yellow, label.StatusRevoked: red, label.StatusWithdrawn: red, label.StatusSuperseded: yellow,
}

func (a *app) labelState(s *node.LabelState) error {
	if a.wantsJSON() {
		return a.json(s)
	}
	a.line("%s  %s since %s", s.Label, a.style(labelColours[s.Status], string(s.Status)), s.Since)
	a.paragraph("why    ", s.Reason)
	if t := s.Terms; t != nil {
		a.line("what   %s", spaced(t.Product, t.Model))
		for _, p := range t.Parties {
			a.line("%-7s%s", shortRole(p.Role), p.Name)
		}
		a.line("valid  from %s to %s (%s), scheme %s%s", t.ValidFrom, t.ValidUntil.AddDays(-1), endsBy(t), t.Scheme, tierOf(t.Tier))
	}
	for _, g := range s.Grounds {
		a.paragraph("ground ", fmt.Sprintf("%s, since %s: %s", g.ID, g.Since, g.Reason))
		if g.Offered != "" {
			a.paragraph("       ", fmt.Sprintf("reinstatement is offered from %s: %s", g.Offered, g.Why))
		}
	}
	for _, g := range s.Warnings {
		a.paragraph("warned ", fmt.Sprintf("%s, becomes a suspension on %s: %s", g.ID, g.Due, g.Reason))
	}
	if s.Said != nil {
		a.paragraph("said   ", fmt.Sprintf("on %s it said %s: what is told above was learnt later", s.At, s.Said.Status))
	}
	if s.ChangesOn != "" {
		a.line("changes on %s", s.ChangesOn)
	}
	return nil
}

func spaced(words ...string) string { return strings.TrimSpace(strings.Join(words, " ")) }

func shortRole(r label.Role) string {
	switch r {
	case label.Laboratory:
		return "lab"
	case label.Administrator:
		return "by"
	}
	return string(r)
}

func tierOf(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", tier %d", n)
}

func endsBy(t *label.Terms) string {
	if t.EndsBy == label.EndsBySupport {
		return "the maker's support ends"
	}
	return "by the scheme"
}

func (a *app) labelHistory(s *node.LabelState, events []node.LabelEvent) error {
	if a.wantsJSON() {
		return a.json(map[string]any{"label": s, "history": events})
	}
	if err := a.labelState(s); err != nil {
		return err
	}
	a.line("")
	rows := [][]string{{"#", "effective", "recorded", "what", "why", "position", "document"}}
	for _, e := range events {
		rows = append(rows, []string{
			fmt.Sprint(e.Sequence), string(e.On), string(access.DateOf(e.Recorded)), string(e.Kind), spaced(e.Reason, bracketed(e.Cite)), fmt.Sprint(e.Position), e.Digest[:min(len(e.Digest), 19)],
		})
	}
	a.table(rows)
	return nil
}

func bracketed(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

func (a *app) labelList(l *node.LabelList) error {
	if a.wantsJSON() {
		return a.json(l)
	}
	rows := [][]string{{"label", "status", "since", "product", "maker", "scheme", "until"}}
	for _, s := range l.Labels {
		row := []string{s.Label, string(s.Status), string(s.Since), "", "", "", ""}
		if t := s.Terms; t != nil {
			row = append(row[:3], spaced(t.Product, t.Model), t.Party(label.Maker).Name, t.Scheme+tierOf(t.Tier), string(t.ValidUntil.AddDays(-1)))
		}
		rows = append(rows, row)
	}
	a.table(rows)
	if l.Next != "" {
		a.hint("there are more: --after %s", l.Next)
	}
	return nil
}

func (a *app) labelAssessed(got *node.Assessed) error {
	if a.wantsJSON() {
		return a.json(got)
	}
	r := got.Assessment
	a.line("%s  %s by %s: %d met, %d not met, %d do not apply, %d unknown", got.Label, got.State.Status, r.Profile.ID, r.Met, r.NotMet, r.NotApplicable, r.Unknown)
	for _, digest := range got.Missing {
		a.warn("evidence %s is not held", digest)
	}
	rows := [][]string{{"control", "status", "title", "why"}}
	for _, o := range r.Outcomes {
		if o.Required && o.Status != assessment.Met && o.Status != assessment.NotApplicable {
			rows = append(rows, []string{o.Ref, string(o.Status), o.Title, o.Reason})
		}
	}
	if len(rows) == 1 {
		a.line("every required control is met or does not apply")
		return nil
	}
	a.table(rows)
	return nil
}
