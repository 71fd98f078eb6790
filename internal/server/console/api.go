package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

type apiView struct {
	Title, Description, Version string
	Groups                      []operationGroup
}

type operationGroup struct {
	ID, Name, Description string
	Operations            []operationView
}

type operationView struct {
	ID, Method, Path, Summary, Description string
	Parameters                             []fieldView
	Body                                   *schemaView
	Answers                                []answerView
}

type answerView struct {
	Status, Description string
	Contents            []schemaView
}

// schemaView is one media type's shape: its fields, when it is an object or a
// list of such.
type schemaView struct {
	Media, Type string
	Fields      []fieldView
}

type fieldView struct {
	Name, In, Type, Description, Example string
	Required                             bool
}

// api is the page that shows the API's description, made here from the same
// JSON that programs read.
func (c *Console) api(w http.ResponseWriter, r *http.Request) error {
	var v apiView
	if c.opts.OpenAPI != nil {
		b, err := c.opts.OpenAPI()
		if err != nil {
			return err
		}
		if v, err = readDescription(b); err != nil {
			return fmt.Errorf("openapi.json: %w", err)
		}
	}
	m := c.present()
	return c.show(w, r, m, "api", "API", v)
}

// description is as much of OpenAPI 3.1 as the page shows.
type description struct {
	Info struct{ Title, Description, Version string }
	Tags []struct{ Name, Description string }

	Paths      map[string]map[string]json.RawMessage
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	OperationID string
	Summary     string
	Description string
	Tags        []string
	Parameters  []struct {
		Name, In, Description string
		Required              bool
		Example               any
		Schema                schema
	}
	RequestBody *struct{ Content map[string]media }
	Responses   map[string]struct {
		Description string
		Content     map[string]media
	}
}

type media struct{ Schema schema }

type schema struct {
	Ref         string `json:"$ref"`
	Type        any
	Format      string
	Description string
	Enum        []any
	Examples    []any
	Items       *schema
	Properties  map[string]schema
	Required    []string
}

var methods = []string{"get", "post", "put", "patch", "delete"}

// otherGroup holds operations without a tag.
const otherGroup = "Operations"

func readDescription(b []byte) (apiView, error) {
	var d description
	if err := json.Unmarshal(b, &d); err != nil {
		return apiView{}, err
	}
	v := apiView{Title: d.Info.Title, Description: d.Info.Description, Version: d.Info.Version}
	for _, t := range d.Tags {
		v.Groups = append(v.Groups, operationGroup{ID: anchor(t.Name), Name: t.Name, Description: t.Description})
	}
	for path, item := range d.Paths {
		for _, method := range methods {
			raw, ok := item[method]
			if !ok {
				continue
			}
			var op operation
			if err := json.Unmarshal(raw, &op); err != nil {
				return apiView{}, fmt.Errorf("%s %s: %w", method, path, err)
			}
			v.add(d.view(strings.ToUpper(method), path, &op), op.Tags)
		}
	}
	for i := range v.Groups {
		slices.SortFunc(v.Groups[i].Operations, func(a, b operationView) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
		})
	}
	v.Groups = slices.DeleteFunc(v.Groups, func(g operationGroup) bool { return len(g.Operations) == 0 })
	return v, nil
}

func (v *apiView) add(o operationView, tags []string) {
	name := otherGroup
	if len(tags) > 0 {
		name = tags[0]
	}
	i := slices.IndexFunc(v.Groups, func(g operationGroup) bool { return g.Name == name })
	if i < 0 {
		v.Groups = append(v.Groups, operationGroup{ID: anchor(name), Name: name})
		i = len(v.Groups) - 1
	}
	v.Groups[i].Operations = append(v.Groups[i].Operations, o)
}

var notInAnchor = regexp.MustCompile(`[^a-z0-9]+`)

func anchor(text string) string {
	return strings.Trim(notInAnchor.ReplaceAllString(strings.ToLower(text), "-"), "-")
}

func (d *description) view(method, path string, op *operation) operationView {
	o := operationView{
		ID: "op-" + anchor(cmp.Or(op.OperationID, method+" "+path)), Method: method, Path: path,
		Summary: op.Summary, Description: op.Description,
	}
	for _, p := range op.Parameters {
		o.Parameters = append(o.Parameters, fieldView{
			Name: p.Name, In: p.In, Type: d.typeOf(p.Schema), Required: p.Required,
			Description: cmp.Or(p.Description, p.Schema.Description), Example: exampleOf(p.Example, p.Schema.Examples),
		})
	}
	if op.RequestBody != nil {
		if all := d.contents(op.RequestBody.Content); len(all) > 0 {
			o.Body = &all[0]
		}
	}
	for status, answer := range op.Responses {
		o.Answers = append(o.Answers, answerView{status, answer.Description, d.contents(answer.Content)})
	}
	slices.SortFunc(o.Answers, func(a, b answerView) int { return cmp.Compare(a.Status, b.Status) })
	return o
}

func (d *description) contents(all map[string]media) []schemaView {
	var out []schemaView
	for name, m := range all {
		out = append(out, schemaView{Media: name, Type: d.typeOf(m.Schema), Fields: d.fields(m.Schema)})
	}
	slices.SortFunc(out, func(a, b schemaView) int { return cmp.Compare(a.Media, b.Media) })
	return out
}

// resolve follows a reference once; schemas are named after types, so what
// they refer to further is a word that the reader finds on the page.
func (d *description) resolve(s schema) schema {
	if s.Ref == "" {
		return s
	}
	return d.Components.Schemas[refName(s.Ref)]
}

func refName(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func (d *description) fields(s schema) []fieldView {
	s = d.resolve(s)
	if s.Items != nil {
		s = d.resolve(*s.Items)
	}
	var out []fieldView
	for name, p := range s.Properties {
		if name == "$schema" {
			continue
		}
		out = append(out, fieldView{
			Name: name, Type: d.typeOf(p), Description: cmp.Or(p.Description, d.resolve(p).Description),
			Example: exampleOf(nil, p.Examples), Required: slices.Contains(s.Required, name),
		})
	}
	slices.SortFunc(out, func(a, b fieldView) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// typeOf is a schema's type in words: "string (date)", "list of Reason".
func (d *description) typeOf(s schema) string {
	if s.Ref != "" {
		return refName(s.Ref)
	}
	if s.Items != nil {
		return "list of " + d.typeOf(*s.Items)
	}
	var names []string
	switch t := s.Type.(type) {
	case string:
		names = []string{t}
	case []any:
		for _, each := range t {
			names = append(names, fmt.Sprint(each))
		}
	}
	out := strings.Join(names, " or ")
	if s.Format != "" {
		out += " (" + s.Format + ")"
	}
	if len(s.Enum) > 0 {
		words := make([]string, len(s.Enum))
		for i, each := range s.Enum {
			words[i] = fmt.Sprint(each)
		}
		out = "one of " + strings.Join(words, ", ")
	}
	return out
}

func exampleOf(example any, examples []any) string {
	if example == nil && len(examples) > 0 {
		example = examples[0]
	}
	switch e := example.(type) {
	case nil:
		return ""
	case string:
		return e
	}
	b, err := json.Marshal(example)
	if err != nil {
		return ""
	}
	return string(b)
}
