package node

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/software"
)

func TestWeaknessesOf(t *testing.T) {
	s := &dossier.Software{
		Release: dossier.Release{ID: "pkg:generic/shop@1"},
		Bill: &software.Bill{Components: []software.Component{
			{Ref: "root", Name: "shop", Version: "1"},
			{Name: "core", PURL: "pkg:maven/org.x/core@1"},
			{Ref: "component-1", Name: "core again", PURL: "pkg:maven/org.x/core@1"},
		}},
		Findings: []dossier.Weakness{
			{Finding: findings.Finding{
				Identity: "pkg:maven/org.x/core@1", Version: "1", Advisory: "GHSA-1", Aliases: []string{"CVE-1"}, Summary: "It breaks.", State: advisory.IsAffected,
				Severity: &findings.Severity{Word: "High", Score: 7.5, Vector: "CVSS:3.1/AV:N"}, Fixed: []string{"2"}, URL: "https://a.example", Published: "2021-12-10",
				KEV: &findings.KEV{Added: "2021-12-10", Due: "2021-12-24"}, EPSS: &findings.EPSS{Score: 0.5, Percentile: 0.75},
				VEX: &findings.VEX{Status: "not_affected", Justification: "vulnerable_code_not_in_execute_path", Issuer: "Acme", Impact: "never called", Issued: "2021-12-16T08:00:00Z"},
			}},
			{Finding: findings.Finding{Identity: "pkg:generic/shop@1", Advisory: "CVE-2", State: advisory.Unknown, Why: "(devel)", Weak: true, Malicious: true, Published: "soon"}},
		},
	}
	affected := []software.AffectedVersion{{Version: "1", Status: "affected"}}
	want := []software.Weakness{
		{
			ID: "GHSA-1", Aliases: []string{"CVE-1"}, Description: "It breaks.", URL: "https://a.example", Published: "2021-12-10T00:00:00Z",
			Detail:     "known to be exploited: in the catalogue of CISA since 2021-12-10, to be mended by 2021-12-24; EPSS 0.50000, percentile 0.75000",
			Severities: []software.Severity{{Method: "CVSSv31", Vector: "CVSS:3.1/AV:N", Score: 7.5, Word: "high"}}, Recommended: "fixed in 2",
			State: "not_affected", Justification: "code_not_reachable", Statement: "said by Acme; never called", LastUpdated: "2021-12-16T08:00:00Z",
			Affects: []software.Affects{{Ref: "component-1-", Versions: affected}, {Ref: "component-1", Versions: affected}},
		},
		{
			ID: "CVE-2", Detail: "no weakness but a planted attack; matched by the name of the product only; whether it applies is not known: (devel)",
			Affects: []software.Affects{{Ref: "root"}},
		},
	}
	if diff := cmp.Diff(want, weaknessesOf(s)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLinkTo(t *testing.T) {
	for id, want := range map[string]string{
		"urn:uuid:5b1c0c52-6d0e-4a55-9a57-2f1f3a6d3210": "urn:cdx:5b1c0c52-6d0e-4a55-9a57-2f1f3a6d3210/1",
		"https://spdx.org/spdxdocs/a":                   "https://spdx.org/spdxdocs/a", "": "",
	} {
		if got := linkTo(&software.Bill{ID: id}); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

func TestFileNameOf(t *testing.T) {
	for want, parts := range map[string][]string{
		"agency-portal-3.2.1": {"agency-portal", "3.2.1"}, "a-b-1": {"a/b", "1"}, "etc-passwd": {"/etc/passwd"}, "release": {"", ""}, "hidden": {".hidden", ""}, "2": {"名単", "2"},
	} {
		if got := fileNameOf(parts...); got != want {
			t.Errorf("%q: %q, want %q", parts, got, want)
		}
	}
}

func TestUUID(t *testing.T) {
	a := UUID("project", "x", "y")
	if a != UUID("project", "x", "y") || a == UUID("project", "xy") || a == UUID("project", "y", "x") || len(a) != 36 || a[14] != '8' {
		t.Errorf("%s is no name-based UUID of version 8", a)
	}
}

// TestNameBill: a bill that says of what it is keeps what it says.
func TestNameBill(t *testing.T) {
	for _, tt := range []struct {
		name string
		b    software.Bill
		want string
	}{
		{"nothing", software.Bill{Root: -1}, "pkg:generic/project@9"},
		{"a name", software.Bill{Components: []software.Component{{Name: "app"}}}, "pkg:generic/app@9"},
		{"a version", software.Bill{Components: []software.Component{{Version: "1"}}}, "pkg:generic/project@1"},
		{"both", software.Bill{Components: []software.Component{{Name: "app", Version: "1"}}}, "pkg:generic/app@1"},
		{"a purl with its version", software.Bill{Components: []software.Component{{PURL: "pkg:npm/app@1"}}}, "pkg:npm/app@1"},
		{"a purl without", software.Bill{Components: []software.Component{{Name: "app", PURL: "pkg:npm/app"}}}, "pkg:npm/app@9"},
		{"an image by its digest", software.Bill{Components: []software.Component{{Name: "app@sha256:" + strings.Repeat("a", 64)}}}, "pkg:generic/app@sha256:" + strings.Repeat("a", 64)},
	} {
		nameBill(&tt.b, "sha256:00", "project", "9")
		if got := software.ReleaseID(&tt.b, "sha256:00"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
