package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
)

const labelPolicy = `
countersign: policy/v1
id: labels
title: Labels
purpose: label
subjects: [product]
default: allow
rules:
  - id: stands
    each: label
    when: label.status == "suspended" && label.grounds.exists(g, has(g.offered))
    verdict: deny
    because: "{label.id} is suspended since {label.since}: {label.grounds[0].why}"
    cite: "{label.scheme}, tier {label.tier}"
  - id: soon
    each: label
    when: has(label.support_end) && label.support_left > 0 && label.support_left <= 30
    verdict: review
    because: "support ends on {label.support_end}"
    cite: c
  - id: listed
    each: party_listing
    when: listing.status == "listed" && party.role == "laboratory"
    verdict: deny
    because: "{party.name} is listed since {listing.since}"
    cite: "{listing.title}"
  - id: several
    each: party
    when: party.state == "ambiguous" && size(party.listings) == 0
    verdict: review
    because: "{party.name}, {party.role}"
    cite: c
  - id: open
    each: attestation
    when: attestation.kind == "ssdf-form" && attestation.signer == "" && "4.a" in attestation.open
    verdict: review
    because: "{attestation.issuer} leaves {attestation.open[0]} open"
    cite: c
  - id: none
    when: labels.all(l, l.status != "active") && parties.exists(p, p.role == "maker") && size(attestations) == 1
    verdict: allow
    because: none
    cite: c
`

// What rules about labels speak of, and on which days they may speak otherwise.
func TestLabelRules(t *testing.T) {
	p, err := policy.Parse("labels.yaml", []byte(labelPolicy))
	if err != nil {
		t.Fatal(err)
	}
	in := &policy.Input{
		At: "2026-10-01", Known: "2026-10-01", Subject: policy.Subject{ID: "L", Name: "Camera", Kind: policy.KindProduct},
		Labels: []policy.Label{{
			ID: "L", Status: label.StatusSuspended, Since: "2026-09-01", Scheme: "iot-tiers", Tier: 2, SupportEnd: "2026-12-31", SupportLeft: 91,
			Grounds: []policy.Ground{{Since: "2026-09-01", Offered: "2026-09-20", Why: "the court stayed it"}},
		}},
		Parties: []policy.Party{
			{Role: label.Maker, Name: "Northlight", State: "ambiguous"},
			{Role: label.Laboratory, Name: "Quayside", State: "listed", Listings: []policy.Listing{
				{ID: "a:q", Status: listing.StatusRemoved, Since: "2020-01-01"}, {ID: "b:q", Status: listing.StatusListed, Since: "2026-08-01", Title: "B"},
			}},
		},
		Attestations: []policy.Attestation{{Kind: "ssdf-form", Issuer: "Northlight", Open: []string{"4.a"}, About: "maker:northlight"}},
	}
	got, err := p.Evaluate(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := []policy.Reason{
		{Rule: "stands", Verdict: policy.Deny, Because: "L is suspended since 2026-09-01: the court stayed it", Cite: "iot-tiers, tier 2", About: "label L"},
		{Rule: "listed", Verdict: policy.Deny, Because: "Quayside is listed since 2026-08-01", Cite: "B", About: "party Quayside (laboratory)", Listing: "b:q", Status: listing.StatusListed},
		{Rule: "several", Verdict: policy.Review, Because: "Northlight, maker", Cite: "c", About: "party Northlight (maker)"},
		{Rule: "open", Verdict: policy.Review, Because: "Northlight leaves 4.a open", Cite: "c", About: "attestation ssdf-form of maker:northlight"},
		{Rule: "none", Verdict: policy.Allow, Because: "none", Cite: "c"},
	}
	if d := cmp.Diff(want, got.Reasons); d != "" {
		t.Errorf("reasons (-want +got):\n%s", d)
	}
	days := p.Days(in)
	for _, day := range []access.Date{"2026-12-01", "2026-12-31"} { // thirty days before, and the day itself
		if !slices.Contains(days, day) {
			t.Errorf("nothing is looked at on %s: %v", day, days)
		}
	}
}

// Words that a label never has are refused.
func TestLabelWords(t *testing.T) {
	for when, want := range map[string]string{
		`label.status == "valid"`:   `status is never "valid"`,
		`party.role == "assessor"`:  `undeclared reference to 'party'`,
		`label.grounds[0].day == 1`: `undefined field 'day'`,
	} {
		text := strings.Replace(labelPolicy, `has(label.support_end) && label.support_left > 0 && label.support_left <= 30`, when, 1)
		if _, err := policy.Parse("labels.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", when, err, want)
		}
	}
}
