package node

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/problem"
)

// LabelAct is what a person does to a label that was given.
type LabelAct struct {
	Kind     label.Kind // suspended, reinstated, revoked, withdrawn, superseded, test_failed or cleared
	Ground   string     // that is given back or cleared; may be left out where there is but one
	On       access.Date
	Reason   string
	Cite     string
	Evidence []label.Evidence
	By       string // superseded: the other label
}

// actors is who may do what.
var actors = map[label.Kind][]access.Role{
	label.Suspended: {access.RoleAuthority}, label.Reinstated: {access.RoleAuthority}, label.Revoked: {access.RoleAuthority}, label.Superseded: {access.RoleAuthority},
	label.Cleared: {access.RoleAuthority}, label.Withdrawn: {access.RoleAuthority}, label.Tested: {access.RoleAuthority, access.RoleAssessor},
}

// Act does to a label what a person decided: suspends it, gives it back, takes
// it for good.
func (n *Node) Act(ctx context.Context, ask access.Ask, id string, act LabelAct) (*LabelState, error) {
	id, err := labelID(id)
	if err != nil {
		return nil, err
	}
	ask, err = n.settled(ctx, n.moment(ask))
	if err != nil {
		return nil, err
	}
	events, err := n.wholeEvents(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, noLabel(id)
	}
	scheme, err := n.schemeOf(ctx, ask, events)
	if err != nil {
		return nil, err
	}
	as, err := n.mayAct(ctx, ask.Reader, scheme, events, act)
	if err != nil {
		return nil, err
	}
	today := countsFrom(events, access.DateOf(n.now()))
	state := label.Fold(events, today)
	if state.Status.IsFinal() {
		return nil, problem.New(problem.Conflict, "label %s is %s, for good: nothing more can be done to it", id, state.Status)
	}
	e := &label.Event{
		Label: id, Kind: act.Kind, On: cmp.Or(act.On, today), Scheme: scheme.ID, Reason: act.Reason, Cite: act.Cite, From: act.Evidence, Ground: act.Ground, By: act.By,
		Organisation: as.Organisation, Role: as.Role, Rules: map[string]string{"scheme": scheme.Digest},
	}
	if e.Reason, err = label.Sentence("reason", e.Reason); err != nil {
		return nil, err
	}
	if e.Cite, err = label.Sentence("cite", e.Cite); err != nil {
		return nil, err
	}
	if e.Reason == "" {
		return nil, problem.New(problem.Invalid, "say why: a label is %s with a reason, which is public", act.Kind)
	}
	if e.On > today {
		return nil, problem.New(problem.Invalid, "effective %s: want today, %s, or an earlier day", e.On, today)
	}
	if err := n.succeeded(ctx, ask, e); err != nil {
		return nil, err
	}
	audience := access.Public
	if !state.Status.IsPublic() {
		if audience, err = n.applicationAudience(ctx, scheme, lastApplication(events)); err != nil {
			return nil, err
		}
		e.Actor = ask.Reader.Member
	}
	changes, err := actChanges(scheme, &state, e, act, lastSeen(events))
	if err != nil {
		return nil, err
	}
	if err := n.appendLabels(ctx, audience, ask.Reader.Member, changes); err != nil {
		return nil, err
	}
	return n.Label(ctx, n.moment(ask), id)
}

// countsFrom is today, or the day from which a label counts that was given for a
// later one: nothing can happen to it before, and what is decided about it
// happens on that day.
func countsFrom(events []*label.Event, today access.Date) access.Date {
	for _, e := range events {
		if e.Kind == label.Issued {
			return max(today, e.On)
		}
	}
	return today
}

// succeeded refuses a label that is to take another's place and was not given
// itself.
func (n *Node) succeeded(ctx context.Context, ask access.Ask, e *label.Event) error {
	if e.Kind != label.Superseded {
		return nil
	}
	by, err := labelID(e.By)
	if err != nil {
		return err
	}
	held, err := n.heldEvents(ctx, ask, by)
	if err != nil {
		return err
	}
	if s := label.Fold(eventsIn(held), e.On); !s.Status.IsPublic() || by == e.Label {
		return problem.New(problem.Invalid, "label %s: no other label that was given", by)
	}
	e.By = by
	return nil
}

// mayAct says in which role a reader acts. A maker may withdraw its own label,
// and a laboratory may report a failed test of what it tested.
func (n *Node) mayAct(ctx context.Context, by access.Reader, s *label.Scheme, events []*label.Event, act LabelAct) (taking, error) {
	roles := actors[act.Kind]
	if roles == nil {
		return taking{}, problem.New(problem.Invalid, "%q is nothing that a person does to a label", act.Kind)
	}
	authority, err := n.authority(ctx, s)
	if err != nil {
		return taking{}, err
	}
	var maker, laboratory string
	if a := lastApplication(events); a != nil {
		maker, laboratory = a.Party(label.Maker).Organisation, a.Party(label.Laboratory).Organisation
	}
	for _, e := range events {
		if e.Terms != nil {
			maker, laboratory = e.Terms.Party(label.Maker).Organisation, e.Terms.Party(label.Laboratory).Organisation
		}
	}
	if !by.Operator {
		switch {
		case act.Kind == label.Withdrawn && maker != "" && by.Roles[maker] == access.RoleMaker:
			return taking{Role: access.RoleMaker, Organisation: maker}, nil
		case act.Kind == label.Tested && laboratory != "" && laboratory != maker && by.Roles[laboratory] == access.RoleLaboratory:
			return taking{Role: access.RoleLaboratory, Organisation: laboratory}, nil
		}
	}
	return mayAs(by, authority, "do that to a label", roles...)
}

// actChanges fills in the ground that an act is about. A test that was failed
// becomes a ground by the scheme's days.
func actChanges(s *label.Scheme, state *label.State, e *label.Event, act LabelAct, seen int) ([]change, error) {
	switch act.Kind {
	case label.Suspended:
		rule, _ := s.Rule(label.ByAuthority)
		e.Rule, e.Ground = rule.ID, cmp.Or(e.Ground, fmt.Sprintf("authority:%d", state.Last+1))
	case label.Reinstated, label.Cleared:
		of := state.Grounds
		if act.Kind == label.Cleared {
			of = state.Warnings
		}
		g, err := theGround(of, e.Ground, state.Label)
		if err != nil {
			return nil, err
		}
		e.Ground, e.Rule, e.Subject = g.ID, g.Rule, g.Subject
		if act.Kind == label.Reinstated && act.On == "" && g.Offered != "" {
			e.On = g.Offered // the day from which it is offered: the court's, or the agency's
		}
	case label.Tested:
		rule, ok := s.Rule(label.OnTest)
		e.Rule, e.Ground = rule.ID, cmp.Or(e.Ground, fmt.Sprintf("test:%d", state.Last+1))
		next := *e
		next.Kind, next.Due = label.Suspended, ""
		if ok && rule.Days > 0 {
			next.Kind, next.Due = label.Warned, string(e.On.AddDays(rule.Days))
		}
		return []change{{e, seen}, {&next, -1}}, nil
	}
	return []change{{e, seen}}, nil
}

// theGround is the ground that is meant: the one of that name, or the only one.
func theGround(grounds []label.Ground, name, id string) (label.Ground, error) {
	ids := make([]string, len(grounds))
	for i, g := range grounds {
		if ids[i] = g.ID; g.ID == name {
			return g, nil
		}
	}
	switch {
	case len(grounds) == 0:
		return label.Ground{}, problem.New(problem.Conflict, "nothing stands against label %s that could be taken back", id)
	case name == "" && len(grounds) == 1:
		return grounds[0], nil
	case name == "":
		return label.Ground{}, problem.New(problem.Invalid, "label %s: say which ground is meant: %s", id, strings.Join(ids, ", "))
	}
	slices.Sort(ids)
	return label.Ground{}, problem.New(problem.NotFound, "label %s: no ground %q; there are %s", id, name, strings.Join(ids, ", "))
}
