package form

import (
	"fmt"
	"strconv"
	"strings"

	"countersign.dev/internal/problem"
)

// Kind is what sort of value a node is.
type Kind int

// The kinds of values.
const (
	Null Kind = iota
	Text
	Number
	Bool
	List
	Map
)

// String is the kind in words, as a message has it.
func (k Kind) String() string {
	return [...]string{"nothing", "a text", "a number", "true or false", "a list", "a mapping"}[k]
}

// Node is one value of a document. A document's nodes never change.
type Node struct {
	Kind    Kind
	Scalar  string // a text, or a number, true or false as it is written
	Members []Member
	Items   []*Node
	Line    int    // from 1
	Place   string // as "checks[3].name"; "" at the top
}

// Member is a named value of a mapping.
type Member struct {
	Name  string
	Line  int
	Value *Node
}

// Get is the member of this name; nil when there is none or it is null, and
// when n is nil or no mapping.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	for _, m := range n.Members {
		if m.Name == name && m.Value.Kind != Null {
			return m.Value
		}
	}
	return nil
}

// Has reports whether a mapping has a member of this name, be it null.
func (n *Node) Has(name string) bool {
	if n == nil {
		return false
	}
	for _, m := range n.Members {
		if m.Name == name {
			return true
		}
	}
	return false
}

// Wrong is an error about a value, of kind [problem.Invalid].
func (n *Node) Wrong(format string, args ...any) error {
	return problem.New(problem.Invalid, "%s", n.Say(format, args...))
}

// Say is a message about a value with its place before it.
func (n *Node) Say(format string, args ...any) string {
	place := "line " + strconv.Itoa(n.Line)
	if n.Place != "" {
		place += ", " + n.Place
	}
	return place + ": " + fmt.Sprintf(format, args...)
}

// found is what a value is, for "want …, got …".
func (n *Node) found() string {
	switch n.Kind {
	case Text:
		return fmt.Sprintf("%q", Clip(n.Scalar))
	case Number, Bool:
		return Clip(n.Scalar)
	default:
		return n.Kind.String()
	}
}

// member is the place of a member.
func member(place, name string) string {
	name = Clip(name)
	if place == "" {
		return name
	}
	return place + "." + name
}

// Clip shortens what a message repeats of a document.
func Clip(s string) string {
	const most = 60
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
