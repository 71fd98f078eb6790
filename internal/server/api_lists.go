package server

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
)

// routeLists registers programmes, sources, and how their editions differ.
func (s *Server) routeLists(api huma.API) {
	register(s, api, operation{
		id: "programmes", method: http.MethodGet, path: "/programmes", tag: tagLists,
		summary: "The programmes that are known",
		about:   "The lists that authorities keep: on what legal basis, to what end, and what follows from being listed.",
	}, s.programmes)
	register(s, api, operation{
		id: "lists", method: http.MethodGet, path: "/lists", tag: tagLists,
		summary: "The sources that lists are read from",
		about:   "Each source with the number of its editions and the newest of them.",
	}, s.sources)
	register(s, api, operation{
		id: "editions", method: http.MethodGet, path: "/lists/{source}/editions", tag: tagLists,
		summary: "The editions of a source",
		about:   "By publication, each with what it added, removed and changed against the one before.",
		errors:  []int{http.StatusNotFound},
	}, s.editions)
	register(s, api, operation{
		id: "differences", method: http.MethodGet, path: "/lists/{source}/differences", tag: tagLists,
		summary: "What changed between two editions",
		about:   "Editions are named by their positions. The counts are of everything that changed, the items a page of it: removed, then added, then changed.",
		errors:  []int{http.StatusNotFound},
	}, s.differences)
}

type programmesOutput struct{ Body Programmes }

// Programmes is the programmes by id.
type Programmes struct {
	Programmes []*listing.Programme `json:"programmes"`
}

func (s *Server) programmes(ctx context.Context, in *struct{ Moment }) (*programmesOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	byID, err := s.opts.Node.Programmes(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := make([]*listing.Programme, 0, len(byID))
	for _, p := range byID {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *listing.Programme) int { return strings.Compare(a.ID, b.ID) })
	return &programmesOutput{Programmes{out}}, nil
}

type sourcesOutput struct{ Body Sources }

// Sources is the sources by name.
type Sources struct {
	Lists []ledger.Source `json:"lists"`
}

func (s *Server) sources(ctx context.Context, in *struct{ Moment }) (*sourcesOutput, error) {
	ask, err := askOf(ctx, in.Moment)
	if err != nil {
		return nil, err
	}
	sources, err := s.opts.Node.Sources(ctx, ask)
	if err != nil {
		return nil, err
	}
	return &sourcesOutput{Sources{orEmpty(sources)}}, nil
}

type editionsInput struct {
	Source string `path:"source" example:"us-ofac-sdn" doc:"The source's name; a slash in it is written %2F."`
	Moment
}

type editionsOutput struct{ Body Editions }

// Editions is the editions of one source.
type Editions struct {
	Source   string                `json:"source"`
	Editions []ledger.EditionEntry `json:"editions"`
}

func (s *Server) editions(ctx context.Context, in *editionsInput) (*editionsOutput, error) {
	ask, err := listAsk(ctx, in.Source, in.Moment)
	if err != nil {
		return nil, err
	}
	editions, err := s.opts.Node.Editions(ctx, ask, in.Source)
	if err != nil {
		return nil, err
	}
	return &editionsOutput{Editions{in.Source, orEmpty(editions)}}, nil
}

func listAsk(ctx context.Context, source string, m Moment) (access.Ask, error) {
	if err := checkText("path.source", source); err != nil {
		return access.Ask{}, err
	}
	return askOf(ctx, m)
}

type differencesInput struct {
	Source string `path:"source" example:"us-ofac-sdn" doc:"The source's name; a slash in it is written %2F."`
	From   int64  `query:"from" minimum:"0" doc:"Position of the older edition; 0 for the empty list."`
	To     int64  `query:"to" required:"true" minimum:"1" example:"4711" doc:"Position of the newer edition."`
	Change string `query:"change" enum:"added,removed,changed" doc:"Only items of this kind of change."`
	Skip   int    `query:"skip" minimum:"0" doc:"How many items to pass over."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many items at most."`
	Moment
}

type differencesOutput struct{ Body DifferencePage }

// DifferencePage is what changed, with one page of its items.
type DifferencePage struct {
	ledger.Differences
	Next int `json:"next" doc:"What to skip for the next page; 0 when this is the last."`
}

func (s *Server) differences(ctx context.Context, in *differencesInput) (*differencesOutput, error) {
	ask, err := listAsk(ctx, in.Source, in.Moment)
	if err != nil {
		return nil, err
	}
	all, err := s.opts.Node.Differences(ctx, ask, in.Source, in.From, in.To)
	if err != nil {
		return nil, err
	}
	page := DifferencePage{Differences: *all}
	if in.Change != "" {
		page.Items = nil
		for _, item := range all.Items {
			if item.Change == in.Change {
				page.Items = append(page.Items, item)
			}
		}
	}
	page.Items = page.Items[min(in.Skip, len(page.Items)):]
	if len(page.Items) > in.Limit {
		page.Items, page.Next = page.Items[:in.Limit], in.Skip+in.Limit
	}
	page.Items = orEmpty(page.Items)
	return &differencesOutput{page}, nil
}
