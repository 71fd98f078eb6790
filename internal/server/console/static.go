package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"countersign.dev/web"
)

// assetPaths is the address of every embedded file that browsers fetch, with
// its digest as a parameter, by name.
func assetPaths() map[string]string {
	out := map[string]string{}
	err := fs.WalkDir(web.Static, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(web.Static, name)
		if err != nil {
			return err
		}
		out[name] = "/static/" + name + "?v=" + version(b)
		return nil
	})
	if err != nil {
		panic(err) // the files are embedded
	}
	return out
}

func version(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// mediaTypes are said here because the system's own table differs between
// machines, and nosniff makes browsers insist.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// staticFiles serves the embedded files. Under an address that names a file's
// digest it never changes; modules import each other without one, and are
// asked for again with If-None-Match.
func staticFiles() http.Handler {
	files := web.Static
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/static/")
		media, known := mediaTypes[path.Ext(name)]
		b, err := fs.ReadFile(files, name)
		if err != nil || !known {
			http.NotFound(w, r)
			return
		}
		v := version(b)
		h := w.Header()
		h.Set("Content-Type", media)
		h.Set("ETag", `"`+v+`"`)
		h.Set("Cache-Control", "public, no-cache")
		if r.URL.Query().Get("v") == v {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
	})
}
