package console_test

import (
	"os"
	"testing"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/input"
	"github.com/go-rod/rod/lib/proto"
)

func TestZZShots(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		t.Skip()
	}
	s := newStage(t)
	digest := s.decided()
	srv := s.open(t, administrator)
	b := browser(t)
	wide := func(p *rod.Page) { viewport(p, 1280, 900) }
	printed := func(p *rod.Page) {
		viewport(p, 794, 1123)
		_ = proto.EmulationSetEmulatedMedia{Media: "print"}.Call(p)
	}
	party := "/party?subject=xiaomi&at=2021-02-01"
	for _, shot := range []struct {
		name, path string
		prepare    []func(*rod.Page)
	}{
		{"home", "/", []func(*rod.Page){wide}},
		{"home-dark", "/", []func(*rod.Page){wide, dark}},
		{"home-narrow", "/", []func(*rod.Page){narrow}},
		{"party-2021-02-01", party, []func(*rod.Page){wide}},
		{"party-2021-03-13", "/party?subject=xiaomi&at=2021-03-13&purpose=invest", []func(*rod.Page){wide}},
		{"party-2021-05-26", "/party?subject=xiaomi&at=2021-05-26", []func(*rod.Page){wide}},
		{"party-deny", "/party?subject=xiaomi&at=2021-03-16&known=2021-02-01&purpose=invest", []func(*rod.Page){wide}},
		{"party-dark", "/party?subject=xiaomi&at=2021-03-13", []func(*rod.Page){wide, dark}},
		{"party-scriptless", party, []func(*rod.Page){wide, scriptless}},
		{"party-narrow", party, []func(*rod.Page){narrow}},
		{"party-print", party, []func(*rod.Page){printed}},
		{"party-huawei", "/party?subject=huawei", []func(*rod.Page){wide}},
		{"choice", "/party?subject=china+telecom", []func(*rod.Page){wide}},
		{"unknown", "/party?subject=Nobody+Trading", []func(*rod.Page){wide}},
		{"lists", "/lists", []func(*rod.Page){wide}},
		{"lists-narrow", "/lists", []func(*rod.Page){narrow}},
		{"source", "/lists/us-ofac-sdn?from=4&to=5", []func(*rod.Page){wide}},
		{"programme", "/programmes/us-dod-1237", []func(*rod.Page){wide}},
		{"document", "/documents/2", []func(*rod.Page){wide}},
		{"decision", "/decisions/" + digest + "?replay=1", []func(*rod.Page){wide}},
		{"decision-dark", "/decisions/" + digest, []func(*rod.Page){wide, dark}},
		{"ledger", "/ledger", []func(*rod.Page){wide}},
		{"import", "/import", []func(*rod.Page){wide}},
		{"api", "/api", []func(*rod.Page){wide}},
		{"login", "/login", []func(*rod.Page){wide}},
		{"setup-dark", "/setup", []func(*rod.Page){wide, dark}},
		{"members", "/members", []func(*rod.Page){wide}},
		{"members-narrow", "/members", []func(*rod.Page){narrow}},
		{"error", "/nowhere", []func(*rod.Page){wide}},
	} {
		if only := os.Getenv("ONLY"); only != "" && only != shot.name {
			continue
		}
		p := openTab(nothing{t}, b, srv.URL+shot.path, shot.prepare...)
		p.MustScreenshotFullPage("/tmp/shots/" + shot.name + ".png")
		if shot.name == "party-print" {
			r, err := p.PDF(&proto.PagePrintToPDF{})
			if err != nil {
				t.Fatal(err)
			}
			f, _ := os.Create("/tmp/shots/party.pdf")
			f.ReadFrom(r)
			f.Close()
		}
		p.MustClose()
	}
}

func TestZZActs(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		t.Skip()
	}
	s := newStage(t)
	s.grow(300)
	srv := s.open(t, administrator)
	b := browser(t)
	wide := func(p *rod.Page) { viewport(p, 1280, 900) }
	p := openTab(nothing{t}, b, srv.URL+"/documents/2", wide)
	verify(t, p, srv.URL+"/documents/2", "this document")
	p.MustScreenshotFullPage("/tmp/shots/document-verified.png")
	p = openTab(nothing{t}, b, srv.URL+"/ledger", wide, dark)
	verify(t, p, srv.URL+"/ledger", "newest entry")
	p.MustScreenshotFullPage("/tmp/shots/ledger-verified-dark.png")
	p = openTab(nothing{t}, b, srv.URL+"/", wide)
	p.MustElement("#q").MustInput("china")
	p.MustElement("[role=option]")
	p.MustElement("#q").MustType(input.ArrowDown)
	p.MustScreenshot("/tmp/shots/home-suggestions.png")
	p = openTab(nothing{t}, b, srv.URL+"/party?subject=xiaomi&at=2021-02-01", wide)
	p.Mouse.MustScroll(0, 900)
	p.MustWaitIdle()
	p.MustScreenshot("/tmp/shots/party-scrolled.png")
}

type nothing struct{ testing.TB }
