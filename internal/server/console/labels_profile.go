package console

import (
	"slices"

	"countersign.dev/internal/assurance/catalogue"
	"countersign.dev/internal/label"
	"countersign.dev/internal/problem"
)

// criteria is what a scheme asks at a tier, in the order of its profile.
type criteria struct {
	profile *catalogue.Profile
	groups  []criteriaGroup
	facts   []catalogue.Fact // that it depends on, each once
}

// criteriaGroup is the controls below one head of a catalogue.
type criteriaGroup struct {
	Title    string
	Controls []catalogue.Selected // without heads: those follow from what is below them
}

// criteriaOf is what a scheme asks. Of a tier that the scheme does not have it
// is what the highest asks, so that a form can be filled in before one is chosen.
func criteriaOf(set *catalogue.Set, s *label.Scheme, tier int) (*criteria, error) {
	p := set.Profile(s.Profile)
	if p == nil {
		return nil, problem.New(problem.NotFound, "scheme %s: no profile %q", s.ID, s.Profile)
	}
	if tier < 1 || tier > s.Tiers {
		tier = s.Tiers
	}
	asked, err := p.Select(set, tier)
	if err != nil {
		return nil, err
	}
	c := &criteria{profile: p}
	heads := map[string]bool{}
	for i := range asked {
		for up := asked[i].Control.Parent; up != ""; up = asked[i].Catalogue.Control(up).Parent {
			heads[asked[i].Catalogue.ID+"/"+up] = true
		}
	}
	for i := range asked {
		c.add(&asked[i], heads[asked[i].Ref()])
	}
	return c, nil
}

// add takes in a control: the facts that it depends on, and unless it is a head,
// itself in the group of its uppermost head.
func (c *criteria) add(s *catalogue.Selected, head bool) {
	title, top := s.Catalogue.Title, s.Control
	for up := s.Catalogue.Control(top.Parent); up != nil; up = s.Catalogue.Control(up.Parent) {
		c.depends(s.Catalogue.When(up))
		top = up
	}
	c.depends(s.When)
	if head {
		return
	}
	if top != s.Control {
		title = top.Title
	}
	if n := len(c.groups); n == 0 || c.groups[n-1].Title != title {
		c.groups = append(c.groups, criteriaGroup{Title: title})
	}
	g := &c.groups[len(c.groups)-1]
	g.Controls = append(g.Controls, *s)
}

func (c *criteria) depends(facts []catalogue.Fact) {
	for _, f := range facts {
		if !slices.ContainsFunc(c.facts, func(g catalogue.Fact) bool { return g.Key == f.Key }) {
			c.facts = append(c.facts, f)
		}
	}
}

// controls is every control that can be declared, by its ref.
func (c *criteria) controls() map[string]bool {
	out := map[string]bool{}
	for _, g := range c.groups {
		for i := range g.Controls {
			out[g.Controls[i].Ref()] = true
		}
	}
	return out
}
