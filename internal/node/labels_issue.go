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
	"countersign.dev/internal/decision"
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
	if err := n.IssueMany(ctx, ask, []string{id}, opts); err != nil {
		return nil, err
	}
	return n.Label(ctx, n.moment(ask), id)
}

// issueGroup is how many labels are given in one edition.
const issueGroup = 250

// IssueMany gives labels, in groups: of each group all or none. A party that
// several have in common is screened once.
func (n *Node) IssueMany(ctx context.Context, ask access.Ask, ids []string, opts IssueOptions) error {
	screened := map[string]error{}
	for group := range slices.Chunk(ids, issueGroup) {
		var changes []change
		var documents []ledger.Document
		for _, id := range group {
			c, doc, err := n.issue(ctx, ask, id, opts, screened)
			if err != nil {
				return err
			}
			changes, documents = append(changes, c), append(documents, doc)
		}
		if err := n.appendLabels(ctx, access.Public, ask.Reader.Member, changes, documents...); err != nil {
			return err
		}
	}
	return nil
}

// issue makes the event by which a label is given, and its document.
func (n *Node) issue(ctx context.Context, ask access.Ask, id string, opts IssueOptions, screened map[string]error) (change, ledger.Document, error) {
	none := ledger.Document{}
	p, err := n.proceeding(ctx, n.moment(ask), id)
	if err != nil {
		return change{}, none, err
	}
	as, err := mayAs(ask.Reader, p.authority, "give a label", access.RoleAuthority)
	if err != nil {
		return change{}, none, err
	}
	today := access.DateOf(n.now())
	made, err := assessedOf(p.events, today)
	if err != nil {
		return change{}, none, err
	}
	terms, err := p.terms(made, opts, today)
	if err != nil {
		return change{}, none, err
	}
	if err := n.unrestricted(ctx, ask, p.scheme, terms, screened); err != nil {
		return change{}, none, err
	}
	issued, document, err := n.signed(ctx, p, terms, tallied(made), label.Issued, today)
	if err != nil {
		return change{}, none, err
	}
	e := issued.event
	e.Organisation, e.Role = as.Organisation, as.Role
	e.Reason, err = label.Sentence("reason", cmp.Or(opts.Reason, "the label was given"))
	return issued, document, err
}

// assessedOf is the assessment by which an application was found to be in order.
// What was judged after it was closed, or has lapsed since, may have brought it
// down: then it is to be closed again, which looks at everything.
func assessedOf(events []*label.Event, today access.Date) (*assessment.Assessment, error) {
	refuse := func(format string, args ...any) (*assessment.Assessment, error) {
		return nil, problem.New(problem.Conflict, "label %s: %s", events[0].Label, fmt.Sprintf(format, args...))
	}
	judged := false
	for _, e := range slices.Backward(events) {
		switch e.Kind {
		case label.Applied:
			return refuse("the application has not been assessed") // handed in anew: what was assessed is not what is asked for
		case label.Judged:
			judged = true
		case label.Assessed:
			a := new(assessment.Assessment)
			if err := json.Unmarshal(e.Assessment, a); err != nil {
				return nil, fmt.Errorf("assessment of label %s: %w", e.Label, err)
			}
			switch {
			case judged:
				return refuse("controls were judged since the assessment was closed; close it again")
			case a.ChangesOn != "" && a.ChangesOn <= today:
				return refuse("what the assessment of %s rests on has changed on %s; close it again", a.On, a.ChangesOn)
			}
			return a, nil
		}
	}
	return refuse("the application has not been assessed")
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
		why := "that is when it was to end"
		if by == label.EndsBySupport {
			why = "the maker's support ends too soon"
		}
		return nil, problem.New(problem.Conflict, "the label would end on %s, before it begins on %s: %s", until, from, why)
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
			Role: label.Administrator, Name: p.authorityName, Country: p.scheme.Authority.Country, Contact: p.scheme.Authority.Contact, Organisation: p.authority,
		})
	}
	order := []label.Role{label.Maker, label.Owner, label.Laboratory, label.Administrator}
	slices.SortStableFunc(out, func(a, b label.Party) int { return slices.Index(order, a.Role) - slices.Index(order, b.Role) })
	return out
}

// unrestricted refuses to give a label to whom the scheme's policy bars. What it
// finds of a party it remembers in screened.
func (n *Node) unrestricted(ctx context.Context, ask access.Ask, s *label.Scheme, t *label.Terms, screened map[string]error) error {
	rule, ok := s.Rule(label.OnParty)
	if !ok {
		return nil
	}
	for _, party := range t.Parties {
		if !slices.Contains(rule.Roles, party.Role) {
			continue
		}
		for _, sought := range party.Sought() {
			key := string(party.Role) + "\n" + sought
			if _, known := screened[key]; !known {
				a, _, err := n.Check(ctx, n.moment(ask), Question{Subject: sought, Purpose: purposeLabel, Party: true})
				if err != nil {
					return err
				}
				screened[key] = nil
				if a.Verdict == policy.Deny {
					screened[key] = problem.New(problem.Conflict, "the %s may not take part: %s", party.Role, denied(a))
				}
			}
			if err := screened[key]; err != nil {
				return err
			}
		}
	}
	return nil
}

// denied is the first reason for a verdict of deny.
func denied(a *decision.Answer) string {
	for _, r := range a.Reasons {
		if r.Verdict == policy.Deny {
			return r.Because
		}
	}
	return ""
}

// purposeLabel is the purpose of the policies that say who may take part.
const purposeLabel = "label"

// signed is an event by which a label says something from then on, and its signed
// document.
func (n *Node) signed(ctx context.Context, p *proceeding, t *label.Terms, said label.Said, kind label.Kind, today access.Date) (change, ledger.Document, error) {
	key, err := n.issuerKey(ctx, p.authorityName)
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
	part := fmt.Sprintf("document-%06d", lastSeen(p.events)+1)
	return change{e, lastSeen(p.events)}, ledger.Document{
		Bytes: signed, Kind: label.KindDocument, Source: "label/" + p.id, Part: part, Name: part + ".dsse.json", Published: today, Mode: ledger.Chronicle,
	}, nil
}
