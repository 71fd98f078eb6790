package server_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server"
	"countersign.dev/internal/software"
	"countersign.dev/internal/software/cyclonedx"
	"countersign.dev/internal/software/spdx"
)

// released is a node with the demonstration's releases and advisories, and a
// server in front of it.
type released struct {
	node   *node.Node
	server *server.Server
	token  string
	now    time.Time
	d      *description
}

func newReleased(t testing.TB) *released {
	t.Helper()
	r := &released{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return r.now }
	n, err := node.Open(t.Context(), node.Options{Data: t.TempDir(), Now: now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	report, err := n.ImportDemo(t.Context())
	if err != nil || len(report.Failed) > 0 {
		t.Fatalf("%v: %v", err, report)
	}
	s, err := server.New(server.Options{Node: n, Accounts: n.Access, Log: slog.New(slog.DiscardHandler), Clock: now, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	r.node, r.server, r.token = n, s, firstToken(t, n)
	return r
}

// ask sends a request and holds its answer against the API's description.
func (r *released) ask(t *testing.T, id, method, target, body string, status int, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	if r.d == nil {
		r.d = readDescription(t)
	}
	q := httptest.NewRequest(method, target, strings.NewReader(body))
	q.Header.Set("Authorization", "Bearer "+r.token)
	q.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, q)
	if w.Code != status {
		t.Fatalf("%s %s: %d, want %d\n%s", method, target, w.Code, status, w.Body)
	}
	r.d.hold(t, r.d.operation(t, id), w)
	return w
}

const portal = "pkg:generic/northfield/agency-portal@3.2.1"

// TestRealSoftware asks of real releases what the door lets ask.
func TestRealSoftware(t *testing.T) {
	r := newReleased(t)
	var found node.Impact
	if err := json.Unmarshal(r.ask(t, "impact", "GET", "/api/v1/impact?subject=CVE-2021-44228", "", 200).Body.Bytes(), &found); err != nil {
		t.Fatal(err)
	}
	if found.Total == 0 || found.Affected == 0 || len(found.Releases[0].Components) == 0 {
		t.Errorf("nobody is concerned: %+v", found)
	}
	sarif := r.ask(t, "check", "GET", "/api/v1/check?purpose=operate&subject="+portal, "", 200, "Accept", "application/sarif+json").Body.String()
	if !strings.Contains(sarif, "CVE-2021-44228") {
		t.Error("SARIF has no CVE-2021-44228")
	}
	bill, err := os.ReadFile("../../demo/software/agency-portal-3.2.1.cdx.json")
	if err != nil {
		t.Fatal(err)
	}
	before, err := r.node.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := r.ask(t, "check-file", "POST", "/api/v1/check/file?name=sbom.json&purpose=operate&at=2026-11-23", string(bill), 200)
	if !strings.Contains(w.Body.String(), `"verdict":"deny"`) {
		t.Errorf("Log4Shell is let through: %.300s", w.Body)
	}
	w = r.ask(t, "check-file", "POST", "/api/v1/check/file?name=sbom.json", string(bill), 200, "Accept", "application/sarif+json")
	if !strings.Contains(w.Body.String(), `"startLine"`) {
		t.Error("the findings have no place in the file")
	}
	after, err := r.node.Head(t.Context())
	if err != nil || after.Position != before.Position {
		t.Errorf("checking files took the ledger from %d to %d: %v", before.Position, after.Position, err)
	}
	q := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	q.Header.Set("Authorization", "Bearer "+r.token)
	w = httptest.NewRecorder()
	r.server.ServeHTTP(w, q)
	for _, name := range []string{"countersign_releases", "countersign_releases_exploited", "countersign_findings_exploited"} {
		if text := w.Body.String(); !strings.Contains(text, "\n"+name+" ") || strings.Contains(text, "\n"+name+" 0\n") {
			t.Errorf("the metrics have none of %s", name)
		}
	}
	r.said(t)
}

// said has an analyst silence Log4Shell, and looks who sees it.
func (r *released) said(t *testing.T) {
	t.Helper()
	ask := func(id, method, target, body string, status int) string {
		return r.ask(t, id, method, target, body, status).Body.String()
	}
	ask("vex-export", "GET", "/api/v1/vex/export?release="+portal, "", 404)
	body := `{"weakness":"CVE-2021-44228","release":"` + portal + `","status":"not_affected","justification":"vulnerable_code_not_in_execute_path"}`
	if said := ask("assert", "POST", "/api/v1/vex", body, 201); !strings.Contains(said, `"audience":"org:home"`) {
		t.Errorf("said to others than the organisation: %s", said)
	}
	if all := ask("vex", "GET", "/api/v1/vex?release="+portal, "", 200); !strings.Contains(all, `"by":"root"`) {
		t.Errorf("what was said: %s", all)
	}
	for form, part := range map[string]string{"openvex": "openvex.dev/ns", "csaf": "csaf_version"} {
		if text := ask("vex-export", "GET", "/api/v1/vex/export?form="+form, "", 200); !strings.Contains(text, part) {
			t.Errorf("%s: %s", form, text)
		}
	}
	if text := ask("vex-export", "GET", "/api/v1/vex/export?signed=true", "", 200); !strings.Contains(text, `"payloadType":"application/vnd.openvex+json"`) {
		t.Errorf("signed: %s", text)
	}
}

// TestRealBills exports the bill of each release in each form: our readers read
// it back, with all its components and relations, and the findings as
// weaknesses.
func TestRealBills(t *testing.T) {
	r := newReleased(t)
	weak := 0
	for _, release := range []string{portal, "pkg:generic/northfield/agency-portal@3.3.0", "payroll-suite 5.4.0", "vx200-firmware 2.4.0"} {
		d, err := r.node.Show(t.Context(), operatorAsk, release)
		if err != nil || d.Software == nil {
			t.Fatalf("%s: %v", release, err)
		}
		target := "/api/v1/bom?subject=" + strings.ReplaceAll(release, " ", "+")
		cdx, err := cyclonedx.Read(t.Context(), r.ask(t, "bom", "GET", target, "", 200).Body.Bytes(), cyclonedx.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", release, err)
		}
		sp, err := spdx.Read(t.Context(), r.ask(t, "bom", "GET", target+"&format=spdx", "", 200).Body.Bytes(), spdx.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", release, err)
		}
		held := d.Software.Bill
		nested := 0 // SPDX 2 has a relation for it
		for i := range held.Components {
			if held.Components[i].Parent >= 0 {
				nested++
			}
		}
		for form, b := range map[string]*software.Bill{"cyclonedx": cdx, "spdx": sp} {
			relations := len(held.Edges)
			if form == "spdx" {
				relations += nested
			}
			if len(b.Components) != len(held.Components) || len(b.Edges) != relations || len(b.Broken) > 0 {
				t.Errorf("%s as %s: %d components, %d relations, broken %v; want %d and %d", release, form, len(b.Components), len(b.Edges), b.Broken, len(held.Components), relations)
			}
			if b.ID == held.ID {
				t.Errorf("%s as %s has the id of the document it was made from", release, form)
			}
		}
		if len(cdx.Weaknesses) != len(d.Software.Findings) {
			t.Errorf("%s: %d weaknesses for %d findings", release, len(cdx.Weaknesses), len(d.Software.Findings))
		}
		refs := map[string]bool{}
		for i := range cdx.Components {
			refs[cdx.Components[i].Ref] = true
		}
		for i := range cdx.Weaknesses {
			weak++
			for _, a := range cdx.Weaknesses[i].Affects {
				if !refs[a.Ref] {
					t.Errorf("%s: %s affects %s, which is no component", release, cdx.Weaknesses[i].ID, a.Ref)
				}
			}
			if len(cdx.Weaknesses[i].Affects) == 0 {
				t.Errorf("%s: %s affects nothing", release, cdx.Weaknesses[i].ID)
			}
		}
	}
	if weak == 0 {
		t.Error("no release has a finding: the test tests nothing")
	}
	r.ask(t, "bom", "GET", "/api/v1/bom?subject=pkg:npm/no-such@1", "", http.StatusNotFound)
	if w := r.ask(t, "bom", "GET", "/api/v1/bom?subject=agency-portal", "", http.StatusBadRequest); !bytes.Contains(w.Body.Bytes(), []byte("may mean")) {
		t.Errorf("a name of two releases: %s", w.Body)
	}
}

// operatorAsk asks about now, and sees everything.
var operatorAsk = access.Ask{Reader: access.Operator, At: access.At{Position: access.Now}}
