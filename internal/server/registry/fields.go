package registry

import (
	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
)

// Fields are what the American rule asks of a public registry, in its order and
// named after it (47 CFR 8.222(b); paragraph numbers from knowledge of the rule):
// what its "common API" has to give for every product.
type Fields struct {
	ProductName          string       `json:"product_name"`
	ManufacturerName     string       `json:"manufacturer_name"`
	AuthorizationDate    access.Date  `json:"authorization_date"`
	Status               label.Status `json:"status"`
	Administrator        *Partaker    `json:"administrator"`
	Laboratory           *Partaker    `json:"laboratory"`
	DefaultPassword      string       `json:"default_password"`
	SecureConfiguration  string       `json:"secure_configuration"`
	Updates              string       `json:"updates"`
	UpdatesAutomatic     bool         `json:"updates_automatic"`
	SupportEnd           access.Date  `json:"support_end"`
	Support              string       `json:"support"`
	SBOM                 bool         `json:"sbom"`
	HBOM                 bool         `json:"hbom"`
	DisclosurePolicy     string       `json:"disclosure_policy,omitempty"`
	ManufacturerCountry  string       `json:"manufacturer_country,omitempty"`
	ManufacturerContact  string       `json:"manufacturer_contact,omitempty"`
	ManufacturerIdentity string       `json:"manufacturer_identifier,omitempty"`
}

// Partaker is who has part in a label, without what only this node needs.
type Partaker struct {
	Name       string `json:"name"`
	Country    string `json:"country,omitempty"`
	Identifier string `json:"identifier,omitempty"`
	Contact    string `json:"contact,omitempty"`
}

// FieldsOf is the fields of a label that was given.
func FieldsOf(s *label.State) Fields {
	t := s.Terms
	if t == nil {
		return Fields{Status: s.Status}
	}
	r, maker := t.Registry, t.Party(label.Maker)
	return Fields{
		ProductName: t.Product, ManufacturerName: maker.Name, AuthorizationDate: t.Authorised, Status: s.Status,
		Administrator: partaker(t, label.Administrator), Laboratory: partaker(t, label.Laboratory),
		DefaultPassword: r.DefaultPassword, SecureConfiguration: r.SecureConfiguration, Updates: r.Updates, UpdatesAutomatic: r.UpdatesAutomatic,
		SupportEnd: t.SupportEnd, Support: r.Support, SBOM: r.SBOM, HBOM: r.HBOM, DisclosurePolicy: r.Disclosure,
		ManufacturerCountry: maker.Country, ManufacturerContact: maker.Contact, ManufacturerIdentity: maker.Identifier,
	}
}

func partaker(t *label.Terms, r label.Role) *Partaker {
	p := t.Party(r)
	if p.Name == "" {
		return nil
	}
	return &Partaker{Name: p.Name, Country: p.Country, Identifier: p.Identifier, Contact: p.Contact}
}
