package decision

import (
	"fmt"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/policy"
)

// Answer is what is made of a subject at one moment. Its JSON is what every
// door gives; days that are not set are null in it, lists are never null.
type Answer struct {
	Verdict   policy.Verdict `json:"verdict"` // the worst of the policies'
	Purpose   *string        `json:"purpose"` // the one asked for; null for all that fit
	At        access.Date    `json:"at"`
	Known     access.Date    `json:"known"`
	Position  int64          `json:"position"`
	ChangesOn *access.Date   `json:"changes_on"` // null when time alone changes nothing

	Answers    Answers             `json:"answers"`
	Subject    Subject             `json:"subject"`
	Candidates []dossier.Candidate `json:"candidates,omitempty"` // when several parties may be meant, or nobody is called so: whose names are like it
	Listings   []Listing           `json:"listings"`
	Control    Control             `json:"control"`
	Reasons    []Reason            `json:"reasons"`
	Software   *dossier.Software   `json:"software,omitempty"` // what is held about the release, when the subject is one
	Product    *dossier.Product    `json:"product,omitempty"`  // the label that the subject is known by, or those that cover the release, with their parties and what is attested

	Policy   *PolicyRef     `json:"policy"`             // when one was applied, else null
	Policies []PolicyAnswer `json:"policies,omitempty"` // when several were
	Engine   string         `json:"engine"`
	Decision *string        `json:"decision"` // digest of the recorded decision; null when none was

	Query    string          `json:"-"` // as it was asked
	Audience access.Audience `json:"-"` // who may see the answer: the most restrictive among its inputs

	applied []PolicyAnswer // every policy, be it one or several
}

// Applied is what every policy that was applied answers, be it one or several.
func (a *Answer) Applied() []PolicyAnswer { return a.applied }

// Control is what the rules about ownership make of the subject.
type Control struct {
	OFAC50        dossier.Finding `json:"ofac_50"`
	BISAffiliates dossier.Finding `json:"bis_affiliates"`
}

// Answers are the four lines of the card.
type Answers struct {
	Buy   Line `json:"buy"`   // may we buy from them, invest in them, send to them
	Run   Line `json:"run"`   // may we run it
	Trust Line `json:"trust"` // may the public trust it
	Tell  Line `json:"tell"`  // who must know, and by when
}

// Line is one line of the card: a verdict with its first reason. Where the
// verdict is null, Because says what evidence is missing.
type Line struct {
	Verdict   *policy.Verdict    `json:"verdict"`
	Because   string             `json:"because"`
	Cite      string             `json:"cite,omitempty"`
	ChangesOn *access.Date       `json:"changes_on"`
	Evidence  []dossier.Evidence `json:"evidence"`
}

// Subject is whom the answer is about; both are empty when nobody was found.
type Subject struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Listing is a listing of the subject on the day.
type Listing struct {
	ID           string         `json:"id"`
	Programme    string         `json:"programme"`
	Status       listing.Status `json:"status"`
	Consequences []Consequence  `json:"consequences"`
}

// Consequence is one consequence of a listing on the day.
type Consequence struct {
	Kind  listing.ConsequenceKind `json:"kind"`
	State listing.State           `json:"state"`
	From  *access.Date            `json:"from"`
	To    *access.Date            `json:"to"`
	What  string                  `json:"what,omitempty"` // which of several of its kind
}

// Reason is one rule that spoke, with the evidence for what it speaks of.
type Reason struct {
	Policy      string                  `json:"policy,omitempty"` // when several were applied
	Rule        string                  `json:"rule"`
	Verdict     policy.Verdict          `json:"verdict"`
	Because     string                  `json:"because"`
	Cite        string                  `json:"cite"`
	Listing     string                  `json:"listing,omitempty"` // id, when the rule is about one
	Consequence listing.ConsequenceKind `json:"consequence,omitempty"`
	Control     string                  `json:"control,omitempty"` // the rule about ownership, when it is about one
	About       string                  `json:"about,omitempty"`   // what of a release or label it is about: "finding …", "supplier …", "element …", "source …", "licence …", "label …", "party …", "attestation …"
	Evidence    []dossier.Evidence      `json:"evidence"`
}

// PolicyRef names a policy in the exact form that was applied.
type PolicyRef struct {
	Name   string `json:"name"` // the policy's id
	Digest string `json:"digest"`
}

// PolicyAnswer is what one of several policies answers.
type PolicyAnswer struct {
	PolicyRef
	Purpose   string         `json:"purpose"`
	Verdict   policy.Verdict `json:"verdict"`
	ChangesOn *access.Date   `json:"changes_on"`
}

// optional is d for JSON: null when it is not set or never comes.
func optional(d access.Date) *access.Date {
	if d == "" || d >= access.Forever {
		return nil
	}
	return &d
}

// listingsOf is the dossier's listings as an answer shows them.
func listingsOf(d *dossier.Dossier) []Listing {
	out := make([]Listing, 0, len(d.Listings))
	for _, l := range d.Listings {
		shown := Listing{ID: l.ID, Programme: l.Programme, Status: l.Status, Consequences: []Consequence{}}
		for _, c := range l.Consequences {
			from := optional(c.From)
			if c.State == listing.StateEnded && c.To != "" && c.To <= c.From {
				from = nil // it ended before it was to begin
			}
			shown.Consequences = append(shown.Consequences, Consequence{
				Kind: c.Kind, State: c.State, From: from, To: optional(c.To), What: c.What,
			})
		}
		out = append(out, shown)
	}
	return out
}

// candidatesOf is the parties that may be meant, or whose names are like what
// was asked for, with no list null.
func candidatesOf(d *dossier.Dossier) []dossier.Candidate {
	out := slices.Concat(d.Candidates, d.Near)
	for i := range out {
		if out[i].Listings == nil {
			out[i].Listings = []string{}
		}
	}
	return out
}

// inputOf is the dossier as a policy sees it.
func inputOf(d *dossier.Dossier) *policy.Input {
	in := &policy.Input{
		At: d.At.Date, Known: d.At.Known,
		Subject: policy.Subject{ID: d.Subject.ID, Name: d.Subject.Name, Kind: d.Subject.Kind},
	}
	for _, c := range d.Candidates {
		in.Subject.Candidates = append(in.Subject.Candidates, c.Name)
	}
	for _, c := range d.Near {
		in.Subject.Near = append(in.Subject.Near, fmt.Sprintf("%s (%s)", c.Name, c.ID))
	}
	for _, c := range d.Apart {
		in.Subject.Apart = append(in.Subject.Apart, fmt.Sprintf("%s (%s)", c.Name, c.ID))
	}
	for i := range d.Listings {
		in.Listings = append(in.Listings, listingInput(&d.Listings[i], d.At.Date))
	}
	in.Controls = []policy.Control{
		controlOf(ruleOFAC50, &d.Control.OFAC50, d.Subject.ID), controlOf(ruleBISAffiliates, &d.Control.BISAffiliates, d.Subject.ID),
	}
	if d.Software != nil {
		softwareInput(in, d.Software, d.At.Date)
	}
	labelInput(in, d)
	for _, c := range d.Claims {
		in.Claims = append(in.Claims, policy.Claim{Claim: c.Value, Former: c.Former})
	}
	return in
}

// listingInput is a listing as a policy sees it.
func listingInput(l *dossier.Listing, at access.Date) policy.Listing {
	shown := policy.Listing{
		ID: l.ID, Programme: l.Programme, Title: l.Title, Authority: l.Authority, Name: l.Name,
		Status: l.Status, Since: l.Since, Note: l.Note, Successor: l.Successor, Tags: l.Tags,
		Consequences: l.Consequences,
	}
	if l.Unseen != nil {
		shown.UnseenAfter, shown.UnseenUntil = l.Unseen.After, l.Unseen.Until
	}
	for j := range l.Events {
		shown.Events = append(shown.Events, l.Events[j].Event)
	}
	if last := lastEvent(l, at); last != nil {
		shown.Last = last.Event
	}
	return shown
}

// kindOf is what policies are chosen by. It is the subject's; several parties
// that may be meant have one together only when they agree.
func kindOf(d *dossier.Dossier) party.Kind {
	if len(d.Candidates) == 0 {
		return d.Subject.Kind
	}
	kind := d.Candidates[0].Kind
	for _, c := range d.Candidates[1:] {
		if c.Kind != kind {
			return ""
		}
	}
	return kind
}
