package console_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server/console"
)

// whole is a console over a whole node with the demonstration data, as a member
// of acme who may write meets it.
func whole(t *testing.T) *visit {
	t.Helper()
	clock := func() time.Time { return now }
	n, err := node.Open(t.Context(), node.Options{Data: t.TempDir(), Logger: slog.New(slog.DiscardHandler), Now: clock})
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
	if err := n.Access.CreateOrganisation(t.Context(), access.Operator, access.Organisation{ID: "acme", Name: "Acme"}); err != nil {
		t.Fatal(err)
	}
	pages := console.New(n, n.Access, console.Options{
		Now:    clock,
		Failed: func(r *http.Request, err error) { t.Errorf("%s: %v", r.URL, err) },
	})
	return &visit{t, pages, analyst}
}

func TestScreen(t *testing.T) {
	v := whole(t)
	v.get("/screen", http.StatusOK).says("h1", "Screen a name")

	d := v.get("/screen?name=Huwei+Technologies+Company&country=China&at=2021-02-01", http.StatusOK)
	d.says("#matches", "for “Huwei Technologies Company”")
	row := "[data-match='us-bis-entity-list:huawei-technologies-co-ltd']"
	d.says(row, "Huawei Technologies", "us-bis-entity-list", "listed", "country")
	d.says("caption", "Status on 2021-02-01")
	d.says("pre", "countersign screen --why --country 'China' --at '2021-02-01' 'Huwei Technologies Company'")
	for _, a := range d.all(row + " a") {
		if q := address(t, a).Query(); q.Get("at") != "2021-02-01" {
			t.Errorf("the link %s forgets the moment", attribute(a, "href"))
		}
	}
	if n := d.all("details.further[open]"); len(n) != 1 {
		t.Error("the fields that were filled in are folded away")
	}
	d = v.get("/screen?name=Xiaomi&type=company", http.StatusOK)
	d.says("[data-match] [data-status]", "vacated")
	d = v.get("/screen?name=Xiaomi+Corporation&list=us-bis-entity-list", http.StatusOK)
	if n := d.all("[data-match^='us-dod']"); len(n) != 0 {
		t.Error("an entry of another list than was chosen")
	}
}

func address(t *testing.T, a *html.Node) *url.URL {
	t.Helper()
	u, err := url.Parse(attribute(a, "href"))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Where nothing matches, the page says what came nearest, and what was looked
// in.
func TestScreenWithoutMatch(t *testing.T) {
	d := whole(t).get("/screen?name=Huawei+Tecnologi+Berlin", http.StatusOK)
	if n := d.all("[data-match]"); len(n) != 0 {
		t.Errorf("matches: %s", text(n[0]))
	}
	d.says("#matches", "No match for “Huawei Tecnologi Berlin”")
	d.says("#matches ~ .panel", "no proof that the party is not listed", "Nearest is", "Huawei", "events/huawei")
	if n := d.all("[data-near]"); len(n) == 0 {
		t.Error("what came near is not shown")
	}
}

func TestScreenRefuses(t *testing.T) {
	v := whole(t)
	for address, want := range map[string]string{
		"/screen?name=...":                          "no letter or number",
		"/screen?name=x&type=galaxy":                "want person, organisation",
		"/screen?name=Huawei&list=nonesuch":         "There is no programme",
		"/screen?name=" + strings.Repeat("a", 3000): "at most 2000",
	} {
		v.get(address, http.StatusBadRequest).says("[role=alert]", want)
	}
	v.get("/screen?name=Huawei&at=tomorrow", http.StatusBadRequest)
}

// The account of a match: words, evidence, document and the bytes as JSON.
func TestWhy(t *testing.T) {
	v := whole(t)
	d := v.get("/screen/why?name=Huwei+Technologies&country=China&id=us-bis-entity-list:huawei-technologies-co-ltd", http.StatusOK)
	if got := d.attribute("[data-outcome]", "data-outcome"); got != "match" {
		t.Errorf("outcome %q", got)
	}
	d.says("[data-word=pair]", "huwei", "huawei", "equal")
	d.says("[data-feature=country]", "China", "equal", "+0.20")
	d.says("section[aria-labelledby=source]", "events/huawei", "sha256:", "screen/1")
	d.says("#json", `"id": "us-bis-entity-list:huawei-technologies-co-ltd"`, `"similarity"`)
	if got := len(d.all("svg[aria-labelledby=alignment] line")); got != len(d.all("[data-word=pair]")) {
		t.Errorf("%d lines are drawn for %d pairs", got, len(d.all("[data-word=pair]")))
	}
	links := d.all("section[aria-labelledby=repeat] a")
	if len(links) != 1 || address(t, links[0]).Query().Get("position") == "" {
		t.Fatal("no permanent address")
	}
	again := v.get(attribute(links[0], "href"), http.StatusOK)
	if a, b := d.one("#json"), again.one("#json"); a != b {
		t.Errorf("asked again, the account differs:\n%s\n%s", a, b)
	}
}

// Why there was no hit: the entry that was expected is set beside the name,
// however unlike they are.
func TestWhyNot(t *testing.T) {
	v := whole(t)
	for _, test := range []struct{ query, outcome string }{
		{"name=Huawei+Tecnologi+Berlin&id=us-bis-entity-list:huawei-technologies-co-ltd", "below"},
		{"name=Xiaomi&id=us-bis-entity-list:huawei-technologies-co-ltd", "unlike"},
		{"name=Xiaomi&id=Huawei", "unlike"},
	} {
		d := v.get("/screen/why?"+test.query, http.StatusOK)
		if got := d.attribute("[data-outcome]", "data-outcome"); got != test.outcome {
			t.Errorf("%s: outcome %q, want %q", test.query, got, test.outcome)
		}
		d.says("[data-outcome] h2", "No match")
		d.says("section[aria-labelledby=all]", "Huawei")
	}
	v.leads("/screen/why?name=Xiaomi", "/screen?name=Xiaomi")
	v.get("/screen/why?name=Xiaomi&id=nobody+at+all", http.StatusNotFound)
	v.get("/screen/why?name=China&id=China+Telecom", http.StatusNotFound)
}

// screeningPages is an address of each page of screening.
func screeningPages(t *testing.T, v *visit) []string {
	t.Helper()
	result := v.batch("names.csv", "id,name,country\n1,Huwei Technologies,China\n2,Nobody at all,\n", nil).Header.Get("Location")
	v.upload("/watchlists", "customers.csv", customers, map[string]string{"name": "customers", "audience": "org:acme"})
	v.post("/watchlists/run", url.Values{"csrf": {token}, "name": {"customers"}})
	v.post("/joins", url.Values{"csrf": {token}, "a": {smicListed}, "b": {smicNamed}, "verdict": {"apart"}, "reason": {"x"}, "audience": {"org:acme"}})
	return []string{
		"/holdings", "/watchlists", "/watchlists/customers", "/duplicates", "/duplicates?subject=" + smicListed, "/duplicates?subject=nobody", "/duplicates?subject=Huawei", "/duplicates/events/huawei",
		"/screen", "/screen?name=Huwei+Technologies&country=China&dob=1970", "/screen?name=nobody+at+all", "/screen?name=...",
		"/screen/why?name=Huwei+Technologies&country=China&id=us-bis-entity-list:huawei-technologies-co-ltd", "/screen/why?name=Xiaomi&id=Huawei",
		"/screen/why?name=%E5%8D%8E%E4%B8%BA&id=us-bis-entity-list:huawei-technologies-co-ltd",
		"/screen/batch", "/screen/results", result, result + "?show=all", result + "?replay=1",
	}
}

func TestScreeningPagesAreWholesome(t *testing.T) {
	v := whole(t)
	for _, address := range screeningPages(t, v) {
		t.Run(address, func(t *testing.T) {
			wholesome(t, address, (&visit{t, v.console, v.as}).fetch(address))
		})
	}
	t.Run("answered holdings", func(t *testing.T) {
		wholesome(t, "answered holdings", (&visit{t, v.console, v.as}).upload("/holdings", "fund.csv", securities, nil))
	})
}

// What is screened is the asker's own affair: one of another organisation sees
// neither the record nor that there is one.
func TestRecordsAreTheirAskers(t *testing.T) {
	v := whole(t)
	result := v.batch("names.csv", "name\nHuawei\n", nil).Header.Get("Location")
	v.get(result, http.StatusOK)
	other := &visit{t, v.console, reader}
	other.get(result, http.StatusNotFound)
	other.get(result+"/csv", http.StatusNotFound)
	for _, n := range other.get("/screen/results", http.StatusOK).all("a[href]") {
		if strings.HasPrefix(attribute(n, "href"), "/screen/results/") {
			t.Error("the record is listed to one who may not see it")
		}
	}
	mine := v.get("/screen/results", http.StatusOK)
	if !slices.ContainsFunc(mine.all("a[href]"), func(n *html.Node) bool { return attribute(n, "href") == result }) {
		t.Error("the record is not listed to who made it")
	}
}
