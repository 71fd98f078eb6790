package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/node"
)

// Labelling is how labels come about: makers apply, laboratories and assessors
// judge, the authority gives. Each answers Denied for whoever may not, and
// NotFound for whoever may not know of the label.
type Labelling interface {
	Apply(ctx context.Context, ask access.Ask, a *label.Application, opts node.ApplyOptions) (*node.LabelState, error)
	Assessment(ctx context.Context, ask access.Ask, id string) (*node.Assessed, error)
	Judge(ctx context.Context, ask access.Ask, id string, judgements []assessment.Judgement) (*node.Assessed, error)
	FinishAssessment(ctx context.Context, ask access.Ask, id string) (*node.Assessed, error)
	Issue(ctx context.Context, ask access.Ask, id string, opts node.IssueOptions) (*node.LabelState, error)
	Act(ctx context.Context, ask access.Ask, id string, act node.LabelAct) (*node.LabelState, error)
	Amend(ctx context.Context, ask access.Ask, id string, m node.Amendment) (*node.LabelState, error)
}

// routeLabelling registers what changes labels.
func (s *Server) routeLabelling(api huma.API) {
	write := func(o operation) operation {
		o.method, o.tag, o.right = http.MethodPost, tagLabels, toWrite
		o.errors = append(o.errors, http.StatusNotFound, http.StatusConflict)
		return o
	}
	op := register(s, api, write(operation{
		id: "apply-label", path: labelsPath, status: http.StatusCreated, summary: "Apply for a label",
		about: "The body is the application (`countersign: application/v1`), as JSON or YAML. It is kept as a draft, or handed in with `submit`. For makers.",
	}), s.applyLabel)
	application := &huma.Schema{Type: huma.TypeObject, Description: "An application for a label."}
	op.RequestBody = &huma.RequestBody{
		Required: true, Description: "The application.",
		Content: map[string]*huma.MediaType{"application/json": {Schema: application}, "application/yaml": {Schema: application}},
	}
	addErrors(api.OpenAPI(), op.Responses, http.StatusRequestEntityTooLarge)
	register(s, api, operation{
		id: "assessment", method: http.MethodGet, path: labelsPath + "/{id}/assessment", tag: tagLabels, summary: "How an application's controls stand",
		about: "Each control of the profile with its status and why. For those who have part in the application.", errors: []int{http.StatusNotFound},
	}, s.labelAssessment)
	register(s, api, write(operation{
		id: "judge-label", path: labelsPath + "/{id}/judgements", summary: "Judge controls of an application",
		about: "For the application's laboratory, and the authority's assessors. Evidence is named by the digests of documents that the ledger holds.",
	}), s.judgeLabel)
	register(s, api, write(operation{
		id: "finish-assessment", path: labelsPath + "/{id}/assessment", summary: "Close an assessment",
		about: "Refused while a required control is not met or unknown. For the authority's assessors.",
	}), s.finishAssessment)
	register(s, api, write(operation{
		id: "issue-label", path: labelsPath + "/{id}/issue", summary: "Give a label",
		about: "Signs its document and the core of its QR code, and makes it public. Refused while a party to it is barred. For the authority.",
	}), s.issueLabel)
	register(s, api, write(operation{
		id: "act-on-label", path: labelsPath + "/{id}/acts", summary: "Suspend a label, give it back, take it for good",
		about: "What a person decides about a label that was given. The reason is public.",
	}), s.actOnLabel)
	register(s, api, write(operation{
		id: "amend-label", path: labelsPath + "/{id}/amendments", summary: "Change what a label says",
		about: "The releases that it covers, or a later end of support. Document and code are signed anew. For the authority.",
	}), s.amendLabel)
}

type applyLabelInput struct {
	ID     string `query:"id" maxLength:"40" doc:"The draft that it changes; a new one when absent."`
	Submit bool   `query:"submit" doc:"Hand it in; else it is kept as a draft."`

	request *http.Request
}

// Resolve implements huma.Resolver: the application's own reader knows more of it
// than a schema says.
func (in *applyLabelInput) Resolve(ctx huma.Context) []error {
	in.request, _ = humago.Unwrap(ctx)
	return nil
}

type labelOutput struct{ Body LabelAnswer }

func (s *Server) applyLabel(ctx context.Context, in *applyLabelInput) (*labelOutput, error) {
	all, err := s.published()
	if err != nil {
		return nil, err
	}
	body, err := bytesOf(in.request.Body)
	if err != nil {
		return nil, err
	}
	a, err := label.ParseApplication(body)
	if err != nil {
		return nil, err
	}
	state, err := all.Apply(ctx, access.Ask{Reader: ReaderOf(ctx)}, a, node.ApplyOptions{ID: in.ID, Submit: in.Submit})
	if err != nil {
		return nil, err
	}
	return &labelOutput{answerOf(all, state)}, nil
}

// labelled is who writes about which label.
func (s *Server) labelled(ctx context.Context, id string) (Labels, access.Ask, error) {
	all, err := s.published()
	if err == nil {
		if _, e := core.ParseID(id); e != nil {
			err = invalid("path.id", "is not a label's number")
		}
	}
	return all, access.Ask{Reader: ReaderOf(ctx)}, err
}

type assessmentOutput struct{ Body LabelAssessment }

// LabelAssessment is how an application's controls stand.
type LabelAssessment struct {
	ID       string         `json:"id" doc:"The label's number."`
	Status   label.Status   `json:"status" doc:"How the application stands."`
	Profile  string         `json:"profile" doc:"What it is assessed against."`
	Digest   string         `json:"profile_digest" doc:"The digest of the profile."`
	Passes   bool           `json:"passes" doc:"Every required control is met or does not apply."`
	Controls label.Tally    `json:"controls" doc:"How the controls come out."`
	Failed   []string       `json:"failed" doc:"The required controls that keep it from passing."`
	Outcomes []LabelOutcome `json:"outcomes" doc:"Each control, in the order of its catalogue."`
	Missing  []string       `json:"missing" doc:"The digests of evidence that the ledger does not hold."`
}

// LabelOutcome is how a control stands.
type LabelOutcome struct {
	Control   string `json:"control" doc:"By catalogue and id, as nistir-8425/AI.1."`
	Title     string `json:"title" doc:"What it is called."`
	Required  bool   `json:"required" doc:"Else it is recommended, and decides nothing."`
	Status    string `json:"status" enum:"met,not_met,not_applicable,unknown" doc:"How it stands."`
	Method    string `json:"method" enum:"declared,automated,laboratory," doc:"By which it was found out."`
	Reason    string `json:"reason" doc:"Why."`
	Contested bool   `json:"contested" doc:"Somebody whose word counts says the opposite."`
}

func assessmentOf(a *node.Assessed) *assessmentOutput {
	r := a.Assessment
	out := LabelAssessment{
		ID: a.Label, Status: a.State.Status, Profile: r.Profile.ID, Digest: r.Profile.Digest, Passes: r.Passes,
		Controls: label.Tally{Met: r.Met, NotMet: r.NotMet, NotApplicable: r.NotApplicable, Unknown: r.Unknown},
		Failed:   orEmpty(r.Failed), Outcomes: make([]LabelOutcome, len(r.Outcomes)), Missing: orEmpty(a.Missing),
	}
	for i, o := range r.Outcomes {
		out.Outcomes[i] = LabelOutcome{o.Ref, o.Title, o.Required, string(o.Status), string(o.Method), o.Reason, o.Contested}
	}
	return &assessmentOutput{out}
}

func (s *Server) labelAssessment(ctx context.Context, in *labelInput) (*assessmentOutput, error) {
	all, ask, err := s.labelAsk(ctx, in)
	if err != nil {
		return nil, err
	}
	a, err := all.Assessment(ctx, ask, in.ID)
	if err != nil {
		return nil, err
	}
	return assessmentOf(a), nil
}

type judgeLabelInput struct {
	LabelID
	Body LabelJudgements
}

// LabelID is a label's number in a path.
type LabelID struct {
	ID string `path:"id" maxLength:"40" example:"7K3M9-2QXWF" doc:"The label's number, in any case, with or without the hyphen."`
}

// LabelJudgements is what somebody found of controls.
type LabelJudgements struct {
	Judgements []LabelJudgement `json:"judgements" minItems:"1" maxItems:"1000" doc:"One for each control."`
}

// LabelJudgement is what somebody found of a control.
type LabelJudgement struct {
	Control  string   `json:"control" maxLength:"200" doc:"By catalogue and id, as nistir-8425/AI.1."`
	Status   string   `json:"status" enum:"met,not_met,not_applicable,unknown" doc:"What was found."`
	Method   string   `json:"method,omitempty" enum:"declared,automated,laboratory" doc:"How; by the judge's office when absent."`
	Reason   string   `json:"reason,omitempty" maxLength:"2000" doc:"Why."`
	Evidence []string `json:"evidence,omitempty" maxItems:"100" doc:"The digests of documents that the ledger holds."`
}

func (s *Server) judgeLabel(ctx context.Context, in *judgeLabelInput) (*assessmentOutput, error) {
	all, ask, err := s.labelled(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	found := make([]assessment.Judgement, len(in.Body.Judgements))
	for i, j := range in.Body.Judgements {
		found[i] = assessment.Judgement{Control: j.Control, Status: assessment.Status(j.Status), Method: assessment.Method(j.Method), Reason: j.Reason}
		for _, digest := range j.Evidence {
			found[i].Evidence = append(found[i].Evidence, assessment.Evidence{Digest: digest})
		}
	}
	a, err := all.Judge(ctx, ask, in.ID, found)
	if err != nil {
		return nil, err
	}
	return assessmentOf(a), nil
}

func (s *Server) finishAssessment(ctx context.Context, in *LabelID) (*assessmentOutput, error) {
	all, ask, err := s.labelled(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	a, err := all.FinishAssessment(ctx, ask, in.ID)
	if err != nil {
		return nil, err
	}
	return assessmentOf(a), nil
}

type issueLabelInput struct {
	LabelID
	Body LabelIssue
}

// LabelIssue is what the authority decides when it gives a label.
type LabelIssue struct {
	ValidFrom  string `json:"valid_from,omitempty" format:"date" doc:"The first day on which it counts; today when absent."`
	ValidUntil string `json:"valid_until,omitempty" format:"date" doc:"The first day on which it no longer does; as the scheme has it when absent, and never later."`
	Reason     string `json:"reason,omitempty" maxLength:"2000" doc:"What the history says; that the label was given when absent."`
}

func (s *Server) issueLabel(ctx context.Context, in *issueLabelInput) (*labelOutput, error) {
	all, ask, err := s.labelled(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	state, err := all.Issue(ctx, ask, in.ID, node.IssueOptions{ValidFrom: access.Date(b.ValidFrom), ValidUntil: access.Date(b.ValidUntil), Reason: b.Reason})
	if err != nil {
		return nil, err
	}
	return &labelOutput{answerOf(all, state)}, nil
}

type actOnLabelInput struct {
	LabelID
	Body LabelAct
}

// LabelAct is what a person decides about a label that was given.
type LabelAct struct {
	Kind         string           `json:"kind" enum:"suspended,reinstated,cleared,test_failed,withdrawn,revoked,superseded" doc:"What happens to it."`
	Ground       string           `json:"ground,omitempty" maxLength:"200" doc:"Which ground is given back or cleared; may be absent where there is but one."`
	On           string           `json:"on,omitempty" format:"date" doc:"The day from which it counts; today when absent, and of a reinstatement the day from which it is offered."`
	Reason       string           `json:"reason" minLength:"1" maxLength:"2000" doc:"Why, in a sentence that everybody reads."`
	Cite         string           `json:"cite,omitempty" maxLength:"500" doc:"By which rule or order."`
	Evidence     []label.Evidence `json:"evidence,omitempty" maxItems:"100" doc:"The documents that it rests on."`
	SupersededBy string           `json:"superseded_by,omitempty" maxLength:"40" doc:"The label that takes its place."`
}

func (s *Server) actOnLabel(ctx context.Context, in *actOnLabelInput) (*labelOutput, error) {
	all, ask, err := s.labelled(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	state, err := all.Act(ctx, ask, in.ID, node.LabelAct{
		Kind: label.Kind(b.Kind), Ground: b.Ground, On: access.Date(b.On), Reason: b.Reason, Cite: b.Cite, Evidence: b.Evidence, By: b.SupersededBy,
	})
	if err != nil {
		return nil, err
	}
	return &labelOutput{answerOf(all, state)}, nil
}

type amendLabelInput struct {
	LabelID
	Body LabelAmendment
}

// LabelAmendment is what changes in what a label says.
type LabelAmendment struct {
	Releases   []label.Release `json:"releases,omitempty" maxItems:"100" doc:"What it covers from now on, in place of what it covered."`
	SupportEnd string          `json:"support_end,omitempty" format:"date" doc:"The first day without support; later than before."`
	Reason     string          `json:"reason" minLength:"1" maxLength:"2000" doc:"Why, in a sentence that everybody reads."`
}

func (s *Server) amendLabel(ctx context.Context, in *amendLabelInput) (*labelOutput, error) {
	all, ask, err := s.labelled(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	state, err := all.Amend(ctx, ask, in.ID, node.Amendment{Releases: in.Body.Releases, SupportEnd: access.Date(in.Body.SupportEnd), Reason: in.Body.Reason})
	if err != nil {
		return nil, err
	}
	return &labelOutput{answerOf(all, state)}, nil
}
