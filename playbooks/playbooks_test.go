package playbooks_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign.dev/directives"
	"countersign.dev/internal/duty/directive"
	"countersign.dev/internal/incident/playbook"
	"countersign.dev/internal/realdata"
	"countersign.dev/playbooks"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func each(t *testing.T, fn func(t *testing.T, b []byte, p *playbook.Playbook)) {
	names, err := fs.Glob(playbooks.FS, "*.json")
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			b, err := fs.ReadFile(playbooks.FS, name)
			if err != nil {
				t.Fatal(err)
			}
			p, err := playbook.Parse(b, playbook.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			fn(t, b, p)
		})
	}
}

func TestNothingIsWrong(t *testing.T) {
	each(t, func(t *testing.T, b []byte, _ *playbook.Playbook) {
		got, err := playbook.Lint(b, playbook.Limits{}, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range append(got.Errors, got.Warnings...) {
			t.Errorf("%s: %s: %s", p.Path, p.Code, p.Message)
		}
	})
}

// The published schema allows them too.
func TestSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	var root string
	dir := realdata.Path(t, "data/sharing/cacao/schemas")
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
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
	schema, err := c.Compile(root)
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, b []byte, _ *playbook.Playbook) {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Error(err)
		}
	})
}

// Every clock that a step must keep to is a duty of a directive.
func TestClocks(t *testing.T) {
	clocks := 0
	each(t, func(t *testing.T, _ []byte, p *playbook.Playbook) {
		for _, s := range p.Steps {
			if s.Ours.Clock == "" {
				continue
			}
			clocks++
			name, owed, _ := strings.Cut(s.Ours.Clock, "/")
			b, err := fs.ReadFile(directives.FS, "incident/"+name+".yaml")
			if err != nil {
				t.Fatal(err)
			}
			d, err := directive.Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, duty := range d.Duties {
				found = found || duty.ID == owed
			}
			if !found {
				t.Errorf("%s: %s has no duty %s", s.Title(), name, owed)
			}
		}
	})
	if clocks < 3 {
		t.Errorf("%d clocks", clocks)
	}
}
