package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"time"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/label"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	web "countersign.dev/web/registry"
)

// Root is where the registry is.
const Root = "/labels/"

// Labels answers for labels; [node.Node] does. Errors are of package problem:
// NotFound for a label that does not exist and for one that the reader may not
// know of alike.
type Labels interface {
	Labels(ctx context.Context, ask access.Ask, f label.Filter) (*node.LabelList, error)
	Label(ctx context.Context, ask access.Ask, id string) (*node.LabelState, error)
	LabelHistory(ctx context.Context, ask access.Ask, id string) ([]node.LabelEvent, error)
	// LabelDocument is the signed document (DSSE), LabelSaid what it says.
	LabelDocument(ctx context.Context, ask access.Ask, id string) ([]byte, *ledger.Entry, error)
	LabelSaid(ctx context.Context, ask access.Ask, id string) (*label.Said, error)
	// LabelCriteria is the criteria that what it says is written in.
	LabelCriteria(ctx context.Context, ask access.Ask, id string) (*catalogue.Set, error)
	// LabelCode is the address in the label's QR code.
	LabelCode(s *label.State) string
	// LabelKeys is every key that labels are or were signed with.
	LabelKeys(ctx context.Context) ([]node.LabelKey, error)
	LabelDump(ctx context.Context, after string) (dump []byte, made time.Time, err error)
	// PrintLabel draws it as svg, png or pdf.
	PrintLabel(ctx context.Context, ask access.Ask, s *node.LabelState, form string, dots int) (b []byte, mediaType string, err error)
	Schemes(ctx context.Context, ask access.Ask) (map[string]*label.Scheme, error)

	// Document and Body are of what events rest on, Prove its inclusion proof, and
	// Tile the log's tiles, by their paths after c2sp.org/tlog-tiles.
	Document(ctx context.Context, ask access.Ask, position int64) (*ledger.Entry, error)
	Body(ctx context.Context, ask access.Ask, position int64) ([]byte, error)
	Prove(ctx context.Context, ask access.Ask, position int64) ([]byte, error)
	Tile(ctx context.Context, path string) ([]byte, error)
}

// Options of a registry. The zero value is of use.
type Options struct {
	// Now is the clock that "today" is read from; time.Now when nil.
	Now func() time.Time
	// Failed is told of every error that is shown, for the operator's log. May
	// be nil.
	Failed func(r *http.Request, err error)
}

// Registry answers for pages. It is safe for concurrent use.
type Registry struct {
	labels Labels
	opts   Options
	pages  map[string]*template.Template
	style  []byte
	styled string // the stylesheet's address, with its version
	mux    *http.ServeMux

	searching, past chan struct{} // hold a value for each search in hand, of today and of past days

	prints  *recently[printed] // by document and form
	drawing chan struct{}      // holds a value for each label that is being drawn
	said    *recently[saying]  // by document
}

// New makes a registry. It panics when a template is wrong, which is a fault of
// the program that any test finds.
func New(labels Labels, opts Options) *Registry {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	r := &Registry{
		labels: labels, opts: opts, mux: http.NewServeMux(),
		searching: make(chan struct{}, mostAtOnce), past: make(chan struct{}, mostAtOnce),
		prints: newRecently[printed](mostPrints), drawing: make(chan struct{}, mostDrawing), said: newRecently[saying](mostSaid),
	}
	r.parse()
	r.routes()
	return r
}

// ServeHTTP answers one request.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.mux.ServeHTTP(w, req) }

func (r *Registry) routes() {
	r.page("GET /labels/{$}", r.search)
	r.mux.HandleFunc("GET /labels/registry.css", r.serveStyle)
	r.page("GET /labels/dump.json", r.dump)
	r.page("GET /labels/{id}", r.front)
	r.page("GET /labels/{id}/controls", r.controls)
	r.page("GET /labels/{id}/history", r.history)
	r.page("GET /labels/{id}/sheet.svg", r.sheet("svg"))
	r.page("GET /labels/{id}/sheet.png", r.sheet("png"))
	r.page("GET /labels/{id}/sheet.pdf", r.sheet("pdf"))
	r.page("GET /labels/{id}/badge.svg", r.badge)
	r.page("GET /labels/{id}/document", r.document)
	r.page("GET /labels/{id}/proof", r.proof)
	r.page("GET /labels/{id}/leaf", r.leaf)
	r.page("GET /labels/{id}/events/{event}", r.event)
	r.page("GET /labels/{id}/evidence/{position}", r.evidence)
	r.page("GET /labels/", func(http.ResponseWriter, *http.Request) error {
		return problem.New(problem.NotFound, "there is no page at this address")
	})
}

// policy is what browsers may do with a page: show it.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// keep is how long others may keep an answer: a fraction of what a scheme gives
// for a suspension to be seen.
const keep = "public, max-age=60"

func (r *Registry) page(pattern string, answer func(http.ResponseWriter, *http.Request) error) {
	r.mux.HandleFunc(pattern, func(w http.ResponseWriter, req *http.Request) {
		if err := answer(w, req); err != nil {
			r.fail(w, req, err)
		}
	})
}

func (r *Registry) parse() {
	base := template.Must(template.New("").Funcs(functions()).ParseFS(web.Files, "layout.html", "parts.html"))
	r.pages = map[string]*template.Template{}
	for _, name := range []string{"search", "label", "controls", "history", "refused"} {
		r.pages[name] = template.Must(template.Must(base.Clone()).ParseFS(web.Files, name+".html"))
	}
	style, err := fs.ReadFile(web.Files, "registry.css")
	if err != nil {
		panic(err) // the file is embedded
	}
	r.style, r.styled = style, Root+"registry.css?v="+version(style)
}

func version(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func (r *Registry) serveStyle(w http.ResponseWriter, req *http.Request) {
	v := version(r.style)
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("ETag", `"`+v+`"`)
	h.Set("Cache-Control", "public, no-cache")
	if req.URL.Query().Get("v") == v {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(r.style))
}

// frame is what the layout shows around a page's own view.
type frame struct {
	Title string
	Style string
	At    Moment
	Body  any
}

// show writes a page whole: an error while it is made becomes an error page, not
// half of this one.
func (r *Registry) show(w http.ResponseWriter, req *http.Request, name, title string, m Moment, view any) error {
	b, err := r.render(name, title, m, view)
	if err != nil {
		return err
	}
	send(w, req, "text/html; charset=utf-8", b)
	return nil
}

func (r *Registry) render(name, title string, m Moment, view any) ([]byte, error) {
	var out bytes.Buffer
	err := r.pages[name].ExecuteTemplate(&out, "layout", frame{title, r.styled, m, view})
	return out.Bytes(), err
}

// send sends what everybody may have and keep.
func send(w http.ResponseWriter, req *http.Request, mediaType string, b []byte) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", keep)
	h.Set("ETag", `"`+version(b)+`"`)
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(b))
}

// sendOpen sends what pages of other sites may fetch and embed too.
func sendOpen(w http.ResponseWriter, req *http.Request, mediaType string, b []byte) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	send(w, req, mediaType, b)
}

// refusal is the view of a page that says no.
type refusal struct {
	Heading string
	Says    []string
	Code    bool   // it is about a code that was scanned
	Detail  string // for whoever looks into it
}

func (r *Registry) fail(w http.ResponseWriter, req *http.Request, err error) {
	if r.opts.Failed != nil {
		r.opts.Failed(req, err)
	}
	status := problem.Status(err)
	view := refusal{Heading: http.StatusText(status)}
	switch {
	case status == http.StatusInternalServerError:
		view.Heading, view.Says = "This did not work", []string{"It is a fault of ours, and the operator has been told."}
	case status == http.StatusNotFound:
		view.Heading, view.Says = "Not found", []string{capital(problem.Message(err)) + "."}
	default:
		view.Heading, view.Says = "This cannot be answered", []string{capital(problem.Message(err)) + "."}
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	r.refuse(w, status, view)
}

func (r *Registry) refuse(w http.ResponseWriter, status int, view refusal) {
	b, err := r.render("refused", view.Heading, r.today(), view)
	if err != nil {
		http.Error(w, http.StatusText(status), status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b) // whoever asked has gone away
}

// capital begins a sentence.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + s[size:]
}
