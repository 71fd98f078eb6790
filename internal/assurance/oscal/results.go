package oscal

import (
	"time"
)

// Results is an assessment of one subject by one profile, in plain values.
type Results struct {
	ID          string    `json:"id"` // names the assessment; its identifiers in OSCAL are made of it
	Title       string    `json:"title"`
	Description string    `json:"description"`
	Version     string    `json:"version"`
	Profile     Source    `json:"profile"`
	Tier        int       `json:"tier,omitempty"`
	Catalogues  []Source  `json:"catalogues"` // that the controls are of
	Subject     Subject   `json:"subject"`
	Start       time.Time `json:"start"`
	End         time.Time `json:"end"` // zero while it goes on
	Assessors   []Party   `json:"assessors"`
	Findings    []Finding `json:"findings"`
}

// Source names a catalogue or profile and the bytes that were used.
type Source struct {
	ID      string `json:"id"`
	Title   string `json:"title,omitempty"`
	Version string `json:"version,omitempty"`
	Digest  string `json:"digest,omitempty"` // "sha256:" and 64 hex digits
}

// Subject is what was assessed.
type Subject struct {
	ID          string   `json:"id"` // "pkg:generic/acme/camera@1.4"
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Kind        string   `json:"kind"` // of component: "software", "hardware", "this-system"
	Digests     []string `json:"digests,omitempty"`
}

// Party is who assessed: somebody, or a program.
type Party struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"` // "person", "organization" or "tool"
}

// The statuses of a control.
const (
	Met           = "met"
	NotMet        = "not_met"
	NotApplicable = "not_applicable"
	Unknown       = "unknown"
)

// Finding is what is held of one control. In OSCAL, what is met or does not
// apply is satisfied; what is not met or not known is not.
type Finding struct {
	Catalogue    string        `json:"catalogue,omitempty"` // id; "" in results of others
	Control      string        `json:"control"`             // id
	Title        string        `json:"title"`
	Status       string        `json:"status"`
	Required     bool          `json:"required"` // else recommended
	Tier         int           `json:"tier,omitempty"`
	Method       string        `json:"method,omitempty"` // "declared", "automated", "laboratory"
	Reason       string        `json:"reason"`
	Observations []Observation `json:"observations,omitempty"` // that it rests on, and others that were weighed
}

// Observation is what one assessor saw of a control.
type Observation struct {
	Status    string     `json:"status,omitempty"` // as the assessor judged
	Method    string     `json:"method"`           // "declared", "automated", "laboratory"; of others also OSCAL's own word
	Assessor  string     `json:"assessor,omitempty"`
	Text      string     `json:"text"`
	Collected time.Time  `json:"collected"`
	Expires   time.Time  `json:"expires,omitzero"`
	Evidence  []Evidence `json:"evidence,omitempty"`
}

// Evidence is a document that an observation rests on.
type Evidence struct {
	Title  string `json:"title"`
	Kind   string `json:"kind,omitempty"`   // "sbom", "test-report", …
	Digest string `json:"digest,omitempty"` // of its bytes
	Href   string `json:"href,omitempty"`   // where it can be had
}

// The part of the assessment results model that is read or written here.

type assessmentResults struct {
	UUID       string      `json:"uuid"`
	Metadata   *metadata   `json:"metadata"`
	ImportAP   importAP    `json:"import-ap"`
	Results    []result    `json:"results"`
	BackMatter *backMatter `json:"back-matter,omitempty"`
}

type importAP struct {
	Href    string `json:"href"`
	Remarks string `json:"remarks,omitempty"`
}

type result struct {
	UUID         string            `json:"uuid"`
	Title        string            `json:"title"`
	Description  string            `json:"description"`
	Start        string            `json:"start"`
	End          string            `json:"end,omitempty"`
	Props        []property        `json:"props,omitempty"`
	Local        *localDefinitions `json:"local-definitions,omitempty"`
	Reviewed     reviewed          `json:"reviewed-controls"`
	Observations []observation     `json:"observations,omitempty"`
	Findings     []finding         `json:"findings,omitempty"`
}

type localDefinitions struct {
	Components []component `json:"components,omitempty"`
	Assets     *assets     `json:"assessment-assets,omitempty"`
}

type assets struct {
	Components []component `json:"components,omitempty"`
	Platforms  []platform  `json:"assessment-platforms"`
}

type platform struct {
	UUID  string `json:"uuid"`
	Title string `json:"title,omitempty"`
	Uses  []uses `json:"uses-components,omitempty"`
}

type uses struct {
	ComponentUUID string `json:"component-uuid"`
}

type component struct {
	UUID        string     `json:"uuid"`
	Type        string     `json:"type"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Props       []property `json:"props,omitempty"`
	Status      state      `json:"status"`
}

type state struct {
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Remarks string `json:"remarks,omitempty"`
}

type reviewed struct {
	Description string             `json:"description,omitempty"`
	Selections  []controlSelection `json:"control-selections"`
}

type controlSelection struct {
	Description string       `json:"description,omitempty"`
	Links       []link       `json:"links,omitempty"`
	Include     []controlRef `json:"include-controls,omitempty"`
}

type controlRef struct {
	ControlID string `json:"control-id"`
}

type observation struct {
	UUID        string      `json:"uuid"`
	Title       string      `json:"title,omitempty"`
	Description string      `json:"description"`
	Props       []property  `json:"props,omitempty"`
	Methods     []string    `json:"methods"`
	Types       []string    `json:"types,omitempty"`
	Origins     []origin    `json:"origins,omitempty"`
	Subjects    []subject   `json:"subjects,omitempty"`
	Evidence    []evidenceR `json:"relevant-evidence,omitempty"`
	Collected   string      `json:"collected"`
	Expires     string      `json:"expires,omitempty"`
	Remarks     string      `json:"remarks,omitempty"`
}

type origin struct {
	Actors []actor `json:"actors"`
}

type actor struct {
	Type string `json:"type"`
	UUID string `json:"actor-uuid"`
}

type subject struct {
	UUID string `json:"subject-uuid"`
	Type string `json:"type"`
}

type evidenceR struct {
	Href        string     `json:"href,omitempty"`
	Description string     `json:"description"`
	Props       []property `json:"props,omitempty"`
}

type finding struct {
	UUID        string       `json:"uuid"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	Props       []property   `json:"props,omitempty"`
	Target      target       `json:"target"`
	Related     []relatedObs `json:"related-observations,omitempty"`
}

type target struct {
	Type           string `json:"type"` // "statement-id" or "objective-id"
	ID             string `json:"target-id"`
	Title          string `json:"title,omitempty"`
	Status         state  `json:"status"`
	Implementation *state `json:"implementation-status,omitempty"`
}

type relatedObs struct {
	UUID string `json:"observation-uuid"`
}
