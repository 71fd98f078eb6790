package deptrack

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// submission is a bill as clients hand it in, in JSON or as a form. What they
// send beside that is passed over: it says how their server shows a project.
type submission struct {
	Project        string `json:"project"`
	ProjectName    string `json:"projectName"`
	ProjectVersion string `json:"projectVersion"`
	ProjectTags    []tag  `json:"projectTags"`
	AutoCreate     flag   `json:"autoCreate"`
	ParentName     string `json:"parentName"`
	ParentVersion  string `json:"parentVersion"`
	IsLatest       flag   `json:"isLatest"`
	IsLatestToo    flag   `json:"isLatestProjectVersion"` // as it was called first
	BOM            []byte `json:"bom"`                    // base64
}

type tag struct {
	Name string `json:"name"`
}

// flag is yes or no, which some clients send as text.
type flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "" || text == "null" {
		*f = false
		return nil
	}
	yes, err := strconv.ParseBool(text)
	if err != nil {
		return problem.New(problem.Invalid, "%s: want true or false", b[:min(len(b), 40)])
	}
	*f = flag(yes)
	return nil
}

const (
	maxField = 4096 // bytes of a field of a form
	maxParts = 50   // of a form
	maxTags  = 100
)

// putBill takes a bill as JSON.
func (h *Handler) putBill(r *http.Request) (any, error) {
	return h.upload(r, readJSON)
}

// postBill takes a bill as a form.
func (h *Handler) postBill(r *http.Request) (any, error) {
	return h.upload(r, readForm)
}

func (h *Handler) upload(r *http.Request, read func(*http.Request) (*submission, error)) (any, error) {
	ask, err := h.Ask(r)
	if err != nil {
		return nil, err
	}
	if !ask.Reader.MayWrite() { // before the body, which may be large
		return nil, problem.New(problem.Denied, "%s may not hand in bills; ask for a role other than reader", ask.Reader.Member)
	}
	done, err := h.Begin(r.Context())
	if err != nil {
		return nil, err
	}
	defer done()
	s, err := read(r)
	if err != nil {
		return nil, err
	}
	u, err := s.upload()
	if err != nil {
		return nil, err
	}
	p, err := h.Node.UploadBill(r.Context(), ask.Reader, u)
	if err != nil {
		return nil, err
	}
	return map[string]string{"token": node.UUID("upload", p.UUID, p.Bill)}, nil
}

// upload is what the submission asks for.
func (s *submission) upload() (u node.Upload, err error) {
	u = node.Upload{
		Name: strings.TrimSpace(s.ProjectName), Version: strings.TrimSpace(s.ProjectVersion), Create: bool(s.AutoCreate), Latest: bool(s.IsLatest || s.IsLatestToo),
		Parent: node.ProjectParent{Name: strings.TrimSpace(s.ParentName), Version: strings.TrimSpace(s.ParentVersion)}, Bill: s.BOM,
	}
	switch {
	case s.Project != "":
		if u.Project, err = readUUID("project", s.Project); err != nil {
			return u, err
		}
	case u.Name == "":
		return u, problem.New(problem.Invalid, "project or projectName: one is needed")
	}
	if len(u.Bill) == 0 {
		return u, problem.New(problem.Invalid, "bom: is needed")
	}
	for _, text := range []string{u.Parent.Name, u.Parent.Version} {
		if len(text) > maxField {
			return u, problem.New(problem.Invalid, "parent: at most %d bytes are taken", maxField)
		}
	}
	u.Tags, err = tagsOf(s.ProjectTags)
	return u, err
}

// tagsOf is the names of tags; nil for none.
func tagsOf(tags []tag) (out []string, err error) {
	if len(tags) > maxTags {
		return nil, problem.New(problem.Invalid, "tags: at most %d are taken", maxTags)
	}
	for _, t := range tags {
		name := strings.TrimSpace(t.Name)
		if len(name) > maxField {
			return nil, problem.New(problem.Invalid, "tags: want names of up to %d bytes", maxField)
		}
		if name != "" {
			out = append(out, name)
		}
	}
	return out, nil
}

func readJSON(r *http.Request) (*submission, error) {
	s := &submission{}
	return s, decode(r, s)
}

// decode reads a body that is an object in JSON.
func decode(r *http.Request, into any) error {
	err := json.NewDecoder(r.Body).Decode(into)
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return err
	}
	if corrupt := base64.CorruptInputError(0); errors.As(err, &corrupt) {
		return problem.New(problem.Invalid, "bom: want base64: %v", err)
	}
	if err != nil {
		return problem.New(problem.Invalid, "the body: want an object in JSON: %v", err)
	}
	return nil
}

// readForm reads the parts that a submission has. The bill is one of them, with
// a file's name or without.
func readForm(r *http.Request) (*submission, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, problem.New(problem.Invalid, "the form cannot be read: %v", err)
	}
	s := &submission{}
	given := map[string]bool{}
	for count := 0; ; count++ {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, broken(err)
		}
		name := part.FormName()
		switch {
		case count >= maxParts:
			return nil, problem.New(problem.Invalid, "the form has more than %d parts", maxParts)
		case given[name]:
			return nil, problem.New(problem.Invalid, "%s: is given twice in the form", name)
		}
		given[name] = true
		if err := s.take(part, name); err != nil {
			return nil, err
		}
	}
}

// broken is what went wrong when a form could not be read on.
func broken(err error) error {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return err
	}
	return problem.New(problem.Invalid, "the form broke off")
}

// take takes a part of a form.
func (s *submission) take(part *multipart.Part, name string) error {
	if name == "bom" {
		var err error
		if s.BOM, err = io.ReadAll(part); err != nil {
			return broken(err)
		}
		return nil
	}
	value, err := io.ReadAll(io.LimitReader(part, maxField+1))
	if err != nil {
		return broken(err)
	}
	if len(value) > maxField {
		return problem.New(problem.Invalid, "%s: is longer than %d bytes", name, maxField)
	}
	text := string(value)
	switch name {
	case "project":
		s.Project = text
	case "projectName":
		s.ProjectName = text
	case "projectVersion":
		s.ProjectVersion = text
	case "projectTags":
		for t := range strings.SplitSeq(text, ",") {
			s.ProjectTags = append(s.ProjectTags, tag{t})
		}
	case "parentName":
		s.ParentName = text
	case "parentVersion":
		s.ParentVersion = text
	case "autoCreate":
		return s.AutoCreate.UnmarshalJSON(value)
	case "isLatest":
		return s.IsLatest.UnmarshalJSON(value)
	case "isLatestProjectVersion":
		return s.IsLatestToo.UnmarshalJSON(value)
	}
	return nil
}

// token says that nothing is left to do for an upload: it was done before its
// token was given. As with their server, that does not say that the token is
// known.
func (h *Handler) token(r *http.Request) (any, error) {
	if _, err := readUUID("token", r.PathValue("uuid")); err != nil {
		return nil, err
	}
	return map[string]bool{"processing": false}, nil
}

// fail answers what went wrong. What is wrong with a bill is told in the form
// that their server has for it.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, node.ErrBadBill) {
		h.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusBadRequest)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(struct {
		Type   string   `json:"type"`
		Status int      `json:"status"`
		Title  string   `json:"title"`
		Detail string   `json:"detail"`
		Errors []string `json:"errors"`
	}{"urn:countersign:problem:invalid", http.StatusBadRequest, "The uploaded BOM is invalid", problem.Message(err), []string{problem.Message(err)}})
}
