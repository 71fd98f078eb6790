package reconcile

import (
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// extension is a request for properties of entities, after section 6 of the
// specification.
type extension struct {
	IDs        []string `json:"ids"`
	Properties []struct {
		ID string `json:"id"`
	} `json:"properties"`
}

type cell struct {
	Str string `json:"str"`
}

// extend fills columns with what is held about entities.
func (h *Handler) extend(r *http.Request, ask access.Ask, text string) (any, error) {
	var e extension
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return nil, problem.New(problem.Invalid, "extend: want a JSON object with ids and properties: %v", err)
	}
	if len(e.IDs) > maxQueries {
		return nil, problem.New(problem.Invalid, "extend.ids: %d are given; at most %d are taken", len(e.IDs), maxQueries)
	}
	meta := []Property{}
	for _, asked := range e.Properties {
		i := slices.IndexFunc(properties, func(p Property) bool { return p.ID == asked.ID })
		if i < 0 {
			return nil, problem.New(problem.Invalid, "extend.properties: there is no property %q", asked.ID)
		}
		meta = append(meta, properties[i])
	}
	rows := map[string]map[string][]cell{}
	for _, id := range e.IDs {
		row := map[string][]cell{}
		p, err := h.Node.Profile(r.Context(), ask, id)
		if problem.KindOf(err) == problem.NotFound {
			p, err = &node.Profile{}, nil
		}
		if err != nil {
			return nil, err
		}
		for _, m := range meta {
			row[m.ID] = cellsOf(p, m.ID)
		}
		rows[id] = row
	}
	return map[string]any{"meta": meta, "rows": rows}, nil
}

// cellsOf is what is held about an entity under a property.
func cellsOf(p *node.Profile, property string) []cell {
	var out []string
	switch property {
	case "name":
		out = append(out, p.Name)
	case "alias":
		for _, n := range p.Names {
			if n.Name != p.Name {
				out = append(out, n.Name)
			}
		}
	case "identifier":
		for _, id := range p.Identifiers {
			out = append(out, id.Scheme+":"+id.Value)
		}
	case "address":
		for _, a := range p.Addresses {
			out = append(out, strings.Join(slices.DeleteFunc([]string{a.Street, a.City, a.Country}, func(s string) bool { return s == "" }), ", "))
		}
	case "country":
		out = countriesOf(p)
	case "list":
		out = append(out, p.Entry.Programme)
	case "status":
		out = append(out, string(p.Standing.Status))
	case "since":
		out = append(out, string(p.Standing.Since))
	case "remarks":
		out = append(out, p.Entry.Remarks)
	default:
		for _, d := range p.Details {
			if d.Name == property {
				out = append(out, d.Value)
			}
		}
	}
	cells := []cell{}
	for _, text := range out {
		if text != "" && !slices.Contains(cells, cell{text}) {
			cells = append(cells, cell{text})
		}
	}
	return cells
}

func countriesOf(p *node.Profile) []string {
	var out []string
	for _, d := range p.Details {
		if slices.Contains([]string{"nationality", "citizenship", "country", "jurisdiction", "flag", "vessel_flag"}, d.Name) {
			out = append(out, d.Value)
		}
	}
	for _, a := range p.Addresses {
		out = append(out, a.Country)
	}
	return out
}

// proposeProperties offers the properties that columns may be filled with.
func (h *Handler) proposeProperties(r *http.Request) (any, error) {
	q := r.URL.Query()
	out := properties
	if n := numberIn(q, "limit"); n > 0 {
		out = out[:min(n, len(out))]
	}
	return map[string]any{"type": q.Get("type"), "limit": numberIn(q, "limit"), "properties": out}, nil
}

func (h *Handler) suggestEntity(r *http.Request) (any, error) {
	q := r.URL.Query()
	out := []Candidate{}
	if prefix := strings.TrimSpace(q.Get("prefix")); prefix != "" {
		ask, err := h.Ask(r)
		if err != nil {
			return nil, err
		}
		found, err := h.Node.Search(r.Context(), ask, prefix, limitOf(numberIn(q, "limit"), 10))
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			out = append(out, Candidate{ID: c.ID, Name: c.Name, Description: strings.Join(c.Listings, ", "), Type: typesOf(c.Kind), Features: []feature{}})
		}
	}
	return map[string]any{"result": out}, nil
}

func (h *Handler) suggestType(r *http.Request) (any, error) {
	return map[string]any{"result": beginning(types, r.URL.Query().Get("prefix"), func(t Type) string { return t.Name })}, nil
}

func (h *Handler) suggestProperty(r *http.Request) (any, error) {
	asked := slices.DeleteFunc(slices.Clone(properties), func(p Property) bool { return !p.asks })
	return map[string]any{"result": beginning(asked, r.URL.Query().Get("prefix"), func(p Property) string { return p.Name })}, nil
}

// beginning is those whose name has the text somewhere.
func beginning[T any](all []T, text string, name func(T) string) []T {
	out := []T{}
	for _, one := range all {
		if strings.Contains(strings.ToLower(name(one)), strings.ToLower(text)) {
			out = append(out, one)
		}
	}
	return out
}

var previewPage = template.Must(template.New("preview").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Name}}</title></head>
<body><h1>{{.Name}}</h1>
{{with .Entry.Programme}}<p>{{.}}: {{$.Standing.Status}}{{with $.Standing.Since}} since {{.}}{{end}}</p>{{else}}<p>on no list</p>{{end}}
<dl>{{range .Facts}}<dt>{{.Name}}</dt><dd>{{.Value}}</dd>{{end}}</dl>
</body></html>
`))

// preview is a small page about one entity, to be shown in a frame.
func (h *Handler) preview(w http.ResponseWriter, r *http.Request) {
	ask, err := h.Ask(r)
	var p *node.Profile
	if err == nil {
		p, err = h.Node.Profile(r.Context(), ask, r.URL.Query().Get("id"))
	}
	if err != nil {
		h.Fail(w, r, err)
		return
	}
	allow(w, r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	w.Header().Del("X-Frame-Options") // the page is made to be shown in others'
	facts := []party.Detail{}
	for _, property := range []string{"alias", "birth_date", "country", "identifier"} {
		for i, c := range cellsOf(p, property) {
			if i < 4 {
				facts = append(facts, party.Detail{Name: strings.ReplaceAll(property, "_", " "), Value: c.Str})
			}
		}
	}
	_ = previewPage.Execute(w, struct { // who does not wait for the page does not get it
		*node.Profile
		Facts []party.Detail
	}{p, facts})
}
