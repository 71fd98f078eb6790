package listing_test

import (
	"fmt"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"github.com/google/go-cmp/cmp"
)

// short writes a fold on one line: "listed since 2021-01-14: purchase pending
// 2021-03-15, holding pending 2022-01-14".
func short(f listing.Folded) string {
	var b strings.Builder
	b.WriteString(string(f.Status))
	if f.Since != "" {
		b.WriteString(" since " + string(f.Since))
	}
	if f.Successor != "" {
		b.WriteString(" by " + f.Successor)
	}
	for i, c := range f.Consequences {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(&b, "%s%s %s %s", sep, c.Kind, c.State, c.From)
		if c.To != "" {
			fmt.Fprintf(&b, "..%s", c.To)
		}
	}
	return b.String()
}

// event makes an event out of "2021-01-14 designated".
func event(s string, states ...listing.Stated) listing.Event {
	date, kind, _ := strings.Cut(s, " ")
	return listing.Event{Date: access.Date(date), Kind: listing.EventKind(kind), Consequences: states}
}

type row struct {
	at   access.Date
	want string
}

func TestFold(t *testing.T) {
	enjoined := []listing.Event{
		event("2021-01-14 designated"), event("2021-01-29 challenged"), event("2021-03-12 stayed"),
		event("2021-05-11 agreed"), event("2021-05-25 vacated"), event("2021-05-26 announced"),
	}
	respelled := event("2021-03-09 respelled")
	respelled.Successor = "us-test-military:right"
	nasdaq := func(e listing.Event) listing.Event { e.Authority = "Nasdaq"; return e }
	tests := []struct {
		name      string
		programme string
		events    []listing.Event
		rows      []row
	}{
		{"no events", military, nil, []row{{"2021-01-14", "not_listed"}}},
		{"designated, stayed, vacated", military, enjoined, []row{
			{"2021-01-13", "not_listed"},
			{"2021-01-14", "listed since 2021-01-14: purchase pending 2021-03-15, holding pending 2022-01-14"},
			{"2021-03-11", "listed since 2021-01-14: purchase pending 2021-03-15, holding pending 2022-01-14"},
			{"2021-03-12", "stayed since 2021-03-12: purchase stayed 2021-03-15, holding stayed 2022-01-14"},
			{"2021-05-24", "stayed since 2021-03-12: purchase stayed 2021-03-15, holding stayed 2022-01-14"},
			{"2021-05-25", "vacated since 2021-05-25: purchase ended 2021-03-15..2021-05-25, holding ended 2022-01-14..2021-05-25"},
			{"2026-01-01", "vacated since 2021-05-25: purchase ended 2021-03-15..2021-05-25, holding ended 2022-01-14..2021-05-25"},
		}},
		{"nothing after the designation", military, enjoined[:1], []row{
			{"2021-03-14", "listed since 2021-01-14: purchase pending 2021-03-15, holding pending 2022-01-14"},
			{"2021-03-15", "listed since 2021-01-14: purchase in_force 2021-03-15, holding wind_down 2022-01-14"},
			{"2021-06-02", "listed since 2021-01-14: purchase in_force 2021-03-15, holding wind_down 2022-01-14"},
			{"2021-06-03", "expired since 2021-06-03: purchase ended 2021-03-15..2021-06-03, holding ended 2022-01-14..2021-06-03"},
		}},
		{"first tranche", military, []listing.Event{event("2020-06-12 designated"), event("2021-06-03 removed")}, []row{
			{"2020-11-11", "listed since 2020-06-12"}, // no rule yet
			{"2020-11-12", "listed since 2020-06-12: purchase pending 2021-01-11"},
			{"2021-01-11", "listed since 2020-06-12: purchase in_force 2021-01-11"},
			{"2021-06-03", "removed since 2021-06-03: purchase ended 2021-01-11..2021-06-03"},
		}},
		{"respelled", military, []listing.Event{event("2021-01-14 designated"), respelled}, []row{
			{"2021-03-08", "listed since 2021-01-14: purchase pending 2021-03-15, holding pending 2022-01-14"},
			{"2021-03-09", "superseded since 2021-03-09 by us-test-military:right: purchase ended 2021-03-15..2021-03-09, holding ended 2022-01-14..2021-03-09"},
		}},
		{"stay lifted", military, []listing.Event{event("2021-01-14 designated"), event("2021-03-12 stayed"), event("2021-04-01 stay_lifted")}, []row{
			{"2021-03-20", "stayed since 2021-03-12: purchase stayed 2021-03-15, holding stayed 2022-01-14"},
			{"2021-04-01", "listed since 2021-04-01: purchase in_force 2021-03-15, holding wind_down 2022-01-14"},
		}},
		{"redesignated", military, []listing.Event{event("2020-12-03 designated"), event("2021-01-20 stayed"), event("2021-02-01 redesignated")}, []row{
			{"2021-01-31", "stayed since 2021-01-20: purchase stayed 2021-02-01, holding stayed 2021-12-03"},
			{"2021-02-01", "listed since 2021-02-01: purchase pending 2021-04-02, holding pending 2022-02-01"},
			{"2021-04-02", "listed since 2021-02-01: purchase in_force 2021-04-02, holding wind_down 2022-02-01"},
		}},
		{"designated twice is confirmed", military, []listing.Event{event("2020-12-03 designated"), event("2021-01-20 stayed"), event("2021-02-01 designated")}, []row{
			{"2021-02-01", "stayed since 2021-01-20: purchase stayed 2021-02-01, holding stayed 2021-12-03"},
		}},
		{"removed and listed again", exports, []listing.Event{event("2001-01-01 designated"), event("2002-01-01 removed"), event("2003-01-01 designated")}, []row{
			{"2001-01-05", "listed since 2001-01-01: export in_force 2001-01-01, visa pending 2001-01-11..2001-02-10"},
			{"2001-01-11", "listed since 2001-01-01: export in_force 2001-01-01, visa in_force 2001-01-11..2001-02-10"},
			{"2001-02-10", "listed since 2001-01-01: export in_force 2001-01-01, visa ended 2001-01-11..2001-02-10"},
			{"2002-06-01", "removed since 2002-01-01: export ended 2001-01-01..2002-01-01, visa ended 2001-01-11..2001-02-10"},
			{"2003-01-01", "listed since 2003-01-01: export in_force 2003-01-01, visa pending 2003-01-11..2003-02-10"},
		}},
		{"rule suspended, then unverified", exports, []listing.Event{event("2019-05-16 designated")}, []row{
			{"2025-09-28", "listed since 2019-05-16: export in_force 2019-05-16, visa ended 2019-05-26..2019-06-25"},
			{"2025-09-29", "listed since 2019-05-16: export in_force 2019-05-16, affiliate_export in_force 2025-09-29, visa ended 2019-05-26..2019-06-25"},
			{"2025-11-10", "listed since 2019-05-16: export in_force 2019-05-16, affiliate_export stayed 2025-09-29, visa ended 2019-05-26..2019-06-25"},
			{"2026-11-09", "listed since 2019-05-16: export in_force 2019-05-16, affiliate_export stayed 2025-09-29, visa ended 2019-05-26..2019-06-25"},
			{"2026-11-10", "listed since 2019-05-16: export in_force 2019-05-16, affiliate_export undetermined 2025-09-29, visa ended 2019-05-26..2019-06-25"},
		}},
		{"of one day's, the later in order counts", exports, []listing.Event{event("2001-01-01 designated"), event("2001-01-04 vacated"), event("2001-01-04 removed"), event("2001-01-04 expired")}, []row{
			{"2001-01-04", "vacated since 2001-01-04: export ended 2001-01-01..2001-01-04, visa ended 2001-01-11..2001-01-04"},
		}},
		{"what has ended has nothing left to remove", exports, []listing.Event{event("2001-01-01 designated"), event("2001-01-04 expired"), event("2001-01-08 removed"), event("2001-01-09 stayed")}, []row{
			{"2001-02-01", "expired since 2001-01-04: export ended 2001-01-01..2001-01-04, visa ended 2001-01-11..2001-01-04"},
		}},
		{"a court can still vacate it", exports, []listing.Event{event("2001-01-01 designated"), event("2001-01-04 removed"), event("2001-01-08 vacated")}, []row{
			{"2001-01-07", "removed since 2001-01-04: export ended 2001-01-01..2001-01-04, visa ended 2001-01-11..2001-01-04"},
			{"2001-02-01", "vacated since 2001-01-08: export ended 2001-01-01..2001-01-04, visa ended 2001-01-11..2001-01-04"},
		}},
		{"removal of what was never seen", exports, []listing.Event{event("2001-01-04 removed")}, []row{{"2001-01-04", "removed since 2001-01-04"}}},
		{"stay of nothing", exports, []listing.Event{event("2001-01-04 stayed"), event("2001-01-05 stay_lifted")}, []row{{"2001-01-06", "not_listed"}}},
		{"dates stated by the entry", military, []listing.Event{event("2020-12-03 designated",
			listing.Stated{Kind: listing.Purchase, From: "2021-03-01"}, listing.Stated{Kind: listing.Holding, WindDown: "2021-03-01", From: "2021-05-01"})}, []row{
			{"2021-02-28", "listed since 2020-12-03: purchase pending 2021-03-01, holding pending 2021-05-01"},
			{"2021-03-01", "listed since 2020-12-03: purchase in_force 2021-03-01, holding wind_down 2021-05-01"},
			{"2021-05-01", "listed since 2020-12-03: purchase in_force 2021-03-01, holding in_force 2021-05-01"},
		}},
		{"dates moved by an amendment", exports, []listing.Event{event("2001-01-01 designated"), event("2001-01-04 amended", listing.Stated{Kind: listing.Export, From: "2001-02-01"})}, []row{
			{"2001-01-03", "listed since 2001-01-01: export in_force 2001-01-01, visa pending 2001-01-11..2001-02-10"},
			{"2001-01-04", "listed since 2001-01-01: export pending 2001-02-01, visa pending 2001-01-11..2001-02-10"},
			{"2001-02-01", "listed since 2001-01-01: export in_force 2001-02-01, visa in_force 2001-01-11..2001-02-10"},
		}},
		{"a consequence ended by an act", exports, []listing.Event{event("2001-01-01 designated"), event("2001-01-04 amended", listing.Stated{Kind: listing.Export, Ended: true})}, []row{
			{"2001-01-04", "listed since 2001-01-01: export ended 2001-01-01..2001-01-04, visa pending 2001-01-11..2001-02-10"},
		}},
		{"a consequence that no rule knows", exports, []listing.Event{event("2001-01-01 designated", listing.Stated{Kind: listing.Secondary, To: "2001-01-08"})}, []row{
			{"2001-01-04", "listed since 2001-01-01: export in_force 2001-01-01, visa pending 2001-01-11..2001-02-10, secondary in_force 2001-01-01..2001-01-08"},
			{"2001-01-08", "listed since 2001-01-01: export in_force 2001-01-01, visa pending 2001-01-11..2001-02-10, secondary ended 2001-01-01..2001-01-08"},
		}},
		{"a delisting announced, withdrawn and announced again", `
countersign: programme/v1
id: bare
title: A list without rules
authority: Tests
legal_basis: [{cite: none}]
purposes: [invest]
validity: [{from: 2000-01-01, state: in_force}]
`, []listing.Event{
			event("2021-01-14 designated"),
			nasdaq(event("2021-03-05 market_action", listing.Stated{Kind: listing.ExchangeDelisting, From: "2021-03-15"})),
			nasdaq(event("2021-03-11 market_action", listing.Stated{Kind: listing.ExchangeDelisting, Ended: true})),
			nasdaq(event("2021-04-30 market_action", listing.Stated{Kind: listing.ExchangeDelisting, From: "2021-05-07"})),
			event("2021-05-01 stayed"), event("2021-05-20 vacated"),
		}, []row{
			{"2021-03-04", "listed since 2021-01-14"},
			{"2021-03-05", "listed since 2021-01-14: exchange_delisting pending 2021-03-15"},
			{"2021-03-11", "listed since 2021-01-14: exchange_delisting ended 2021-03-15..2021-03-11"},
			{"2021-04-30", "listed since 2021-01-14: exchange_delisting ended 2021-03-15..2021-03-11, exchange_delisting pending 2021-05-07"},
			{"2021-05-07", "stayed since 2021-05-01: exchange_delisting ended 2021-03-15..2021-03-11, exchange_delisting in_force 2021-05-07"}, // the exchange did not wait for the court
			{"2021-06-01", "vacated since 2021-05-20: exchange_delisting ended 2021-03-15..2021-03-11, exchange_delisting in_force 2021-05-07"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := parse(t, tt.programme)
			for _, r := range tt.rows {
				if diff := cmp.Diff(r.want, short(p.Fold(tt.events, r.at))); diff != "" {
					t.Errorf("on %s (-want +got):\n%s", r.at, diff)
				}
			}
		})
	}
}

// Markets: each has its own acts, a stay concerns them only when it says so,
// and an end that does not say whose ends them all.
func TestMarketActs(t *testing.T) {
	p := parse(t, exports)
	by := func(who string, e listing.Event) listing.Event { e.Authority = who; return e }
	designated := event("2019-01-01 designated")
	ftse := by("FTSE Russell", event("2019-02-01 market_action", listing.Stated{Kind: listing.IndexRemoval, From: "2019-03-01", What: "dropped from FTSE indexes"}))
	msci := by("MSCI", event("2019-02-02 market_action", listing.Stated{Kind: listing.IndexRemoval, From: "2019-04-01"}))
	later := by("MSCI", event("2019-02-03 market_action", listing.Stated{Kind: listing.IndexRemoval, From: "2019-05-01"}))
	limited := by("S&P", event("2019-02-03 market_action", listing.Stated{Kind: listing.IndexRemoval, To: "2019-03-05"}))
	tests := []struct {
		name   string
		events []listing.Event
		at     access.Date
		want   []string
	}{
		{"two indexes", []listing.Event{designated, msci, ftse}, "2019-03-01", []string{"in_force 2019-03-01.. act of FTSE Russell", "pending 2019-04-01.. act of MSCI"}},
		{"one moves its day", []listing.Event{designated, ftse, msci, later}, "2019-04-01", []string{"in_force 2019-03-01.. act of FTSE Russell", "pending 2019-05-01.. act of MSCI"}},
		{"one takes it back", []listing.Event{designated, ftse, msci, by("FTSE Russell", event("2019-03-15 market_action", listing.Stated{Kind: listing.IndexRemoval, Ended: true}))}, "2019-04-01",
			[]string{"ended 2019-03-01..2019-03-15 ended by FTSE Russell on 2019-03-15", "in_force 2019-04-01.. act of MSCI"}},
		{"all end", []listing.Event{designated, ftse, msci, event("2019-03-15 announced", listing.Stated{Kind: listing.IndexRemoval, Ended: true})}, "2019-04-01",
			[]string{"ended 2019-03-01..2019-03-15 ended by FTSE Russell on 2019-03-15", "ended 2019-04-01..2019-03-15 withdrawn by MSCI on 2019-03-15, before it began"}},
		{"a stay that does not name them", []listing.Event{designated, ftse, event("2019-03-15 stayed")}, "2019-04-01", []string{"in_force 2019-03-01.. act of FTSE Russell"}},
		{"a stay that names them", []listing.Event{designated, ftse, event("2019-03-15 stayed", listing.Stated{Kind: listing.IndexRemoval})}, "2019-04-01", []string{"stayed 2019-03-01.. stayed on 2019-03-15"}},
		{"that stay lifted", []listing.Event{designated, ftse, event("2019-03-15 stayed", listing.Stated{Kind: listing.IndexRemoval}), event("2019-03-20 stay_lifted")}, "2019-04-01", []string{"in_force 2019-03-01.. act of FTSE Russell"}},
		{"one with an end", []listing.Event{designated, limited}, "2019-03-05", []string{"ended 2019-02-03..2019-03-05 act of S&P"}},
		{"one by nobody named", []listing.Event{designated, by("", ftse)}, "2019-03-05", []string{"in_force 2019-03-01.. "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range p.Fold(tt.events, tt.at).Consequences {
				if c.Kind == listing.IndexRemoval {
					got = append(got, fmt.Sprintf("%s %s..%s %s", c.State, c.From, c.To, c.Why))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhy(t *testing.T) {
	all := []listing.Event{event("2021-01-14 designated"), event("2021-03-12 stayed"), event("2021-05-25 vacated")}
	affiliates := []listing.Event{event("2019-05-16 designated")}
	tests := []struct {
		programme string
		events    []listing.Event
		at        access.Date
		kind      listing.ConsequenceKind
		want      string
	}{
		{military, all, "2021-02-01", listing.Purchase, "60 days after designated on 2021-01-14, at 09:30 America/New_York"},
		{military, all, "2021-03-13", listing.Purchase, "stayed on 2021-03-12"},
		{military, all, "2021-06-01", listing.Holding, "the listing ended on 2021-05-25, before it began"},
		{military, all[:2], "2021-06-03", listing.Holding, "Order 2 replaced Order 1"},
		{military, []listing.Event{event("2020-12-03 designated", listing.Stated{Kind: listing.Purchase, From: "2021-02-02"})}, "2021-01-01", listing.Purchase, "date stated by the authority"},
		{exports, affiliates, "2026-01-01", listing.AffiliateExport, "suspended for a year"},
		{exports, affiliates, "2026-12-01", listing.AffiliateExport, "whether the suspension was extended is not verified"},
		{exports, []listing.Event{event("2001-01-01 designated", listing.Stated{Kind: listing.Secondary})}, "2026-12-01", listing.Secondary, "stated by the authority without a date"},
	}
	for _, tt := range tests {
		found := false
		for _, c := range parse(t, tt.programme).Fold(tt.events, tt.at).Consequences {
			if c.Kind != tt.kind {
				continue
			}
			found = true
			if c.Why != tt.want {
				t.Errorf("%s on %s: %q, want %q", tt.kind, tt.at, c.Why, tt.want)
			}
		}
		if !found {
			t.Errorf("no %s on %s", tt.kind, tt.at)
		}
	}
}

// The end of a rule is not told of days on which nobody knew it.
func TestEndNotForetold(t *testing.T) {
	events := []listing.Event{event("2021-01-14 designated")}
	p := parse(t, military)
	for _, c := range p.Fold(events, "2021-02-01").Consequences {
		if c.To != "" {
			t.Errorf("%s until %s, told on 2021-02-01", c.Kind, c.To)
		}
	}
	known := p.AsKnown("2021-02-01")
	if got := known.Fold(events, "2022-02-01").Status; got != listing.StatusListed {
		t.Errorf("on 2022-02-01 as known on 2021-02-01: %s, want listed", got)
	}
	if diff := cmp.Diff([]access.Date{"2021-01-14", "2021-03-15", "2022-01-14"}, known.Dates(events)); diff != "" {
		t.Errorf("dates as known on 2021-02-01 (-want +got):\n%s", diff)
	}
}

func TestDates(t *testing.T) {
	tests := []struct {
		name      string
		programme string
		events    []listing.Event
		want      []access.Date
	}{
		{"none", military, nil, nil},
		{"stay and vacatur", military, []listing.Event{event("2021-01-14 designated"), event("2021-01-29 challenged"), event("2021-03-12 stayed"), event("2021-05-25 vacated")},
			[]access.Date{"2021-01-14", "2021-03-12", "2021-05-25"}}, // 2021-03-15 falls into the stay
		{"left alone", military, []listing.Event{event("2021-01-14 designated")}, []access.Date{"2021-01-14", "2021-03-15", "2021-06-03"}},
		{"affiliates", exports, []listing.Event{event("2019-05-16 designated")},
			[]access.Date{"2019-05-16", "2019-05-26", "2019-06-25", "2025-09-29", "2025-11-10", "2026-11-10"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, parse(t, tt.programme).Dates(tt.events)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
