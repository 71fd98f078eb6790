package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/internal/access"
	"countersign.dev/internal/holdings"
)

// Holdings are tables of securities.
type Holdings interface {
	// Holdings answers a table of securities, and with record keeps the answer,
	// whose digest it returns.
	Holdings(ctx context.Context, ask access.Ask, rows []holdings.Row, record bool) (*holdings.Answer, string, error)
}

// routeHoldings registers the answer to tables of securities.
func (s *Server) routeHoldings(api huma.API) {
	takesCSV(api, register(s, api, operation{
		id: "holdings", method: http.MethodPost, path: "/holdings", tag: tagQuestions,
		summary: "Which securities may be bought or held, and what has to be sold by when?",
		about: "The body is a CSV file with commas, semicolons or tabs, with at least one of the columns isin, ticker and name. " +
			"A row is found by its ISIN, else its ticker, else its name; a name that is only like a listed one is for review.",
	}, s.holdings), "The securities.")
}

type holdingsInput struct {
	Moment
	Record bool `query:"record" doc:"Keep the answer in the ledger; needs a role that may write."`

	request *http.Request
}

// Resolve implements huma.Resolver.
func (in *holdingsInput) Resolve(ctx huma.Context) []error {
	in.request, _ = humago.Unwrap(ctx)
	return nil
}

type holdingsOutput struct{ Body HoldingsAnswer }

// HoldingsAnswer is the answer to a table of securities.
type HoldingsAnswer struct {
	holdings.Answer
	Recorded *string `json:"recorded" doc:"Digest of the document that keeps it; null when none does."`
}

func (s *Server) holdings(ctx context.Context, in *holdingsInput) (*holdingsOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	b, err := s.csvBody(ctx, in.request)
	if err != nil {
		return nil, err
	}
	rows, err := holdings.Read("body", b)
	if err != nil {
		return nil, err
	}
	answer, digest, err := s.opts.Node.Holdings(ctx, ask, rows, in.Record)
	if err != nil {
		return nil, err
	}
	out := &holdingsOutput{HoldingsAnswer{Answer: *answer}}
	if digest != "" {
		out.Body.Recorded = &digest
	}
	return out, nil
}
