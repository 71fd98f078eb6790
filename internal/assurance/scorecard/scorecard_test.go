package scorecard

import (
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

const commit = "68bc59901773ab4c051dfcea0cc4201a1567ab32"

// made is a result with these checks, as version 5 writes it.
func made(checks string) string {
	return `{"date": "2026-02-03T10:30:43-06:00", "repo": {"name": "github.com/Harrow/payroll", "commit": "` + commit + `"},
 "scorecard": {"version": "v5.1.1", "commit": "unknown"}, "score": 6.4, "checks": [` + checks + `], "metadata": null}`
}

const (
	branches = `{"details": null, "score": 8, "reason": "branches are mostly protected", "name": "Branch-Protection",
 "documentation": {"url": "https://example.org/checks", "short": "x"}}`
	workflow = `{"details": ["Warn: runs what strangers send"], "score": 0, "reason": "dangerous workflow patterns detected", "name": "Dangerous-Workflow", "annotations": ["only a test"]}`
	signed   = `{"score": -1, "reason": "no releases found", "name": "Signed-Releases"}`
)

func read(t testing.TB, doc string) *Result {
	t.Helper()
	r, err := Read(t.Context(), "x.json", []byte(doc), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var want = &Result{
	Repository: "github.com/Harrow/payroll", Commit: commit, Date: time.Date(2026, 2, 3, 16, 30, 43, 0, time.UTC), Version: "v5.1.1", Score: 6.4,
	Checks: []Check{
		{Name: "Branch-Protection", Score: 8, Reason: "branches are mostly protected", URL: "https://example.org/checks"},
		{Name: "Dangerous-Workflow", Score: 0, Reason: "dangerous workflow patterns detected", Details: []string{"Warn: runs what strangers send"}, Annotations: []string{"only a test"}},
		{Name: "Signed-Releases", Score: Inconclusive, Reason: "no releases found"},
	},
}

func TestRead(t *testing.T) {
	doc := made(branches + "," + workflow + "," + signed)
	got := read(t, doc)
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if c, ok := got.Check("signed-releases"); !ok || c.Conclusive() {
		t.Errorf("%+v %v", c, ok)
	}
	if _, ok := got.Check("License"); ok {
		t.Error("a check that did not run is there")
	}
	// The same as a statement, whose subject says what was looked at.
	predicate := strings.Replace(doc, `"repo": {"name": "github.com/Harrow/payroll", "commit": "`+commit+`"},`, "", 1)
	statement := `{"_type": "https://in-toto.io/Statement/v1", "predicateType": "` + PredicateType + `",
 "subject": [{"name": "github.com/Harrow/payroll", "digest": {"gitCommit": "` + commit + `"}}], "predicate": ` + predicate + `}`
	if d := gocmp.Diff(want, read(t, statement)); d != "" {
		t.Errorf("as a statement (-want +got):\n%s", d)
	}
	// Version 4 wrote a day.
	if got := read(t, strings.Replace(doc, "2026-02-03T10:30:43-06:00", "2023-02-03", 1)); !got.Date.Equal(time.Date(2023, 2, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%v", got.Date)
	}
}

// What is amiss is told with its place, and the sound part is used.
func TestReadUsesTheSoundPart(t *testing.T) {
	for _, c := range []struct {
		doc, warning string
		checks       int
	}{
		{made(branches + ", 7"), "line 3, checks[1]: want a mapping, got 7", 1},
		{made(branches + "," + strings.Replace(branches, "Branch", "branch", 1)), "the check branch-Protection is there twice; the first counts", 1},
		{made(branches + `, {"name": "X", "score": 11}`), "checks[1].score: want a whole score from 0 to 10, or -1; the check is left out", 1},
		{made(branches + `, {"name": "X", "score": 1.5}`), "want a whole score", 1},
		{made(branches + `, {"name": "X", "score": "9"}`), "want a whole score", 1},
		{made(branches + `, {"name": "X"}`), "the check X has no score; it is taken as inconclusive", 2},
		{made(branches + `, {"score": 3}`), `checks[1]: field "name" is missing`, 1},
		{made(branches + `, {"name": "` + strings.Repeat("x", 101) + `", "score": 3}`), "a name of 101 bytes; the check is left out", 1},
		{strings.Replace(made(branches), commit, "unknown", 1), `repo.commit: "unknown" is no commit`, 1},
		{strings.Replace(made(branches), "6.4", "64", 1), "score: want a score from 0 to 10, or -1; left out", 1},
	} {
		r := read(t, c.doc)
		if got := strings.Join(r.Warnings, "\n"); !strings.Contains(got, c.warning) || len(r.Checks) != c.checks {
			t.Errorf("%d checks, %q; want %d, %q", len(r.Checks), got, c.checks, c.warning)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		doc    string
		limits Limits
		kind   problem.Kind
		want   string
	}{
		{"", Limits{}, problem.Invalid, "not JSON"},
		{`{"a": 1}`, Limits{}, problem.Invalid, "this is no result of OpenSSF Scorecard"},
		{`{"scorecard": {}, "findings": []}`, Limits{}, problem.Invalid, "make one with --format json"},
		{`{"Repo": "x", "Checks": []}`, Limits{}, problem.Invalid, "of a version before 4"},
		{made(""), Limits{}, problem.Invalid, "no check could be read"},
		{made("{}"), Limits{}, problem.Invalid, `field "name" is missing`},
		{strings.Replace(made(branches), "github.com/Harrow/payroll", "", 1), Limits{}, problem.Invalid, `"repo.name" is missing`},
		{strings.Replace(made(branches), "github.com/Harrow/payroll", strings.Repeat("x", 501), 1), Limits{}, problem.Invalid, "the limit is 500"},
		{strings.Replace(made(branches), "2026-02-03T10", "today", 1), Limits{}, problem.Invalid, `"date": want a day or a time`},
		{made(branches + "," + workflow), Limits{Checks: 1}, problem.TooLarge, "2 of them, the limit is 1"},
		{made(branches), Limits{Bytes: 10}, problem.TooLarge, "the limit is 10"},
		{`{"_type": "x", "predicateType": "y"}`, Limits{}, problem.Invalid, `predicateType "y": want https://scorecard.dev/result/v0.1`},
		{`{"_type": "x", "predicateType": "` + PredicateType + `", "predicate": {}, "subject": [{}, {}]}`, Limits{}, problem.Invalid, "one subject, got 2"},
		{`{"_type": "x", "predicateType": "` + PredicateType + `", "predicate": {}, "subject": [{"name": "x"}]}`, Limits{}, problem.Invalid, "want a name and the digest gitCommit"},
		{`{"_type": "x", "predicateType": "` + PredicateType + `", "predicate": {"repo": {"commit": "a"}}, "subject": [{"name": "x", "digest": {"gitCommit": "b"}}]}`, Limits{}, problem.Invalid, `predicate.repo.commit: "a", but the statement is about "b"`},
	} {
		_, err := Read(t.Context(), "x.json", []byte(c.doc), c.limits)
		if err == nil || !strings.Contains(err.Error(), c.want) || problem.KindOf(err) != c.kind {
			t.Errorf("%.60q: %v; want %q of kind %s", c.doc, err, c.want, c.kind)
		}
	}
}

func TestRecognise(t *testing.T) {
	for doc, want := range map[string]bool{
		made(branches): true, "\ufeff" + made(branches): true, made(branches)[:250]: true,
		`{"_type": "x", "predicateType": "` + PredicateType + `"`: true,
		`{"scorecard": {"checks": 1}}`:                            false, `{"a": "scorecard", "b": "checks"}`: false, `{"x": {"scorecard": 1, "checks": 1}}`: false,
		`{"checks": []}`: false, `["scorecard", "checks"]`: false, "": false, `{"scorecard": 1, "findings": []}`: true,
	} {
		if got := Recognise("x", []byte(doc)); got != want {
			t.Errorf("%.80q: %v", doc, got)
		}
	}
}

func TestReading(t *testing.T) {
	body := Evidence{
		Document: "sha256:00", Repository: "github.com/Harrow/payroll", Commit: commit, Date: "2026-02-03", Version: "v5.1.1", Score: 6.4,
		Checks: map[string]Told{
			"Branch-Protection":  {Score: 8, Reason: "branches are mostly protected"},
			"Dangerous-Workflow": {Score: 0, Reason: "dangerous workflow patterns detected", Annotated: true},
			"Signed-Releases":    {Score: -1, Reason: "no releases found"},
		},
	}
	of := func(subject string) ledger.Statement {
		return ledger.Statement{Kind: "evidence.scorecard", Subject: subject, Key: "checks", Term: subject, Body: body}
	}
	expected := &ledger.Reading{
		Kind: "evidence.scorecard", Source: "evidence/scorecard/github.com/harrow/payroll", Mode: ledger.Snapshot, Published: "2026-02-03", Rows: 3,
		Statements: []ledger.Statement{of("gitCommit:" + commit), of("pkg:github/harrow/payroll@" + commit)},
	}
	got := Reading(read(t, made(branches+","+workflow+","+signed)), "sha256:00")
	if d := gocmp.Diff(expected, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for repository, subject := range map[string]string{
		"gitlab.com/a/b": "gitCommit:" + commit, "github.com/a": "gitCommit:" + commit, "file:///src": "gitCommit:" + commit,
	} {
		if got := subjects(&Result{Repository: repository, Commit: commit}); len(got) != 1 || got[0] != subject {
			t.Errorf("%s: %v", repository, got)
		}
		if got := subjects(&Result{Repository: repository}); len(got) != 1 || got[0] != repository {
			t.Errorf("%s without a commit: %v", repository, got)
		}
	}
	if got := cut(strings.Repeat("é", 400)); len(got) > maxReason+len("…") || !strings.HasSuffix(got, "é…") {
		t.Errorf("%d bytes", len(got))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(made(branches + "," + workflow + "," + signed)))
	f.Add([]byte(`{"_type": "x", "predicateType": "` + PredicateType + `", "subject": [{"name": "x", "digest": {"gitCommit": "y"}}], "predicate": {"scorecard": {}, "checks": [{"name": "X", "score": 1}], "date": "2026-01-01"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		Recognise("x", b)
		r, err := Read(t.Context(), "x", b, Limits{Bytes: 1 << 16, Checks: 20, Details: 3})
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				t.Errorf("%q: %v has no kind", b, err)
			}
			return
		}
		seen := map[string]bool{}
		for _, c := range r.Checks {
			if seen[c.Name] || c.Score < Inconclusive || c.Score > maxScore || len(c.Details) > 3 {
				t.Errorf("%q: %+v", b, c)
			}
			seen[c.Name] = true
		}
		if out := Reading(r, "sha256:00"); len(out.Statements) == 0 || out.Statements[0].Subject == "" {
			t.Errorf("%q: %+v", b, out)
		}
	})
}
