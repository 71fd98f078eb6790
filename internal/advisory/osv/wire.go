package osv

import "encoding/json"

// record is a record as it is written. What the rest can be done without is
// left for later, so that a slip in it costs that part alone.
type record struct {
	ID        string            `json:"id"`
	Modified  string            `json:"modified"`
	Published string            `json:"published"`
	Withdrawn string            `json:"withdrawn"`
	Aliases   json.RawMessage   `json:"aliases"`
	Related   json.RawMessage   `json:"related"`
	Upstream  json.RawMessage   `json:"upstream"`
	Summary   string            `json:"summary"`
	Details   string            `json:"details"`
	Severity  json.RawMessage   `json:"severity"`
	Affected  []json.RawMessage `json:"affected"`
	Refs      json.RawMessage   `json:"references"`
	Specific  json.RawMessage   `json:"database_specific"`
}

type rating struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type reference struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

type affected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
		PURL      string `json:"purl"`
	} `json:"package"`
	Severity          json.RawMessage `json:"severity"`
	Ranges            []versionRange  `json:"ranges"`
	Versions          []string        `json:"versions"`
	EcosystemSpecific json.RawMessage `json:"ecosystem_specific"`
	DatabaseSpecific  json.RawMessage `json:"database_specific"`
}

type versionRange struct {
	Type   string  `json:"type"`
	Repo   string  `json:"repo"`
	Events []event `json:"events"`
}

type event struct {
	Introduced   string `json:"introduced"`
	Fixed        string `json:"fixed"`
	LastAffected string `json:"last_affected"`
	Limit        string `json:"limit"`
}

// ofRecord is what sources add to a record, each in its own way.
type ofRecord struct {
	Severity any      `json:"severity"` // GHSA and Bitnami: a word
	CWEs     []string `json:"cwe_ids"`  // GHSA
	Source   any      `json:"source"`
}

// ofAffected is what sources add to an affected package.
type ofAffected struct {
	Imports []struct { // Go
		Path    string   `json:"path"`
		Symbols []string `json:"symbols"`
	} `json:"imports"`
	CustomRanges  []versionRange `json:"custom_ranges"`                     // Go
	Urgency       any            `json:"urgency"`                           // Debian
	Severity      any            `json:"severity"`                          // Red Hat, openEuler
	Informational any            `json:"informational"`                     // RustSec
	LastKnown     any            `json:"last_known_affected_version_range"` // GHSA
}
