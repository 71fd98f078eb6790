package demo_test

import (
	"cmp"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/csaf"
	"countersign.dev/internal/advisory/kev"
	"countersign.dev/internal/advisory/openvex"
	"countersign.dev/internal/advisory/osv"
	"countersign.dev/internal/advisory/ssvc"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/interestcsv"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/cyclonedx"

	gocmp "github.com/google/go-cmp/cmp"
)

// each calls fn with every file that has a name like the pattern.
func each(t testing.TB, pattern string, fn func(name string, b []byte)) {
	t.Helper()
	names, err := fs.Glob(demo.FS, pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(demo.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		fn(name, b)
	}
}

func bills(t testing.TB) map[string]*software.Bill {
	out := map[string]*software.Bill{}
	each(t, "software/*.cdx.json", func(name string, b []byte) {
		bill, err := cyclonedx.Read(t.Context(), b, cyclonedx.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(bill.Broken) > 0 || !cyclonedx.Recognise(name, b) {
			t.Errorf("%s: %q", name, bill.Broken)
		}
		out[path.Base(name)] = bill
	})
	return out
}

// readings is what the product's readers make of all files but the events,
// oldest first.
func readings(t testing.TB) []*ledger.Reading {
	var out []*ledger.Reading
	add := func(name string, r *ledger.Reading, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(r.Warnings) > 0 || r.Published == "" {
			t.Errorf("%s: published %q, warnings %q", name, r.Published, r.Warnings)
		}
		out = append(out, r)
	}
	each(t, "advisories/*.osv.json", func(name string, b []byte) {
		r, err := osv.Read(t.Context(), name, b, osv.Limits{})
		add(name, r, err)
	})
	each(t, "advisories/*.csaf.json", func(name string, b []byte) {
		r, err := csaf.Read(t.Context(), name, b, jsondoc.Limits{})
		add(name, r, err)
	})
	each(t, "advisories/kev.*.json", func(name string, b []byte) {
		r, err := kev.Read(t.Context(), name, b, kev.Limits{})
		add(name, r, err)
	})
	each(t, "advisories/*.jsonl", func(name string, b []byte) {
		r, err := ssvc.Read(t.Context(), name, b, ssvc.Limits{})
		add(name, r, err)
	})
	each(t, "software/*.openvex.json", func(name string, b []byte) {
		r, err := openvex.Read(t.Context(), name, b, jsondoc.Limits{})
		add(name, r, err)
	})
	each(t, "inventory/*.csv", func(name string, b []byte) {
		r, err := inventory.Read(t.Context(), b, inventory.Options{Source: inventory.Source(name)})
		add(name, r, err)
		if want, _, _ := strings.Cut(strings.TrimSuffix(path.Base(name), ".csv"), "."); r != nil && r.Source != "inventory/"+strings.TrimSuffix(want, "-findings") {
			t.Errorf("%s is of %s", name, r.Source)
		}
		if !strings.Contains(name, string(r.Published)) {
			t.Errorf("%s was published on %s", name, r.Published)
		}
	})
	slices.SortStableFunc(out, func(a, b *ledger.Reading) int { return cmp.Compare(a.Published, b.Published) })
	return out
}

// Every bill says what it is, and is complete as far as it claims to be.
func TestBills(t *testing.T) {
	for name, b := range bills(t) {
		c := b.RootComponent()
		if c == nil || c.Version == "" || c.Supplier == "" || c.PURL == "" || b.Created == "" || len(b.Authors) == 0 {
			t.Errorf("%s: %+v", name, c)
			continue
		}
		if !strings.HasSuffix(c.PURL, strings.TrimSuffix(name[strings.LastIndexByte(name[:strings.IndexByte(name, '.')], '-')+1:], ".cdx.json")) {
			t.Errorf("%s is about %s", name, c.PURL)
		}
	}
}

// judged is what the advisories say of a version, as they read on a day.
func judged(t *testing.T, id string, known access.Date, v string) advisory.Judgement {
	t.Helper()
	var latest *osv.Advisory
	each(t, "advisories/*.osv.json", func(name string, b []byte) {
		a, err := osv.Parse(b, osv.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		day := advisory.DayOf(a.Record.Modified)
		if a.Record.ID == id && day <= known && (latest == nil || day > advisory.DayOf(latest.Record.Modified)) {
			latest = a
		}
	})
	if latest == nil {
		t.Fatalf("no %s on %s", id, known)
	}
	if len(latest.Affected) != 1 {
		t.Fatalf("%s is about %d packages", id, len(latest.Affected))
	}
	return latest.Affected[0].Judge(v)
}

// The advisories concern the versions that their sources name, as they read on
// the day.
func TestAdvisories(t *testing.T) {
	const (
		sunburst, supernova  = "MAL-DEMO-SUNBURST", "x_demo-CVE-2020-10148"
		log4shell, secondFix = "GHSA-jfh8-c2jp-5v3q", "GHSA-7rjr-3q55-vv33"
		proxylogon           = "x_demo-CVE-2021-26855"
	)
	for _, c := range []struct {
		id         string
		known      access.Date
		affected   string
		unaffected string
	}{
		{sunburst, "2020-12-13", "2019.4-hf5 2019.4 2020.2 2020.2-hf1 2020.2.1-hf1", "2019.2 2020.2.1-hf2"},
		{sunburst, "2020-12-15", "2019.4-hf5 2020.2 2020.2-hf1", "2019.4 2019.4-hf6 2020.2.1 2020.2.1-hf1 2020.2.1-hf2"},
		{sunburst, "2021-01-06", "2019.4-hf5 2020.2 2020.2-hf1", "2019.4 2019.4-hf6 2020.2.1-hf2"},
		{supernova, "2020-12-29", "2019.4-hf5 2020.2 2020.2-hf1", "2019.4-hf6 2020.2.1-hf2"},
		{log4shell, "2021-12-10", "2.0-beta9 2.12.2 2.14.1", "2.0-beta8 2.15.0 2.17.1"},
		{log4shell, "2022-03-25", "2.0-beta9 2.3 2.4 2.12.1 2.13.0 2.14.1", "2.0-beta8 2.3.1 2.12.2 2.15.0 2.17.1"},
		{secondFix, "2021-12-14", "2.14.1 2.15.0", "2.12.2 2.16.0 2.17.1"},
		{secondFix, "2022-02-24", "2.14.1 2.15.0", "2.12.2 2.16.0 2.17.1"},
		{proxylogon, "2021-03-02", "15.0.1497.2 15.1.2106.2 15.1.2106.12 15.1.2176.2 15.2.792.3", "15.0.1497.12 15.1.2044.13 15.1.2106.13 15.1.2176.9 15.1.2242.4 15.2.792.10"},
	} {
		for state, versions := range map[advisory.State]string{advisory.IsAffected: c.affected, advisory.NotAffected: c.unaffected} {
			for v := range strings.FieldsSeq(versions) {
				if j := judged(t, c.id, c.known, v); j.State != state {
					t.Errorf("%s on %s: %s is %s (%s), want %s", c.id, c.known, v, j.State, j.Why, state)
				}
			}
		}
	}
	if j := judged(t, log4shell, "2022-03-25", "2.14.1"); !slices.Contains(j.Fixed, "2.15.0") {
		t.Errorf("2.14.1 is fixed in %q", j.Fixed)
	}
	if j := judged(t, proxylogon, "2021-03-02", "15.1.2106.2"); len(j.Fixed) == 0 || j.Fixed[0] != "15.1.2106.13" {
		t.Errorf("15.1.2106.2 is fixed in %q", j.Fixed)
	}
}

// held is a ledger that has all of it but the events.
func held(t *testing.T) *ledger.Ledger {
	t.Helper()
	l := ledger.New(dbtest.Open(t, "sqlite"), ledger.Options{Now: func() time.Time { return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) }})
	t.Cleanup(func() { l.Close() })
	for i, r := range readings(t) {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		_, err = l.Append(t.Context(), ledger.Edition{Actor: "test", Documents: []ledger.Document{{
			Bytes: b, Kind: r.Kind, Source: r.Source, Part: r.Part, Mode: r.Mode, Name: strconv.Itoa(i), Published: r.Published, Statements: r.Statements,
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// on asks as of a day, with what had been published by another.
func on(t *testing.T, l *ledger.Ledger, date, known access.Date) access.Ask {
	t.Helper()
	ask, err := l.Resolve(t.Context(), access.Ask{Reader: access.Operator, At: access.At{Date: date, Known: known, Position: access.Now}})
	if err != nil {
		t.Fatal(err)
	}
	return ask
}

// The question of the day is answered: who runs the release with the backdoor,
// on that day and today?
func TestWhoRunsOrion(t *testing.T) {
	l := held(t)
	const orion, portal = "pkg:generic/solarwinds/orion-platform@2020.2-hf1", "pkg:generic/northfield/agency-portal@3.2.1"
	for _, c := range []struct {
		purl        string
		date, known access.Date
		want        string
	}{
		{orion, "2020-12-13", "2020-12-13", "harbours/watch-noc harbours/noc-1 harbours/noc-2 records/mon-1"},
		{orion, "2020-12-13", "2026-11-01", "harbours/watch-noc harbours/noc-1 harbours/noc-2 records/mon-1"},
		{orion, "2020-12-14", "2026-11-01", ""},
		{orion, "2020-12-14", "2020-12-14", "harbours/watch-noc harbours/noc-1 harbours/noc-2 records/mon-1"}, // the inventories do not know yet
		{orion, "2020-07-01", "2026-11-01", "records/mon-1"},
		{orion, "2026-11-01", "2026-11-01", ""},
		{"pkg:generic/solarwinds/orion-platform@2020.2.1-hf2", "2026-11-01", "2026-11-01", "harbours/noc-1 records/mon-1"},
		{portal, "2021-12-12", "2021-12-12", "harbours/web-1 harbours/web-2 records/web-1"},
		{portal, "2021-12-20", "2026-11-01", "records/web-1"},
		{"pkg:generic/harrow/payroll-suite@5.4.0", "2021-12-14", "2021-12-14", "records/pay-1 roads/pay-1"},
		{"pkg:generic/microsoft/exchange-server@15.1.2106.2", "2021-03-03", "2026-11-01", "harbours/mx-1 records/mx-1"},
		{"pkg:generic/oakridge-vision/vx200-firmware@2.4.0", "2026-11-01", "2026-11-01", "roads/cam-01 roads/cam-02 roads/cam-03 roads/cam-04 roads/cam-05 roads/cam-06"},
	} {
		ask := on(t, l, c.date, c.known)
		facts, err := l.ByTerm(t.Context(), ask, []string{inventory.FactDeployment, inventory.FactAlias}, []string{software.Term("purl", c.purl)}, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range inventory.Deployments(facts, ask.At) {
			got = append(got, strings.TrimPrefix(r.Asset, "asset:"))
		}
		want := strings.Fields(c.want)
		slices.Sort(got)
		slices.Sort(want)
		if d := gocmp.Diff(want, got); d != "" && len(got)+len(want) > 0 {
			t.Errorf("%s on %s as known on %s (-want +got):\n%s", c.purl, c.date, c.known, d)
		}
	}
}

// Who makes the camera's chip is held by whom its source says.
func TestChipMaker(t *testing.T) {
	b, err := fs.ReadFile(demo.FS, "ownership/hisilicon.csv")
	if err != nil {
		t.Fatal(err)
	}
	r, err := interestcsv.Read(t.Context(), "ownership/hisilicon", b, interestcsv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	held := ""
	for _, s := range r.Statements {
		if i, ok := s.Body.(party.Interest); ok && i.Economic != nil && i.Economic.Min == "100" && s.Published == "2020-08-02" && strings.HasPrefix(i.Source, "https://") {
			held = i.HeldName + " by " + i.HolderName
		}
	}
	if held != "HiSilicon Technologies Co., Ltd. by Huawei Technologies Co., Ltd." {
		t.Errorf("wholly held: %q", held)
	}
	makers := map[string]bool{}
	for _, c := range bills(t)["vx200-firmware-2.4.0.cdx.json"].Components {
		makers[c.Maker], makers[c.Supplier] = true, true
	}
	for _, name := range []string{"HiSilicon Technologies Co., Ltd.", "Huawei Technologies Co., Ltd.", ""} {
		if !makers[name] {
			t.Errorf("nothing in the camera is of %q", name)
		}
	}
}

// What is made up says so.
func TestConstructedSaysSo(t *testing.T) {
	for name, b := range bills(t) {
		text, err := fs.ReadFile(demo.FS, "software/"+name)
		if err != nil {
			t.Fatal(err)
		}
		if c := b.RootComponent(); !strings.Contains(string(text), "Constructed for demonstration") || c == nil {
			t.Errorf("%s does not say that it is constructed", name)
		}
	}
	each(t, "inventory/*.csv", func(name string, b []byte) {
		for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
			if i > 0 && strings.Count(line, "constructed") < 2 && !(strings.Contains(name, "-findings.") && strings.HasSuffix(line, ",constructed for demonstration")) {
				t.Errorf("%s, line %d does not say that it is constructed", name, i+1)
			}
		}
	})
	each(t, "advisories/*.json", func(name string, b []byte) {
		if !strings.Contains(string(b), "demonstration") {
			t.Errorf("%s does not say that it is for demonstration", name)
		}
	})
	each(t, "software/*.openvex.json", func(name string, b []byte) {
		if !strings.Contains(string(b), "Constructed for demonstration") {
			t.Errorf("%s does not say that it is constructed", name)
		}
	})
}

// No product of a made-up maker runs before it was made.
func TestNothingRunsBeforeItIsMade(t *testing.T) {
	made := map[string]string{}
	for _, b := range bills(t) {
		if c := b.RootComponent(); !strings.Contains(c.PURL, "solarwinds") && !strings.Contains(c.PURL, "microsoft") {
			made[software.Term("purl", c.PURL)] = b.Created[:len("2006-01-02")]
		}
	}
	for _, r := range readings(t) {
		for _, s := range r.Statements {
			if day := made[s.Term]; s.Kind == inventory.FactDeployment && string(s.ValidFrom) < day {
				t.Errorf("%s of %s runs from %s, and was made on %s", s.Key, r.Source, s.ValidFrom, day)
			}
		}
	}
}

// What the inventories say is deployed is a release that a bill describes, but
// for what is meant to be found by nobody.
func TestDeployedReleasesHaveBills(t *testing.T) {
	handles := map[string]bool{}
	for name, b := range bills(t) {
		r, err := software.Reading(b, ledger.Digest([]byte(name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Statements {
			if s.Kind == software.FactHandle {
				handles[s.Term] = true
			}
		}
	}
	unknown := map[string]bool{}
	seen := 0
	for _, r := range readings(t) {
		for _, s := range r.Statements {
			if s.Kind != inventory.FactDeployment {
				continue
			}
			seen++
			if d := s.Body.(inventory.Deployment); !handles[s.Term] {
				unknown[d.Name+" "+d.Version] = true
			}
			if s.ValidFrom == "" || s.ValidFrom > r.Published || s.ValidTo > r.Published {
				t.Errorf("%s tells on %s of %s..%s", s.Key, r.Published, s.ValidFrom, s.ValidTo)
			}
		}
	}
	if d := gocmp.Diff(map[string]bool{"Orion Platform 2019.2": true, "Tide Gauge Collector 1.8": true}, unknown); d != "" || seen < 60 {
		t.Errorf("%d deployments; without a bill (-want +got):\n%s", seen, d)
	}
}

// catalogue is CISA's catalogue of exploited weaknesses, as far as this test
// reads it.
type catalogue struct {
	Version  string      `json:"catalogVersion"`
	Released time.Time   `json:"dateReleased"`
	Count    int         `json:"count"`
	Entries  []exploited `json:"vulnerabilities"`
}

type exploited struct {
	CVE        string   `json:"cveID"`
	Vendor     string   `json:"vendorProject"`
	Product    string   `json:"product"`
	Name       string   `json:"vulnerabilityName"`
	Added      string   `json:"dateAdded"`
	Due        string   `json:"dueDate"`
	Ransomware string   `json:"knownRansomwareCampaignUse"`
	CWEs       []string `json:"cwes"`
}

// The excerpts say of their entries what the releases say that they name.
func TestCatalogueExcerpts(t *testing.T) {
	each(t, "advisories/kev.*.json", func(name string, b []byte) {
		var ours, theirs catalogue
		if err := json.Unmarshal(b, &ours); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if ours.Count != len(ours.Entries) || !strings.Contains(name, ours.Released.Format(time.DateOnly)) {
			t.Errorf("%s: %d entries, says %d, of %s", name, len(ours.Entries), ours.Count, ours.Released)
		}
		f, err := os.Open(realdata.Path(t, "data/network/"+strings.TrimPrefix(strings.Replace(name, "advisories", "kev", 1), "/")+".gz"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		unzipped, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(unzipped)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(all, &theirs); err != nil {
			t.Fatal(err)
		}
		if ours.Version != theirs.Version || !ours.Released.Equal(theirs.Released) {
			t.Errorf("%s is of %s, not %s", name, ours.Version, theirs.Version)
		}
		for _, e := range ours.Entries {
			i := slices.IndexFunc(theirs.Entries, func(o exploited) bool {
				return o.CVE == e.CVE
			})
			if i < 0 {
				t.Errorf("%s: %s is not in the catalogue", name, e.CVE)
				continue
			}
			if d := gocmp.Diff(theirs.Entries[i], e); d != "" {
				t.Errorf("%s: %s (-theirs +ours):\n%s", name, e.CVE, d)
			}
		}
	})
}
