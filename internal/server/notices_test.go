package server_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/internal/server"
)

func TestNoticeMetrics(t *testing.T) {
	s, err := server.New(server.Options{Node: newFakeNode(), Accounts: fakeAccounts{}})
	if err != nil {
		t.Fatal(err)
	}
	door := httptest.NewServer(s)
	defer door.Close()
	_, body, err := get(t, door.URL+"/metrics", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"countersign_notice_watches 3\n", "countersign_notice_due 2\n", "countersign_notice_dead 1\n", "countersign_notice_oldest_due_timestamp_seconds 1.7e+09\n",
	} {
		if !strings.Contains(body, "\n"+line) {
			t.Errorf("no %q in:\n%s", line, body)
		}
	}
}
