package assessment_test

import (
	"slices"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var (
	controls = []string{"A", "A.1", "A.2", "A.3", "U", "P", "P.1", "P.2", "T", "B"}
	statuses = []assessment.Status{assessment.Met, assessment.NotMet, assessment.NotApplicable, assessment.Unknown}
	methods  = []assessment.Method{assessment.Declared, assessment.Automated, assessment.Laboratory}
	roles    = []assessment.Role{assessment.RoleMaker, assessment.RoleAssessor, assessment.RoleLaboratory, assessment.RoleAutomatic}
	judges   = []string{"acme", "acme-labs", "testers", "authority", ""}
)

// anyDay is within ten days before today and ten after, so that days meet.
func anyDay(t *rapid.T) access.Date {
	return today.AddDays(rapid.IntRange(-10, 10).Draw(t, "day"))
}

// seldom is true once in a while.
func seldom(t *rapid.T, what string) bool { return rapid.IntRange(0, 7).Draw(t, what) == 7 }

func seldomDay(t *rapid.T) access.Date {
	if seldom(t, "dated") {
		return anyDay(t)
	}
	return ""
}

func anyEvidence(t *rapid.T) assessment.Evidence {
	e := report()
	e.ValidFrom, e.ValidUntil = seldomDay(t), seldomDay(t)
	e.Signer = rapid.SampledFrom(judges).Draw(t, "signer")
	if seldom(t, "about others") {
		e.About = rapid.SliceOfN(rapid.SampledFrom([]string{firmware, bell, "sha256:00", "pkg:generic/acme/bell@1"}), 0, 2).Draw(t, "about")
	}
	return e
}

// anyJudgement is mostly one that counts. The others have every mixture of role,
// method and organisation.
func anyJudgement(t *rapid.T) assessment.Judgement {
	control := rapid.SampledFrom(controls).Draw(t, "control")
	who := rapid.SampledFrom([]string{"maker", "testers", "authority", "program"}).Draw(t, "judge")
	j := by(t, control, who+": met")
	j.Status = rapid.SampledFrom(statuses).Draw(t, "status")
	if seldom(t, "coat") {
		j.Role = rapid.SampledFrom(roles).Draw(t, "role")
		j.Organisation = rapid.SampledFrom(judges).Draw(t, "organisation")
		j.Assessor = rapid.SampledFrom([]string{"sbom-present", "somebody"}).Draw(t, "assessor")
	}
	if seldom(t, "claim") {
		j.Method = rapid.SampledFrom(methods).Draw(t, "method")
	}
	j.Reason = rapid.SampledFrom([]string{"", "looked"}).Draw(t, "reason")
	j.Evidence = rapid.SliceOfN(rapid.Custom(anyEvidence), 0, 2).Draw(t, "evidence")
	j.On, j.Until = anyDay(t), seldomDay(t)
	if seldom(t, "since") {
		j.Since = j.On.AddDays(-rapid.IntRange(0, 10).Draw(t, "days"))
	}
	return j
}

// anyJudgements is judgements as they come, or those by which everything is met
// and more.
func anyJudgements(t *rapid.T) []assessment.Judgement {
	js := rapid.SliceOfN(rapid.Custom(anyJudgement), 0, 40).Draw(t, "judgements")
	if rapid.Bool().Draw(t, "passing") {
		js = append(pass(t), js[:len(js)/8]...)
	}
	return js
}

func anySubject(t *rapid.T) assessment.Subject {
	s := subject()
	s.Accreditations[0].Until = seldomDay(t)
	if rapid.Bool().Draw(t, "declared otherwise") {
		s.Declared = rapid.MapOf(rapid.SampledFrom([]string{"doorbell/1", "doorbell/a", "doorbell/b"}), rapid.Bool()).Draw(t, "declared")
	}
	return s
}

// laws checks a property on assessments of the doorbell at tier 2, in which
// every rule has something to do.
func laws(t *testing.T, law func(t *rapid.T, assess func(assessment.Subject, []assessment.Judgement, access.Date) *assessment.Assessment)) {
	p, set := criteria(t)
	rapid.Check(t, func(t *rapid.T) {
		law(t, func(s assessment.Subject, js []assessment.Judgement, on access.Date) *assessment.Assessment {
			a, err := assessment.Assess(p, set, 2, s, js, on)
			if err != nil {
				t.Fatal(err)
			}
			return a
		})
	})
}

type assessing = func(assessment.Subject, []assessment.Judgement, access.Date) *assessment.Assessment

// No order of the judgements changes anything that is said.
func TestOrderOfJudgements(t *testing.T) {
	laws(t, func(t *rapid.T, assess assessing) {
		s, js := anySubject(t), anyJudgements(t)
		want := assess(s, js, today)
		got := assess(s, rapid.Permutation(js).Draw(t, "shuffled"), today)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(assessment.Outcome{})); diff != "" {
			t.Fatalf("in another order (-want +got):\n%s", diff)
		}
	})
}

// Who adds a judgement or a document does not turn into unknown, or into what
// does not apply, what was met; nor into unknown what does not apply.
func TestAddingNeverUnsettles(t *testing.T) {
	laws(t, func(t *rapid.T, assess assessing) {
		s, js := anySubject(t), anyJudgements(t)
		before := assess(s, js, today)
		more := slices.Clone(js)
		if len(js) > 0 && rapid.Bool().Draw(t, "evidence") {
			j := &more[rapid.IntRange(0, len(js)-1).Draw(t, "to")]
			j.Evidence = append(slices.Clone(j.Evidence), anyEvidence(t))
		} else {
			more = append(more, anyJudgement(t))
		}
		after := assess(s, more, today)
		for i := range before.Outcomes {
			b, a := &before.Outcomes[i], &after.Outcomes[i]
			if b.Status == assessment.Met && a.Status != assessment.Met && a.Status != assessment.NotMet ||
				b.Status == assessment.NotApplicable && a.Status != assessment.NotApplicable && a.Status != assessment.NotMet {
				t.Fatalf("%s was %s and became %s: %s", b.Ref, b.Status, a.Status, a.Reason)
			}
		}
	})
}

// A judgement of unknown, or that something does not apply, changes no status.
func TestNoAnswerChangesNothing(t *testing.T) {
	laws(t, func(t *rapid.T, assess assessing) {
		s, js, no := anySubject(t), anyJudgements(t), anyJudgement(t)
		no.Status = rapid.SampledFrom([]assessment.Status{assessment.NotApplicable, assessment.Unknown}).Draw(t, "no answer")
		if diff := cmp.Diff(standing(assess(s, js, today)), standing(assess(s, append(slices.Clone(js), no), today))); diff != "" {
			t.Fatalf("changed (-before +after):\n%s", diff)
		}
	})
}

// standing is the statuses of an assessment, by control.
func standing(a *assessment.Assessment) map[string]assessment.Status {
	out := map[string]assessment.Status{}
	for i := range a.Outcomes {
		out[a.Outcomes[i].Ref] = a.Outcomes[i].Status
	}
	return out
}

// Unknown never passes; whether it passes follows from the required controls
// alone; and each is in one count.
func TestPassing(t *testing.T) {
	laws(t, func(t *rapid.T, assess assessing) {
		a := assess(anySubject(t), anyJudgements(t), today)
		passes, met, required := true, 0, 0
		for i := range a.Outcomes {
			o := &a.Outcomes[i]
			if !o.Required {
				continue
			}
			required++
			switch o.Status {
			case assessment.Met:
				met++
			case assessment.NotMet, assessment.Unknown:
				passes = false
				if !slices.Contains(a.Failed, o.Ref) {
					t.Fatalf("%s is %s and not among the failed", o.Ref, o.Status)
				}
			}
		}
		if a.Passes != (passes && met > 0) || a.Met != met || a.Met+a.NotMet+a.NotApplicable+a.Unknown != required {
			t.Fatalf("passes %t with %d met, %d not, %d n/a, %d unknown of %d", a.Passes, a.Met, a.NotMet, a.NotApplicable, a.Unknown, required)
		}
	})
}

// What does not apply follows from a fact that is declared not to be so.
func TestNotApplicableIsDeclared(t *testing.T) {
	laws(t, func(t *rapid.T, assess assessing) {
		s, js := anySubject(t), anyJudgements(t)
		a := assess(s, js, today)
		for i := range a.Outcomes {
			if o := &a.Outcomes[i]; o.Status == assessment.NotApplicable && len(o.Absent) == 0 && len(o.FollowsFrom) == 0 {
				t.Fatalf("%s does not apply, and nothing is declared: %s", o.Ref, o.Reason)
			}
		}
		for key := range s.Declared {
			s.Declared[key] = true
		}
		for ref, status := range standing(assess(s, js, today)) {
			if status == assessment.NotApplicable {
				t.Fatalf("%s does not apply, and everything declared is so", ref)
			}
		}
	})
}

// Where nothing expires and nothing is still to come, time changes nothing.
func TestTimeAlone(t *testing.T) {
	laws(t, func(t *rapid.T, assess assessing) {
		s, js := anySubject(t), anyJudgements(t)
		for i := range js {
			js[i].Until = ""
			for k := range js[i].Evidence {
				js[i].Evidence[k].ValidUntil = ""
			}
		}
		settled := today.AddDays(11)
		a := assess(s, js, settled)
		later := assess(s, js, settled.AddDays(rapid.IntRange(1, 4000).Draw(t, "days")))
		if diff := cmp.Diff(standing(a), standing(later)); diff != "" || a.ChangesOn != "" {
			t.Fatalf("changes on %q (-before +after):\n%s", a.ChangesOn, diff)
		}
	})
}

// Until the day on which an answer changes it is the same on every day, and on
// that day it is another.
func TestChangesOnThatDay(t *testing.T) {
	laws(t, func(t *rapid.T, assess assessing) {
		s, js := anySubject(t), anyJudgements(t)
		a := assess(s, js, today)
		for day := today.AddDays(1); day <= today.AddDays(12); day = day.AddDays(1) {
			same := cmp.Equal(standing(a), standing(assess(s, js, day)))
			if day == a.ChangesOn && same || day != a.ChangesOn && !same {
				t.Fatalf("changes on %q; on %s it is the same: %t", a.ChangesOn, day, same)
			}
			if day == a.ChangesOn {
				return
			}
		}
	})
}

// Whatever a maker and its affiliates claim to be, they only declare.
func TestMakerOnlyDeclares(t *testing.T) {
	laws(t, func(t *rapid.T, assess assessing) {
		js := anyJudgements(t)
		for i := range js {
			js[i].Organisation = rapid.SampledFrom([]string{"acme", "acme-labs"}).Draw(t, "own")
			for k := range js[i].Evidence {
				js[i].Evidence[k].Signer = js[i].Organisation
			}
		}
		a := assess(anySubject(t), js, today)
		for i := range a.Outcomes {
			o := &a.Outcomes[i]
			if o.Method != "" && o.Method != assessment.Declared || o.Least != "" && o.Status == assessment.Met {
				t.Fatalf("%s is %s by %q", o.Ref, o.Status, o.Method)
			}
		}
		if a.Passes {
			t.Fatal("it passes a test that nobody made")
		}
	})
}

// What is met rests on evidence that is about the release and valid.
func TestMetByEvidence(t *testing.T) {
	laws(t, func(t *rapid.T, assess assessing) {
		a := assess(anySubject(t), anyJudgements(t), today)
		for i := range a.Outcomes {
			o := &a.Outcomes[i]
			if o.Status != assessment.Met || o.Decided == nil {
				continue
			}
			if !slices.ContainsFunc(o.Decided.Evidence, func(e assessment.Evidence) bool {
				return e.ValidFrom <= today && (e.ValidUntil == "" || today < e.ValidUntil) &&
					(slices.Contains(e.About, firmware) || slices.Contains(e.About, bell) && !slices.Contains(e.About, "sha256:00"))
			}) {
				t.Fatalf("%s is met by %+v", o.Ref, o.Decided)
			}
		}
	})
}

// Assessing changes nothing that it was given.
func TestAssessKeepsItsInput(t *testing.T) {
	laws(t, func(t *rapid.T, assess assessing) {
		s, js := anySubject(t), anyJudgements(t)
		before := slices.Clone(js)
		for i := range before {
			before[i].Evidence = slices.Clone(js[i].Evidence)
		}
		assess(s, js, today)
		if diff := cmp.Diff(before, js); diff != "" {
			t.Fatal(diff)
		}
	})
}
