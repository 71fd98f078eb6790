package node

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/posture"
	"countersign.dev/internal/realdata"
)

// desk is a node to which files are handed in.
type desk struct {
	*Node
	t testing.TB
}

func (d desk) take(opts ImportOptions, files ...intake.File) {
	d.t.Helper()
	r, err := d.Import(context.Background(), access.Operator, files, opts)
	if err != nil || len(r.Failed) > 0 {
		d.t.Fatalf("%v, %q", err, r.Failed)
	}
}

func (d desk) due(ask PostureAsk) *PostureDue {
	d.t.Helper()
	if ask.At.Position == 0 {
		ask.At.Position = access.Now
	}
	got, err := d.PostureDue(context.Background(), ask)
	if err != nil {
		d.t.Fatal(err)
	}
	return got
}

// short is findings in a line each.
func short(due *PostureDue) (out []string) {
	for _, d := range due.Findings {
		out = append(out, strings.Join([]string{d.Finding, d.Rule, string(d.Due), string(d.State)}, " "))
	}
	return out
}

func file(name, text string) intake.File { return intake.File{Name: name, Bytes: []byte(text)} }

// kevEdition is an edition of the catalogue of weaknesses known to be exploited,
// with days by which they want fixing.
func kevEdition(released string, entries ...string) intake.File {
	text := fmt.Sprintf(`{"catalogVersion": %q, "dateReleased": "%sT12:00:00Z", "vulnerabilities": [`, strings.ReplaceAll(released, "-", "."), released)
	for i, e := range entries {
		id, days, _ := strings.Cut(e, " ")
		added, due, _ := strings.Cut(days, " ")
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"cveID": %q, "dateAdded": %q, "dueDate": %q}`, id, added, due)
	}
	return file("kev.json", text+"]}")
}

// TestPostureThenAndNow rewrites the catalogue, as its publisher does without
// telling, and asks what was owed on days before and after.
func TestPostureThenAndNow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		d := desk{openNode(t, t.TempDir(), url), t}
		d.take(ImportOptions{Published: "2021-11-01"}, file("systems.csv", "system,agency,nss\nMAIL,treasury,no\nWAR,treasury,yes\n"))
		d.take(ImportOptions{Published: "2021-11-01"}, file("assets.csv", "asset,system,hostname,exposure\nmx-1,MAIL,mx.treasury.example,public\nmap,WAR,map.treasury.example,internal\n"))
		d.take(ImportOptions{Published: "2021-11-01"}, file("findings.csv", "finding,asset,cve,detected,remediated\nF1,mx-1,CVE-2021-26855,2021-11-01,2022-01-10\nF2,map,CVE-2021-26855,2021-11-01,\nF3,mx-1,CVE-2021-99999,2021-11-02,\nF4,ghost,CVE-2021-26855,2021-11-05,\n"))
		d.take(ImportOptions{}, kevEdition("2021-11-03", "CVE-2021-26855 2021-11-03 2021-11-17"))
		d.take(ImportOptions{}, kevEdition("2021-12-01", "CVE-2021-26855 2021-11-03 2022-05-03"))
		d.take(ImportOptions{AcceptLoss: true}, kevEdition("2022-02-01", "CVE-2020-0001 2022-02-01 2022-02-20"))

		for _, c := range []struct {
			name string
			at   access.At
			want []string
		}{
			{"before it was listed", access.At{Date: "2021-11-02", Known: "2021-11-02"}, []string{"F1 none  no-clock", "F2 none  out-of-scope", "F3 none  no-clock"}},
			{"as it was first", access.At{Date: "2021-11-20", Known: "2021-11-20"}, []string{"F1 BOD-22-01 2021-11-17 overdue", "F2 none  out-of-scope", "F3 none  no-clock", "F4 BOD-22-01 2021-11-17 overdue"}},
			{"that day, by all that is known since", access.At{Date: "2021-11-20"}, []string{"F1 BOD-22-01 2021-11-17 overdue", "F2 none  out-of-scope", "F3 none  no-clock", "F4 BOD-22-01 2021-11-17 overdue"}},
			{"after its day was moved", access.At{Date: "2022-01-11", Known: "2022-01-11"}, []string{"F1 BOD-22-01 2022-05-03 closed-on-time", "F2 none  out-of-scope", "F3 none  no-clock", "F4 BOD-22-01 2022-05-03 open"}},
			{"after it was taken out", access.At{Date: "2022-02-02"}, []string{"F1 none  no-clock", "F2 none  out-of-scope", "F3 none  no-clock", "F4 none  no-clock"}},
		} {
			t.Run(c.name, func(t *testing.T) {
				if got := short(d.due(PostureAsk{Ask: access.Ask{Reader: access.Operator, At: c.at}})); !slices.Equal(got, c.want) {
					t.Errorf("%q\nwant %q", got, c.want)
				}
			})
		}
		all := d.due(PostureAsk{Ask: access.Ask{Reader: access.Operator, At: access.At{Date: "2021-11-20"}}})
		ghost := all.Findings[3]
		if !ghost.Incomplete || ghost.Exposure != "unknown" || len(ghost.Assumed) == 0 || len(ghost.Evidence) == 0 {
			t.Errorf("an asset that no inventory has: %+v", ghost)
		}
		if all.Total != 4 || all.States[posture.Overdue] != 2 || all.Findings[0].Organisation != "organisation:treasury" {
			t.Errorf("%+v", all)
		}
		some := d.due(PostureAsk{Ask: access.Ask{Reader: access.Operator, At: access.At{Date: "2021-11-20"}}, Organisation: "Treasury", States: []posture.State{posture.Overdue}, Limit: 1})
		if got := short(some); !slices.Equal(got, []string{"F1 BOD-22-01 2021-11-17 overdue"}) || some.Total != 1 {
			t.Errorf("%q of %d", got, some.Total)
		}
	})
}

// TestPostureAudience gives findings to none but those who see the document that
// has them.
func TestPostureAudience(t *testing.T) {
	d := desk{openNode(t, t.TempDir(), ""), t}
	own := ImportOptions{Published: "2026-07-01", Audience: access.ForOrganisation("treasury")}
	d.take(own, file("systems.csv", "system,agency,nss\nMAIL,treasury,no\n"), file("assets.csv", "asset,system,exposure\nmx-1,MAIL,public\n"), file("findings.csv", "finding,asset,cve,detected\nF1,mx-1,CVE-2026-0001,2026-07-01\n"))
	for member, want := range map[string]int{"treasury": 1, "records": 0} {
		reader := access.Reader{Member: "someone", Organisations: []string{member}}
		if got := d.due(PostureAsk{Ask: access.Ask{Reader: reader, At: access.At{Date: "2026-07-10"}}}); got.Total != want || len(got.States) != want {
			t.Errorf("%s: %+v", member, got)
		}
	}
}

// realFile is a file of what agencies publish, unpacked.
func realFile(t *testing.T, name string) intake.File {
	t.Helper()
	f, err := os.Open(realdata.Path(t, "data/network/"+name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := io.Reader(f)
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return intake.File{Name: name[strings.LastIndexByte(name, '/')+1:], Bytes: b}
}

// TestPostureFleet compares with what another program worked out of a constructed
// fleet.
func TestPostureFleet(t *testing.T) {
	var expected struct {
		AsOf    access.Date `json:"asof"`
		Results []struct {
			Finding, Rule, Due, State string
			Incomplete, Forensic      bool
		}
	}
	if err := json.Unmarshal(realFile(t, "fleet/expected.json").Bytes, &expected); err != nil {
		t.Fatal(err)
	}
	d := desk{openNode(t, t.TempDir(), ""), t}
	for _, name := range []string{"fleet/systems.csv", "fleet/assets.csv", "fleet/findings.csv", "fleet/kev-extra.json", "kev/kev.2026-07-10.json.gz", "ssvc/kev-ssvc.jsonl", "fleet/ssvc-extra.jsonl"} {
		d.take(ImportOptions{}, realFile(t, name))
	}
	got := map[string]*Due{}
	due := d.due(PostureAsk{Ask: access.Ask{Reader: access.Operator, At: access.At{Date: expected.AsOf}}})
	for i := range due.Findings {
		got[due.Findings[i].Finding] = &due.Findings[i]
	}
	if len(got) != len(expected.Results) || len(got) < 600 {
		t.Errorf("%d findings, want %d", len(got), len(expected.Results))
	}
	// One organisation is asked about by another way, which has to give the same.
	by := map[string][]string{}
	for i := range due.Findings {
		f := &due.Findings[i]
		by[f.Organisation] = append(by[f.Organisation], f.Finding+" "+string(f.Due)+" "+string(f.State))
	}
	for organisation, want := range by {
		var own []string
		for _, f := range d.due(PostureAsk{Ask: access.Ask{Reader: access.Operator, At: access.At{Date: expected.AsOf}}, Organisation: organisation}).Findings {
			own = append(own, f.Finding+" "+string(f.Due)+" "+string(f.State))
		}
		if !slices.Equal(own, want) {
			t.Errorf("%s: %d findings, want %d", organisation, len(own), len(want))
		}
	}
	for _, want := range expected.Results {
		g := got[want.Finding]
		if g == nil || g.Rule != want.Rule || string(g.Due) != want.Due || string(g.State) != want.State || g.Incomplete != want.Incomplete || g.Forensic != want.Forensic {
			t.Errorf("%s: %+v, want %+v", want.Finding, g, want)
		}
	}
}

// TestExploitedThenAndNow compares the catalogue as it stood on the days of its
// saved editions with them, in a store that was given every change between.
func TestExploitedThenAndNow(t *testing.T) {
	type entry struct {
		CVE        string `json:"cveID"`
		Added      string `json:"dateAdded"`
		Due        string `json:"dueDate"`
		Ransomware string `json:"knownRansomwareCampaignUse"`
	}
	type edition struct {
		Version  string  `json:"catalogVersion"`
		Released string  `json:"dateReleased"`
		Entries  []entry `json:"vulnerabilities"`
	}
	saved := func(day string) (out edition) {
		if err := json.Unmarshal(realFile(t, "kev/kev."+day+".json.gz").Bytes, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	// The history tells what changed in the two saved editions' fields that count.
	type change struct {
		At, Ver, CVE, Op, Field string
		To                      any
		DateAdded, DueDate      string
		Ransomware              any
	}
	var changes []change
	dec := json.NewDecoder(bytes.NewReader(realFile(t, "kev/kev-history.jsonl").Bytes))
	for dec.More() {
		var c change
		if err := dec.Decode(&c); err != nil {
			t.Fatal(err)
		}
		changes = append(changes, c)
	}
	first := saved("2023-05-09")
	standing := map[string]entry{}
	for _, e := range first.Entries {
		standing[e.CVE] = e
	}
	d := desk{openNode(t, t.TempDir(), ""), t}
	give := func(day string) {
		all := edition{Version: strings.ReplaceAll(day, "-", "."), Released: day + "T12:00:00Z"}
		for _, id := range slices.Sorted(maps.Keys(standing)) {
			all.Entries = append(all.Entries, standing[id])
		}
		b, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		d.take(ImportOptions{}, intake.File{Name: "kev.json", Bytes: b})
	}
	give("2023-05-09")
	want := map[string]map[string]entry{"2023-05-09": maps.Clone(standing)}
	for i, c := range changes {
		day := strings.ReplaceAll(c.Ver, ".", "-")
		e := standing[c.CVE]
		switch {
		case c.Op == "remove":
			delete(standing, c.CVE)
		case c.Op == "add":
			standing[c.CVE] = entry{c.CVE, c.DateAdded, c.DueDate, ransomware(c.Ransomware)}
		case c.Field == "dueDate":
			e.Due, _ = c.To.(string)
			standing[c.CVE] = e
		case c.Field == "dateAdded":
			e.Added, _ = c.To.(string)
			standing[c.CVE] = e
		case c.Field == "knownRansomwareCampaignUse":
			e.Ransomware = ransomware(c.To)
			standing[c.CVE] = e
		}
		if i+1 == len(changes) || changes[i+1].Ver != c.Ver {
			give(day)
			want[day] = maps.Clone(standing)
		}
	}
	for day, entries := range want {
		got, err := d.Exploited(context.Background(), access.Ask{Reader: access.Operator, At: access.At{Date: access.Date(day), Position: access.Now}}, false)
		if err != nil {
			t.Fatal(err)
		}
		if got.Listed != len(entries) {
			t.Errorf("on %s: %d entries, want %d", day, got.Listed, len(entries))
		}
		for _, e := range got.Entries {
			if w := entries[e.CVE]; e.Listed && (string(e.Added) != w.Added || string(e.Due) != w.Due || e.Ransomware != (w.Ransomware == "Known")) {
				t.Errorf("on %s: %+v, want %+v", day, e, w)
			}
		}
	}
	// And the editions that were saved, whole: membership and days.
	for _, day := range []string{"2025-08-25", "2026-07-10"} {
		s := saved(day)
		got, err := d.Exploited(context.Background(), access.Ask{Reader: access.Operator, At: access.At{Date: access.Date(day), Position: access.Now}}, false)
		if err != nil {
			t.Fatal(err)
		}
		days := map[string]access.Date{}
		for _, e := range got.Entries {
			if e.Listed {
				days[e.CVE] = e.Due
			}
		}
		if len(days) != len(s.Entries) {
			t.Errorf("%s: %d entries, want %d", day, len(days), len(s.Entries))
		}
		for _, e := range s.Entries {
			if string(days[e.CVE]) != e.Due {
				t.Errorf("%s: %s is due %s, want %s", day, e.CVE, days[e.CVE], e.Due)
			}
		}
	}
}

// ransomware is whether a ransomware campaign is known, as the history writes it.
func ransomware(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return ""
}

// TestPostureBills asks what bills of materials say of what runs: a finding where no
// scanner was, until its maker says that the release is not affected.
func TestPostureBills(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	if report, err := n.ImportDemo(context.Background()); err != nil || len(report.Failed) > 0 {
		t.Fatalf("%v, %q", err, report.Failed)
	}
	d := desk{n, t}
	for _, c := range []struct {
		at, known       access.Date
		asset, weakness string
		want            string // rule, due, state; "" for none
	}{
		{"2021-12-13", "2021-12-13", "asset:records/pay-1", "CVE-2021-44228", "BOD-22-01 2021-12-24 open"},
		{"2021-12-15", "2021-12-15", "asset:records/pay-1", "CVE-2021-44228", ""}, // its maker has spoken
		{"2021-12-09", "2021-12-15", "asset:records/pay-1", "CVE-2021-44228", ""}, // not known of yet
		{"2021-12-18", "", "asset:records/web-1", "CVE-2021-45046", "none  no-clock"},
		{"2023-06-01", "", "asset:records/web-1", "CVE-2021-45046", ""}, // another release runs there
	} {
		for _, organisation := range []string{"", "records"} {
			got := ""
			ask := PostureAsk{Ask: access.Ask{Reader: access.Operator, At: access.At{Date: c.at, Known: c.known}}, Organisation: organisation}
			for _, f := range d.due(ask).Findings {
				if f.Asset != c.asset || f.Weakness != c.weakness {
					continue
				}
				if got != "" || f.By != "bill of materials" || f.Release == "" || len(f.Evidence) < 3 {
					t.Errorf("%+v", f)
				}
				got = strings.Join([]string{f.Rule, string(f.Due), string(f.State)}, " ")
			}
			if got != c.want {
				t.Errorf("%s known %s in %q: %s on %s is %q, want %q", c.at, c.known, organisation, c.weakness, c.asset, got, c.want)
			}
		}
	}
	// What a scanner found stands, and not beside what the bill says of the same.
	seen := map[string]string{}
	for _, f := range d.due(PostureAsk{Ask: access.Ask{Reader: access.Operator, At: access.At{Date: "2021-12-20"}}}).Findings {
		key := f.Asset + " " + f.Weakness
		if seen[key] != "" {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = f.By
	}
	if by := seen["asset:records/web-1 CVE-2021-44228"]; by != "constructed for demonstration" {
		t.Errorf("found by %q", by)
	}
}
