package node

import (
	"context"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/label"
	"countersign.dev/internal/problem"
)

// TestLabelJudgedSince gives no label on an assessment that no longer holds: a
// laboratory found a fault after it was closed, or what it rests on has lapsed.
func TestLabelJudgedSince(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	id := l.assessed()
	a, err := l.Assessment(ctx, laboratory, id)
	l.must(err)
	fault := []assessment.Judgement{{Control: a.Assessment.Outcomes[1].Ref, Status: assessment.NotMet, Reason: "the update takes an old certificate"}}
	_, err = l.Judge(ctx, laboratory, id, fault)
	l.must(err)
	if _, err := l.Issue(ctx, authority, id, IssueOptions{}); problem.KindOf(err) != problem.Conflict || !strings.Contains(err.Error(), "judged since") {
		t.Errorf("a label was given over a fault that was found since: %v", err)
	}
	if _, err := l.FinishAssessment(ctx, assessor, id); problem.KindOf(err) != problem.Conflict {
		t.Errorf("an assessment was closed over a fault: %v", err)
	}

	l.day = "2026-11-03"
	fault[0].Status, fault[0].Reason, fault[0].Evidence = assessment.Met, "repaired", []assessment.Evidence{{Digest: l.bill}}
	_, err = l.Judge(ctx, laboratory, id, fault)
	l.must(err)
	_, err = l.FinishAssessment(ctx, assessor, id)
	l.must(err)
	if _, err := l.Issue(ctx, authority, id, IssueOptions{}); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

func TestAssessedOfLapses(t *testing.T) {
	event := &label.Event{Label: "7K3M9-2QXWF", Kind: label.Assessed, Assessment: raw(assessment.Assessment{On: "2026-11-02", ChangesOn: "2026-12-01"})}
	for day, holds := range map[access.Date]bool{"2026-11-30": true, "2026-12-01": false} {
		if _, err := assessedOf([]*label.Event{event}, day); (err == nil) != holds {
			t.Errorf("on %s: %v", day, err)
		}
	}
}

// TestLabelOfAnotherLaboratory: a maker that hands its application in anew, with
// another laboratory, is judged by that one.
func TestLabelOfAnotherLaboratory(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	first, err := l.Apply(ctx, maker, l.application(), ApplyOptions{Submit: true})
	l.must(err)
	app, other := l.application(), as("other", access.RoleLaboratory)
	app.Parties[1] = label.Party{Role: label.Laboratory, Name: "Other Test Laboratory", Organisation: "other"}
	again, err := l.Apply(ctx, maker, app, ApplyOptions{ID: first.Label, Submit: true})
	l.must(err)
	found := []assessment.Judgement{{Control: "nistir-8425/AI.1", Status: assessment.Met, Reason: "tested", Evidence: []assessment.Evidence{{Digest: l.bill}}}}
	if _, err := l.Judge(ctx, other, again.Label, found); err != nil {
		t.Errorf("the laboratory that is named now: %v", err)
	}
	if _, err := l.Judge(ctx, laboratory, again.Label, found); err == nil {
		t.Error("the laboratory that was named before may judge still")
	}
}

// TestLabelDraftOfNobody: a draft that does not say yet who the maker is remains
// its maker's.
func TestLabelDraftOfNobody(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	app := l.application()
	app.Parties = nil
	draft, err := l.Apply(ctx, maker, app, ApplyOptions{})
	l.must(err)
	if _, err := l.Apply(ctx, maker, l.application(), ApplyOptions{ID: draft.Label, Submit: true}); err != nil {
		t.Errorf("the draft handed in: %v", err)
	}
	if _, err := l.Label(ctx, as("other", access.RoleMaker), draft.Label); problem.KindOf(err) != problem.NotFound {
		t.Errorf("another maker sees it: %v", err)
	}
}

// TestLabelIdentifierHidesNobody: a maker that is listed by name gets no label
// under somebody else's identifier, and whoever assesses it is told.
func TestLabelIdentifierHidesNobody(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	app := l.application()
	app.Parties[0].Identifier = "LEI 5493001KJTIIGC8Y1R12"
	id := l.assessedAs(app)
	l.list("Northlight Devices", "designated", "2026-11-01")
	if _, err := l.Issue(ctx, authority, id, IssueOptions{}); problem.KindOf(err) != problem.Conflict || !strings.Contains(err.Error(), "may not take part") {
		t.Errorf("a label for a listed maker with another's identifier: %v", err)
	}
	a, err := l.Assessment(ctx, assessor, id)
	l.must(err)
	told := slices.ContainsFunc(a.Assessment.Outcomes, func(o assessment.Outcome) bool {
		return o.Automatic == "parties-unrestricted" && (o.Status == assessment.NotMet || o.Contested)
	})
	if !told {
		t.Error("no outcome says that the maker is listed")
	}
}

// TestAmendKeepsShorterTime: a label that the authority gave for less time than
// the scheme would does not get that time by longer support.
func TestAmendKeepsShorterTime(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	for until, want := range map[access.Date]access.Date{"2027-05-01": "2027-05-01", "": "2029-11-02"} {
		id := l.assessed()
		_, err := l.Issue(ctx, authority, id, IssueOptions{ValidUntil: until})
		l.must(err)
		s, err := l.Amend(ctx, authority, id, Amendment{SupportEnd: "2031-01-01", Reason: "support is longer"})
		l.must(err)
		if s.Terms.ValidUntil != want || s.Terms.SupportEnd != "2031-01-01" {
			t.Errorf("given until %q, and amended: until %s, want %s", until, s.Terms.ValidUntil, want)
		}
	}
	if _, err := l.Issue(ctx, authority, l.assessed(), IssueOptions{ValidUntil: "2026-11-01"}); err == nil || strings.Contains(err.Error(), "support") {
		t.Errorf("a label that ends before it begins: %v", err)
	}
}

// TestLabelSentences: what is said of a label in public is on one line, and says
// what it shows.
func TestLabelSentences(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	id := l.assessed()
	for _, hostile := range []string{"given \u202eyllanif", "given \x1b[31m", "\xff"} {
		if _, err := l.Issue(ctx, authority, id, IssueOptions{Reason: hostile}); problem.KindOf(err) != problem.Invalid {
			t.Errorf("given with %q: %v", hostile, err)
		}
	}
	_, err := l.Issue(ctx, authority, id, IssueOptions{})
	l.must(err)
	for _, act := range []LabelAct{{Reason: "bad \u2067"}, {Reason: "bad", Cite: "rule\a"}} {
		act.Kind = label.Suspended
		if _, err := l.Act(ctx, authority, id, act); problem.KindOf(err) != problem.Invalid {
			t.Errorf("suspended with %+v: %v", act, err)
		}
	}
	s, err := l.Act(ctx, authority, id, LabelAct{Kind: label.Suspended, Reason: "sold with\r\nother firmware "})
	l.must(err)
	if s.Reason != "sold with other firmware" {
		t.Errorf("it says %q", s.Reason)
	}
}
