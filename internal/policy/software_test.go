package policy_test

import (
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/policy"
)

// release is a release with one of everything that rules can be asked about.
func release() *policy.Input {
	return &policy.Input{
		At: "2021-12-14", Known: "2021-12-14",
		Subject: policy.Subject{ID: "pkg:generic/acme/portal@3", Name: "portal 3", Kind: policy.KindRelease},
		Release: policy.Release{ID: "pkg:generic/acme/portal@3", Name: "portal", Version: "3", Format: "CycloneDX 1.6", Created: "2021-12-01", Age: 13, Components: 2, EndOfLife: "2022-06-30"},
		Findings: []policy.Finding{
			{Component: "pkg:npm/a@1", Name: "a", Version: "1", Advisory: "GHSA-1", Summary: "bad", State: "affected", Word: "critical", Score: 9.8, Fixed: []string{"2"}, Exploited: true, Added: "2021-12-10", Due: "2021-12-24"},
			{Component: "pkg:npm/b@1", Name: "b", Version: "1", Advisory: "GHSA-2", Summary: "so so", State: "unknown", Why: "unreadable"},
		},
		Suppliers: []policy.Supplier{{Name: "Beta", Role: "supplier", Components: 1, State: "restricted", Why: "listed", Cite: "a list"}},
		Elements:  []policy.Element{{Catalogue: "sbom-ntia-2021", ID: "supplier", Title: "Supplier name", Have: 0, Of: 2, Percent: 0, Mend: "name them"}},
		Sources:   []policy.Source{{Ecosystem: "npm", Components: 2, Held: true, Newest: "2021-12-13", Age: 1}, {Ecosystem: "Go", Components: 1, Age: -1}},
		Licences:  []policy.Licensed{{Expression: "MIT OR GPL-3.0-only", Components: 1, Example: "pkg:npm/a@1", Known: true}},
	}
}

func TestRulesAboutReleases(t *testing.T) {
	for when, want := range map[string]bool{
		`release.components == 2 && release.age < 14`:                            true,
		`has(release.end_of_life) && release.end_of_life > at`:                   true,
		`findings.exists(f, f.score >= 9.0 && f.exploited && size(f.fixed) > 0)`: true,
		`findings.exists(f, f.epss >= 0.1)`:                                      false,
		`suppliers.exists(s, s.state == "restricted")`:                           true,
		`elements.all(e, e.percent >= 50.0)`:                                     false,
		`sources.exists(s, !s.held)`:                                             true,
		`licences.all(l, licensed(l.expression, ["MIT"], []))`:                   true,
		`licences.all(l, licensed(l.expression, [], ["GPL-3.0-only"]))`:          true,
		`licences.all(l, licensed(l.expression, ["Apache-2.0"], []))`:            false,
		`licensed("no expression", [], [])`:                                      false,
		`licensed("MIT AND GPL-3.0-only", [], ["GPL-3.0-only"])`:                 false,
		`findings.exists(f, f.vex == "not_affected")`:                            false,
		`findings.filter(f, f.state == "unknown").size() == 1`:                   true,
		`subject.kind == "release"`:                                              true,
	} {
		result, err := parse(t, head+rule("only", "subject", when, "deny", "x")).Evaluate(t.Context(), release())
		if err != nil || (result.Verdict == policy.Deny) != want {
			t.Errorf("%s: %+v, %v; want it to be %v", when, result, err, want)
		}
	}
	for _, when := range []string{`finding.score > 1.0`, `findings[0].status == "x"`, `findings.exists(f, f.state == "maybe")`, `licensed("MIT")`} {
		if _, err := policy.Parse("p.yaml", []byte(head+rule("only", "subject", when, "deny", "x"))); err == nil {
			t.Errorf("%s: is taken", when)
		}
	}
}

// Each rule that ranges over parts of a release names the part it spoke of.
func TestReasonsNameWhatTheyAreAbout(t *testing.T) {
	p := parse(t, head+
		rule("f", "finding", "finding.exploited", "deny", "{finding.advisory} {finding.due}")+
		rule("s", "supplier", "true", "review", "{supplier.name}")+
		rule("e", "element", "element.percent < 50.0", "review", "{element.title}")+
		rule("a", "source", "!source.held", "review", "{source.ecosystem}")+
		rule("l", "licence", "licence.known", "allow", "{licence.expression}"))
	result, err := p.Evaluate(t.Context(), release())
	if err != nil {
		t.Fatal(err)
	}
	var about []string
	for _, r := range result.Reasons {
		about = append(about, r.About+": "+r.Because)
	}
	want := []string{
		"finding pkg:npm/a@1 GHSA-1: GHSA-1 2021-12-24", "supplier Beta (supplier): Beta", "element sbom-ntia-2021 supplier: Supplier name",
		"source Go: Go", "licence MIT OR GPL-3.0-only: MIT OR GPL-3.0-only",
	}
	if got := strings.Join(about, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("reasons about\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// A policy that asks for an age can change its mind on the day something comes
// to that age, and on no other day.
func TestAgesHaveDays(t *testing.T) {
	p := parse(t, head+rule("stale", "source", "source.held && source.age > 30", "review", "x")+rule("old", "subject", "release.age > 365", "review", "x"))
	days := p.Days(release())
	for _, want := range []access.Date{"2022-01-12", "2022-01-13", "2022-12-01", "2022-12-02", "2022-06-30"} {
		if !contains(days, want) {
			t.Errorf("%s is not among %v", want, days)
		}
	}
	timeless := parse(t, head+rule("only", "finding", "finding.exploited", "deny", "x"))
	if days := timeless.Days(release()); days != nil {
		t.Errorf("a policy that asks for no day has days %v", days)
	}
}

func contains(days []access.Date, day access.Date) bool {
	for _, d := range days {
		if d == day {
			return true
		}
	}
	return false
}
