package node

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

// IssueOptions say what the authority decides when it gives a label.
type IssueOptions struct {
	ValidFrom  access.Date // today when ""
	ValidUntil access.Date // as the scheme has it when ""; never later
	Reason     string
}

// Issue gives a label: it signs its document and the core of its QR code, and
// makes it public.
func (n *Node) Issue(ctx context.Context, ask access.Ask, id string, opts IssueOptions) (*LabelState, error) {
	p, err := n.proceeding(ctx, n.moment(ask), id)
	if err != nil {
		return nil, err
	}
	as, err := mayAs(ask.Reader, p.authority, "give a label", access.RoleAuthority)
	if err != nil {
		return nil, err
	}
	made, err := n.assessedOf(p.events)
	if err != nil {
		return nil, err
	}
	today := access.DateOf(n.now())
	terms, err := p.terms(made, opts, today)
	if err != nil {
		return nil, err
	}
	if err := n.unrestricted(ctx, ask, p.scheme, terms); err != nil {
		return nil, err
	}
	issued, document, err := n.signed(ctx, p, terms, tallied(made), label.Issued, today)
	if err != nil {
		return nil, err
	}
	e := issued.event
	e.Organisation, e.Role = as.Organisation, as.Role
	e.Reason = cmp.Or(opts.Reason, "the label was given")
	if err := n.appendLabels(ctx, access.Public, ask.Reader.Member, []change{issued}, document); err != nil {
		return nil, err
	}
	return n.Label(ctx, n.moment(ask), p.id)
}

// assessedOf is the assessment by which an application was found to be in order.
func (n *Node) assessedOf(events []*label.Event) (*assessment.Assessment, error) {
	for _, e := range slices.Backward(events) {
		if e.Kind == label.Applied {
			break // handed in anew: what was assessed is not what is asked for
		}
		if e.Kind == label.Assessed {
			a := new(assessment.Assessment)
			if err := json.Unmarshal(e.Assessment, a); err != nil {
				return nil, fmt.Errorf("assessment of label %s: %w", e.Label, err)
			}
			return a, nil
		}
	}
	return nil, problem.New(problem.Conflict, "label %s: the application has not been assessed", events[0].Label)
}

// terms are what the label will say.
func (p *proceeding) terms(a *assessment.Assessment, opts IssueOptions, today access.Date) (*label.Terms, error) {
	from := cmp.Or(opts.ValidFrom, today)
	if p.scheme.InForce.From > from || p.scheme.InForce.Until != "" && p.scheme.InForce.Until <= from {
		return nil, problem.New(problem.Conflict, "scheme %s is not in force on %s", p.scheme.ID, from)
	}
	if from < today {
		return nil, problem.New(problem.Invalid, "valid from %s: a label counts from the day on which it is given, %s, or later", from, today)
	}
	until, by := p.scheme.Ends(from, p.application.SupportEnd)
	if opts.ValidUntil != "" && opts.ValidUntil < until {
		until, by = opts.ValidUntil, label.EndsByValidity
	}
	if until <= from {
		return nil, problem.New(problem.Conflict, "the label would end on %s, before it begins: the maker's support ends too soon", until)
	}
	app := p.application
	return &label.Terms{
		Scheme: p.scheme.ID, Tier: app.Tier, Profile: p.profile.ID, ProfileHash: p.profile.Digest, Product: app.Product, Model: app.Model,
		Releases: app.Releases, Parties: p.parties(), Registry: app.Registry,
		Controls:   label.Tally{Met: a.Met, NotMet: a.NotMet, NotApplicable: a.NotApplicable, Unknown: a.Unknown},
		Authorised: today, ValidFrom: from, ValidUntil: until, SupportEnd: app.SupportEnd, EndsBy: by,
	}, nil
}

// parties are those of the application, the maker first, and whoever gives the
// label.
func (p *proceeding) parties() []label.Party {
	out := slices.Clone(p.application.Parties)
	if p.application.Party(label.Administrator).Name == "" {
		out = append(out, label.Party{
			Role: label.Administrator, Name: p.scheme.Authority.Name, Country: p.scheme.Authority.Country, Contact: p.scheme.Authority.Contact, Organisation: p.authority,
		})
	}
	order := []label.Role{label.Maker, label.Owner, label.Laboratory, label.Administrator}
	slices.SortStableFunc(out, func(a, b label.Party) int { return slices.Index(order, a.Role) - slices.Index(order, b.Role) })
	return out
}

// unrestricted refuses to give a label to whom the scheme's policy bars.
func (n *Node) unrestricted(ctx context.Context, ask access.Ask, s *label.Scheme, t *label.Terms) error {
	rule, ok := s.Rule(label.OnParty)
	if !ok {
		return nil
	}
	for _, party := range t.Parties {
		if !slices.Contains(rule.Roles, party.Role) {
			continue
		}
		a, _, err := n.Check(ctx, n.moment(ask), Question{Subject: party.Asked(), Purpose: purposeLabel})
		if err != nil {
			return err
		}
		if a.Verdict == policy.Deny {
			because := ""
			for _, r := range a.Reasons {
				if r.Verdict == policy.Deny {
					because = r.Because
					break
				}
			}
			return problem.New(problem.Conflict, "the %s may not take part: %s", party.Role, because)
		}
	}
	return nil
}

// purposeLabel is the purpose of the policies that say who may take part.
const purposeLabel = "label"

// signed is an event by which a label says something from then on, and its signed
// document.
func (n *Node) signed(ctx context.Context, p *proceeding, t *label.Terms, said label.Said, kind label.Kind, today access.Date) (change, ledger.Document, error) {
	key, err := n.issuerKey(ctx, p.scheme.Authority.Name)
	if err != nil {
		return change{}, ledger.Document{}, err
	}
	said.ID, said.Terms, said.Scheme = p.id, *t, p.scheme.Digest
	signed, err := label.Issuer{Key: key, Registry: n.registry}.Sign(said, n.now())
	if err != nil {
		return change{}, ledger.Document{}, err
	}
	sum := sha256.Sum256(signed)
	url, _, err := core.Encode(core.Core{
		ID: p.id, Maker: t.Party(label.Maker).Name, Product: t.Product, Tier: t.Tier, Issued: t.Authorised, ValidUntil: t.ValidUntil, SupportEnd: t.SupportEnd,
		Document: [8]byte(sum[:8]), Scheme: t.Scheme,
	}, strings.ToUpper(n.registry), key)
	if err != nil {
		return change{}, ledger.Document{}, err
	}
	on := today
	if kind == label.Issued {
		on = t.ValidFrom
	}
	e := &label.Event{
		Label: p.id, Kind: kind, On: on, Scheme: p.scheme.ID, Terms: t, Document: ledger.Digest(signed), Code: url[strings.LastIndexByte(url, '/')+1:], Rules: p.digests(),
	}
	part := fmt.Sprintf("document-%06d", len(p.events)+1)
	return change{e, len(p.events)}, ledger.Document{
		Bytes: signed, Kind: label.KindDocument, Source: "label/" + p.id, Part: part, Name: part + ".dsse.json", Published: today, Mode: ledger.Chronicle,
	}, nil
}
