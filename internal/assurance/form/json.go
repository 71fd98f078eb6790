package form

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/problem"
)

// JSON reads a document in JSON (RFC 8259) whose top is an object.
func JSON(b []byte, limits Limits) (*Node, error) {
	b, limits, err := open(b, limits)
	if err != nil {
		return nil, err
	}
	r := &jsonReader{text: b, dec: jsontext.NewDecoder(bytes.NewReader(b)), meter: meter{limits: limits}, line: 1}
	if kind := r.dec.PeekKind(); kind != '{' && kind != 0 {
		return nil, problem.New(problem.Invalid, "line %d: want a JSON object, got %s", r.here(), kind)
	}
	n, err := r.value("", 0)
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "line %d: more follows after the document's end", r.here())
	}
	return n, nil
}

type jsonReader struct {
	text  []byte
	dec   *jsontext.Decoder
	meter meter

	line    int // of the byte at counted
	counted int
}

// here is the line that the decoder has come to.
func (r *jsonReader) here() int {
	if at := int(r.dec.InputOffset()); at > r.counted {
		r.line += bytes.Count(r.text[r.counted:at], []byte("\n"))
		r.counted = at
	}
	return r.line
}

func (r *jsonReader) value(place string, depth int) (*Node, error) {
	token, err := r.dec.ReadToken()
	if err != nil {
		return nil, r.syntax(err)
	}
	n := &Node{Line: r.here(), Place: place}
	if err := r.meter.count(n.Line, depth); err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '{':
		n.Kind = Map
		return n, r.members(n, depth)
	case '[':
		n.Kind = List
		return n, r.items(n, depth)
	case '"':
		n.Kind, n.Scalar = Text, token.String()
	case '0':
		n.Kind, n.Scalar = Number, token.String()
	case 't', 'f':
		n.Kind, n.Scalar = Bool, token.String()
	}
	return n, r.meter.text(n.Scalar, n.Line)
}

func (r *jsonReader) members(n *Node, depth int) error {
	for r.dec.PeekKind() != '}' {
		token, err := r.dec.ReadToken()
		if err != nil {
			return r.syntax(err)
		}
		m := Member{Name: token.String(), Line: r.here()}
		if err := r.meter.text(m.Name, m.Line); err != nil {
			return err
		}
		if m.Value, err = r.value(member(n.Place, m.Name), depth+1); err != nil {
			return err
		}
		n.Members = append(n.Members, m)
	}
	return r.end()
}

func (r *jsonReader) items(n *Node, depth int) error {
	for r.dec.PeekKind() != ']' {
		item, err := r.value(n.Place+"["+strconv.Itoa(len(n.Items))+"]", depth+1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	return r.end()
}

// end reads the bracket that was seen.
func (r *jsonReader) end() error {
	if _, err := r.dec.ReadToken(); err != nil {
		return r.syntax(err)
	}
	return nil
}

// syntax says an error of the decoder with its line.
func (r *jsonReader) syntax(err error) error {
	text, line := err.Error(), r.here()
	var s *jsontext.SyntacticError
	if errors.As(err, &s) {
		line = 1 + bytes.Count(r.text[:min(int(s.ByteOffset), len(r.text))], []byte("\n"))
		text = s.Err.Error()
		if errors.Is(err, jsontext.ErrDuplicateName) {
			text = "the member " + strconv.Quote(Clip(s.JSONPointer.LastToken())) + " occurs twice"
			return problem.New(problem.Invalid, "line %d: %s", line, text)
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		text = "it ends too early"
	}
	return problem.New(problem.Invalid, "line %d: not JSON: %s", line, strings.TrimPrefix(text, "jsontext: "))
}
