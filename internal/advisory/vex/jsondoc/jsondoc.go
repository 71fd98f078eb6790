// Package jsondoc decodes JSON documents that others wrote, part by part: what
// is no JSON at all, or more than the limits allow, is refused whole with its
// line; a part that is not shaped as its format has it can be reported with its
// place while the others are used.
//
// Begin with [Check], which bounds a document, then decode its parts with
// [Decode]. [Keys] tells a format by the names of its first members.
package jsondoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"countersign.dev/internal/problem"
)

// Limits bound what is read of one document. A zero field means its default.
type Limits struct {
	Bytes  int // of the document; default 256 MiB
	Depth  int // of nesting; default 64
	Values int // members and elements; default 20,000,000
	Text   int // bytes of one text, as written; default 1 MiB
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		limit *int
		def   int
	}{{&l.Bytes, 256 << 20}, {&l.Depth, 64}, {&l.Values, 20_000_000}, {&l.Text, 1 << 20}} {
		if *d.limit <= 0 {
			*d.limit = d.def
		}
	}
	return l
}

var byteOrderMark = []byte("\ufeff")

// Check is the document without its byte order mark, once it is known to be
// one JSON object within the limits. The error names the line.
func Check(b []byte, limits Limits) ([]byte, error) {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	b = bytes.TrimPrefix(b, byteOrderMark)
	if err := bound(b, limits); err != nil {
		return nil, err
	}
	// A decode into nothing checks the syntax and builds nothing.
	var whole nothing
	if err := json.Unmarshal(b, &whole); err != nil {
		return nil, syntax(b, err)
	}
	if first := bytes.TrimLeft(b, " \t\r\n"); len(first) == 0 || first[0] != '{' {
		return nil, problem.New(problem.Invalid, "line 1: want a JSON object")
	}
	return b, nil
}

type nothing struct{}

func (*nothing) UnmarshalJSON([]byte) error { return nil }

// bound counts what the limits speak of. It takes anything for JSON.
func bound(b []byte, limits Limits) error {
	depth, values, start, inText := 0, 0, 0, false
	for i := 0; i < len(b); i++ {
		c := b[i]
		if inText {
			switch c {
			case '\\':
				i++
			case '"':
				inText = false
				if i-start > limits.Text {
					return problem.New(problem.TooLarge, "line %d: a text of %d bytes, the limit is %d", line(b, start), i-start, limits.Text)
				}
			}
			continue
		}
		switch c {
		case '"':
			inText, start = true, i
		case '{', '[':
			if depth++; depth > limits.Depth {
				return problem.New(problem.TooLarge, "line %d: nested more than %d deep", line(b, i), limits.Depth)
			}
		case '}', ']':
			depth--
		case ',':
			if values++; values > limits.Values {
				return problem.New(problem.TooLarge, "line %d: more than %d values", line(b, i), limits.Values)
			}
		}
	}
	return nil
}

func line(b []byte, offset int) int { return 1 + bytes.Count(b[:min(offset, len(b))], []byte("\n")) }

// syntax names the line of an error of JSON's syntax.
func syntax(b []byte, err error) error {
	var s *json.SyntaxError
	if errors.As(err, &s) {
		return problem.New(problem.Invalid, "line %d: not JSON: %v", line(b, int(s.Offset)), s)
	}
	return problem.New(problem.Invalid, "not JSON: %v", err)
}

// Decode reads a part of a checked document into v. The error names the place,
// as "statements[3].status", and what was expected there.
func Decode(part json.RawMessage, place string, v any) error {
	err := json.Unmarshal(part, v)
	if err == nil {
		return nil
	}
	var t *json.UnmarshalTypeError
	if !errors.As(err, &t) {
		return problem.New(problem.Invalid, "%s: %v", place, err)
	}
	return problem.New(problem.Invalid, "%s: want %s, got %s", Place(place, t.Field), kindOf(t), t.Value)
}

// kindOf is what a Go type is written as in JSON.
func kindOf(t *json.UnmarshalTypeError) string {
	switch t.Type.Kind().String() {
	case "struct", "map":
		return "an object"
	case "slice", "array":
		return "an array"
	case "string":
		return "a text"
	case "bool":
		return "true or false"
	default:
		return "a number"
	}
}

// Place joins the parts of a place, leaving out those that are empty.
func Place(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ".")
}

// At is the place of an element, as "statements[3]".
func At(place string, i int) string { return fmt.Sprintf("%s[%d]", place, i) }

// Keys walks over the members of the object that head begins with, and those of
// the objects in it, until visit gives false or head ends. text is the
// member's value where that is a text. Head may be cut off anywhere.
func Keys(head []byte, visit func(outer, key, text string) bool) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(head, byteOrderMark)))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return
	}
	members(dec, "", visit)
}

// members walks over the members of an object whose brace was read. It gives
// false when the walk is over.
func members(dec *json.Decoder, outer string, visit func(outer, key, text string) bool) bool {
	for dec.More() {
		t, err := dec.Token()
		key, isText := t.(string)
		if err != nil || !isText {
			return false
		}
		value, err := dec.Token()
		if err != nil {
			visit(outer, key, "")
			return false
		}
		text, _ := value.(string)
		if !visit(outer, key, text) {
			return false
		}
		switch {
		case value == json.Delim('{') && outer == "":
			if !members(dec, key, visit) {
				return false
			}
		case value == json.Delim('{') || value == json.Delim('['):
			if !skip(dec) {
				return false
			}
		}
	}
	_, err := dec.Token()
	return err == nil
}

// skip passes over the rest of an object or array.
func skip(dec *json.Decoder) bool {
	for depth := 1; depth > 0; {
		t, err := dec.Token()
		if err != nil {
			return false
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return true
}
