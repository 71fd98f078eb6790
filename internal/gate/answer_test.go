package gate

import (
	"slices"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/findings"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/quality"
	"countersign.dev/policies"
)

// portal is a release with one weakness that is exploited and one that a
// statement silences, as a dossier has it.
func portal(t *testing.T) *dossier.Dossier {
	t.Helper()
	const log4j = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
	bill := &software.Bill{
		Format: "CycloneDX", Version: "1.5", Created: "2026-11-01T00:00:00Z", Authors: []string{"Acme"},
		Components: []software.Component{
			{Ref: "portal", Type: "application", Name: "portal", Version: "3.2.1", Parent: -1},
			{Ref: "ref-log4j", Type: "library", Name: "log4j-core", Version: "2.14.1", PURL: log4j, Parent: -1},
			{Ref: "ref-net", Type: "library", Name: "golang.org/x/net", Version: "v0.17.0", PURL: "pkg:golang/golang.org/x/net@v0.17.0", Parent: -1},
		},
		Edges: []software.Edge{{From: 0, To: 1}, {From: 0, To: 2}},
	}
	catalogues, err := quality.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	on := access.Date("2026-11-26")
	return &dossier.Dossier{
		Query: "portal.json", Subject: dossier.Subject{ID: "pkg:generic/acme/portal@3.2.1", Name: "portal", Kind: dossier.KindRelease},
		At: access.At{Date: on, Known: on, Position: 7},
		Software: &dossier.Software{
			Release: dossier.Release{ID: "pkg:generic/acme/portal@3.2.1", Held: true, Release: software.Release{
				Name: "portal", Version: "3.2.1", Format: "CycloneDX 1.5", Created: bill.Created, Components: 2, Relations: 2,
			}},
			Findings: []dossier.Weakness{
				{Finding: findings.Finding{
					Component: log4j, Name: "log4j-core", Version: "2.14.1", Advisory: "GHSA-jfh8-c2jp-5v3q", Aliases: []string{"CVE-2021-44228"},
					Summary: "Log4Shell", State: advisory.IsAffected, Severity: &findings.Severity{Word: "CRITICAL", Score: 10}, Fixed: []string{"2.15.0"},
					KEV: &findings.KEV{CVE: "CVE-2021-44228", Added: "2021-12-10", Due: "2021-12-24"}, EPSS: &findings.EPSS{Score: 0.97, Percentile: 1},
				}},
				{Finding: findings.Finding{
					Component: "pkg:golang/golang.org/x/net@v0.17.0", Name: "golang.org/x/net", Version: "v0.17.0", Advisory: "GO-2024-2687",
					Summary: "CONTINUATION flood", State: advisory.IsAffected, Severity: &findings.Severity{Word: "high", Score: 7.5}, Weak: true,
					VEX: &findings.VEX{Status: "not_affected", Justification: "component_not_present", Impact: "no server", Issuer: "Acme", Role: "maker of the release"},
				}},
			},
			Sources: []dossier.Source{
				{Source: findings.Source{Kind: "advisories", Ecosystem: "Maven", Components: 1, Held: true, Newest: "2026-11-16"}},
				{Source: findings.Source{Kind: "advisories", Ecosystem: "Go", Components: 1}},
			},
			Quality: quality.Assess(bill, catalogues, quality.Env{Day: on}),
			Bill:    bill,
		},
	}
}

// TestOf follows an answer of the policy that ships into each form.
func TestOf(t *testing.T) {
	const id = "us-federal-software"
	text, err := policies.FS.ReadFile(id + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(id+".yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := decision.Evaluate(t.Context(), portal(t), decision.Question{Purpose: "operate", Policies: []*policy.Policy{p}})
	if err != nil {
		t.Fatal(err)
	}
	r := Of(answer)
	if r.Verdict != policy.Deny || r.Exit != 4 || r.Purpose != "operate" || r.Subject.Version != "3.2.1" || r.Position != 7 {
		t.Errorf("result: %+v", r)
	}
	if len(r.Policies) != 1 || r.Policies[0].ID != id || r.Policies[0].Verdict != policy.Deny {
		t.Fatalf("policies: %+v", r.Policies)
	}
	said := r.Policies[0].Reasons
	i := slices.IndexFunc(said, func(x Reason) bool { return x.Rule == "known-exploited" })
	if i < 0 || !slices.Equal(said[i].Findings, []int{0}) {
		t.Errorf("the reason to deny is %d of %+v", i, said)
	}
	i = slices.IndexFunc(said, func(x Reason) bool { return x.Rule == "minimum-elements" })
	if i < 0 || said[i].About == "" || said[i].Findings != nil {
		t.Errorf("the reason about elements is %d of %+v", i, said)
	}
	f := r.Findings[0]
	if f.Place.Path != "ref-log4j" || f.Severity != "critical" || !f.Exploited || f.Due != "2021-12-24" || f.EPSS != 0.97 {
		t.Errorf("finding: %+v", f)
	}
	if v := r.Findings[1].VEX; v == nil || v.Statement != "no server" || !r.Findings[1].Weak {
		t.Errorf("silenced finding: %+v", r.Findings[1])
	}
	if want := []Age{{"Maven", 1, true, "2026-11-16", 10}, {"Go", 1, false, "", 0}}; !slices.Equal(r.Data, want) {
		t.Errorf("data: %+v", r.Data)
	}
	if len(r.Quality) != 7 || r.Quality[3].Name != "sbom-cisa-2026" || r.Quality[3].Note == "" {
		t.Errorf("quality: %+v", r.Quality)
	}
	checkSARIF(t, written(t, "sarif", r))
	checkJUnit(t, written(t, "xml", r))
	checkMarkdown(t, written(t, "md", r))
	checkCSV(t, written(t, "csv", r), 2)
}

// TestOfParty has nothing but the verdict of an answer about a party.
func TestOfParty(t *testing.T) {
	r := Of(&decision.Answer{Verdict: policy.Review, Subject: decision.Subject{ID: "xiaomi", Name: "Xiaomi"}})
	if r.Verdict != policy.Review || r.Exit != 3 || r.Findings != nil || r.Data != nil {
		t.Errorf("result: %+v", r)
	}
}
