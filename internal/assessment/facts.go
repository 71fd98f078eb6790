package assessment

import (
	"cmp"

	"countersign.dev/internal/access"
)

// Facts is what a node holds about a subject, for the automatic assessors. Each
// part is nil or empty where nothing is held, which leaves unknown what needs it.
// Whoever fills it has read the documents and verified the signatures; each part
// names the documents that it is from: what rests on no document convinces
// nobody, see [Assess].
type Facts struct {
	Releases     []Release
	Maker        string      // id of the organisation
	Bill         *Bill       // of the release; with several, the worst
	Findings     []Finding   // in what the bill lists, after VEX
	Advisories   access.Date // day up to which advisories are held; "" when none are
	Attestations []Attestation
	Builders     []Builder // that are trusted, and how far
	Verifiers    []Builder // whose summaries of what they verified are trusted, and how far; Hosted says nothing of them
	Sources      []string  // repositories that the releases are built from, as URLs
	Support      *Support
	MUD          *MUD
	Hosts        []string // that the maker declares the product needs; nil when it did not say
	Disclosure   *Disclosure
	Parties      []Party
	Scorecard    *Scorecard
	Asks         Asks
}

// Bill is what the automatic assessors want to know of a bill of materials. The
// shares are percentages, 0 to 100, as package quality finds them.
type Bill struct {
	Created    access.Date // "" when it does not say
	Released   access.Date // when the release came out; "" when it is not known
	Components int
	Elements   float64 // how much it has of the minimum elements that the scheme asks for
	Flat       bool    // nothing tells what is needed by what
	Broken     int     // parts that could not be read
	Matchable  float64 // components for which advisories can be found
	Evidence   []Evidence
}

// Finding is an advisory that applies to a component of a release and that no
// statement took back.
type Finding struct {
	Advisory  string // "CVE-2021-44228"
	Component string // purl or name
	Fixed     string // version that has it no more; "" when there is none
	Exploited bool   // known to be
	Malicious bool   // the component was made to harm
	// Since is the first day on which it was known to be exploited, or to be
	// malicious.
	Since    access.Date
	Evidence []Evidence
}

// Attestation is a signed statement about a release whose signature is good, or
// an unsigned one. Evidence says what it is about and how long it is valid.
type Attestation struct {
	Kind     string // "provenance", "release", "signature", "summary"
	Builder  string // id of who built, or who verified, as the attestation says
	Level    int    // of a summary, the level of the SLSA build track that it says was verified; 0 when it failed
	Identity string // of who signed: id of the key, or name in the certificate; "" when it is not signed
	Issuer   string // of the certificate's identity; "" for a key
	Evidence Evidence
}

// The kinds of attestations that the assessors look at.
const (
	KindProvenance = "provenance" // SLSA
	KindRelease    = "release"    // in-toto release: the maker says these bytes are that version
	KindSignature  = "signature"  // of the bytes themselves
	KindSummary    = "summary"    // SLSA verification summary: somebody verified provenance that we do not hold
)

// Builder is a build platform that is trusted up to a level. A name that ends in
// an asterisk is a beginning, because the names of workflows end in a version.
type Builder struct {
	ID     string   // "https://github.com/slsa-framework/slsa-github-generator/*"
	Signer []string // identities that only the platform's control plane can sign with
	Issuer string   // of those identities; "" for keys
	Hosted bool     // it is no machine of the maker
	Level  int      // of the SLSA build track that the platform is known to reach, 1 to 3
}

// Support is what is said of how long the product is supported.
type Support struct {
	End      access.Date // first day without
	Evidence []Evidence
}

// MUD is a Manufacturer Usage Description (RFC 8520) of the product, held
// against the hosts that are declared (see package mud).
type MUD struct {
	Hosts      []string // that it lets the product reach, and that may reach it
	Any        bool     // it lets it reach the whole internet
	Undeclared []string // of Hosts, those that no declared one covers
	Unneeded   []string // declared, and not among Hosts
	Unreadable []string // declared in a form that covers nothing, with why
	Faults     []string // why it is no such description, or broken
	Evidence   []Evidence
}

// Disclosure is how the maker takes reports of vulnerabilities.
type Disclosure struct {
	None        bool // the maker says that it has no policy
	URL         string
	Contact     string
	Acknowledge string      // time until a report is acknowledged, as the policy says
	Updates     string      // how often who reported is told; ETSI EN 303 645 5.2-1 asks for both
	Expires     access.Date // first day on which it is no longer to be used (RFC 9116, section 2.5.5); "" for none
	Evidence    []Evidence
}

// PartyState is whether somebody is restricted.
type PartyState string

// The states.
const (
	Clear        PartyState = "clear"        // screened, and nothing is in force: not listed, stayed, removed
	Restricted   PartyState = "restricted"   // something that the scheme excludes is in force
	Undetermined PartyState = "undetermined" // a person must decide, or it was not screened
)

// Party is somebody who has to do with the product, and whether it is
// restricted on the day.
type Party struct {
	Role     string // "maker", "owner", "laboratory", "administrator", "component maker"
	Name     string
	State    PartyState
	Reason   string // "on the Entity List since 2020-12-18"
	Evidence []Evidence
}

// Scorecard is a result of OpenSSF Scorecard.
type Scorecard struct {
	Repository string
	Date       access.Date
	Checks     map[string]int // 0 to 10; -1 where the tool could not tell
	Evidence   []Evidence
}

// Asks is how much the scheme asks. A zero field asks for what [Asks.or] says.
type Asks struct {
	BillDays        int            // most days since a bill was made
	Complete        float64        // least percentage of minimum elements
	Matchable       float64        // least percentage of components for which advisories can be found
	AdvisoryDays    int            // most days since advisories were last taken in
	RemedyDays      int            // days to remedy a component since it is known to be exploited
	SupportDays     int            // least days until support ends
	Level           int            // least level of the SLSA build track
	DisclosureTimes bool           // the policy must say when reports are acknowledged and updates are given
	ScorecardDays   int            // most days since the scorecard was made
	Scorecard       map[string]int // least score, by check
}

// or fills in what is not asked. The days of a bill are those from which package
// quality calls it old; a share of 95 is what it grades A. The checks of a
// scorecard are behaviours that put a release at risk by themselves, never the
// score over all.
func (a Asks) or() Asks {
	a.BillDays = cmp.Or(a.BillDays, 365)
	a.Complete = cmp.Or(a.Complete, 95)
	a.Matchable = cmp.Or(a.Matchable, 95)
	a.AdvisoryDays = cmp.Or(a.AdvisoryDays, 7)
	a.SupportDays = cmp.Or(a.SupportDays, 1)
	a.Level = cmp.Or(a.Level, 1)
	a.ScorecardDays = cmp.Or(a.ScorecardDays, 90)
	if a.Scorecard == nil {
		a.Scorecard = map[string]int{"Code-Review": 5, "Dangerous-Workflow": 10, "Maintained": 5, "Token-Permissions": 5, "Vulnerabilities": 7}
	}
	return a
}
