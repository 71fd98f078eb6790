package form

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/problem"
)

// Any reads a document in YAML, or in JSON when it begins with a brace.
func Any(b []byte, limits Limits) (*Node, error) {
	if IsJSON(b) {
		return JSON(b, limits)
	}
	return YAML(b, limits)
}

// IsJSON reports whether a document begins as a JSON object does.
func IsJSON(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n"), []byte("{"))
}

// YAML reads one document in YAML whose top is a mapping.
func YAML(b []byte, limits Limits) (*Node, error) {
	b, limits, err := open(b, limits)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(b) {
		return nil, problem.New(problem.Invalid, "the text is not UTF-8")
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		return nil, yamlError(err)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, problem.New(problem.Invalid, "line %d: want a mapping with named fields", max(doc.Line, 1))
	}
	var more yaml.Node
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, problem.New(problem.Invalid, "line %d: a second YAML document follows", more.Line)
	case !errors.Is(err, io.EOF):
		return nil, yamlError(err)
	}
	r := &yamlReader{meter{limits: limits}}
	return r.value(doc.Content[0], "", 0)
}

var yamlPlace = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func yamlError(err error) error {
	if errors.Is(err, io.EOF) {
		return problem.New(problem.Invalid, "line 1: the document is empty")
	}
	line, text := "1", strings.ReplaceAll(err.Error(), "\n", " ")
	if m := yamlPlace.FindStringSubmatch(text); m != nil {
		text = m[2]
		if m[1] != "" {
			line = m[1]
		}
	}
	return problem.New(problem.Invalid, "line %s: not YAML: %s", line, text)
}

type yamlReader struct{ meter meter }

func (r *yamlReader) value(y *yaml.Node, place string, depth int) (*Node, error) {
	if y.Kind == yaml.AliasNode || y.Anchor != "" {
		return nil, problem.New(problem.Invalid, "line %d: anchors and aliases are not read; write the value out", y.Line)
	}
	if err := r.meter.count(y.Line, depth); err != nil {
		return nil, err
	}
	n := &Node{Line: y.Line, Place: place}
	switch y.Kind {
	case yaml.MappingNode:
		n.Kind = Map
		return n, r.members(n, y, depth)
	case yaml.SequenceNode:
		n.Kind = List
		for i, c := range y.Content {
			item, err := r.value(c, place+"["+strconv.Itoa(i)+"]", depth+1)
			if err != nil {
				return nil, err
			}
			n.Items = append(n.Items, item)
		}
		return n, nil
	}
	if n.Kind = kindOf(y); n.Kind != Null {
		n.Scalar = y.Value
	}
	return n, r.meter.text(y.Value, y.Line)
}

func (r *yamlReader) members(n *Node, y *yaml.Node, depth int) error {
	seen := map[string]bool{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := y.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return problem.New(problem.Invalid, "line %d: the name of a field must be a text", key.Line)
		}
		if err := r.meter.text(key.Value, key.Line); err != nil {
			return err
		}
		if seen[key.Value] {
			return problem.New(problem.Invalid, "line %d: the field %q occurs twice", key.Line, Clip(key.Value))
		}
		seen[key.Value] = true
		value, err := r.value(y.Content[i+1], member(n.Place, key.Value), depth+1)
		if err != nil {
			return err
		}
		n.Members = append(n.Members, Member{Name: key.Value, Line: key.Line, Value: value})
	}
	return nil
}

// kindOf is what YAML takes a scalar for. A date is a text.
func kindOf(y *yaml.Node) Kind {
	switch y.Tag {
	case "!!null":
		return Null
	case "!!bool":
		return Bool
	case "!!int", "!!float":
		return Number
	default:
		return Text
	}
}
