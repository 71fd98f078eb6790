package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/posture"
)

// Posture is what is owed for what runs.
type Posture interface {
	// PostureDue is by when what scanners found is to be fixed, as of a day.
	PostureDue(ctx context.Context, ask node.PostureAsk) (*node.PostureDue, error)
	// Exploited is the catalogue of weaknesses known to be exploited as it stood on a
	// day, with what it says now.
	Exploited(ctx context.Context, ask access.Ask, changed bool) (*node.ExploitedList, error)
	// PosturePlan is what is still to be fixed, as an OSCAL plan of action and
	// milestones; NotFound where nothing is.
	PosturePlan(ctx context.Context, ask node.PostureAsk) ([]byte, error)
}

// routePosture registers what is due.
func (s *Server) routePosture(api huma.API) {
	register(s, api, operation{
		id: "posture-due", method: http.MethodGet, path: "/posture/due", tag: tagPosture,
		summary: "By when what was found is to be fixed",
		about: "Each weakness that a scanner found on an asset, with the day by which it is to be fixed, the directive and the row of its table that say so, what is not known, " +
			"and the documents that it rests on. Of a past day: what was owed then.",
	}, s.postureDue)
	register(s, api, operation{
		id: "posture-exploited", method: http.MethodGet, path: "/posture/exploited", tag: tagPosture,
		summary: "The catalogue of exploited weaknesses, then and now",
		about:   "What stood in it on a day, with the days by which it wanted fixing then and wants it now: it is rewritten without telling.",
	}, s.exploited)
	describeRaw(register(s, api, operation{
		id: "posture-plan", method: http.MethodGet, path: "/posture/poam", tag: tagPosture,
		summary: "What is still to be fixed, as a plan of action and milestones",
		about:   "OSCAL 1.1.3 in JSON: each item with what was observed, the asset, the risk and its deadline.",
		errors:  []int{http.StatusNotFound},
	}, s.posturePlan), "application/json", "The plan.", "Content-Type")
}

type postureDueInput struct {
	Organisation string   `query:"organisation" maxLength:"200" doc:"Only what this organisation has."`
	State        []string `query:"state" enum:"open,overdue,closed-on-time,closed-late,deferred,out-of-scope,no-clock,undetermined" doc:"Only what stands so; several with commas."`
	Offset       int      `query:"offset" minimum:"0" doc:"How many findings to pass over."`
	Limit        int      `query:"limit" minimum:"1" maximum:"10000" default:"1000" doc:"How many findings at most."`
	Moment
}

type postureDueOutput struct{ Body *node.PostureDue }

func (s *Server) postureDue(ctx context.Context, in *postureDueInput) (*postureDueOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	q := node.PostureAsk{Ask: ask, Organisation: in.Organisation, Offset: in.Offset, Limit: in.Limit}
	for _, state := range in.State {
		q.States = append(q.States, posture.State(state))
	}
	due, err := s.opts.Node.PostureDue(ctx, q)
	if err != nil {
		return nil, err
	}
	return &postureDueOutput{due}, nil
}

type exploitedInput struct {
	Changed bool `query:"changed" doc:"Only those of which something else is said now."`
	Moment
}

type exploitedOutput struct{ Body *node.ExploitedList }

func (s *Server) exploited(ctx context.Context, in *exploitedInput) (*exploitedOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	list, err := s.opts.Node.Exploited(ctx, ask, in.Changed)
	if err != nil {
		return nil, err
	}
	return &exploitedOutput{list}, nil
}

type posturePlanInput struct {
	Organisation string `query:"organisation" maxLength:"200" doc:"Only what this organisation has."`
	Moment
}

func (s *Server) posturePlan(ctx context.Context, in *posturePlanInput) (*raw, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	plan, err := s.opts.Node.PosturePlan(ctx, node.PostureAsk{Ask: ask, Organisation: in.Organisation})
	if err != nil {
		return nil, err
	}
	return &raw{ContentType: "application/json", Body: plan}, nil
}
