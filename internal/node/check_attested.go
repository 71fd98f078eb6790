package node

import (
	"cmp"
	"context"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/assurance/intoto"
	"countersign.dev/internal/assurance/ssdf"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
)

// attest adds to the dossier of a release or product what is signed about it, as
// far as it is good and by somebody who may say it. Signatures are verified by
// the bodies of documents, which the dossier's snapshot does not have; what they
// are verified by is the ledger at the ask's position all the same.
func (n *Node) attest(ctx context.Context, ask access.Ask, d *dossier.Dossier) error {
	facts := d.SignedClaims()
	if len(facts) == 0 {
		return nil
	}
	j, err := n.judge(ctx, ask)
	if err != nil {
		return err
	}
	audience := access.Public
	for _, f := range [][]ledger.Fact{facts, j.facts} {
		for i := range f {
			audience = audience.And(f[i].Audience)
		}
	}
	known, err := n.signedFor(ctx, ask, j, d, facts)
	if err != nil {
		return err
	}
	ahead := known
	if ask.At.Date < ask.At.Known {
		ask.At.Known = ask.At.Date
		if ahead, err = n.signedFor(ctx, ask, j, d, facts); err != nil {
			return err
		}
	}
	d.Attest(known, ahead, audience)
	return nil
}

// signedFor judges the claims for the subject of a dossier: those that count on
// some day, with from when to when they do.
func (n *Node) signedFor(ctx context.Context, ask access.Ask, j *judge, d *dossier.Dossier, facts []ledger.Fact) ([]dossier.Attestation, error) {
	held, err := n.heldClaims(ctx, ask, facts)
	if err != nil {
		return nil, err
	}
	artifact, err := n.artifactOf(ctx, ask, d)
	if err != nil {
		return nil, err
	}
	var out []dossier.Attestation
	for _, h := range oncePerPart(held, artifact) {
		q := artifact
		if strings.HasPrefix(h.Subject, "maker:") {
			q = attestation.Question{Maker: h.Subject}
		}
		verdicts, err := n.verdicts(ctx, ask, j, []attestation.Held{h}, q)
		if err != nil {
			return nil, err
		}
		for i := range verdicts {
			if v := &verdicts[i]; v.From != "" && v.Signer != nil {
				out = append(out, signedBy(v))
			}
		}
	}
	return out, nil
}

// artifactOf is by what attestations know the subject of a dossier.
func (n *Node) artifactOf(ctx context.Context, ask access.Ask, d *dossier.Dossier) (attestation.Question, error) {
	q := attestation.Question{}
	add := func(purl string, digests ...string) {
		if strings.HasPrefix(purl, "pkg:") {
			q.Packages = append(q.Packages, purl)
		}
		q.Digests = append(q.Digests, digests...)
	}
	if d.Software != nil {
		add(d.Software.Release.ID)
		add(d.Software.Release.PURL, releaseDigests(&d.Software.Release.Release)...)
	}
	for i := range d.Labels {
		if t := d.Labels[i].Terms; t != nil && d.Software == nil {
			q.Organisation = t.Party(label.Maker).Organisation
			for _, r := range t.Releases {
				add(r.PURL, r.Digests...)
			}
		}
	}
	return q, n.complete(ctx, ask, &q)
}

// signedBy is a verdict as a dossier shows it.
func signedBy(v *attestation.Verdict) dossier.Attestation {
	signer := cmp.Or(v.Signer.Identity, v.Signer.KeyID)
	a := dossier.Attestation{
		Kind: kindSigned(v.PredicateType), Title: v.Title, About: v.Subject, Issuer: cmp.Or(v.Organisation, signer), Signer: signer, Level: v.Level, Date: v.From, Until: v.Until,
		Evidence: []dossier.Evidence{{Document: v.Position, Digest: v.Document, Source: attestation.Kind, Published: v.Published, What: v.Title}},
	}
	if v.Answers != nil {
		a.Issuer, a.Open = v.Answers.Producer, v.Answers.Open
	}
	return a
}

func kindSigned(predicate string) string {
	switch {
	case predicate == ssdf.PredicateType:
		return dossier.AttestedForm
	case predicate == attestation.Signature:
		return dossier.AttestedSignature
	case strings.HasPrefix(predicate, intoto.TypeSLSAProvenance):
		return dossier.AttestedBuild
	case strings.HasPrefix(predicate, intoto.TypeSLSASummary), predicate == intoto.TypeSVR, predicate == intoto.TypeTestResult:
		return dossier.AttestedVerification
	}
	return dossier.AttestedStatement
}
