package dossier_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// section1237 is the programme of the world's 1237 list, cut down to what the
// tests look at.
func section1237(t testing.TB) *listing.Programme {
	t.Helper()
	p, err := listing.ParseProgramme([]byte(`
countersign: programme/v1
id: us-dod-1237
title: Chinese military companies
authority: Department of Defense
legal_basis: [{cite: Pub. L. 105-261 sec. 1237}]
purposes: [invest]
validity: [{from: 1998-10-17, state: in_force}]
consequences:
  - kind: purchase
    what: buying its securities
    cite: E.O. 13959 sec. 1(a)(i)
    starts: designated + 60 days
    rule_validity:
      - {from: 2020-11-12, state: in_force}
      - {from: 2021-06-03, state: ended, published: 2021-06-03, why: E.O. 14032}
  - kind: holding
    what: possessing its securities
    cite: E.O. 13959 sec. 1(b)
    starts: designated + 365 days
    rule_validity: [{from: 2020-11-12, state: in_force}]
`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func worldOf1237(t testing.TB) *dossiertest.Memory {
	m := world()
	m.Rules["us-dod-1237"] = section1237(t)
	return m
}

// The injunction of March is known today, and yet what follows from what was
// published by the first of February is what the next change is judged by.
func TestDatesLookNoFurtherThanTheDay(t *testing.T) {
	for _, tt := range []struct {
		date, known access.Date
		want        []access.Date
	}{
		{"2021-02-01", today, []access.Date{"2021-03-15", "2022-01-14"}},
		{"2021-03-16", "2021-02-01", []access.Date{"2022-01-14"}},
		{"2021-01-13", today, nil},
		{today, today, nil},
	} {
		d := build(t, worldOf1237(t), "Xiaomi", tt.date, tt.known)
		if got := d.Dates(); !slices.Equal(got, tt.want) {
			t.Errorf("dates at %s known %s: %v, want %v", tt.date, tt.known, got, tt.want)
		}
	}
	if got := build(t, worldOf1237(t), "Nobody", "2021-02-01", today).Dates(); got != nil {
		t.Errorf("dates of nobody: %v", got)
	}
}

func TestOn(t *testing.T) {
	d := build(t, worldOf1237(t), "Xiaomi", "2021-02-01", today)
	states := func(on access.Date) map[listing.ConsequenceKind]listing.State {
		out := map[listing.ConsequenceKind]listing.State{}
		for _, c := range d.On(on).Listings[0].Consequences {
			out[c.Kind] = c.State
		}
		return out
	}
	for on, want := range map[access.Date]map[listing.ConsequenceKind]listing.State{
		"2021-01-13": {},
		"2021-03-14": {listing.Purchase: listing.StatePending, listing.Holding: listing.StatePending},
		"2021-03-15": {listing.Purchase: listing.StateInForce, listing.Holding: listing.StatePending},
		"2022-01-14": {listing.Purchase: listing.StateInForce, listing.Holding: listing.StateInForce},
	} {
		if diff := cmp.Diff(want, states(on)); diff != "" {
			t.Errorf("on %s (-want +got):\n%s", on, diff)
		}
	}
	if d.On("2021-03-20").Listings[0].Status != listing.StatusListed || d.Listings[0].Title != "Chinese military companies" {
		t.Errorf("listing: %+v", d.On("2021-03-20").Listings[0])
	}
}

func TestOnForgetsWhatCameLater(t *testing.T) {
	m := worldOf1237(t)
	m.Add(dossiertest.Document{Source: "later", Published: "2021-02-10", Statements: []ledger.Statement{
		{Kind: party.FactClaim, Subject: xiaomi, Key: "1", Body: party.Claim{Issuer: "somebody", Text: "said later"}},
	}})
	d := build(t, m, "Xiaomi", "2021-02-01", today)
	on := d.On("2021-02-01")
	if len(d.Claims) != 2 || len(on.Claims) != 1 || strings.Contains(dump(on), "said later") {
		t.Errorf("%d claims, of which %d had been published by then", len(d.Claims), len(on.Claims))
	}
	want := access.At{Date: "2021-05-01", Known: "2021-02-01", Position: access.Now}
	if got := d.On("2021-05-01").At; got != want {
		t.Errorf("at %+v, want %+v", got, want)
	}
	if got := on.On("2021-01-14").On("2021-05-01").At.Known; got != "2021-01-14" {
		t.Errorf("known %s, want 2021-01-14: what was forgotten does not come back", got)
	}
	if nobody := build(t, m, "Nobody", "2021-02-01", today).On("2021-05-01"); nobody.At != want {
		t.Errorf("nobody at %+v, want %+v", nobody.At, want)
	}
}

// An entry that nobody sees may still decide that a name is too common, and so
// counts among what the answer rests on.
func TestAudienceOfWhatDecides(t *testing.T) {
	m := &dossiertest.Memory{}
	acme := access.ForOrganisation("acme")
	for i := range 26 {
		id := string(rune('a'+i)) + ":1"
		doc := dossiertest.Document{Source: "l", Published: "2020-01-01", Statements: dossiertest.Entry(organisation(id, "l", "Acme Ltd", ""))}
		if i == 25 {
			doc.Audience = acme
		}
		m.Add(doc)
	}
	ask := askAt(today, today)
	ask.Reader = access.Operator
	d, err := builder(m).Build(t.Context(), ask, "a:1")
	if err != nil || len(d.Listings) != 1 || d.Audience != acme {
		t.Errorf("%d listings, audience %s, error %v", len(d.Listings), d.Audience, err)
	}
	if d := build(t, m, "a:1", today, today); len(d.Listings) != 25 || !d.Audience.IsPublic() {
		t.Errorf("for the public: %d listings, audience %s", len(d.Listings), d.Audience)
	}
}
