package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// responders is who may record events of incidents of their organisation.
var responders = []access.Role{access.RoleAnalyst, access.RoleAuthority, access.RoleAdministrator}

// NewIncident is an incident that is to be opened.
type NewIncident struct {
	ID       string // "" for a new one; an incident of STIX keeps its id
	Title    string
	Owner    string    // organisation; that of the reader when it is in but one
	At       time.Time // now when zero
	Text     string
	Regimes  []string
	Markings []string // ids of marking definitions
	With     []string // organisations that it is shared with from the beginning
}

// OpenIncident opens an incident: somebody suspects it.
func (n *Node) OpenIncident(ctx context.Context, by access.Reader, in NewIncident) (*IncidentState, error) {
	owner, err := n.ownerOf(ctx, by, in.Owner)
	if err != nil {
		return nil, err
	}
	if in.ID == "" {
		in.ID = "incident--" + newUUID()
	}
	if !incident.IsID(in.ID) {
		return nil, problem.New(problem.Invalid, "incident %q: want incident--UUID", in.ID)
	}
	if err := n.knownRegimes(ctx, by, in.Regimes); err != nil {
		return nil, err
	}
	opened := incident.Event{Kind: incident.Opened, At: in.At, Title: strings.TrimSpace(in.Title), Owner: owner, Text: in.Text, Regimes: in.Regimes, Markings: in.Markings}
	events := []incident.Event{opened}
	if len(in.With) > 0 {
		events = append(events, incident.Event{Kind: incident.Shared, At: in.At, With: in.With})
	}
	return n.recordIncident(ctx, by, owner, in.ID, events)
}

// ownerOf is the organisation that a reader opens an incident for.
func (n *Node) ownerOf(ctx context.Context, by access.Reader, named string) (string, error) {
	if named == "" {
		var own []string
		for _, org := range slices.Sorted(maps.Keys(by.Roles)) {
			if slices.Contains(responders, by.Roles[org]) {
				own = append(own, org)
			}
		}
		if by.Operator {
			home, err := n.home(ctx)
			if err != nil {
				return "", err
			}
			own = []string{home}
		}
		if len(own) != 1 {
			return "", problem.New(problem.Invalid, "say whose incident it is; you may open one for %s", orNone(own))
		}
		named = own[0]
	}
	if _, err := access.ParseAudience("org:" + named); err != nil {
		return "", problem.New(problem.Invalid, "organisation %q: %v", named, err)
	}
	_, err := mayAs(by, named, "open an incident of "+named, responders...)
	return named, err
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// newUUID is a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// knownRegimes refuses regimes that no directive is for: a misspelt one would have
// no clock and nobody would notice.
func (n *Node) knownRegimes(ctx context.Context, by access.Reader, regimes []string) error {
	directives, err := n.Directives(ctx, access.Ask{Reader: by, At: access.At{Position: access.Now}})
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, d := range directives {
		for _, r := range d.AppliesTo {
			known[r] = true
		}
	}
	for _, r := range regimes {
		if !known[r] {
			return problem.New(problem.Invalid, "no directive is for the regime %q; there are %s", r, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return nil
}

// RecordIncident records events of an incident. Members of its organisation
// record all kinds; those of organisations that it is shared with say that they
// were told, and add notes, evidence and claims.
func (n *Node) RecordIncident(ctx context.Context, by access.Reader, id string, events ...incident.Event) (*IncidentState, error) {
	state, err := n.Incident(ctx, IncidentAsk{Ask: n.moment(access.Ask{Reader: by}), Moment: n.now().AddDate(100, 0, 0)}, id)
	if err != nil {
		return nil, err
	}
	as, err := mayAs(by, state.Owner, "record what happened to it", responders...)
	if err != nil {
		if as.Organisation = mayContribute(by, state.With, events); as.Organisation == "" {
			return nil, err
		}
	}
	for i := range events {
		if err := n.mayRecord(ctx, by, id, &events[i]); err != nil {
			return nil, err
		}
	}
	return n.recordIncident(ctx, by, as.Organisation, id, events)
}

// contributions is what an organisation may record that an incident is shared with.
var contributions = []incident.Kind{incident.Acknowledged, incident.Noted, incident.Found, incident.Claimed}

// mayContribute is for which of the organisations that an incident is shared with
// a reader may record all of the events; "" for none.
func mayContribute(by access.Reader, with []string, events []incident.Event) string {
	for i := range events {
		if !slices.Contains(contributions, events[i].Kind) {
			return ""
		}
	}
	for _, org := range with {
		if slices.Contains(responders, by.Roles[org]) {
			return org
		}
	}
	return ""
}

// mayRecord refuses an event that is about another one which its reader may not
// see, and regimes that nobody knows. What is about an event that is kept to fewer
// is kept to the same.
func (n *Node) mayRecord(ctx context.Context, by access.Reader, id string, e *incident.Event) error {
	if e.Kind == incident.Opened || e.Kind == incident.Warned {
		return problem.New(problem.Invalid, "an incident is %s by the node alone", e.Kind)
	}
	if e.Kind == incident.Subject {
		return n.knownRegimes(ctx, by, e.Regimes)
	}
	if e.Of == 0 {
		return nil
	}
	ask, err := n.Ledger.Resolve(ctx, n.moment(access.Ask{Reader: by}))
	if err != nil {
		return err
	}
	seen := n.incidents.view.Events(ask, id)
	i := slices.IndexFunc(seen, func(o *incident.Event) bool { return o.Sequence == e.Of })
	if i < 0 {
		return problem.New(problem.NotFound, "%s has no event %d", id, e.Of)
	}
	e.Only = seen[i].Only
	return nil
}

// recordIncident appends events for those who may see them, in one edition for
// each audience, and gives how the incident stands then.
func (n *Node) recordIncident(ctx context.Context, by access.Reader, as, id string, events []incident.Event) (*IncidentState, error) {
	for i := range events {
		events[i].Actor, events[i].For = by.Member, as
		if _, err := n.appendIncident(ctx, id, func([]*incident.Event) (*incident.Event, error) {
			e := events[i]
			return &e, nil
		}); err != nil {
			return nil, err
		}
	}
	if err := n.spreadIncident(ctx, id); err != nil {
		return nil, err
	}
	return n.Incident(ctx, IncidentAsk{Ask: n.moment(access.Ask{Reader: by})}, id)
}

// appendIncident appends the event that next makes of all the events before it;
// none when next gives nil. It is called again when the ledger moved on
// meanwhile, so that of several nodes one appends. It reports whether this node
// did: what another one had appended to the byte is not appended again.
func (n *Node) appendIncident(ctx context.Context, id string, next func([]*incident.Event) (*incident.Event, error)) (bool, error) {
	n.incidents.recording.Lock()
	defer n.incidents.recording.Unlock()
	for try := 0; ; try++ {
		appended, err := n.appendIncidentOnce(ctx, id, next)
		if err == nil || !errors.Is(err, ledger.ErrMoved) || try == maxMoved {
			return appended, err
		}
	}
}

func (n *Node) appendIncidentOnce(ctx context.Context, id string, next func([]*incident.Event) (*incident.Event, error)) (bool, error) {
	if _, err := n.incidents.view.CatchUp(ctx); err != nil {
		return false, err
	}
	ask, err := n.Ledger.Resolve(ctx, everything)
	if err != nil {
		return false, err
	}
	events := n.incidents.view.Events(ask, id)
	e, err := next(events)
	if err != nil || e == nil {
		return false, err
	}
	now := n.now().UTC().Truncate(time.Second)
	e.Form, e.Incident, e.Sequence, e.Recorded = incident.Form, id, len(events)+1, now
	if e.At.IsZero() {
		e.At = now
	}
	e.At = e.At.UTC()
	if e.At.After(now.Add(maxAhead)) && e.Kind != incident.Warned {
		return false, problem.New(problem.Invalid, "%s has not come yet: want when it happened", e.At.Format(time.RFC3339))
	}
	if _, err := e.Marshal(); err != nil {
		return false, err
	}
	if err := incident.Next(events, e); err != nil {
		return false, err
	}
	audience, err := incidentAudience(append(events, e), e)
	if err != nil {
		return false, err
	}
	doc, err := incidentDocument(e, access.DateOf(now))
	if err != nil {
		return false, err
	}
	receipt, err := n.Ledger.Append(ctx, ledger.Edition{Audience: audience, Actor: e.Actor, MadeFrom: ask.At.Position, Documents: []ledger.Document{doc}})
	return err == nil && receipt.Held == 0, err
}

// maxAhead is how far the clock of somebody who records may be ahead of ours.
const maxAhead = 5 * time.Minute

// everything is the ask about all that is held, whoever may see it.
var everything = access.Ask{Reader: access.Operator, At: access.At{Date: access.Forever, Known: access.Forever, Position: access.Now}}

// incidentAudience is who may see an event: the owner, and those it is shared
// with, or of these only the ones it is kept to.
func incidentAudience(events []*incident.Event, e *incident.Event) (access.Audience, error) {
	s := incident.Fold(events, e.At)
	may := s.With
	if e.Only != nil {
		may = e.Only
	}
	clauses := []string{"org:" + s.Owner}
	for _, org := range may {
		clauses = append(clauses, "org:"+org)
	}
	a, err := access.ParseAudience(strings.Join(clauses, "|"))
	if err != nil {
		return a, problem.New(problem.Invalid, "organisations %s: %v", strings.Join(may, ", "), err)
	}
	return a, nil
}

func incidentDocument(e *incident.Event, today access.Date) (ledger.Document, error) {
	b, err := e.Marshal()
	if err != nil {
		return ledger.Document{}, err
	}
	part := fmt.Sprintf("%06d", e.Sequence)
	return ledger.Document{
		Bytes: b, Kind: incident.KindEvent, Source: "incident/" + e.Incident, Part: part, Name: "event-" + part + ".json", Published: today, Rows: 1, Mode: ledger.Chronicle,
		Statements: []ledger.Statement{{Kind: incident.FactEvent, Subject: e.Incident, Key: part, Body: e, ValidFrom: access.DateOf(e.At), ValidTo: access.Forever, Published: today}},
	}, nil
}

// spreadIncident gives organisations that an incident was shared with the events
// from before, each document as it is. It does what is still to be done, so it may
// be called again after having been stopped.
func (n *Node) spreadIncident(ctx context.Context, id string) error {
	if _, err := n.incidents.view.CatchUp(ctx); err != nil {
		return err
	}
	ask, err := n.Ledger.Resolve(ctx, everything)
	if err != nil {
		return err
	}
	events := n.incidents.view.Events(ask, id)
	today := access.DateOf(n.now())
	for _, org := range incident.Fold(events, n.now()).With {
		has := map[int]bool{}
		theirs := ask
		theirs.Reader = access.Reader{Member: "countersign", Organisations: []string{org}}
		for _, e := range n.incidents.view.Events(theirs, id) {
			has[e.Sequence] = true
		}
		edition := ledger.Edition{Audience: access.ForOrganisation(org)}
		for _, e := range events {
			if has[e.Sequence] || e.Only != nil {
				continue
			}
			doc, err := incidentDocument(e, today)
			if err != nil {
				return err
			}
			edition.Documents = append(edition.Documents, doc)
		}
		if len(edition.Documents) == 0 {
			continue
		}
		if _, err := n.Ledger.Append(ctx, edition); err != nil {
			return err
		}
	}
	_, err = n.incidents.view.CatchUp(ctx)
	return err
}

// KindEvidence is the kind of documents that are kept as evidence of an incident:
// a log, a screenshot, a letter. Nothing is read from them.
const KindEvidence = "incident.evidence"

// maxKept bounds one document of evidence, in bytes.
const maxKept = 64 << 20

// KeepIncidentEvidence keeps a file as it is, for those who may see it, and gives
// where the ledger has it. One that is held for them already is not kept again.
func (n *Node) KeepIncidentEvidence(ctx context.Context, by access.Reader, f intake.File, audience access.Audience) (incident.Evidence, error) {
	switch {
	case !by.Operator && (!by.MayWrite() || !by.MaySee(audience)):
		return incident.Evidence{}, problem.New(problem.Denied, "%s: only members of %s may add evidence for it", f.Name, audience)
	case len(f.Bytes) == 0 || len(f.Bytes) > maxKept:
		return incident.Evidence{}, problem.New(problem.TooLarge, "%s: %d bytes; want 1 to %d", f.Name, len(f.Bytes), maxKept)
	}
	doc := ledger.Document{Bytes: f.Bytes, Kind: KindEvidence, Name: f.Name, Mode: ledger.Chronicle}
	receipt, err := n.Ledger.Append(ctx, ledger.Edition{Audience: audience, Actor: by.Member, Documents: []ledger.Document{doc}})
	if err != nil {
		return incident.Evidence{}, err
	}
	held := receipt.Documents[0]
	return incident.Evidence{Digest: held.Digest, Position: held.Position, Title: f.Name}, nil
}
