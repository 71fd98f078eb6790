package server_test

import (
	"context"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/posture"
)

func (n *fakeNode) PostureDue(_ context.Context, ask node.PostureAsk) (*node.PostureDue, error) {
	return &node.PostureDue{At: "2026-07-10", Known: "2026-07-10", Position: 7, Total: 1, States: map[posture.State]int{posture.Overdue: 1}, Findings: []node.Due{{
		Finding: "F1", Weakness: "CVE-2026-0001", Asset: "asset:local/a", Organisation: ask.Organisation, Exposure: "public", Found: "2026-06-20", Evidence: []int64{3},
		Owed: posture.Owed{Rule: "BOD-26-04", Row: 16, Due: "2026-06-23", State: posture.Overdue, Why: "within 3 days"},
	}}}, nil
}

func (n *fakeNode) Exploited(_ context.Context, _ access.Ask, _ bool) (*node.ExploitedList, error) {
	return &node.ExploitedList{At: "2026-07-10", Known: "2026-07-10", Position: 7, Listed: 1, Entries: []node.ExploitedThen{{
		CVE: "CVE-2026-0001", Listed: true, Added: "2026-06-20", Due: "2026-06-23", Now: &node.ExploitedWord{Added: "2026-06-20", Due: "2026-06-23", Document: 3}, Document: 3,
	}}}, nil
}

func (n *fakeNode) PosturePlan(context.Context, node.PostureAsk) ([]byte, error) {
	return []byte("{}\n"), nil
}
