package console

import (
	"cmp"
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/server/taxii"
	"countersign.dev/internal/sharing"
	"countersign.dev/internal/sharing/observable"
)

// Sharer answers what organisations tell each other as STIX objects, as of now.
type Sharer interface {
	SharedCollections(ctx context.Context, ask access.Ask) ([]node.SharedRoot, error)
	SharedNewest(ctx context.Context, ask access.Ask, limit int) ([]node.SharedHit, error)
	SearchShared(ctx context.Context, ask access.Ask, query string, limit int) (*node.SharedFound, error)
	SharedObject(ctx context.Context, ask access.Ask, id string) (*node.SharedObject, error)
	SharedAround(ctx context.Context, ask access.Ask, id string, distance, limit int) (*node.SharedGraph, error)
	SharedTimeline(ctx context.Context, ask access.Ask, id string) ([]node.SharedMoment, error)
	SharedRecipients(ctx context.Context, ask access.Ask, id string) ([]sharing.Disclosure, error)
	SharedVisible(ctx context.Context, ask access.Ask) ([]sharing.Explained, error)
	Share(ctx context.Context, ask access.Ask, community, collection string, envelope []byte) (*sharing.Status, error)
	ShareStatus(ctx context.Context, ask access.Ask, community, id string) (*sharing.Status, error)
}

// sharingRoutes are the pages about what is shared.
func (c *Console) sharingRoutes() {
	c.page("GET /sharing", c.sharing)
	c.page("GET /sharing/search", c.searchShared)
	c.page("GET /sharing/object", c.sharedObject)
	c.page("GET /sharing/visible", c.sharedVisible)
	c.page("GET /sharing/submit", c.shareForm)
	c.form("POST /sharing/submit", c.share)
	c.page("GET /sharing/status/{community}/{id}", c.shareStatus)
}

const (
	mostNewest = 12
	mostShared = 100
)

// sharingView is the board, and what a search found.
type sharingView struct {
	Communities []sharedRoot
	MayShare    bool // there is a collection that the reader may write
	Newest      []sharedRow

	Query string
	Found *node.SharedFound
	Rows  []sharedRow
}

type sharedRoot struct {
	node.SharedRoot
	Taxii string // address of the API root
}

// sharedRow is one object in a list.
type sharedRow struct {
	node.SharedHit
	Title, Link string // what it is called in any case
	Tone        string // of the marking
	Counts      string // tone of whether an indicator counts
}

func sharedRowOf(h node.SharedHit) sharedRow {
	return sharedRow{h, cmp.Or(h.Name, h.Title, h.ID), sharedLink(h.ID), markingTone(h.Marking), standingTone(h.Standing)}
}

func sharedRows(hits []node.SharedHit) []sharedRow {
	out := make([]sharedRow, 0, len(hits))
	for _, h := range hits {
		out = append(out, sharedRowOf(h))
	}
	return out
}

func sharedLink(id string) string { return Moment{}.Link("/sharing/object", "id", id) }

// markingTone is the tone of a TLP level.
func markingTone(marking string) string {
	switch marking {
	case "TLP:RED":
		return "deny"
	case "TLP:AMBER", "TLP:AMBER+STRICT":
		return "review"
	case "TLP:GREEN":
		return "allow"
	}
	return "none"
}

func standingTone(s observable.State) string {
	switch s {
	case observable.Active:
		return "allow"
	case observable.Pending:
		return "pending"
	}
	return "none"
}

// sharingBy is who asks about what is shared, noted as coming by these pages.
func sharingBy(r *http.Request) (context.Context, access.Ask) {
	return sharing.By(r.Context(), "console"), access.Ask{Reader: visitorOf(r.Context()).Reader, At: access.At{Position: access.Now}}
}

// sharing is the board: communities, collections, and what was shared last.
func (c *Console) sharing(w http.ResponseWriter, r *http.Request) error {
	ctx, ask := sharingBy(r)
	v := sharingView{}
	roots, err := c.questions.SharedCollections(ctx, ask)
	if err != nil {
		return err
	}
	for _, root := range roots {
		v.Communities = append(v.Communities, sharedRoot{root, r.Host + taxii.Root + root.Community + "/"})
		for _, k := range root.Collections {
			v.MayShare = v.MayShare || k.CanWrite
		}
	}
	newest, err := c.questions.SharedNewest(ctx, ask, mostNewest)
	if err != nil {
		return err
	}
	v.Newest = sharedRows(newest)
	return c.show(w, r, c.present(), "sharing", "Sharing", v)
}

// stixID is what the ids of objects look like (STIX 2.1 section 2.9).
var stixID = regexp.MustCompile(`^[a-z0-9-]+--[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func (c *Console) searchShared(w http.ResponseWriter, r *http.Request) error {
	v := sharingView{Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	switch {
	case v.Query == "":
		see(w, r, "/sharing")
		return nil
	case stixID.MatchString(v.Query):
		see(w, r, "%s", sharedLink(v.Query))
		return nil
	}
	ctx, ask := sharingBy(r)
	var err error
	if v.Found, err = c.questions.SearchShared(ctx, ask, v.Query, mostShared); err != nil {
		return err
	}
	v.Rows = sharedRows(v.Found.Hits)
	return c.show(w, r, c.present(), "sharedfound", "Shared: "+clipped(v.Query, 80), v)
}

// visibleRow is how many objects of a collection one sees by one rule.
type visibleRow struct {
	sharing.Explained
	Title string // of the collection
	Tone  string
}

// sharedVisible is what one can see, and why.
func (c *Console) sharedVisible(w http.ResponseWriter, r *http.Request) error {
	ctx, ask := sharingBy(r)
	list, err := c.questions.SharedVisible(ctx, ask)
	if err != nil {
		return err
	}
	titles, err := c.collectionTitles(ctx, ask)
	if err != nil {
		return err
	}
	rows := []visibleRow{}
	for _, e := range list {
		rows = append(rows, visibleRow{e, cmp.Or(titles[e.Community+"/"+e.Collection], e.Collection), markingTone(e.Marking)})
	}
	return c.show(w, r, c.present(), "sharedvisible", "What you can see", rows)
}

// collectionTitles is the titles of collections by community and id.
func (c *Console) collectionTitles(ctx context.Context, ask access.Ask) (map[string]string, error) {
	roots, err := c.questions.SharedCollections(ctx, ask)
	out := map[string]string{}
	for _, root := range roots {
		for _, k := range root.Collections {
			out[k.Community+"/"+k.ID] = k.Title
		}
	}
	return out, err
}

// shareView is the form to share objects, and what became of some.
type shareView struct {
	Problem string
	To      string // community and collection
	Text    string
	Choices []shareChoice
	Limit   int64

	Status *sharing.Status // nil for the form
	Rows   []outcomeRow    // refused ones first
	More   int             // that are not shown
	Path   string          // of the page
}

type shareChoice struct{ Value, Name string }

type outcomeRow struct {
	sharing.Outcome
	Refused bool
	Link    string // "" when it was refused
}

func (c *Console) shareForm(w http.ResponseWriter, r *http.Request) error {
	return c.showShare(w, r, http.StatusOK, shareView{To: r.URL.Query().Get("to")})
}

func (c *Console) showShare(w http.ResponseWriter, r *http.Request, status int, v shareView) error {
	ctx, ask := sharingBy(r)
	roots, err := c.questions.SharedCollections(ctx, ask)
	if err != nil {
		return err
	}
	for _, root := range roots {
		for _, k := range root.Collections {
			if k.CanWrite {
				v.Choices = append(v.Choices, shareChoice{k.Community + "/" + cmp.Or(k.Alias, k.ID), root.Name + ": " + k.Title})
			}
		}
	}
	if len(v.Choices) == 0 {
		return problem.New(problem.Denied, "there is no collection that you may share in")
	}
	return c.pages.write(w, status, "share", "layout", c.frame(r, c.present(), "Share objects", v))
}

// share takes the form: pasted objects, or a file.
func (c *Console) share(w http.ResponseWriter, r *http.Request) error {
	v := shareView{To: value(r, "to"), Text: r.PostFormValue("text")}
	st, err := c.shareNow(r, v)
	switch problem.KindOf(err) {
	case problem.Invalid, problem.TooLarge:
		v.Problem = sentence(problem.Message(err))
		return c.showShare(w, r, problem.Status(err), v)
	}
	if err != nil {
		return err
	}
	see(w, r, "/sharing/status/%s/%s", st.Community, st.ID)
	return nil
}

func (c *Console) shareNow(r *http.Request, v shareView) (*sharing.Status, error) {
	community, collection, ok := strings.Cut(v.To, "/")
	if !ok {
		return nil, problem.New(problem.Invalid, "choose the collection to share in")
	}
	envelope := []byte(v.Text)
	if strings.TrimSpace(v.Text) == "" {
		files, err := filesOf(r.MultipartForm)
		if err != nil || len(files) != 1 {
			return nil, problem.New(problem.Invalid, "paste objects, or choose one file")
		}
		envelope = files[0].Bytes
	}
	ctx, ask := sharingBy(r)
	return c.questions.Share(ctx, ask, community, collection, envelope)
}

// mostOutcomes is how many objects of a submission are shown.
const mostOutcomes = 200

// shareStatus shows what became of each object of a submission.
func (c *Console) shareStatus(w http.ResponseWriter, r *http.Request) error {
	ctx, ask := sharingBy(r)
	st, err := c.questions.ShareStatus(ctx, ask, r.PathValue("community"), r.PathValue("id"))
	if err != nil {
		return err
	}
	v := shareView{Status: st, Path: r.URL.EscapedPath()}
	for _, o := range st.Failures {
		v.Rows = append(v.Rows, outcomeRow{o, true, ""})
	}
	for _, o := range st.Successes {
		v.Rows = append(v.Rows, outcomeRow{o, false, sharedLink(o.ID)})
	}
	if v.More = max(0, len(v.Rows)-mostOutcomes); v.More > 0 {
		v.Rows = slices.Clip(v.Rows[:mostOutcomes])
	}
	return c.show(w, r, c.present(), "share", "What became of it", v)
}
