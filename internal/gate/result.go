package gate

import (
	"fmt"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/policy"
)

// Result is what a check of one release came to.
type Result struct {
	Tool     Tool
	Subject  Subject
	File     string // the SBOM, as the caller named it: relative to the repository's root where it can be
	Digest   string // of the SBOM, "sha256:…"
	Purpose  string // "operate"
	Verdict  policy.Verdict
	Policies []Policy
	// Findings in any order. The writers put first what is denied, then what is
	// known to be exploited, then the most severe.
	Findings []Finding
	Quality  []Part // of the SBOM, by part
	Data     []Age  // of the advisories that were asked

	At       access.Date // the day that was asked about
	Known    access.Date // using only what had been published by then
	Position int64       // of the ledger
	Decision string      // digest of the decision; "" when none was recorded
	Moment   time.Time   // when it was asked; zero to leave it out, so that runs can be compared byte for byte
	Exit     int         // the exit code that the command ends with

	Source *Source // the revision of the code that was built; nil when it is not known
}

// Tool is the program that asked.
type Tool struct {
	Name    string // "countersign"
	Version string // "1.4.0"; "" when it is not known
	URL     string // where it is described
}

// Subject is the release.
type Subject struct {
	Name    string
	Version string
	PURL    string
}

// Policy is what one policy said.
type Policy struct {
	ID      string
	Title   string
	Digest  string
	Verdict policy.Verdict
	// Rules is the ids of all its rules, in its order, so that those that did not
	// speak are shown to have been asked; nil when they are not known.
	Rules   []string
	Reasons []Reason
}

// Reason is one rule that spoke.
type Reason struct {
	Rule     string
	Verdict  policy.Verdict
	Because  string
	Cite     string
	Findings []int  // indices in Result.Findings of what it spoke of; nil for the release as a whole
	About    string // what else it spoke of, as an element or a supplier, to tell the reasons of one rule apart in every run; "" for nothing
	Mend     string
}

// Finding is one weakness that concerns, or may concern, a component.
type Finding struct {
	Component string // its purl, or CPE
	Name      string
	Version   string
	Place     Place
	Weak      bool // matched by the product's name alone

	Advisory string
	Aliases  []string
	Summary  string
	URL      string // of the advisory
	State    string // "affected", "unknown"
	Why      string // in words, when unknown
	Severity string // "none", "low", "medium", "high", "critical"; "" when nobody rated it
	Score    float64
	Fixed    []string // nearest first

	Malicious  bool        // no weakness but a planted attack: the component itself is the harm
	Exploited  bool        // in CISA's catalogue
	Due        access.Date // by when federal agencies have to act; "" for none
	EPSS       float64     // 0 to 1
	Percentile float64     // 0 to 1

	VEX *VEX // the statement that holds; nil for none
}

// Place is where the SBOM has a component.
type Place struct {
	Line int    // counted from 1; 0 when it is not known
	Path string // "components[17]" or an SPDXID; "" when it is not known
}

// VEX is what somebody says of a weakness in the component.
type VEX struct {
	Status        string // "not_affected", "affected", "fixed", "under_investigation"
	Justification string // "vulnerable_code_not_present" …
	Statement     string // in words
	Issuer        string
	Role          string // "supplier", "agency", "analyst", "third_party"
	Contested     bool   // another statement of equal weight says otherwise
}

// silences reports whether the statement says that nothing has to be done.
func (v *VEX) silences() bool {
	return v != nil && (v.Status == "not_affected" || v.Status == "fixed")
}

// Part is one part of the quality of the SBOM.
type Part struct {
	Name    string // "sbom-cisa-2026", "structure", "freshness", "matchability"
	Title   string
	Grade   string  // "A" to "E"; "" when nothing could be tested
	Percent float64 // 0 also for a part that has none, as structure
	Note    string  // what is most amiss
}

// share is the percentage in words, "" for none.
func (p *Part) share() string {
	if p.Percent == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %%", p.Percent)
}

// Age is how old what is held of a source of advisories is.
type Age struct {
	Ecosystem  string
	Components int         // of the release that are in it
	Held       bool        // false: only what single advisories say could be found for these
	Newest     access.Date // of what is held; "" when it does not say
	Days       int         // since then
}

// Source is the code that the release was built of.
type Source struct {
	Repository string // URL
	Revision   string
	Branch     string
}
