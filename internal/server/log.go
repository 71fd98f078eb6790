package server

import (
	"net/http"
	"strconv"
	"strings"
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
	path := r.PathValue("path")
	partial, ok := tilePath(path)
	if !ok {
		s.refuse(w, r, newProblem(http.StatusNotFound, "not the path of a tile"))
		return
	}
	tile, err := s.opts.Node.Tile(r.Context(), "tile/"+path)
	if err != nil {
		s.refuse(w, r, problemOf(r.Context(), err))
		return
	}
	cache := cacheForever
	if partial {
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

// tilePath reports whether path is the canonical path of a tile or an entry
// bundle below tile/: a level or "entries", then the index in groups of three
// digits of which all but the last begin with x, then for a partial tile its
// width, "0/x001/067.p/12".
func tilePath(path string) (partial, ok bool) {
	level, rest, found := strings.Cut(path, "/")
	if !found || level != "entries" && !isNumber(level, 0, 63) {
		return false, false
	}
	index := rest
	if before, width, found := strings.Cut(rest, ".p/"); found {
		if !isNumber(width, 1, 255) {
			return false, false
		}
		partial, index = true, before
	}
	groups := strings.Split(index, "/")
	for i, group := range groups {
		digits, continued := strings.CutPrefix(group, "x")
		last := i == len(groups)-1
		if continued == last || len(digits) != 3 || strings.Trim(digits, "0123456789") != "" {
			return false, false
		}
		if i == 0 && !last && digits == "000" {
			return false, false // leading zeros: not how the index is written
		}
	}
	return partial, len(groups) <= 6
}

// isNumber reports whether s is a number from low to high as it is usually
// written.
func isNumber(s string, low, high int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && strconv.Itoa(n) == s && low <= n && n <= high
}
