package server_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod/lib/proto"

	"countersign.dev/web/offline"
)

// TestOfflineSize: the page is for phones on bad networks.
func TestOfflineSize(t *testing.T) {
	names, err := fs.Glob(offline.Files, "*")
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, name := range names {
		b, err := fs.ReadFile(offline.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		total += len(b)
	}
	const most = 60_000
	if total > most || len(names) < 8 {
		t.Errorf("%d files, %d bytes; want at most %d", len(names), total, most)
	}
}

// Where the browser cannot check signatures the page says so and why, and
// leads to the public page.
func TestOfflineSaysWhenItCannot(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	url, id := a.label(nil)
	for script, want := range map[string]string{
		`crypto.subtle.importKey = async () => { throw new DOMException("", "NotSupportedError") }`: "does not know Ed25519",
		`Object.defineProperty(globalThis, "crypto", { value: {} })`:                                "not loaded over HTTPS",
	} {
		s := newShopper(t, b, a)
		s.MustEvalOnNewDocument(script)
		s.MustNavigate(a.url + "/L/#" + url)
		s.MustWait(`() => document.getElementById("result")?.dataset.state !== undefined`)
		s.expect(want, "unknown", "Cannot check here", want, "!Porch Cam")
		if link := s.MustElement("#result a").MustAttribute("href"); link == nil || *link != "/labels/"+id {
			t.Errorf("%s: leads to %v", want, link)
		}
	}
}

// Without scripts the page says what else one can do.
func TestOfflineWithoutScripts(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	s := newShopper(t, b, a)
	s.call(proto.NetworkEnable{}.Call(s))
	s.call(proto.NetworkSetBlockedURLs{Urls: []string{"*.js"}}.Call(s))
	s.MustNavigate(a.url + "/L/").MustWaitLoad()
	if words := s.MustElement("main").MustText(); !strings.Contains(words, "camera app") || !strings.Contains(words, "registry") || strings.Contains(words, "Scan") {
		t.Errorf("without scripts: %s", words)
	}
}

// The page fits small screens, and each of its parts can be reached and has a
// name.
func TestOfflineFits(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	url, _ := a.label(nil)
	s := newShopper(t, b, a).prepare()
	for _, width := range []int{320, 390, 1280} {
		s.MustSetViewport(width, 700, 1, width < 1000)
		s.open("/L/#"+url).expect("narrow", "good", "Active")
		if wide := s.MustEval(`() => document.documentElement.scrollWidth`).Int(); wide > width {
			t.Errorf("at %d pixels the page is %d wide", width, wide)
		}
	}
	small := s.MustEval(`() => [...document.querySelectorAll("main :is(button, input, summary)")]
		.filter((e) => e.offsetParent && e.getBoundingClientRect().height < 32).map((e) => e.outerHTML).join(" ")`).String()
	if small != "" {
		t.Errorf("too small for a thumb: %s", small)
	}
	nodes, err := proto.AccessibilityGetFullAXTree{}.Call(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		switch role := n.Role.Value.String(); role {
		case "button", "textbox", "link", "heading":
			if n.Name == nil || n.Name.Value.String() == "" {
				t.Errorf("a %s without a name", role)
			}
		}
	}
	if at := s.MustEval(`() => document.activeElement.id`).String(); at != "result" {
		t.Errorf("the answer is not what a screen reader is at, but %q", at)
	}
}

// Chromium on this system has no reader of codes of its own, so one that knows
// a single answer stands in for it. What is tried is what surrounds it: the
// camera, the photo and what becomes of the code.
func TestOfflineScan(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	url, _ := a.label(nil)
	s := newShopper(t, b, a)
	s.MustEvalOnNewDocument(`
		window.looks = 0;
		window.BarcodeDetector = class {
			static async getSupportedFormats() { return ["qr_code"]; }
			async detect(source) {
				const size = source.videoWidth ?? source.width;
				return ++window.looks > 2 && size > 0 ? [{ rawValue: "` + url + `" }] : [];
			}
		}`)
	s.prepare().open("/L/")
	s.MustElementR("button", "Scan with the camera").MustClick()
	s.MustWait(`() => document.getElementById("result")?.dataset.state === "good"`)
	s.expect("by camera", "good", "Porch Cam 3")
	s.MustWait(`() => document.getElementById("viewer").hidden && !document.querySelector("video").srcObject`)

	photo := filepath.Join(t.TempDir(), "photo.png")
	if err := os.WriteFile(photo, s.MustScreenshot(), 0o600); err != nil {
		t.Fatal(err)
	}
	s.open("/L/")
	s.MustElement("#photo").MustSetFiles(photo)
	s.MustWait(`() => document.getElementById("lead").textContent.startsWith("No code was found")`)
	s.MustEval(`() => { window.looks = 2 }`)
	s.MustElement("#photo").MustSetFiles(photo)
	s.MustWait(`() => document.getElementById("result")?.dataset.state === "good"`)
	s.expect("by photo", "good", "Porch Cam 3")
}

// Where the browser cannot read codes, the page says how to get here with one
// that is read elsewhere.
func TestOfflineWithoutReader(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	s := newShopper(t, b, a).open("/L/")
	if words := s.MustElement("#ask").MustText(); !strings.Contains(words, "camera app") || strings.Contains(words, "Choose a photo") {
		t.Errorf("%s", words)
	}
	s.MustElement("#address").MustInput("  HTTPS://LABELS.EXAMPLE/ELSEWHERE ")
	s.MustElementR("#typed button", "Check").MustClick()
	s.MustWait(`() => document.getElementById("result")?.dataset.state !== undefined`)
	s.expect("no label", "bad", "not the address of a label")

	// A network that comes back does not take anybody away from what they type.
	s.MustElement("#address").MustFocus()
	s.MustEval(`() => { document.getElementById("news").textContent = ""; dispatchEvent(new Event("online")) }`)
	s.settled()
	if at := s.MustEval(`() => document.activeElement.id`).String(); at != "address" {
		t.Errorf("typing goes to %q", at)
	}
}

// A newer edition of the page takes the place of the one that a browser keeps,
// all of it at once.
func TestOfflineNewEdition(t *testing.T) {
	b, a := chromium(t), openLabelAuthority(t)
	s := newShopper(t, b, a).prepare()
	shelves := `() => caches.keys().then((names) => names.filter((n) => n.startsWith("countersign-labels-page-")).join(" "))`
	old := s.MustEval(shelves).String()
	a.mu.Lock()
	a.edition = "second"
	a.mu.Unlock()
	s.open("/L/") // the browser looks for a new worker when the page is opened
	waitFor(t, "the new edition to be the only one", func() bool {
		time.Sleep(100 * time.Millisecond)
		now := s.MustEval(shelves).String()
		return now != old && !strings.Contains(now, " ")
	})
	s.offline(true).open("/L/")
	if words := s.MustElement("h1").MustText(); words != "The second edition" {
		t.Errorf("the page that is kept is %q", words)
	}
	url, _ := a.label(nil)
	s.open(url).expect("what was kept before", "good", "Active")
}
