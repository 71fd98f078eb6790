package ledger

import (
	"cmp"
	"encoding/json"
	"fmt"

	"countersign.dev/internal/access"
)

// Basis says where a fact's valid interval comes from.
type Basis string

const (
	// Stated: the document says from when to when.
	Stated Basis = "stated"
	// FirstSeen: the document does not say; the fact is taken to be true from
	// the publication of the first edition that has it to that of the first
	// later edition that has not.
	FirstSeen Basis = "first_seen"
)

// Statement is what a reader takes out of a document: a fact before the ledger
// has given it its positions. Readers make statements and nothing else.
type Statement struct {
	Kind    string // what is stated, as "listing.entry" or "party.name"
	Subject string // about whom or what: an id
	Key     string // names the statement within its source, part, kind and subject
	Term    string // folded text or identifier by which it is searched; "" when it is not
	Body    any    // marshalled to JSON; equal bodies are equal facts

	// For statements with dates of their own. Left empty, the fact is valid
	// from first to last edition that states it, and published with them.
	ValidFrom access.Date
	ValidTo   access.Date
	Published access.Date
}

// Mode says what a document's silence means.
type Mode int

const (
	// Snapshot: the document is one edition of a list as it stood on the day it
	// was published. What an earlier edition of the same part has and this one
	// has not, its source stopped stating on that day.
	Snapshot Mode = iota
	// Chronicle: the document tells a history whose statements carry their own
	// dates. A newer version of it replaces the older one wholly: what it no
	// longer states was an error, closed at the newer one's position.
	Chronicle
	// Increment: the document states all there is to say about its subjects on
	// the day its statements name, or else it was published, and is silent about
	// all others. A subject's later statement takes the place of the earlier one,
	// in whichever order and in whichever part of the source they come. Where
	// statements name no day, one that repeats the earlier one changes nothing.
	Increment
)

// Reading is what a reader took out of one file.
type Reading struct {
	Kind       string // of the document, as "ofac.primary"
	Source     string // whose series of editions this belongs to, as "us-ofac-sdn"
	Part       string // which part of an edition, as "primary", "alias"; "" when there is but one
	Mode       Mode
	Published  access.Date // the issue date that the document itself gives; "" when it gives none
	Statements []Statement
	Rows       int      // records read, as the publisher counts them
	Warnings   []string // what was passed over, with its place
}

// Fact is a statement as the ledger holds it. All three intervals are half
// open; an end that is not known yet is [access.Forever] or [access.Now].
type Fact struct {
	ID      int64 // position<<24 | number within it
	Kind    string
	Subject string
	Key     string
	Term    string
	Source  string
	Part    string
	Body    json.RawMessage

	ValidFrom access.Date // true in the world
	ValidTo   access.Date
	Basis     Basis

	Published  access.Date // stated by the source
	Superseded access.Date // no longer stated by it

	KnownFrom int64 // held by this ledger
	KnownTo   int64

	Document int64 // position of the document it was taken from
	Audience access.Audience
}

// Decode reads the fact's body into v.
func (f *Fact) Decode(v any) error { return json.Unmarshal(f.Body, v) }

// HeldAt reports whether the ledger held f at position p.
func (f *Fact) HeldAt(p int64) bool { return f.KnownFrom <= p && p < f.KnownTo }

// PublishedBy reports whether f had been published on day d, whether or not
// its source still stated it then.
func (f *Fact) PublishedBy(d access.Date) bool { return f.Published <= d }

// StatedOn reports whether the newest edition published by day d states f.
func (f *Fact) StatedOn(d access.Date) bool { return f.Published <= d && d < f.Superseded }

// Newer reports whether f tells better than g, on day d, how something is
// written: its source still states it, or stated it later.
func (f *Fact) Newer(g *Fact, d access.Date) bool {
	if a, b := f.StatedOn(d), g.StatedOn(d); a != b {
		return a
	}
	return cmp.Or(cmp.Compare(f.Published, g.Published), -cmp.Compare(f.ID, g.ID)) > 0
}

// Unheld is the fact that a statement would become if its document were held
// and of that day: for a file that is only looked at. It has no position.
func Unheld(s Statement, source string, on access.Date) (Fact, error) {
	body, err := json.Marshal(s.Body)
	if err != nil {
		return Fact{}, fmt.Errorf("statement %s of %s: %w", s.Kind, s.Subject, err)
	}
	published := on
	if s.Published != "" && s.Published < on {
		published = s.Published
	}
	f := Fact{
		Kind: s.Kind, Subject: s.Subject, Key: s.Key, Term: s.Term, Source: source, Body: body,
		ValidFrom: published, ValidTo: access.Forever, Basis: FirstSeen, Published: published, Superseded: access.Forever, KnownTo: access.Now,
	}
	if s.ValidFrom != "" || s.ValidTo != "" {
		f.ValidFrom, f.ValidTo, f.Basis = cmp.Or(s.ValidFrom, published), cmp.Or(s.ValidTo, access.Forever), Stated
	}
	return f, nil
}
