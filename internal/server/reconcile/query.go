package reconcile

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// query is one cell to be matched, after section 4.1 of the specification.
type query struct {
	Query      string        `json:"query"`
	Type       oneOrMore     `json:"type"`
	Limit      int           `json:"limit"`
	Properties []propertyAsk `json:"properties"`
	TypeStrict string        `json:"type_strict"`
}

// propertyAsk is what another column says.
type propertyAsk struct {
	PID string    `json:"pid"`
	V   oneOrMore `json:"v"`
}

// oneOrMore is a text, a list of texts, numbers, or entities that were matched
// before, of which the name counts.
type oneOrMore []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMore) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, one := range list {
		switch one := one.(type) {
		case nil:
		case map[string]any:
			*o = append(*o, fmt.Sprint(one["name"]))
		default:
			*o = append(*o, fmt.Sprint(one))
		}
	}
	return nil
}

// Candidate is an entity that a cell may be. Its score is in percent, as
// OpenRefine shows it.
type Candidate struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Type        []Type    `json:"type"`
	Score       float64   `json:"score"`
	Features    []feature `json:"features"`
	Match       bool      `json:"match"`
}

type feature struct {
	ID    string  `json:"id"`
	Value float64 `json:"value"`
}

type result struct {
	Result []Candidate `json:"result"`
}

// queries answers a batch of queries.
func (h *Handler) queries(r *http.Request, ask access.Ask, text string, lists []string) (any, error) {
	var batch map[string]query
	if err := json.Unmarshal([]byte(text), &batch); err != nil {
		return nil, problem.New(problem.Invalid, "queries: want a JSON object of queries: %v", err)
	}
	if len(batch) > maxQueries {
		return nil, problem.New(problem.Invalid, "queries: %d are given; at most %d are taken", len(batch), maxQueries)
	}
	out := map[string]result{}
	var names []string
	var sought []screening.Sought
	for _, name := range slices.Sorted(maps.Keys(batch)) {
		one := batch[name]
		s, err := one.sought(name)
		if err != nil {
			return nil, err
		}
		if party.Fold(s.Name) == "" && s.Identifier == "" {
			out[name] = result{[]Candidate{}} // a cell with nothing to compare, as "-", matches nothing
			continue
		}
		names, sought = append(names, name), append(sought, s)
	}
	found, err := h.Node.Screen(r.Context(), ask, sought, node.ScreenOptions{Limit: maxLimit, Lists: lists, Why: true})
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		// Not to have looked is not to have found nothing.
		if said := found.Results[i].Error; said != "" {
			return nil, problem.New(problem.Invalid, "queries.%s: %s", name, said)
		}
		matches := found.Results[i].Matches
		matches = matches[:min(len(matches), limitOf(batch[name].Limit, 5))]
		list := []Candidate{}
		for _, m := range matches {
			list = append(list, candidate(m))
		}
		if decided(list) {
			list[0].Match = true
		}
		out[name] = result{list}
	}
	return out, nil
}

// decided reports whether the first candidate may be taken without a person's
// looking: its name is equal, or an identifier, and nobody else's is as good.
func decided(list []Candidate) bool {
	return len(list) > 0 && list[0].Score >= 100 && (len(list) == 1 || list[1].Score < list[0].Score)
}

func (q *query) sought(name string) (screening.Sought, error) {
	s := screening.Sought{Name: q.Query}
	if len(q.Type) == 1 {
		t, ok := typeNamed(q.Type[0])
		if !ok {
			return s, problem.New(problem.Invalid, "queries.%s.type: %q is not known", name, q.Type[0])
		}
		if t != nil {
			s.Kind = t.kind
		}
	}
	for _, p := range q.Properties {
		value := strings.Join(p.V, "; ")
		switch p.PID {
		case "birth_date", "birthDate", "dob":
			s.Birth = value
		case "country", "nationality", "jurisdiction":
			s.Country = value
		case "identifier", "registrationNumber", "leiCode", "imoNumber", "idNumber", "passportNumber", "taxNumber":
			s.Identifier = strings.TrimPrefix(s.Identifier+"; "+value, "; ")
		}
	}
	return s, nil
}

func candidate(m screening.Match) Candidate {
	c := Candidate{
		ID: m.ID, Name: m.Name, Description: described(m), Type: typesOf(m.Kind), Score: percent(m.Score),
		Features: []feature{{"evidence", m.Evidence}},
	}
	if m.Why != nil {
		c.Features = append(c.Features, feature{"name", percent(m.Why.Similarity.Score)})
		for _, f := range m.Why.Evidence.Features {
			c.Features = append(c.Features, feature{f.Name, f.Delta})
		}
	}
	return c
}

func percent(share float64) float64 { return float64(int(share*10_000+0.5)) / 100 }

func described(m screening.Match) string {
	out := m.List
	if out == "" {
		out = "on no list"
	} else if m.Status != "" {
		out += ", " + string(m.Status)
	}
	if m.Matched != "" && m.Matched != m.Name {
		out += "; found as " + m.Matched
	}
	return out
}

func typesOf(k party.Kind) []Type {
	if i := slices.IndexFunc(types, func(t Type) bool { return t.kind == k }); i >= 0 {
		return types[i : i+1]
	}
	return []Type{}
}
