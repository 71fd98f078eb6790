package node

import (
	"context"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/label"
	"countersign.dev/internal/problem"
)

// Amendment is what changes in what a label says. Empty fields change nothing.
type Amendment struct {
	Releases   []label.Release // those that it covers from now on, in place of those before
	SupportEnd access.Date     // later than before: support may not shrink
	Reason     string
}

// Amend changes what a label says: it covers another release, which remedies
// what stood against the one before, or support is longer. Its document and code
// are signed anew. How the controls came out is as it was assessed.
func (n *Node) Amend(ctx context.Context, ask access.Ask, id string, m Amendment) (*LabelState, error) {
	p, err := n.proceeding(ctx, n.moment(ask), id)
	if err != nil {
		return nil, err
	}
	as, err := mayAs(ask.Reader, p.authority, "change what a label says", access.RoleAuthority)
	if err != nil {
		return nil, err
	}
	today := access.DateOf(n.now())
	state := label.Fold(p.events, today)
	if state.Terms == nil {
		return nil, problem.New(problem.Conflict, "label %s was not given yet", p.id)
	}
	terms := *state.Terms
	if err := m.apply(&terms, p.scheme); err != nil {
		return nil, err
	}
	before, err := n.LabelSaid(ctx, n.moment(ask), p.id)
	if err != nil {
		return nil, err
	}
	amended, document, err := n.signed(ctx, p, &terms, label.Said{Met: before.Met, NotMet: before.NotMet, NotApplicable: before.NotApplicable}, label.Amended, today)
	if err != nil {
		return nil, err
	}
	e := amended.event
	e.Organisation, e.Role = as.Organisation, as.Role
	if e.Reason, err = label.Sentence("reason", m.Reason); err != nil {
		return nil, err
	}
	if err := n.appendLabels(ctx, access.Public, ask.Reader.Member, []change{amended}, document); err != nil {
		return nil, err
	}
	return n.Label(ctx, n.moment(ask), p.id)
}

// apply changes terms, as far as a scheme lets them.
func (m *Amendment) apply(t *label.Terms, s *label.Scheme) error {
	if strings.TrimSpace(m.Reason) == "" {
		return problem.New(problem.Invalid, "say why: a label is amended with a reason, which is public")
	}
	if len(m.Releases) == 0 && m.SupportEnd == "" {
		return problem.New(problem.Invalid, "nothing to amend: name releases or the end of support")
	}
	if len(m.Releases) > 0 {
		check := label.Application{Scheme: s.ID, Releases: m.Releases}
		if err := check.Validate(); err != nil {
			return err
		}
		for _, r := range m.Releases {
			if r.PURL == "" || len(r.Digests) == 0 {
				return problem.New(problem.Invalid, "release %q: want a purl and the digest of what is shipped", r.PURL)
			}
		}
		t.Releases = m.Releases
	}
	if m.SupportEnd != "" {
		if m.SupportEnd < t.SupportEnd {
			return problem.New(problem.Invalid, "support until %s: it was promised until %s, and may not shrink", m.SupportEnd, t.SupportEnd)
		}
		was, _ := s.Ends(t.ValidFrom, t.SupportEnd)
		t.SupportEnd = m.SupportEnd
		if t.ValidUntil >= was { // else the authority gave it for less time, which longer support does not change
			t.ValidUntil, t.EndsBy = s.Ends(t.ValidFrom, t.SupportEnd)
		}
	}
	return nil
}

// tallied is how controls came out, for a label's document.
func tallied(a *assessment.Assessment) label.Said {
	return label.Said{Met: a.With(assessment.Met), NotMet: a.With(assessment.NotMet), NotApplicable: a.With(assessment.NotApplicable)}
}
