package openvex

import (
	"encoding/json"

	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/problem"
)

// document is an OpenVEX document. Versions before 0.2.0 write products and
// vulnerabilities as texts.
type document struct {
	Context     string            `json:"@context"`
	ID          string            `json:"@id"`
	Author      string            `json:"author"`
	Role        string            `json:"role"`
	Timestamp   string            `json:"timestamp"`
	LastUpdated string            `json:"last_updated"`
	Supplier    string            `json:"supplier"`
	Statements  []json.RawMessage `json:"statements"`
}

type statement struct {
	Vulnerability   json.RawMessage   `json:"vulnerability"`
	Description     string            `json:"vuln_description"` // before 0.2.0
	Timestamp       string            `json:"timestamp"`
	LastUpdated     string            `json:"last_updated"`
	Products        []json.RawMessage `json:"products"`
	Subcomponents   []json.RawMessage `json:"subcomponents"` // before 0.2.0, of all products
	Status          string            `json:"status"`
	StatusNotes     string            `json:"status_notes"`
	Justification   string            `json:"justification"`
	ImpactStatement string            `json:"impact_statement"`
	ActionStatement string            `json:"action_statement"`
	Supplier        string            `json:"supplier"`
}

type vulnerability struct {
	ID      string   `json:"@id"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases"`
}

// product is a product or a component of one.
type product struct {
	ID            string            `json:"@id"`
	Identifiers   map[string]string `json:"identifiers"`
	Hashes        map[string]string `json:"hashes"`
	Subcomponents []json.RawMessage `json:"subcomponents"`
}

// textOr decodes a part that older versions write as a text and newer ones as
// an object.
func textOr(part json.RawMessage, place string, text *string, object any) error {
	switch {
	case len(part) == 0 || string(part) == "null":
		return problem.New(problem.Invalid, "%s: missing", place)
	case part[0] == '"':
		return jsondoc.Decode(part, place, text)
	case part[0] == '{':
		return jsondoc.Decode(part, place, object)
	}
	return problem.New(problem.Invalid, "%s: want a text or an object", place)
}
