package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label"
	"countersign.dev/internal/node"
	"countersign.dev/internal/node/nodetest"
	"countersign.dev/internal/server"
)

// registryStage is a node with labels behind its whole door, on loopback.
type registryStage struct {
	*nodetest.Labels
	t   testing.TB
	url string
	d   *description
}

func openRegistry(t testing.TB) *registryStage {
	t.Helper()
	l := nodetest.OpenLabels(t)
	s, err := server.New(server.Options{
		Node: l.Node, Accounts: l.Access, Labels: l.Node, Log: slog.New(slog.DiscardHandler), Clock: l.Now, Limits: server.Limits{Anonymous: server.Rate{PerSecond: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return &registryStage{Labels: l, t: t, url: srv.URL}
}

// asked is an answer with its body.
type asked struct {
	*http.Response
	body []byte
}

// ask sends a request as nobody, unless a header says who; headers are names and
// values in turn. It follows no redirect.
func (s *registryStage) ask(method, path string, headers ...string) asked {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return asked{resp, b}
}

// get asks the API and holds the answer against its description.
func (s *registryStage) get(t *testing.T, op, path string, status int, headers ...string) asked {
	t.Helper()
	if s.d == nil {
		s.d = readDescription(t)
	}
	a := s.ask("GET", "/api/v1"+path, headers...)
	if a.StatusCode != status {
		t.Fatalf("%s: %d, want %d\n%s", path, a.StatusCode, status, a.body)
	}
	w := &httptest.ResponseRecorder{Code: a.StatusCode, HeaderMap: a.Header, Body: bytes.NewBuffer(a.body)}
	if status != http.StatusNotModified {
		s.d.hold(t, s.d.operation(t, op), w)
	}
	return a
}

func decode[T any](t *testing.T, b []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return v
}

// TestRegistryAPI asks everything of the public API as a program elsewhere would:
// without credentials.
func TestRegistryAPI(t *testing.T) {
	s := openRegistry(t)
	id := s.Barred()

	a := s.get(t, "label", "/labels/"+id, 200)
	fields := []string{
		"product_name", "manufacturer_name", "authorization_date", "status", "administrator", "laboratory", "default_password",
		"secure_configuration", "updates", "updates_automatic", "support_end", "support", "sbom", "hbom",
	}
	if got := members(t, a.body); strings.Join(got[:len(fields)], " ") != strings.Join(fields, " ") {
		t.Errorf("the common fields do not come first, in their order: %v", got)
	}
	l := decode[server.LabelAnswer](t, a.body)
	if l.Status != "active" || l.Since != "2026-06-15" || l.ProductName != "Northlight Cam 2" || l.ManufacturerName != "Northlight Devices" ||
		l.AuthorizationDate != "2026-03-02" || l.SupportEnd != "2031-04-01" || l.Laboratory == nil || l.AsOf.At != "2026-11-27" || l.AsOf.Position == 0 || !l.SBOM {
		t.Errorf("today: %s", a.body)
	}
	if !strings.HasPrefix(l.Code, "HTTPS://LABELS.EXAMPLE/L/"+id+"/1.") || l.StatusURL != nodetest.Registry+"/labels/"+id || !strings.HasPrefix(l.Document, "sha256:") {
		t.Errorf("code, address and document: %s", a.body)
	}

	// What was so on a day, and what was said on it.
	a = s.get(t, "label", "/labels/"+id+"?at=2026-05-20", 200)
	if l = decode[server.LabelAnswer](t, a.body); l.Status != "suspended" || l.Since != "2026-05-04" || l.Said != nil || len(l.Grounds) != 1 {
		t.Errorf("on 2026-05-20: %s", a.body)
	}
	a = s.get(t, "label", "/labels/"+id+"?at=2026-06-16", 200)
	if l = decode[server.LabelAnswer](t, a.body); l.Status != "active" || l.Said == nil || l.Said.Status != "suspended" {
		t.Errorf("on 2026-06-16, given back a day later from the day before: %s", a.body)
	}
	a = s.get(t, "label", "/labels/"+id+"?at=2026-06-16&known=2026-06-16", 200)
	if l = decode[server.LabelAnswer](t, a.body); l.Status != "suspended" || l.Said != nil || l.AsOf.Known != "2026-06-16" {
		t.Errorf("as was said on 2026-06-16: %s", a.body)
	}
	s.get(t, "label", "/labels/"+id+"?at=2026-03-01", 404)
	s.get(t, "label", "/labels/"+id+"?known=2026-03-01", 404)

	a = s.get(t, "label-history", "/labels/"+id+"/history", 200)
	h := decode[server.LabelHistory](t, a.body)
	var kinds []string
	for i, e := range h.Events {
		kinds = append(kinds, string(e.Kind))
		if i > 0 && e.Previous != h.Events[i-1].Digest {
			t.Errorf("event %d names %s as the one before it", i, e.Previous)
		}
	}
	if strings.Join(kinds, " ") != "issued suspended reinstatement_offered reinstated" {
		t.Errorf("history: %v", kinds)
	}
	if strings.Contains(string(a.body), "Norris") {
		t.Error("the history tells of the application")
	}

	a = s.get(t, "label-proof", "/labels/"+id+"/proof", 200)
	if !strings.HasPrefix(string(a.body), "c2sp.org/tlog-proof@v1\n") {
		t.Errorf("proof: %s", a.body)
	}
	s.get(t, "label-proof", "/labels/"+id+"/proof?event=1", 404) // the application
	a = s.get(t, "label-document", "/labels/"+id+"/document", 200)
	if env, err := dsse.Parse(a.body); err != nil || env.PayloadType != dsse.PayloadInToto {
		t.Errorf("document: %v", err)
	}
}

// members is the names of a JSON object's members, in their order.
func members(t *testing.T, b []byte) (names []string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// TestRegistrySearch: filters, pages, and the moment.
func TestRegistrySearch(t *testing.T) {
	s := openRegistry(t)
	first := s.Given(nil)
	second := s.Given(func(a *label.Application) { a.Product, a.Parties[0].Name = "Porch Lamp", "Lumen & Co" })
	hidden := s.Assessed("", func(a *label.Application) { a.Product = "Secret Lamp" })
	s.Day = "2026-11-27"
	s.Acts(second, node.LabelAct{Kind: label.Suspended, Reason: "sold with other firmware"})
	for query, want := range map[string][]string{
		"":                         {first, second},
		"?q=lamp":                  {second},
		"?q=" + first[:5]:          {first},
		"?q=NL-C2&status=active":   {first},
		"?maker=lumen+%26+co":      {second},
		"?maker=lumen":             {},
		"?status=suspended":        {second},
		"?status=applied":          {},
		"?scheme=iot-mark":         {first, second},
		"?scheme=software":         {},
		"?tier=1":                  {},
		"?at=2026-11-26&q=lamp":    {second},
		"?at=2026-03-01":           {},
		"?known=2026-11-26&q=lamp": {second},
		"?applications=true":       {first, second},
	} {
		page := decode[server.LabelPage](t, s.get(t, "labels", "/labels"+query, 200).body)
		got := map[string]bool{}
		for _, l := range page.Labels {
			got[l.ID] = true
		}
		ok := len(got) == len(want) && len(page.Labels) == len(want) && !got[hidden]
		for _, id := range want {
			ok = ok && got[id]
		}
		if !ok {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	if page := decode[server.LabelPage](t, s.get(t, "labels", "/labels?at=2026-11-26&q=lamp", 200).body); page.Labels[0].Status != "active" {
		t.Errorf("the day before: %+v", page.Labels[0])
	}
	page := decode[server.LabelPage](t, s.get(t, "labels", "/labels?limit=1", 200).body)
	more := decode[server.LabelPage](t, s.get(t, "labels", "/labels?limit=1&after="+page.Next, 200).body)
	if page.Next != page.Labels[0].ID || len(more.Labels) != 1 || more.Next != "" || more.Labels[0].ID == page.Labels[0].ID {
		t.Errorf("pages: %+v, then %+v", page, more)
	}
	for _, wrong := range []string{
		"?status=fine", "?tier=0", "?tier=x", "?after=x", "?limit=0", "?limit=1001", "?at=tomorrow", "?known=2026-02-30", "?q=%00", "?q=%ff",
		"?q=" + strings.Repeat("a", 201), "?nonsense=1", "?q=a&q=b", "?applications=maybe",
	} {
		s.get(t, "labels", "/labels"+wrong, 400)
	}
}

// TestRegistryOpen: other sites' pages may read, and nothing else; what somebody
// has is not sent again.
func TestRegistryOpen(t *testing.T) {
	s := openRegistry(t)
	id := s.Barred()
	for _, path := range []string{"/api/v1/labels", "/api/v1/labels/" + id, "/api/v1/labels/" + id + "/history", "/api/v1/labels/" + id + "/document", "/api/v1/labels/" + id + "/proof"} {
		a := s.ask("GET", path, "Origin", "https://elsewhere.example")
		etag := a.Header.Get("ETag")
		if a.StatusCode != 200 || a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Access-Control-Allow-Credentials") != "" ||
			a.Header.Get("Cache-Control") != "public, max-age=60" || etag == "" {
			t.Errorf("%s: %d %v", path, a.StatusCode, a.Header)
		}
		if b := s.ask("GET", path, "If-None-Match", `"other", `+etag); b.StatusCode != 304 || len(b.body) > 0 || b.Header.Get("ETag") != etag {
			t.Errorf("%s again: %d, %d bytes", path, b.StatusCode, len(b.body))
		}
		if b := s.ask("GET", path, "If-None-Match", `"other"`); b.StatusCode != 200 {
			t.Errorf("%s with another tag: %d", path, b.StatusCode)
		}
		if b := s.ask("HEAD", path); b.StatusCode != 200 || b.Header.Get("ETag") != etag {
			t.Errorf("HEAD %s: %d %v", path, b.StatusCode, b.Header)
		}
		if b := s.ask("OPTIONS", path, "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "POST"); b.StatusCode != 204 || b.Header.Get("Access-Control-Allow-Methods") != "GET, HEAD" {
			t.Errorf("OPTIONS %s: %d %v", path, b.StatusCode, b.Header)
		}
	}
	// The ledger moves on without changing the label; the tag stays.
	before := s.ask("GET", "/api/v1/labels/"+id)
	s.Import("listing-3-vacated.yaml")
	after := s.ask("GET", "/api/v1/labels/"+id)
	if before.Header.Get("ETag") != after.Header.Get("ETag") || bytes.Equal(before.body, after.body) {
		t.Errorf("another document made %s of %s, or the position stayed", after.Header.Get("ETag"), before.Header.Get("ETag"))
	}
	s.Acts(id, node.LabelAct{Kind: label.Suspended, Reason: "sold with other firmware"})
	if now := s.ask("GET", "/api/v1/labels/"+id); now.Header.Get("ETag") == after.Header.Get("ETag") {
		t.Error("the label changed, its tag did not")
	}
	if a := s.ask("POST", "/api/v1/labels"); a.StatusCode != 401 {
		t.Errorf("nobody applies: %d", a.StatusCode)
	}
	if a := s.ask("DELETE", "/api/v1/labels/"+id); a.StatusCode != 401 && a.StatusCode != 405 {
		t.Errorf("nobody deletes: %d", a.StatusCode)
	}
}

// TestRegistryMembers: with a token one sees one's own applications, and nobody
// keeps the answer for others.
func TestRegistryMembers(t *testing.T) {
	s := openRegistry(t)
	ctx := t.Context()
	for _, org := range []string{"northlight", "other"} {
		if err := s.Access.CreateOrganisation(ctx, access.Operator, access.Organisation{ID: org, Name: org}); err != nil {
			t.Fatal(err)
		}
	}
	id := s.Applied(nil)
	token := func(org string) string {
		m := access.NewMember{Name: org + "-maker", Organisation: org, Role: access.RoleMaker}
		if err := s.Access.CreateMember(ctx, access.Operator, m); err != nil {
			t.Fatal(err)
		}
		secret, _, err := s.Access.CreateToken(ctx, access.Operator, m.Name, "test", s.Now().AddDate(1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + string(secret)
	}
	maker, stranger := token("northlight"), token("other")
	a := s.get(t, "label", "/labels/"+id, 200, "Authorization", maker)
	if l := decode[server.LabelAnswer](t, a.body); l.Status != "applied" || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("its maker: %s %v", a.body, a.Header)
	}
	if page := decode[server.LabelPage](t, s.get(t, "labels", "/labels?applications=true", 200, "Authorization", maker).body); len(page.Labels) != 1 {
		t.Errorf("its maker lists %+v", page)
	}
	if page := decode[server.LabelPage](t, s.get(t, "labels", "/labels?applications=true", 200, "Authorization", stranger).body); len(page.Labels) != 0 {
		t.Errorf("a stranger lists %+v", page)
	}
	s.get(t, "label-document", "/labels/"+id+"/document", 404, "Authorization", maker)
	s.get(t, "label", "/labels/"+id, 404, "Authorization", stranger)
	s.get(t, "label", "/labels/"+id, 404)
}

// TestLabelling lets a maker, a laboratory, an assessor and the authority do their
// parts through the API, and nobody another's.
func TestLabelling(t *testing.T) {
	s := openRegistry(t)
	ctx := t.Context()
	token := map[string]string{}
	for _, m := range []access.NewMember{
		// The first is of the organisation that runs the node, and gives labels.
		{Name: "ada", Organisation: "authority", Role: access.RoleAuthority}, {Name: "ann", Organisation: "authority", Role: access.RoleAssessor},
		{Name: "mia", Organisation: "northlight", Role: access.RoleMaker}, {Name: "lou", Organisation: "quayside", Role: access.RoleLaboratory},
		{Name: "rob", Organisation: "northlight", Role: access.RoleReader}, {Name: "sam", Organisation: "other", Role: access.RoleMaker},
	} {
		// Two of them are of one organisation.
		_ = s.Access.CreateOrganisation(ctx, access.Operator, access.Organisation{ID: m.Organisation, Name: m.Organisation})
		if err := s.Access.CreateMember(ctx, access.Operator, m); err != nil {
			t.Fatal(err)
		}
		secret, _, err := s.Access.CreateToken(ctx, access.Operator, m.Name, "test", s.Now().AddDate(1, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		token[m.Name] = "Bearer " + string(secret)
	}
	s.d = readDescription(t)
	post := func(by, op, path, body string, status int) []byte {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/api/v1/labels"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", token[by])
		if strings.HasPrefix(body, "{") {
			r.Header.Set("Content-Type", "application/json")
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != status {
			t.Fatalf("%s posts %s: %d, want %d: %s, %v", by, path, resp.StatusCode, status, b, err)
		}
		s.d.hold(t, s.d.operation(t, op), &httptest.ResponseRecorder{Code: resp.StatusCode, HeaderMap: resp.Header, Body: bytes.NewBuffer(b)})
		return b
	}

	application := s.ApplicationYAML()
	post("sam", "apply-label", "?submit=true", application, 403)
	post("rob", "apply-label", "?submit=true", application, 403)
	post("mia", "apply-label", "", "countersign: application/v1\nnonsense: 1\n", 400)
	draft := decode[server.LabelAnswer](t, post("mia", "apply-label", "", application, 201))
	if draft.Status != "draft" {
		t.Errorf("a draft is %s", draft.Status)
	}
	post("sam", "apply-label", "?submit=true&id="+draft.ID, application, 403)
	l := decode[server.LabelAnswer](t, post("mia", "apply-label", "?submit=true&id="+draft.ID, application, 201))
	if l.ID != draft.ID || l.Status != "applied" {
		t.Errorf("handed in: %+v", l)
	}
	at := "/" + l.ID

	s.get(t, "assessment", "/labels"+at+"/assessment", 401)
	s.get(t, "assessment", "/labels"+at+"/assessment", 404, "Authorization", token["sam"])
	a := decode[server.LabelAssessment](t, s.get(t, "assessment", "/labels"+at+"/assessment", 200, "Authorization", token["mia"]).body)
	if a.Passes || len(a.Failed) == 0 || len(a.Outcomes) < 80 {
		t.Errorf("before anybody judged: %+v", a)
	}
	var found server.LabelJudgements
	for _, control := range a.Failed {
		found.Judgements = append(found.Judgements, server.LabelJudgement{Control: control, Status: "met", Reason: "tested", Evidence: []string{s.Bill()}})
	}
	judgements, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	post("mia", "judge-label", at+"/judgements", string(judgements), 403)
	post("lou", "judge-label", at+"/judgements", `{"judgements":[{"control":"nistir-8425/AI.1","status":"fine"}]}`, 400)
	post("ann", "finish-assessment", at+"/assessment", "", 409)
	if a = decode[server.LabelAssessment](t, post("lou", "judge-label", at+"/judgements", string(judgements), 200)); !a.Passes {
		t.Fatalf("after the laboratory: %v", a.Failed)
	}
	post("mia", "finish-assessment", at+"/assessment", "", 403)
	post("ada", "issue-label", at+"/issue", `{}`, 409)
	post("ann", "finish-assessment", at+"/assessment", "", 200)
	post("mia", "issue-label", at+"/issue", `{}`, 403)
	s.get(t, "label", "/labels"+at, 404)
	if l = decode[server.LabelAnswer](t, post("ada", "issue-label", at+"/issue", `{"reason":"the label was given by hand"}`, 200)); l.Status != "active" || l.Code == "" {
		t.Errorf("given: %+v", l)
	}
	s.get(t, "label", "/labels"+at, 200)

	post("mia", "act-on-label", at+"/acts", `{"kind":"revoked","reason":"x"}`, 403)
	post("ada", "act-on-label", at+"/acts", `{"kind":"suspended","reason":""}`, 400)
	post("ada", "act-on-label", at+"/acts", `{"kind":"issued","reason":"x"}`, 400)
	if l = decode[server.LabelAnswer](t, post("ada", "act-on-label", at+"/acts", `{"kind":"suspended","reason":"sold with other firmware"}`, 200)); l.Status != "suspended" {
		t.Errorf("suspended: %+v", l)
	}
	post("sam", "amend-label", at+"/amendments", `{"support_end":"2033-01-01","reason":"longer"}`, 404)
	if l = decode[server.LabelAnswer](t, post("ada", "amend-label", at+"/amendments", `{"support_end":"2033-01-01","reason":"longer"}`, 200)); l.SupportEnd != "2033-01-01" {
		t.Errorf("amended: %+v", l)
	}
}
