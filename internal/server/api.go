package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/internal/access"
)

const apiRoot = "/api/v1"

// routeAPI registers every operation of the API, and writes its description.
func (s *Server) routeAPI(mux *http.ServeMux) error {
	api := huma.NewAPI(s.apiConfig(), &adapter{mux: mux})
	s.routeQuestions(api)
	s.routeScreening(api)
	s.routeDecisions(api)
	s.routeDocuments(api)
	s.routeLists(api)
	s.routeWatchLists(api)
	s.routeNotices(api)
	s.routeBulletins(api)
	s.routeJoins(api)
	s.routeHoldings(api)
	s.routeSoftware(api)
	s.routeAttestations(api)
	s.routePlaybooks(api)
	s.routeIncidents(api)
	s.routePosture(api)
	s.routeSharing(api)
	s.routeLabels(api)
	s.routeLabelling(api)
	s.routeAccounts(api)
	return s.describe(api.OpenAPI())
}

func (s *Server) apiConfig() huma.Config {
	return huma.Config{
		OpenAPI:       s.newDescription(),
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}, // "json" is also for +json
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{s.ourErrors},
	}
}

// ourErrors puts our problem documents in the place of huma's own errors, with
// the status that ours have.
func (s *Server) ourErrors(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := s.problemOfModel(ctx.Context(), m)
	if c, ok := ctx.(*requestContext); ok {
		c.status = p.Status
	}
	return p, nil
}

var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	},
	// Bodies are read strictly by huma's validation, which knows the schema.
	Unmarshal: json.Unmarshal,
}

// adapter puts huma's operations on a ServeMux.
type adapter struct{ mux *http.ServeMux }

// Handle implements huma.Adapter.
func (a *adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	answer := func(w http.ResponseWriter, r *http.Request) {
		if p := checkQuery(op, r.URL.RawQuery); p != nil {
			writeProblem(w, r, p)
			return
		}
		handler(&requestContext{humaContext: humago.NewContext(op, r, w)})
	}
	if op.Metadata[openKey] == true {
		answer = toEverybody(answer)
	}
	a.mux.HandleFunc(op.Method+" "+op.Path, answer)
}

// ServeHTTP implements huma.Adapter.
func (a *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// requestContext is huma's view of a request, with our status for its errors.
type requestContext struct {
	humaContext
	status int // to answer with, whatever huma says; 0 for what huma says
}

// humaContext is a name to embed huma.Context by, which has a method Context.
type humaContext = huma.Context

// Unwrap lets humago find the request.
func (c *requestContext) Unwrap() huma.Context { return c.humaContext }

// SetStatus implements huma.Context.
func (c *requestContext) SetStatus(status int) { c.humaContext.SetStatus(cmp.Or(c.status, status)) }

// checkQuery refuses queries that cannot be read, and parameters that the
// operation does not have or that are given twice. A misspelt "knwon" that is
// passed over would give an answer to another question than was asked.
func checkQuery(op *huma.Operation, raw string) *Problem {
	if raw == "" {
		return nil
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return newProblem(http.StatusBadRequest, "the query string cannot be read: "+err.Error())
	}
	var wrong []ProblemPlace
	for name, values := range query {
		switch {
		case !hasQueryParameter(op, name):
			wrong = append(wrong, ProblemPlace{"query." + name, "there is no such parameter; there are " + queryParameters(op)})
		case len(values) > 1:
			wrong = append(wrong, ProblemPlace{"query." + name, "given more than once"})
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.SortFunc(wrong, func(a, b ProblemPlace) int { return strings.Compare(a.Location, b.Location) })
	p := newProblem(http.StatusBadRequest, "")
	p.Errors = wrong
	p.Detail = sayPlaces(wrong)
	return p
}

func hasQueryParameter(op *huma.Operation, name string) bool {
	return slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
}

func queryParameters(op *huma.Operation) string {
	var names []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return "none here"
	}
	return strings.Join(names, ", ")
}

// right is what a member must be allowed to do for an operation.
type right int

const (
	toRead right = iota
	toWrite
	toManage // members: whoever is let in without credentials is none
)

// operation is what registering one needs to know beyond its types.
type operation struct {
	id      string
	method  string
	path    string // below apiRoot
	tag     string
	summary string
	about   string
	right   right
	open    bool // to everybody, without credentials
	status  int  // of success; 200 when 0
	errors  []int
}

// openKey marks open operations in huma's metadata.
const openKey = "open"

// register adds an operation. Its errors become problem documents, and who
// lacks its right is refused before anything of the request is looked at.
func register[I, O any](s *Server, api huma.API, o operation, handler func(context.Context, *I) (*O, error)) *huma.Operation {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	op := &huma.Operation{
		OperationID: o.id, Method: o.method, Path: apiRoot + o.path,
		Tags: []string{o.tag}, Summary: o.summary, Description: o.about,
		DefaultStatus: o.status, MaxBodyBytes: s.opts.Limits.Body, BodyReadTimeout: s.opts.Limits.Time,
		Responses: errorResponses(api.OpenAPI(), o), Metadata: map[string]any{openKey: o.open},
	}
	if o.open {
		op.Security = []map[string][]string{{}, {"token": {}}}
	}
	op.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		if p := s.lacks(callerOf(ctx.Context()), o.right); p != nil {
			r, w := humago.Unwrap(ctx)
			writeProblem(w, r, p)
			return
		}
		next(ctx)
	}}
	huma.Register(api, *op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, problemOf(ctx, err) // huma would answer any other error with all that it says
		}
		return out, nil
	})
	registered := operationAt(api.OpenAPI(), op.Method, op.Path)
	for _, h := range registered.Responses[strconv.Itoa(o.status)].Headers {
		h.Description = h.Schema.Description
	}
	if registered.RequestBody != nil {
		addErrors(api.OpenAPI(), registered.Responses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return registered
}

func (s *Server) lacks(c *caller, r right) *Problem {
	switch {
	case r == toWrite && !c.reader.MayWrite():
		return newProblem(http.StatusForbidden, "this needs a role that may write; yours may only read")
	case r == toManage && s.opts.Accounts == nil:
		return newProblem(http.StatusNotFound, "this node has no members")
	case r == toManage && c.by != byToken && c.by != bySession:
		return newProblem(http.StatusForbidden, "this is for members who have signed in, and their tokens")
	}
	return nil
}

// Moment is when a question is about; all three have defaults.
type Moment struct {
	At       string `query:"at" format:"date" example:"2021-03-13" doc:"The day the question is about: what was in force then. May lie ahead. Today when absent."`
	Known    string `query:"known" format:"date" example:"2021-02-01" doc:"Use only what had been published by this day. Today when absent."`
	Position int64  `query:"position" minimum:"1" example:"4711" doc:"Use only what this node's ledger held at this position. The newest when absent."`
}

// askOf makes the question's Ask of what the request says; the node fills in the
// rest.
func askOf(ctx context.Context, m Moment) (access.Ask, error) {
	at := access.At{Position: m.Position}
	var err error
	if m.At != "" {
		if at.Date, err = access.ParseDate(m.At); err != nil {
			return access.Ask{}, invalid("query.at", wantDay)
		}
	}
	if m.Known != "" {
		if at.Known, err = access.ParseDate(m.Known); err != nil {
			return access.Ask{}, invalid("query.known", wantDay)
		}
	}
	return access.Ask{Reader: ReaderOf(ctx), At: at}, nil
}

// MaxSubject is the length in bytes of the longest subject, name or query that
// is looked at.
const MaxSubject = 500

func checkText(location, text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return invalid(location, "must not be empty")
	case len(text) > MaxSubject:
		return invalid(location, fmt.Sprintf("is %d bytes long; at most %d are taken", len(text), MaxSubject))
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }):
		return invalid(location, "has control characters, or is not UTF-8")
	}
	return nil
}

// raw is an answer whose bytes are given as they are.
type raw struct {
	ContentType        string `header:"Content-Type" doc:"The media type of the bytes."`
	ContentDisposition string `header:"Content-Disposition" doc:"The name to save them under, where they are for saving."`
	ContentPolicy      string `header:"Content-Security-Policy" doc:"Keeps a browser from showing what is for saving."`
	ETag               string `header:"ETag" doc:"The document's digest, where the bytes are those of one."`
	Link               string `header:"Link" doc:"Where the document is described, where the bytes are those of one."`
	Body               []byte
}

// bytesOf reads all of a body, with our error for one that is too long.
func bytesOf(r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			return nil, err
		}
		return nil, newProblem(http.StatusBadRequest, "the body broke off")
	}
	return b.Bytes(), nil
}
