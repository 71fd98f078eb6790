package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// maxScreened is how many names one request may ask for.
const maxScreened = 1000

// routeScreening registers the search for whom names may mean.
func (s *Server) routeScreening(api huma.API) {
	register(s, api, operation{
		id: "screen", method: http.MethodPost, path: "/screen", tag: tagQuestions,
		summary: "Whom may these names mean?",
		about: "Finds the entries of lists that each name may mean, in any script and spelling: one name, or up to 1,000 in `queries`. " +
			"`score` is the similarity of the names and nothing else, `evidence` the strength of everything else. " +
			"With `record` what was asked and found is kept in the ledger as one document. " +
			"For more names, send a CSV file to `POST /api/v1/screen/batch`.",
	}, s.screen)
}

// ScreenQuery is a name to be screened, with what else is known.
type ScreenQuery struct {
	ID         string `json:"id,omitempty" maxLength:"200" example:"c-17" doc:"Yours; it comes back with the result."`
	Name       string `json:"name,omitempty" maxLength:"2000" example:"Hua Wei" doc:"In any script."`
	Type       string `json:"type,omitempty" maxLength:"50" example:"company" doc:"What the name is of: person, company, vessel or aircraft."`
	Birth      string `json:"dob,omitempty" maxLength:"100" example:"1952-10-07" doc:"Birth date: YYYY, YYYY-MM or YYYY-MM-DD."`
	Country    string `json:"country,omitempty" maxLength:"500" example:"RU" doc:"A name or ISO 3166-1 code; several are joined by a semicolon."`
	Identifier string `json:"identifier,omitempty" maxLength:"500" example:"imo:9187629" doc:"A number with or without its scheme; several are joined by a semicolon. An equal one is a match by itself."`
}

// ScreenRequest is the body that asks for names to be screened.
type ScreenRequest struct {
	ScreenQuery
	Queries []ScreenQuery `json:"queries,omitempty" maxItems:"1000" doc:"Several names, in place of the one beside it."`
	Why     bool          `json:"why,omitempty" doc:"The whole account of each match."`
	Limit   int           `json:"limit,omitempty" minimum:"1" maximum:"500" doc:"Most matches of one name; 50 when absent."`
	Lists   []string      `json:"lists,omitempty" maxItems:"100" doc:"Only entries of these programmes."`
	Record  bool          `json:"record,omitempty" doc:"Keep what was asked and found in the ledger; needs a role that may write."`
}

type screenInput struct {
	Moment
	Body ScreenRequest
}

type screenOutput struct{ Body *node.ScreenedAll }

func (s *Server) screen(ctx context.Context, in *screenInput) (*screenOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	queries := in.Body.Queries
	if queries == nil {
		queries = []ScreenQuery{in.Body.ScreenQuery}
	} else if in.Body.ScreenQuery != (ScreenQuery{}) {
		return nil, invalid("body.queries", "stands beside a single name; send one or the other")
	}
	sought := make([]screening.Sought, len(queries))
	for i, q := range queries {
		place := "body"
		if in.Body.Queries != nil {
			place = fmt.Sprintf("body.queries[%d]", i)
		}
		if sought[i], err = q.sought(place); err != nil {
			return nil, err
		}
	}
	out, err := s.opts.Node.Screen(ctx, ask, sought, node.ScreenOptions{
		Why: in.Body.Why, Limit: in.Body.Limit, Lists: in.Body.Lists, Record: in.Body.Record,
	})
	if err != nil {
		return nil, err
	}
	if in.Body.Queries == nil && out.Results[0].Error != "" {
		return nil, invalid("body.name", out.Results[0].Error)
	}
	return &screenOutput{out}, nil
}

// sought is the query as it is screened; place is where it stands.
func (q *ScreenQuery) sought(place string) (screening.Sought, error) {
	out := screening.Sought{ID: q.ID, Name: q.Name, Birth: q.Birth, Country: q.Country, Identifier: q.Identifier}
	kind, ok := screening.KindNamed(q.Type)
	if !ok {
		return out, invalid(place+".type", "want person, company, vessel or aircraft")
	}
	out.Kind = kind
	if q.Name == "" && q.Identifier == "" {
		return out, invalid(place+".name", "must not be empty")
	}
	return out, nil
}

// ndjson is the media type of JSON values, each on a line.
const ndjson = "application/x-ndjson"

// screenBatch answers a CSV file of names with a line of JSON for each, as it
// is read: neither the file nor the answer is ever held whole. It is no
// operation of huma's, which knows no answer that is not complete.
func (s *Server) screenBatch(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "text/csv" {
		writeProblem(w, r, newProblem(http.StatusUnsupportedMediaType, "want a CSV file as text/csv"))
		return
	}
	query := r.URL.Query()
	ask, err := askOf(r.Context(), Moment{At: query.Get("at"), Known: query.Get("known")})
	if err == nil {
		err = unknownParameters(query, "at", "known", "why")
	}
	var run *node.Screening
	if err == nil {
		run, err = s.opts.Node.Screening(r.Context(), ask, node.ScreenOptions{Why: query.Get("why") == "true"})
	}
	var batch *screening.Batch
	if err == nil {
		batch, err = screening.ReadBatch("body", r.Body)
	}
	if err != nil {
		writeProblem(w, r, problemOf(r.Context(), err))
		return
	}
	// A client may send all of the file before it reads any of the answer.
	_ = http.NewResponseController(w).EnableFullDuplex()
	w.Header().Set("Content-Type", ndjson)
	if err := answerBatch(r.Context(), w, run, batch); err != nil {
		// What was sent looks whole up to here; the connection has to break.
		panic(http.ErrAbortHandler)
	}
}

// batchChunk is how many rows are read before they are answered.
const batchChunk = 512

func answerBatch(ctx context.Context, w http.ResponseWriter, run *node.Screening, batch *screening.Batch) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for {
		rows, end := batch.Next(batchChunk)
		for _, r := range run.Rows(ctx, rows) {
			if err := out.Encode(r); err != nil {
				return err
			}
		}
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		switch {
		case errors.Is(end, io.EOF):
			return ctx.Err()
		case end != nil && ctx.Err() == nil:
			// The rest cannot be read; a last line says so.
			return out.Encode(screening.Result{Matches: []screening.Match{}, Error: problem.Message(end)})
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// unknownParameters refuses parameters that a path outside the API's
// description does not have.
func unknownParameters(query map[string][]string, known ...string) error {
	for name := range query {
		found := false
		for _, k := range known {
			found = found || k == name
		}
		if !found {
			return invalid("query."+name, "there is no such parameter")
		}
	}
	return nil
}
