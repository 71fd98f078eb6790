package oscal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

func someItem(n int) PlanItem {
	return PlanItem{
		ID: fmt.Sprintf("F%d", n), Title: "CVE-2021-44228 on web-1", Description: "Fix it.", Statement: "by the day that the catalogue gives", Asset: fmt.Sprintf("asset:t/%d", n/2), Hostname: "web-1.agr.example",
		Weakness: "CVE-2021-44228", Found: modified, Deadline: modified.AddDate(0, 0, 14), Status: "open", State: "overdue", Rule: "BOD-22-01", Row: 1, Assumed: []string{"exposed is not known"}, Evidence: []string{"#3", "#4"},
	}
}

func writtenPlan(t testing.TB, p *Plan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WritePlan(&b, p, modified); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPlanSchema(t *testing.T) {
	s := schema(t, "poam")
	full := &Plan{ID: "agr", Title: "AGR", System: "organisation:agr", Version: "2026-07-10", Items: []PlanItem{someItem(0), someItem(1), someItem(2)}}
	for name, p := range map[string]*Plan{
		"full":       full,
		"least":      {ID: "x", Items: []PlanItem{{ID: "F1", Status: "closed", Found: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}}},
		"many lines": {ID: "y", Title: "a\nb", Items: []PlanItem{{ID: "F\n1", Title: "\n", Description: " x\ny ", Asset: "a b", Status: "open", Found: modified, Assumed: []string{"a\nb"}, Evidence: []string{""}}}},
	} {
		t.Run(name, func(t *testing.T) { valid(t, s, writtenPlan(t, p)) })
	}
	b := writtenPlan(t, full)
	if !bytes.Equal(b, writtenPlan(t, full)) {
		t.Error("written twice gives different bytes")
	}
	if n := strings.Count(string(b), `"description": "web-1.agr.example"`); n != 2 {
		t.Errorf("%d assets, want one for each", n)
	}
}

func BenchmarkPlan(b *testing.B) {
	p := &Plan{ID: "agr", Version: "1"}
	for n := range 10_000 {
		p.Items = append(p.Items, someItem(n))
	}
	for b.Loop() {
		writtenPlan(b, p)
	}
}
