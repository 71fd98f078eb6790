package catalogue

import (
	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
)

// Kinds of the documents that hold criteria in the ledger, and of what they
// state.
const (
	KindCatalogue = "catalogue"
	FactCatalogue = "assurance.catalogue"
	KindProfile   = "profile"
	FactProfile   = "assurance.profile"
)

// Held is the body of the one statement of such a document. The criteria
// themselves stay in the document, which may be long.
type Held struct {
	ID      string      `json:"id"`
	Title   string      `json:"title"`
	Version string      `json:"version"`
	Digest  string      `json:"digest"`          // of the document's bytes
	Until   access.Date `json:"until,omitempty"` // of a profile: the first day on which it is retired
}

// Reading is what the ledger keeps of a catalogue. The editions of one id are a
// series of which the newest counts.
func (c *Catalogue) Reading() *ledger.Reading {
	return reading(KindCatalogue, FactCatalogue, len(c.Controls), Held{ID: c.ID, Title: c.Title, Version: c.Version, Digest: c.Digest})
}

// Reading is what the ledger keeps of a profile. The editions of one id are a
// series of which the newest counts.
func (p *Profile) Reading() *ledger.Reading {
	return reading(KindProfile, FactProfile, len(p.Asks), Held{ID: p.ID, Title: p.Title, Version: p.Version, Digest: p.Digest, Until: p.Until})
}

func reading(kind, fact string, rows int, held Held) *ledger.Reading {
	return &ledger.Reading{
		Kind: kind, Source: kind + "/" + held.ID, Mode: ledger.Chronicle, Rows: rows,
		Statements: []ledger.Statement{{Kind: fact, Subject: held.ID, Key: held.ID, Body: held}},
	}
}
