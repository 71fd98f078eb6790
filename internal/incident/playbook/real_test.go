package playbook

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign.dev/internal/realdata"
)

// schema is the JSON schema that is published beside the standard. It names
// draft 07, which passes over the keyword that would refuse further properties.
func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	dir := realdata.Path(t, "data/sharing/cacao/schemas")
	c := jsonschema.NewCompiler()
	var root string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			return err
		}
		id := doc.(map[string]any)["$id"].(string)
		if filepath.Base(path) == "playbook.json" {
			root = id
		}
		return c.AddResource(id, doc)
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(root)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func verdict(t testing.TB, s *jsonschema.Schema, b []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// The playbooks that SOARCA ships. Six are examples, seven serve its own tests, of
// which some are broken on purpose. Two more of the latter, and one of the
// examples, do not obey the standard either; why, the codes say.
func TestRealPlaybooks(t *testing.T) {
	for name, codes := range map[string][]string{
		"http-playbook": nil, "manual-playbook": nil, "openc2-playbook": nil, "powershell-playbook": nil, "ssh-playbook": nil,
		"fin-playbook":                {"form"}, // its agent has no id of the standard's form
		"test-changed-playbook":       {"form"}, // its workflow is a list
		"test-invalid_playbook":       {"form"},
		"test-invalid_email_playbook": {"email"},
		"test-infinite_playbook":      {"endless_loop", "missing_step", "no_end", "reference_type"},
		"test-missing_step_playbook":  {"missing_step", "reference_type"},
		"test-parallels_playbook":     {"missing_step", "reference_type"}, // workflow_exception leads nowhere, and it begins with no start step
		"test-playbook":               {"missing_step", "reference_type"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(realdata.Path(t, "data/sharing/cacao/playbooks/"+name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Lint(b, Limits{}, now)
			if err != nil {
				t.Fatal(err)
			}
			if found := codesOf(got.Errors); !slices.Equal(found, codes) {
				t.Errorf("errors %v, want %v: %+v", found, codes, got.Errors)
			}
			if refused := verdict(t, schema(t), b); (refused != nil) != slices.Contains(codes, "form") {
				t.Errorf("the published schema says %v", refused)
			}
			if _, err := Parse(b, Limits{}); (err != nil) != (slices.Contains(codes, "form") || slices.Contains(codes, "email")) {
				t.Errorf("Parse: %v", err)
			}
		})
	}
}

func codesOf(problems []Problem) (out []string) {
	for _, p := range problems {
		out = append(out, p.Code)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Whatever one changes in a playbook, the tables say the same of its form as the
// published schema. What they say beyond it has other codes. Addresses are left
// out: the schema matches them by expressions that refuse a variable in their
// place.
func TestFormAgreesWithSchema(t *testing.T) {
	s := schema(t)
	var seeds [][]byte
	for _, name := range []string{"http-", "manual-", "openc2-", "ssh-", "test-", "test-parallels_"} {
		b, err := os.ReadFile(realdata.Path(t, "data/sharing/cacao/playbooks/"+name+"playbook.json"))
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	seeds = append(seeds, []byte(everything))
	r := rand.New(rand.NewPCG(6, 7))
	refused := 0
	for i := range 4000 {
		m := mutated(t, r, seeds[i%len(seeds)])
		want := verdict(t, s, m)
		got, err := Lint(m, Limits{}, now)
		if err != nil {
			t.Fatalf("%v: %s", err, m)
		}
		found := slices.Contains(codesOf(got.Errors), "form")
		if (want != nil) != found {
			t.Fatalf("schema: %v\ntables: %+v\n%s", want, got.Errors, m)
		}
		if want != nil {
			refused++
		}
	}
	t.Logf("%d of 4000 refused", refused)
	if refused < 400 {
		t.Error("too few were broken to tell")
	}
}

// mutated is a playbook with one to three changes: a value that is another, is
// gone, or is of another type.
func mutated(t testing.TB, r *rand.Rand, b []byte) []byte {
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	values := []any{nil, true, "", "x", "end", 7, -1, 101, []any{}, []any{"x"}, map[string]any{}, "action--a76dbc32-b739-427b-ae13-4ec703d5797e", "2021-01-01T00:00:00.000Z", "2021-13-01T00:00:00.000Z"}
	for range 1 + r.IntN(3) {
		var places []func(v any, remove bool)
		var walk func(v any)
		walk = func(v any) {
			switch v := v.(type) {
			case map[string]any:
				for _, k := range sortedKeys(v) {
					if k == "address" || k == "type" && len(v) == 2 {
						continue
					}
					places = append(places, func(n any, remove bool) {
						if remove {
							delete(v, k)
						} else {
							v[k] = n
						}
					})
					if k != "commands" || r.IntN(2) == 0 {
						walk(v[k])
					}
				}
			case []any:
				for i := range v {
					places = append(places, func(n any, _ bool) { v[i] = n })
					walk(v[i])
				}
			}
		}
		walk(doc)
		places[r.IntN(len(places))](values[r.IntN(len(values))], r.IntN(3) == 0)
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
