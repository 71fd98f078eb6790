package verify

import (
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/assurance/intoto"
)

// claimsOf is what a statement says, as far as its type is known.
func claimsOf(s *intoto.Statement) *Claims {
	switch p := s.Predicate.(type) {
	case *intoto.Result:
		return &Claims{Status: statusOf(p), Verifier: p.Verifier, Properties: p.Properties}
	case *intoto.Summary:
		return &Claims{Verifier: p.Verifier, Passed: &p.Passed, Properties: p.Levels}
	case *intoto.Provenance:
		return &Claims{Builder: p.Builder, BuildType: p.BuildType, Source: p.Source.URI, Commit: commitOf(p.Source)}
	case *intoto.Release:
		return &Claims{Package: p.PURL}
	case *intoto.Tests:
		passed := p.Result == "PASSED"
		return &Claims{Passed: &passed}
	}
	return nil
}

// statusOf is the status that a label names of itself.
func statusOf(r *intoto.Result) string {
	var w struct {
		Status string `json:"status"`
	}
	if r.Annotations.Kind() != '{' || dsse.Unmarshal(r.Annotations, &w, dsse.Limits{}) != nil {
		return ""
	}
	return w.Status
}

func commitOf(r intoto.Resource) string {
	for _, algorithm := range []string{"gitCommit", "sha1"} {
		if d := r.Digest[algorithm]; d != "" {
			return d
		}
	}
	return ""
}
