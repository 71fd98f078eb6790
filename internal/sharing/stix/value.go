package stix

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"countersign.dev/internal/problem"
)

// kind is what a JSON value is.
type kind byte

const (
	nothing kind = iota // there is no value
	aNull
	aBool
	aNumber
	aString
	anArray
	anObject
)

// String names a kind for people.
func (k kind) String() string {
	return [...]string{"nothing", "null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// value is a JSON value as it stands in a document. Its numbers are kept as
// written, its members in their order.
type value struct {
	kind   kind
	scalar string // of a string its text; of a number or boolean how it is written
	items  []value
	fields []field
	index  map[string]int // of the fields by name, when there are many
}

// wide is from how many members on an object has an index. Without one, what is
// asked of each of many members would take the square of their number.
const wide = 32

type field struct {
	name  string
	value value
}

// member is the value of a member of an object.
func (v *value) member(name string) (*value, bool) {
	if v.index != nil {
		i, ok := v.index[name]
		if !ok {
			return &absent, false
		}
		return &v.fields[i].value, true
	}
	for i := range v.fields {
		if v.fields[i].name == name {
			return &v.fields[i].value, true
		}
	}
	return &absent, false
}

// absent is the value of a member that there is not. Nobody writes to it.
var absent value

// get is the value of a member, [nothing] when there is none.
func (v *value) get(name string) *value {
	m, _ := v.member(name)
	return m
}

func (v *value) has(name string) bool {
	_, ok := v.member(name)
	return ok
}

// text is the text of a member that is a string, "" otherwise.
func (v *value) text(name string) string {
	if m := v.get(name); m.kind == aString {
		return m.scalar
	}
	return ""
}

func (v *value) isTrue() bool { return v.kind == aBool && v.scalar == "true" }

// list is the items of an array, none of anything else.
func (v *value) list() []value { return v.items }

// readValue reads one JSON value, and nothing after it. The depth of a scalar
// is 0.
func readValue(b []byte, depth int) (value, error) {
	r := valueReader{dec: jsontext.NewDecoder(bytes.NewBuffer(b)), depth: depth}
	var v value
	if err := r.read(&v, 0); err != nil {
		return value{}, err
	}
	if _, err := r.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return value{}, problem.New(problem.Invalid, "more follows after the object's end at byte %d", r.dec.InputOffset())
	}
	return v, nil
}

type valueReader struct {
	dec   *jsontext.Decoder
	depth int
}

func (r *valueReader) read(v *value, depth int) error {
	token, err := r.dec.ReadToken()
	if err != nil {
		return syntaxError(err)
	}
	switch token.Kind() {
	case '{', '[':
		if depth == r.depth {
			return problem.New(problem.TooLarge, "%s: nested deeper than %d levels", r.dec.StackPointer(), r.depth)
		}
		if token.Kind() == '[' {
			v.kind = anArray
			return r.array(v, depth+1)
		}
		v.kind = anObject
		return r.object(v, depth+1)
	case '"':
		v.kind, v.scalar = aString, token.String()
	case '0':
		v.kind, v.scalar = aNumber, token.String()
	case 't', 'f':
		v.kind, v.scalar = aBool, token.String()
	default:
		v.kind = aNull
	}
	return nil
}

func (r *valueReader) object(v *value, depth int) error {
	if expected := 4; r.dec.PeekKind() != '}' {
		if depth == 1 {
			expected = 16 // as most objects have, at their top
		}
		v.fields = make([]field, 0, expected)
	}
	for r.dec.PeekKind() != '}' {
		token, err := r.dec.ReadToken()
		if err != nil {
			return syntaxError(err)
		}
		f := field{name: token.String()}
		if err := r.read(&f.value, depth); err != nil {
			return err
		}
		v.fields = append(v.fields, f)
	}
	if len(v.fields) > wide {
		v.index = make(map[string]int, len(v.fields))
		for i := range v.fields {
			v.index[v.fields[i].name] = i
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

func (r *valueReader) array(v *value, depth int) error {
	for r.dec.PeekKind() != ']' {
		var item value
		if err := r.read(&item, depth); err != nil {
			return err
		}
		v.items = append(v.items, item)
	}
	_, err := r.dec.ReadToken()
	return err
}
