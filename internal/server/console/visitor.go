package console

import (
	"context"

	"countersign.dev/internal/access"
)

// Visitor is what the server's door found out about whoever asks for a page.
type Visitor struct {
	Reader    access.Reader
	Token     string // what the page's forms must send back; "" when none is asked for
	Session   bool   // there is a session to sign out of
	RequestID string // as in the operator's log
}

type visitorKey struct{}

// WithVisitor is ctx for a request of v.
func WithVisitor(ctx context.Context, v Visitor) context.Context {
	return context.WithValue(ctx, visitorKey{}, v)
}

// WithReader is ctx for a request of reader, whose forms must carry csrf.
func WithReader(ctx context.Context, reader access.Reader, csrf string) context.Context {
	return WithVisitor(ctx, Visitor{Reader: reader, Token: csrf, Session: csrf != ""})
}

// visitorOf is who asks; the public when the door said nothing.
func visitorOf(ctx context.Context) Visitor {
	v, _ := ctx.Value(visitorKey{}).(Visitor)
	return v
}
