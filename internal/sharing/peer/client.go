// Package peer exchanges objects with other TAXII servers: it pulls collections
// of theirs into ours, and pushes ours into theirs, on a schedule.
//
// Begin with Client, which speaks TAXII 2.1 to one API root, and Book.Run, which
// keeps the exchange going. Nodes of countersign federate in no other way.
//
// # What is promised
//
// Each object is taken over at least once, and the same version twice changes
// nothing, so exchanges may go round in circles and still end: what is held is
// not added again. How far an exchange has come moves after what it brought is
// durable; a node that is killed goes on from there. What the other server says
// of who made an object is believed only of what nobody here speaks for, unless
// the peer is known to relay.
//
// What is for named persons is never pushed, and what is pushed is only what the
// peer's organisation may see.
package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/problem"
)

// mediaType is what TAXII 2.1 speaks (section 1.6.8).
const mediaType = "application/taxii+json;version=2.1"

// The limits of an answer.
const (
	maxAnswer   = 128 << 20 // bytes
	maxRedirect = 3
	timeout     = 2 * time.Minute
)

// Client speaks to one API root.
type Client struct {
	root string // with a slash at its end
	user string
	pass string
	http *http.Client
}

// NewClient makes a client of an API root. With a user it signs in by Basic, else
// with the secret as a bearer token. Plain http is only for this machine.
func NewClient(root, user, secret string) (*Client, error) {
	u, err := url.Parse(root)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, problem.New(problem.Invalid, "%q: want the URL of an API root, as https://taxii.example/api/", root)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !local(u.Hostname())) {
		return nil, problem.New(problem.Invalid, "%q: want https; plain http is for this machine only", root)
	}
	c := &Client{root: strings.TrimRight(u.String(), "/") + "/", user: user, pass: secret}
	c.http = &http.Client{Timeout: timeout, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirect || r.URL.Host != u.Host || r.URL.Scheme != u.Scheme {
			return errors.New("it sends elsewhere")
		}
		return nil
	}}
	return c, nil
}

func local(host string) bool { return host == "127.0.0.1" || host == "::1" || host == "localhost" }

// answer is a page of objects.
type answer struct {
	Objects []json.RawMessage `json:"objects"`
	More    bool              `json:"more"`
	Next    string            `json:"next"`
	last    string            // when the last of them was added
}

// Objects is a page of a collection, all versions of its objects: what follows
// the other's cursor, or was added after an instant.
func (c *Client) objects(ctx context.Context, collection, after, next string) (*answer, error) {
	q := url.Values{"match[version]": {"all"}, "match[spec_version]": {"2.0,2.1"}, "limit": {strconv.Itoa(pageSize)}}
	if after != "" {
		q.Set("added_after", after)
	}
	if next != "" {
		q.Set("next", next)
	}
	a := &answer{}
	h, err := c.do(ctx, http.MethodGet, "collections/"+url.PathEscape(collection)+"/objects/?"+q.Encode(), nil, a)
	if err != nil {
		return nil, err
	}
	a.last = h.Get("X-TAXII-Date-Added-Last")
	return a, nil
}

// posted is what the other says of an envelope.
type posted struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Successes int    `json:"success_count"`
	Failures  int    `json:"failure_count"`
	Pending   int    `json:"pending_count"`
	Failed    []struct {
		ID      string `json:"id"`
		Message string `json:"message"`
	} `json:"failures"`
}

// post adds an envelope to a collection, and waits until it was worked through.
func (c *Client) post(ctx context.Context, collection string, envelope []byte, wait func(context.Context, int) error) (*posted, error) {
	p := &posted{}
	if _, err := c.do(ctx, http.MethodPost, "collections/"+url.PathEscape(collection)+"/objects/", envelope, p); err != nil {
		return nil, err
	}
	for n := 0; p.Status == "pending" && p.ID != ""; n++ {
		if err := wait(ctx, n); err != nil {
			return nil, err
		}
		if _, err := c.do(ctx, http.MethodGet, "status/"+url.PathEscape(p.ID)+"/", nil, p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// do asks and reads one answer.
func (c *Client) do(ctx context.Context, method, path string, body []byte, into any) (http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.root+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", mediaType)
	if body != nil {
		r.Header.Set("Content-Type", mediaType)
	}
	switch {
	case c.user != "":
		r.SetBasicAuth(c.user, c.pass)
	case c.pass != "":
		r.Header.Set("Authorization", "Bearer "+c.pass)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, problem.Wrap(problem.Unavailable, err, "%s", c.root)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, problem.Wrap(problem.Unavailable, err, "%s", c.root)
	}
	if len(b) > maxAnswer {
		return nil, problem.New(problem.TooLarge, "%s: an answer of more than %d bytes", c.root, maxAnswer)
	}
	if resp.StatusCode/100 != 2 {
		return nil, &refusal{c.root, resp.StatusCode, messageOf(b)}
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "application/taxii+json" {
		return nil, problem.New(problem.Invalid, "%s: the answer is %q, want %s", c.root, resp.Header.Get("Content-Type"), mediaType)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return nil, problem.New(problem.Invalid, "%s: the answer cannot be read: %v", c.root, err)
	}
	return resp.Header, nil
}

// refusal is an answer that says no.
type refusal struct {
	root    string
	status  int
	message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s answers %d %s%s", r.root, r.status, http.StatusText(r.status), r.message)
}

// messageOf is what an error message of TAXII says (section 3.6.1).
func messageOf(b []byte) string {
	var m struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	if json.Unmarshal(b, &m) != nil || m.Title == "" {
		return ""
	}
	text := ": " + m.Title
	if m.Description != "" {
		text += ": " + m.Description
	}
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "")
	}
	return text
}
