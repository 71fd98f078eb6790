package assessment_test

import (
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/assessment"
	"countersign.dev/internal/assurance/catalogue"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestProgress(t *testing.T) {
	s := subject()
	delete(s.Declared, "doorbell/1")
	a := assess(t, 2, s,
		by(t, "A.1", "maker: met"), by(t, "A.2", "testers: not_met"), by(t, "P.1", "maker: not_met"),
		by(t, "B", "program: unknown"), by(t, "T", "maker: met"))
	p := assessment.ProgressOf(a)
	if want := "2 controls not met, 4 still unknown"; p.Summary != want {
		t.Errorf("summary %q, want %q", p.Summary, want)
	}
	if diff := cmp.Diff(assessment.Tally{Of: 7, Met: 1, NotMet: 2, Unknown: 4}, p.Required); diff != "" {
		t.Errorf("required (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(assessment.Tally{Of: 1, Unknown: 1}, p.Recommended); diff != "" {
		t.Errorf("recommended (-want +got):\n%s", diff)
	}
	if len(p.Declare) != 1 || p.Declare[0].Key != "doorbell/1" {
		t.Errorf("to be declared: %v", p.Declare)
	}
	var groups []string
	for _, g := range p.Groups {
		groups = append(groups, g.Title)
	}
	if want := []string{"Access", "Criteria for doorbells", "Privacy"}; !slices.Equal(groups, want) {
		t.Errorf("groups %q, want %q", groups, want)
	}
	statement := "a statement of the maker, with a document that names the release"
	test := "a test report that names the release, of an accredited laboratory that is not the maker's own"
	want := []struct {
		ref    string
		method assessment.Method
		would  []string
	}{
		{"doorbell/A.2", "laboratory", []string{"a later judgement of testers, which found it not to be met", test}},
		{"doorbell/P.1", "declared", []string{"a later judgement of acme, which found it not to be met", statement}},
		{"doorbell/U", "declared", []string{"a declaration whether this is so: updates are possible", statement}},
		{"doorbell/P.2", "declared", []string{statement}},
		{"doorbell/T", "laboratory", []string{test}},
		{"doorbell/B", "automated", []string{"a bill of materials of the release (CycloneDX or SPDX)", test}},
	}
	for i, w := range p.Waits {
		if i >= len(want) {
			t.Fatalf("also waits for %+v", w)
		}
		if w.Ref != want[i].ref || w.Method != want[i].method || w.Why == "" || w.Title == "" {
			t.Errorf("waits for %+v, want %s by %s", w, want[i].ref, want[i].method)
		}
		if diff := cmp.Diff(want[i].would, w.Would); diff != "" {
			t.Errorf("%s (-want +got):\n%s", w.Ref, diff)
		}
	}
	if len(p.Waits) != len(want) {
		t.Errorf("waits for %d, want %d", len(p.Waits), len(want))
	}
}

func TestProgressSummaries(t *testing.T) {
	for want, js := range map[string][]assessment.Judgement{
		"all 7 controls met or not applicable": pass(t),
		"1 control still unknown":              pass(t)[1:],
		"1 control not met":                    append(pass(t), by(t, "P.2", "testers: not_met")),
		"7 controls still unknown":             nil,
		// The head alone is in the way, by its own judgement or for want of one.
		"1 control not met ": append(pass(t), by(t, "A", "testers: not_met")),
		"1 control still unknown ": {
			by(t, "B", "program: met"), by(t, "A.1", "maker: met"), by(t, "A.2", "maker: met"), by(t, "U", "maker: met"),
			by(t, "P.1", "maker: met"), by(t, "P.2", "maker: met"), by(t, "T", "testers: met"),
		},
	} {
		if p := assessment.ProgressOf(assess(t, 2, subject(), js...)); p.Summary != strings.TrimSpace(want) {
			t.Errorf("summary %q, want %q", p.Summary, want)
		}
	}
	_, set := criteria(t)
	s := subject()
	s.Declared["doorbell/a"] = false
	a, err := assessment.Assess(set.Profile("doorbell-camera"), set, 0, s, nil, today)
	if err != nil {
		t.Fatal(err)
	}
	if p := assessment.ProgressOf(a); p.Summary != "nothing that is asked applies" {
		t.Errorf("summary %q", p.Summary)
	}
}

// An application waits for something exactly until it passes or nothing of it
// applies, and the groups add up.
func TestProgressAddsUp(t *testing.T) {
	laws(t, func(t *rapid.T, assess assessing) {
		a := assess(anySubject(t), anyJudgements(t), today)
		p := assessment.ProgressOf(a)
		if (len(p.Waits) == 0) != (len(a.Failed) == 0) {
			t.Fatalf("waits for %d, failed %q", len(p.Waits), a.Failed)
		}
		if p.Required.NotMet+p.Required.Unknown != len(p.Waits) {
			t.Fatalf("%+v, waits for %d", p.Required, len(p.Waits))
		}
		var required, recommended int
		for _, g := range p.Groups {
			required += g.Required.Of
			recommended += g.Recommended.Of
		}
		if required != p.Required.Of || recommended != p.Recommended.Of {
			t.Fatalf("groups have %d and %d, of %d and %d", required, recommended, p.Required.Of, p.Recommended.Of)
		}
		for i, f := range p.Declare {
			if slices.ContainsFunc(p.Declare[:i], func(g catalogue.Fact) bool { return g.Key == f.Key }) {
				t.Fatalf("%s is to be declared twice", f.Key)
			}
		}
		for _, w := range p.Waits {
			for _, f := range w.Declare {
				if !slices.Contains(p.Declare, f) {
					t.Fatalf("%s waits for the declaration of %s, which is not asked for", w.Ref, f.Key)
				}
			}
			if len(w.Would) == 0 || w.Method == "" || w.Why == "" {
				t.Fatalf("nothing would do: %+v", w)
			}
		}
	})
}
