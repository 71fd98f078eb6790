package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
)

// Attestations are what others signed about releases and their makers.
type Attestations interface {
	// Attestations is everything that is attested of a subject, each with whether
	// it counts.
	Attestations(ctx context.Context, ask access.Ask, subject string) (*node.Attested, error)
	// RevokeAttestation takes one back. On return that is durable. Denied for who
	// may not.
	RevokeAttestation(ctx context.Context, ask access.Ask, r node.AttestationRevocation) (*node.Attested, error)
}

// routeAttestations registers what is attested. Attestations are handed in as
// other documents are.
func (s *Server) routeAttestations(api huma.API) {
	register(s, api, operation{
		id: "attestations", method: http.MethodGet, path: "/attestations", tag: tagQuestions,
		summary: "What is attested of an artifact, a release or a maker",
		about: "Every attestation that names the subject, with `result`: `valid`, `invalid`, `expired`, `not-yet-valid`, `revoked` or `untrusted`. " +
			"Only `valid` counts: genuine, in force on the day, about the subject by its digest, and by a signer who may say so by the documents of signers that are held. " +
			"`rule` names which allowed it. Attestations are handed in with the other documents.",
	}, s.attestations)
	register(s, api, operation{
		id: "revoke-attestation", method: http.MethodPost, path: "/attestations/{digest}/revocation", tag: tagDocuments,
		summary: "Take an attestation back",
		about: "From the day on it does not count; before it does. For the organisation that handed it in, and for the authority of the node. " +
			"Who signed it hands in a signed revocation as a document.",
		right: toWrite, status: http.StatusCreated, errors: []int{http.StatusNotFound},
	}, s.revokeAttestation)
}

type attestationsInput struct {
	Subject string `query:"subject" required:"true" minLength:"1" maxLength:"500" example:"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"A digest, a purl, maker:NAME, or the digest of an attestation's document."`
	Moment
}

type attestedOutput struct{ Body *node.Attested }

func (s *Server) attestations(ctx context.Context, in *attestationsInput) (*attestedOutput, error) {
	if err := checkText("query.subject", in.Subject); err != nil {
		return nil, err
	}
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	held, err := s.opts.Node.Attestations(ctx, ask, in.Subject)
	if err != nil {
		return nil, err
	}
	return &attestedOutput{held}, nil
}

// RevocationRequest is the body that takes an attestation back.
type RevocationRequest struct {
	On     string `json:"on,omitempty" format:"date" example:"2026-03-12" doc:"The first day on which it does not count. Today when absent."`
	Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"Why, for whoever relied on it."`
}

type revokeAttestationInput struct {
	Digest string `path:"digest" maxLength:"100" example:"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"The digest of the attestation's document."`
	Body   RevocationRequest
}

func (s *Server) revokeAttestation(ctx context.Context, in *revokeAttestationInput) (*attestedOutput, error) {
	if err := checkText("body.reason", in.Body.Reason); err != nil {
		return nil, err
	}
	ask, err := askOf(ctx, Moment{})
	if err != nil {
		return nil, err
	}
	held, err := s.opts.Node.RevokeAttestation(ctx, ask, node.AttestationRevocation{Document: in.Digest, On: access.Date(in.Body.On), Reason: in.Body.Reason})
	if err != nil {
		return nil, err
	}
	return &attestedOutput{held}, nil
}
