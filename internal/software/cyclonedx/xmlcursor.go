package cyclonedx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"

	"countersign.dev/internal/problem"
)

// xmlCursor walks through a document in XML. The first error stops it, as with
// [cursor].
type xmlCursor struct {
	*draft
	dec      *xml.Decoder
	in       *metered
	words    map[string]string
	seen     []string // elements around that were used, of those that occur once
	depth    int
	elements int
	err      error
}

func newXMLCursor(b []byte, d *draft) *xmlCursor {
	in := &metered{rest: b}
	r := &xmlCursor{draft: d, in: in, dec: xml.NewDecoder(in), words: map[string]string{}}
	r.dec.CharsetReader = charset
	return r
}

// charset decodes what is declared as one of the encodings with one byte a
// character, as ISO-8859-1 and Windows-1252.
func charset(declared string, in io.Reader) (io.Reader, error) {
	if strings.EqualFold(declared, "us-ascii") {
		return in, nil
	}
	if of, err := ianaindex.IANA.Encoding(declared); err == nil {
		if narrow, ok := of.(*charmap.Charmap); ok {
			return narrow.NewDecoder().Reader(in), nil
		}
	}
	return nil, problem.New(problem.Invalid, "line 1: the encoding %s is not read; save the document as UTF-8", quote(declared))
}

// next is the next start, end or text; nil at the end and after an error.
func (r *xmlCursor) next() xml.Token {
	for r.err == nil {
		r.in.left = maxToken
		token, err := r.dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			r.fail(err)
			return nil
		}
		switch t := token.(type) {
		case xml.StartElement:
			r.started(t)
			return token
		case xml.EndElement:
			r.depth--
			return token
		case xml.CharData:
			return token
		case xml.Directive:
			r.fail(problem.New(problem.Invalid, "line %d: a document type declaration, in which entities can swell or point to other files; want a document without one", r.line()))
		}
	}
	return nil
}

func (r *xmlCursor) started(e xml.StartElement) {
	if r.depth++; r.depth > r.limits.Depth {
		r.fail(problem.New(problem.TooLarge, "line %d: <%s> is nested more than %d deep, the limit", r.line(), clip(e.Name.Local), r.limits.Depth))
	}
	if r.elements++; r.elements%4096 == 0 {
		r.fail(r.stopped())
	}
}

// each calls child for each element in the one whose start was read last. The
// child reads the element to its end, or reports that it does not know it.
// Elements of other name spaces are passed over.
func (r *xmlCursor) each(child func(e xml.StartElement) bool) {
	for r.err == nil {
		switch t := r.next().(type) {
		case xml.StartElement:
			if !strings.HasPrefix(t.Name.Space, namespaces) || !child(t) {
				r.skip()
			}
		case xml.EndElement, nil:
			return
		}
	}
}

// fields calls field for each element in the one whose start was read last, as
// each does, where every name may occur once. The first counts.
func (r *xmlCursor) fields(field func(e xml.StartElement) bool) {
	around := len(r.seen)
	r.each(func(e xml.StartElement) bool { return r.once(around, e, field) })
	r.seen = r.seen[:around]
}

// once calls field, unless it took an element of that name before. Those it
// took are in seen, from around on.
func (r *xmlCursor) once(around int, e xml.StartElement, field func(e xml.StartElement) bool) bool {
	if slices.Contains(r.seen[around:], e.Name.Local) {
		r.broken(r.place(), "<%s> occurs twice; the first is used", clip(e.Name.Local))
		return false
	}
	took := field(e)
	if took {
		r.seen = append(r.seen, e.Name.Local)
	}
	return took
}

// every calls item for each element in the current one that has a name.
func (r *xmlCursor) every(name string, item func(e xml.StartElement)) {
	r.each(func(e xml.StartElement) bool {
		if e.Name.Local != name {
			return false
		}
		item(e)
		return true
	})
}

// skip passes over the rest of the current element.
func (r *xmlCursor) skip() {
	for open := 1; open > 0 && r.err == nil; {
		switch r.next().(type) {
		case xml.StartElement:
			open++
		case xml.EndElement:
			open--
		case nil:
			return
		}
	}
}

// text is the text of the current element, without space around it.
func (r *xmlCursor) text() string { return string(r.bytes()) }

// bytes is the text of the current element, until the next token is read.
func (r *xmlCursor) bytes() []byte {
	var out []byte
	size := 0
	for r.err == nil {
		switch t := r.next().(type) {
		case xml.CharData:
			if size += len(t); size <= r.limits.Field {
				out = append(out, t...)
			}
		case xml.StartElement:
			r.broken(r.place(), "<%s> within a text", clip(t.Name.Local))
			r.skip()
		case xml.EndElement, nil:
			if size > r.limits.Field {
				r.broken(r.place(), "a text of %d bytes, the limit is %d", size, r.limits.Field)
				return nil
			}
			return bytes.TrimSpace(out)
		}
	}
	return nil
}

// word is the text of the current element, if it occurs often.
func (r *xmlCursor) word() string { return r.common(r.bytes()) }

func (r *xmlCursor) common(b []byte) string {
	if w, known := r.words[string(b)]; known {
		return w
	}
	w := string(b)
	if len(w) <= maxWord && len(r.words) < maxWords {
		r.words[w] = w
	}
	return w
}

// texts are the texts of the elements in the current one that have a name.
func (r *xmlCursor) texts(name string) []string {
	var out []string
	r.every(name, func(xml.StartElement) {
		if t := r.word(); t != "" {
			out = append(out, t)
		}
	})
	return out
}

// first is the text of the first element in the current one that has a name.
func (r *xmlCursor) first(name string) string {
	if all := r.texts(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// attr is the value of an attribute without a name space; "" for none.
func (r *xmlCursor) attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local != name || a.Name.Space != "" {
			continue
		}
		if len(a.Value) > r.limits.Field {
			r.broken(r.place(), "attribute %s: %d bytes, the limit is %d", name, len(a.Value), r.limits.Field)
			return ""
		}
		return strings.TrimSpace(a.Value)
	}
	return ""
}

// number is the text of the current element as a number; 0 when it is none.
func (r *xmlCursor) number() float64 {
	text := r.text()
	if text == "" {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		r.broken(r.place(), "%s; want a number", quote(text))
		return 0
	}
	return n
}

// integer is a text as a whole number; 0 when it is none.
func (r *xmlCursor) integer(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		r.broken(r.place(), "%s; want a whole number", quote(text))
		return 0
	}
	return int(n)
}

func (r *xmlCursor) line() int {
	line, _ := r.dec.InputPos()
	return line
}

func (r *xmlCursor) place() string { return fmt.Sprintf("line %d", r.line()) }

// fail stops the cursor.
func (r *xmlCursor) fail(err error) {
	if r.err == nil && err != nil {
		r.err = r.explain(err)
	}
}

// explain says what is wrong in the user's words.
func (r *xmlCursor) explain(err error) error {
	var known *problem.Error
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &known):
		return known
	case r.stopped() != nil:
		return err
	case errors.Is(err, errToken):
		return problem.New(problem.TooLarge, "line %d: one tag or text of more than %d MiB, the limit", r.line(), maxToken>>20)
	case !errors.As(err, &syntax):
		return problem.New(problem.Invalid, "line %d: %s", r.line(), strings.TrimPrefix(err.Error(), "xml: "))
	case syntax.Msg == "unexpected EOF":
		return problem.New(problem.Invalid, "line %d: the document ends within an element; the file seems cut off", syntax.Line)
	case syntax.Msg == "invalid UTF-8":
		return problem.New(problem.Invalid, "line %d: bytes that are no UTF-8; save the document as UTF-8, or have it declare what it is in", syntax.Line)
	}
	return problem.New(problem.Invalid, "line %d: no well-formed XML: %s", syntax.Line, quote(syntax.Msg))
}
