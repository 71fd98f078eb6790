package cli

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// publish DIR TABLE serves the files in DIR, and puts the server's address in
// place of BASE in TABLE. Below /cut it breaks the connection in the middle of a
// file, but for whoever asks for the rest; below /away it leads to a private
// address, below /plain to itself.
func publish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: publish DIR TABLE")
	}
	dir := http.Dir(ts.MkAbs(args[0]))
	files := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Times of files are too coarse for a script that changes one.
		if b, err := fs.ReadFile(os.DirFS(string(dir)), strings.TrimPrefix(r.URL.Path, "/")); err == nil {
			w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(b)))
		}
		http.FileServer(dir).ServeHTTP(w, r)
	})
	mux := http.NewServeMux()
	mux.Handle("/", files)
	mux.Handle("/cut/", http.StripPrefix("/cut", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			files.ServeHTTP(w, r)
			return
		}
		files.ServeHTTP(&cutWriter{ResponseWriter: w, left: 20}, r)
	})))
	mux.Handle("/away/", http.RedirectHandler("https://10.0.0.1/", http.StatusFound))
	server := httptest.NewServer(mux)
	mux.Handle("/plain/", http.RedirectHandler(server.URL+"/", http.StatusFound))
	ts.Defer(server.Close)
	table := ts.MkAbs(args[1])
	b, err := os.ReadFile(table)
	ts.Check(err)
	ts.Check(os.WriteFile(table, []byte(strings.ReplaceAll(string(b), "BASE", server.URL)), 0o644))
}

// cutWriter breaks the connection after some bytes of a body.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(b []byte) (int, error) {
	if len(b) < c.left {
		c.left -= len(b)
		return c.ResponseWriter.Write(b)
	}
	_, _ = c.ResponseWriter.Write(b[:c.left])
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}
