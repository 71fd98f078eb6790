package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
)

// Joins are decisions whether entries are one party.
type Joins interface {
	// Join makes a decision. On return it is durable.
	Join(ctx context.Context, by access.Reader, j node.Joining) (*node.JoinDecision, error)
	// Joins is what was decided about the entries of a subject.
	Joins(ctx context.Context, ask access.Ask, subject string) ([]node.JoinDecision, error)
	// NearTo is who is near a subject and undecided.
	NearTo(ctx context.Context, ask access.Ask, subject string) (*node.Near, error)
}

// routeJoins registers decisions about who is one party.
func (s *Server) routeJoins(api huma.API) {
	register(s, api, operation{
		id: "join", method: http.MethodPost, path: "/joins", tag: tagDecisions,
		summary: "Decide whether two entries are one party",
		about: "`same` joins them, also when they are of one list; `apart` keeps them apart, whatever they have in common; `open` takes back what was decided. " +
			"The later decision on a pair counts. It is for your organisations unless `audience` says otherwise; one for everybody takes an administrator.",
		right: toWrite, status: http.StatusCreated, errors: []int{http.StatusNotFound},
	}, s.join)
	register(s, api, operation{
		id: "joins", method: http.MethodGet, path: "/joins", tag: tagDecisions,
		summary: "What was decided about a subject and others",
		about:   "Every decision on a pair of which one is an entry of the subject, the latest of each pair first.",
		errors:  []int{http.StatusNotFound},
	}, s.joins)
	register(s, api, operation{
		id: "join-candidates", method: http.MethodGet, path: "/joins/candidates", tag: tagDecisions,
		summary: "Who may be the same as a subject",
		about:   "The parties that share a name or number with the subject, were not taken to be it, and about which nothing was decided.",
		errors:  []int{http.StatusNotFound},
	}, s.joinCandidates)
}

// JoinRequest is the body that decides about two entries.
type JoinRequest struct {
	A        string        `json:"a" maxLength:"500" example:"us-dod-1237:xiaomi-corporation" doc:"The id of a listing or party, or a name that means one party."`
	B        string        `json:"b" maxLength:"500" doc:"The other one."`
	Verdict  party.Verdict `json:"verdict" enum:"same,apart,open" doc:"What is decided."`
	Reason   string        `json:"reason" maxLength:"2000" doc:"Why, for whoever relies on it."`
	Audience string        `json:"audience,omitempty" maxLength:"1000" example:"org:acme" doc:"Whose decision it is. Your organisations when absent."`
}

type joinInput struct{ Body JoinRequest }

type joinOutput struct{ Body *node.JoinDecision }

func (s *Server) join(ctx context.Context, in *joinInput) (*joinOutput, error) {
	q := in.Body
	for place, text := range map[string]string{"body.a": q.A, "body.b": q.B} {
		if err := checkText(place, text); err != nil {
			return nil, err
		}
	}
	j := node.Joining{A: q.A, B: q.B, Verdict: q.Verdict, Reason: q.Reason}
	if q.Audience != "" {
		audience, err := access.ParseAudience(q.Audience)
		if err != nil {
			return nil, invalid("body.audience", err.Error())
		}
		j.Audience = &audience
	}
	d, err := s.opts.Node.Join(ctx, ReaderOf(ctx), j)
	if err != nil {
		return nil, err
	}
	return &joinOutput{d}, nil
}

type joinsOutput struct{ Body JoinList }

// JoinList is what was decided about a subject.
type JoinList struct {
	Joins []node.JoinDecision `json:"joins" doc:"The decisions."`
}

func (s *Server) joins(ctx context.Context, in *showInput) (*joinsOutput, error) {
	ask, err := s.subjectAsk(ctx, in)
	if err != nil {
		return nil, err
	}
	all, err := s.opts.Node.Joins(ctx, ask, in.Subject)
	if err != nil {
		return nil, err
	}
	return &joinsOutput{JoinList{orEmpty(all)}}, nil
}

func (s *Server) subjectAsk(ctx context.Context, in *showInput) (access.Ask, error) {
	if err := checkText("query.subject", in.Subject); err != nil {
		return access.Ask{}, err
	}
	return askOf(ctx, in.Moment)
}

type nearOutput struct{ Body *node.Near }

func (s *Server) joinCandidates(ctx context.Context, in *showInput) (*nearOutput, error) {
	ask, err := s.subjectAsk(ctx, in)
	if err != nil {
		return nil, err
	}
	near, err := s.opts.Node.NearTo(ctx, ask, in.Subject)
	if err != nil {
		return nil, err
	}
	return &nearOutput{near}, nil
}
