package opensanctions

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// Bounds of one request.
const (
	maxQueries = 1000
	maxNames   = 20 // of one example
	maxLimit   = 500
	pageSize   = 5
)

// Example is an entity to be matched.
type Example struct {
	ID         string            `json:"id,omitempty"`
	Schema     string            `json:"schema"`
	Properties map[string]values `json:"properties"`
}

// values is one text or several.
type values []string

// UnmarshalJSON takes a text, a list of texts, or null.
func (v *values) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		if one != "" {
			*v = values{one}
		}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(v))
}

// matchRequest is the body of a request. Weights and settings of another
// algorithm mean nothing here, and are refused.
type matchRequest struct {
	Queries map[string]*Example `json:"queries"`
	Weights map[string]float64  `json:"weights"`
	Config  map[string]any      `json:"config"`
}

// Scored is an entity that an example may be.
type Scored struct {
	Entity
	Score        float64                `json:"score"`
	Match        bool                   `json:"match"`
	Features     map[string]float64     `json:"features"`
	Explanations map[string]explanation `json:"explanations"`
}

type explanation struct {
	Score     float64 `json:"score"`
	Detail    string  `json:"detail"`
	Query     string  `json:"query"`
	Candidate string  `json:"candidate"`
}

type total struct {
	Value    int    `json:"value"`
	Relation string `json:"relation"`
}

type matches struct {
	Status  int      `json:"status"`
	Results []Scored `json:"results"`
	Total   total    `json:"total"`
	Query   Example  `json:"query"`
}

type matchResponse struct {
	Responses map[string]matches `json:"responses"`
	Limit     int                `json:"limit"`
	Matcher   map[string]any     `json:"matcher"`
}

// matchOptions are what a request's parameters say.
type matchOptions struct {
	limit             int
	threshold, cutoff float64
	exclude           []string // ids
	excludeKinds      []string // schemas
	lists             []string
}

func (h *Handler) match(r *http.Request) (any, error) {
	q := r.URL.Query()
	ask, err := h.Ask(r)
	if err != nil {
		return nil, err
	}
	opts, err := matchParameters(q)
	if err != nil {
		return nil, err
	}
	s, err := h.scope(r.Context(), ask, r.PathValue("dataset"), q["include_dataset"])
	if err != nil {
		return nil, err
	}
	if opts.lists, err = s.without(q["exclude_dataset"]); err != nil {
		return nil, err
	}
	body, err := readRequest(r)
	if err != nil {
		return nil, err
	}
	out := matchResponse{Responses: map[string]matches{}, Limit: opts.limit, Matcher: map[string]any{
		"algorithm": algorithmName, "version": screening.Engine, "threshold": opts.threshold,
	}}
	for _, name := range slices.Sorted(maps.Keys(body.Queries)) {
		m, err := h.matchOne(r, &ask, s, opts, name, body.Queries[name])
		if err != nil {
			return nil, err
		}
		out.Responses[name] = *m
	}
	out.Matcher["at"], out.Matcher["known"], out.Matcher["position"] = ask.At.Date, ask.At.Known, ask.At.Position
	return out, nil
}

func matchParameters(q url.Values) (*matchOptions, error) {
	err := known(q, "limit", "threshold", "cutoff", "algorithm", "include_dataset", "exclude_dataset", "exclude_schema", "exclude_entity_ids", "topics", "fuzzy")
	if err != nil {
		return nil, err
	}
	if err := checkAlgorithm(q); err != nil {
		return nil, err
	}
	for _, schema := range q["exclude_schema"] {
		if schema != schemaOf("") && !slices.Contains(slices.Collect(maps.Values(schemas)), schema) {
			return nil, problem.New(problem.Invalid, "exclude_schema: %q: no entity here is of it; they are of Person, Organization, Vessel, Airplane or, where the source does not tell, LegalEntity", schema)
		}
	}
	o := &matchOptions{exclude: q["exclude_entity_ids"], excludeKinds: q["exclude_schema"]}
	if o.limit, err = number(q, "limit", pageSize, maxLimit); err != nil {
		return nil, err
	}
	if o.threshold, err = share(q, "threshold", screening.Threshold); err != nil {
		return nil, err
	}
	o.cutoff, err = share(q, "cutoff", o.threshold)
	o.cutoff = min(o.cutoff, o.threshold)
	return o, err
}

// without is the lists asked for but for some.
func (s *scope) without(excluded []string) ([]string, error) {
	if len(excluded) == 0 {
		return s.lists, nil
	}
	drop := map[string]bool{}
	for _, name := range excluded {
		lists := s.named(name)
		if len(lists) == 0 {
			return nil, problem.New(problem.NotFound, "there is no dataset %q", name)
		}
		for _, l := range lists {
			drop[l] = true
		}
	}
	from := s.lists
	if len(from) == 0 {
		from = slices.Sorted(maps.Keys(s.programmes))
	}
	kept := slices.DeleteFunc(slices.Clone(from), func(l string) bool { return drop[l] })
	if len(kept) == 0 {
		return nil, problem.New(problem.Invalid, "exclude_dataset: leaves no dataset")
	}
	return kept, nil
}

func readRequest(r *http.Request) (*matchRequest, error) {
	var body matchRequest
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return nil, problem.New(problem.TooLarge, "the body is longer than %d bytes", tooLong.Limit)
		}
		return nil, problem.New(problem.Invalid, "the body cannot be read: %v", err)
	}
	maps.DeleteFunc(body.Queries, func(_ string, e *Example) bool { return e == nil })
	switch {
	case len(body.Queries) == 0:
		return nil, problem.New(problem.Invalid, "queries: none are given")
	case len(body.Queries) > maxQueries:
		return nil, problem.New(problem.Invalid, "queries: %d are given; at most %d are taken", len(body.Queries), maxQueries)
	case len(body.Weights)+len(body.Config) > 0:
		return nil, problem.New(problem.Invalid, "weights and config: the algorithm here takes none")
	}
	return &body, nil
}

// matchOne matches one example: by each of its names, the best of which counts.
// It leaves in ask the moment that it answered as of, for the examples after it.
func (h *Handler) matchOne(r *http.Request, ask *access.Ask, s *scope, o *matchOptions, name string, e *Example) (*matches, error) {
	sought, err := e.sought(name)
	if err != nil {
		return nil, err
	}
	found, err := h.Node.Screen(r.Context(), *ask, sought, node.ScreenOptions{Limit: maxLimit, Least: o.cutoff, Lists: o.lists, Why: true})
	if err != nil {
		return nil, err
	}
	ask.At = access.At{Date: found.At, Known: found.Known, Position: found.Position}
	best := map[string]screening.Match{}
	for i, one := range found.Results {
		if one.Error != "" {
			return nil, problem.New(problem.Invalid, "queries.%s: %s", name, one.Error)
		}
		for _, m := range found.Results[i].Matches {
			if old, ok := best[m.ID]; (!ok || m.Score > old.Score) && m.Score >= o.cutoff && !slices.Contains(o.exclude, m.ID) && !slices.Contains(o.excludeKinds, schemaOf(m.Kind)) {
				best[m.ID] = m
			}
		}
	}
	ranked := slices.Collect(maps.Values(best))
	screening.Rank(ranked)
	out := &matches{Status: http.StatusOK, Results: []Scored{}, Total: total{len(ranked), "eq"}, Query: *e}
	for _, m := range ranked[:min(len(ranked), o.limit)] {
		p, err := h.Node.Profile(r.Context(), *ask, m.ID)
		if err != nil {
			return nil, err
		}
		out.Results = append(out.Results, scored(s.entityOf(p), m, o.threshold))
	}
	return out, nil
}

// scored is a match with what led to it.
func scored(e Entity, m screening.Match, threshold float64) Scored {
	out := Scored{Entity: e, Score: m.Score, Match: m.Score >= threshold, Features: map[string]float64{}, Explanations: map[string]explanation{}}
	if m.Why == nil {
		return out
	}
	out.Features["name"] = m.Why.Similarity.Score
	out.Explanations["name"] = explanation{m.Why.Similarity.Score, strings.Join(m.Why.Similarity.Caps, "; "), m.Why.Similarity.Query.Text, m.Matched}
	for _, f := range m.Why.Evidence.Features {
		out.Features[f.Name] = f.Delta
		out.Explanations[f.Name] = explanation{f.Delta, f.Outcome, f.Asked, f.Held}
	}
	return out
}

// sought is the example's names, each to be screened with what else it says.
func (e *Example) sought(query string) ([]screening.Sought, error) {
	kind, ok := kindOf(e.Schema)
	if !ok {
		return nil, problem.New(problem.Invalid, "queries.%s.schema: %q: want Person, Organization, Company, LegalEntity, Vessel, Airplane or Thing", query, e.Schema)
	}
	of := func(properties ...string) []string {
		var out []string
		for _, p := range properties {
			out = append(out, e.Properties[p]...)
		}
		return out
	}
	base := screening.Sought{
		Kind: kind, Birth: strings.Join(of("birthDate"), "; "), Country: strings.Join(of("nationality", "citizenship", "country", "jurisdiction", "flag"), "; "),
		Identifier: strings.Join(e.identifiers(), "; "),
	}
	names := of("name", "alias", "previousName", "weakAlias")
	if first, last := of("firstName"), of("lastName"); len(names) == 0 && len(first)+len(last) > 0 {
		names = []string{strings.Join(append(first, last...), " ")}
	}
	switch {
	case len(names) == 0 && base.Identifier == "":
		return nil, problem.New(problem.Invalid, "queries.%s.properties: want a name or an identifier", query)
	case len(names) == 0:
		return []screening.Sought{base}, nil
	case len(names) > maxNames:
		return nil, problem.New(problem.Invalid, "queries.%s.properties: %d names: at most %d are compared", query, len(names), maxNames)
	}
	out := make([]screening.Sought, len(names))
	for i, name := range names {
		out[i] = base
		out[i].Name = name
	}
	return out, nil
}

// identifiers is the example's numbers, with their scheme where the property
// tells it.
func (e *Example) identifiers() []string {
	var out []string
	for _, property := range slices.Sorted(maps.Keys(e.Properties)) {
		scheme, isNumber := numberProperties[property]
		if !isNumber {
			continue
		}
		for _, v := range e.Properties[property] {
			out = append(out, scheme+v)
		}
	}
	return out
}

var numberProperties = map[string]string{
	"leiCode": "lei:", "imoNumber": "imo:", "isin": "isin:", "isinCode": "isin:", "mmsi": "mmsi:", "uscCode": "uscc:", "dunsCode": "duns:", "swiftBic": "swift:",
	"passportNumber": "passport:", "idNumber": "", "registrationNumber": "", "taxNumber": "", "vatCode": "", "innCode": "", "ogrnCode": "",
	"ticker": "", "serialNumber": "", "callSign": "",
}
