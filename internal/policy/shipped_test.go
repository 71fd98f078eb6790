package policy_test

import (
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
)

// The purposes of the shipped policies, in the order of the verdicts below.
var shippedIDs = []string{"us-federal-procurement", "us-securities-investment", "export"}

// on makes an input of one listing.
func on(programme, title string, status listing.Status, since access.Date, consequences ...listing.Consequence) *policy.Input {
	return &policy.Input{
		At: "2021-02-01", Known: "2021-02-01",
		Subject: policy.Subject{ID: "acme", Name: "Acme", Kind: "organisation"},
		Listings: []policy.Listing{{
			ID: programme + ":acme", Programme: programme, Title: title, Name: "ACME", Status: status, Since: since, Consequences: consequences,
		}},
	}
}

func follows(kind listing.ConsequenceKind, state listing.State, from access.Date) listing.Consequence {
	return listing.Consequence{Kind: kind, State: state, From: from}
}

// TestShippedVerdicts is what the product says in each situation that its
// policies know, per purpose: verdict and the rules that spoke.
func TestShippedVerdicts(t *testing.T) {
	stayed := on("us-dod-1237", "Section 1237", "stayed", "2021-03-12",
		follows("purchase", "stayed", "2021-03-15"), follows("holding", "stayed", "2022-01-14"))
	stayed.Listings[0].Last = listing.Event{Kind: listing.Stayed, What: "preliminary injunction", Citation: "D.D.C. 1:21-cv-00280, Doc. 21"}
	inferred := on("us-ofac-sdn", "SDN", "removed", "2023-01-21")
	inferred.Listings[0].Last = listing.Event{Kind: listing.Removed, Inferred: true}

	tests := []struct {
		name                    string
		in                      *policy.Input
		procure, invest, export string
	}{
		{"not listed", on("us-dod-1237", "Section 1237", "not_listed", ""),
			"allow", "allow", "allow"},
		{"nothing held", &policy.Input{At: "2021-02-01", Known: "2021-02-01", Subject: policy.Subject{ID: "acme", Name: "Acme"}},
			"allow", "allow", "allow"},

		{"1237, ban to come", on("us-dod-1237", "Section 1237", "listed", "2021-01-14", follows("purchase", "pending", "2021-03-15"), follows("holding", "pending", "2022-01-14")),
			"review defense-list", "review purchase-pending holding-pending", "review military-end-user"},
		{"1237, ban in force", on("us-dod-1237", "Section 1237", "listed", "2021-01-14", follows("purchase", "in_force", "2021-03-15"), follows("holding", "wind_down", "2022-01-14")),
			"review defense-list", "deny purchase-barred holding-wind-down", "review military-end-user"},
		{"1237, holding barred", on("us-dod-1237", "Section 1237", "listed", "2021-01-14", follows("purchase", "in_force", "2021-03-15"), follows("holding", "in_force", "2022-01-14")),
			"review defense-list", "deny purchase-barred holding-barred", "review military-end-user"},
		{"1237 before any executive order", on("us-dod-1237", "Section 1237", "listed", "2020-06-12"),
			"review defense-list", "review defense-list", "review military-end-user"},
		{"1237, stayed", stayed, "review stayed", "review stayed", "review stayed"},
		{"1237, vacated", on("us-dod-1237", "Section 1237", "vacated", "2021-05-25", follows("purchase", "ended", "2021-03-15")),
			"allow history", "allow history", "allow history"},
		{"1237, superseded by another spelling", on("us-dod-1237", "Section 1237", "superseded", "2021-03-09"),
			"allow history", "allow history", "allow history"},

		{"1260H before 2026-06-30", on("us-dod-1260h", "Section 1260H", "listed", "2022-10-05", follows("procurement", "pending", "2026-06-30")),
			"review procurement-pending", "review defense-list", "review military-end-user"},
		{"1260H, in force", on("us-dod-1260h", "Section 1260H", "listed", "2022-10-05", follows("procurement", "in_force", "2026-06-30")),
			"deny procurement-barred", "review defense-list", "review military-end-user"},
		{"1260H, goods a year later", on("us-dod-1260h", "Section 1260H", "listed", "2022-10-05", follows("procurement", "in_force", "2026-06-30"), follows("procurement", "pending", "2027-06-30")),
			"deny procurement-barred procurement-pending", "review defense-list", "review military-end-user"},
		{"1260H, removed", on("us-dod-1260h", "Section 1260H", "removed", "2026-02-17"),
			"allow history", "allow history", "allow history"},

		{"SDN", on("us-ofac-sdn", "SDN", "listed", "2019-01-28", follows("blocking", "in_force", "2019-01-28")),
			"deny blocked", "deny blocked", "deny blocked"},
		{"SDN without its consequence", on("us-ofac-sdn", "SDN", "listed", "2019-01-28"),
			"deny blocked", "deny blocked", "deny blocked"},
		{"SDN, winding down under a licence", on("us-ofac-sdn", "SDN", "listed", "2019-01-28", follows("blocking", "wind_down", "2019-01-28")),
			"deny blocked", "deny blocked", "deny blocked"},
		{"blocking to come", on("us-ofac-sdn", "SDN", "listed", "2019-01-28", follows("blocking", "pending", "2021-03-01")),
			"review blocking-pending", "review blocking-pending", "review blocking-pending"},
		{"SDN, gone from the list", inferred, "allow history", "allow history", "allow history"},

		{"CMIC, ban to come", on("us-ofac-ns-cmic", "NS-CMIC", "listed", "2021-06-03", follows("purchase", "pending", "2021-08-02"), follows("holding", "pending", "2022-06-03")),
			"review investment-ban", "review purchase-pending holding-pending", "review military-end-user"},
		{"CMIC, ban in force", on("us-ofac-ns-cmic", "NS-CMIC", "listed", "2021-06-03", follows("purchase", "in_force", "2021-08-02"), follows("holding", "wind_down", "2022-06-03")),
			"review investment-ban", "deny purchase-barred holding-wind-down", "review military-end-user"},
		{"CMIC after the divestment date", on("us-ofac-ns-cmic", "NS-CMIC", "listed", "2021-06-03", follows("purchase", "in_force", "2021-08-02"), follows("holding", "in_force", "2022-06-03")),
			"review investment-ban", "deny purchase-barred holding-barred", "review military-end-user"},

		{"Entity List", on("us-bis-entity-list", "Entity List", "listed", "2019-05-21", follows("export", "in_force", "2019-05-21")),
			"review entity-list", "review entity-list", "deny licence-required"},
		{"Entity List without its consequence", on("us-bis-entity-list", "Entity List", "listed", "2019-05-21"),
			"review entity-list", "review entity-list", "deny entity-list"},
		{"Entity List, affiliates rule not verified", on("us-bis-entity-list", "Entity List", "listed", "2019-05-21", follows("export", "in_force", "2019-05-21"), follows("affiliate_export", "undetermined", "2025-09-29")),
			"review entity-list", "review entity-list", "deny licence-required undetermined"},
		{"affiliates rule in force", on("us-bis-entity-list", "Entity List", "listed", "2019-05-21", follows("export", "in_force", "2019-05-21"), follows("affiliate_export", "in_force", "2025-09-29")),
			"review entity-list", "review entity-list", "deny licence-required affiliates"},
		{"affiliates rule suspended", on("us-bis-entity-list", "Entity List", "listed", "2019-05-21", follows("export", "in_force", "2019-05-21"), follows("affiliate_export", "stayed", "2025-09-29")),
			"review entity-list", "review entity-list", "deny licence-required affiliates-suspended"},
		{"affiliates rule not verified, and nothing else", on("us-bis-entity-list", "Entity List", "removed", "2026-01-01", follows("affiliate_export", "undetermined", "2025-09-29")),
			"allow history", "allow history", "review undetermined history"},

		{"sectoral", on("us-ofac-ssi", "SSI", "listed", "2014-07-16", follows("purchase", "in_force", "2014-07-16")),
			"review other-list", "review sectoral", "review sectoral"},
		{"legislative council", on("us-ofac-ns-plc", "NS-PLC", "listed", "2006-04-12"),
			"review other-list", "review other-list", "review other-list"},
		{"legislative council, payments rejected", on("us-ofac-ns-plc", "NS-PLC", "listed", "2006-04-12", follows("procurement", "in_force", "2006-04-12")),
			"deny procurement-barred", "review other-list", "review other-list"},
		{"non-SDN, by its tags", on("us-ofac-nonsdn", "Non-SDN", "listed", "2020-01-01", follows("procurement", "undetermined", "")),
			"review undetermined", "review other-list", "review other-list"},
		{"exchange to end trading", on("us-dod-1237", "Section 1237", "vacated", "2021-05-25", follows("exchange_delisting", "pending", "2021-06-01")),
			"allow history", "review exchange-delisting history", "allow history"},
		{"dropped by an index before the listing was vacated", on("us-dod-1237", "Section 1237", "vacated", "2021-05-25", follows("index_removal", "in_force", "2021-03-12"), follows("purchase", "ended", "")),
			"allow history", "allow history market-history", "allow history"},
		{"trading ended, listing stayed", on("us-dod-1237", "Section 1237", "stayed", "2021-05-05", follows("exchange_delisting", "in_force", "2021-05-07")),
			"review stayed", "review stayed exchange-delisting", "review stayed"},
		{"dropped by an index", on("us-dod-1237", "Section 1237", "listed", "2020-12-03", follows("purchase", "undetermined", ""), follows("index_removal", "in_force", "2020-12-21")),
			"review defense-list", "review undetermined index-removal", "review military-end-user"},
		{"export not determined", on("us-bis-entity-list", "Entity List", "listed", "2019-05-21", follows("export", "undetermined", "")),
			"review entity-list", "review entity-list", "review undetermined"},
		{"procurement not determined", on("us-dod-1260h", "Section 1260H", "listed", "2022-10-05", follows("procurement", "undetermined", "")),
			"review undetermined", "review defense-list", "review military-end-user"},
		{"existing contracts may run", on("us-dod-1260h", "Section 1260H", "listed", "2022-10-05", follows("procurement", "wind_down", "2026-06-30")),
			"review procurement-wind-down", "review defense-list", "review military-end-user"},
		{"licence to be needed", on("us-bis-entity-list", "Entity List", "listed", "2021-01-20", follows("export", "pending", "2021-03-01")),
			"review entity-list", "review entity-list", "review licence-pending"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i, want := range []string{tt.procure, tt.invest, tt.export} {
				result, err := shipped(t, shippedIDs[i]).Evaluate(t.Context(), tt.in)
				if err != nil {
					t.Fatal(err)
				}
				got := []string{string(result.Verdict)}
				for _, r := range result.Reasons {
					got = append(got, r.Rule)
					if r.Because == "" || r.Cite == "" || strings.ContainsAny(r.Because, "{}\n") || strings.Contains(r.Because, "  ") {
						t.Errorf("%s: reason reads badly: %+v", shippedIDs[i], r)
					}
				}
				if strings.Join(got, " ") != want {
					t.Errorf("%s: got %q, want %q", shippedIDs[i], strings.Join(got, " "), want)
				}
			}
		})
	}
}

// TestShippedWords pins what the reader is told in the cases that matter most.
func TestShippedWords(t *testing.T) {
	stayed := on("us-dod-1237", "Section 1237", "stayed", "2021-03-12")
	stayed.Listings[0].Last = listing.Event{Kind: listing.Stayed, What: "preliminary injunction", Citation: "D.D.C. 1:21-cv-00280, Doc. 21"}
	inferred := on("us-ofac-sdn", "SDN", "removed", "2023-01-21")
	inferred.Listings[0].Last = listing.Event{Kind: listing.Removed, Inferred: true}
	tests := []struct {
		policy        string
		in            *policy.Input
		because, cite string
	}{
		{"us-securities-investment", on("us-dod-1237", "Section 1237", "listed", "2021-01-14", follows("purchase", "pending", "2021-03-15")),
			"purchases of securities of ACME are barred from 2021-03-15 (Section 1237)", "Section 1237"},
		{"us-securities-investment", stayed,
			"ACME is on the list but the listing is stayed since 2021-03-12 (preliminary injunction); a stay may be lifted", "D.D.C. 1:21-cv-00280, Doc. 21"},
		{"us-federal-procurement", on("us-dod-1237", "Section 1237", "listed", "2021-01-14"),
			"ACME is on a defense list since 2021-01-14 (Section 1237); no procurement ban is cited for it on this day",
			"NDAA FY1999 (Pub. L. 105-261) s. 1237, 50 U.S.C. 1701 note"},
		{"us-federal-procurement", on("us-dod-1260h", "Section 1260H", "listed", "2022-10-05", follows("procurement", "pending", "2026-06-30")),
			"procurement from ACME is prohibited from 2026-06-30 (Section 1260H)", "NDAA FY2024 (Pub. L. 118-31) s. 805"},
		{"export", inferred, "ACME was listed (SDN); removed since 2023-01-21 (inferred from its absence)", "SDN"},
	}
	for _, tt := range tests {
		result, err := shipped(t, tt.policy).Evaluate(t.Context(), tt.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := result.Reasons[0]; got.Because != tt.because || got.Cite != tt.cite {
			t.Errorf("%s says\n\t%s\n\t%s\nwant\n\t%s\n\t%s", tt.policy, got.Because, got.Cite, tt.because, tt.cite)
		}
	}
}
