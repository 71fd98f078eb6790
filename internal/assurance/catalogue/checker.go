package catalogue

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"countersign.dev/internal/problem"
)

// Bounds of what a catalogue or profile may be. The largest catalogue in use,
// SP 800-53, has 1,200 controls and 10 MB as OSCAL.
const (
	maxFile     = 4 << 20  // bytes of a YAML file
	maxControls = 10_000   // of a catalogue
	maxText     = 64 << 10 // bytes of one text
	maxList     = 1_000    // members of a list or map beside the controls
	maxDepth    = 16       // controls from the top to the lowest
	maxID       = 128      // bytes
)

var (
	fileID    = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	controlID = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_.()-]*$`)
	codeForm  = regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)

	unknownField = regexp.MustCompile(`field (.+?) not found in type \S+`)
	wrongType    = regexp.MustCompile(`cannot unmarshal (.+) into \S+`)
)

// scalar is a text with the line that it stands in.
type scalar struct {
	text string
	line int
}

// UnmarshalYAML takes any single value as text.
func (s *scalar) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: want a single value here", n.Line)
	}
	s.text, s.line = strings.Join(strings.Fields(n.Value), " "), n.Line
	return nil
}

// decode reads a file of one YAML document into doc. It is strict: a member
// that doc does not have is an error.
func decode(text []byte, doc any) error {
	if len(text) > maxFile {
		return problem.New(problem.TooLarge, "%d bytes: at most %d are read", len(text), maxFile)
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	err := dec.Decode(doc)
	if err == nil {
		if more := dec.Decode(new(yaml.Node)); !errors.Is(more, io.EOF) {
			err = errors.New("a second document follows: want one in one file")
		}
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return problem.New(problem.Invalid, "%s", plain(err))
	}
	return nil
}

// plain says an error of the YAML decoder in one line, without Go's types.
func plain(err error) string {
	text := err.Error()
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		text = strings.Join(typed.Errors, "; ")
	}
	text = strings.TrimPrefix(text, "yaml: ")
	text = unknownField.ReplaceAllString(text, `unknown field "$1"`)
	return wrongType.ReplaceAllString(text, "$1 is out of place here")
}

// checker keeps the first thing that is wrong with a written form.
type checker struct{ err error }

func (c *checker) fail(line int, format string, args ...any) {
	if c.err != nil {
		return
	}
	c.err = fmt.Errorf(format, args...)
	if line > 0 {
		c.err = fmt.Errorf("line %d: %w", line, c.err)
	}
}

// text is the text of s within bounds, which may be empty.
func (c *checker) text(s scalar, name string) string {
	if len(s.text) > maxText {
		c.fail(s.line, "%s has %d bytes: at most %d are read", name, len(s.text), maxText)
	}
	if strings.ContainsFunc(s.text, unicode.IsControl) {
		c.fail(s.line, "%s has a control character", name)
	}
	return s.text
}

// required is the text of s, which must not be empty. near is a line close by,
// for when s is not there at all.
func (c *checker) required(s scalar, near int, name string) string {
	if s.text == "" {
		c.fail(cmp.Or(s.line, near), "%s is missing", name)
	}
	return c.text(s, name)
}

// oneOf is the text of s, which must be one of some words, or empty.
func (c *checker) oneOf(s scalar, name string, allowed []string) string {
	if s.text != "" && !slices.Contains(allowed, s.text) {
		c.fail(s.line, "%s %q: want %s", name, s.text, strings.Join(allowed, ", "))
	}
	return s.text
}

func (c *checker) fileID(s scalar, near int, name string) string {
	id := c.required(s, near, name)
	if id != "" && (len(id) > maxID || !fileID.MatchString(id)) {
		c.fail(s.line, "%s %q: want words of a-z and 0-9 joined by hyphens or dots", name, id)
	}
	return id
}

func (c *checker) texts(list []scalar, name string) []string {
	if len(list) > maxList {
		c.fail(list[0].line, "%s has %d members: at most %d are read", name, len(list), maxList)
		return nil
	}
	var out []string
	for _, s := range list {
		t := c.required(s, s.line, "a member of "+name)
		if slices.Contains(out, t) {
			c.fail(s.line, "%s names %q twice", name, t)
		}
		out = append(out, t)
	}
	return out
}

// codes is a table of codes and what they mean.
func (c *checker) codes(table map[string]scalar, name string) map[string]string {
	if len(table) == 0 {
		return nil
	}
	if len(table) > maxList {
		c.fail(0, "%s has %d members: at most %d are read", name, len(table), maxList)
		return nil
	}
	out := make(map[string]string, len(table))
	for code, s := range table {
		out[code] = c.required(s, 0, name+" "+code)
	}
	return out
}
