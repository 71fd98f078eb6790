package cli

import (
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/policy"
)

// card prints an answer: the four lines, then what they rest on.
func (a *app) card(asked string, ans *decision.Answer) {
	a.cardHead(asked, ans)
	a.line("")
	a.cardLine("buy", &ans.Answers.Buy)
	a.cardLine("run", &ans.Answers.Run)
	a.cardLine("trust", &ans.Answers.Trust)
	a.cardLine("tell", &ans.Answers.Tell)
	a.cardCandidates(ans.Candidates)
	a.cardListings(ans.Listings)
	a.cardControl(&ans.Control)
	a.product(ans.Product)
	a.software(ans.Software)
	a.cardReasons(ans.Reasons)
	a.line("")
	a.line("verdict   %s", a.verdictWords(ans))
	for _, p := range ans.Policies {
		words := string(p.Verdict)
		if p.ChangesOn != nil {
			words += ", changes on " + string(*p.ChangesOn)
		}
		a.line("          %s", a.style(faint, fmt.Sprintf("%s: %s", p.Purpose, words)))
	}
	if ans.Decision != nil {
		a.line("decision  %s", *ans.Decision)
	}
}

func (a *app) cardHead(asked string, ans *decision.Answer) {
	if ans.Subject.ID == "" {
		a.line("%s", a.style(bold, oneLine(asked)))
	} else {
		a.line("%s  %s", a.style(bold, oneLine(ans.Subject.Name)), a.style(faint, ans.Subject.ID))
	}
	purpose := "every purpose"
	if ans.Purpose != nil {
		purpose = *ans.Purpose
	}
	a.line("%s on %s, by what was published by %s, at position %d", purpose, ans.At, ans.Known, ans.Position)
}

func (a *app) cardLine(question string, l *decision.Line) {
	verdict, colour := "-", faint
	if l.Verdict != nil {
		verdict, colour = string(*l.Verdict), verdictColours[*l.Verdict]
	}
	label := fmt.Sprintf("  %-7s", question) + a.style(colour, fmt.Sprintf("%-8s", verdict))
	indent := len("  trust  review  ")
	lines := wrap(oneLine(l.Because), a.columns-indent)
	if l.ChangesOn != nil {
		lines = append(lines, "changes on "+string(*l.ChangesOn))
	}
	for i, text := range lines {
		if i > 0 {
			label = strings.Repeat(" ", indent)
		}
		if l.Verdict == nil {
			text = a.style(faint, text)
		}
		a.line("%s%s", label, text)
	}
}

func (a *app) cardCandidates(candidates []dossier.Candidate) {
	if len(candidates) == 0 {
		return
	}
	a.line("")
	a.line("%s", a.style(bold, "these may be meant; ask again with the id of one"))
	width := 0
	for _, c := range candidates {
		width = max(width, columnsOf(c.ID))
	}
	for _, c := range candidates {
		a.paragraph("  "+pad(c.ID, min(width, a.columns/2))+"  ", c.Name+" ("+c.Why+")")
	}
}

func (a *app) cardListings(listings []decision.Listing) {
	if len(listings) == 0 {
		return
	}
	a.line("")
	a.line("%s", a.style(bold, "listings"))
	for _, l := range listings {
		where := l.ID
		if !strings.HasPrefix(l.ID, l.Programme+":") {
			where += " on " + l.Programme
		}
		a.line("  %s: %s", where, a.style(bold, string(l.Status)))
		for _, c := range l.Consequences {
			a.line("    %-20s%-14s%s", c.Kind, c.State, interval(c.From, c.To))
		}
	}
}

// interval says from when to when, as far as that is known. What ended before
// it was to begin never was.
func interval(from, to *access.Date) string {
	switch {
	case from != nil && to != nil && *to <= *from:
		return fmt.Sprintf("was to begin %s, ended %s", *from, *to)
	case from != nil && to != nil:
		return fmt.Sprintf("from %s to %s", *from, *to)
	case from != nil:
		return "from " + string(*from)
	case to != nil:
		return "to " + string(*to)
	}
	return ""
}

func (a *app) cardReasons(reasons []decision.Reason) {
	if len(reasons) == 0 {
		return
	}
	a.line("")
	a.line("%s", a.style(bold, "reasons"))
	for _, r := range reasons {
		indent := strings.Repeat(" ", len("  review  "))
		lines := wrap(oneLine(r.Because), a.columns-len(indent))
		a.line("  %s%s", a.style(verdictColours[r.Verdict], fmt.Sprintf("%-8s", r.Verdict)), lines[0])
		for _, l := range lines[1:] {
			a.line("%s%s", indent, l)
		}
		rule := r.Rule
		if r.Policy != "" {
			rule = r.Policy + " " + r.Rule
		}
		a.paragraph(indent+"rule      ", rule)
		if r.Cite != "" {
			a.paragraph(indent+"cite      ", r.Cite)
		}
		label := indent + "evidence  "
		for _, words := range documents(r.Evidence) {
			a.paragraph(label, words)
			label = indent + "          "
		}
	}
}

// documents names the documents of evidence, each once, with what in them is
// meant.
func documents(evidence []dossier.Evidence) []string {
	var order []int64
	source, whats := map[int64]string{}, map[int64][]string{}
	for _, e := range evidence {
		if _, seen := source[e.Document]; !seen {
			order = append(order, e.Document)
		}
		source[e.Document] = e.Source
		if e.What != "" && !slices.Contains(whats[e.Document], e.What) {
			whats[e.Document] = append(whats[e.Document], e.What)
		}
	}
	out := make([]string, len(order))
	for i, d := range order {
		out[i] = join(": ", fmt.Sprintf("%d %s", d, source[d]), strings.Join(whats[d], ", "))
	}
	return out
}

func (a *app) verdictWords(ans *decision.Answer) string {
	words := a.style(verdictColours[ans.Verdict], string(ans.Verdict))
	switch {
	case ans.ChangesOn != nil:
		words += ", changes on " + string(*ans.ChangesOn)
	case ans.Verdict != policy.Allow || len(ans.Listings) > 0:
		words += ", time alone changes nothing"
	}
	return words
}
