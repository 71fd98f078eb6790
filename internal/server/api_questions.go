package server

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/dossier"
	"countersign.dev/internal/node"
)

// routeQuestions registers what is answered without recording anything.
func (s *Server) routeQuestions(api huma.API) {
	describeAnswer(api.OpenAPI(), register(s, api, operation{
		id: "check", method: http.MethodGet, path: "/check", tag: tagQuestions,
		summary: "May we deal with this supplier, or run this release?",
		about: "Answers for one subject and one moment, with every reason and its evidence, and records nothing. " +
			"To record the answer as a decision, use `POST /api/v1/decisions`. " +
			"For a release, the Accept header chooses JSON, SARIF, JUnit, Markdown or CSV.",
	}, s.check))
	register(s, api, operation{
		id: "show", method: http.MethodGet, path: "/show", tag: tagQuestions,
		summary: "Everything held about a subject",
		about:   "The dossier that answers are made of: entries, names, identifiers, listings with their events and consequences, claims. It judges nothing.",
		errors:  []int{http.StatusNotFound},
	}, s.show)
	register(s, api, operation{
		id: "search", method: http.MethodGet, path: "/search", tag: tagQuestions,
		summary: "Find parties by name",
		about:   "The parties whose names are like the text, in any script, best first.",
	}, s.search)
	register(s, api, operation{
		id: "ledger-head", method: http.MethodGet, path: "/ledger", tag: tagLedger,
		summary: "Where the ledger is",
		about:   "The newest position, the newest signed checkpoint and the public key that verifies it. The log itself is under /log/ and needs no credentials.",
	}, s.ledgerHead)
}

type checkInput struct {
	Subject string `query:"subject" required:"true" example:"Xiaomi Corporation" doc:"A name, or the id of a party or listing; a release by its purl, CPE, name and version, or digest. At most 500 bytes."`
	Purpose string `query:"purpose" maxLength:"100" example:"invest" doc:"What for: procure, invest, export, operate, or another purpose that a policy is for. Every policy that fits the subject when absent."`
	Moment
	accepted
}

func (s *Server) check(ctx context.Context, in *checkInput) (*formedOutput, error) {
	if err := checkText("query.subject", in.Subject); err != nil {
		return nil, err
	}
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	answer, _, err := s.opts.Node.Check(ctx, ask, node.Question{Subject: in.Subject, Purpose: in.Purpose})
	if err != nil {
		return nil, err
	}
	return s.formed(answer, in.accepted, nil)
}

type showInput struct {
	Subject string `query:"subject" required:"true" example:"Xiaomi Corporation" doc:"A name, or the id of a party or listing. At most 500 bytes."`
	Moment
}

type dossierOutput struct{ Body *dossier.Dossier }

func (s *Server) show(ctx context.Context, in *showInput) (*dossierOutput, error) {
	if err := checkText("query.subject", in.Subject); err != nil {
		return nil, err
	}
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	d, err := s.opts.Node.Show(ctx, ask, in.Subject)
	if err != nil {
		return nil, err
	}
	return &dossierOutput{d}, nil
}

type searchInput struct {
	Query string `query:"q" required:"true" example:"小米" doc:"The name, or the beginning of one. At most 500 bytes."`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many at most."`
	Moment
}

type searchOutput struct{ Body Candidates }

// Candidates is the answer to a search.
type Candidates struct {
	Candidates []dossier.Candidate `json:"candidates" doc:"Parties that the text may mean, best first."`
}

func (s *Server) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	if err := checkText("query.q", in.Query); err != nil {
		return nil, err
	}
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	found, err := s.opts.Node.Search(ctx, ask, in.Query, in.Limit)
	if err != nil {
		return nil, err
	}
	return &searchOutput{Candidates{orEmpty(found)}}, nil
}

// orEmpty makes of no elements an empty JSON array instead of null.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

type ledgerOutput struct{ Body node.Head }

func (s *Server) ledgerHead(ctx context.Context, _ *struct{}) (*ledgerOutput, error) {
	head, err := s.opts.Node.Head(ctx)
	if err != nil {
		return nil, err
	}
	return &ledgerOutput{head}, nil
}

// pathTo joins path segments below the API's root, escaped.
func pathTo(segments ...string) string {
	var b strings.Builder
	b.WriteString(apiRoot)
	for _, segment := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(segment))
	}
	return b.String()
}
