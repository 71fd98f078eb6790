package inventory

import "countersign.dev/internal/access"

// The kinds of facts of this room. Their bodies are JSON; a field is never
// renamed.
const (
	// FactOrganisation is about an organisation's id, see [OrganisationID]; its
	// term is "name:" and its folded name. Its body is an [Organisation].
	FactOrganisation = "inventory.organisation"
	// FactSystem is about a system's id; its term is "name:" and its folded
	// name. Its body is a [System].
	FactSystem = "inventory.system"
	// FactAsset is about an asset's id; its term is the id of its system. Its
	// body is an [Asset].
	FactAsset = "inventory.asset"
	// FactSeen is about an asset's id: when it was [Seen]. It stands apart from
	// the asset, which does not change each time that somebody looks at it.
	FactSeen = "inventory.seen"
	// FactAddress is about an asset's id; its term is one of its addresses, see
	// [AddressTerm]. Its body is an [Address].
	FactAddress = "inventory.address"
	// FactExposure is about the id of an asset or a system; its term is the
	// [Reach]. Its body is an [Exposure].
	FactExposure = "inventory.exposure"
	// FactDeployment is about a system's id; its term is that of the deployed
	// release. Its body is a [Deployment]. There is one for each deployment.
	FactDeployment = "inventory.deployment"
	// FactFinding is about an asset's id: that somebody found a weakness on it. Its
	// term is the weakness's id; its body is a [Finding].
	FactFinding = "inventory.finding"
	// FactAlias repeats a deployment under each further term that its release
	// goes by. It is there to look deployments up, and never counted.
	FactAlias = "inventory.alias"
)

// Organisation is somebody who runs systems.
type Organisation struct {
	Name    string `json:"name"`
	Contact string `json:"contact,omitempty"`
}

// System is a set of assets that serves one purpose and is authorised as one
// (OMB Circular A-130, "information system").
type System struct {
	Name         string      `json:"name,omitempty"`
	Organisation string      `json:"organisation,omitempty"` // id of whose it is
	Criticality  Criticality `json:"criticality,omitempty"`
	HighValue    Truth       `json:"high_value,omitempty"` // a high value asset (OMB M-19-03)
	NSS          Truth       `json:"nss,omitempty"`        // a national security system (44 U.S.C. 3552(b)(6)), to which civilian directives do not apply
	Hosting      string      `json:"hosting,omitempty"`    // "on-prem", "fedramp", "third-party" …; lower case
	Owner        string      `json:"owner,omitempty"`      // who answers for it
	Contact      string      `json:"contact,omitempty"`
	Note         string      `json:"note,omitempty"`
}

// Criticality is the impact level of a system by FIPS 199, section 3.
type Criticality string

// The impact levels; "" is one that nobody stated.
const (
	Low      Criticality = "low"
	Moderate Criticality = "moderate"
	High     Criticality = "high"
)

// Truth is whether something is so. What nobody stated is neither yes nor no.
type Truth string

// The answers; "" is none.
const (
	Yes Truth = "yes"
	No  Truth = "no"
)

// Asset is a machine, a device or a service that a system consists of.
type Asset struct {
	System    string   `json:"system"` // id
	Kind      string   `json:"kind,omitempty"`
	Hostnames []string `json:"hostnames,omitempty"` // lower case
	Addresses []string `json:"addresses,omitempty"` // IP
	MACs      []string `json:"macs,omitempty"`      // as "70:e6:72:0f:ca:a4"; the first half is the OUI of who it was assigned to
	OS        string   `json:"os,omitempty"`
	Model     string   `json:"model,omitempty"`
	Vendor    string   `json:"vendor,omitempty"` // who made it
	Owner     string   `json:"owner,omitempty"`
	Note      string   `json:"note,omitempty"`
}

// Seen is when an asset was looked at, by the days that CISA's Binding
// Operational Directive 23-01 asks about.
type Seen struct {
	First access.Date `json:"first,omitempty"`
	Last  access.Date `json:"last,omitempty"` // by asset discovery
	Scan  access.Date `json:"scan,omitempty"` // for vulnerabilities, the last time
}

// Finding is a weakness that somebody, as a scanner, found on an asset. Days are in
// the body, not in the fact: that it was found stays so after it was mended.
type Finding struct {
	ID         string      `json:"id,omitempty"` // as the scanner calls it
	Weakness   string      `json:"weakness"`     // "CVE-2021-44228"
	Detected   access.Date `json:"detected"`
	Remediated access.Date `json:"remediated,omitempty"` // "" while it is there
	By         string      `json:"by,omitempty"`         // who found it
}

// Address is something that an asset is seen by in logs.
type Address struct {
	Kind  string `json:"kind"` // "host", "ip" or "mac"
	Value string `json:"value"`
}

// Exposure is what somebody says of who can reach an asset, or all assets of a
// system. Several may say different things; see [Reached].
type Exposure struct {
	Reach    Reach  `json:"reach"`
	Evidence string `json:"evidence,omitempty"` // as "external scan of 2026-06-01"
	By       string `json:"by,omitempty"`       // who says so
}

// Reach is who can reach an asset.
type Reach string

// The reaches.
const (
	Public   Reach = "public"   // anybody on the internet
	Internal Reach = "internal" // only from within
	Unknown  Reach = "unknown"  // somebody says that it is not known
)

// Deployment is a release that runs in a system. How the release is called is
// kept as the inventory has it; from when to when it ran is in the fact.
type Deployment struct {
	Asset       string `json:"asset,omitempty"`   // id of the asset that it runs on; "" when the inventory names none
	Release     string `json:"release,omitempty"` // digest of the release or of its bill, as "sha256:…"
	PURL        string `json:"purl,omitempty"`
	CPE         string `json:"cpe,omitempty"`
	Name        string `json:"name,omitempty"`
	Version     string `json:"version,omitempty"`
	Vendor      string `json:"vendor,omitempty"`
	Environment string `json:"environment,omitempty"` // "production", "test" …; lower case
	Note        string `json:"note,omitempty"`
}
