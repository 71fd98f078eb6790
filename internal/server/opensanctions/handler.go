package opensanctions

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// Node is what answers.
type Node interface {
	Screen(ctx context.Context, ask access.Ask, sought []screening.Sought, opts node.ScreenOptions) (*node.ScreenedAll, error)
	Profile(ctx context.Context, ask access.Ask, id string) (*node.Profile, error)
	Programmes(ctx context.Context, ask access.Ask) (map[string]*listing.Programme, error)
}

// Handler answers the API.
type Handler struct {
	Node Node
	// Ask is whom a request speaks for, and the moment that the parameters at,
	// known and position of its address name. These are ours; without them it is
	// the present.
	Ask func(*http.Request) (access.Ask, error)
	// Fail answers what went wrong.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// Routes are the patterns that the API stands on.
func (h *Handler) Routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"POST /match/{dataset}": h.answer(h.match),
		"GET /search/{dataset}": h.answer(h.search),
		"GET /entities/{id}":    h.answer(h.entity),
		"GET /catalog":          h.answer(h.catalog),
		"GET /algorithms":       h.answer(h.algorithms),
	}
}

// Roots are the paths below which there is nothing else.
var Roots = []string{"/match/", "/search/", "/entities/", "/catalog", "/algorithms"}

// answer writes what a handler makes, or what went wrong.
func (h *Handler) answer(make func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		out, err := make(r)
		if err != nil {
			h.Fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(out) // who does not wait for the answer does not get it
	}
}

// known refuses parameters that are not among those named, or are given twice
// and mean one thing: to pass one over would answer another question.
func known(q url.Values, names ...string) error {
	names = append(names, "at", "known", "position", "api_key")
	for _, name := range slices.Sorted(maps.Keys(q)) {
		switch {
		case !slices.Contains(names, name):
			return problem.New(problem.Invalid, "%s: there is no such parameter here, or this node cannot do what it asks for", name)
		case len(q[name]) > 1 && !slices.Contains(repeated, name):
			return problem.New(problem.Invalid, "%s: given more than once", name)
		}
	}
	return checkTopics(q)
}

// repeated are the parameters of which each value adds to the others.
var repeated = []string{"include_dataset", "exclude_dataset", "exclude_schema", "exclude_entity_ids", "topics"}

// checkTopics refuses topics that nothing here is tagged with.
func checkTopics(q url.Values) error {
	for _, topic := range q["topics"] {
		if topic != "sanction" {
			return problem.New(problem.Invalid, "topics: %q: this node knows of lists only, which are of the topic sanction", topic)
		}
	}
	return nil
}

// number is a parameter within bounds.
func number(q url.Values, name string, fallback, most int) (int, error) {
	v := q.Get(name)
	if v == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > most {
		return 0, problem.New(problem.Invalid, "%s: want a number up to %d", name, most)
	}
	return n, nil
}

// share is a parameter between 0 and 1.
func share(q url.Values, name string, fallback float64) (float64, error) {
	v := q.Get(name)
	if v == "" {
		return fallback, nil
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || !(f >= 0 && f <= 1) {
		return 0, problem.New(problem.Invalid, "%s: want a number from 0 to 1", name)
	}
	return f, nil
}

// algorithmNames are the names by which clients ask for an algorithm. There is
// one here, which answers to all of them and says so in each answer.
var algorithmNames = []string{
	"", "best", "default", "auto", algorithmName, "logic-v1", "logic-v2", "name-based", "name-qualified", "ofac-249", "regression-v1", "regression-v2",
}

const algorithmName = "countersign"

func checkAlgorithm(q url.Values) error {
	if name := q.Get("algorithm"); !slices.Contains(algorithmNames, name) {
		return problem.New(problem.Invalid, "algorithm: %q is not known; there is %s, which answers to the others' names as well", name, algorithmName)
	}
	return nil
}

func (h *Handler) algorithms(r *http.Request) (any, error) {
	if err := known(r.URL.Query()); err != nil {
		return nil, err
	}
	about := fmt.Sprintf("%s; an entry is a match from a similarity of names of %v on. Birth date, country and identifiers are weighed apart and order the matches.", screening.Engine, screening.Threshold)
	return map[string]any{
		"algorithms": []any{map[string]any{
			"name": algorithmName, "description": about,
			"features": map[string]any{}, "docs": map[string]any{"name": algorithmName, "description": about, "config": map[string]any{}, "features": map[string]any{}},
			"threshold": screening.Threshold,
		}},
		"default": algorithmName, "best": algorithmName,
	}, nil
}
