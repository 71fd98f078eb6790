package attestation

import (
	"encoding/json"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// KindRevocation is the kind of the documents that take an attestation back, and
// FactRevocation of what they state.
const (
	KindRevocation = "attestation.revocation"
	FactRevocation = "attestation.revocation"
)

// PayloadRevocation is the payload type of a signed revocation.
const PayloadRevocation = "application/vnd.countersign.revocation+json"

// By says by what right somebody takes an attestation back.
type By string

// Who may take an attestation back.
const (
	BySubmitter By = "submitter" // the organisation that handed it in; for the documents that it handed in
	ByAuthority By = "authority" // of the node
	BySigner    By = "signer"    // of the attestation itself, by a signature
)

// Revocation is that an attestation does not count from a day on.
type Revocation struct {
	Form        string      `json:"countersign"` // "revocation/v1"
	Attestation string      `json:"attestation"` // digest of the document, or of the bytes that were signed
	On          access.Date `json:"on"`          // the first day on which it does not count
	Reason      string      `json:"reason"`

	// By, Organisation and Actor are set by the node, for whoever it knows.
	By           By       `json:"by"`
	Organisation string   `json:"organisation,omitempty"`
	Actor        string   `json:"actor,omitempty"`
	Payloads     []string `json:"payloads,omitempty"` // digests of what was signed in the document

	// Document is the digest of the signed document, where By is the signer.
	Document string `json:"document,omitempty"`
}

// revocationForm is the form of revocations.
const revocationForm = "revocation/v1"

// maxReason bounds a reason, in bytes.
const maxReason = 2000

// check refuses what says not enough.
func (r *Revocation) check() error {
	digest, err := ledger.ParseDigest(r.Attestation)
	if err != nil {
		return problem.New(problem.Invalid, "attestation: %s", problem.Message(err))
	}
	r.Attestation = digest
	if _, err := access.ParseDate(string(r.On)); err != nil {
		return problem.New(problem.Invalid, "on: want the first day on which it does not count, as 2026-03-12")
	}
	switch r.Reason = strings.TrimSpace(r.Reason); {
	case r.Reason == "":
		return problem.New(problem.Invalid, "reason: missing; say why it is taken back")
	case len(r.Reason) > maxReason:
		return problem.New(problem.TooLarge, "reason: %d bytes, the limit is %d", len(r.Reason), maxReason)
	}
	return nil
}

// Write is a revocation as the node keeps it, and what the ledger takes out of
// it. It is stated of the document and of what was signed in it, so that the
// same statement in another file is taken back as well.
func (r Revocation) Write() ([]byte, *ledger.Reading, error) {
	r.Form = revocationForm
	if err := r.check(); err != nil {
		return nil, nil, err
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, nil, err
	}
	b = append(b, '\n')
	return b, r.reading(ledger.Digest(b)), nil
}

func (r Revocation) reading(digest string) *ledger.Reading {
	out := &ledger.Reading{Kind: KindRevocation, Source: "revocation/" + strings.TrimPrefix(digest, "sha256:"), Mode: ledger.Chronicle, Rows: 1}
	seen := map[string]bool{}
	for _, subject := range append([]string{r.Attestation}, r.Payloads...) {
		if subject == "" || seen[subject] {
			continue
		}
		seen[subject] = true
		out.Statements = append(out.Statements, ledger.Statement{
			Kind: FactRevocation, Subject: subject, Key: "revoked", Term: subject, Body: r, ValidFrom: r.On, ValidTo: access.Forever,
		})
	}
	return out
}

// signedRevocation is the payload of a signed revocation.
type signedRevocation struct {
	Version     string      `json:"revocation"` // "v1"
	Attestation string      `json:"attestation"`
	On          access.Date `json:"on"`
	Reason      string      `json:"reason"`
}

// readRevocation reads a signed revocation. Whose signature it has is looked at
// when somebody asks.
func readRevocation(e *dsse.Envelope, digest string) (*ledger.Reading, error) {
	r, err := parseSigned(e.Payload)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, err, "payload")
	}
	r.Document = digest
	return r.reading(digest), nil
}

func parseSigned(payload []byte) (Revocation, error) {
	var w signedRevocation
	if err := dsse.Unmarshal(payload, &w, dsse.Limits{Bytes: 64 << 10}); err != nil {
		return Revocation{}, err
	}
	if w.Version != "v1" {
		return Revocation{}, problem.New(problem.Invalid, "revocation %.40q: want v1", w.Version)
	}
	r := Revocation{Form: revocationForm, Attestation: w.Attestation, On: w.On, Reason: w.Reason, By: BySigner}
	return r, r.check()
}

// SignedRevocation is the payload to sign to take an attestation back that one
// has signed oneself: by the digest of its file, or of the bytes that were
// signed, which is the same whatever file they come in.
func SignedRevocation(attestation string, on access.Date, reason string) ([]byte, error) {
	r := Revocation{Attestation: attestation, On: on, Reason: reason}
	if err := r.check(); err != nil {
		return nil, err
	}
	return json.Marshal(signedRevocation{"v1", r.Attestation, r.On, r.Reason})
}
