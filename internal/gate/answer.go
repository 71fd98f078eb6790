package gate

import (
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/software/quality"
)

// Of is the result of an answer about a release. What an answer does not know,
// such as the file and the tool's version, is the caller's to fill in. It is
// empty but for the verdict where the answer is about a party.
func Of(a *decision.Answer) *Result {
	r := &Result{
		Tool: Tool{Name: "countersign"}, Verdict: a.Verdict, At: a.At, Known: a.Known, Position: a.Position,
		Subject: Subject{Name: a.Subject.Name, PURL: a.Subject.ID}, Exit: decision.ExitCode(a.Verdict),
	}
	if a.Purpose != nil {
		r.Purpose = *a.Purpose
	}
	if a.Decision != nil {
		r.Decision = *a.Decision
	}
	at := map[string]int{}
	if s := a.Software; s != nil {
		r.Subject = Subject{Name: s.Release.Name, Version: s.Release.Version, PURL: s.Release.ID}
		places := placesOf(s)
		for i := range s.Findings {
			w := &s.Findings[i]
			at["finding "+w.Component+" "+w.Advisory] = i
			r.Findings = append(r.Findings, findingOf(w, places[w.Component]))
		}
		r.quality(s)
		for i := range s.Sources {
			src := &s.Sources[i].Source
			age := Age{Ecosystem: src.Ecosystem, Components: src.Components, Held: src.Held, Newest: src.Newest}
			if src.Held {
				age.Days = max(daysBetween(src.Newest, a.At), 0)
			}
			r.Data = append(r.Data, age)
		}
	}
	r.Policies = policiesOf(a, at)
	return r
}

// policiesOf is what each policy said.
func policiesOf(a *decision.Answer, at map[string]int) []Policy {
	applied := a.Applied()
	out := make([]Policy, len(applied))
	for i, p := range applied {
		out[i] = Policy{ID: p.Name, Title: p.Name, Digest: p.Digest, Verdict: p.Verdict}
		for j := range a.Reasons {
			said := &a.Reasons[j]
			if said.Policy != "" && said.Policy != p.Name {
				continue
			}
			reason := Reason{Rule: said.Rule, Verdict: said.Verdict, Because: said.Because, Cite: said.Cite, About: said.About}
			if n, ok := at[said.About]; ok {
				reason.Findings = []int{n}
			}
			out[i].Reasons = append(out[i].Reasons, reason)
		}
	}
	return out
}

// placesOf is where the bill has each component.
func placesOf(s *dossier.Software) map[string]Place {
	out := map[string]Place{}
	if s.Bill == nil {
		return out
	}
	for i := range s.Bill.Components {
		c := &s.Bill.Components[i]
		for _, id := range []string{strings.TrimSpace(c.PURL), c.Identity()} {
			if id != "" && out[id].Path == "" {
				out[id] = Place{Path: c.Ref}
			}
		}
	}
	return out
}

func findingOf(w *dossier.Weakness, place Place) Finding {
	f := Finding{
		Component: w.Component, Name: w.Name, Version: w.Version, Place: place, Weak: w.Weak, Malicious: w.Malicious, Advisory: w.Advisory, Aliases: w.Aliases,
		Summary: w.Summary, URL: w.URL, State: string(w.State), Why: w.Why, Fixed: w.Fixed,
	}
	if w.Severity != nil {
		f.Severity, f.Score = strings.ToLower(w.Severity.Word), w.Severity.Score
	}
	if w.KEV != nil {
		f.Exploited, f.Due = true, access.Date(w.KEV.Due)
	}
	if w.EPSS != nil {
		f.EPSS, f.Percentile = w.EPSS.Score, w.EPSS.Percentile
	}
	if v := w.VEX; v != nil {
		f.VEX = &VEX{Status: v.Status, Justification: v.Justification, Statement: v.Impact, Issuer: v.Issuer, Role: v.Role, Contested: v.Contested}
	}
	return f
}

// quality takes over the parts of the report on the bill.
func (r *Result) quality(s *dossier.Software) {
	q := s.Quality
	if q == nil {
		return
	}
	first := func(faults []quality.Fault) string {
		if len(faults) == 0 {
			return ""
		}
		return faults[0].What
	}
	gap := ""
	if len(q.Matchability.Gaps) > 0 {
		gap = q.Matchability.Gaps[0].Mend
	}
	r.Quality = append(r.Quality,
		Part{Name: "structure", Title: "Structure", Grade: string(q.Structure.Grade), Note: first(q.Structure.Faults)},
		Part{Name: "freshness", Title: "Freshness", Grade: string(q.Freshness.Grade), Note: first(q.Freshness.Faults)},
		Part{Name: "matchability", Title: "Matchability", Grade: string(q.Matchability.Grade), Percent: q.Matchability.Percent, Note: gap},
	)
	for _, c := range q.Catalogues {
		note := ""
		if lacks := c.Lacks(); len(lacks) > 0 {
			note = "lacks in part or whole: " + strings.Join(lacks[:min(len(lacks), 4)], ", ")
		}
		r.Quality = append(r.Quality, Part{Name: c.ID, Title: c.Title, Grade: string(c.Grade), Percent: c.Percent, Note: note})
	}
}

func daysBetween(from, to access.Date) int { return int(to.Time().Sub(from.Time()).Hours() / 24) }
