package console_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server"
	"countersign.dev/internal/surveillance"
)

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// wholeText is the text of a field with its lines.
func wholeText(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// chosen is the value of a select.
func chosen(d *document, n *html.Node) string {
	options := (&document{d.t, d.name, n}).all("option")
	if len(options) == 0 {
		return ""
	}
	pick := options[0]
	for _, o := range options {
		if has(o, "selected") {
			pick = o
		}
	}
	if !has(pick, "value") {
		return wholeText(pick)
	}
	return attribute(pick, "value")
}

// TestApplication goes the way of a maker by forms alone: a draft, what is
// missing beside its fields, and the application handed in.
func TestApplication(t *testing.T) {
	s := newLabelStage(t)
	s.maker.get("/labelling/apply", http.StatusOK).says("main", "Security mark for consumer IoT products", "A laboratory must have tested.", "How sure this is")
	d := s.maker.get("/labelling/apply?scheme=iot-mark", http.StatusOK)
	d.says("#progress", "Save the draft with a release, by its package URL")
	if got := d.attribute("#party-0-organisation option", "value") + text(d.all("#party-0-organisation option")[0]); got != "northlight" {
		t.Errorf("the maker applies for %q", got)
	}

	id := s.draft()
	d = s.maker.get("/labelling/"+id+"/apply?saved=1", http.StatusOK)
	d.says("#progress", "Saved.", "still unknown", "By group", "What it waits for")
	d.says("#evidence + *", "lamp.cdx.json")
	d.says(`[data-control="nistir-8425/AI.1"]`, "Unique product identity", "unknown")
	form := d.fields("/labelling/apply")
	for name, want := range map[string]string{"product": "Northlight Lamp", "release-0-digests": lampDigest, "party-laboratory-organisation": "quayside", "updates_automatic": "1", "hosts": "updates.northlight.example\ntime.northlight.example"} {
		if got := form.Get(name); got != want {
			t.Errorf("%s comes back as %q, want %q", name, got, want)
		}
	}

	// What is declared shows in the progress, and stays.
	form.Set("said-nistir-8425/AI.1", "met")
	form.Set("note-nistir-8425/AI.1", "serial number on the plate")
	form.Add("rests-nistir-8425/AI.1", form.Get("evidence"))
	s.maker.led(s.maker.post("/labelling/apply", form))
	d = s.maker.get("/labelling/"+id+"/apply", http.StatusOK)
	d.says(`[data-control="nistir-8425/AI.1"]`, "met", "serial number on the plate"[:0])
	if got := d.fields("/labelling/apply").Get("note-nistir-8425/AI.1"); got != "serial number on the plate" {
		t.Errorf("the note comes back as %q", got)
	}

	// Handed in with something missing: said beside the field, and nothing is lost.
	form = with(d.fields("/labelling/apply"), "do", "submit", "support", "", "declaration", "")
	d = s.maker.told(s.maker.post("/labelling/apply", form), http.StatusBadRequest)
	d.says("[role=alert]", "The application lacks declaration")
	d.says("#support ~ .fault", "This is still missing.")
	d.says("#declaration ~ .fault", "This is still missing.")
	if got := d.fields("/labelling/apply").Get("product"); got != "Northlight Lamp" {
		t.Errorf("after a refusal the product is %q", got)
	}
	form = with(form, "support", "until the end of 2028", "declaration", "A. Norris")
	if to := s.maker.led(s.maker.post("/labelling/apply", form)); to != "/labelling/"+id {
		t.Errorf("handed in, one is led to %s", to)
	}
	s.maker.get("/labelling/"+id, http.StatusOK).says("main", "applied", "Northlight Lamp NL-L1", "A draft was kept", "The application was handed in")
	s.maker.get("/labelling", http.StatusOK).says("#elsewhere ~ *", "Northlight Lamp", "applied")
	s.laboratory.get("/labelling", http.StatusOK).says("#waiting ~ *", "Northlight Lamp", "Judge its controls")
}

// TestApplicationKeepsWhatItDoesNotShow changes an application that came by
// another way, with declarations and facts that the form does not have.
func TestApplicationKeepsWhatItDoesNotShow(t *testing.T) {
	s := newLabelStage(t)
	a := &label.Application{
		Scheme: "iot-mark", Product: "Lamp", Parties: []label.Party{{Role: label.Maker, Name: "Northlight"}, {Role: label.Administrator, Name: "Somebody"}},
		Facts: map[string]bool{"uk-psti/x": true}, Declared: []label.Declaration{{Control: "slsa/l1", Status: "met"}},
	}
	ask := access.Ask{Reader: s.maker.as, At: access.At{Position: access.Now}}
	kept, err := s.node.Apply(t.Context(), ask, a, node.ApplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	form := s.maker.get("/labelling/"+kept.Label+"/apply", http.StatusOK).fields("/labelling/apply")
	s.maker.led(s.maker.post("/labelling/apply", with(form, "model", "L1")))
	f, err := s.node.LabelFile(t.Context(), ask, kept.Label)
	if err != nil {
		t.Fatal(err)
	}
	got := f.Application
	if got.Model != "L1" || !got.Facts["uk-psti/x"] || len(got.Declared) != 1 || got.Party(label.Administrator).Name != "Somebody" {
		t.Errorf("after a change of the model: %+v", got)
	}
}

// applied is an application that was handed in.
func (s *labelStage) applied() string {
	s.Helper()
	id := s.draft()
	form := with(s.maker.get("/labelling/"+id+"/apply", http.StatusOK).fields("/labelling/apply"), "do", "submit")
	s.maker.led(s.maker.post("/labelling/apply", form))
	return id
}

// assessed judges every control of an application that waits, and closes it.
func (s *labelStage) assessed() string {
	s.Helper()
	id := s.applied()
	for range 200 {
		d := s.laboratory.get("/labelling/"+id+"/controls?show=unknown", http.StatusOK)
		if strings.HasPrefix(d.one(".list .verdict"), "All ") {
			s.assessor.led(s.assessor.post("/labelling/close", url.Values{"csrf": {token}, "id": {id}}))
			return id
		}
		leaf := d.all(`.pick a:not(.head)[href*="show=unknown"], .pick a:not(.head)[href*="show=not_met"]`)
		if len(leaf) == 0 {
			s.Fatalf("nothing more to judge, and %s", d.one(".list .verdict"))
		}
		d = s.laboratory.get(attribute(leaf[0], "href"), http.StatusOK)
		form := d.fields("/labelling/judge")
		for _, n := range d.all(".judge input[name=evidence]") {
			form.Set("evidence", attribute(n, "value"))
		}
		s.laboratory.led(s.laboratory.post("/labelling/judge", with(form, "status", "met", "method", "laboratory", "reason", "tested")))
	}
	s.Fatal("the controls do not come to an end")
	return ""
}

// TestWorkbenchToLabel goes from the workbench to a label that is suspended and
// given back.
func TestWorkbenchToLabel(t *testing.T) {
	s := newLabelStage(t)
	id := s.assessed()
	d := s.authority.get("/labelling", http.StatusOK)
	d.says("#waiting ~ *", "Give the label")
	d = s.authority.get("/labelling/"+id+"/issue", http.StatusOK)
	d.says("main", "What it will say", "Quayside Test Laboratory", "2028-12-31", "when the maker's support ends", "specimen")
	for _, image := range []string{d.attribute(".paper img", "src"), "/labelling/" + id + "/sheet/pdf?specimen=1", "/labelling/" + id + "/sheet/png?specimen=1&details=0&dpi=150"} {
		if resp := s.authority.fetch(image); resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Type"), "/") {
			t.Errorf("%s: %d %s", image, resp.StatusCode, resp.Header.Get("Content-Type"))
		}
	}
	form := d.fields("/labelling/issue")
	d = s.authority.told(s.authority.post("/labelling/issue", with(form, "from", "2026-01-01")), http.StatusBadRequest)
	d.says("[role=alert]", "the day on which it is given")
	to := s.authority.led(s.authority.post("/labelling/issue", with(form, "from", "")))
	s.authority.get(to, http.StatusOK).says("main", "At its real size", "PNG, 600 dpi")

	s.day = "2026-11-10"
	d = s.authority.get("/labelling/"+id, http.StatusOK)
	d.says("[data-act=suspended]", "The reason is public")
	form = url.Values{"csrf": {token}, "id": {id}, "kind": {"suspended"}, "reason": {""}}
	d = s.authority.told(s.authority.post("/labelling/act", form), http.StatusBadRequest)
	d.says("[role=alert]", "Say why")
	if !has(d.all("[data-act=suspended]")[0], "open") {
		t.Error("the form that was refused is folded away")
	}
	s.authority.led(s.authority.post("/labelling/act", with(form, "reason", "sold with other firmware", "on", "2026-11-05")))
	s.authority.get("/labelling", http.StatusOK).says("#open ~ *", "Suspended since 2026-11-05", "Sold with other firmware.")
	s.authority.led(s.authority.post("/labelling/act", with(form, "kind", "reinstated", "reason", "the stock was taken back", "on", "2026-11-08")))
	d = s.maker.get("/labelling/"+id, http.StatusOK)
	d.says("main", "active", "The stock was taken back.")
	d.says("[data-act]", "Withdraw")
	if n := len(d.all("[data-act]")); n != 1 {
		t.Errorf("a maker is offered %d acts, want to withdraw alone", n)
	}
	form = s.authority.get("/labelling/"+id, http.StatusOK).fields("/labelling/amend")
	s.authority.told(s.authority.post("/labelling/amend", form), http.StatusBadRequest).says("[role=alert]", "Say why")
	form = with(form, "reason", "firmware 1.3", "release-1-purl", "pkg:generic/northlight/lamp-firmware@1.3.0", "release-1-digests", strings.Repeat("6b", 32))
	s.maker.told(s.maker.post("/labelling/amend", form), http.StatusForbidden)
	s.authority.led(s.authority.post("/labelling/amend", form))
	s.maker.get("/labelling/"+id, http.StatusOK).says("main", "lamp-firmware@1.2.0", "lamp-firmware@1.3.0", "Firmware 1.3.")
	form = url.Values{"csrf": {token}, "id": {id}, "kind": {"revoked"}, "reason": {"never as declared"}}
	s.authority.told(s.authority.post("/labelling/act", form), http.StatusBadRequest).says("[role=alert]", "it is for good")
	s.authority.led(s.authority.post("/labelling/act", with(form, "sure", "1")))
	s.authority.get("/labelling/"+id, http.StatusOK).says("header + *, main > header", "revoked", "Never as declared")
}

// TestJudgeByReport hands in a laboratory's report on the workbench.
func TestJudgeByReport(t *testing.T) {
	s := newLabelStage(t)
	id := s.applied()
	report := "countersign: test-report/v1\nid: q-1\nissued: 2026-10-30\nvalid_until: 2028-10-30\nlaboratory: {name: Quayside Test Laboratory, organisation: quayside}\n" +
		"product: {name: Northlight Lamp, maker: Northlight Devices, purl: \"" + lampPURL + "\", digests: [\"" + lampDigest + "\"]}\ncatalogue: nistir-8425\nedition: 2022-09\nresults:\n" +
		"  - {control: AI.1, verdict: pass, methods: [conceptual], date: 2026-10-20}\n  - {control: AI.2, verdict: fail, methods: [functional], date: 2026-10-20, note: no inventory}\n"
	form := url.Values{"csrf": {token}, "id": {id}}
	s.laboratory.told(s.laboratory.attach("/labelling/report", form, "report.yaml", strings.Replace(report, "organisation: quayside", "organisation: other", 1)), http.StatusConflict).
		says("[role=alert]", "the application names")
	s.laboratory.told(s.laboratory.post("/labelling/report", form), http.StatusBadRequest).says("[role=alert]", "Choose at least one file")
	if resp := s.maker.attach("/labelling/report", form, "report.yaml", report); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a maker hands in a report of its laboratory: %d", resp.StatusCode)
	}
	s.laboratory.led(s.laboratory.attach("/labelling/report", form, "report.yaml", report))
	d := s.assessor.get("/labelling/"+id+"/controls?show=not_met&control=nistir-8425/AI.2", http.StatusOK)
	d.says(".work", "Not met, laboratory", "No inventory", "decides", "report.yaml")
	d.says(".docs", "evidence.test-report", "used here")
}

// TestLabelPagesRefuse holds the pages against whoever has no part, and against
// a maker who would judge itself.
func TestLabelPagesRefuse(t *testing.T) {
	s := newLabelStage(t)
	id := s.draft()
	form := with(s.maker.get("/labelling/"+id+"/apply", http.StatusOK).fields("/labelling/apply"), "do", "submit")
	s.maker.led(s.maker.post("/labelling/apply", form))
	none := "00000-00000"
	for _, path := range []string{"/labelling/%", "/labelling/%/apply", "/labelling/%/controls", "/labelling/%/issue", "/labelling/%/sheet", "/labelling/%/sheet/svg?specimen=1"} {
		hidden := s.stranger.get(strings.ReplaceAll(path, "%", id), http.StatusNotFound).one("main")
		absent := s.stranger.get(strings.ReplaceAll(path, "%", none), http.StatusNotFound).one("main")
		if strings.ReplaceAll(hidden, id, "X") != strings.ReplaceAll(absent, none, "X") {
			t.Errorf("%s tells one that is hidden from one that is not there: %q, %q", path, hidden, absent)
		}
	}
	s.stranger.told(s.stranger.post("/labelling/apply", form), http.StatusNotFound)
	if d := s.stranger.get("/labelling", http.StatusOK); strings.Contains(d.one("main"), "Lamp") {
		t.Error("a stranger's desk has another's application")
	}
	if d := s.maker.get("/labelling/"+id+"/controls", http.StatusOK); len(d.all(".judge, form[action='/labelling/close'], form[action='/labelling/report']")) != 0 {
		t.Error("a maker is offered to judge its own product")
	}
	judged := url.Values{"csrf": {token}, "id": {id}, "control": {"nistir-8425/AI.1"}, "status": {"met"}, "method": {"laboratory"}, "reason": {"mine"}, "evidence": {lampDigest}}
	for _, post := range []struct {
		as      *visit
		address string
		form    url.Values
		status  int
	}{
		{s.maker, "/labelling/judge", judged, http.StatusForbidden},
		{s.stranger, "/labelling/judge", judged, http.StatusNotFound},
		{s.laboratory, "/labelling/judge", with(url.Values{"csrf": {token}, "id": {id}, "control": {"nistir-8425/AI.1"}}, "status", "not_applicable"), http.StatusBadRequest},
		{s.laboratory, "/labelling/judge", url.Values{"id": {id}, "control": {"nistir-8425/AI.1"}, "status": {"met"}}, http.StatusForbidden}, // no token
		{s.maker, "/labelling/close", url.Values{"csrf": {token}, "id": {id}}, http.StatusForbidden},
		{s.assessor, "/labelling/close", url.Values{"csrf": {token}, "id": {id}}, http.StatusConflict},
		{s.maker, "/labelling/issue", url.Values{"csrf": {token}, "id": {id}}, http.StatusForbidden},
		{s.stranger, "/labelling/act", url.Values{"csrf": {token}, "id": {id}, "kind": {"revoked"}, "reason": {"x"}, "sure": {"1"}}, http.StatusNotFound},
		{s.laboratory, "/labelling/act", url.Values{"csrf": {token}, "id": {id}, "kind": {"withdrawn"}, "reason": {"x"}, "sure": {"1"}}, http.StatusForbidden},
		{s.laboratory, "/labelling/apply", with(lamp(), "id", id), http.StatusForbidden},
		{s.laboratory, "/labelling/apply", lamp(), http.StatusForbidden},
		{s.nobody, "/labelling/apply", lamp(), http.StatusForbidden},
	} {
		resp := post.as.post(post.address, post.form)
		if resp.StatusCode != post.status {
			t.Errorf("%s posts %v to %s: %d, want %d: %s", post.as.as.Member, post.form, post.address, resp.StatusCode, post.status, read(t, "", resp).one("main"))
		}
	}
	resp := s.maker.attach("/labelling/apply", lamp(), "note.txt", "no document of any kind")
	s.maker.told(resp, http.StatusBadRequest).says("[role=alert]", "note.txt")
	s.laboratory.get("/labelling/apply", http.StatusForbidden)
}

// TestApplicationOfTwo saves a form that was made before somebody else changed
// the application.
func TestApplicationOfTwo(t *testing.T) {
	s := newLabelStage(t)
	id := s.draft()
	page := "/labelling/" + id + "/apply"
	one, other := s.maker.get(page, http.StatusOK).fields("/labelling/apply"), s.maker.get(page, http.StatusOK).fields("/labelling/apply")
	s.maker.led(s.maker.post("/labelling/apply", with(one, "model", "L1")))
	d := s.maker.told(s.maker.post("/labelling/apply", with(other, "product", "Lamp of another")), http.StatusConflict)
	d.says("[role=alert]", "was changed since this page was loaded")
	again := d.fields("/labelling/apply")
	if got := again.Get("product"); got != "Lamp of another" {
		t.Errorf("what was filled in comes back as %q", got)
	}
	s.maker.led(s.maker.post("/labelling/apply", with(again, "do", "save")))
	s.maker.get("/labelling/"+id, http.StatusOK).says("h1", "Lamp of another")
}

// TestLabelUploadsAtTheDoor holds the forms that take files to the limit of
// uploads, and the others to the one of forms, before anybody is asked who it is.
func TestLabelUploadsAtTheDoor(t *testing.T) {
	s := newLabelStage(t)
	limits := server.Limits{Body: 1 << 10, Upload: 1 << 16}
	srv, err := server.New(server.Options{Node: s.node, Accounts: s.node.Access, Console: s.maker.console, Limits: limits, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	for path, most := range map[string]int{"/labelling/apply": 1 << 16, "/labelling/judge": 1 << 16, "/labelling/report": 1 << 16, "/labelling/act": 1 << 10, "/labelling/issue": 1 << 10, "/labelling/amend": 1 << 10} {
		for size, refused := range map[int]bool{most: false, most + 1: true} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.Repeat("x", size)))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			srv.ServeHTTP(w, r)
			if got := w.Code == http.StatusRequestEntityTooLarge; got != refused {
				t.Errorf("%d bytes to %s: %d", size, path, w.Code)
			}
		}
	}
}

// TestLabelPagesAreWholesome holds the pages about labels to what all pages
// have in common.
func TestLabelPagesAreWholesome(t *testing.T) {
	s := newLabelStage(t)
	draft, applied, id, issued := s.draft(), s.applied(), s.assessed(), s.assessed()
	s.authority.led(s.authority.post("/labelling/issue", url.Values{"csrf": {token}, "id": {issued}}))
	s.authority.led(s.authority.post("/labelling/act", url.Values{"csrf": {token}, "id": {issued}, "kind": {"suspended"}, "reason": {"x"}}))
	s.authority.led(s.authority.post("/labelling/act", url.Values{"csrf": {token}, "id": {issued}, "kind": {"test_failed"}, "reason": {"y"}}))
	for address, v := range map[string]*visit{
		"/labelling": s.authority, "/labelling/apply": s.maker, "/labelling/apply?scheme=iot-tiers": s.maker, "/labelling/apply?scheme=none": s.maker,
		"/labelling/" + draft + "/apply": s.maker, "/labelling/" + draft + "/apply?saved=1": s.maker, "/labelling/" + applied: s.maker,
		"/labelling/" + applied + "/controls": s.laboratory, "/labelling/" + applied + "/controls?show=all&find=update": s.assessor, "/labelling/" + applied + "/controls?control=nobody/x": s.assessor,
		"/labelling/" + id + "/issue": s.authority, "/labelling/" + id + "/sheet": s.authority, "/labelling/" + applied + "/sheet": s.authority,
		"/labelling/" + issued: s.authority, "/labelling/" + issued + "/sheet?details=0": s.maker, "/labelling/none": s.maker, "/attestations/ssdf": s.maker,
		"/attestations": s.maker, at("/attestations", "subject", lampPURL): s.maker, "/attestations?subject=x": s.maker,
	} {
		t.Run(address, func(t *testing.T) { wholesome(t, address, (&visit{t, v.console, v.as}).fetch(address)) })
	}
	s.stranger.get("/labelling", http.StatusOK).says("main", "Nothing.")
	s.nobody.get("/labelling", http.StatusOK).says("main", "Nothing.")
}

// TestOfferIsConfirmed gives a label back that surveillance offered to give
// back, from the day of the offer.
func TestOfferIsConfirmed(t *testing.T) {
	s := newLabelStage(t)
	id := s.assessed()
	s.authority.led(s.authority.post("/labelling/issue", url.Values{"csrf": {token}, "id": {id}}))
	surveillance := s.node.NewSurveillance(surveillance.Options{})
	s.day = "2026-11-20"
	takeIn(t, s.node, "listing.yaml", listedMaker("2026-11-10", ""))
	if err := surveillance.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.authority.get("/labelling", http.StatusOK).says("[data-row='"+id+"']", "suspended", "Suspended since")
	s.day = "2026-11-24"
	takeIn(t, s.node, "listing.yaml", listedMaker("2026-11-10", "2026-11-22"))
	if err := surveillance.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := s.authority.get("/labelling", http.StatusOK)
	d.says("[data-row='"+id+"']", "Reinstatement is offered from 2026-11-22", "Confirm, from 2026-11-22")
	if d := s.maker.get("/labelling", http.StatusOK); len(d.all("form[action='/labelling/act']")) != 0 {
		t.Error("a maker may confirm its own reinstatement")
	}
	if to := s.authority.led(s.authority.post("/labelling/act", d.fields("/labelling/act"))); to != "/labelling#open" {
		t.Errorf("confirmed, one is led to %s", to)
	}
	s.maker.get("/labelling/"+id, http.StatusOK).says("main > header", "active", "2026-11-22")
}

// TestSSDFForm keeps a form that was filled in, and says all that is missing of
// one that is not.
func TestSSDFForm(t *testing.T) {
	s := newLabelStage(t)
	d := s.maker.get("/attestations/ssdf", http.StatusOK)
	d.says("main", "Agencies may ask for it", "OMB M-26-05")
	form := d.fields("/attestations/ssdf")
	d = s.maker.told(s.maker.post("/attestations/ssdf", form), http.StatusBadRequest)
	d.says("[role=alert]", "Nothing was kept.", "statement 1.a is not answered")
	form = with(form, "form", "northlight-lamp", "product-0-name", "Lamp", "product-0-version", "1.2.0", "product-0-purl", lampPURL, "product-0-digests", lampDigest,
		"producer", "Northlight Devices", "address", "1 Quay", "website", "https://northlight.example", "contact", "Desk", "phone", "1", "email", "a@northlight.example",
		"signer", "A. Norris", "signer_title", "Director", "signed", "2026-11-01", "notify", "1", "audience", "org:northlight")
	for _, n := range d.all("select[name^=answer-]") {
		form.Set(attribute(n, "name"), "yes")
	}
	form = with(form, "answer-1", "no", "answer-1.d", "plan_of_action", "mitigations-1.d", "keys are kept offline", "milestones-1.d", "2027-03-01 keys are kept in hardware")
	to := s.maker.led(s.maker.post("/attestations/ssdf", form))
	s.maker.get(to, http.StatusOK).says("main", "evidence.ssdf-form", lampPURL)
	s.stranger.get(to, http.StatusNotFound)
	bad := with(form, "milestones-1.d", "soon")
	s.maker.told(s.maker.post("/attestations/ssdf", bad), http.StatusBadRequest).says("[role=alert]", "soon")
	s.nobody.get("/attestations/ssdf", http.StatusForbidden)
}

// listedMaker is the events of a listing of the maker, taken off again on a day
// unless that is "".
func listedMaker(on, off string) string {
	b := "countersign: events/v1\nid: northlight-1260h\npublished: " + max(on, off) + "\nparty: {id: northlight-devices, name: Northlight Devices, kind: organisation}\n" +
		"listings:\n  - programme: us-dod-1260h\n    id: us-dod-1260h:northlight\n    name: Northlight Devices\n    events:\n" +
		"      - {kind: designated, date: " + on + ", published: " + on + ", what: constructed for a test}\n"
	if off != "" {
		b += "      - {kind: removed, date: " + off + ", published: " + off + ", what: constructed for a test}\n"
	}
	return b
}
