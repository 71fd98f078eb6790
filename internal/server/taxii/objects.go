package taxii

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

// asked is a request for a part of a collection.
type asked struct {
	ask        access.Ask
	community  string
	collection string // its id
	filter     sharing.Filter
}

// read is what a request asks to read of a collection. It answers 403 for a
// collection that the reader knows of and may not read.
func (h *Handler) read(r *http.Request, ask access.Ask, known parameters) (*asked, error) {
	c, err := h.in(r, ask)
	if err != nil {
		return nil, err
	}
	if !c.CanRead {
		return nil, problem.New(problem.Denied, "the collection %q is not open to you for reading", c.Title)
	}
	f, err := readFilter(r, known)
	if err != nil {
		return nil, err
	}
	if id := r.PathValue("object"); id != "" {
		f.IDs = []string{id}
	}
	return &asked{ask: ask, community: r.PathValue("root"), collection: c.ID, filter: f}, nil
}

func (h *Handler) page(r *http.Request, q *asked, kind sharing.Kind) (*sharing.Page, error) {
	if kind == sharing.Objects && r.Method == http.MethodHead {
		kind = sharing.Manifest // no object is given
	}
	return h.Sharing.Page(r.Context(), q.ask, q.community, q.collection, kind, q.filter)
}

// exists is NotFound unless the reader sees any version of the object that the
// path names: an object that is there answers with an empty page to a filter that
// leaves none of its versions (section 5.6).
func (h *Handler) exists(r *http.Request, q *asked) error {
	id := r.PathValue("object")
	any := sharing.Filter{IDs: []string{id}, Versions: []string{"all"}, SpecVersions: []string{"2.0", "2.1"}, Limit: 1}
	page, err := h.Sharing.Page(r.Context(), q.ask, q.community, q.collection, sharing.Manifest, any)
	if err == nil && len(page.Entries) == 0 {
		err = problem.New(problem.NotFound, "there is no object %.120q in this collection", id)
	}
	return err
}

func (h *Handler) objects(w http.ResponseWriter, r *http.Request, ask access.Ask) error {
	q, err := h.read(r, ask, ofMany)
	if err != nil {
		return err
	}
	page, err := h.page(r, q, sharing.Objects)
	if err != nil {
		return err
	}
	return sendEnvelope(w, r, q, page)
}

func (h *Handler) object(w http.ResponseWriter, r *http.Request, ask access.Ask) error {
	q, err := h.read(r, ask, ofOne)
	if err != nil {
		return err
	}
	page, err := h.page(r, q, sharing.Objects)
	if err == nil && len(page.Entries) == 0 {
		err = h.exists(r, q)
	}
	if err != nil {
		return err
	}
	return sendEnvelope(w, r, q, page)
}

func (h *Handler) manifest(w http.ResponseWriter, r *http.Request, ask access.Ask) error {
	q, err := h.read(r, ask, ofMany)
	if err != nil {
		return err
	}
	page, err := h.page(r, q, sharing.Manifest)
	if err != nil {
		return err
	}
	setAdded(w.Header(), q, page)
	if len(page.Entries) == 0 {
		return send(w, r, http.StatusOK, struct{}{})
	}
	out := manifest{More: page.More, Next: page.Next, Objects: make([]record, len(page.Entries))}
	for i := range page.Entries {
		e := &page.Entries[i]
		out.Objects[i] = record{ID: e.ID, DateAdded: timestamp(e.Added), Version: e.Version, MediaType: e.MediaType()}
	}
	return send(w, r, http.StatusOK, out)
}

func (h *Handler) versions(w http.ResponseWriter, r *http.Request, ask access.Ask) error {
	q, err := h.read(r, ask, ofVersions)
	if err != nil {
		return err
	}
	page, err := h.page(r, q, sharing.Versions)
	if err == nil && len(page.Entries) == 0 {
		err = h.exists(r, q)
	}
	if err != nil {
		return err
	}
	setAdded(w.Header(), q, page)
	if len(page.Entries) == 0 {
		return send(w, r, http.StatusOK, struct{}{})
	}
	out := versions{More: page.More, Next: page.Next, Versions: make([]string, len(page.Entries))}
	for i := range page.Entries {
		out.Versions[i] = page.Entries[i].Version
	}
	return send(w, r, http.StatusOK, out)
}

// setAdded says when the first and the last entry of a page were added (section
// 3.2). Of a page on which nothing is, both are what the client asked after: it
// may take the last for its next question.
func setAdded(header http.Header, q *asked, page *sharing.Page) {
	first := q.filter.AddedAfter
	if first.IsZero() {
		first = time.Unix(0, 0)
	}
	last := first
	if n := len(page.Entries); n > 0 {
		first, last = page.Entries[0].Added, page.Entries[n-1].Added
	}
	// Not by Set, which would write the names in another case than the standard's:
	// there are clients to which that matters.
	header["X-TAXII-Date-Added-First"] = []string{timestamp(first)}
	header["X-TAXII-Date-Added-Last"] = []string{timestamp(last)}
}

// sendEnvelope answers with the objects of a page, byte for byte as they were
// submitted (section 3.7).
func sendEnvelope(w http.ResponseWriter, r *http.Request, q *asked, page *sharing.Page) error {
	setAdded(w.Header(), q, page)
	if len(page.Entries) == 0 {
		sendParts(w, r, http.StatusOK, []byte("{}\n"))
		return nil
	}
	head := fmt.Appendf(nil, `{"more":%t,`, page.More)
	if page.Next != "" {
		next, err := json.Marshal(page.Next)
		if err != nil {
			return fmt.Errorf("taxii: cursor: %w", err)
		}
		head = fmt.Appendf(head, `"next":%s,`, next)
	}
	parts := make([][]byte, 0, 2*len(page.Entries)+1)
	parts = append(parts, append(head, `"objects":[`...))
	for i := range page.Entries {
		if i > 0 {
			parts = append(parts, []byte(",\n"))
		}
		parts = append(parts, page.Entries[i].Body)
	}
	sendParts(w, r, http.StatusOK, append(parts, []byte("]}\n"))...)
	return nil
}
