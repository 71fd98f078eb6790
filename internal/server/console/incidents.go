package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/duty/directive"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// Casebook is what the pages of incidents ask a node.
type Casebook interface {
	Incidents(ctx context.Context, ask node.IncidentAsk, f incident.Filter) (*node.IncidentList, error)
	Incident(ctx context.Context, ask node.IncidentAsk, id string) (*node.IncidentState, error)
	IncidentHistory(ctx context.Context, ask node.IncidentAsk, id string) ([]node.IncidentEvent, error)
	IncidentReport(ctx context.Context, ask node.IncidentAsk, id, under string) (*incident.Report, error)
	IncidentSTIX(ctx context.Context, ask node.IncidentAsk, id string) ([]byte, error)
	OpenIncident(ctx context.Context, by access.Reader, in node.NewIncident) (*node.IncidentState, error)
	RecordIncident(ctx context.Context, by access.Reader, id string, events ...incident.Event) (*node.IncidentState, error)
	Directives(ctx context.Context, ask access.Ask) ([]*directive.Directive, error)
}

func (c *Console) incidentRoutes() {
	c.page("GET /incidents", c.incidents)
	c.form("POST /incidents/open", c.openIncident)
	c.page("GET /incidents/{id}", c.incident)
	c.form("POST /incidents/record", c.recordIncident)
	c.page("GET /incidents/{id}/report", c.incidentReport)
	c.page("GET /incidents/{id}/stix", c.incidentSTIX)
}

// boardView is the page of all incidents.
type boardView struct {
	Problem  string
	Owed     []owedView // what somebody still has to do, by when it is due
	List     []node.IncidentState
	Next     string // address of the next page
	MayOpen  bool
	Owners   []string
	Regimes  []regimeView
	New      node.NewIncident // as typed
	NewAt    string
	Proposed int // clocks that are left out since they bind nobody
}

// owedView is a clock with the incident that it is of.
type owedView struct {
	Incident string
	Title    string
	clockView
}

// regimeView is a regime that an organisation can be under.
type regimeView struct {
	ID, Says string
	Chosen   bool
}

// clockView is a clock as a page shows it.
type clockView struct {
	incident.Clock
	Percent int    // of its time that is gone
	Tone    string // of its state
	Stands  string // its state in words
	Left    string // how long there is, or since when it is over
	Wants   string // the first fact that it waits for; "" for none that can be recorded as one
}

// clockTone is the tone of how a clock stands.
func clockTone(c *incident.Clock) string {
	switch {
	case !c.Binding || c.State == incident.NotOwed:
		return "ended"
	case c.State == duty.Past || c.State == duty.Late || c.State == duty.DueNow:
		return "deny"
	case c.State == duty.Running:
		return "review"
	case c.State == duty.Met:
		return "allow"
	}
	return "none"
}

func clockOf(c incident.Clock, at time.Time) clockView {
	v := clockView{Clock: c, Percent: c.Percent(at), Tone: clockTone(&c), Stands: words(string(c.State))}
	if c.State == duty.Met || c.State == duty.Late {
		v.Percent = 100
	}
	for _, name := range c.Missing {
		if _, isFact := incident.FactTitle(name); isFact && v.Wants == "" {
			v.Wants = name
		}
	}
	if c.Open() {
		if left := c.Instant.Sub(at); left >= 0 {
			v.Left = lasts(left) + " left"
		} else {
			v.Left = lasts(-left) + " ago"
		}
	}
	return v
}

// lasts says how long a time is, in its two largest units.
func lasts(d time.Duration) string {
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0 && hours > 0 && days < 14:
		return plural(days, "day") + " " + plural(hours, "hour")
	case days > 0:
		return plural(days, "day")
	case hours > 0:
		return plural(hours, "hour") + " " + plural(minutes, "minute")
	}
	return plural(minutes, "minute")
}

// incidentAsked is the question that an address asks: of its day, or of now.
func (c *Console) incidentAsked(r *http.Request) (Moment, node.IncidentAsk, error) {
	m, err := c.moment(r)
	if err != nil {
		return m, node.IncidentAsk{}, err
	}
	return m, node.IncidentAsk{Ask: m.ask(r)}, nil
}

// incidents is the board of incidents.
func (c *Console) incidents(w http.ResponseWriter, r *http.Request) error {
	return c.showBoard(w, r, http.StatusOK, boardView{})
}

func (c *Console) showBoard(w http.ResponseWriter, r *http.Request, status int, v boardView) error {
	m, ask, err := c.incidentAsked(r)
	if err != nil {
		return err
	}
	list, err := c.questions.Incidents(r.Context(), ask, incident.Filter{After: r.URL.Query().Get("after")})
	if err != nil {
		return err
	}
	v.List = list.Incidents
	slices.SortStableFunc(v.List, func(a, b node.IncidentState) int { return b.Since.Compare(a.Since) })
	for i := range v.List {
		for _, k := range v.List[i].Clocks {
			switch {
			case k.Open() && k.Binding:
				v.Owed = append(v.Owed, owedView{v.List[i].ID, v.List[i].Title, clockOf(k, list.At)})
			case k.Open():
				v.Proposed++
			}
		}
	}
	slices.SortStableFunc(v.Owed, func(a, b owedView) int { return a.Instant.Compare(b.Instant) })
	if list.Next != "" {
		v.Next = m.Link("/incidents", "after", list.Next)
	}
	reader := visitorOf(r.Context()).Reader
	v.Owners = respondsFor(reader)
	v.MayOpen = reader.Operator || len(v.Owners) > 0
	if v.Regimes, err = c.regimes(r, v.New.Regimes); err != nil {
		return err
	}
	return c.pages.write(w, status, "incidents", "layout", c.frame(r, m, "Incidents", v))
}

// respondsFor is the organisations whose incidents a reader may record.
func respondsFor(reader access.Reader) (out []string) {
	for _, org := range reader.Organisations {
		switch reader.Roles[org] {
		case access.RoleAnalyst, access.RoleAuthority, access.RoleAdministrator:
			out = append(out, org)
		}
	}
	return out
}

// regimes is the regimes that directives are for.
func (c *Console) regimes(r *http.Request, chosen []string) (out []regimeView, err error) {
	all, err := c.questions.Directives(r.Context(), nowOf(r))
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		for _, id := range d.AppliesTo {
			if !slices.ContainsFunc(out, func(v regimeView) bool { return v.ID == id }) {
				out = append(out, regimeView{id, d.Regime, slices.Contains(chosen, id)})
			}
		}
	}
	slices.SortFunc(out, func(a, b regimeView) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// openIncident opens an incident.
func (c *Console) openIncident(w http.ResponseWriter, r *http.Request) error {
	in := node.NewIncident{Title: value(r, "title"), Owner: value(r, "owner"), Text: value(r, "text"), Regimes: r.PostForm["regime"]}
	var s *node.IncidentState
	var err error
	if in.At, err = typedInstant(value(r, "at")); err == nil {
		s, err = c.questions.OpenIncident(r.Context(), visitorOf(r.Context()).Reader, in)
	}
	switch problem.KindOf(err) {
	case problem.Invalid, problem.Conflict:
		return c.showBoard(w, r, problem.Status(err), boardView{Problem: sentence(problem.Message(err)), New: in, NewAt: value(r, "at")})
	}
	if err != nil {
		return err
	}
	see(w, r, "/incidents/%s", s.ID)
	return nil
}

// typedInstant reads an instant as people type it, in UTC; the zero time for
// none.
func typedInstant(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{"2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, problem.New(problem.Invalid, "%q is no instant: want a day and an hour, as 2021-05-07 09:30", s)
}

// numbered reads the number of an event.
func numbered(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, problem.New(problem.Invalid, "say which event, by its number in the timeline")
	}
	return n, nil
}
