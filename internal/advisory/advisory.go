package advisory

// The kinds of facts of this room.
const (
	// FactRecord is about an advisory's id: a [Record].
	FactRecord = "advisory.record"
	// FactAlias is about an advisory's id; its term is another id of the same
	// weakness, upper-cased. Its body is an [Alias].
	FactAlias = "advisory.alias"
	// FactAffected is about an advisory's id; its term is the package's term
	// (see package ecosystem), or [CPETerm] of a product: an [Affected].
	FactAffected = "advisory.affected"
	// FactVEX is about a weakness's id, upper-cased; its term is the product's
	// term, see [VEX]. Its body is a [VEX].
	FactVEX = "advisory.vex"
	// FactSSVC is about a CVE id: an [Assessed].
	FactSSVC = "advisory.ssvc"
	// FactKEV is about a CVE id: an [Exploited].
	FactKEV = "advisory.kev"
	// FactEPSS is about [SubjectEPSS]: a day's [Scores].
	FactEPSS = "advisory.epss"
	// FactFeed is about an ecosystem, as "feed:Go": what a source of advisories
	// covers, a [Feed]. It tells a component for which nothing was found from
	// one for which nothing is held.
	FactFeed = "advisory.feed"
)

// SubjectEPSS is what facts of kind [FactEPSS] are about.
const SubjectEPSS = "epss"

// Record is one published advisory. Its JSON is what the ledger keeps.
type Record struct {
	ID         string      `json:"id"`
	Aliases    []string    `json:"aliases,omitempty"` // other ids of the same weakness
	Related    []string    `json:"related,omitempty"`
	Upstream   []string    `json:"upstream,omitempty"` // ids this one repeats for a distribution
	Summary    string      `json:"summary,omitempty"`
	Details    string      `json:"details,omitempty"` // at most [MaxDetails] bytes
	Severities []Severity  `json:"severities,omitempty"`
	CWEs       []string    `json:"cwes,omitempty"`
	Published  string      `json:"published,omitempty"` // RFC 3339; "" when the source does not say, or says the zero date
	Modified   string      `json:"modified,omitempty"`
	Withdrawn  string      `json:"withdrawn,omitempty"` // since when; the weakness is no longer held to be one
	Malicious  bool        `json:"malicious,omitempty"` // not a weakness but a planted attack: the release itself is the harm
	References []Reference `json:"references,omitempty"`
	Issuer     string      `json:"issuer,omitempty"` // who publishes it
}

// MaxDetails is how many bytes of an advisory's text the facts keep; the
// document has all of it.
const MaxDetails = 2000

// Severity is one rating.
type Severity struct {
	Type   string  `json:"type"`             // "CVSS_V2", "CVSS_V3", "CVSS_V4", or "word"
	Vector string  `json:"vector,omitempty"` // for CVSS
	Score  float64 `json:"score,omitempty"`  // 0 to 10; 0 when it could not be worked out
	Word   string  `json:"word,omitempty"`   // "none", "low", "medium", "high", "critical", by the CVSS v3.1 scale (section 5)
	Source string  `json:"source,omitempty"`
}

// Reference is where more is to be read.
type Reference struct {
	Type string `json:"type,omitempty"` // "ADVISORY", "FIX", "WEB" …
	URL  string `json:"url"`
}

// Alias joins two ids of one weakness.
type Alias struct {
	ID string `json:"id"` // the other one, as written
}

// Affected says which versions of one package, or product, an advisory
// concerns.
type Affected struct {
	Advisory   string     `json:"advisory"`
	Ecosystem  string     `json:"ecosystem,omitempty"` // as OSV writes it, "Go", "Debian:11"; "" for a product
	Name       string     `json:"name"`                // of the package in it, or of the product
	PURL       string     `json:"purl,omitempty"`
	CPE        string     `json:"cpe,omitempty"`   // of a product; matched by it alone, and weaker
	Maker      string     `json:"maker,omitempty"` // of a product
	Ranges     []Range    `json:"ranges,omitempty"`
	Versions   []string   `json:"versions,omitempty"` // affected, one by one
	Severities []Severity `json:"severities,omitempty"`
	Symbols    []string   `json:"symbols,omitempty"` // of code that has the weakness, as "net/http.ListenAndServe"
	Unfixed    string     `json:"unfixed,omitempty"` // why there is no fix, where the source says
}

// Range is an interval, or several, of versions.
type Range struct {
	Type   string  `json:"type"` // "SEMVER", "ECOSYSTEM" or "GIT"
	Repo   string  `json:"repo,omitempty"`
	Events []Event `json:"events"`
}

// Event is one end of an interval; exactly one field is set.
type Event struct {
	Introduced   string `json:"introduced,omitempty"` // "0" for the beginning
	Fixed        string `json:"fixed,omitempty"`
	LastAffected string `json:"last_affected,omitempty"`
	Limit        string `json:"limit,omitempty"`
}

// Exploited is an entry of a catalogue of weaknesses known to be exploited.
type Exploited struct {
	CVE        string `json:"cve"`
	Vendor     string `json:"vendor,omitempty"`
	Product    string `json:"product,omitempty"`
	Name       string `json:"name,omitempty"`
	Added      string `json:"added"` // day
	Due        string `json:"due,omitempty"`
	Action     string `json:"action,omitempty"`
	Ransomware bool   `json:"ransomware,omitempty"` // known to be used in ransomware campaigns
	Notes      string `json:"notes,omitempty"`
	Forensic   bool   `json:"forensic,omitempty"` // evidence is to be collected before it is fixed
}

// Assessed is what somebody judged of a weakness by the decision points of SSVC, as
// CISA does for CVE records.
type Assessed struct {
	CVE          string `json:"cve"`
	Exploitation string `json:"exploitation,omitempty"` // "none", "poc" or "active"
	Automatable  string `json:"automatable,omitempty"`  // "yes" or "no": whether all steps of an attack can be automated
	Impact       string `json:"impact,omitempty"`       // "partial" or "total": how much of what has the weakness an attacker comes to control
	By           string `json:"by,omitempty"`
	On           string `json:"on,omitempty"` // day; "" when it is not said
}

// Feed is what a source of advisories covers.
type Feed struct {
	Ecosystem string `json:"ecosystem"`
	Records   int    `json:"records"`
	Newest    string `json:"newest,omitempty"` // day of its newest record; "" when it does not say
}

// State says whether a version is concerned.
type State string

// The states.
const (
	IsAffected  State = "affected"
	NotAffected State = "not_affected"
	Unknown     State = "unknown" // the version or the advisory cannot be read
)

// Judgement is what an advisory means for one version.
type Judgement struct {
	State State
	Fixed []string // versions that end the interval in which the version lies, nearest first
	Why   string   // in words, for State Unknown
}

// VEX is one statement of somebody about a weakness in a product. Its JSON is
// what the ledger keeps.
type VEX struct {
	Weakness      string   `json:"weakness"`                // id, as "CVE-2021-44228"
	Aliases       []string `json:"aliases,omitempty"`       // other ids of it
	Product       string   `json:"product"`                 // purl, CPE, digest or name that it is said of; "" for a component wherever it is
	Component     string   `json:"component,omitempty"`     // within the product; "" for the product as a whole
	Versions      string   `json:"versions,omitempty"`      // a vers range, where it is said of one
	Status        string   `json:"status"`                  // "not_affected", "affected", "fixed", "under_investigation"
	Justification string   `json:"justification,omitempty"` // as OpenVEX writes it: "vulnerable_code_not_present" …
	Impact        string   `json:"impact,omitempty"`        // why it is not affected, in words
	Action        string   `json:"action,omitempty"`        // what to do
	Issuer        string   `json:"issuer,omitempty"`        // who says so
	Role          string   `json:"role,omitempty"`          // "supplier", "agency", "analyst", "third_party"
	Issued        string   `json:"issued,omitempty"`        // RFC 3339, when it was said or last said again
	Document      string   `json:"document,omitempty"`      // the document's own id
	Format        string   `json:"format"`                  // "OpenVEX", "CSAF", "CycloneDX"
}
