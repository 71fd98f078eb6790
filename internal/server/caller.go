package server

import (
	"context"
	"crypto/rand"
	"net/http"

	"countersign.dev/internal/access"
)

// credential is what a request was let in by.
type credential string

const (
	anonymous  credential = "anonymous" // nothing; only the open parts answer
	byToken    credential = "token"     // Authorization: Bearer
	byPassword credential = "password"  // Authorization: Basic, of TAXII clients
	bySession  credential = "session"   // a browser's cookie
	byOpen     credential = "open"      // none needed on loopback, see Options.Open
)

// caller is what the door knows about a request and its sender. One is put
// into each request's context, and filled on the way in.
type caller struct {
	id      string // of the request
	reader  access.Reader
	by      credential
	address string // of the client, without port
	tls     bool   // the client's connection is encrypted
	formKey []byte // form tokens are made from it: the session's secret, if there is one
	cause   error  // what made the answer an error, for the log
}

type callerKey struct{}

func callerOf(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// ReaderOf is who asks, as the door found out. The public, when nobody passed
// the door.
func ReaderOf(ctx context.Context) access.Reader {
	if c := callerOf(ctx); c != nil {
		return c.reader
	}
	return access.Reader{}
}

// RequestID is the id of the request, as in the log and the X-Request-Id
// header of the answer; "" outside of one.
func RequestID(ctx context.Context) string {
	if c := callerOf(ctx); c != nil {
		return c.id
	}
	return ""
}

// Cause notes why a request fails, for its line in the log. What the client is
// told is another matter.
func Cause(ctx context.Context, err error) {
	if c := callerOf(ctx); c != nil {
		c.cause = err
	}
}

const requestIDHeader = "X-Request-Id"

// requestID takes the id that a proxy in front gave the request, when it is
// harmless in a log line and a header, and else makes one.
func requestID(h http.Header) string {
	if id := h.Get(requestIDHeader); plainID(id) {
		return id
	}
	return rand.Text()
}

func plainID(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}
