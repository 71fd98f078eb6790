package server

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty/directive"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/node"
)

// Incidents are what happened, and what is owed because of it. Each answers
// NotFound for whoever may not know of the incident.
type Incidents interface {
	Incidents(ctx context.Context, ask node.IncidentAsk, f incident.Filter) (*node.IncidentList, error)
	Incident(ctx context.Context, ask node.IncidentAsk, id string) (*node.IncidentState, error)
	IncidentHistory(ctx context.Context, ask node.IncidentAsk, id string) ([]node.IncidentEvent, error)
	// IncidentReport is what a report says: everything, or what one directive asks
	// for; IncidentSTIX the incident as a bundle.
	IncidentReport(ctx context.Context, ask node.IncidentAsk, id, under string) (*incident.Report, error)
	IncidentSTIX(ctx context.Context, ask node.IncidentAsk, id string) ([]byte, error)
	OpenIncident(ctx context.Context, by access.Reader, in node.NewIncident) (*node.IncidentState, error)
	// RecordIncident records events; on return they are durable.
	RecordIncident(ctx context.Context, by access.Reader, id string, events ...incident.Event) (*node.IncidentState, error)
	// Directives is the directives that clocks are made by, by id.
	Directives(ctx context.Context, ask access.Ask) ([]*directive.Directive, error)
}

const incidentsPath = "/incidents"

// stixType is the media type of STIX 2.1.
const stixType = "application/stix+json;version=2.1"

// routeIncidents registers incidents and directives.
func (s *Server) routeIncidents(api huma.API) {
	read := func(o operation) operation {
		o.method, o.tag = http.MethodGet, tagIncidents
		o.errors = append(o.errors, http.StatusNotFound)
		return o
	}
	write := func(o operation) operation {
		o.method, o.tag, o.right = http.MethodPost, tagIncidents, toWrite
		o.errors = append(o.errors, http.StatusNotFound, http.StatusConflict)
		return o
	}
	register(s, api, read(operation{
		id: "incidents", path: incidentsPath, summary: "Incidents",
		about: "Those that your organisations have, and that are shared with them, by id, each with its clocks.",
	}), s.incidents)
	register(s, api, read(operation{
		id: "incident", path: incidentsPath + "/{id}", summary: "How an incident stands",
		about: "Its state, what is known of it, who was told, and what is owed to whom by when.",
	}), s.incident)
	register(s, api, read(operation{
		id: "incident-history", path: incidentsPath + "/{id}/history", summary: "What was recorded of an incident",
		about: "Every event that you may see, in the order in which they were recorded, each with its document. What was corrected is still there.",
	}), s.incidentHistory)
	register(s, api, read(operation{
		id: "incident-report", path: incidentsPath + "/{id}/report", summary: "A report of an incident",
		about: "Everything that you may see in our own order, or what one directive asks for in its order.",
	}), s.incidentReport)
	op := register(s, api, read(operation{
		id: "incident-stix", path: incidentsPath + "/{id}/stix", summary: "An incident as STIX 2.1",
		about: "A bundle with the Incident Core extension, as far as you may see the incident. Every object carries its markings.",
	}), s.incidentSTIX)
	describeRaw(op, stixType, "The bundle.", "Content-Type")
	register(s, api, write(operation{
		id: "open-incident", path: incidentsPath, status: http.StatusCreated, summary: "Open an incident",
		about: "Somebody suspects it. For analysts, authorities and administrators of its organisation.",
	}), s.openIncident)
	register(s, api, write(operation{
		id: "record-incident", path: incidentsPath + "/{id}/events", summary: "Record what happened",
		about: "One event: a step, a fact, who was told, a link, a claim, a correction. What cannot follow is refused. Organisations that the incident is shared with acknowledge, and add notes, evidence and claims.",
	}), s.recordIncident)
	register(s, api, read(operation{
		id: "directives", path: "/directives", summary: "What laws, rules and orders ask",
		about: "The directives that clocks are made by, with their citations, how they stand in law, and how sure that is.",
	}), s.directives)
}

// IncidentMoment is what of an incident is asked about.
type IncidentMoment struct {
	At       string `query:"at" format:"date-time" example:"2021-05-09T12:00:00Z" doc:"The instant that is asked about; now when absent."`
	Known    string `query:"known" format:"date" example:"2021-05-10" doc:"Use only what had been recorded by this day. Today when absent."`
	Position int64  `query:"position" minimum:"1" doc:"Use only what this node's ledger held at this position. The newest when absent."`
}

func (m *IncidentMoment) ask(ctx context.Context) (node.IncidentAsk, error) {
	asked, err := askOf(ctx, Moment{Known: m.Known, Position: m.Position})
	if err != nil {
		return node.IncidentAsk{}, err
	}
	out := node.IncidentAsk{Ask: asked}
	out.Moment, err = instant("query.at", m.At)
	return out, err
}

// instant reads an instant; the zero time for none.
func instant(location, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, invalid(location, "want an instant as 2021-05-07T09:30:00Z")
	}
	return t, nil
}

type incidentsInput struct {
	State string `query:"state" enum:"suspected,confirmed,contained,eradicated,recovered,closed" doc:"That stand so."`
	Owner string `query:"owner" maxLength:"64" doc:"Of this organisation."`
	Link  string `query:"link" maxLength:"1000" doc:"That are linked to this, by its id."`
	After string `query:"after" maxLength:"46" doc:"The id after which the page begins."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many at most."`
	IncidentMoment
}

type incidentsOutput struct{ Body *node.IncidentList }

func (s *Server) incidents(ctx context.Context, in *incidentsInput) (*incidentsOutput, error) {
	ask, err := in.ask(ctx)
	if err != nil {
		return nil, err
	}
	l, err := s.opts.Node.Incidents(ctx, ask, incident.Filter{State: incident.State(in.State), Owner: in.Owner, Link: in.Link, After: in.After, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return &incidentsOutput{l}, nil
}

// IncidentID is which incident.
type IncidentID struct {
	ID string `path:"id" maxLength:"46" example:"incident--7e1a3f0c-5c1f-4b1e-9d7a-2f9b0c6f1a11" doc:"The incident's id, which is one of STIX."`
}

type incidentInput struct {
	IncidentID
	IncidentMoment
}

type incidentOutput struct{ Body *node.IncidentState }

func (s *Server) incident(ctx context.Context, in *incidentInput) (*incidentOutput, error) {
	ask, err := in.ask(ctx)
	if err != nil {
		return nil, err
	}
	state, err := s.opts.Node.Incident(ctx, ask, in.ID)
	if err != nil {
		return nil, err
	}
	return &incidentOutput{state}, nil
}

// IncidentHistory is what was recorded of an incident.
type IncidentHistory struct {
	ID     string               `json:"id" doc:"The incident's id."`
	Events []node.IncidentEvent `json:"events" doc:"The events, in the order in which they were recorded."`
}

type incidentHistoryOutput struct{ Body IncidentHistory }

func (s *Server) incidentHistory(ctx context.Context, in *incidentInput) (*incidentHistoryOutput, error) {
	ask, err := in.ask(ctx)
	if err != nil {
		return nil, err
	}
	events, err := s.opts.Node.IncidentHistory(ctx, ask, in.ID)
	if err != nil {
		return nil, err
	}
	return &incidentHistoryOutput{IncidentHistory{in.ID, events}}, nil
}

type incidentReportInput struct {
	Under string `query:"under" maxLength:"64" example:"us-fceb-incident" doc:"The directive in whose order it is written; our own when absent."`
	IncidentID
	IncidentMoment
}

type incidentReportOutput struct{ Body *incident.Report }

func (s *Server) incidentReport(ctx context.Context, in *incidentReportInput) (*incidentReportOutput, error) {
	ask, err := in.ask(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.opts.Node.IncidentReport(ctx, ask, in.ID, in.Under)
	if err != nil {
		return nil, err
	}
	return &incidentReportOutput{r}, nil
}

func (s *Server) incidentSTIX(ctx context.Context, in *incidentInput) (*raw, error) {
	ask, err := in.ask(ctx)
	if err != nil {
		return nil, err
	}
	b, err := s.opts.Node.IncidentSTIX(ctx, ask, in.ID)
	if err != nil {
		return nil, err
	}
	return &raw{ContentType: stixType, Body: b}, nil
}

// DirectivePage is the directives.
type DirectivePage struct {
	Directives []*directive.Directive `json:"directives" doc:"The directives, by id."`
}

type directivesOutput struct{ Body DirectivePage }

func (s *Server) directives(ctx context.Context, in *struct{ Moment }) (*directivesOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	all, err := s.opts.Node.Directives(ctx, ask)
	if err != nil {
		return nil, err
	}
	return &directivesOutput{DirectivePage{orEmpty(all)}}, nil
}
