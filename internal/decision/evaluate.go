package decision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
	"countersign.dev/internal/party"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

// Question is what is asked about a dossier.
type Question struct {
	// Purpose is the one asked for. When empty, every policy is applied that
	// fits the subject's kind.
	Purpose string
	// Policies are those to choose from. One purpose may have several, which
	// then all apply.
	Policies []*policy.Policy
	// Engine is what [Engine] makes of the versions that took part in the
	// dossier.
	Engine string
}

// Timeline is a subject seen on any day with the same knowledge. A
// [dossier.Dossier] is one.
type Timeline interface {
	// On is the dossier as of day, judged only from what had been published on
	// the day first asked about, or by the known day when that is earlier.
	On(day access.Date) *dossier.Dossier
	// Dates is the days, later than the one first asked about and in order, on
	// which On can give something else than on the day before.
	Dates() []access.Date
}

// ErrPurpose is wrapped by the error of asking for a purpose that no policy
// has; the caller should name those there are.
var ErrPurpose = problem.New(problem.Invalid, "no policy for that purpose")

// ErrPosition is wrapped by the error of a dossier that was read at no certain
// position, so that its answer could never be repeated. The caller has to put
// the ledger's position in place of [access.Now].
var ErrPosition = errors.New("position of the ledger not given")

// Evaluate answers q for d. It records nothing. An error means that there is no
// answer: a rule that fails is never taken for one that is silent.
func Evaluate(ctx context.Context, d *dossier.Dossier, q Question) (*Answer, error) {
	return evaluate(ctx, d, d, q)
}

// evaluate is Evaluate with the dossier's other days taken from t.
func evaluate(ctx context.Context, d *dossier.Dossier, t Timeline, q Question) (*Answer, error) {
	if d.At.Position == access.Now || d.At.Position < 0 {
		return nil, fmt.Errorf("answer for %q: %w", d.Query, ErrPosition)
	}
	chosen, err := q.choose(d)
	if err != nil {
		return nil, err
	}
	a := &Answer{
		At: d.At.Date, Known: d.At.Known, Position: d.At.Position,
		Subject:    Subject{ID: d.Subject.ID, Name: d.Subject.Name},
		Candidates: candidatesOf(d),
		Listings:   listingsOf(d),
		Control:    Control{OFAC50: d.Control.OFAC50, BISAffiliates: d.Control.BISAffiliates},
		Reasons:    []Reason{},
		Engine:     q.Engine,
		Query:      d.Query,
		Audience:   d.Audience,
		Software:   d.Software,
		Product:    d.Product,
	}
	if q.Purpose != "" {
		a.Purpose = &q.Purpose
	}
	days, err := changes(ctx, t, d.At.Date, chosen)
	if err != nil {
		return nil, fmt.Errorf("answer for %q: %w", d.Query, err)
	}
	in := inputOf(d)
	for i, p := range chosen {
		result, err := p.Evaluate(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("answer for %q: %w", d.Query, err)
		}
		a.add(p, result, days[i], d)
	}
	a.finish()
	return a, nil
}

// choose is the policies that q applies to d.
func (q *Question) choose(d *dossier.Dossier) ([]*policy.Policy, error) {
	var chosen []*policy.Policy
	kind := kindOf(d)
	for _, p := range q.Policies {
		if q.Purpose == p.Purpose && alike(p, kind) || q.Purpose == "" && (p.Fits(kind) || labelled(d) && p.Fits(policy.KindProduct)) {
			chosen = append(chosen, p)
		}
	}
	slices.SortStableFunc(chosen, func(a, b *policy.Policy) int { return strings.Compare(a.ID, b.ID) })
	switch {
	case len(chosen) > 0:
		return chosen, nil
	case q.Purpose != "" && slices.ContainsFunc(q.Policies, func(p *policy.Policy) bool { return p.Purpose == q.Purpose }):
		return nil, problem.New(problem.Invalid, "%s is %s: no policy for the purpose %s is about that", d.Subject.Name, article(kind), q.Purpose)
	case q.Purpose != "":
		return nil, fmt.Errorf("purpose %q: %w", q.Purpose, ErrPurpose)
	}
	return nil, fmt.Errorf("subject of kind %q: %w", kind, ErrPurpose)
}

// alike reports whether a policy can be asked of a subject for an explicit
// purpose. Among parties it is, whatever kind the subject is of; but a release is
// nobody whom one buys from, and nobody is run. What says who may have a label is
// asked of those who have part in one, of products, and of releases, which a label
// may cover.
func alike(p *policy.Policy, kind party.Kind) bool {
	switch {
	case p.Fits(kind): // also where the kind is not known
		return true
	case kind == policy.KindRelease:
		return p.Fits(policy.KindProduct)
	case kind == policy.KindProduct:
		return false
	}
	return slices.ContainsFunc(p.Kinds, func(k party.Kind) bool { return k != policy.KindRelease })
}

// labelled reports whether the subject is a release that a label was given to,
// and so a product too.
func labelled(d *dossier.Dossier) bool {
	return d.Product != nil && slices.ContainsFunc(d.Labels, func(l dossier.Label) bool { return l.Status != label.None })
}

func article(kind party.Kind) string {
	switch kind {
	case policy.KindRelease:
		return "a release"
	case policy.KindProduct:
		return "a product"
	}
	return "a party"
}

// add joins one policy's result to the answer.
func (a *Answer) add(p *policy.Policy, result policy.Result, changes access.Date, d *dossier.Dossier) {
	a.applied = append(a.applied, PolicyAnswer{
		PolicyRef: PolicyRef{Name: p.ID, Digest: p.Digest}, Purpose: p.Purpose,
		Verdict: result.Verdict, ChangesOn: optional(changes),
	})
	for i := range result.Reasons {
		r := &result.Reasons[i]
		a.Reasons = append(a.Reasons, Reason{
			Policy: p.ID, Rule: r.Rule, Verdict: r.Verdict, Because: r.Because, Cite: r.Cite,
			Listing: r.Listing, Consequence: r.Consequence, Control: r.Control, About: r.About, Evidence: evidenceFor(r, d),
		})
	}
}

// finish makes the whole of what the policies answered: the worst verdict, the
// earliest change, the worst reasons first and the lines of the card.
func (a *Answer) finish() {
	slices.SortStableFunc(a.Reasons, func(x, y Reason) int {
		return cmp.Compare(ExitCode(y.Verdict), ExitCode(x.Verdict))
	})
	a.Verdict, a.ChangesOn = total(a.applied)
	a.Answers = a.lines()
	if len(a.applied) > 1 {
		a.Policies = a.applied
		return
	}
	a.Policy = &a.applied[0].PolicyRef
	for i := range a.Reasons {
		a.Reasons[i].Policy = ""
	}
}

// total is the worst verdict and the earliest change of several.
func total(answers []PolicyAnswer) (policy.Verdict, *access.Date) {
	verdict, changes := policy.Allow, access.Forever
	for _, p := range answers {
		verdict = policy.Worst(verdict, p.Verdict)
		if p.ChangesOn != nil {
			changes = min(changes, *p.ChangesOn)
		}
	}
	return verdict, optional(changes)
}
