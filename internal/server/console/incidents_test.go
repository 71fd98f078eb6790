package console_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"countersign.dev/internal/access"
)

// responder is somebody with a browser without scripts.
type responder struct {
	t      *testing.T
	root   string
	client *http.Client
	token  string // of the forms of the last page
}

// ask gives the page that comes back, and the path that it is at in the end.
func (v *responder) ask(method, path string, form url.Values) (*html.Node, string) {
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
	page, err := html.Parse(res.Body)
	if err != nil || res.StatusCode >= http.StatusInternalServerError {
		v.t.Fatalf("%s %s: %d, %v", method, path, res.StatusCode, err)
	}
	for n := range page.Descendants() {
		if slices.Contains(n.Attr, html.Attribute{Key: "name", Val: "csrf"}) {
			for _, a := range n.Attr {
				if a.Key == "value" {
					v.token = a.Val
				}
			}
		}
	}
	return page, res.Request.URL.Path
}

// An incident is opened, recorded, corrected and reported by the forms of the
// pages, without scripts.
func TestIncidentPages(t *testing.T) {
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
	v := &responder{t: t, root: root, client: &http.Client{Jar: jar}}
	says := func(page *html.Node, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(text(page), w) {
				t.Errorf("the page does not say %q: %s", w, text(page))
			}
		}
	}
	v.ask(http.MethodPost, "/login", url.Values{"member": {"ann"}, "password": {"a password that is long"}})
	page, _ := v.ask(http.MethodGet, "/incidents", nil)
	says(page, "Owed now", "Open an incident", "us-fceb")
	page, _ = v.ask(http.MethodPost, "/incidents/open", url.Values{"title": {"SUNBURST"}, "owner": {"acme"}, "at": {"yesterday"}, "regime": {"us-fceb"}})
	says(page, "is no instant")
	_, at := v.ask(http.MethodPost, "/incidents/open", url.Values{"title": {"SUNBURST"}, "owner": {"acme"}, "at": {"2020-12-13 21:30"}, "regime": {"us-fceb"}, "text": {"The vendor says so."}})
	id, ok := strings.CutPrefix(at, "/incidents/")
	if !ok || id == "open" {
		t.Fatalf("after opening: %s", at)
	}
	record := func(pairs ...string) *html.Node {
		t.Helper()
		form := url.Values{"incident": {id}}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		page, _ := v.ask(http.MethodPost, "/incidents/record", form)
		return page
	}
	says(record("kind", "fact", "fact", "aware", "at", "2020-12-13 21:00"), "Past", "ago", "1 hour after aware")
	page, _ = v.ask(http.MethodGet, "/incidents", nil)
	says(page, "Tell CISA of the incident", "SUNBURST", "Suspected")
	says(record("kind", "told", "recipient", "cisa", "way", "telephone", "at", "2020-12-13 21:40"), "Met", "by event 3", "telephone")
	says(record("kind", "acknowledged", "of", "3", "at", "2020-12-13 22:10"), "2020-12-13 22:10")
	says(record("kind", "contained", "form", "step", "text", "cut off"), "cannot be contained", "cut off")
	says(record("kind", "confirmed", "at", "2020-12-14"), "Confirmed")
	says(record("kind", "linked", "to", "vulnerability", "thing", "CVE-2020-10148"), "CVE-2020-10148")
	says(record("kind", "claim", "issuer", "The White House", "date", "2021-04-15", "claim", "the SVR"), "The White House", "Claims stand side by side")
	says(record("kind", "corrected", "form", "correct", "of", "two", "text", "x"), "by its number in the timeline")
	says(record("kind", "corrected", "of", "2", "at", "2020-12-13 20:30", "text", "the call came earlier"), "Late", "Moved from", "Corrected by event")
	page, _ = v.ask(http.MethodGet, "/incidents/"+id+"?at=2020-12-20", nil)
	if says(page, "SUNBURST"); strings.Contains(text(page), "Who is said to be behind it") {
		t.Error("a claim is shown before it was made")
	}
	page, _ = v.ask(http.MethodGet, "/incidents/"+id+"/report?under=us-fceb-incident", nil)
	says(page, "Incident report: SUNBURST", "Federal Incident Notification Guidelines", "Who was told")
	res, err := v.client.Get(root + "/incidents/" + id + "/stix")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/stix+json;version=2.1" {
		t.Errorf("STIX: %d, %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	page, _ = v.ask(http.MethodGet, "/incidents/incident--00000000-0000-4000-8000-000000000000", nil)
	says(page, "No incident")
}
