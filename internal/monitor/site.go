package monitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// site is the node that is looked at.
type site struct {
	base   string // without a slash at its end
	client *http.Client
	agent  string
}

// get reads what is at a path, of at most so many bytes. Where the node says
// that it is asked too often, it waits.
func (s *site) get(ctx context.Context, path string, most int64) ([]byte, error) {
	for again := 0; ; again++ {
		b, wait, err := s.once(ctx, path, most)
		if wait == 0 || again == maxWaits {
			return b, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// maxWaits is how often a node may put one request off, longestWait for how long
// each time.
const (
	maxWaits    = 5
	longestWait = time.Minute
)

// once is one attempt to read what is at a path. With an error, wait is how long
// the node asks to be left alone before the next; 0 where there is to be none.
func (s *site) once(ctx context.Context, path string, most int64) (b []byte, wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil)
	if err != nil {
		return nil, 0, problem.New(problem.Invalid, "%s: %v", s.base+path, err)
	}
	req.Header.Set("User-Agent", s.agent)
	resp, err := s.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, 0, problem.New(problem.Unavailable, "%s: %v", s.base+path, err)
	}
	defer resp.Body.Close()
	b, err = io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, 0, problem.New(problem.Unavailable, "%s: %v", s.base+path, err)
	case resp.StatusCode != http.StatusOK:
		kind := problem.Unavailable
		switch resp.StatusCode {
		case http.StatusNotFound:
			kind = problem.NotFound
		case http.StatusTooManyRequests:
			seconds, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 16)
			if err != nil || seconds == 0 {
				seconds = 1
			}
			wait = min(time.Duration(seconds)*time.Second, longestWait)
		}
		return nil, wait, problem.New(kind, "%s: answered %d %s", s.base+path, resp.StatusCode, http.StatusText(resp.StatusCode))
	case int64(len(b)) > most:
		return nil, 0, problem.New(problem.TooLarge, "%s: longer than %d bytes", s.base+path, most)
	}
	return b, 0, nil
}

// Limits of what is read of a registry, in bytes.
const (
	maxKeys  = 1 << 20
	maxDump  = 48 << 20 // a DSSE envelope of the longest payload there is
	maxPage  = 32 << 20
	maxEvent = 2 << 20
)

// maxLabels bounds how many labels a registry may have.
const maxLabels = 5_000_000

// keys are the keys that the registry says its labels and lists are signed with.
func (s *site) keys(ctx context.Context) ([]dsse.PublicKey, error) {
	const path = "/labels/keys.json"
	b, err := s.get(ctx, path, maxKeys)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Keys []struct {
			KeyID     string `json:"keyid"`
			PublicKey string `json:"public_key"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, problem.New(problem.Invalid, "%s: %v", path, err)
	}
	var keys []dsse.PublicKey
	for _, k := range doc.Keys {
		key, err := dsse.ParseEd25519(k.PublicKey)
		if err != nil {
			return nil, problem.New(problem.Invalid, "%s: key %.80q: %s", path, k.KeyID, problem.Message(err))
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// told is a label as the registry's dump tells of it.
type told struct {
	ID      string            `json:"id"`
	Status  label.Status      `json:"status"`
	Since   access.Date       `json:"since"`
	History []json.RawMessage `json:"history"`
}

// dump is the registry's signed dump.
type dump struct {
	Form     string    `json:"label_dump"`
	Position int64     `json:"position"`
	Made     time.Time `json:"made"`
	After    string    `json:"after"`
	Next     string    `json:"next"`
	Labels   []told    `json:"labels"`
}

// dumpType is the payload type that dumps are signed with.
const dumpType = "application/vnd.countersign.label-dump+json"

// dump is the pages of the registry's dump as one. It lags as far behind as the
// page that lags most.
func (s *site) dump(ctx context.Context, keys []dsse.PublicKey) (*dump, error) {
	whole, err := s.dumpPage(ctx, keys, "")
	if err != nil {
		return nil, err
	}
	for after := whole.Next; after != ""; {
		page, err := s.dumpPage(ctx, keys, after)
		if err != nil {
			return nil, err
		}
		if page.Next != "" && page.Next <= after {
			return nil, problem.New(problem.Invalid, "/labels/dump.json: the page after %.40q leads back to %.40q", after, page.Next)
		}
		whole.Labels = append(whole.Labels, page.Labels...)
		if page.Position < whole.Position {
			whole.Position, whole.Made = page.Position, page.Made
		}
		after = page.Next
	}
	return whole, nil
}

func (s *site) dumpPage(ctx context.Context, keys []dsse.PublicKey, after string) (*dump, error) {
	path := "/labels/dump.json"
	if after != "" {
		path += "?after=" + url.QueryEscape(after)
	}
	b, err := s.get(ctx, path, maxDump)
	if err != nil {
		return nil, err
	}
	e, err := dsse.Parse(b)
	if err != nil {
		return nil, problem.New(problem.Invalid, "%s: %v", path, err)
	}
	if e.PayloadType != dumpType {
		return nil, problem.New(problem.Invalid, "%s: payload type %.100q, want %s", path, e.PayloadType, dumpType)
	}
	if _, err := e.Verify(keys); err != nil {
		return nil, problem.New(problem.Invalid, "%s: %v", path, err)
	}
	d := new(dump)
	if err := json.Unmarshal(e.Payload, d); err != nil || d.Form != "v1" {
		return nil, problem.New(problem.Invalid, "%s: not a dump of the form v1", path)
	}
	if d.After != after {
		return nil, problem.New(problem.Invalid, "%s: the page after %.40q", path, d.After)
	}
	return d, nil
}

// history is what happened to one label, as the registry tells of it now: each
// event as its document, which must have the digest that is told.
func (s *site) history(ctx context.Context, id string) (*history, error) {
	path := "/api/v1/labels/" + url.PathEscape(id) + "/history"
	b, err := s.get(ctx, path, maxPage)
	if err != nil {
		return nil, err
	}
	var page struct {
		Events []struct {
			Sequence int    `json:"sequence"`
			Position int64  `json:"position"`
			Digest   string `json:"digest"`
		} `json:"events"`
	}
	if err := json.Unmarshal(b, &page); err != nil {
		return nil, problem.New(problem.Invalid, "%s: %v", path, err)
	}
	h := &history{}
	for _, told := range page.Events {
		path := "/labels/" + url.PathEscape(id) + "/events/" + strconv.Itoa(told.Sequence)
		b, err := s.get(ctx, path, maxEvent)
		if err != nil {
			return nil, err
		}
		if got := ledger.Digest(b); got != told.Digest {
			return nil, problem.New(problem.Invalid, "%s: has the digest %s, and %s is told", path, got, told.Digest)
		}
		e, err := label.ParseEvent(b)
		if err == nil {
			err = h.add(id, e, Logged{told.Position, told.Digest})
		}
		if err != nil {
			return nil, problem.New(problem.Invalid, "%s: %v", path, err)
		}
	}
	return h, nil
}

// claim is a label as the registry's list tells of it.
type claim struct {
	ID     string       `json:"id"`
	Status label.Status `json:"status"`
	Since  access.Date  `json:"since"`
}

// claims is what the registry's list says of all labels.
func (s *site) claims(ctx context.Context) (map[string]claim, error) {
	const path = "/api/v1/labels"
	out := map[string]claim{}
	after := ""
	for {
		at := path
		if after != "" {
			at += "?" + url.Values{"after": {after}}.Encode()
		}
		b, err := s.get(ctx, at, maxPage)
		if err != nil {
			return nil, err
		}
		var page struct {
			Labels []claim `json:"labels"`
			Next   string  `json:"next"`
		}
		if err := json.Unmarshal(b, &page); err != nil {
			return nil, problem.New(problem.Invalid, "%s: %v", path, err)
		}
		for _, c := range page.Labels {
			if _, twice := out[c.ID]; twice || c.ID == "" {
				return nil, problem.New(problem.Invalid, "%s: label %q comes twice, or has no id", path, c.ID)
			}
			out[c.ID] = c
		}
		if page.Next == "" || len(page.Labels) == 0 {
			return out, nil
		}
		if len(out) > maxLabels {
			return nil, problem.New(problem.TooLarge, "%s: more than %d labels", path, maxLabels)
		}
		after = page.Next
	}
}

// checkBase refuses an address that is not that of a node.
func checkBase(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", problem.New(problem.Invalid, "%q: want the address of a node, as https://labels.example", address)
	}
	return strings.TrimSuffix(fmt.Sprint(u), "/"), nil
}
