package assessment_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"countersign.dev/internal/assessment"
	"github.com/google/go-cmp/cmp"
)

// Whether a control applies follows from what is declared, and from nothing
// else: U needs condition 1 and feature b, P.1 the feature of its head.
func TestApplies(t *testing.T) {
	for _, c := range []struct {
		name     string
		control  string
		declared map[string]bool
		said     string
		status   assessment.Status
		why      string
	}{
		{"applies", "U", map[string]bool{"doorbell/1": true, "doorbell/b": true}, "maker: met", "met", ""},
		{"one is not so", "U", map[string]bool{"doorbell/1": false, "doorbell/b": true}, "", "not_applicable", "updates are possible"},
		{"one is not so and the other not said", "U", map[string]bool{"doorbell/b": false}, "", "not_applicable", "over the network"},
		{"one is not said", "U", map[string]bool{"doorbell/1": true}, "maker: met", "unknown", "not declared whether this is so: it can be reached over the network"},
		{"nothing is said", "U", nil, "maker: not_applicable", "unknown", "not declared whether this is so: updates are possible; it can be reached"},
		{"claimed against what is declared", "U", map[string]bool{"doorbell/1": true, "doorbell/b": true}, "testers: not_applicable", "unknown", "against what is declared"},
		{"claimed as declared", "U", map[string]bool{"doorbell/1": false}, "maker: not_applicable", "not_applicable", "does not apply"},
		{"the fact of another catalogue", "U", map[string]bool{"other/1": false, "other/b": false}, "", "unknown", "not declared"},
		{"met although it does not apply", "U", map[string]bool{"doorbell/b": false}, "testers: met", "not_applicable", "does not apply"},
		{"failed although it does not apply", "U", map[string]bool{"doorbell/b": false}, "testers: not_met", "not_met", "applies although this is declared"},
		{"seen to fail although it does not apply", "U", map[string]bool{"doorbell/b": false}, "authority: not_met", "not_met", "applies although this is declared"},
		{"said to fail although it does not apply", "U", map[string]bool{"doorbell/b": false}, "maker: not_met", "not_applicable", "does not apply"},
		{"said and seen to fail although it does not apply", "U", map[string]bool{"doorbell/b": false}, "maker: not_met, authority: not_met", "not_met", "applies although this is declared"},
		{"head does not apply", "P.1", map[string]bool{"doorbell/a": false}, "", "not_applicable", "it has a camera"},
		{"head not said", "P.1", nil, "maker: met", "unknown", "it has a camera"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := subject()
			s.Declared = c.declared
			var js []assessment.Judgement
			for said := range strings.SplitSeq(c.said, ", ") {
				if said != "" {
					js = append(js, by(t, c.control, said))
				}
			}
			o := outcome(t, assess(t, 1, s, js...), c.control)
			if o.Status != c.status || !strings.Contains(o.Reason+why(o), c.why) {
				t.Errorf("%s: %s (%s); want %s with %q", o.Status, o.Reason, why(o), c.status, c.why)
			}
			if (o.Status == assessment.NotApplicable) && (len(o.Absent) == 0 || o.Method != assessment.Declared) {
				t.Errorf("does not apply by %q for %v", o.Method, o.Absent)
			}
		})
	}
}

// why is what is said of the judgements that do not decide.
func why(o *assessment.Outcome) string {
	var s string
	for _, w := range o.Others {
		s += w.Why
	}
	return s
}

// A head follows from what is below it, whatever is said of itself.
func TestHeads(t *testing.T) {
	for _, c := range []struct {
		name   string
		tier   int
		said   map[string]string // of A, A.1, A.2 and A.3, which is only recommended
		status assessment.Status
		method assessment.Method
		why    string
	}{
		{"nothing", 1, nil, "unknown", "", "unknown below it: doorbell/A.1, doorbell/A.2"},
		{"all met", 1, map[string]string{"A.1": "maker: met", "A.2": "testers: met"}, "met", "declared", "all that is asked below it is met"},
		{"one failed", 1, map[string]string{"A.1": "maker: met", "A.2": "testers: not_met"}, "not_met", "", "not met below it: doorbell/A.2"},
		{"failed goes before unknown", 1, map[string]string{"A.2": "testers: not_met"}, "not_met", "", "doorbell/A.2"},
		{"hides no failure", 1, map[string]string{"A": "testers: met", "A.1": "maker: met", "A.2": "maker: not_met"}, "not_met", "", "doorbell/A.2"},
		{"hides no silence", 1, map[string]string{"A": "testers: met", "A.1": "maker: met"}, "unknown", "", "doorbell/A.2"},
		{"fails by itself", 1, map[string]string{"A": "authority: not_met", "A.1": "maker: met", "A.2": "maker: met"}, "not_met", "declared", ""},
		{"what is recommended decides nothing", 1, map[string]string{"A.1": "maker: met", "A.2": "maker: met", "A.3": "testers: not_met"}, "met", "declared", ""},
		{"too weak below", 2, map[string]string{"A.1": "maker: met", "A.2": "testers: met"}, "unknown", "", "some only as declared: the profile asks for automated"},
		{"strong below, declared as a whole where that is enough", 1, map[string]string{"A": "maker: met", "A.1": "testers: met", "A.2": "testers: met"}, "met", "laboratory", ""},
		{"weak below, tested as a whole", 2, map[string]string{"A": "testers: met", "A.1": "maker: met", "A.2": "maker: met"}, "met", "laboratory", ""},
		{"strong below, declared as a whole", 2, map[string]string{"A": "maker: met", "A.1": "testers: met", "A.2": "testers: met"}, "met", "laboratory", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var js []assessment.Judgement
			for control, said := range c.said {
				js = append(js, by(t, control, said))
			}
			o := outcome(t, assess(t, c.tier, subject(), js...), "A")
			if o.Status != c.status || o.Method != c.method || !strings.Contains(o.Reason, c.why) {
				t.Errorf("%s by %q: %s; want %s by %q with %q", o.Status, o.Method, o.Reason, c.status, c.method, c.why)
			}
			if len(o.FollowsFrom) != 2 {
				t.Errorf("follows from %q", o.FollowsFrom)
			}
		})
	}
	s := subject()
	s.Declared = map[string]bool{"doorbell/a": false}
	if o := outcome(t, assess(t, 1, s), "P"); o.Status != assessment.NotApplicable || len(o.FollowsFrom) != 2 {
		t.Errorf("of a head that does not apply: %+v", o)
	}
}

// Heads follow from the nearest controls below them that are asked for.
func TestHeadsOfHeads(t *testing.T) {
	_, set := criteria(t)
	var js []assessment.Judgement
	for _, control := range []string{"S.1.a", "S.2"} {
		j := by(t, "", "maker: met")
		j.Control = "chime/" + control
		js = append(js, j)
	}
	for profile, want := range map[string]map[string]string{
		"chime-all": {
			"S":   "chime/S.1 chime/S.2: unknown below it: chime/S.1",
			"S.1": "chime/S.1.a chime/S.1.b: unknown below it: chime/S.1.b",
		},
		"chime-ends": {"S": "chime/S.1.a chime/S.1.b chime/S.2: unknown below it: chime/S.1.b"},
	} {
		a, err := assessment.Assess(set.Profile(profile), set, 0, subject(), js, today)
		if err != nil {
			t.Fatal(err)
		}
		for control, want := range want {
			o := a.Outcome("chime/" + control)
			if got := strings.Join(o.FollowsFrom, " ") + ": " + o.Reason; got != want {
				t.Errorf("%s: %s follows from %s, want %s", profile, control, got, want)
			}
		}
		if p := assessment.ProgressOf(a); p.Summary != "1 control still unknown" || len(p.Groups) != 1 {
			t.Errorf("%s: %s in %d groups", profile, p.Summary, len(p.Groups))
		}
	}
}

// pass is judgements by which tier 2 is passed.
func pass(t failer) []assessment.Judgement {
	t.Helper()
	js := []assessment.Judgement{by(t, "B", "program: met")}
	for _, control := range []string{"A", "A.1", "A.2", "U", "P.1", "P.2", "T"} {
		js = append(js, by(t, control, "testers: met"))
	}
	return js
}

func TestPasses(t *testing.T) {
	a := assess(t, 2, subject(), pass(t)...)
	if !a.Passes || a.Met != 9 || a.NotMet+a.NotApplicable+a.Unknown != 0 || len(a.Failed) != 0 {
		t.Errorf("passes %t with %d met, failed %q", a.Passes, a.Met, a.Failed)
	}
	if len(a.With(assessment.Met)) != a.Met || len(a.Outcomes) != 10 {
		t.Errorf("met %q of %d", a.With(assessment.Met), len(a.Outcomes))
	}
	if a.Profile.Digest == "" || a.Profile.Version != "1" || len(a.Catalogues) != 1 || a.Catalogues[0].Digest == "" {
		t.Errorf("made from %+v and %+v", a.Profile, a.Catalogues)
	}
	for i := range pass(t) {
		js := pass(t)
		missing := js[i].Control
		js = append(js[:i], js[i+1:]...)
		a := assess(t, 2, subject(), js...)
		if missing == "doorbell/A" { // follows from those below it
			if !a.Passes {
				t.Errorf("fails without a judgement of a head: %q", a.Failed)
			}
			continue
		}
		if a.Passes || len(a.Failed) == 0 {
			t.Errorf("passes without a judgement of %s", missing)
		}
	}
	a = assess(t, 2, subject(), append(pass(t), by(t, "A.3", "testers: not_met"))...)
	if !a.Passes {
		t.Errorf("what is recommended keeps it from passing: %q", a.Failed)
	}
	a = assess(t, 1, subject(), append(pass(t)[1:], by(t, "U", "testers: not_met"))...)
	if want := []string{"doorbell/U", "doorbell/B"}; strings.Join(a.Failed, " ") != strings.Join(want, " ") {
		t.Errorf("failed %q, want what is not met before what is unknown: %q", a.Failed, want)
	}
}

// Where nothing that is asked applies, nothing is passed.
func TestNothingToMeet(t *testing.T) {
	_, set := criteria(t)
	s := subject()
	s.Declared = map[string]bool{"doorbell/a": false}
	a, err := assessment.Assess(set.Profile("doorbell-camera"), set, 0, s, nil, today)
	if err != nil {
		t.Fatal(err)
	}
	if a.Passes || a.NotApplicable != 2 || len(a.Failed) != 0 {
		t.Errorf("passes %t with %d that do not apply, failed %q", a.Passes, a.NotApplicable, a.Failed)
	}
}

// Who or what cannot be assessed is told at once.
func TestRefuses(t *testing.T) {
	p, set := criteria(t)
	for _, c := range []struct {
		name   string
		change func(*assessment.Subject, *assessment.Judgement)
		want   string
	}{
		{"no maker", func(s *assessment.Subject, _ *assessment.Judgement) { s.Maker = "" }, "want its maker"},
		{"no release", func(s *assessment.Subject, _ *assessment.Judgement) { s.Releases = nil }, "want a release"},
		{"nameless release", func(s *assessment.Subject, _ *assessment.Judgement) { s.Releases = make([]assessment.Release, 1) }, "release 1: \"\": want a purl"},
		{"release without a version", func(s *assessment.Subject, _ *assessment.Judgement) {
			s.Releases[0] = assessment.Release{PURL: "pkg:generic/acme/bell"}
		}, "release 1: \"pkg:generic/acme/bell\": want a purl with a version, or a digest"},
		{"release that is no purl", func(s *assessment.Subject, _ *assessment.Judgement) {
			s.Releases[0] = assessment.Release{PURL: "bell 2.1"}
		}, "release 1: \"bell 2.1\": want a purl"},
		{"bad accreditation", func(s *assessment.Subject, _ *assessment.Judgement) { s.Accreditations[0].Until = "soon" }, `accreditation of testers: "soon": want a day`},
		{"status", func(_ *assessment.Subject, j *assessment.Judgement) { j.Status = "pass" }, `status "pass": want met`},
		{"method", func(_ *assessment.Subject, j *assessment.Judgement) { j.Method = "" }, `method "": want declared`},
		{"role", func(_ *assessment.Subject, j *assessment.Judgement) { j.Role = "boss" }, `role "boss": want maker`},
		{"day", func(_ *assessment.Subject, j *assessment.Judgement) { j.On = "" }, `on "": want a day`},
		{"no day", func(_ *assessment.Subject, j *assessment.Judgement) { j.On = "2026-02-30" }, `on "2026-02-30": want a day`},
		{"since tomorrow", func(_ *assessment.Subject, j *assessment.Judgement) { j.Since = "2026-05-02" }, `since "2026-05-02": want a day up to that of the judgement, 2026-05-01`},
		{"term", func(_ *assessment.Subject, j *assessment.Judgement) { j.Until = "2026-2-3" }, `until "2026-2-3": want a day`},
		{"evidence without digest", func(_ *assessment.Subject, j *assessment.Judgement) { j.Evidence[0].Digest = "" }, "evidence 1: want the digest"},
		{"term of evidence", func(_ *assessment.Subject, j *assessment.Judgement) { j.Evidence[0].ValidUntil = "never" }, `valid until "never": want a day`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, j := subject(), by(t, "A.1", "maker: met")
			c.change(&s, &j)
			_, err := assessment.Assess(p, set, 1, s, []assessment.Judgement{j}, today)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	if _, err := assessment.Assess(p, set, 3, subject(), nil, today); err == nil {
		t.Error("there is no tier 3")
	}
	if _, err := assessment.Assess(p, set, 1, subject(), nil, ""); err == nil {
		t.Error("a day is needed")
	}
	a, err := assessment.Assess(p, set, 1, subject(), []assessment.Judgement{by(t, "T", "maker: met")}, today)
	if err != nil || a.Outcome("doorbell/T") != nil {
		t.Errorf("a judgement of what the tier does not ask: %v", err)
	}
	declared := maps.Clone(subject().Declared)
	s := subject()
	if _, err := assessment.Assess(p, set, 1, s, nil, today); err != nil || !maps.Equal(s.Declared, declared) {
		t.Errorf("the subject was changed: %v", err)
	}
}

// What is known to lapse or to begin is said before it does.
func TestChangesOn(t *testing.T) {
	js := pass(t)
	a := assess(t, 2, subject(), js...)
	if a.ChangesOn != "" {
		t.Errorf("changes on %s, and nothing lapses", a.ChangesOn)
	}
	js[2].Evidence = []assessment.Evidence{with(func(e *assessment.Evidence) { e.ValidUntil = "2027-03-01" })} // A.1
	js[4].Until = "2027-05-01"                                                                                 // U
	js = append(js, by(t, "U", "maker: not_met 2027-04-01"))                                                   // weaker than the laboratory
	a = assess(t, 2, subject(), js...)
	if a.ChangesOn != "2027-03-01" {
		t.Errorf("changes on %q", a.ChangesOn)
	}
	for control, want := range map[string]string{"A.1": "2027-03-01", "U": "2027-05-01", "A": "", "T": ""} {
		if o := outcome(t, a, control); string(o.ChangesOn) != want {
			t.Errorf("%s changes on %q, want %q", control, o.ChangesOn, want)
		}
	}
	// A failure of the head hides what its parts do.
	js = append(js, by(t, "A", "testers: not_met"))
	if a = assess(t, 2, subject(), js[:4]...); a.ChangesOn != "2027-03-01" {
		t.Errorf("changes on %q", a.ChangesOn)
	}
}

// The JSON of an outcome is what commands and the API show.
func TestOutcomeJSON(t *testing.T) {
	failed := by(t, "A.1", "testers: not_met")
	failed.Reason, failed.Until, failed.Evidence[0].ValidUntil = "the default is 1234", "2027-05-01", "2026-11-01"
	a := assess(t, 1, subject(), failed, by(t, "A.1", "maker: met"))
	a.Outcomes[1].Others[0].Evidence = nil
	got, err := json.MarshalIndent(outcome(t, a, "A.1"), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
	"ref": "doorbell/A.1",
	"title": "Passwords",
	"statement": "Passwords are unique",
	"required": true,
	"tier": 1,
	"status": "not_met",
	"method": "laboratory",
	"reason": "the default is 1234",
	"decided": {
		"control": "doorbell/A.1",
		"status": "not_met",
		"method": "laboratory",
		"assessor": "somebody",
		"organisation": "testers",
		"role": "laboratory",
		"reason": "the default is 1234",
		"evidence": [
			{
				"digest": "sha256:aa",
				"kind": "test-report",
				"title": "Report 7",
				"position": 7,
				"about": [
					"` + firmware + `"
				],
				"valid_until": "2026-11-01"
			}
		],
		"on": "2026-05-01",
		"until": "2027-05-01",
		"counts": true,
		"as": "laboratory",
		"left": [
			{
				"digest": "sha256:aa",
				"why": "it was valid until 2026-11-01"
			}
		]
	},
	"others": [
		{
			"control": "doorbell/A.1",
			"status": "met",
			"method": "declared",
			"assessor": "somebody",
			"organisation": "acme",
			"role": "maker",
			"on": "2026-05-01",
			"counts": true,
			"as": "declared"
		}
	],
	"contested": true
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
