package playbook

import (
	"regexp"
	"strings"

	"countersign.dev/internal/ledger"
)

// Header is what is known of a playbook without reading it.
type Header struct {
	ID          string   `json:"id"`
	Version     string   `json:"version"` // its modified property
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Types       []string `json:"playbook_types,omitempty"`
	Labels      []string `json:"labels,omitempty"`
	CreatedBy   string   `json:"created_by"`
	StepCount   int      `json:"step_count"`
	Revoked     bool     `json:"revoked,omitempty"`
	ValidUntil  string   `json:"valid_until,omitempty"`
}

// Header is the playbook's header.
func (p *Playbook) Header() Header {
	return Header{
		ID: p.ID, Version: p.Version, Name: p.Name, Description: p.Description, Types: p.Types, Labels: p.Labels, CreatedBy: p.CreatedBy, StepCount: len(p.Steps), Revoked: p.Revoked,
		ValidUntil: textOf(p.tree["valid_until"]),
	}
}

// Slug is the playbook's name in lower case with hyphens.
func (h *Header) Slug() string { return strings.ToLower(strings.Join(strings.Fields(h.Name), "-")) }

var mark = regexp.MustCompile(`"spec_version"\s*:\s*"cacao-2`)

// Recognise reports whether a file is a playbook.
func Recognise(_ string, head []byte) bool { return mark.Match(head) }

// Read reads a playbook for the ledger: its bytes are kept as they are, and its
// header is what it states. One with errors of form is refused; what else is wrong
// with it is warned of, since it can be kept, but not be run.
func Read(b []byte, l Limits) (*ledger.Reading, error) {
	p, err := Parse(b, l)
	if err != nil {
		return nil, err
	}
	r := &ledger.Reading{
		Kind: Kind, Source: Kind + "/" + strings.TrimPrefix(p.ID, "playbook--"), Part: p.Version, Mode: ledger.Chronicle, Rows: len(p.Steps),
		Statements: []ledger.Statement{{Kind: Fact, Subject: p.ID, Key: p.Version, Body: p.Header()}},
	}
	for _, e := range p.Check(p.Modified).Errors {
		r.Warnings = append(r.Warnings, e.Path+": "+e.Message+"; it cannot be run")
	}
	return r, nil
}
