package opensanctions

import (
	"cmp"
	"net/http"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/screening/match"
)

// search is a list of entities whose names are like the text, also those that
// are not like enough to be matches: a surname alone finds its bearers.
func (h *Handler) search(r *http.Request) (any, error) {
	q := r.URL.Query()
	err := known(q, "q", "limit", "offset", "schema", "include_dataset", "exclude_dataset", "fuzzy", "simple", "topics")
	if err != nil {
		return nil, err
	}
	ask, err := h.Ask(r)
	if err != nil {
		return nil, err
	}
	limit, err := number(q, "limit", 10, maxLimit)
	if err != nil {
		return nil, err
	}
	offset, err := number(q, "offset", 0, maxLimit)
	if err != nil {
		return nil, err
	}
	s, err := h.scope(r.Context(), ask, r.PathValue("dataset"), q["include_dataset"])
	if err != nil {
		return nil, err
	}
	if s.lists, err = s.without(q["exclude_dataset"]); err != nil {
		return nil, err
	}
	kind, ok := kindOf(q.Get("schema"))
	if !ok {
		return nil, problem.New(problem.Invalid, "schema: %q is not known", q.Get("schema"))
	}
	found, err := h.Node.Screen(r.Context(), ask, []screening.Sought{{Name: q.Get("q"), Kind: kind}}, node.ScreenOptions{Limit: maxLimit, Lists: s.lists, Least: match.Floor})
	if err != nil {
		return nil, err
	}
	if said := found.Results[0].Error; said != "" {
		return nil, problem.New(problem.Invalid, "q: %s", said)
	}
	ask.At = access.At{Date: found.At, Known: found.Known, Position: found.Position}
	all := found.Results[0].Matches
	all = slices.DeleteFunc(all, func(m screening.Match) bool { return kind != "" && cmp.Or(m.Kind, kind) != kind })
	results := []Entity{}
	for _, m := range all[min(offset, len(all)):min(offset+limit, len(all))] {
		p, err := h.Node.Profile(r.Context(), ask, m.ID)
		if err != nil {
			return nil, err
		}
		results = append(results, s.entityOf(p))
	}
	return map[string]any{"limit": limit, "offset": offset, "total": total{len(all), "eq"}, "results": results, "facets": map[string]any{}}, nil
}
