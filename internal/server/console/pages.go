package console

import (
	"bytes"
	"html/template"
	"io/fs"
	"net/http"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/web"
)

// page is what the layout shows around each page's own view.
type page struct {
	Title    string
	Nav      []navigation
	Moment   Moment
	Reader   access.Reader
	Session  bool
	Token    string
	Position int64 // of the ledger; 0 when it could not be asked
	Body     any   // the page's view
}

// navigation is one entry of the main navigation.
type navigation struct {
	Name, Path string
	Here       bool
}

// pages is the parsed templates, by page.
type pages struct{ byName map[string]*template.Template }

// shared is the templates that every page may use.
var shared = []string{"layout.html", "parts.html", "answer.html", "listing.html", "match.html", "labelparts.html", "incidentparts.html", "playbookparts.html", "sharedparts.html"}

func newPages() *pages {
	files, err := fs.Sub(web.Templates, "templates")
	if err != nil {
		panic(err) // the folder is embedded
	}
	base := template.Must(template.New("").Funcs(functions(assetPaths())).ParseFS(files, shared...))
	names, err := fs.Glob(files, "*.html")
	if err != nil {
		panic(err)
	}
	p := &pages{byName: map[string]*template.Template{}}
	for _, name := range names {
		// A shared file that defines no "main" cannot be a page; cloning it is
		// cheaper than a second list of names.
		t := template.Must(template.Must(base.Clone()).ParseFS(files, name))
		p.byName[strings.TrimSuffix(name, ".html")] = t
	}
	return p
}

// write executes one template of a page and sends it whole: an error while it
// is made becomes an error page, not half of this one.
func (p *pages) write(w http.ResponseWriter, status int, name, part string, data page) error {
	var out bytes.Buffer
	if err := p.byName[name].ExecuteTemplate(&out, part, data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := out.WriteTo(w)
	if err != nil {
		return nil // the reader has gone away
	}
	return nil
}

// show writes a whole page.
func (c *Console) show(w http.ResponseWriter, r *http.Request, m Moment, name, title string, view any) error {
	return c.pages.write(w, http.StatusOK, name, "layout", c.frame(r, m, title, view))
}

// fragment writes a part of a page, for a script to put in place.
func (c *Console) fragment(w http.ResponseWriter, r *http.Request, m Moment, name, part string, view any) error {
	return c.pages.write(w, http.StatusOK, name, part, c.frame(r, m, "", view))
}

func (c *Console) frame(r *http.Request, m Moment, title string, view any) page {
	v := visitorOf(r.Context())
	p := page{Title: title, Moment: m, Reader: v.Reader, Session: v.Session, Token: v.Token, Body: view}
	if head, err := c.questions.Head(r.Context()); err == nil {
		p.Position = head.Position
	}
	add := func(name, path string, also ...string) {
		here := r.URL.Path == path
		for _, prefix := range also {
			here = here || strings.HasPrefix(r.URL.Path, prefix)
		}
		p.Nav = append(p.Nav, navigation{name, path, here})
	}
	add("Ask", "/", "/party", "/product", "/decisions/")
	add("Software", "/releases", "/release", "/advisory", "/component", "/impact", "/posture", "/posture/", "/compare", "/vex")
	add("Screen", "/screen", "/screen/", "/holdings", "/duplicates", "/duplicates/")
	add("Watch", "/watchlists", "/watchlists/")
	add("Incidents", "/incidents", "/incidents/", "/playbooks", "/runs/", "/notices")
	add("Sharing", "/sharing", "/sharing/")
	add("Lists", "/lists", "/lists/", "/programmes/")
	add("Labels", "/labelling", "/labelling/", "/attestations/")
	add("Ledger", "/ledger", "/documents/")
	if v.Reader.MayWrite() {
		add("Import", "/import")
	}
	if v.Reader.Is(access.RoleAdministrator) && c.members != nil {
		add("Members", "/members", "/members/")
	}
	add("API", "/openapi", "/api")
	return p
}
