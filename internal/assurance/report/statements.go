package report

import (
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// The kinds of the documents and of what they state.
const (
	Kind    = "evidence.test-report"
	KindICS = "evidence.ics"
)

// Evidence is the body of a report's statements: what an assessor looks at.
type Evidence struct {
	Document   string      `json:"document"` // digest of the file
	Report     string      `json:"report"`   // its id
	Laboratory Laboratory  `json:"laboratory"`
	Product    string      `json:"product"`
	Maker      string      `json:"maker"`
	Version    string      `json:"version,omitempty"`
	Catalogue  string      `json:"catalogue"`
	Edition    string      `json:"edition,omitempty"`
	Issued     access.Date `json:"issued"`
	ValidUntil access.Date `json:"valid_until,omitempty"`
	Results    []Result    `json:"results"`
}

// Reading is what the ledger keeps of a report whose bytes have the digest. It
// is stated of the release, by each of its digests and its purl. A report that a
// laboratory issues again under the same id replaces the earlier one wholly.
func Reading(r *Report, digest string) *ledger.Reading {
	e := Evidence{
		Document: digest, Report: r.ID, Laboratory: r.Laboratory, Product: r.Product.Name, Maker: r.Product.Maker, Version: r.Product.Version,
		Catalogue: r.Catalogue, Edition: r.Edition, Issued: r.Issued, ValidUntil: r.ValidUntil, Results: r.Results,
	}
	out := &ledger.Reading{
		Kind: Kind, Source: "evidence/test-report/" + r.Laboratory.Organisation + "/" + r.ID, Mode: ledger.Chronicle, Published: r.Issued,
		Rows: len(r.Results), Warnings: r.Warnings,
	}
	subjects := slices.Clone(r.Product.Digests)
	if r.Product.PURL != "" {
		subjects = append(subjects, r.Product.PURL)
	}
	for _, s := range subjects {
		out.Statements = append(out.Statements, ledger.Statement{
			Kind: Kind, Subject: s, Key: r.Catalogue, Term: s, Body: e, ValidFrom: r.Issued, ValidTo: r.ValidUntil, Published: r.Issued,
		})
	}
	return out
}

// Claims is the body of a conformance statement's statements.
type Claims struct {
	Document  string `json:"document"` // digest of the file
	Catalogue string `json:"catalogue,omitempty"`
	Rows      []Row  `json:"rows"`
}

// Reading is what the ledger keeps of a conformance statement whose bytes have
// the digest. It is stated of each release that the table names, or else of the
// table itself, for an application that lists it. The table says neither its id
// nor its day, so that each is a series by itself.
func (s *ICS) Reading(digest string) *ledger.Reading {
	out := &ledger.Reading{Kind: KindICS, Source: "evidence/ics/" + digest, Mode: ledger.Snapshot, Rows: len(s.Rows), Warnings: s.Warnings}
	var subjects []string
	claims := map[string]*Claims{}
	for _, row := range s.Rows {
		subject := row.Release
		if subject == "" {
			subject = digest
		}
		if claims[subject] == nil {
			claims[subject] = &Claims{Document: digest, Catalogue: s.Catalogue}
			subjects = append(subjects, subject)
		}
		claims[subject].Rows = append(claims[subject].Rows, row)
	}
	for _, subject := range subjects {
		out.Statements = append(out.Statements, ledger.Statement{Kind: KindICS, Subject: subject, Key: "claims", Term: subject, Body: *claims[subject]})
	}
	return out
}
