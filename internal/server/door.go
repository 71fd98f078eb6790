package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/server/console"
	"countersign.dev/internal/server/taxii"
)

// door is what every request passes on its way in, and where its log line and
// its counts are made on the way out.
func (s *Server) door(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		c := &caller{id: requestID(r.Header), by: anonymous, address: s.clientAddress(r), tls: s.overTLS(r)}
		limit := s.limitsFor(r)
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), callerKey{}, c), limit.time)
		defer cancel()
		r = r.WithContext(ctx)

		out := &answer{ResponseWriter: w}
		out.Header().Set(requestIDHeader, c.id)
		setSecurityHeaders(out.Header(), r)
		setDeadlines(w, r, began, limit)
		defer s.finish(out, r, c, began)

		tooLong := r.ContentLength > limit.body
		if tooLong && !s.isTaxii(r.URL.Path) {
			s.refuse(out, r, tooLarge(limit.body))
			return
		}
		if r.Body != nil && r.Body != http.NoBody && !tooLong {
			r.Body = http.MaxBytesReader(w, r.Body, limit.body)
		}
		if p := s.admit(r, c); p != nil {
			s.refuse(out, r, p)
			return
		}
		if s.isTaxii(r.URL.Path) && !isTaxiiPath(r.URL.Path) {
			s.refuse(out, r, newProblem(http.StatusNotFound, "there is nothing at this path: those of TAXII end in a slash"))
			return
		}
		if tooLong {
			s.refuse(out, r, tooLarge(limit.body))
			hearOut(out, r, limit.body)
			return
		}
		next.ServeHTTP(out, r)
	})
}

// finish turns a panic into an answer, then logs and counts the request. It is
// deferred by [Server.door], so that it sees every way out.
func (s *Server) finish(out *answer, r *http.Request, c *caller, began time.Time) {
	fault := recover()
	cut := false // the answer cannot be completed
	if fault != nil {
		cut = out.status != 0 || fault == http.ErrAbortHandler
		if out.failed == nil && fault != http.ErrAbortHandler {
			c.cause = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
		if !cut {
			s.refuse(out, r, newProblem(http.StatusInternalServerError, ""))
		}
	}
	status := cmp.Or(out.status, http.StatusOK)
	if out.failed != nil || status >= 500 && errors.Is(r.Context().Err(), context.Canceled) {
		status, c.cause = clientGone, out.failed
	}
	took := time.Since(began)
	route := routeOf(r)
	s.metrics.observe(route, r.Method, status, took)
	s.logRequest(r, c, route, status, out.size, took)
	if cut {
		// The client must see the connection break, and not a short body that
		// looks whole.
		panic(http.ErrAbortHandler)
	}
}

// clientGone is what is logged and counted where a client did not wait for its
// answer. Nobody is sent it; other servers write the same.
const clientGone = 499

func (s *Server) logRequest(r *http.Request, c *caller, route string, status int, size int64, took time.Duration) {
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if !s.opts.Log.Enabled(r.Context(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs,
		slog.String("request_id", c.id),
		slog.String("method", r.Method),
		slog.String("path", loggedPath(r.URL.Path)),
		slog.String("route", route),
		slog.Int("status", status),
		slog.Int64("bytes", size),
		slog.Duration("took", took),
		slog.String("client", c.address),
		slog.String("by", string(c.by)))
	if c.reader.Member != "" {
		attrs = append(attrs, slog.String("member", c.reader.Member))
	}
	if c.cause != nil {
		attrs = append(attrs, slog.String("error", c.cause.Error()))
	}
	s.opts.Log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
}

// linkedLetters is where letters are shown to whoever has the link that was sent
// with them.
const linkedLetters = "/notices/acknowledge/"

// loggedPath is the path of a request without what lets somebody in: the last
// part of the link to a letter.
func loggedPath(path string) string {
	rest, ok := strings.CutPrefix(path, linkedLetters)
	if !ok {
		return path
	}
	delivery, _, _ := strings.Cut(rest, "/")
	return linkedLetters + delivery
}

// refuse answers a request that does not get in: a program with a problem
// document, a TAXII client with its own error message, a person with a page that says so, or with the page to sign in on.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, p *Problem) {
	if s.isTaxii(r.URL.Path) {
		s.failTaxii(w, r, p)
		return
	}
	if !isPage(r) {
		writeProblem(w, r, p)
		return
	}
	p = problemOf(r.Context(), p)
	if p.Status == http.StatusUnauthorized && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		w.Header().Set("Location", "/login?"+url.Values{"next": {r.URL.RequestURI()}}.Encode())
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	// Who sends too many requests gets a line of text: a page costs more.
	if pages, ok := s.opts.Console.(errorPages); ok && p.Status != http.StatusTooManyRequests {
		visitor := console.Visitor{Reader: ReaderOf(r.Context()), RequestID: p.RequestID}
		pages.Error(w, r.WithContext(console.WithVisitor(r.Context(), visitor)), p.Status, p.Detail)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(p.Status)
	fmt.Fprintf(w, "%d %s\n%s\nrequest %s\n", p.Status, p.Title, p.Detail, p.RequestID)
}

// errorPages is a console that can show an error in its own design.
type errorPages interface {
	Error(w http.ResponseWriter, r *http.Request, status int, detail string)
}

// isPage reports whether the path is one that people visit with a browser.
func isPage(r *http.Request) bool {
	for _, prefix := range programRoots {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return false
		}
	}
	return true
}

// requestLimits is how much of our time and memory one request may take.
type requestLimits struct {
	body int64         // bytes
	time time.Duration // from the first line of the request to the last byte of the answer
}

func (s *Server) limitsFor(r *http.Request) requestLimits {
	if s.isEnvelope(r) || r.Method == http.MethodPost && isShare(r.URL.Path) {
		return requestLimits{s.opts.Limits.Envelope, s.opts.Limits.UploadTime}
	}
	if (r.Method == http.MethodPost || r.Method == http.MethodPut) && uploadPaths[r.URL.Path] {
		return requestLimits{s.opts.Limits.Upload, s.opts.Limits.UploadTime}
	}
	return requestLimits{s.opts.Limits.Body, s.opts.Limits.Time}
}

// uploadPaths take documents, which are larger than anything else we read.
var uploadPaths = map[string]bool{
	"/api/v1/documents": true,

	apiRoot + "/watchlists":   true,
	apiRoot + "/holdings":     true,
	apiRoot + "/screen/batch": true,
	apiRoot + "/check/file":   true,
	apiRoot + "/bom":          true, // by clients of Dependency-Track
	"/documents":              true, // the console's forms
	"/import":                 true,
	"/screen/batch":           true,
	"/holdings":               true,
	"/watchlists":             true,
	"/watchlists/run":         true,
	"/labelling/apply":        true, // with evidence
	"/labelling/judge":        true,
	"/labelling/report":       true,
}

func tooLarge(limit int64) *Problem {
	return newProblem(http.StatusRequestEntityTooLarge,
		fmt.Sprintf("the body is longer than the %d bytes that are taken here", limit))
}

// setDeadlines bounds how long a client may take to send its body and to read
// the answer. The server's own timeouts are only a last resort, since they
// cannot tell an upload from a question.
func setDeadlines(w http.ResponseWriter, r *http.Request, now time.Time, limit requestLimits) {
	// A ResponseWriter of a test has no deadlines; the server's always has.
	control := http.NewResponseController(w)
	if r.ContentLength != 0 {
		_ = control.SetReadDeadline(now.Add(limit.time))
	}
	_ = control.SetWriteDeadline(now.Add(limit.time + writeGrace))
}

// writeGrace is the time left to say that time is up.
const writeGrace = 5 * time.Second

// pagePolicy allows a page nothing but our own styles, scripts, images and
// answers. Bodies of documents get an even stricter one, see [serveBody].
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func setSecurityHeaders(h http.Header, r *http.Request) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	if strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, taxii.Root) {
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	} else {
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	}
	// What is answered depends on who asks; the few things that everybody may
	// keep say so themselves.
	h.Set("Cache-Control", "no-store")
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// clientAddress is the address of whoever sent the request, without port. Only
// a trusted proxy is believed about others: what it adds is the last element
// of X-Forwarded-For, all before it is the client's own word.
func (s *Server) clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if s.opts.TrustProxy {
		all := r.Header.Values("X-Forwarded-For")
		if len(all) > 0 {
			last := all[len(all)-1]
			last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
			if a, err := netip.ParseAddr(last); err == nil {
				return a.String()
			}
		}
	}
	return host
}

// answer remembers what was answered.
type answer struct {
	http.ResponseWriter
	status int
	size   int64
	failed error // why the client did not get all of it
}

func (a *answer) WriteHeader(status int) {
	if a.status != 0 {
		return // the first one has been sent
	}
	if status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.size += int64(n)
	if err != nil && !errors.Is(err, http.ErrBodyNotAllowed) {
		a.failed = err
	}
	return n, err
}

// Unwrap lets [http.ResponseController] reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// routeOf is the pattern that answered, without method; it names the route in
// logs and counts, where paths would be without number.
func routeOf(r *http.Request) string {
	_, route, found := strings.Cut(r.Pattern, " ")
	if !found {
		route = r.Pattern
	}
	if route == "" {
		return "none"
	}
	return route
}

// retryAfter is a wait in the form of the Retry-After header: whole seconds,
// at least one.
func retryAfter(wait time.Duration) string {
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}
