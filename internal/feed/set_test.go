package feed

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"countersign.dev/internal/problem"
)

// set puts a list of three files on the archive.
func (a *archive) set(edition string) *Feed {
	paths := []string{"/sdn.csv", "/alt.csv", "/add.csv"}
	for _, p := range paths {
		a.put(p, p+" "+edition, `"`+p+edition+`"`)
	}
	return a.feed(paths...)
}

func contents(t *testing.T, e *Edition) (out []string) {
	t.Helper()
	for _, f := range e.Files {
		b, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f.Name+"="+string(b))
	}
	return out
}

func held(e *Edition) map[string]Validators {
	out := map[string]Validators{}
	for _, f := range e.Files {
		out[f.URL] = f.Held
	}
	return out
}

// The files of a set are brought together: when one changed, all are.
func TestSet(t *testing.T) {
	a := newArchive(t)
	feed := a.set("1")
	f, _ := fetcher(t, nil)
	e, err := f.Fetch(t.Context(), feed, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(contents(t, e), ", "); got != "sdn.csv=/sdn.csv 1, alt.csv=/alt.csv 1, add.csv=/add.csv 1" {
		t.Error(got)
	}
	had := held(e)
	if err := e.Discard(); err != nil {
		t.Fatal(err)
	}
	if e, err = f.Fetch(t.Context(), feed, had, nil); err != nil || e.Changed() {
		t.Errorf("%v, %v; want nothing new", e, err)
	}
	a.put("/alt.csv", "/alt.csv 2", `"alt2"`)
	e, err = f.Fetch(t.Context(), feed, had, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(contents(t, e), ", "); got != "sdn.csv=/sdn.csv 1, alt.csv=/alt.csv 2, add.csv=/add.csv 1" {
		t.Error(got)
	}
}

// A publisher that renews the set while it is fetched does not leave halves of
// two editions.
func TestTornSet(t *testing.T) {
	a := newArchive(t)
	feed := a.set("1")
	alt := a.files["/alt.csv"]
	alt.answer = func(w http.ResponseWriter, r *http.Request, _ int) {
		alt.answer = nil
		a.set("2") // while the second file is asked for
		a.files["/alt.csv"].serve(w, r)
	}
	f, _ := fetcher(t, nil)
	e, err := f.Fetch(t.Context(), feed, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(contents(t, e), ", "); got != "sdn.csv=/sdn.csv 2, alt.csv=/alt.csv 2, add.csv=/add.csv 2" {
		t.Error(got)
	}
}

func TestRestlessSet(t *testing.T) {
	a := newArchive(t)
	feed := a.set("1")
	restless := a.files["/add.csv"]
	restless.answer = func(w http.ResponseWriter, _ *http.Request, n int) {
		w.Header().Set("ETag", `"`+strings.Repeat("x", n)+`"`)
		_, _ = w.Write([]byte(strings.Repeat("x", n)))
	}
	f, _ := fetcher(t, nil)
	_, err := f.Fetch(t.Context(), feed, nil, nil)
	if problem.KindOf(err) != problem.Unavailable || !strings.Contains(err.Error(), "its files change while they are fetched") {
		t.Errorf("%v", err)
	}
}

// Files that cannot be told apart are asked for once, or they would be fetched
// without end.
func TestSetWithoutValidators(t *testing.T) {
	a := newArchive(t)
	feed := a.set("1")
	for _, path := range []string{"/sdn.csv", "/alt.csv", "/add.csv"} {
		a.files[path].answer = func(w http.ResponseWriter, r *http.Request, _ int) { _, _ = w.Write([]byte(r.URL.Path)) }
	}
	f, _ := fetcher(t, nil)
	e, err := f.Fetch(t.Context(), feed, nil, nil)
	if err != nil || len(e.Files) != 3 || a.requests("/sdn.csv") != 1 {
		t.Errorf("%v, %d requests", err, a.requests("/sdn.csv"))
	}
}

// A set of which one file is not there is not there; what came of the others
// need not come again.
func TestSetWithAGap(t *testing.T) {
	a := newArchive(t)
	feed := a.set("1")
	add := a.files["/add.csv"]
	delete(a.files, "/add.csv")
	f, _ := fetcher(t, nil)
	if _, err := f.Fetch(t.Context(), feed, nil, nil); err == nil || !strings.Contains(err.Error(), "/add.csv: the server answers 404 Not Found") {
		t.Fatalf("%v", err)
	}
	a.files["/add.csv"] = add
	a.files["/sdn.csv"].answer = func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.Header.Get("Range") == "" && r.Header.Get("If-None-Match") == "" {
			t.Errorf("asked for all of it again")
		}
		s := a.files["/sdn.csv"]
		s.serve(w, r)
	}
	if e, err := f.Fetch(t.Context(), feed, nil, nil); err != nil || len(e.Files) != 3 {
		t.Errorf("%v", err)
	}
}
