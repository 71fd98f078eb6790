package software

// Bill is what one software bill of materials says: a release, what it
// contains, and how that hangs together. Its JSON is what the ledger keeps,
// packed; a field is never renamed.
type Bill struct {
	Format   string `json:"format"`             // "CycloneDX" or "SPDX"
	Version  string `json:"version"`            // of the format, as "1.6", "2.3", "3.0.1"
	Encoding string `json:"encoding,omitempty"` // "json", "xml", "tag-value", "yaml", "json-ld"
	ID       string `json:"id,omitempty"`       // serial number, or document namespace
	Revision int    `json:"revision,omitempty"` // of the document with that id (CycloneDX version)
	Name     string `json:"name,omitempty"`     // of the document

	Created  string   `json:"created,omitempty"`  // as written, RFC 3339
	Authors  []string `json:"authors,omitempty"`  // people and organisations that wrote it
	Tools    []string `json:"tools,omitempty"`    // with versions, as "syft 0.64.0"
	Supplier string   `json:"supplier,omitempty"` // who supplies the bill
	Contexts []string `json:"contexts,omitempty"` // lifecycle phases it was made in: "build", "source", "deployed" …
	Licence  string   `json:"licence,omitempty"`  // of the document's own data

	// Root is the index in Components of what the bill is about; -1 when it
	// does not say.
	Root       int         `json:"root"`
	Components []Component `json:"components"`
	Edges      []Edge      `json:"edges,omitempty"`
	Links      []BillLink  `json:"links,omitempty"` // other bills that this one refers to

	// Complete says what the bill claims of its own completeness: "complete",
	// "incomplete", "unknown" or "" when it is silent.
	Complete string `json:"complete,omitempty"`
	Signed   bool   `json:"signed,omitempty"` // carries a signature of its own, not verified by reading

	// Broken tells what could not be read, with its place; the rest was used.
	Broken []string `json:"broken,omitempty"`

	// Weaknesses is what the bill says of vulnerabilities (CycloneDX VEX and
	// VDR). It is no part of what is packed: advisories are kept as such.
	Weaknesses []Weakness `json:"-"`
}

// Component is one thing that a bill lists, the release itself included.
type Component struct {
	Ref       string    `json:"ref,omitempty"`  // bom-ref or SPDXID, unique in its bill
	Type      string    `json:"type,omitempty"` // as CycloneDX calls it: "library", "application", "container", "operating-system", "device", "firmware", "file" …
	Group     string    `json:"group,omitempty"`
	Name      string    `json:"name,omitempty"`
	Version   string    `json:"version,omitempty"`
	PURL      string    `json:"purl,omitempty"` // as written
	MorePURLs []string  `json:"purls,omitempty"`
	CPEs      []string  `json:"cpes,omitempty"`
	Hashes    []Hash    `json:"hashes,omitempty"`
	Supplier  string    `json:"supplier,omitempty"` // who supplies it
	Maker     string    `json:"maker,omitempty"`    // manufacturer or originator
	Author    string    `json:"author,omitempty"`
	Publisher string    `json:"publisher,omitempty"`
	Licences  []Licence `json:"licences,omitempty"`
	Copyright string    `json:"copyright,omitempty"`
	Scope     string    `json:"scope,omitempty"`    // "required", "optional", "excluded"
	Source    string    `json:"source,omitempty"`   // purl or name@version of the source package it was built from
	Download  string    `json:"download,omitempty"` // where it is to be had
	EndOfLife string    `json:"end_of_life,omitempty"`
	Parent    int       `json:"parent"` // index of the component that it is nested in; -1 for none
}

// Hash is a digest of a component's file.
type Hash struct {
	Algorithm string `json:"alg"` // as CycloneDX writes it: "SHA-256", "SHA-1", "MD5" …
	Value     string `json:"value"`
}

// Licence is what a bill says of a component's licence.
type Licence struct {
	Expression   string `json:"expression,omitempty"`   // an SPDX expression or id
	Name         string `json:"name,omitempty"`         // of one that has no SPDX id
	Acknowledged string `json:"acknowledged,omitempty"` // "declared" or "concluded"; "" when it does not say
}

// Edge is one relation between components, by index.
type Edge struct {
	From int    `json:"from"`
	To   int    `json:"to"`
	Kind string `json:"kind,omitempty"` // "" for depends on; "contains", "provides", "generated_from" …
}

// BillLink is a reference to another bill.
type BillLink struct {
	From   int    `json:"from"` // component that it is about; -1 for the bill as a whole
	Target string `json:"target"`
	Type   string `json:"type,omitempty"`
}

// Weakness is what a bill says of one vulnerability and what it does to the
// components.
type Weakness struct {
	ID            string
	Source        string // who gave the id, as "NVD"
	Aliases       []string
	Description   string
	Detail        string
	Severities    []Severity
	CWEs          []int
	Published     string
	Updated       string
	State         string // CycloneDX impact analysis state: "exploitable", "not_affected", "false_positive", "resolved", "in_triage" …; "" for none
	Justification string
	Responses     []string
	Statement     string // the analysis in words
	FirstIssued   string
	LastUpdated   string
	Recommended   string
	URL           string
	Affects       []Affects
}

// Severity is one rating of a weakness.
type Severity struct {
	Method string // "CVSSv31", "CVSSv4" …
	Vector string
	Score  float64
	Word   string // "critical", "high" …
	Source string
}

// Affects says which component, in which versions, a weakness concerns.
type Affects struct {
	Ref      string // a component's ref, perhaps in another bill (BOM-Link)
	Versions []AffectedVersion
}

// AffectedVersion is a version or a range (vers) with its status.
type AffectedVersion struct {
	Version string
	Range   string
	Status  string // "affected", "unaffected", "unknown"
}

// RootComponent is what the bill is about, or nil.
func (b *Bill) RootComponent() *Component {
	if b.Root < 0 || b.Root >= len(b.Components) {
		return nil
	}
	return &b.Components[b.Root]
}
