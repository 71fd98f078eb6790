package sheet

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"
)

// browser starts Chromium where there is one, without a network.
func browser(t *testing.T) *rod.Page {
	t.Helper()
	if testing.Short() {
		t.Skip("starting a browser takes seconds")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: no chromium on this machine; labels were not looked at in a browser")
	}
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
	t.Cleanup(func() { b.MustClose() })
	return b.MustPage("about:blank")
}

// overlapping is the texts that come into the quiet zone of the code, leave the
// label or cover each other, as the browser sets them in its own fonts.
const overlapping = `() => {
  const svg = document.querySelector("svg"), all = [...svg.querySelectorAll("text")].map(t => [t.textContent, t.getBBox()]);
  const code = svg.querySelector("path[transform]"), scale = code.transform.baseVal.consolidate().matrix, q = 4 * scale.a;
  const side = code.getBBox().width * scale.a;
  const zone = {x: scale.e - q, y: scale.f - q, width: side + 2 * q, height: side + 2 * q};
  const meet = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y + a.height * .25 < b.y + b.height * .8 && b.y + b.height * .25 < a.y + a.height * .8;
  const out = [];
  all.forEach(([s, a], i) => {
    if (meet(a, zone)) out.push(s + " comes into the code");
    if (a.x < 3.9 || a.x + a.width > svg.viewBox.baseVal.width - 3.9) out.push(s + " leaves the margins");
    all.slice(i + 1).forEach(([o, b]) => { if (meet(a, b)) out.push(s + " covers " + o); });
  });
  return JSON.stringify([all.length, ...out]);
}`

// A browser shows the SVG in fonts of its own, and its code is read from the
// screen.
func TestBrowser(t *testing.T) {
	page := browser(t)
	for name, change := range map[string]func(*Label){
		"plain": func(*Label) {},
		"long": func(l *Label) {
			l.Maker, l.Product, l.Authority = strings.Repeat("Wide Name ", 9), strings.Repeat("WWW ", 30), strings.Repeat("Wm", 40)
		},
		"Chinese": func(l *Label) {
			l.Maker, l.Product = "深圳市北光科技有限公司北京分公司海淀办事处", "门廊摄像机三号"
		},
		"Arabic": func(l *Label) { l.Maker, l.Product = "شركة الضوء الشمالي", "كاميرا الباب" },
		"Russian": func(l *Label) {
			l.Maker, l.Product = "ООО «Северный свет»", "Камера для крыльца"
		},
		"details": func(l *Label) {
			l.Details = &Details{Met: []string{strings.Repeat("a long sentence on what was met ", 5)}, NotMet: []string{"x"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := sample(t)
			change(&l)
			file, err := SVG(l)
			if err != nil {
				t.Fatal(err)
			}
			page.MustSetDocumentContent("<!doctype html><body style='margin:0'>" + string(file))
			var found []any
			if err := json.Unmarshal([]byte(page.MustEval(overlapping).Str()), &found); err != nil {
				t.Fatal(err)
			}
			if found[0].(float64) < 10 || len(found) > 1 {
				t.Errorf("of %v texts: %q", found[0], found[1:])
			}
			page.MustSetViewport(340, 200, 300/96.0, false) // CSS has 96 pixels in an inch
			shot, err := page.Screenshot(false, &proto.PageCaptureScreenshot{Format: proto.PageCaptureScreenshotFormatPng})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range decoders {
				t.Run(d.name, func(t *testing.T) {
					if got := d.read(t, decoded(t, shot)); got != l.URL {
						t.Errorf("read %q", got)
					}
				})
			}
		})
	}
}
