package console_test

import (
	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

const (
	xiaomi  = "us-dod-1237:xiaomi-corporation"
	huawei  = "us-bis-entity-list:huawei"
	telecom = "us-dod-1237:china-telecommunications-corp"
	mobile  = "us-dod-1237:china-mobile-communications-group"
)

// programmes are the two lists of the stage's world, with the dates of the
// first as Executive Order 13959 sets them.
func programmes() map[string]*listing.Programme {
	rule := func(text string) duty.Rule {
		r, err := duty.ParseRule(text)
		if err != nil {
			panic(err)
		}
		return r
	}
	begins := rule("designated + 60 days at 09:30 in America/New_York")
	return map[string]*listing.Programme{
		"us-dod-1237": {
			ID: "us-dod-1237", Title: "Communist Chinese military companies (section 1237)",
			Authority: "US Department of Defense",
			LegalBasis: []listing.LegalBasis{
				{Cite: "Public Law 105-261 § 1237", What: "the list"},
				{Cite: "Executive Order 13959", What: "the prohibition", URL: "https://www.govinfo.gov/app/details/FR-2020-11-17/2020-25459"},
			},
			Purposes: []string{"invest", "procure"}, Also: []string{"ccmc"},
			Validity: []listing.Step{{From: "2020-06-12", State: listing.RuleInForce, Published: "2020-06-12"}, {From: "2021-06-03", State: listing.RuleEnded, Published: "2021-06-03", Why: "replaced by section 1260H"}},
			Consequences: []listing.ConsequenceRule{
				{Kind: listing.Purchase, What: "no United States person may buy its securities", Cite: "EO 13959 § 1(a)(i)", Starts: begins},
				{Kind: listing.Holding, What: "securities held must be gone", Cite: "EO 13959 § 1(c)", Starts: rule("designated + 365 days"), WindDown: &begins},
			},
		},
		"us-bis-entity-list": {
			ID: "us-bis-entity-list", Title: "Entity List", Authority: "Bureau of Industry and Security",
			LegalBasis: []listing.LegalBasis{{Cite: "15 CFR 744.11, Supplement No. 4 to Part 744"}},
			Purposes:   []string{"export"},
			Consequences: []listing.ConsequenceRule{
				{Kind: listing.Export, What: "a licence is needed for all items subject to the EAR", Cite: "15 CFR 744.11(a)", Starts: rule("designated")},
			},
		},
	}
}

// play tells the stage's world: the life of Xiaomi's listing with its court
// case, Huawei for contrast, two parties of nearly one name, and a document
// that only one organisation may see.
func (s *stage) play() {
	type ev = listing.Event
	entry, event, number := dossiertest.Entry, dossiertest.Event, dossiertest.Identifier
	claim := func(key, day, issuer, stance, text string) ledger.Statement {
		return ledger.Statement{Kind: party.FactClaim, Subject: xiaomi, Key: key, Published: access.Date(day), Body: party.Claim{
			Issuer: issuer, Date: day, Text: text, Stance: stance, Source: "https://law.justia.com/cases/federal/district-courts/district-of-columbia/dcdce/1:2021cv00280/226816/21/",
		}}
	}
	organisation := func(id, programme, name, partyID string) listing.Entry {
		return listing.Entry{ID: id, Programme: programme, Name: name, Kind: party.Organisation, Party: partyID, Note: "designated as a company with ties to the People's Liberation Army"}
	}
	s.add(dossiertest.Document{Source: "us-dod-1237", Name: "section1237_ccmc.csv", Published: "2021-01-14", Statements: dossiertest.Join(
		entry(organisation(xiaomi, "us-dod-1237", "Xiaomi Corporation", "xiaomi")),
		entry(organisation(telecom, "us-dod-1237", "China Telecommunications Corp.", ""), "China Telecom"),
		entry(organisation(mobile, "us-dod-1237", "China Mobile Communications Group", ""), "China Telecom"),
		[]ledger.Statement{
			event(xiaomi, ev{Kind: listing.Designated, Date: "2021-01-14"}),
			event(telecom, ev{Kind: listing.Designated, Date: "2020-06-12"}),
			event(mobile, ev{Kind: listing.Designated, Date: "2020-06-12"}),
		},
	)})
	s.add(dossiertest.Document{Source: "events/xiaomi", Name: "xiaomi.yaml", Published: "2021-01-14", Statements: dossiertest.Join(
		entry(organisation(xiaomi, "us-dod-1237", "Xiaomi Corporation", "xiaomi"), "Xiaomi", "小米集团"),
		[]ledger.Statement{
			number(xiaomi, "isin", "KYG9830T1067", ""), number(xiaomi, "ticker", "1810 HK", ""),
			event(xiaomi, ev{Kind: listing.Designated, Date: "2021-01-14", Authority: "US Department of Defense", What: "Nine companies are added to the list; it now has 44.", Citation: "section 1237 of Public Law 105-261", Source: "https://insidedefense.com/insider/dod-blacklists-more-companies-linked-chinese-military"}),
			event(xiaomi, ev{Kind: listing.Challenged, Date: "2021-01-29", Authority: "Xiaomi Corporation", What: "Complaint against the Departments of Defense and of the Treasury.", Citation: "D.D.C. 1:21-cv-00280, Doc. 1"}),
			event(xiaomi, ev{Kind: listing.Stayed, Date: "2021-03-12", Authority: "US District Court, District of Columbia", What: "A preliminary injunction keeps the restrictions from taking effect.", Citation: "1:21-cv-00280, Doc. 21"}),
			event(xiaomi, ev{Kind: listing.Agreed, Date: "2021-05-11", What: "The parties agree that an order vacating the designation is appropriate.", Citation: "joint status report"}),
			event(xiaomi, ev{Kind: listing.Vacated, Date: "2021-05-25", Authority: "US District Court, District of Columbia", What: "The designation of 14 January is vacated.", Citation: "final order"}),
			event(xiaomi, ev{Kind: listing.Announced, Date: "2021-05-26", Authority: "Xiaomi Corporation", What: "The company tells the Hong Kong exchange."}),
			claim("1", "2021-01-14", "US Department of Defense", "accuses", "The company is a Communist Chinese military company that operates in the United States."),
			claim("2", "2021-01-29", "Xiaomi Corporation", "denies", "It is not owned, controlled by or affiliated with the Chinese military; its founders hold most of the votes."),
			claim("3", "2021-03-12", "US District Court, District of Columbia", "finds", "The reasons given for the designation are not supported by substantial evidence."),
		},
	)})
	s.add(dossiertest.Document{Source: "events/huawei", Name: "huawei.yaml", Published: "2019-05-21", Statements: dossiertest.Join(
		entry(organisation(huawei, "us-bis-entity-list", "Huawei Technologies Co., Ltd.", "huawei"), "Huawei", "华为"),
		[]ledger.Statement{event(huawei, ev{Kind: listing.Designated, Date: "2019-05-16", Published: "2019-05-21", Authority: "Bureau of Industry and Security", What: "Added to the Entity List with 68 affiliates.", Citation: "84 FR 22961"})},
	)})
	for _, published := range []access.Date{"2019-01-15", "2021-07-14"} {
		s.add(dossiertest.Document{Source: "us-ofac-sdn", Name: "sdn.csv", Published: published})
	}
	s.add(dossiertest.Document{Source: "policy/us-securities-investment", Name: "us-securities-investment.yaml", Published: "2020-11-12"})
	acme := access.ForOrganisation("acme")
	s.add(dossiertest.Document{Source: "events/secret", Name: "secret.yaml", Published: "2026-01-01", Audience: acme, Statements: entry(listing.Entry{
		ID: "acme-list:shadow", Programme: "acme-list", Name: "Shadow Supplier", Kind: party.Organisation,
	})})
}
