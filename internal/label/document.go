package label

import (
	"bytes"
	"crypto"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
)

// PredicateSVR is the type of what a label's statement says: a summary
// verification result (in-toto attestation framework, predicate SVR v0.2), whose
// annotations carry what is our own.
const PredicateSVR = "https://in-toto.io/attestation/svr/v0.2"

// Statement is a signed label's content: an in-toto statement v1.
type Statement struct {
	Type          string             `json:"_type"`
	Subject       []StatementSubject `json:"subject"`
	PredicateType string             `json:"predicateType"`
	Predicate     Predicate          `json:"predicate"`
}

// StatementSubject is one release that the label is on.
type StatementSubject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// Predicate is a summary verification result.
type Predicate struct {
	Verifier    map[string]string `json:"verifier"`
	TimeCreated time.Time         `json:"timeCreated"`
	Properties  []string          `json:"properties"`
	Annotations Annotations       `json:"annotations"`
}

// Annotations are what a label says beyond that.
type Annotations struct {
	Status     Status    `json:"status"`
	ValidFrom  time.Time `json:"validFrom"`
	ValidUntil time.Time `json:"validUntil"`
	Label      Said      `json:"label"`
}

// Said is the label in full: its terms, and how each control came out.
type Said struct {
	ID            string   `json:"id"`
	Terms         Terms    `json:"terms"`
	Met           []string `json:"met"` // controls, as "catalogue/id"
	NotMet        []string `json:"not_met"`
	NotApplicable []string `json:"not_applicable"`
	Scheme        string   `json:"scheme_digest"`
	StatusURL     string   `json:"status_url"`
}

// Issuer is who signs, and where its registry is.
type Issuer struct {
	Key      crypto.Signer // Ed25519
	Registry string        // URL without a slash at its end
}

// Sign makes the signed document of a label: a DSSE envelope.
func (i Issuer) Sign(said Said, now time.Time) ([]byte, error) {
	t := &said.Terms
	said.StatusURL = i.Registry + "/labels/" + said.ID
	s := Statement{
		Type: "https://in-toto.io/Statement/v1", Subject: subjects(t), PredicateType: PredicateSVR,
		Predicate: Predicate{
			Verifier: map[string]string{"id": i.Registry + "/labels/"}, TimeCreated: now.UTC().Truncate(time.Second),
			Properties: properties(t),
			Annotations: Annotations{
				Status: StatusActive, ValidFrom: t.ValidFrom.Time(), ValidUntil: t.ValidUntil.Time(), Label: said,
			},
		},
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, err
	}
	signed, err := dsse.Sign(dsse.PayloadInToto, bytes.TrimSpace(b.Bytes()), i.Key)
	if err != nil {
		return nil, fmt.Errorf("sign label %s: %w", said.ID, err)
	}
	return signed, nil
}

// properties are the short words by which a machine asks for what was verified.
func properties(t *Terms) []string {
	scheme := strings.ToUpper(strings.ReplaceAll(t.Scheme, "-", "_"))
	out := []string{"COUNTERSIGN_LABEL", scheme}
	for tier := range t.Tier {
		out = append(out, fmt.Sprintf("%s_TIER_%d", scheme, tier+1))
	}
	return out
}

// subjects are the releases with the digests of what is shipped: every release of
// a label has one, as Application.Complete sees to.
func subjects(t *Terms) []StatementSubject {
	var out []StatementSubject
	for _, r := range t.Releases {
		for _, d := range r.Digests {
			out = append(out, StatementSubject{Name: r.PURL, Digest: map[string]string{"sha256": strings.TrimPrefix(d, "sha256:")}})
		}
	}
	return out
}

// Covers reports whether the label covers a release, by its purl or a digest.
func (t *Terms) Covers(purl, digest string) bool {
	return slices.ContainsFunc(t.Releases, func(r Release) bool {
		return purl != "" && r.PURL == purl || digest != "" && slices.Contains(r.Digests, digest)
	})
}

// Ends works out when a label given on a day ends, and by what.
func (s *Scheme) Ends(from, supportEnd access.Date) (until access.Date, by string) {
	until, by = access.DateOf(from.Time().AddDate(0, s.ValidMonths, 0)), EndsByValidity
	if _, ends := s.Rule(OnSupport); ends && supportEnd != "" && supportEnd < until {
		until, by = supportEnd, EndsBySupport
	}
	return until, by
}
