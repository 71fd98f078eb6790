package eventfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// A taker reads one value into where it belongs.
type taker func(*yaml.Node) error

// fields are the keys that a mapping may have.
type fields map[string]taker

// wrong is an error at a place in the file.
func wrong(n *yaml.Node, format string, args ...any) error {
	return problem.New(problem.Invalid, "line %d: %s", n.Line, fmt.Sprintf(format, args...))
}

// mapping reads a mapping with these fields, some of them required.
func mapping(n *yaml.Node, what string, known fields, required ...string) error {
	if n.Kind != yaml.MappingNode {
		return wrong(n, "%s: want a mapping, got %s", what, kindOf(n))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		take, ok := known[key.Value]
		if !ok || key.Kind != yaml.ScalarNode {
			return wrong(key, "%s: unknown field %q; want one of %s", what, clip(key.Value), strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		if seen[key.Value] {
			return wrong(key, "%s: field %q occurs twice", what, key.Value)
		}
		seen[key.Value] = true
		if isNull(value) {
			continue
		}
		if err := take(value); err != nil {
			return err
		}
	}
	for _, name := range required {
		if i := index(n, name); i < 0 || isNull(n.Content[i+1]) || n.Content[i+1].Kind == yaml.ScalarNode && strings.TrimSpace(n.Content[i+1].Value) == "" {
			return wrong(n, "%s: field %q is missing", what, name)
		}
	}
	return nil
}

func index(n *yaml.Node, key string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// list reads each item of a sequence.
func list(what string, take taker) taker {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.SequenceNode {
			return wrong(n, "%s: want a list, got %s", what, kindOf(n))
		}
		for _, item := range n.Content {
			if err := take(item); err != nil {
				return err
			}
		}
		return nil
	}
}

// text reads a scalar as it is written, whatever YAML takes it for: a country
// code NO is no boolean.
func text[S ~string](into *S) taker {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode {
			return wrong(n, "want a text, got %s", kindOf(n))
		}
		s := strings.TrimSpace(n.Value)
		if i := strings.IndexFunc(s, func(r rune) bool {
			return unicode.IsControl(r) && r != '\n' && r != '\t' || r == unicode.ReplacementChar
		}); i >= 0 {
			return wrong(n, "a text has a control character or one that is no Unicode")
		}
		*into = S(s)
		return nil
	}
}

// word reads a text that must be one of a few.
func word[S ~string](what string, into *S, allowed ...S) taker {
	return func(n *yaml.Node) error {
		if err := text(into)(n); err != nil {
			return err
		}
		if !slices.Contains(allowed, *into) {
			names := make([]string, len(allowed))
			for i, a := range allowed {
				names[i] = string(a)
			}
			return wrong(n, "%s %q: want %s", what, clip(string(*into)), strings.Join(names, ", "))
		}
		return nil
	}
}

// day reads a date.
func day(into *access.Date) taker {
	return func(n *yaml.Node) error {
		var s string
		if err := text(&s)(n); err != nil {
			return err
		}
		d, err := access.ParseDate(s)
		if err != nil {
			return wrong(n, "%q is no date; want YYYY-MM-DD", clip(s))
		}
		*into = d
		return nil
	}
}

func flag(into *bool) taker {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
			return wrong(n, "want true or false")
		}
		*into = n.Value == "true"
		return nil
	}
}

// check bounds depth and number of nodes, and refuses aliases, by which a small
// file can stand for an enormous one.
func check(n *yaml.Node, depth int, left *int) error {
	if *left--; *left < 0 {
		return problem.New(problem.TooLarge, "line %d: more values than an event file may have", n.Line)
	}
	if depth < 0 {
		return wrong(n, "nested too deeply")
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return wrong(n, "anchors and aliases are not supported; write the value out")
	}
	for _, c := range n.Content {
		if err := check(c, depth-1, left); err != nil {
			return err
		}
	}
	return nil
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return fmt.Sprintf("%q", clip(n.Value))
}

func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
