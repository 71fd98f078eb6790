package console_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/input"

	"countersign.dev/internal/server/console"
)

// open serves the console to one member, under the policy of the real door.
func (v *visit) open() string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policyHeader)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		ctx := console.WithVisitor(r.Context(), console.Visitor{Reader: v.as, Token: token, Session: true})
		v.console.ServeHTTP(w, r.WithContext(ctx))
	}))
	v.t.Cleanup(srv.Close)
	return srv.URL
}

func fillIn(p *rod.Page, selector, text string) {
	p.MustElement(selector).MustSelectAllText().MustInput(text)
}

// TestApplyInABrowser fills in an application, lets a file be digested, and
// saves it without leaving the page.
func TestApplyInABrowser(t *testing.T) {
	b := browser(t)
	s := newLabelStage(t)
	folder := t.TempDir()
	firmware, bill := filepath.Join(folder, "lamp.bin"), filepath.Join(folder, "lamp.cdx.json")
	for path, text := range map[string]string{firmware: "abc", bill: lampBill()} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := openTab(t, b, s.maker.open()+"/labelling/apply?scheme=iot-mark")
	fillIn(p, "#product-name", "Northlight Lamp")
	p.MustElement("#release-0-digest-of").MustSetFiles(firmware)
	// SHA-256 of "abc", FIPS 180-2 appendix B.1.
	p.MustWait(`() => document.querySelector("#release-0-digests").value === "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`)
	p.MustElement("button[value=save]").MustClick()
	p.MustElementR("[data-part=progress]", "Saved.")
	p.MustElementR("[data-part=progress] p", "Save the draft with a release, by its package URL")
	if path := p.MustEval(`() => location.pathname`).Str(); !strings.HasSuffix(path, "/apply") || path == "/labelling/apply" {
		t.Errorf("after the first save the address is %s", path)
	}
	fillIn(p, "#release-0-purl", lampPURL)
	wait := p.MustWaitNavigation() // a full row of releases wants another, so the page is made anew
	p.MustElement("button[value=save]").MustClick()
	wait()
	p.MustElement("#release-1-purl")
	before := p.MustElementR("[data-part=progress] .verdict", "unknown").MustText()

	p.MustElement("#files").MustSetFiles(bill)
	p.MustElement(`[data-control="nistir-8425/AI.1"] select`).MustSelect("Met")
	p.KeyActions().Press(input.ControlLeft).Type('s').MustDo()
	p.MustElementR("[data-part=held]", "lamp.cdx.json")
	p.MustWait(`(was) => document.querySelector("[data-part=progress] .verdict").textContent !== was`, before)
	if n := p.MustEval(`() => document.querySelector("#files").files.length`).Int(); n != 0 {
		t.Error("a document that was kept would be sent again")
	}
}

// TestBenchByKeys judges controls without a mouse.
func TestBenchByKeys(t *testing.T) {
	b := browser(t)
	s := newLabelStage(t)
	id := s.applied()
	p := openTab(t, b, s.laboratory.open()+"/labelling/"+id+"/controls?show=unknown")
	first := p.MustElement("#control").MustText()
	key := func(r rune) {
		wait := p.MustWaitNavigation()
		p.KeyActions().Type(input.Key(r)).MustDo()
		wait()
		p.MustWaitLoad()
	}
	key('j')
	second := p.MustElement("#control").MustText()
	key('k')
	if got := p.MustElement("#control").MustText(); got != first || second == first {
		t.Errorf("j and k lead from %q to %q to %q", first, second, got)
	}
	p.KeyActions().Type('n').MustDo()
	p.MustWait(`() => document.activeElement.id === "reason" && document.querySelector("input[name=status][value=not_met]").checked`)
	p.MustElement("#reason").MustInput("no plate")
	wait := p.MustWaitNavigation()
	p.MustElementR(".judge button", "Record it").MustClick()
	wait()
	p.MustElementR("#control", ".")
	p.KeyActions().Type('/').MustDo()
	p.MustWait(`() => document.activeElement.id === "find"`)
	d := s.laboratory.get("/labelling/"+id+"/controls?show=not_met", http.StatusOK)
	d.says(".pick", first)
}

// TestLabelPagesFitANarrowWindow looks at the pages about labels on a phone.
func TestLabelPagesFitANarrowWindow(t *testing.T) {
	b := browser(t)
	s := newLabelStage(t)
	id := s.assessed()
	root := s.authority.open()
	maker := s.maker.open()
	for _, address := range []string{
		root + "/labelling", root + "/labelling/" + id, root + "/labelling/" + id + "/controls?show=all", root + "/labelling/" + id + "/issue", root + "/labelling/" + id + "/sheet",
		maker + "/labelling/apply", maker + "/labelling/apply?scheme=iot-tiers", maker + "/labelling/" + s.draft() + "/apply",
	} {
		p := openTab(t, b, address, narrow, dark)
		if over := p.MustEval(`() => document.documentElement.scrollWidth - document.documentElement.clientWidth`).Int(); over > 0 {
			t.Errorf("%s is %d px wider than the window", address, over)
		}
		p.MustClose()
	}
}
