package server

import (
	"context"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
)

// maxFiles is how many files one request may carry.
const maxFiles = 500

func (s *Server) routeImport(api huma.API) {
	op := register(s, api, operation{
		id: "import", method: http.MethodPost, path: "/documents", tag: tagDocuments,
		summary: "Add documents",
		about: "Takes files of any supported kind, which are recognised by their content: as a form with one or more files, or as a plain body with its name in the query. " +
			"In a form, source, published, audience, accept_loss and strict may be fields of it as well, each given in one place only; any other part without a file name is an error. " +
			"Files of one edition belong into one request. Adding what the ledger holds already changes nothing.",
		right:  toWrite,
		errors: []int{http.StatusConflict},
	}, s.importDocuments)
	held, taken := op.Responses["200"], *op.Responses["200"]
	held.Description = "The ledger had all of it, or took nothing new of it."
	taken.Description = "The ledger took something new."
	op.Responses["201"] = &taken
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "A file."}
	op.RequestBody = &huma.RequestBody{
		Required:    true,
		Description: "The documents.",
		Content: map[string]*huma.MediaType{
			"multipart/form-data":      {Schema: formSchema(op.Parameters, binary)},
			"application/octet-stream": {Schema: binary},
		},
	}
}

type importInput struct {
	Name       string `query:"name" maxLength:"255" example:"sdn.csv" doc:"The file's name, where the body is the file."`
	Source     string `query:"source" maxLength:"200" example:"us-ofac-sdn" doc:"The source it is an edition of, where the file cannot tell."`
	Published  string `query:"published" format:"date" example:"2021-07-14" doc:"When it was issued, where the file does not say."`
	Audience   string `query:"audience" maxLength:"1000" example:"org:acme" doc:"Who may see it and what follows from it: public, or organisations joined by | (any of) and & (all of). Public when absent."`
	AcceptLoss bool   `query:"accept_loss" doc:"Take an edition even though it drops an unusual share of its list."`

	Strict bool `query:"strict" doc:"Let one bad file keep all others out."`

	request    *http.Request
	parameters []*huma.Param // as the API's description has them
}

// Resolve implements huma.Resolver. The body may be of a size and of forms that
// huma does not read; the handler reads it itself.
func (in *importInput) Resolve(ctx huma.Context) []error {
	in.request, _ = humago.Unwrap(ctx)
	in.parameters = ctx.Operation().Parameters
	return nil
}

// options are what the request says of its files, as far as it was read.
func (in *importInput) options(reader access.Reader) (node.ImportOptions, error) {
	audience, err := access.ParseAudience(in.Audience)
	if err != nil {
		return node.ImportOptions{}, invalid("query.audience", err.Error())
	}
	if !reader.MaySee(audience) {
		return node.ImportOptions{}, newProblem(http.StatusForbidden, "audience: you are not inside it yourself, so you could not see what you add")
	}
	return node.ImportOptions{
		Source: in.Source, Published: access.Date(in.Published), Audience: audience,
		AcceptLoss: in.AcceptLoss, Strict: in.Strict,
	}, nil
}

type importOutput struct {
	Status int
	Body   *node.ImportReport
}

func (s *Server) importDocuments(ctx context.Context, in *importInput) (*importOutput, error) {
	reader := ReaderOf(ctx)
	// What the query says is looked at before the body, which may be large.
	if _, err := in.options(reader); err != nil {
		return nil, err
	}
	release, err := s.startUpload(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	files, err := in.files()
	if err != nil {
		return nil, err
	}
	opts, err := in.options(reader) // a form may have said more
	if err != nil {
		return nil, err
	}
	report, err := s.opts.Node.Import(ctx, reader, files, opts)
	if err != nil {
		return nil, err
	}
	return importAnswer(report)
}

// importAnswer is 201 when the ledger has something new, 200 when it held all
// of it before or took only a part that it held, and an error when it took
// nothing of what was sent.
func importAnswer(report *node.ImportReport) (*importOutput, error) {
	if len(report.Editions) == 0 && len(report.Failed) > 0 {
		p := newProblem(http.StatusBadRequest, strings.Join(report.Failed, "; "))
		for _, message := range report.Failed {
			p.Errors = append(p.Errors, ProblemPlace{Location: "body", Message: message})
		}
		return nil, p
	}
	status := http.StatusOK
	if slices.ContainsFunc(report.Editions, func(e node.ImportedEdition) bool { return e.New }) {
		status = http.StatusCreated
	}
	return &importOutput{status, report}, nil
}

// uploadWait is how long an upload waits for its turn.
const uploadWait = 10 * time.Second

// startUpload waits for one of the few places: each upload is held in memory.
func (s *Server) startUpload(ctx context.Context) (release func(), err error) {
	wait := time.NewTimer(uploadWait)
	defer wait.Stop()
	select {
	case s.uploads <- struct{}{}:
		return func() { <-s.uploads }, nil
	case <-wait.C:
		return nil, newProblem(http.StatusServiceUnavailable, "other uploads are being worked on").withHeader("Retry-After", "10")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// files reads the files of a request: those of a form, or the body itself.
func (in *importInput) files() ([]intake.File, error) {
	header := in.request.Header.Get("Content-Type")
	kind, _, err := mime.ParseMediaType(header)
	if err != nil && header != "" {
		return nil, newProblem(http.StatusBadRequest, "the Content-Type header cannot be read")
	}
	if kind == "multipart/form-data" {
		return in.form()
	}
	name := fileName(in.Name)
	if name == "" {
		return nil, invalid("query.name", "is needed where the body is the file")
	}
	b, err := bytesOf(in.request.Body)
	if err != nil {
		return nil, err
	}
	if len(b) == 0 {
		return nil, newProblem(http.StatusBadRequest, "the body is empty")
	}
	return []intake.File{{Name: name, Bytes: b}}, nil
}

// fileName keeps of a client's file name what is harmless: no folders, no
// control characters.
func fileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, name)
	if name == "." || name == "/" || name == ".." || len(name) > 255 {
		return ""
	}
	return name
}

// attachment is a Content-Disposition that makes browsers save a file under
// its name.
func attachment(name string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}
