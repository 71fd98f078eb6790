package label

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Kinds of documents and facts by which the ledger holds labels.
const (
	KindEvent    = "label.event"    // document: one event
	KindDocument = "label.document" // document: the signed label, a DSSE envelope
	KindScheme   = "scheme"         // document: the rules of a scheme
	FactEvent    = "label.event"    // fact: the event; its subject is the label
	FactScheme   = "label.scheme"   // fact: a scheme's text
)

// Form is the form of an event.
const Form = "label-event/v1"

// Kind says what happened to a label.
type Kind string

// The kinds of events.
const (
	Drafted    Kind = "draft"                 // a maker began, or changed, an application
	Applied    Kind = "applied"               // and handed it in
	Judged     Kind = "judged"                // controls were judged by a laboratory or an assessor
	Assessed   Kind = "assessed"              // all controls were judged against the scheme's profile, and they are met
	Issued     Kind = "issued"                // the authority gave the label
	Warned     Kind = "warned"                // a ground is coming: the label will be suspended on the day it is due
	Cleared    Kind = "cleared"               // what was warned of is no more
	Suspended  Kind = "suspended"             // a ground is open
	Offered    Kind = "reinstatement_offered" // what a ground rests on is no more; a person is to confirm it
	Reinstated Kind = "reinstated"            // the ground is closed
	Tested     Kind = "test_failed"           // a test on the market was failed
	Amended    Kind = "amended"               // what the label says changed
	Withdrawn  Kind = "withdrawn"             // by the maker, or the application before it was decided
	Revoked    Kind = "revoked"               // by the authority, for good
	Superseded Kind = "superseded"            // by another label of the same product
)

// Evidence is a document that an event rests on.
type Evidence struct {
	Digest   string `json:"digest"`
	Position int64  `json:"position,omitempty"` // in the ledger; 0 when it is not held
	Title    string `json:"title,omitempty"`
}

// Event is one thing that happened to a label.
type Event struct {
	Form     string      `json:"label_event"`
	Label    string      `json:"label"`
	Sequence int         `json:"sequence"`           // from 1, without gaps
	Previous string      `json:"previous,omitempty"` // digest of the event before it that whoever sees this one may see; "" for the first, and for the first public one
	Kind     Kind        `json:"kind"`
	On       access.Date `json:"effective"` // the day from which it counts
	Recorded time.Time   `json:"recorded"`  // to the second, UTC

	Actor        string      `json:"actor,omitempty"`        // member; of public events only where it is a machine
	Organisation string      `json:"organisation,omitempty"` // for whom it acted
	Role         access.Role `json:"role,omitempty"`

	Scheme  string     `json:"scheme"`
	Rule    string     `json:"rule,omitempty"`    // of the scheme, by id
	Ground  string     `json:"ground,omitempty"`  // which ground it opens, closes or is about
	Subject string     `json:"subject,omitempty"` // the party or component that the ground is about
	Reason  string     `json:"reason"`            // one sentence for people
	Cite    string     `json:"cite,omitempty"`
	Due     string     `json:"due,omitempty"` // of a warning: the day on which it becomes a suspension
	From    []Evidence `json:"evidence,omitempty"`

	// Digests of the rules by which it came about.
	Rules map[string]string `json:"rules,omitempty"` // "scheme", "profile", "policy" and the like

	Terms       *Terms          `json:"terms,omitempty"`       // what the label says from then on
	Application *Application    `json:"application,omitempty"` // of draft and applied
	Judgements  json.RawMessage `json:"judgements,omitempty"`  // of judged: as package assessment writes them
	Assessment  json.RawMessage `json:"assessment,omitempty"`  // of assessed: likewise
	Document    string          `json:"document,omitempty"`    // digest of the signed label
	Code        string          `json:"code,omitempty"`        // what the QR code has behind the label's id, see package core
	By          string          `json:"superseded_by,omitempty"`
}

// Limits of an event, in bytes.
const (
	maxEvent  = 1 << 20
	maxReason = 2000
)

// IsPublic reports whether an event of this kind about a label that was issued
// is for everybody. What comes before it is issued is for those who take part.
func (k Kind) IsPublic() bool {
	switch k {
	case Drafted, Applied, Judged, Assessed:
		return false
	}
	return true
}

// onGround reports whether events of this kind are about a ground.
func (k Kind) onGround() bool {
	switch k {
	case Warned, Cleared, Suspended, Offered, Reinstated, Tested:
		return true
	}
	return false
}

// ByHand reports whether only a person may make an event of this kind: what
// gives a label, gives it back or takes it for good is never automatic.
func (k Kind) ByHand() bool {
	switch k {
	case Warned, Cleared, Suspended, Offered:
		return false
	}
	return true
}

// Marshal writes an event as its document.
func (e *Event) Marshal() ([]byte, error) {
	if err := e.validate(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(e)
	if err == nil && len(b) > maxEvent {
		err = problem.New(problem.TooLarge, "the event has %d bytes, the limit is %d", len(b), maxEvent)
	}
	return b, err
}

// ParseEvent reads an event's document.
func ParseEvent(b []byte) (*Event, error) {
	if len(b) > maxEvent {
		return nil, problem.New(problem.TooLarge, "an event of %d bytes, the limit is %d", len(b), maxEvent)
	}
	e := new(Event)
	if err := json.Unmarshal(b, e); err != nil {
		return nil, problem.New(problem.Invalid, "not a label's event: %v", err)
	}
	return e, e.validate()
}

func (e *Event) validate() error {
	refuse := func(format string, args ...any) error {
		return problem.New(problem.Invalid, "event %d of label %s: %s", e.Sequence, e.Label, fmt.Sprintf(format, args...))
	}
	if e.Form != Form {
		return refuse("form %q: want %s", e.Form, Form)
	}
	if _, known := transitions[e.Kind]; !known {
		return refuse("kind %q is not one of a label's", e.Kind)
	}
	if _, err := access.ParseDate(string(e.On)); err != nil {
		return refuse("effective: %v", err)
	}
	switch {
	case e.Label == "" || e.Scheme == "":
		return refuse("label and scheme: want both")
	case e.Sequence < 1 || (e.Sequence > 1 && e.Kind != Issued) != (e.Previous != ""):
		return refuse("previous: want the first event, and the one by which the label is issued, to name no event before it, and all others to name one")
	case e.Recorded.IsZero():
		return refuse("recorded: missing")
	case strings.TrimSpace(e.Reason) == "" || len(e.Reason) > maxReason || !utf8.ValidString(e.Reason):
		return refuse("reason: want a sentence of at most %d bytes", maxReason)
	case e.Kind.onGround() != (e.Ground != ""):
		return refuse("ground: %s wants %s", e.Kind, map[bool]string{true: "one", false: "none"}[e.Kind.onGround()])
	case (e.Kind == Issued || e.Kind == Amended) && e.Terms == nil:
		return refuse("terms: %s wants them", e.Kind)
	case e.Kind == Warned && access.Date(e.Due) < e.On:
		return refuse("due %q: want a day from %s on", e.Due, e.On)
	}
	return nil
}
