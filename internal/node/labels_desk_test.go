package node

import (
	"context"
	"fmt"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/problem"
)

// What each is offered follows the label, and is never more than is allowed.
func TestLabelMay(t *testing.T) {
	l, ctx := newLabelling(t), context.Background()
	who := map[string]access.Ask{"maker": maker, "laboratory": laboratory, "assessor": assessor, "authority": authority}
	offered := func(id string) map[string]string {
		t.Helper()
		out := map[string]string{}
		for name, ask := range who {
			f, err := l.LabelFile(ctx, ask, id)
			l.must(err)
			m := f.May
			out[name] = fmt.Sprint(m.Apply, m.Judge, m.Test, m.Close, m.Issue, m.Acts)
		}
		return out
	}
	want := func(when, id string, all map[string]string) {
		t.Helper()
		for name, got := range offered(id) {
			if got != all[name] {
				t.Errorf("%s, the %s is offered %s, want %s", when, name, got, all[name])
			}
		}
	}
	const nothing = "false false false false false []"
	draft, err := l.Apply(ctx, maker, l.application(), ApplyOptions{})
	l.must(err)
	want("of a draft", draft.Label, map[string]string{
		"maker": "true false false false false [withdrawn]", "laboratory": nothing, "assessor": nothing, "authority": "false false false false false [withdrawn]",
	})
	id := l.assessed()
	want("of what was assessed", id, map[string]string{
		"maker": "false false false false false [withdrawn]", "laboratory": "false true true false false []", "assessor": "false true false true false []", "authority": "false true false true true [withdrawn]",
	})
	preview, err := l.PreviewLabel(ctx, authority, id, IssueOptions{})
	l.must(err)
	code, err := core.ParseURL(preview.Sheet.URL)
	l.must(err)
	given, err := l.Issue(ctx, authority, id, IssueOptions{})
	l.must(err)
	keys, err := l.LabelKeys(ctx)
	l.must(err)
	if key, err := code.Verify(coreKeys(t, keys)...); err == nil && key != nil {
		t.Error("the code of a preview is genuine")
	}
	if preview.Terms.ValidUntil != given.Terms.ValidUntil || len(preview.Sheet.URL) == 0 {
		t.Errorf("previewed %+v, given %+v", preview.Terms, given.Terms)
	}
	want("of what was given", id, map[string]string{
		"maker": "false false false false false [withdrawn]", "laboratory": "false false false false false [test_failed]", "assessor": "false false false false false [test_failed]",
		"authority": "false false false false false [suspended test_failed superseded revoked withdrawn]",
	})
	_, err = l.Act(ctx, authority, id, LabelAct{Kind: label.Suspended, Reason: "x"})
	l.must(err)
	desk, err := l.LabelDesk(ctx, maker)
	l.must(err)
	if len(desk.Applications) != 1 || len(desk.Open) != 1 || desk.AllOpen != 1 || desk.Counts[label.StatusSuspended] != 1 {
		t.Errorf("the maker's desk has %d applications, %d open of %d, %v", len(desk.Applications), len(desk.Open), desk.AllOpen, desk.Counts)
	}
	_, err = l.Act(ctx, authority, id, LabelAct{Kind: label.Revoked, Reason: "x"})
	l.must(err)
	want("of what was revoked", id, map[string]string{"maker": nothing, "laboratory": nothing, "assessor": nothing, "authority": nothing})

	stranger := as("other", access.RoleAuthority)
	if _, err := l.LabelFile(ctx, stranger, draft.Label); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a stranger is told of a draft: %v", err)
	}
	if desk, err = l.LabelDesk(ctx, stranger); err != nil || len(desk.Applications)+len(desk.Open)+len(desk.Others)+len(desk.Counts) > 0 {
		t.Errorf("a stranger's desk has %+v, %v", desk, err)
	}
}
