package node

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/attestation"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// AttestationRevocation is that somebody takes an attestation back.
type AttestationRevocation struct {
	Document string      // digest of the attestation's document
	On       access.Date // the first day on which it does not count; today when ""
	Reason   string
}

// RevokeAttestation takes an attestation back, for the organisation that handed
// it in or for the authority of the node. Others are refused.
func (n *Node) RevokeAttestation(ctx context.Context, ask access.Ask, r AttestationRevocation) (*Attested, error) {
	now := n.moment(ask)
	resolved, err := n.Ledger.Resolve(ctx, now)
	if err != nil {
		return nil, err
	}
	digest, err := ledger.ParseDigest(r.Document)
	if err != nil {
		return nil, problem.New(problem.Invalid, "want the digest of an attestation's document: %s", problem.Message(err))
	}
	claims, err := n.claimsIn(ctx, resolved, digest)
	if err != nil {
		return nil, err
	}
	if len(claims) == 0 {
		return nil, problem.New(problem.NotFound, "no attestation %s", digest)
	}
	e, err := n.Ledger.ByDigest(ctx, resolved, digest)
	if err != nil {
		return nil, err
	}
	said := attestation.Revocation{Attestation: digest, On: r.On, Reason: r.Reason, Actor: ask.Reader.Member}
	today := access.DateOf(n.now())
	if said.On == "" {
		said.On = today
	}
	for _, c := range claims {
		if c.Payload != "" && !slices.Contains(said.Payloads, c.Payload) {
			said.Payloads = append(said.Payloads, c.Payload)
		}
	}
	if said.By, said.Organisation, err = n.mayRevoke(ctx, ask.Reader, claims[0].Claim); err != nil {
		return nil, err
	}
	b, reading, err := said.Write()
	if err != nil {
		return nil, err
	}
	_, err = n.Ledger.Append(ctx, ledger.Edition{
		Documents: []ledger.Document{{
			Bytes: b, Kind: reading.Kind, Source: reading.Source, Name: "revocation.json", Published: today, Rows: 1, Mode: reading.Mode, Statements: reading.Statements,
		}},
		Audience: e.Audience, Actor: ask.Reader.Member,
	})
	if err != nil {
		return nil, fmt.Errorf("take attestation back: %w", err)
	}
	return n.Attestations(ctx, n.moment(ask), digest)
}

// mayRevoke is by what right somebody takes an attestation back. The operator
// acts for the authority.
func (n *Node) mayRevoke(ctx context.Context, by access.Reader, c *attestation.Claim) (attestation.By, string, error) {
	for _, org := range submitters(by) {
		if slices.Contains(c.Submitted, org) {
			return attestation.BySubmitter, org, nil
		}
	}
	home, err := n.home(ctx)
	if err != nil {
		return "", "", err
	}
	if by.Operator || by.Roles[home] == access.RoleAuthority {
		return attestation.ByAuthority, home, nil
	}
	return "", "", problem.New(problem.Denied, "%s may not take this attestation back: that is for %s, for the authority (%s), or for its signer, by a signed revocation",
		orAnybody(by.Member), orNobody(c.Submitted), home)
}

func orAnybody(member string) string {
	if member == "" {
		return "who is not signed in"
	}
	return member
}

func orNobody(organisations []string) string {
	if len(organisations) == 0 {
		return "whoever handed it in, which was no organisation"
	}
	return "who handed it in (" + strings.Join(organisations, ", ") + ")"
}

// submitters is the organisations for which somebody hands documents in.
func submitters(by access.Reader) []string {
	var out []string
	for _, org := range by.Organisations {
		if role, ok := by.Roles[org]; ok && role != access.RoleReader {
			out = append(out, org)
		}
	}
	return out
}
