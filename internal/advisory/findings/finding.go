// Package findings works out which weaknesses apply to the components of a
// release: it looks up what advisories say of each component's package, judges
// its version, joins advisories about one weakness, and adds whether it is
// exploited (KEV), how likely that is (EPSS) and what makers and analysts say
// of it (VEX).
//
// Begin with [Find]. It reads facts by their terms and subjects alone, so its
// cost follows the components asked about and not what is held; an index over
// whole portfolios is elsewhere.
//
// Nothing is dropped: what cannot be judged is a finding of state unknown, and
// an ecosystem that no source is held for is told in [Result.Sources].
package findings

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
)

// Engine names the rules of this package, for decisions to be repeated by.
const Engine = "findings/2"

// Facts is where facts are read from.
type Facts interface {
	BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error)
	ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error)
}

// Component is one component of a release, or the release itself.
type Component struct {
	Identity string // canonical purl, or CPE
	Written  string // as the bill writes it; "" when that is the same
	Name     string
	Version  string
	CPEs     []string // by which products are written about; of the release itself
	Direct   bool
}

// Finding is a weakness that applies, or may apply, to a component.
type Finding struct {
	Component string         `json:"component"` // purl, or CPE, as the bill writes it
	Identity  string         `json:"-"`         // of the component, canonical
	Name      string         `json:"name"`
	Version   string         `json:"version"`
	Direct    bool           `json:"direct"`
	Weak      bool           `json:"weak,omitempty"` // matched by the product's name in a CPE only
	Advisory  string         `json:"advisory"`
	Aliases   []string       `json:"aliases"` // every other id of the weakness
	Summary   string         `json:"summary"`
	State     advisory.State `json:"state"`
	Why       string         `json:"why,omitempty"` // it is unknown
	Malicious bool           `json:"malicious,omitempty"`
	Severity  *Severity      `json:"severity"`
	Fixed     []string       `json:"fixed"`
	KEV       *KEV           `json:"kev"`
	EPSS      *EPSS          `json:"epss"`
	VEX       *VEX           `json:"vex"`
	Published string         `json:"published,omitempty"`
	URL       string         `json:"url,omitempty"`

	Rests []*ledger.Fact `json:"-"` // facts that it rests on

	own bool // it is of the release itself
}

// Severity is the rating that counts: the newest CVSS, or else a word.
type Severity struct {
	Word   string  `json:"word"`
	Score  float64 `json:"score"` // 0 when only a word is given
	Vector string  `json:"vector,omitempty"`
}

// KEV is the entry in the catalogue of weaknesses known to be exploited.
type KEV struct {
	CVE        string `json:"cve"`
	Added      string `json:"added"`
	Due        string `json:"due,omitempty"`
	Ransomware bool   `json:"ransomware"`
	Action     string `json:"action,omitempty"`
}

// EPSS is how likely exploitation is in the 30 days after Date.
type EPSS struct {
	CVE        string  `json:"cve"`
	Score      float64 `json:"score"`
	Percentile float64 `json:"percentile"`
	Date       string  `json:"date,omitempty"`
}

// VEX is the statement that counts, and what was said besides.
type VEX struct {
	Status        string   `json:"status"`
	Justification string   `json:"justification,omitempty"`
	Impact        string   `json:"impact,omitempty"`
	Action        string   `json:"action,omitempty"`
	Issuer        string   `json:"issuer"`
	Role          string   `json:"role,omitempty"`
	Issued        string   `json:"issued,omitempty"`
	Rule          string   `json:"rule,omitempty"` // by which it counts more than others
	Contested     bool     `json:"contested,omitempty"`
	Others        []string `json:"others,omitempty"` // "issuer: status", of those that do not count
}

// Source is what is held of advisories for one ecosystem.
type Source struct {
	Kind       string      `json:"kind"`      // "advisories", "exploited" (KEV) or "likelihood" (EPSS)
	Ecosystem  string      `json:"ecosystem"` // or the name of the catalogue
	Components int         `json:"components"`
	Held       bool        `json:"held"`
	Partial    bool        `json:"partial,omitempty"` // not held as a whole; single advisories were found
	Newest     access.Date `json:"newest,omitempty"`  // when what is held was last brought up to date

	Rests []*ledger.Fact `json:"-"` // facts that say so
}

// The kinds of sources.
const (
	SourceAdvisories = "advisories"
	SourceExploited  = "exploited"
	SourceLikelihood = "likelihood"
)

// Result is all that was found for a release.
type Result struct {
	Findings []Finding
	Sources  []Source
	Rests    []*ledger.Fact // every fact that was read for it
}

// Open reports whether the finding still asks for something to be done: it
// applies or may apply, and nobody who counts says otherwise.
func (f *Finding) Open() bool {
	return f.VEX == nil || f.VEX.Status != "not_affected" && f.VEX.Status != "fixed"
}
