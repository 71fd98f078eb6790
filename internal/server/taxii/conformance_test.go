package taxii_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/db"
	"countersign.dev/internal/db/dbtest"
	"countersign.dev/internal/server/taxii"
	"countersign.dev/internal/sharing"
)

// TestConformance plays testdata/conformance/*.txt, a file for each section of
// the standard, each against a server of its own on loopback with a real store.
// A file is checks in order, each an exchange:
//
//	== 5.4 what must hold              the section that demands it
//	GET /taxii2/scratch/               request line; {rw} and the like are of names
//	Accept: */*                        headers in place of the usual ones, "Accept: -" for none
//	+ {"objects":[]}                   lines of the body
//	-> 200                             the status that must come back, or several: 403 404
//	Allow: GET                         headers must be so; "~part" must contain part, "!" must be absent
//	| "title"                          the body must contain this
//	! hunter2                          the body must not
//	= next "next":"([^"]+)"            what of the body is {next} from here on
//
// Every answer is held to what the standard says of all of them, see sound.
func TestConformance(t *testing.T) {
	files, err := filepath.Glob("testdata/conformance/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no checks: %v", err)
	}
	dbtest.Run(t, func(t *testing.T, store func(testing.TB) *db.DB) {
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				w := open(t, store(t), sharing.Limits{}, nil)
				vars := []string{}
				for _, c := range readChecks(t, string(text)) {
					t.Run(c.title, func(t *testing.T) { vars = append(vars, c.play(t, w.addr, vars)...) })
				}
			})
		}
	})
}

// check is one exchange and what must hold of it.
type check struct {
	title    string
	line     string
	headers  []string
	body     []string
	statuses []int
	expect   [][2]string
	has      []string
	hasNot   []string
	captures [][2]string
}

func readChecks(t *testing.T, text string) (out []*check) {
	t.Helper()
	var c *check
	for i, line := range strings.Split(text, "\n") {
		switch rest := line[min(len(line), 2):]; {
		case line == "" || strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "== "):
			c = &check{title: line[3:]}
			out = append(out, c)
		case c == nil:
			t.Fatalf("line %d: before the first ==", i+1)
		case c.line == "":
			c.line = line
		case strings.HasPrefix(line, "-> "):
			for _, field := range strings.Fields(line[3:]) {
				status, err := strconv.Atoi(field)
				if err != nil {
					t.Fatalf("line %d: %v", i+1, err)
				}
				c.statuses = append(c.statuses, status)
			}
		case strings.HasPrefix(line, "+ "):
			c.body = append(c.body, rest)
		case strings.HasPrefix(line, "| "):
			c.has = append(c.has, rest)
		case strings.HasPrefix(line, "! "):
			c.hasNot = append(c.hasNot, rest)
		case strings.HasPrefix(line, "= "):
			name, pattern, _ := strings.Cut(rest, " ")
			c.captures = append(c.captures, [2]string{name, pattern})
		case c.statuses == nil:
			c.headers = append(c.headers, line)
		default:
			name, value, _ := strings.Cut(line, ":")
			c.expect = append(c.expect, [2]string{name, strings.TrimSpace(value)})
		}
	}
	return out
}

// usual are the headers of a request that says nothing else.
var usual = []string{"Accept: application/taxii+json;version=2.1", "Authorization: Basic ZGVtbzpkZW1v"}

// request is the check's request as bytes, exactly as written.
func (c *check) request(addr string, vars []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s HTTP/1.1\r\n", c.line)
	defaults := append(usual[:len(usual):len(usual)], "Host: "+addr)
	if strings.HasPrefix(c.line, "POST ") {
		defaults = append(defaults, "Content-Type: application/taxii+json;version=2.1")
	}
	given := map[string]bool{}
	for _, h := range c.headers {
		name, value, _ := strings.Cut(h, ":")
		given[strings.ToLower(name)] = true
		if strings.TrimSpace(value) != "-" {
			b.WriteString(h + "\r\n")
		}
	}
	for _, h := range defaults {
		if name, _, _ := strings.Cut(h, ":"); !given[strings.ToLower(name)] {
			b.WriteString(h + "\r\n")
		}
	}
	body := filled(strings.Join(c.body, "\n"), vars...)
	if body != "" && !given["transfer-encoding"] && !given["content-length"] {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	return filled(b.String(), vars...) + "Connection: close\r\n\r\n" + body
}

func (c *check) play(t *testing.T, addr string, vars []string) (captured []string) {
	request := c.request(addr, vars)
	resp, body := exchange(t, addr, request)
	ok := false
	for _, s := range c.statuses {
		ok = ok || resp.StatusCode == s
	}
	if !ok {
		t.Fatalf("%s: status %d, want %d\n%s", c.line, resp.StatusCode, c.statuses, body)
	}
	sound(t, resp, body)
	for _, x := range c.expect {
		got := strings.Join(resp.Header.Values(x[0]), ", ")
		part, contains := strings.CutPrefix(x[1], "~")
		switch {
		case x[1] == "!":
			if got != "" {
				t.Errorf("%s: %s: %q, want none", c.line, x[0], got)
			}
		case contains && !strings.Contains(got, part), !contains && got != x[1]:
			t.Errorf("%s: %s: %q, want %q", c.line, x[0], got, x[1])
		}
	}
	for _, want := range c.has {
		if want = filled(want, vars...); !strings.Contains(body, want) {
			t.Errorf("%s: no %s in body\n%s", c.line, want, body)
		}
	}
	for _, bad := range c.hasNot {
		if bad = filled(bad, vars...); strings.Contains(body, bad) {
			t.Errorf("%s: %s in body\n%s", c.line, bad, body)
		}
	}
	for _, x := range c.captures {
		m := regexp.MustCompile(x[1]).FindStringSubmatch(body)
		if m == nil {
			t.Fatalf("%s: nothing like %s in body\n%s", c.line, x[1], body)
		}
		captured = append(captured, "{"+x[0]+"}", m[1])
	}
	return captured
}

func exchange(t *testing.T, addr, request string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	go io.WriteString(conn, request) // a server that refuses early may close before all is sent
	line, _, _ := strings.Cut(request, "\r\n")
	fields := strings.Fields(line)
	target, err := url.ParseRequestURI(fields[1])
	if err != nil {
		target = &url.URL{}
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: fields[0], URL: target})
	if err != nil {
		t.Fatalf("no answer to %q: %v", line, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("answer to %q broke off: %v", line, err)
	}
	return resp, string(body)
}

var (
	instantForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`)
	pagedPath   = regexp.MustCompile(`/collections/[^/]+/(manifest/|objects/([^/]+/(versions/)?)?)$`)
)

// sound holds an answer to what the standard says of every one.
func sound(t *testing.T, resp *http.Response, body string) {
	t.Helper()
	r := resp.Request
	bad := func(section, format string, args ...any) {
		t.Helper()
		t.Errorf("%s %s: section %s: %s", r.Method, r.URL, section, fmt.Sprintf(format, args...))
	}
	if got := resp.Header.Get("Content-Type"); got != taxii.MediaType && resp.StatusCode != http.StatusNoContent {
		bad("3.1", "Content-Type %q", got)
	}
	if r.Method == http.MethodHead && body != "" {
		bad("RFC 9110 9.3.2", "HEAD has a body")
	}
	if body != "" && resp.Header.Get("Content-Encoding") == "" {
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &object); err != nil {
			bad("1.6.7", "%v: %s", err, body)
		}
		for name, value := range object {
			if string(value) == "null" || string(value) == "[]" {
				bad("5", "%s is %s, where it is to be left out", name, value)
			}
		}
	}
	if resp.StatusCode >= 400 {
		soundError(t, resp, body)
		return
	}
	if resp.StatusCode != http.StatusOK || r.Method != http.MethodGet && r.Method != http.MethodHead || !pagedPath.MatchString(r.URL.Path) {
		return
	}
	first, last := resp.Header.Get("X-TAXII-Date-Added-First"), resp.Header.Get("X-TAXII-Date-Added-Last")
	if !instantForm.MatchString(first) || !instantForm.MatchString(last) || first > last {
		bad("3.2", "added from %q to %q", first, last)
	}
	if limit, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil && resp.Header.Get("Content-Encoding") == "" && body != "" {
		var page struct{ Objects, Versions []json.RawMessage }
		if err := json.Unmarshal([]byte(body), &page); err != nil || len(page.Objects)+len(page.Versions) > limit {
			bad("3.4", "%d are more than %d (%v)", len(page.Objects)+len(page.Versions), limit, err)
		}
	}
}

// soundError holds an answer to what is said of errors.
func soundError(t *testing.T, resp *http.Response, body string) {
	t.Helper()
	if resp.StatusCode == http.StatusUnauthorized {
		if got := strings.Join(resp.Header.Values("WWW-Authenticate"), ", "); !strings.Contains(got, "Basic realm=") || !strings.Contains(got, "Bearer realm=") {
			t.Errorf("section 1.6.9: WWW-Authenticate %q", got)
		}
	}
	if resp.StatusCode == http.StatusMethodNotAllowed && resp.Header.Get("Allow") == "" {
		t.Error("RFC 9110 15.5.6: 405 without Allow")
	}
	if resp.Request.Method == http.MethodHead {
		return
	}
	var message struct {
		Title  string `json:"title"`
		ID     string `json:"error_id"`
		Status string `json:"http_status"`
	}
	if err := json.Unmarshal([]byte(body), &message); err != nil || message.Title == "" || message.ID == "" || message.Status != strconv.Itoa(resp.StatusCode) {
		t.Errorf("section 3.6.1: status %d with %s (%v)", resp.StatusCode, body, err)
	}
}
