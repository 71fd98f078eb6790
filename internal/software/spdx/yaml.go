package spdx

import (
	"bytes"
	"context"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// readYAML reads SPDX 2 in YAML, whose names are those of the JSON form: it is
// written anew as JSON, and that is read. All values become texts, since all
// that are used are, and 1.10 is a version and no number.
func readYAML(ctx context.Context, b []byte, limits Limits) (*software.Bill, error) {
	if len(b) > limits.YAML {
		return nil, problem.New(problem.TooLarge, "%d bytes of YAML, the limit is %d", len(b), limits.YAML)
	}
	if n := marks(b); n > limits.Nodes {
		return nil, problem.New(problem.TooLarge, "about %d values in YAML, the limit is %d", n, limits.Nodes)
	}
	var top yaml.Node
	if err := yaml.Unmarshal(b, &top); err != nil {
		return nil, problem.New(problem.Invalid, "not YAML: %v", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	// Aliases may make much of little. A document that gains from them stays
	// below a few times its size.
	w := &yamlWriter{
		out: &out, limit: 4*len(b) + 1<<16, depth: limits.Depth,
		enc: jsontext.NewEncoder(&out, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
	}
	if len(top.Content) != 1 || top.Content[0].Kind != yaml.MappingNode {
		return nil, problem.New(problem.Invalid, "line 1: want a mapping")
	}
	if err := yamlVersionOf(top.Content[0]); err != nil {
		return nil, err
	}
	if err := w.node(top.Content[0], 1); err != nil {
		return nil, err
	}
	return readJSON(ctx, out.Bytes(), limits, inYAML)
}

// yamlVersionOf looks at the version while the line is known.
func yamlVersionOf(top *yaml.Node) error {
	for i := 0; i+1 < len(top.Content); i += 2 {
		name, value := top.Content[i], top.Content[i+1]
		if name.Value == "spdxVersion" && !version2.MatchString(value.Value) {
			return problem.New(problem.Invalid, "line %d: the version is %q; want SPDX-2.1, 2.2 or 2.3", value.Line, clip(value.Value))
		}
	}
	return nil
}

// marks counts what separates values, since the parser of YAML cannot be told to
// stop: a value of three bytes takes some 300 in its tree.
func marks(b []byte) int {
	n := 0
	for _, c := range b {
		switch c {
		case '\n':
			n += 2 // a name and a value
		case ',', '[', '{':
			n++
		}
	}
	return n
}

// yamlWriter writes YAML as JSON, within limits.
type yamlWriter struct {
	out   *bytes.Buffer
	enc   *jsontext.Encoder
	limit int // bytes
	depth int
	nodes int
}

func (w *yamlWriter) node(n *yaml.Node, depth int) error {
	w.nodes++
	switch {
	case depth > w.depth:
		return problem.New(problem.TooLarge, "line %d: nested more than %d deep", n.Line, w.depth)
	case w.out.Len() > w.limit || w.nodes > w.limit:
		return problem.New(problem.TooLarge, "line %d: aliases make the document larger than %d bytes", n.Line, w.limit)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return w.node(n.Alias, depth)
	case yaml.MappingNode:
		return w.group(n, jsontext.BeginObject, jsontext.EndObject, depth)
	case yaml.SequenceNode:
		return w.group(n, jsontext.BeginArray, jsontext.EndArray, depth)
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return w.enc.WriteToken(jsontext.Null)
		}
		return w.enc.WriteToken(jsontext.String(n.Value))
	}
	return problem.New(problem.Invalid, "line %d: want a value", n.Line)
}

// group writes a mapping or a sequence.
func (w *yamlWriter) group(n *yaml.Node, begin, end jsontext.Token, depth int) error {
	if err := w.enc.WriteToken(begin); err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if child.Kind != yaml.ScalarNode {
				return problem.New(problem.Invalid, "line %d: want a name", child.Line)
			}
			if err := w.enc.WriteToken(jsontext.String(child.Value)); err != nil {
				return problem.New(problem.Invalid, "line %d: %v", child.Line, err)
			}
			continue
		}
		if err := w.node(child, depth+1); err != nil {
			return err
		}
	}
	return w.enc.WriteToken(end)
}
