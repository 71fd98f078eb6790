package server_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/internal/server"
	"countersign.dev/internal/surveillance"
)

// keepingNode is a node that may keep labels true.
type keepingNode struct {
	*fakeNode
	stats *surveillance.Stats
}

func (n keepingNode) Surveilling() (surveillance.Stats, bool) {
	if n.stats == nil {
		return surveillance.Stats{}, false
	}
	return *n.stats, true
}

func TestSurveillanceMetrics(t *testing.T) {
	metrics := func(stats *surveillance.Stats) string {
		t.Helper()
		s, err := server.New(server.Options{Node: keepingNode{newFakeNode(), stats}, Accounts: fakeAccounts{}})
		if err != nil {
			t.Fatal(err)
		}
		door := httptest.NewServer(s)
		defer door.Close()
		_, body, err := get(t, door.URL+"/metrics", "")
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	if body := metrics(nil); strings.Contains(body, "countersign_surveillance_") {
		t.Errorf("a node that keeps no labels tells of them:\n%s", body)
	}
	body := metrics(&surveillance.Stats{Labels: 9, Concerns: 8, Due: 7, Waiting: 6, NextWake: "2021-03-15", Judged: 5, Failed: 4, Appended: 3, Position: 2})
	for what, want := range map[string]string{
		"labels": "9", "concerns": "8", "due": "7", "waiting": "6", "judged_total": "5", "failures_total": "4", "events_total": "3", "position": "2",
		"next_wake_timestamp_seconds": "1.6157664e+09",
	} {
		if !strings.Contains(body, "\ncountersign_surveillance_"+what+" "+want+"\n") {
			t.Errorf("%s: want %s in:\n%s", what, want, body)
		}
	}
	if body := metrics(&surveillance.Stats{Labels: 9}); strings.Contains(body, "countersign_surveillance_next_wake") {
		t.Error("there is no next day, and one is told")
	}
}
