package verify

import (
	"strings"

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

// otherSource is what to say where a build says that it was built from another
// repository than the signing workflow ran for. That may well be: one project
// may build another's release. The certificate is what was verified.
func otherSource(a *Attestation) string {
	if a.Signer == nil || a.Claims == nil || a.Signer.Source == "" || a.Claims.Source == "" || sameRepository(a.Signer.Source, a.Claims.Source) {
		return ""
	}
	return "it says that it was built from " + a.Claims.Source + ", and was signed by a workflow that ran for " + a.Signer.Source
}

// sameRepository compares URIs of repositories: "git+https://host/a/b.git@ref"
// is that of https://host/a/b.
func sameRepository(a, b string) bool {
	bare := func(uri string) string {
		uri, _, _ = strings.Cut(strings.TrimPrefix(uri, "git+"), "@")
		return strings.TrimSuffix(strings.TrimSuffix(uri, "/"), ".git")
	}
	return strings.EqualFold(bare(a), bare(b))
}

func commitOf(r intoto.Resource) string {
	for _, algorithm := range []string{"gitCommit", "sha1"} {
		if d := r.Digest[algorithm]; d != "" {
			return d
		}
	}
	return ""
}
