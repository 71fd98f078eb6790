package deptrack

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// project is a project as the API writes it.
type project struct {
	UUID                string  `json:"uuid"`
	Name                string  `json:"name"`
	Version             string  `json:"version,omitempty"`
	Classifier          string  `json:"classifier,omitempty"`
	PURL                string  `json:"purl,omitempty"`
	CPE                 string  `json:"cpe,omitempty"`
	Tags                []tag   `json:"tags"`
	Active              bool    `json:"active"`
	IsLatest            bool    `json:"isLatest"`
	Parent              *parent `json:"parent,omitempty"`
	LastBOMImport       int64   `json:"lastBomImport,omitempty"` // milliseconds since 1970
	LastBOMImportFormat string  `json:"lastBomImportFormat,omitempty"`
}

type parent struct {
	UUID    string `json:"uuid"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

func projectOf(p *node.Project) project {
	out := project{
		UUID: p.UUID, Name: p.Name, Version: p.Version, Classifier: classifier(p.Told.Type), PURL: p.Told.PURL, Tags: []tag{}, Active: true,
		IsLatest: p.Latest, LastBOMImportFormat: p.Told.Format,
	}
	if len(p.Told.CPEs) > 0 {
		out.CPE = p.Told.CPEs[0]
	}
	for _, t := range p.Tags {
		out.Tags = append(out.Tags, tag{t})
	}
	if !p.Taken.IsZero() {
		out.LastBOMImport = p.Taken.UnixMilli()
	}
	if p.Parent != (node.ProjectParent{}) {
		out.Parent = &parent{node.UUID("parent", p.Parent.Name, p.Parent.Version), p.Parent.Name, p.Parent.Version}
	}
	return out
}

// classifier is what sort of thing a release is, as the API calls it.
func classifier(kind string) string {
	return strings.ToUpper(strings.ReplaceAll(cmp.Or(kind, "application"), "-", "_"))
}

func (h *Handler) project(r *http.Request) (any, error) {
	p, _, err := h.asked(r)
	if err != nil {
		return nil, err
	}
	return projectOf(p), nil
}

func (h *Handler) lookup(r *http.Request) (any, error) {
	ask, err := h.Ask(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	name := strings.TrimSpace(q.Get("name"))
	if name == "" || len(name) > maxField || len(q.Get("version")) > maxField {
		return nil, problem.New(problem.Invalid, "name: want up to %d bytes of text, as version", maxField)
	}
	p, err := h.Node.ProjectNamed(r.Context(), ask, name, strings.TrimSpace(q.Get("version")))
	if err != nil {
		return nil, err
	}
	return projectOf(p), nil
}

// change takes what a client says of a project beside its bills. Of that, tags
// and whether it is the latest are kept; the rest is how their server shows it.
func (h *Handler) change(w http.ResponseWriter, r *http.Request) {
	p, changed, err := h.changed(r)
	switch {
	case err != nil:
		h.fail(w, r, err)
	case !changed:
		w.WriteHeader(http.StatusNotModified)
	default:
		h.write(w, projectOf(p))
	}
}

func (h *Handler) changed(r *http.Request) (p *node.Project, changed bool, err error) {
	ask, err := h.Ask(r)
	if err != nil {
		return nil, false, err
	}
	uuid, err := readUUID("uuid", r.PathValue("uuid"))
	if err != nil {
		return nil, false, err
	}
	var said struct {
		Tags     []tag `json:"tags"`
		IsLatest *flag `json:"isLatest"`
	}
	if err := decode(r, &said); err != nil {
		return nil, false, err
	}
	c := node.ProjectChange{Latest: (*bool)(said.IsLatest)}
	if c.Tags, err = tagsOf(said.Tags); err != nil {
		return nil, false, err
	}
	return h.Node.ChangeProject(r.Context(), ask.Reader, uuid, c)
}

// listParameters are those of the list. Those that order it, or leave out what
// there is none of here, change nothing.
var listParameters = []string{
	"name", "page", "pageNumber", "limit", "pageSize", "size", "offset", "sortName", "sortOrder", "excludeInactive", "onlyRoot", "at", "known", "position",
}

// maxPage is how many projects a page has at most. Some clients ask for a million
// to have them all: they get as many as a page has, and how many there are.
const maxPage = 10_000

// projects lists projects a page at a time, with their number in a header.
func (h *Handler) projects(w http.ResponseWriter, r *http.Request) {
	out, total, err := h.page(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("X-Total-Count", strconv.Itoa(total))
	h.write(w, out)
}

func (h *Handler) page(r *http.Request) ([]project, int, error) {
	ask, err := h.Ask(r)
	if err != nil {
		return nil, 0, err
	}
	q := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if !slices.Contains(listParameters, name) {
			return nil, 0, problem.New(problem.Invalid, "%s: there is no such parameter here, or this node cannot do what it asks for", name)
		}
	}
	limit, err := number(cmp.Or(q.Get("pageSize"), q.Get("limit"), q.Get("size")), "pageSize", 100, 1, 1<<30)
	if err != nil {
		return nil, 0, err
	}
	limit = min(limit, maxPage)
	page, err := number(cmp.Or(q.Get("pageNumber"), q.Get("page")), "pageNumber", 1, 1, 1<<20)
	if err != nil {
		return nil, 0, err
	}
	offset, err := number(q.Get("offset"), "offset", (page-1)*limit, 0, 1<<30)
	if err != nil {
		return nil, 0, err
	}
	found, total, err := h.Node.Projects(r.Context(), ask, strings.TrimSpace(q.Get("name")), offset, limit)
	if err != nil {
		return nil, 0, err
	}
	out := make([]project, len(found))
	for i := range found {
		out[i] = projectOf(&found[i])
	}
	return out, total, nil
}

// export is the bill of a project's release, with its findings.
func (h *Handler) export(w http.ResponseWriter, r *http.Request) {
	b, err := h.exported(r)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("X-Powered-By", "countersign/"+h.Version)
	w.Header().Set("Content-Type", b.MediaType)
	if download := r.URL.Query().Get("download"); download == "true" {
		w.Header().Set("Content-Disposition", `attachment; filename="`+b.Name+`"`)
	}
	_, _ = w.Write(b.Body) // who does not wait for it does not get it
}

func (h *Handler) exported(r *http.Request) (*node.ExportedBill, error) {
	p, ask, err := h.asked(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	if format := q.Get("format"); format != "" && !strings.EqualFold(format, "json") {
		return nil, problem.New(problem.Invalid, "format: %q: want json", format)
	}
	switch variant := strings.ToLower(q.Get("variant")); variant {
	case "", "inventory", "withvulnerabilities":
	default:
		return nil, problem.New(problem.Invalid, "variant: %q: want inventory or withVulnerabilities; both are with vulnerabilities here", variant)
	}
	return h.Node.ExportBill(r.Context(), ask, p.Release, node.FormCycloneDX)
}
