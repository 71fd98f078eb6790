package demo_test

import (
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory/findings"
)

// What applies to a release, as of a day and by what was published by then.
func TestFindings(t *testing.T) {
	l, all := held(t), bills(t)
	const (
		sunburst  = "MAL-DEMO-SUNBURST affected malicious"
		supernova = "x_demo-CVE-2020-10148 affected"
	)
	for _, c := range []struct {
		bill string
		day  access.Date
		want []string
	}{
		{"orion-platform-2020.2-hf1", "2020-12-12", nil},
		{"orion-platform-2020.2-hf1", "2020-12-13", []string{sunburst}},
		{"orion-platform-2020.2-hf1", "2021-01-01", []string{sunburst, supernova}},
		{"orion-platform-2020.2-hf1", "2021-11-03", []string{sunburst, supernova + " exploited until 2022-05-03"}},
		{"orion-platform-2020.2.1-hf2", "2026-11-01", nil},
		{"exchange-server-15.1.2106.2", "2021-03-01", nil},
		{"exchange-server-15.1.2106.2", "2021-03-02", []string{"x_demo-CVE-2021-26855 affected"}},
		{"exchange-server-15.1.2106.2", "2025-09-01", []string{"x_demo-CVE-2021-26855 affected exploited until 2021-04-16"}},
		{"exchange-server-15.1.2106.2", "2026-11-01", []string{"x_demo-CVE-2021-26855 affected exploited until 2022-05-03"}},
		{"exchange-server-15.1.2106.13", "2026-11-01", nil},
		{"agency-portal-3.2.1", "2021-12-09", nil},
		{"agency-portal-3.2.1", "2021-12-10", []string{"GHSA-jfh8-c2jp-5v3q affected exploited until 2021-12-24"}},
		{"agency-portal-3.2.1", "2026-11-01", []string{"GHSA-jfh8-c2jp-5v3q affected exploited until 2021-12-24", "GHSA-7rjr-3q55-vv33 affected exploited until 2023-05-22"}},
		{"agency-portal-3.3.0", "2026-11-01", nil},
		{"payroll-suite-5.4.0", "2021-12-13", []string{"GHSA-jfh8-c2jp-5v3q affected exploited until 2021-12-24"}},
		{"payroll-suite-5.4.0", "2021-12-15", []string{"GHSA-7rjr-3q55-vv33 affected", "GHSA-jfh8-c2jp-5v3q affected exploited until 2021-12-24 not_affected by Harrow Payroll Systems"}},
		{"payroll-suite-5.4.0", "2021-12-16", []string{
			"GHSA-jfh8-c2jp-5v3q affected exploited until 2021-12-24 not_affected by Harrow Payroll Systems", "GHSA-7rjr-3q55-vv33 affected not_affected by Harrow Payroll Systems",
		}},
		{"vx200-firmware-2.4.0", "2026-11-01", nil},
	} {
		b := all[c.bill+".cdx.json"]
		root := b.RootComponent()
		var components []findings.Component
		for i := range b.Components {
			if x := &b.Components[i]; x.Identity() != "" {
				components = append(components, findings.Component{Identity: x.Identity(), Name: x.Name, Version: x.Version, CPEs: x.CPEs})
			}
		}
		r, err := findings.Find(t.Context(), l, on(t, l, c.day, c.day), findings.Target{ID: root.PURL, Names: []string{root.Name}, CPEs: root.CPEs, Makers: []string{root.Supplier}}, components)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range r.Findings {
			got = append(got, told(&f))
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if d := gocmp.Diff(c.want, got); d != "" {
			t.Errorf("%s on %s (-want +got):\n%s", c.bill, c.day, d)
		}
	}
}

// What is known by a CPE alone is found as well, and marked.
func TestFindingsByCPE(t *testing.T) {
	l := held(t)
	for cpe, want := range map[string][]string{
		"cpe:2.3:a:solarwinds:orion_platform:2020.2:-:*:*:*:*:*:*":         {"x_demo-csaf-2020-sunburst affected"},
		"cpe:2.3:a:solarwinds:orion_platform:2020.2.1:hotfix2:*:*:*:*:*:*": nil,
		"cpe:2.3:a:microsoft:exchange_server:15.1.2106.2:*:*:*:*:*:*:*":    {"x_demo-csaf-2021-proxylogon affected exploited until 2022-05-03"},
		"cpe:2.3:a:microsoft:exchange_server:15.1.2106.13:*:*:*:*:*:*:*":   nil,
		"cpe:2.3:o:oakridge-vision:vx200_firmware:2.4.0:*:*:*:*:*:*:*":     nil,
	} {
		r, err := findings.Find(t.Context(), l, on(t, l, "2026-11-01", "2026-11-01"), findings.Target{}, []findings.Component{{Identity: cpe}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range r.Findings {
			got = append(got, told(&f))
			if !f.Weak {
				t.Errorf("%s: %s is not marked as found by its CPE", cpe, f.Advisory)
			}
		}
		if d := gocmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", cpe, d)
		}
	}
}

// told is a finding in a line.
func told(f *findings.Finding) string {
	words := []string{f.Advisory, string(f.State)}
	if f.Malicious {
		words = append(words, "malicious")
	}
	if f.KEV != nil {
		words = append(words, "exploited until", f.KEV.Due)
	}
	if f.VEX != nil && f.VEX.Status != "affected" {
		words = append(words, f.VEX.Status, "by", f.VEX.Issuer)
	}
	return strings.Join(words, " ")
}
