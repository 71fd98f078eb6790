package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/internal/problem"
)

// archive is a server of files that keeps the rules of HTTP, until it is told
// to break them.
type archive struct {
	*httptest.Server
	t *testing.T

	mu    sync.Mutex
	files map[string]*served
	asked []asked
}

type served struct {
	body     []byte
	etag     string
	modified time.Time
	// answer, when set, answers in place of the archive. n counts from 1.
	answer func(w http.ResponseWriter, r *http.Request, n int)
	n      int
}

type asked struct {
	path   string
	header http.Header
}

func newArchive(t *testing.T) *archive {
	a := &archive{t: t, files: map[string]*served{}}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

func (a *archive) put(path, body, etag string) *served {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := &served{body: []byte(body), etag: etag, modified: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)}
	a.files[path] = s
	return s
}

func (a *archive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.asked = append(a.asked, asked{r.URL.Path, r.Header.Clone()})
	s := a.files[r.URL.Path]
	if s != nil {
		s.n++
	}
	a.mu.Unlock()
	switch {
	case s == nil:
		http.NotFound(w, r)
	case s.answer != nil:
		s.answer(w, r, s.n)
	default:
		s.serve(w, r)
	}
}

// serve is what the standard library makes of conditions and ranges.
func (s *served) serve(w http.ResponseWriter, r *http.Request) {
	if s.etag != "" {
		w.Header().Set("ETag", s.etag)
	}
	http.ServeContent(w, r, "", s.modified, bytes.NewReader(s.body))
}

// cut sends so many bytes and then breaks the connection.
func (s *served) cut(w http.ResponseWriter, after int) {
	if s.etag != "" {
		w.Header().Set("ETag", s.etag)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(s.body)))
	_, _ = w.Write(s.body[:after])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// last is what the archive was last asked for.
func (a *archive) last() asked {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked[len(a.asked)-1]
}

// requests counts what was asked of a path.
func (a *archive) requests(path string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, q := range a.asked {
		if q.path == path {
			n++
		}
	}
	return n
}

// feed of files at the archive, as an operator's table has it.
func (a *archive) feed(paths ...string) *Feed {
	f := &Feed{Name: "test", Limit: 4 << 20, own: true}
	for _, p := range paths {
		f.Files = append(f.Files, File{Name: strings.TrimPrefix(p, "/"), URL: a.URL + p})
	}
	return f
}

var errNotPublic = errors.New("no address of the public internet")

// guardLoopback stands for the node's guard, which the tests of package notice
// hold.
func guardLoopback(a netip.Addr) error {
	if a.IsLoopback() || a.IsPrivate() {
		return fmt.Errorf("%s is %w", a, errNotPublic)
	}
	return nil
}

// fetcher that does not wait, but notes how long it would have.
func fetcher(t *testing.T, change func(*Options)) (*Fetcher, *[]time.Duration) {
	t.Helper()
	var pauses []time.Duration
	opts := Options{
		Dir: filepath.Join(t.TempDir(), "feeds"), Guard: guardLoopback, Agent: "countersign/test", Retries: 3,
		Wait: func(ctx context.Context, d time.Duration) error { pauses = append(pauses, d); return ctx.Err() },
	}
	if change != nil {
		change(&opts)
	}
	f, err := NewFetcher(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f, &pauses
}

// content of the only file of an edition.
func content(t *testing.T, e *Edition) string {
	t.Helper()
	if len(e.Files) != 1 {
		t.Fatalf("%d files", len(e.Files))
	}
	b, err := os.ReadFile(e.Files[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// bytesOf makes a body that does not repeat itself.
func bytesOf(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

func TestConditional(t *testing.T) {
	a := newArchive(t)
	a.put("/kev.json", "first", `"one"`)
	f, _ := fetcher(t, nil)
	e, err := f.Fetch(t.Context(), a.feed("/kev.json"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := e.Files[0]
	if content(t, e) != "first" || got.Held.ETag != `"one"` || got.Size != 5 || !e.Modified().Equal(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", got)
	}
	if h := a.last().header; h.Get("User-Agent") != "countersign/test" || h.Get("If-None-Match") != "" || h.Get("Range") != "" {
		t.Errorf("asked by %v", h)
	}
	if err := e.Discard(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(f.opts.Dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}

	held := map[string]Validators{got.URL: got.Held}
	if e, err = f.Fetch(t.Context(), a.feed("/kev.json"), held, nil); err != nil || e.Changed() {
		t.Errorf("%v, %v; want nothing new", e, err)
	}
	if h := a.last().header; h.Get("If-None-Match") != `"one"` || h.Get("If-Modified-Since") != "Fri, 20 Nov 2026 10:00:00 GMT" {
		t.Errorf("asked by %v", h)
	}
	a.put("/kev.json", "second", `"two"`)
	if e, err = f.Fetch(t.Context(), a.feed("/kev.json"), held, nil); err != nil || content(t, e) != "second" {
		t.Errorf("%v, %v; want what is new", e, err)
	}
}

// A server that never held what it says that we hold.
func TestNotModifiedOfNothing(t *testing.T) {
	a := newArchive(t)
	a.put("/x", "", "").answer = func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusNotModified) }
	f, _ := fetcher(t, nil)
	if _, err := f.Fetch(t.Context(), a.feed("/x"), nil, nil); err == nil || !strings.Contains(err.Error(), "304 Not Modified") {
		t.Errorf("%v", err)
	}
}

func TestLimits(t *testing.T) {
	a := newArchive(t)
	a.put("/large", strings.Repeat("x", 5<<20), `"v"`)
	endless := a.put("/endless", "", "")
	endless.answer = func(w http.ResponseWriter, r *http.Request, _ int) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}
	a.put("/just", strings.Repeat("x", 4<<20), `"v"`)
	for path, want := range map[string]string{
		"/large":   "larger than its limit of 4194304 bytes: it has 5242880",
		"/endless": "larger than its limit of 4194304 bytes",
		"/just":    "",
	} {
		f, pauses := fetcher(t, nil)
		_, err := f.Fetch(t.Context(), a.feed(path), nil, nil)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", path, err)
		case want != "" && (problem.KindOf(err) != problem.TooLarge || !strings.Contains(err.Error(), want) || len(*pauses) > 0):
			t.Errorf("%s: %v, after pauses %v", path, err, *pauses)
		}
		if left, _ := filepath.Glob(filepath.Join(f.opts.Dir, "*.part")); want != "" && len(left) > 0 {
			t.Errorf("%s: left behind %v", path, left)
		}
	}
}

func TestRetries(t *testing.T) {
	for name, c := range map[string]struct {
		code     int
		after    string
		requests int
		want     string
		early    time.Duration // until when to be left alone
	}{
		"passing":           {code: 503, requests: 4, want: "503 Service Unavailable"},
		"for good":          {code: 404, requests: 1, want: "404 Not Found"},
		"forbidden":         {code: 403, requests: 1, want: "403 Forbidden"},
		"asks for a moment": {code: 429, after: "2", requests: 4, want: "429 Too Many Requests, and asks to be left alone until", early: 2 * time.Second},
		"asks for an hour":  {code: 429, after: "3600", requests: 1, want: "asks to be left alone until", early: time.Hour},
		"asks for a year":   {code: 503, after: "31536000", requests: 1, want: "asks to be left alone until", early: 24 * time.Hour},
		"asks for nonsense": {code: 503, after: "-1", requests: 4, want: "503 Service Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newArchive(t)
			a.put("/x", "", "").answer = func(w http.ResponseWriter, _ *http.Request, _ int) {
				if c.after != "" {
					w.Header().Set("Retry-After", c.after)
				}
				w.WriteHeader(c.code)
			}
			now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
			f, pauses := fetcher(t, func(o *Options) { o.Now = func() time.Time { return now } })
			_, err := f.Fetch(t.Context(), a.feed("/x"), nil, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), a.URL+"/x: ") || a.requests("/x") != c.requests {
				t.Errorf("%v, %d requests; want %q, %d", err, a.requests("/x"), c.want, c.requests)
			}
			var failure *Failure
			if !errors.As(err, &failure) {
				t.Fatalf("%T", err)
			}
			if c.early > 0 != !failure.NotBefore.IsZero() || c.early > 0 && !failure.NotBefore.Equal(now.Add(c.early)) {
				t.Errorf("not before %s", failure.NotBefore)
			}
			for i, p := range *pauses {
				if p < firstPause<<i/2 || p > firstPause<<i && p > c.early {
					t.Errorf("pause %d: %s", i, p)
				}
			}
		})
	}
}

// One that comes byte by byte does not stall, but may not take for ever.
func TestTotal(t *testing.T) {
	a := newArchive(t)
	a.put("/x", "", "").answer = func(w http.ResponseWriter, r *http.Request, _ int) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("."))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}
	f, _ := fetcher(t, func(o *Options) { o.Total = 200 * time.Millisecond })
	begin := time.Now()
	_, err := f.Fetch(t.Context(), a.feed("/x"), nil, nil)
	if err == nil || !strings.Contains(err.Error(), "cut off") || time.Since(begin) > 10*time.Second {
		t.Errorf("%v after %s", err, time.Since(begin))
	}
}

// One that takes the question and never answers.
func TestNoAnswer(t *testing.T) {
	a := newArchive(t)
	a.put("/x", "", "").answer = func(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }
	f, _ := fetcher(t, func(o *Options) { o.Total = 100 * time.Millisecond })
	_, err := f.Fetch(t.Context(), a.feed("/x"), nil, nil)
	if problem.KindOf(err) != problem.Unavailable || !strings.HasSuffix(err.Error(), "/x: no answer in time") || a.requests("/x") != 1 {
		t.Errorf("%v, %d requests", err, a.requests("/x"))
	}
}

func TestNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"http://" + nobody + "/x":  "nobody answers there (connection refused)",
		"https://feeds.invalid/x":  "the name feeds.invalid is not found: no network, or no such server",
		"http://127.0.0.1:1/a.zip": "nobody answers there (connection refused)",
	} {
		f, _ := fetcher(t, func(o *Options) { o.Retries = 1 })
		feed := &Feed{Name: "gone", Limit: 1 << 20, own: true, Files: []File{{Name: "x", URL: address}}}
		_, err := f.Fetch(t.Context(), feed, nil, nil)
		if problem.KindOf(err) != problem.Unavailable || !strings.Contains(err.Error(), address+": "+want) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestInterrupted(t *testing.T) {
	a := newArchive(t)
	s := a.put("/x", "0123456789", `"v"`)
	ctx, cancel := context.WithCancel(t.Context())
	s.answer = func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Header().Set("Content-Length", "10")
		_, _ = w.Write(s.body[:4])
		_ = http.NewResponseController(w).Flush()
		cancel()
		<-r.Context().Done()
	}
	f, _ := fetcher(t, nil)
	if _, err := f.Fetch(ctx, a.feed("/x"), nil, nil); !errors.Is(err, context.Canceled) || a.requests("/x") != 1 {
		t.Errorf("%v, %d requests", err, a.requests("/x"))
	}
}
