package quality

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"countersign.dev/catalogues"
	"countersign.dev/internal/problem"
)

// Status says how much a catalogue insists on an element.
type Status string

// The statuses.
const (
	Required   Status = "required"
	Additional Status = "additional" // required where it exists, which a bill does not show
	Optional   Status = "optional"
)

// Applies says what an element is asked of.
type Applies string

// What elements are asked of.
const (
	ToDocument  Applies = "document"
	ToComponent Applies = "component"
)

// Catalogue is a set of elements that a bill of materials should have, as one
// authority published it.
type Catalogue struct {
	ID        string // "sbom-cisa-2026"
	Title     string
	Version   string // as published, "2.1.0 (2025-08-20)"
	State     string // "published", "draft", "superseded"
	Source    string
	Lifecycle string // what came before and after it, in words
	Elements  []Element
}

// Element is one thing that a catalogue asks for.
type Element struct {
	ID        string // unique in its catalogue, "component.hash"
	Title     string
	Statement string // what it asks
	Clause    string // where
	Status    Status
	Applies   Applies
	Parent    string // id of its group; "" at the top
	Group     bool   // only the head of those whose parent it is; not tested
	Check     string // what tests it; "" when Untested says why nothing does
	With      []string
	Unknown   bool // the catalogue accepts that the bill says it is unknown
	Untested  string
	Mend      string // what to do where it is missing
}

// shipped is the order in which catalogues are reported: the one in force in
// the country whose order the product follows first.
var shipped = []string{"sbom-cisa-2026", "sbom-ntia-2021", "sbom-cisa-2025-draft", "sbom-bsi-tr-03183-2"}

// Shipped is the catalogues that come with the product, in the order in which
// they are reported. They are read once and belong to everybody: change none.
// An error is a fault of the build.
func Shipped() ([]*Catalogue, error) { return readShipped() }

var readShipped = sync.OnceValues(func() ([]*Catalogue, error) {
	names, err := fs.Glob(catalogues.FS, "sbom-*.yaml")
	if err != nil {
		return nil, err
	}
	if len(names) != len(shipped) {
		return nil, fmt.Errorf("%d catalogues of bills of materials are embedded, %d are named", len(names), len(shipped))
	}
	out := make([]*Catalogue, len(shipped))
	for i, id := range shipped {
		text, err := catalogues.FS.ReadFile(id + ".yaml")
		if err != nil {
			return nil, err
		}
		if out[i], err = Parse(text); err != nil {
			return nil, fmt.Errorf("%s.yaml: %w", id, err)
		}
		if out[i].ID != id {
			return nil, fmt.Errorf("%s.yaml: catalogue is %q: want the name of the file", id, out[i].ID)
		}
	}
	return out, nil
})

// Find is the catalogue with an id, or an error that lists those there are.
func Find(all []*Catalogue, id string) (*Catalogue, error) {
	for _, c := range all {
		if c.ID == id {
			return c, nil
		}
	}
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	slices.SortFunc(ids, cmp.Compare)
	return nil, problem.New(problem.NotFound, "no catalogue %q: there are %v", id, ids)
}
