package label

import (
	"slices"
	"strings"

	"countersign.dev/internal/software"
)

// FactCovers is about a label; its term is something that the label is found by,
// as [Handle.Term] writes it, and its body a [Handle]. Events that say what a
// label is on state one for each.
const FactCovers = "label.covers"

// Handle is what a label is found by: a release that it covers, or the product's
// name. Whether the label still covers it is for its events to say.
type Handle struct {
	Kind  string `json:"kind"` // "purl", "digest" or "name"
	Value string `json:"value"`
}

// Term is what the handle is looked up by, which is as releases are.
func (h Handle) Term() string { return software.Term(h.Kind, h.Value) }

// Handles is what a label that says this is found by, each once.
func (t *Terms) Handles() []Handle {
	var out []Handle
	seen := map[string]bool{}
	add := func(kind, value string) {
		h := Handle{kind, strings.TrimSpace(value)}
		if term := h.Term(); h.Value != "" && term != "" && !seen[term] {
			seen[term] = true
			out = append(out, h)
		}
	}
	for _, r := range t.Releases {
		add("purl", r.PURL)
		for _, d := range r.Digests {
			add("digest", d)
		}
	}
	add("name", t.Product)
	if t.Model != "" {
		add("name", t.Product+" "+t.Model)
	}
	return out
}

// IsFoundBy reports whether one of the terms leads to a label that says this.
func (t *Terms) IsFoundBy(terms ...string) bool {
	return slices.ContainsFunc(t.Handles(), func(h Handle) bool { return slices.Contains(terms, h.Term()) })
}
