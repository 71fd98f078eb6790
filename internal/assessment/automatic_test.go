package assessment_test

import (
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/catalogue"
)

const (
	workflow = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator.yml@refs/tags/v2.0.0"
	github   = "https://token.actions.githubusercontent.com"
)

// held is facts by which every automatic assessor finds its control met.
func held() assessment.Facts {
	about := []assessment.Evidence{report()}
	return assessment.Facts{
		Releases: subject().Releases, Maker: "acme",
		Bill: &assessment.Bill{
			Created: "2026-10-01", Released: "2026-10-03", Components: 40, Elements: 97.5, Matchable: 100, Evidence: about,
		},
		Advisories: "2026-11-26",
		Attestations: []assessment.Attestation{
			{Kind: "provenance", Builder: workflow, Identity: workflow, Issuer: github, Evidence: report()},
			{Kind: "signature", Identity: "key 1", Evidence: with(func(e *assessment.Evidence) { e.Signer = "acme" })},
		},
		Builders: []assessment.Builder{{
			ID: "https://github.com/slsa-framework/slsa-github-generator/*", Issuer: github, Hosted: true, Level: 3,
			Signer: []string{"https://github.com/slsa-framework/slsa-github-generator/*"},
		}},
		Sources: []string{"git+https://github.com/acme/bell@refs/tags/v2.1"},
		Support: &assessment.Support{End: "2030-01-01", Evidence: about},
		MUD:     &assessment.MUD{Hosts: []string{"eu.cloud.acme.example", "time.acme.example"}, Evidence: about},
		Hosts:   []string{"time.acme.example", "*.cloud.acme.example"},
		Disclosure: &assessment.Disclosure{
			URL: "https://acme.example/security", Contact: "security@acme.example", Acknowledge: "5 days", Updates: "every 30 days",
			Evidence: []assessment.Evidence{{Digest: "sha256:bb", Kind: "disclosure-policy"}},
		},
		Parties: []assessment.Party{
			{Role: "maker", Name: "Acme", State: "clear", Evidence: []assessment.Evidence{{Digest: "sha256:cc", Kind: "decision"}}},
			{Role: "laboratory", Name: "Testers", State: "clear"},
		},
		Scorecard: &assessment.Scorecard{
			Repository: "github.com/acme/bell", Date: "2026-11-20", Evidence: []assessment.Evidence{{Digest: "sha256:dd", Kind: "scorecard"}},
			Checks: map[string]int{"Code-Review": 8, "Dangerous-Workflow": 10, "Maintained": 10, "Token-Permissions": 10, "Vulnerabilities": 9},
		},
	}
}

// The table of assessors is the one that profiles may name.
func TestAssessorsAreThoseOfProfiles(t *testing.T) {
	var names []string
	for _, a := range assessment.Assessors() {
		names = append(names, a.Name)
		if a.Wants == "" {
			t.Errorf("%s does not say what it looks at", a.Name)
		}
	}
	want := slices.Sorted(slices.Values(catalogue.Automatic))
	if !slices.Equal(names, want) {
		t.Errorf("assessors %q, profiles may name %q", names, want)
	}
}

// Nothing held leaves everything unknown; all held, everything is met, on
// evidence that counts.
func TestAssessorsOnNothingAndAll(t *testing.T) {
	for _, a := range assessment.Assessors() {
		j := a.Judge(assessment.Facts{Releases: subject().Releases}, today)
		if j.Status != assessment.Unknown || j.Reason == "" {
			t.Errorf("%s finds %s on nothing: %s", a.Name, j.Status, j.Reason)
		}
		j = a.Judge(held(), today)
		if j.Status != assessment.Met || j.Reason == "" || j.On != today || j.Role != assessment.RoleAutomatic || j.Method != assessment.Automated {
			t.Errorf("%s finds %s on all: %+v", a.Name, j.Status, j)
		}
		for _, e := range j.Evidence {
			if !slices.Contains(e.About, firmware) {
				t.Errorf("%s rests on %s about %q", a.Name, e.Kind, e.About)
			}
		}
		if len(j.Evidence) == 0 {
			t.Errorf("%s rests on nothing", a.Name)
		}
	}
	if _, ok := assessment.AssessorNamed("horoscope"); ok {
		t.Error("there is an assessor that nobody wrote")
	}
}

// summary puts a verification summary in the place of provenance.
func summary(f *assessment.Facts) {
	f.Attestations[0] = assessment.Attestation{
		Kind: "summary", Builder: "https://verifier.example", Level: 3, Identity: "key of the verifier", Evidence: report(),
	}
	f.Verifiers = []assessment.Builder{{ID: "https://verifier.example", Signer: []string{"key of the verifier"}, Level: 2}}
}

// One fact is otherwise than in held.
func TestAssessors(t *testing.T) {
	type facts = assessment.Facts
	finding := assessment.Finding{Advisory: "CVE-2021-44228", Component: "log4j-core 2.14", Fixed: "2.17.1", Exploited: true, Since: "2026-11-20"}
	for _, c := range []struct {
		name   string
		by     string
		change func(*facts)
		status assessment.Status
		why    string
	}{
		{"empty bill", "sbom-present", func(f *facts) { f.Bill.Components = 0 }, "not_met", "lists no component"},
		{"undated", "sbom-fresh", func(f *facts) { f.Bill.Created = "" }, "unknown", "does not say when"},
		{"of tomorrow", "sbom-fresh", func(f *facts) { f.Bill.Created = "2026-11-28" }, "unknown", "after 2026-11-27"},
		{"eight days before the release", "sbom-fresh", func(f *facts) { f.Bill.Created = "2026-09-25" }, "not_met", "of an earlier one"},
		{"seven days before the release", "sbom-fresh", func(f *facts) { f.Bill.Created = "2026-09-26" }, "met", ""},
		{"old", "sbom-fresh", func(f *facts) { f.Bill.Created, f.Bill.Released = "2025-11-26", "" }, "not_met", "366 days old"},
		{"just not old", "sbom-fresh", func(f *facts) { f.Bill.Created, f.Bill.Released = "2025-11-27", "" }, "met", ""},
		{"old for the scheme", "sbom-fresh", func(f *facts) { f.Asks.BillDays = 30 }, "not_met", "more than 30"},
		{"few elements", "sbom-complete", func(f *facts) { f.Bill.Elements = 94.9 }, "not_met", "94.9 % of the minimum elements"},
		{"flat and broken", "sbom-complete", func(f *facts) { f.Bill.Flat, f.Bill.Broken = true, 1 }, "not_met", "what; 1 part of it"},
		{"scheme asks less", "sbom-complete", func(f *facts) { f.Bill.Elements, f.Asks.Complete = 60, 50 }, "met", ""},

		{"exploited", "no-exploited-component", func(f *facts) { f.Findings = []assessment.Finding{finding} }, "not_met", "log4j-core 2.14 has CVE-2021-44228, known to be exploited since 2026-11-20; fixed in 2.17.1"},
		{"exploited later", "no-exploited-component", func(f *facts) {
			f.Findings = []assessment.Finding{finding}
			f.Findings[0].Since = "2026-11-28"
		}, "met", ""},
		{"time to remedy", "no-exploited-component", func(f *facts) {
			f.Findings, f.Asks.RemedyDays = []assessment.Finding{finding}, 8
		}, "met", ""},
		{"time to remedy is over", "no-exploited-component", func(f *facts) {
			f.Findings, f.Asks.RemedyDays = []assessment.Finding{finding}, 7
		}, "not_met", "CVE-2021-44228"},
		{"malicious has no time", "no-exploited-component", func(f *facts) {
			f.Findings, f.Asks.RemedyDays = []assessment.Finding{finding}, 30
			f.Findings[0].Malicious = true
		}, "not_met", "malicious"},
		{"weak only", "no-exploited-component", func(f *facts) {
			f.Findings = []assessment.Finding{finding}
			f.Findings[0].Exploited = false
		}, "met", ""},
		{"exploited without a bill", "no-exploited-component", func(f *facts) {
			f.Findings, f.Bill = []assessment.Finding{finding}, nil
		}, "not_met", "CVE-2021-44228"},
		{"no advisories", "no-exploited-component", func(f *facts) { f.Advisories = "" }, "unknown", "no advisories"},
		{"old advisories", "no-exploited-component", func(f *facts) { f.Advisories = "2026-11-19" }, "unknown", "more than 7 days"},
		{"not matchable", "no-exploited-component", func(f *facts) { f.Bill.Matchable = 94 }, "unknown", "94 % of the components"},
		{"partly unread", "no-exploited-component", func(f *facts) { f.Bill.Broken = 1 }, "unknown", "cannot be read in parts"},

		{"level of another release", "provenance-level", func(f *facts) { f.Attestations[0].Evidence.About = []string{"sha256:00"} }, "unknown", "no provenance is held"},
		{"level by name only", "provenance-level", func(f *facts) { f.Attestations[0].Evidence.About = []string{bell} }, "unknown", "no provenance is held"},
		{"no digest to name", "provenance-level", func(f *facts) { f.Releases = []assessment.Release{{PURL: bell}} }, "unknown", "no digest"},
		{"provenance expired", "provenance-level", func(f *facts) { f.Attestations[0].Evidence.ValidUntil = today }, "unknown", "no provenance is held"},
		{"unsigned is level 1", "provenance-level", func(f *facts) { f.Attestations[0].Identity, f.Asks.Level = "", 2 }, "not_met", "build level 1 is proven, level 2 is asked"},
		{"unsigned is enough for level 1", "provenance-level", func(f *facts) { f.Attestations[0].Identity = "" }, "met", "level 1"},
		{"signed by the maker is level 1", "provenance-level", func(f *facts) {
			f.Attestations[0].Identity, f.Attestations[0].Issuer, f.Asks.Level = "key 1", "", 2
		}, "not_met", "signed by key 1 and not by the builder"},
		{"identity of another issuer is level 1", "provenance-level", func(f *facts) {
			f.Attestations[0].Issuer, f.Asks.Level = "https://login.example", 2
		}, "not_met", "not by the builder"},
		{"unknown builder is level 1", "provenance-level", func(f *facts) { f.Builders, f.Asks.Level = nil, 2 }, "not_met", "no trusted builder"},
		{"own machine is level 1", "provenance-level", func(f *facts) { f.Builders[0].Hosted, f.Asks.Level = false, 2 }, "not_met", "trusted for level 1"},
		{"hosted is level 2", "provenance-level", func(f *facts) { f.Builders[0].Level, f.Asks.Level = 2, 2 }, "met", "level 2"},
		{"hosted is not level 3", "provenance-level", func(f *facts) { f.Builders[0].Level, f.Asks.Level = 2, 3 }, "not_met", "level 2 is proven"},
		{"hardened is level 3", "provenance-level", func(f *facts) { f.Asks.Level = 3 }, "met", "level 3"},
		{"there is no level 4", "provenance-level", func(f *facts) { f.Asks.Level, f.Builders[0].Level = 4, 9 }, "not_met", "level 3 is proven"},
		{"the weakest release counts", "provenance-level", func(f *facts) {
			f.Releases = append(f.Releases, assessment.Release{Digests: []string{"sha256:11"}})
		}, "unknown", "no provenance"},

		{"summary of a trusted verifier", "provenance-level", func(f *facts) { summary(f); f.Asks.Level = 2 }, "met", "verifier https://verifier.example verified it"},
		{"summary beyond the trust in its verifier", "provenance-level", func(f *facts) { summary(f); f.Asks.Level = 3 }, "not_met", "level 2 is proven"},
		{"summary signed by another", "provenance-level", func(f *facts) { summary(f); f.Attestations[0].Identity = "key 1" }, "unknown", "no provenance is held"},
		{"summary of nobody known", "provenance-level", func(f *facts) { summary(f); f.Verifiers = nil }, "unknown", "no provenance is held"},
		{"summary of a failure", "provenance-level", func(f *facts) { summary(f); f.Attestations[0].Level = 0 }, "unknown", "no provenance is held"},
		{"summary signs no release", "signed-release", func(f *facts) { summary(f); f.Attestations = f.Attestations[:1] }, "unknown", "no signature"},

		{"signed by another", "signed-release", func(f *facts) {
			f.Attestations = f.Attestations[1:]
			f.Attestations[0].Evidence.Signer = "rival"
		}, "not_met", "signed by key 1, which is not known to be its maker"},
		{"signed by the builder", "signed-release", func(f *facts) { f.Attestations = f.Attestations[:1] }, "met", "its builder"},
		{"unsigned provenance", "signed-release", func(f *facts) {
			f.Attestations = f.Attestations[:1]
			f.Attestations[0].Identity = ""
		}, "unknown", "no signature over the release"},
		{"signature over another", "signed-release", func(f *facts) {
			f.Attestations = f.Attestations[1:]
			f.Attestations[0].Evidence.About = []string{"sha256:00"}
		}, "unknown", "no signature over the release"},

		{"support is over", "support-end", func(f *facts) { f.Support.End = today }, "not_met", "ended on 2026-11-27"},
		{"support ends tomorrow", "support-end", func(f *facts) { f.Support.End = "2026-11-28" }, "met", ""},
		{"support too short", "support-end", func(f *facts) { f.Asks.SupportDays = 365 * 5 }, "not_met", "1825 are asked"},
		{"support not said", "support-end", func(f *facts) { f.Support.End = "" }, "unknown", "not said"},

		{"broken MUD", "mud-parses", func(f *facts) { f.MUD.Faults = []string{"no mud-version"} }, "not_met", "no mud-version"},
		{"hosts of a broken MUD", "mud-hosts", func(f *facts) { f.MUD.Faults = []string{"no mud-version"} }, "unknown", "broken"},
		{"the whole internet", "mud-hosts", func(f *facts) { f.MUD.Any = true }, "not_met", "every host"},
		{"undeclared host", "mud-hosts", func(f *facts) { f.MUD.Undeclared = []string{"ads.example", "cdn.example"} }, "not_met", "not declared: ads.example, cdn.example"},
		{"declared in vain", "mud-hosts", func(f *facts) {
			f.MUD.Undeclared, f.MUD.Unreadable = []string{"time.acme.example"}, []string{"*.example (below it are the names of many owners)"}
		}, "not_met", "time.acme.example; declared, and covering nothing: *.example (below it"},
		{"declared and not needed", "mud-hosts", func(f *facts) { f.MUD.Unneeded = []string{"old.acme.example"} }, "met", "that are declared; declared, and not in it: old.acme.example"},
		{"no hosts declared", "mud-hosts", func(f *facts) { f.Hosts = nil }, "unknown", "not declared which hosts"},
		{"none declared", "mud-hosts", func(f *facts) { f.Hosts, f.MUD.Undeclared = []string{}, f.MUD.Hosts }, "not_met", "not declared: eu.cloud.acme.example"},

		{"no policy", "disclosure-policy", func(f *facts) { f.Disclosure.None = true }, "not_met", "says that it has no policy"},
		{"plain http", "disclosure-policy", func(f *facts) { f.Disclosure.URL = "http://acme.example" }, "not_met", "no https address"},
		{"no address", "disclosure-policy", func(f *facts) { f.Disclosure.URL = "" }, "unknown", "where the policy"},
		{"no contact", "disclosure-policy", func(f *facts) { f.Disclosure.Contact = "" }, "unknown", "whom to tell"},
		{"lapsed", "disclosure-policy", func(f *facts) { f.Disclosure.Expires = today }, "not_met", "until 2026-11-27"},
		{"no times", "disclosure-policy", func(f *facts) { f.Disclosure.Updates = "" }, "met", ""},
		{"times asked", "disclosure-policy", func(f *facts) { f.Disclosure.Updates, f.Asks.DisclosureTimes = "", true }, "unknown", "acknowledged"},

		{"restricted", "parties-unrestricted", func(f *facts) {
			f.Parties[1].State, f.Parties[1].Reason = "restricted", "on the Entity List since 2026-11-01"
		}, "not_met", "Testers (laboratory): on the Entity List since 2026-11-01"},
		{"restricted goes before open", "parties-unrestricted", func(f *facts) {
			f.Parties[0].State, f.Parties[1].State = "undetermined", "restricted"
		}, "not_met", "Testers (laboratory)"},
		{"undetermined", "parties-unrestricted", func(f *facts) { f.Parties[1].State = "undetermined" }, "unknown", "not determined"},
		{"not screened", "parties-unrestricted", func(f *facts) { f.Parties[0].State = "" }, "unknown", "not screened"},
		{"maker left out", "parties-unrestricted", func(f *facts) { f.Parties = f.Parties[1:] }, "unknown", "maker was not screened"},

		{"low score", "scorecard", func(f *facts) { f.Scorecard.Checks["Dangerous-Workflow"] = 0 }, "not_met", "Dangerous-Workflow has 0, 10 is asked"},
		{"score not told", "scorecard", func(f *facts) { f.Scorecard.Checks["Maintained"] = -1 }, "unknown", "does not tell of Maintained"},
		{"other repository", "scorecard", func(f *facts) { f.Scorecard.Repository = "github.com/acme/show" }, "unknown", "not known to be built"},
		{"repository in another form", "scorecard", func(f *facts) { f.Scorecard.Repository = "git@GitHub.com:acme/bell.git" }, "met", ""},
		{"repository as a page", "scorecard", func(f *facts) { f.Scorecard.Repository = "https://github.com/acme/bell/" }, "met", ""},
		{"repository of another at that host", "scorecard", func(f *facts) { f.Scorecard.Repository = "git@github.com:mallory/bell" }, "unknown", "mallory/bell"},
		{"no repository", "scorecard", func(f *facts) { f.Scorecard.Repository, f.Sources = "", []string{""} }, "unknown", "not known to be built"},
		{"old scorecard", "scorecard", func(f *facts) { f.Scorecard.Date = "2026-08-28" }, "unknown", "last 90 days"},
	} {
		t.Run(c.by+"/"+c.name, func(t *testing.T) {
			f := held()
			c.change(&f)
			a, ok := assessment.AssessorNamed(c.by)
			if !ok {
				t.Fatal("there is no such assessor")
			}
			j := a.Judge(f, today)
			if j.Status != c.status || !strings.Contains(j.Reason, c.why) {
				t.Errorf("%s: %s; want %s with %q", j.Status, j.Reason, c.status, c.why)
			}
		})
	}
}

// A failure says since when it is one, where the facts have it: a later test than
// that may overrule it, an earlier one may not.
func TestSince(t *testing.T) {
	f := held()
	f.Findings = []assessment.Finding{
		{Advisory: "CVE-1", Component: "a", Exploited: true, Since: "2026-02-01"},
		{Advisory: "CVE-2", Component: "b", Exploited: true, Since: "2026-11-20"},
		{Advisory: "CVE-3", Component: "c", Exploited: true, Since: "2026-12-24"},
	}
	f.Bill.Created, f.Bill.Released, f.Bill.Flat = "2025-11-01", "", true
	f.Support.End, f.Disclosure.Expires = "2026-11-01", "2026-11-02"
	for name, want := range map[string]access.Date{
		"no-exploited-component": "2026-11-20", "sbom-fresh": "2026-11-02", "sbom-complete": "2025-11-01",
		"support-end": "2026-11-01", "disclosure-policy": "2026-11-02",
	} {
		a, _ := assessment.AssessorNamed(name)
		if j := a.Judge(f, today); j.Status != assessment.NotMet || j.Since != want {
			t.Errorf("%s is %s since %s, want %s", name, j.Status, j.Since, want)
		}
	}
	f.Bill.Created = "2026-12-24"
	a, _ := assessment.AssessorNamed("sbom-complete")
	if j := a.Judge(f, today); j.Since != "" {
		t.Errorf("fails since %s, which lies ahead", j.Since)
	}
}

// What an assessor found until a day is otherwise from that day on.
func TestUntil(t *testing.T) {
	f := held()
	f.Asks.SupportDays = 30
	f.Disclosure.Expires = "2027-02-01"
	for name, want := range map[string]access.Date{
		"support-end": "2029-12-03", "sbom-fresh": "2027-10-02", "disclosure-policy": "2027-02-01", "scorecard": "2027-02-19",
	} {
		a, _ := assessment.AssessorNamed(name)
		j := a.Judge(f, today)
		if j.Until != want {
			t.Errorf("%s holds until %s, want %s", name, j.Until, want)
		}
		if before := a.Judge(f, j.Until.AddDays(-1)); before.Status != assessment.Met {
			t.Errorf("%s is %s on the last day: %s", name, before.Status, before.Reason)
		}
		if after := a.Judge(f, j.Until); after.Status == assessment.Met {
			t.Errorf("%s is still met on %s", name, j.Until)
		}
	}
}
