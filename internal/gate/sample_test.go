package gate

import (
	"time"

	"countersign.dev/internal/policy"
)

// hostile is a text that tries to get out of each form.
const hostile = "x\"'`|</system-out>]]><b>\x1b[31m\x00\u202e @octocat #1 [a](https://evil.example) {0} ~~=1+1\r\nend\xff"

// camera is a release with something of each kind.
func camera() *Result {
	return &Result{
		Tool:    Tool{Name: "countersign", Version: "1.4.0", URL: "https://countersign.dev"},
		Subject: Subject{Name: "camera", Version: "4.2", PURL: "pkg:generic/acme/camera@4.2"},
		File:    "build/sbom.json", Digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Purpose: "operate", Verdict: policy.Deny, Exit: 4,
		Policies: []Policy{{
			ID: "us-federal-software", Title: "Software for federal agencies", Digest: "sha256:aa", Verdict: policy.Deny,
			Rules: []string{"sbom-present", "kev-unfixed", "severity", "supplier", "data-age"},
			Reasons: []Reason{
				{Rule: "kev-unfixed", Verdict: policy.Deny, Because: "CVE-2021-44228 is known to be exploited and a fix is there", Cite: "BOD 22-01", Findings: []int{1}},
				{Rule: "severity", Verdict: policy.Review, Because: "a weakness of severity high has a fix", Findings: []int{0, 2}},
				{Rule: "supplier", Verdict: policy.Review, Because: "8 of 9 components name no supplier", Cite: "NTIA 2021, Data Fields", About: "element sbom-ntia-2021 data.supplier", Mend: "name the supplier of each component"},
			},
		}},
		Findings: []Finding{
			{
				Component: "pkg:golang/golang.org/x/net@v0.17.0", Name: "golang.org/x/net", Version: "v0.17.0", Place: Place{Line: 42, Path: "components[1]"},
				Advisory: "GO-2024-2687", Aliases: []string{"CVE-2023-45288", "GHSA-4v7x-pqxf-cx7m"}, Summary: "HTTP/2 CONTINUATION flood in net/http",
				URL: "https://pkg.go.dev/vuln/GO-2024-2687", State: "affected", Severity: "high", Score: 7.5, Fixed: []string{"v0.23.0"}, EPSS: 0.66, Percentile: 0.985,
			},
			{
				Component: "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", Name: "org.apache.logging.log4j/log4j-core", Version: "2.14.1", Place: Place{Line: 88},
				Advisory: "GHSA-jfh8-c2jp-5v3q", Aliases: []string{"CVE-2021-44228"}, Summary: "Remote code injection in Log4j",
				State: "affected", Severity: "critical", Score: 10, Fixed: []string{"2.15.0", "2.12.2"},
				Exploited: true, Due: "2021-12-24", EPSS: 0.97565, Percentile: 1,
			},
			{
				Component: "pkg:golang/acme.example/main@(devel)", Name: "acme.example/main", Version: "(devel)",
				Advisory: "GO-2025-0001", State: "unknown", Why: "the version (devel) cannot be ordered", Severity: "high",
			},
			{
				Component: "pkg:pypi/requests@2.31.0", Name: "requests", Version: "2.31.0", Place: Place{Path: "components[3]"},
				Advisory: "PYSEC-2024-1", Summary: "Verification is kept off", State: "affected", Score: 5.6, Fixed: []string{"2.32.0"}, Exploited: true,
				VEX: &VEX{Status: "not_affected", Justification: "vulnerable_code_not_in_execute_path", Statement: "sessions are never reused", Issuer: "Acme Cameras", Role: "supplier"},
			},
			{
				Component: "cpe:2.3:o:acme:tuner:1.0:*:*:*:*:*:*:*", Name: "tuner", Version: "1.0", Weak: true,
				Advisory: "MAL-2026-1", Summary: "The tuner's firmware sends recordings home", State: "affected", Malicious: true, Fixed: []string{"1.1"},
			},
			{Component: "pkg:npm/" + "left", Name: hostile, Version: hostile, Advisory: hostile, Summary: hostile, State: "affected", Severity: "low", Aliases: []string{hostile}, Fixed: []string{hostile}},
		},
		Quality: []Part{
			{Name: "sbom-cisa-2026", Title: "2026 minimum elements", Grade: "C", Percent: 74.9, Note: "no component names its producer"},
			{Name: "matchability", Grade: "E", Percent: 12.5},
			{Name: "structure", Grade: "B", Note: "its relations have one level only"},
		},
		Data: []Age{
			{Ecosystem: "Go", Components: 2, Held: true, Newest: "2026-08-21", Days: 97},
			{Ecosystem: "npm", Components: 7},
			{Ecosystem: "PyPI", Components: 1, Held: true},
		},
		At: "2026-11-26", Known: "2026-11-26", Position: 152, Decision: "sha256:bb",
		Moment: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC),
		Source: &Source{Repository: "https://git.example/acme/camera", Revision: "6f1ed002ab5595859014ebf0951522d9", Branch: "main"},
	}
}

// clear is a release of which nothing is to be said.
func clear() *Result {
	return &Result{
		Subject: Subject{Name: "tool", Version: "1.0"}, File: "-", Purpose: "operate", Verdict: policy.Allow,
		Policies: []Policy{{ID: "us-federal-software", Verdict: policy.Allow, Rules: []string{"sbom-present"}}},
	}
}
