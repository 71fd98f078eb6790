package node

import (
	"context"
	"strings"

	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/problem"
)

// happened is the steps from an incident to what it is linked to, each resting
// on the newest event that links it.
func (o *operated) happened(ctx context.Context, t concern.Thing) ([]concern.Step, error) {
	ask := IncidentAsk{Ask: o.ask}
	state, err := o.n.Incident(ctx, ask, t.ID)
	if problem.KindOf(err) == problem.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	history, err := o.n.IncidentHistory(ctx, ask, t.ID)
	if err != nil {
		return nil, err
	}
	said := map[string]int64{}
	for i := range history {
		for _, l := range history[i].Links {
			if history[i].Kind == incident.Linked {
				said[l.To+" "+l.ID] = history[i].Position
			}
		}
	}
	t.Name = state.Title
	var out []concern.Step
	for _, l := range state.Links {
		to := linkedThing(l)
		if to.ID != "" {
			out = append(out, concern.Step{From: t, Relation: "concerns", To: to, Evidence: document(said[l.To+" "+l.ID]), Why: l.Impact})
		}
	}
	return out, nil
}

// linkedThing is what a link of an incident leads to.
func linkedThing(l incident.Link) concern.Thing {
	to := concern.Thing{ID: l.ID, Name: l.Title}
	switch l.To {
	case incident.ToSystem:
		to.Kind = concern.System
	case incident.ToOrganisation:
		to.Kind, to.ID = concern.Organisation, organisationPrefix+strings.TrimPrefix(l.ID, organisationPrefix)
	case incident.ToProduct:
		to.Kind = concern.Software
	case incident.ToComponent:
		to.Kind = concern.Package
	case incident.ToVulnerability:
		to.Kind = concern.Weakness
	default: // an indicator, or another object
		if !sharedForm.MatchString(l.ID) {
			return concern.Thing{}
		}
		kind, _, _ := strings.Cut(l.ID, "--")
		to.Kind = concern.Kind(kind)
	}
	return to
}
