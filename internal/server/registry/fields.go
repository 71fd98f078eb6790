package registry

import (
	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
)

// Fields are what the American rule asks of a public registry, in its order and
// named after it (47 CFR 8.222(b); paragraph numbers from knowledge of the rule):
// what its "common API" has to give for every product.
type Fields struct {
	ProductName          string       `json:"product_name" doc:"(1) Name of the product."`
	ManufacturerName     string       `json:"manufacturer_name" doc:"(2) Name of the manufacturer."`
	AuthorizationDate    access.Date  `json:"authorization_date" doc:"(3) The day on which the label was given."`
	Status               label.Status `json:"status" enum:"active,suspended,expired,withdrawn,revoked,superseded,draft,applied,assessed" doc:"(3) How it stands."`
	Administrator        *Partaker    `json:"administrator" doc:"(4) Who gave it."`
	Laboratory           *Partaker    `json:"laboratory" doc:"(5) Who tested the product; null where the scheme asks for no test."`
	DefaultPassword      string       `json:"default_password" doc:"(6) How to change it, or that there is none."`
	SecureConfiguration  string       `json:"secure_configuration" doc:"(7) A link, or in words."`
	Updates              string       `json:"updates" doc:"(8) How to get them."`
	UpdatesAutomatic     bool         `json:"updates_automatic" doc:"(8) They come by themselves."`
	SupportEnd           access.Date  `json:"support_end" doc:"(9) The first day without support; empty when the maker stated none."`
	Support              string       `json:"support" doc:"(9) What the maker says of it."`
	SBOM                 bool         `json:"sbom" doc:"(10) The manufacturer keeps a bill of materials of software."`
	HBOM                 bool         `json:"hbom" doc:"(10) And of hardware."`
	DisclosurePolicy     string       `json:"disclosure_policy,omitempty" doc:"Where to report a weakness."`
	ManufacturerCountry  string       `json:"manufacturer_country,omitempty" doc:"Of the manufacturer, as ISO 3166 has it."`
	ManufacturerContact  string       `json:"manufacturer_contact,omitempty" doc:"How to reach the manufacturer."`
	ManufacturerIdentity string       `json:"manufacturer_identifier,omitempty" doc:"An LEI, a registration number or the like."`
}

// Partaker is who has part in a label, without what only this node needs.
type Partaker struct {
	Name       string `json:"name" doc:"What it is called."`
	Country    string `json:"country,omitempty" doc:"Where it is, as ISO 3166 has it."`
	Identifier string `json:"identifier,omitempty" doc:"An LEI, a registration number or the like."`
	Contact    string `json:"contact,omitempty" doc:"How to reach it."`
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
