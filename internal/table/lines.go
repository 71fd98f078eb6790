package table

import (
	"bytes"
	"context"

	"countersign.dev/internal/problem"
)

// LineLimits bound what is read of a text line by line. Both have to be given.
type LineLimits struct {
	Lines int
	Line  int // bytes of one line
}

// Lines gives the lines of a text that are not blank, without the white space around
// them, and with their numbers, counted from 1. A byte order mark is passed over. The
// text that take is given is part of b.
func Lines(ctx context.Context, b []byte, limits LineLimits, take func(n int, text []byte)) error {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	for n := 1; len(b) > 0; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if n > limits.Lines {
			return problem.New(problem.TooLarge, "more than %d lines", limits.Lines)
		}
		var text []byte
		text, b, _ = bytes.Cut(b, []byte("\n"))
		if len(text) > limits.Line {
			return problem.New(problem.TooLarge, "line %d: more than %d bytes", n, limits.Line)
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			take(n, text)
		}
	}
	return nil
}
