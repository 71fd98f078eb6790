package screening

import (
	"bytes"
	"encoding/json"
	"fmt"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Form is the form of the documents in which screenings are recorded.
const Form = "screening/v1"

// MaxRecorded is how many names one recorded screening may have.
const MaxRecorded = 100_000

// maxRecord bounds such a document, in bytes.
const maxRecord = 256 << 20

// Recorded is a screening as the ledger keeps it: who was sought, by what it
// was judged and what was found. A batch is one. It does not say when and by
// whom, which the ledger's entry does.
type Recorded struct {
	Form      string      `json:"countersign"`
	At        access.Date `json:"at"`
	Known     access.Date `json:"known"`
	Position  int64       `json:"position"`
	Audiences []string    `json:"audiences"` // what the asker could see
	Engine    string      `json:"engine"`
	Threshold float64     `json:"threshold"`
	Lists     []string    `json:"lists"` // programmes looked at; all when empty
	Limit     int         `json:"limit"` // most matches of one name
	Screened  []Screened  `json:"screened"`
}

// Screened is one name with what was found.
type Screened struct {
	Sought  Sought  `json:"sought"`
	Matches []Match `json:"matches"`
}

// Encode is the document: JSON in one line with keys in a fixed order, ended by
// a newline. Equal screenings give equal bytes.
func (r *Recorded) Encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("record a screening: %w", err)
	}
	if b.Len() > maxRecord {
		return nil, problem.New(problem.TooLarge, "the record of %d names has %d bytes; at most %d fit in a document", len(r.Screened), b.Len(), maxRecord)
	}
	return b.Bytes(), nil
}

// ParseRecord reads such a document.
func ParseRecord(b []byte) (*Recorded, error) {
	if len(b) > maxRecord {
		return nil, problem.New(problem.TooLarge, "a record of a screening has at most %d bytes", maxRecord)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var r Recorded
	if err := dec.Decode(&r); err != nil {
		return nil, problem.New(problem.Invalid, "not a record of a screening: %v", err)
	}
	if r.Form != Form || r.Position < 1 || len(r.Screened) > MaxRecorded {
		return nil, problem.New(problem.Invalid, "not a record of a screening in the form %s", Form)
	}
	return &r, nil
}
