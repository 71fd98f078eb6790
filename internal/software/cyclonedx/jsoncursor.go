package cyclonedx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/problem"
)

// cursor walks through a JSON document. The first error stops it: from then on
// its methods do nothing and give zero values, and err is what went wrong.
//
// A value of another type than is asked for is told of as broken and passed
// over; null is taken for an absent member.
type cursor struct {
	*draft
	dec   *jsontext.Decoder
	words map[string]string // texts that occur often, once each
	seen  []string          // members of the objects around that were used
	err   error
}

// maxWords bounds what is kept of texts that occur often, maxWord how long they
// may be.
const (
	maxWords = 4096
	maxWord  = 80
)

func newCursor(b []byte, d *draft) *cursor {
	// bytes.Buffer is what the decoder reads in place. Names that occur twice
	// are for object to tell of, and halves of surrogate pairs in escapes for
	// bytes; the same option would let in bytes that are no UTF-8.
	dec := jsontext.NewDecoder(bytes.NewBuffer(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(utf8.Valid(b)))
	return &cursor{draft: d, dec: dec, words: map[string]string{}}
}

// object calls member for each member of an object, which reads its value or
// reports that it does not know the name. A name that occurs twice counts once.
func (r *cursor) object(member func(name string) bool) {
	if !r.enter('{', "an object") {
		return
	}
	around := len(r.seen)
	for r.err == nil && r.dec.PeekKind() != '}' {
		name := r.word()
		switch {
		case r.err != nil:
		case slices.Contains(r.seen[around:], name):
			r.skip()
			r.broken(r.place(), "occurs twice; the first is used")
		case member(name):
			r.seen = append(r.seen, name)
		default:
			r.skip()
		}
	}
	r.seen = r.seen[:around]
	r.leave()
}

// array calls item for each item of an array, which reads it.
func (r *cursor) array(item func()) {
	if !r.enter('[', "an array") {
		return
	}
	for r.err == nil && r.dec.PeekKind() != ']' {
		item()
	}
	r.leave()
}

// enter goes into an object or an array, if that is what comes next.
func (r *cursor) enter(kind jsontext.Kind, want string) bool {
	if !r.is(kind, want) {
		return false
	}
	if depth := r.dec.StackDepth(); depth >= r.limits.Depth {
		r.fail(problem.New(problem.TooLarge, "%s: nested more than %d deep, the limit", r.place(), r.limits.Depth))
		return false
	}
	r.take()
	return r.err == nil
}

func (r *cursor) leave() { r.take() }

// take reads a token that is of no interest.
func (r *cursor) take() {
	if r.err != nil {
		return
	}
	if _, err := r.dec.ReadToken(); err != nil {
		r.fail(err)
	}
}

// is reports whether a value of a kind comes next. Another one is passed over.
func (r *cursor) is(kind jsontext.Kind, want string) bool {
	if r.err != nil {
		return false
	}
	switch got := r.dec.PeekKind(); got {
	case kind:
		return true
	case 'n':
		r.skip()
	default:
		if r.skip(); r.err == nil {
			r.broken(r.place(), "%s; want %s", kinds[got], want)
		}
	}
	return false
}

var kinds = map[jsontext.Kind]string{'{': "an object", '[': "an array", '"': "a string", '0': "a number", 't': "true", 'f': "false"}

// skip passes over a value.
func (r *cursor) skip() {
	if r.err != nil {
		return
	}
	if err := r.dec.SkipValue(); err != nil {
		r.fail(err)
	}
}

// bytes is a string, until the next one is read.
func (r *cursor) bytes() []byte {
	if !r.is('"', "a string") {
		return nil
	}
	raw, err := r.dec.ReadValue()
	if err != nil {
		r.fail(err)
		return nil
	}
	if len(raw)-2 > r.limits.Field {
		r.broken(r.place(), "%d bytes, the limit is %d", len(raw)-2, r.limits.Field)
		return nil
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	out, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		r.broken(r.place(), "half of a surrogate pair; read as U+FFFD")
	}
	return out
}

// text is a string that is there once.
func (r *cursor) text() string { return string(r.bytes()) }

// word is a string that occurs often.
func (r *cursor) word() string {
	b := r.bytes()
	if w, known := r.words[string(b)]; known {
		return w
	}
	w := string(b)
	if len(w) <= maxWord && len(r.words) < maxWords {
		r.words[w] = w
	}
	return w
}

// number is a number, and whether there was one.
func (r *cursor) number() (float64, bool) {
	if !r.is('0', "a number") {
		return 0, false
	}
	raw, err := r.dec.ReadValue()
	if err != nil {
		r.fail(err)
		return 0, false
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		r.broken(r.place(), "%s is no number that can be held", quote(string(raw)))
	}
	return n, err == nil
}

// integer is a whole number; 0 where there is none.
func (r *cursor) integer() int {
	n, ok := r.number()
	if ok && (n != float64(int32(n))) {
		r.broken(r.place(), "%v is no whole number below 2^31", n)
		return 0
	}
	return int(n)
}

// fail stops the cursor.
func (r *cursor) fail(err error) {
	if r.err == nil && err != nil {
		r.err = r.explain(err)
	}
}

// explain says what is wrong in the user's words.
func (r *cursor) explain(err error) error {
	var known *problem.Error
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &known), r.stopped() != nil:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return problem.New(problem.Invalid, "byte %d: the document ends within %s; the file seems cut off", r.size, r.place())
	case !errors.As(err, &syntax):
		return problem.New(problem.Invalid, "byte %d: %v", r.dec.InputOffset(), err)
	}
	what := syntax.Err.Error()
	if strings.Contains(what, "UTF-8") {
		return problem.New(problem.Invalid, "byte %d: in %s are bytes that are no UTF-8", syntax.ByteOffset, r.place())
	}
	return problem.New(problem.Invalid, "byte %d: in %s, no well-formed JSON: %s", syntax.ByteOffset, r.place(), what)
}

// maxLevels bounds how deep a place is told.
const maxLevels = 16

// place says where the value is that was read last, as
// "components[17].hashes[0].alg".
func (r *cursor) place() string {
	var b strings.Builder
	level := 0
	for token := range r.dec.StackPointer().Tokens() {
		if level++; level > maxLevels {
			b.WriteString("…")
			break
		}
		if kind, _ := r.dec.StackIndex(level); kind == '[' {
			fmt.Fprintf(&b, "[%s]", token)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(clip(token))
	}
	if b.Len() == 0 {
		return "the document"
	}
	return b.String()
}

// clip bounds what a place repeats of a member's name.
func clip(name string) string {
	if q := strconv.Quote(name); len(q) != len(name)+2 || len(name) > maxWord {
		return quote(name)
	}
	return name
}
