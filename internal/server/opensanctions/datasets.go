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
// collections by it. Of them it leaves those of the datasets in only, which
// narrow the one of the path and never widen it.
func (h *Handler) scope(ctx context.Context, ask access.Ask, dataset string, only []string) (*scope, error) {
	programmes, err := h.Node.Programmes(ctx, ask)
	if err != nil {
		return nil, err
	}
	s := &scope{programmes: programmes}
	if s.lists, err = s.meant(dataset); err != nil || len(only) == 0 {
		return s, err
	}
	within, err := s.meant(only...)
	switch {
	case err != nil:
		return nil, err
	case within == nil:
	case s.lists == nil:
		s.lists = within
	default:
		s.lists = slices.DeleteFunc(s.lists, func(l string) bool { return !slices.Contains(within, l) })
		if len(s.lists) == 0 {
			return nil, problem.New(problem.Invalid, "include_dataset: nothing of it is in %s; to ask of several datasets, include them in %s", dataset, everything[0])
		}
	}
	return s, nil
}

// meant is the programmes that some names of datasets mean together; nil for
// all there are.
func (s *scope) meant(names ...string) ([]string, error) {
	var out []string
	all := false
	for _, name := range names {
		lists := s.named(name)
		all = all || slices.Contains(everything, name)
		if len(lists) == 0 && !slices.Contains(everything, name) {
			return nil, problem.New(problem.NotFound, "there is no dataset %q", name)
		}
		out = append(out, lists...)
	}
	if all {
		return nil, nil
	}
	slices.Sort(out)
	return slices.Compact(out), nil
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
	ask, err := h.Ask(r)
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
