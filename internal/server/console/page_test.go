package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"countersign.dev/internal/access"
	"countersign.dev/internal/server/console"
)

const token = "form-token"

var (
	analyst       = access.Reader{Member: "ada", Organisations: []string{"acme"}, Roles: map[string]access.Role{"acme": access.RoleAnalyst}}
	reader        = access.Reader{Member: "rolf", Organisations: []string{"beta"}, Roles: map[string]access.Role{"beta": access.RoleReader}}
	administrator = access.Reader{Member: "root", Organisations: []string{"acme"}, Roles: map[string]access.Role{"acme": access.RoleAdministrator}}
)

// visit is a console as one member meets it.
type visit struct {
	t       *testing.T
	console *console.Console
	as      access.Reader
}

func visitAs(t *testing.T, s *stage, as access.Reader) *visit {
	t.Helper()
	return &visit{t, newConsole(s), as}
}

func newConsole(s *stage) *console.Console {
	return console.New(s, nil, console.Options{
		Now:    func() time.Time { return now },
		Failed: func(r *http.Request, err error) { s.failed = append(s.failed, err) },
	})
}

func (v *visit) do(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	ctx := console.WithVisitor(r.Context(), console.Visitor{Reader: v.as, Token: token, Session: true, RequestID: "request-1"})
	v.console.ServeHTTP(w, r.WithContext(ctx))
	return w.Result()
}

func (v *visit) fetch(address string) *http.Response {
	return v.do(httptest.NewRequest(http.MethodGet, address, nil))
}

// get asks for a page and wants this status.
func (v *visit) get(address string, status int) *document {
	v.t.Helper()
	resp := v.fetch(address)
	if resp.StatusCode != status {
		v.t.Fatalf("GET %s: status %d, want %d: %s", address, resp.StatusCode, status, read(v.t, address, resp).one("main"))
	}
	return read(v.t, address, resp)
}

// leads asks for a page and wants to be led elsewhere.
func (v *visit) leads(address, to string) {
	v.t.Helper()
	resp := v.fetch(address)
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != to {
		v.t.Errorf("GET %s: status %d to %q, want 303 to %q", address, resp.StatusCode, resp.Header.Get("Location"), to)
	}
}

func (v *visit) post(address string, form url.Values) *http.Response {
	r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

// document is a page, parsed.
type document struct {
	t    *testing.T
	name string
	root *html.Node
}

func read(t *testing.T, name string, resp *http.Response) *document {
	t.Helper()
	root, err := html.Parse(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return &document{t, name, root}
}

func (d *document) all(selector string) []*html.Node {
	d.t.Helper()
	s, err := cascadia.ParseGroup(selector)
	if err != nil {
		d.t.Fatalf("selector %q: %v", selector, err)
	}
	return cascadia.QueryAll(d.root, s)
}

// one is the text of the only element that the selector finds.
func (d *document) one(selector string) string {
	d.t.Helper()
	found := d.all(selector)
	if len(found) != 1 {
		d.t.Errorf("%s: %d of %q, want one", d.name, len(found), selector)
		return ""
	}
	return text(found[0])
}

func (d *document) attribute(selector, name string) string {
	d.t.Helper()
	found := d.all(selector)
	if len(found) == 0 {
		d.t.Errorf("%s: no %q", d.name, selector)
		return ""
	}
	return attribute(found[0], name)
}

// says wants the words in what the selector finds.
func (d *document) says(selector string, words ...string) {
	d.t.Helper()
	var all string
	for _, n := range d.all(selector) {
		all += text(n) + " "
	}
	for _, w := range words {
		if !strings.Contains(all, w) {
			d.t.Errorf("%s: %q says %.500q, want %q in it", d.name, selector, all, w)
		}
	}
}

func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
