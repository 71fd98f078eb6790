package server_test

import (
	"context"
	"encoding/json"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
	"countersign.dev/internal/sharing/observable"
	"countersign.dev/internal/sharing/search"
	"countersign.dev/internal/sharing/stix"
)

const fakeSharedID = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"

func fakeHit() node.SharedHit {
	return node.SharedHit{
		ID: fakeSharedID, Type: "indicator", Name: "x", Version: "2026-01-01T00:00:00Z", By: "value", Marking: "TLP:AMBER", Assigned: true, Source: "acme",
		Community: "agencies", Collection: "c", Why: "so", Standing: "counts", Score: 50, Document: 3,
	}
}

func knownShared(id string) error {
	if id != fakeSharedID {
		return problem.New(problem.NotFound, "there is no object %q", id)
	}
	return nil
}

func (n *fakeNode) SharedCollections(context.Context, access.Ask) ([]node.SharedRoot, error) {
	return []node.SharedRoot{{
		Root:        sharing.Root{Community: "agencies", Name: "Agencies", Description: "d"},
		Collections: []sharing.Collection{{ID: "c", Alias: "threats", Title: "Threats", Description: "d", Community: "agencies", CanRead: true, MediaTypes: []string{"application/stix+json;version=2.1"}}},
	}}, nil
}

func (n *fakeNode) SearchShared(_ context.Context, _ access.Ask, query string, _ int) (*node.SharedFound, error) {
	return &node.SharedFound{Query: query, Value: &observable.Value{Kind: "domain-name", Text: query}, Hits: []node.SharedHit{fakeHit()}}, nil
}

func (n *fakeNode) SharedObject(_ context.Context, _ access.Ask, id string) (*node.SharedObject, error) {
	value := observable.Value{Kind: "domain-name", Text: "localhost"}
	return &node.SharedObject{
		SharedHit: fakeHit(), Object: json.RawMessage(`{"type":"indicator"}`),
		Versions: []node.SharedVersion{{Version: "2026-01-01T00:00:00Z", Added: time.Unix(1_700_000_000, 0).UTC(), Marking: "TLP:AMBER", Source: "acme", Document: 3}},
		Values:   []node.SharedValue{{Value: value, Unfit: "so"}}, Alike: []node.SharedAlike{{ID: "malware--1", Name: "y", Because: []string{"name"}}},
	}, knownShared(id)
}

func (n *fakeNode) SharedAround(_ context.Context, _ access.Ask, id string, _, _ int) (*node.SharedGraph, error) {
	return &node.SharedGraph{
		Nodes: []node.SharedNode{{ID: id, Type: "indicator", Name: "x"}},
		Edges: []search.Edge{{Source: id, Label: "indicates", Target: "malware--1", Object: "relationship--1"}},
	}, knownShared(id)
}

func (n *fakeNode) SharedTimeline(_ context.Context, _ access.Ask, id string) ([]node.SharedMoment, error) {
	return []node.SharedMoment{{At: "2026-01-01T00:00:00Z", What: "created", ID: id, Type: "indicator", Name: "x"}}, knownShared(id)
}

func (n *fakeNode) SharedRecipients(_ context.Context, _ access.Ask, id string) ([]sharing.Disclosure, error) {
	return []sharing.Disclosure{{Object: id, Version: "v", Source: "acme", Member: "ada", Organisations: []string{"acme"}, At: time.Unix(1_700_000_000, 0).UTC(), Way: "api"}}, knownShared(id)
}

func (n *fakeNode) SharedVisible(context.Context, access.Ask) ([]sharing.Explained, error) {
	return []sharing.Explained{{Community: "agencies", Collection: "c", Marking: "TLP:AMBER", Assigned: true, Source: "acme", Objects: 3, Code: "member", Why: "so"}}, nil
}

func (n *fakeNode) Share(_ context.Context, _ access.Ask, community, _ string, envelope []byte) (*sharing.Status, error) {
	if !json.Valid(envelope) {
		return nil, problem.New(problem.Invalid, "no envelope")
	}
	return n.ShareStatus(context.Background(), access.Ask{}, community, "s")
}

func (n *fakeNode) ShareStatus(_ context.Context, _ access.Ask, community, id string) (*sharing.Status, error) {
	return &sharing.Status{
		ID: id, Community: community, State: sharing.Complete, Requested: time.Unix(1_700_000_000, 0).UTC(), Total: 1, Document: 3,
		Failures: []sharing.Outcome{{ID: fakeSharedID, Version: "v", Message: "m", Code: "invalid", Problems: []stix.Problem{{Object: fakeSharedID, Path: "name", Rule: "STIX 2.1 section 3.2", Message: "m"}}}},
	}, nil
}
