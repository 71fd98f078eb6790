package xmllist

import (
	"encoding/xml"
	"strings"
)

// Element is one element with what is in it. Name spaces are left out.
type Element struct {
	Name     string
	Line     int    // in which its start tag ends
	Text     string // its own, white space made single
	Children []*Element

	attrs  []xml.Attr
	pieces []byte // of Text, while it is read
}

func newElement(t xml.StartElement, line int) *Element {
	e := &Element{Name: t.Name.Local, Line: line}
	for _, a := range t.Attr {
		e.attrs = append(e.attrs, xml.Attr{Name: xml.Name{Local: a.Name.Local}, Value: clean(a.Value)})
	}
	return e
}

// Attr is the value of an attribute, "" where there is none.
func (e *Element) Attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// Each is the children with a name.
func (e *Element) Each(name string) []*Element {
	var out []*Element
	for _, c := range e.Children {
		if c.Name == name {
			out = append(out, c)
		}
	}
	return out
}

// First is the text of the first child with a name, "" where there is none.
func (e *Element) First(name string) string {
	for _, c := range e.Children {
		if c.Name == name {
			return c.Text
		}
	}
	return ""
}

// Texts is the texts at the end of a path of names, without empty ones:
// Texts("NATIONALITY", "VALUE").
func (e *Element) Texts(path ...string) []string {
	if len(path) == 0 {
		if e.Text == "" {
			return nil
		}
		return []string{e.Text}
	}
	var out []string
	for _, c := range e.Each(path[0]) {
		out = append(out, c.Texts(path[1:]...)...)
	}
	return out
}

func clean(s string) string { return strings.Join(strings.Fields(s), " ") }

// clip bounds what an error message repeats.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
