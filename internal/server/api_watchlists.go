package server

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/watchlist"
)

// Watches are names that are screened again whenever something changes.
type Watches interface {
	// WatchLists is the lists in force, each with its last run.
	WatchLists(ctx context.Context, reader access.Reader) ([]watchlist.List, error)
	// SetWatchList puts names under watch, in place of those under that name.
	SetWatchList(ctx context.Context, by access.Reader, l node.NewWatchList) (*node.WatchListSet, error)
	RemoveWatchList(ctx context.Context, by access.Reader, name, reason string) error
	// RunWatchList screens a list and records what changed; progress may be nil.
	RunWatchList(ctx context.Context, by access.Reader, name string, progress func(done, of int64)) (*watchlist.Recorded, error)
	// WatchListRuns is what the runs of a list found, oldest first.
	WatchListRuns(ctx context.Context, reader access.Reader, name string, since watchlist.Since) ([]watchlist.Recorded, error)
}

// routeWatchLists registers watch lists.
func (s *Server) routeWatchLists(api huma.API) {
	register(s, api, operation{
		id: "watchlists", method: http.MethodGet, path: "/watchlists", tag: tagWatches,
		summary: "The lists that are watched",
		about:   "The watch lists in force, by name, each with its last run.",
	}, s.watchLists)
	op := register(s, api, operation{
		id: "set-watchlist", method: http.MethodPost, path: "/watchlists", tag: tagWatches,
		summary: "Watch the names of a file",
		about: "The body is a CSV file as for screening in batches; its names are watched in place of those under the same name. " +
			"Rows that are wrong are told and left out, unless `strict`. A list for which no audience is given is for your organisations.",
		right: toWrite,
	}, s.setWatchList)
	takesCSV(api, op, "The names.")
	register(s, api, operation{
		id: "run-watchlist", method: http.MethodPost, path: "/watchlists/{list}/run", tag: tagWatches,
		summary: "Screen a list again",
		about:   "Screens the names as of now and records what changed since the run before. When nothing has changed, nothing is recorded and the last report is the answer. A server does it by itself when facts change and when a day begins.",
		right:   toWrite, errors: []int{http.StatusNotFound, http.StatusConflict},
	}, s.runWatchList)
	register(s, api, operation{
		id: "watchlist-changes", method: http.MethodGet, path: "/watchlists/{list}/changes", tag: tagWatches,
		summary: "What the runs of a list found",
		about:   "The recorded reports, oldest first, of a list in force or not. For those that are newer than what you have, give the `recorded` of your last one as `position`.",
		errors:  []int{http.StatusNotFound},
	}, s.watchListChanges)
	register(s, api, operation{
		id: "remove-watchlist", method: http.MethodDelete, path: "/watchlists/{list}", tag: tagWatches,
		summary: "Watch a list no longer",
		about:   "Ends it by a dated act with a reason. What the list was and what its runs found stays in the ledger.",
		right:   toWrite, status: http.StatusNoContent, errors: []int{http.StatusNotFound, http.StatusConflict},
	}, s.removeWatchList)
}

// takesCSV describes an operation whose body is a CSV file that its handler
// reads itself, because it may be larger than a question.
func takesCSV(api huma.API, op *huma.Operation, what string) {
	op.RequestBody = &huma.RequestBody{
		Required: true, Description: what,
		Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "A CSV file."}}},
	}
	addErrors(api.OpenAPI(), op.Responses, http.StatusRequestEntityTooLarge)
}

// csvBody reads such a body, when it is its turn: it is held in memory.
func (s *Server) csvBody(ctx context.Context, r *http.Request) ([]byte, error) {
	release, err := s.startUpload(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	return bytesOf(r.Body)
}

type watchListsOutput struct{ Body WatchLists }

// WatchLists is the lists that are watched.
type WatchLists struct {
	WatchLists []watchlist.List `json:"watchlists" doc:"The lists, by name."`
}

func (s *Server) watchLists(ctx context.Context, _ *struct{}) (*watchListsOutput, error) {
	lists, err := s.opts.Node.WatchLists(ctx, ReaderOf(ctx))
	if err != nil {
		return nil, err
	}
	return &watchListsOutput{WatchLists{orEmpty(lists)}}, nil
}

type setWatchListInput struct {
	Name     string `query:"name" required:"true" maxLength:"64" example:"suppliers" doc:"What the list is called: letters, digits, dots, hyphens and underscores."`
	Audience string `query:"audience" maxLength:"1000" example:"org:acme" doc:"Who may see it and what is found: public, or organisations joined by & (all of). Your organisations when absent."`
	Strict   bool   `query:"strict" doc:"Watch nothing when a row is wrong."`

	request *http.Request
}

// Resolve implements huma.Resolver.
func (in *setWatchListInput) Resolve(ctx huma.Context) []error {
	in.request, _ = humago.Unwrap(ctx)
	return nil
}

type setWatchListOutput struct{ Body *node.WatchListSet }

func (s *Server) setWatchList(ctx context.Context, in *setWatchListInput) (*setWatchListOutput, error) {
	l := node.NewWatchList{Name: in.Name, File: in.Name + ".csv", Strict: in.Strict}
	if err := watchlist.CheckName(in.Name); err != nil {
		return nil, invalid("query.name", err.Error())
	}
	if in.Audience != "" {
		audience, err := access.ParseAudience(in.Audience)
		if err != nil {
			return nil, invalid("query.audience", err.Error())
		}
		l.Audience = &audience
	}
	var err error
	if l.CSV, err = s.csvBody(ctx, in.request); err != nil {
		return nil, err
	}
	set, err := s.opts.Node.SetWatchList(ctx, ReaderOf(ctx), l)
	if err != nil {
		return nil, err
	}
	return &setWatchListOutput{set}, nil
}

type watchListInput struct {
	List string `path:"list" maxLength:"64" example:"suppliers" doc:"The list's name."`
}

type runOutput struct{ Body *watchlist.Recorded }

func (s *Server) runWatchList(ctx context.Context, in *watchListInput) (*runOutput, error) {
	r, err := s.opts.Node.RunWatchList(ctx, ReaderOf(ctx), in.List, nil)
	if err != nil {
		return nil, err
	}
	return &runOutput{r}, nil
}

type changesInput struct {
	List     string `path:"list" maxLength:"64" example:"suppliers" doc:"The list's name."`
	Since    string `query:"since" format:"date" example:"2021-03-12" doc:"Only runs as of this day or later."`
	Position int64  `query:"position" minimum:"0" doc:"Only runs recorded above this position."`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many runs at most."`
}

type changesOutput struct{ Body WatchListRuns }

// WatchListRuns is what some runs of a list found.
type WatchListRuns struct {
	Runs []watchlist.Recorded `json:"runs" doc:"The runs, oldest first."`
}

func (s *Server) watchListChanges(ctx context.Context, in *changesInput) (*changesOutput, error) {
	runs, err := s.opts.Node.WatchListRuns(ctx, ReaderOf(ctx), in.List, watchlist.Since{Day: access.Date(in.Since), Position: in.Position, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return &changesOutput{WatchListRuns{orEmpty(runs)}}, nil
}

type removeWatchListInput struct {
	List   string `path:"list" maxLength:"64" example:"suppliers" doc:"The list's name."`
	Reason string `query:"reason" required:"true" maxLength:"2000" doc:"Why, for everybody who will ask."`
}

func (s *Server) removeWatchList(ctx context.Context, in *removeWatchListInput) (*struct{}, error) {
	if err := s.opts.Node.RemoveWatchList(ctx, ReaderOf(ctx), in.List, in.Reason); err != nil {
		return nil, err
	}
	return nil, nil
}
