package stix

import (
	"bufio"
	"bytes"
	"slices"
	"strings"
	"testing"
)

var realFiles = []string{
	"attack/ics-attack-8.2.stix2.1.json.gz", "attack/ics-attack-12.1.stix2.1.json.gz", "attack/ics-attack-16.1.stix2.1.json.gz",
	"attack/ics-attack-18.1.stix2.1.json.gz", "attack/solarwinds-sunburst.stix2.0.json", "attack/hafnium-exchange.stix2.0.json",
	"attack/darkside-colonial.stix2.0.json", "stix/tlp-1.0-markings.json", "stix/tlp-2.0-markings.json", "stix/examples/apt1.json",
	"stix/examples/defining-campaigns-threat-actors-intrusion-sets.json", "stix/examples/identifying-a-threat-actor-profile.json",
	"stix/examples/indicator-for-c2-ip-address.json", "stix/examples/indicator-for-malicious-url.json",
	"stix/examples/indicator-to-campaign-relationship.json", "stix/examples/indicators-for-C2-with-COA.json", "stix/examples/infrastructure.json",
	"stix/examples/interop-objectmarking-test.json", "stix/examples/malicious-email-indicator-with-attachment.json",
	"stix/examples/malware-indicator-for-file-hash.json", "stix/examples/poisonivy.json", "stix/examples/sighting-of-an-indicator.json",
	"stix/examples/sighting-of-observed-data.json", "stix/examples/threat-actor-leveraging-attack-patterns-and-malware.json",
	"stix/examples/using-granular-markings.json", "stix/examples/using-marking-definitions.json",
}

// TestRealFilesAreValid is that what others publish stays valid, and the same
// after an upgrade.
func TestRealFilesAreValid(t *testing.T) {
	for _, name := range realFiles {
		b := realFile(t, name)
		results, err := ValidateFile(b, Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantValid(t, name, results)
		upgraded, _, err := Upgrade(b)
		if err != nil {
			t.Fatalf("%s: upgrade: %v", name, err)
		}
		again, err := ValidateFile(upgraded, Limits{})
		if err != nil {
			t.Fatalf("%s: after the upgrade: %v", name, err)
		}
		wantValid(t, name+" upgraded", again)
		if !strings.Contains(name, "2.0.json") && len(again) != len(results) {
			t.Errorf("%s: %d objects became %d", name, len(results), len(again))
		}
		for _, o := range objects(t, upgraded) {
			if o.SpecVersion != "2.1" {
				t.Fatalf("%s: %s is still of %s", name, o.ID, o.SpecVersion)
			}
		}
	}
}

// noURLs is the objects of two old releases that have titles, or addresses with
// a line break in them, where links should be.
var noURLs = []string{
	"relationship--f65a8ce8-90fa-4d92-a0dc-3ee544c541fe", "intrusion-set--9538b1a4-4120-4e2d-bf59-3b11fcab05a4",
	"malware--4dcff507-5af8-47ce-964a-8d9569e9ccfe",
}

func wantValid(t *testing.T, name string, results []Result) {
	t.Helper()
	old := strings.Contains(name, "-8.2.") || strings.Contains(name, "-12.1.")
	for _, r := range results {
		for _, e := range r.Errors {
			if !old || !slices.Contains(noURLs, r.ID) || !strings.HasSuffix(e.Path, ".url") {
				t.Errorf("%s: %s: %+v", name, r.ID, e)
			}
		}
	}
}

// TestEnterpriseIsUpgraded is every object of ATT&CK Enterprise, which its
// authors still keep in STIX 2.0, one a line.
func TestEnterpriseIsUpgraded(t *testing.T) {
	lines := bufio.NewScanner(bytes.NewReader(realFile(t, "attack/enterprise-attack-stix2.0.jsonl.gz")))
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		n++
		old, err := Parse(lines.Bytes(), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if r := Validate(old); old.SpecVersion != "2.0" || !r.Valid {
			t.Errorf("%s of %s: %+v", old.ID, old.SpecVersion, r.Errors)
		}
		b, _, err := Upgrade(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		o, err := Parse(b, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if r := Validate(o); o.SpecVersion != "2.1" || !r.Valid || o.ID != old.ID || o.Version != old.Version {
			t.Errorf("%s %s of %s: %+v", o.ID, o.Version, o.SpecVersion, r.Errors)
		}
	}
	if n != 24_771 {
		t.Errorf("read %d objects, want 24,771", n)
	}
}

// TestRealFilesAgainstSchemas is that converted documents, some of which are
// broken, are judged no more mildly than the schemas judge them.
func TestRealFilesAgainstSchemas(t *testing.T) {
	schemas := schemas(t)
	n, refused := 0, 0
	for _, name := range append([]string{
		"stix/idioms-2.1/Mandiant_APT1_Report.json", "stix/idioms-2.1/account_indicator.json", "stix/idioms-2.1/fireeye-pivy-report-with-indicators.json.gz",
		"stix/idioms-2.1/Appendix_G_IOCs_Full.json.gz", "stix/idioms-2.1/file-and-directory.json", "stix/idioms-2.1/incident-malware.json",
		"stix/idioms-2.1/issue-162.json", "stix/idioms-2.1/issue62.json", "stix/idioms-2.1/victim-targeting.json",
		"stix/idioms-2.1/observable-with-networkconnection-instance.json", "stix/idioms-2.1/command-and-control-ip-list.json",
	}, realFiles...) {
		for _, o := range objects(t, realFile(t, name)) {
			if o.SpecVersion != "2.1" {
				continue
			}
			n++
			if err := obeys(t, schemas, o); err != nil {
				refused++
				if Validate(o).Valid && !laxer(o) {
					t.Errorf("%s: %s: %v", name, o.ID, err)
				}
			}
		}
	}
	if n < 10_000 || refused == 0 {
		t.Errorf("%d objects, of which the schemas refuse %d", n, refused)
	}
}

func BenchmarkValidate(b *testing.B) {
	parts, _, err := Split(realFile(b, "attack/ics-attack-18.1.stix2.1.json.gz"), Limits{})
	if err != nil {
		b.Fatal(err)
	}
	var size int64
	for _, p := range parts {
		size += int64(len(p))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, p := range parts {
			o, err := Parse(p, Limits{})
			if err != nil {
				b.Fatal(err)
			}
			if r := Validate(o); !r.Valid {
				b.Fatal(r.Errors)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "objects/s")
}
