package playbook

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
)

// Request is a command of type http-api, ready to be sent.
type Request struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Headers http.Header `json:"headers"` // those of the playbook; credentials are not among them
	Body    []byte      `json:"body,omitempty"`

	user, password, bearer string
}

// Authorise adds the credentials to what is sent.
func (r *Request) Authorise(h http.Header) {
	switch {
	case r.bearer != "":
		h.Set("Authorization", "Bearer "+r.bearer)
	case r.user != "" || r.password != "":
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(r.user+":"+r.password)))
	}
}

// line is the first line of a request.
type line struct{ method, target string }

var (
	methodForm = regexp.MustCompile(`^(GET|HEAD|POST|PUT|PATCH|DELETE)$`)
	headerForm = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")
)

// startLine reads the first line of a request (CACAO 2.0, section 5.4; RFC 9112,
// section 3): a method, a target and the version.
func startLine(s string) (line, error) {
	words := strings.Fields(s)
	if len(words) != 3 || !methodForm.MatchString(words[0]) || !strings.HasPrefix(words[2], "HTTP/1.") {
		return line{}, problem.New(problem.Invalid, "%q: want a method, a target and the version, as GET /api/hosts HTTP/1.1", clipped(s))
	}
	return line{words[0], words[1]}, nil
}

// sending is the requests that a step sends, one for each command and target; an
// error when it is not for a machine.
func (p *Playbook) sending(s *Step, v Values) ([]Request, error) {
	var out []Request
	for i := range s.Commands {
		c := &s.Commands[i]
		if c.Type != CommandHTTP {
			return nil, problem.New(problem.Invalid, "a command of type %s is for people", c.Type)
		}
		for _, id := range s.Targets {
			target := p.Targets[id]
			if target == nil || target.Type != "http-api" {
				return nil, problem.New(problem.Invalid, "target %s is no http-api", id)
			}
			r, err := p.request(c, target, v)
			if err != nil {
				return nil, err
			}
			out = append(out, *r)
		}
	}
	if len(out) == 0 {
		return nil, problem.New(problem.Invalid, "no target that it is sent to")
	}
	return out, nil
}

func (p *Playbook) request(c *Command, target *Actor, v Values) (*Request, error) {
	filled := func(s string, within string) (string, error) {
		out, missing := fill(s, v)
		if len(missing) > 0 {
			return "", &NoValueError{missing[0]}
		}
		if within != "" && strings.ContainsAny(out, within) {
			return "", problem.New(problem.Invalid, "a variable puts a line end or a space where none may be")
		}
		return out, nil
	}
	first, err := startLine(c.Command)
	if err != nil {
		return nil, err
	}
	path, err := filled(first.target, " \r\n\t")
	if err != nil {
		return nil, err
	}
	base, err := p.base(target, func(s string) (string, error) { return filled(s, " \r\n\t") })
	if err != nil {
		return nil, err
	}
	u, err := addressed(base, path)
	if err != nil {
		return nil, err
	}
	r := &Request{Method: first.method, URL: u.String(), Headers: http.Header{}, Body: c.ContentB64}
	if c.Content != "" {
		body, err := filled(c.Content, "")
		if err != nil {
			return nil, err
		}
		r.Body = []byte(body)
	}
	for name, values := range c.Headers {
		for _, value := range values {
			if value, err = filled(value, "\r\n"); err != nil {
				return nil, err
			}
			if !headerForm.MatchString(name) || slices.Contains([]string{"Host", "Content-Length", "Transfer-Encoding", "Connection"}, http.CanonicalHeaderKey(name)) {
				return nil, problem.New(problem.Invalid, "header %q: not one that a playbook sets", clipped(name))
			}
			r.Headers.Add(name, value)
		}
	}
	return r, p.credentials(r, target, func(s string) (string, error) { return filled(s, "\r\n") })
}

// addressed is a target of a request below a base: the host is always that of
// the base.
func addressed(base *url.URL, target string) (*url.URL, error) {
	if !strings.HasPrefix(target, "/") {
		target = "/" + target
	}
	u, err := url.ParseRequestURI(target)
	if err != nil || u.Host != "" {
		return nil, problem.New(problem.Invalid, "target %q: want a path", clipped(target))
	}
	out := *base
	out.Path = strings.TrimSuffix(base.Path, "/") + u.Path
	out.RawPath, out.RawQuery = "", u.RawQuery
	return &out, nil
}

// base is the address of a machine: its URL, else its name or number.
func (p *Playbook) base(a *Actor, filled func(string) (string, error)) (*url.URL, error) {
	for _, kind := range []string{"url", "dname", "ipv4", "ipv6"} {
		for _, e := range a.Address[kind] {
			s, err := filled(textOf(e))
			if err != nil {
				return nil, err
			}
			if kind == "ipv6" {
				s = "[" + s + "]"
			}
			if !strings.Contains(s, "://") {
				scheme := "https"
				if a.Port == "80" {
					scheme = "http"
				}
				s = scheme + "://" + s
			}
			u, err := url.Parse(s)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
				return nil, problem.New(problem.Invalid, "address %q: want a host, or a URL of http or https", clipped(s))
			}
			if a.Port != "" && u.Port() == "" {
				port, err := filled(a.Port)
				if err != nil {
					return nil, err
				}
				u.Host += ":" + port
			}
			return u, nil
		}
	}
	return nil, problem.New(problem.Invalid, "%s has no address", a.Name)
}

func (p *Playbook) credentials(r *Request, a *Actor, filled func(string) (string, error)) (err error) {
	c := p.Auth[a.Auth]
	if c == nil {
		return nil
	}
	if c.KMS {
		return problem.New(problem.Invalid, "the secret is in a key store, which this node has not")
	}
	if r.bearer, err = filled(c.Token); err != nil {
		return err
	}
	user := c.UserID
	if user == "" {
		user = c.Username
	}
	if r.user, err = filled(user); err != nil {
		return err
	}
	r.password, err = filled(c.Password)
	return err
}
