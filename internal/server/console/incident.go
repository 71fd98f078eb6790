package console

import (
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// incidentView is the page of one incident.
type incidentView struct {
	Problem string
	Clocks  []clockView
	*node.IncidentState
	History  []happenedView
	May      bool // record everything
	Adds     bool // acknowledge, note, add claims
	Steps    []incident.Kind
	Facts    []recordableView // that can be recorded
	Links    []string         // kinds of what it can be linked to
	Typed    map[string]string
	Open     string // form that was refused
	Reports  []way
	Playbook string
}

// happenedView is one line of the timeline.
type happenedView struct {
	node.IncidentEvent
	Machine bool
}

type recordableView struct{ Name, Title string }

// incident is the page of one incident.
func (c *Console) incident(w http.ResponseWriter, r *http.Request) error {
	return c.showIncident(w, r, http.StatusOK, r.PathValue("id"), incidentView{})
}

// linkWords is what an incident can be linked to, as the form offers it.
var linkWords = []string{incident.ToSystem, incident.ToOrganisation, incident.ToProduct, incident.ToComponent, incident.ToVulnerability, incident.ToIndicator, incident.ToObject}

func (c *Console) showIncident(w http.ResponseWriter, r *http.Request, status int, id string, v incidentView) error {
	m, ask, err := c.incidentAsked(r)
	if err != nil {
		return err
	}
	if v.IncidentState, err = c.questions.Incident(r.Context(), ask, id); err != nil {
		return err
	}
	history, err := c.questions.IncidentHistory(r.Context(), ask, id)
	if err != nil {
		return err
	}
	for _, e := range history {
		v.History = append(v.History, happenedView{e, e.Kind == incident.Warned})
	}
	slices.SortStableFunc(v.History, func(a, b happenedView) int { return a.Event.At.Compare(b.Event.At) })
	under := map[string]bool{}
	for _, k := range v.IncidentState.Clocks {
		v.Clocks = append(v.Clocks, clockOf(k, v.At))
		if !under[k.Directive] {
			under[k.Directive] = true
			v.Reports = append(v.Reports, way{Name: k.Directive, Link: m.Link("/incidents/"+id+"/report", "under", k.Directive)})
		}
	}
	v.Playbook = Moment{}.Link("/playbooks", "incident", id)
	reader := visitorOf(r.Context()).Reader
	own := respondsFor(reader)
	v.May = reader.Operator || slices.Contains(own, v.Owner)
	v.Adds = v.May || slices.ContainsFunc(own, func(org string) bool { return slices.Contains(v.With, org) })
	if m.Explicit() {
		v.May, v.Adds = false, false // what is recorded is recorded now
	}
	v.Steps = incident.StepsFrom(v.State)
	for _, name := range incident.FactNames() {
		title, _ := incident.FactTitle(name)
		v.Facts = append(v.Facts, recordableView{name, title})
	}
	v.Links = linkWords
	if v.Typed == nil {
		v.Typed = map[string]string{}
	}
	return c.pages.write(w, status, "incident", "layout", c.frame(r, m, v.Title, v))
}

// recordIncident records one event by a form of the incident's page.
func (c *Console) recordIncident(w http.ResponseWriter, r *http.Request) error {
	id := value(r, "incident")
	e, err := eventOf(r)
	if err == nil {
		_, err = c.questions.RecordIncident(r.Context(), visitorOf(r.Context()).Reader, id, e)
	}
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict:
		typed := map[string]string{}
		for field := range r.PostForm {
			typed[field] = value(r, field)
		}
		return c.showIncident(w, r, problem.Status(err), id, incidentView{Problem: sentence(problem.Message(err)), Typed: typed, Open: value(r, "form")})
	}
	if err != nil {
		return err
	}
	see(w, r, "/incidents/%s", id)
	return nil
}

// eventOf is the event that a form describes.
func eventOf(r *http.Request) (incident.Event, error) {
	e := incident.Event{Kind: incident.Kind(value(r, "kind")), Text: value(r, "text")}
	var err error
	if e.At, err = typedInstant(value(r, "at")); err != nil {
		return e, err
	}
	if only := value(r, "only"); only != "" {
		e.Only = []string{only}
	}
	switch e.Kind {
	case incident.Fact:
		e.Fact = value(r, "fact")
	case incident.Told:
		recipient, report, _ := strings.Cut(value(r, "recipient"), " ")
		e.Told = &incident.Telling{Recipient: recipient, Report: report, Name: value(r, "name"), Way: value(r, "way"), Reference: value(r, "reference")}
	case incident.Acknowledged, incident.Corrected:
		if e.Of, err = numbered(value(r, "of")); err != nil {
			return e, err
		}
		e.Undo = value(r, "undo") != ""
	case incident.Linked, incident.Unlinked:
		e.Links = []incident.Link{{To: value(r, "to"), ID: value(r, "thing"), Title: value(r, "name"), Impact: value(r, "impact")}}
	case incident.Rated:
		level, _ := numbered(value(r, "level")) // 0 is a level too
		e.Severity = &incident.Severity{Level: level, Functional: value(r, "functional"), Information: value(r, "information"), Recovery: value(r, "recovery")}
	case incident.Claimed:
		e.Claim = &incident.Claim{Issuer: value(r, "issuer"), Date: access.Date(value(r, "date")), Text: value(r, "claim"), Source: value(r, "source")}
		if e.At.IsZero() {
			e.At = e.Claim.Date.Time()
		}
	case incident.Shared:
		e.With = strings.Fields(strings.ReplaceAll(value(r, "with"), ",", " "))
	}
	return e, nil
}

// reportView is the page of a report, which is made to be printed.
type reportView struct {
	*incident.Report
	Incident string
	Ways     []way
}

// incidentReport is a report of an incident.
func (c *Console) incidentReport(w http.ResponseWriter, r *http.Request) error {
	m, ask, err := c.incidentAsked(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	v := reportView{Incident: m.Link("/incidents/" + id)}
	if v.Report, err = c.questions.IncidentReport(r.Context(), ask, id, r.URL.Query().Get("under")); err != nil {
		return err
	}
	return c.show(w, r, m, "incidentreport", "Report: "+v.Title, v)
}

// incidentSTIX is an incident as STIX.
func (c *Console) incidentSTIX(w http.ResponseWriter, r *http.Request) error {
	_, ask, err := c.incidentAsked(r)
	if err != nil {
		return err
	}
	b, err := c.questions.IncidentSTIX(r.Context(), ask, r.PathValue("id"))
	if err != nil {
		return err
	}
	return download(w, "application/stix+json;version=2.1", r.PathValue("id")+".json", b)
}

// incidentTone is the tone of how an incident stands.
func incidentTone(s incident.State) string {
	switch s {
	case incident.StateSuspected:
		return "review"
	case incident.StateConfirmed:
		return "deny"
	case incident.StateContained, incident.StateEradicated:
		return "pending"
	case incident.StateRecovered:
		return "allow"
	}
	return "ended"
}

// recordPartView is what the template "whenwhat" shows: the fields that most forms
// have, with what was typed into the form that was refused.
type recordPartView struct{ Form, At, Text string }

func recordPart(form string, v incidentView) recordPartView {
	if v.Open != form {
		return recordPartView{Form: form}
	}
	return recordPartView{form, v.Typed["at"], v.Typed["text"]}
}
