package console_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server"
	"countersign.dev/internal/server/console"
)

// serve runs a whole node with the demonstration data behind the real door, and
// returns its address.
func serve(t *testing.T, open bool) (*node.Node, string) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	n, err := node.Open(t.Context(), node.Options{Data: t.TempDir(), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	report, err := n.ImportDemo(t.Context())
	if err != nil || len(report.Failed) > 0 {
		t.Fatalf("import the demonstration: %v, %q", err, report.Failed)
	}
	if err := n.Ledger.SignHead(t.Context()); err != nil {
		t.Fatal(err)
	}
	pages := console.New(n, n.Access, console.Options{
		Failed: func(r *http.Request, err error) { t.Errorf("%s: %v", r.URL, err) },
	})
	s, err := server.New(server.Options{Node: n, Accounts: n.Access, Console: pages, Open: open, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return n, "http://" + listener.Addr().String()
}

// TestWholeNode asks the pages of a real node, through the real door and under
// its policy, and lets the browser verify the real log.
func TestWholeNode(t *testing.T) {
	b := browser(t)
	n, root := serve(t, true)
	p := openTab(t, b, root+"/party?subject=Xiaomi&purpose=invest&at=2021-02-01")
	shown(t, p, "2021-02-01", "Review", "listed")
	for _, day := range []struct{ at, known, verdict, status string }{
		{"2021-03-13", "2026-11-23", "Review", "stayed"},
		{"2021-05-26", "2026-11-23", "Allow", "vacated"},
		{"2021-03-16", "2021-02-01", "Deny", "listed"},
	} {
		p.MustNavigate(root + "/party?subject=Xiaomi&purpose=invest&at=" + day.at + "&known=" + day.known).MustWaitLoad()
		shown(t, p, day.at, day.verdict, day.status)
	}

	p.MustElementR("form[action='/decisions'] button", "^Record this decision$").MustClick()
	p.MustElementR("h2", "^Deny$")
	p.MustElementR("button", "Replay").MustClick()
	p.MustElementR(".note", "Replayed: same")
	digest := strings.TrimPrefix(p.MustEval(`() => location.pathname`).Str(), "/decisions/")
	checkBundle(t, n, root+"/decisions/"+digest+"/bundle")

	for _, page := range []struct{ address, button string }{
		{"/ledger", "newest entry"}, {"/ledger", "whole log"}, {"/documents/1", "this document"},
	} {
		conclusion, steps := verify(t, p, root+page.address, page.button)
		if conclusion != "Verified in this browser." {
			t.Errorf("%s: %s\n%s", page.address, conclusion, steps)
		}
	}
	for _, address := range []string{"/party?subject=Huawei", "/party?subject=SMIC", "/lists", "/lists/events/huawei", "/programmes/us-ofac-ns-cmic", "/openapi"} {
		p := openTab(t, b, root+address, narrow)
		if over := p.MustEval(`() => document.documentElement.scrollWidth - document.documentElement.clientWidth`).Int(); over > 0 {
			t.Errorf("%s is %d px wider than the window", address, over)
		}
		p.MustClose()
	}
}

// checkBundle downloads an exported decision and verifies it with nothing but
// the log's public key.
func checkBundle(t *testing.T, n *node.Node, address string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	bundle, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", address, resp.StatusCode, err)
	}
	key, err := note.NewVerifier(n.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	opened, _, err := ledger.OpenBundle(bundle, key)
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]int{}
	for _, o := range opened {
		roles[o.Role]++
	}
	if roles["decision"] != 1 || roles["policy"] != 1 || roles["evidence"] == 0 {
		t.Errorf("the bundle holds %v", roles)
	}
}

// person is somebody with a browser that keeps cookies and runs no scripts.
type person struct {
	t      *testing.T
	root   string
	client *http.Client
}

func (p *person) get(path string) (*http.Response, *document) {
	p.t.Helper()
	resp, err := p.client.Get(p.root + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp, read(p.t, path, resp)
}

// send fills in the form with this action on the page and sends it.
func (p *person) send(page, action string, fields url.Values) (*http.Response, *document) {
	p.t.Helper()
	_, d := p.get(page)
	filled := url.Values{}
	for _, n := range d.all(`form[action="` + action + `"] input`) {
		filled.Set(attribute(n, "name"), attribute(n, "value"))
	}
	for name, values := range fields {
		filled[name] = values
	}
	resp, err := p.client.PostForm(p.root+action, filled)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp, read(p.t, action, resp)
}

// TestSetUpAndSignIn goes from a new node to a token, by forms alone.
func TestSetUpAndSignIn(t *testing.T) {
	n, root := serve(t, false)
	code, err := n.Access.SetupCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t, root, &http.Client{Jar: jar}}

	resp, d := p.get("/members")
	if resp.Request.URL.Path != "/login" {
		t.Fatalf("a stranger is led to %s", resp.Request.URL)
	}
	d.says("main", "Set up the first administrator")
	const password = "correct horse battery staple"
	_, d = p.send("/setup", "/setup", url.Values{"code": {string(code)}, "organisation": {"acme"}, "member": {"root"}, "password": {password}})
	d.says("[role=status]", "first administrator is set up")
	_, d = p.send("/login", "/login", url.Values{"member": {"root"}, "password": {"wrong"}})
	d.says("[role=alert]", "The name or the password is wrong.")
	resp, d = p.send("/login?next=/members", "/login", url.Values{"member": {"root"}, "password": {password}})
	if resp.Request.URL.Path != "/members" {
		t.Fatalf("signed in, one is led to %s", resp.Request.URL)
	}
	d.says("[data-member=root]", "administrator of acme")
	_, d = p.send("/members", "/members", url.Values{"member": {"pipeline"}, "display": {"Build pipeline"}, "organisation": {"acme"}, "role": {"reader"}, "password": {""}})
	d.says("[data-member=pipeline]", "Build pipeline", "reader of acme", "tokens only")
	_, d = p.send("/members", "/members/tokens", url.Values{"member": {"pipeline"}, "label": {"nightly"}})
	secret := d.one(".secret")

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, root+"/api/v1/check?subject=Huawei", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("the token shown lets nobody in: %d", answer.StatusCode)
	}
	resp, _ = p.send("/", "/logout", nil)
	if resp.Request.URL.Path != "/login" {
		t.Errorf("signed out, one is led to %s", resp.Request.URL)
	}
	if resp, _ := p.get("/members"); resp.Request.URL.Path != "/login" {
		t.Error("signed out, one is still let in")
	}
}
