package taxii

import (
	"context"
	"net/http"
	"regexp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

// Root is the path below which everything of TAXII is (section 4.1).
const Root = "/taxii2/"

// Sharing is what the door opens on. Its errors have the kinds of package
// problem; what a reader may not know of is NotFound.
type Sharing interface {
	Roots(ctx context.Context, ask access.Ask) ([]sharing.Root, error)
	Collections(ctx context.Context, ask access.Ask, community string) ([]sharing.Collection, error)
	Collection(ctx context.Context, ask access.Ask, community, idOrAlias string) (*sharing.Collection, error)
	Page(ctx context.Context, ask access.Ask, community, collection string, kind sharing.Kind, f sharing.Filter) (*sharing.Page, error)
	Submit(ctx context.Context, ask access.Ask, community, collection string, envelope []byte) (*sharing.Status, error)
	Status(ctx context.Context, ask access.Ask, community, id string) (*sharing.Status, error)
	Delete(ctx context.Context, ask access.Ask, community, collection, id string, f sharing.Filter) (int, error)
}

// Handler answers the requests of TAXII clients.
type Handler struct {
	Sharing Sharing

	// Title, Description and Contact are what discovery tells of this server. Only
	// the title is required.
	Title, Description, Contact string
	// MaxContent is how many bytes an envelope may have (section 4.2.1).
	MaxContent int64

	// Ask is whom a request speaks for.
	Ask func(*http.Request) (access.Ask, error)
	// Begin waits for a place among the large bodies that are worked on at once,
	// and gives it back.
	Begin func(context.Context) (done func(), err error)
	// Fail answers what went wrong, by [WriteError]. A [*Refusal] has a status of
	// its own, other errors have a kind of package problem.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// Routes are the patterns that the endpoints stand on (section 3.1).
func (h *Handler) Routes() map[string]http.HandlerFunc {
	const (
		root       = Root + "{root}/"
		collection = root + "collections/{collection}/"
		object     = collection + "objects/{object}/"
	)
	return map[string]http.HandlerFunc{
		"GET " + Root + "{$}":                h.negotiated(h.discovery),
		"GET " + root + "{$}":                h.negotiated(h.apiRoot),
		"GET " + root + "status/{id}/{$}":    h.negotiated(h.status),
		"GET " + root + "collections/{$}":    h.negotiated(h.collections),
		"GET " + collection + "{$}":          h.negotiated(h.collection),
		"GET " + collection + "manifest/{$}": h.negotiated(h.manifest),
		"GET " + collection + "objects/{$}":  h.negotiated(h.objects),
		"POST " + collection + "objects/{$}": h.negotiated(h.add),
		"GET " + object + "{$}":              h.negotiated(h.object),
		"DELETE " + object + "{$}":           h.negotiated(h.remove),
		"GET " + object + "versions/{$}":     h.negotiated(h.versions),
	}
}

// negotiated is a handler for those who take what it gives, and knows who asks.
func (h *Handler) negotiated(answer func(w http.ResponseWriter, r *http.Request, ask access.Ask) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept, Accept-Encoding")
		if !Accepts(r.Header.Values("Accept")) {
			h.Fail(w, r, refuse(http.StatusNotAcceptable, "the Accept header must take %s", MediaType))
			return
		}
		ask, err := h.Ask(r)
		if err == nil {
			err = answer(w, r, ask)
		}
		if err != nil {
			h.Fail(w, r, err)
		}
	}
}

func (h *Handler) discovery(w http.ResponseWriter, r *http.Request, ask access.Ask) error {
	roots, err := h.Sharing.Roots(r.Context(), ask)
	if err != nil {
		return err
	}
	d := discovery{Title: h.Title, Description: h.Description, Contact: h.Contact}
	for _, root := range roots {
		// Relative, and so right behind every proxy and under every name.
		d.APIRoots = append(d.APIRoots, Root+root.Community+"/")
	}
	if len(d.APIRoots) > 0 {
		d.Default = d.APIRoots[0]
	}
	return send(w, r, http.StatusOK, d)
}

func (h *Handler) apiRoot(w http.ResponseWriter, r *http.Request, ask access.Ask) error {
	roots, err := h.Sharing.Roots(r.Context(), ask)
	if err != nil {
		return err
	}
	for _, root := range roots {
		if root.Community == r.PathValue("root") {
			return send(w, r, http.StatusOK, apiRoot{
				Title: root.Name, Description: root.Description, Versions: []string{MediaType}, MaxContent: h.MaxContent,
			})
		}
	}
	return problem.New(problem.NotFound, "there is no API root %.120q", r.PathValue("root"))
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func (h *Handler) status(w http.ResponseWriter, r *http.Request, ask access.Ask) error {
	if !uuidForm.MatchString(r.PathValue("id")) {
		return problem.New(problem.NotFound, "there is no status %.120q", r.PathValue("id"))
	}
	s, err := h.Sharing.Status(r.Context(), ask, r.PathValue("root"), r.PathValue("id"))
	if err != nil {
		return err
	}
	return send(w, r, http.StatusOK, statusOf(s))
}

func (h *Handler) collections(w http.ResponseWriter, r *http.Request, ask access.Ask) error {
	all, err := h.Sharing.Collections(r.Context(), ask, r.PathValue("root"))
	if err != nil {
		return err
	}
	var out collections
	for i := range all {
		out.Collections = append(out.Collections, collectionOf(&all[i]))
	}
	return send(w, r, http.StatusOK, out)
}

func (h *Handler) collection(w http.ResponseWriter, r *http.Request, ask access.Ask) error {
	c, err := h.in(r, ask)
	if err != nil {
		return err
	}
	return send(w, r, http.StatusOK, collectionOf(c))
}

// in is the collection that a request's path names.
func (h *Handler) in(r *http.Request, ask access.Ask) (*sharing.Collection, error) {
	return h.Sharing.Collection(r.Context(), ask, r.PathValue("root"), r.PathValue("collection"))
}
