package form

import (
	"bytes"

	"countersign.dev/internal/problem"
)

// Limits bound what is read of one document. A zero field means its default.
type Limits struct {
	Bytes  int // of the document; default 4 MiB
	Depth  int // of nesting; default 32
	Values int // of any kind; default 200,000
	Text   int // bytes of one text or name; default 64 KiB
}

// Or fills in the fields that are zero.
func (l Limits) Or(other Limits) Limits {
	for _, f := range []struct {
		limit *int
		other int
	}{{&l.Bytes, other.Bytes}, {&l.Depth, other.Depth}, {&l.Values, other.Values}, {&l.Text, other.Text}} {
		if *f.limit <= 0 {
			*f.limit = f.other
		}
	}
	return l
}

var defaults = Limits{Bytes: 4 << 20, Depth: 32, Values: 200_000, Text: 64 << 10}

var byteOrderMark = []byte("\ufeff")

// open checks the size of a document and takes its byte order mark away.
func open(b []byte, limits Limits) ([]byte, Limits, error) {
	limits = limits.Or(defaults)
	if len(b) > limits.Bytes {
		return nil, limits, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	return bytes.TrimPrefix(b, byteOrderMark), limits, nil
}

// meter counts what the limits speak of.
type meter struct {
	limits Limits
	values int
}

// count takes one more value at a line and a depth.
func (m *meter) count(line, depth int) error {
	if m.values++; m.values > m.limits.Values {
		return problem.New(problem.TooLarge, "line %d: more than %d values", line, m.limits.Values)
	}
	if depth > m.limits.Depth {
		return problem.New(problem.TooLarge, "line %d: nested more than %d deep", line, m.limits.Depth)
	}
	return nil
}

// text bounds one text.
func (m *meter) text(s string, line int) error {
	if len(s) > m.limits.Text {
		return problem.New(problem.TooLarge, "line %d: a text of %d bytes, the limit is %d", line, len(s), m.limits.Text)
	}
	return nil
}
