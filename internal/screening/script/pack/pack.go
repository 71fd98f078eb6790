// Package pack reads alias packs: names of one party that no rule derives from
// each other. 小米 is Xiaomi because the company says so.
//
// Begin with [Parse], and [Shipped] for the packs of the product. The package
// looks nothing up: that is for package script.
//
// # Format
//
// A pack is YAML:
//
//	countersign: aliases/v1
//	id: zh-companies
//	about: what is in it
//	sources:
//	  self: how the body presents itself
//	aliases:
//	  - latin: [Hikvision, Hangzhou Hikvision Digital Technology]
//	    native: {zh: [海康威视]}
//	    part: true            # also within a longer name
//	    source: self          # one of sources, or an address
//	    sure: from_memory     # or verified
//
// The first Latin name is the one by which the party is met most.
package pack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"countersign.dev/aliases"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

const format = "aliases/v1"

// Bounds of a pack, far above those that are shipped.
const (
	maxBytes   = 4 << 20
	maxAliases = 50_000
	maxNames   = 64  // of one alias
	maxName    = 400 // bytes of one name
)

// Pack is the aliases of one file.
type Pack struct {
	ID      string
	About   string
	Aliases []Alias
}

// Alias is names that one party goes by.
type Alias struct {
	Latin  []string            // as typed, the most usual first
	Native map[string][]string // by language: ISO 639-1
	Part   bool                // a native name may be a part of a longer name
	Source string              // who says so: a citation or an address
	Sure   Surety
}

// Surety is how well an alias is known.
type Surety string

// Verified was looked up at the source; FromMemory was not.
const (
	Verified   Surety = "verified"
	FromMemory Surety = "from_memory"
)

type document struct {
	Format  string            `yaml:"countersign"`
	ID      string            `yaml:"id"`
	About   string            `yaml:"about"`
	Sources map[string]string `yaml:"sources"`
	Aliases []yaml.Node       `yaml:"aliases"`
}

type row struct {
	Latin  []string            `yaml:"latin"`
	Native map[string][]string `yaml:"native"`
	Part   bool                `yaml:"part"`
	Source string              `yaml:"source"`
	Sure   Surety              `yaml:"sure"`
}

var id = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Parse reads a pack. It is strict: what it does not know, or finds missing,
// is an error of kind [problem.Invalid] that names the line.
func Parse(text []byte) (*Pack, error) {
	if len(text) > maxBytes {
		return nil, problem.New(problem.TooLarge, "aliases: the file has %d bytes, want at most %d", len(text), maxBytes)
	}
	var doc document
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		return nil, problem.New(problem.Invalid, "aliases: %s", strings.TrimPrefix(strings.ReplaceAll(err.Error(), "\n ", ""), "yaml: "))
	}
	switch {
	case doc.Format != format:
		return nil, problem.New(problem.Invalid, "aliases: countersign is %q, want %q", doc.Format, format)
	case !id.MatchString(doc.ID):
		return nil, problem.New(problem.Invalid, "aliases: id is %q, want small letters, digits and single hyphens", doc.ID)
	case len(doc.Aliases) > maxAliases:
		return nil, problem.New(problem.Invalid, "aliases: %d aliases, want at most %d", len(doc.Aliases), maxAliases)
	}
	p := &Pack{ID: doc.ID, About: doc.About}
	for i := range doc.Aliases {
		a, err := doc.alias(&doc.Aliases[i])
		if err != nil {
			return nil, problem.New(problem.Invalid, "aliases: line %d: %w", doc.Aliases[i].Line, err)
		}
		p.Aliases = append(p.Aliases, a)
	}
	return p, nil
}

func (doc *document) alias(n *yaml.Node) (Alias, error) {
	if n.Kind != yaml.MappingNode {
		return Alias{}, errors.New("want a mapping of latin, native, part, source, sure")
	}
	for i := 0; i < len(n.Content); i += 2 {
		switch key := n.Content[i].Value; key {
		case "latin", "native", "part", "source", "sure":
		default:
			return Alias{}, fmt.Errorf("unknown field %q, want latin, native, part, source or sure", key)
		}
	}
	var r row
	if err := n.Decode(&r); err != nil {
		return Alias{}, errors.New("latin wants a list of names, native lists of names by language, part true or false")
	}
	if r.Sure != Verified && r.Sure != FromMemory {
		return Alias{}, fmt.Errorf("sure is %q, want %s or %s", r.Sure, Verified, FromMemory)
	}
	a := Alias(r)
	if cited, ok := doc.Sources[r.Source]; ok {
		a.Source = cited
	} else if !strings.HasPrefix(r.Source, "https://") {
		return Alias{}, fmt.Errorf("source is %q, want one of the file's sources or an https address", r.Source)
	}
	return a, a.check()
}

func (a *Alias) check() error {
	names := len(a.Latin)
	for language, native := range a.Native {
		if len(language) != 2 || len(native) == 0 {
			return fmt.Errorf("native has %d names of language %q, want a code of two letters and a name", len(native), language)
		}
		names += len(native)
		for _, n := range native {
			if err := checkName(n); err != nil {
				return err
			}
		}
	}
	for _, n := range a.Latin {
		if err := checkName(n); err != nil {
			return err
		}
	}
	switch {
	case len(a.Latin) == 0:
		return errors.New("no latin name")
	case names < 2:
		return errors.New("one name alone is no alias: want another in latin or native")
	case names > maxNames:
		return fmt.Errorf("%d names, want at most %d", names, maxNames)
	}
	return nil
}

func checkName(name string) error {
	if len(name) > maxName || party.Fold(name) == "" {
		return fmt.Errorf("name %.60q, want a letter or digit, and at most %d bytes", name, maxName)
	}
	return nil
}

// Shipped is the packs of the product, by the names of their files. They are
// parsed once; a test parses them too, so that a fault in one is a fault of
// the build.
var Shipped = sync.OnceValue(func() []*Pack {
	packs, err := read(aliases.FS)
	if err != nil {
		panic(fmt.Sprintf("pack: %v", err))
	}
	return packs
})

func read(files fs.FS) ([]*Pack, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	var out []*Pack
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		p, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if name != p.ID+".yaml" {
			return nil, fmt.Errorf("%s has the id %s", name, p.ID)
		}
		out = append(out, p)
	}
	return out, nil
}
