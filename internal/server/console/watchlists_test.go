package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// upload sends a form with a file as a browser does.
func (v *visit) upload(address, name, content string, fields map[string]string) *http.Response {
	v.t.Helper()
	r := batchRequest(v.t, name, content, fields)
	to := httptest.NewRequest(http.MethodPost, address, r.Body)
	to.Header = r.Header
	return v.do(to)
}

const listed = `countersign: events/v1
id: sea-star
published: 2026-11-21
party: {id: sea-star, name: Sea Star Shipping, kind: organisation}
listings:
  - programme: us-bis-entity-list
    id: us-bis-entity-list:sea-star
    name: Sea Star Shipping
    events:
      - {kind: designated, date: 2026-11-20, published: 2026-11-20, authority: Bureau of Industry and Security, what: Added., citation: 91 FR 1}
`

// TestWatchList adds a list, runs it, takes in a new entry and looks at what
// changed, all by forms.
func TestWatchList(t *testing.T) {
	v := whole(t)
	v.get("/watchlists", http.StatusOK).says("main", "No names are watched yet.")
	resp := v.upload("/watchlists", "customers.csv", customers+"4,Sea Star Shiping,,,,\n5,,\n", map[string]string{"name": "customers", "audience": "org:acme"})
	d := read(t, "added", resp)
	d.says("[role=status]", "but for 1 row", "customers.csv: line 6: column name: is empty")
	d.says("#changes + .panel", "never run")

	run := url.Values{"csrf": {token}, "name": {"customers"}}
	first := v.post("/watchlists/run", run).Header.Get("Location")
	if !strings.HasPrefix(first, "/watchlists/customers?run=") {
		t.Fatalf("a run leads to %q", first)
	}
	d = v.get(first, http.StatusOK)
	d.says("#changes", "All that was found on 2026-11-23")
	d.says("[data-change=appeared]", "Huwei Technologies", "us-bis-entity-list:huawei-technologies-co-ltd", "listed")
	v.get("/watchlists", http.StatusOK).says("[data-list=customers]", "4", "org:acme", "2026-11-23", "appeared")

	imported := v.upload("/documents", "sea-star.yaml", listed, nil)
	if d := read(t, "import", imported); imported.StatusCode != http.StatusOK || len(d.all(".t-deny")) > 0 {
		t.Fatalf("import: %s", d.one("main"))
	}
	second := v.post("/watchlists/run", run).Header.Get("Location")
	d = v.get(second, http.StatusOK)
	rows := d.all("[data-change]")
	if len(rows) != 1 {
		t.Fatalf("%d changes, want the new entry's alone: %s", len(rows), d.one("main"))
	}
	d.says("[data-change=appeared]", "Sea Star Shiping", "Sea Star Shipping", "listed", "none")
	for _, a := range d.all("[data-change] a") {
		if q := address(t, a).Query(); q.Get("position") == "" || q.Get("at") != "2026-11-23" {
			t.Errorf("the link %s leaves the run's moment", attribute(a, "href"))
		}
		v.get(attribute(a, "href"), http.StatusOK)
	}
	if n := d.all("[data-run]"); len(n) != 2 {
		t.Errorf("%d runs are shown, want 2", len(n))
	}
	v.get("/watchlists/customers?run=1", http.StatusNotFound)
}

func TestWatchListRefuses(t *testing.T) {
	v := whole(t)
	for _, test := range []struct {
		table, name, audience, want string
	}{
		{customers, "with space", "org:acme", "want a name of"},
		{"id\n1\n", "customers", "org:acme", "no column name"},
		{customers, "customers", "nobody", "Audience"},
	} {
		resp := v.upload("/watchlists", "customers.csv", test.table, map[string]string{"name": test.name, "audience": test.audience})
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%q for %q: status %d", test.name, test.audience, resp.StatusCode)
		}
		d := read(t, test.name, resp)
		d.says("[role=alert]", test.want)
		if got := d.attribute("#name", "value"); got != test.name {
			t.Errorf("what was typed is lost: %q", got)
		}
	}
	if got := v.upload("/watchlists", "customers.csv", customers, map[string]string{"name": "customers", "audience": "org:beta"}).StatusCode; got != http.StatusForbidden {
		t.Errorf("a list for others: %d", got)
	}
	v.upload("/watchlists", "customers.csv", customers, map[string]string{"name": "customers", "audience": "org:acme"})
	v.get("/watchlists/customers", http.StatusOK)
	other := &visit{t, v.console, reader}
	other.get("/watchlists/customers", http.StatusNotFound)
	other.get("/watchlists", http.StatusOK).says("main", "No names are watched yet.")

	remove := url.Values{"csrf": {token}, "name": {"customers"}, "reason": {""}}
	resp := v.post("/watchlists/remove", remove)
	read(t, "no reason", resp).says("[role=alert]", "say why it is removed")
	remove.Set("reason", "the contract ended")
	if got := v.post("/watchlists/remove", remove); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/watchlists" {
		t.Errorf("removed: %d to %q", got.StatusCode, got.Header.Get("Location"))
	}
	v.get("/watchlists", http.StatusOK).says("main", "No names are watched yet.")
	v.get("/watchlists/customers", http.StatusOK).says("main", "Not in force any more")
}

const (
	smicListed = "us-bis-entity-list:semiconductor-manufacturing-international-corporation"
	smicNamed  = "us-dod-1237:semiconductor-manufacturing-international-corp"
)

// TestJoins keeps two entries apart that a name joins, and takes it back.
func TestJoins(t *testing.T) {
	v := whole(t)
	page := "/duplicates?subject=" + url.QueryEscape(smicListed)
	d := v.get(page, http.StatusOK)
	d.says("[data-joined='"+smicNamed+"']", "Semiconductor", "Keep apart")
	v.get("/party?subject="+smicListed, http.StatusOK).says("a[href^='/duplicates']", "Is one of them another?")

	decide := func(verdict, reason string) *http.Response {
		return v.post("/joins", url.Values{
			"csrf": {token}, "subject": {smicListed}, "a": {smicListed}, "b": {smicNamed}, "verdict": {verdict}, "reason": {reason}, "audience": {"org:acme"},
		})
	}
	resp := decide("apart", " ")
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("without a reason: %d", resp.StatusCode)
	}
	read(t, "no reason", resp).says("[role=alert]", "say why")
	if got := decide("apart", "another legal person").Header.Get("Location"); got != page {
		t.Errorf("a decision leads to %q, want %q", got, page)
	}
	d = v.get(page, http.StatusOK)
	d.says("[data-decided=apart]", "Kept apart", "another legal person", "ada", "2026-11-23", "org:acme", "Take back")
	if n := d.all("[data-joined='" + smicNamed + "']"); len(n) != 0 {
		t.Error("they are still joined")
	}
	(&visit{t, v.console, reader}).get(page, http.StatusOK).says("[data-joined='"+smicNamed+"']", "Semiconductor")

	decide("open", "it is the same after all")
	d = v.get(page, http.StatusOK)
	d.says("[data-joined='"+smicNamed+"']", "Semiconductor")
	d.says("[data-decided=open]", "Taken back", "it is the same after all")
	if n := d.all("[data-decided] form"); len(n) != 0 {
		t.Error("what is not in force can be taken back")
	}
	v.get("/duplicates", http.StatusOK).says("[data-decided=apart]", "another legal person", "no longer")
}

// TestTwins looks through what an edition added for parties that are held
// under another id, and no longer names a pair that was decided about.
func TestTwins(t *testing.T) {
	v := whole(t)
	v.upload("/documents", "sea-star.yaml", listed, nil)
	other := strings.NewReplacer("sea-star", "sea-stars", "Sea Star Shipping", "Sea Star Shiping Company", "us-bis-entity-list", "us-dod-1237").Replace(listed)
	v.upload("/documents", "sea-stars.yaml", other, nil)
	v.get("/duplicates", http.StatusOK).says("a[href='/duplicates/events/sea-stars']", "events/sea-stars")

	d := v.get("/duplicates/events/sea-stars", http.StatusOK)
	d.says("[data-twin='us-dod-1237:sea-stars'] [data-near='us-bis-entity-list:sea-star']", "Sea Star Shipping", "similar")
	page := d.attribute("[data-twin] h3 a", "href")
	v.get(page, http.StatusOK).says("[data-near='us-bis-entity-list:sea-star'] form", "One party", "Keep apart")

	v.post("/joins", url.Values{
		"csrf": {token}, "a": {"us-dod-1237:sea-stars"}, "b": {"us-bis-entity-list:sea-star"}, "verdict": {"apart"}, "reason": {"two firms"}, "audience": {"org:acme"},
	})
	if n := v.get(page, http.StatusOK).all("[data-near]"); len(n) != 0 {
		t.Error("a pair that is kept apart is still to be decided about")
	}
	if n := v.get("/duplicates/events/sea-stars", http.StatusOK).all("[data-twin]"); len(n) != 0 {
		t.Error("a pair that is kept apart is still in the list")
	}
	v.get("/duplicates/events/nonesuch", http.StatusNotFound)
}

// Only who may decide for somebody is offered to.
func TestJoinsAreForWhoMay(t *testing.T) {
	v := whole(t)
	form := url.Values{"csrf": {token}, "subject": {smicListed}, "a": {smicListed}, "b": {smicNamed}, "verdict": {"apart"}, "reason": {"x"}, "audience": {"public"}}
	if got := v.post("/joins", form).StatusCode; got != http.StatusForbidden {
		t.Errorf("an analyst decides for everybody: %d", got)
	}
	v.as = reader
	if n := v.get("/duplicates?subject="+smicListed, http.StatusOK).all("form[method=post][action='/joins']"); len(n) != 0 {
		t.Error("a reader is offered to decide")
	}
	if got := v.post("/joins", form).StatusCode; got != http.StatusForbidden {
		t.Errorf("a reader decides: %d", got)
	}
	v.as = administrator
	if got := v.post("/joins", form).StatusCode; got != http.StatusSeeOther {
		t.Errorf("an administrator decides for everybody: %d", got)
	}
}
