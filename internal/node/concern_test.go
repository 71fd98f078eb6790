package node

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/software"
)

// wayOf writes a path with what it goes over.
func wayOf(p concern.Path) string {
	if len(p) == 0 {
		return ""
	}
	out := cmp.Or(p[0].From.Name, p[0].From.ID)
	for _, s := range p {
		out += " > " + s.Relation + " > " + cmp.Or(s.To.Name, s.To.ID)
	}
	return out
}

// Whom the demonstration's attacks concern, with the ways, on both stores.
func TestWhomItConcerns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		n := storyteller(t, url)
		for _, c := range []struct {
			subject       string
			day           access.Date
			organisations string
			way           string // to the first organisation
		}{
			{"CVE-2021-44228", "2021-12-13", "organisation:records 2, organisation:roads 1",
				"CVE-2021-44228 > affects > pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1 > is in > payroll-suite 5.4.0 > runs on > "},
			{"10.21.1.10", "2020-12-13", "organisation:harbours 1", "10.21.1.10 > is the address of > noc-1.harbours.example > is part of > Network operations"},
			{"asset:harbours/noc-1", "2020-12-13", "organisation:harbours 1", "noc-1.harbours.example > is part of > Network operations"},
			{"10.99.99.99", "2020-12-13", "", ""},
			{"Orion Platform", "2020-12-13", "organisation:harbours 2, organisation:records 1, organisation:roads 1", "Orion Platform > is > orion-platform 2020.2 HF 1 > runs on > "},
		} {
			got, err := n.Concerned(t.Context(), on(c.day), c.subject)
			if err != nil {
				t.Errorf("%s: %v", c.subject, err)
				continue
			}
			var orgs []string
			for _, o := range got.Organisations {
				orgs = append(orgs, fmt.Sprint(o.Organisation, " ", o.Systems))
			}
			if s := strings.Join(orgs, ", "); s != c.organisations {
				t.Errorf("%s concerns %q, want %q", c.subject, s, c.organisations)
			}
			if len(got.Organisations) > 0 && !strings.HasPrefix(wayOf(got.Organisations[0].Paths[0]), c.way) {
				t.Errorf("%s: the way is %q, want %q", c.subject, wayOf(got.Organisations[0].Paths[0]), c.way)
			}
			for _, s := range got.Systems {
				for _, p := range s.Paths {
					for _, step := range p {
						if step.Evidence.Position == 0 {
							t.Errorf("%s: no evidence that %s %s %s", c.subject, step.From.ID, step.Relation, step.To.ID)
						}
					}
				}
			}
		}
		// The address had another asset, or none, on another day.
		if got, err := n.Concerned(t.Context(), on("2010-01-01"), "10.21.1.10"); err != nil || len(got.Systems) > 0 {
			t.Errorf("before there was an inventory: %+v, %v", got, err)
		}
		for _, subject := range []string{"CVE-2021-44228", "Orion Platform", "SolarWinds", "CVE-2020-10148", "pkg:generic/solarwinds/orion-platform@2020.2-hf1"} {
			for _, day := range []access.Date{"2020-12-13", "2021-12-13", "2026-01-01"} {
				sameSystems(t, n, subject, day)
			}
		}
	})
}

// What is deployed is found from its terms as it is from its releases.
func TestHandlesFromEitherEnd(t *testing.T) {
	n := storyteller(t, "")
	if _, err := n.portfolio.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask, err := n.Ledger.Resolve(t.Context(), on("2021-12-13"))
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{payrollSuite, "pkg:generic/solarwinds/orion-platform@2020.2-hf1", "pkg:generic/nobody@1"}
	told := func(facts []ledger.Fact, err error) (out []string) {
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range facts {
			if len(n.portfolio.Deployed([]string{f.Term})) > 0 {
				out = append(out, f.Subject+" "+f.Term)
			}
		}
		slices.Sort(out)
		return out
	}
	deployed, ok := n.portfolio.AllDeployed(1 << 20)
	if _, few := n.portfolio.AllDeployed(1); !ok || few {
		t.Fatalf("%d terms, all of them %v, one of them %v", len(deployed), ok, few)
	}
	want := told(n.Ledger.Said(t.Context(), ask, []string{software.FactHandle}, ids...))
	got := told(n.handlesWith(t.Context(), ask, ids, deployed))
	if len(want) < 2 || !slices.Equal(want, got) {
		t.Errorf("from the releases %q, from what is deployed %q", want, got)
	}
}

// sameSystems compares whom a subject concerns with what runs the releases
// that contain it, release by release.
func sameSystems(t *testing.T, n *Node, subject string, day access.Date) {
	t.Helper()
	whole, err := n.ImpactWhole(t.Context(), on(day), subject, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, r := range whole.Releases {
		for _, s := range r.Systems {
			want = append(want, s.ID)
		}
	}
	for _, s := range whole.Unmatched {
		want = append(want, s.ID)
	}
	for _, s := range whole.Systems {
		// Without a bill it runs by its name alone, and no release says so.
		if first := s.Paths[0][0]; first.From.Kind != concern.Software || !strings.HasPrefix(first.Relation, "runs") {
			got = append(got, s.ID)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if want = slices.Compact(want); !slices.Equal(want, got) {
		t.Errorf("%s on %s concerns %q; its releases run in %q", subject, day, got, want)
	}
}

// Whoever may not see a step is not led through it.
func TestConcernKeepsToAudiences(t *testing.T) {
	n := openNode(t, t.TempDir(), "")
	take := func(name, text string, audience string) {
		t.Helper()
		a, err := access.ParseAudience(audience)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := n.Import(t.Context(), access.Operator, []intake.File{{Name: name, Bytes: []byte(text)}}, ImportOptions{Audience: a}); err != nil || len(r.Failed) > 0 {
			t.Fatal(err, r)
		}
	}
	take("bill.json", `{"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"component": {"bom-ref": "r", "type": "application", "name": "mail", "version": "1"}},
		"components": [{"bom-ref": "a", "type": "library", "name": "lodash", "version": "4.17.20", "purl": "pkg:npm/lodash@4.17.20"}]}`, "org:cert|org:north")
	take("north.2026-01-01.csv", "as_of,system,organisation,asset,ip,software,version\n2026-01-01,mail,north,m-1,10.0.0.1,mail,1\n", "org:cert|org:north")
	take("south.2026-01-01.csv", "as_of,system,organisation,asset,ip,software,version\n2026-01-01,mail,south,m-1,10.0.0.1,mail,1\n", "org:cert|org:south")
	for organisation, want := range map[string][2]int{"cert": {2, 2}, "north": {1, 1}, "south": {0, 1}, "other": {0, 0}} {
		ask := access.Ask{Reader: access.Reader{Member: "m", Organisations: []string{organisation}}, At: access.At{Date: "2026-02-01"}}
		for i, subject := range []string{"pkg:npm/lodash@4.17.20", "10.0.0.1"} {
			got, err := n.Concerned(t.Context(), ask, subject)
			if err != nil || len(got.Systems) != want[i] || len(got.Organisations) != want[i] {
				t.Errorf("%s to %s: %d systems, %d organisations (%v), want %d", subject, organisation, len(got.Systems), len(got.Organisations), err, want[i])
			}
		}
	}
}
