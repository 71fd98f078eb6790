package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// TestCard walks through the life of one listing: what the page answers on each
// day, and by what was published by then.
func TestCard(t *testing.T) {
	tests := []struct {
		purpose, at, known               string
		verdict, status, line, changesOn string
	}{
		{"invest", "2021-01-13", "", "Allow", "not_listed", "Nothing that is held speaks against", ""},
		{"invest", "2021-02-01", "", "Review", "listed", "barred from 2021-03-15", "2021-03-15"},
		{"invest", "2021-03-13", "", "Review", "stayed", "stayed since 2021-03-12", ""},
		{"invest", "2021-03-16", "2021-02-01", "Deny", "listed", "barred since 2021-03-15", "2022-01-14"},
		{"invest", "2021-05-26", "", "Allow", "vacated", "", ""},
		{"procure", "2021-02-01", "", "Review", "listed", "defense list", ""},
	}
	v := visitAs(t, newStage(t), analyst)
	for _, test := range tests {
		q := url.Values{"subject": {"Xiaomi"}, "purpose": {test.purpose}, "at": {test.at}, "known": {test.known}}
		d := v.get("/party?"+q.Encode(), http.StatusOK)
		if got := d.one("#verdict"); got != test.verdict {
			t.Errorf("%s: verdict %q, want %q", d.name, got, test.verdict)
		}
		d.one(`[data-line=buy] .verdict.t-` + strings.ToLower(test.verdict) + ` svg`)
		d.says("[data-line=buy]", test.line)
		if test.status != "not_listed" || len(d.all("[data-status]")) > 0 {
			d.one(`[data-status=` + test.status + `]`)
		}
		if test.changesOn != "" {
			if got := d.attribute("[data-line=buy] .when time", "datetime"); got != test.changesOn {
				t.Errorf("%s: changes on %q, want %q", d.name, got, test.changesOn)
			}
		} else {
			d.says("[data-line=buy] .when", "no known day")
		}
		for _, line := range []string{"run", "trust", "tell"} {
			d.says("[data-line="+line+"]", "Not answered", "is held")
		}
	}
}

func TestCardForAllPurposes(t *testing.T) {
	v := visitAs(t, newStage(t), analyst)
	d := v.get("/party?subject=xiaomi&at=2021-03-16&known=2021-02-01", http.StatusOK)
	d.says("#verdict", "Deny")
	for purpose, verdict := range map[string]string{"procure": "Review", "invest": "Deny", "export": "Review"} {
		d.says("[data-purpose="+purpose+"] .verdict", verdict)
		d.says("[data-purpose="+purpose+"] a", "us-dod-1237 #1")
	}
	d.says(".tabs [aria-current]", "All purposes")
	links := d.all(".tabs a")
	if len(links) != 4 {
		t.Fatalf("%d purposes to switch between", len(links))
	}
	if got := attribute(links[2], "href"); got != "/party?at=2021-03-16&known=2021-02-01&purpose=invest&subject=xiaomi" {
		t.Errorf("the switch to invest leads to %s", got)
	}
}

func TestCourse(t *testing.T) {
	v := visitAs(t, newStage(t), analyst)
	d := v.get("/party?subject=xiaomi&at=2021-03-13", http.StatusOK)
	var got []string
	for _, n := range d.all(".events li") {
		got = append(got, attribute(n, "data-event")+" "+attribute(n, "class"))
	}
	want := []string{
		"designated t-pending", "challenged t-pending", "stayed t-stayed",
		"agreed t-stayed later", "vacated t-ended later", "announced t-ended later",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("events:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if marks := d.all("svg.track .mark"); len(marks) != len(want) {
		t.Errorf("%d marks in the drawing of %d events", len(marks), len(want))
	}
	d.says("svg.track .name", "Listing", "Purchase of securities", "Holding of securities")
	d.one("svg.track .b-listed")
	if n := d.all(".veil"); len(n) != 0 {
		t.Error("a veil over what was known")
	}
	then := v.get("/party?subject=xiaomi&at=2021-03-13&known=2021-02-01", http.StatusOK)
	if n := then.all(".events li"); len(n) != 2 {
		t.Errorf("by 2021-02-01 there were 2 events, the page shows %d", len(n))
	}
	then.one(".veil")
}

func TestConsequencesAndEvidence(t *testing.T) {
	v := visitAs(t, newStage(t), analyst)
	d := v.get("/party?subject=xiaomi&at=2021-02-01&known=2021-02-01&purpose=invest", http.StatusOK)
	d.says("[aria-labelledby=consequences]", "purchase of securities", "2021-03-15", "2022-01-14", "EO 13959 § 1(a)(i)")
	d.says("[aria-labelledby=evidence]", "us-dod-1237", "events/xiaomi", "designated 2021-01-14")
	if n := d.all(`[aria-labelledby=evidence] a[href^="/documents/2?"]`); len(n) != 1 {
		t.Errorf("%d links to the document", len(n))
	}
	d.says("[aria-labelledby=claims]", "Against", "US Department of Defense", "In answer", "Xiaomi Corporation")
	if got := text(d.all("[aria-labelledby=claims]")[0]); strings.Contains(got, "Found by") {
		t.Error("a court's finding of March is shown by what was published in February")
	}
	d.says("[aria-labelledby=identity]", "小米集团", "KYG9830T1067", "ISIN", `also known as "Xiaomi"`)
	d.says("#elsewhere", "countersign check 'xiaomi' --purpose invest --at 2021-02-01 --known 2021-02-01")
	if got := d.attribute(`a[href^="/api/v1/check"]`, "href"); got != "/api/v1/check?at=2021-02-01&known=2021-02-01&purpose=invest&subject=xiaomi" {
		t.Errorf("as JSON: %s", got)
	}
}

func TestFragment(t *testing.T) {
	v := visitAs(t, newStage(t), analyst)
	resp := v.fetch("/party?subject=xiaomi&at=2021-03-13&part=answer")
	d := read(t, "fragment", resp)
	d.one("#verdict")
	d.says("[role=status]", "As of 2021-03-13: Review.")
	for _, frame := range []string{"h1", "header.top", "form.asof"} {
		if n := d.all(frame); len(n) != 0 {
			t.Errorf("the fragment has a %s", frame)
		}
	}
}

func TestWhomIsMeant(t *testing.T) {
	v := visitAs(t, newStage(t), analyst)
	d := v.get("/party?subject=China+Telecom", http.StatusOK)
	d.says("h1", "China Telecom")
	d.says(".verdict", "Review")
	if n := d.all("main .bare a"); len(n) != 2 {
		t.Errorf("%d parties to choose from", len(n))
	}
	d = v.get("/party?subject=Nobody+%26+Sons&known=2021-01-01", http.StatusOK)
	d.says("h1", "“Nobody & Sons”")
	d.says(".verdict", "Review")
	d.says("main", "2 documents from 2 sources", "events/huawei", "published by 2021-01-01")
	if got := text(d.root); strings.Contains(got, "Allow") {
		t.Error("the unknown is allowed")
	}
	v.leads("/party?subject=+", "/")
	v.leads("/party", "/")
}

func TestSearch(t *testing.T) {
	v := visitAs(t, newStage(t), analyst)
	v.leads("/?q=Huawei&at=2021-01-01", "/party?at=2021-01-01&subject=huawei")
	v.leads("/?q=nobody", "/party?subject=nobody")
	d := v.get("/?q=China+Telecom", http.StatusOK)
	d.says("#found", "2 parties match “China Telecom”")
	if got := d.attribute("#q", "value"); got != "China Telecom" {
		t.Errorf("the box has forgotten the query: %q", got)
	}
	s := v.get("/suggest?q=xiaomi&at=2021-02-01", http.StatusOK)
	if got := s.attribute("[role=option] a", "href"); got != "/party?at=2021-02-01&subject=xiaomi" {
		t.Errorf("the suggestion leads to %q", got)
	}
	if n := v.get("/suggest?q=x", http.StatusOK).all("[role=option]"); len(n) != 0 {
		t.Error("suggestions for a single letter")
	}
}

func TestFirstPage(t *testing.T) {
	s := newStage(t)
	digest := s.decided()
	d := visitAs(t, s, analyst).get("/", http.StatusOK)
	d.says("[aria-labelledby=recent]", "Review", "Xiaomi Corporation", "invest", "2021-02-01")
	if got := d.attribute("[aria-labelledby=recent] a", "href"); got != "/decisions/"+digest {
		t.Errorf("the decision's link is %s", got)
	}
	for _, question := range []string{"Buy", "Run", "Trust", "Tell"} {
		d.says(".tiles h3", question)
	}
	empty := newStage(t)
	empty.Entries = empty.Entries[5:6] // only a policy, as in a new store
	visitAs(t, empty, analyst).get("/", http.StatusOK).says("[aria-labelledby=empty]", "Nothing has been imported", "Import documents")
}

func TestBadMoments(t *testing.T) {
	v := visitAs(t, newStage(t), analyst)
	for query, want := range map[string]string{
		"at=tomorrow": "At: invalid date", "known=2021-13-01": "Known: invalid date", "position=0": "Position", "position=x": "Position",
		"position=4711": "Position 4711: the ledger is at 7.", "purpose=fun": "Purpose \"fun\": want procure",
	} {
		d := v.get("/party?subject=xiaomi&"+query, http.StatusBadRequest)
		d.says(".note.bad", want)
	}
	v.get("/party?subject=xiaomi&then=1&at=2021-03-13", http.StatusOK).says(".card", "2021-03-13")
	pinned := v.get("/party?subject=xiaomi&position=1", http.StatusOK)
	if got := pinned.attribute("form.asof input[name=position]", "value"); got != "1" {
		t.Errorf("the form forgets the position: %q", got)
	}
}

func TestReadersMayNotRecord(t *testing.T) {
	s := newStage(t)
	d := visitAs(t, s, reader).get("/party?subject=xiaomi", http.StatusOK)
	if n := d.all("form[method=post][action='/decisions']"); len(n) != 0 {
		t.Error("a reader is offered to record a decision")
	}
	s.failure = problem.New(problem.Denied, "rolf may not record decisions")
	resp := visitAs(t, s, reader).post("/decisions", url.Values{"csrf": {token}, "subject": {"xiaomi"}})
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestRecordDecision(t *testing.T) {
	s := newStage(t)
	v := visitAs(t, s, analyst)
	form := v.get("/party?subject=xiaomi&purpose=invest&at=2021-02-01&known=2021-02-01", http.StatusOK)
	fields := url.Values{}
	for _, n := range form.all("form[action='/decisions'] input") {
		fields.Set(attribute(n, "name"), attribute(n, "value"))
	}
	resp := v.post("/decisions", fields)
	to := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/decisions/sha256:") {
		t.Fatalf("status %d to %q", resp.StatusCode, to)
	}
	d := v.get(to, http.StatusOK)
	d.says("h1", "Xiaomi Corporation")
	d.says(".card", "Review", "2021-02-01", "us-securities-investment", "Changes on 2021-03-15")
	v.get(to+"?replay=1", http.StatusOK).says("[role=status]", "Replayed: same.")
	if got := d.attribute("a.button[href^='/party']", "href"); got != "/party?at=2021-02-01&known=2021-02-01&purpose=invest&subject=xiaomi" {
		t.Errorf("ask again: %s", got)
	}
	fields.Set("next", "bundle")
	fields.Set("at", "2021-02-02")
	if to := v.post("/decisions", fields).Header.Get("Location"); !strings.HasSuffix(to, "/bundle") {
		t.Errorf("record and export leads to %q", to)
	}
	for path, want := range map[string]string{to + "/json": ".json", to + "/bundle": ".bundle"} {
		resp := v.fetch(path)
		if got := resp.Header.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="decision-`) || !strings.HasSuffix(got, want) {
			t.Errorf("%s: Content-Disposition %q", path, got)
		}
	}
}

// TestFormsNeedTheirToken sends each form as another site could make a browser
// send it.
func TestFormsNeedTheirToken(t *testing.T) {
	s := newStage(t)
	v := &visit{t, newConsoleWithMembers(s), administrator}
	held := len(s.Entries)
	for _, address := range []string{
		"/decisions", "/documents", "/import", "/setup", "/members", "/members/grant", "/members/disable",
		"/members/organisations", "/members/tokens", "/members/tokens/revoke",
	} {
		for _, token := range []string{"", "guessed"} {
			resp := v.post(address, url.Values{"csrf": {token}, "subject": {"xiaomi"}})
			if resp.StatusCode != http.StatusForbidden {
				t.Errorf("POST %s with token %q: %d", address, token, resp.StatusCode)
			}
		}
	}
	if len(s.Entries) != held {
		t.Error("something was recorded")
	}
}

func TestMethodsAndPaths(t *testing.T) {
	v := visitAs(t, newStage(t), access.Anonymous)
	v.get("/nowhere", http.StatusNotFound).says("h1", "Not found")
	v.get("/programmes/none", http.StatusNotFound)
	v.get("/lists/none", http.StatusNotFound)
	v.get("/documents/99", http.StatusNotFound)
	v.get("/documents/x", http.StatusNotFound)
	v.get("/decisions/sha256:00", http.StatusNotFound)
	for _, path := range []string{"/lists", "/nowhere", "/"} {
		resp := v.post(path, url.Values{"csrf": {token}})
		if resp.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, resp.StatusCode)
		}
		read(t, path, resp).says("h1", "Not like that")
	}
}
