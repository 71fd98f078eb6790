package node

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/assurance/scorecard"
	"countersign.dev/internal/ledger"
)

// attestedFacts is what is attested of the releases of an application, as far as
// it counts on the day; by whom builds and summaries of verifications are
// trusted; from which repositories the releases were built; and the newest
// scorecard of one of those.
func (n *Node) attestedFacts(ctx context.Context, ask access.Ask, p *proceeding, f *assessment.Facts) error {
	j, err := n.judge(ctx, ask)
	if err != nil {
		return err
	}
	j.vouch(f)
	var commits []string
	for _, r := range f.Releases {
		q := attestation.Question{Digests: r.Digests, Organisation: f.Maker}
		if r.PURL != "" {
			q.Packages = []string{r.PURL}
		}
		verdicts, _, err := n.judgeAbout(ctx, ask, j, q)
		if err != nil {
			return err
		}
		for i := range verdicts {
			v := &verdicts[i]
			if v.Result != attestation.Valid {
				continue
			}
			if a, ok := assessed(v); ok {
				f.Attestations = append(f.Attestations, a)
			}
			if v.Says != nil && strings.HasPrefix(v.PredicateType, intoto.TypeSLSAProvenance) && v.Says.Source != "" {
				f.Sources = append(f.Sources, v.Says.Source)
				commits = append(commits, v.Says.Commit)
			}
		}
	}
	return n.scorecardOf(ctx, ask, p, f, commits)
}

// assessed is a verdict as assessors look at it.
func assessed(v *attestation.Verdict) (assessment.Attestation, bool) {
	a := assessment.Attestation{Identity: v.Signer.Identity, Issuer: v.Signer.Issuer, Evidence: assessment.Evidence{
		Digest: v.Document, Kind: attestation.Kind, Title: v.Title, Position: v.Position, About: v.About(), Signer: v.Organisation, ValidFrom: v.From, ValidUntil: v.Until,
	}}
	if a.Identity == "" {
		a.Identity = v.Signer.KeyID
	}
	switch t := v.PredicateType; {
	case t == attestation.Signature:
		a.Kind = assessment.KindSignature
	case t == intoto.TypeRelease:
		a.Kind = assessment.KindRelease
	case strings.HasPrefix(t, intoto.TypeSLSAProvenance) && v.Says != nil:
		a.Kind, a.Builder = assessment.KindProvenance, v.Says.Builder
	case strings.HasPrefix(t, intoto.TypeSLSASummary) && v.Says != nil:
		a.Kind, a.Builder, a.Level = assessment.KindSummary, v.Says.Verifier, attestation.SummaryLevel(v.Says)
	default:
		return a, false
	}
	return a, true
}

// vouch tells the assessors whom the anchors trust as builders and verifiers.
func (j *judge) vouch(f *assessment.Facts) {
	for _, s := range j.anchors.Signers {
		for i := range s.Signers {
			one := &s.Signers[i]
			f.Builders = append(f.Builders, vouched(one, one.Builder)...)
			f.Verifiers = append(f.Verifiers, vouched(one, one.Verifier)...)
		}
	}
}

// vouched is a signer as a platform: known by its keys, and by its identity.
func vouched(s *attestation.Signer, v *attestation.Vouched) []assessment.Builder {
	if v == nil {
		return nil
	}
	var out []assessment.Builder
	if s.Identity != "" {
		out = append(out, assessment.Builder{ID: v.ID, Signer: []string{s.Identity}, Issuer: s.Issuer, Hosted: v.Hosted, Level: v.Level})
	}
	var keys []string
	for _, k := range s.Keys {
		keys = append(keys, k.ID())
	}
	if len(keys) > 0 {
		out = append(out, assessment.Builder{ID: v.ID, Signer: keys, Hosted: v.Hosted, Level: v.Level})
	}
	return out
}

// scorecardOf is the scorecard of the commit that a release was built from, or
// else the newest of its repository.
func (n *Node) scorecardOf(ctx context.Context, ask access.Ask, p *proceeding, f *assessment.Facts, commits []string) error {
	var subjects []string
	for _, c := range commits {
		if c != "" {
			subjects = append(subjects, "gitCommit:"+strings.ToLower(c))
		}
	}
	facts, err := n.Ledger.Said(ctx, ask, []string{scorecard.Kind}, subjects...)
	if err != nil {
		return err
	}
	for _, source := range f.Sources {
		of, err := n.scorecardsOf(ctx, ask, source)
		if err != nil {
			return err
		}
		facts = append(facts, of...)
	}
	for i := range facts {
		var e scorecard.Evidence
		if err := facts[i].Decode(&e); err != nil {
			return fmt.Errorf("scorecard at %d: %w", facts[i].Document, err)
		}
		if e.Date > ask.At.Date || f.Scorecard != nil && f.Scorecard.Date >= e.Date {
			continue
		}
		s := &assessment.Scorecard{Repository: e.Repository, Date: e.Date, Checks: map[string]int{}, Evidence: []assessment.Evidence{{
			Digest: e.Document, Kind: scorecard.Kind, Title: "scorecard of " + e.Repository, Position: facts[i].Document, About: p.about(), ValidFrom: e.Date,
		}}}
		for name, told := range e.Checks {
			s.Checks[name] = told.Score
		}
		f.Scorecard = s
	}
	return nil
}

// scorecardsOf is what the newest scorecard of a repository states.
func (n *Node) scorecardsOf(ctx context.Context, ask access.Ask, source string) ([]ledger.Fact, error) {
	name := strings.ToLower(assessment.Repository(source))
	entries, err := n.Ledger.Series(ctx, ask, "evidence/scorecard/"+name, "")
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	facts, err := n.Ledger.FactsOf(ctx, ask, entries[len(entries)-1].Position, 10)
	return slices.DeleteFunc(facts, func(f ledger.Fact) bool { return f.Kind != scorecard.Kind }), err
}
