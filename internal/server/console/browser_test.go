package console_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"
)

// browser starts a real one, or skips where none is installed.
func browser(t testing.TB) *rod.Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("starting a browser takes seconds")
	}
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("SKIPPED: no chromium on this machine; pages were not looked at in a browser")
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
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// openTab opens a page and fails the test on anything that the browser reports as
// wrong with it: an exception, a refused resource, a breach of the policy.
func openTab(t testing.TB, b *rod.Browser, address string, prepare ...func(*rod.Page)) *rod.Page {
	t.Helper()
	p := b.MustPage("").Timeout(30 * time.Second)
	go p.EachEvent(
		func(e *proto.RuntimeExceptionThrown) { t.Errorf("%s: %s", address, e.ExceptionDetails.Text) },
		func(e *proto.LogEntryAdded) {
			withheld := strings.HasPrefix(e.Entry.Text, "Failed to load resource: net::ERR_BLOCKED_BY_CLIENT")
			if e.Entry.Level == proto.LogLogEntryLevelError && !withheld {
				t.Errorf("%s: %s %s", address, e.Entry.Text, e.Entry.URL)
			}
		},
	)()
	if err := (proto.LogEnable{}).Call(p); err != nil {
		t.Fatal(err)
	}
	for _, f := range prepare {
		f(p)
	}
	p.MustNavigate(address).MustWaitLoad()
	return p
}

func dark(p *rod.Page) {
	_ = proto.EmulationSetEmulatedMedia{Features: []*proto.EmulationMediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}.Call(p)
}

// scriptless withholds the page's scripts. The browser's own switch would also
// stop those by which the test looks at the page.
func scriptless(p *rod.Page) {
	_ = proto.NetworkEnable{}.Call(p)
	_ = proto.NetworkSetBlockedURLs{Urls: []string{"*/static/scripts/*"}}.Call(p)
}

func narrow(p *rod.Page) { viewport(p, 390, 844) }

func viewport(p *rod.Page, width, height int) {
	p.MustSetViewport(width, height, 1, false)
}
