package node

import (
	"context"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/attestation"
	testreport "countersign.dev/internal/assurance/report"
	"countersign.dev/internal/assurance/ssdf"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// admit refuses what its reader may not add for an audience, and what may not be
// seen by that audience at all. It asks by what a document says, so that every
// door has the same answer.
func (n *Node) admit(ctx context.Context, by access.Reader, f *intake.ReadFile, audience access.Audience) error {
	r := f.Reading
	if audience.IsPublic() && concernsAll(r) && !by.Is(access.RoleAdministrator) {
		return problem.New(problem.Denied, "%s: a policy, programme, scheme, catalogue, profile, advisory, statement or trust anchor for everybody changes everybody's answers; only an administrator may add it. For your organisation name its audience", f.Name)
	}
	if audience.IsPublic() && confidential(r) {
		return problem.New(problem.Invalid, "%s: a third party's assessment belongs to the form, which is then not to be posted in public; name who may see it with --audience", f.Name)
	}
	if lab := reportOf(r); audience.IsPublic() && lab != "" && !by.Is(access.RoleAdministrator) && by.Roles[lab] != access.RoleLaboratory {
		return problem.New(problem.Denied, "%s: a report of the laboratory %s for everybody is for that laboratory to add; for your organisation name its audience", f.Name, lab)
	}
	if err := n.admitCriteria(ctx, r, f.Bytes, audience, by); err != nil {
		return problem.Wrap(problem.KindOf(err), err, "%s", f.Name)
	}
	return nil
}

// confidential reports whether a reading is of an attestation form that must not
// be posted in public, signed or not.
func confidential(r *ledger.Reading) bool {
	return slices.ContainsFunc(r.Statements, func(s ledger.Statement) bool {
		switch body := s.Body.(type) {
		case ssdf.Evidence:
			return body.Confidential
		case *attestation.Claim:
			return body.Answers != nil && body.Answers.Confidential
		}
		return false
	})
}

// reportOf is the laboratory whose test report a reading is of; "" when it is of
// none.
func reportOf(r *ledger.Reading) string {
	for _, s := range r.Statements {
		if e, ok := s.Body.(testreport.Evidence); ok {
			return e.Laboratory.Organisation
		}
	}
	return ""
}
