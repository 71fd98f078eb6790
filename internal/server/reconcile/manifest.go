package reconcile

import (
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// Type is a sort of entity.
type Type struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	kind party.Kind
}

// types are those that a column may be matched with.
var types = []Type{
	{"organisation", "Organisation", party.Organisation}, {"person", "Person", party.Person},
	{"vessel", "Vessel", party.Vessel}, {"aircraft", "Aircraft", party.Aircraft},
}

// typeNamed finds a type by its id or another word for it; nil for any.
func typeNamed(word string) (*Type, bool) {
	kind, ok := screening.KindNamed(word)
	if !ok {
		return nil, false
	}
	if i := slices.IndexFunc(types, func(t Type) bool { return t.kind == kind }); i >= 0 {
		return &types[i], true
	}
	return nil, true
}

// Property is something known of an entity.
type Property struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	asks bool   // may stand beside a query
}

// properties are those that a column may hold, to tell namesakes apart, or be
// filled with.
var properties = []Property{
	{"birth_date", "Birth date", true}, {"country", "Country", true}, {"identifier", "Identifier", true},
	{"name", "Name", false}, {"alias", "Other names", false}, {"list", "List", false}, {"status", "Status", false}, {"since", "Status since", false},
	{"address", "Address", false}, {"remarks", "Remarks", false},
}

// manifest describes the service.
func (h *Handler) manifest(r *http.Request) (any, error) {
	q := r.URL.Query()
	if q.Has("callback") {
		return nil, problem.New(problem.Invalid, "callback: JSONP is not answered; ask for the JSON itself")
	}
	base := h.Base(r) + strings.TrimSuffix(r.URL.Path, "/")
	site := h.Base(r)
	return map[string]any{
		"versions":        []string{"0.2"},
		"name":            "countersign: restricted parties",
		"identifierSpace": site + "/parties/",
		"schemaSpace":     site + "/reconcile/schema/",
		"documentation":   site + "/api",
		"defaultTypes":    types,
		"view":            map[string]string{"url": site + "/party?subject={{id}}" + onward(r, "&")},
		"preview":         map[string]any{"url": base + "/preview?id={{id}}" + onward(r, "&"), "width": 420, "height": 260},
		"suggest": map[string]any{
			"entity":   map[string]string{"service_url": base, "service_path": "/suggest/entity" + onward(r, "?")},
			"type":     map[string]string{"service_url": base, "service_path": "/suggest/type"},
			"property": map[string]string{"service_url": base, "service_path": "/suggest/property"},
		},
		"extend":    map[string]any{"propose_properties": map[string]string{"service_url": base, "service_path": "/extend/propose"}, "property_settings": []any{}},
		"batchSize": 50,
	}, nil
}
