package cli

import (
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/problem"
)

// about prints what a catalogue or profile says of itself, what is empty left
// out.
func (a *app) about(title string, lines [][2]string) {
	a.line("%s", a.style(bold, oneLine(title)))
	for _, l := range lines {
		if l[1] != "" {
			a.paragraph(fmt.Sprintf("  %-11s ", l[0]), l[1])
		}
	}
}

func (a *app) showCatalogue(c *catalogue.Catalogue) error {
	if a.wantsJSON() {
		return a.json(c)
	}
	a.about(c.Title, [][2]string{
		{"catalogue", c.ID}, {"version", c.Version}, {"state", c.State}, {"source", c.Source}, {"how sure", c.Verification}, {"words", c.LicenceNote},
		{"ids", c.IDNote}, {"life cycle", c.LifecycleNote}, {"digest", c.Digest},
	})
	for _, t := range []struct {
		name  string
		table map[string]string
	}{{"kinds", c.Kinds}, {"status", c.StatusCodes}, {"evidence", c.EvidenceForms}, {"conditions", c.Conditions}, {"features", c.Features}} {
		if len(t.table) == 0 {
			continue
		}
		a.line("")
		a.line("%s", t.name)
		for _, code := range catalogue.SortedCodes(t.table) {
			a.paragraph(fmt.Sprintf("  %-10s ", code), t.table[code])
		}
	}
	a.line("")
	a.controls(c, "", "")
	return nil
}

// controls prints the controls below one, each with its statement, and those
// below them set in.
func (a *app) controls(c *catalogue.Catalogue, parent, indent string) {
	for _, ctl := range c.Children(parent) {
		words := ctl.Title
		if ctl.Statement != ctl.Title {
			words += ": " + ctl.Statement
		}
		var marks []string
		for _, m := range []string{ctl.Status, ctl.Level} {
			if m != "" {
				marks = append(marks, m)
			}
		}
		if ctl.Verify != "" {
			marks = append(marks, "to verify: "+ctl.Verify)
		}
		if len(marks) > 0 {
			words += " [" + strings.Join(marks, ", ") + "]"
		}
		a.paragraph(indent+ctl.ID+"  ", words)
		a.controls(c, ctl.ID, indent+"  ")
	}
}

func (a *app) showCriterion(c *catalogue.Catalogue, id string) error {
	ctl := c.Control(id)
	if ctl == nil {
		var like []string
		for i := range c.Controls {
			if strings.EqualFold(c.Controls[i].ID, id) || strings.HasPrefix(strings.ToLower(c.Controls[i].ID), strings.ToLower(id)+".") {
				like = append(like, c.Controls[i].ID)
			}
		}
		err := problem.New(problem.NotFound, "catalogue %s has no control %q", c.ID, id)
		if len(like) == 0 {
			return hinted(err, "see countersign catalogue show %s", c.ID)
		}
		return hinted(err, "did you mean %s", strings.Join(like[:min(len(like), 5)], ", "))
	}
	if a.wantsJSON() {
		return a.json(struct {
			Catalogue string `json:"catalogue"`
			Digest    string `json:"digest"`
			*catalogue.Control
			When  []catalogue.Fact `json:"when,omitempty"`
			Links []catalogue.Link `json:"links,omitempty"`
			Below []string         `json:"below,omitempty"`
		}{c.ID, c.Digest, ctl, c.When(ctl), ctl.Links(), ids(c.Children(ctl.ID))})
	}
	status := ctl.Status
	if meaning := c.StatusCodes[ctl.Status]; meaning != "" {
		status += ", " + meaning
	}
	sure := c.Verification
	if ctl.Verify != "" {
		sure = "still to be compared with the publication: " + ctl.Verify + ". " + sure
	}
	a.about(ctl.ID+"  "+ctl.Title, [][2]string{
		{"asks", ctl.Statement}, {"kind", ctl.Kind}, {"clause", ctl.Clause}, {"status", status}, {"level", ctl.Level}, {"of", ctl.Applicability},
		{"when", facts(c.When(ctl))}, {"part of", ctl.Parent}, {"heads", strings.Join(ids(c.Children(ctl.ID)), ", ")},
		{"SSDF", strings.Join(c.SSDF(ctl), ", ")}, {"EO 14028", ctl.EO14028}, {"EN 303 645", strings.Join(ctl.ETSI, ", ")}, {"V2.1.1 id", ctl.V211ID},
		{"untested", ctl.Untested}, {"mend", ctl.Mend}, {"how sure", sure}, {"catalogue", c.ID + ", " + c.Version},
	})
	return nil
}

func ids(controls []*catalogue.Control) []string {
	out := make([]string, len(controls))
	for i, c := range controls {
		out[i] = c.ID
	}
	return out
}

func facts(all []catalogue.Fact) string {
	out := make([]string, len(all))
	for i, f := range all {
		out[i] = fmt.Sprintf("%s (%s)", f.Text, f.Key)
	}
	return strings.Join(out, "; ")
}

// shownAsk is one control that a profile asks, for programs.
type shownAsk struct {
	Ref       string           `json:"ref"`
	Title     string           `json:"title"`
	Statement string           `json:"statement"`
	Tier      int              `json:"tier,omitempty"`
	Required  bool             `json:"required"`
	Method    string           `json:"method,omitempty"`
	Automatic string           `json:"automatic,omitempty"`
	When      []catalogue.Fact `json:"when,omitempty"`
	Because   string           `json:"because,omitempty"`
	Verify    string           `json:"verify,omitempty"`
}

func (a *app) showProfile(set *catalogue.Set, p *catalogue.Profile, tier int, at access.Date) error {
	asked, err := p.Select(set, tier)
	if problem.KindOf(err) == problem.NotFound {
		// Of a profile from a file whose catalogues are not here.
		a.warn("%v", err)
		return a.showUnresolved(p, at)
	}
	if err != nil {
		return err
	}
	if a.wantsJSON() {
		out := make([]shownAsk, len(asked))
		for i := range asked {
			s := &asked[i]
			out[i] = shownAsk{s.Ref(), s.Control.Title, s.Control.Statement, s.Tier, s.Required, s.Method, s.Automatic, s.When, s.Because, s.Control.Verify}
		}
		return a.json(map[string]any{"profile": p, "at": at, "duty": p.Duty(at), "tier": tier, "controls": out})
	}
	n := required(asked)
	lines := append(profileLines(p, at), [2]string{"asks", fmt.Sprintf("%d required, %d recommended", n, len(asked)-n)})
	for _, t := range p.Tiers {
		mark := ""
		if t.Number > tier {
			mark = " (not asked here)"
		}
		lines = append(lines, [2]string{fmt.Sprintf("tier %d", t.Number), t.Title + ": " + t.Statement + mark})
	}
	a.about(p.Title, lines)
	for _, id := range p.Catalogues() {
		of := slices.DeleteFunc(slices.Clone(asked), func(s catalogue.Selected) bool { return s.Catalogue.ID != id })
		if len(of) > 0 {
			a.asked(of)
		}
	}
	return nil
}

// profileLines is what a profile says of itself.
func profileLines(p *catalogue.Profile, at access.Date) [][2]string {
	duty := dutyWords(p.From, p.Until)
	switch {
	case p.From == "":
	case p.Duty(at):
		duty += "; it is one on " + string(at)
	default:
		duty += "; it is none on " + string(at)
	}
	return [][2]string{
		{"profile", p.ID}, {"version", p.Version}, {"purpose", p.Purpose}, {"basis", p.Basis}, {"duty", duty},
		{"source", p.Source}, {"note", p.Note}, {"how sure", p.Verification}, {"digest", p.Digest},
	}
}

// showUnresolved prints the lines of a profile as they are, where the catalogues
// that they pick from are not known.
func (a *app) showUnresolved(p *catalogue.Profile, at access.Date) error {
	if a.wantsJSON() {
		return a.json(map[string]any{"profile": p, "at": at, "duty": p.Duty(at), "controls": nil})
	}
	a.about(p.Title, profileLines(p, at))
	for i := range p.Asks {
		l := &p.Asks[i]
		a.line("")
		a.line("%s", a.style(bold, l.Catalogue))
		a.paragraph("  controls  ", strings.Join(l.Controls, ", "))
		if len(l.Branches) > 0 {
			a.paragraph("  branches  ", strings.Join(l.Branches, ", "))
		}
		if l.All {
			a.line("  all")
		}
		if len(l.Except) > 0 {
			a.paragraph("  except    ", strings.Join(l.Except, ", "))
		}
	}
	return nil
}

// asked prints what is asked of one catalogue.
func (a *app) asked(of []catalogue.Selected) {
	a.line("")
	a.line("%s  %s", a.style(bold, of[0].Catalogue.ID), oneLine(of[0].Catalogue.Title))
	for i := range of {
		s := &of[i]
		marks := []string{"recommended"}
		if s.Required {
			marks[0] = "required"
		}
		if s.Tier > 0 {
			marks = append(marks, fmt.Sprintf("tier %d", s.Tier))
		}
		if s.Method != "" {
			marks = append(marks, "at least "+s.Method)
		}
		if s.Automatic != "" {
			marks = append(marks, "judged by "+s.Automatic)
		}
		if len(s.When) > 0 {
			marks = append(marks, "when "+facts(s.When))
		}
		a.paragraph("  "+s.Control.ID+"  ", s.Control.Title+" ["+strings.Join(marks, ", ")+"]")
	}
}
