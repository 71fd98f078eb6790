package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/server/registry"
	"countersign.dev/web/offline"
)

// Labels is the authority whose labels this node publishes. [node.Node] is one.
type Labels interface {
	registry.Labels
	Labelling
	// StatusList is the newest signed status list, and when it was made. The
	// bytes are the caller's to send and not to change.
	StatusList(ctx context.Context) (list []byte, made time.Time, err error)
}

// Where the parts of the offline page and what it fetches are.
const (
	offlineRoot    = "/L/"
	offlineWorker  = offlineRoot + "worker.js"
	labelKeysPath  = registry.Root + "keys.json"
	statusListPath = registry.Root + "status-list.json"
)

// cacheLabels is how long others may keep keys and list: a fraction of what a
// scheme gives for a suspension to be seen.
const cacheLabels = "public, max-age=60"

// offlinePolicy is that of the other pages, with a worker and without forms,
// since everything on the page is done by its scripts.
const offlinePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// offlinePermissions lets the page ask for the camera, to scan codes with.
const offlinePermissions = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"

// routeOffline serves the page on which labels are checked, and what it needs,
// on a node that publishes labels.
func (s *Server) routeOffline(mux *http.ServeMux) error {
	if s.opts.Labels == nil {
		return nil
	}
	files, err := offlineFiles()
	if err != nil {
		return err
	}
	for at, file := range files {
		if at == offlineRoot {
			at += "{$}"
		}
		mux.Handle("GET "+at, file)
	}
	label := s.labelAddress(files[offlineRoot])
	mux.HandleFunc("GET "+offlineRoot+"{id}", label)
	mux.HandleFunc("GET "+offlineRoot+"{id}/{core}", label)
	mux.HandleFunc("GET /l/", lowerCaseAddress)
	mux.Handle("GET "+registry.Root, s.registry)
	mux.Handle("GET /labels", http.RedirectHandler(registry.Root, http.StatusMovedPermanently))
	mux.HandleFunc("GET "+labelKeysPath, s.serveLabelKeys)
	mux.HandleFunc("GET "+statusListPath, s.serveStatusList)
	mux.Handle(offlineRoot, s.noRoute(mux))
	mux.Handle(registry.Root, s.noRoute(mux))
	return nil
}

// labelAddress answers the address in a label's code: with the label's public
// page when this node has it, else with the page that checks the code itself.
func (s *Server) labelAddress(page *offlineFile) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.registry.Scanned(w, r, r.PathValue("id"), r.PathValue("core")) {
			page.ServeHTTP(w, r)
		}
	}
}

// lowerCaseAddress leads an address that somebody typed in lower case to where
// it is answered.
func lowerCaseAddress(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Location", offlineRoot+strings.TrimPrefix(r.URL.EscapedPath(), "/l/"))
	w.WriteHeader(http.StatusPermanentRedirect)
}

// serveLabelKeys gives the authority's keys in the form of keys.json.
func (s *Server) serveLabelKeys(w http.ResponseWriter, r *http.Request) {
	keys, err := s.opts.Labels.LabelKeys(r.Context())
	if err != nil {
		writeProblem(w, r, problemOf(r.Context(), err))
		return
	}
	b, err := marshalKeys(keys)
	if err != nil {
		writeProblem(w, r, problemOf(r.Context(), err))
		return
	}
	serveToAll(w, r, b, time.Time{})
}

// marshalKeys writes the keys as keys.json has them. The authority's name is the
// one that it gave with its newest key.
func marshalKeys(keys []node.LabelKey) ([]byte, error) {
	type wireKey struct {
		KeyID     string      `json:"keyid"`
		PublicKey string      `json:"public_key"` // base64 of the 32 bytes
		From      access.Date `json:"from"`
		Until     access.Date `json:"until"`
	}
	wire := struct {
		Authority string    `json:"authority"`
		Keys      []wireKey `json:"keys"`
	}{Keys: []wireKey{}}
	for _, k := range keys {
		wire.Authority = k.Authority
		wire.Keys = append(wire.Keys, wireKey{k.KeyID, k.PublicKey, k.From, k.Until})
	}
	return json.Marshal(wire)
}

func (s *Server) serveStatusList(w http.ResponseWriter, r *http.Request) {
	list, made, err := s.opts.Labels.StatusList(r.Context())
	if err != nil {
		writeProblem(w, r, problemOf(r.Context(), err))
		return
	}
	serveToAll(w, r, list, made)
}

// serveToAll sends JSON that everybody may have, pages of other sites too.
func serveToAll(w http.ResponseWriter, r *http.Request, b []byte, made time.Time) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", cacheLabels)
	h.Set("ETag", etagOf(b))
	http.ServeContent(w, r, "", made, bytes.NewReader(b))
}

func etagOf(b []byte) string {
	sum := sha256.Sum256(b)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// offlineFile is one file of the page.
type offlineFile struct {
	body []byte
	kind string
	etag string
}

func (f *offlineFile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Security-Policy", offlinePolicy)
	h.Set("Permissions-Policy", offlinePermissions)
	h.Set("Cache-Control", "public, no-cache")
	h.Set("ETag", f.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
}

// offlineFiles is the files of the page by their paths, the page itself at the
// root. The worker is told what the files are and gets a version made from
// them, so that a browser that has the page fetches it anew when any changes.
func offlineFiles() (map[string]*offlineFile, error) {
	names, err := fs.Glob(offline.Files, "*")
	if err != nil {
		return nil, fmt.Errorf("offline page: %w", err)
	}
	files := map[string]*offlineFile{}
	version := sha256.New()
	for _, name := range names {
		b, err := fs.ReadFile(offline.Files, name)
		if err != nil {
			return nil, fmt.Errorf("offline page: %w", err)
		}
		at := offlineRoot + name
		if name == "check.html" {
			at = offlineRoot
		}
		fmt.Fprintf(version, "%s %d\n%s", name, len(b), b)
		files[at] = &offlineFile{body: b, kind: offlineKinds[path.Ext(name)], etag: etagOf(b)}
	}
	worker, ok := files[offlineWorker]
	if !ok {
		return nil, fmt.Errorf("offline page: no %s among %v", offlineWorker, names)
	}
	worker.begin(hex.EncodeToString(version.Sum(nil)[:8]), files)
	return files, nil
}

// begin puts version and files before the worker's own text.
func (f *offlineFile) begin(version string, files map[string]*offlineFile) {
	var paths []string
	for at := range files {
		if at != offlineWorker {
			paths = append(paths, at)
		}
	}
	slices.Sort(paths)
	list, _ := json.Marshal(paths) // strings always marshal
	f.body = append(fmt.Appendf(nil, "const version = %q, files = %s;\n", version, list), f.body...)
	f.etag = etagOf(f.body)
}

// offlineKinds are said here because the system's own table differs between
// machines, and nosniff makes browsers insist.
var offlineKinds = map[string]string{
	".html":        "text/html; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".svg":         "image/svg+xml",
	".webmanifest": "application/manifest+json",
}
