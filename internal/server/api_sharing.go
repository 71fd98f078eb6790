package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/sharing"
)

// Sharing is what organisations tell each other as STIX objects. All is so at
// this moment, whatever moment an ask names. What a reader may not see is not
// found, and is in no count.
type Sharing interface {
	// SharedCollections is the communities and collections that one may know of.
	SharedCollections(ctx context.Context, ask access.Ask) ([]node.SharedRoot, error)
	// SearchShared finds objects by value or words.
	SearchShared(ctx context.Context, ask access.Ask, query string, limit int) (*node.SharedFound, error)
	SharedObject(ctx context.Context, ask access.Ask, id string) (*node.SharedObject, error)
	// SharedAround is what is up to a distance from an object, SharedTimeline what
	// happened when by it and those next to it.
	SharedAround(ctx context.Context, ask access.Ask, id string, distance, limit int) (*node.SharedGraph, error)
	SharedTimeline(ctx context.Context, ask access.Ask, id string) ([]node.SharedMoment, error)
	// SharedRecipients is who was given an object, for who shared it.
	SharedRecipients(ctx context.Context, ask access.Ask, id string) ([]sharing.Disclosure, error)
	SharedVisible(ctx context.Context, ask access.Ask) ([]sharing.Explained, error)
	// Share takes objects into a collection; ShareStatus is how far that has come.
	Share(ctx context.Context, ask access.Ask, community, collection string, envelope []byte) (*sharing.Status, error)
	ShareStatus(ctx context.Context, ask access.Ask, community, id string) (*sharing.Status, error)
}

const sharingPath = "/sharing"

// routeSharing registers what is shared.
func (s *Server) routeSharing(api huma.API) {
	read := func(o operation) operation {
		o.method, o.tag, o.path = http.MethodGet, tagSharing, sharingPath+o.path
		return o
	}
	of := func(o operation) operation {
		o.path, o.errors = "/objects/{object}"+o.path, []int{http.StatusNotFound}
		return read(o)
	}
	register(s, api, read(operation{
		id: "shared-collections", path: "/collections", summary: "Communities and collections",
		about: "Those that you may know of. A community is an API root of TAXII 2.1, at /taxii2/{community}/.",
	}), s.sharedCollections)
	register(s, api, read(operation{
		id: "search-shared", path: "/search", summary: "Find what was shared",
		about: "By a value, also one that was made harmless as evil[.]example, or by words. What you may not see is neither found nor counted.",
	}), s.searchShared)
	register(s, api, of(operation{
		id: "shared-object", summary: "A shared object",
		about: "The newest version that you may see, byte for byte, with who shared it, why you see it, its versions and what seems to be the same.",
	}), s.sharedObject)
	register(s, api, of(operation{
		id: "shared-graph", path: "/graph", summary: "What is around a shared object", about: "What it refers to and what refers to it, as far as you may see it.",
	}), s.sharedGraph)
	register(s, api, of(operation{
		id: "shared-timeline", path: "/timeline", summary: "What happened when", about: "By the object and those next to it, oldest first.",
	}), s.sharedTimeline)
	register(s, api, of(operation{
		id: "shared-recipients", path: "/recipients", summary: "Who was given an object that you shared", about: "Whom a retraction has to reach. For others than who shared it there is no such object.",
	}), s.sharedRecipients)
	register(s, api, read(operation{
		id: "shared-visible", path: "/visible", summary: "What you can see, and why", about: "How many objects, by collection, marking and source, with the rule that lets you see them.",
	}), s.sharedVisible)
	register(s, api, read(operation{
		id: "share-status", path: "/status/{community}/{submission}", summary: "How far a submission has come", about: "For who handed it in.", errors: []int{http.StatusNotFound},
	}), s.shareStatus)
	op := register(s, api, operation{
		id: "share", method: http.MethodPost, path: sharingPath + "/{community}/{collection}", tag: tagSharing, summary: "Share objects",
		about: "Takes a STIX bundle, a TAXII envelope or one object. On return it is durable. Each object is judged by itself; of many, some may be pending. An object that was refused keeps no other out.",
		right: toWrite, status: http.StatusAccepted, errors: []int{http.StatusNotFound},
	}, s.share)
	op.RequestBody = &huma.RequestBody{Required: true, Description: "The objects.", Content: map[string]*huma.MediaType{}}
	for _, kind := range []string{"application/json", "application/stix+json", "application/taxii+json"} {
		op.RequestBody.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeObject, Description: "A bundle, envelope or object.", AdditionalProperties: true}}
	}
	addErrors(api.OpenAPI(), op.Responses, http.StatusRequestEntityTooLarge)
}

// sharingBy is who asks, noted as coming by the API.
func sharingBy(ctx context.Context) (context.Context, access.Ask) {
	return sharing.By(ctx, "api"), access.Ask{Reader: ReaderOf(ctx), At: access.At{Position: access.Now}}
}

type sharedCollectionsOutput struct{ Body SharedRoots }

// SharedRoots is some communities.
type SharedRoots struct {
	Communities []node.SharedRoot `json:"communities" doc:"The communities, by id."`
}

func (s *Server) sharedCollections(ctx context.Context, _ *struct{}) (*sharedCollectionsOutput, error) {
	ctx, ask := sharingBy(ctx)
	found, err := s.opts.Node.SharedCollections(ctx, ask)
	if err != nil {
		return nil, err
	}
	return &sharedCollectionsOutput{SharedRoots{orEmpty(found)}}, nil
}

type searchSharedInput struct {
	Query string `query:"q" required:"true" minLength:"1" maxLength:"4096" example:"evil[.]example" doc:"A value or words."`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"How many at most."`
}

type searchSharedOutput struct{ Body *node.SharedFound }

func (s *Server) searchShared(ctx context.Context, in *searchSharedInput) (*searchSharedOutput, error) {
	ctx, ask := sharingBy(ctx)
	found, err := s.opts.Node.SearchShared(ctx, ask, in.Query, in.Limit)
	if err != nil {
		return nil, err
	}
	return &searchSharedOutput{found}, nil
}

type sharedInput struct {
	Object string `path:"object" maxLength:"300" example:"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f" doc:"The object's STIX id."`
}

type sharedObjectOutput struct{ Body *node.SharedObject }

func (s *Server) sharedObject(ctx context.Context, in *sharedInput) (*sharedObjectOutput, error) {
	ctx, ask := sharingBy(ctx)
	found, err := s.opts.Node.SharedObject(ctx, ask, in.Object)
	if err != nil {
		return nil, err
	}
	return &sharedObjectOutput{found}, nil
}

type sharedGraphInput struct {
	Object   string `path:"object" maxLength:"300" example:"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f" doc:"The object's STIX id."`
	Distance int    `query:"distance" minimum:"1" maximum:"4" default:"1" doc:"How many references away."`
	Limit    int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"How many objects at most."`
}

type sharedGraphOutput struct{ Body *node.SharedGraph }

func (s *Server) sharedGraph(ctx context.Context, in *sharedGraphInput) (*sharedGraphOutput, error) {
	ctx, ask := sharingBy(ctx)
	found, err := s.opts.Node.SharedAround(ctx, ask, in.Object, in.Distance, in.Limit)
	if err != nil {
		return nil, err
	}
	found.Edges = orEmpty(found.Edges)
	return &sharedGraphOutput{found}, nil
}

type sharedTimelineOutput struct{ Body SharedTimeline }

// SharedTimeline is what happened when.
type SharedTimeline struct {
	Moments []node.SharedMoment `json:"moments" doc:"What happened, oldest first."`
}

func (s *Server) sharedTimeline(ctx context.Context, in *sharedInput) (*sharedTimelineOutput, error) {
	ctx, ask := sharingBy(ctx)
	found, err := s.opts.Node.SharedTimeline(ctx, ask, in.Object)
	if err != nil {
		return nil, err
	}
	return &sharedTimelineOutput{SharedTimeline{orEmpty(found)}}, nil
}

type sharedRecipientsOutput struct{ Body SharedRecipients }

// SharedRecipients is who was given an object.
type SharedRecipients struct {
	Recipients []sharing.Disclosure `json:"recipients" doc:"Who was given it, oldest first."`
}

func (s *Server) sharedRecipients(ctx context.Context, in *sharedInput) (*sharedRecipientsOutput, error) {
	ctx, ask := sharingBy(ctx)
	found, err := s.opts.Node.SharedRecipients(ctx, ask, in.Object)
	if err != nil {
		return nil, err
	}
	return &sharedRecipientsOutput{SharedRecipients{orEmpty(found)}}, nil
}

type sharedVisibleOutput struct{ Body SharedVisible }

// SharedVisible is what one sees of what is shared.
type SharedVisible struct {
	Visible []sharing.Explained `json:"visible" doc:"By collection, source and marking."`
}

func (s *Server) sharedVisible(ctx context.Context, _ *struct{}) (*sharedVisibleOutput, error) {
	ctx, ask := sharingBy(ctx)
	found, err := s.opts.Node.SharedVisible(ctx, ask)
	if err != nil {
		return nil, err
	}
	return &sharedVisibleOutput{SharedVisible{orEmpty(found)}}, nil
}

type shareInput struct {
	Community  string `path:"community" maxLength:"64" example:"agencies" doc:"The community's id."`
	Collection string `path:"collection" maxLength:"64" example:"threats" doc:"The collection's id or alias."`

	request *http.Request
}

// Resolve implements huma.Resolver. The body is kept byte for byte, and may be
// larger than a question.
func (in *shareInput) Resolve(ctx huma.Context) []error {
	in.request, _ = humago.Unwrap(ctx)
	return nil
}

type shareOutput struct{ Body *sharing.Status }

func (s *Server) share(ctx context.Context, in *shareInput) (*shareOutput, error) {
	ctx, ask := sharingBy(ctx)
	release, err := s.startUpload(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	b, err := bytesOf(in.request.Body)
	if err != nil {
		return nil, err
	}
	st, err := s.opts.Node.Share(ctx, ask, in.Community, in.Collection, b)
	if err != nil {
		return nil, err
	}
	return &shareOutput{wholeStatus(st)}, nil
}

type shareStatusInput struct {
	Community  string `path:"community" maxLength:"64" example:"agencies" doc:"The community's id."`
	Submission string `path:"submission" maxLength:"64" example:"5c1a7c4e-0001-4d0e-9b1f-6a2e8f3d7b10" doc:"The submission's id."`
}

func (s *Server) shareStatus(ctx context.Context, in *shareStatusInput) (*shareOutput, error) {
	ctx, ask := sharingBy(ctx)
	st, err := s.opts.Node.ShareStatus(ctx, ask, in.Community, in.Submission)
	if err != nil {
		return nil, err
	}
	return &shareOutput{wholeStatus(st)}, nil
}

// wholeStatus is a status in which what is none is empty.
func wholeStatus(st *sharing.Status) *sharing.Status {
	out := *st
	out.Successes, out.Failures = orEmpty(out.Successes), orEmpty(out.Failures)
	return &out
}

// isShare reports whether a path is one that objects are sent to, by a program or
// by the console's form.
func isShare(p string) bool {
	return strings.HasPrefix(p, apiRoot+sharingPath+"/") || p == sharingPath+"/submit"
}
