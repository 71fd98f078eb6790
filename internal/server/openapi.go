package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/watchlist"
)

// Tags group the operations of the API.
const (
	tagQuestions = "questions"
	tagDecisions = "decisions"
	tagDocuments = "documents"
	tagLists     = "lists"
	tagWatches   = "watches"
	tagSoftware  = "software"
	tagLabels    = "labels"
	tagPlaybooks = "playbooks"
	tagIncidents = "incidents"
	tagPosture   = "posture"
	tagSharing   = "sharing"
	tagLedger    = "ledger"
	tagAccounts  = "accounts"
)

// newDescription is the part of the API's description (OpenAPI 3.1) that is
// not made from operations and types.
func (s *Server) newDescription() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "countersign",
			Description: "May we buy from them, or invest in them, on any date, and how do we know? " +
				"Answers come with every reason and its evidence, and each piece of evidence with a proof.\n\n" +
				"Questions are asked as of a day (`at`), on what had been published by a day (`known`), as held at a position of the ledger (`position`). " +
				"Bad input is answered 400 with every place that is wrong; unknown parameters are bad input. All errors are problem documents (RFC 9457). " +
				"Every answer has an X-Request-Id by which the operator finds it in the log; a request may bring its own.",
			License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			Version: s.opts.Version,
		},
		Servers: []*huma.Server{{URL: "/"}},
		Tags: []*huma.Tag{
			{Name: tagQuestions, Description: "Answers that record nothing."},
			{Name: tagDecisions, Description: "Answers that are recorded, and can be exported and repeated."},
			{Name: tagDocuments, Description: "What answers are made from."},
			{Name: tagWatches, Description: "What is told when something changes: names that are screened again, and answers that are other ones."},
			{Name: tagSoftware, Description: "Releases: who contains what, what is said of weaknesses, bills of materials."},
			{Name: tagLabels, Description: "The public registry of security labels: how they stand, what happened to them, and proof of it. Reading needs no credentials."},
			{Name: tagPlaybooks, Description: "Playbooks of response, and their runs."},
			{Name: tagIncidents, Description: "Incidents: what happened, who was told, and what is owed to whom by when."},
			{Name: tagPosture, Description: "What is owed for what runs, under which directive, by when."},
			{Name: tagSharing, Description: "What organisations tell each other as STIX objects. TAXII clients have a door of their own, at /taxii2/."},
			{Name: tagLists, Description: "Programmes, and the sources and editions of their lists."},
			{Name: tagLedger, Description: "The log that keeps it all."},
			{Name: tagAccounts, Description: "Organisations, their members and their tokens. For administrators."},
		},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"token":   {Type: "http", Scheme: "bearer", BearerFormat: "cst_…", Description: "An API token of a member."},
				"key":     {Type: "apiKey", In: "header", Name: "X-Api-Key", Description: "The same token, as clients of Dependency-Track send it."},
				"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "The session of a member who signed in on the console. Over a connection without TLS the cookie is named " + plainSessionCookie + "."},
			},
		},
		Security: []map[string][]string{{"token": {}}, {"key": {}}, {"session": {}}},
	}
}

// schemaName names a type in the description. Types of other rooms keep the
// room before their name, since several have a Listing or an Event.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	name := t.Name()
	if name == "" {
		name = hint
	}
	if base, arg, generic := strings.Cut(strings.TrimSuffix(name, "]"), "["); generic {
		name = base + "." + lastWord(arg)
	}
	if room := lastWord(t.PkgPath()); room != "" && room != "server" {
		name = room + "." + name
	}
	return name
}

// lastWord is what follows the last slash or dot.
func lastWord(path string) string {
	return path[strings.LastIndexAny(path, "/.")+1:]
}

// errorResponses describes the errors of an operation: its own, and those that
// the door gives to any.
func errorResponses(api *huma.OpenAPI, o operation) map[string]*huma.Response {
	out := map[string]*huma.Response{}
	add := func(statuses ...int) { addErrors(api, out, statuses...) }
	add(o.errors...)
	if o.method != http.MethodGet {
		add(http.StatusForbidden)
	}
	add(http.StatusBadRequest, http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable)
	return out
}

func addErrors(api *huma.OpenAPI, responses map[string]*huma.Response, statuses ...int) {
	schema := api.Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for _, status := range statuses {
		r := &huma.Response{
			Description: meaningOf[status],
			Content:     map[string]*huma.MediaType{problemType: {Schema: schema, Example: exampleProblem(status)}},
		}
		if name, about, ok := errorHeader(status); ok {
			r.Headers = map[string]*huma.Param{name: {Description: about, Schema: &huma.Schema{Type: huma.TypeString}}}
		}
		responses[strconv.Itoa(status)] = r
	}
}

var meaningOf = map[int]string{
	http.StatusBadRequest:            "The input is not as described here; `errors` names each place.",
	http.StatusUnauthorized:          "No credentials, or none that are good.",
	http.StatusForbidden:             "Your role does not allow this, or a page of another site sent the request.",
	http.StatusNotFound:              "There is no such thing, or you may not see it.",
	http.StatusConflict:              "The state of the ledger does not allow this; `detail` says why.",
	http.StatusRequestEntityTooLarge: "The body is too long.",
	http.StatusUnsupportedMediaType:  "The body is not of a media type that is taken here.",
	http.StatusTooManyRequests:       "Too many requests of yours; try again after the time in Retry-After.",
	http.StatusInternalServerError:   "A fault of ours. Tell the operator the request's id.",
	http.StatusServiceUnavailable:    "The store does not answer, or not in time; try again later.",
}

func errorHeader(status int) (name, about string, ok bool) {
	switch status {
	case http.StatusUnauthorized:
		return "WWW-Authenticate", "The scheme that gets a program in.", true
	case http.StatusTooManyRequests:
		return "Retry-After", "Seconds to wait.", true
	}
	return "", "", false
}

func exampleProblem(status int) *Problem {
	p := newProblem(status, map[int]string{
		http.StatusBadRequest:   "at: " + wantDay,
		http.StatusUnauthorized: "the token is unknown, revoked or expired",
		http.StatusNotFound:     "no document at position 4711",
	}[status])
	if status == http.StatusBadRequest {
		p.Errors = []ProblemPlace{{"query.at", wantDay}}
	}
	p.RequestID = "f3k2q7zdw5mabx6yh4tn"
	return p
}

// describeRaw describes the answer of an operation that sends bytes as they
// are, with the headers that it has of those of [raw].
func describeRaw(op *huma.Operation, mediaType, about string, headers ...string) {
	r := op.Responses[strconv.Itoa(op.DefaultStatus)]
	r.Description = about
	mediaType, _, _ = strings.Cut(mediaType, ";")
	schema := &huma.Schema{Type: huma.TypeString, Description: about}
	if strings.HasSuffix(mediaType, "json") {
		schema.Type = huma.TypeObject
	}
	r.Content = map[string]*huma.MediaType{mediaType: {Schema: schema}}
	for name, h := range r.Headers {
		if !slices.Contains(headers, name) {
			delete(r.Headers, name)
			continue
		}
		h.Description = h.Schema.Description
	}
}

// operationAt is the registered operation, which can still be described better.
func operationAt(api *huma.OpenAPI, method, path string) *huma.Operation {
	item := api.Paths[path]
	switch method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodDelete:
		return item.Delete
	}
	return nil
}

// describe finishes the description and keeps it as the bytes to serve.
func (s *Server) describe(api *huma.OpenAPI) error {
	// Huma registers its own error model, which nobody is ever sent.
	schemas := api.Components.Schemas.Map()
	delete(schemas, schemaName(reflect.TypeFor[huma.ErrorModel](), ""))
	delete(schemas, schemaName(reflect.TypeFor[huma.ErrorDetail](), ""))
	words, err := readWords()
	if err != nil {
		return err
	}
	for name, schema := range schemas {
		words.describe(name, schema)
	}
	for _, null := range []struct {
		of    reflect.Type
		field string
	}{
		{reflect.TypeFor[decision.Answer](), "policy"}, {reflect.TypeFor[watchlist.List](), "last_run"},
		{reflect.TypeFor[watchlist.Recorded](), "from"}, {reflect.TypeFor[watchlist.Change](), "was"}, {reflect.TypeFor[watchlist.Change](), "is"},
		{reflect.TypeFor[LabelSummary](), "administrator"}, {reflect.TypeFor[LabelSummary](), "laboratory"},
		{reflect.TypeFor[LabelAnswer](), "administrator"}, {reflect.TypeFor[LabelAnswer](), "laboratory"},
		{reflect.TypeFor[dossier.Weakness](), "severity"}, {reflect.TypeFor[dossier.Weakness](), "kev"}, {reflect.TypeFor[dossier.Weakness](), "epss"}, {reflect.TypeFor[dossier.Weakness](), "vex"},
	} {
		orNull(schemas[schemaName(null.of, "")], null.field)
	}
	b, err := json.Marshal(api)
	if err != nil {
		return fmt.Errorf("description of the API: %w", err)
	}
	s.openAPI = b
	sum := sha256.Sum256(b)
	s.openAPITag = `"` + hex.EncodeToString(sum[:8]) + `"`
	return nil
}

// OpenAPI is the API's description (OpenAPI 3.1) as JSON.
func (s *Server) OpenAPI() ([]byte, error) { return s.openAPI, nil }

// orNull describes a field that holds either an object or null, which huma does
// not see in a pointer to a struct.
func orNull(schema *huma.Schema, field string) {
	p := schema.Properties[field]
	schema.Properties[field] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}, Description: p.Description}
}

func (s *Server) serveOpenAPI(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/openapi+json")
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", s.openAPITag)
	if r.Header.Get("If-None-Match") == s.openAPITag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(s.openAPI)))
	w.Write(s.openAPI)
}
