package server

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/server/deptrack"
	"countersign.dev/internal/server/registry"
)

// admit finds out who sends the request and whether it may pass. It fills c;
// a problem is the reason to refuse.
func (s *Server) admit(r *http.Request, c *caller) *Problem {
	err := s.authenticate(r, c)
	refused := errors.Is(err, problem.Unauthenticated)
	if err != nil && !refused {
		return problemOf(r.Context(), err)
	}
	limits, key := s.rates, string(c.by)+"/"+c.reader.Member+"/"+addressKey(c.address)
	if c.by == anonymous {
		limits, key = s.anonymousRates, addressKey(c.address)
	}
	if wait := limits.take(key, s.opts.Clock()); wait > 0 {
		return tooMany("too many requests").withHeader("Retry-After", retryAfter(wait))
	}
	if c.by == anonymous && s.isTaxii(r.URL.Path) {
		return unauthenticatedTaxii(refused)
	}
	if refused {
		return unauthenticated("the token is unknown, revoked or expired")
	}
	if c.by == anonymous && !openPath(r.URL.Path) && !isRegistryRead(r) {
		return unauthenticated("this needs a token, or to be signed in")
	}
	return s.checkOrigin(r, c)
}

func tooMany(detail string) *Problem { return newProblem(http.StatusTooManyRequests, detail) }

// unauthenticated names the scheme that gets a program in, as RFC 9110 section
// 15.5.2 demands of a 401.
func unauthenticated(detail string) *Problem {
	return newProblem(http.StatusUnauthorized, detail).withHeader("WWW-Authenticate", `Bearer realm="countersign"`)
}

// openPath reports whether everybody may ask for the path: the public log, the
// witness, the signs of life, the description of the API, which API of others is
// spoken, the registry of labels and the page on which they are checked, letters
// by the links in messages, and what a browser needs to show the page where one
// signs in. The metrics check for themselves.
func openPath(path string) bool {
	switch path {
	case "/healthz", "/readyz", "/metrics", "/openapi.json", "/login", "/setup", deptrack.VersionPath, "/labels":
		return true
	}
	return strings.HasPrefix(path, "/log/") || strings.HasPrefix(path, witnessRoot) || strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, linkedLetters) ||
		strings.HasPrefix(path, offlineRoot) || strings.HasPrefix(path, "/l/") || strings.HasPrefix(path, registry.Root)
}

// authenticate fills c with who the request's credentials stand for. A token
// wins over a cookie, and one that is not good is an error: the script that sent
// it must learn so. A cookie that is not good any more is none. Who brings
// nothing may be let in by [Options.Open].
func (s *Server) authenticate(r *http.Request, c *caller) error {
	if s.isTaxii(r.URL.Path) {
		return s.authenticateTaxii(r, c)
	}
	if token, sent := tokenOf(r.Header); sent {
		return s.tokenReader(r, c, token)
	}
	if secret := sessionSecret(r, c.tls); secret != "" && s.opts.Accounts != nil {
		reader, err := s.opts.Accounts.ReaderOfSession(r.Context(), secret)
		if err == nil {
			c.by, c.reader, c.formKey = bySession, reader, []byte(secret)
			return nil
		}
		if !errors.Is(err, problem.Unauthenticated) {
			return err
		}
	}
	if s.open(r) {
		c.by, c.reader, c.formKey = byOpen, s.local(), s.formKey
	}
	return nil
}

// tokenReader lets in whom a token speaks for.
func (s *Server) tokenReader(r *http.Request, c *caller, token string) error {
	if token == "" || len(token) > maxSecret || s.opts.Accounts == nil {
		return problem.New(problem.Unauthenticated, "not a bearer token")
	}
	reader, err := s.opts.Accounts.ReaderOfToken(r.Context(), token)
	if err != nil {
		return err
	}
	c.by, c.reader = byToken, reader
	return nil
}

// tokenOf is the token that a request sends: as a bearer token, whose scheme
// clients of OpenSanctions call ApiKey, or in the header in which clients of
// Dependency-Track send it. It is "" when what is sent has another form.
func tokenOf(h http.Header) (token string, sent bool) {
	if header := h.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "ApiKey") {
			return "", true
		}
		return strings.TrimSpace(token), true
	}
	values, sent := h["X-Api-Key"]
	if !sent {
		return "", false
	}
	return strings.TrimSpace(values[0]), true
}

// maxSecret bounds what is looked up; ours are far shorter.
const maxSecret = 256

// Local is the reader that [Options.Open] serves: it may add documents, and
// sees only what everybody may see, since it belongs to no organisation.
var Local = access.Reader{
	Member: "local",
	Roles:  map[string]access.Role{"local": access.RoleAnalyst},
}

// local is who somebody on this machine is without credentials.
func (s *Server) local() access.Reader {
	if s.opts.Reader.Member != "" {
		return s.opts.Reader
	}
	return Local
}

// open reports whether the request is from this machine and to be served
// without credentials. Four things must hold, each against another way in:
// both ends of the connection are loopback addresses; the listener is bound to
// one, so that the operator meant no other machine; the Host header names
// loopback, which a page elsewhere whose name was rebound to 127.0.0.1 does
// not; and no proxy says that it passes on somebody else's request.
func (s *Server) open(r *http.Request) bool {
	return s.opts.Open && s.onLoopback.Load() && fromThisMachine(r)
}

// fromThisMachine reports whether a program on this machine sent the request
// for itself: not for a client elsewhere, as a proxy does, nor for a page
// elsewhere whose name was made to mean this machine.
func fromThisMachine(r *http.Request) bool {
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if _, passedOn := r.Header[header]; passedOn {
			return false
		}
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return local != nil && isLoopbackAddress(local.String()) && isLoopbackAddress(r.RemoteAddr) && isLoopbackHost(r.Host)
}

func isLoopbackAddress(hostport string) bool {
	a, err := netip.ParseAddrPort(hostport)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// isLoopbackHost reports whether a Host header is localhost or a loopback
// address, with any port. Other names may resolve to anything.
func isLoopbackHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if strings.EqualFold(name, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.Unmap().IsLoopback()
}

// checkOrigin refuses state changes that another site's page makes a browser
// send. It looks at whatever a browser would send on its own: cookies, and the
// absence of credentials on loopback. A bearer token no browser adds by itself.
// The console asks its forms for a token as well, see [FormToken].
func (s *Server) checkOrigin(r *http.Request, c *caller) *Problem {
	if c.by == byToken {
		return nil
	}
	if err := s.crossOrigin.Check(r); err != nil {
		return newProblem(http.StatusForbidden, "a page of another site sent this request")
	}
	return nil
}
