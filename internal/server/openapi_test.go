package server_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/server"
)

// description is the part of an OpenAPI document that these tests look at.
type description struct {
	OpenAPI    string
	Info       map[string]any
	Paths      map[string]map[string]*described
	Components struct {
		Schemas         map[string]*schema
		SecuritySchemes map[string]map[string]any
	}
	Security []map[string][]string
}

type described struct {
	OperationID string
	Summary     string
	Description string
	Tags        []string
	Parameters  []struct {
		Name, In, Description string
		Required              bool
		Schema                *schema
		Example               any
	}
	RequestBody *struct{ Content map[string]media }
	Responses   map[string]struct {
		Description string
		Content     map[string]media
		Headers     map[string]struct{ Description string }
	}
}

type media struct {
	Schema  *schema
	Example any
}

// schema is the part of JSON Schema that the document uses.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any    // one, or several in a list
	Format               string
	Description          string
	Properties           map[string]*schema
	Required             []string
	Items                *schema
	AdditionalProperties any
	Enum                 []any
	AnyOf                []*schema
}

func readDescription(t *testing.T) *description {
	t.Helper()
	s, err := server.New(server.Options{Node: newFakeNode(), Accounts: fakeAccounts{}, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	d := &description{}
	if err := json.Unmarshal(b, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDescriptionIsComplete: whoever has only the document can use the API.
func TestDescriptionIsComplete(t *testing.T) {
	d := readDescription(t)
	if !strings.HasPrefix(d.OpenAPI, "3.1") || d.Info["version"] != "test" || len(d.Security) == 0 || len(d.Components.SecuritySchemes) < 2 {
		t.Errorf("head of the document: %s %v %v", d.OpenAPI, d.Info, d.Security)
	}
	ids := map[string]bool{}
	var lacks []string
	lack := func(format string, args ...any) { lacks = append(lacks, fmt.Sprintf(format, args...)) }
	for path, methods := range d.Paths {
		for method, op := range methods {
			at := strings.ToUpper(method) + " " + path
			if ids[op.OperationID] || op.OperationID == "" || op.Summary == "" || op.Description == "" || len(op.Tags) != 1 {
				lack("%s: an id of its own, summary, description or tag", at)
			}
			ids[op.OperationID] = true
			for _, p := range op.Parameters {
				if p.Description == "" || p.Schema == nil {
					lack("%s: description of parameter %s", at, p.Name)
				}
			}
			for _, status := range []string{"400", "401", "429", "500", "503"} {
				if _, ok := op.Responses[status]; !ok {
					lack("%s: answer %s", at, status)
				}
			}
			if _, ok := op.Responses["422"]; ok {
				lack("%s: documents 422, which is never answered", at)
			}
			for status, r := range op.Responses {
				if r.Description == "" {
					lack("%s: description of answer %s", at, status)
				}
				if len(r.Content) == 0 && status != "204" {
					lack("%s: schema of answer %s", at, status)
				}
				for kind, m := range r.Content {
					if m.Schema == nil {
						lack("%s: schema of answer %s", at, status)
					}
					if status >= "400" && (kind != "application/problem+json" || m.Example == nil) {
						lack("%s: answer %s is %s, or has no example", at, status, kind)
					}
				}
				for name, h := range r.Headers {
					if h.Description == "" {
						lack("%s: description of header %s of answer %s", at, name, status)
					}
				}
			}
		}
	}
	for name, s := range d.Components.Schemas {
		if s.Description == "" {
			lack("schema %s: description", name)
		}
		for property, p := range s.Properties {
			if p.Description == "" && p.Ref == "" {
				lack("schema %s: description of %s", name, property)
			}
		}
	}
	slices.Sort(lacks)
	if len(lacks) > 0 {
		t.Errorf("the description of the API lacks\n%s", strings.Join(lacks, "\n"))
	}
}

// TestWordsAreOfUse: what words.yaml says is about fields that there are.
func TestWordsAreOfUse(t *testing.T) {
	b, err := os.ReadFile("words.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var words struct {
		Everywhere map[string]string
		Schemas    map[string]map[string]string
	}
	if err := yaml.Unmarshal(b, &words); err != nil {
		t.Fatal(err)
	}
	d := readDescription(t)
	fields := map[string]bool{}
	for name, s := range d.Components.Schemas {
		for field := range s.Properties {
			if _, said := words.Schemas[name][field]; !said {
				fields[field] = true
			}
		}
	}
	for field := range words.Everywhere {
		if !fields[field] {
			t.Errorf("everywhere: there is no field %s that needs it", field)
		}
	}
	for name, about := range words.Schemas {
		s, ok := d.Components.Schemas[name]
		if !ok {
			t.Errorf("there is no schema %s", name)
			continue
		}
		for field := range about {
			if _, ok := s.Properties[field]; field != "" && !ok {
				t.Errorf("schema %s has no field %s", name, field)
			}
		}
	}
}

// TestAnswersAreAsDescribed asks each operation for something it has, for
// something it has not, and as nobody, and holds the answers against the
// description: status, media type and every field.
func TestAnswersAreAsDescribed(t *testing.T) {
	d := readDescription(t)
	node := newFakeNode()
	s, err := server.New(server.Options{Node: node, Accounts: fakeAccounts{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string]string{
		"decide": `{"subject":"x"}`, "create-organisation": `{"id":"cisa","name":"CISA"}`,
		"create-member": `{"name":"a","organisation":"acme","role":"reader"}`, "grant": `{"role":"reader"}`,
		"create-token": `{"label":"x"}`, "import": "1", "screen": `{"name":"x","why":true}`,
		"add-watch": `{"subject":"x"}`, "tell": `{"subject":"x"}`, "preview-bulletin": `{"subject":"x"}`, "acknowledge": `{}`, "set-notice-contact": `{"mail":"soc@example.org"}`,
		"set-watchlist": "name\nx\n", "holdings": "name\nx\n", "join": `{"a":"x","b":"y","verdict":"same","reason":"r"}`,
		"assert": `{"weakness":"CVE-1","release":"pkg:generic/a@1","status":"fixed"}`, "check-file": "1", "revoke-attestation": `{"reason":"r"}`,
		"start-run": `{}`, "share": `{"objects":[]}`,
		"open-incident": `{"title":"x","owner":"acme"}`, "record-incident": `{"kind":"note","text":"x"}`, "act-in-run": `{"verb":"done","step":"3"}`,
	}
	values := strings.NewReplacer("{digest}", fakeDigest, "{position}", "1", "{source}", "us-ofac-sdn",
		"{member}", "admin", "{list}", "suppliers", "{watch}", "w-1", "{bulletin}", "b-1", "{organisation}", "acme", "/incidents/{id}", "/incidents/"+fakeIncidentID, "{id}", "t1", "{playbook}", fakePlaybookID, "{run}", fakeRunID, "{object}", fakeSharedID)
	query := map[string]string{
		"check": "?subject=x&purpose=invest", "show": "?subject=x", "search": "?q=x", "search-shared": "?q=x", "differences": "?to=3", "import": "?name=a",
		"set-watchlist": "?name=x", "remove-watchlist": "?reason=r", "joins": "?subject=x", "join-candidates": "?subject=x",
		"impact": "?subject=x", "bom": "?subject=x", "attestations": "?subject=" + fakeDigest,
	}
	success := 0
	for path, methods := range d.Paths {
		for method, op := range methods {
			if slices.Contains(op.Tags, "labels") {
				continue // which takes a node with labels, see TestRegistryAPI
			}
			ask := func(token, query, body string) int {
				r := httptest.NewRequest(strings.ToUpper(method), values.Replace(path)+query, strings.NewReader(body))
				if op.OperationID != "import" && body != "" {
					r.Header.Set("Content-Type", "application/json")
				}
				if token != "" {
					r.Header.Set("Authorization", "Bearer "+token)
				}
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				d.hold(t, op, w)
				return w.Code
			}
			if code := ask("cst_admin", query[op.OperationID], bodies[op.OperationID]); code >= 300 {
				t.Errorf("%s %s: %d", method, path, code)
			} else {
				success++
			}
			if code := ask("", query[op.OperationID], bodies[op.OperationID]); code != http.StatusUnauthorized {
				t.Errorf("%s %s as nobody: %d", method, path, code)
			}
			ask("cst_admin", "?nonsense=1", `{"nonsense":1}`)
			ask("cst_reader", query[op.OperationID], bodies[op.OperationID])
		}
	}
	if success < 25 {
		t.Errorf("only %d operations were tried", success)
	}
}

// hold compares an answer with what the description says of its operation.
func (d *description) hold(t *testing.T, op *described, w *httptest.ResponseRecorder) {
	t.Helper()
	r, ok := op.Responses[fmt.Sprint(w.Code)]
	if !ok {
		t.Errorf("%s: answers %d, which is not described\n%s", op.OperationID, w.Code, w.Body)
		return
	}
	for name := range r.Headers {
		if w.Header().Get(name) == "" {
			t.Errorf("%s: answer %d has no %s", op.OperationID, w.Code, name)
		}
	}
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	m, ok := r.Content[kind]
	if !ok {
		if len(r.Content) > 0 || w.Body.Len() > 0 {
			t.Errorf("%s: answer %d is %q, which is not described", op.OperationID, w.Code, kind)
		}
		return
	}
	if !strings.HasSuffix(kind, "json") {
		return
	}
	var v any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Errorf("%s: answer %d: %v", op.OperationID, w.Code, err)
		return
	}
	d.match(t, fmt.Sprintf("%s: answer %d", op.OperationID, w.Code), m.Schema, v)
}

// match reports where a value is not as its schema says.
func (d *description) match(t *testing.T, at string, s *schema, v any) {
	t.Helper()
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		if s = d.Components.Schemas[name]; s == nil {
			t.Errorf("%s: no schema %s", at, name)
			return
		}
	}
	if len(s.AnyOf) == 2 && s.AnyOf[1].Type == "null" && v != nil {
		d.match(t, at, s.AnyOf[0], v)
		return
	}
	if types := s.types(); len(types) > 0 && !slices.Contains(types, typeOf(v)) && (typeOf(v) != "integer" || !slices.Contains(types, "number")) {
		t.Errorf("%s: is %s, described as %v", at, typeOf(v), types)
		return
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		t.Errorf("%s: is %v, described as one of %v", at, v, s.Enum)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				t.Errorf("%s.%s: is not there", at, name)
			}
		}
		for name, x := range v {
			if p, ok := s.Properties[name]; ok {
				d.match(t, at+"."+name, p, x)
			} else if s.AdditionalProperties == false {
				t.Errorf("%s.%s: is not described", at, name)
			}
		}
	case []any:
		for i, x := range v {
			d.match(t, fmt.Sprintf("%s[%d]", at, i), s.Items, x)
		}
	}
}

func (s *schema) types() []string {
	switch x := s.Type.(type) {
	case string:
		return []string{x}
	case []any:
		var out []string
		for _, one := range x {
			out = append(out, fmt.Sprint(one))
		}
		return out
	}
	return nil
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
