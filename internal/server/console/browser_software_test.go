package console_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-rod/rod/lib/input"

	"countersign.dev/internal/access"
)

// TestUploadStateAndSee goes the way of an analyst in a real browser: a bill is
// handed in, its verdict is read, the tree is searched, statements are made,
// and the verdict is another.
func TestUploadStateAndSee(t *testing.T) {
	b := browser(t)
	n, root := serve(t, false)
	code, err := n.Access.SetupCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const password = "correct horse battery staple"
	if err := n.Access.Setup(t.Context(), code, access.Organisation{ID: "acme", Name: "Acme"}, access.NewMember{Name: "ada", Password: password}); err != nil {
		t.Fatal(err)
	}
	bill := `{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:0d3f2c0e-52a4-4b0e-9d1a-0c6f7f0b7a51", "metadata": {"timestamp": "2026-10-01T00:00:00Z",
"component": {"bom-ref": "r", "type": "application", "name": "harbour-log", "version": "4.2", "purl": "pkg:generic/harbour-log@4.2"}},
"components": [{"bom-ref": "a", "type": "library", "name": "log4j-core", "group": "org.apache.logging.log4j", "version": "2.15.0", "purl": "pkg:maven/org.apache.logging.log4j/log4j-core@2.15.0"},
{"bom-ref": "b", "type": "library", "name": "berths", "version": "1.0", "purl": "pkg:npm/berths@1.0.0"}],
"dependencies": [{"ref": "r", "dependsOn": ["b"]}, {"ref": "b", "dependsOn": ["a"]}]}`
	folder := t.TempDir()
	for name, text := range map[string]string{"harbour-log.cdx.json": bill, "notes.txt": "no document of any kind"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := openTab(t, b, root+"/login?next=/import")
	p.MustElement("#member").MustInput("ada")
	p.MustElement("#password").MustInput(password).MustType(input.Enter)
	p.MustElement("#files").MustSetFiles(filepath.Join(folder, "harbour-log.cdx.json"), filepath.Join(folder, "notes.txt"))
	p.MustElementR("[data-import] button", "^Import$").MustClick()
	p.MustElementR("[data-progress] [role=status]", "2 of 2 files sent; 1 not taken")
	if got := p.MustElement("#report ~ ul").MustText(); !strings.Contains(got, "notes.txt") {
		t.Errorf("the report does not name the file that was not taken: %s", got)
	}
	p.MustElementR("#report ~ ul a", "pkg:generic/harbour-log@4.2").MustClick()
	p.MustElementR("h1", "harbour-log 4.2")
	p.MustElementR("#verdict", "Deny")

	p.MustElement("#find").MustInput("log4j")
	p.MustElementR("#tree mark", "log4j-core")
	p.MustElement("#tree details[open]") // what leads there is unfolded
	p.MustElement("[data-fold]").MustClick()
	p.MustWait(`() => document.querySelectorAll("#tree details[open]").length === 0`)

	finding := p.MustElement(`[data-finding="GHSA-7rjr-3q55-vv33"]`)
	finding.MustElement("summary").MustClick()
	finding.MustElement("select[name=status]").MustSelect("Not affected: nothing has to be done")
	finding.MustElement("textarea[name=impact]").MustInput("No pattern layout uses the thread context.")
	finding.MustElementR("button", "State it").MustClick()
	p.MustElementR(".note.good", "Your statement is document #")
	p.MustElementR(`[data-finding="GHSA-7rjr-3q55-vv33"] .state`, "not affected")
	if got := p.MustElement("#verdict").MustText(); strings.Contains(got, "Deny") {
		t.Errorf("what was denied for is answered, and the verdict is %q", got)
	}

	p.MustElement("#at").MustSelectAllText().MustInput("2021-12-20").MustType(input.Tab)
	p.MustElementR(".card > header", "2021-12-20")
}

// TestSoftwareFitsANarrowWindow looks at the pages about software on a phone.
func TestSoftwareFitsANarrowWindow(t *testing.T) {
	b := browser(t)
	_, root := serve(t, true)
	for _, address := range []string{
		"/releases", at("/release", "subject", portal), at("/release", "subject", camera), at("/advisory", "id", "CVE-2021-44228", "at", "2021-12-12"),
		at("/component", "purl", log4j), at("/compare", "a", portal, "b", newer), at("/impact", "subject", "Microsoft Corporation", "at", "2021-03-05"), "/vex", "/import",
		at("/posture", "at", "2022-02-01"), at("/posture/exploited", "at", "2025-08-26"),
	} {
		p := openTab(t, b, root+address, narrow, dark)
		if over := p.MustEval(`() => document.documentElement.scrollWidth - document.documentElement.clientWidth`).Int(); over > 0 {
			t.Errorf("%s is %d px wider than the window", address, over)
		}
		p.MustClose()
	}
}
