package label

import (
	"countersign.dev/internal/access"
)

// Role of a party in a label.
type Role string

// The parties to a label: a restriction on any of them may reach it.
const (
	Maker         Role = "maker"
	Owner         Role = "owner" // of the maker
	Laboratory    Role = "laboratory"
	Administrator Role = "administrator"
)

// Party is who has part in a label.
type Party struct {
	Role         Role   `json:"role" yaml:"role"`
	Name         string `json:"name" yaml:"name"`
	Country      string `json:"country,omitempty" yaml:"country"`
	Identifier   string `json:"identifier,omitempty" yaml:"identifier"`     // an LEI, a registration number, a list's id: sought beside the name
	Organisation string `json:"organisation,omitempty" yaml:"organisation"` // that takes part on this node
	Contact      string `json:"contact,omitempty" yaml:"contact"`
}

// Sought is everything by which restrictions on a party are looked for: its name,
// and its identifier where it gives one. A party writes its identifier itself, so
// that of somebody else must not take the place of the name.
func (p Party) Sought() []string {
	if p.Identifier == "" || p.Identifier == p.Name {
		return []string{p.Name}
	}
	return []string{p.Name, p.Identifier}
}

// Release is a release of the product that the label covers.
type Release struct {
	PURL    string   `json:"purl" yaml:"purl"`
	Digests []string `json:"digests,omitempty" yaml:"digests"` // "sha256:…" of what is shipped
}

// Registry is what the public registry says of a product. Its ten fields are
// those of 47 CFR 8.222(b) (from knowledge of the rule; the paragraph numbers
// are to be confirmed): (1) product, (2) manufacturer, (3) date and status, of
// which the date is Terms.Authorised, (4) administrator and (5) laboratory,
// which are Parties of the terms, (6) default password, (7) secure
// configuration, (8) updates, (9) support, (10) bills of materials.
type Registry struct {
	DefaultPassword     string `json:"default_password" yaml:"default_password"`         // how to change it, or that it cannot be changed
	SecureConfiguration string `json:"secure_configuration" yaml:"secure_configuration"` // a link, or in words
	UpdatesAutomatic    bool   `json:"updates_automatic" yaml:"updates_automatic"`
	Updates             string `json:"updates" yaml:"updates"` // how to get them
	Support             string `json:"support" yaml:"support"` // until when, or that there is none
	SBOM                bool   `json:"sbom" yaml:"sbom"`       // the manufacturer keeps one of software
	HBOM                bool   `json:"hbom" yaml:"hbom"`       // and of hardware
	Disclosure          string `json:"disclosure,omitempty" yaml:"disclosure"`
}

// Tally is how the controls of an assessment came out.
type Tally struct {
	Met           int `json:"met"`
	NotMet        int `json:"not_met"`
	NotApplicable int `json:"not_applicable"`
	Unknown       int `json:"unknown"`
}

// Terms is what a label says: its public face.
type Terms struct {
	Scheme      string      `json:"scheme"`
	Tier        int         `json:"tier"` // 0 for a scheme without tiers
	Profile     string      `json:"profile"`
	ProfileHash string      `json:"profile_digest"`
	Product     string      `json:"product"`
	Model       string      `json:"model,omitempty"`
	Releases    []Release   `json:"releases"`
	Parties     []Party     `json:"parties"` // the maker first
	Registry    Registry    `json:"registry"`
	Controls    Tally       `json:"controls"`
	Authorised  access.Date `json:"authorised"`            // the day on which it was given
	ValidFrom   access.Date `json:"valid_from"`            // the first day on which it counts
	ValidUntil  access.Date `json:"valid_until"`           // the first day on which it no longer does
	SupportEnd  access.Date `json:"support_end,omitempty"` // the first day without support; "" when the maker stated none
	EndsBy      string      `json:"ends_by"`               // "validity" or "support-end": which of the two comes first
}

// Party is the party in a role; the zero value when there is none.
func (t *Terms) Party(r Role) Party {
	for _, p := range t.Parties {
		if p.Role == r {
			return p
		}
	}
	return Party{}
}

// Application is what a maker hands in.
type Application struct {
	Form        string          `json:"countersign" yaml:"countersign"` // application/v1
	Scheme      string          `json:"scheme" yaml:"scheme"`
	Tier        int             `json:"tier,omitempty" yaml:"tier"`
	Product     string          `json:"product" yaml:"product"`
	Model       string          `json:"model,omitempty" yaml:"model"`
	Releases    []Release       `json:"releases" yaml:"releases"`
	Parties     []Party         `json:"parties" yaml:"parties"`
	Registry    Registry        `json:"registry" yaml:"registry"`
	SupportEnd  access.Date     `json:"support_end,omitempty" yaml:"support_end"`
	Facts       map[string]bool `json:"facts,omitempty" yaml:"facts"` // that a catalogue's controls depend on, as "etsi-en-303-645/e": so, or not so
	Hosts       []string        `json:"hosts,omitempty" yaml:"hosts"` // that the product talks to, as its maker declares
	Declared    []Declaration   `json:"declared,omitempty" yaml:"declared"`
	Evidence    []Evidence      `json:"evidence,omitempty" yaml:"evidence"` // documents of the ledger, by digest
	Declaration string          `json:"declaration" yaml:"declaration"`     // who declares that all of it is true: name and title
}

// Declaration is what a maker says of a control.
type Declaration struct {
	Control  string   `json:"control" yaml:"control"` // "catalogue/id"
	Status   string   `json:"status" yaml:"status"`   // met or not_met
	Note     string   `json:"note,omitempty" yaml:"note"`
	Evidence []string `json:"evidence,omitempty" yaml:"evidence"` // digests
}

// Party is the party in a role; the zero value when there is none.
func (a *Application) Party(r Role) Party {
	for _, p := range a.Parties {
		if p.Role == r {
			return p
		}
	}
	return Party{}
}
