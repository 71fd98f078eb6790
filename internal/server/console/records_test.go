package console_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/server/console"
)

func TestLists(t *testing.T) {
	d := visitAs(t, newStage(t), analyst).get("/lists", http.StatusOK)
	d.says("[aria-labelledby=programmes]", "Communist Chinese military companies", "US Department of Defense", "ended from 2021-06-03")
	d.says("[aria-labelledby=group-lists]", "us-ofac-sdn", "2021-07-14")
	d.says("[aria-labelledby=group-events]", "events/xiaomi")
	d.says("[aria-labelledby=group-rules]", "policy/us-securities-investment")
	earlier := visitAs(t, newStage(t), analyst).get("/lists?known=2020-01-01", http.StatusOK)
	if got := text(earlier.root); strings.Contains(got, "2021-07-14") {
		t.Error("an edition of 2021 is shown by what was published by 2020")
	}
}

func TestDifferences(t *testing.T) {
	v := visitAs(t, newStage(t), analyst)
	d := v.get("/lists/us-ofac-sdn", http.StatusOK)
	if got := d.attribute("[data-edition='5'] a[href*='from=4']", "href"); got != "/lists/us-ofac-sdn?from=4&to=5#differences" {
		t.Errorf("what changed: %s", got)
	}
	d = v.get("/lists/us-ofac-sdn?from=4&to=5", http.StatusOK)
	d.says(".tabs", "All 62", "Added 60", "Removed 1", "Changed 1")
	if n := d.all("[data-change]"); len(n) != 50 {
		t.Errorf("%d differences on the first page", len(n))
	}
	next := d.attribute("a[rel=next]", "href")
	if next != "/lists/us-ofac-sdn?from=4&page=1&to=5#differences" {
		t.Errorf("the next page: %s", next)
	}
	second := v.get(strings.TrimSuffix(next, "#differences"), http.StatusOK)
	if n := second.all("[data-change]"); len(n) != 12 {
		t.Errorf("%d differences on the second page", len(n))
	}
	second.says("nav[aria-label=Pages]", "51–62 of 62")
	changed := v.get("/lists/us-ofac-sdn?from=4&to=5&kind=changed", http.StatusOK)
	changed.says("[data-change=changed]", "Harbour Bank", "city: Moscow; country: Russia", "city: Minsk; country: Belarus")
	v.get("/lists/us-ofac-sdn?from=4&to=5&page=99", http.StatusOK).says("main", "No such difference.")
	for _, bad := range []string{"from=x&to=5", "from=4", "from=4&to=5&page=-1"} {
		v.get("/lists/us-ofac-sdn?"+bad, http.StatusBadRequest)
	}
}

func TestProgramme(t *testing.T) {
	d := visitAs(t, newStage(t), analyst).get("/programmes/us-dod-1237", http.StatusOK)
	d.says("[aria-labelledby=about]", "US Department of Defense", "Public Law 105-261", "replaced by section 1260H", "ccmc")
	d.says("[aria-labelledby=consequences]", "Purchase of securities", "designated + 60 days at 09:30 in America/New York", "EO 13959 § 1(c)")
}

func TestDocument(t *testing.T) {
	s := newStage(t)
	v := visitAs(t, s, analyst)
	d := v.get("/documents/2?at=2019-01-01&known=2019-01-01", http.StatusOK) // a document is what it is at any moment
	d.says("[aria-labelledby=record]", "events", "events/xiaomi", "2021-01-14", s.Entries[1].Digest, "public")
	d.says("[aria-labelledby=facts]", "listing.event", "Doc. 21")
	d.says("[aria-labelledby=verify] pre", "c2sp.org/tlog-proof@v1", "index 1")
	for name, want := range map[string]string{"data-key": s.key, "data-index": "1", "data-digest": s.Entries[1].Digest, "data-body": "/documents/2/body", "data-log": "/log/"} {
		if got := d.attribute("[data-verify]", name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	s.Entries[1].Withdrawn = "court order"
	d = v.get("/documents/2", http.StatusOK)
	d.says(".note.bad", "withdrawn: court order")
	if n := d.all("a[download][href$='/body']"); len(n) != 0 {
		t.Error("a withdrawn body is offered")
	}
}

// TestDownloads sends bytes of others so that no browser makes a page of them.
func TestDownloads(t *testing.T) {
	s := newStage(t)
	s.Entries[1].Name = "../小米 \"list\".html"
	v := visitAs(t, s, analyst)
	resp := v.fetch("/documents/2/body")
	b, _ := io.ReadAll(resp.Body)
	if !bytes.Equal(b, s.bodies[2]) {
		t.Errorf("the body is %q", b)
	}
	for name, want := range map[string]string{
		"Content-Type":            "application/octet-stream",
		"Content-Disposition":     `attachment; filename="________list_.html"; filename*=UTF-8''%E5%B0%8F%E7%B1%B3%20%22list%22.html`,
		"Content-Security-Policy": "default-src 'none'; sandbox",
		"X-Content-Type-Options":  "nosniff",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	proof := v.fetch("/documents/2/proof")
	if b, _ := io.ReadAll(proof.Body); !strings.HasPrefix(string(b), "c2sp.org/tlog-proof@v1\nindex 1\n") {
		t.Errorf("the proof begins %.60q", b)
	}
}

func TestLedger(t *testing.T) {
	s := newStage(t)
	s.grow(120)
	v := visitAs(t, s, analyst)
	d := v.get("/ledger", http.StatusOK)
	d.says("[aria-labelledby=checkpoint]", "countersign.test/log", "120", s.key)
	if n := d.all("[aria-labelledby=recent] tbody tr"); len(n) != 50 {
		t.Errorf("%d documents on a page", len(n))
	}
	if got := d.attribute("a[rel=next]", "href"); got != "/ledger?before=71" {
		t.Errorf("the next page: %s", got)
	}
	second := v.get("/ledger?before=71", http.StatusOK)
	second.says("[aria-labelledby=recent]", "#70")
	if got := second.attribute("a[rel=prev]", "href"); got != "/ledger" {
		t.Errorf("back: %s", got)
	}
	v.get("/ledger?before=x", http.StatusBadRequest)
}

// upload is a form with these files.
func upload(t *testing.T, v *visit, fields map[string]string, files ...string) *http.Response {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fields["csrf"] = token
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range files {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(part, "content of %s", name)
	}
	w.Close()
	r := httptest.NewRequest(http.MethodPost, "/documents", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return v.do(r)
}

func TestImport(t *testing.T) {
	s := newStage(t)
	v := visitAs(t, s, analyst)
	s.report = &console.ImportReport{
		Editions: []console.ImportedEdition{
			{Source: "us-ofac-sdn", Published: "2023-01-20", Rows: 11442, Position: 9, New: true, Added: 2500, Removed: 34, Changed: 3, Warnings: []string{"sdn.csv:7: no name"}},
			{Source: "events/xiaomi", Rows: 9, Position: 2},
		},
		Failed: []string{"notes.txt: not a known kind of document"},
	}
	resp := upload(t, v, map[string]string{"published": "2023-01-20", "audience": "org:acme", "accept_loss": "1"}, "sdn.csv", "add.csv")
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d", resp.StatusCode)
	}
	d := read(t, "import", resp)
	d.says("#report", "Imported in part")
	d.says("[aria-labelledby=report]", "11 442 rows; 2500 added, 34 removed, 3 changed", "sdn.csv:7: no name", "Held already", "notes.txt: not a known kind")
	if len(s.imported) != 2 || s.imported[0].Name != "sdn.csv" || string(s.imported[1].Bytes) != "content of add.csv" {
		t.Errorf("handed on: %v", s.imported)
	}
	want := console.ImportOptions{Published: "2023-01-20", Audience: access.ForOrganisation("acme"), AcceptLoss: true}
	if !reflect.DeepEqual(s.options, want) {
		t.Errorf("options %+v", s.options)
	}
}

func TestImportRefusals(t *testing.T) {
	s := newStage(t)
	v := visitAs(t, s, analyst)
	tests := []struct {
		fields map[string]string
		files  []string
		fail   error
		status int
		want   string
	}{
		{fields: map[string]string{}, status: http.StatusBadRequest, want: "Choose at least one file."},
		{fields: map[string]string{"published": "soon"}, files: []string{"a"}, status: http.StatusBadRequest, want: "Published: invalid date"},
		{fields: map[string]string{"audience": "everyone"}, files: []string{"a"}, status: http.StatusBadRequest, want: "Audience: invalid audience"},
		{fields: map[string]string{}, files: []string{"a"}, fail: problem.New(problem.Conflict, "drops 31 %% of the list"), status: http.StatusBadRequest, want: "Drops 31 % of the list."},
		{fields: map[string]string{}, files: []string{"a"}, fail: problem.New(problem.Unavailable, "busy"), status: http.StatusServiceUnavailable, want: "Nothing was changed"},
	}
	for _, test := range tests {
		s.failure = test.fail
		resp := upload(t, v, test.fields, test.files...)
		if resp.StatusCode != test.status {
			t.Errorf("%v: status %d, want %d", test.fields, resp.StatusCode, test.status)
		}
		read(t, "import", resp).says("main", test.want)
	}
	s.failure = nil
	outside := visitAs(t, s, reader)
	outside.get("/import", http.StatusForbidden)
	if got := upload(t, outside, map[string]string{}, "a").StatusCode; got != http.StatusForbidden {
		t.Errorf("a reader imports: %d", got)
	}
}

func TestOversizedUpload(t *testing.T) {
	s := newStage(t)
	v := visitAs(t, s, analyst)
	r := httptest.NewRequest(http.MethodPost, "/documents", strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"+strings.Repeat("x", 5000)+"\r\n--b--\r\n"))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 1000)
	if got := v.do(r).StatusCode; got != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", got)
	}
}

// TestFailures shows what is the reader's to know of an error, and tells the
// operator the rest.
func TestFailures(t *testing.T) {
	tests := []struct {
		err     error
		status  int
		heading string
		hidden  bool
	}{
		{problem.New(problem.TooMany, "slow down"), 429, "Too many requests", false},
		{problem.New(problem.Unavailable, "the store is busy"), 503, "Not available now", true},
		{problem.New(problem.Unauthenticated, "who are you"), 401, "Please sign in", false},
		{problem.New(problem.TooLarge, "that is long"), 413, "Too large", false},
		{fmt.Errorf("read page: %w", errPlain), 500, "Something failed here", true},
		{fmt.Errorf("query: %w", context.DeadlineExceeded), 504, "It took too long", true},
	}
	for _, test := range tests {
		s := newStage(t)
		s.failure = test.err
		d := visitAs(t, s, analyst).get("/party?subject=xiaomi", test.status)
		d.says("h1", test.heading)
		d.says("main", "request-1")
		shown := strings.Contains(strings.ToLower(text(d.root)), test.err.Error())
		if shown == test.hidden {
			t.Errorf("%v: shown: %t", test.err, shown)
		}
		if told := len(s.failed) == 1; told != (test.status >= 500) {
			t.Errorf("%v: the operator was told %v", test.err, s.failed)
		}
	}
}

// TestErrorPage is for what the server's door refuses before a page is asked.
func TestErrorPage(t *testing.T) {
	c := newConsole(newStage(t))
	w := httptest.NewRecorder()
	c.Error(w, httptest.NewRequest(http.MethodGet, "/lists", nil), http.StatusTeapot, "")
	if w.Code != http.StatusTeapot {
		t.Errorf("status %d", w.Code)
	}
	d := read(t, "error", w.Result())
	d.says("h1", "I'm a teapot")
	if n := d.all(".note.bad"); len(n) != 0 {
		t.Error("an empty detail is shown")
	}
}

func TestAPIPage(t *testing.T) {
	s := newStage(t)
	d := (&visit{t, newConsoleWithMembers(s), analyst}).get("/api", http.StatusOK)
	d.says("#op-check", "GET", "/api/v1/check", "Answer a question.", "subject", "required", "string (date)", "Xiaomi")
	d.says("#op-check details", "verdict", "one of allow, review, deny", "list of Reason", "2021-03-15", "string or null (date)")
	d.says("#op-import", "POST", "Body: object", "list of string (binary)")
	visitAs(t, s, analyst).get("/api", http.StatusOK).says("main", "not available")
	broken := console.New(s, nil, console.Options{OpenAPI: func() ([]byte, error) { return []byte("{"), nil }})
	(&visit{t, broken, analyst}).get("/api", http.StatusInternalServerError)
}

func TestStaticFiles(t *testing.T) {
	v := visitAs(t, newStage(t), access.Anonymous)
	d := v.get("/", http.StatusOK)
	sheet := d.attribute("link[rel=stylesheet]", "href")
	resp := v.fetch(sheet)
	if got := resp.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("%s: Cache-Control %q", sheet, got)
	}
	b, _ := io.ReadAll(resp.Body)
	// 26 kB did for reading. The forms and the workbench of labels took the rest.
	if len(b) == 0 || len(b) > 30_000 {
		t.Errorf("the stylesheet has %d bytes; it is to stay below 30 kB", len(b))
	}
	module := v.fetch("/static/scripts/verify.js")
	if got := module.Header.Get("Content-Type"); got != "text/javascript; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if got := module.Header.Get("Cache-Control"); got != "public, no-cache" {
		t.Errorf("a module without its digest: Cache-Control %q", got)
	}
	r := httptest.NewRequest(http.MethodGet, "/static/scripts/verify.js", nil)
	r.Header.Set("If-None-Match", module.Header.Get("ETag"))
	if got := v.do(r).StatusCode; got != http.StatusNotModified {
		t.Errorf("asked again: %d", got)
	}
	for _, path := range []string{"/static/", "/static/templates/layout.html", "/static/scripts", "/static/../web/embed.go", "/static/styles/none.css"} {
		if got := v.fetch(path).StatusCode; got != http.StatusNotFound && got != http.StatusMovedPermanently && got != http.StatusTemporaryRedirect {
			t.Errorf("%s: %d", path, got)
		}
	}
}
