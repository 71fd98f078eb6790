package registry_test

import (
	"crypto/ed25519"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assessment"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/node"
	"countersign.dev/internal/node/nodetest"
)

// anybody asks as the public does.
var anybody = access.Ask{At: access.At{Position: access.Now}}

// TestCodes scans codes that are genuine, forged, swapped and of others.
func TestCodes(t *testing.T) {
	s := newStage(t)
	id := s.Given(nil)
	other := s.Given(func(a *label.Application) { a.Product = "Porch Lamp" })
	code := func(id string) string {
		state, err := s.Label(t.Context(), anybody, id)
		if err != nil {
			t.Fatal(err)
		}
		return state.Code
	}
	genuine := code(id)

	for _, path := range []string{"/L/" + id + "/" + genuine, "/L/" + strings.ToLower(id) + "/" + strings.ToLower(genuine)} {
		a := s.get(path, 303)
		if want := "/labels/" + id + "?code=" + genuine; a.Header.Get("Location") != want {
			t.Errorf("%s leads to %s", path, a.Header.Get("Location"))
		}
	}
	d := s.page("/labels/"+id+"?code="+genuine, 200)
	d.says(".scan", "The code that you scanned is genuine", "Northlight Cam 2", "Northlight Devices", "2 Mar 2026", "A code can be copied")
	if a := s.get("/L/"+id, 303); a.Header.Get("Location") != "/labels/"+id {
		t.Errorf("the number alone leads to %s", a.Header.Get("Location"))
	}

	forger := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	forged := func(change func(*core.Core), key ed25519.PrivateKey) string {
		c := core.Core{ID: id, Maker: "Northlight Devices", Product: "Northlight Cam 2", Issued: "2026-03-02", ValidUntil: "2036-03-02", Scheme: "iot-mark"}
		change(&c)
		u, _, err := core.Encode(c, nodetest.Registry, key)
		if err != nil {
			t.Fatal(err)
		}
		return u[strings.LastIndexByte(u, '/')+1:]
	}
	altered := []byte(genuine)
	if i := len(altered) - 20; altered[i] == 'A' {
		altered[i] = 'B'
	} else {
		altered[i] = 'A'
	}
	for what, bad := range map[string]struct{ code, says string }{
		"of another authority":   {forged(func(*core.Core) {}, forger), "It was signed by nobody who gives labels here"},
		"swapped":                {code(other), "taken from another label"},
		"altered":                {string(altered), "It was changed, or taken from another label"},
		"cut":                    {genuine[:len(genuine)-40], "not genuine"},
		"of another version":     {"2." + genuine[2:], "version"},
		"no code":                {"hello", "It is not the code of a label"},
		"longer than any":        {"1." + strings.Repeat("A", 500), "It is not the code of a label"},
		"with markup":            {"1.<script>alert(1)</script>", "It is not the code of a label"},
		"with letters of others": {"1.ÀÉÎ", "It is not the code of a label"},
	} {
		for _, path := range []string{"/L/" + id + "/" + url.PathEscape(bad.code), "/labels/" + id + "?code=" + url.QueryEscape(bad.code)} {
			d := s.page(path, 422)
			d.says("h1", "This code is not genuine")
			d.says("main", bad.says, "!stands behind", "!Active")
			if d.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: the refusal may be kept", what)
			}
		}
	}

	// A label that was given anew: the older print is genuine, and says so.
	s.Day = "2026-04-01"
	if _, err := s.Amend(t.Context(), nodetest.Operator, id, node.Amendment{SupportEnd: "2032-04-01", Reason: "support is longer"}); err != nil {
		t.Fatal(err)
	}
	s.page("/labels/"+id+"?code="+genuine, 200).says(".scan", "genuine", "printed before the label was amended")
	// A suspended label's code is genuine too; the status is another matter.
	s.Acts(id, node.LabelAct{Kind: label.Suspended, Reason: "sold with other firmware"})
	d = s.page("/labels/"+id+"?code="+genuine, 200)
	d.says(".scan", "genuine")
	d.says(".banner", "Suspended since 1 Apr 2026", "Do not rely on this label")
}

// marker is in everything that is between those who take part.
const marker = "zq-confidential-qz"

// TestConfidential puts marks into all that is not for everybody, and looks for
// them in everything that everybody can ask for.
func TestConfidential(t *testing.T) {
	s := newStage(t)
	private := func(a *label.Application) {
		a.Declaration = marker + " declares"
		a.Hosts = []string{marker + ".example"}
		a.Facts = map[string]bool{"etsi-en-303-645/" + marker: true}
		a.Declared = append(a.Declared, label.Declaration{Control: "nistir-8425/AI.1", Status: "met", Note: marker + " notes"})
		for i := range a.Evidence {
			a.Evidence[i].Title = marker + ".json"
		}
	}
	given := s.Assessed(marker+" in the report", private)
	if _, err := s.Issue(t.Context(), nodetest.Operator, given, node.IssueOptions{}); err != nil {
		t.Fatal(err)
	}
	// One that nobody is to know of at all.
	hidden := s.Applied(func(a *label.Application) {
		private(a)
		a.Product, a.Model = marker+" product", marker+" model"
		a.Parties[0].Name, a.Parties[0].Contact = marker+" maker", marker+"@maker.example"
		a.Registry.Support = marker + " support"
	})
	if _, err := s.Judge(t.Context(), nodetest.Operator, hidden, []assessment.Judgement{{Control: "nistir-8425/AI.1", Status: assessment.NotMet, Reason: marker + " was found"}}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.StatusList(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Acts(given, node.LabelAct{Kind: label.Suspended, Reason: "sold with other firmware"})
	if err := s.Ledger.SignHead(t.Context()); err != nil {
		t.Fatal(err)
	}

	crawled := s.crawl("/labels/", "/labels/"+given, "/L/"+given, "/api/v1/labels", "/api/v1/labels?applications=true", "/api/v1/labels/"+given, "/api/v1/labels/"+given+"/history",
		"/api/v1/labels/"+given+"/proof", "/api/v1/labels/"+given+"/document", "/labels/"+given+"/sheet.png", "/labels/dump.json", "/labels/status-list.json", "/log/tile/entries/000", "/metrics",
		"/labels/?q="+marker, "/api/v1/labels?q="+marker, "/labels/"+given+"/events/1", "/labels/"+given+"/events/2", "/labels/"+given+"/events/3", "/labels/"+given+"/events/4")
	for path, b := range crawled {
		asked := strings.Contains(path, marker) // the search box shows again what was typed
		if strings.Contains(string(b), marker) && !asked {
			t.Errorf("%s has the mark", path)
		}
		if strings.Contains(string(b), hidden) || strings.Contains(string(b), "A. Norris") {
			t.Errorf("%s tells of an application", path)
		}
	}
	if len(crawled) < 30 {
		t.Errorf("only %d answers were looked at", len(crawled))
	}
}

// crawl asks for addresses and for all that their answers lead to on this node.
func (s *stage) crawl(from ...string) map[string][]byte {
	s.t.Helper()
	seen := map[string][]byte{}
	for queue := from; len(queue) > 0 && len(seen) < 2000; queue = queue[1:] {
		path, _, _ := strings.Cut(queue[0], "#")
		if _, done := seen[path]; done || !strings.HasPrefix(path, "/") {
			continue
		}
		a := s.fetch(path)
		seen[path] = a.body
		if to := a.Header.Get("Location"); to != "" {
			queue = append(queue, to)
		}
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, n := range s.page(path, a.StatusCode).all("[href], [src]") {
			queue = append(queue, attribute(n, "href")+attribute(n, "src"))
		}
	}
	return seen
}

// TestEnumeration: an application that is not public cannot be told from a number
// that was never given, at any address.
func TestEnumeration(t *testing.T) {
	s := newStage(t)
	hidden, assessed := s.Applied(nil), s.Assessed("", nil)
	withdrawn := s.Applied(nil)
	s.Acts(withdrawn, node.LabelAct{Kind: label.Withdrawn, Reason: "not sold after all"})
	never := core.NewID(slowly{})
	for _, path := range []string{
		"/labels/%s", "/labels/%s/history", "/labels/%s/controls", "/labels/%s/document", "/labels/%s/proof", "/labels/%s/proof?event=1", "/labels/%s/leaf", "/labels/%s/events/1", "/labels/%s/evidence/1",
		"/labels/%s/sheet.svg", "/labels/%s/sheet.pdf", "/labels/%s/badge.svg", "/labels/%s?at=2026-03-02", "/labels/%s?at=2020-01-01", "/labels/%s?code=1.AAAA", "/L/%s", "/L/%s/1.AAAA", "/labels/?q=%s",
		"/api/v1/labels/%s", "/api/v1/labels/%s/history", "/api/v1/labels/%s/proof", "/api/v1/labels/%s/document", "/api/v1/labels?q=%s",
	} {
		want := s.fetch(fmt.Sprintf(path, never))
		for _, id := range []string{hidden, assessed, withdrawn} {
			got := s.fetch(fmt.Sprintf(path, id))
			same := func(a answer, id string) string {
				body := strings.ReplaceAll(string(a.body), id, "ID")
				body = strings.ReplaceAll(body, a.Header.Get("X-Request-Id"), "REQUEST")
				return fmt.Sprintf("%d %s %s %s\n%s", a.StatusCode, a.Header.Get("Content-Type"), a.Header.Get("Location"), a.Header.Get("Cache-Control"), body)
			}
			if a, b := same(want, never), same(got, id); a != b {
				t.Errorf("%s: of a number that was never given %q, of an application %q", path, a, b)
			}
		}
	}
}

// slowly draws an id that no other draw gives.
type slowly struct{}

func (slowly) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(i + 1)
	}
	return len(b), nil
}

// TestHostileAddresses: whatever is asked for, the answer is one of a few.
func TestHostileAddresses(t *testing.T) {
	s := newStage(t)
	id := s.Given(nil)
	for _, path := range []string{
		"/labels/../../etc/passwd", "/labels/%2e%2e%2fetc%2fpasswd", "/labels/%00", "/labels/" + strings.Repeat("A", 5000), "/labels/" + id + "/%2e%2e/history", "/labels/" + id + "/events/99999999999999999999",
		"/labels/" + id + "/evidence/99999999999999999999", "/labels/" + id + "?at=9999-12-31", "/labels/" + id + "?at=0001-01-01", "/labels/" + id + "?at=2026-03-02&at=x", "/labels/" + id + "?code=%00",
		"/labels/" + id + "/proof?event=-1", "/labels/" + id + "/proof?event=99999999999999999999", "/labels/%f0%9f%94%92", "/labels/?after=" + id, "/labels/?limit=99999999", "/labels/?tier=99999999999999999999",
		"/L/" + id + "/%0d%0aSet-Cookie:x", "/L/%2f%2felsewhere.example", "/l/" + id, "/labels//elsewhere.example", "/labels/\\elsewhere.example", "/api/v1/labels/%00", "/api/v1/labels/" + strings.Repeat("A", 5000),
	} {
		a := s.fetch(path)
		if !slices.Contains([]int{200, 301, 303, 307, 308, 400, 404, 422}, a.StatusCode) {
			t.Errorf("%q: %d %.300s", path, a.StatusCode, a.body)
		}
		if to := a.Header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/\\")) {
			t.Errorf("%q leads to %q", path, to)
		}
		if a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%q sets a cookie", path)
		}
	}
}
