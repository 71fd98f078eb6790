package dossiertest

import (
	"fmt"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// Entry states an entry on a list with its primary name, and further names as
// aliases.
func Entry(e listing.Entry, aliases ...string) []ledger.Statement {
	out := []ledger.Statement{{Kind: listing.FactEntry, Subject: e.ID, Term: e.Party, Body: e}}
	out = append(out, party.NameStatements(e.ID, "primary", e.Kind, party.Name{Name: e.Name, Quality: party.Primary})...)
	for i, alias := range aliases {
		out = append(out, party.NameStatements(e.ID, fmt.Sprintf("alias%d", i), e.Kind, party.Name{Name: alias, Quality: party.Alias})...)
	}
	return out
}

// Event states an event of a listing, published on its day unless it says
// otherwise.
func Event(id string, e listing.Event) ledger.Statement {
	published := e.Published
	if published == "" {
		published = e.Date
	}
	return ledger.Statement{
		Kind: listing.FactEvent, Subject: id, Key: fmt.Sprintf("%s %s", e.Date, e.Kind), Term: e.Successor, Body: e, Published: published,
	}
}

// Identifier states an identifier of an entry.
func Identifier(id, scheme, value, country string) ledger.Statement {
	return party.IdentifierStatement(id, party.Identifier{Scheme: scheme, Value: value, Country: country})
}

// Join makes one list of statements out of several.
func Join(parts ...[]ledger.Statement) []ledger.Statement {
	var out []ledger.Statement
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
