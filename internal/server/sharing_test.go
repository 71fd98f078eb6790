package server_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server"
)

// anyMember lets in "cst_ORGANISATION" as an analyst of it.
type anyMember struct{ fakeAccounts }

func (anyMember) ReaderOfToken(_ context.Context, secret string) (access.Reader, error) {
	of := strings.TrimPrefix(secret, "cst_")
	return access.Reader{Member: "of-" + of, Organisations: []string{of}, Roles: map[string]access.Role{of: access.RoleAnalyst}}, nil
}

// What one organisation shares, its community sees by the API, and for others
// there is nothing of it anywhere.
func TestSharingAPI(t *testing.T) {
	n, err := node.Open(t.Context(), node.Options{Data: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if report, err := n.ImportDemo(t.Context()); err != nil || len(report.Failed) > 0 {
		t.Fatalf("import the demonstration: %v, %q", err, report.Failed)
	}
	s, err := server.New(server.Options{Node: n, Accounts: anyMember{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(as, method, path, body string, status int) string {
		t.Helper()
		r := httptest.NewRequest(method, "/api/v1/sharing"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer cst_"+as)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%s %s as %s: %d, want %d\n%s", method, path, as, w.Code, status, w.Body)
		}
		return w.Body.String()
	}
	const id = "indicator--0e1fc1a8-5f5c-4a0e-9a3b-1d2f5a6b7c81"
	object := `{"type":"indicator","spec_version":"2.1","id":"` + id + `","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"Winter beacon","pattern":"[domain-name:value = 'winter-beacon.example']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}`
	if got := ask("harbours", "POST", "/agencies/threats", object, 202); !strings.Contains(got, `"status":"complete"`) || !strings.Contains(got, `"failures":[]`) {
		t.Errorf("shared: %s", got)
	}
	ask("demo", "POST", "/agencies/threats", object, 404)
	ask("harbours", "POST", "/agencies/threats", "{", 400)

	of := "/objects/" + id
	search := "/search?q=winter-beacon%5B.%5Dexample"
	if got := ask("records", "GET", search, "", 200); !strings.Contains(got, id) {
		t.Errorf("a member does not find it: %s", got)
	}
	if got := ask("records", "GET", of, "", 200); !strings.Contains(got, object) {
		t.Errorf("not byte for byte: %s", got)
	}
	ask("records", "GET", of+"/graph", "", 200)
	ask("records", "GET", of+"/timeline", "", 200)
	ask("records", "GET", of+"/recipients", "", 404)
	if got := ask("harbours", "GET", of+"/recipients", "", 200); !strings.Contains(got, `"member":"of-records"`) || !strings.Contains(got, `"way":"api"`) {
		t.Errorf("who was given it: %s", got)
	}
	for _, path := range []string{of, of + "/graph", of + "/timeline", of + "/recipients"} {
		ask("demo", "GET", path, "", 404)
	}
	for _, path := range []string{search, "/search?q=beacon", "/visible", "/collections"} {
		got := ask("demo", "GET", path, "", 200)
		for _, trace := range []string{id, "Winter", "harbours", `"agencies"`} {
			if strings.Contains(got, trace) {
				t.Errorf("%s tells a stranger of %s", path, trace)
			}
		}
	}
}
