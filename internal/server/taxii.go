package server

import (
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/server/taxii"
)

// Taxii is what the TAXII door is made of.
type Taxii struct {
	// Sharing is what is shared.
	Sharing taxii.Sharing
	// Title, Description and Contact are what the door says of itself. Only the
	// title is required.
	Title, Description, Contact string

	// User is let in with Password as Reader, for a demonstration; "" for nobody.
	// Beside it no password is good then, only tokens.
	User, Password string
	Reader         access.Reader
}

// isTaxii reports whether a path is one of the TAXII door: its clients get its
// error messages, and its ways to say who they are.
func (s *Server) isTaxii(p string) bool {
	return s.opts.Taxii != nil && (p+"/" == taxii.Root || strings.HasPrefix(p, taxii.Root))
}

// isTaxiiPath reports whether a path is written as those of TAXII are. Others
// would be sent on to a better one, by an answer that is none of TAXII.
func isTaxiiPath(p string) bool { return path.Clean(p)+"/" == p }

// isEnvelope reports whether a request brings an envelope.
func (s *Server) isEnvelope(r *http.Request) bool {
	return r.Method == http.MethodPost && s.isTaxii(r.URL.Path) && strings.HasSuffix(r.URL.Path, "/objects/")
}

func (s *Server) routeTaxii(mux *http.ServeMux) {
	t := s.opts.Taxii
	if t == nil {
		return
	}
	door := &taxii.Handler{
		Sharing: t.Sharing, Title: t.Title, Description: t.Description, Contact: t.Contact, MaxContent: s.opts.Limits.Envelope,
		Ask:   func(r *http.Request) (access.Ask, error) { return askOf(r.Context(), Moment{}) },
		Begin: s.startUpload, Fail: s.failTaxii,
	}
	for pattern, handler := range door.Routes() {
		mux.HandleFunc(pattern, handler)
	}
	mux.HandleFunc("OPTIONS "+taxii.Root, func(w http.ResponseWriter, r *http.Request) {
		list := allowedAt(mux, r)
		if list == "" {
			s.refuse(w, r, newProblem(http.StatusNotFound, "there is nothing at this path"))
			return
		}
		w.Header().Set("Allow", list)
		w.WriteHeader(http.StatusNoContent)
	})
}

// failTaxii answers with an error message of TAXII.
func (s *Server) failTaxii(w http.ResponseWriter, r *http.Request, err error) {
	p := (*Problem)(nil)
	if refusal := (*taxii.Refusal)(nil); errors.As(err, &refusal) {
		p = newProblem(refusal.Status, refusal.Message)
	} else {
		p = problemOf(r.Context(), err)
	}
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	m := taxii.Message{Title: p.Title, Description: p.Detail, ID: RequestID(r.Context())}
	if code, ours := strings.CutPrefix(p.Type, problemURN); ours {
		m.Code = code
	}
	taxii.WriteError(w, r, p.Status, m)
}

// authenticateTaxii fills c with who a TAXII client says it is: by Basic, with
// its name and its password or a token of its own, or by Bearer with a token. No
// cookie counts here, nor that a request is from this machine.
func (s *Server) authenticateTaxii(r *http.Request, c *caller) error {
	name, secret, basic := r.BasicAuth()
	if !basic {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if scheme == "" {
			return nil
		}
		if !strings.EqualFold(scheme, "Bearer") {
			return problem.New(problem.Unauthenticated, "want Basic or Bearer")
		}
		secret = strings.TrimSpace(token)
	}
	if len(secret) > access.MaxPassword {
		return problem.New(problem.Unauthenticated, "too long for a password or token")
	}
	var err error
	switch {
	case !basic || access.IsToken(secret):
		err = s.tokenReader(r, c, secret)
		if err == nil && basic && c.reader.Member != name {
			c.by, c.reader = anonymous, access.Reader{}
			err = problem.New(problem.Unauthenticated, "the token is another member's")
		}
	case s.opts.Taxii.User != "":
		err = s.demonstrationReader(c, name, secret)
	default:
		err = s.passwordReader(r, c, name, secret)
	}
	return err
}

// demonstrationReader lets in the user of a demonstration, whose password is no
// secret.
func (s *Server) demonstrationReader(c *caller, name, password string) error {
	t := s.opts.Taxii
	same := subtle.ConstantTimeCompare([]byte(name), []byte(t.User)) & subtle.ConstantTimeCompare([]byte(password), []byte(t.Password))
	if same != 1 {
		return problem.New(problem.Unauthenticated, "want the user of the demonstration")
	}
	c.by, c.reader = byPassword, t.Reader
	return nil
}

// passwordReader looks up a name and password. Checking one takes long on
// purpose, so an address that failed often has to wait, as on the page to sign in
// on. Those whose password is known do not: others may come from behind the same
// proxy.
func (s *Server) passwordReader(r *http.Request, c *caller, name, password string) error {
	if s.opts.Accounts == nil {
		return problem.New(problem.Unauthenticated, "this node has no members")
	}
	address := addressKey(c.address)
	var reader access.Reader
	var err error
	if s.failures.spent(address, s.opts.Clock()) {
		known := false
		if reader, known, err = s.opts.Accounts.ReaderOfRemembered(r.Context(), name, password); err == nil && !known {
			return tooMany("too many failed attempts to sign in from this address").withHeader("Retry-After", "60")
		}
	} else if reader, err = s.opts.Accounts.ReaderOfPassword(r.Context(), name, password); errors.Is(err, problem.Unauthenticated) {
		s.failures.take(address, s.opts.Clock())
	}
	if err == nil {
		c.by, c.reader = byPassword, reader
	}
	return err
}

// unauthenticatedTaxii names both ways in (section 1.6.9 of TAXII 2.1, RFC 7617
// section 2.1).
func unauthenticatedTaxii(refused bool) *Problem {
	detail := "this needs a name and password, or a token"
	if refused {
		detail = "the name, password or token is wrong, or has ended"
	}
	p := newProblem(http.StatusUnauthorized, detail)
	// In one line, as some clients look at one only, and in the case of the standard.
	p.headers = http.Header{"WWW-Authenticate": {`Basic realm="countersign", charset="UTF-8", Bearer realm="countersign"`}}
	return p
}

// hearOut sends the answer off and then reads the rest of a body that is too
// long, as far as it is not much too long and comes soon: most clients look for
// an answer only when they have sent everything.
func hearOut(w http.ResponseWriter, r *http.Request, limit int64) {
	control := http.NewResponseController(w)
	if err := control.Flush(); err != nil || r.Header.Get("Expect") != "" {
		return
	}
	if control.SetReadDeadline(time.Now().Add(hearingTime)) == nil {
		io.CopyN(io.Discard, r.Body, limit+overlong)
	}
}

// A body may be this many bytes longer than are taken, and take this long, and
// its client still gets an answer.
const (
	overlong    = 16 << 20
	hearingTime = 30 * time.Second
)
