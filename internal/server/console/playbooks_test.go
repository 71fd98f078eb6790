package console_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"countersign.dev/internal/access"
)

// visitNode is a browser without scripts at a node's door.
type visitNode struct {
	t      *testing.T
	root   string
	client *http.Client
	token  string // of the forms of the last page
}

func (v *visitNode) ask(method, path string, form url.Values) (*html.Node, string) {
	v.t.Helper()
	if form != nil {
		form.Set("csrf", v.token)
	}
	req, err := http.NewRequest(method, v.root+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	root, err := html.Parse(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if res.StatusCode >= http.StatusInternalServerError {
		v.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, text(root))
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && attributeOf(n, "name") == "csrf" {
			v.token = attributeOf(n, "value")
		}
	}
	return root, res.Request.URL.Path
}

func attributeOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// A run is started, acted in and ended by the forms of the pages.
func TestPlaybookPages(t *testing.T) {
	n, root := serve(t, false)
	for _, err := range []error{
		n.Access.CreateOrganisation(t.Context(), access.Operator, access.Organisation{ID: "acme", Name: "Acme"}),
		n.Access.CreateMember(t.Context(), access.Operator, access.NewMember{Name: "ann", Organisation: "acme", Role: access.RoleAnalyst, Password: "a password that is long"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitNode{t: t, root: root, client: &http.Client{Jar: jar}}
	says := func(page *html.Node, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(text(page), w) {
				t.Errorf("the page does not say %q: %s", w, text(page))
			}
		}
	}
	v.ask(http.MethodPost, "/login", url.Values{"member": {"ann"}, "password": {"a password that is long"}})
	page, _ := v.ask(http.MethodGet, "/playbooks", nil)
	says(page, "Federal incident response", "Federal vulnerability response")
	const id = "playbook--91e18cc1-396e-5063-bba7-5e0da03290d6"
	page, _ = v.ask(http.MethodGet, "/playbooks/"+id, nil)
	says(page, "How it goes", "Find the affected systems", "Take it off the network", "If it is isolate", "within 14 days", "Cve")
	start := url.Values{"playbook": {id}, "organisation": {"acme"}}
	page, _ = v.ask(http.MethodPost, "/playbooks/run", start)
	says(page, "__cve__ must be given")
	start.Set("set __cve__", "CVE-2021-26855")
	page, at := v.ask(http.MethodPost, "/playbooks/run", start)
	run, ok := strings.CutPrefix(at, "/runs/")
	if !ok {
		t.Fatalf("after the start: %s %s", at, text(page))
	}
	says(page, "To be done now", "See that the response can begin", "How far it has come")
	act := func(task, verb string, more ...string) *html.Node {
		t.Helper()
		form := url.Values{"run": {run}, "task": {task}, "verb": {verb}}
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		page, _ := v.ask(http.MethodPost, "/runs/act", form)
		return page
	}
	says(act("4", "failed"), "Say why it failed")
	says(act("4", "done"), "Take in what is known")
	says(act("6", "done"), "give its value")
	says(act("6", "done", "set __exploited__", "false"), "Leave it to the usual management")
	page = act("0", "cancel", "note", "a drill")
	says(page, "Cancelled", "A drill", "given up")
	page, _ = v.ask(http.MethodGet, "/playbooks", nil)
	says(page, "Cancelled")
}
