package inventory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

func read(t testing.TB, text string) *ledger.Reading {
	t.Helper()
	if !Recognise("x.csv", []byte(text)) {
		t.Fatalf("not recognised: %q", text[:min(len(text), 80)])
	}
	r, err := Read(t.Context(), []byte(text), Options{Source: "inventory/t"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// short is a reading's statements in a line each.
func short(r *ledger.Reading) []string {
	var out []string
	for _, s := range r.Statements {
		body, err := json.Marshal(s.Body)
		if err != nil {
			panic(err)
		}
		line := strings.TrimPrefix(s.Kind, "inventory.") + " " + s.Subject + " <" + s.Term + "> " + string(body)
		if s.ValidFrom != "" || s.ValidTo != "" {
			line += fmt.Sprintf(" %s..%s", s.ValidFrom, s.ValidTo)
		}
		out = append(out, line)
	}
	return out
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, text, part string
		want             []string
	}{
		{"systems", "System ID,Agency,System Name,FIPS199,HVA,NSS,Hosting,Owner,Contact\nHR 01,AGR,Payroll,Moderate,yes,no,On Prem,Jo,hr@agr.example\n", "systems", []string{
			`organisation organisation:agr <name:agr> {"name":"AGR"}`,
			`system system:t/hr-01 <name:payroll> {"name":"Payroll","organisation":"organisation:agr","criticality":"moderate","high_value":"yes","nss":"no","hosting":"on-prem","owner":"Jo","contact":"hr@agr.example"}`,
		}},
		{"a system from one day to another", "system,nss,from,to\nS,,2020-01-01,2021-01-01\nT,,,2021-01-01\n", "systems", []string{
			`system system:t/s <name:s> {} 2020-01-01..2021-01-01`,
			`system system:t/t <name:t> {} 1000-01-01..2021-01-01`,
		}},
		{"assets", "asset,system,hostname,ip,mac,exposure,kind,last_discovered,last_vuln_scan\nA1,S,Web.Agr.Example.,10.0.0.1;::ffff:10.0.0.2,70-E6-72-0F-CA-A4,Public,virtual machine,2026-06-22T10:00:00Z,2026-06-19\n", "assets", []string{
			`system system:t/s <name:s> {}`,
			`asset asset:t/a1 <system:t/s> {"system":"system:t/s","kind":"virtual-machine","hostnames":["web.agr.example"],"addresses":["10.0.0.1","10.0.0.2"],"macs":["70:e6:72:0f:ca:a4"]}`,
			`address asset:t/a1 <host:web.agr.example> {"kind":"host","value":"web.agr.example"}`,
			`address asset:t/a1 <ip:10.0.0.1> {"kind":"ip","value":"10.0.0.1"}`,
			`address asset:t/a1 <ip:10.0.0.2> {"kind":"ip","value":"10.0.0.2"}`,
			`address asset:t/a1 <mac:70:e6:72:0f:ca:a4> {"kind":"mac","value":"70:e6:72:0f:ca:a4"}`,
			`seen asset:t/a1 <> {"last":"2026-06-22","scan":"2026-06-19"}`,
			`exposure asset:t/a1 <public> {"reach":"public"}`,
		}},
		{"findings", "finding,asset,cve,detected,remediated,scanner\nF1,A1,cve-2021-44228,2021-12-12T08:00:00Z,2021-12-20,Nessus\n,A1,CVE-2021-45046,2021-12-15,,\n", "findings", []string{
			`finding asset:t/a1 <CVE-2021-44228> {"id":"F1","weakness":"CVE-2021-44228","detected":"2021-12-12","remediated":"2021-12-20","by":"Nessus"}`,
			`finding asset:t/a1 <CVE-2021-45046> {"weakness":"CVE-2021-45046","detected":"2021-12-15"}`,
		}},
		{"exposure with its evidence and days", "system,exposure,exposure_evidence,exposure_by,exposure_from,exposure_to\nS,internal,plan 7,J. Doe,2020-01-01,2020-06-01\nS,public,scan,CISA,2020-06-01,\n", "systems", []string{
			`system system:t/s <name:s> {}`,
			`exposure system:t/s <internal> {"reach":"internal","evidence":"plan 7","by":"J. Doe"} 2020-01-01..2020-06-01`,
			`exposure system:t/s <public> {"reach":"public","evidence":"scan","by":"CISA"} 2020-06-01..`,
		}},
		{"several who speak of one exposure", "system,exposure,exposure_by\nS,internal,J. Doe\nS,public,CISA\n", "systems", []string{
			`system system:t/s <name:s> {}`,
			`exposure system:t/s <internal> {"reach":"internal","by":"J. Doe"}`,
			`exposure system:t/s <public> {"reach":"public","by":"CISA"}`,
		}},
		{"deployments", "system,purl,cpe,software,version,vendor,environment,from,to\n" +
			"S,pkg:generic/SolarWinds/orion@2020.2-hf1?x=y,cpe:2.3:a:solarwinds:orion:2020.2:HF1:*:*:*:*:*:*,Orion,2020.2 HF 1,SolarWinds,Production,2020-07-01,2020-12-14\n" +
			"S,,,Payroll  Suite,3.1,,,,\n", "deployments", []string{
			`system system:t/s <name:s> {}`,
			`deployment system:t/s <purl:pkg:generic/solarwinds/orion@2020.2-hf1> {"purl":"pkg:generic/SolarWinds/orion@2020.2-hf1?x=y","cpe":"cpe:2.3:a:solarwinds:orion:2020.2:HF1:*:*:*:*:*:*","name":"Orion","version":"2020.2 HF 1","vendor":"SolarWinds","environment":"production"} 2020-07-01..2020-12-14`,
			`alias system:t/s <cpe:2.3:a:solarwinds:orion:2020.2:hf1:*:*:*:*:*:*> {"purl":"pkg:generic/SolarWinds/orion@2020.2-hf1?x=y","cpe":"cpe:2.3:a:solarwinds:orion:2020.2:HF1:*:*:*:*:*:*","name":"Orion","version":"2020.2 HF 1","vendor":"SolarWinds","environment":"production"} 2020-07-01..2020-12-14`,
			`alias system:t/s <name:orion 2020.2 hf 1> {"purl":"pkg:generic/SolarWinds/orion@2020.2-hf1?x=y","cpe":"cpe:2.3:a:solarwinds:orion:2020.2:HF1:*:*:*:*:*:*","name":"Orion","version":"2020.2 HF 1","vendor":"SolarWinds","environment":"production"} 2020-07-01..2020-12-14`,
			`deployment system:t/s <name:payroll suite 3.1> {"name":"Payroll Suite","version":"3.1"}`,
		}},
		{"a digest, a version beside its purl, a system of another inventory", "system,release,purl,version\nagr/S,SHA256:" + strings.Repeat("AB", 32) + ",,\nS,,pkg:npm/left-pad,1.3.0\n", "deployments", []string{
			`system system:agr/s <name:agr/s> {}`,
			`system system:t/s <name:s> {}`,
			`deployment system:agr/s <sha256:` + strings.Repeat("ab", 32) + `> {"release":"sha256:` + strings.Repeat("ab", 32) + `"}`,
			`deployment system:t/s <purl:pkg:npm/left-pad@1.3.0> {"purl":"pkg:npm/left-pad@1.3.0","version":"1.3.0"}`,
		}},
		{"rows that complete one another", "system,owner,asset,os,software\nS,,A,,x\nS,Jo,A,Debian 12,y\n", "deployments", []string{
			`system system:t/s <name:s> {"owner":"Jo"}`,
			`asset asset:t/a <system:t/s> {"system":"system:t/s","os":"Debian 12"}`,
			`deployment system:t/s <name:x> {"asset":"asset:t/a","name":"x"}`,
			`deployment system:t/s <name:y> {"asset":"asset:t/a","name":"y"}`,
		}},
		{"semicolons", "system;purl;from\nS;pkg:npm/a@1;2020-01-01\n", "deployments", []string{
			`system system:t/s <name:s> {}`,
			`deployment system:t/s <purl:pkg:npm/a@1> {"purl":"pkg:npm/a@1"} 2020-01-01..`,
		}},
	} {
		r := read(t, c.text)
		if d := cmp.Diff(c.want, short(r)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		if r.Part != c.part || r.Source != "inventory/t" || r.Mode != ledger.Snapshot || len(r.Warnings) != 0 {
			t.Errorf("%s: part %q of %q, warnings %q", c.name, r.Part, r.Source, r.Warnings)
		}
	}
}

// What cannot be read is told with its place, and the rest is used.
func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		name, text string
		statements int
		want       []string
	}{
		{"no system", "system,purl\n,pkg:npm/a@1\nS,pkg:npm/a@1\n", 2, []string{`line 2, column "system": no system; the row is passed over`}},
		{"no day", "system,purl,from\nS,pkg:npm/a@1,soon\nS,pkg:npm/b@1,2020-02-30\nS,pkg:npm/c@1,\n", 2, []string{
			`line 2, column "from": "soon" is no day, want YYYY-MM-DD; the row is passed over`,
			`line 3, column "from": "2020-02-30" is no day, want YYYY-MM-DD; the row is passed over`,
		}},
		{"an end before its beginning", "system,software,valid_from,valid_to\nS,x,2020-02-01,2020-02-01\nS,y,,\n", 2, []string{
			`line 2, column "valid to": 2020-02-01 is not after 2020-02-01; the row is passed over`,
		}},
		{"addresses", "system,asset,ip,mac,host\nS,A,10.0.0.300;10.0.0.3,zz,a/b\n", 3, []string{
			`line 2, column "host": "a/b" is no address of kind host; it is left out`,
			`line 2, column "ip": "10.0.0.300" is no address of kind ip; it is left out`,
			`line 2, column "mac": "zz" is no address of kind mac; it is left out`,
		}},
		{"words", "system,fips199,nss,exposure\nS,extreme,perhaps,dmz\n", 2, []string{
			`line 2, column "fips199": "extreme" is no impact level, want low, moderate or high; it is left out`,
			`line 2, column "nss": "perhaps" is neither yes nor no; it is left out`,
			`line 2, column "exposure": "dmz" is no exposure, want public, internal or unknown; it is taken as unknown`,
		}},
		{"a purl that is none", "system,purl\nS,pkg:nothing\n", 2, []string{`line 2, column "purl": "pkg:nothing" is no purl, CPE or SHA-256 digest; it is kept as a name`}},
		{"contradiction", "system,owner,software\nS,Jo,x\nS,Al,y\n", 3, []string{`line 3: system:t/s has owner "Jo", and "Al"; the first stands`}},
	} {
		r := read(t, c.text)
		if d := cmp.Diff(c.want, r.Warnings); d != "" || len(r.Statements) != c.statements {
			t.Errorf("%s: %d statements, want %d (-want +got):\n%s%q", c.name, len(r.Statements), c.statements, d, short(r))
		}
	}
	many := read(t, "system,purl,from\nS,pkg:npm/a@1,\n"+strings.Repeat("S,pkg:npm/a@1,x\n", maxWarnings+5))
	if n := len(many.Warnings); n != maxWarnings+1 || many.Warnings[n-1] != "and 5 more things that could not be read" {
		t.Errorf("%d warnings, the last %q", n, many.Warnings[n-1])
	}
}

// A release that runs at one place twice is two deployments. A row put before
// others, or a day corrected, makes no other one of them.
func TestKeys(t *testing.T) {
	keys := func(text string) []string {
		var out []string
		for _, s := range read(t, "system,asset,purl,environment,from,to\n"+text).Statements {
			if s.Kind == FactDeployment {
				out = append(out, s.Key+" "+string(s.ValidFrom))
			}
		}
		slices.Sort(out)
		return out
	}
	const first = "asset:t/a purl:pkg:npm/x@1"
	for text, want := range map[string][]string{
		"S,A,pkg:npm/x@1,,2020-01-01,2020-02-01\nS,A,pkg:npm/x@1,,2020-03-01,\n": {first + " #2 2020-03-01", first + " 2020-01-01"},
		"S,A,pkg:npm/x@1,,2020-03-01,\nS,A,pkg:npm/x@1,,2020-01-02,2020-02-01\n": {first + " #2 2020-03-01", first + " 2020-01-02"},
		"S,A,pkg:npm/x@1,,2020-01-01,\nS,A,pkg:npm/x@1?a=b,,2020-01-01,\n":       {first + " 2020-01-01"},
		"S,A,pkg:npm/x@1,,2020-01-01,\nS,A,pkg:npm/x@1,test,2020-01-01,\n":       {first + " 2020-01-01", first + " test 2020-01-01"},
	} {
		if d := cmp.Diff(want, keys(text)); d != "" {
			t.Errorf("%s (-want +got):\n%s", text, d)
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "line 1: the file is empty; want a header line",
		"owner,purl\nS,x\n":                     `line 1: no column "system"; want a table of systems`,
		"system,purl\n,x\n,y\n":                 `no row can be used: line 2, column "system": no system`,
		"system,purl\nS,\xff\n":                 "line 2, column 2: not UTF-8",
		"system,purl\nS,x,y\n":                  "line 2: 3 columns, the header has 2",
		"system,purl,System\nS,x,y\n":           `line 1: column "System" occurs twice`,
		"system,purl\nS,\"pkg:npm/a@1\nS,\"b\n": "stray or unclosed quotation mark",
	} {
		_, err := Read(t.Context(), []byte(text), Options{Source: "inventory/t"})
		if problem.KindOf(err) != problem.Invalid || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestLimits(t *testing.T) {
	text := []byte("system,purl\nS,pkg:npm/abc@1\nT,pkg:npm/abc@1\n")
	for name, limits := range map[string]Limits{"bytes": {Bytes: 10}, "rows": {Rows: 1}, "columns": {Columns: 1}, "field": {Field: 5}} {
		if _, err := Read(t.Context(), text, Options{Limits: limits}); problem.KindOf(err) != problem.TooLarge {
			t.Errorf("limit of %s: %v, want too_large", name, err)
		}
	}
	if _, err := Read(t.Context(), text, Options{}); err != nil {
		t.Error(err)
	}
	crowded := "system,asset,ip\n"
	for i := range maxAddresses + 10 {
		crowded += fmt.Sprintf("S,A,10.0.%d.%d\n", i/256, i%256)
	}
	if r := read(t, crowded); len(r.Warnings) != 10 || !strings.Contains(r.Warnings[0], "more than 1000 IP addresses") {
		t.Errorf("%q", r.Warnings)
	}
}

func TestRecognise(t *testing.T) {
	for head, want := range map[string]bool{
		"system,agency,fips199,hva,hosting,nss\n": true,
		"asset,system,hostname,ip\n":              true,
		"SYSTEM ID;purl\n":                        true,
		"system\tpurl\n":                          true,
		"system,software\n":                       true,
		"system,owner\n":                          false, // could be anything
		"finding,asset,cve,detected,remediated\n": true,
		"asset;weakness;first found\n":            true,
		"asset,cve\n":                             false, // found when?
		"owner,owned,economic\n":                  false,
		"":                                        false, "{\"system\":1}": false, "\x00\x01": false,
	} {
		if got := Recognise("x.csv", []byte(head)); got != want {
			t.Errorf("%q recognised: %v, want %v", head, got, want)
		}
	}
	for name, want := range map[string]string{
		"a/b/Treasury.csv.gz": "inventory/treasury", `c:\d\treasury-assets.csv`: "inventory/treasury", "treasury_Deployments.csv": "inventory/treasury",
		"systems.csv": "inventory/local", "x/Assets.csv.gz": "inventory/local", "fleet-of-assets.csv": "inventory/fleet-of", "subsystems.csv": "inventory/subsystems",
		"treasury.2026-01-31.csv": "inventory/treasury", ".csv": "inventory/csv", "-": "inventory/local", "": "inventory/local",
	} {
		if got := Source(name); got != want {
			t.Errorf("source of %q is %q, want %q", name, got, want)
		}
	}
}

func TestIDs(t *testing.T) {
	long := strings.Repeat("é", 200)
	for _, c := range []struct{ got, want string }{
		{SystemID("Treasury", " HR 01 "), "system:treasury/hr-01"},
		{SystemID("t", "agr/HR_01"), "system:agr/hr-01"},
		{SystemID("t", "system:agr/hr-01"), "system:agr/hr-01"},
		{SystemID("t", "A/"), "system:t/a"},
		{SystemID("t", "--"), ""},
		{AssetID("t", "财政"), "asset:t/财政"},
		{OrganisationID("Dept. of X"), "organisation:dept-of-x"},
		{OrganisationID("…"), ""},
		{AddressTerm("mac", "0123.4567.89AB"), "mac:01:23:45:67:89:ab"},
		{AddressTerm("mac", "00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01"), ""},
		{AddressTerm("ip", "2001:DB8::1"), "ip:2001:db8::1"},
		{AddressTerm("ip", "fe80::1%eth0"), ""},
		{AddressTerm("host", "https://a"), ""},
		{AddressTerm("name", "a"), ""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	a, b := SystemID("t", long+"a"), SystemID("t", long+"b")
	if a == b || len(a) > len("system:t/")+maxSlug || SystemID("t", strings.ToUpper(long)+"A") != a {
		t.Errorf("long ids %q and %q", a, b)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("finding,asset,cve,detected,remediated\nF1,A1,CVE-2021-44228,2021-12-12,2021-12-20\n"))
	f.Add([]byte("system,agency,fips199,hva,hosting,nss,from,to\nS,A,low,no,on-prem,no,2020-01-01,2021-01-01\n"))
	f.Add([]byte("system,asset,host,ip,mac,exposure,purl,cpe,release,software,version,from\nS,A,h,1.2.3.4,,public,pkg:npm/a@1,cpe:/a:b,,x,1,2020-01-01\nS,A,,,,,pkg:npm/a@1,,,,,\n"))
	f.Add([]byte("\ufeffSystem ID,product\r\n\"S\r\n1\",製品\r\n"))
	f.Add([]byte("system,purl\nS,pkg:npm/a@1\nS,pkg:npm/a@1\n\",\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(t.Context(), b, Options{Source: "inventory/x", Limits: Limits{Rows: 1000}})
		if err != nil {
			return
		}
		seen := map[[3]string]bool{}
		for _, s := range r.Statements {
			if _, err := json.Marshal(s.Body); err != nil {
				t.Fatal(err)
			}
			k := [3]string{s.Kind, s.Subject, s.Key}
			if seen[k] {
				t.Errorf("stated twice: %q", k)
			}
			seen[k] = true
			if s.Subject == "" || s.Key == "" || s.Term == "" && s.Kind != FactSeen || s.ValidTo != "" && s.ValidFrom >= s.ValidTo {
				t.Errorf("not a statement that can be kept: %+v", s)
			}
		}
	})
}

// TestFindingsUseTheSoundPart passes over rows that say nothing of a weakness on an
// asset, and takes what was fixed before it was found for still there.
func TestFindingsUseTheSoundPart(t *testing.T) {
	r := read(t, "asset,cve,detected,remediated\n,CVE-2021-44228,2021-12-12,\nA,log4shell,2021-12-12,\nA,CVE-2021-44228,soon,\nA,CVE-2021-44228,,\nA,CVE-2021-44228,2021-12-12,2021-12-01\n")
	want := []string{`finding asset:t/a <CVE-2021-44228> {"weakness":"CVE-2021-44228","detected":"2021-12-12"}`}
	if got := short(r); !slices.Equal(got, want) || r.Rows != 5 || len(r.Warnings) != 5 {
		t.Errorf("%q\n%q", got, r.Warnings)
	}
	for i, place := range []string{"line 2", "line 3", "line 4", "line 5", "line 6"} {
		if !strings.HasPrefix(r.Warnings[i], place) {
			t.Errorf("%q, want it to begin with %s", r.Warnings[i], place)
		}
	}
}
