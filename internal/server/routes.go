package server

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/server/deptrack"
	"countersign.dev/internal/server/opensanctions"
	"countersign.dev/internal/server/reconcile"
	"countersign.dev/internal/server/taxii"
)

// routes puts the handlers on their paths.
func (s *Server) routes() (*http.ServeMux, error) {
	mux := http.NewServeMux()
	if err := s.routeAPI(mux); err != nil {
		return nil, err
	}
	mux.HandleFunc("POST "+apiRoot+"/screen/batch", s.screenBatch)
	mux.HandleFunc("OPTIONS "+apiRoot+labelsPath, mayFetch)
	mux.HandleFunc("OPTIONS "+apiRoot+labelsPath+"/{rest...}", mayFetch)
	mux.HandleFunc("GET /openapi.json", s.serveOpenAPI)
	mux.HandleFunc("GET /healthz", s.serveHealth)
	mux.HandleFunc("GET /readyz", s.serveReady)
	mux.Handle("GET /metrics", s.metricsHandler())

	mux.HandleFunc("GET /log/checkpoint", s.serveCheckpoint)
	mux.HandleFunc("GET /log/key", s.serveKey)
	mux.HandleFunc("GET /log/tile/{path...}", s.serveTile)
	s.routeWitness(mux)

	mux.HandleFunc("GET /feeds/changes.atom", s.serveFeed)

	if err := s.routeOffline(mux); err != nil {
		return nil, err
	}

	mux.HandleFunc("POST /login", s.signIn)
	mux.HandleFunc("POST /logout", s.signOut)

	s.routeTaxii(mux)
	for _, routes := range s.compatible() {
		for pattern, handler := range routes {
			mux.HandleFunc(pattern, handler)
		}
	}
	for _, root := range programRoots {
		mux.Handle(root, s.noRoute(mux))
	}
	if s.opts.Console != nil {
		mux.HandleFunc("GET /api", s.pages)
		mux.HandleFunc("/", s.pages)
	} else {
		mux.Handle("/", s.noRoute(mux))
	}
	return mux, nil
}

// programRoots are the paths that programs ask, and people do not visit.
var programRoots = slices.Concat([]string{"/api/", "/log/", witnessRoot, taxii.Root, strings.TrimSuffix(taxii.Root, "/"), "/feeds/", "/openapi.json", "/healthz", "/readyz", "/metrics"}, opensanctions.Roots, reconcile.Roots)

// compatible is the routes of the doors for clients that were written for other
// servers. They stand where those clients expect them.
func (s *Server) compatible() []map[string]http.HandlerFunc {
	fail := func(w http.ResponseWriter, r *http.Request, err error) {
		writeProblem(w, r, problemOf(r.Context(), err))
	}
	matching := &opensanctions.Handler{Node: s.opts.Node, Ask: askIn, Fail: fail}
	cells := &reconcile.Handler{Node: s.opts.Node, Ask: askIn, Base: s.baseOf, Fail: fail}
	bills := &deptrack.Handler{Node: s.opts.Node, Version: s.opts.Version, Ask: askIn, Begin: s.startUpload, Fail: fail}
	return []map[string]http.HandlerFunc{matching.Routes(), cells.Routes(), bills.Routes()}
}

// askIn is who asks, and the moment that a request's address names.
func askIn(r *http.Request) (access.Ask, error) {
	q := r.URL.Query()
	m := Moment{At: q.Get("at"), Known: q.Get("known")}
	if v := q.Get("position"); v != "" {
		var err error
		if m.Position, err = strconv.ParseInt(v, 10, 64); err != nil || m.Position < 1 {
			return access.Ask{}, invalid("query.position", "want a whole number from 1")
		}
	}
	return askOf(r.Context(), m)
}

// baseOf is the address that a request was sent to, without a path.
func (s *Server) baseOf(r *http.Request) string {
	scheme := "http"
	if s.overTLS(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
}

// noRoute answers what no route of mux does: 405 with the methods that the path
// has, or 404. It stands behind the routes under the same root, so a pattern
// that has a method is a route of its own.
func (s *Server) noRoute(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list := allowedAt(mux, r)
		if list == "" {
			s.refuse(w, r, newProblem(http.StatusNotFound, "there is nothing at this path"))
			return
		}
		s.refuse(w, r, newProblem(http.StatusMethodNotAllowed, "this path takes "+list).withHeader("Allow", list))
	})
}

// allowedAt lists the methods that a request's path has in mux.
func allowedAt(mux *http.ServeMux, r *http.Request) string {
	var allowed []string
	for _, method := range methods {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := mux.Handler(probe); strings.Contains(pattern, " ") {
			allowed = append(allowed, method)
		}
	}
	slices.Sort(allowed)
	return strings.Join(allowed, ", ")
}
