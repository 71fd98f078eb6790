package vex

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/realdata"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/cyclonedx"
)

// lines is the statements, each in a line.
func lines(statements []ledger.Statement) []string {
	out := []string{}
	for _, st := range statements {
		if v, ok := st.Body.(advisory.VEX); ok {
			line := v.Weakness + " | " + strings.TrimSpace(v.Product+" "+v.Versions)
			if v.Component != "" {
				line += " > " + v.Component
			}
			out = append(out, line+" | "+v.Status+" "+v.Justification+" "+v.Impact)
		}
	}
	return out
}

func billOf(weaknesses ...software.Weakness) *software.Bill {
	return &software.Bill{
		ID: "urn:uuid:1", Created: "2024-05-01T00:00:00Z", Supplier: "Acme", Root: 0,
		Components: []software.Component{
			{Ref: "portal", Name: "portal", Version: "3.2", PURL: "pkg:oci/portal@3.2", CPEs: []string{"cpe:2.3:a:acme:portal:3.2:*:*:*:*:*:*:*"}},
			{Ref: "net", Name: "net", Version: "v0.17.0", PURL: "pkg:golang/golang.org/x/net@v0.17.0"},
			{Ref: "lib", Name: "lib", Group: "acme", Version: "1.5"},
		},
		Weaknesses: weaknesses,
	}
}

func TestFromBill(t *testing.T) {
	const cpe = "cpe:2.3:a:acme:portal:3.2:*:*:*:*:*:*:*"
	on := func(ref string, versions ...software.AffectedVersion) []software.Affects {
		return []software.Affects{{Ref: ref, Versions: versions}}
	}
	one := func(version, status string) software.AffectedVersion {
		return software.AffectedVersion{Version: version, Status: status}
	}
	span := func(r, status string) software.AffectedVersion {
		return software.AffectedVersion{Range: r, Status: status}
	}
	for _, c := range []struct {
		why  string
		w    software.Weakness
		want []string
	}{
		{"within the release", software.Weakness{State: "not_affected", Justification: "code_not_reachable", Affects: on("net")}, []string{
			"CVE-1 | pkg:oci/portal@3.2 > pkg:golang/golang.org/x/net@v0.17.0 | not_affected vulnerable_code_not_in_execute_path ",
			"CVE-1 | " + cpe + " > pkg:golang/golang.org/x/net@v0.17.0 | not_affected vulnerable_code_not_in_execute_path ",
		}},
		{"a justification without a counterpart", software.Weakness{State: "not_affected", Justification: "requires_configuration", Statement: "off by default", Affects: on("portal")}, []string{
			"CVE-1 | pkg:oci/portal@3.2 | not_affected  requires configuration: off by default",
			"CVE-1 | " + cpe + " | not_affected  requires configuration: off by default",
		}},
		{"wrongly associated", software.Weakness{State: "false_positive", Affects: on("lib")}, []string{
			"CVE-1 | pkg:oci/portal@3.2 > acme/lib | not_affected  falsely identified or associated",
			"CVE-1 | " + cpe + " > acme/lib | not_affected  falsely identified or associated",
		}},
		{"versions of the release, which its own names do not have", software.Weakness{State: "exploitable", Affects: on("portal", one("2.4", "affected"), span("vers:generic/>=2.9|<=4.1", ""), one("5", "unaffected"))}, []string{
			"CVE-1 | pkg:oci/portal vers:generic/2.4 | affected  ",
			"CVE-1 | pkg:oci/portal vers:generic/>=2.9|<=4.1 | affected  ",
			"CVE-1 | pkg:oci/portal vers:generic/5 | under_investigation  ",
		}},
		{"versions of a component: only the one inside counts", software.Weakness{State: "resolved", Affects: on("net", span("vers:golang/<0.18.0", ""), one("0.16.0", ""))}, []string{
			"CVE-1 | pkg:oci/portal@3.2 > pkg:golang/golang.org/x/net@v0.17.0 | fixed  ",
			"CVE-1 | " + cpe + " > pkg:golang/golang.org/x/net@v0.17.0 | fixed  ",
		}},
		{"no analysis but versions", software.Weakness{Affects: on("lib", one("1.5", ""), one("1.4", "unaffected"))}, []string{
			"CVE-1 | pkg:oci/portal@3.2 > acme/lib | affected  ",
			"CVE-1 | " + cpe + " > acme/lib | affected  ",
		}},
		{"no analysis and no versions say nothing", software.Weakness{Affects: on("lib")}, []string{}},
		{"a component of another bill", software.Weakness{State: "in_triage", Affects: on("urn:cdx:2/1#app")}, []string{"CVE-1 | pkg:generic/app@1 | under_investigation  "}},
		{"a link that leads nowhere", software.Weakness{State: "in_triage", Affects: on("urn:cdx:3/1#app")}, []string{"CVE-1 | urn:cdx:3/1#app | under_investigation  "}},
		{"a link whose end is a package", software.Weakness{State: "in_triage", Affects: on("urn:cdx:3/1#pkg:npm/a@1")}, []string{"CVE-1 | pkg:npm/a@1 | under_investigation  "}},
		{"a state that is none", software.Weakness{State: "odd", Affects: on("urn:cdx:2/1#app")}, []string{"CVE-1 | pkg:generic/app@1 | under_investigation  "}},
	} {
		c.w.ID = "CVE-1"
		got, _ := FromBill(billOf(c.w), func(link string) *software.Bill {
			if link == "urn:cdx:2/1" {
				return &software.Bill{Root: -1, Components: []software.Component{{Ref: "app", Name: "app", Version: "1", PURL: "pkg:generic/app"}}}
			}
			return nil
		})
		if d := cmp.Diff(c.want, lines(got)); d != "" {
			t.Errorf("%s: (-want +got)\n%s", c.why, d)
		}
	}
}

func TestFromBillSaysWho(t *testing.T) {
	w := software.Weakness{
		ID: "CVE-1", Aliases: []string{"GHSA-1"}, State: "exploitable", Responses: []string{"update"}, Recommended: "Take 3.3", LastUpdated: "2024-06-01T00:00:00Z",
		Affects: []software.Affects{{Ref: "portal"}},
	}
	got, warnings := FromBill(billOf(w), nil)
	want := advisory.VEX{
		Weakness: "CVE-1", Aliases: []string{"GHSA-1"}, Product: "pkg:oci/portal@3.2", Status: "affected", Action: "Take 3.3; update",
		Issuer: "Acme", Role: "supplier", Issued: "2024-06-01T00:00:00Z", Document: "urn:uuid:1", Format: "CycloneDX",
	}
	if d := cmp.Diff(want, got[0].Body); d != "" || len(warnings) > 0 {
		t.Errorf("warnings %q, (-want +got)\n%s", warnings, d)
	}
	b := billOf(w)
	b.Authors = []string{"Lab"}
	got, _ = FromBill(b, nil)
	if v := got[0].Body.(advisory.VEX); v.Issuer != "Lab" || v.Role != "third_party" {
		t.Errorf("written by others: %+v", v)
	}
}

// A rated weakness with versions is an advisory, whose id is its issuer's own.
func TestFromBillPublishes(t *testing.T) {
	w := software.Weakness{
		ID: "CVE-1", Description: "bad", CWEs: []int{79}, Severities: []software.Severity{{Method: "CVSSv31", Vector: "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Source: "NVD"}, {Method: "other", Word: "high"}},
		Affects: []software.Affects{{Ref: "portal", Versions: []software.AffectedVersion{{Range: "vers:generic/>=2|<3"}, {Version: "3.2"}, {Version: "4", Status: "unaffected"}}}},
	}
	got, _ := FromBill(billOf(w, w), nil)
	rec := got[0].Body.(*advisory.Record)
	want := &advisory.Record{ID: "acme:CVE-1", Aliases: []string{"CVE-1"}, Summary: "bad", CWEs: []string{"CWE-79"}, Issuer: "Acme", Severities: []advisory.Severity{
		{Type: "CVSS_V3", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Score: 9.8, Word: "critical", Source: "NVD"}, {Type: "word", Word: "high"},
	}}
	if d := cmp.Diff(want, rec); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	a := got[2].Body.(*advisory.Affected)
	for version, want := range map[string]advisory.State{"2.9": advisory.IsAffected, "3.2": advisory.IsAffected, "3": advisory.NotAffected, "4": advisory.NotAffected} {
		if s := a.Judge(version).State; s != want {
			t.Errorf("%s is %s; want %s", version, s, want)
		}
	}
	w.State = "not_affected"
	for _, st := range must(FromBill(billOf(w), nil)) {
		if st.Kind != advisory.FactVEX {
			t.Errorf("an advisory of what is not affected: %+v", st)
		}
	}
}

func must(statements []ledger.Statement, _ []string) []ledger.Statement { return statements }

// Of the published examples every document is read, with the bills that lie
// beside it to find what its links name; each analysis of a product becomes a
// statement.
func TestRealBills(t *testing.T) {
	documents, linkedTo, analyses, contradictory := 0, 0, 0, 0
	counts := map[string]int{}
	err := filepath.WalkDir(realdata.Path(t, "data/software/vex/cyclonedx-vex"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b := readBill(t, path)
		documents++
		got, warnings := FromBill(b, func(link string) *software.Bill {
			beside, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "bom*.json"))
			for _, other := range beside {
				if strings.HasPrefix(link, strings.Replace(serial(t, other), "urn:uuid:", "urn:cdx:", 1)+"/") {
					linkedTo++
					return readBill(t, other)
				}
			}
			return nil
		})
		contradictory += len(warnings)
		for _, w := range b.Weaknesses {
			for _, a := range w.Affects {
				analyses += max(1, len(a.Versions))
			}
		}
		for _, st := range got {
			if v, ok := st.Body.(advisory.VEX); ok {
				counts[v.Status]++
			} else {
				counts[st.Kind]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Two documents say one thing twice, and CISA's case 8 of one version both that it is not
	// affected and that it is fixed.
	want := map[string]int{
		"affected": 29, "fixed": 8, "under_investigation": 8, "not_affected": 151 - 3,
		advisory.FactRecord: 6, advisory.FactAlias: 6, advisory.FactAffected: 9,
	}
	if documents != 39 || linkedTo != 79 || analyses != 196 || contradictory != 1 || !cmp.Equal(want, counts) {
		t.Errorf("%d documents, %d links found, %d analyses, %d contradictory, %v", documents, linkedTo, analyses, contradictory, counts)
	}
}

func readBill(t *testing.T, path string) *software.Bill {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bill, err := cyclonedx.Read(t.Context(), b, cyclonedx.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return bill
}

func serial(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var head struct{ SerialNumber string }
	if err := json.Unmarshal(b, &head); err != nil {
		t.Fatal(err)
	}
	return head.SerialNumber
}

// Whatever a bill says, its statements are about something, and each is made
// once.
func FuzzFromBill(f *testing.F) {
	f.Add([]byte(`{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": {"type": "application", "name": "a", "version": "1", "bom-ref": "a", "purl": "pkg:npm/a@1"}},
		"components": [{"type": "library", "name": "b", "version": "2", "bom-ref": "b", "hashes": [{"alg": "SHA-256", "content": "` + strings.Repeat("ab", 32) + `"}]}],
		"vulnerabilities": [{"id": "CVE-1", "ratings": [{"method": "CVSSv31", "vector": "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}], "analysis": {"state": "exploitable"},
		"affects": [{"ref": "a", "versions": [{"version": "1"}, {"range": "vers:npm/<2", "status": "unaffected"}]}, {"ref": "b"}, {"ref": "urn:cdx:x/1#y"}]}]}`))
	f.Add([]byte(`{"bomFormat": "CycloneDX", "specVersion": "1.4", "vulnerabilities": [{"id": "", "analysis": {"state": "resolved"}, "affects": [{"ref": ""}, {"ref": "pkg:npm/x"}]}, {}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		bill, err := cyclonedx.Read(t.Context(), b, cyclonedx.Limits{Bytes: 1 << 16})
		if err != nil {
			return
		}
		statements, _ := FromBill(bill, func(string) *software.Bill { return bill })
		seen := map[[3]string]bool{}
		for _, st := range statements {
			at := [3]string{st.Kind, st.Subject, st.Key}
			if st.Subject == "" || seen[at] || st.Kind == advisory.FactVEX && st.Term == "" {
				t.Errorf("%+v", st)
			}
			seen[at] = true
		}
	})
}
