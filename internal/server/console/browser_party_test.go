package console_test

import (
	"testing"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/input"
)

// shown waits until the card says the verdict and the listing the status, as
// of a day, and fails when they do not come.
func shown(t *testing.T, p *rod.Page, at, verdict, status string) {
	t.Helper()
	err := rod.Try(func() {
		p.MustElementR("#verdict", verdict)
		p.MustElement(`[data-status="` + status + `"]`)
		p.MustElementR(".card > header", at)
	})
	if err != nil {
		t.Errorf("as of %s: no %q with status %q: %v\n%s", at, verdict, status, err, p.MustElement("#answer .card > header").MustText())
	}
}

// The date is dragged by keys, typed, and limited to what was known; each time
// the answer follows in place, and so does the address.
func TestDragTheDate(t *testing.T) {
	s := newStage(t)
	srv := s.open(t, analyst)
	p := openTab(t, browser(t), srv.URL+"/party?subject=xiaomi&purpose=invest&at=2021-02-01")
	shown(t, p, "2021-02-01", "Review", "listed")

	slider := p.MustElement("#day").MustFocus()
	p.MustEval(`() => { window.unmoved = true }`)
	for range 40 { // days
		slider.MustType(input.ArrowRight)
	}
	shown(t, p, "2021-03-13", "Review", "stayed")
	if got := p.MustElement("#at").MustProperty("value").String(); got != "2021-03-13" {
		t.Errorf("after forty days to the right the field says %s", got)
	}
	if got := *slider.MustAttribute("aria-valuetext"); got != "2021-03-13" {
		t.Errorf("the slider tells a screen reader %q", got)
	}

	p.MustElement("#at").MustSelectAllText().MustInput("2021-05-26").MustType(input.Tab)
	shown(t, p, "2021-05-26", "Allow", "vacated")
	p.MustElement("#known").MustSelectAllText().MustInput("2021-02-01").MustType(input.Tab)
	p.MustElement("#at").MustSelectAllText().MustInput("2021-03-16").MustType(input.Enter)
	shown(t, p, "2021-03-16", "Deny", "listed")

	p.MustElement(`input[name=then]`).MustClick()
	p.MustWait(`() => new URL(location).searchParams.get("known") === "2021-03-16"`)
	shown(t, p, "2021-03-16", "Review", "stayed")

	if !p.MustEval(`() => window.unmoved === true`).Bool() {
		t.Error("the page was loaded anew")
	}
	if q := p.MustInfo().URL; q != srv.URL+"/party?subject=xiaomi&purpose=invest&at=2021-03-16&known=2021-03-16" {
		t.Errorf("the address is %s", q)
	}
	if href := *p.MustElement(`nav a[href^="/lists"], nav a[href*="/lists"]`).MustAttribute("href"); href != srv.URL+"/lists?at=2021-03-16&known=2021-03-16" {
		t.Errorf("the link to the lists is %s", href)
	}
}

// The mark in the drawing follows the slider before the server answers.
func TestMarkFollowsTheSlider(t *testing.T) {
	s := newStage(t)
	srv := s.open(t, analyst)
	p := openTab(t, browser(t), srv.URL+"/party?subject=xiaomi&at=2021-02-01")
	inStep := func(day string) {
		t.Helper()
		p.MustElement("#at").MustSelectAllText().MustInput(day).MustType(input.Tab)
		p.MustElementR(".card > header", day)
		slider := p.MustEval(`() => { const r = document.querySelector("#day"); return 100 * r.value / r.max }`).Num()
		mark := p.MustEval(`() => parseFloat(document.querySelector("svg.at").getAttribute("x"))`).Num()
		if diff := slider - mark; diff > 0.2 || diff < -0.2 {
			t.Errorf("%s: the slider stands at %.2f %%, the mark at %.2f %%", day, slider, mark)
		}
	}
	for _, day := range []string{"2021-01-14", "2021-05-25", "2019-01-01", "2026-11-23"} {
		inStep(day)
	}
	before := p.MustElement("#day").MustProperty("max").Str()
	p.MustElement("#known").MustSelectAllText().MustInput("2021-02-01").MustType(input.Tab)
	p.MustElementR(".card > header", "published by 2021-02-01")
	if after := p.MustElement("#day").MustProperty("max").Str(); after == before {
		t.Error("the slider's range stays, though less is known")
	}
	for _, day := range []string{"2021-01-14", "2021-03-16"} {
		inStep(day)
	}
}

// Without scripts the same fields and a button do the same.
func TestAskWithoutScripts(t *testing.T) {
	s := newStage(t)
	srv := s.open(t, analyst)
	b := browser(t)
	p := openTab(t, b, srv.URL+"/", scriptless)
	p.MustElement("#q").MustInput("Huawei").MustType(input.Enter)
	p.MustElementR("h1", "Huawei Technologies")
	p.MustNavigate(srv.URL + "/party?subject=xiaomi&purpose=invest").MustWaitLoad()
	p.MustElement("#at").MustSelectAllText().MustInput("2021-03-13")
	p.MustElement(".asof button").MustClick()
	p.MustElement(`[data-status="stayed"]`)
	if p.MustElement(".scrub").MustVisible() {
		t.Error("a slider that does nothing is shown")
	}
}

func TestSuggestions(t *testing.T) {
	s := newStage(t)
	srv := s.open(t, analyst)
	p := openTab(t, browser(t), srv.URL+"/")
	box := p.MustElement("#q")
	box.MustInput("xiao")
	p.MustElement("#q-options [role=option]")
	if got := *box.MustAttribute("aria-expanded"); got != "true" {
		t.Errorf("aria-expanded = %q", got)
	}
	box.MustType(input.ArrowDown)
	if got := *box.MustAttribute("aria-activedescendant"); got != "option-0" {
		t.Errorf("aria-activedescendant = %q", got)
	}
	box.MustType(input.Escape)
	if p.MustElement("#q-options").MustVisible() {
		t.Error("Escape leaves the options open")
	}
	box.MustType(input.ArrowDown)
	p.MustWait(`() => !document.querySelector("#q-options").hidden`)
	box.MustType(input.ArrowDown).MustType(input.Enter)
	p.MustElementR("h1", "Xiaomi Corporation")
}

// No page breaks out of a narrow window, in either scheme, with scripts or
// without; the console of the browser stays silent.
func TestPagesFitANarrowWindow(t *testing.T) {
	s := newStage(t)
	srv := s.open(t, administrator)
	b := browser(t)
	for _, address := range everyPage(s, newConsoleWithMembers(s)) {
		if address == "/nowhere" || address == "/party?subject=x&at=tomorrow" {
			continue // the browser reports their status as an error
		}
		p := openTab(t, b, srv.URL+address, narrow, dark)
		over := p.MustEval(`() => document.documentElement.scrollWidth - document.documentElement.clientWidth`).Int()
		if over > 0 {
			t.Errorf("%s is %d px wider than the window", address, over)
		}
		p.MustClose()
	}
}
