package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"countersign.dev/internal/server/console"
)

// everyPage is an address of each page, as an administrator may see it.
func everyPage(s *stage, c *console.Console) []string {
	digest := s.decided()
	return []string{
		"/", "/?q=china+telecom", "/party?subject=" + xiaomi, "/party?subject=xiaomi&at=2021-02-01",
		"/party?subject=xiaomi&at=2021-03-13&purpose=invest", "/party?subject=xiaomi&at=2021-03-16&known=2021-02-01",
		"/party?subject=huawei", "/party?subject=china+telecom", "/party?subject=nobody+at+all",
		"/lists", "/lists/us-ofac-sdn", "/lists/us-ofac-sdn?from=4&to=5", "/programmes/us-dod-1237",
		"/documents/2", "/decisions/" + digest, "/decisions/" + digest + "?replay=1", "/ledger", "/import",
		"/openapi", "/api", "/login", "/login?failed=1", "/setup", "/members", "/nowhere", "/party?subject=x&at=tomorrow",
	}
}

// TestEveryPageIsWholesome holds each page to what all have in common: valid
// structure, landmarks, labels, and nothing that the content security policy
// would refuse.
func TestEveryPageIsWholesome(t *testing.T) {
	s := newStage(t)
	v := &visit{t, newConsoleWithMembers(s), administrator}
	for _, address := range everyPage(s, v.console) {
		t.Run(address, func(t *testing.T) {
			wholesome(t, address, (&visit{t, v.console, v.as}).fetch(address))
			for _, err := range s.failed {
				t.Error(err)
			}
			s.failed = nil
		})
	}
}

// wholesome holds one page to what all have in common.
func wholesome(t *testing.T, address string, resp *http.Response) {
	t.Helper()
	if got := resp.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if resp.StatusCode >= 500 {
		t.Fatalf("status %d", resp.StatusCode)
	}
	d := read(t, address, resp)
	d.one("h1")
	d.one("main#main")
	d.one("header.top nav[aria-label]")
	d.one("footer.foot")
	if got := d.attribute("html", "lang"); got != "en" {
		t.Errorf("lang = %q", got)
	}
	if d.one("head title") == "" {
		t.Error("no title")
	}
	d.checkIDs()
	d.checkHeadings()
	d.checkLabels()
	d.checkPolicy()
}

// checkIDs wants each id once, and every reference to one to lead somewhere.
func (d *document) checkIDs() {
	seen := map[string]bool{}
	for _, n := range d.all("[id]") {
		id := attribute(n, "id")
		if seen[id] {
			d.t.Errorf("id %q twice", id)
		}
		seen[id] = true
	}
	for _, name := range []string{"aria-labelledby", "aria-controls", "for"} {
		for _, n := range d.all("[" + name + "]") {
			if id := attribute(n, name); !seen[id] {
				d.t.Errorf("%s=%q leads nowhere", name, id)
			}
		}
	}
}

// checkHeadings wants no level to be left out on the way down.
func (d *document) checkHeadings() {
	last := 0
	for _, n := range d.all("h1, h2, h3, h4") {
		level := int(n.Data[1] - '0')
		if level > last+1 {
			d.t.Errorf("<%s>%s</%s> follows a level %d", n.Data, text(n), n.Data, last)
		}
		if text(n) == "" {
			d.t.Errorf("an empty <%s>", n.Data)
		}
		last = level
	}
}

// checkLabels wants a name for everything that is operated.
func (d *document) checkLabels() {
	labelled := map[string]bool{}
	for _, n := range d.all("label[for]") {
		labelled[attribute(n, "for")] = text(n) != ""
	}
	for _, n := range d.all("input, select, textarea") {
		switch {
		case attribute(n, "type") == "hidden", labelled[attribute(n, "id")], attribute(n, "aria-label") != "":
		case within(n, "label"):
		default:
			d.t.Errorf("<%s name=%q> has no label", n.Data, attribute(n, "name"))
		}
	}
	for _, n := range d.all("button, a[href], summary") {
		if text(n) == "" && attribute(n, "aria-label") == "" {
			d.t.Errorf("<%s href=%q> has no name", n.Data, attribute(n, "href"))
		}
	}
	for _, n := range d.all("svg") {
		if attribute(n, "aria-hidden") != "true" && attribute(n, "role") != "img" && !within(n, "svg") {
			d.t.Error("an svg is neither hidden nor named")
		}
	}
	for _, n := range d.all("th") {
		if attribute(n, "scope") == "" {
			d.t.Errorf("th %q has no scope", text(n))
		}
	}
	for _, n := range d.all("form[method=post]") {
		if len((&document{d.t, d.name, n}).all(`input[name=csrf][value="`+token+`"]`)) != 1 {
			d.t.Errorf("the form to %s lacks its token", attribute(n, "action"))
		}
	}
}

func within(n *html.Node, name string) bool {
	for p := range n.Ancestors() {
		if p.Data == name {
			return true
		}
	}
	return false
}

// checkPolicy wants nothing on the page that "script-src 'self'; style-src
// 'self'; form-action 'self'" forbids.
func (d *document) checkPolicy() {
	for _, n := range d.all("*") {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				d.t.Errorf("<%s> has an inline %s", n.Data, a.Key)
			}
		}
	}
	if n := d.all("style, script:not([src]), iframe, object, embed, base"); len(n) > 0 {
		d.t.Errorf("<%s> on the page", n[0].Data)
	}
	for _, n := range d.all("[src], link[href]") {
		from := attribute(n, "src") + attribute(n, "href")
		drawn := n.Data == "img" && strings.HasPrefix(from, "/labelling/") // a printed label
		if !drawn && !strings.HasPrefix(from, "/static/") {
			d.t.Errorf("<%s> loads %s", n.Data, from)
		}
	}
	for _, n := range d.all("form[action]") {
		if !strings.HasPrefix(attribute(n, "action"), "/") {
			d.t.Errorf("a form goes to %s", attribute(n, "action"))
		}
	}
}

// TestLinksKeepTheMoment follows the rule that whoever asks as of a day stays
// there, wherever a link leads.
func TestLinksKeepTheMoment(t *testing.T) {
	s := newStage(t)
	v := visitAs(t, s, analyst)
	// Pages that are the same at every moment, and other doors.
	timeless := []string{"/static/", "/login", "/openapi.json", "#", "/api/v1/", "/body", "/proof", "/import"}
	for _, page := range []string{
		"/party?subject=xiaomi&at=2021-02-01&known=2021-02-01", "/lists?at=2021-02-01&known=2021-02-01",
		"/?at=2021-02-01&known=2021-02-01", "/lists/us-dod-1237?at=2021-02-01&known=2021-02-01",
		"/programmes/us-dod-1237?at=2021-02-01&known=2021-02-01", "/ledger?at=2021-02-01&known=2021-02-01",
		"/party?subject=nobody&at=2021-02-01&known=2021-02-01", "/party?subject=china+telecom&at=2021-02-01&known=2021-02-01",
	} {
		d := v.get(page, 200)
	links:
		for _, a := range d.all("a[href]") {
			href := attribute(a, "href")
			for _, t := range timeless {
				if strings.Contains(href, t) {
					continue links
				}
			}
			u, err := url.Parse(href)
			if err != nil {
				t.Errorf("%s: href %q: %v", page, href, err)
				continue
			}
			if u.Host != "" {
				continue // where the source was published
			}
			if q := u.Query(); q.Get("at") == "" || q.Get("known") != "2021-02-01" {
				t.Errorf("%s: the link %q forgets the moment", page, href)
			}
		}
	}
}

// TestPagesHideWhatTheReaderMayNotSee looks for the one restricted document's
// traces on every page of a reader outside its audience.
func TestPagesHideWhatTheReaderMayNotSee(t *testing.T) {
	s := newStage(t)
	outside := &visit{t, newConsoleWithMembers(s), reader}
	inside := &visit{t, newConsoleWithMembers(s), analyst}
	for _, address := range append(everyPage(s, outside.console), "/party?subject=Shadow+Supplier", "/suggest?q=shadow", "/documents/7", "/documents/7/body") {
		d := read(t, address, outside.fetch(address))
		for _, trace := range []string{"secret.yaml", "acme-list"} {
			if strings.Contains(text(d.root), trace) {
				t.Errorf("%s shows %q to one outside its audience", address, trace)
			}
		}
	}
	inside.get("/documents/7", 200).says("h1", "secret.yaml")
	outside.get("/documents/7", 404)
}
