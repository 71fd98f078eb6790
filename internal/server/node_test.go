package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server"
)

// The rooms below are what this door needs them to be.
var (
	_ server.Node     = (*node.Node)(nil)
	_ server.Labels   = (*node.Node)(nil)
	_ server.Accounts = (*access.Store)(nil)
)

const northwindEvents = `countersign: events/v1
id: northwind
published: 2026-11-01
party:
  id: northwind
  name: Northwind Holdings
  kind: organisation
listings:
  - programme: us-dod-1237
    id: us-dod-1237:northwind-holdings
    name: Northwind Holdings
    events:
      - {kind: designated, date: 2021-01-14, authority: U.S. Department of Defense, source: "https://www.defense.example/1"}
      - {kind: stayed, date: 2021-03-12, authority: a court, source: "https://court.example/2"}
claims:
  - {issuer: Northwind Holdings, date: 2021-01-15, text: It is not what it is called., source: "https://northwind.example/3", stance: denies}
`

// TestRealNode asks everything of a node with a store, and holds what it
// answers against the API's description: the types are those of other rooms,
// and the description must keep up with them.
func TestRealNode(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
	n, err := node.Open(t.Context(), node.Options{Data: t.TempDir(), Now: now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Options{Node: n, Accounts: n.Access, Log: slog.New(slog.DiscardHandler), Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	token := firstToken(t, n)
	d := readDescription(t)

	ask := func(id, method, target, body string, status int) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		if strings.HasPrefix(body, "{") {
			r.Header.Set("Content-Type", "application/json")
		}
		if strings.HasPrefix(body, "--xyz") {
			r.Header.Set("Content-Type", "multipart/form-data; boundary=xyz")
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != status {
			t.Fatalf("%s %s: %d, want %d\n%s", method, target, w.Code, status, w.Body)
		}
		if id != "" {
			d.hold(t, d.operation(t, id), w)
		}
		return w
	}
	has := func(w *httptest.ResponseRecorder, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(w.Body.String(), part) {
				t.Errorf("no %s in\n%s", part, w.Body)
			}
		}
	}

	has(ask("programmes", "GET", "/api/v1/programmes", "", 200), `"id":"us-dod-1237"`)
	has(ask("import", "POST", "/api/v1/documents?name=northwind.yaml", northwindEvents, 201), `"new":true`)
	ask("import", "POST", "/api/v1/documents?name=northwind.yaml", northwindEvents, 200)
	has(ask("check", "GET", "/api/v1/check?subject=Northwind+Holdings&purpose=invest&at=2021-02-01", "", 200), `"verdict":"review"`, `"changes_on":"2021-03-15"`)
	has(ask("show", "GET", "/api/v1/show?subject=Northwind+Holdings&at=2021-02-01", "", 200), `"status":"listed"`)
	has(ask("search", "GET", "/api/v1/search?q=Northwind", "", 200), `Northwind Holdings`)
	has(ask("check", "GET", "/api/v1/check?subject=Nobody+at+all", "", 200), `"verdict":"review"`)
	has(ask("check", "GET", "/api/v1/check?subject=x&purpose=fly", "", 400), `fly`)
	has(ask("check", "GET", "/api/v1/check?subject=x&position=99999", "", 400), `position`)
	has(ask("screen", "POST", "/api/v1/screen?at=2021-02-01", `{"name":"Northwnid Holdings","why":true}`, 200),
		`"id":"us-dod-1237:northwind`, `"status":"listed"`, `"similarity":{"version":"match/`)
	has(ask("screen", "POST", "/api/v1/screen", `{"name":"Northwind Holdings","lists":["no-such"]}`, 400), `no programme`)
	recorded := ask("screen", "POST", "/api/v1/screen", `{"name":"Northwind Holdings","record":true}`, 200)
	var screening struct{ Recorded string }
	if err := json.Unmarshal(recorded.Body.Bytes(), &screening); err != nil || screening.Recorded == "" {
		t.Fatalf("%v: %s", err, recorded.Body)
	}
	has(ask("replay", "POST", "/api/v1/decisions/"+screening.Recorded+"/replay", "", 200), `"result":"same"`)
	screenedInBatch(t, s, token)
	has(ask("lists", "GET", "/api/v1/lists", "", 200), `"source":`)
	editions := ask("editions", "GET", "/api/v1/lists/events%2Fnorthwind/editions", "", 200)
	has(editions, `"source":"events/northwind"`, `"added":1`)
	var listed struct{ Editions []struct{ Position int64 } }
	if err := json.Unmarshal(editions.Body.Bytes(), &listed); err != nil || len(listed.Editions) != 1 {
		t.Fatalf("%v: %s", err, editions.Body)
	}
	target := fmt.Sprintf("/api/v1/lists/events%%2Fnorthwind/differences?to=%d", listed.Editions[0].Position)
	has(ask("differences", "GET", target, "", 200), `"change":"added"`, `"name":"Northwind Holdings"`)
	has(ask("documents", "GET", "/api/v1/documents?limit=3", "", 200), `"next":3`)
	ask("import", "POST", "/api/v1/documents?name=x.bin", "no such thing", 400)

	ours := strings.ReplaceAll(strings.ReplaceAll(northwindEvents, "northwind", "southwind"), "Northwind", "Southwind")
	form := "--xyz\r\nContent-Disposition: form-data; name=\"audience\"\r\n\r\norg:home\r\n" +
		"--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ours.yaml\"\r\n\r\n" + ours + "\r\n--xyz--\r\n"
	var report node.ImportReport
	if err := json.Unmarshal(ask("import", "POST", "/api/v1/documents", form, 201).Body.Bytes(), &report); err != nil || len(report.Editions) != 1 {
		t.Fatalf("%v: %+v", err, report)
	}
	kept := fmt.Sprintf("/api/v1/documents/%d", report.Editions[0].Position)
	has(ask("document", "GET", kept, "", 200), `"name":"ours.yaml"`, `"audience":"org:home"`)

	made := ask("decide", "POST", "/api/v1/decisions", `{"subject":"Northwind Holdings","purpose":"invest","at":"2021-03-13"}`, 201)
	at := made.Header().Get("Location")
	body := ask("decision", "GET", at, "", 200)
	if !strings.HasSuffix(at, ledger.Digest(body.Body.Bytes())) {
		t.Errorf("the bytes at %s have digest %s", at, ledger.Digest(body.Body.Bytes()))
	}
	has(ask("replay", "POST", at+"/replay", "", 200), `"result":"same"`)
	key, err := note.NewVerifier(strings.TrimSpace(ask("", "GET", "/log/key", "", 200).Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ledger.OpenBundle(ask("decision-bundle", "GET", at+"/bundle", "", 200).Body.Bytes(), key); err != nil {
		t.Errorf("bundle: %v", err)
	}
	if _, err := ledger.ParseProof(ask("document-proof", "GET", "/api/v1/documents/1/proof", "", 200).Body.String()); err != nil {
		t.Errorf("proof: %v", err)
	}
	ask("document", "GET", "/api/v1/documents/1", "", 200)
	ask("document-body", "GET", "/api/v1/documents/1/body", "", 200)
	ask("document", "GET", "/api/v1/documents/99999", "", 404)
	var head node.Head
	if err := json.Unmarshal(ask("ledger-head", "GET", "/api/v1/ledger", "", 200).Body.Bytes(), &head); err != nil {
		t.Fatal(err)
	}
	tile := ask("", "GET", fmt.Sprintf("/log/tile/0/000.p/%d", head.Position), "", 200).Body
	if tile.Len() != int(head.Position)*32 {
		t.Errorf("the tile of %d leaves has %d bytes", head.Position, tile.Len())
	}
	ask("", "GET", fmt.Sprintf("/log/tile/0/000.p/%d", head.Position+1), "", 404)
	if b := ask("", "GET", "/log/checkpoint", "", 200).Body; !bytes.HasPrefix(b.Bytes(), []byte(head.Origin+"\n")) {
		t.Errorf("checkpoint: %s", b)
	}
	has(ask("members", "GET", "/api/v1/members", "", 200), `"name":"root"`)
	has(ask("tokens", "GET", "/api/v1/members/root/tokens", "", 200), `"label":"test"`)
	ask("create-member", "POST", "/api/v1/members", `{"name":"alice","organisation":"home","role":"reader"}`, 204)
	ask("create-member", "POST", "/api/v1/members", `{"name":"alice","organisation":"home","role":"reader"}`, 409)
	ask("grant", "PUT", "/api/v1/members/alice/roles/nowhere", `{"role":"reader"}`, 404)
	ask("disable-member", "POST", "/api/v1/members/root/disable", "", 409)
}

// firstToken makes the first administrator and a token for it.
func firstToken(t testing.TB, n *node.Node) string {
	t.Helper()
	home := access.Organisation{ID: "home", Name: "Home"}
	if err := n.Access.CreateOrganisation(t.Context(), access.Operator, home); err != nil {
		t.Fatal(err)
	}
	root := access.NewMember{Name: "root", Organisation: "home", Role: access.RoleAdministrator}
	if err := n.Access.CreateMember(t.Context(), access.Operator, root); err != nil {
		t.Fatal(err)
	}
	secret, _, err := n.Access.CreateToken(t.Context(), access.Operator, "root", "test", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return string(secret)
}

func (d *description) operation(t *testing.T, id string) *described {
	t.Helper()
	for _, methods := range d.Paths {
		for _, op := range methods {
			if op.OperationID == id {
				return op
			}
		}
	}
	t.Fatalf("no operation %s", id)
	return nil
}

// screenedInBatch sends more rows than are answered at once, over a real
// connection, and reads a line for each.
func screenedInBatch(t *testing.T, s http.Handler, token string) {
	t.Helper()
	door := httptest.NewServer(s)
	defer door.Close()
	rows := strings.Repeat("Nobody At All,\n", 2000) + "Northwind Holdings,company\nX,galaxy\n"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, door.URL+"/api/v1/screen/batch?at=2021-02-01", strings.NewReader("name,type\n"+rows))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "text/csv")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%d %v: %s", answer.StatusCode, err, b)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(lines) != 2002 {
		t.Fatalf("%d lines for 2,002 rows", len(lines))
	}
	for i, want := range map[int]string{0: `"matches":[]`, 2000: `"id":"us-dod-1237:northwind`, 2001: `"error":"body: line 2003: column type`} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %s, without %s", i, lines[i], want)
		}
	}
}
