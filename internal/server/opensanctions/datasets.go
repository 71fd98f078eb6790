package opensanctions

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/problem"
)

// everything is the names by which all lists together are asked for.
var everything = []string{"default", "all", "sanctions"}

// scope is the programmes that a request is about.
type scope struct {
	programmes map[string]*listing.Programme
	lists      []string // of them, the ones asked for; all when empty
}

// scope finds the programmes of a dataset: one that has its id, or is known to
// collections by it.
func (h *Handler) scope(ctx context.Context, ask access.Ask, dataset string, only []string) (*scope, error) {
	programmes, err := h.Node.Programmes(ctx, ask)
	if err != nil {
		return nil, err
	}
	s := &scope{programmes: programmes}
	for _, name := range append([]string{dataset}, only...) {
		if slices.Contains(everything, name) {
			continue
		}
		lists := s.named(name)
		if len(lists) == 0 {
			return nil, problem.New(problem.NotFound, "there is no dataset %q", name)
		}
		if name != dataset || len(only) == 0 {
			s.lists = append(s.lists, lists...)
		}
	}
	return s, nil
}

// named is the programmes that a name of a dataset means.
func (s *scope) named(name string) []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(s.programmes)) {
		if id == name || slices.Contains(s.programmes[id].FTMDatasets, name) {
			out = append(out, id)
		}
	}
	return out
}

// dataset is the name by which collections know a list.
func (s *scope) dataset(list string) string {
	if p := s.programmes[list]; p != nil && len(p.FTMDatasets) > 0 {
		return p.FTMDatasets[0]
	}
	return list
}

// catalog lists the programmes as datasets.
func (h *Handler) catalog(r *http.Request) (any, error) {
	q := r.URL.Query()
	if err := known(q); err != nil {
		return nil, err
	}
	ask, err := h.ask(r, q)
	if err != nil {
		return nil, err
	}
	s, err := h.scope(r.Context(), ask, everything[0], nil)
	if err != nil {
		return nil, err
	}
	type dataset struct {
		Name     string   `json:"name"`
		Title    string   `json:"title"`
		Summary  string   `json:"summary,omitempty"`
		URL      string   `json:"url,omitempty"`
		Children []string `json:"children"`
		Load     bool     `json:"load"`
	}
	all := dataset{Name: everything[0], Title: "Every list that this node holds", Children: []string{}, Load: true}
	out := []dataset{}
	seen := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(s.programmes)) {
		p, name := s.programmes[id], s.dataset(id)
		if !seen[name] {
			seen[name] = true
			out = append(out, dataset{Name: name, Title: p.Title, Summary: p.Note, URL: p.URL, Children: []string{}, Load: true})
			all.Children = append(all.Children, name)
		}
	}
	return map[string]any{"datasets": append([]dataset{all}, out...), "current": append([]string{all.Name}, all.Children...), "outdated": []string{}, "index_stale": false}, nil
}
