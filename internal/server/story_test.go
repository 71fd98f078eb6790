package server_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/monitor"
	"countersign.dev/internal/node"
	"countersign.dev/internal/node/nodetest"
	"countersign.dev/internal/server"
)

// TestStory is the story of a label, told by everything that has a part in it: a
// maker applies with a bill of materials, a usage description and a laboratory's
// report; the label is given; a phone that has seen the page once verifies its
// code with no network. The maker is put on a list, and the label is suspended in
// public; a court stays the listing, and the label is given back from the day of
// the order. The history, the past days and a monitor outside agree.
//
// COUNTERSIGN_SCREENSHOTS names a folder for pictures of the pages.
func TestStory(t *testing.T) {
	l := nodetest.OpenLabels(t)
	away := false
	s, err := server.New(server.Options{
		Node: l.Node, Accounts: l.Access, Labels: l.Node, Log: slog.New(slog.DiscardHandler), Clock: l.Now, Limits: server.Limits{Anonymous: server.Rate{PerSecond: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away {
			panic(http.ErrAbortHandler)
		}
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	l.ServeAt(srv.URL)
	id := l.Given(nil)
	code := codeOf(t, l, id)

	phone := newShopper(t, chromium(t), &labelAuthority{t: t, url: srv.URL})
	without := func(off bool) {
		away = off
		phone.offline(off)
	}
	phone.clock(l.Now())
	phone.prepare()
	without(true)
	phone.open(code)
	phone.expect("a code with no network", "good", "Northlight Cam 2", "Northlight Devices")
	picture(t, phone, "offline-good")
	phone.clock(l.Now().AddDate(0, 0, 2))
	phone.open(code)
	phone.expect("two days later", "unknown", "Northlight Cam 2")
	picture(t, phone, "offline-unknown")
	without(false)

	l.Day = "2026-05-04"
	l.Import("listing-1-designated.yaml")
	l.Surveil()
	front := text(t, srv.URL+"/labels/"+id)
	if !strings.Contains(front, "Suspended") || !strings.Contains(front, "barred from federal procurement") {
		t.Errorf("the front page does not say why: %.600s", front)
	}
	phone.clock(l.Now())
	phone.open("/L/")
	without(true)
	phone.open(code)
	phone.expect("a suspended label with no network", "bad", "Northlight Cam 2", "Suspended since 4 May 2026", "does not count at present")
	picture(t, phone, "offline-suspended")
	without(false)

	l.Day = "2026-06-15"
	l.Import("listing-2-stayed.yaml")
	l.Surveil()
	if st := state(t, l, id, access.At{}); st.Status != label.StatusSuspended || st.Grounds[0].Offered != "2026-06-15" {
		t.Errorf("after the order: %+v", st.State)
	}
	l.Day = "2026-06-17"
	l.Acts(id, node.LabelAct{Kind: label.Reinstated, Reason: "the court's order leaves nothing that bars the maker"})
	for at, want := range map[access.At]label.Status{
		{Date: "2026-05-03"}: label.StatusActive, {Date: "2026-05-04"}: label.StatusSuspended, {Date: "2026-06-14"}: label.StatusSuspended,
		{Date: "2026-06-16"}: label.StatusActive, {Date: "2026-06-16", Known: "2026-06-16"}: label.StatusSuspended,
	} {
		if st := state(t, l, id, at); st.Status != want {
			t.Errorf("at %+v: %s, want %s", at, st.Status, want)
		}
	}
	past := text(t, srv.URL+"/labels/"+id+"?at=2026-05-20")
	if !strings.Contains(past, "Suspended") {
		t.Errorf("the front page of a past day: %.400s", past)
	}
	history := text(t, srv.URL+"/labels/"+id+"/history")
	for _, want := range []string{"Given back", "Reinstatement offered", "Suspended", "15 Jun 2026", "4 May 2026"} {
		if !strings.Contains(history, want) {
			t.Errorf("the history does not say %q", want)
		}
	}
	for name, path := range map[string]string{"front": "/labels/" + id, "history": "/labels/" + id + "/history", "front-past": "/labels/" + id + "?at=2026-05-20"} {
		phone.MustNavigate(srv.URL + path).MustWaitLoad()
		picture(t, phone, name)
	}
	watched(t, l, srv.URL)
}

// codeOf is the address in a label's QR code.
func codeOf(t *testing.T, l *nodetest.Labels, id string) string {
	t.Helper()
	s := state(t, l, id, access.At{})
	return l.LabelCode(&s.State)
}

func state(t *testing.T, l *nodetest.Labels, id string, at access.At) *node.LabelState {
	t.Helper()
	at.Position = access.Now
	s, err := l.Label(context.Background(), access.Ask{At: at}, id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// watched has somebody outside look at the registry.
func watched(t *testing.T, l *nodetest.Labels, url string) {
	t.Helper()
	ctx := context.Background()
	if err := l.Ledger.SignHead(ctx); err != nil {
		t.Fatal(err)
	}
	key, err := note.NewVerifier(l.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	m, err := monitor.New(monitor.Options{URL: url, Trust: func(signed string) (ledger.Tree, error) { return l.Ledger.Tree(signed) }, Now: l.Now})
	if err != nil {
		t.Fatal(err)
	}
	report, _, err := m.Run(ctx, &monitor.State{})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Differences) > 0 || report.Labels != 1 || report.Events != 4 || report.Log != key.Name() {
		t.Errorf("the monitor: %+v", report)
	}
}

func text(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", url, resp.StatusCode, err)
	}
	return string(b)
}

// picture keeps what a page looks like, where somebody asked for it.
func picture(t *testing.T, s *shopper, name string) {
	t.Helper()
	folder := os.Getenv("COUNTERSIGN_SCREENSHOTS")
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), s.MustScreenshot(), 0o644); err != nil {
		t.Fatal(err)
	}
}
