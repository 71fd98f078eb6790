package server_test

import (
	"context"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty/directive"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

const fakeIncidentID = "incident--00000000-0000-4000-8000-000000000001"

func fakeIncident(at time.Time) *node.IncidentState {
	events := []*incident.Event{{Form: incident.Form, Incident: fakeIncidentID, Sequence: 1, Kind: incident.Opened, Owner: "treasury", Title: "A drill", At: at, Recorded: at}}
	return &node.IncidentState{Incident: incident.Fold(events, at), At: at, Known: "2021-05-10", Position: 7, Clocks: []incident.Clock{}}
}

func (n *fakeNode) Incidents(_ context.Context, ask node.IncidentAsk, _ incident.Filter) (*node.IncidentList, error) {
	return &node.IncidentList{At: ask.Moment, Known: "2021-05-10", Incidents: []node.IncidentState{*fakeIncident(ask.Moment)}}, nil
}

func (n *fakeNode) Incident(_ context.Context, ask node.IncidentAsk, id string) (*node.IncidentState, error) {
	if id != fakeIncidentID {
		return nil, problem.New(problem.NotFound, "no incident %s", id)
	}
	return fakeIncident(ask.Moment), nil
}

func (n *fakeNode) IncidentHistory(ctx context.Context, ask node.IncidentAsk, id string) ([]node.IncidentEvent, error) {
	_, err := n.Incident(ctx, ask, id)
	return []node.IncidentEvent{}, err
}

func (n *fakeNode) IncidentReport(ctx context.Context, ask node.IncidentAsk, id, _ string) (*incident.Report, error) {
	s, err := n.Incident(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	return incident.NewReport(&s.Incident, nil, nil, ask.Moment, nil), nil
}

func (n *fakeNode) IncidentSTIX(ctx context.Context, ask node.IncidentAsk, id string) ([]byte, error) {
	s, err := n.Incident(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	return incident.Bundle(&s.Incident, nil, "Treasury", ask.Moment)
}

func (n *fakeNode) OpenIncident(_ context.Context, _ access.Reader, in node.NewIncident) (*node.IncidentState, error) {
	s := fakeIncident(in.At)
	s.Title = in.Title
	return s, nil
}

func (n *fakeNode) RecordIncident(ctx context.Context, by access.Reader, id string, events ...incident.Event) (*node.IncidentState, error) {
	return n.Incident(ctx, node.IncidentAsk{Ask: access.Ask{Reader: by}, Moment: events[0].At}, id)
}

func (n *fakeNode) Directives(context.Context, access.Ask) ([]*directive.Directive, error) {
	return []*directive.Directive{{ID: "us-fceb-incident", Title: "Incidents", Duties: []directive.Duty{}}}, nil
}
