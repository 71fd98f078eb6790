package node

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty/directive"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/problem"
)

// incidents is what a node keeps of incidents.
type incidents struct {
	view      *incident.View
	recording sync.Mutex // while events are appended
	stop      context.CancelFunc
	sent      map[string]bool // warnings that were seen to, by incident and sequence; used by the watch of clocks alone
}

// IncidentState is how an incident stands for an ask.
type IncidentState struct {
	incident.Incident
	At        time.Time        `json:"at"`
	Known     access.Date      `json:"known"`
	Position  int64            `json:"position"`
	Clocks    []incident.Clock `json:"clocks"`
	ChangesOn time.Time        `json:"changes_on,omitzero"` // the next instant at which a clock says something else
}

// IncidentList is one page of incidents.
type IncidentList struct {
	At        time.Time       `json:"at"`
	Known     access.Date     `json:"known"`
	Incidents []IncidentState `json:"incidents"`
	Next      string          `json:"next,omitempty"` // give it as "after" for the next page
}

// IncidentEvent is an event of an incident with where the ledger has it.
type IncidentEvent struct {
	*incident.Event
	Position  int64                `json:"position"`
	Digest    string               `json:"digest"`
	Audience  string               `json:"audience"`
	Corrected *incident.Correction `json:"corrected,omitempty"` // by which correction, the last one
}

// IncidentAsk is a question about incidents: of a day, or of an instant.
type IncidentAsk struct {
	access.Ask
	Moment time.Time // zero for now, or for the end of the day that is asked about
}

// asOf resolves an ask about incidents: the view is brought up to the ledger's
// head, and the moment filled in. Of a day that is over its last instant is
// meant, of this day now.
func (n *Node) asOf(ctx context.Context, ask IncidentAsk) (IncidentAsk, error) {
	if _, err := n.incidents.view.CatchUp(ctx); err != nil {
		return ask, err
	}
	today := access.DateOf(n.now())
	if ask.Moment.IsZero() {
		ask.Moment = n.now().UTC()
		if day := ask.At.Date; day != "" && day != today {
			ask.Moment = day.AddDays(1).Time().Add(-time.Second)
		}
	}
	ask.At.Date = access.DateOf(ask.Moment)
	var err error
	ask.Ask, err = n.Ledger.Resolve(ctx, ask.Ask)
	return ask, err
}

// noIncident is the answer about an incident that does not exist, and about one
// that the reader may not know of.
func noIncident(id string) error { return problem.New(problem.NotFound, "no incident %s", id) }

// Incident is how an incident stands.
func (n *Node) Incident(ctx context.Context, ask IncidentAsk, id string) (*IncidentState, error) {
	ask, err := n.asOf(ctx, ask)
	if err != nil {
		return nil, err
	}
	events := n.incidents.view.Events(ask.Ask, id)
	if len(events) == 0 {
		return nil, noIncident(id)
	}
	s := incident.Fold(events, ask.Moment)
	if s.State == incident.None {
		return nil, problem.New(problem.NotFound, "incident %s was not there yet at %s", id, ask.Moment.UTC().Format(time.RFC3339))
	}
	directives, err := n.Directives(ctx, ask.Ask)
	if err != nil {
		return nil, err
	}
	return ask.state(s, events, directives), nil
}

func (ask *IncidentAsk) state(s incident.Incident, events []*incident.Event, directives []*directive.Directive) *IncidentState {
	clocks := incident.Clocks(events, directives, ask.Moment)
	return &IncidentState{
		Incident: s, At: ask.Moment.UTC().Truncate(time.Second), Known: ask.At.Known, Position: ask.At.Position,
		Clocks: clocks, ChangesOn: incident.ChangesOn(clocks, ask.Moment),
	}
}

// Incidents is the incidents that the ask's reader may know of.
func (n *Node) Incidents(ctx context.Context, ask IncidentAsk, f incident.Filter) (*IncidentList, error) {
	ask, err := n.asOf(ctx, ask)
	if err != nil {
		return nil, err
	}
	directives, err := n.Directives(ctx, ask.Ask)
	if err != nil {
		return nil, err
	}
	found, next := n.incidents.view.List(ask.Ask, ask.Moment, f)
	out := &IncidentList{At: ask.Moment.UTC().Truncate(time.Second), Known: ask.At.Known, Incidents: make([]IncidentState, len(found)), Next: next}
	for i, s := range found {
		out.Incidents[i] = *ask.state(s, n.incidents.view.Events(ask.Ask, s.ID), directives)
	}
	return out, nil
}

// IncidentHistory is what was recorded of an incident, in the order in which it
// was, with what happened after the ask's moment too.
func (n *Node) IncidentHistory(ctx context.Context, ask IncidentAsk, id string) ([]IncidentEvent, error) {
	ask, err := n.asOf(ctx, ask)
	if err != nil {
		return nil, err
	}
	seen := n.incidents.view.History(ask.Ask, id)
	if len(seen) == 0 {
		return nil, noIncident(id)
	}
	events := make([]*incident.Event, len(seen))
	positions := make([]int64, len(seen))
	for i := range seen {
		events[i], positions[i] = seen[i].Event, seen[i].Position
	}
	digests, err := n.digestsAt(ctx, ask.Ask, positions)
	if err != nil {
		return nil, err
	}
	_, corrections := incident.Effective(events)
	out := make([]IncidentEvent, len(seen))
	for i, e := range seen {
		out[i] = IncidentEvent{Event: e.Event, Position: e.Position, Digest: digests[e.Position], Audience: e.Audience.String()}
		for j := range corrections {
			if corrections[j].Event == e.Sequence {
				out[i].Corrected = &corrections[j]
			}
		}
	}
	return out, nil
}

// digestsAt is the digests of documents, by position.
func (n *Node) digestsAt(ctx context.Context, ask access.Ask, positions []int64) (map[int64]string, error) {
	out := map[int64]string{}
	for chunk := range slices.Chunk(positions, 500) {
		entries, err := n.Ledger.Documents(ctx, ask, chunk...)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			out[e.Position] = e.Digest
		}
	}
	return out, nil
}

// IncidentReport is what a report of an incident says: everything in our own
// order, or what one directive asks for in its order.
func (n *Node) IncidentReport(ctx context.Context, ask IncidentAsk, id, under string) (*incident.Report, error) {
	s, err := n.Incident(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	ask, err = n.asOf(ctx, ask)
	if err != nil {
		return nil, err
	}
	var d *directive.Directive
	if under != "" {
		directives, err := n.Directives(ctx, ask.Ask)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(directives, func(d *directive.Directive) bool { return d.ID == under })
		if i < 0 {
			return nil, problem.New(problem.NotFound, "no directive %s; there are %s", under, directiveIDs(directives))
		}
		d = directives[i]
	}
	names, err := n.organisationNames(ctx)
	if err != nil {
		return nil, err
	}
	r := incident.NewReport(&s.Incident, n.incidents.view.Events(ask.Ask, id), s.Clocks, s.At, d)
	r.OwnerName = names[s.Owner]
	return r, nil
}

func directiveIDs(directives []*directive.Directive) string {
	var ids []string
	for _, d := range directives {
		ids = append(ids, d.ID)
	}
	return fmt.Sprint(ids)
}

// organisationNames is what the organisations of this node are called, by id.
func (n *Node) organisationNames(ctx context.Context) (map[string]string, error) {
	all, err := n.Access.Organisations(ctx, access.Operator)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, o := range all {
		out[o.ID] = o.Name
	}
	return out, nil
}

// IncidentSTIX is an incident as a bundle of STIX 2.1 objects, as far as the ask's
// reader may see it.
func (n *Node) IncidentSTIX(ctx context.Context, ask IncidentAsk, id string) ([]byte, error) {
	s, err := n.Incident(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	if ask, err = n.asOf(ctx, ask); err != nil {
		return nil, err
	}
	names, err := n.organisationNames(ctx)
	if err != nil {
		return nil, err
	}
	return incident.Bundle(&s.Incident, n.incidents.view.Events(ask.Ask, id), names[s.Owner], s.At)
}
