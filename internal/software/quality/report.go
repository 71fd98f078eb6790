package quality

import (
	"cmp"
	"slices"

	"countersign.dev/internal/access"
)

// Report is how good a bill is. Its JSON is what commands and the API show.
type Report struct {
	Components   int                `json:"components"` // that the elements are asked of
	LeftOut      int                `json:"left_out"`   // files and data, which are no software components
	Catalogues   []CatalogueReport  `json:"catalogues"`
	Structure    StructureReport    `json:"structure"`
	Freshness    FreshnessReport    `json:"freshness"`
	Matchability MatchabilityReport `json:"matchability"`
}

// CatalogueReport is what a bill has of one catalogue.
type CatalogueReport struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Version  string          `json:"version"`
	State    string          `json:"state"`
	Grade    Grade           `json:"grade"`
	Percent  float64         `json:"percent"` // mean over the required elements that are tested
	Elements []ElementReport `json:"elements"`
}

// Lacks is the titles of the required elements that the bill does not have
// everywhere, those that it has least first.
func (c *CatalogueReport) Lacks() []string {
	var lacking []*ElementReport
	for i := range c.Elements {
		if e := &c.Elements[i]; e.Status == Required && (e.State == Missing || e.State == Partial) {
			lacking = append(lacking, e)
		}
	}
	slices.SortStableFunc(lacking, func(a, b *ElementReport) int { return cmp.Compare(a.Percent, b.Percent) })
	titles := make([]string, len(lacking))
	for i, e := range lacking {
		titles[i] = e.Title
	}
	return titles
}

// State says how far a bill has an element.
type State string

// The states.
const (
	Met           State = "met"
	Partial       State = "partial" // some components have it
	Missing       State = "missing"
	NotTested     State = "not_tested"     // no bill shows it, or it is not read here
	NotApplicable State = "not_applicable" // there is no component to ask it of
)

// ElementReport is what a bill has of one element. Of an element of the
// document Of is 1.
type ElementReport struct {
	ID      string  `json:"id"`
	Title   string  `json:"title"`
	Clause  string  `json:"clause"`
	Status  Status  `json:"status"`
	Applies Applies `json:"applies"`
	State   State   `json:"state"`
	Have    int     `json:"have"`    // components that have it, or that say it is unknown where that is accepted
	Of      int     `json:"of"`      // components asked
	Unknown int     `json:"unknown"` // of all, those that say it is unknown
	Percent float64 `json:"percent"`
	Found   string  `json:"found,omitempty"`  // what the document says
	Misses  []Place `json:"misses,omitempty"` // the first components without it
	Why     string  `json:"why,omitempty"`    // it is not tested
	Mend    string  `json:"mend,omitempty"`   // what to do, where something is missing
}

// Place is a component of the bill.
type Place struct {
	Index   int    `json:"index"` // in the bill's list of components
	Ref     string `json:"ref,omitempty"`
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	PURL    string `json:"purl,omitempty"`
	Why     string `json:"why,omitempty"`
}

// StructureReport is whether the parts of a bill hold together.
type StructureReport struct {
	Grade      Grade    `json:"grade"`
	Root       *Place   `json:"root"` // what the bill is about; null when it does not say
	Relations  int      `json:"relations"`
	Dangling   int      `json:"dangling"` // relations to what is not in the bill
	Flat       bool     `json:"flat"`     // nothing tells what is needed by what
	Depth      int      `json:"depth"`    // arrows from the root to what is furthest
	Reached    int      `json:"reached"`  // components that the root leads to
	Orphans    int      `json:"orphans"`  // components in no relation
	OrphansAt  []Place  `json:"orphans_at,omitempty"`
	Duplicates int      `json:"duplicates"` // components that repeat another's reference or identity
	RepeatedAt []Place  `json:"repeated_at,omitempty"`
	Broken     int      `json:"broken"` // parts that could not be read
	BrokenAt   []string `json:"broken_at,omitempty"`
	Faults     []Fault  `json:"faults"`
}

// Fault is one thing that is wrong with a bill as a whole.
type Fault struct {
	What string `json:"what"`
	Mend string `json:"mend"`
}

// FreshnessReport is how old a bill is.
type FreshnessReport struct {
	Grade    Grade       `json:"grade"`
	Created  string      `json:"created,omitempty"` // as written
	Day      access.Date `json:"day,omitempty"`     // of it, in UTC
	Age      *int        `json:"age_days"`          // to the day that is asked about; null when it does not say
	Released access.Date `json:"released,omitempty"`
	Lag      *int        `json:"lag_days"` // from release to bill; negative when the bill is older; null when either is not known
	Faults   []Fault     `json:"faults"`
}

// MatchabilityReport is how much of a bill advisories can be matched with. What
// the bill is about is not counted, nor an operating system without a purl:
// advisories concern what they contain.
type MatchabilityReport struct {
	Grade      Grade            `json:"grade"`
	Components int              `json:"components"`
	Readable   int              `json:"readable"` // whose purl and version can be read
	Sourced    int              `json:"sourced"`  // of them, those for whose ecosystem advisories are held
	Percent    float64          `json:"percent"`  // sourced of components
	Ecosystems []EcosystemCount `json:"ecosystems"`
	Gaps       []Gap            `json:"gaps"`
}

// EcosystemCount is how many components an ecosystem has.
type EcosystemCount struct {
	Ecosystem  string `json:"ecosystem"`
	Components int    `json:"components"`
	Held       bool   `json:"held"` // advisories of it are
}

// Gap is one reason why components cannot be matched.
type Gap struct {
	Reason     Reason  `json:"reason"`
	Components int     `json:"components"`
	At         []Place `json:"at"`
	Mend       string  `json:"mend"`
}
