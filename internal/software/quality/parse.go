package quality

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/problem"
	"go.yaml.in/yaml/v3"
)

const (
	// format is the first line's promise: which form a file is written in.
	format = "catalogue/v1"
	// maxCatalogue is how many bytes a catalogue may have.
	maxCatalogue = 1 << 20
)

var (
	states   = []string{"published", "draft", "superseded"}
	statuses = []string{string(Required), string(Additional), string(Optional)}
	applies  = []string{string(ToDocument), string(ToComponent)}

	idForm       = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	unknownField = regexp.MustCompile(`field (\S+) not found in type \S+`)
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

type catalogueDoc struct {
	Countersign  scalar       `yaml:"countersign"`
	Catalogue    scalar       `yaml:"catalogue"`
	Title        scalar       `yaml:"title"`
	Version      scalar       `yaml:"version"`
	State        scalar       `yaml:"state"`
	Source       scalar       `yaml:"source"`
	LicenceNote  scalar       `yaml:"license_note"`
	Lifecycle    scalar       `yaml:"lifecycle_note"`
	IDNote       scalar       `yaml:"id_note"`
	Verification scalar       `yaml:"verification"`
	Controls     []controlDoc `yaml:"controls"`
}

type controlDoc struct {
	ID            scalar   `yaml:"id"`
	Kind          scalar   `yaml:"kind"`
	Title         scalar   `yaml:"title"`
	Statement     scalar   `yaml:"statement"`
	Clause        scalar   `yaml:"clause"`
	Status        scalar   `yaml:"status"`
	Applicability scalar   `yaml:"applicability"`
	Parent        *scalar  `yaml:"parent"` // null at the top
	Check         scalar   `yaml:"check"`
	With          []scalar `yaml:"with"`
	Unknown       scalar   `yaml:"unknown"`
	Untested      scalar   `yaml:"untested"`
	Mend          scalar   `yaml:"mend"`
}

// Parse reads a catalogue from its written form, YAML. It is strict: what it
// does not know, or finds missing, is an error of kind [problem.Invalid] that
// names the line.
func Parse(text []byte) (*Catalogue, error) {
	if len(text) > maxCatalogue {
		return nil, problem.New(problem.TooLarge, "catalogue of %d bytes: at most %d are read", len(text), maxCatalogue)
	}
	var doc catalogueDoc
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	err := dec.Decode(&doc)
	if err == nil {
		if more := dec.Decode(new(yaml.Node)); !errors.Is(more, io.EOF) {
			err = errors.New("a second document follows: want one catalogue in one file")
		}
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "catalogue: %s", plain(err))
	}
	c, err := doc.catalogue()
	if err != nil {
		return nil, problem.New(problem.Invalid, "catalogue: %w", err)
	}
	return c, nil
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
	if c.err == nil {
		c.err = fmt.Errorf("line %d: %w", max(line, 1), fmt.Errorf(format, args...))
	}
}

// required is the text of s, which must not be empty. near is a line close by,
// for when s is not there at all.
func (c *checker) required(s scalar, near int, name string) string {
	if s.text == "" {
		c.fail(cmp.Or(s.line, near), "%s is missing", name)
	}
	return s.text
}

func (c *checker) oneOf(s scalar, near int, name string, allowed []string) string {
	if c.required(s, near, name) != "" && !slices.Contains(allowed, s.text) {
		c.fail(s.line, "%s %q: want one of %s", name, s.text, strings.Join(allowed, ", "))
	}
	return s.text
}

func (c *checker) id(s scalar, near int, name string) string {
	if c.required(s, near, name) != "" && !idForm.MatchString(s.text) {
		c.fail(s.line, "%s %q: want words of a-z and 0-9 joined by dots and hyphens", name, s.text)
	}
	return s.text
}

func (d *catalogueDoc) catalogue() (*Catalogue, error) {
	c := &checker{}
	if d.Countersign.text != format {
		c.fail(d.Countersign.line, "countersign: want %s, to say what this file is", format)
	}
	out := &Catalogue{
		ID: c.id(d.Catalogue, 1, "catalogue"), Title: c.required(d.Title, 1, "title"),
		Version: c.required(d.Version, 1, "version"), State: c.oneOf(d.State, 1, "state", states),
		Source: c.required(d.Source, 1, "source"), Lifecycle: d.Lifecycle.text,
	}
	c.required(d.LicenceNote, 1, "license_note")
	c.required(d.Verification, 1, "verification")
	groups := map[string]bool{}
	seen := map[string]bool{}
	for i := range d.Controls {
		e := c.element(&d.Controls[i])
		if seen[e.ID] {
			c.fail(d.Controls[i].ID.line, "id %q is there twice", e.ID)
		}
		if e.Parent != "" && !groups[e.Parent] {
			c.fail(d.Controls[i].Parent.line, "parent %q: want the id of a group above", e.Parent)
		}
		seen[e.ID], groups[e.ID] = true, e.Group
		out.Elements = append(out.Elements, e)
	}
	if len(out.Elements) == 0 {
		c.fail(1, "controls are missing: want at least one")
	}
	return out, c.err
}

func (c *checker) element(d *controlDoc) Element {
	near := cmp.Or(d.ID.line, d.Title.line, d.Kind.line)
	e := Element{
		ID: c.id(d.ID, near, "id of a control"), Title: c.required(d.Title, near, "title"),
		Statement: c.required(d.Statement, near, "statement"), Clause: c.required(d.Clause, near, "clause"),
		Status:  Status(c.oneOf(d.Status, near, "status", statuses)),
		Applies: Applies(c.oneOf(d.Applicability, near, "applicability", applies)),
		Group:   c.required(d.Kind, near, "kind") == "group",
		Check:   d.Check.text, Untested: d.Untested.text, Mend: d.Mend.text,
	}
	if d.Parent != nil {
		e.Parent = d.Parent.text
	}
	for _, w := range d.With {
		e.With = append(e.With, w.text)
	}
	if d.Unknown.text != "" {
		e.Unknown = c.oneOf(d.Unknown, near, "unknown", []string{"accepted"}) == "accepted"
	}
	c.tested(d, &e, near)
	return e
}

// tested sees to it that an element says how it is tested, or why not.
func (c *checker) tested(d *controlDoc, e *Element, near int) {
	switch {
	case e.Group:
		if e.Check != "" || e.Untested != "" || e.Mend != "" {
			c.fail(near, "%s: a group has neither check nor mend", e.ID)
		}
		return
	case (e.Check == "") == (e.Untested == ""):
		c.fail(near, "%s: want either the check that tests it, or untested with the reason", e.ID)
	case e.Check != "" && e.Mend == "":
		c.fail(near, "%s: mend is missing: what to do where it is not there", e.ID)
	}
	if e.Check == "" {
		return
	}
	if err := known(e.Check, e.Applies, e.With); err != nil {
		c.fail(cmp.Or(d.Check.line, near), "%s: %w", e.ID, err)
	}
}
