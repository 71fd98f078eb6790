package node

import (
	"context"
	"math"
	"slices"
	"strings"

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

// DecideFile takes in the bill of materials, answers for its release as this very
// bill describes it, and records the decision. A newer bill of the release, or
// one of the same day, changes nothing about that: what is asked for is the
// digest of the bytes.
func (n *Node) DecideFile(ctx context.Context, ask access.Ask, f intake.File, q Question, opts ImportOptions) (*decision.Answer, error) {
	f, err := intake.Unpack(f)
	if err != nil {
		return nil, err
	}
	if !intake.IsBill(f) {
		return nil, problem.New(problem.Invalid, "%s: %w", f.Name, ErrNoBill)
	}
	report, err := n.Import(ctx, ask.Reader, []intake.File{f}, opts)
	if err != nil {
		return nil, err
	}
	if len(report.Failed) > 0 {
		return nil, problem.New(problem.Invalid, "%s", report.Failed[0])
	}
	q.Subject = ledger.Digest(f.Bytes)
	return n.Decide(ctx, ask, q)
}

// kindBill is the kind of documents that bills of materials are.
const kindBill = "software.sbom"

// bill lays a bill that is held, and that the subject names by its digest, over
// what is held of its release; nil when the subject names none that the reader
// may see.
func (n *Node) bill(ctx context.Context, ask access.Ask, subject string) (*overlay, error) {
	digest, err := ledger.ParseDigest(subject)
	if err != nil {
		return nil, nil //nolint:nilerr // no digest, and so no bill
	}
	e, err := n.Ledger.ByDigest(ctx, ask, digest)
	if problem.KindOf(err) == problem.NotFound || err == nil && e.Kind != kindBill {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	body, err := n.Ledger.Body(ctx, ask, e.Position)
	if err != nil {
		return nil, err
	}
	over, err := layOver(ctx, intake.File{Name: e.Name, Bytes: body}, ask.At.Known)
	if err != nil {
		return nil, err
	}
	for i := range over.facts {
		over.facts[i].Document, over.facts[i].Audience = e.Position, e.Audience
	}
	return over, nil
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
	builder := &dossier.Builder{Facts: over.through(n), Matcher: n.builder.Matcher, Labels: true}
	d, err := builder.Build(ctx, ask, over.release)
	if err != nil {
		return nil, err
	}
	return d, n.attest(ctx, ask, d)
}

// ErrNoBill is wrapped by the error about a file that is no bill of materials.
var ErrNoBill = problem.New(problem.Invalid, "no bill of materials; CycloneDX and SPDX are read")

// overlay is facts that are not held, from a file that is only looked at.
type overlay struct {
	release string
	source  string // of the bill
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
			o.release, o.source = s.Subject, r.Source
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
	return &overlay{release: o.release, source: o.source, facts: o.facts, Facts: base}
}

// hides reports whether a fact that is held is left out, because the file that
// is laid over says it otherwise or again: other bills of its release, and what
// the same bytes say where they are held.
func (o *overlay) hides(f *ledger.Fact) bool {
	return f.Subject == o.release && strings.HasPrefix(f.Kind, "software.") || f.Source == o.source
}

// BySubject is all facts about these subjects.
func (o *overlay) BySubject(ctx context.Context, ask access.Ask, subjects ...string) ([]ledger.Fact, error) {
	held, err := o.Facts.BySubject(ctx, ask, subjects...)
	if err != nil {
		return nil, err
	}
	held = slices.DeleteFunc(held, func(f ledger.Fact) bool { return o.hides(&f) })
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
	held = slices.DeleteFunc(held, func(f ledger.Fact) bool { return o.hides(&f) })
	for _, f := range o.facts {
		if f.Term != "" && slices.Contains(kinds, f.Kind) && slices.Contains(terms, f.Term) {
			held = append(held, f)
		}
	}
	return held, nil
}
