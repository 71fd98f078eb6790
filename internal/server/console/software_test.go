package console_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/intake"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server/console"
)

// The releases of the demonstration.
const (
	portal  = "pkg:generic/northfield/agency-portal@3.2.1"
	newer   = "pkg:generic/northfield/agency-portal@3.3.0"
	payroll = "pkg:generic/harrow/payroll-suite@5.4.0"
	camera  = "pkg:generic/oakridge-vision/vx200-firmware@2.4.0"
	orion   = "pkg:generic/solarwinds/orion-platform@2020.2-hf1"
	log4j   = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
)

// circular is a bill whose components need each other in a circle, one of them
// under a name that is markup.
const circular = `{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"timestamp": "2024-05-01T00:00:00Z", "component": {"bom-ref": "r", "type": "application", "name": "round", "version": "1", "purl": "pkg:generic/round@1"}},
"components": [{"bom-ref": "a", "type": "library", "name": "first", "version": "1.0", "purl": "pkg:npm/%40scope/first@1.0.0"}, {"bom-ref": "b", "type": "library", "name": "<b>second</b>", "version": "2.0"}, {"bom-ref": "c", "type": "library", "name": "alone", "version": "3.0", "purl": "pkg:deb/debian/alone@1:3.0+b1?arch=amd64&distro=debian-12"}],
"dependencies": [{"ref": "r", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": ["b"]}, {"ref": "b", "dependsOn": ["a"]}]}`

// nodeVisit is the console of a whole node with the demonstration's data.
func nodeVisit(t *testing.T, as access.Reader) (*visit, *node.Node) {
	t.Helper()
	n, err := node.Open(t.Context(), node.Options{Data: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	if report, err := n.ImportDemo(t.Context()); err != nil || len(report.Failed) > 0 {
		t.Fatalf("import the demonstration: %v, %q", err, report.Failed)
	}
	c := console.New(n, nil, console.Options{Failed: func(r *http.Request, err error) { t.Errorf("%s: %v", r.URL, err) }})
	return &visit{t, c, as}, n
}

// takeIn imports one file for everybody.
func takeIn(t *testing.T, n *node.Node, name, text string) {
	t.Helper()
	report, err := n.Import(t.Context(), access.Operator, []intake.File{{Name: name, Bytes: []byte(text)}}, node.ImportOptions{})
	if err != nil || len(report.Failed) > 0 {
		t.Fatalf("import %s: %v, %v", name, err, report)
	}
}

// at is the address of a page with parameters, name and value in turn.
func at(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + q.Encode()
}

// TestPagesOfSoftware reads every page about software of one node; none of it
// changes the node but the bill with a circle in it.
func TestPagesOfSoftware(t *testing.T) {
	v, n := nodeVisit(t, analyst)
	takeIn(t, n, "round.cdx.json", circular)
	under := func(name string, f func(*visit)) {
		t.Run(name, func(t *testing.T) { f(&visit{t, v.console, v.as}) })
	}
	for _, address := range []string{
		"/releases", at("/releases", "only", "exploited"), at("/releases", "name", "nothing like it"), at("/release", "subject", portal),
		at("/release", "subject", payroll), at("/release", "subject", camera), at("/release", "subject", "pkg:generic/round@1"),
		at("/release", "subject", portal, "at", "2021-12-12", "known", "2021-12-12"), at("/release", "subject", log4j), at("/advisory", "id", "CVE-2021-44228"),
		at("/advisory", "id", "CVE-2021-44228", "at", "2021-12-12"), at("/component", "purl", log4j), at("/component", "purl", "pkg:npm/%40scope/first"),
		"/impact", at("/impact", "subject", "SolarWinds Worldwide, LLC", "at", "2020-12-13"), "/compare", at("/compare", "a", portal, "b", newer), at("/compare", "a", portal, "b", "nobody"), "/vex", "/lists",
	} {
		under(address, func(v *visit) { wholesome(v.t, address, v.fetch(address)) })
	}
	under("release", readRelease)
	under("answered", readAnswered)
	under("camera", readCamera)
	under("tree", readTree)
	under("advisory", readAdvisory)
	under("releases", readReleases)
	under("component", readComponent)
	under("compare", readComparison)
	under("impact", readImpact)
	under("ways", readWays)
}

func readRelease(v *visit) {
	d := v.get(at("/release", "subject", portal), 200)
	if got := attribute(d.all("[data-line]")[0], "data-line"); got != "run" {
		v.t.Errorf("the first line is %q, want run", got)
	}
	d.says("#verdict", "Deny")
	d.says("[data-line=run]", "Log4Shell", "CISA Binding Operational Directive 22-01")
	shell := `[data-finding=GHSA-jfh8-c2jp-5v3q]`
	d.says(shell, "CVE-2021-44228", "critical 10.0", "exploited", "direct", "2.15.0", "2021-12-10", "2021-12-24", "ransomware")
	if got := d.attribute(shell+" h4 a", "href"); got != "/advisory?id=GHSA-jfh8-c2jp-5v3q" {
		v.t.Errorf("the finding leads to %q", got)
	}
	if got := d.attribute(shell+" dd a", "href"); got != at("/component", "purl", log4j) {
		v.t.Errorf("the component leads to %q", got)
	}
	d.says("[aria-labelledby=held]", "Maven 9 not held")
	d.says("[aria-labelledby=bill]", "CycloneDX 1.5", "Northfield release engineering", "Apache-2.0 8", "complete")
	d.says("[data-catalogue=sbom-cisa-2026]", "SBOM author signature", "Sign the bill")
	d.says("[data-supplier=not_listed]", "VMware, Inc.", "supplier of 3 components")
	d.says("[aria-labelledby=runs]", "No inventory held here has it in service")
	then := v.get(at("/release", "subject", portal, "at", "2021-12-12", "known", "2021-12-12"), 200)
	then.says(`[data-system="system:harbours/portal"]`, "Berth applications", "Agency Portal 3.2.1", "2021-11-02")
	before := v.get(at("/release", "subject", portal, "at", "2021-12-01", "known", "2021-12-01"), 200)
	before.says("[aria-labelledby=findings]", "None of the advisories held here")
	if got := len(before.all("[data-finding]")); got != 0 {
		v.t.Errorf("%d findings before anything was published", got)
	}
}

func readAnswered(v *visit) {
	d := v.get(at("/release", "subject", payroll), 200)
	d.says("#answered", "2")
	d.says("[data-finding=GHSA-jfh8-c2jp-5v3q]", "not affected", "Harrow Payroll Systems", "maker of the release", "2021-12-14", "nobody says otherwise", "through others")
	unanswered := v.get(at("/release", "subject", payroll, "at", "2021-12-13", "known", "2021-12-13"), 200)
	unanswered.says("#verdict", "Deny")
	if n := len(unanswered.all("#answered")); n != 0 {
		v.t.Error("a finding is answered before anybody said anything")
	}
}

func readCamera(v *visit) {
	d := v.get(at("/release", "subject", camera), 200)
	d.says("[data-supplier=restricted]", "Huawei Technologies Co., Ltd.", "Entity List")
	if got := d.attribute("[data-supplier=restricted] a", "href"); got != "/party?subject=huawei" {
		v.t.Errorf("the supplier leads to %q", got)
	}
	d.says("[data-line=run]", "Huawei")
}

func readTree(v *visit) {
	d := v.get(at("/release", "subject", "pkg:generic/round@1"), 200)
	d.says("#tree", "3 components", "first", "<b>second</b>", "the circle is cut here", "alone")
	if n := len(d.all("#tree b")); n != 0 {
		v.t.Error("a component's name became markup")
	}
	if got := d.attribute("#tree a[href*=debian]", "href"); got != at("/component", "purl", "pkg:deb/debian/alone@1:3.0%2Bb1?arch=amd64&distro=debian-12") {
		v.t.Errorf("the component leads to %q", got)
	}
	found := v.get(at("/release", "subject", "pkg:generic/round@1", "find", "SECOND", "part", "tree"), 200)
	found.says("[role=status]", "1 component with “SECOND”")
	if got := found.one("mark"); got != "<b>second</b>" {
		v.t.Errorf("marked is %q", got)
	}
	if strings.Contains(text(found.root), "alone") {
		v.t.Error("what does not lead to what is found is shown")
	}
	v.get(at("/release", "subject", "pkg:generic/none@1", "part", "tree"), 404)
}

func readAdvisory(v *visit) {
	d := v.get(at("/advisory", "id", "CVE-2021-44228", "at", "2021-12-12"), 200)
	d.says("h1", "CVE-2021-44228")
	d.says("[aria-labelledby=concerned] .tally", "2 releases for certain", "4 systems in service on 2021-12-12")
	drawn := map[string]int{}
	for _, n := range d.all("svg.blast .node .name") {
		drawn[text(n)]++
	}
	for name, want := range map[string]int{"CVE-2021-44228": 1, "2.14.1": 1, "agency-portal 3.2.1": 1, "payroll-suite 5.4.0": 1, "Payroll": 2, "Berth applications": 1, "Records requests": 1} {
		if drawn[name] != want {
			v.t.Errorf("%q is drawn %d times, want %d", name, drawn[name], want)
		}
	}
	if got := len(d.all("svg.blast path.edge")); got != 7 { // to a version, to two releases, to four systems
		v.t.Errorf("%d edges, want 7", got)
	}
	d.says(`[data-release="`+payroll+`"]`, "payroll-suite 5.4.0", "affected", "through others", "2.15.0", "Payroll")
	d.says("[data-record=GHSA-jfh8-c2jp-5v3q]", "from 2.13.0 before 2.15.0", "Maven", "reads like this since 2022-03-25")
	d.says("[aria-labelledby=said]", "Harrow Payroll Systems", "not affected")
	early := v.get(at("/advisory", "id", "GHSA-jfh8-c2jp-5v3q", "known", "2021-12-11"), 200)
	early.says("[data-record=GHSA-jfh8-c2jp-5v3q]", "reads like this since 2021-12-10")
	if n := len(early.all("[aria-labelledby=said]")); n != 0 {
		v.t.Error("a statement is shown before it was made")
	}
	planted := v.get(at("/advisory", "id", "x_demo-csaf-2020-sunburst", "at", "2020-12-13"), 200)
	planted.says("h1", "MAL-DEMO-SUNBURST")
	planted.says(`[data-release="`+orion+`"]`, "cpe:2.3:a:solarwinds", "Network operations")
	if n := len(planted.all("a[href*='purl=cpe']")); n != 0 {
		v.t.Error("a CPE leads to the page about packages")
	}
	v.get(at("/advisory", "id", "CVE-2021-44228", "known", "2021-11-01"), 404)
	v.get(at("/advisory", "id", "CVE-1999-0001"), 404)
	v.get("/advisory", 400)
}

func readReleases(v *visit) {
	d := v.get("/releases", 200)
	rows := d.all("[data-release]")
	if len(rows) != 10 || attribute(rows[0], "data-release") != orion {
		v.t.Errorf("%d releases, %q first; want 10, the planted attack first", len(rows), attribute(rows[0], "data-release"))
	}
	d.says(`[data-release="`+orion+`"]`, "1 malicious", "SolarWinds")
	d.says(`[data-release="`+payroll+`"]`, "2 exploited", "2 critical")
	if got := d.attribute(`[data-release="`+payroll+`"] td:last-child`, "data-label"); got != "Stated about " {
		v.t.Errorf("the last cell is labelled %q", got)
	}
	d.says("[aria-labelledby=known]", "findings open now")
	for query, want := range map[string]int{"only=exploited": 4, "only=clean": 6, "only=stated": 1, "only=unknown": 0, "name=Agency-Portal": 2, "supplier=microsoft": 2, "supplier=microsoft&only=critical": 1} {
		if got := len(v.get("/releases?"+query, 200).all("[data-release]")); got != want {
			v.t.Errorf("%s leaves %d releases, want %d", query, got, want)
		}
	}
	v.get("/releases?only=everything", 400)
	v.get("/releases?page=x", 400)
	v.get("/releases?page=99", 200).says("main", "The filters leave none")
}

func readComponent(v *visit) {
	d := v.get(at("/component", "purl", log4j), 200)
	d.says("[data-version='2.14.1']", "2 concern it")
	d.says("[data-version='2.17.1']", "none held here concerns it")
	d.says("[data-advisory=GHSA-7rjr-3q55-vv33]", "CVE-2021-45046", "before 2.16.0", "2.14.1")
	if got := len(d.all("[data-release]")); got != 2 {
		v.t.Errorf("%d releases contain it, want 2", got)
	}
	whole := v.get(at("/component", "purl", "pkg:maven/org.apache.logging.log4j/log4j-core"), 200)
	if got := len(whole.all("[data-release]")); got != 3 {
		v.t.Errorf("%d releases contain any version, want 3", got)
	}
	v.get(at("/component", "purl", "log4j"), 400)
}

func readComparison(v *visit) {
	d := v.get(at("/compare", "a", portal, "b", newer), 200)
	d.says("[data-findings=gone]", "GHSA-jfh8-c2jp-5v3q", "GHSA-7rjr-3q55-vv33")
	d.says("[data-findings=new]", "None.")
	d.says("[data-components=changed]", "maven/org.apache.logging.log4j/log4j-core 2.14.1 2.17.1")
	other := v.get(at("/compare", "a", portal, "b", "pkg:generic/round@1"), 200)
	other.says("[data-components=added]", "alone")
	other.says("[data-components=removed]", "maven/org.postgresql/postgresql 42.2.24")
	v.get(at("/compare", "a", portal, "b", "nobody"), 404).says("[role=alert]", "nobody")
	v.get(at("/compare", "a", "orion platform", "b", portal), 400).says("[role=alert]", orion)
}

func readImpact(v *visit) {
	d := v.get(at("/impact", "subject", "SolarWinds Worldwide, LLC", "at", "2020-12-13"), 200)
	d.says(`[data-release="`+orion+`"]`, "Network operations", "records/mon-1")
	for subject, about := range map[string]string{"CVE-2021-44228": at("/advisory", "at", "2021-12-13", "id", "CVE-2021-44228"), log4j: at("/component", "at", "2021-12-13", "purl", log4j)} {
		d := v.get(at("/impact", "subject", subject, "at", "2021-12-13"), 200)
		d.says(`[data-organisation="organisation:roads"]`, "Agency for Rural Roads", "is part of Payroll", "is in payroll-suite 5.4.0")
		d.says("svg.blast", "Agency for Rural R")
		if got := d.attribute(`main a[href^="`+about[:strings.Index(about, "?")]+`?"]`, "href"); got == "" {
			v.t.Errorf("%s: no way to %s", subject, about)
		}
	}
	v.get(at("/impact", "subject", "nobody at all"), 200).says("main", "Nor does an inventory name it")
}

// readWays follows how people come to the pages.
func readWays(v *visit) {
	v.leads(at("/party", "subject", portal, "at", "2021-12-12"), at("/release", "subject", portal, "at", "2021-12-12"))
	v.leads(at("/release", "subject", "Huawei"), at("/party", "subject", "Huawei"))
	v.leads("/release", "/releases")
	v.leads(at("/", "q", "cve-2021-44228"), at("/advisory", "id", "cve-2021-44228"))
	if got := v.get("/", 200).attribute(`nav[aria-label=Main] a[href="/releases"]`, "href"); got == "" {
		v.t.Error("the menu does not lead to the releases")
	}
	choice := v.get(at("/party", "subject", "orion platform"), 200)
	choice.says("main", "2 releases match")
	if got := choice.attribute("main li a", "href"); !strings.HasPrefix(got, "/release?") {
		v.t.Errorf("a release among several leads to %q", got)
	}
	v.get("/lists", 200).says("[aria-labelledby=bills]", "10 releases")
}

// TestStateVEX turns a deny by a statement, and publishes it.
func TestStateVEX(t *testing.T) {
	v, n := nodeVisit(t, analyst)
	page := at("/release", "subject", portal)
	form := func(finding string) url.Values {
		d := v.get(page, 200)
		fields := url.Values{"csrf": {token}}
		for _, in := range d.all(`[data-finding="` + finding + `"] form.vex input[type=hidden]`) {
			fields.Set(attribute(in, "name"), attribute(in, "value"))
		}
		return fields
	}
	fields := form("GHSA-jfh8-c2jp-5v3q")
	if fields.Get("weakness") != "CVE-2021-44228" || fields.Get("release") != portal || fields.Get("component") != log4j {
		t.Fatalf("the form is about %v", fields)
	}
	fields.Set("status", "not_affected")
	fields.Set("audience", "org:acme")
	refused := v.post("/vex", fields)
	if refused.StatusCode != http.StatusBadRequest {
		t.Fatalf("a statement without a reason: status %d", refused.StatusCode)
	}
	d := read(t, "/vex", refused)
	d.says("[role=alert]", "justification")
	if got := d.attribute("form.vex input[name=component]", "value"); got != log4j {
		t.Errorf("the form that comes back is about %q", got)
	}
	wholesome(t, "/vex", v.post("/vex", fields))
	for _, finding := range []string{"GHSA-jfh8-c2jp-5v3q", "GHSA-7rjr-3q55-vv33"} {
		fields := form(finding)
		fields.Set("status", "not_affected")
		fields.Set("audience", "org:acme")
		fields.Set("justification", "inline_mitigations_already_exist")
		fields.Set("impact", "Lookups are off & <b>nothing</b> is logged.")
		resp := v.post("/vex", fields)
		if resp.StatusCode != http.StatusSeeOther {
			t.Fatalf("state about %s: status %d: %s", finding, resp.StatusCode, read(t, "/vex", resp).one("main"))
		}
		led := v.get(strings.TrimSuffix(resp.Header.Get("Location"), "#findings"), 200)
		led.says(".note.good", "Your statement is document #")
		led.says(`[data-finding="`+finding+`"]`, "not affected", "ada", "Lookups are off & <b>nothing</b> is logged.")
	}
	after := v.get(page, 200)
	if got := after.one("#verdict"); strings.Contains(got, "Deny") {
		t.Errorf("both answered, the verdict is %q", got)
	}
	stranger := &visit{t, v.console, reader}
	stranger.get(page, 200).says("#verdict", "Deny")
	stranger.get("/vex", 200).says("main", "Nothing has been stated")
	if n := len(stranger.get(page, 200).all("form.vex")); n != 0 {
		t.Error("one who may only read is given a form")
	}
	if resp := stranger.post("/vex", fields); resp.StatusCode != http.StatusForbidden {
		t.Errorf("one who may only read states something: status %d", resp.StatusCode)
	}
	publish(t, v, n)
}

// publish downloads what was stated in every form.
func publish(t *testing.T, v *visit, n *node.Node) {
	t.Helper()
	list := v.get(at("/vex", "release", portal), 200)
	if got := len(list.all("[data-statement]")); got != 2 {
		t.Errorf("%d statements, want 2", got)
	}
	if got := len(list.all("[aria-labelledby=publish] a[download]")); got != 4 {
		t.Errorf("%d downloads, want 4", got)
	}
	for _, form := range []string{"openvex", "csaf"} {
		plain := v.fetch(at("/vex/export", "release", portal, "form", form))
		body, err := io.ReadAll(plain.Body)
		if err != nil || plain.StatusCode != 200 || !json.Valid(body) || !strings.Contains(string(body), "CVE-2021-45046") {
			t.Errorf("%s: status %d, %v: %.200s", form, plain.StatusCode, err, body)
		}
		signed := v.fetch(at("/vex/export", "release", portal, "form", form, "signed", "1"))
		var envelope struct {
			PayloadType, Payload string
			Signatures           []struct{ Sig string }
		}
		if err := json.NewDecoder(signed.Body).Decode(&envelope); err != nil || len(envelope.Signatures) != 1 {
			t.Fatalf("%s, signed: %v, %v", form, err, envelope)
		}
		payload, err := base64.StdEncoding.DecodeString(envelope.Payload)
		if err != nil || string(payload) != string(body) {
			t.Errorf("%s: what is signed is not what is sent: %v", form, err)
		}
		signature, err := base64.StdEncoding.DecodeString(envelope.Signatures[0].Sig)
		if err != nil {
			t.Fatal(err)
		}
		key, err := note.NewVerifier(n.VerifierKey())
		if err != nil {
			t.Fatal(err)
		}
		said := fmt.Sprintf("DSSEv1 %d %s %d %s", len(envelope.PayloadType), envelope.PayloadType, len(payload), payload)
		if !key.Verify([]byte(said), signature) {
			t.Errorf("%s: the signature is not the log's", form)
		}
	}
	if resp := v.fetch(at("/vex/export", "release", portal, "form", "pdf")); resp.StatusCode != 400 {
		t.Errorf("a form that there is not: status %d", resp.StatusCode)
	}
	if resp := v.fetch(at("/vex/export", "release", newer, "form", "csaf")); resp.StatusCode != 404 {
		t.Errorf("a release of which nothing is said: status %d", resp.StatusCode)
	}
}

// TestReleasesOfOthers holds the list of releases to what each reader may see,
// whoever asked for it before.
func TestReleasesOfOthers(t *testing.T) {
	v, n := nodeVisit(t, analyst)
	audience := access.ForOrganisation("acme")
	private := strings.NewReplacer("round", "secret-product").Replace(circular)
	report, err := n.Import(t.Context(), access.Operator, []intake.File{{Name: "secret.cdx.json", Bytes: []byte(private)}}, node.ImportOptions{Audience: audience})
	if err != nil || len(report.Failed) > 0 {
		t.Fatal(err, report)
	}
	stranger := &visit{t, v.console, reader}
	for range 2 { // the second time from memory
		v.get("/releases", 200).says("[data-release='pkg:generic/secret-product@1']", "secret-product 1")
		for _, page := range []string{"/releases", at("/component", "purl", "pkg:npm/%40scope/first"), at("/impact", "subject", "secret-product"), "/lists"} {
			if got := text(stranger.get(page, 200).all("main")[0]); strings.Contains(got, "secret-product 1") || strings.Contains(got, "pkg:generic/secret-product@1") {
				t.Errorf("%s shows a private release to a stranger", page)
			}
		}
	}
	if n := len(stranger.get(at("/release", "subject", "pkg:generic/secret-product@1"), 200).all("#tree")); n != 0 {
		t.Error("a stranger sees what a private bill lists")
	}
}

// TestDocumentsLeadToWhatTheyAreAbout opens the documents that software is
// known from.
func TestDocumentsLeadToWhatTheyAreAbout(t *testing.T) {
	v, n := nodeVisit(t, analyst)
	sources, err := n.Sources(t.Context(), access.Ask{Reader: analyst})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, s := range sources {
		page := fmt.Sprint("/documents/", s.LastPosition)
		switch {
		case s.Source == "sbom/"+portal:
			d := v.get(page, 200)
			if got := d.attribute("[aria-labelledby=record] a.plain[href^='/release']", "href"); got != at("/release", "subject", portal) {
				t.Errorf("the bill leads to %q", got)
			}
			if got := d.attribute("[aria-labelledby=facts] td a", "href"); got != at("/release", "subject", portal) {
				t.Errorf("its facts lead to %q", got)
			}
			seen++
		case strings.HasPrefix(s.Source, "osv"):
			if got := v.get(page, 200).attribute("[aria-labelledby=facts] td a", "href"); !strings.HasPrefix(got, "/advisory?id=") {
				t.Errorf("%s: its facts lead to %q", s.Source, got)
			}
			seen++
		}
	}
	if seen < 2 {
		t.Errorf("%d documents about software", seen)
	}
}
