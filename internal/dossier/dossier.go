// Package dossier gathers everything held about one subject at one moment: who
// it is, under which names and entries, where it is listed and what follows,
// who owns it, who claims what, and the evidence for each.
//
// Begin with [Builder.Build], which makes a [Dossier] of whom a query means,
// and [Dossier.On], which tells what becomes of it by the passing of time. The
// package reads facts through [Facts], has names found by package screening
// and listings folded by package listing. It refuses to judge; that is for
// package policy.
//
// # Who is one party
//
// Sources name entries, not parties. Entries are taken to be one party when a
// source says so (it gives them one party id, calls them the same, or respells
// one as the other); when they share an identifier that is issued once; and,
// for organisations, when their primary names are equal, or equal but for the
// legal form. Identifiers and names join entries of different lists only: who
// publishes two entries on one list tells them apart, and a name or number
// that could mean either of them joins neither. Each entry of a dossier says
// why it was joined ([Joined]), and whoever came near without being joined is
// named too (Dossier.Apart), because both are this package's judgement.
//
// Whichever of its entries one asks for, the party is the same.
package dossier

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// Facts is how a dossier reads the ledger. Every method returns only facts
// that the ask's reader may see, that the ledger held at its position and that
// had been published by its known day; facts that the source has stopped
// stating by then are among them, with Superseded on or before that day.
// Order: by fact id.
type Facts interface {
	// BySubject is all facts about these subjects.
	BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error)
	// ByTerm is the facts of these kinds whose term is one of terms, at most
	// limit of them.
	ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error)
	// ByPrefix is the facts of these kinds whose term begins with prefix.
	ByPrefix(ctx context.Context, ask access.Ask, kinds []string, prefix string, limit int) ([]ledger.Fact, error)
	// Series describes the documents of one part of a source's editions, by
	// publication, of those that the ask allows.
	Series(ctx context.Context, ask access.Ask, source, part string) ([]ledger.Entry, error)
	// Programmes is the programmes in force as the ledger held them at the
	// ask's position, by id.
	Programmes(ctx context.Context, ask access.Ask) (map[string]*listing.Programme, error)
	// Documents describes the documents at these positions, for evidence.
	Documents(ctx context.Context, ask access.Ask, positions ...int64) ([]ledger.Entry, error)
}

// Subject is what a dossier is about.
type Subject struct {
	ID   string     `json:"id"`
	Name string     `json:"name"`
	Kind party.Kind `json:"kind,omitempty"`
}

// Evidence points from a statement to the document it was taken from.
type Evidence struct {
	Fact      int64       `json:"fact"`     // id of the fact; 0 for a document as a whole
	Document  int64       `json:"document"` // its document's position in the ledger
	Digest    string      `json:"digest"`   // of the document, "sha256:…"
	Source    string      `json:"source"`
	Published access.Date `json:"published"`
	What      string      `json:"what,omitempty"`
	URL       string      `json:"url,omitempty"` // where the public can read it
}

// Event is one event of a listing with its evidence: one or more documents
// that tell of it.
type Event struct {
	listing.Event
	Evidence []Evidence `json:"evidence"`
}

// Listing is one listing of the subject, on the dossier's date.
type Listing struct {
	ID           string                `json:"id"`
	Programme    string                `json:"programme"`
	Title        string                `json:"title"`     // of the programme
	Authority    string                `json:"authority"` // that keeps it
	Name         string                `json:"name"`      // as listed
	Status       listing.Status        `json:"status"`
	Since        access.Date           `json:"since"` // the day that status began; "" when not listed
	Consequences []listing.Consequence `json:"consequences"`
	Events       []Event               `json:"events"` // all that were published by the known day, by date
	Tags         []string              `json:"tags,omitempty"`
	Note         string                `json:"note,omitempty"`
	Remarks      string                `json:"remarks,omitempty"`
	Successor    string                `json:"successor,omitempty"`
	Unseen       *Unseen               `json:"unseen,omitempty"`
	Evidence     []Evidence            `json:"evidence"` // for the entry itself
}

// Unseen says that nobody held shows whether the party was on the list: it was
// found there on Until, for the first time or again, and the edition before
// that, of After, did not have it. The day asked about lies in between.
type Unseen struct {
	After access.Date `json:"after"` // "" when no older edition is held
	Until access.Date `json:"until"`
}

// Joined is an entry that was taken to be about the subject, and why: how the
// query found it, or what it has in common with another one joined.
type Joined struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Why  string `json:"why"` // "primary name …", "same party …", "shares LEI … with …", "same name but for its legal form as …", "respelled as …"
}

// Candidate is a party that the query may mean.
type Candidate struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Kind     party.Kind `json:"kind,omitempty"`
	Listings []string   `json:"listings"` // programmes
	Why      string     `json:"why"`      // which name matched and how
}

// Sourced is one thing said of the subject, with its evidence. Former is set
// when its source had stopped stating it by the known day.
type Sourced[T any] struct {
	Value    T        `json:"value"`
	Former   bool     `json:"former,omitempty"`
	Evidence Evidence `json:"evidence"`
}

// Dossier is everything held about one subject at one moment, as its reader
// may see it.
type Dossier struct {
	Query       string                      `json:"query"`
	Subject     Subject                     `json:"subject"`        // ID "" when nothing, or nothing single, was found
	Candidates  []Candidate                 `json:"candidates"`     // several possible parties; none when the subject is known
	Near        []Candidate                 `json:"near,omitempty"` // entries with names like the query, when nobody is called so; what they are is for a person to see
	Joined      []Joined                    `json:"joined"`
	Apart       []Candidate                 `json:"apart"` // near the subject by a name or number, and not taken to be it
	Listings    []Listing                   `json:"listings"`
	Names       []Sourced[party.Name]       `json:"names"`
	Identifiers []Sourced[party.Identifier] `json:"identifiers"`
	Addresses   []Sourced[party.Address]    `json:"addresses"`
	Details     []Sourced[party.Detail]     `json:"details"`
	Links       []Sourced[party.Link]       `json:"links"`
	Claims      []Sourced[party.Claim]      `json:"claims"`
	Control     Control                     `json:"control"` // who owns and directs the subject, and what follows from it
	*Software                               // what is held about the subject as a release; nil when it is none
	*Product                                // and about labels, of a product or of those that cover a release; nil where there are none
	At          access.At                   `json:"-"`
	Audience    access.Audience             `json:"-"` // the most restrictive among its inputs

	source *source // what On folds anew; nil when there is no subject
}
