package console_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/server/console"
)

// policyHeader is the policy under which browsers get the pages.
const policyHeader = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// open serves the stage as the server would: pages under their policy, and the
// log's checkpoint and tiles.
func (s *stage) open(t testing.TB, as access.Reader) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(s.door(as))
	t.Cleanup(srv.Close)
	return srv
}

func (s *stage) door(as access.Reader) http.Handler {
	pages := newConsoleWithMembers(s)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /log/checkpoint", func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(s.checkpoint()))
	})
	mux.HandleFunc("GET /log/tile/{path...}", func(w http.ResponseWriter, r *http.Request) {
		b, err := s.tile(r.PathValue("path"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		if s.tamper != nil {
			b = s.tamper(strings.TrimPrefix(r.URL.Path, "/log/tile/"), b)
		}
		w.Write(b)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policyHeader)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		ctx := console.WithVisitor(r.Context(), console.Visitor{Reader: as, Token: token, Session: true})
		pages.ServeHTTP(w, r.WithContext(ctx))
	})
	return mux
}
