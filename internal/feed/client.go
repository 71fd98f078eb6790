package feed

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// maxRedirects is how often a server may lead on. Archives lead to a mirror and
// from there to a signed address at most.
const maxRedirects = 5

// client asks servers, and follows where they lead by the rules.
type client struct {
	free    *http.Transport // goes wherever it is sent, through a proxy where there is one
	guarded *http.Transport // goes to public addresses alone
	guard   func(netip.Addr) error
	proxy   func(*url.URL) (*url.URL, error)
	agent   string
}

func newClient(opts *Options) *client {
	c := &client{guard: opts.Guard, proxy: opts.Proxy, agent: opts.Agent}
	c.free, c.guarded = transport(opts.Roots), transport(opts.Roots)
	if opts.Proxy != nil {
		c.free.Proxy = func(r *http.Request) (*url.URL, error) { return opts.Proxy(r.URL) }
	}
	dialer := &net.Dialer{Timeout: connectTimeout, Control: c.control}
	c.guarded.DialContext = dialer.DialContext
	return c
}

const (
	connectTimeout = 15 * time.Second
	headerTimeout  = time.Minute // archives that are written when asked take their time
)

func transport(roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: connectTimeout, ResponseHeaderTimeout: headerTimeout,
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		// Lengths, ranges and validators are to be those of what is sent.
		DisableCompression: true,
	}
}

func (c *client) close() {
	c.free.CloseIdleConnections()
	c.guarded.CloseIdleConnections()
}

// errGuarded marks what was refused by the rules; to ask again is no use.
var errGuarded = errors.New("refused")

// control refuses a connection by the address that it would go to, after its
// name was resolved: a name cannot mean one thing when it is looked at and
// another when it is used.
func (c *client) control(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", errGuarded, err)
	}
	return c.check(host)
}

// check refuses a literal address that is not public; names pass.
func (c *client) check(host string) error {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return nil
	}
	if err := c.guard(a); err != nil {
		return fmt.Errorf("%w: %w", errGuarded, err)
	}
	return nil
}

// get asks for a URL of a feed. The caller closes the body.
func (c *client) get(ctx context.Context, address string, own bool, header http.Header) (*http.Response, error) {
	first, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errGuarded, err)
	}
	at := first
	for hop := 0; ; hop++ {
		// What the operator named is trusted with where it is, and no other.
		trusted := own && at.Scheme == first.Scheme && at.Host == first.Host
		response, err := c.one(ctx, at, trusted, header)
		if err != nil {
			return nil, err
		}
		if !leadsOn(response) {
			return response, nil
		}
		_, _ = io.CopyN(io.Discard, response.Body, 4<<10) // so that the connection can be used again
		response.Body.Close()
		if hop == maxRedirects {
			return nil, fmt.Errorf("%w: leads on more than %d times", errGuarded, maxRedirects)
		}
		next, err := at.Parse(response.Header.Get("Location"))
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: leads to no address: %w", errGuarded, err)
		case next.Scheme != "https":
			return nil, fmt.Errorf("%w: leads to %s, which is not https", errGuarded, next.Redacted())
		case next.User != nil || next.Host == "":
			return nil, fmt.Errorf("%w: leads to %s, with a user or without a host", errGuarded, next.Redacted())
		}
		at = next
	}
}

// one sends one request.
func (c *client) one(ctx context.Context, at *url.URL, trusted bool, header http.Header) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errGuarded, err)
	}
	request.Header = header.Clone()
	request.Header.Set("User-Agent", c.agent)
	request.Header.Set("Accept-Encoding", "identity")
	via := c.guarded
	if trusted {
		via = c.free
	} else if c.proxy != nil {
		// A proxy resolves the name itself: only what is written can be looked at.
		if p, err := c.proxy(at); err == nil && p != nil {
			if err := c.check(at.Hostname()); err != nil {
				return nil, fmt.Errorf("%s: %w", at.Host, err)
			}
			via = c.free
		}
	}
	response, err := via.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at.Host, err)
	}
	return response, nil
}

// leadsOn reports whether a response is a redirect (RFC 9110, section 15.4).
func leadsOn(r *http.Response) bool {
	switch r.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
