package spdx

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/problem"
)

// scanner walks over a JSON document. What is not well-formed ends the walk
// with an error; a value that is not what is wanted there is a fault, is passed
// over, and the walk goes on.
type scanner struct {
	doc    []byte // the whole document, where offsets are counted in
	base   int    // offset of what dec reads
	dec    *jsontext.Decoder
	limits Limits
	faults *faults
	place  place
	shared shared
}

// place is where in the document the scanner is, as "packages[17]" and within
// it "externalRefs[2]".
type place struct {
	list  string
	item  int
	inner string
	at    int
}

func newScanner(doc []byte, limits Limits, f *faults) *scanner {
	return &scanner{doc: doc, dec: decoderOf(doc), limits: limits, faults: f, shared: shared{}}
}

// decoderOf reads JSON in which names may occur twice: to remember them all
// costs more than all the rest. The last one counts.
func decoderOf(b []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(b), jsontext.AllowDuplicateNames(true))
}

// from is a scanner of the value at an offset of the same document.
func (s *scanner) from(offset int) *scanner {
	return &scanner{
		doc: s.doc, base: offset, dec: decoderOf(s.doc[offset:]),
		limits: s.limits, faults: s.faults, place: s.place, shared: s.shared,
	}
}

// offset is the end of what was read.
func (s *scanner) offset() int { return s.base + int(s.dec.InputOffset()) }

// next is where the next value begins.
func (s *scanner) next() int {
	at := s.offset()
	for at < len(s.doc) && bytes.IndexByte([]byte(" \t\r\n:,"), s.doc[at]) >= 0 {
		at++
	}
	return at
}

// wrong reports a fault in a member of where the scanner is.
func (s *scanner) wrong(member, format string, args ...any) {
	s.faults.add("%s: %s", s.at(member), fmt.Sprintf(format, args...))
}

// at is the place of a member of where the scanner is.
func (s *scanner) at(member string) string {
	var b []byte
	if s.place.list != "" {
		b = fmt.Appendf(b, "%s[%d].", s.place.list, s.place.item)
	}
	if s.place.inner != "" {
		b = fmt.Appendf(b, "%s[%d].", s.place.inner, s.place.at)
	}
	return string(bytes.TrimSuffix(append(b, member...), []byte{'.'}))
}

// skip passes over the next value.
func (s *scanner) skip() error { return s.fatal(s.dec.SkipValue()) }

// fatal says where the document ends to be JSON.
func (s *scanner) fatal(err error) error {
	if err == nil {
		return nil
	}
	at := len(s.doc)
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		at = s.base + int(syntax.ByteOffset)
		err = syntax.Err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = errors.New("the document is cut off")
	}
	return problem.New(problem.Invalid, "%s: not JSON: %v", position(s.doc, at), err)
}

// position is an offset in the words of an error.
func position(doc []byte, offset int) string {
	offset = max(0, min(offset, len(doc)))
	return fmt.Sprintf("line %d (byte %d)", 1+bytes.Count(doc[:offset], []byte{'\n'}), offset)
}

// kinds are what JSON's values are called in faults.
var kinds = map[jsontext.Kind]string{
	'{': "an object", '[': "an array", '"': "a text", '0': "a number", 't': "true", 'f': "false", 'n': "null",
}

// unwanted passes over a value that is not of the kind wanted. Null is silence.
func (s *scanner) unwanted(member, want string) error {
	kind := s.dec.PeekKind()
	if name := kinds[kind]; name != "" && kind != 'n' {
		s.wrong(member, "want %s, got %s", want, name)
	}
	return s.skip()
}

// end looks that nothing stands behind the document.
func (s *scanner) end() error {
	at := s.next()
	if at >= len(s.doc) {
		return nil
	}
	return problem.New(problem.Invalid, "%s: more text after the end of the document", position(s.doc, at))
}

// object calls member for each member of the next value, which it must read or
// skip. The name is good until then.
func (s *scanner) object(name string, member func(name []byte) error) error {
	if s.dec.PeekKind() != '{' {
		return s.unwanted(name, "an object")
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return s.fatal(err)
	}
	for s.dec.PeekKind() == '"' {
		raw, err := s.dec.ReadValue()
		if err != nil {
			return s.fatal(err)
		}
		if err := member(raw[1 : len(raw)-1]); err != nil {
			return err
		}
	}
	_, err := s.dec.ReadToken()
	return s.fatal(err)
}

// array calls element for each element of the next value, which it must read or
// skip.
func (s *scanner) array(name string, element func(i int) error) error {
	if s.dec.PeekKind() != '[' {
		return s.unwanted(name, "an array")
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return s.fatal(err)
	}
	for i := 0; s.dec.PeekKind() != ']' && s.dec.PeekKind() != 0; i++ {
		if err := element(i); err != nil {
			return err
		}
	}
	_, err := s.dec.ReadToken()
	return s.fatal(err)
}

// list walks over an array of objects that stand at the top of the document.
func (s *scanner) list(name string, item func() error) error {
	err := s.array(name, func(i int) error {
		s.place = place{list: name, item: i}
		return item()
	})
	s.place = place{}
	return err
}

// inner walks over an array within an item of a list.
func (s *scanner) inner(name string, item func() error) error {
	err := s.array(name, func(i int) error {
		s.place.inner, s.place.at = name, i
		return item()
	})
	s.place.inner, s.place.at = "", 0
	return err
}

// raw is the next value, a text, as its bytes without quotes, and the offset of
// its quote. It stays good, being a part of the document unless it was written
// with escapes. It is nil for what is no text.
func (s *scanner) raw(name string) (text []byte, at int, err error) {
	if s.dec.PeekKind() != '"' {
		return nil, 0, s.unwanted(name, "a text")
	}
	v, err := s.dec.ReadValue()
	if err != nil {
		return nil, 0, s.fatal(err)
	}
	end := s.offset()
	at = end - len(v)
	if len(v)-2 > s.limits.Text {
		s.wrong(name, "%d bytes, the limit is %d", len(v)-2, s.limits.Text)
		return nil, at, nil
	}
	if bytes.IndexByte(v, '\\') < 0 {
		return s.doc[at+1 : end-1], at, nil
	}
	text, err = jsontext.AppendUnquote(nil, v)
	return text, at, err
}

// text reads a text.
func (s *scanner) text(name string, into *string) error {
	b, _, err := s.raw(name)
	if b != nil {
		*into = string(b)
	}
	return err
}

// shared holds values that occur often, each once.
type shared map[string]string

// mostShared bounds how many values are held once.
const mostShared = 1 << 16

func (s shared) text(b []byte) string {
	known, ok := s[string(b)]
	if !ok {
		if known = string(b); len(s) < mostShared {
			s[known] = known
		}
	}
	return known
}

// often reads a text that is likely to occur many times.
func (s *scanner) often(name string, into *string) error {
	b, _, err := s.raw(name)
	if b == nil {
		return err
	}
	*into = s.shared.text(b)
	return nil
}

// idAt reads again the text that stands at an offset.
func (s *scanner) idAt(at int) string {
	there := s.from(at)
	if there.dec.PeekKind() != '"' {
		return ""
	}
	b, _, err := there.raw("")
	if err != nil {
		return ""
	}
	return string(b)
}
