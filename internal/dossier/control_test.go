package dossier_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/interestcsv"
	"countersign.dev/internal/party/ownership"
	"countersign.dev/internal/realdata"
	"countersign.dev/programmes"
)

const sdn = "us-ofac-sdn"

// shipped is the programmes that the product ships.
func shipped(t testing.TB, ids ...string) map[string]*listing.Programme {
	t.Helper()
	out := map[string]*listing.Programme{}
	for _, id := range ids {
		b, err := programmes.FS.ReadFile(id + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if out[id], err = listing.ParseProgramme(b); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// owned is a ledger with a table of interests and with parties on lists.
func owned(t testing.TB, table string, listed ...[]ledger.Statement) *dossiertest.Memory {
	t.Helper()
	m := &dossiertest.Memory{Rules: shipped(t, sdn, "us-bis-entity-list")}
	for i, statements := range listed {
		m.Add(dossiertest.Document{Source: fmt.Sprintf("list%d", i), Published: "2020-01-01", Statements: statements})
	}
	addTable(t, m, "ownership/test", "2021-01-01", table)
	return m
}

func addTable(t testing.TB, m *dossiertest.Memory, source string, published access.Date, table string) {
	t.Helper()
	r, err := interestcsv.Read(t.Context(), source, []byte(table), interestcsv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	m.Add(dossiertest.Document{Source: source, Published: published, Statements: r.Statements})
}

// onSDN is an entry of the SDN list, designated on a day and removed on
// another, if that is one.
func onSDN(key, name string, kind party.Kind, from, to access.Date, tags ...string) []ledger.Statement {
	return onList(sdn, key, name, kind, from, to, tags...)
}

func onList(list, key, name string, kind party.Kind, from, to access.Date, tags ...string) []ledger.Statement {
	id := listing.ID(list, key)
	out := dossiertest.Entry(listing.Entry{ID: id, Programme: list, Name: name, Kind: kind, Tags: tags})
	out = append(out, dossiertest.Event(id, listing.Event{Kind: listing.Designated, Date: from}))
	if to != "" {
		out = append(out, dossiertest.Event(id, listing.Event{Kind: listing.Removed, Date: to, Published: from}))
	}
	return out
}

// proofOf is a finding's proof in short.
func proofOf(f *dossier.Finding) string {
	var out []string
	for _, h := range f.Proof {
		out = append(out, fmt.Sprintf("%s %s..%s %s", h.Holder.Name, h.Economic.Min, h.Economic.Max, h.Held.Name))
	}
	return strings.Join(out, ", ")
}

const ownerTable = `owner,owned,economic,voting,control,valid_from,valid_to,owner_kind
"Blocked Bank, OJSC",Middle Holding Ltd,50,,,,,
Middle Holding Limited,Acme GmbH,30,,,,,
us-ofac-sdn:7,Acme GmbH,20,,,,2022-07-01,
Viktor Petrov,Perhaps Ltd,60,,,,,
"SMIRNOV, Oleg",Surely Ltd,60,,,,,
"SIDOROV, Pyotr",Said Ltd,60,,,,,person
Clean Fund,Acme GmbH,50,,,,,
"Blocked Bank, OJSC",Steered Ltd,10,,board,,,
"Blocked Bank, OJSC",Guess Ltd,45..55,,,,,
Acme GmbH,Daughter AG,80,,,,,
`

func acme(t testing.TB) *dossiertest.Memory {
	return owned(t, ownerTable,
		onSDN("1", "BLOCKED BANK OJSC", party.Organisation, "2020-03-01", ""),
		onSDN("7", "IVANOV, Ivan", party.Person, "2021-05-01", ""),
		onSDN("8", "PETROV, Viktor", party.Person, "2020-03-01", ""),
		onSDN("10", "SMIRNOV, Oleg", party.Person, "2020-03-01", ""),
		onSDN("9", "SIDOROV, Pyotr", party.Person, "2020-03-01", ""),
	)
}

func TestControl(t *testing.T) {
	for _, c := range []struct {
		query string
		date  access.Date
		state ownership.State
		why   string // what it contains
		proof string
	}{
		{"Acme GmbH", "2022-01-01", ownership.Blocked, "50 % is held by Middle Holding Limited and IVANOV, Ivan",
			"Middle Holding Limited 30..30 Acme GmbH, IVANOV, Ivan 20..20 Acme GmbH, BLOCKED BANK OJSC 50..50 Middle Holding Limited"},
		{"Acme", "2022-07-01", ownership.NotBlocked, "listed or blocked owners hold 30 %", ""}, // Ivanov has sold
		{"Acme", "2021-04-30", ownership.NotBlocked, "listed or blocked owners hold 30 %", ""}, // Ivanov is not listed yet
		{"Acme", "2020-02-01", ownership.NotBlocked, "none of its known owners is listed or blocked by owners of its own", ""},
		{"Middle Holding", "2022-01-01", ownership.Blocked, "50 % is held by BLOCKED BANK OJSC", "BLOCKED BANK OJSC 50..50 Middle Holding Limited"},
		{"Daughter AG", "2022-01-01", ownership.Blocked, "80 % is held by Acme GmbH", "Acme GmbH 80..80 Daughter AG, Middle Holding Limited 30..30 Acme GmbH, IVANOV, Ivan 20..20 Acme GmbH, BLOCKED BANK OJSC 50..50 Middle Holding Limited"},
		{"Steered Ltd", "2022-01-01", ownership.Flagged, "BLOCKED BANK OJSC", "BLOCKED BANK OJSC 10..10 Steered Ltd"},
		{"Guess Ltd", "2022-01-01", ownership.Undetermined, "the stake of BLOCKED BANK OJSC in Guess Ltd, which is 45 to 55 %: from 50 % on it blocks", ""},
		{"Perhaps Ltd", "2022-01-01", ownership.Undetermined, "whether Viktor Petrov is PETROV, Viktor (us-ofac-sdn:8), who is listed", ""},
		{"Surely Ltd", "2022-01-01", ownership.Blocked, "60 % is held by SMIRNOV, Oleg", "SMIRNOV, Oleg 60..60 Surely Ltd"},
		{"Said Ltd", "2022-01-01", ownership.Undetermined, "whether SIDOROV, Pyotr is SIDOROV, Pyotr (us-ofac-sdn:9), who is listed", ""},
		{"SMIRNOV, Oleg", "2022-01-01", ownership.Blocked, "it is listed itself", ""}, // asked by name, the listed one is meant
		{"Clean Fund", "2022-01-01", ownership.NotBlocked, "no interest in it is known", ""},
		{"us-ofac-sdn:1", "2022-01-01", ownership.Blocked, "it is listed itself", ""},
		{"us-ofac-sdn:8", "2022-01-01", ownership.Blocked, "it is listed itself", ""},
		{"us-ofac-sdn:8", "2020-02-01", ownership.NotBlocked, "no interest in it is held", ""},
	} {
		d := build(t, acme(t), c.query, c.date, today)
		f := &d.Control.OFAC50
		if f.State != c.state || !strings.Contains(f.Why, c.why) || proofOf(f) != c.proof {
			t.Errorf("%s on %s: %s, %q, proof %q; want %s, %q, %q", c.query, c.date, f.State, f.Why, proofOf(f), c.state, c.why, c.proof)
		}
	}
}

func TestControlTables(t *testing.T) {
	d := build(t, acme(t), "Acme GmbH", "2022-01-01", today)
	var owners []string
	for _, h := range d.Control.Owners {
		owners = append(owners, fmt.Sprintf("%s %s %s", h.Holder.Name, h.Economic.Min, h.HolderState))
	}
	want := []string{"Clean Fund 50 not_blocked", "Middle Holding Limited 30 blocked", "IVANOV, Ivan 20 blocked"}
	if !slices.Equal(owners, want) {
		t.Errorf("owners %q, want %q", owners, want)
	}
	if h := d.Control.Holdings; len(h) != 1 || h[0].Held.Name != "Daughter AG" || h[0].Economic.Min != "80" {
		t.Errorf("holdings %+v, want 80 %% of Daughter AG", h)
	}
	f := &d.Control.OFAC50
	if f.Total != (party.Stake{Min: "50", Max: "50"}) || !f.Known {
		t.Errorf("total %v, known %v; want 50 %%, known", f.Total, f.Known)
	}
	for _, h := range f.Proof {
		if len(h.Evidence) != 1 || h.Evidence[0].Source != "ownership/test" || h.Evidence[0].Digest == "" {
			t.Errorf("evidence of %s in %s: %+v, want the table", h.Holder.Name, h.Held.Name, h.Evidence)
		}
	}
	sources := map[string]bool{}
	for _, e := range f.Evidence {
		sources[e.Source] = true
	}
	if !sources["list0"] || !sources["list1"] || sources["list2"] {
		t.Errorf("evidence of who is listed: %+v, want the two lists of the proof", f.Evidence)
	}
	if f := build(t, acme(t), "Nobody Else", "2022-01-01", today).Control.OFAC50; f.Known || f.State != ownership.NotBlocked {
		t.Errorf("of a party that nobody knows: %+v", f)
	}
}

// What ownership comes to changes on the days of the interests and of the
// owners' listings, as far as they are known.
func TestControlOverTime(t *testing.T) {
	d := build(t, acme(t), "Acme GmbH", "2022-01-01", today)
	if dates := d.Dates(); !slices.Contains(dates, "2022-07-01") {
		t.Errorf("dates %v, want the day on which Ivanov's stake ends", dates)
	}
	for date, want := range map[access.Date]ownership.State{"2022-06-30": ownership.Blocked, "2022-07-01": ownership.NotBlocked} {
		if got := d.On(date).Control.OFAC50.State; got != want {
			t.Errorf("on %s: %s, want %s", date, got, want)
		}
	}
	// A stake that a later edition changes, and one that it no longer has.
	m := owned(t, "owner,owned\nNobody,Else\n", onSDN("1", "X", party.Organisation, "2020-01-01", ""))
	old := party.Interest{Holder: "us-ofac-sdn:1", Economic: &party.Stake{Min: "60", Max: "60"}}
	m.Add(dossiertest.Document{Source: "register", Published: "2021-01-01", Superseded: "2022-01-01", Statements: []ledger.Statement{
		party.InterestStatement("a", "x", old, "", ""), party.InterestStatement("b", "x", old, "", ""),
	}})
	m.Add(dossiertest.Document{Source: "register", Published: "2022-01-01", Statements: []ledger.Statement{
		party.InterestStatement("a", "x", party.Interest{Holder: "us-ofac-sdn:1", Economic: &party.Stake{Min: "40", Max: "40"}}, "", ""),
	}})
	for _, c := range []struct {
		subject     string
		date, known access.Date
		want        ownership.State
	}{
		{"a", "2020-06-01", today, ownership.Blocked}, // before the first edition: as that has it
		{"a", "2021-06-01", today, ownership.Blocked},
		{"a", "2022-06-01", today, ownership.NotBlocked},
		{"a", "2022-06-01", "2021-06-01", ownership.Blocked}, // nobody knew yet
		{"b", "2021-06-01", today, ownership.Blocked},
		{"b", "2022-06-01", today, ownership.NotBlocked},
	} {
		if got := build(t, m, "party:"+c.subject, c.date, c.known).Control.OFAC50.State; got != c.want {
			t.Errorf("%s on %s, known %s: %s, want %s", c.subject, c.date, c.known, got, c.want)
		}
	}
}

func TestAffiliatesRule(t *testing.T) {
	m := owned(t, "owner,owned,economic\nListed Co,Half Ltd,50\nListed Co,Little Ltd,5\nBlocked Co,Sub Ltd,50\nOther Co,Far Ltd,50\n",
		onList("us-bis-entity-list", "1", "Listed Co", party.Organisation, "2020-01-01", ""),
		onSDN("1", "Blocked Co", party.Organisation, "2020-01-01", "", "RUSSIA-EO14024"),
		onSDN("2", "Other Co", party.Organisation, "2020-01-01", "", "CUBA"),
	)
	for _, c := range []struct {
		query string
		date  access.Date
		state ownership.State
		why   string
	}{
		{"Half Ltd", "2025-09-28", ownership.NotBlocked, "not in force"},
		{"Half Ltd", "2025-09-29", ownership.Blocked, "50 % is held by Listed Co"},
		{"Half Ltd", "2025-11-10", ownership.Flagged, "suspended"},
		{"Half Ltd", "2026-11-10", ownership.Undetermined, "not verified"},
		{"Little Ltd", "2025-10-01", ownership.Flagged, "Listed Co"},
		{"Little Ltd", "2025-12-01", ownership.NotBlocked, "suspended"},
		{"Sub Ltd", "2025-10-01", ownership.Blocked, "Blocked Co"},
		{"Far Ltd", "2025-10-01", ownership.NotBlocked, "none of its known owners"},
		{"Listed Co", "2020-06-01", ownership.Blocked, "it is listed itself"},
	} {
		f := build(t, m, c.query, c.date, "2026-12-01").Control.BISAffiliates
		if f.State != c.state || !strings.Contains(f.Why, c.why) {
			t.Errorf("%s on %s: %s, %q; want %s, %q", c.query, c.date, f.State, f.Why, c.state, c.why)
		}
	}
	if got := build(t, m, "Half Ltd", "2025-10-01", "2026-12-01").Control.OFAC50.State; got != ownership.NotBlocked {
		t.Errorf("the Entity List blocks nobody's property, yet Half Ltd is %s under OFAC's rule", got)
	}
	if dates := build(t, m, "Half Ltd", "2025-12-01", "2026-12-01").Dates(); !slices.Contains(dates, "2026-11-10") {
		t.Errorf("dates %v, want the end of the suspension", dates)
	}
}

// What only some may see blocks for them alone, and their answer is theirs.
func TestControlAudience(t *testing.T) {
	m := owned(t, "owner,owned,economic\nBlocked Co,Acme,10\n", onSDN("1", "Blocked Co", party.Organisation, "2020-01-01", ""))
	r, err := interestcsv.Read(t.Context(), "ownership/own", []byte("owner,owned,economic\nBlocked Co,Middle,60\nMiddle,Acme,45\n"), interestcsv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	acme := access.ForOrganisation("acme")
	m.Add(dossiertest.Document{Source: "ownership/own", Published: "2021-01-01", Audience: acme, Statements: r.Statements})
	if d := build(t, m, "Acme", "2022-01-01", today); d.Control.OFAC50.State != ownership.NotBlocked || !d.Audience.IsPublic() {
		t.Errorf("to the public: %s, audience %s", d.Control.OFAC50.State, d.Audience)
	}
	ask := askAt("2022-01-01", today)
	ask.Reader = access.Reader{Member: "ann", Organisations: []string{"acme"}}
	d, err := builder(m).Build(t.Context(), ask, "Acme")
	if err != nil || d.Control.OFAC50.State != ownership.Blocked || d.Audience != acme {
		t.Errorf("to those who see it: %s, audience %s, error %v", d.Control.OFAC50.State, d.Audience, err)
	}
}

// A chain of more parties than are looked at is not taken for one that ends.
func TestControlIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("owner,owned,economic\n")
	for i := range 2100 {
		fmt.Fprintf(&b, "party%d,party%d,60\n", i+1, i)
	}
	m := owned(t, b.String())
	d, err := (&dossier.Builder{Facts: &indexed{Memory: m}}).Build(t.Context(), askAt("2022-01-01", today), "party:party0")
	if err != nil {
		t.Fatal(err)
	}
	f := d.Control.OFAC50
	if f.State != ownership.Undetermined || !strings.Contains(f.Why, "more than 2000 parties lead to the subject") || d.Control.Cut == "" {
		t.Errorf("%s, %q, cut %q; want undetermined, because not all was looked at", f.State, f.Why, d.Control.Cut)
	}
}

// A subject of whom no interest is held costs one look-up more than before.
func TestControlReadsLittle(t *testing.T) {
	m := acme(t)
	m.Reads = 0
	build(t, m, "us-ofac-sdn:8", "2022-01-01", today)
	if m.Reads > 9 {
		t.Errorf("%d reads for a listed party without interests, want at most 9", m.Reads)
	}
}

// Every published example of the rule, through the table, the lists and the
// joining of names.
func TestFiftyPercentCasesThroughTables(t *testing.T) {
	b, err := os.ReadFile(realdata.Path(t, "data/screening/ownership/fifty_percent_cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID        string                    `json:"id"`
			Listed    []string                  `json:"listed"`
			Intervals map[string][2]access.Date `json:"listed_intervals"`
			Edges     [][3]any                  `json:"edges"`
			Control   [][2]string               `json:"control"`
			Expect    map[string]any            `json:"expect"`
			AsOf      map[access.Date]bool      `json:"expect_asof"`
			Flag      map[string]string         `json:"flag"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		table := "owner,owned,economic,control\n"
		for _, e := range c.Edges {
			table += fmt.Sprintf("%v,%v,%v,\n", e[0], e[1], e[2])
		}
		for _, e := range c.Control {
			table += fmt.Sprintf("%s,%s,,board\n", e[0], e[1])
		}
		var listed [][]ledger.Statement
		for i, name := range c.Listed {
			listed = append(listed, onSDN(fmt.Sprint(i+1), name, party.Organisation, "2019-01-01", ""))
		}
		for name, days := range c.Intervals {
			listed = append(listed, onSDN("1", name, party.Organisation, days[0], days[1]))
		}
		m := owned(t, table, listed...)
		check := func(date access.Date, id string, want any) {
			state := map[any]ownership.State{true: ownership.Blocked, false: ownership.NotBlocked, "undetermined": ownership.Undetermined}[want]
			if c.Flag[id] != "" {
				state = ownership.Flagged
			}
			if got := build(t, m, id, date, today).Control.OFAC50; got.State != state {
				t.Errorf("%s: %s on %s is %s (%s), want %s", c.ID, id, date, got.State, got.Why, state)
			}
		}
		for id, want := range c.Expect {
			check("2022-01-01", id, want)
		}
		for date, want := range c.AsOf {
			check(date, "A", want)
		}
	}
}
