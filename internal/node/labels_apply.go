package node

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/problem"
)

// taking is in which role a reader takes part in a label, and for whom.
type taking struct {
	Role         access.Role
	Organisation string
}

// authority is the organisation that gives the labels of a scheme: the one it
// names, or the one that runs this node.
func (n *Node) authority(ctx context.Context, s *label.Scheme) (string, error) {
	if s.Authority.Organisation != "" {
		return s.Authority.Organisation, nil
	}
	return n.home(ctx)
}

// home is the id of the organisation that runs this node.
func (n *Node) home(ctx context.Context) (string, error) {
	home, err := n.runBy(ctx)
	return cmp.Or(home.ID, "authority"), err
}

// authorityName is what the authority of a scheme is called: as the scheme says,
// unless it leaves that to the node.
func (n *Node) authorityName(ctx context.Context, s *label.Scheme) (string, error) {
	if s.Authority.Organisation != "" || s.Authority.Name != label.AnyAuthority {
		return s.Authority.Name, nil
	}
	home, err := n.runBy(ctx)
	return cmp.Or(home.Name, s.Authority.Name), err
}

// runBy is the organisation that runs this node; the zero value when there is none.
func (n *Node) runBy(ctx context.Context) (access.Organisation, error) {
	all, err := n.Access.Organisations(ctx, access.Operator)
	for _, o := range all {
		if o.Home {
			return o, err
		}
	}
	return access.Organisation{}, err
}

// mayAs refuses a reader that does not hold one of the roles in the organisation,
// and else says in which it acts. The operator acts for every organisation.
func mayAs(by access.Reader, organisation, what string, roles ...access.Role) (taking, error) {
	if by.Operator {
		return taking{Role: roles[0], Organisation: organisation}, nil
	}
	if held := by.Roles[organisation]; organisation != "" && slices.Contains(roles, held) {
		return taking{Role: held, Organisation: organisation}, nil
	}
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return taking{}, problem.New(problem.Denied, "%s may not %s; that wants the role %s in %s", cmp.Or(by.Member, "who is not signed in"), what, strings.Join(names, " or "), cmp.Or(organisation, "an organisation"))
}

// applicant is for whom a reader applies: the organisation in which it is a maker.
func applicant(by access.Reader, a *label.Application) (taking, error) {
	maker := a.Party(label.Maker)
	if by.Operator {
		return taking{Role: access.RoleMaker, Organisation: cmp.Or(maker.Organisation, slug(maker.Name), "maker")}, nil
	}
	for _, org := range slices.Sorted(maps.Keys(by.Roles)) {
		if by.Roles[org] == access.RoleMaker && (maker.Organisation == "" || maker.Organisation == org) {
			return taking{Role: access.RoleMaker, Organisation: org}, nil
		}
	}
	if maker.Organisation != "" {
		return mayAs(by, maker.Organisation, "apply for a label", access.RoleMaker)
	}
	return taking{}, problem.New(problem.Denied, "%s may not apply for a label; that wants the role maker", cmp.Or(by.Member, "who is not signed in"))
}

// slug is an organisation's id made of a name.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String()[:min(b.Len(), 64)], "-")
}

// partakers is who may see an application: the maker, the authority and the
// laboratory.
func partakers(organisations ...string) (access.Audience, error) {
	var clauses []string
	for _, o := range organisations {
		if o != "" && !slices.Contains(clauses, "org:"+o) {
			clauses = append(clauses, "org:"+o)
		}
	}
	return access.ParseAudience(strings.Join(clauses, "|"))
}

// ApplyOptions say what becomes of an application.
type ApplyOptions struct {
	ID     string // of the draft that it changes; "" for a new one
	Submit bool   // hand it in; else it is kept as a draft

	newID string // that a new one gets; "" for a random one
}

// Apply keeps a maker's application, or hands it in.
func (n *Node) Apply(ctx context.Context, ask access.Ask, a *label.Application, opts ApplyOptions) (*LabelState, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	ask, err := n.settled(ctx, ask)
	if err != nil {
		return nil, err
	}
	scheme, err := n.scheme(ctx, ask, a.Scheme)
	if err != nil {
		return nil, err
	}
	as, err := applicant(ask.Reader, a)
	if err != nil {
		return nil, err
	}
	for i := range a.Parties {
		if a.Parties[i].Role == label.Maker {
			a.Parties[i].Organisation = as.Organisation
		}
	}
	id, seen := cmp.Or(opts.newID, core.NewID(rand.Reader)), 0
	if opts.ID != "" {
		if id, seen, err = n.ownDraft(ctx, ask, opts.ID, as); err != nil {
			return nil, err
		}
	}
	e := &label.Event{
		Label: id, Kind: label.Drafted, On: access.DateOf(n.now()), Scheme: scheme.ID, Application: a, Reason: "a draft was kept",
		Actor: ask.Reader.Member, Organisation: as.Organisation, Role: as.Role, Rules: map[string]string{"scheme": scheme.Digest}, From: a.Evidence,
	}
	if opts.Submit {
		if err := a.Complete(scheme); err != nil {
			return nil, err
		}
		set, err := n.Criteria(ctx, n.moment(ask), scheme)
		if err != nil {
			return nil, err
		}
		if _, err := profileOf(scheme, set, a.Tier); err != nil {
			return nil, err
		}
		e.Kind, e.Reason = label.Applied, "the application was handed in"
	}
	audience, err := n.applicationAudience(ctx, scheme, a, as.Organisation)
	if err != nil {
		return nil, err
	}
	if err := n.appendLabels(ctx, audience, ask.Reader.Member, []change{{e, seen}}); err != nil {
		return nil, err
	}
	return n.Label(ctx, n.moment(ask), id)
}

// moment is an ask of the same reader about this moment, by the node's clock.
func (n *Node) moment(ask access.Ask) access.Ask {
	return access.Ask{Reader: ask.Reader, At: access.At{Date: access.DateOf(n.now()), Position: access.Now}}
}

// ownDraft is a label that a maker may still change, and the last event that it has.
func (n *Node) ownDraft(ctx context.Context, ask access.Ask, id string, as taking) (string, int, error) {
	id, err := labelID(id)
	if err != nil {
		return "", 0, err
	}
	ask, err = n.Ledger.Resolve(ctx, n.moment(ask))
	if err != nil {
		return "", 0, err
	}
	events, err := n.wholeEvents(ctx, ask, id)
	if err != nil {
		return "", 0, err
	}
	if len(events) == 0 || events[0].Organisation != as.Organisation {
		return "", 0, noLabel(id)
	}
	return id, lastSeen(events), nil
}

// applicationAudience is who may see an application, and what is said of it. A
// draft may name no maker yet: others are added by their organisations.
func (n *Node) applicationAudience(ctx context.Context, s *label.Scheme, a *label.Application, others ...string) (access.Audience, error) {
	authority, err := n.authority(ctx, s)
	if err != nil {
		return access.Public, err
	}
	return partakers(append([]string{a.Party(label.Maker).Organisation, authority, a.Party(label.Laboratory).Organisation}, others...)...)
}

// lastApplication is the application as it was last kept; nil when the events
// have none.
func lastApplication(events []*label.Event) *label.Application {
	for _, e := range slices.Backward(events) {
		if e.Application != nil {
			return e.Application
		}
	}
	return nil
}

// raw is v as JSON; what is given to it can always be written so.
func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
