package assessment

import (
	"slices"

	"countersign.dev/internal/assurance/catalogue"
)

// plan is the controls that are asked for, each with what is below it.
type plan struct {
	controls  []planned
	index     map[string]int // place by ref
	headsLast []int          // heads, each after those below it
}

// planned is one control of a plan.
type planned struct {
	asked *catalogue.Selected
	when  []catalogue.Fact // all must be so for it to apply, those of its heads among them
	below []int            // the nearest controls below it that are asked for
	group Group
}

func newPlan(asked []catalogue.Selected) *plan {
	p := &plan{controls: make([]planned, len(asked)), index: make(map[string]int, len(asked))}
	for i := range asked {
		p.index[asked[i].Ref()] = i
	}
	depths := make([]int, len(asked))
	for i := range asked {
		s := &asked[i]
		c := &p.controls[i]
		c.asked, c.when = s, slices.Clip(s.When)
		c.group = Group{Ref: s.Catalogue.ID, Title: s.Catalogue.Title}
		nearest := true
		for head := s.Catalogue.Control(s.Control.Parent); head != nil; head = s.Catalogue.Control(head.Parent) {
			depths[i]++
			c.group = Group{Ref: s.Catalogue.ID + "/" + head.ID, Title: head.Title}
			at, ok := p.index[s.Catalogue.ID+"/"+head.ID]
			if !ok {
				c.when = append(c.when, s.Catalogue.When(head)...)
				continue
			}
			c.when = append(c.when, asked[at].When...)
			if nearest {
				p.controls[at].below = append(p.controls[at].below, i)
				nearest = false
			}
		}
		if s.Control.Parent == "" && s.Catalogue.Head(s.Control.ID) {
			c.group = Group{Ref: s.Ref(), Title: s.Control.Title}
		}
		c.when = distinct(c.when)
	}
	for i := range p.controls {
		if len(p.controls[i].below) > 0 {
			p.headsLast = append(p.headsLast, i)
		}
	}
	slices.SortStableFunc(p.headsLast, func(a, b int) int { return depths[b] - depths[a] })
	return p
}

// distinct is facts without those that come again.
func distinct(facts []catalogue.Fact) []catalogue.Fact {
	if len(facts) < 2 {
		return facts
	}
	var out []catalogue.Fact
	for _, f := range facts {
		if !slices.ContainsFunc(out, func(g catalogue.Fact) bool { return g.Key == f.Key }) {
			out = append(out, f)
		}
	}
	return out
}

// below is the outcomes below a head that decide it: what is only recommended
// decides nothing that is required.
func (p *plan) below(head int, outcomes []Outcome) []*Outcome {
	var out []*Outcome
	for _, i := range p.controls[head].below {
		if outcomes[i].Required || !outcomes[head].Required {
			out = append(out, &outcomes[i])
		}
	}
	return out
}
