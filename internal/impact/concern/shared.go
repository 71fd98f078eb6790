package concern

import (
	"context"
	"slices"
	"strings"
)

// Object is a shared object, as far as a walk needs it.
type Object struct {
	Thing
	Position int64 // of the document it came in
	// Says is what it says of itself: the weakness that a vulnerability is, the
	// organisation of an identity, the values in the pattern of an indicator.
	Says []Thing
	// Is is the value or software that an observable is: what leads to the
	// object leads to that. It is the zero Thing for other objects.
	Is Thing
}

// Link is that one shared object says something of another: a relationship, or
// a property that holds an id.
type Link struct {
	From, To string // ids, as the object has it
	STIX     string // type of the relationship, or name of the property
	Object   string // id of the object that says so
	Position int64  // of the document that it came in
	Why      string
}

// Graph is what is shared, as one reader sees it at one moment. An object that
// the reader may not see is not there, and neither is a link of which the reader
// may not see both ends and the object that says so.
type Graph interface {
	// Objects is those of these objects that there are, in their newest versions.
	Objects(ctx context.Context, ids []string) ([]Object, error)
	// Links is what leads to or from these objects.
	Links(ctx context.Context, ids []string) ([]Link, error)
	// Naming is the objects that name a value.
	Naming(ctx context.Context, values []Thing) ([]Link, error)
}

// Shared is the source of what is shared. It serves one walk.
type Shared struct {
	Graph Graph
	begun bool
}

// Steps implements [Source].
func (s *Shared) Steps(ctx context.Context, from []Thing) ([]Step, error) {
	var ids []string
	var values []Thing
	for _, t := range from {
		switch {
		case t.Kind == Value && !s.begun:
			values = append(values, t)
		case IsShared(t):
			ids = append(ids, t.ID)
		}
	}
	s.begun = true
	var out []Step
	if len(values) > 0 {
		named, err := s.named(ctx, values)
		if err != nil {
			return nil, err
		}
		out = named
	}
	if len(ids) == 0 {
		return out, nil
	}
	linked, err := s.linked(ctx, ids)
	return append(out, linked...), err
}

// IsShared reports whether a thing is a shared object.
func IsShared(t Thing) bool { return strings.HasPrefix(t.ID, string(t.Kind)+"--") }

// named is the steps from values up to the objects that name them.
func (s *Shared) named(ctx context.Context, values []Thing) ([]Step, error) {
	links, err := s.Graph.Naming(ctx, values)
	if err != nil || len(links) == 0 {
		return nil, err
	}
	by, err := s.objects(ctx, links)
	if err != nil {
		return nil, err
	}
	var out []Step
	for i := range links {
		l := &links[i]
		at := slices.IndexFunc(values, func(t Thing) bool { return t.ID == l.To })
		o, ok := by[l.From]
		if at >= 0 && ok {
			out = append(out, Step{From: values[at], Relation: "is named by", To: o.Thing, Evidence: Evidence{l.Position, l.Object}, Why: l.Why})
		}
	}
	return out, nil
}

// linked is the steps from objects, by links and by what they say themselves.
func (s *Shared) linked(ctx context.Context, ids []string) ([]Step, error) {
	links, err := s.Graph.Links(ctx, ids)
	if err != nil {
		return nil, err
	}
	by, err := s.objects(ctx, links, ids...)
	if err != nil {
		return nil, err
	}
	var out []Step
	for i := range links {
		out = appendLink(out, &links[i], by)
	}
	for _, id := range ids {
		o, ok := by[id]
		if !ok {
			continue
		}
		for _, t := range o.Says {
			for _, relation := range []string{"is", "names"} {
				if Allowed(o.Kind, relation, t.Kind) {
					out = append(out, Step{From: o.Thing, Relation: relation, To: t, Evidence: Evidence{o.Position, o.ID}})
				}
			}
		}
	}
	return out, nil
}

// objects is the objects at the ends of links, and others, by id.
func (s *Shared) objects(ctx context.Context, links []Link, more ...string) (map[string]Object, error) {
	ids := slices.Clone(more)
	for i := range links {
		for _, id := range []string{links[i].From, links[i].To} {
			if strings.Contains(id, "--") {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	found, err := s.Graph.Objects(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	by := make(map[string]Object, len(found))
	for _, o := range found {
		by[o.ID] = o
	}
	return by, nil
}

// appendLink appends the steps that a link is.
func appendLink(out []Step, l *Link, by map[string]Object) []Step {
	from, here := by[l.From]
	to, there := by[l.To]
	if !here || !there {
		return out
	}
	for i := range Rules {
		r := &Rules[i]
		if r.STIX != l.STIX {
			continue
		}
		a, b := from, to
		if r.Back {
			a, b = to, from
		}
		target := b.Thing
		if b.Is.Kind != "" {
			target = b.Is
		}
		if slices.Contains(r.From, a.Kind) && slices.Contains(r.To, target.Kind) {
			out = append(out, Step{From: a.Thing, Relation: r.Relation, To: target, Evidence: Evidence{l.Position, l.Object}, Why: l.Why})
		}
	}
	return out
}
