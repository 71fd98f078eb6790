package csaf

import (
	"strings"
	"testing"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/ledger"
)

// document of a constructed maker, with room for a product tree and
// vulnerabilities.
const outline = `{"document": {"category": "csaf_vex", "csaf_version": "2.0", "title": "Portal", "aggregate_severity": {"text": "Important"},
 "publisher": {"category": "vendor", "name": "Acme", "namespace": "https://acme.example"},
 "notes": [{"category": "legal_disclaimer", "text": "no"}, {"category": "summary", "text": "About the portal."}],
 "references": [{"category": "self", "summary": "here", "url": "https://acme.example/a-7"}],
 "tracking": {"id": "ACME-7", "status": "final", "version": "2", "aliases": ["A7"],
  "initial_release_date": "2024-04-01T00:00:00Z", "current_release_date": "2024-05-01T10:00:00+02:00"}},
 "product_tree": {TREE}, "vulnerabilities": [VULNERABILITIES]}`

func outlined(tree, vulnerabilities string) string {
	return strings.NewReplacer("TREE", tree, "VULNERABILITIES", vulnerabilities).Replace(outline)
}

func readText(t *testing.T, text string) *ledger.Reading {
	t.Helper()
	r, err := Read(t.Context(), "x.json", []byte(text), jsondoc.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// of is the bodies of one kind of statement.
func of[T any](r *ledger.Reading, kind string) []T {
	var out []T
	for _, st := range r.Statements {
		if st.Kind == kind {
			out = append(out, st.Body.(T))
		}
	}
	return out
}

// says is the statements of a reading, each in a line.
func says(r *ledger.Reading) []string {
	var out []string
	for _, v := range of[advisory.VEX](r, advisory.FactVEX) {
		line := v.Weakness + " | " + v.Product
		if v.Versions != "" {
			line += " " + v.Versions
		}
		if v.Component != "" {
			line += " > " + v.Component
		}
		out = append(out, line+" | "+v.Status)
	}
	return out
}
