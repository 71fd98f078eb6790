// Package console is the door for people: pages, made on the server, about
// parties and the evidence for what is answered about them.
//
// Begin with [New], which takes the [Questions] that a node answers and the
// [Members] who may sign in, and returns a handler for every path that is not
// the API's or the log's. There is one file per page; what a page shows is a
// view, a plain struct that its template in package web reads.
//
// Every page works without scripts: links and forms are the whole of it, and
// scripts only spare the reader a reload. No page carries an inline script or
// style, so the content security policy that the server sends can allow 'self'
// and nothing else. The moment that a question is about, see [Moment], stays in
// the address, and on each link of a page that has one.
//
// The package decides nothing. Whether a reader may see something was settled
// in the read; whether a request may change something is the server's door to
// say, and is checked here once more before a form is acted upon.
package console

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"time"

	"countersign.dev/internal/problem"
)

// Options of a console. The zero value is of use.
type Options struct {
	// Now is the clock that "today" is read from; time.Now when nil.
	Now func() time.Time
	// OpenAPI is the API's description as JSON, for the page that shows it.
	// Nil when there is no API.
	OpenAPI func() ([]byte, error)
	// Failed is told of errors that are not the reader's, for the operator's
	// log. May be nil.
	Failed func(r *http.Request, err error)
	// MaxUpload is how many bytes one import may have; it is only told, the
	// server's door enforces it.
	MaxUpload int64
}

// Console answers for pages. It is safe for concurrent use.
type Console struct {
	questions Questions
	members   Members
	opts      Options
	pages     *pages
	mux       *http.ServeMux
	origin    *http.CrossOriginProtection
	batches   chan struct{} // holds a value for each batch in hand
	counted   portfolios
}

// New makes a console. members may be nil where nobody signs in. It panics when
// a template is wrong, which is a fault of the program that any test finds.
func New(questions Questions, members Members, opts Options) *Console {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.MaxUpload == 0 {
		opts.MaxUpload = 256 << 20
	}
	c := &Console{
		questions: questions, members: members, opts: opts,
		pages: newPages(), mux: http.NewServeMux(), origin: http.NewCrossOriginProtection(),
		batches: make(chan struct{}, mostBatches),
	}
	c.routes()
	return c
}

// ServeHTTP answers one request.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }

func (c *Console) routes() {
	c.mux.Handle("GET /static/", staticFiles())
	c.page("GET /{$}", c.home)
	c.page("GET /suggest", c.suggest)
	c.page("GET /party", c.party)
	c.page("GET /releases", c.releases)
	c.page("GET /release", c.release)
	c.page("GET /product", c.product)
	c.page("GET /advisory", c.advisory)
	c.page("GET /component", c.component)
	c.page("GET /impact", c.impact)
	c.page("GET /posture", c.due)
	c.page("GET /posture/exploited", c.rewritten)
	c.page("GET /posture/poam.json", c.plan)
	c.page("GET /compare", c.compareReleases)
	c.page("GET /vex", c.statements)
	c.page("GET /vex/export", c.export)
	c.form("POST /vex", c.assert)
	c.page("GET /screen", c.screen)
	c.page("GET /screen/why", c.why)
	c.page("GET /screen/batch", c.batchForm)
	c.form("POST /screen/batch", c.batch)
	c.page("GET /screen/results", c.resultsList)
	c.page("GET /screen/results/{digest}", c.results)
	c.page("GET /screen/results/{digest}/csv", c.resultsCSV)
	c.page("GET /screen/results/{digest}/jsonl", c.resultsLines)
	c.page("GET /holdings", c.holdingsForm)
	c.form("POST /holdings", c.holdings)
	c.page("GET /watchlists", c.watchLists)
	c.page("GET /watchlists/{name}", c.watchList)
	c.form("POST /watchlists", c.addWatchList)
	c.form("POST /watchlists/run", c.runWatchList)
	c.form("POST /watchlists/remove", c.removeWatchList)
	c.page("GET /duplicates", c.duplicates)
	c.page("GET /duplicates/{source...}", c.duplicatesIn)
	c.form("POST /joins", c.join)
	c.page("GET /lists", c.lists)
	c.page("GET /lists/{source...}", c.source)
	c.page("GET /programmes/{id}", c.programme)
	c.page("GET /documents/{position}", c.document)
	c.page("GET /documents/{position}/body", c.documentBody)
	c.page("GET /documents/{position}/proof", c.documentProof)
	c.page("GET /decisions/{digest}", c.decision)
	c.page("GET /decisions/{digest}/json", c.decisionJSON)
	c.page("GET /decisions/{digest}/bundle", c.decisionBundle)
	c.form("POST /decisions", c.decide)
	c.labelRoutes()
	c.noticeRoutes()
	c.incidentRoutes()
	c.playbookRoutes()
	c.sharingRoutes()
	c.page("GET /ledger", c.ledger)
	c.page("GET /import", c.importForm)
	c.form("POST /documents", c.importFiles)
	c.form("POST /import", c.importFiles)
	c.page("GET /openapi", c.api)
	c.page("GET /api", c.api) // where people look for it; the door may keep /api/ to itself
	c.page("GET /login", c.loginForm)
	c.page("GET /setup", c.setupForm)
	c.form("POST /setup", c.setup)
	c.page("GET /members", c.membersPage)
	c.form("POST /members", c.addMember)
	c.form("POST /members/grant", c.grant)
	c.form("POST /members/disable", c.disable)
	c.form("POST /members/organisations", c.addOrganisation)
	c.form("POST /members/tokens", c.createToken)
	c.form("POST /members/tokens/revoke", c.revokeToken)
	c.page("/", func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			c.Error(w, r, http.StatusMethodNotAllowed, "")
			return nil
		}
		return problem.New(problem.NotFound, "there is no page at this address")
	})
}

// handler is a page's own part: it writes the page, or returns the error that
// is shown in its place.
type handler func(http.ResponseWriter, *http.Request) error

func (c *Console) page(pattern string, h handler) {
	c.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			c.fail(w, r, err)
		}
	})
}

// form is a page that changes something: it is only acted upon when it comes
// from one of our own pages.
func (c *Console) form(pattern string, h handler) {
	c.page(pattern, func(w http.ResponseWriter, r *http.Request) error {
		if err := c.origin.Check(r); err != nil {
			return problem.New(problem.Denied, "a page of another site sent this form")
		}
		if err := r.ParseMultipartForm(formMemory); err != nil && err != http.ErrNotMultipart {
			return problem.Wrap(kindOfForm(err), err, "the form cannot be read")
		}
		token := visitorOf(r.Context()).Token
		if token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(r.PostFormValue("csrf"))) != 1 {
			return problem.New(problem.Denied, "the form is not from this session; load its page again")
		}
		return h(w, r)
	})
}

// formMemory is how many bytes of a form are kept in memory; the rest of its
// files wait on disk.
const formMemory = 1 << 20

func kindOfForm(err error) problem.Kind {
	if _, ok := err.(*http.MaxBytesError); ok {
		return problem.TooLarge
	}
	return problem.Invalid
}

func (c *Console) today() string { return c.opts.Now().UTC().Format(time.DateOnly) }

// see is where a browser goes after a form that changed something.
func see(w http.ResponseWriter, r *http.Request, format string, args ...any) {
	http.Redirect(w, r, fmt.Sprintf(format, args...), http.StatusSeeOther)
}
