package node

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/incident"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/observable"
)

// sharedGraph is what is shared, for one ask: [concern.Graph]. What it reads it
// keeps to itself; what the answer tells of it is a disclosure, see
// [Node.discloseWays].
type sharedGraph struct {
	n       *Node
	ask     access.Ask
	objects map[string]*concern.Object // that were read; nil for one that is not there
}

// sharedBody is what of a shared object a walk needs.
type sharedBody struct {
	Type    string    `json:"type"`
	Name    string    `json:"name"`
	Aliases []string  `json:"aliases"`
	Created time.Time `json:"created"`
	CPE     string    `json:"cpe"`
	Version string    `json:"version"`
	Revoked bool      `json:"revoked"`
}

// Objects implements [concern.Graph]. What was created after the known day of
// the ask is not there.
func (g *sharedGraph) Objects(ctx context.Context, ids []string) ([]concern.Object, error) {
	var sought []string
	for _, id := range ids {
		if _, ok := g.objects[id]; !ok {
			sought = append(sought, id)
			g.objects[id] = nil
		}
	}
	hits, err := g.n.finding.Versions(ctx, sought, g.n.keepFor(g.ask))
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(hits)) {
		err := g.n.shared.Objects(ctx, hits[id].Number-1, 1, func(_ int64, _, _ string, body []byte, position int64) error {
			g.objects[id] = g.object(id, body, position)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var out []concern.Object
	for _, id := range ids {
		o := g.objects[id]
		if o == nil {
			continue
		}
		if o.Kind == "identity" && len(o.Says) == 0 {
			if err := g.organisation(ctx, o); err != nil {
				return nil, err
			}
		}
		out = append(out, *o)
	}
	return out, nil
}

// object reads a shared object; nil for one that was revoked, or that there was
// not yet.
func (g *sharedGraph) object(id string, body []byte, position int64) *concern.Object {
	var b sharedBody
	if json.Unmarshal(body, &b) != nil || b.Revoked || !b.Created.IsZero() && access.DateOf(b.Created) > g.ask.At.Known {
		return nil
	}
	kind, _, _ := strings.Cut(id, "--")
	o := &concern.Object{Thing: concern.Thing{Kind: concern.Kind(kind), ID: id, Name: b.Name}, Position: position}
	values := observable.OfObject(body)
	switch kind {
	case "software":
		o.Is = concern.Thing{Kind: concern.Software, ID: cmp.Or(b.CPE, strings.TrimSpace(b.Name+" "+b.Version))}
	case "tool":
		o.Says = append(o.Says, concern.Thing{Kind: concern.Software, ID: b.Name})
	case "vulnerability":
		for _, v := range values {
			if v.Kind == observable.CVE {
				o.Says = append(o.Says, concern.Thing{Kind: concern.Weakness, ID: v.Text})
			}
		}
	case "indicator", "observed-data":
		for _, v := range values {
			o.Says = append(o.Says, concern.Thing{Kind: concern.Value, ID: v.String(), Name: v.Text})
		}
	default:
		if v := foremost(values); b.Created.IsZero() && v.Text != "" { // an observable has no date
			o.Is = concern.Thing{Kind: concern.Value, ID: v.String(), Name: v.Text}
		}
	}
	return o
}

// foremost is the value that an observable is known by: of a file its SHA-256.
func foremost(values []observable.Value) observable.Value {
	if i := slices.IndexFunc(values, func(v observable.Value) bool { return v.Kind == observable.SHA256 }); i >= 0 {
		return values[i]
	}
	if len(values) > 0 {
		return values[0]
	}
	return observable.Value{}
}

// organisation says which organisation of the inventories an identity is, by its
// name.
func (g *sharedGraph) organisation(ctx context.Context, o *concern.Object) error {
	if o.Name == "" {
		return nil
	}
	facts, err := g.n.Ledger.ByTerm(ctx, g.ask, []string{inventory.FactOrganisation}, []string{inventory.NameTerm(o.Name)}, 10)
	for id := range inventory.Organisations(facts, g.ask.At) {
		o.Says = append(o.Says, concern.Thing{Kind: concern.Organisation, ID: id, Name: o.Name})
	}
	return err
}

// properties is what search calls properties that hold ids.
var properties = map[string]string{
	"sighting_of": "sighting_of_ref", "observed_data": "observed_data_refs", "where_sighted": "where_sighted_refs", "object": "object_refs", "sample": "sample_refs",
}

// Links implements [concern.Graph].
func (g *sharedGraph) Links(ctx context.Context, ids []string) ([]concern.Link, error) {
	edges, err := g.n.finding.Edges(ctx, ids, g.n.keepFor(g.ask))
	if err != nil {
		return nil, err
	}
	var saying []string
	for _, e := range edges {
		saying = append(saying, e.Object)
	}
	slices.Sort(saying)
	said, err := g.Objects(ctx, slices.Compact(saying))
	if err != nil {
		return nil, err
	}
	by := map[string]*concern.Object{}
	for i := range said {
		by[said[i].ID] = &said[i]
	}
	var out []concern.Link
	for _, e := range edges {
		o := by[e.Object]
		if o == nil {
			continue
		}
		label := e.Label
		if e.Object == e.Source {
			label = properties[label]
		}
		if label != "" {
			out = append(out, concern.Link{From: e.Source, To: e.Target, STIX: label, Object: e.Object, Position: o.Position})
		}
	}
	return out, nil
}

// maxNaming bounds the objects that name one value.
const maxNaming = 500

// Naming implements [concern.Graph].
func (g *sharedGraph) Naming(ctx context.Context, values []concern.Thing) ([]concern.Link, error) {
	var out []concern.Link
	for _, v := range values {
		_, text, _ := strings.Cut(v.ID, ":")
		found, err := g.n.finding.Search(ctx, text, maxNaming, g.n.keepFor(g.ask))
		if err != nil {
			return nil, err
		}
		for _, h := range found.Hits {
			if h.By == "value" {
				out = append(out, concern.Link{From: h.ID, To: v.ID, Object: h.ID})
			}
		}
	}
	return out, nil
}

// walkable is the types of shared objects that one may ask about by name.
var walkable = []string{"threat-actor", "intrusion-set", "campaign", "malware", "tool", "infrastructure", "report", "vulnerability"}

// maxSameName is how many shared objects of one name are begun with.
const maxSameName = 10

// sharedNamed is the shared objects that are called so, by name or alias.
func (g *sharedGraph) sharedNamed(ctx context.Context, name string) ([]concern.Thing, error) {
	found, err := g.n.finding.Search(ctx, name, maxNaming, g.n.keepFor(g.ask))
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, h := range found.Hits {
		if slices.Contains(walkable, h.Type) && (h.By == "name" || h.By == "value" && h.Type == "vulnerability") && len(ids) < maxNaming {
			ids = append(ids, h.ID)
		}
	}
	objects, err := g.Objects(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []concern.Thing
	for _, o := range objects {
		called, err := g.called(ctx, o.ID, name)
		if err != nil {
			return nil, err
		}
		if called && len(out) < maxSameName {
			out = append(out, o.Thing)
		}
	}
	return out, nil
}

// called reports whether an object goes by exactly this name, or is a
// vulnerability of this id.
func (g *sharedGraph) called(ctx context.Context, id, name string) (bool, error) {
	hits, err := g.n.finding.Versions(ctx, []string{id}, g.n.keepFor(g.ask))
	if err != nil {
		return false, err
	}
	found := false
	err = g.n.shared.Objects(ctx, hits[id].Number-1, 1, func(_ int64, _, _ string, body []byte, _ int64) error {
		var b sharedBody
		if json.Unmarshal(body, &b) != nil {
			return nil
		}
		for _, n := range append(b.Aliases, b.Name) {
			found = found || inventory.NameTerm(n) == inventory.NameTerm(name)
		}
		for _, v := range observable.OfObject(body) {
			found = found || b.Type == "vulnerability" && strings.EqualFold(v.Text, name)
		}
		return nil
	})
	return found, err
}

// sharedForm is how ids of STIX objects are written.
var sharedForm = regexp.MustCompile(`^[a-z0-9-]{1,250}--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// ofID is what the id of something shared, or of an incident that this node
// keeps, means.
func (g *sharedGraph) ofID(ctx context.Context, id string) ([]concern.Thing, string, error) {
	if incident.IsID(id) {
		s, err := g.n.Incident(ctx, IncidentAsk{Ask: g.ask}, id)
		if err == nil {
			return []concern.Thing{{Kind: concern.Event, ID: id, Name: s.Title}}, string(concern.Event), nil
		}
		if problem.KindOf(err) != problem.NotFound {
			return nil, "", err
		}
	}
	if err := g.n.finding.Follow(ctx); err != nil {
		return nil, "", err
	}
	found, err := g.Objects(ctx, []string{id})
	if err != nil {
		return nil, "", err
	}
	if len(found) == 0 {
		return nil, "", problem.New(problem.NotFound, "there is no object %q", id)
	}
	if found[0].Is.Kind != "" {
		return []concern.Thing{found[0].Is}, "value", nil
	}
	return []concern.Thing{found[0].Thing}, string(found[0].Kind), nil
}

// discloseWays writes down that a reader was told of the shared objects on some
// ways.
func (n *Node) discloseWays(ctx context.Context, ask access.Ask, paths []concern.Path) error {
	var ids []string
	for _, p := range paths {
		for i := range p {
			for _, id := range []string{sharedID(p[i].From), sharedID(p[i].To), p[i].Evidence.Object} {
				if id != "" {
					ids = append(ids, id)
				}
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	hits, err := n.finding.Versions(ctx, slices.Compact(ids), n.keepFor(ask))
	if err != nil {
		return err
	}
	numbers := make([]int64, 0, len(hits))
	for _, h := range hits {
		numbers = append(numbers, h.Number)
	}
	slices.Sort(numbers)
	_, err = n.shared.Visible(ctx, ask, numbers)
	return err
}
