package playbook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"countersign.dev/internal/problem"
)

// Connector sends requests to the hosts that its operator allows, and to no
// others. It is safe for concurrent use.
type Connector struct {
	client *http.Client
	hosts  []string
	agent  string
	plain  bool
}

// ConnectorOptions say what a connector may reach.
type ConnectorOptions struct {
	Hosts []string // names or addresses, without ports; any other is refused
	// Guard refuses an address that a name leads to, when it is connected to; nil
	// allows all, and plain http with them.
	Guard func(netip.Addr) error
	Agent string         // User-Agent
	Roots *x509.CertPool // that servers are trusted by; the system's when nil
}

// Limits of a request and its answer.
const (
	sendTime  = 30 * time.Second
	maxAnswer = 64 << 10 // bytes
)

// NewConnector makes a connector. It uses no proxy and follows no redirects: what
// was allowed is where the request goes.
func NewConnector(opts ConnectorOptions) *Connector {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if opts.Guard != nil {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return err
			}
			a, err := netip.ParseAddr(host)
			if err != nil {
				return err
			}
			return opts.Guard(a)
		}
	}
	hosts := make([]string, len(opts.Hosts))
	for i, h := range opts.Hosts {
		hosts[i] = strings.ToLower(strings.TrimSpace(h))
	}
	return &Connector{
		client: &http.Client{
			Timeout: sendTime,
			Transport: &http.Transport{
				DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 32 << 10, DisableKeepAlives: true,
				TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: opts.Roots},
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		hosts: hosts, agent: opts.Agent, plain: opts.Guard == nil,
	}
}

// Allows reports whether all of these requests go to hosts that are allowed.
func (c *Connector) Allows(requests []Request) bool {
	return len(requests) > 0 && !slices.ContainsFunc(requests, func(r Request) bool { return c.refuses(&r) != nil })
}

func (c *Connector) refuses(r *Request) error {
	req, err := http.NewRequest(r.Method, r.URL, nil)
	if err != nil {
		return problem.New(problem.Invalid, "not a request: %v", err)
	}
	if host := strings.ToLower(req.URL.Hostname()); !slices.Contains(c.hosts, host) {
		return problem.New(problem.Denied, "%s is not among the hosts that playbooks may reach", host)
	}
	if req.URL.Scheme != "https" && !c.plain {
		return problem.New(problem.Denied, "%s: want https", r.URL)
	}
	return nil
}

// Do sends requests one after the other, until one fails, and gives the last
// answer, of at most 64 KiB of text.
func (c *Connector) Do(ctx context.Context, requests []Request) (answer string, err error) {
	for i := range requests {
		if answer, err = c.send(ctx, &requests[i]); err != nil {
			return "", fmt.Errorf("request %d of %d: %w", i+1, len(requests), err)
		}
	}
	return answer, nil
}

func (c *Connector) send(ctx context.Context, r *Request) (string, error) {
	if err := c.refuses(r); err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return "", err
	}
	for name, values := range r.Headers {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", c.agent)
	r.Authorise(req.Header)
	res, err := c.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return "", err
	case res.StatusCode < 200 || res.StatusCode > 299:
		return "", problem.New(problem.Unavailable, "it answered %d", res.StatusCode)
	case len(b) > maxAnswer:
		return "", problem.New(problem.TooLarge, "it answered more than %d bytes", maxAnswer)
	case !utf8.Valid(b):
		return "", problem.New(problem.Invalid, "its answer is no text")
	}
	return strings.TrimSpace(string(b)), nil
}
