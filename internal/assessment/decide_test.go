package assessment_test

import (
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What several judges found of one control, and what is held of it.
func TestDecides(t *testing.T) {
	for _, c := range []struct {
		name    string
		control string
		said    []string
		status  assessment.Status
		method  assessment.Method
		decided string // organisation
		why     string // in the reason
	}{
		{"silence", "A.1", nil, "unknown", "", "", "nobody has judged it"},
		{"declared", "A.1", []string{"maker: met"}, "met", "declared", "acme", ""},
		{"admitted", "A.1", []string{"maker: not_met"}, "not_met", "declared", "acme", ""},
		{"laboratory over maker", "A.1", []string{"maker: met", "testers: not_met"}, "not_met", "laboratory", "testers", ""},
		{"maker does not undo the laboratory", "A.1", []string{"testers: not_met", "maker: met 2026-11-01"}, "not_met", "laboratory", "testers", ""},
		{"laboratory over an admission", "A.1", []string{"maker: not_met", "testers: met"}, "met", "laboratory", "testers", ""},
		{"failure beats success", "A.1", []string{"maker: met", "authority: not_met"}, "not_met", "declared", "authority", ""},
		{"answered by the same", "A.1", []string{"testers: not_met 2026-03-01", "testers: met 2026-04-01"}, "met", "laboratory", "testers", ""},
		{"not answered on the same day", "A.1", []string{"testers: not_met 2026-03-01", "testers: met 2026-03-01"}, "not_met", "laboratory", "testers", ""},
		{"not answered by another", "A.1", []string{"authority: not_met 2026-03-01", "maker: met 2026-04-01"}, "not_met", "declared", "authority", ""},
		{"failed again", "A.1", []string{"testers: not_met 2026-03-01", "testers: met 2026-04-01", "testers: not_met 2026-05-01"}, "not_met", "laboratory", "testers", ""},
		{"unknown finds nothing out", "A.1", []string{"maker: met", "testers: unknown"}, "met", "declared", "acme", ""},
		{"applies always", "A.1", []string{"testers: not_applicable"}, "unknown", "", "", "claims that the control does not apply"},
		{"too weak", "T", []string{"maker: met"}, "unknown", "", "", "as declared: the profile asks for laboratory"},
		{"weak but admitted", "T", []string{"maker: not_met"}, "not_met", "declared", "acme", ""},
		{"strong enough", "T", []string{"testers: met"}, "met", "laboratory", "testers", ""},
		{"automatic", "B", []string{"program: met"}, "met", "automated", "", ""},
		{"automatic again", "B", []string{"program: not_met 2026-03-01", "program: met 2026-04-01"}, "met", "automated", "", ""},
		{"no automatic assessor here", "A.1", []string{"program: met"}, "unknown", "", "", "does not let the automatic assessor"},
		{"not yet", "A.1", []string{"maker: met 2026-11-28"}, "unknown", "", "", "made on 2026-11-28"},
		{"laboratory no longer accredited", "T", []string{"testers: met 2026-06-01"}, "unknown", "", "", "accreditation of testers does not cover 2026-06-01"},
		{"laboratory accredited then", "T", []string{"testers: met 2026-05-31"}, "met", "laboratory", "testers", ""},
		{"laboratory not accredited", "T", []string{"others: met"}, "unknown", "", "", "not known as an accredited laboratory"},
		{"laboratory of the maker", "T", []string{"acme-labs: met"}, "unknown", "", "", "nobody judges its own product as laboratory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var js []assessment.Judgement
			for _, said := range c.said {
				js = append(js, by(t, c.control, said))
			}
			o := outcome(t, assess(t, 2, subject(), js...), c.control)
			if o.Status != c.status || o.Method != c.method {
				t.Errorf("%s by %q, want %s by %q: %s", o.Status, o.Method, c.status, c.method, o.Reason)
			}
			if (o.Decided != nil) != (c.status == assessment.Met || c.status == assessment.NotMet) {
				t.Errorf("decided by %+v", o.Decided)
			} else if o.Decided != nil && o.Decided.Organisation != c.decided {
				t.Errorf("decided by %q, want %q", o.Decided.Organisation, c.decided)
			}
			if o.Reason == "" || !strings.Contains(o.Reason, c.why) {
				t.Errorf("reason %q, want %q in it", o.Reason, c.why)
			}
			if n := len(o.Others); o.Decided != nil && n+1 != len(js) || o.Decided == nil && n != len(js) {
				t.Errorf("%d others of %d judgements", n, len(js))
			}
		})
	}
}

// A test says nothing of what came after it, and a later one does.
func TestFailureSince(t *testing.T) {
	for _, c := range []struct {
		since, tested string
		want          assessment.Status
	}{
		{"", "2026-05-01", "met"},           // by the stronger method
		{"2026-05-01", "2026-05-01", "met"}, // was so when the laboratory looked
		{"2026-05-02", "2026-05-01", "not_met"},
		{"2026-05-02", "2026-05-03", "met"},
	} {
		for _, who := range []string{"program", "maker"} {
			failure := by(t, "B", who+": not_met 2026-11-20")
			failure.Since = access.Date(c.since)
			o := outcome(t, assess(t, 1, subject(), failure, by(t, "B", "testers: met "+c.tested)), "B")
			if o.Status != c.want || !o.Contested {
				t.Errorf("%s: fails since %q, tested on %s: %s", who, c.since, c.tested, o.Status)
			}
		}
	}
	answered := by(t, "B", "program: not_met 2026-11-20")
	answered.Since = "2026-11-19"
	o := outcome(t, assess(t, 1, subject(), answered, by(t, "B", "program: met 2026-11-21"), by(t, "B", "testers: met")), "B")
	if o.Status != assessment.Met {
		t.Errorf("a failure that was answered stands: %s", o.Reason)
	}
}

// Where somebody else says the opposite, it is told; who has come to think
// otherwise contests nothing.
func TestContested(t *testing.T) {
	for _, c := range []struct {
		said []string
		want bool
	}{
		{[]string{"testers: met"}, false},
		{[]string{"testers: met", "maker: met"}, false},
		{[]string{"testers: met", "maker: not_met"}, true},
		{[]string{"testers: not_met", "maker: met"}, true},
		{[]string{"testers: met", "authority: unknown"}, false},
		{[]string{"testers: not_met 2026-03-01", "testers: met 2026-04-01"}, false},
		{[]string{"testers: met 2026-03-01", "testers: not_met 2026-04-01"}, false},
		{[]string{"testers: not_met 2026-03-01", "testers: met 2026-03-01"}, true},
		{[]string{"testers: not_met", "maker: met 2026-12-24"}, false}, // after today
	} {
		var js []assessment.Judgement
		for _, said := range c.said {
			js = append(js, by(t, "A.1", said))
		}
		if o := outcome(t, assess(t, 1, subject(), js...), "A.1"); o.Contested != c.want {
			t.Errorf("%q: contested %t, want %t", c.said, o.Contested, c.want)
		}
	}
}

// A maker cannot put on another coat.
func TestRoles(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*assessment.Judgement)
		as     assessment.Method
		why    string
	}{
		{"maker says laboratory", func(j *assessment.Judgement) { j.Method = assessment.Laboratory }, "declared", "counts as declared: it is the maker's own"},
		{"maker says automated", func(j *assessment.Judgement) { j.Method = assessment.Automated }, "declared", "counts as declared"},
		{"maker as assessor", func(j *assessment.Judgement) { j.Role = assessment.RoleAssessor }, "", "nobody judges its own product as assessor"},
		{"affiliate as assessor", func(j *assessment.Judgement) {
			j.Role, j.Organisation = assessment.RoleAssessor, "acme-labs"
		}, "", "nobody judges its own product as assessor"},
		{"maker's program", func(j *assessment.Judgement) {
			j.Role, j.Method, j.Assessor, j.Control = assessment.RoleAutomatic, assessment.Automated, "sbom-present", "doorbell/B"
		}, "declared", "counts as declared"},
		{"another as maker", func(j *assessment.Judgement) { j.Organisation = "rival" }, "", "rival is not the maker"},
		{"nobody as assessor", func(j *assessment.Judgement) {
			j.Role, j.Organisation = assessment.RoleAssessor, ""
		}, "", "does not say for which organisation"},
		{"assessor without a report", func(j *assessment.Judgement) {
			j.Role, j.Organisation, j.Method = assessment.RoleAssessor, "authority", assessment.Laboratory
		}, "declared", "no report of an accredited laboratory"},
		{"assessor with a report", func(j *assessment.Judgement) {
			j.Role, j.Organisation, j.Method = assessment.RoleAssessor, "authority", assessment.Laboratory
			j.Evidence[0].Signer = "testers"
		}, "laboratory", ""},
		{"assessor with a report of the maker's laboratory", func(j *assessment.Judgement) {
			j.Role, j.Organisation, j.Method = assessment.RoleAssessor, "authority", assessment.Laboratory
			j.Evidence[0].Signer = "acme-labs"
		}, "declared", "no report of an accredited laboratory"},
		{"assessor with a report from after the accreditation", func(j *assessment.Judgement) {
			j.Role, j.Organisation, j.Method = assessment.RoleAssessor, "authority", assessment.Laboratory
			j.Evidence[0].Signer, j.Evidence[0].ValidFrom = "testers", "2026-06-01"
		}, "declared", "no report of an accredited laboratory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := by(t, "A.1", "maker: met")
			c.change(&j)
			control := strings.TrimPrefix(j.Control, "doorbell/")
			o := outcome(t, assess(t, 2, subject(), j), control)
			w := o.Decided
			if w == nil {
				w = &o.Others[0]
			}
			if w.As != c.as || w.Counts != (c.as != "") || !strings.Contains(w.Why, c.why) {
				t.Errorf("counts %t as %q: %s", w.Counts, w.As, w.Why)
			}
		})
	}
}

// What a judgement rests on must be about the release, and valid.
func TestEvidence(t *testing.T) {
	for _, c := range []struct {
		name     string
		evidence []assessment.Evidence
		met      assessment.Status // what is held when the judgement says met
		notMet   assessment.Status // when it says not met
		left     string
	}{
		{"none", nil, "unknown", "not_met", ""},
		{"bound by digest", []assessment.Evidence{report()}, "met", "not_met", ""},
		{"bound by digest in capitals", []assessment.Evidence{with(func(e *assessment.Evidence) {
			e.About = []string{strings.ToUpper(firmware)}
		})}, "met", "not_met", ""},
		{"bound by purl", []assessment.Evidence{with(func(e *assessment.Evidence) { e.About = []string{bell} })}, "met", "not_met", ""},
		{"another release", []assessment.Evidence{with(func(e *assessment.Evidence) {
			e.About = []string{"pkg:generic/acme/bell@2.0"}
		})}, "unknown", "unknown", "names no release"},
		{"no release at all", []assessment.Evidence{with(func(e *assessment.Evidence) {
			e.About = []string{"pkg:generic/acme/bell"}
		})}, "unknown", "unknown", "names no release"},
		{"other bytes of that name", []assessment.Evidence{with(func(e *assessment.Evidence) {
			e.About = []string{bell, "sha256:00"}
		})}, "unknown", "unknown", "names no release"},
		{"bytes that cannot be compared", []assessment.Evidence{with(func(e *assessment.Evidence) {
			e.About = []string{bell, "sha512:00"}
		})}, "met", "not_met", ""},
		{"that name among others", []assessment.Evidence{with(func(e *assessment.Evidence) {
			e.About = []string{"sha256:00", firmware}
		})}, "met", "not_met", ""},
		{"last day", []assessment.Evidence{with(func(e *assessment.Evidence) { e.ValidUntil = "2026-11-28" })}, "met", "not_met", ""},
		{"expired", []assessment.Evidence{with(func(e *assessment.Evidence) { e.ValidUntil = today })}, "unknown", "not_met", "valid until 2026-11-27"},
		{"not yet valid", []assessment.Evidence{with(func(e *assessment.Evidence) { e.ValidFrom = "2026-11-28" })}, "unknown", "not_met", "valid from 2026-11-28"},
		{"one of two", []assessment.Evidence{with(func(e *assessment.Evidence) { e.About = nil }), report()}, "met", "not_met", "names no release"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for status, want := range map[string]assessment.Status{"met": c.met, "not_met": c.notMet} {
				j := by(t, "A.1", "testers: "+status)
				j.Evidence = c.evidence
				o := outcome(t, assess(t, 1, subject(), j), "A.1")
				if o.Status != want {
					t.Errorf("%s is held to be %s, want %s: %s", status, o.Status, want, o.Reason)
				}
				w := o.Decided
				if w == nil {
					w = &o.Others[0]
				}
				var left string
				for _, l := range w.Left {
					left += l.Why
				}
				if !strings.Contains(left, c.left) || c.left == "" && left != "" {
					t.Errorf("left out because %q, want %q", left, c.left)
				}
			}
		})
	}
}

// A term ends what is met, and does not end a failure.
func TestTerm(t *testing.T) {
	for status, want := range map[string]assessment.Status{"met": "unknown", "not_met": "not_met"} {
		j := by(t, "A.1", "testers: "+status)
		j.Until = today
		if o := outcome(t, assess(t, 1, subject(), j), "A.1"); o.Status != want {
			t.Errorf("%s until today is %s, want %s", status, o.Status, want)
		}
	}
}

// Of judgements that differ in one thing only, the order in which they came is
// not seen either.
func TestOrderOfLikeJudgements(t *testing.T) {
	for i, change := range []func(*assessment.Judgement){
		func(j *assessment.Judgement) { j.On = "2026-05-02" },
		func(j *assessment.Judgement) { j.Organisation = "authority" },
		func(j *assessment.Judgement) { j.Assessor = "somebody else" },
		func(j *assessment.Judgement) { j.Method = assessment.Automated },
		func(j *assessment.Judgement) { j.Reason = "because" },
		func(j *assessment.Judgement) { j.Since = "2026-01-01" },
		func(j *assessment.Judgement) { j.Until = "2027-01-01" },
		func(j *assessment.Judgement) { j.Evidence[0].Digest = "sha256:bb" },
		func(j *assessment.Judgement) { j.Evidence[0].Kind = "form" },
		func(j *assessment.Judgement) { j.Evidence[0].Title = "Report 8" },
		func(j *assessment.Judgement) { j.Evidence[0].Position = 8 },
		func(j *assessment.Judgement) { j.Evidence[0].About = []string{bell} },
		func(j *assessment.Judgement) { j.Evidence[0].Signer = "testers" },
		func(j *assessment.Judgement) { j.Evidence[0].ValidFrom = "2026-01-01" },
		func(j *assessment.Judgement) { j.Evidence[0].ValidUntil = "2027-01-01" },
		func(j *assessment.Judgement) { j.Evidence = append(j.Evidence, report()) },
	} {
		a, b := by(t, "A.1", "testers: met"), by(t, "A.1", "testers: met")
		change(&b)
		one, two := assess(t, 1, subject(), a, b), assess(t, 1, subject(), b, a)
		if diff := cmp.Diff(one, two, cmpopts.IgnoreUnexported(assessment.Outcome{})); diff != "" {
			t.Errorf("change %d (-one +other way round):\n%s", i+1, diff)
		}
	}
}
