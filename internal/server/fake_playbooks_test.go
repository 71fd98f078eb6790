package server_test

import (
	"context"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

const (
	fakePlaybookID = "playbook--00000000-0000-4000-8000-000000000001"
	fakeRunID      = "run--00000000-0000-4000-8000-000000000001"
)

func fakePlaybook() node.PlaybookEntry {
	return node.PlaybookEntry{Header: playbook.Header{ID: fakePlaybookID, Version: "2026-01-02T00:00:00.000Z", Name: "A drill", StepCount: 3}, Digest: fakeDigest, Audience: "public"}
}

func (n *fakeNode) Playbooks(context.Context, access.Ask) ([]node.PlaybookEntry, error) {
	return []node.PlaybookEntry{fakePlaybook()}, nil
}

func (n *fakeNode) Playbook(_ context.Context, _ access.Ask, name, _ string) (*node.PlaybookDocument, error) {
	if name != fakePlaybookID && name != "a-drill" {
		return nil, problem.New(problem.NotFound, "no playbook %s", name)
	}
	return &node.PlaybookDocument{PlaybookEntry: fakePlaybook(), Bytes: []byte(`{"type":"playbook"}`)}, nil
}

func (n *fakeNode) DryRun(ctx context.Context, ask access.Ask, name, version string, _ map[string]string) (*node.DryRun, error) {
	doc, err := n.Playbook(ctx, ask, name, version)
	if err != nil {
		return nil, err
	}
	return &node.DryRun{PlaybookEntry: doc.PlaybookEntry, Steps: []playbook.Would{{Step: "start--1", Type: "start", Name: "The start", What: "begins"}}}, nil
}

func fakeRunState() *node.RunState {
	at := time.Unix(1_700_000_000, 0).UTC()
	return &node.RunState{
		Run:   &playbook.Run{ID: fakeRunID, Status: playbook.Running, Started: at, By: "ann", Last: 3, Start: playbook.Start{Playbook: fakePlaybookID, Name: "A drill", Owner: "acme"}, Tasks: []*playbook.Task{{Of: 3, Step: "action--1", Type: "action", Name: "Look", Begun: at}}},
		Waits: []node.Waiting{{Task: 3, Step: "action--1", Name: "Look", What: "to be done", Commands: []playbook.Show{{Type: "manual", Text: "look around"}}}}, At: at, Audience: "org:acme",
	}
}

func (n *fakeNode) StartRun(ctx context.Context, by access.Reader, in node.NewRun) (*node.RunState, error) {
	if _, err := n.Playbook(ctx, access.Ask{Reader: by}, in.Playbook, in.Version); err != nil {
		return nil, err
	}
	return fakeRunState(), nil
}

func (n *fakeNode) Runs(context.Context, access.Ask, node.RunFilter) (*node.RunList, error) {
	s := fakeRunState()
	return &node.RunList{Runs: []node.RunSummary{{ID: s.ID, Start: s.Start, Status: s.Status, Started: s.Started, By: s.By, Waits: s.Waits}}}, nil
}

func (n *fakeNode) Run(_ context.Context, _ access.Ask, id string) (*node.RunState, error) {
	if id != fakeRunID {
		return nil, problem.New(problem.NotFound, "no run %s", id)
	}
	return fakeRunState(), nil
}

func (n *fakeNode) ActInRun(ctx context.Context, by access.Reader, id string, a node.RunAct) (*node.RunState, error) {
	if a.Verb == "approve" {
		return nil, problem.New(problem.Conflict, "task 3, Look, needs no approval")
	}
	return n.Run(ctx, access.Ask{Reader: by}, id)
}
