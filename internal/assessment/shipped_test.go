package assessment_test

import (
	"fmt"
	"slices"
	"testing"

	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/catalogue"
)

// question is a tier of a profile of the product.
type question struct {
	profile *catalogue.Profile
	tier    int
	asked   []catalogue.Selected
}

// shipped is every tier of every profile that comes with the product.
func shipped(t testing.TB) (*catalogue.Set, []question) {
	t.Helper()
	set, err := catalogue.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	var out []question
	for _, p := range set.Profiles() {
		tiers := []int{0}
		if len(p.Tiers) > 0 {
			tiers = nil
			for _, tier := range p.Tiers {
				tiers = append(tiers, tier.Number)
			}
		}
		for _, tier := range tiers {
			asked, err := p.Select(set, tier)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, question{p, tier, asked})
		}
	}
	if len(out) == 0 {
		t.Fatal("no profile comes with the product")
	}
	return set, out
}

func (q *question) name() string { return fmt.Sprintf("%s/%d", q.profile.ID, q.tier) }

// declare says of every fact on which a question depends that it is so or not.
func (q *question) declare(s *assessment.Subject, so bool) {
	for i := range q.asked {
		for _, f := range q.asked[i].When {
			s.Declared[f.Key] = so
		}
	}
}

// tested is a laboratory's judgement of every control, and what the programs
// find.
func (q *question) tested(t testing.TB) []assessment.Judgement {
	js := assessment.Run(q.asked, held(), today)
	for i := range q.asked {
		j := by(t, "", "testers: met")
		j.Control = q.asked[i].Ref()
		js = append(js, j)
	}
	return js
}

// Silence passes nothing that the product ships, and nothing is not applicable
// by silence; what is tested in all its parts passes.
func TestShippedProfiles(t *testing.T) {
	set, questions := shipped(t)
	for _, q := range questions {
		t.Run(q.name(), func(t *testing.T) {
			ask := func(s assessment.Subject, js []assessment.Judgement) *assessment.Assessment {
				a, err := assessment.Assess(q.profile, set, q.tier, s, js, today)
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			s := subject()
			s.Declared = map[string]bool{}
			a := ask(s, nil)
			if a.Passes || a.Met+a.NotMet+a.NotApplicable > 0 || a.Unknown == 0 || len(a.Outcomes) != len(q.asked) {
				t.Errorf("silence: passes %t with %d met, %d not met, %d not applicable, %d unknown",
					a.Passes, a.Met, a.NotMet, a.NotApplicable, a.Unknown)
			}
			for _, w := range assessment.ProgressOf(a).Waits {
				if w.Group.Title == "" || len(w.Would) == 0 {
					t.Errorf("waits for %+v", w)
				}
			}
			q.declare(&s, true)
			if a = ask(s, q.tested(t)); !a.Passes || a.NotApplicable > 0 {
				t.Errorf("tested in all its parts: failed %q, %d do not apply", a.Failed, a.NotApplicable)
			}
			q.declare(&s, false)
			if a = ask(s, q.tested(t)); !a.Passes {
				t.Errorf("tested, and nothing conditional is there: failed %q", a.Failed)
			}
		})
	}
}

// What a profile lets a program judge, the programs judge, and by the level that
// the control stands for.
func TestRun(t *testing.T) {
	_, questions := shipped(t)
	for _, q := range questions {
		f := held()
		f.Builders[0].Level = 2
		f.Disclosure.Updates = ""
		js := assessment.Run(q.asked, f, today)
		for i := range q.asked {
			s := &q.asked[i]
			at := slices.IndexFunc(js, func(j assessment.Judgement) bool { return j.Control == s.Ref() })
			if (at >= 0) != (s.Automatic != "") {
				t.Errorf("%s: %s is judged: %t, by %q", q.name(), s.Ref(), at >= 0, s.Automatic)
				continue
			}
			if at < 0 {
				continue
			}
			want := assessment.Met
			switch {
			case s.Automatic == "provenance-level" && s.Control.Level == "L3":
				want = assessment.NotMet
			case s.Automatic == "disclosure-policy" && (s.Control.ID == "5.2-1" || slices.Contains(s.Control.ETSI, "5.2-1")):
				want = assessment.Unknown // it does not give the times that this provision asks for
			}
			if js[at].Status != want || js[at].Assessor != s.Automatic {
				t.Errorf("%s: %s is %s by %s, want %s: %s", q.name(), s.Ref(), js[at].Status, js[at].Assessor, want, js[at].Reason)
			}
		}
	}
}

// A component that comes to be exploited is a failure of the label, whatever the
// maker says, and also where the bill that listed it is lost: that the advisory
// names no release is no reason to leave it out.
func TestExploitedComponentCounts(t *testing.T) {
	set, questions := shipped(t)
	asked := 0
	for _, q := range questions {
		s := subject()
		q.declare(&s, true)
		f := held()
		f.Findings = []assessment.Finding{{
			Advisory: "CVE-2021-44228", Component: "log4j-core 2.14", Exploited: true, Since: "2026-11-20",
			Evidence: []assessment.Evidence{{Digest: "sha256:ee", Kind: "advisory", About: []string{"CVE-2021-44228"}}},
		}}
		for _, bill := range []*assessment.Bill{f.Bill, nil} {
			f.Bill = bill
			js := assessment.Run(q.asked, f, today)
			for i := range q.asked {
				j := by(t, "", "maker: met")
				j.Control = q.asked[i].Ref()
				js = append(js, j)
			}
			a, err := assessment.Assess(q.profile, set, q.tier, s, js, today)
			if err != nil {
				t.Fatal(err)
			}
			for i := range q.asked {
				if q.asked[i].Automatic != "no-exploited-component" {
					continue
				}
				asked++
				if o := a.Outcome(q.asked[i].Ref()); o.Status != assessment.NotMet || a.Passes && o.Required || !o.Contested {
					t.Errorf("%s: %s is %s: %s", q.name(), o.Ref, o.Status, o.Reason)
				}
			}
		}
	}
	if asked == 0 {
		t.Error("no profile lets a program look for exploited components")
	}
}
