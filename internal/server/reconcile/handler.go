package reconcile

import (
	"context"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// Node is what answers.
type Node interface {
	Screen(ctx context.Context, ask access.Ask, sought []screening.Sought, opts node.ScreenOptions) (*node.ScreenedAll, error)
	Profile(ctx context.Context, ask access.Ask, id string) (*node.Profile, error)
	Search(ctx context.Context, ask access.Ask, query string, limit int) ([]dossier.Candidate, error)
	Programmes(ctx context.Context, ask access.Ask) (map[string]*listing.Programme, error)
}

// Handler answers the service.
type Handler struct {
	Node Node
	// Ask is whom a request speaks for, and the moment that the parameters at,
	// known and position of its address name.
	Ask func(*http.Request) (access.Ask, error)
	// Base is the address that the request was sent to, without a path.
	Base func(*http.Request) string
	// Fail answers what went wrong.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// Routes are the patterns that the service stands on: of all lists, and of the
// one that the path names.
func (h *Handler) Routes() map[string]http.HandlerFunc {
	out := map[string]http.HandlerFunc{}
	for _, root := range []string{"/reconcile", "/reconcile/{dataset}"} {
		out["GET "+root] = h.answer(h.service)
		out["POST "+root] = h.answer(h.service)
		out["GET "+root+"/suggest/entity"] = h.answer(h.suggestEntity)
		out["GET "+root+"/suggest/type"] = h.answer(h.suggestType)
		out["GET "+root+"/suggest/property"] = h.answer(h.suggestProperty)
		out["GET "+root+"/extend/propose"] = h.answer(h.proposeProperties)
		out["GET "+root+"/preview"] = h.preview
		out["OPTIONS "+root] = func(w http.ResponseWriter, r *http.Request) { allow(w, r); w.WriteHeader(http.StatusNoContent) }
	}
	return out
}

// Roots are the paths below which there is nothing else.
var Roots = []string{"/reconcile", "/reconcile/"}

// allow lets pages of other origins read the answer, as the specification asks
// (section 3.2.1): OpenRefine asks from the page that it shows. Whoever brings a
// token may ask from anywhere. Where nobody has to, which is on one's own
// machine, only pages from there may, or every page of the web could read what
// this node tells its owner.
func allow(w http.ResponseWriter, r *http.Request) {
	origin := ""
	switch from, err := url.Parse(r.Header.Get("Origin")); {
	case r.Header.Get("Authorization") != "":
		origin = "*"
	case err == nil && loopback(from.Hostname()):
		origin = from.Scheme + "://" + from.Host
	}
	w.Header().Add("Vary", "Origin, Authorization")
	if origin == "" {
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (h *Handler) answer(make func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		allow(w, r)
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

// service is the manifest, or the answer to queries or to a request for
// properties.
func (h *Handler) service(r *http.Request) (any, error) {
	form, err := formOf(r)
	if err != nil {
		return nil, err
	}
	ask, err := h.Ask(r)
	if err != nil {
		return nil, err
	}
	lists, err := h.lists(r, ask)
	if err != nil {
		return nil, err
	}
	switch {
	case form.Has("queries"):
		return h.queries(r, ask, form.Get("queries"), lists)
	case form.Has("extend"):
		return h.extend(r, ask, form.Get("extend"))
	case r.Method == http.MethodGet:
		return h.manifest(r)
	}
	return nil, problem.New(problem.Invalid, "want the form field queries or extend")
}

// formOf is the fields of a request, in its address or its body. The moment
// stands in the address, which the manifest then leads on to; a field of another
// name is refused, since it might ask for less than all.
func formOf(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, problem.New(problem.Invalid, "the form cannot be read: %v", err)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Form)) {
		switch {
		case slices.Contains(moment, name) && r.PostForm.Has(name):
			return nil, problem.New(problem.Invalid, "%s: belongs into the address of the service", name)
		case !slices.Contains(moment, name) && !slices.Contains(serviceFields, name):
			return nil, problem.New(problem.Invalid, "%s: there is no such field; there are queries and extend, and in the address at, known and position", name)
		}
	}
	return r.Form, nil
}

var (
	moment        = []string{"at", "known", "position"}
	serviceFields = []string{"queries", "extend", "callback", "lang", "api_key"}
)

// onward is the moment of a request's address, as the address of another part of
// the service has it: "?at=2021-02-01", or nothing.
func onward(r *http.Request, before string) string {
	q := url.Values{}
	for _, name := range moment {
		if v := r.URL.Query().Get(name); v != "" {
			q.Set(name, v)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return before + q.Encode()
}

// lists is the programmes that the path names; none for all.
func (h *Handler) lists(r *http.Request, ask access.Ask) ([]string, error) {
	name := r.PathValue("dataset")
	if name == "" || name == "default" || name == "all" || name == "sanctions" {
		return nil, nil
	}
	programmes, err := h.Node.Programmes(r.Context(), ask)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, id := range slices.Sorted(maps.Keys(programmes)) {
		if id == name || slices.Contains(programmes[id].FTMDatasets, name) {
			out = append(out, id)
		}
	}
	if len(out) == 0 {
		return nil, problem.New(problem.NotFound, "there is no dataset %q", name)
	}
	return out, nil
}

// limitOf is how many are wanted.
func limitOf(n, fallback int) int {
	if n <= 0 {
		n = fallback
	}
	return min(n, maxLimit)
}

const (
	maxLimit   = 100
	maxQueries = 200
)

func numberIn(q url.Values, name string) int {
	n, _ := strconv.Atoi(q.Get(name)) // what is no number asks for nothing
	return n
}
