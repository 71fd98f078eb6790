package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/server/console"
)

// The session's cookie. Over TLS its name has the prefix that makes browsers
// refuse it from other hosts, other paths and plain connections (RFC 6265bis
// section 4.1.3); without TLS, which is for loopback, they would refuse it
// altogether.
const (
	sessionCookie      = "__Host-countersign"
	plainSessionCookie = "countersign"
)

// overTLS reports whether the browser's connection is encrypted.
func (s *Server) overTLS(r *http.Request) bool {
	return r.TLS != nil || s.opts.TrustProxy && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

func sessionCookieName(tls bool) string {
	if tls {
		return sessionCookie
	}
	return plainSessionCookie
}

func sessionSecret(r *http.Request, tls bool) string {
	if _, sent := r.Header["Cookie"]; !sent {
		return ""
	}
	cookie, err := r.Cookie(sessionCookieName(tls))
	if err != nil || len(cookie.Value) > maxSecret {
		return ""
	}
	return cookie.Value
}

func setSession(w http.ResponseWriter, c *caller, secret string, expires time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookieName(c.tls), Value: secret, Path: "/", Expires: expires,
		Secure: c.tls, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func clearSession(w http.ResponseWriter, c *caller) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookieName(c.tls), Path: "/", MaxAge: -1,
		Secure: c.tls, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// pages hands a request to the console with what the door found out.
func (s *Server) pages(w http.ResponseWriter, r *http.Request) {
	c := callerOf(r.Context())
	visit := r.WithContext(console.WithVisitor(r.Context(), console.Visitor{
		Reader: c.reader, Token: FormToken(r.Context()), Session: c.by == bySession, RequestID: c.id,
	}))
	s.opts.Console.ServeHTTP(w, visit)
	if visit.Pattern != "" {
		r.Pattern = visit.Pattern // the page's own, for the log
	}
}

// signIn takes the form of the console's page to sign in on: member, password,
// and next, the page to go on to. A wrong name or password leads back to it.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	c := callerOf(r.Context())
	if s.opts.Accounts == nil {
		s.refuse(w, r, newProblem(http.StatusNotFound, "this node has no members"))
		return
	}
	if err := r.ParseForm(); err != nil {
		s.refuse(w, r, problemOf(r.Context(), badForm(err)))
		return
	}
	address := addressKey(c.address)
	if s.failures.spent(address, s.opts.Clock()) {
		s.refuse(w, r, tooMany("too many failed attempts to sign in from this address").withHeader("Retry-After", "60"))
		return
	}
	next := localPath(r.PostFormValue("next"))
	secret, expires, err := s.opts.Accounts.SignIn(r.Context(), r.PostFormValue("member"), r.PostFormValue("password"))
	switch {
	case errors.Is(err, problem.Unauthenticated):
		s.failures.take(address, s.opts.Clock())
		http.Redirect(w, r, "/login?"+url.Values{"failed": {"1"}, "next": {next}}.Encode(), http.StatusSeeOther)
	case err != nil:
		s.refuse(w, r, problemOf(r.Context(), err))
	default:
		setSession(w, c, secret, expires)
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

// signOut takes the form that ends the session, here and in the browser.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	c := callerOf(r.Context())
	if err := r.ParseForm(); err != nil {
		s.refuse(w, r, problemOf(r.Context(), badForm(err)))
		return
	}
	if c.by == bySession {
		if subtle.ConstantTimeCompare([]byte(r.PostFormValue(FormField)), []byte(FormToken(r.Context()))) != 1 {
			s.refuse(w, r, newProblem(http.StatusForbidden, "the form is not from this session; load its page again"))
			return
		}
		if err := s.opts.Accounts.SignOut(r.Context(), string(c.formKey)); err != nil {
			s.refuse(w, r, problemOf(r.Context(), err))
			return
		}
	}
	clearSession(w, c)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

func badForm(err error) error {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return err
	}
	return newProblem(http.StatusBadRequest, "the form cannot be read")
}

// localPath is next when it is a path of ours, and the first page otherwise:
// a link to the page to sign in on must not lead on to another site. Browsers
// take a backslash for a slash, and drop tabs and line ends.
func localPath(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\t\r\n") {
		return "/"
	}
	return next
}

// FormField is the field in which the console's forms send back [FormToken].
const FormField = "csrf"

// FormToken is what the console's forms on a page for this request must send
// back; "" for a request that cannot change anything anyway. It is derived
// from the session's secret, which it does not tell, so that every node of a
// store agrees on it. On an open loopback door, which has no sessions, it is
// derived from a key of the server's own.
func FormToken(ctx context.Context) string {
	c := callerOf(ctx)
	if c == nil || len(c.formKey) == 0 {
		return ""
	}
	mac := hmac.New(sha256.New, c.formKey)
	mac.Write([]byte("countersign/form/v1"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
