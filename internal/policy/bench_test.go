package policy_test

import (
	"context"
	"testing"

	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
	"countersign.dev/policies"
)

// threeListings is a busy dossier: three listings with eight consequences.
func threeListings() *policy.Input {
	c := func(kind listing.ConsequenceKind, state listing.State) listing.Consequence {
		return listing.Consequence{Kind: kind, State: state, From: "2021-03-15", Cite: "E.O. 13959"}
	}
	return &policy.Input{
		At: "2021-03-16", Known: "2021-03-16",
		Subject: policy.Subject{ID: "p", Name: "Example", Kind: "organisation"},
		Listings: []policy.Listing{
			{ID: "us-bis-entity-list:example", Programme: "us-bis-entity-list", Name: "Example", Status: listing.StatusListed, Since: "2019-05-21",
				Consequences: []listing.Consequence{c(listing.Export, listing.StateInForce), c(listing.AffiliateExport, listing.StatePending)}},
			{ID: "us-dod-1237:example", Programme: "us-dod-1237", Name: "Example", Status: listing.StatusListed, Since: "2021-01-14",
				Consequences: []listing.Consequence{c(listing.Purchase, listing.StateInForce), c(listing.Holding, listing.StateWindDown),
					c(listing.ExchangeDelisting, listing.StatePending), c(listing.IndexRemoval, listing.StateInForce)}},
			{ID: "us-ofac-nonsdn:1", Programme: "us-ofac-ns-cmic", Name: "Example", Status: listing.StatusListed, Since: "2021-06-03",
				Consequences: []listing.Consequence{c(listing.Purchase, listing.StatePending), c(listing.Holding, listing.StatePending)}},
		},
	}
}

func shipped(t testing.TB, id string) *policy.Policy {
	t.Helper()
	b, err := policies.FS.ReadFile(id + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse("policies/"+id+".yaml", b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// BenchmarkEvaluate applies the shipped investment policy to three listings.
func BenchmarkEvaluate(b *testing.B) {
	p := shipped(b, "us-securities-investment")
	in := threeListings()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Evaluate(context.Background(), in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParse compiles the shipped investment policy with the environments
// already built, as a server does.
func BenchmarkParse(b *testing.B) {
	src, err := policies.FS.ReadFile("us-securities-investment.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := policy.Parse("x.yaml", src); err != nil {
			b.Fatal(err)
		}
	}
}
