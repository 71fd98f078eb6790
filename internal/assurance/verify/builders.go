package verify

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	"golang.org/x/mod/semver"

	"countersign.dev/internal/assurance/sigstore"
)

//go:embed builders.yaml
var buildersYAML []byte

// builder is one that is known to throw its keys away.
type builder struct {
	Name      string `yaml:"builder"`
	Source    string `yaml:"source"`    // where it says how it signs
	Workflows string `yaml:"workflows"` // how its identity begins
	Project   string `yaml:"project"`   // how the repositories of its own project begin
	Issuer    string `yaml:"issuer"`
}

var builders = sync.OnceValues(func() ([]builder, error) {
	var out []builder
	if err := yaml.Unmarshal(buildersYAML, &out); err != nil {
		return nil, fmt.Errorf("builders.yaml: %w", err)
	}
	for _, b := range out {
		if b.Name == "" || b.Source == "" || b.Issuer == "" || !strings.HasSuffix(b.Workflows, "/") || !strings.HasSuffix(b.Project, "/") {
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
		file, its := strings.CutPrefix(workflow, b.Workflows)
		if !its || file == "" || strings.Contains(file, "/") || s.Issuer != b.Issuer {
			continue
		}
		if isRelease(ref) || strings.HasPrefix(s.Source, b.Project) && (isVersion(ref) || ref == "refs/heads/main") {
			return b.Name, nil
		}
	}
	return "", nil
}

// isVersion reports whether a ref is the tag of a whole version, as v1.2.3 or
// v1.2.3-rc.1. Tags as v1 are moved.
func isVersion(ref string) bool {
	tag, ok := strings.CutPrefix(ref, "refs/tags/")
	return ok && semver.IsValid(tag) && semver.Canonical(tag) == tag
}

// isRelease reports whether it is that of a release, and not of one to come.
func isRelease(ref string) bool {
	return isVersion(ref) && semver.Prerelease(strings.TrimPrefix(ref, "refs/tags/")) == ""
}
