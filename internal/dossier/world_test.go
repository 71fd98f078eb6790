package dossier_test

import (
	"encoding/json"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

const (
	xiaomi    = "us-dod-1237:xiaomi-corporation"
	luokong   = "us-dod-1237:luokong-technology-corporation"
	luokung   = "us-dod-1237:luokung-technology-corp"
	telecom   = "us-dod-1260h:china-telecom-corporation-limited"
	telecomUS = "us-ofac-nonsdn:30882"
	groupUS   = "us-ofac-nonsdn:30939"
)

func organisation(id, programme, name, party string) listing.Entry {
	return listing.Entry{ID: id, Programme: programme, Name: name, Kind: "organisation", Party: party}
}

// world is a small ledger: the 1237 list from its table and from event files,
// the 1260H list, and OFAC's non-SDN list.
func world() *dossiertest.Memory {
	m := &dossiertest.Memory{}
	type (
		st = []ledger.Statement
		ev = listing.Event
	)
	join, entry, event, number := dossiertest.Join, dossiertest.Entry, dossiertest.Event, dossiertest.Identifier
	early := func(statements st) st { // a table is published with each row's first day
		for i := range statements {
			if statements[i].Published == "" {
				statements[i].Published = "2021-01-14"
			}
		}
		return statements
	}
	m.Add(dossiertest.Document{Source: "us-dod-1237", Name: "section1237.csv", Published: "2021-06-03", Statements: early(join(
		entry(organisation(xiaomi, "us-dod-1237", "Xiaomi Corporation", "")),
		st{event(xiaomi, ev{Kind: listing.Designated, Date: "2021-01-14"}), event(xiaomi, ev{Kind: listing.Vacated, Date: "2021-05-25"})},
		entry(organisation(luokong, "us-dod-1237", "Luokong Technology Corporation", ""), "LKCO"),
		st{event(luokong, ev{Kind: listing.Designated, Date: "2021-01-14"})},
	))})
	m.Add(dossiertest.Document{Source: "events/xiaomi", Name: "xiaomi.yaml", Published: "2021-01-14", Statements: join(
		entry(organisation(xiaomi, "us-dod-1237", "Xiaomi Corporation", "xiaomi"), "Xiaomi", "小米集团"),
		st{
			number(xiaomi, "isin", "KYG9830T1067", ""), number(xiaomi, "ticker", "1810 HK", ""),
			event(xiaomi, ev{Kind: listing.Designated, Date: "2021-01-14", Source: "https://example.org/designated"}),
			event(xiaomi, ev{Kind: listing.Stayed, Date: "2021-03-12", Citation: "21-cv-280, Doc. 21"}),
			event(xiaomi, ev{Kind: listing.Vacated, Date: "2021-05-25", Source: "https://example.org/vacated"}),
			{
				Kind: party.FactClaim, Subject: xiaomi, Key: "1", Published: "2021-01-29",
				Body: party.Claim{Issuer: "Xiaomi Corporation", Date: "2021-01-29", Text: "not owned by the military", Source: "https://example.org/complaint", Stance: "denies"},
			},
		},
	)})
	m.Add(dossiertest.Document{Source: "events/luokung", Name: "luokung.yaml", Published: "2021-01-14", Statements: join(
		st{event(luokong, ev{Kind: listing.Respelled, Date: "2021-03-09", Successor: luokung})},
		entry(organisation(luokung, "us-dod-1237", "Luokung Technology Corp.", "")),
		st{event(luokung, ev{Kind: listing.Redesignated, Date: "2021-03-09"}), event(luokung, ev{Kind: listing.Stayed, Date: "2021-05-05"})},
	)})
	m.Add(dossiertest.Document{Source: "us-ofac-nonsdn", Name: "cons_prim.csv", Published: "2021-06-03", Statements: join(
		entry(organisation(telecomUS, "us-ofac-ns-cmic", "CHINA TELECOM CORPORATION LIMITED", ""), "CHINA TELECOM"),
		st{number(telecomUS, "isin", "US1694261033", ""), event(telecomUS, ev{Kind: listing.Designated, Date: "2021-06-03"})},
		entry(organisation(groupUS, "us-ofac-ns-cmic", "CHINA TELECOMMUNICATIONS CORPORATION", ""), "CHINA TELECOM"),
		st{event(groupUS, ev{Kind: listing.Designated, Date: "2021-06-03"})},
	)})
	m.Add(dossiertest.Document{Source: "us-dod-1260h", Name: "section1260h.csv", Published: "2021-06-03", Statements: join(
		entry(organisation(telecom, "us-dod-1260h", "China Telecom Corporation Limited", "")),
		st{event(telecom, ev{Kind: listing.Designated, Date: "2021-06-03"})},
	)})
	m.Rules = map[string]*listing.Programme{}
	return m
}

func askAt(date, known access.Date) access.Ask {
	return access.Ask{Reader: access.Anonymous, At: access.At{Date: date, Known: known, Position: access.Now}}
}

func builder(m dossier.Facts) *dossier.Builder { return &dossier.Builder{Facts: m} }

func build(t testing.TB, m *dossiertest.Memory, query string, date, known access.Date) *dossier.Dossier {
	t.Helper()
	return buildFrom(t, m, query, date, known)
}

func statuses(d *dossier.Dossier) map[string]listing.Status {
	out := map[string]listing.Status{}
	for _, l := range d.Listings {
		out[l.ID] = l.Status
	}
	return out
}

func whys(d *dossier.Dossier) map[string]string {
	out := map[string]string{}
	for _, j := range d.Joined {
		out[j.ID] = j.Why
	}
	return out
}

// dump writes everything that a dossier says.
func dump(d *dossier.Dossier) string {
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		panic(err)
	}
	return string(text)
}
