package server_test

import (
	"net/http"
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

// TestFeedThatIsHeld sends nothing to a feed reader that has it already.
func TestFeedThatIsHeld(t *testing.T) {
	s, err := server.New(server.Options{Node: newFakeNode(), Accounts: fakeAccounts{}})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/feeds/changes.atom", nil)
		r.Header.Set("Authorization", "Bearer cst_reader")
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	first := ask("")
	tag := first.Header().Get("Etag")
	if first.Code != http.StatusOK || tag == "" || first.Body.Len() == 0 {
		t.Fatalf("%d, tag %q", first.Code, tag)
	}
	if again := ask(tag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("asked again: %d, %d bytes", again.Code, again.Body.Len())
	}
	if other := ask(`"other"`); other.Code != http.StatusOK || other.Body.String() != first.Body.String() {
		t.Errorf("with another tag: %d", other.Code)
	}
}
