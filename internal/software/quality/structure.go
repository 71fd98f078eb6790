package quality

import "fmt"

// structure says whether the bill's parts hold together.
func (s *sheet) structure() StructureReport {
	g := s.graph
	r := StructureReport{
		Relations: g.relations, Dangling: g.dangling, Flat: !g.deep && len(s.counted) > 2 || g.arrows == 0 && len(s.counted) > 1,
		Broken: len(s.bill.Broken), Faults: []Fault{},
	}
	if s.bill.RootComponent() != nil {
		root := s.place(s.bill.Root, "")
		r.Root = &root
		r.Depth, r.Reached = g.levels(s.bill.Root)
	}
	r.BrokenAt = s.bill.Broken[:min(len(s.bill.Broken), s.env.Places)]
	s.orphans(&r)
	s.duplicates(&r)
	r.faults(len(s.counted), g.arrows)
	return r
}

// orphans counts components that are in no relation. The root is none, nor is
// anything where the bill has no relations at all: that is another fault.
func (s *sheet) orphans(r *StructureReport) {
	if s.graph.arrows == 0 {
		return
	}
	for _, i := range s.counted {
		if int(i) == s.bill.Root || s.graph.related(int(i)) {
			continue
		}
		if r.Orphans++; len(r.OrphansAt) < s.env.Places {
			r.OrphansAt = append(r.OrphansAt, s.place(int(i), ""))
		}
	}
}

// names is what two components without purls have in common when they are the
// same thing.
type names struct{ kind, group, name, version string }

// duplicates counts components that repeat the reference of one before, which
// makes relations to it mean two things, or its purl, or all of its names.
func (s *sheet) duplicates(r *StructureReport) {
	n := len(s.bill.Components)
	refs, purls, others := make(map[string]struct{}, n), make(map[string]struct{}, n), map[names]struct{}{}
	for i := range s.bill.Components {
		c := &s.bill.Components[i]
		repeats := c.Ref != "" && !added(refs, c.Ref)
		why := "its reference is another's too"
		if !repeats {
			repeats = c.PURL != "" && !added(purls, c.PURL) ||
				c.PURL == "" && c.Name != "" && !added(others, names{c.Type, c.Group, c.Name, c.Version})
			why = "it is listed before"
		}
		if !repeats {
			continue
		}
		if r.Duplicates++; len(r.RepeatedAt) < s.env.Places {
			r.RepeatedAt = append(r.RepeatedAt, s.place(i, why))
		}
	}
}

// added puts a key into a set and reports whether it is new there.
func added[K comparable](set map[K]struct{}, key K) bool {
	before := len(set)
	set[key] = struct{}{}
	return len(set) > before
}

// counted is a number of things, in the form that the number wants.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// The points that faults of structure cost, of 100. Their sum may be more.
const (
	costNoRoot      = 25
	costNoRelations = 40
	costFlat        = 10
	costDangling    = 20
	costOrphans     = 20 // when more than a tenth are
	costDuplicates  = 5  // when more than a tenth are
	costBroken      = 25
)

// faults names what is wrong, and grades by it. joined is how many relations
// and nestings join two components.
func (r *StructureReport) faults(components, joined int) {
	points := 100
	add := func(cost int, what, mend string) {
		points -= cost
		r.Faults = append(r.Faults, Fault{what, mend})
	}
	some := func(n, cost int) int {
		if n*10 > components {
			return cost
		}
		return min(cost, 5)
	}
	if components == 0 {
		points = 0
		r.Faults = append(r.Faults, Fault{"it lists no component", "make the bill of what is built or installed, not of an empty folder"})
	}
	if r.Root == nil {
		add(costNoRoot, "it does not say what it is about", "name the release: metadata.component in CycloneDX, DESCRIBES in SPDX 2, rootElement in SPDX 3")
	}
	switch {
	case joined == 0 && components > 1:
		add(costNoRelations, "nothing in it is related to anything", "let the generator write dependencies; without them nobody sees what a component is there for")
	case r.Flat:
		add(costFlat, "its relations have one level only", "state the dependencies of dependencies")
	}
	if r.Dangling > 0 {
		add(costDangling, counted(r.Dangling, "relation leads", "relations lead")+" to what it does not list", "list what is referred to, or drop the relation")
	}
	if r.Orphans > 0 {
		add(some(r.Orphans, costOrphans), counted(r.Orphans, "component is", "components are")+" in no relation", "relate them to what contains or needs them")
	}
	if r.Duplicates > 0 {
		add(some(r.Duplicates, costDuplicates), counted(r.Duplicates, "component repeats another", "components repeat others"), "give each reference once, and each component once unless its instances differ")
	}
	if r.Broken > 0 {
		add(costBroken, counted(r.Broken, "part", "parts")+" of it could not be read", "see the places, and validate the bill against the schema of its format")
	}
	r.Grade = gradeOf(float64(max(points, 0)))
}
