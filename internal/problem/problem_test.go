package problem_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"testing"

	"countersign.dev/internal/problem"
)

func TestKindOf(t *testing.T) {
	missing := problem.New(problem.NotFound, "no document %q", "x")
	tests := []struct {
		name    string
		err     error
		kind    problem.Kind
		message string
		status  int
		exit    int
	}{
		{"nil", nil, "", "", http.StatusOK, problem.ExitDone},
		{"not found", missing, problem.NotFound, `no document "x"`, http.StatusNotFound, problem.ExitFailure},
		{"below another error", fmt.Errorf("show: %w", missing), problem.NotFound, `show: no document "x"`, http.StatusNotFound, problem.ExitFailure},
		{"without a kind", io.ErrUnexpectedEOF, problem.Internal, "internal error", http.StatusInternalServerError, problem.ExitFailure},
		{"a kind by itself", fmt.Errorf("import: %w", problem.TooLarge), problem.TooLarge, "import: too_large", http.StatusRequestEntityTooLarge, problem.ExitFailure},
		{"given a kind", problem.Wrap(problem.Unavailable, io.EOF, "read feed"), problem.Unavailable, "read feed: EOF", http.StatusServiceUnavailable, problem.ExitFailure},
		{"given another kind", problem.Wrap(problem.Internal, missing, "show"), problem.NotFound, `show: no document "x"`, http.StatusNotFound, problem.ExitFailure},
		{"cancelled", fmt.Errorf("ask: %w", context.Canceled), problem.Unavailable, "ask: context canceled", http.StatusServiceUnavailable, problem.ExitFailure},
		{"out of time", context.DeadlineExceeded, problem.Unavailable, "context deadline exceeded", http.StatusServiceUnavailable, problem.ExitFailure},
		{"invalid", problem.New(problem.Invalid, "line 3"), problem.Invalid, "line 3", http.StatusBadRequest, problem.ExitFailure},
		{"conflict", problem.New(problem.Conflict, "taken"), problem.Conflict, "taken", http.StatusConflict, problem.ExitFailure},
		{"denied", problem.New(problem.Denied, "no"), problem.Denied, "no", http.StatusForbidden, problem.ExitFailure},
		{"unauthenticated", problem.New(problem.Unauthenticated, "who"), problem.Unauthenticated, "who", http.StatusUnauthorized, problem.ExitFailure},
		{"too many", problem.New(problem.TooMany, "wait"), problem.TooMany, "wait", http.StatusTooManyRequests, problem.ExitFailure},
		{"joined", errors.Join(io.EOF, missing), problem.NotFound, "EOF\n" + `no document "x"`, http.StatusNotFound, problem.ExitFailure},
	}
	for _, tt := range tests {
		if got := problem.KindOf(tt.err); got != tt.kind {
			t.Errorf("%s: kind %q, want %q", tt.name, got, tt.kind)
		}
		if got := problem.Message(tt.err); got != tt.message {
			t.Errorf("%s: message %q, want %q", tt.name, got, tt.message)
		}
		if got := problem.Status(tt.err); got != tt.status {
			t.Errorf("%s: status %d, want %d", tt.name, got, tt.status)
		}
		if got := problem.ExitCode(tt.err); got != tt.exit {
			t.Errorf("%s: exit code %d, want %d", tt.name, got, tt.exit)
		}
	}
}

func TestChain(t *testing.T) {
	wrapped := problem.Wrap(problem.Unavailable, fs.ErrPermission, "open store %s", "a.db")
	formatted := problem.New(problem.Invalid, "%s: %w", "f.csv", fs.ErrPermission)
	for _, err := range []error{wrapped, formatted, fmt.Errorf("again: %w", wrapped)} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v has lost its cause", err)
		}
		var p *problem.Error
		if !errors.As(err, &p) {
			t.Errorf("%v is no problem", err)
		}
	}
	if !errors.Is(wrapped, problem.Unavailable) || errors.Is(wrapped, problem.Invalid) {
		t.Errorf("%v: asked for its kind by errors.Is", wrapped)
	}
	if problem.Wrap(problem.Invalid, nil, "nothing") != nil {
		t.Error("wrapping nil makes an error")
	}
	if got := formatted.Error(); got != "f.csv: permission denied" {
		t.Errorf("message %q", got)
	}
}
