package cyclonedx

import (
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// encoder writes JSON. The first error stops it.
type encoder struct {
	enc *jsontext.Encoder
	err error
}

func newEncoder(w io.Writer) *encoder {
	// What other readers left of texts that were no UTF-8 is replaced. Names
	// do not occur twice: this package gives them.
	return &encoder{enc: jsontext.NewEncoder(w, jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))}
}

func (e *encoder) token(t jsontext.Token) {
	if e.err == nil {
		e.err = e.enc.WriteToken(t)
	}
}

// object writes an object whose members content writes.
func (e *encoder) object(content func()) {
	e.token(jsontext.BeginObject)
	content()
	e.token(jsontext.EndObject)
}

// array writes an array whose items content writes.
func (e *encoder) array(content func()) {
	e.token(jsontext.BeginArray)
	content()
	e.token(jsontext.EndArray)
}

func (e *encoder) name(name string) { e.token(jsontext.String(name)) }

func (e *encoder) value(text string) { e.token(jsontext.String(text)) }

// text writes a member, unless it is empty.
func (e *encoder) text(name, value string) {
	if value != "" {
		e.name(name)
		e.value(value)
	}
}

// objectAt writes a member that is an object.
func (e *encoder) objectAt(name string, content func()) {
	e.name(name)
	e.object(content)
}

// arrayAt writes a member that is an array of n items; none when n is 0.
func (e *encoder) arrayAt(name string, n int, item func(i int)) {
	if n == 0 {
		return
	}
	e.name(name)
	e.array(func() {
		for i := range n {
			item(i)
		}
	})
}

// texts writes a member that is an array of strings, each once.
func (e *encoder) texts(name string, values []string) {
	values = distinct(values)
	e.arrayAt(name, len(values), func(i int) { e.value(values[i]) })
}

// called writes a member that is an object with a name, unless that is empty.
func (e *encoder) called(name, value string) {
	if value != "" {
		e.objectAt(name, func() { e.text("name", value) })
	}
}

// distinct is the values that are not empty, each once, in their order.
func distinct(values []string) []string {
	seen := make(map[string]bool, len(values))
	var out []string
	for _, v := range values {
		if v != "" && !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}
