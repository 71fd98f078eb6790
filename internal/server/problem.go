package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"countersign.dev/internal/problem"
)

// Problem is the body of every error answer under /api/: a problem document
// after RFC 9457.
type Problem struct {
	Type      string         `json:"type" format:"uri-reference" example:"urn:countersign:problem:invalid" doc:"Which kind of problem it is. Stable; for programs."`
	Title     string         `json:"title" example:"Bad Request" doc:"The kind of problem in words."`
	Status    int            `json:"status" example:"400" doc:"The HTTP status."`
	Detail    string         `json:"detail,omitempty" example:"at: want a day written YYYY-MM-DD, as 2021-03-12" doc:"What went wrong this time."`
	RequestID string         `json:"request_id,omitempty" example:"f3k2q7zdw5mabx6yh4tn" doc:"The request's id, which the operator finds in the log."`
	Errors    []ProblemPlace `json:"errors,omitempty" doc:"Each thing that is wrong, with its place."`

	cause   error       // for the operator's log, never sent
	headers http.Header // to go with the answer, as Retry-After
}

// ProblemPlace is one thing that is wrong with a request.
type ProblemPlace struct {
	Location string `json:"location,omitempty" example:"query.at" doc:"Where: query.NAME, path.NAME, body.FIELD."`
	Message  string `json:"message" example:"want a day written YYYY-MM-DD, as 2021-03-12" doc:"What was expected there."`
}

const problemType = "application/problem+json"

// problemURN begins the types of our own kinds of problems.
const problemURN = "urn:countersign:problem:"

// kindOf gives each status we answer with its kind of problem. Other statuses
// mean no more than HTTP says, which is about:blank (RFC 9457 section 4.2.1).
var kindOf = map[int]problem.Kind{
	http.StatusBadRequest:            problem.Invalid,
	http.StatusUnauthorized:          problem.Unauthenticated,
	http.StatusForbidden:             problem.Denied,
	http.StatusNotFound:              problem.NotFound,
	http.StatusConflict:              problem.Conflict,
	http.StatusRequestEntityTooLarge: problem.TooLarge,
	http.StatusTooManyRequests:       problem.TooMany,
	http.StatusInternalServerError:   problem.Internal,
	http.StatusServiceUnavailable:    problem.Unavailable,
}

func newProblem(status int, detail string) *Problem {
	uri := "about:blank"
	if kind, ok := kindOf[status]; ok {
		uri = problemURN + string(kind)
	}
	return &Problem{Type: uri, Title: http.StatusText(status), Status: status, Detail: detail}
}

// invalid is the problem of one bad parameter; location is "query.at" or the
// like.
func invalid(location, message string) *Problem {
	_, name, found := strings.Cut(location, ".")
	if !found {
		name = location
	}
	p := newProblem(http.StatusBadRequest, name+": "+message)
	p.Errors = []ProblemPlace{{Location: location, Message: message}}
	return p
}

// Error implements error; with [Problem.GetStatus] it also makes a Problem
// what huma takes for an error with a status.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Detail
}

// Unwrap is the error behind the problem, for the log.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders is what huma sends along with the problem.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType tells huma the media type of the body.
func (p *Problem) ContentType(string) string { return problemType }

func (p *Problem) withHeader(name, value string) *Problem {
	if p.headers == nil {
		p.headers = make(http.Header, 1)
	}
	p.headers.Set(name, value)
	return p
}

// problemOf makes the problem document of an error that a handler returned, by
// its kind in package problem. It is the one place where this door does so.
func problemOf(ctx context.Context, err error) *Problem {
	var p *Problem
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		p = tooLarge(tooLong.Limit)
	} else if !errors.As(err, &p) {
		p = newProblem(problem.Status(err), "")
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			p.Detail = "this took longer than a request may take"
		case p.Status != http.StatusInternalServerError:
			p.Detail = problem.Message(err)
		}
		p.cause = err
	}
	if p.RequestID == "" {
		if c := callerOf(ctx); c != nil {
			p.RequestID = c.id
			if p.cause != nil {
				c.cause = p.cause
			}
		}
	}
	return p
}

// writeProblem answers with a problem document, outside of huma.
func writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	p = problemOf(r.Context(), p)
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		http.Error(w, p.Title, p.Status)
		return
	}
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(p.Status)
	w.Write(body.Bytes())
}

// problemOfModel turns an error that huma found while it read the request into
// ours. Whatever is not as the description says is bad input: 400 where huma
// says 422, and where it takes a body that breaks off for a fault of its own.
func (s *Server) problemOfModel(ctx context.Context, m *huma.ErrorModel) *Problem {
	var p *Problem
	switch m.Status {
	case http.StatusRequestEntityTooLarge:
		p = tooLarge(s.opts.Limits.Body)
	case http.StatusUnprocessableEntity:
		p = newProblem(http.StatusBadRequest, m.Detail)
	case http.StatusInternalServerError:
		p = newProblem(http.StatusBadRequest, "the body broke off, or is not framed as HTTP wants")
		return problemOf(ctx, p)
	default:
		p = newProblem(m.Status, m.Detail)
	}
	for _, d := range m.Errors {
		if d != nil {
			p.Errors = append(p.Errors, ProblemPlace{Location: d.Location, Message: plainer(d.Message)})
		}
	}
	if len(p.Errors) > 0 {
		p.Detail = sayPlaces(p.Errors)
	}
	return problemOf(ctx, p)
}

// sayPlaces tells all that is wrong in one line.
func sayPlaces(places []ProblemPlace) string {
	said := make([]string, len(places))
	for i, place := range places {
		_, name, _ := strings.Cut(place.Location, ".")
		said[i] = strings.TrimPrefix(cmp.Or(name, place.Location)+": "+place.Message, ": ")
	}
	return strings.Join(said, "; ")
}

const wantDay = "want a day written YYYY-MM-DD, as 2021-03-12"

// plainer says in our words what huma says in those of a schema.
func plainer(message string) string {
	switch message {
	case validation.MsgExpectedRFC3339Date:
		return wantDay
	case "invalid integer":
		return "want a whole number"
	case "invalid boolean":
		return "want true or false"
	}
	return message
}
