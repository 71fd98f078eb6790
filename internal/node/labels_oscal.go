package node

import (
	"bytes"
	"context"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/oscal"
	"countersign.dev/internal/label"
)

// AssessmentOSCAL is an application's assessment as OSCAL assessment results.
func (n *Node) AssessmentOSCAL(ctx context.Context, ask access.Ask, id string) ([]byte, error) {
	p, err := n.proceeding(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	got, err := n.assess(ctx, n.moment(ask), p)
	if err != nil {
		return nil, err
	}
	a, app := got.Assessment, p.application
	last := p.events[len(p.events)-1]
	r := &oscal.Results{
		ID: p.id, Title: "Assessment of " + app.Product + " for " + p.scheme.Title, Version: a.Profile.Version, Tier: a.Tier,
		Description: "What is held of each control that the scheme asks for, and by whose judgement.",
		Profile:     oscal.Source(a.Profile), Start: p.events[0].Recorded, Assessors: assessors(p),
		Subject: oscal.Subject{ID: p.id, Title: strings.TrimSpace(app.Product + " " + app.Model), Kind: "hardware"},
	}
	for _, c := range a.Catalogues {
		r.Catalogues = append(r.Catalogues, oscal.Source(c))
	}
	for i := range a.Outcomes {
		r.Findings = append(r.Findings, findingIn(&a.Outcomes[i]))
	}
	for _, e := range p.events {
		if e.Kind == label.Assessed {
			r.End = e.Recorded
		}
	}
	var b bytes.Buffer
	err = oscal.WriteResults(&b, r, last.Recorded)
	return b.Bytes(), err
}

// assessors is the laboratory and the authority.
func assessors(p *proceeding) []oscal.Party {
	out := []oscal.Party{{ID: p.authority, Name: p.authorityName, Kind: "organization"}}
	if lab := p.application.Party(label.Laboratory); lab.Name != "" {
		out = append(out, oscal.Party{ID: lab.Organisation, Name: lab.Name, Kind: "organization"})
	}
	return out
}

// findingIn is an outcome with every judgement that was weighed.
func findingIn(o *assessment.Outcome) oscal.Finding {
	catalogue, control, _ := strings.Cut(o.Ref, "/")
	f := oscal.Finding{
		Catalogue: catalogue, Control: control, Title: o.Title, Status: string(o.Status), Required: o.Required, Tier: o.Tier, Method: string(o.Method), Reason: o.Reason,
	}
	weighed := o.Others
	if o.Decided != nil {
		weighed = append([]assessment.Weighed{*o.Decided}, o.Others...)
	}
	for i := range weighed {
		w := &weighed[i]
		seen := oscal.Observation{
			Status: string(w.Status), Method: string(w.Method), Assessor: w.Assessor, Text: strings.TrimSpace(w.Reason + " " + w.Why), Collected: w.On.Time(),
		}
		if w.Until != "" {
			seen.Expires = w.Until.Time()
		}
		for _, e := range w.Evidence {
			seen.Evidence = append(seen.Evidence, oscal.Evidence{Title: e.Title, Kind: e.Kind, Digest: e.Digest})
		}
		f.Observations = append(f.Observations, seen)
	}
	return f
}
