package node

import (
	"context"
	"math"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software"
)

// CheckFile answers for the release that a bill of materials describes, as if
// the file were held. It takes nothing in and records nothing.
func (n *Node) CheckFile(ctx context.Context, ask access.Ask, f intake.File, q Question) (*decision.Answer, *dossier.Dossier, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, nil, err
	}
	over, err := layOver(ctx, f, ask.At.Known)
	if err != nil {
		return nil, nil, err
	}
	q.Subject = over.release
	return n.checkWith(ctx, over.through, ask, q)
}

// DecideFile takes in the bill of materials, answers for its release and records
// the decision.
func (n *Node) DecideFile(ctx context.Context, ask access.Ask, f intake.File, q Question, opts ImportOptions) (*decision.Answer, error) {
	over, err := layOver(ctx, f, access.DateOf(n.now()))
	if err != nil {
		return nil, err
	}
	report, err := n.Import(ctx, ask.Reader, []intake.File{f}, opts)
	if err != nil {
		return nil, err
	}
	if len(report.Failed) > 0 {
		return nil, problem.New(problem.Invalid, "%s", report.Failed[0])
	}
	q.Subject = over.release
	return n.Decide(ctx, ask, q)
}

// ShowFile is everything held about the release that a bill of materials
// describes, as if the file were held.
func (n *Node) ShowFile(ctx context.Context, ask access.Ask, f intake.File) (*dossier.Dossier, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	over, err := layOver(ctx, f, ask.At.Known)
	if err != nil {
		return nil, err
	}
	builder := &dossier.Builder{Facts: over.through(n), Matcher: n.builder.Matcher}
	return builder.Build(ctx, ask, over.release)
}

// ErrNoBill is wrapped by the error about a file that is no bill of materials.
var ErrNoBill = problem.New(problem.Invalid, "no bill of materials; CycloneDX and SPDX are read")

// overlay is facts that are not held, from a file that is only looked at.
type overlay struct {
	release string
	facts   []ledger.Fact
	dossier.Facts
}

// layOver reads a file and makes facts of what it states.
func layOver(ctx context.Context, f intake.File, known access.Date) (*overlay, error) {
	editions, failed := intake.Read(ctx, []intake.File{f}, intake.Options{})
	if len(failed) > 0 {
		return nil, failed[0]
	}
	out := &overlay{}
	for _, e := range editions {
		for _, file := range e.Files {
			if err := out.add(file.Reading, known); err != nil {
				return nil, err
			}
		}
	}
	if out.release == "" {
		return nil, problem.New(problem.Invalid, "%s: %w", f.Name, ErrNoBill)
	}
	return out, nil
}

// add takes what a reading states as stated on the known day.
func (o *overlay) add(r *ledger.Reading, known access.Date) error {
	for _, s := range r.Statements {
		if s.Kind == software.FactRelease && o.release == "" {
			o.release = s.Subject
		}
		f, err := ledger.Unheld(s, r.Source, known)
		if err != nil {
			return err
		}
		f.ID = math.MaxInt64 - int64(len(o.facts))
		o.facts = append(o.facts, f)
	}
	return nil
}

// through reads facts of base, and before them those that are laid over.
func (o *overlay) through(base dossier.Facts) dossier.Facts {
	return &overlay{release: o.release, facts: o.facts, Facts: base}
}

// BySubject is all facts about these subjects.
func (o *overlay) BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error) {
	held, err := o.Facts.BySubject(ctx, ask, subjects...)
	if err != nil {
		return nil, err
	}
	for _, f := range o.facts {
		if slices.Contains(subjects, f.Subject) {
			held = append(held, f)
		}
	}
	return held, nil
}

// ByTerm is the facts of these kinds with one of these terms.
func (o *overlay) ByTerm(ctx context.Context, ask access.Ask, kinds, terms []string, limit int) ([]ledger.Fact, error) {
	held, err := o.Facts.ByTerm(ctx, ask, kinds, terms, limit)
	if err != nil {
		return nil, err
	}
	for _, f := range o.facts {
		if f.Term != "" && slices.Contains(kinds, f.Kind) && slices.Contains(terms, f.Term) {
			held = append(held, f)
		}
	}
	return held, nil
}
