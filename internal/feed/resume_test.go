package feed

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestResume(t *testing.T) {
	body := bytesOf(300_000)
	for name, c := range map[string]struct {
		etag   string
		answer func(s *served, w http.ResponseWriter, r *http.Request, n int)
		ranges []string // that are asked for, attempt by attempt
	}{
		"goes on where it was cut": {
			etag: `"v"`,
			answer: func(s *served, w http.ResponseWriter, r *http.Request, n int) {
				if n == 1 {
					s.cut(w, 100_000)
				}
				s.serve(w, r)
			},
			ranges: []string{"", "bytes=100000-"},
		},
		"a server that knows no ranges sends all": {
			etag: `"v"`,
			answer: func(s *served, w http.ResponseWriter, _ *http.Request, n int) {
				if n == 1 {
					s.cut(w, 100_000)
				}
				w.Header().Set("ETag", s.etag)
				_, _ = w.Write(s.body)
			},
			ranges: []string{"", "bytes=100000-"},
		},
		"a weak validator does not say that bytes are the same": {
			etag: `W/"v"`,
			answer: func(s *served, w http.ResponseWriter, r *http.Request, n int) {
				if n == 1 {
					s.cut(w, 100_000)
				}
				s.serve(w, r)
			},
			ranges: []string{"", ""},
		},
		"the middle of another file is not put behind": {
			etag: `"v"`,
			answer: func(s *served, w http.ResponseWriter, r *http.Request, n int) {
				switch n {
				case 1:
					s.cut(w, 100_000)
				case 2:
					w.Header().Set("ETag", `"other"`)
					w.Header().Set("Content-Range", "bytes 100000-299999/300000")
					w.WriteHeader(http.StatusPartialContent)
					_, _ = w.Write(make([]byte, 200_000))
				default:
					s.serve(w, r)
				}
			},
			ranges: []string{"", "bytes=100000-", ""},
		},
		"nor one that changed later": {
			answer: func(s *served, w http.ResponseWriter, r *http.Request, n int) {
				w.Header().Set("Last-Modified", "Fri, 20 Nov 2026 10:00:00 GMT")
				switch n {
				case 1:
					s.cut(w, 100_000)
				case 2:
					w.Header().Set("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT")
					w.Header().Set("Content-Range", "bytes 100000-299999/300000")
					w.WriteHeader(http.StatusPartialContent)
					_, _ = w.Write(make([]byte, 200_000))
				default:
					s.serve(w, r)
				}
			},
			ranges: []string{"", "bytes=100000-", ""},
		},
		"a range that begins elsewhere is not put behind": {
			etag: `"v"`,
			answer: func(s *served, w http.ResponseWriter, r *http.Request, n int) {
				switch n {
				case 1:
					s.cut(w, 100_000)
				case 2:
					w.Header().Set("Content-Range", "bytes 99999-299999/300000")
					w.WriteHeader(http.StatusPartialContent)
					_, _ = w.Write(s.body[99_999:])
				default:
					s.serve(w, r)
				}
			},
			ranges: []string{"", "bytes=100000-", ""},
		},
		"a range shorter than it says goes on": {
			etag: `"v"`,
			answer: func(s *served, w http.ResponseWriter, r *http.Request, n int) {
				switch n {
				case 1:
					s.cut(w, 100_000)
				case 2:
					w.Header().Set("Content-Range", "bytes 100000-299999/300000")
					w.WriteHeader(http.StatusPartialContent)
					_, _ = w.Write(s.body[100_000:200_000])
				default:
					s.serve(w, r)
				}
			},
			ranges: []string{"", "bytes=100000-", "bytes=200000-"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newArchive(t)
			s := a.put("/all.zip", body, c.etag)
			s.answer = func(w http.ResponseWriter, r *http.Request, n int) { c.answer(s, w, r, n) }
			f, pauses := fetcher(t, nil)
			e, err := f.Fetch(t.Context(), a.feed("/all.zip"), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if content(t, e) != body {
				t.Error("it is not the file")
			}
			var ranges []string
			for _, q := range a.asked {
				ranges = append(ranges, q.header.Get("Range"))
				if want := cmp.Or(c.etag, "Fri, 20 Nov 2026 10:00:00 GMT"); q.header.Get("Range") != "" && q.header.Get("If-Range") != want {
					t.Errorf("a range without its condition: %v", q.header)
				}
			}
			if strings.Join(ranges, "|") != strings.Join(c.ranges, "|") || len(*pauses) != len(c.ranges)-1 {
				t.Errorf("asked for %q, want %q; paused %v", ranges, c.ranges, *pauses)
			}
		})
	}
}

// What one run left is gone on with by the next; when it was all, nothing more
// is sent; and when the file changed meanwhile, it is fetched anew.
func TestResumeInAnotherRun(t *testing.T) {
	body := bytesOf(300_000)
	a := newArchive(t)
	s := a.put("/all.zip", body, `"v"`)
	s.answer = func(w http.ResponseWriter, _ *http.Request, _ int) { s.cut(w, 123_456) }
	dir := t.TempDir()
	first, _ := fetcher(t, func(o *Options) { o.Dir, o.Retries = dir, 0 })
	if _, err := first.Fetch(t.Context(), a.feed("/all.zip"), nil, nil); err == nil || !strings.Contains(err.Error(), "cut off: unexpected EOF after 123456 bytes of 300000") {
		t.Fatalf("%v", err)
	}
	s.answer = nil
	second, _ := fetcher(t, func(o *Options) { o.Dir = dir })
	e, err := second.Fetch(t.Context(), a.feed("/all.zip"), nil, nil)
	if err != nil || content(t, e) != body || a.last().header.Get("Range") != "bytes=123456-" {
		t.Fatalf("%v; asked %v", err, a.last())
	}
	if e, err = second.Fetch(t.Context(), a.feed("/all.zip"), nil, nil); err != nil || content(t, e) != body || a.requests("/all.zip") != 3 {
		t.Errorf("whole: %v, %d requests", err, a.requests("/all.zip"))
	}
	a.put("/all.zip", "another", `"w"`)
	if e, err = second.Fetch(t.Context(), a.feed("/all.zip"), nil, nil); err != nil || content(t, e) != "another" {
		t.Errorf("changed: %v", err)
	}
}

// Bytes behind what the note vouches for, as a power cut leaves them, are not
// believed.
func TestUnsureBytes(t *testing.T) {
	body := bytesOf(300_000)
	a := newArchive(t)
	s := a.put("/all.zip", body, `"v"`)
	s.answer = func(w http.ResponseWriter, _ *http.Request, _ int) { s.cut(w, 100_000) }
	f, _ := fetcher(t, func(o *Options) { o.Retries = 0 })
	feed := a.feed("/all.zip")
	if _, err := f.Fetch(t.Context(), feed, nil, nil); err == nil {
		t.Fatal("no error")
	}
	p := openPart(f.opts.Dir, feed, feed.Files[0])
	left, err := os.OpenFile(p.path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = left.Write(make([]byte, 5000))
	}
	if err := errors.Join(err, left.Close()); err != nil {
		t.Fatal(err)
	}
	s.answer = nil
	e, err := f.Fetch(t.Context(), feed, nil, nil)
	if err != nil || content(t, e) != body || a.last().header.Get("Range") != "bytes=100000-" {
		t.Errorf("%v; asked %v", err, a.last())
	}
	for name, spoil := range map[string]func() error{
		"fewer bytes than noted": func() error { return os.Truncate(p.path, 10) },
		"a note of something else": func() error {
			return os.WriteFile(p.path+".json", []byte(`{"url":"https://example.org/","strong":"\"v\"","size":10}`), 0o600)
		},
		"a broken note": func() error { return os.WriteFile(p.path+".json", []byte(`{"url`), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			e, err := f.Fetch(t.Context(), feed, nil, nil)
			if err != nil || content(t, e) != body || a.last().header.Get("Range") != "" {
				t.Errorf("%v; asked %v", err, a.last())
			}
		})
	}
}

// Attempts that bring something do not count against those that bring nothing.
func TestSlowButSure(t *testing.T) {
	body := bytesOf(200_000)
	a := newArchive(t)
	s := a.put("/x", body, `"v"`)
	s.answer = func(w http.ResponseWriter, r *http.Request, n int) {
		from := (n - 1) * 20_000
		if n == 1 {
			s.cut(w, 20_000)
		}
		w.Header().Set("ETag", s.etag)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-1, len(body)))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)-from))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(s.body[from : from+20_000])
		_ = http.NewResponseController(w).Flush()
		if from+20_000 < len(body) {
			panic(http.ErrAbortHandler)
		}
	}
	f, _ := fetcher(t, func(o *Options) { o.Retries = 1 })
	e, err := f.Fetch(t.Context(), a.feed("/x"), nil, nil)
	if err != nil || content(t, e) != body || a.requests("/x") != 10 {
		t.Errorf("%v, %d requests", err, a.requests("/x"))
	}
}

func TestStall(t *testing.T) {
	a := newArchive(t)
	s := a.put("/x", "0123456789", `"v"`)
	s.answer = func(w http.ResponseWriter, r *http.Request, n int) {
		if n > 1 {
			s.serve(w, r)
			return
		}
		w.Header().Set("ETag", s.etag)
		w.Header().Set("Content-Length", "10")
		_, _ = w.Write(s.body[:4])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	f, _ := fetcher(t, func(o *Options) { o.Stall, o.Retries = 100*time.Millisecond, 0 })
	_, err := f.Fetch(t.Context(), a.feed("/x"), nil, nil)
	if err == nil || !strings.Contains(err.Error(), "cut off: nothing came for 100ms after 4 bytes of 10") {
		t.Fatalf("%v", err)
	}
	e, err := f.Fetch(t.Context(), a.feed("/x"), nil, nil)
	if err != nil || content(t, e) != "0123456789" || a.last().header.Get("Range") != "bytes=4-" {
		t.Errorf("%v; asked %v", err, a.last())
	}
}

// What nobody has gone on with for weeks is removed, and nothing else.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{
		"old-1.part": 20, "old-1.part.json": 20, "old-1.part.json.new": 20, "new-1.part": 3, "new-1.part.json": 3, "notes.txt": 20,
	} {
		path, at := filepath.Join(dir, name), now.Add(-age*24*time.Hour)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	fetcher(t, func(o *Options) { o.Dir = dir })
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if got := strings.Join(left, " "); got != "new-1.part new-1.part.json notes.txt" {
		t.Errorf("left: %s", got)
	}
}
