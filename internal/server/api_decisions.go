package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
)

// routeDecisions registers what has to do with recorded answers.
func (s *Server) routeDecisions(api huma.API) {
	op := register(s, api, operation{
		id: "decide", method: http.MethodPost, path: "/decisions", tag: tagDecisions,
		summary: "Answer, and record the answer",
		about:   "Answers as `GET /api/v1/check` does and appends the decision to the ledger. The answer names its digest; Location is where it can be read.",
		right:   toWrite, status: http.StatusCreated,
	}, s.decide)
	op.Responses["201"].Headers["Location"].Description = "Where the decision can be read."
	describeRaw(register(s, api, operation{
		id: "decision", method: http.MethodGet, path: "/decisions/{digest}", tag: tagDecisions,
		summary: "Read a recorded decision",
		about:   "The bytes of the decision as the ledger keeps them: their SHA-256 is its digest.",
		errors:  []int{http.StatusNotFound},
	}, s.decision), "application/json", "The decision.", "ETag", "Link")
	describeRaw(register(s, api, operation{
		id: "decision-bundle", method: http.MethodGet, path: "/decisions/{digest}/bundle", tag: tagDecisions,
		summary: "Export a decision with its proofs",
		about:   "The decision, its policy and its evidence, each with a proof, in one file that `countersign ledger verify --bundle` checks with nothing but the log's public key.",
		errors:  []int{http.StatusNotFound},
	}, s.decisionBundle), bundleType, "A bundle: JSON, and on a last line its digest.", "Content-Disposition")
	register(s, api, operation{
		id: "replay", method: http.MethodPost, path: "/decisions/{digest}/replay", tag: tagDecisions,
		summary: "Decide again from the same facts",
		about:   "Answers again at the decision's position, with its policy, and compares: `same`, `differs`, or `other_engine` when this program folds, matches or judges in another version. Only `differs` is a failure. Records nothing.",
		errors:  []int{http.StatusNotFound},
	}, s.replay)
}

const bundleType = "application/vnd.countersign.bundle"

// DecisionRequest is the body that asks for a decision.
type DecisionRequest struct {
	Subject  string `json:"subject" example:"Xiaomi Corporation" doc:"A name, or the id of a party or listing. At most 500 bytes."`
	Purpose  string `json:"purpose,omitempty" maxLength:"100" example:"invest" doc:"As in check."`
	At       string `json:"at,omitempty" format:"date" example:"2021-03-13" doc:"As in check."`
	Known    string `json:"known,omitempty" format:"date" example:"2021-02-01" doc:"As in check."`
	Position int64  `json:"position,omitempty" minimum:"1" doc:"As in check."`
}

type decideInput struct{ Body DecisionRequest }

type decideOutput struct {
	Location string `header:"Location"`
	Body     *decision.Answer
}

func (s *Server) decide(ctx context.Context, in *decideInput) (*decideOutput, error) {
	q := in.Body
	if err := checkText("body.subject", q.Subject); err != nil {
		return nil, err
	}
	ask, err := askOf(ctx, Moment{q.At, q.Known, q.Position})
	if err != nil {
		return nil, err
	}
	answer, err := s.opts.Node.Decide(ctx, ask, node.Question{Subject: q.Subject, Purpose: q.Purpose})
	if err != nil {
		return nil, err
	}
	out := &decideOutput{Body: answer}
	if answer.Decision != nil {
		out.Location = pathTo("decisions", *answer.Decision)
	}
	return out, nil
}

type digestInput struct {
	Digest string `path:"digest" example:"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"The decision's digest, with or without \"sha256:\"."`
}

func digestAsk(ctx context.Context, in *digestInput) (string, access.Ask, error) {
	digest, err := ledger.ParseDigest(in.Digest)
	if err != nil {
		return "", access.Ask{}, invalid("path.digest", "want sha256: and 64 hex digits")
	}
	ask, err := askOf(ctx, Moment{})
	return digest, ask, err
}

func (s *Server) decision(ctx context.Context, in *digestInput) (*raw, error) {
	digest, ask, err := digestAsk(ctx, in)
	if err != nil {
		return nil, err
	}
	body, entry, err := s.opts.Node.Decision(ctx, ask, digest)
	if err != nil {
		return nil, err
	}
	out := &raw{ContentType: "application/json", ETag: `"` + digest + `"`, Body: body}
	if entry != nil {
		out.Link = "<" + pathTo("documents", decimal(entry.Position)) + `>; rel="describedby"`
	}
	return out, nil
}

func (s *Server) decisionBundle(ctx context.Context, in *digestInput) (*raw, error) {
	digest, ask, err := digestAsk(ctx, in)
	if err != nil {
		return nil, err
	}
	body, err := s.opts.Node.Bundle(ctx, ask, digest)
	if err != nil {
		return nil, err
	}
	name := "decision-" + strings.TrimPrefix(digest, "sha256:")[:12] + ".bundle"
	return &raw{ContentType: bundleType, ContentDisposition: attachment(name), Body: body}, nil
}

type replayOutput struct{ Body *decision.Outcome }

func (s *Server) replay(ctx context.Context, in *digestInput) (*replayOutput, error) {
	digest, ask, err := digestAsk(ctx, in)
	if err != nil {
		return nil, err
	}
	outcome, err := s.opts.Node.Replay(ctx, ask, digest)
	if err != nil {
		return nil, err
	}
	return &replayOutput{outcome}, nil
}
