package cli

import (
	"fmt"
	"strings"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/dossier"
)

// shownFindings is how many findings are printed for people; JSON has all.
const shownFindings = 25

// software prints what is held about a release.
func (a *app) software(s *dossier.Software) {
	if s == nil {
		return
	}
	a.release(&s.Release)
	a.weaknesses(s.Findings)
	a.advisories(s.Sources)
	a.suppliers(s.Suppliers)
	a.quality(s)
}

func (a *app) release(r *dossier.Release) {
	a.line("")
	if !r.Held {
		a.line("%s", a.style(faint, "no bill of materials is held"))
		return
	}
	words := []string{r.Format, counted(r.Components, "component"), counted(r.Relations, "relation")}
	if r.Created != "" {
		words = append(words, "made "+r.Created)
	}
	if len(r.Tools) > 0 {
		words = append(words, "by "+strings.Join(r.Tools[:min(len(r.Tools), 3)], ", "))
	}
	if r.Unnamed > 0 {
		words = append(words, counted(r.Unnamed, "component")+" without identity")
	}
	if r.Broken > 0 {
		words = append(words, counted(r.Broken, "broken part"))
	}
	a.line("%s", a.style(bold, "bill of materials"))
	a.paragraph("  ", oneLine(strings.Join(words, "; ")))
}

func (a *app) weaknesses(list []dossier.Weakness) {
	if len(list) == 0 {
		a.line("")
		a.line("%s", a.style(bold, "no findings"))
		return
	}
	open := 0
	for i := range list {
		if list[i].Open() {
			open++
		}
	}
	a.line("")
	a.line("%s  %s", a.style(bold, "findings"), a.style(faint, fmt.Sprintf("%d, %d of them open", len(list), open)))
	for i := range list[:min(len(list), shownFindings)] {
		a.weakness(&list[i].Finding)
	}
	if len(list) > shownFindings {
		a.line("  %s", a.style(faint, fmt.Sprintf("and %d more; --format json has all", len(list)-shownFindings)))
	}
}

func (a *app) weakness(f *findings.Finding) {
	mark := "unrated"
	if f.Severity != nil {
		mark = f.Severity.Word
		if f.Severity.Score > 0 {
			mark = strings.TrimSpace(fmt.Sprintf("%s %.1f", f.Severity.Word, f.Severity.Score))
		}
	}
	if f.State == advisory.Unknown {
		mark = "unknown"
	}
	var facts []string
	if f.Malicious {
		facts = append(facts, "malicious")
	}
	if f.KEV != nil {
		facts = append(facts, "exploited, due "+f.KEV.Due)
	}
	if f.EPSS != nil {
		facts = append(facts, fmt.Sprintf("EPSS %.1f %%", 100*f.EPSS.Score))
	}
	if len(f.Fixed) > 0 {
		facts = append(facts, "fixed in "+strings.Join(f.Fixed[:min(len(f.Fixed), 3)], ", "))
	}
	if f.VEX != nil {
		facts = append(facts, fmt.Sprintf("%s says %s", orElse(f.VEX.Issuer, "somebody"), strings.ReplaceAll(f.VEX.Status, "_", " ")))
	}
	if f.Weak {
		facts = append(facts, "by product name only")
	}
	if f.Why != "" {
		facts = append(facts, f.Why)
	}
	a.paragraph("  "+pad(mark, 13)+" ", oneLine(fmt.Sprintf("%s  %s", f.Advisory, f.Component)))
	a.paragraph("                ", oneLine(join("; ", f.Summary, strings.Join(facts, "; "))))
}

func (a *app) advisories(list []dossier.Source) {
	if len(list) == 0 {
		return
	}
	a.line("")
	a.line("%s", a.style(bold, "advisories held"))
	for _, s := range list {
		state := "none held"
		if s.Partial {
			state = "single ones only"
		}
		if s.Held {
			state = "as of " + string(s.Newest)
		}
		a.line("  %-16s%-18s%s", oneLine(s.Ecosystem), counted(s.Components, "component"), state)
	}
}

func (a *app) suppliers(list []dossier.Supplier) {
	if len(list) == 0 {
		return
	}
	a.line("")
	a.line("%s", a.style(bold, "suppliers"))
	for i, s := range list {
		if i >= shownFindings {
			a.line("  %s", a.style(faint, fmt.Sprintf("and %d more", len(list)-i)))
			return
		}
		a.paragraph("  ", oneLine(join(": ", fmt.Sprintf("%s, %s of %s", s.Name, s.Role, counted(s.Components, "component")), strings.ReplaceAll(s.State, "_", " "), s.Why)))
	}
}

func (a *app) quality(s *dossier.Software) {
	if s.Quality == nil {
		return
	}
	a.line("")
	a.line("%s", a.style(bold, "quality of the bill"))
	q := s.Quality
	a.line("  structure %s, freshness %s, matchability %s", grade(q.Structure.Grade), grade(q.Freshness.Grade), grade(q.Matchability.Grade))
	for _, c := range q.Catalogues {
		a.line("  %-28s%s  %.0f %%", c.ID, grade(c.Grade), c.Percent)
	}
}

func grade[G ~string](g G) string { return orElse(string(g), "-") }
