package cverecord

import "encoding/json"

// document is a record as it is written. What the rest can be done without is
// left for later, so that a slip in it costs that part alone.
type document struct {
	Type     string   `json:"dataType"`
	Version  string   `json:"dataVersion"`
	Metadata metadata `json:"cveMetadata"`
	Holds    struct {
		CNA json.RawMessage   `json:"cna"`
		ADP []json.RawMessage `json:"adp"`
	} `json:"containers"`
}

type metadata struct {
	ID        string `json:"cveId"`
	State     string `json:"state"`
	Assigner  string `json:"assignerShortName"`
	Published string `json:"datePublished"`
	Updated   string `json:"dateUpdated"`
	Rejected  string `json:"dateRejected"`
}

type container struct {
	Provider struct {
		Name string `json:"shortName"`
	} `json:"providerMetadata"`
	Title        json.RawMessage   `json:"title"`
	Descriptions json.RawMessage   `json:"descriptions"`
	Reasons      json.RawMessage   `json:"rejectedReasons"`
	ReplacedBy   json.RawMessage   `json:"replacedBy"`
	Affected     []json.RawMessage `json:"affected"`
	Applies      json.RawMessage   `json:"cpeApplicability"`
	Metrics      json.RawMessage   `json:"metrics"`
	Problems     json.RawMessage   `json:"problemTypes"`
	References   json.RawMessage   `json:"references"`
	Source       json.RawMessage   `json:"source"`
}

type description struct {
	Language string `json:"lang"`
	Value    string `json:"value"`
}

type metric struct {
	V20 *vector `json:"cvssV2_0"`
	V30 *vector `json:"cvssV3_0"`
	V31 *vector `json:"cvssV3_1"`
	V40 *vector `json:"cvssV4_0"`
}

type vector struct {
	Text string `json:"vectorString"`
}

type problemType struct {
	Descriptions []struct {
		CWE string `json:"cweId"`
	} `json:"descriptions"`
}

type reference struct {
	URL  string   `json:"url"`
	Tags []string `json:"tags"`
}

type product struct {
	Vendor     string   `json:"vendor"`
	Product    string   `json:"product"`
	Collection string   `json:"collectionURL"`
	Package    string   `json:"packageName"`
	PURL       string   `json:"packageURL"` // since 5.2
	CPEs       []string `json:"cpes"`
	Repo       string   `json:"repo"`
	Default    string   `json:"defaultStatus"`
	Versions   []entry  `json:"versions"`
	Routines   []struct {
		Name string `json:"name"`
	} `json:"programRoutines"`
}

// entry is a version, or a range of versions, with its status.
type entry struct {
	Version         string   `json:"version"`
	Status          string   `json:"status"`
	Type            string   `json:"versionType"`
	LessThan        string   `json:"lessThan"`
	LessThanOrEqual string   `json:"lessThanOrEqual"`
	Changes         []change `json:"changes"`
}

type change struct {
	At     string `json:"at"`
	Status string `json:"status"`
}

// applicability is which CPEs a record applies to, in the form of the NVD.
type applicability struct {
	Nodes []struct {
		Negate  bool    `json:"negate"`
		Matches []match `json:"cpeMatch"`
	} `json:"nodes"`
}

type match struct {
	Vulnerable     bool   `json:"vulnerable"`
	CPE            string `json:"criteria"`
	StartIncluding string `json:"versionStartIncluding"`
	StartExcluding string `json:"versionStartExcluding"`
	EndIncluding   string `json:"versionEndIncluding"`
	EndExcluding   string `json:"versionEndExcluding"`
}
