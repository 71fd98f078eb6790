package dsse

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/problem"
)

// Limits bound a JSON document. A zero field means its default.
type Limits struct {
	Bytes  int // default 24 MiB, the longest payload
	Depth  int // of nesting; default 64
	Values int // names and values; default 2,000,000
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		limit *int
		def   int
	}{{&l.Bytes, maxPayload}, {&l.Depth, 64}, {&l.Values, 2_000_000}} {
		if *d.limit <= 0 {
			*d.limit = d.def
		}
	}
	return l
}

// Strict checks that b is one JSON value that every reader reads alike: in
// UTF-8, no object with one member name twice, nothing behind it, and within
// the limits (RFC 8259, section 4; RFC 7493). The error names the place.
func Strict(b []byte, limits Limits) error {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(b))
	for tokens := 1; ; tokens++ {
		if _, err := dec.ReadToken(); err != nil {
			return syntax(b, err)
		}
		switch {
		case dec.StackDepth() == 0:
			return ended(b, dec)
		case dec.StackDepth() > limits.Depth:
			return problem.New(problem.TooLarge, "line %d: nested more than %d deep", line(b, dec.InputOffset()), limits.Depth)
		case tokens > limits.Values:
			return problem.New(problem.TooLarge, "line %d: more than %d names and values", line(b, dec.InputOffset()), limits.Values)
		}
	}
}

// ended checks that nothing is behind the value.
func ended(b []byte, dec *jsontext.Decoder) error {
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return problem.New(problem.Invalid, "line %d: want one JSON value, found more behind it", line(b, dec.InputOffset()))
	}
	return nil
}

// Unmarshal decodes a document that [Strict] takes. Names of members are
// compared as written: "Payload" is not "payload". The error names the place.
func Unmarshal(b []byte, v any, limits Limits) error {
	if err := Strict(b, limits); err != nil {
		return err
	}
	err := json.Unmarshal(b, v)
	if err == nil {
		return nil
	}
	var s *json.SemanticError
	if errors.As(err, &s) {
		return problem.New(problem.Invalid, "%s: %s", place(string(s.JSONPointer)), expected(s))
	}
	return syntax(b, err)
}

// place writes a JSON pointer, or says that it is the whole document.
func place(pointer string) string {
	if pointer == "" {
		return "the document"
	}
	return pointer
}

// expected says in a few words what a value was and should have been.
func expected(s *json.SemanticError) string {
	found := map[jsontext.Kind]string{
		'n': "null", 't': "true", 'f': "false", '"': "a text", '0': "a number", '{': "an object", '[': "an array",
	}[s.JSONKind]
	want := "another value"
	if s.GoType != nil {
		switch s.GoType.Kind().String() {
		case "struct", "map":
			want = "an object"
		case "slice", "array":
			want = "an array"
		case "string", "ptr":
			want = "a text"
		case "bool":
			want = "true or false"
		case "int", "int64", "float64", "uint64":
			want = "a number"
		}
	}
	if found == "" {
		return "want " + want
	}
	return "want " + want + ", found " + found
}

// syntax names the line of an error of the document's syntax.
func syntax(b []byte, err error) error {
	var s *jsontext.SyntacticError
	if !errors.As(err, &s) {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return problem.New(problem.Invalid, "not JSON: it ends too early")
		}
		return problem.New(problem.Invalid, "not JSON: %v", err)
	}
	if errors.Is(s.Err, jsontext.ErrDuplicateName) {
		return problem.New(problem.Invalid, "line %d: %s: this member is there twice", line(b, s.ByteOffset), place(string(s.JSONPointer)))
	}
	return problem.New(problem.Invalid, "line %d: not JSON: %v", line(b, s.ByteOffset), s.Err)
}

func line(b []byte, offset int64) int {
	return 1 + bytes.Count(b[:min(max(offset, 0), int64(len(b)))], []byte("\n"))
}
