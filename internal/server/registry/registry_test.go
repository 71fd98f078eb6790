package registry_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/net/html"

	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
)

// TestStory is the case that the registry is for: a label that was suspended by a
// listing and given back by a court's order.
func TestStory(t *testing.T) {
	s := newStage(t)
	id := s.Barred()
	at := "/labels/" + id

	d := s.page(at, 200)
	d.says(".banner h2", "Active")
	d.says(".banner p", "Active since 15 Jun 2026, when it was given back", "stands behind this label")
	d.says("h1", "Northlight Cam 2, NL-C2")
	names := d.texts(".fields dt")
	want := []string{"Product", "Manufacturer", "Given, and status", "Label administrator", "Laboratory", "Default password", "Secure set-up", "Security updates", "Support", "Parts lists kept"}
	if len(names) < 10 || strings.Join(names[:10], "/") != strings.Join(want, "/") {
		t.Errorf("the ten fields do not come first, in their order: %v", names)
	}
	d.says(".fields dd", "given on 2 Mar 2026", "until 31 Mar 2031", "Quayside Test Laboratory", "There is none. The owner sets a password at first use.", "until 1 Mar 2029", "of software (SBOM) and of hardware (HBOM)")
	d.says(".parties", "Screened by this registry")
	d.says(".outcomes", "met", "Asset identification")
	if n := len(d.all(".said, .then")); n != 0 {
		t.Error("today is told of as another day")
	}

	// On a day while it was suspended.
	d = s.page(at+"?at=2026-05-20", 200)
	d.says(".banner h2", "Suspended", "on 20 May 2026")
	d.says(".banner p", "Suspended since 4 May 2026: the maker, Northlight Devices, is restricted")
	d.says(".then", "This is how the label stood on 20 May 2026")
	d.says(".parties .bad", "Restricted since 4 May 2026")

	// On a day of which more is known than was said on it.
	d = s.page(at+"?at=2026-06-16", 200)
	d.says(".banner h2", "Active")
	d.says(".said", "On 16 Jun 2026 this registry said: suspended")
	d = s.page(at+"?at=2026-06-16&known=2026-06-16", 200)
	d.says(".banner h2", "Suspended")
	d.says(".banner ~ .note", "could be given back", "court")
	s.page(at+"?at=2026-03-01", 404).says("main", "was not there yet")

	d = s.page(at+"/history", 200)
	if kinds := strings.Join(d.texts(".events h3"), ", "); kinds != "4 Given back, 3 Reinstatement offered, 2 Suspended, 1 Given" {
		t.Errorf("history: %s", kinds)
	}
	d.says(".events", "a rule of the scheme, without a person", "later than it counts from", "Constructed docket 26-118", "No party to the label may be barred", "Northlight Devices")
	d.says(".note", "The two bars differ")
	if n := len(d.all("svg.course rect")); n != 6 {
		t.Errorf("%d stretches are drawn, want three of each bar", n)
	}
	d.says("svg.course title", "Suspended, 4 May 2026 to 15 Jun 2026", "Suspended, 4 May 2026 to 17 Jun 2026")
	s.page(at+"/history?known=2026-05-20", 200).says(".events", "Suspended", "!Given back")

	d = s.page(at+"/controls", 200)
	d.says(".controls", "AI.1", "met")
	d.says("section .soft", "How sure its lines are")
}

// TestProofs downloads what the history leads to, and verifies it with nothing
// but the log's key.
func TestProofs(t *testing.T) {
	s := newStage(t)
	at := "/labels/" + s.Barred()
	key, err := note.NewVerifier(s.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	d := s.page(at+"/history", 200)
	entries, proofs := 0, 0
	for _, a := range d.all(".events a") {
		href := attribute(a, "href")
		switch {
		case strings.Contains(href, "/proof?event="):
			got := s.get(href, 200)
			number := href[strings.LastIndexByte(href, '=')+1:]
			event, leaf := s.get(at+"/events/"+number, 200), s.get(at+"/leaf?event="+number, 200)
			if _, digest, err := ledger.ParseLeaf(leaf.body); err != nil || digest != ledger.Digest(event.body) {
				t.Errorf("event %s: its leaf has %s, %v", number, digest, err)
			}
			p, err := ledger.ParseProof(string(got.body))
			if err != nil {
				t.Fatalf("%s: %v", href, err)
			}
			if _, err := p.Verify(leaf.body, key); err != nil {
				t.Errorf("%s: %v", href, err)
			}
			if _, err := p.Verify(append(leaf.body, ' '), key); err == nil {
				t.Errorf("%s proves another leaf", href)
			}
			proofs++
		case strings.Contains(href, "/evidence/"):
			got := s.get(href, 200)
			if got.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") || !bytes.Contains(got.body, []byte("Northlight")) {
				t.Errorf("%s: %v", href, got.Header)
			}
			entries++
		}
	}
	if proofs != 4 || entries == 0 {
		t.Errorf("%d proofs and %d documents", proofs, entries)
	}
	env, err := dsse.Parse(s.get(at+"/document", 200).body)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := s.LabelKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	public, err := node.PublicKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.Verify(public); err != nil {
		t.Error(err)
	}
	dump := s.get("/labels/dump.json", 200)
	if env, err = dsse.Parse(dump.body); err != nil || env.PayloadType != node.DumpType || dump.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("dump: %v %v", err, dump.Header)
	}
	// What the label does not rest on, or that is not for everybody.
	for _, path := range []string{"/evidence/1", "/evidence/999999", "/evidence/x", "/evidence/-1", "/events/1", "/events/99", "/proof?event=1", "/proof?event=99", "/leaf?event=1", "/leaf?event=99"} {
		s.get(at+path, 404)
	}
	s.get(at+"/events/x", 400)
}

// TestPrinted: what is printed, and what is embedded elsewhere.
func TestPrinted(t *testing.T) {
	s := newStage(t)
	id := s.Given(nil)
	at := "/labels/" + id
	for name, begins := range map[string]string{"sheet.svg": "<svg", "sheet.png": "\x89PNG", "sheet.pdf": "%PDF", "sheet.png?dpi=150": "\x89PNG", "badge.svg": "<svg"} {
		a := s.get(at+"/"+name, 200)
		if !bytes.HasPrefix(a.body, []byte(begins)) || a.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %.20q %v", name, a.body, a.Header)
		}
		if again := s.get(at+"/"+name, 304, "If-None-Match", a.Header.Get("ETag")); len(again.body) > 0 {
			t.Errorf("%s is sent again", name)
		}
	}
	if b := s.get(at+"/badge.svg", 200).body; !bytes.Contains(b, []byte("active, as of 2 Mar 2026")) {
		t.Errorf("badge: %s", b)
	}
	if b := s.get(at+"/badge.svg?at=2026-03-02&known=2026-03-02", 200).body; !bytes.Contains(b, []byte("active, as of 2 Mar 2026")) {
		t.Errorf("badge of today by its day: %s", b)
	}
	s.get(at+"/sheet.png?dpi=100000", 400)
	s.Day = "2026-04-02"
	s.Acts(id, node.LabelAct{Kind: label.Revoked, Reason: "sold with other firmware"})
	if b := s.get(at+"/badge.svg", 200).body; !bytes.Contains(b, []byte("revoked since 2 Apr 2026")) {
		t.Errorf("badge: %s", b)
	}
	if b := s.get(at+"/badge.svg?at=2026-03-10", 200).body; !bytes.Contains(b, []byte("unknown, was active on 10 Mar 2026")) {
		t.Errorf("badge of another day: %s", b)
	}
	s.page(at+"/sheet.pdf", 409).says("main", "is revoked: it is not printed")
	d := s.page(at, 200)
	d.says(".banner", "Revoked since 2 Apr 2026: sold with other firmware.", "It does not count")
	d.says(".links", "!PDF")
}

// TestSearch looks for labels as people do.
func TestSearch(t *testing.T) {
	s := newStage(t)
	s.page("/labels/", 200).says("main", "has given no label yet", "0 labels")
	var ids []string
	for _, product := range []string{"Cam One", "Cam Two", "Lamp"} {
		ids = append(ids, s.Given(func(a *label.Application) { a.Product = product }))
	}
	s.page("/labels/", 200).says("main", "3 labels", "Cam One", "Cam Two", "Lamp", "valid until 1 Mar 2029")
	s.page("/labels/?q=cam", 200).says("main", "2 labels", "!Lamp")
	s.page("/labels/?q=nothing+such", 200).says("main", "0 labels", "No label is like that")
	s.page("/labels/?q=cam&status=revoked", 200).says("main", "0 labels")
	for _, number := range []string{ids[2], strings.ToLower(ids[2]), strings.ReplaceAll(ids[2], "-", "")} {
		if a := s.get("/labels/?q="+number, 303); a.Header.Get("Location") != "/labels/"+ids[2] {
			t.Errorf("the number %s leads to %s", number, a.Header.Get("Location"))
		}
	}
	if a := s.get("/labels/"+strings.ToLower(ids[2])+"/history?at=2026-03-02", 308); a.Header.Get("Location") != "/labels/"+ids[2]+"/history?at=2026-03-02" {
		t.Errorf("another spelling leads to %s", a.Header.Get("Location"))
	}
	for _, wrong := range []string{"?status=fine", "?tier=0", "?tier=x", "?after=x", "?at=x", "?known=2026-02-30", "?q=%00", "?q=%ff%fe", "?q=" + strings.Repeat("a", 300)} {
		s.get("/labels/"+wrong, 400)
	}
	s.page("/labels/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", 200).says("main", "0 labels")
}

// TestPages: a long list comes in pages, each label on one of them, and the count
// is that of all.
func TestPages(t *testing.T) {
	s := newStage(t)
	const all = 26 // one more than a page
	for range all {
		s.Given(nil)
	}
	seen := map[string]bool{}
	for next := "/labels/?q=northlight"; next != ""; {
		d := s.page(next, 200)
		d.says(".count", "26 labels")
		for _, a := range d.all(".labels a") {
			seen[attribute(a, "href")] = true
		}
		next = ""
		for _, a := range d.all(".pages a") {
			if text(a) == "Next page" {
				next = attribute(a, "href")
			}
		}
	}
	if len(seen) != all {
		t.Errorf("%d labels on the pages, want %d", len(seen), all)
	}
}

// TestEveryPageIsWholesome holds each page to what all have in common: landmarks,
// headings, names, and nothing that the policy would refuse.
func TestEveryPageIsWholesome(t *testing.T) {
	s := newStage(t)
	id := s.Barred()
	state, err := s.Label(t.Context(), anybody, id)
	if err != nil {
		t.Fatal(err)
	}
	at := "/labels/" + id
	for path, status := range map[string]int{
		"/labels/": 200, "/labels/?q=x&at=2026-05-20": 200, at: 200, at + "?at=2026-05-20": 200, at + "?at=2026-06-16": 200, at + "/history": 200,
		at + "/history?at=2026-05-20": 200, at + "/controls": 200, "/labels/00000-00000": 404, "/labels/hello": 404, at + "/nothing": 404, at + "?at=x": 400,
		at + "?code=" + state.Code: 200, "/L/" + id + "/1.AAAA": 422,
	} {
		d := s.page(path, status)
		if got := d.header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; style-src 'self';") || strings.Contains(got, "script-src") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: policy %q", path, got)
		}
		if d.header.Get("Set-Cookie") != "" {
			t.Errorf("%s sets a cookie", path)
		}
		for _, one := range []string{"h1", "main#main", "header.top nav[aria-label]", "footer", "head title", `html[lang=en]`, `a.skip[href="#main"]`} {
			if n := len(d.all(one)); n != 1 {
				t.Errorf("%s: %d of %s", path, n, one)
			}
		}
		d.checkHeadings()
		d.checkNames()
		d.checkSources()
	}
}

func (d *document) checkHeadings() {
	last := 0
	for _, n := range d.all("h1, h2, h3, h4") {
		level := int(n.Data[1] - '0')
		if level > last+1 || text(n) == "" {
			d.t.Errorf("%s: <%s>%s</%s> follows a level %d", d.name, n.Data, text(n), n.Data, last)
		}
		last = level
	}
}

// checkNames wants a name for all that is operated or drawn, and each id once.
func (d *document) checkNames() {
	ids, labelled := map[string]int{}, map[string]bool{}
	for _, n := range d.all("[id]") {
		ids[attribute(n, "id")]++
	}
	for id, n := range ids {
		if n > 1 {
			d.t.Errorf("%s: id %q %d times", d.name, id, n)
		}
	}
	for _, n := range d.all("label[for]") {
		labelled[attribute(n, "for")] = text(n) != ""
	}
	for _, n := range d.all("input, select") {
		if !labelled[attribute(n, "id")] {
			d.t.Errorf("%s: <%s name=%q> has no label", d.name, n.Data, attribute(n, "name"))
		}
	}
	for _, n := range d.all("button, a[href], summary") {
		if text(n) == "" && len((&document{d.t, d.name, n, nil}).all("img[alt]")) == 0 {
			d.t.Errorf("%s: <%s href=%q> has no name", d.name, n.Data, attribute(n, "href"))
		}
	}
	for _, n := range d.all("svg:not([aria-hidden=true]):not([role=img][aria-label]), img:not([alt])") {
		d.t.Errorf("%s: <%s class=%q> is neither hidden nor named", d.name, n.Data, attribute(n, "class"))
	}
}

// checkSources wants all that the page loads to be of this registry, and nothing
// to be inline.
func (d *document) checkSources() {
	for _, n := range d.all("script, style, iframe, object, embed, base, link:not([href^='/'])") {
		d.t.Errorf("%s: <%s> on the page", d.name, n.Data)
	}
	for _, n := range d.all("*") {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || a.Key == "src" && !strings.HasPrefix(a.Val, "/") {
				d.t.Errorf("%s: <%s %s=%q>", d.name, n.Data, a.Key, a.Val)
			}
		}
		if n.Type == html.ElementNode && n.Data == "a" && strings.HasPrefix(attribute(n, "href"), "http") && !strings.Contains(attribute(n, "rel"), "nofollow") {
			d.t.Errorf("%s: a maker's link without rel: %s", d.name, attribute(n, "href"))
		}
	}
}

// TestLinksOfMakers: only addresses of the web become links.
func TestLinksOfMakers(t *testing.T) {
	s := newStage(t)
	id := s.Given(func(a *label.Application) {
		a.Registry.SecureConfiguration, a.Registry.Disclosure = "javascript:alert(1)", "data:text/html,<script>alert(1)</script>"
		a.Product = "<img src=x onerror=alert(1)>"
	})
	for _, path := range []string{"", "/history", "/controls"} {
		d := s.page("/labels/"+id+path, 200)
		d.says("h1", "<img src=x")
		for _, a := range d.all("a[href]") {
			if href := attribute(a, "href"); !strings.HasPrefix(href, "/") && href != "#main" {
				t.Errorf("%s links to %s", path, href)
			}
		}
		d.checkSources()
	}
}

// Answers may be kept for a minute by anybody, except those that refuse.
func TestKept(t *testing.T) {
	s := newStage(t)
	at := "/labels/" + s.Given(nil)
	for path, want := range map[string]string{at: "public, max-age=60", "/labels/": "public, max-age=60", "/labels/00000-00000": "no-store", at + "?at=x": "no-store"} {
		a := s.fetch(path)
		if got := a.Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		if a.StatusCode == http.StatusOK {
			s.get(path, 304, "If-None-Match", a.Header.Get("ETag"))
		}
	}
	var keys struct {
		Authority string
		Keys      []struct{ KeyID string }
	}
	if err := json.Unmarshal(s.get("/labels/keys.json", 200).body, &keys); err != nil || keys.Authority == "" || len(keys.Keys) != 1 {
		t.Errorf("keys: %+v, %v", keys, err)
	}
	s.get("/labels", 301)
}
