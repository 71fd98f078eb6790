package server_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/dsse"
	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/label/statuslist"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/server"
)

// listed is when the authority made its list, and shopping is when somebody
// stands in a shop with a phone.
var (
	listed   = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	shopping = listed.Add(2 * time.Hour)
)

// publisher is a name to embed server.Labels by, which has a method Labels.
type publisher = server.Labels

// labelAuthority gives labels and publishes keys and lists, all of them real. It is
// reached through a network that can be taken away.
//
// It has no more of a registry than which labels have a public page; that of a
// real node is tried elsewhere.
type labelAuthority struct {
	publisher
	t   testing.TB
	url string
	key ed25519.PrivateKey

	mu    sync.Mutex
	name  string
	keys  []node.LabelKey
	list  []byte
	away  bool
	pages map[string]bool // labels that have a public page

	edition string // of the page and its worker, when it is not the one in the binary
}

func newLabelAuthority(t testing.TB) *labelAuthority {
	t.Helper()
	a := &labelAuthority{t: t, name: "Northland Label Authority", key: signingKey(1), pages: map[string]bool{}}
	a.keys = []node.LabelKey{public(a.key)}
	a.publish(100, listed)
	return a
}

// openLabelAuthority is one whose node answers on loopback.
func openLabelAuthority(t testing.TB) *labelAuthority {
	t.Helper()
	a := newLabelAuthority(t)
	s, err := server.New(server.Options{
		Node: newFakeNode(), Labels: a, Log: slog.New(slog.DiscardHandler),
		Limits: server.Limits{Anonymous: server.Rate{PerSecond: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.isAway() {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		if a.pages[strings.TrimPrefix(r.URL.Path, "/labels/")] {
			fmt.Fprint(w, "the public page")
			return
		}
		a.edit(w, r, s)
	}))
	t.Cleanup(srv.Close)
	a.url = srv.URL
	return a
}

// edit serves another edition of the page when there is one.
func (a *labelAuthority) edit(w http.ResponseWriter, r *http.Request, next http.Handler) {
	a.mu.Lock()
	edition := a.edition
	a.mu.Unlock()
	if edition == "" || r.URL.Path != "/L/" && r.URL.Path != "/L/worker.js" {
		next.ServeHTTP(w, r)
		return
	}
	r.Header.Del("If-None-Match")
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	for _, name := range []string{"Content-Type", "Content-Security-Policy"} {
		w.Header().Set(name, answer.Header().Get(name))
	}
	body := strings.ReplaceAll(answer.Body.String(), `const version = "`, `const version = "`+edition)
	fmt.Fprint(w, strings.ReplaceAll(body, "Check a security label", "The "+edition+" edition"))
}

// signingKey is the nth of some keys that sign nothing but tests.
func signingKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func public(k ed25519.PrivateKey) node.LabelKey {
	public, err := dsse.NewPublicKey(k.Public())
	if err != nil {
		panic(err) // it is one of signingKey's
	}
	return node.LabelKey{KeyID: public.ID(), PublicKey: base64.StdEncoding.EncodeToString(k.Public().(ed25519.PublicKey))}
}

func (a *labelAuthority) LabelKeys(context.Context) ([]node.LabelKey, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := slices.Clone(a.keys)
	for i := range out {
		out[i].Authority = a.name
	}
	return out, nil
}

func (a *labelAuthority) StatusList(context.Context) ([]byte, time.Time, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.list, listed, nil
}

func (a *labelAuthority) Label(_ context.Context, _ access.Ask, id string) (*node.LabelState, error) {
	if !a.pages[id] {
		return nil, problem.New(problem.NotFound, "no label %s", id)
	}
	return &node.LabelState{State: label.State{Label: id, Status: label.StatusActive, Terms: &label.Terms{}}}, nil
}

func (a *labelAuthority) isAway() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.away
}

func (a *labelAuthority) setAway(away bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.away = away
}

// serve replaces what is published by these bytes.
func (a *labelAuthority) serve(list []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = list
}

// publish makes a list and serves it.
func (a *labelAuthority) publish(sequence int64, made time.Time, entries ...statuslist.Entry) {
	a.t.Helper()
	a.serve(a.signList(a.key, sequence, made, entries...))
}

func (a *labelAuthority) signList(key ed25519.PrivateKey, sequence int64, made time.Time, entries ...statuslist.Entry) []byte {
	a.t.Helper()
	l, err := statuslist.New(statuslist.Head{Authority: a.name, Registry: a.url, Sequence: sequence, Issued: made}, entries)
	if err != nil {
		a.t.Fatal(err)
	}
	b, err := statuslist.Sign(l, key)
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

// label gives one for a camera and returns what its QR code says.
func (a *labelAuthority) label(change func(*core.Core)) (url, id string) {
	a.t.Helper()
	c := core.Core{
		ID: core.NewID(strings.NewReader("porch-cam")), Maker: "Northlight Cameras", Product: "Porch Cam 3", Tier: 2,
		Issued: "2026-10-01", ValidUntil: "2028-10-01", SupportEnd: "2031-12-31", Document: [8]byte{1, 2, 3}, Scheme: "iot-tiers",
	}
	if change != nil {
		change(&c)
	}
	url, fitted, err := core.Encode(c, a.url, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return url, fitted.ID
}

// chromium starts a real browser, or skips where none is installed.
func chromium(t testing.TB) *rod.Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("starting a browser takes seconds")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: no chromium on this machine; the offline page was not tried in a browser")
	}
	l := launcher.New().Bin(path).Headless(true).NoSandbox(true).Leakless(false).Set("disable-gpu").
		Set("use-fake-device-for-media-stream").Set("use-fake-ui-for-media-stream")
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

// shopper is a person with a phone whose browser has seen nothing yet.
type shopper struct {
	t testing.TB
	*rod.Page
	a *labelAuthority
}

func newShopper(t testing.TB, b *rod.Browser, a *labelAuthority) *shopper {
	t.Helper()
	fresh := b.MustIncognito()
	s := &shopper{t: t, Page: fresh.MustPage("").Timeout(3 * time.Minute), a: a}
	t.Cleanup(func() {
		_ = proto.TargetDisposeBrowserContext{BrowserContextID: fresh.BrowserContextID}.Call(b)
	})
	s.MustSetViewport(390, 844, 1, true)
	s.call(proto.EmulationSetTimezoneOverride{TimezoneID: "Europe/Berlin"}.Call(s))
	s.call(proto.LogEnable{}.Call(s))
	go s.EachEvent(
		func(e *proto.RuntimeExceptionThrown) {
			t.Errorf("the page: %s %v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
		},
		func(e *proto.LogEntryAdded) {
			if e.Entry.Level == proto.LogLogEntryLevelError && !strings.HasPrefix(e.Entry.Text, "Failed to load resource") {
				t.Errorf("the page: %s %s", e.Entry.Text, e.Entry.URL)
			}
		},
	)()
	s.clock(shopping)
	return s
}

func (s *shopper) call(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// clock sets the phone's clock, for what is opened from now on.
func (s *shopper) clock(now time.Time) *shopper {
	s.t.Helper()
	s.MustEvalOnNewDocument(fmt.Sprintf("Date.now = () => %d", now.UnixMilli()))
	return s
}

// prepare opens the page once with a network, and waits until it is kept.
func (s *shopper) prepare() *shopper {
	s.t.Helper()
	s.open("/L/")
	s.MustEval(`() => navigator.serviceWorker.ready.then((r) => r.active.state)`)
	s.MustWait(`() => navigator.serviceWorker.controller !== null`)
	return s
}

// offline takes the network away, from the page and from its worker.
func (s *shopper) offline(off bool) *shopper {
	s.t.Helper()
	s.a.setAway(off)
	s.call(proto.NetworkEmulateNetworkConditions{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}.Call(s))
	return s
}

// open goes to an address and waits until the page has said all it will.
func (s *shopper) open(address string) *shopper {
	s.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = s.a.url + address
	}
	s.call(s.Page.Navigate("about:blank"))
	s.call(s.Page.Navigate(address))
	s.settled()
	return s
}

func (s *shopper) settled() {
	s.t.Helper()
	s.MustWait(`() => Boolean(document.getElementById("news")?.textContent)`)
}

// told is the answer that is shown: its state, and all of its words.
func (s *shopper) told() (state, words string) {
	s.t.Helper()
	result := s.MustElement("#result")
	if v := result.MustAttribute("data-state"); v != nil {
		state = *v
	}
	return state, strings.Join(strings.Fields(result.MustText()), " ")
}

// expect checks the answer's state and that its words have each of the parts;
// a part with a "!" before it must not be there.
func (s *shopper) expect(name, state string, parts ...string) {
	s.t.Helper()
	got, words := s.told()
	if got != state {
		s.t.Errorf("%s: %s, want %s: %s", name, got, state, words)
	}
	for _, part := range parts {
		unwanted, not := strings.CutPrefix(part, "!")
		if strings.Contains(words, unwanted) == not {
			s.t.Errorf("%s: want %q in: %s", name, part, words)
		}
	}
	if state != "good" && strings.Contains(words, "nothing was held against") {
		s.t.Errorf("%s: %s, but the words are those of an active label: %s", name, state, words)
	}
}
