package decision_test

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/eventfile"
	"countersign.dev/internal/policy"
	"countersign.dev/policies"
	"countersign.dev/programmes"
)

// yangtze is an entry of the 1260H list, SDN and CMIC are of OFAC's.
const (
	yangtze = "us-dod-1260h:yangtze-memory"
	blocked = "us-ofac-sdn:36"
	telecom = "us-ofac-nonsdn:30882"
)

// ledgerOf holds the shipped programmes, the shipped histories and an entry
// each of lists that those do not tell of.
func ledgerOf(t testing.TB) *dossiertest.Memory {
	t.Helper()
	m := &dossiertest.Memory{Rules: map[string]*listing.Programme{}}
	for name, text := range read(t, programmes.FS, "*.yaml") {
		p, err := listing.ParseProgramme(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m.Rules[p.ID] = p
	}
	histories := read(t, demo.FS, "events/*.yaml")
	for _, name := range slices.Sorted(maps.Keys(histories)) {
		r, err := eventfile.Read(t.Context(), histories[name], eventfile.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m.Add(dossiertest.Document{Source: r.Source, Name: name, Published: r.Published, Statements: r.Statements})
	}
	for _, e := range []struct {
		id, programme, name string
		designated          listing.Event
	}{
		{yangtze, "us-dod-1260h", "Yangtze Memory Technologies", listing.Event{Date: "2024-01-31"}},
		{blocked, "us-ofac-sdn", "Aerocaribbean Airlines", listing.Event{Date: "2019-01-02"}},
		{telecom, "us-ofac-ns-cmic", "China Telecom Corporation Limited", listing.Event{Date: "2021-06-03", Consequences: []listing.Stated{
			{Kind: listing.Purchase, From: "2021-08-02"}, {Kind: listing.Holding, From: "2022-06-03", WindDown: "2021-08-02"},
		}}},
	} {
		e.designated.Kind = listing.Designated
		m.Add(dossiertest.Document{Source: "list", Name: "list.csv", Published: e.designated.Date, Statements: append(
			dossiertest.Entry(listing.Entry{ID: e.id, Programme: e.programme, Name: e.name, Kind: "organisation"}),
			dossiertest.Event(e.id, e.designated),
		)})
	}
	return m
}

// read is the files of a folder that the product ships, by name.
func read(t testing.TB, files fs.FS, pattern string) map[string][]byte {
	t.Helper()
	names, err := fs.Glob(files, pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: no files (%v)", pattern, err)
	}
	out := map[string][]byte{}
	for _, name := range names {
		if out[name], err = fs.ReadFile(files, name); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func shipped(t testing.TB) []*policy.Policy {
	t.Helper()
	var out []*policy.Policy
	for _, id := range []string{"us-securities-investment", "us-federal-procurement", "export"} {
		b, err := policies.FS.ReadFile(id + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.Parse(id+".yaml", b)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// ask goes the whole way from facts to an answer.
func ask(t testing.TB, m *dossiertest.Memory, ps []*policy.Policy, query, purpose string, at, known access.Date) *decision.Answer {
	t.Helper()
	b := dossier.Builder{Facts: m}
	d, err := b.Build(t.Context(), access.Ask{Reader: access.Operator, At: access.At{Date: at, Known: known, Position: 100}}, query)
	if err != nil {
		t.Fatal(err)
	}
	a, err := decision.Evaluate(t.Context(), d, decision.Question{Purpose: purpose, Policies: ps, Engine: "test/1"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestFromFacts asks the questions of the design's table of the facts
// themselves, folded and dated by the rooms that do that.
func TestFromFacts(t *testing.T) {
	m, ps := ledgerOf(t), shipped(t)
	const today = access.Date("2026-11-23")
	tests := []struct {
		query, purpose string
		at, known      access.Date
		want           string // verdict, status of the first listing, rules, changes_on
	}{
		{"Xiaomi Corporation", "invest", "2021-01-13", today, "allow not_listed [] <nil>"},
		{"Xiaomi Corporation", "invest", "2021-02-01", today, "review listed [purchase-pending holding-pending] 2021-03-15"},
		{"Xiaomi Corporation", "invest", "2021-03-13", today, "review stayed [stayed index-removal] <nil>"},
		{"Xiaomi Corporation", "invest", "2021-03-16", "2021-02-01", "deny listed [purchase-barred holding-wind-down] 2022-01-14"},
		{"Xiaomi Corporation", "invest", "2021-05-26", today, "allow vacated [history market-history] <nil>"},
		{"Xiaomi Corporation", "procure", "2021-02-01", today, "review listed [defense-list] <nil>"},
		{"Xiaomi Corporation", "invest", "2021-03-06", today, "review listed [purchase-pending holding-pending index-removal] 2021-03-12"},
		{"Xiaomi Corporation", "invest", "2021-01-13", "2021-01-13", "review none [subject-unknown] <nil>"},

		{"Yangtze Memory Technologies", "procure", "2025-01-08", today, "review listed [procurement-pending procurement-pending] 2026-06-30"},
		{"Yangtze Memory Technologies", "procure", "2026-07-01", today, "deny listed [procurement-barred procurement-pending] 2027-06-30"},
		{"Yangtze Memory Technologies", "invest", "2026-07-01", today, "review listed [defense-list] <nil>"},

		{"Aerocaribbean Airlines", "procure", "2021-01-01", today, "deny listed [blocked] <nil>"},
		{"Aerocaribbean Airlines", "invest", "2021-01-01", today, "deny listed [blocked] <nil>"},
		{"Aerocaribbean Airlines", "export", "2021-01-01", today, "deny listed [blocked] <nil>"},

		{"China Telecom Corporation Limited", "invest", "2021-06-10", today, "review listed [purchase-pending holding-pending] 2021-08-02"},
		{"China Telecom Corporation Limited", "invest", "2021-08-02", today, "deny listed [purchase-barred holding-wind-down] 2022-06-03"},
		{"China Telecom Corporation Limited", "invest", "2022-06-03", today, "deny listed [purchase-barred holding-barred] <nil>"},
		{"China Telecom Corporation Limited", "procure", "2022-06-03", today, "review listed [investment-ban] <nil>"},

		{"Huawei", "export", "2021-01-01", today, "deny listed [licence-required military-end-user] <nil>"},
		{"Huawei", "export", "2025-10-15", today, "deny listed [licence-required affiliates history] <nil>"},
		{"Huawei", "export", "2025-12-01", today, "deny listed [licence-required affiliates-suspended history] 2026-11-10"},
		{"Huawei", "export", "2026-11-23", today, "deny listed [licence-required undetermined history] <nil>"},
		{"Huawei", "procure", "2017-01-01", today, "allow not_listed [] <nil>"},

		{"Luokung", "invest", "2021-01-20", today, "review listed [purchase-pending holding-pending] 2021-03-15"},
		{"Luokung", "invest", "2021-05-06", today, "review superseded [stayed history] <nil>"},
		{"Luokung", "invest", "2021-06-04", today, "allow superseded [history history] <nil>"},
	}
	for _, tt := range tests {
		a := ask(t, m, ps, tt.query, tt.purpose, tt.at, tt.known)
		if got := summary(a); got != tt.want {
			t.Errorf("%s %s %s known %s:\n got %s\nwant %s", tt.purpose, tt.query, tt.at, tt.known, got, tt.want)
		}
		for _, r := range a.Reasons {
			if r.Listing != "" && len(r.Evidence) == 0 {
				t.Errorf("%s %s: %s rests on no evidence", tt.query, tt.at, r.Rule)
			}
		}
	}
}

func summary(a *decision.Answer) string {
	status, rules, changes := "none", []string{}, "<nil>"
	if len(a.Listings) > 0 {
		status = string(a.Listings[0].Status)
	}
	for _, r := range a.Reasons {
		rules = append(rules, r.Rule)
	}
	if a.ChangesOn != nil {
		changes = string(*a.ChangesOn)
	}
	return fmt.Sprint(a.Verdict, " ", status, " ", rules, " ", changes)
}

// TestChangesOnIsWhatTheNextDaysSay asks anew on each of the following days,
// with the knowledge of the day first asked about, until the answer changes.
func TestChangesOnIsWhatTheNextDaysSay(t *testing.T) {
	m, ps := ledgerOf(t), shipped(t)
	for _, tt := range []struct {
		query string
		at    access.Date
	}{
		{"Xiaomi Corporation", "2021-01-14"}, {"Xiaomi Corporation", "2021-03-11"}, {"Xiaomi Corporation", "2021-03-20"},
		{"Yangtze Memory Technologies", "2026-01-05"}, {"China Telecom Corporation Limited", "2021-08-02"}, {"Huawei", "2026-09-01"},
	} {
		first := ask(t, m, ps, tt.query, "", tt.at, "2026-11-23")
		before, changes := "", "<nil>"
		for i := range 400 {
			day := tt.at.AddDays(i)
			now := reasoning(ask(t, m, ps, tt.query, "", day, tt.at))
			if i == 0 {
				before = now
			} else if now != before {
				changes = string(day)
				break
			}
		}
		if got := summary(first); !strings.HasSuffix(got, " "+changes) {
			t.Errorf("%s on %s: %s, but the answer changes on %s", tt.query, tt.at, got, changes)
		}
	}
}

// reasoning is what makes an answer another one: its verdict, and each rule
// that spoke with the status and states that it spoke of.
func reasoning(a *decision.Answer) string {
	out := []string{string(a.Verdict)}
	for _, r := range a.Reasons {
		out = append(out, r.Policy, r.Rule, r.Listing)
		for _, l := range a.Listings {
			if l.ID != r.Listing {
				continue
			}
			out = append(out, string(l.Status))
			for _, c := range l.Consequences {
				if c.Kind == r.Consequence {
					out = append(out, string(c.State))
				}
			}
		}
	}
	return strings.Join(out, " ")
}

// BenchmarkFromFacts builds Xiaomi's dossier from facts in memory and answers
// for all purposes.
func BenchmarkFromFacts(b *testing.B) {
	m, ps := ledgerOf(b), shipped(b)
	for b.Loop() {
		ask(b, m, ps, "Xiaomi Corporation", "", "2021-02-01", "2026-11-23")
	}
}
