package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/server"
)

// builder is a build system with a key, which sends the requests of the clients
// that there are for Dependency-Track, over a real connection.
type builder struct {
	*testing.T
	base, key string
}

// send sends a request as these clients do and decodes the answer into out.
func (b *builder) send(method, path, contentType string, body io.Reader, status int, out any) http.Header {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, b.base+path, body)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("X-Api-Key", b.key)
	r.Header.Set("Accept", "application/json")
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		b.Fatalf("%s %s: %d, want %d, %v\n%s", method, path, answer.StatusCode, status, err, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			b.Fatalf("%s %s: %v\n%s", method, path, err, text)
		}
	}
	return answer.Header
}

func (b *builder) get(path string, out any) http.Header {
	b.Helper()
	return b.send(http.MethodGet, path, "", nil, http.StatusOK, out)
}

// put hands a bill in as the action for GitHub does.
func (b *builder) put(fields map[string]any, bill []byte, status int) string {
	b.Helper()
	fields["bom"] = base64.StdEncoding.EncodeToString(bill)
	text, err := json.Marshal(fields)
	if err != nil {
		b.Fatal(err)
	}
	var answer struct{ Token string }
	b.send(http.MethodPut, "/api/v1/bom", "application/json", bytes.NewReader(text), status, &answer)
	return answer.Token
}

// post hands a bill in as the plugin for Jenkins does.
func (b *builder) post(fields map[string]string, bill []byte) string {
	b.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.WriteField("bom", string(bill)); err != nil {
		b.Fatal(err)
	}
	w.Close()
	var answer struct{ Token string }
	b.send(http.MethodPost, "/api/v1/bom", w.FormDataContentType(), &form, http.StatusOK, &answer)
	return answer.Token
}

// theirProject, theirFinding and theirMetrics are what clients read.
type theirProject struct {
	UUID, Name, Version, LastBomImportFormat string
	Active, IsLatest                         bool
	LastBomImport                            int64
	Tags                                     []struct{ Name string }
	Parent                                   *struct{ Name, Version string }
}

type theirFinding struct {
	Component struct {
		UUID, Name, Version, PURL, Project string
	}
	Vulnerability struct {
		Source, VulnID, Severity string
		SeverityRank             int
		Aliases                  []map[string]string
		EPSSScore                float64
		KnownExploited           bool
	}
	Analysis struct {
		State        string
		IsSuppressed bool
	}
	Matrix string
}

type theirMetrics struct {
	Critical, High, Vulnerabilities, Components, Suppressed, PolicyViolationsFail, PolicyViolationsTotal int
	InheritedRiskScore                                                                                   float64
}

// wait polls until a bill is worked on, as clients do that want the findings.
func (b *builder) wait(token string) {
	b.Helper()
	for _, path := range []string{"/api/v1/event/token/", "/api/v1/bom/token/"} {
		var state struct{ Processing *bool }
		if b.get(path+token, &state); state.Processing == nil || *state.Processing {
			b.Fatalf("%s%s: still at it", path, token)
		}
	}
}

func (b *builder) lookup(name, version string) theirProject {
	b.Helper()
	var p theirProject
	b.get("/api/v1/project/lookup?"+url.Values{"name": {name}, "version": {version}}.Encode(), &p)
	return p
}

func newBuilder(t *testing.T) (*builder, *released) {
	t.Helper()
	r := newReleased(t)
	door := httptest.NewServer(r.server)
	t.Cleanup(door.Close)
	return &builder{t, door.URL, r.token}, r
}

func demoBill(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../demo/software/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestJenkins is what the plugin for Jenkins does in its synchronous mode.
func TestJenkins(t *testing.T) {
	b, _ := newBuilder(t)
	var about struct{ Version string }
	b.get("/api/version", &about)
	var team struct{ Permissions []struct{ Name string } }
	b.get("/api/v1/team/self", &team)
	if !strings.HasPrefix(about.Version, "4.") || !strings.Contains(fmt.Sprint(team), "BOM_UPLOAD") {
		t.Errorf("version %s, team %v", about.Version, team)
	}
	token := b.post(map[string]string{"projectName": "portal-ci", "projectVersion": "main", "autoCreate": "true", "parentName": "suite", "parentVersion": "1", "isLatest": "true"}, demoBill(t, "agency-portal-3.2.1.cdx.json"))
	b.wait(token)
	p := b.lookup("portal-ci", "main")
	if p.UUID == "" || p.Name != "portal-ci" || p.Version != "main" || !p.IsLatest || !p.Active || p.Parent == nil || p.Parent.Name != "suite" || p.LastBomImport == 0 || p.LastBomImportFormat != "CycloneDX 1.5" {
		t.Errorf("the project is %+v", p)
	}
	var found []theirFinding
	b.get("/api/v1/finding/project/"+p.UUID, &found)
	log4shell := false
	for _, f := range found {
		ids := fmt.Sprint(f.Vulnerability.VulnID, f.Vulnerability.Aliases)
		if strings.Contains(ids, "CVE-2021-44228") {
			log4shell = true
			if f.Vulnerability.Severity != "CRITICAL" || f.Vulnerability.SeverityRank != 0 || !f.Vulnerability.KnownExploited || !strings.HasPrefix(f.Component.PURL, "pkg:maven/org.apache.logging.log4j/log4j-core@") {
				t.Errorf("Log4Shell is %+v", f)
			}
			if f.Component.Project != p.UUID || !strings.HasPrefix(f.Matrix, p.UUID+":"+f.Component.UUID+":") {
				t.Errorf("matrix %s of project %s", f.Matrix, p.UUID)
			}
		}
	}
	if !log4shell {
		t.Errorf("no Log4Shell in %d findings", len(found))
	}
	var violations []struct {
		Type            string
		PolicyCondition struct {
			Policy struct{ Name, ViolationState string }
		}
		Component struct{ Name string }
	}
	b.get("/api/v1/violation/project/"+p.UUID, &violations)
	if !strings.Contains(fmt.Sprint(violations), "SECURITY {{us-federal-software") || !strings.Contains(fmt.Sprint(violations), "FAIL") {
		t.Errorf("violations: %v", violations)
	}
	var m theirMetrics
	b.get("/api/v1/metrics/project/"+p.UUID+"/current", &m)
	if m.Critical == 0 || m.Vulnerabilities != len(found) || m.Components == 0 || m.PolicyViolationsFail == 0 || m.PolicyViolationsTotal != len(violations) || m.InheritedRiskScore < 10 {
		t.Errorf("metrics of %d findings: %+v", len(found), m)
	}
	var bill struct {
		BomFormat       string
		Vulnerabilities []struct{ ID string }
	}
	b.get("/api/v1/bom/cyclonedx/project/"+p.UUID+"?format=json&variant=withVulnerabilities", &bill)
	if bill.BomFormat != "CycloneDX" || len(bill.Vulnerabilities) != len(found) {
		t.Errorf("the bill has %d vulnerabilities for %d findings", len(bill.Vulnerabilities), len(found))
	}
}

// TestNextBuild hands in the next release under the same project, by its id, as
// a pipeline does that was configured once: the project stays and is about the
// new release, while the old one can still be asked for.
func TestNextBuild(t *testing.T) {
	b, r := newBuilder(t)
	b.put(map[string]any{"projectName": "portal-ci", "projectVersion": "main", "autoCreate": true, "projectTags": []map[string]string{{"name": "web"}}}, demoBill(t, "agency-portal-3.2.1.cdx.json"), 200)
	first := b.lookup("portal-ci", "main")
	var before, after []theirFinding
	b.get("/api/v1/finding/project/"+first.UUID, &before)
	operator := access.Ask{Reader: access.Operator}
	head, err := r.node.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.put(map[string]any{"project": first.UUID}, demoBill(t, "agency-portal-3.2.1.cdx.json"), 200)
	again, err := r.node.List(t.Context(), operator, ledger.Filter{After: head.Position})
	if err != nil || len(again) != 1 || again[0].Kind != "software.project" || again[0].Actor != "root" {
		t.Errorf("the same bill again is %+v, %v; want that it was handed in, and not the bill", again, err)
	}
	r.now = r.now.Add(time.Hour)
	b.put(map[string]any{"project": first.UUID}, demoBill(t, "agency-portal-3.3.0.cdx.json"), 200)
	r.now = r.now.Add(time.Hour)
	b.send(http.MethodPatch, "/api/v1/project/"+first.UUID, "application/json", strings.NewReader(`{"tags":[{"name":"shop"}],"isLatest":true}`), http.StatusOK, nil)
	b.send(http.MethodPatch, "/api/v1/project/"+first.UUID, "application/json", strings.NewReader(`{"tags":[{"name":"shop"}]}`), http.StatusNotModified, nil)
	second := b.lookup("portal-ci", "main")
	if handed := time.UnixMilli(second.LastBomImport); !handed.Equal(r.now.Add(-time.Hour)) {
		t.Errorf("handed in at %v", handed)
	}
	if second.UUID != first.UUID || fmt.Sprint(second.Tags) != "[{shop}]" || !second.IsLatest {
		t.Errorf("the project was %+v and is %+v", first, second)
	}
	b.get("/api/v1/finding/project/"+first.UUID, &after)
	if len(after) >= len(before) {
		t.Errorf("%d findings before the release that mends, %d after", len(before), len(after))
	}
	b.get(fmt.Sprintf("/api/v1/finding/project/%s?position=%d", first.UUID, head.Position), &after)
	if len(after) != len(before) {
		t.Errorf("%d findings as of the first upload; then it was %d", len(after), len(before))
	}
	b.put(map[string]any{"project": first.UUID}, demoBill(t, "agency-portal-3.2.1.cdx.json"), 200)
	if b.get("/api/v1/finding/project/"+first.UUID, &after); len(after) != len(before) {
		t.Errorf("back at the old release there are %d findings; there were %d", len(after), len(before))
	}
	d, err := r.node.Show(t.Context(), operator, "portal-ci@main")
	if err != nil || d.Subject.ID != portal {
		t.Errorf("by the project's name is found %+v, %v", d.Subject, err)
	}
}

// nameless is a bill that does not say of what it is.
const nameless = `{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,%s"components":[{"type":"library","name":"log4j-core","version":"2.14.1","purl":"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}]}`

// TestNamedByProject: the project's name counts where the bill has none.
func TestNamedByProject(t *testing.T) {
	b, r := newBuilder(t)
	for _, tt := range []struct{ metadata, release string }{
		{"", "pkg:generic/shop@7"},
		{`"metadata":{"component":{"type":"application","name":"till"}},`, "pkg:generic/till@7"},
		{`"metadata":{"component":{"type":"application","name":"till","version":"8"}},`, "pkg:generic/till@8"},
		{`"metadata":{"component":{"type":"application","name":"till","purl":"pkg:npm/till"}},`, "pkg:npm/till@7"},
	} {
		b.put(map[string]any{"projectName": "shop", "projectVersion": "7", "autoCreate": true}, fmt.Appendf(nil, nameless, tt.metadata), 200)
		p := b.lookup("shop", "7")
		held, err := r.node.Project(t.Context(), access.Ask{Reader: access.Operator}, p.UUID)
		if err != nil || held.Release != tt.release {
			t.Errorf("%s: is release %+v, want %s, %v", tt.metadata, held, tt.release, err)
		}
		var found []theirFinding
		if b.get("/api/v1/finding/project/"+p.UUID, &found); len(found) == 0 {
			t.Errorf("%s: nothing is found", tt.metadata)
		}
	}
}

// TestOtherProjects: a release whose bill came in otherwise is a project too.
func TestOtherProjects(t *testing.T) {
	b, _ := newBuilder(t)
	p := b.lookup("agency-portal", "3.2.1")
	var same theirProject
	b.get("/api/v1/project/"+p.UUID, &same)
	var found []theirFinding
	b.get("/api/v1/finding/project/"+p.UUID, &found)
	if same.Name != "agency-portal" || len(found) == 0 {
		t.Errorf("%+v with %d findings", same, len(found))
	}
	b.put(map[string]any{"project": p.UUID}, demoBill(t, "agency-portal-3.2.1.cdx.json"), 200)
	if again := b.lookup("agency-portal", "3.2.1"); again.UUID != p.UUID {
		t.Errorf("the project was %s and is %s", p.UUID, again.UUID)
	}
	var page, all []theirProject
	total := b.get("/api/v1/project?limit=500&excludeInactive=true&page=1", &all).Get("X-Total-Count")
	if fmt.Sprint(len(all)) != total || len(all) < 6 {
		t.Errorf("%d projects of %s", len(all), total)
	}
	for i := range all {
		b.get(fmt.Sprintf("/api/v1/project?pageSize=1&pageNumber=%d", i+1), &page)
		if len(page) != 1 || page[0].UUID != all[i].UUID {
			t.Errorf("page %d is %+v, want %+v", i+1, page, all[i])
		}
	}
	if b.get("/api/v1/project?name=agency-portal", &page); len(page) != 2 {
		t.Errorf("%d projects are called agency-portal, want 2", len(page))
	}
	b.send(http.MethodPut, "/api/v1/bom", "application/json", strings.NewReader(`{"projectName":"new","projectVersion":"1","bom":"e30="}`), http.StatusNotFound, nil)
	b.send(http.MethodPut, "/api/v1/bom", "application/json", strings.NewReader(`{"projectName":"new","projectVersion":"1","autoCreate":true,"bom":"e30="}`), http.StatusBadRequest, nil)
}

// TestProjectsAreOnesOwn: what one organisation hands in another does not see,
// in any of the ways to ask; both may call theirs the same.
func TestProjectsAreOnesOwn(t *testing.T) {
	b, r := newBuilder(t)
	other := *b
	other.key = keyOf(t, r, "acme", "eve", access.RoleAnalyst)
	b.put(map[string]any{"projectName": "secret", "projectVersion": "1", "autoCreate": true}, fmt.Appendf(nil, nameless, ""), 200)
	p := b.lookup("secret", "1")
	other.send(http.MethodGet, "/api/v1/project/lookup?name=secret&version=1", "", nil, http.StatusNotFound, nil)
	for _, path := range []string{"/api/v1/project/", "/api/v1/finding/project/", "/api/v1/violation/project/", "/api/v1/bom/cyclonedx/project/"} {
		other.send(http.MethodGet, path+p.UUID, "", nil, http.StatusNotFound, nil)
	}
	other.send(http.MethodPut, "/api/v1/bom", "application/json", strings.NewReader(`{"project":"`+p.UUID+`","bom":"e30="}`), http.StatusNotFound, nil)
	var all []theirProject
	other.get("/api/v1/project", &all)
	if strings.Contains(fmt.Sprint(all), "secret") {
		t.Errorf("another organisation sees %v", all)
	}
	other.put(map[string]any{"projectName": "secret", "projectVersion": "1", "autoCreate": true}, fmt.Appendf(nil, nameless, ""), 200)
	if q := other.lookup("secret", "1"); q.UUID == p.UUID {
		t.Error("two organisations share a project")
	}
	if again := b.lookup("secret", "1"); again.UUID != p.UUID {
		t.Errorf("the project was %s and is %s", p.UUID, again.UUID)
	}
	reader := *b
	reader.key = keyOf(t, r, "home", "rita", access.RoleReader)
	reader.get("/api/v1/finding/project/"+p.UUID, &[]theirFinding{})
	reader.put(map[string]any{"projectName": "secret", "projectVersion": "1", "autoCreate": true}, fmt.Appendf(nil, nameless, ""), http.StatusForbidden)
}

// keyOf is the token of a new member.
func keyOf(t testing.TB, r *released, organisation, name string, role access.Role) string {
	t.Helper()
	if organisation != "home" {
		if err := r.node.Access.CreateOrganisation(t.Context(), access.Operator, access.Organisation{ID: organisation, Name: organisation}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.node.Access.CreateMember(t.Context(), access.Operator, access.NewMember{Name: name, Organisation: organisation, Role: role}); err != nil {
		t.Fatal(err)
	}
	secret, _, err := r.node.Access.CreateToken(t.Context(), access.Operator, name, "test", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return string(secret)
}

// TestUploadLimits: bodies that do not say how long they are are read no further
// than the limit of uploads, in either form.
func TestUploadLimits(t *testing.T) {
	node := newFakeNode()
	s, err := server.New(server.Options{Node: node, Accounts: fakeAccounts{}, Log: slog.New(slog.DiscardHandler), Limits: server.Limits{Body: 100, Upload: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	form := func(bill string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"projectName\"\r\n\r\na\r\n--x\r\nContent-Disposition: form-data; name=\"autoCreate\"\r\n\r\ntrue\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"bom\"\r\n\r\n" + bill + "\r\n--x--\r\n"
	}
	for _, tt := range []struct {
		method, contentType, body string
		status                    int
	}{
		{http.MethodPut, "application/json", `{"projectName":"a","autoCreate":true,"bom":"` + strings.Repeat("YWJj", 50) + `"}`, http.StatusOK},
		{http.MethodPut, "application/json", `{"projectName":"a","autoCreate":true,"bom":"` + strings.Repeat("YWJj", 500) + `"}`, http.StatusRequestEntityTooLarge},
		{http.MethodPost, "multipart/form-data; boundary=x", form(strings.Repeat("a", 200)), http.StatusOK},
		{http.MethodPost, "multipart/form-data; boundary=x", form(strings.Repeat("a", 2000)), http.StatusRequestEntityTooLarge},
	} {
		r := httptest.NewRequest(tt.method, "/api/v1/bom", io.MultiReader(strings.NewReader(tt.body)))
		r.ContentLength = -1
		r.Header.Set("X-Api-Key", "cst_analyst")
		r.Header.Set("Content-Type", tt.contentType)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%s of %d bytes: %d, want %d\n%s", tt.method, len(tt.body), w.Code, tt.status, w.Body)
		}
	}
	want := []string{"a@ by analyst, latest false, tags [], part of { }: 150 bytes", "a@ by analyst, latest false, tags [], part of { }: 200 bytes"}
	if fmt.Sprint(node.imported) != fmt.Sprint(want) {
		t.Errorf("taken in: %q, want %q", node.imported, want)
	}
}
