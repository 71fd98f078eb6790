package server

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
)

// formFields are the parameters of an import that a form may hold as well.
var formFields = []string{"source", "published", "audience", "accept_loss", "strict"}

// maxField bounds the value of one field of a form, in bytes.
const maxField = 4096

// formSchema describes the form: its files, and the fields that stand for
// parameters.
func formSchema(parameters []*huma.Param, file *huma.Schema) *huma.Schema {
	fields := map[string]*huma.Schema{
		"file": {Type: huma.TypeArray, Items: file, Description: "The files, a part with a file name each; what their fields are called does not matter."},
	}
	for _, p := range parameters {
		if !slices.Contains(formFields, p.Name) {
			continue
		}
		field := *p.Schema
		field.Description = p.Description + " In place of the parameter in the query."
		fields[p.Name] = &field
	}
	return &huma.Schema{Type: huma.TypeObject, Properties: fields}
}

// form reads a form: its files, and into in what its fields say. Nothing in it
// is passed over: an audience that was would publish the files to everybody.
func (in *importInput) form() ([]intake.File, error) {
	parts, err := in.request.MultipartReader()
	if err != nil {
		return nil, newProblem(http.StatusBadRequest, "the form cannot be read: "+err.Error())
	}
	var files []intake.File
	given := map[string]bool{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			return nil, err
		}
		if err != nil {
			return nil, newProblem(http.StatusBadRequest, "the form broke off")
		}
		name := fileName(part.FileName())
		if name == "" {
			if err := in.field(part, given); err != nil {
				return nil, err
			}
			continue
		}
		if len(files) == maxFiles {
			return nil, newProblem(http.StatusBadRequest, "more than "+decimal(maxFiles)+" files in one request")
		}
		b, err := bytesOf(part)
		if err != nil {
			return nil, err
		}
		files = append(files, intake.File{Name: name, Bytes: b})
	}
	if len(files) == 0 {
		return nil, newProblem(http.StatusBadRequest, "the form has no files")
	}
	return files, nil
}

// field reads a part that is no file. It holds a parameter that was not given
// before, here or in the query.
func (in *importInput) field(part *multipart.Part, given map[string]bool) error {
	name := part.FormName()
	at := "body." + name
	switch {
	case part.FileName() != "":
		return invalid(at, "its file name cannot be used")
	case !slices.Contains(formFields, name):
		return newProblem(http.StatusBadRequest, "the part "+strconv.Quote(name)+" of the form has no file name, and is none of "+strings.Join(formFields, ", "))
	case in.request.URL.Query().Has(name):
		return invalid(at, "is given in the query and in the form; want it once")
	case given[name]:
		return invalid(at, "is given twice in the form; want it once")
	}
	given[name] = true
	value, err := bytesOf(io.LimitReader(part, maxField+1))
	if err != nil {
		return err
	}
	if len(value) > maxField {
		return invalid(at, "is longer than "+decimal(maxField)+" bytes")
	}
	if message := in.set(name, string(value)); message != "" {
		return invalid(at, message)
	}
	return nil
}

// set takes a field's value as if it stood in the query: by the same rules, and
// with nothing said by a value that is empty. It returns what is wrong with it.
func (in *importInput) set(name, value string) (wrong string) {
	if value == "" {
		return ""
	}
	i := slices.IndexFunc(in.parameters, func(p *huma.Param) bool { return p.Name == name })
	schema := in.parameters[i].Schema
	var typed any = value
	yes := false
	if schema.Type == huma.TypeBoolean {
		var err error
		if yes, err = strconv.ParseBool(value); err != nil {
			return plainer("invalid boolean")
		}
		typed = yes
	}
	var found huma.ValidateResult
	huma.Validate(nil, schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, typed, &found)
	for _, err := range found.Errors {
		if detail := (*huma.ErrorDetail)(nil); errors.As(err, &detail) {
			return plainer(detail.Message)
		}
		return err.Error()
	}
	switch name {
	case "source":
		in.Source = value
	case "published":
		in.Published = value
	case "audience":
		if _, err := access.ParseAudience(value); err != nil {
			return err.Error()
		}
		in.Audience = value
	case "accept_loss":
		in.AcceptLoss = yes
	case "strict":
		in.Strict = yes
	}
	return ""
}
