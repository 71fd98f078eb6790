package server

import (
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/internal/gate"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
)

func (s *Server) routeCheckFile(api huma.API) {
	op := register(s, api, operation{
		id: "check-file", method: http.MethodPost, path: "/check/file", tag: tagSoftware,
		summary: "May we run what this bill of materials describes?",
		about: "Answers for the release that a bill describes, as if it were held: CycloneDX or SPDX, as the body itself or as the one file of a form. " +
			"It keeps nothing and records nothing. The Accept header chooses JSON, SARIF, JUnit, Markdown or CSV.",
	}, s.checkFile)
	describeAnswer(api.OpenAPI(), op)
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "The bill."}
	op.RequestBody = &huma.RequestBody{
		Required:    true,
		Description: "The bill of materials.",
		Content: map[string]*huma.MediaType{
			"multipart/form-data":      {Schema: &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"file": binary}}},
			"application/octet-stream": {Schema: binary},
		},
	}
	addErrors(api.OpenAPI(), op.Responses, http.StatusRequestEntityTooLarge)
}

type checkFileInput struct {
	Name    string `query:"name" maxLength:"255" example:"build/sbom.json" doc:"What the file is called in messages and reports, with its path in the repository where there is one."`
	Purpose string `query:"purpose" maxLength:"100" example:"operate" doc:"What for, as in check."`
	Moment
	accepted

	request *http.Request
}

// Resolve implements huma.Resolver. The body is of a size and of forms that huma
// does not read.
func (in *checkFileInput) Resolve(ctx huma.Context) []error {
	in.request, _ = humago.Unwrap(ctx)
	return in.accepted.Resolve(ctx)
}

func (s *Server) checkFile(ctx context.Context, in *checkFileInput) (*formedOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	release, err := s.startUpload(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	f, err := oneFile(in.request)
	if err != nil {
		return nil, err
	}
	f.Name = cmp.Or(in.Name, f.Name, "bill of materials")
	answer, _, err := s.opts.Node.CheckFile(ctx, ask, f, node.Question{Purpose: in.Purpose})
	if err != nil {
		return nil, err
	}
	return s.formed(answer, in.accepted, func(r *gate.Result) {
		r.File, r.Digest = f.Name, ledger.Digest(f.Bytes)
		r.Locate(f.Bytes)
	})
}

// oneFile is the file that a request carries: the one of a form, or the body.
func oneFile(r *http.Request) (intake.File, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		return fileOfForm(r)
	}
	b, err := bytesOf(r.Body)
	if err == nil && len(b) == 0 {
		err = newProblem(http.StatusBadRequest, "the body is empty")
	}
	return intake.File{Bytes: b}, err
}

func fileOfForm(r *http.Request) (f intake.File, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return f, newProblem(http.StatusBadRequest, "the form cannot be read: "+err.Error())
	}
	for found := false; ; found = true {
		part, err := parts.NextPart()
		switch tooLong := (*http.MaxBytesError)(nil); {
		case errors.Is(err, io.EOF) && found:
			return f, nil
		case errors.Is(err, io.EOF):
			return f, newProblem(http.StatusBadRequest, "the form has no file")
		case errors.As(err, &tooLong):
			return f, err
		case err != nil:
			return f, newProblem(http.StatusBadRequest, "the form broke off")
		case found || part.FileName() == "":
			return f, newProblem(http.StatusBadRequest, "the form has something beside one file; what is asked stands in the query")
		}
		f.Name = fileName(part.FileName())
		if f.Bytes, err = bytesOf(part); err != nil {
			return f, err
		}
	}
}
