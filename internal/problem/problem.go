// Package problem is the vocabulary of what can go wrong for a user: nine
// kinds of errors, and what each means at the two doors, as an HTTP status and
// as an exit code.
//
// Make an error with [New] or [Wrap], ask for its kind with [KindOf], and say
// it to a user with [Message]. An error that nobody gave a kind is [Internal]:
// its chain belongs in the operator's log, and a user is told only that
// something failed. The package does not print, log or translate.
package problem

import (
	"context"
	"errors"
	"fmt"
)

// Kind is what sort of failure an error is. A Kind is itself an error, so that
// errors.Is(err, problem.NotFound) asks for it.
type Kind string

// The kinds. Their comments say what the caller should do.
const (
	Internal        Kind = "internal"        // a fault of the program or the machine; report it
	NotFound        Kind = "not_found"       // ask for something else; also said of what the reader may not see
	Invalid         Kind = "invalid"         // correct the input; the message names the place
	Conflict        Kind = "conflict"        // the state does not allow it; look at it and decide
	Denied          Kind = "denied"          // this reader may not; ask somebody who may
	Unauthenticated Kind = "unauthenticated" // say who you are
	TooLarge        Kind = "too_large"       // send less
	TooMany         Kind = "too_many"        // wait, then try again
	Unavailable     Kind = "unavailable"     // try again later
)

// Error makes a kind usable as the target of errors.Is.
func (k Kind) Error() string { return string(k) }

// Error is an error with a kind and a message fit for a user.
type Error struct {
	Kind  Kind
	err   error // carries the message
	cause error // what is wrapped below the message, not shown to a user of an Internal error
}

// New makes an error of a kind. With %w in format it wraps, and its message
// includes that of what it wraps.
func New(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, err: fmt.Errorf(format, args...)}
}

// Wrap gives err a kind and puts a message before its own. It returns nil when
// err is nil, and err itself with the message before it when err has a kind
// already: the innermost knows best.
func Wrap(kind Kind, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	var inner *Error
	if errors.As(err, &inner) {
		kind = inner.Kind
	}
	return &Error{Kind: kind, err: fmt.Errorf(format, args...), cause: err}
}

// Error is the message, and after it that of the wrapped error.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.err.Error()
	}
	return e.err.Error() + ": " + e.cause.Error()
}

// Unwrap gives what the error was made from.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.err}
	}
	return []error{e.err, e.cause}
}

// Is reports whether target is the error's kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// KindOf is the kind of err: that of the outermost [Error] in its chain, or
// [Unavailable] for a question that was cancelled or ran out of time, or
// [Internal]. It is "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	var k Kind
	if errors.As(err, &k) {
		return k
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	return Internal
}

// Message is what a user of the HTTP door is told of err: the whole message,
// unless the error is [Internal], whose chain is for the operator's log.
func Message(err error) string {
	if err == nil {
		return ""
	}
	if KindOf(err) == Internal {
		return "internal error"
	}
	return err.Error()
}
