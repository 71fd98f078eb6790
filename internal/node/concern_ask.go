package node

import (
	"context"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/inventory"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing/observable"
)

// Concern is whom something concerns, and by which ways, as far as a reader may
// see them.
type Concern struct {
	Organisations []ConcernedOrganisation `json:"organisations"` // with most systems first
	Systems       []ConcernedSystem       `json:"systems"`       // nearest first
	Cut           bool                    `json:"cut,omitempty"` // there is more than is told

	kind string // of the subject
}

// ConcernedOrganisation is an organisation that has to know.
type ConcernedOrganisation struct {
	Organisation string         `json:"organisation"` // id, as inventories call it; "" for systems of which nobody says whose they are
	Name         string         `json:"name,omitempty"`
	Systems      int            `json:"systems"`
	Paths        []concern.Path `json:"paths"` // the shortest to each of its systems, or to itself
}

// ConcernedSystem is a system, with the ways to it.
type ConcernedSystem struct {
	ID           string                `json:"id"`
	Name         string                `json:"name,omitempty"`
	Organisation string                `json:"organisation,omitempty"`
	Criticality  inventory.Criticality `json:"criticality,omitempty"`
	Paths        []concern.Path        `json:"paths"` // the shortest first
}

// The limits of what is told of whom something concerns.
const (
	maxConcernedSystems = 5000
	maxConcernedPaths   = 20 // of one organisation
)

// Concerned is whom a subject concerns: organisations with most systems first. Who
// tells a reader of it discloses what is shared, see [Node.discloseWays].
func (n *Node) Concerned(ctx context.Context, ask access.Ask, subject string) (*Concern, error) {
	return n.concernedUpTo(ctx, ask, subject, maxConcernedSystems)
}

// concernedUpTo is Concerned with at most so many systems.
func (n *Node) concernedUpTo(ctx context.Context, ask access.Ask, subject string, most int) (*Concern, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	if subject, err = checkImpactSubject(subject); err != nil {
		return nil, err
	}
	shared := &sharedGraph{n: n, ask: ask, objects: map[string]*concern.Object{}}
	from, kind, err := n.beginnings(ctx, ask, shared, subject)
	if err != nil {
		return nil, err
	}
	sources := []concern.Source{&operated{n: n, ask: ask, loose: map[string]bool{subject: true}, done: map[string]bool{}}, &concern.Shared{Graph: shared}}
	found, err := concern.Walk(ctx, from, sources, concern.Limits{})
	if err != nil {
		return nil, err
	}
	out, err := n.concernOf(ctx, ask, found, most)
	if err == nil {
		out.kind = kind
	}
	return out, err
}

// checkImpactSubject is a subject without spaces around it.
func checkImpactSubject(subject string) (string, error) {
	subject = strings.TrimSpace(subject)
	if subject == "" || len(subject) > maxScreened {
		return "", problem.New(problem.Invalid, "the subject is %d bytes long: want 1 to %d: a weakness's id, a purl, the name of a supplier or product, an address or digest, or the id of what is shared", len(subject), maxScreened)
	}
	return subject, nil
}

// beginnings is what a subject means, and of which kind it is.
func (n *Node) beginnings(ctx context.Context, ask access.Ask, shared *sharedGraph, subject string) ([]concern.Thing, string, error) {
	if sharedForm.MatchString(subject) {
		return shared.ofID(ctx, subject)
	}
	for prefix, kind := range map[string]concern.Kind{"system:": concern.System, "asset:": concern.Asset} {
		if strings.HasPrefix(subject, prefix) {
			return []concern.Thing{{Kind: kind, ID: subject}}, string(kind), nil
		}
	}
	if strings.HasPrefix(subject, "pkg:") {
		// A package that others contain, and a release that is called so itself.
		return []concern.Thing{{Kind: concern.Package, ID: subject}, {Kind: concern.Software, ID: subject}}, "package", nil
	}
	named, err := shared.sharedNamed(ctx, subject)
	if err != nil {
		return nil, "", err
	}
	known, err := n.isAdvisory(ctx, ask, subject)
	switch {
	case err != nil:
		return nil, "", err
	case known:
		return append(named, concern.Thing{Kind: concern.Weakness, ID: subject}), "weakness", nil
	case isWeakness(subject) && len(named) > 0:
		return named, "vulnerability", nil
	case isWeakness(subject):
		return nil, "", noAdvisory(subject)
	}
	kind := "release"
	if len(named) > 0 {
		kind = string(named[0].Kind)
	}
	if v, ok := observable.ParseQuery(subject); ok && slices.Contains(valueKinds, v.Kind) {
		kind, named = "value", append(named, concern.Thing{Kind: concern.Value, ID: v.String(), Name: v.Text})
	}
	return append(named, concern.Thing{Kind: concern.Software, ID: subject}, concern.Thing{Kind: concern.Supplier, ID: subject}), kind, nil
}

// valueKinds are the kinds of values that are asked about.
var valueKinds = []observable.Kind{
	observable.IPv4, observable.IPv6, observable.Domain, observable.URL, observable.Email, observable.MD5, observable.SHA1, observable.SHA256, observable.SHA512, observable.MAC,
}

// isWeakness reports whether a subject is written as ids of weaknesses are.
func isWeakness(subject string) bool {
	upper := strings.ToUpper(subject)
	return slices.ContainsFunc(weaknessForms, func(f string) bool { return strings.HasPrefix(upper, f) })
}

func noAdvisory(subject string) error {
	return problem.New(problem.NotFound, "no advisory about %s is held, so nobody can say whom it concerns; import one, or ask for the package by its purl", subject)
}

// concernOf joins what a walk reached with what inventories say of it.
func (n *Node) concernOf(ctx context.Context, ask access.Ask, found *concern.Answer, most int) (*Concern, error) {
	out := &Concern{Organisations: []ConcernedOrganisation{}, Systems: []ConcernedSystem{}, Cut: found.Cut}
	ids := make([]string, len(found.Systems))
	for i := range found.Systems {
		ids[i] = found.Systems[i].ID
	}
	facts, err := n.Ledger.Said(ctx, ask, []string{inventory.FactSystem}, ids...)
	if err != nil {
		return nil, err
	}
	systems := inventory.Systems(facts, ask.At)
	of := map[string]*ConcernedOrganisation{}
	for i := range found.Systems {
		r := &found.Systems[i]
		s := systems[r.ID]
		o := of[s.Organisation]
		if o == nil {
			o = &ConcernedOrganisation{Organisation: s.Organisation, Paths: []concern.Path{}}
			of[s.Organisation] = o
		}
		if o.Systems++; len(o.Paths) < maxConcernedPaths {
			o.Paths = append(o.Paths, r.Paths[0])
		}
		if len(out.Systems) == most {
			out.Cut = true
			continue
		}
		out.Systems = append(out.Systems, ConcernedSystem{ID: r.ID, Name: s.Name, Organisation: s.Organisation, Criticality: s.Criticality, Paths: r.Paths})
	}
	for i := range found.Organisations {
		r := &found.Organisations[i]
		if o := of[r.ID]; o != nil {
			o.Name = r.Name
		} else {
			of[r.ID] = &ConcernedOrganisation{Organisation: r.ID, Name: r.Name, Paths: r.Paths}
		}
	}
	for _, o := range of {
		out.Organisations = append(out.Organisations, *o)
	}
	slices.SortFunc(out.Organisations, func(a, b ConcernedOrganisation) int {
		if a.Systems != b.Systems {
			return b.Systems - a.Systems
		}
		return strings.Compare(a.Organisation, b.Organisation)
	})
	return out, nil
}

// paths is all ways that an answer tells.
func (c *Concern) paths() (out []concern.Path) {
	for i := range c.Organisations {
		out = append(out, c.Organisations[i].Paths...)
	}
	for i := range c.Systems {
		out = append(out, c.Systems[i].Paths...)
	}
	return out
}

// WholeImpact is an impact with whom the subject concerns.
type WholeImpact struct {
	Impact
	Concern
}

// softwareKinds are the subjects that [Node.Impact] itself tells apart.
var softwareKinds = []string{"weakness", "package", "release"}

// ImpactWhole is [Node.Impact] with whom the subject concerns. Of a subject that
// is no software it has no releases.
func (n *Node) ImpactWhole(ctx context.Context, ask access.Ask, subject string, offset, limit int) (*WholeImpact, error) {
	ask, err := n.Ledger.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	of, err := n.Concerned(ctx, ask, subject)
	if err == nil {
		err = n.discloseWays(ctx, ask, of.paths())
	}
	if err != nil {
		return nil, err
	}
	out := &WholeImpact{Concern: *of}
	if !slices.Contains(softwareKinds, of.kind) {
		out.Impact = *emptyImpact(ask, strings.TrimSpace(subject))
		out.Kind = of.kind
		return out, nil
	}
	found, err := n.Impact(ctx, ask, subject, offset, limit)
	if err != nil {
		return nil, err
	}
	out.Impact = *found
	return out, nil
}
