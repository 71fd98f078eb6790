package xmllist

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
)

// Limits bound what is read of one document. A zero field means its default.
type Limits struct {
	Bytes    int // of the document; default 512 MiB
	Elements int // default 20,000,000
	Depth    int // of nesting; default 24. Lists stay under 8
	Text     int // bytes of one text or attribute; default 256 KiB
	Fields   int // elements and attributes of one entry; default 100,000
}

func (l Limits) orDefault() Limits {
	for _, d := range []struct {
		limit *int
		def   int
	}{{&l.Bytes, 512 << 20}, {&l.Elements, 20_000_000}, {&l.Depth, 24}, {&l.Text, 256 << 10}, {&l.Fields, 100_000}} {
		if *d.limit <= 0 {
			*d.limit = d.def
		}
	}
	return l
}

var byteOrderMark = []byte("\ufeff")

// Root is the name of the root element of the document that begins with head,
// and its attributes. It passes over what [Read] refuses, so that the refusal
// can name it.
func Root(head []byte) (root *Element, ok bool) {
	head = bytes.TrimPrefix(head, byteOrderMark)
	if !bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("<")) {
		return nil, false
	}
	dec := xml.NewDecoder(bytes.NewReader(head))
	// The names of roots are ASCII, whatever the encoding that is declared.
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		token, err := dec.Token()
		if err != nil {
			return nil, false
		}
		if start, ok := token.(xml.StartElement); ok {
			return newElement(start, 1), true
		}
	}
}

// Read reads a document whose root has one of the names. Every element named
// in entries is handed to take with all that is in it, in the document's order;
// elements around them are passed through. Read returns the root, without its
// content. Its errors name the line, those of take are returned as they are.
func Read(ctx context.Context, b []byte, limits Limits, roots, entries []string, take func(*Element) error) (*Element, error) {
	limits = limits.orDefault()
	if len(b) > limits.Bytes {
		return nil, problem.New(problem.TooLarge, "%d bytes, the limit is %d", len(b), limits.Bytes)
	}
	b = bytes.TrimPrefix(b, byteOrderMark)
	r := &reader{limits: limits, roots: roots, entries: entries, take: take}
	r.dec = xml.NewDecoder(bytes.NewReader(b))
	r.dec.CharsetReader = r.charset
	for {
		if r.elements%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		token, err := r.dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, r.explain(err)
		}
		if err := r.token(token); err != nil {
			return nil, err
		}
	}
	if r.root == nil {
		return nil, problem.New(problem.Invalid, "line 1: no element; want <%s>", strings.Join(roots, "> or <"))
	}
	return r.root, nil
}

type reader struct {
	dec      *xml.Decoder
	limits   Limits
	roots    []string
	entries  []string
	take     func(*Element) error
	encoding string // as declared; "" for UTF-8

	root     *Element
	open     []string   // names of the open elements
	within   []*Element // the open elements of the entry being read
	fields   int        // elements and attributes of that entry
	elements int
}

func (r *reader) line() int {
	line, _ := r.dec.InputPos()
	return line
}

func (r *reader) invalid(format string, args ...any) error {
	return problem.New(problem.Invalid, "line %d: %s", r.line(), fmt.Sprintf(format, args...))
}

func (r *reader) tooLarge(format string, args ...any) error {
	return problem.New(problem.TooLarge, "line %d: %s", r.line(), fmt.Sprintf(format, args...))
}

func (r *reader) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		if bytes.Contains(t, []byte("ENTITY")) {
			return r.invalid("the document declares entities, which may swell or point to other files; want a list without a document type declaration")
		}
		return r.invalid("a document type declaration; want a list without one")
	case xml.StartElement:
		return r.start(t)
	case xml.CharData:
		return r.text(t)
	case xml.EndElement:
		return r.end()
	}
	return nil
}

func (r *reader) start(t xml.StartElement) error {
	name := t.Name.Local
	if r.elements++; r.elements > r.limits.Elements {
		return r.tooLarge("more than %d elements", r.limits.Elements)
	}
	if len(r.open) >= r.limits.Depth {
		return r.tooLarge("<%s> is nested %d deep, the limit is %d", clip(name), len(r.open)+1, r.limits.Depth)
	}
	if len(r.open) == 0 {
		if r.root != nil {
			return r.invalid("<%s> follows the end of <%s>; want nothing", clip(name), r.root.Name)
		}
		if !slices.Contains(r.roots, name) {
			return r.invalid("the root is <%s>; want <%s>", clip(name), strings.Join(r.roots, "> or <"))
		}
	}
	for _, a := range t.Attr {
		if err := r.check(a.Value, "attribute "+clip(a.Name.Local)); err != nil {
			return err
		}
	}
	r.open = append(r.open, name)
	switch {
	case len(r.open) == 1:
		r.root = newElement(t, r.line())
	case len(r.within) > 0:
		if r.fields += 1 + len(t.Attr); r.fields > r.limits.Fields {
			return r.tooLarge("<%s> has more than %d elements and attributes", r.within[0].Name, r.limits.Fields)
		}
		e := newElement(t, r.line())
		parent := r.within[len(r.within)-1]
		parent.Children = append(parent.Children, e)
		r.within = append(r.within, e)
	case slices.Contains(r.entries, name):
		r.fields = len(t.Attr)
		r.within = append(r.within, newElement(t, r.line()))
	}
	return nil
}

func (r *reader) text(t xml.CharData) error {
	if len(r.open) == 0 && r.root != nil && len(bytes.TrimSpace(t)) > 0 {
		return r.invalid("%q follows the end of <%s>; want nothing", clip(string(bytes.TrimSpace(t))), r.root.Name)
	}
	if len(r.within) == 0 {
		return nil
	}
	e := r.within[len(r.within)-1]
	if err := r.check(string(t), "<"+clip(e.Name)+">"); err != nil {
		return err
	}
	// Comments may part a text into many pieces.
	if e.pieces = append(e.pieces, t...); len(e.pieces) > r.limits.Text {
		return r.tooLarge("the text of <%s> is longer than %d bytes", clip(e.Name), r.limits.Text)
	}
	return nil
}

func (r *reader) end() error {
	r.open = r.open[:len(r.open)-1]
	n := len(r.within)
	if n == 0 {
		return nil
	}
	last := r.within[n-1]
	last.Text, last.pieces = clean(string(last.pieces)), nil
	entry := r.within[0]
	if r.within = r.within[:n-1]; n > 1 {
		return nil
	}
	return r.take(entry)
}

// explain says what is wrong in the user's words.
func (r *reader) explain(err error) error {
	var known *problem.Error
	if errors.As(err, &known) {
		return known
	}
	var syntax *xml.SyntaxError
	if !errors.As(err, &syntax) {
		// A declared encoding that is not read comes as an error of the decoder.
		return problem.New(problem.Invalid, "line %d: %s", r.line(), strings.TrimPrefix(err.Error(), "xml: "))
	}
	switch {
	case syntax.Msg == "unexpected EOF" && len(r.open) > 0:
		return problem.New(problem.Invalid, "line %d: the document ends within <%s>; the file seems cut off", syntax.Line, clip(r.open[len(r.open)-1]))
	case syntax.Msg == "invalid UTF-8":
		return problem.New(problem.Invalid, "line %d: bytes that are no UTF-8; save the document as UTF-8, or have it declare what it is in", syntax.Line)
	case strings.HasPrefix(syntax.Msg, "invalid character entity"):
		return problem.New(problem.Invalid, "line %d: %s; want one of XML's own, as &amp;", syntax.Line, clip(syntax.Msg))
	}
	return problem.New(problem.Invalid, "line %d: no well-formed XML: %s", syntax.Line, clip(syntax.Msg))
}
