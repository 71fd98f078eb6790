package incident

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Kinds of documents and facts by which the ledger holds incidents.
const (
	KindEvent = "incident.event" // document: one event
	FactEvent = "incident.event" // fact: the event; its subject is the incident
)

// Form is the form of an event.
const Form = "incident-event/v1"

// Kind says what an event is.
type Kind string

// The kinds of events. The first seven move the incident along.
const (
	Opened     Kind = "opened" // somebody suspects it
	Confirmed  Kind = "confirmed"
	Contained  Kind = "contained"
	Eradicated Kind = "eradicated"
	Recovered  Kind = "recovered"
	Closed     Kind = "closed"
	Reopened   Kind = "reopened"

	Fact         Kind = "fact"         // something that duties count from became known, or was determined
	Told         Kind = "told"         // somebody was told
	Acknowledged Kind = "acknowledged" // and said so
	Noted        Kind = "note"
	Found        Kind = "evidence"  // documents that bear on it
	Linked       Kind = "linked"    // to what is affected, or what it is about
	Unlinked     Kind = "unlinked"  // it was not so
	Rated        Kind = "rated"     // how severe it is
	Claimed      Kind = "claim"     // somebody says who was behind it
	Subject      Kind = "subject"   // under which regimes the organisation is
	Shared       Kind = "shared"    // with further organisations
	Corrected    Kind = "corrected" // an earlier event was recorded wrongly
	Warned       Kind = "warned"    // so much of the time for a duty had gone by
)

// Evidence is a document that an event rests on.
type Evidence struct {
	Digest   string `json:"digest"`
	Position int64  `json:"position,omitempty"` // in the ledger; 0 when it is not held
	Title    string `json:"title,omitempty"`
}

// Telling is that somebody was told.
type Telling struct {
	Recipient string `json:"recipient"`           // a word, as duties have it: "cisa"
	Report    string `json:"report,omitempty"`    // which of several reports, as duties have it
	Name      string `json:"name,omitempty"`      // of the person or organisation
	Way       string `json:"way,omitempty"`       // telephone, portal, TAXII …
	Reference string `json:"reference,omitempty"` // that the recipient gave
}

// What an incident can be linked to.
const (
	ToSystem        = "system"
	ToOrganisation  = "organisation"
	ToProduct       = "product"
	ToComponent     = "component"
	ToVulnerability = "vulnerability"
	ToIndicator     = "indicator"
	ToObject        = "stix" // any object of STIX by its id
)

var linkKinds = []string{ToSystem, ToOrganisation, ToProduct, ToComponent, ToVulnerability, ToIndicator, ToObject}

// Link is something that the incident affects, or is about.
type Link struct {
	To     string `json:"to"` // one of the words above
	ID     string `json:"id"` // as it is called there: a purl, a CVE, an inventory's id of a system
	Title  string `json:"title,omitempty"`
	Impact string `json:"impact,omitempty"` // in words
}

// Claim is what somebody says of who was behind it.
type Claim struct {
	Issuer string      `json:"issuer"`
	Date   access.Date `json:"date"`
	Text   string      `json:"text"`
	Source string      `json:"source,omitempty"` // where it is to be read
}

// Severity is how severe the incident is, by the kinds of impact that the
// Federal Incident Notification Guidelines tell apart. Level is the organisation's
// own judgement.
type Severity struct {
	Level       int    `json:"level"`                 // 0 baseline to 5 emergency, as the National Cyber Incident Scoring System
	Functional  string `json:"functional,omitempty"`  // none, minimal, significant, denial, loss-of-control
	Information string `json:"information,omitempty"` // none, suspected, personal, proprietary, credentials, classified
	Recovery    string `json:"recovery,omitempty"`    // regular, supplemented, extended, not-recoverable
}

// Warning is that so much of the time for a duty had gone by with nothing done.
type Warning struct {
	Directive string    `json:"directive"`
	Duty      string    `json:"duty"`
	Percent   int       `json:"percent"`
	Due       time.Time `json:"due"`
}

// Event is one thing that happened to an incident, or became known of it.
type Event struct {
	Form     string    `json:"incident_event"`
	Incident string    `json:"incident"` // incident--UUID
	Sequence int       `json:"sequence"` // from 1, without gaps
	Kind     Kind      `json:"kind"`
	At       time.Time `json:"at"`       // when it happened, UTC
	Recorded time.Time `json:"recorded"` // to the second, UTC
	Actor    string    `json:"actor,omitempty"`
	For      string    `json:"organisation,omitempty"` // that the actor acted for
	Text     string    `json:"text,omitempty"`         // a sentence for people; the reason of a correction

	Owner    string   `json:"owner,omitempty"`    // of opened: whose it is, an organisation's id
	Title    string   `json:"title,omitempty"`    // of opened
	Regimes  []string `json:"regimes,omitempty"`  // of opened and subject: as directives call them
	Markings []string `json:"markings,omitempty"` // of opened: ids of marking definitions, for what is exported

	Fact     string     `json:"fact,omitempty"`     // of fact: which
	Told     *Telling   `json:"told,omitempty"`     // of told
	Of       int        `json:"of,omitempty"`       // of acknowledged and corrected: the sequence of the event that it is about
	Undo     bool       `json:"undo,omitempty"`     // of corrected: what it is about did not happen at all
	Evidence []Evidence `json:"evidence,omitempty"` // of evidence, and any other
	Links    []Link     `json:"links,omitempty"`    // of linked and unlinked
	Claim    *Claim     `json:"claim,omitempty"`
	Severity *Severity  `json:"severity,omitempty"`
	With     []string   `json:"with,omitempty"` // of shared: organisations
	Warning  *Warning   `json:"warning,omitempty"`
	Only     []string   `json:"only,omitempty"` // organisations that may see it, beside the owner; nil: all that it is shared with
}

// Limits of an event.
const (
	maxEvent = 1 << 18 // bytes
	maxText  = 8000    // bytes
	maxList  = 500     // links, evidence, organisations
)

var (
	idForm   = regexp.MustCompile(`^incident--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	wordForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
)

// IsID reports whether a text can be an incident's id, which is a STIX id.
func IsID(s string) bool { return idForm.MatchString(s) }

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
		return nil, problem.New(problem.Invalid, "not an incident's event: %v", err)
	}
	return e, e.validate()
}

func (e *Event) validate() error {
	refuse := func(format string, args ...any) error {
		return problem.New(problem.Invalid, "event %d of %s: %s", e.Sequence, e.Incident, fmt.Sprintf(format, args...))
	}
	switch {
	case e.Form != Form:
		return refuse("form %q: want %s", e.Form, Form)
	case !IsID(e.Incident):
		return refuse("incident %q: want incident--UUID", e.Incident)
	case e.Sequence < 1:
		return refuse("sequence: want 1 or more")
	case e.At.IsZero() || e.Recorded.IsZero():
		return refuse("at and recorded: want both")
	case e.At.Year() < 1970 || e.At.Year() > 9998:
		return refuse("at %s: want a year from 1970 to 9998", e.At)
	case len(e.Text) > maxText || len(e.Title) > maxText || !utf8.ValidString(e.Text):
		return refuse("text: want at most %d bytes of UTF-8", maxText)
	case e.Only != nil && (e.Kind == Opened || e.Kind == Shared):
		return refuse("only: whoever it is shared with sees that it was %s", e.Kind)
	case max(len(e.Links), len(e.Evidence), len(e.With), len(e.Only), len(e.Regimes)) > maxList:
		return refuse("a list is longer than %d", maxList)
	}
	if why := e.content(); why != "" {
		return refuse("%s", why)
	}
	return nil
}

// content is what is wrong with what an event of its kind has to say; "" for
// nothing.
func (e *Event) content() string {
	said := strings.TrimSpace(e.Text) != ""
	switch e.Kind {
	case Opened:
		if e.Owner == "" || strings.TrimSpace(e.Title) == "" {
			return "owner and title: opened wants both"
		}
	case Confirmed, Contained, Eradicated, Recovered, Closed:
	case Reopened, Noted:
		if !said {
			return "text: " + string(e.Kind) + " wants a sentence"
		}
	case Fact:
		if _, known := FactTitle(e.Fact); !known {
			return fmt.Sprintf("fact %q: want one of %s", e.Fact, strings.Join(FactNames(), ", "))
		}
	case Told:
		if e.Told == nil || !wordForm.MatchString(e.Told.Recipient) || e.Told.Report != "" && !wordForm.MatchString(e.Told.Report) {
			return "told: want a recipient, and a report or none, in lower_snake_case"
		}
	case Acknowledged, Corrected:
		if e.Of < 1 || e.Of >= e.Sequence {
			return "of: want the number of an earlier event"
		}
		if e.Kind == Corrected && !said {
			return "text: a correction gives its reason"
		}
	case Found:
		if len(e.Evidence) == 0 {
			return "evidence: want at least one document"
		}
	case Linked, Unlinked:
		return e.linkFault()
	case Rated:
		return e.severityFault()
	case Claimed:
		if e.Claim == nil || strings.TrimSpace(e.Claim.Issuer) == "" || strings.TrimSpace(e.Claim.Text) == "" || len(e.Claim.Text) > maxText {
			return "claim: want who says it, and what"
		}
		if _, err := access.ParseDate(string(e.Claim.Date)); err != nil {
			return "claim: " + err.Error()
		}
	case Subject:
		if len(e.Regimes) == 0 {
			return "regimes: want at least one"
		}
	case Shared:
		if len(e.With) == 0 {
			return "with: want at least one organisation"
		}
	case Warned:
		if e.Warning == nil || e.Warning.Percent < 1 || e.Warning.Percent > 100 {
			return "warning: want which duty, and how much of its time has gone by"
		}
	default:
		return fmt.Sprintf("kind %q is not one of an incident's", e.Kind)
	}
	return ""
}

func (e *Event) linkFault() string {
	if len(e.Links) == 0 {
		return "links: want at least one"
	}
	for _, l := range e.Links {
		if !slices.Contains(linkKinds, l.To) {
			return fmt.Sprintf("link to %q: want one of %s", l.To, strings.Join(linkKinds, ", "))
		}
		if strings.TrimSpace(l.ID) == "" || len(l.ID) > 1000 || len(l.Impact) > maxText {
			return "link: want an id of at most 1000 bytes"
		}
	}
	return ""
}

// Words for the kinds of impact.
var (
	functionalWords  = []string{"none", "minimal", "significant", "denial", "loss-of-control"}
	informationWords = []string{"none", "suspected", "personal", "proprietary", "credentials", "classified"}
	recoveryWords    = []string{"regular", "supplemented", "extended", "not-recoverable"}
)

func (e *Event) severityFault() string {
	s := e.Severity
	if s == nil || s.Level < 0 || s.Level > 5 {
		return "severity: want a level from 0 to 5"
	}
	for _, word := range []struct {
		name, value string
		words       []string
	}{{"functional", s.Functional, functionalWords}, {"information", s.Information, informationWords}, {"recovery", s.Recovery, recoveryWords}} {
		if word.value != "" && !slices.Contains(word.words, word.value) {
			return fmt.Sprintf("severity: %s impact %q: want one of %s", word.name, word.value, strings.Join(word.words, ", "))
		}
	}
	return ""
}
