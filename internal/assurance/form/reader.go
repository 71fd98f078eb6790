package form

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Reader takes members out of mappings and gathers what it finds amiss. A
// member that is amiss reads as if it were not there. The zero Reader is ready;
// a nil node is a mapping without members about which nothing is said.
type Reader struct {
	complaints []string
	silent     int // complaints that were not kept
}

// maxComplaints is how many complaints are told one by one.
const maxComplaints = 100

// Complain adds a complaint about a value.
func (r *Reader) Complain(n *Node, format string, args ...any) {
	if len(r.complaints) == maxComplaints {
		r.silent++
		return
	}
	r.complaints = append(r.complaints, n.Say(format, args...))
}

// Complaints is what was found amiss, in the order in which it was read; how
// many more there were is told last.
func (r *Reader) Complaints() []string {
	out := slices.Clone(r.complaints)
	if r.silent > 0 {
		out = append(out, fmt.Sprintf("%d more", r.silent))
	}
	return out
}

// Err is everything that was found amiss as one error of kind
// [problem.Invalid]; nil when nothing was.
func (r *Reader) Err() error {
	if len(r.complaints) == 0 {
		return nil
	}
	return problem.New(problem.Invalid, "%s", strings.Join(r.Complaints(), "; "))
}

// Need says whether a member must be there.
type Need bool

// Whether a member must be there.
const (
	Required Need = true
	Optional Need = false
)

// Only complains of members that have other names than these.
func (r *Reader) Only(n *Node, names ...string) {
	if n == nil {
		return
	}
	for _, m := range n.Members {
		if !slices.Contains(names, m.Name) {
			r.Complain(&Node{Line: m.Line, Place: n.Place}, "unknown field %q; want one of %s", Clip(m.Name), strings.Join(names, ", "))
		}
	}
}

// take is the member of a name; it complains of one that is missing or of
// another kind.
func (r *Reader) take(n *Node, name string, need Need, kinds ...Kind) *Node {
	v := n.Get(name)
	switch {
	case n == nil:
		return nil
	case v == nil:
		if bool(need) {
			r.Complain(n, "field %q is missing", name)
		}
		return nil
	case !slices.Contains(kinds, v.Kind):
		r.Complain(v, "want %s, got %s", kinds[0], v.found())
		return nil
	}
	return v
}

// Map is a member that is a mapping; nil when it is not there.
func (r *Reader) Map(n *Node, name string, need Need) *Node { return r.take(n, name, need, Map) }

// List is the items of a member that is a list. A required list has at least
// one.
func (r *Reader) List(n *Node, name string, need Need) []*Node {
	v := r.take(n, name, need, List)
	if v == nil {
		return nil
	}
	if bool(need) && len(v.Items) == 0 {
		r.Complain(v, "want at least one")
	}
	return v.Items
}

// Maps is the items of a list that are mappings; it complains of the others.
func (r *Reader) Maps(n *Node, name string, need Need) []*Node {
	var out []*Node
	for _, item := range r.List(n, name, need) {
		if item.Kind != Map {
			r.Complain(item, "want a mapping, got %s", item.found())
			continue
		}
		out = append(out, item)
	}
	return out
}

// Text is a member as it is written, whatever YAML takes it for, without white
// space at its ends: a version 1.0 is no number. The text of a required member
// is never empty.
func (r *Reader) Text(n *Node, name string, need Need) string {
	v := r.take(n, name, need, Text, Number, Bool)
	if v == nil {
		return ""
	}
	s, ok := r.text(v)
	if ok && s == "" && bool(need) {
		r.Complain(v, "want a text, it is empty")
	}
	return s
}

// text is a scalar without white space at its ends.
func (r *Reader) text(v *Node) (string, bool) {
	if strings.ContainsFunc(v.Scalar, isRubbish) {
		r.Complain(v, "a text has a control character or one that is no Unicode")
		return "", false
	}
	return strings.TrimSpace(v.Scalar), true
}

func isRubbish(c rune) bool {
	return unicode.IsControl(c) && c != '\n' && c != '\t' && c != '\r' || c == unicode.ReplacementChar
}

// Texts is the items of a list that are texts, or a single text, none of them
// empty.
func (r *Reader) Texts(n *Node, name string, need Need) []string {
	v := r.take(n, name, need, List, Text, Number)
	if v == nil {
		return nil
	}
	items := v.Items
	if v.Kind != List {
		items = []*Node{v}
	}
	var out []string
	for _, item := range items {
		if item.Kind != Text && item.Kind != Number {
			r.Complain(item, "want a text, got %s", item.found())
			continue
		}
		switch s, ok := r.text(item); {
		case ok && s == "":
			r.Complain(item, "want a text, it is empty")
		case ok:
			out = append(out, s)
		}
	}
	if bool(need) && len(items) == 0 {
		r.Complain(v, "want at least one")
	}
	return out
}

// Day is a member that is a date, written YYYY-MM-DD.
func (r *Reader) Day(n *Node, name string, need Need) access.Date {
	s := r.Text(n, name, need)
	if s == "" {
		return ""
	}
	d, err := access.ParseDate(s)
	if err != nil {
		r.Complain(n.Get(name), "%q is no date; want YYYY-MM-DD", Clip(s))
		return ""
	}
	return d
}

// Flag is a member that is true or false, and whether it is there.
func (r *Reader) Flag(n *Node, name string, need Need) (value, ok bool) {
	v := r.take(n, name, need, Bool)
	if v == nil {
		return false, false
	}
	if v.Scalar != "true" && v.Scalar != "false" {
		r.Complain(v, "want true or false, got %s", v.found())
		return false, false
	}
	return v.Scalar == "true", true
}

// Word is a member that must be one of a few words.
func Word[S ~string](r *Reader, n *Node, name string, need Need, allowed ...S) S {
	s := S(r.Text(n, name, need))
	if s == "" || slices.Contains(allowed, s) {
		return s
	}
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	r.Complain(n.Get(name), "%q: want %s", Clip(string(s)), strings.Join(words, ", "))
	return ""
}
