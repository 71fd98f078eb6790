package server_test

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

func (n *fakeNode) Attestations(_ context.Context, ask access.Ask, subject string) (*node.Attested, error) {
	return &node.Attested{
		Subject: subject, At: ask.At.Date, Known: ask.At.Known, Position: 7, Digests: []string{subject}, Packages: []string{}, Signers: []string{"signers/house"}, Roots: []string{},
		Attestations: []attestation.Verdict{{
			Held:   attestation.Held{Claim: &attestation.Claim{Document: fakeDigest, Part: 1, Form: "dsse", PredicateType: attestation.Signature, Digests: []string{subject}}, Subject: subject, Position: 5, Published: "2021-01-14", Received: "2021-01-14"},
			Result: attestation.Valid, Title: "signature of the artifact", Rule: "signers/house#acme", From: "2021-01-14",
		}},
	}, nil
}

func (n *fakeNode) RevokeAttestation(ctx context.Context, ask access.Ask, r node.AttestationRevocation) (*node.Attested, error) {
	if r.Document != fakeDigest {
		return nil, problem.New(problem.NotFound, "no attestation %s", r.Document)
	}
	held, err := n.Attestations(ctx, ask, fakeDigest)
	held.Attestations[0].Result, held.Attestations[0].Reason = attestation.Revoked, r.Reason
	return held, err
}
