package server

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/node"
)

// IncidentRequest is an incident to open.
type IncidentRequest struct {
	Title    string   `json:"title" minLength:"1" maxLength:"500" example:"SUNBURST in Orion" doc:"What it is called."`
	Owner    string   `json:"owner,omitempty" maxLength:"64" doc:"The organisation whose it is; your own when absent."`
	ID       string   `json:"id,omitempty" maxLength:"46" doc:"The incident of STIX that it is; a new id when absent."`
	At       string   `json:"at,omitempty" format:"date-time" doc:"When it was first suspected; now when absent."`
	Text     string   `json:"text,omitempty" maxLength:"8000" doc:"What is known so far."`
	Regimes  []string `json:"regimes,omitempty" maxItems:"50" example:"[\"us-fceb\"]" doc:"What its organisation is under, as directives call it."`
	Markings []string `json:"markings,omitempty" maxItems:"50" doc:"Ids of the marking definitions that exports carry."`
	With     []string `json:"with,omitempty" maxItems:"100" doc:"Organisations to share it with."`
}

type openIncidentInput struct{ Body IncidentRequest }

func (s *Server) openIncident(ctx context.Context, in *openIncidentInput) (*incidentOutput, error) {
	b := in.Body
	at, err := instant("body.at", b.At)
	if err != nil {
		return nil, err
	}
	state, err := s.opts.Node.OpenIncident(ctx, ReaderOf(ctx), node.NewIncident{
		ID: b.ID, Title: b.Title, Owner: b.Owner, At: at, Text: b.Text, Regimes: b.Regimes, Markings: b.Markings, With: b.With,
	})
	if err != nil {
		return nil, err
	}
	return &incidentOutput{state}, nil
}

// IncidentEventRequest is one thing to record. Which fields it wants depends on
// its kind.
type IncidentEventRequest struct {
	Kind     string              `json:"kind" enum:"confirmed,contained,eradicated,recovered,closed,reopened,fact,told,acknowledged,note,evidence,linked,unlinked,rated,claim,subject,shared,corrected" doc:"What it is."`
	At       string              `json:"at,omitempty" format:"date-time" doc:"When it happened; now when absent. Of a correction: when it really did."`
	Text     string              `json:"text,omitempty" maxLength:"8000" doc:"What is to be said of it; of a correction its reason."`
	Fact     string              `json:"fact,omitempty" maxLength:"64" example:"aware" doc:"Of a fact: which."`
	Told     *incident.Telling   `json:"told,omitempty" doc:"Of told: who, and how."`
	Of       int                 `json:"of,omitempty" minimum:"1" doc:"Of acknowledged and corrected: the number of the event that it is about."`
	Undo     bool                `json:"undo,omitempty" doc:"Of corrected: what it is about did not happen."`
	Links    []incident.Link     `json:"links,omitempty" maxItems:"500" doc:"Of linked and unlinked: to what."`
	Claim    *IncidentClaim      `json:"claim,omitempty" doc:"Of claim: who says what."`
	Severity *incident.Severity  `json:"severity,omitempty" doc:"Of rated: how severe."`
	Regimes  []string            `json:"regimes,omitempty" maxItems:"50" doc:"Of subject: what the organisation is under."`
	With     []string            `json:"with,omitempty" maxItems:"100" doc:"Of shared: organisations."`
	Only     []string            `json:"only,omitempty" maxItems:"100" doc:"Organisations that may see it beside the owner; all that the incident is shared with when absent."`
	Evidence []incident.Evidence `json:"evidence,omitempty" maxItems:"500" doc:"Documents that it rests on, by their digests."`
}

// IncidentClaim is what somebody says of who was behind an incident.
type IncidentClaim struct {
	Issuer string `json:"issuer" minLength:"1" maxLength:"500" doc:"Who says it."`
	Date   string `json:"date" format:"date" doc:"On which day."`
	Text   string `json:"text" minLength:"1" maxLength:"8000" doc:"What."`
	Source string `json:"source,omitempty" maxLength:"2000" doc:"Where it is to be read."`
}

type recordIncidentInput struct {
	IncidentID
	Body IncidentEventRequest
}

func (s *Server) recordIncident(ctx context.Context, in *recordIncidentInput) (*incidentOutput, error) {
	b := in.Body
	at, err := instant("body.at", b.At)
	if err != nil {
		return nil, err
	}
	e := incident.Event{
		Kind: incident.Kind(b.Kind), At: at, Text: b.Text, Fact: b.Fact, Told: b.Told, Of: b.Of, Undo: b.Undo, Links: b.Links,
		Severity: b.Severity, Regimes: b.Regimes, With: b.With, Only: b.Only, Evidence: b.Evidence,
	}
	if c := b.Claim; c != nil {
		e.Claim = &incident.Claim{Issuer: c.Issuer, Date: access.Date(c.Date), Text: c.Text, Source: c.Source}
	}
	state, err := s.opts.Node.RecordIncident(ctx, ReaderOf(ctx), in.ID, e)
	if err != nil {
		return nil, err
	}
	return &incidentOutput{state}, nil
}
