package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/node"
)

// Playbooks say what is done about an incident, and keep what was. A playbook is
// named by its id, or by its name in lower case with hyphens.
type Playbooks interface {
	// Playbooks is the newest version of each playbook that the reader may see.
	Playbooks(ctx context.Context, ask access.Ask) ([]node.PlaybookEntry, error)
	// Playbook is a version of a playbook; the newest where version is "".
	Playbook(ctx context.Context, ask access.Ask, name, version string) (*node.PlaybookDocument, error)
	// DryRun tells what a run would do.
	DryRun(ctx context.Context, ask access.Ask, name, version string, values map[string]string) (*node.DryRun, error)
	// StartRun starts a run; Conflict for a playbook that is not to be run.
	StartRun(ctx context.Context, by access.Reader, in node.NewRun) (*node.RunState, error)
	// Runs is runs, newest first.
	Runs(ctx context.Context, ask access.Ask, f node.RunFilter) (*node.RunList, error)
	// Run is how a run stands.
	Run(ctx context.Context, ask access.Ask, id string) (*node.RunState, error)
	// ActInRun does what a person says; Conflict where the run does not allow it.
	ActInRun(ctx context.Context, by access.Reader, id string, act node.RunAct) (*node.RunState, error)
}

const (
	playbooksPath = "/playbooks"
	runsPath      = "/runs"
)

// routePlaybooks registers playbooks and their runs.
func (s *Server) routePlaybooks(api huma.API) {
	read := func(o operation) operation {
		o.method, o.tag = http.MethodGet, tagPlaybooks
		return o
	}
	write := func(o operation) operation {
		o.method, o.tag, o.right = http.MethodPost, tagPlaybooks, toWrite
		o.errors = []int{http.StatusNotFound, http.StatusConflict}
		return o
	}
	register(s, api, read(operation{
		id: "playbooks", path: playbooksPath, summary: "Playbooks",
		about: "The newest version of each that you may see, by name, those that the product ships among them. New ones are handed in as documents.",
	}), s.playbooks)
	register(s, api, read(operation{
		id: "playbook", path: playbooksPath + "/{playbook}", summary: "A playbook step by step",
		about:  "What a run would do, as far as that is known before it is started.",
		errors: []int{http.StatusNotFound},
	}), s.playbook)
	op := register(s, api, read(operation{
		id: "playbook-document", path: playbooksPath + "/{playbook}/document", summary: "A playbook's own bytes",
		about: "CACAO 2.0, as it was handed in.", errors: []int{http.StatusNotFound},
	}), s.playbookDocument)
	describeRaw(op, "application/json", "The playbook.", "Content-Type")
	register(s, api, write(operation{
		id: "start-run", path: playbooksPath + "/{playbook}/runs", status: http.StatusCreated, summary: "Start a run",
		about: "A run that belongs to an incident keeps to the incident's clocks.",
	}), s.startRun)
	register(s, api, read(operation{
		id: "runs", path: runsPath, summary: "Runs", about: "Newest first, each with what it waits for.", errors: []int{http.StatusNotFound},
	}), s.runs)
	register(s, api, read(operation{
		id: "run", path: runsPath + "/{run}", summary: "How a run stands",
		about: "Every step that was begun, how it ended and by whom, and what is to be done now.", errors: []int{http.StatusNotFound},
	}), s.run)
	register(s, api, write(operation{
		id: "act-in-run", path: runsPath + "/{run}/acts", summary: "End a step, approve it, or call the run off",
		about: "Refused with 409 when the step is not open, or wants an approval first. What follows by itself is done in the same transaction.",
	}), s.actInRun)
}

type playbooksInput struct{ Moment }

type playbooksOutput struct{ Body PlaybookPage }

// PlaybookPage is playbooks.
type PlaybookPage struct {
	Playbooks []node.PlaybookEntry `json:"playbooks" doc:"The playbooks, by name."`
}

func (s *Server) playbooks(ctx context.Context, in *playbooksInput) (*playbooksOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	found, err := s.opts.Node.Playbooks(ctx, ask)
	if err != nil {
		return nil, err
	}
	return &playbooksOutput{PlaybookPage{orEmpty(found)}}, nil
}

type playbookInput struct {
	Playbook string `path:"playbook" maxLength:"250" example:"federal-incident-response" doc:"Its id, or its name in lower case with hyphens."`
	Version  string `query:"version" maxLength:"40" example:"2026-11-27T00:00:00.000Z" doc:"When it was modified; the newest when absent."`
	Moment
}

type playbookOutput struct{ Body *node.DryRun }

func (s *Server) playbook(ctx context.Context, in *playbookInput) (*playbookOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	dry, err := s.opts.Node.DryRun(ctx, ask, in.Playbook, in.Version, nil)
	if err != nil {
		return nil, err
	}
	return &playbookOutput{dry}, nil
}

type playbookDocumentOutput struct {
	ContentType string `header:"Content-Type" doc:"JSON."`
	Body        []byte
}

func (s *Server) playbookDocument(ctx context.Context, in *playbookInput) (*playbookDocumentOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	doc, err := s.opts.Node.Playbook(ctx, ask, in.Playbook, in.Version)
	if err != nil {
		return nil, err
	}
	return &playbookDocumentOutput{"application/json", doc.Bytes}, nil
}

// RunRequest is a run that is to be started.
type RunRequest struct {
	Version      string            `json:"version,omitempty" maxLength:"40" doc:"When the playbook was modified; the newest when absent."`
	Incident     string            `json:"incident,omitempty" maxLength:"60" doc:"The incident that it belongs to."`
	Organisation string            `json:"organisation,omitempty" maxLength:"64" example:"treasury" doc:"Whose run it is; the incident's, or yours, when absent."`
	With         []string          `json:"with,omitempty" maxItems:"100" doc:"Organisations that see it and act in it too."`
	Values       map[string]string `json:"values,omitempty" doc:"Variables of the playbook, by name."`
	By           string            `json:"by,omitempty" maxLength:"200" doc:"The person who starts it, where that is not you."`
	Note         string            `json:"note,omitempty" maxLength:"2000" doc:"Why."`
}

type startRunInput struct {
	Playbook string `path:"playbook" maxLength:"250" example:"federal-incident-response" doc:"Its id, or its name in lower case with hyphens."`
	Body     RunRequest
}

type runStateOutput struct{ Body *node.RunState }

func (s *Server) startRun(ctx context.Context, in *startRunInput) (*runStateOutput, error) {
	b := in.Body
	r, err := s.opts.Node.StartRun(ctx, ReaderOf(ctx), node.NewRun{
		Playbook: in.Playbook, Version: b.Version, Incident: b.Incident, Owner: b.Organisation, With: b.With, Values: b.Values, By: b.By, Note: b.Note,
	})
	if err != nil {
		return nil, err
	}
	return &runStateOutput{r}, nil
}

type runsInput struct {
	Status   string `query:"status" enum:"running,done,failed,cancelled" doc:"That stand so."`
	Playbook string `query:"playbook" maxLength:"60" doc:"Of the playbook with this id."`
	Incident string `query:"incident" maxLength:"60" doc:"Of the incident with this id."`
	After    string `query:"after" maxLength:"60" doc:"The id of the run after which the page begins."`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many runs at most."`
	Moment
}

type runListOutput struct{ Body *node.RunList }

func (s *Server) runs(ctx context.Context, in *runsInput) (*runListOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	list, err := s.opts.Node.Runs(ctx, ask, node.RunFilter{Status: playbook.Status(in.Status), Playbook: in.Playbook, Incident: in.Incident, After: in.After, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return &runListOutput{list}, nil
}

type runInput struct {
	Run string `path:"run" maxLength:"60" example:"run--6f0c1d2e-3b4a-4c5d-8e9f-0a1b2c3d4e5f" doc:"The run's id."`
	Moment
}

func (s *Server) run(ctx context.Context, in *runInput) (*runStateOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	r, err := s.opts.Node.Run(ctx, ask, in.Run)
	if err != nil {
		return nil, err
	}
	return &runStateOutput{r}, nil
}

// ActRequest is what somebody does in a run.
type ActRequest struct {
	Verb   string            `json:"verb" enum:"done,failed,approve,cancel" doc:"What is done: a step was done, or failed; somebody approves it; the run is called off."`
	Step   string            `json:"step,omitempty" maxLength:"250" example:"17" doc:"The number of the task, or the id or name of its step. Not for cancel."`
	By     string            `json:"by,omitempty" maxLength:"200" doc:"The person who did it, where that is not you."`
	Note   string            `json:"note,omitempty" maxLength:"8000" doc:"What came of it. Needed for failed and cancel."`
	Values map[string]string `json:"values,omitempty" doc:"Variables that the step sets, by name."`
}

type actInput struct {
	Run  string `path:"run" maxLength:"60" example:"run--6f0c1d2e-3b4a-4c5d-8e9f-0a1b2c3d4e5f" doc:"The run's id."`
	Body ActRequest
}

func (s *Server) actInRun(ctx context.Context, in *actInput) (*runStateOutput, error) {
	b := in.Body
	r, err := s.opts.Node.ActInRun(ctx, ReaderOf(ctx), in.Run, node.RunAct{Verb: b.Verb, Step: b.Step, By: b.By, Note: b.Note, Values: b.Values})
	if err != nil {
		return nil, err
	}
	return &runStateOutput{r}, nil
}
