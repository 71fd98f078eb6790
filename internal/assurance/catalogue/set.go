package catalogue

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"countersign.dev/catalogues"
	"countersign.dev/internal/problem"
)

// maxFiles is how many files of each kind a set may have.
const maxFiles = 1_000

// Set is catalogues and profiles that belong together. It never changes once
// made and may be used by many goroutines.
type Set struct {
	catalogues []*Catalogue // by id
	profiles   []*Profile   // by id
}

// Shipped is the set that comes with the product. It is read once and belongs
// to everybody. An error is a fault of the build.
func Shipped() (*Set, error) { return readShipped() }

var readShipped = sync.OnceValues(func() (*Set, error) { return Load(catalogues.FS) })

// Load reads the catalogues at the root of a file system, *.yaml, and the
// profiles in its folder profiles. Each file is named after its id. Every link
// must close: from control to control across catalogues, and from profiles to
// controls. An error is of kind [problem.Invalid] and names file and line.
func Load(fsys fs.FS) (*Set, error) {
	cs, err := each(fsys, "*.yaml", Parse, func(c *Catalogue) string { return c.ID })
	if err != nil {
		return nil, err
	}
	ps, err := each(fsys, "profiles/*.yaml", ParseProfile, func(p *Profile) string { return p.ID })
	if err != nil {
		return nil, err
	}
	return NewSet(cs, ps)
}

// each reads the files of a pattern.
func each[T any](fsys fs.FS, pattern string, parse func([]byte) (T, error), id func(T) string) ([]T, error) {
	names, err := fs.Glob(fsys, pattern)
	if err != nil {
		return nil, err
	}
	if len(names) > maxFiles {
		return nil, problem.New(problem.TooLarge, "%s: %d files, at most %d are read", pattern, len(names), maxFiles)
	}
	var out []T
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		v, err := parse(text)
		if err != nil {
			return nil, problem.Wrap(problem.Invalid, err, "%s", name)
		}
		if want := strings.TrimSuffix(path.Base(name), ".yaml"); id(v) != want {
			return nil, problem.New(problem.Invalid, "%s: has the id %q: want the name of the file", name, id(v))
		}
		out = append(out, v)
	}
	return out, nil
}

// NewSet makes a set of catalogues and profiles. Ids must be unique and every
// link must close; an error is of kind [problem.Invalid].
func NewSet(cs []*Catalogue, ps []*Profile) (*Set, error) {
	s := &Set{catalogues: slices.Clone(cs), profiles: slices.Clone(ps)}
	slices.SortFunc(s.catalogues, func(a, b *Catalogue) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.profiles, func(a, b *Profile) int { return cmp.Compare(a.ID, b.ID) })
	for i := 1; i < len(s.catalogues); i++ {
		if s.catalogues[i].ID == s.catalogues[i-1].ID {
			return nil, problem.New(problem.Invalid, "two catalogues have the id %q", s.catalogues[i].ID)
		}
	}
	for i := 1; i < len(s.profiles); i++ {
		if s.profiles[i].ID == s.profiles[i-1].ID {
			return nil, problem.New(problem.Invalid, "two profiles have the id %q", s.profiles[i].ID)
		}
	}
	for _, c := range s.catalogues {
		for i := range c.Controls {
			if err := s.linked(&c.Controls[i]); err != nil {
				return nil, problem.New(problem.Invalid, "catalogue %s: control %s: %w", c.ID, c.Controls[i].ID, err)
			}
		}
	}
	for _, p := range s.profiles {
		if s.Catalogue(p.ID) != nil {
			return nil, problem.New(problem.Invalid, "%q is a catalogue and a profile: want an id for one of them", p.ID)
		}
		for i := range p.Asks {
			if _, err := p.Pick(s, &p.Asks[i]); err != nil {
				return nil, problem.New(problem.Invalid, "profile %s: %w", p.ID, err)
			}
		}
	}
	return s, nil
}

// linked checks that the controls of other catalogues that one names are there.
func (s *Set) linked(ctl *Control) error {
	for _, l := range ctl.Links() {
		c := s.Catalogue(l.Catalogue)
		if c == nil {
			return fmt.Errorf("leads to %s of catalogue %s, which is not here", l.Control, l.Catalogue)
		}
		if c.Control(l.Control) == nil {
			return fmt.Errorf("leads to %s, which catalogue %s does not have", l.Control, l.Catalogue)
		}
	}
	return nil
}

// Catalogues is all catalogues, by id. Change none.
func (s *Set) Catalogues() []*Catalogue { return slices.Clone(s.catalogues) }

// Profiles is all profiles, by id. Change none.
func (s *Set) Profiles() []*Profile { return slices.Clone(s.profiles) }

// Catalogue is the catalogue with an id, nil when there is none.
func (s *Set) Catalogue(id string) *Catalogue {
	i, ok := slices.BinarySearchFunc(s.catalogues, id, func(c *Catalogue, id string) int { return cmp.Compare(c.ID, id) })
	if !ok {
		return nil
	}
	return s.catalogues[i]
}

// Profile is the profile with an id, nil when there is none.
func (s *Set) Profile(id string) *Profile {
	i, ok := slices.BinarySearchFunc(s.profiles, id, func(p *Profile, id string) int { return cmp.Compare(p.ID, id) })
	if !ok {
		return nil
	}
	return s.profiles[i]
}
