package intoto

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Provenance is how an artifact was built (SLSA provenance 0.1, 0.2 and 1): what
// the three versions have in common, by the names of version 1.
type Provenance struct {
	Version    string // "v0.1", "v0.2", "v1"
	Builder    string // URI of who built, and vouches for the rest
	BuildType  string
	Invocation string   // the builder's own name of the build
	Source     Resource // what was built, as far as it says: URI and digest
	Materials  []Resource
	Started    time.Time
	Finished   time.Time
}

// Summary is that a verifier held an artifact against a policy (SLSA
// verification summary 0.1, 0.2 and 1).
type Summary struct {
	Version  string
	Verifier string
	Passed   bool
	Levels   []string // that the artifact has: SLSA_BUILD_LEVEL_3
	Resource string   // URI of the artifact
	Policy   Resource
	Time     time.Time
}

var provenanceReaders = map[string]predicateReader{
	"v0.1": readProvenanceV01, "v0.2": readProvenanceV02, "v1": readProvenanceV1, "v1.0": readProvenanceV1,
}

var summaryReaders = map[string]predicateReader{
	"v0.1": summaryReader("v0.1"), "v0.2": summaryReader("v0.2"), "v1": summaryReader("v1"), "v1.0": summaryReader("v1"),
}

type wireBuilder struct {
	ID string `json:"id"`
}

type wireMetadata struct {
	InvocationID      string    `json:"buildInvocationId"`
	InvocationIDUpper string    `json:"buildInvocationID"` // as SLSA's GitHub generator writes it
	Started           time.Time `json:"buildStartedOn"`
	Finished          time.Time `json:"buildFinishedOn"`
}

func (m wireMetadata) invocation() string {
	if m.InvocationID != "" {
		return m.InvocationID
	}
	return m.InvocationIDUpper
}

type wireProvenanceV01 struct {
	Builder wireBuilder `json:"builder"`
	Recipe  struct {
		Type              string `json:"type"`
		DefinedInMaterial *int   `json:"definedInMaterial"`
	} `json:"recipe"`
	Metadata  wireMetadata `json:"metadata"`
	Materials []Resource   `json:"materials"`
}

func readProvenanceV01(v jsontext.Value) (any, error) {
	var w wireProvenanceV01
	if err := decode(v, &w); err != nil {
		return nil, err
	}
	p := &Provenance{
		Version: "v0.1", Builder: w.Builder.ID, BuildType: w.Recipe.Type, Invocation: w.Metadata.invocation(),
		Materials: w.Materials, Started: w.Metadata.Started, Finished: w.Metadata.Finished,
	}
	// The source is the material that the recipe names; Google's builder names
	// none and writes the source first.
	at := 0
	if w.Recipe.DefinedInMaterial != nil {
		at = *w.Recipe.DefinedInMaterial
	}
	if at >= 0 && at < len(w.Materials) {
		p.Source = w.Materials[at]
	}
	return p, want("builder.id", p.Builder)
}

type wireProvenanceV02 struct {
	Builder    wireBuilder `json:"builder"`
	BuildType  string      `json:"buildType"`
	Invocation struct {
		ConfigSource Resource `json:"configSource"`
	} `json:"invocation"`
	Metadata  wireMetadata `json:"metadata"`
	Materials []Resource   `json:"materials"`
}

func readProvenanceV02(v jsontext.Value) (any, error) {
	var w wireProvenanceV02
	if err := decode(v, &w); err != nil {
		return nil, err
	}
	p := &Provenance{
		Version: "v0.2", Builder: w.Builder.ID, BuildType: w.BuildType, Invocation: w.Metadata.invocation(),
		Source: w.Invocation.ConfigSource, Materials: w.Materials, Started: w.Metadata.Started, Finished: w.Metadata.Finished,
	}
	return p, want("builder.id", p.Builder)
}

type wireProvenanceV1 struct {
	Definition struct {
		BuildType string         `json:"buildType"`
		External  jsontext.Value `json:"externalParameters"`
		Resolved  []Resource     `json:"resolvedDependencies"`
	} `json:"buildDefinition"`
	Run struct {
		Builder  wireBuilder `json:"builder"`
		Metadata struct {
			InvocationID string    `json:"invocationId"`
			Started      time.Time `json:"startedOn"`
			Finished     time.Time `json:"finishedOn"`
		} `json:"metadata"`
	} `json:"runDetails"`
}

func readProvenanceV1(v jsontext.Value) (any, error) {
	var w wireProvenanceV1
	if err := decode(v, &w); err != nil {
		return nil, err
	}
	p := &Provenance{
		Version: "v1", Builder: w.Run.Builder.ID, BuildType: w.Definition.BuildType, Invocation: w.Run.Metadata.InvocationID,
		Materials: w.Definition.Resolved, Started: w.Run.Metadata.Started, Finished: w.Run.Metadata.Finished,
	}
	p.Source = sourceOf(w.Definition.External, w.Definition.Resolved)
	return p, want("runDetails.builder.id", p.Builder)
}

// sourceOf finds the source in the parameters of version 1, which each build
// type writes in its own way: as the workflow of GitHub's build types, or as a
// source, as a URI or a resource. Where the parameters tell nothing there is no
// source: what was fetched is not what was built.
func sourceOf(external jsontext.Value, resolved []Resource) Resource {
	var workflow struct {
		Workflow struct {
			Repository string `json:"repository"`
			Ref        string `json:"ref"`
		} `json:"workflow"`
	}
	var text struct {
		Source string `json:"source"`
	}
	var resource struct {
		Source Resource `json:"source"`
	}
	source := Resource{}
	switch {
	case decode(external, &workflow) == nil && workflow.Workflow.Repository != "":
		source.URI = "git+" + workflow.Workflow.Repository
		if workflow.Workflow.Ref != "" {
			source.URI += "@" + workflow.Workflow.Ref
		}
	case decode(external, &text) == nil && text.Source != "":
		source.URI = text.Source
	case decode(external, &resource) == nil:
		source = resource.Source
	}
	for _, r := range resolved {
		if source.URI != "" && source.Digest == nil && strings.TrimPrefix(r.URI, "git+") == strings.TrimPrefix(source.URI, "git+") {
			source.Digest = r.Digest
		}
	}
	return source
}

type wireSummary struct {
	Verifier wireBuilder `json:"verifier"`
	Time     time.Time   `json:"timeVerified"`
	Resource string      `json:"resourceUri"`
	Policy   Resource    `json:"policy"`
	Result   string      `json:"verificationResult"`
	Levels   []string    `json:"verifiedLevels"`
	// Version 0.1 had one level and another name for the result.
	ResultV01 string `json:"verification_result"`
	LevelV01  string `json:"policy_level"`
	PolicyV01 string `json:"policyLevel"`
}

func summaryReader(version string) predicateReader {
	return func(v jsontext.Value) (any, error) {
		var w wireSummary
		if err := decode(v, &w); err != nil {
			return nil, err
		}
		s := &Summary{
			Version: version, Verifier: w.Verifier.ID, Levels: w.Levels, Resource: w.Resource, Policy: w.Policy, Time: w.Time,
			Passed: w.Result == "PASSED" || version == "v0.1" && w.ResultV01 == "PASSED",
		}
		for _, level := range []string{w.PolicyV01, w.LevelV01} {
			if version == "v0.1" && level != "" && len(s.Levels) == 0 {
				s.Levels = []string{level}
			}
		}
		return s, want("verifier.id", s.Verifier)
	}
}
