package csaf

import "encoding/json"

// document is a CSAF document. Parts that may be broken on their own are
// decoded later.
type document struct {
	Document struct {
		Category          string       `json:"category"`
		Version           string       `json:"csaf_version"`
		Title             string       `json:"title"`
		Publisher         publisher    `json:"publisher"`
		Tracking          tracking     `json:"tracking"`
		Notes             []note       `json:"notes"`
		References        []reference  `json:"references"`
		AggregateSeverity namedText    `json:"aggregate_severity"`
		Distribution      distribution `json:"distribution"`
	} `json:"document"`
	ProductTree     json.RawMessage   `json:"product_tree"`
	Vulnerabilities []json.RawMessage `json:"vulnerabilities"`
}

type publisher struct {
	Category  string `json:"category"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

type tracking struct {
	ID                 string   `json:"id"`
	Aliases            []string `json:"aliases"`
	Status             string   `json:"status"`
	Version            string   `json:"version"`
	InitialReleaseDate string   `json:"initial_release_date"`
	CurrentReleaseDate string   `json:"current_release_date"`
}

type note struct {
	Category string `json:"category"`
	Text     string `json:"text"`
}

type reference struct {
	Category string `json:"category"`
	URL      string `json:"url"`
}

type namedText struct {
	Text string `json:"text"`
}

type distribution struct {
	TLP struct {
		Label string `json:"label"`
	} `json:"tlp"`
}

// productTree is section 3.2.2. Product paths are what version 2.1 has for
// relationships.
type productTree struct {
	Branches         []json.RawMessage `json:"branches"`
	FullProductNames []json.RawMessage `json:"full_product_names"`
	Groups           []group           `json:"product_groups"`
	Relationships    []relationship    `json:"relationships"`
	Paths            []productPath     `json:"product_paths"`
}

type branch struct {
	Category string            `json:"category"`
	Name     string            `json:"name"`
	Product  json.RawMessage   `json:"product"`
	Branches []json.RawMessage `json:"branches"`
}

type fullProductName struct {
	Name   string `json:"name"`
	ID     string `json:"product_id"`
	Helper helper `json:"product_identification_helper"`
}

// helper is section 3.1.3.3; version 2.1 has several package URLs.
type helper struct {
	CPE    string   `json:"cpe"`
	PURL   string   `json:"purl"`
	PURLs  []string `json:"purls"`
	Hashes []struct {
		FileHashes []struct {
			Algorithm string `json:"algorithm"`
			Value     string `json:"value"`
		} `json:"file_hashes"`
	} `json:"hashes"`
}

type group struct {
	ID       string   `json:"group_id"`
	Products []string `json:"product_ids"`
}

type relationship struct {
	Category  string          `json:"category"`
	Product   fullProductName `json:"full_product_name"`
	Component string          `json:"product_reference"`
	RelatesTo string          `json:"relates_to_product_reference"`
}

type productPath struct {
	Product   fullProductName `json:"full_product_name"`
	Component string          `json:"beginning_product_reference"`
	Subpaths  []struct {
		Next string `json:"next_product_reference"`
	} `json:"subpaths"`
}

// vulnerability is section 3.2.3. Metrics and CWEs are what version 2.1 has for
// scores and CWE.
type vulnerability struct {
	CVE          string              `json:"cve"`
	IDs          []systemID          `json:"ids"`
	CWE          cwe                 `json:"cwe"`
	CWEs         []cwe               `json:"cwes"`
	Title        string              `json:"title"`
	Notes        []note              `json:"notes"`
	Status       map[string][]string `json:"product_status"`
	Flags        []flag              `json:"flags"`
	Threats      []threat            `json:"threats"`
	Remediations []remediation       `json:"remediations"`
	Scores       []score             `json:"scores"`
	Metrics      []struct {
		Content score  `json:"content"`
		Source  string `json:"source"`
	} `json:"metrics"`
}

type systemID struct {
	System string `json:"system_name"`
	Text   string `json:"text"`
}

type cwe struct {
	ID string `json:"id"`
}

// scope is to which products something applies.
type scope struct {
	Products []string `json:"product_ids"`
	Groups   []string `json:"group_ids"`
}

type flag struct {
	scope
	Label string `json:"label"`
}

type threat struct {
	scope
	Category string `json:"category"`
	Details  string `json:"details"`
}

type remediation struct {
	scope
	Category string `json:"category"`
	Details  string `json:"details"`
	URL      string `json:"url"`
}

type score struct {
	V2 *cvss `json:"cvss_v2"`
	V3 *cvss `json:"cvss_v3"`
	V4 *cvss `json:"cvss_v4"`
}

type cvss struct {
	Vector string `json:"vectorString"`
}
