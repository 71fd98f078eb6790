package verify

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/assurance/sigstore"
)

//go:embed builders.yaml
var buildersYAML []byte

// builder is one that is known to throw its keys away.
type builder struct {
	Name      string   `yaml:"builder"`
	Source    string   `yaml:"source"`
	Workflows string   `yaml:"workflows"` // how the identity begins
	Refs      []string `yaml:"refs"`      // behind the "@": how a tag begins, or a branch
	Issuer    string   `yaml:"issuer"`
}

var builders = sync.OnceValues(func() ([]builder, error) {
	var out []builder
	if err := yaml.Unmarshal(buildersYAML, &out); err != nil {
		return nil, fmt.Errorf("builders.yaml: %w", err)
	}
	for _, b := range out {
		if b.Name == "" || b.Source == "" || b.Issuer == "" || len(b.Refs) == 0 || !strings.HasSuffix(b.Workflows, "/") {
			return nil, fmt.Errorf("builders.yaml: %q is not complete", b.Name)
		}
	}
	return out, nil
})

// builderOf is the name of the known builder that signed, or "".
func builderOf(s sigstore.Signer) (string, error) {
	all, err := builders()
	if err != nil {
		return "", err
	}
	workflow, ref, _ := strings.Cut(s.Identity, "@")
	for _, b := range all {
		file, ours := strings.CutPrefix(workflow, b.Workflows)
		if !ours || file == "" || strings.Contains(file, "/") || s.Issuer != b.Issuer {
			continue
		}
		for _, r := range b.Refs {
			// A tag may begin so; a branch is that one.
			if ref == r || strings.HasPrefix(r, "refs/tags/") && strings.HasPrefix(ref, r) {
				return b.Name, nil
			}
		}
	}
	return "", nil
}
