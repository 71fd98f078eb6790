package server

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/internal/decision"
	"countersign.dev/internal/gate"
)

// answerForm is a form of an answer other than JSON, as build systems want it.
type answerForm struct {
	mediaType string
	write     func(io.Writer, *gate.Result) error
}

// answerForms are the forms in which an answer about a release can be had. XML
// as such is not among the names of JUnit's: browsers ask for it.
var answerForms = []answerForm{
	{"application/sarif+json", func(w io.Writer, r *gate.Result) error { return gate.SARIF(w, r, gate.SARIFOptions{}) }},
	{"text/markdown", gate.Markdown},
	{"application/junit+xml", gate.JUnit},
	{"text/csv", gate.CSV},
}

// accepted is the form that the request's Accept header wants most; JSON, which
// is nil, when it wants none of them.
type accepted struct{ form *answerForm }

// Resolve implements huma.Resolver. The header is no parameter of an operation,
// see section 4.8.12 of OpenAPI 3.1: what may be had stands with the answers.
func (a *accepted) Resolve(ctx huma.Context) []error {
	r, _ := humago.Unwrap(ctx)
	a.form = formWanted(r.Header.Values("Accept"))
	return nil
}

// formWanted is the form with the highest weight; of equal ones the first, and
// nil for JSON.
func formWanted(header []string) (wanted *answerForm) {
	best := 0.0
	for part := range strings.SplitSeq(strings.Join(header, ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		weight := 1.0
		if q, ok := params["q"]; ok {
			if weight, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		if !(weight > best) {
			continue
		}
		i := slices.IndexFunc(answerForms, func(f answerForm) bool { return f.mediaType == kind })
		switch {
		case i >= 0:
			best, wanted = weight, &answerForms[i]
		case kind == "application/json" || kind == "application/*" || kind == "*/*":
			best, wanted = weight, nil
		}
	}
	return wanted
}

// formedOutput is an answer as JSON, or as the bytes of another form.
type formedOutput struct {
	ContentType string `header:"Content-Type"`
	Body        any
}

// formed writes an answer in the form that is wanted. fill says what the answer
// does not know of itself; it may be nil.
func (s *Server) formed(a *decision.Answer, want accepted, fill func(*gate.Result)) (*formedOutput, error) {
	if want.form == nil {
		return &formedOutput{ContentType: "application/json", Body: a}, nil
	}
	if a.Software == nil {
		return nil, invalid("header.Accept", want.form.mediaType+" is for releases, and the subject is none; ask for application/json")
	}
	r := gate.Of(a)
	r.Tool.Version, r.Moment = s.opts.Version, s.opts.Clock()
	if fill != nil {
		fill(r)
	}
	var b bytes.Buffer
	if err := want.form.write(&b, r); err != nil {
		return nil, err
	}
	return &formedOutput{ContentType: want.form.mediaType, Body: b.Bytes()}, nil
}

// describeAnswer describes an operation that answers in any of the forms.
func describeAnswer(api *huma.OpenAPI, op *huma.Operation) {
	r := op.Responses[strconv.Itoa(op.DefaultStatus)]
	r.Description, r.Headers = "The answer, in the form that the Accept header wants most.", nil
	r.Content = map[string]*huma.MediaType{"application/json": {Schema: api.Components.Schemas.Schema(reflect.TypeFor[*decision.Answer](), true, "")}}
	for _, f := range answerForms {
		r.Content[f.mediaType] = &huma.MediaType{Schema: rawSchema(f.mediaType, "The answer about a release, for build systems.")}
	}
}

// describeForms describes the answer of an operation that sends bytes of one of
// some media types, for saving.
func describeForms(op *huma.Operation, about string, mediaTypes ...string) {
	r := op.Responses[strconv.Itoa(http.StatusOK)]
	r.Description = about
	r.Content = map[string]*huma.MediaType{}
	for _, t := range mediaTypes {
		r.Content[t] = &huma.MediaType{Schema: rawSchema(t, about)}
	}
	for name, h := range r.Headers {
		if name != "Content-Disposition" {
			delete(r.Headers, name)
			continue
		}
		h.Description = h.Schema.Description
	}
}

func rawSchema(mediaType, about string) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: about}
	if strings.HasSuffix(mediaType, "json") {
		s.Type = huma.TypeObject
	}
	return s
}
