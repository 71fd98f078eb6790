package node

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
	"countersign.dev/internal/sharing/observable"
	"countersign.dev/internal/sharing/search"
)

// SharedHit is a shared object that was found.
type SharedHit struct {
	ID         string           `json:"id"`
	Type       string           `json:"type"`
	Name       string           `json:"name"`            // "" for one that has none
	Title      string           `json:"title,omitempty"` // what one that has no name can be called, as far as the reader may see what it is of
	Version    string           `json:"version"`
	By         string           `json:"by"` // "value", "name" or "words"
	Marking    string           `json:"marking"`
	Assigned   bool             `json:"assigned,omitempty"` // the community's default, which the object does not say
	Source     string           `json:"source"`             // organisation that shared it
	Community  string           `json:"community"`
	Collection string           `json:"collection"`
	Why        string           `json:"why"`                // the reader may see it
	Standing   observable.State `json:"standing,omitempty"` // of an indicator
	Score      int              `json:"score,omitempty"`
	Document   int64            `json:"document"` // position of the envelope it came in
}

// SharedFound is what a search among shared objects found.
type SharedFound struct {
	Query string            `json:"query"`
	Value *observable.Value `json:"value,omitempty"` // as which it was understood
	Hits  []SharedHit       `json:"hits"`
	More  bool              `json:"more"`
}

// The limits of questions about shared objects.
const (
	maxSharedHits  = 500
	maxGraphNodes  = 500
	maxGraphDepth  = 4
	maxSharedQuery = 4096
)

// keepFor leaves of object versions those that a reader may see.
func (n *Node) keepFor(ask access.Ask) search.Keep {
	return func(ctx context.Context, numbers []int64) ([]int64, error) { return n.shared.MaySee(ctx, ask, numbers) }
}

// SearchShared finds shared objects by a value, also one that was made harmless,
// or by words.
func (n *Node) SearchShared(ctx context.Context, ask access.Ask, query string, limit int) (*SharedFound, error) {
	query = strings.TrimSpace(query)
	if query == "" || len(query) > maxSharedQuery {
		return nil, problem.New(problem.Invalid, "the query is %d bytes long: want 1 to %d", len(query), maxSharedQuery)
	}
	if limit <= 0 {
		limit = 50
	}
	found, err := n.finding.Search(ctx, query, min(limit, maxSharedHits), n.keepFor(ask))
	if err != nil {
		return nil, err
	}
	out := &SharedFound{Query: query, Hits: []SharedHit{}, More: found.More}
	if found.Value.Kind != "" {
		out.Value = &found.Value
	}
	out.Hits, err = n.foundHits(ctx, ask, found.Hits)
	slices.SortStableFunc(out.Hits, func(a, b SharedHit) int { return farFrom(query, &a) - farFrom(query, &b) })
	return out, err
}

// farFrom is how far a hit is from what was probably meant: what is called just
// so, then other objects, then what only relates them.
func farFrom(query string, h *SharedHit) int {
	switch {
	case strings.EqualFold(h.Name, query):
		return 0
	case h.Type == "relationship" || h.Type == "sighting":
		return 2
	}
	return 1
}

// foundHits is what there is to say of objects that were found.
func (n *Node) foundHits(ctx context.Context, ask access.Ask, hits []search.Hit) ([]SharedHit, error) {
	numbers := make([]int64, len(hits))
	by := map[int64]string{}
	for i, h := range hits {
		numbers[i], by[h.Number] = h.Number, h.By
	}
	seen, err := n.shared.Visible(ctx, ask, numbers)
	if err != nil {
		return nil, err
	}
	return n.sharedHits(ctx, ask, seen, by)
}

// sharedHits is what there is to say of objects that a reader sees, and by what
// each was found.
func (n *Node) sharedHits(ctx context.Context, ask access.Ask, seen []sharing.Seen, by map[int64]string) ([]SharedHit, error) {
	titles, err := n.titlesOf(ctx, ask, seen)
	if err != nil {
		return nil, err
	}
	out := make([]SharedHit, 0, len(seen))
	for i := range seen {
		h := n.sharedHit(&seen[i])
		h.By, h.Title = by[seen[i].Number], titles[seen[i].ID]
		out = append(out, h)
	}
	return out, nil
}

func (n *Node) sharedHit(s *sharing.Seen) SharedHit {
	out := SharedHit{
		ID: s.ID, Type: s.Type, Name: search.Called(s.Body), Version: s.Version, Marking: s.Marking, Assigned: s.Assigned, Source: s.Source,
		Community: s.Community, Collection: s.Collection, Why: s.Why, Document: s.Document,
	}
	if s.Type == "indicator" {
		out.Standing, out.Score = stillCounts(s.Body, n.now())
	}
	return out
}

// stillCounts is whether an indicator counts at a moment. One that does not say how
// sure it is counts half.
func stillCounts(body []byte, at time.Time) (observable.State, int) {
	var o struct {
		From       time.Time `json:"valid_from"`
		Until      time.Time `json:"valid_until"`
		Revoked    bool      `json:"revoked"`
		Confidence *int      `json:"confidence"`
	}
	if json.Unmarshal(body, &o) != nil {
		return "", 0
	}
	i := observable.Indicator{ValidFrom: o.From, ValidUntil: o.Until, Revoked: o.Revoked, Confidence: 50}
	if o.Confidence != nil {
		i.Confidence = *o.Confidence
	}
	if values := observable.OfObject(body); len(values) > 0 {
		i.Kind = values[0].Kind
	}
	return i.Standing(at)
}

// SharedObject is one shared object, as a reader may see it.
type SharedObject struct {
	SharedHit
	Object   json.RawMessage `json:"object"` // the newest version, byte for byte
	Versions []SharedVersion `json:"versions"`
	Values   []SharedValue   `json:"values"` // by which it is looked for
	Same     []SharedSame    `json:"same"`   // what is decided about it and others
	Alike    []SharedAlike   `json:"alike"`  // that seem to be the same under other ids, and are undecided
}

// SharedVersion is a version of a shared object.
type SharedVersion struct {
	Version  string    `json:"version"`
	Added    time.Time `json:"added"`
	Marking  string    `json:"marking"`
	Source   string    `json:"source"`
	Outdone  bool      `json:"outdone,omitempty"` // another organisation's word on this id goes further
	Document int64     `json:"document"`
}

// SharedValue is a value by which an object is looked for, and why it should not
// be.
type SharedValue struct {
	observable.Value
	Unfit string `json:"unfit,omitempty"`
}

// SharedAlike is an object that seems to be the same as another.
type SharedAlike struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Because []string `json:"because"`
}

// SharedObject is one shared object by its id; NotFound when the reader may see no
// version of it.
func (n *Node) SharedObject(ctx context.Context, ask access.Ask, id string) (*SharedObject, error) {
	seen, err := n.shared.Object(ctx, ask, id)
	if err != nil {
		return nil, err
	}
	newest := &seen[len(seen)-1]
	if err := n.finding.Follow(ctx); err != nil {
		return nil, err
	}
	titles, err := n.titlesOf(ctx, ask, seen[len(seen)-1:])
	if err != nil {
		return nil, err
	}
	out := &SharedObject{SharedHit: n.sharedHit(newest), Object: newest.Body, Versions: []SharedVersion{}, Values: []SharedValue{}}
	out.Title = titles[id]
	for _, v := range seen {
		out.Versions = append(out.Versions, SharedVersion{v.Version, v.Added, v.Marking, v.Source, v.Outdone, v.Document})
	}
	for _, v := range observable.OfObject(newest.Body) {
		out.Values = append(out.Values, SharedValue{v, observable.Unfit(v)})
	}
	return out, n.tellSame(ctx, ask, out)
}

// SharedGraph is objects and what leads from one to another.
type SharedGraph struct {
	Nodes []SharedNode  `json:"nodes"` // the one that was asked about first
	Edges []search.Edge `json:"edges"`
	More  bool          `json:"more"`
}

// SharedNode is an object of a graph.
type SharedNode struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
}

// SharedAround is what refers to a shared object and what it refers to, up to a
// distance, as far as the reader may see it.
func (n *Node) SharedAround(ctx context.Context, ask access.Ask, id string, distance, limit int) (*SharedGraph, error) {
	if limit <= 0 {
		limit = 100
	}
	g, err := n.finding.Around(ctx, id, min(max(distance, 1), maxGraphDepth), min(limit, maxGraphNodes), n.keepFor(ask))
	if err != nil {
		return nil, err
	}
	if len(g.Nodes) == 0 {
		return nil, problem.New(problem.NotFound, "there is no object %q", id)
	}
	out := &SharedGraph{Nodes: []SharedNode{}, Edges: g.Edges, More: g.More}
	for _, h := range g.Nodes {
		out.Nodes = append(out.Nodes, SharedNode{h.ID, h.Type, h.Name})
	}
	return out, nil
}

// SharedMoment is something that happened at an instant, by a shared object.
type SharedMoment struct {
	At   string `json:"at"`
	What string `json:"what"` // property that says so, as "first_seen"
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
}

// moments is the properties of objects that say when something was.
var moments = []string{"first_seen", "last_seen", "first_observed", "last_observed", "valid_from", "valid_until", "start_time", "stop_time", "published", "created"}

// SharedTimeline is what happened when by an object and those next to it, as far
// as the reader may see them.
func (n *Node) SharedTimeline(ctx context.Context, ask access.Ask, id string) ([]SharedMoment, error) {
	g, err := n.SharedAround(ctx, ask, id, 1, maxGraphNodes)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(g.Nodes))
	for i, node := range g.Nodes {
		ids[i] = node.ID
	}
	for _, e := range g.Edges {
		if e.Object != e.Source {
			ids = append(ids, e.Object)
		}
	}
	versions, err := n.finding.Versions(ctx, ids, n.keepFor(ask))
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, 0, len(versions))
	for _, h := range versions {
		numbers = append(numbers, h.Number)
	}
	slices.Sort(numbers)
	seen, err := n.shared.Visible(ctx, ask, numbers)
	if err != nil {
		return nil, err
	}
	out := []SharedMoment{}
	for i := range seen {
		if slices.Contains(beside, seen[i].Type) {
			continue // when somebody wrote down that two things belong together is no event
		}
		var tree map[string]any
		if err := json.Unmarshal(seen[i].Body, &tree); err != nil {
			return nil, fmt.Errorf("object %s: %w", seen[i].ID, err)
		}
		for _, what := range moments {
			if at, ok := tree[what].(string); ok && at != "" {
				out = append(out, SharedMoment{at, what, seen[i].ID, seen[i].Type, versions[seen[i].ID].Name})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b SharedMoment) int { return strings.Compare(a.At, b.At) })
	return out, nil
}
