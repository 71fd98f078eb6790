package server_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/internal/server"
	"countersign.dev/internal/watch"
)

// watchingNode is a node that may watch decisions.
type watchingNode struct {
	*fakeNode
	stats *watch.Stats
}

func (n watchingNode) Watching() (watch.Stats, bool) {
	if n.stats == nil {
		return watch.Stats{}, false
	}
	return *n.stats, true
}

func TestWatchMetrics(t *testing.T) {
	tests := []struct {
		name         string
		stats        *watch.Stats
		want, absent []string
	}{
		{"does not watch", nil, nil, []string{"countersign_watch_"}},
		{
			"nothing ahead", &watch.Stats{Watched: 3},
			[]string{"countersign_watch_decisions 3\n", "countersign_watch_changes_total 0\n"},
			[]string{"countersign_watch_next_wake_timestamp_seconds"},
		},
		{
			"days ahead", &watch.Stats{Watched: 3, Due: 1, NextWake: "2021-03-15", Changes: 2, Asked: 7, Failed: 4, Dropped: 5},
			[]string{
				"countersign_watch_decisions 3\n", "countersign_watch_due 1\n", "countersign_watch_changes_total 2\n",
				"countersign_watch_questions_total 7\n", "countersign_watch_failures_total 4\n", "countersign_watch_dropped_total 5\n",
				"countersign_watch_next_wake_timestamp_seconds 1.6157664e+09\n",
			}, nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := server.New(server.Options{Node: watchingNode{newFakeNode(), tt.stats}, Accounts: fakeAccounts{}})
			if err != nil {
				t.Fatal(err)
			}
			door := httptest.NewServer(s)
			defer door.Close()
			_, body, err := get(t, door.URL+"/metrics", "")
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range tt.want {
				if !strings.Contains(body, "\n"+line) {
					t.Errorf("no %q in:\n%s", line, body)
				}
			}
			for _, line := range tt.absent {
				if strings.Contains(body, "\n"+line) {
					t.Errorf("%q in:\n%s", line, body)
				}
			}
		})
	}
}
