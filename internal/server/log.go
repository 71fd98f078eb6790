package server

import (
	"net/http"
	"strconv"

	"countersign.dev/internal/ledger"
)

// The public log in the form of c2sp.org/tlog-tiles. Everybody may read it,
// programs in pages of other sites too: it is how the log is kept honest.

// Answers that will never change are kept for a year, by caches on the way too.
// The others are kept as long as a reader may well be behind.
const (
	cacheForever = "public, max-age=31536000, immutable"
	cacheShort   = "public, max-age=5"
)

func (s *Server) serveCheckpoint(w http.ResponseWriter, r *http.Request) {
	text, err := s.opts.Node.Checkpoint(r.Context())
	if err != nil {
		s.refuse(w, r, problemOf(r.Context(), err))
		return
	}
	serveLog(w, "text/plain; charset=utf-8", cacheShort, []byte(text))
}

func (s *Server) serveKey(w http.ResponseWriter, _ *http.Request) {
	serveLog(w, "text/plain; charset=utf-8", cacheShort, []byte(s.opts.Node.VerifierKey()+"\n"))
}

func (s *Server) serveTile(w http.ResponseWriter, r *http.Request) {
	path := "tile/" + r.PathValue("path")
	at, err := ledger.ParseTilePath(path)
	if err != nil {
		s.refuse(w, r, newProblem(http.StatusNotFound, "not the path of a tile"))
		return
	}
	tile, err := s.opts.Node.Tile(r.Context(), path)
	if err != nil {
		s.refuse(w, r, problemOf(r.Context(), err))
		return
	}
	cache := cacheForever
	if at.W < 1<<at.H {
		cache = cacheShort
	}
	serveLog(w, "application/octet-stream", cache, tile)
}

func serveLog(w http.ResponseWriter, kind, cache string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", cache)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.Write(body)
}
