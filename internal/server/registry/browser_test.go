package registry_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"

	"countersign.dev/internal/label"
	"countersign.dev/internal/node"
)

// faint lists the words on a page whose contrast with what is behind them is less
// than WCAG 2.2 asks (1.4.3): 4.5 to 1, and 3 to 1 for large letters.
const faint = `() => {
	const parts = (c) => c.match(/[\d.]+/g).map(Number);
	const light = (c) => parts(c).slice(0, 3).map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (parts(c)[3] !== 0) return c; } return "rgb(255, 255, 255)"; };
	const out = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement, words = walk.currentNode.data.trim(), style = getComputedStyle(e);
		if (!words || e.closest("svg, .skip") || !e.checkVisibility()) continue;
		const [a, b] = [light(style.color), light(behind(e))].sort((x, y) => y - x);
		const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
		if ((a + .05) / (b + .05) < (large ? 3 : 4.5)) out.push(words.slice(0, 40) + " " + ((a + .05) / (b + .05)).toFixed(2));
	}
	return out.join("; ");
}`

// TestBrowser opens every page on a telephone and on a desk, in light and dark:
// nothing is wider than the window, too faint, or refused by the policy, and what
// one touches is large enough.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starting a browser takes seconds")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: no chromium on this machine; the registry was not looked at in a browser")
	}
	s := newStage(t)
	id := s.Barred()
	revoked := s.Given(func(a *label.Application) {
		a.Product = "Ein außergewöhnlich langer Produktname ohne Bindestrichkoppelungsmöglichkeiten"
	})
	s.Acts(revoked, node.LabelAct{Kind: label.Revoked, Reason: "sold with other firmware"})
	state, err := s.Label(t.Context(), anybody, id)
	if err != nil {
		t.Fatal(err)
	}
	b := startBrowser(t, path)
	at := "/labels/" + id
	for _, page := range []string{
		"/labels/", "/labels/?status=active", at, at + "?at=2026-05-20", at + "?at=2026-06-16&known=2026-06-16", at + "?code=" + state.Code, at + "/history", at + "/controls", "/labels/" + revoked, "/labels/" + revoked + "/history",
		"/L/" + id + "/1.AAAA", "/labels/00000-00000",
	} {
		for _, look := range []struct {
			width, height int
			scheme        string
		}{{390, 844, "light"}, {1280, 900, "dark"}} {
			s.look(b, page, look.width, look.height, look.scheme)
		}
	}
}

func startBrowser(t *testing.T, path string) *rod.Browser {
	t.Helper()
	l := launcher.New().Bin(path).Headless(true).NoSandbox(true).Leakless(false).Set("disable-gpu")
	address, err := l.Launch()
	if err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	t.Cleanup(l.Cleanup)
	t.Cleanup(l.Kill)
	b := rod.New().ControlURL(address).WithPanic(func(v any) { t.Fatal(v) })
	if err := b.Connect(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// look opens a page in a window and looks at what only a browser knows.
func (s *stage) look(b *rod.Browser, page string, width, height int, scheme string) {
	s.t.Helper()
	p := b.MustPage("").Timeout(60 * time.Second)
	defer p.MustClose()
	go p.EachEvent(func(e *proto.LogEntryAdded) {
		if e.Entry.Level == proto.LogLogEntryLevelError && !strings.HasPrefix(e.Entry.Text, "Failed to load resource: the server responded with a status of 4") {
			s.t.Errorf("%s: %s %s", page, e.Entry.Text, e.Entry.URL)
		}
	})()
	p.MustSetViewport(width, height, 1, false)
	for _, err := range []error{
		(proto.LogEnable{}).Call(p),
		proto.EmulationSetEmulatedMedia{Features: []*proto.EmulationMediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}.Call(p),
		p.Navigate(s.url + page),
	} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	p.MustWaitLoad()
	if over := p.MustEval(`() => document.documentElement.scrollWidth - document.documentElement.clientWidth`).Int(); over > 0 {
		s.t.Errorf("%s is %d px wider than a window of %d", page, over, width)
	}
	if out := p.MustEval(`() => [...document.querySelectorAll("h1, h2, h3, p, li, dt, dd, summary, td, label")].filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline").map((e) => e.textContent.trim().slice(0, 40)).join("; ")`).Str(); out != "" {
		s.t.Errorf("%s, %d wide: words reach out of their places: %s", page, width, out)
	}
	if words := p.MustEval(faint).Str(); words != "" {
		s.t.Errorf("%s, %s: too faint: %s", page, scheme, words)
	}
	small := p.MustEval(`() => [...document.querySelectorAll("button, input, select, summary, .top a, .tabs a")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML.slice(0, 60)).join("; ")`).Str()
	if small != "" {
		s.t.Errorf("%s: too small to touch: %s", page, small)
	}
}
