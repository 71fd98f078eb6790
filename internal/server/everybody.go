package server

import (
	"net/http"
	"strings"
)

// toEverybody serves an operation that needs no credentials: pages of other
// sites may read the answer, others may keep it for a minute, and who has it
// already is not sent it again. What a member is answered is for that one alone.
func toEverybody(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		open := asPublic(callerOf(r.Context()))
		if open {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Access-Control-Expose-Headers", "ETag, X-Request-Id, Retry-After")
			w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		}
		next(&openAnswer{ResponseWriter: w, seen: r.Header.Get("If-None-Match"), open: open}, r)
	}
}

// asPublic reports whether a caller is answered no more than everybody is. Whoever
// needs no credentials on this machine may all the same be somebody: what that
// one sees is for no other site's pages.
func asPublic(c *caller) bool {
	if c == nil || c.by == anonymous {
		return true
	}
	return c.by == byOpen && len(c.reader.Organisations) == 0 && !c.reader.Operator
}

// openAnswer leaves out what the client has already.
type openAnswer struct {
	http.ResponseWriter
	seen string // the ETags that the client has
	open bool
	same bool
}

func (a *openAnswer) WriteHeader(status int) {
	h := a.Header()
	if status == http.StatusOK {
		if a.open {
			h.Set("Cache-Control", cacheLabels)
		}
		if a.same = hasETag(a.seen, h.Get("ETag")); a.same {
			h.Del("Content-Type")
			status = http.StatusNotModified
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *openAnswer) Write(b []byte) (int, error) {
	if a.same {
		return len(b), nil
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (a *openAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// hasETag reports whether an ETag is among those of an If-None-Match header, by
// the weak comparison that it asks for (RFC 9110, section 13.1.2).
func hasETag(list, etag string) bool {
	if etag == "" {
		return false
	}
	etag = strings.TrimPrefix(etag, "W/")
	for seen := range strings.SplitSeq(list, ",") {
		if seen = strings.TrimSpace(seen); seen == "*" || strings.TrimPrefix(seen, "W/") == etag {
			return true
		}
	}
	return false
}

// mayFetch answers a browser that asks whether a page of another site may read
// the registry: it may read, without credentials, and nothing else.
func mayFetch(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD")
	h.Set("Access-Control-Allow-Headers", "If-None-Match")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

// isRegistryRead reports whether a request is one of the API's reads of labels,
// or asks whether it may be sent.
func isRegistryRead(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
	default:
		return false
	}
	rest, ok := strings.CutPrefix(r.URL.Path, apiRoot+labelsPath)
	if !ok || rest != "" && rest[0] != '/' {
		return false
	}
	// An assessment is between those who take part in it.
	return !strings.HasSuffix(rest, "/assessment")
}
