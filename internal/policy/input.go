package policy

import (
	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/ownership"
)

// Input is what a policy is applied to: what is held about one subject on one
// day. It is read only while [Policy.Evaluate] runs, and never changed.
type Input struct {
	At       access.Date // the day that is asked about
	Known    access.Date // the day by which everything in it had been published
	Subject  Subject
	Listings []Listing // in any order
	Claims   []Claim
	Controls []Control // what the rules about ownership make of the subject, one each

	// What is asked about labels; empty where there are none.
	Labels       []Label
	Parties      []Party // of all labels, each once
	Attestations []Attestation

	// What is asked about software; empty where the subject is a party. Of a
	// product it is what is held about everything that its label covers.
	Release   Release
	Findings  []Finding
	Suppliers []Supplier
	Elements  []Element
	Sources   []Source
	Licences  []Licensed
}

// Subject is whom the question is about.
type Subject struct {
	ID         string // "" when nothing, or nothing single, was found
	Name       string
	Kind       party.Kind
	Candidates []string // names of the parties it may be, when several
	Near       []string // entries with names like what was asked for, when nobody is called so
	Apart      []string // other listed parties that share a name or number with it and were not taken to be it
}

// Known reports whether exactly one party was found.
func (s *Subject) Known() bool { return s.ID != "" && len(s.Candidates) == 0 }

// Listing is one listing of the subject, as it stands on the day.
type Listing struct {
	ID           string
	Programme    string // id
	Title        string // of the programme
	Authority    string // that keeps it
	Name         string // as listed
	Status       listing.Status
	Since        access.Date // the day that status began
	UnseenAfter  access.Date // of a listing that may have been there unseen: the last edition without it, "" for none
	UnseenUntil  access.Date // and the first that has it; "" when nothing is in doubt
	Note         string
	Successor    string // id of the entry that replaces this one
	Tags         []string
	Consequences []listing.Consequence
	Events       []listing.Event
	Last         listing.Event // the event that put it into its status; zero when there is none
}

// Claim is what somebody says about the subject.
type Claim struct {
	party.Claim
	Former bool // its source no longer states it
}

// Control is what one rule about ownership makes of the subject on the day; see
// package ownership.
type Control struct {
	Rule  string // "ofac_50" or "bis_affiliates"
	State ownership.State
	Why   string
	Cite  string
	Known bool // an interest in the subject is held, or it is listed

	// Listed says that the state comes from the subject's own listing, of which
	// the rules about listings speak.
	Listed bool
	// Share is what reached owners hold of the subject's capital together, as
	// "45 to 55 %"; "" when that is nothing.
	Share string
}

// Reason is why a policy answers as it does: one rule that spoke, and about
// what.
type Reason struct {
	Rule    string
	Verdict Verdict
	Because string
	Cite    string

	// What the rule was asked about; empty when it is the subject as a whole.
	Listing     string // id
	Status      listing.Status
	Consequence listing.ConsequenceKind
	State       listing.State
	Control     string // the rule about ownership, with what it made of the subject
	Owned       ownership.State
	About       string // what of the release it is: a finding ("component advisory"), a supplier, an element, an ecosystem or a licence; or of a label: itself, a party or an attestation
}

// Result is what a policy makes of an input. Reasons begin with the worst; of
// equal ones, those of earlier rules come first, and of one rule's those of
// listings with smaller ids.
type Result struct {
	Verdict Verdict
	Reasons []Reason
}
