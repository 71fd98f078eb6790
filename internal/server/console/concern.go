package console

import (
	"cmp"
	"strconv"
	"strings"

	"countersign.dev/internal/impact/concern"
	"countersign.dev/internal/node"
)

// concernView is whom something concerns, drawn and as a table.
type concernView struct {
	Organisations []concernedView
	Systems       int
	Cut           bool
	Drawing       *blast // nil when nobody is concerned
	Tell          string // address of the page on which all are told; "" for readers
}

// concernedView is one organisation with the ways to it.
type concernedView struct {
	node.ConcernedOrganisation
	Title string
	Ways  []wayView
	More  int // ways that are not shown
}

// wayView is one way, step by step.
type wayView struct {
	First concern.Thing
	Steps []wayStep
}

type wayStep struct {
	concern.Step
	Link string // of what it rests on; "" for none
	Rest string // what that is called
}

// mostWays is how many ways to one organisation are shown.
const mostWays = 6

// concernOf makes the view of an answer.
func concernOf(c *node.Concern, subject string, m Moment, mayWrite bool) concernView {
	v := concernView{Systems: len(c.Systems), Cut: c.Cut, Drawing: drawConcern(c, m)}
	for _, o := range c.Organisations {
		one := concernedView{ConcernedOrganisation: o, Title: cmp.Or(o.Name, ownName(o.Organisation), "Systems of which nobody says whose they are")}
		for i, p := range o.Paths {
			if i == mostWays {
				one.More = len(o.Paths) - i
				break
			}
			one.Ways = append(one.Ways, wayOf(p, m))
		}
		v.Organisations = append(v.Organisations, one)
	}
	if mayWrite && len(c.Organisations) > 0 {
		v.Tell = m.Link("/notices/tell", "subject", subject)
	}
	return v
}

func wayOf(p concern.Path, m Moment) wayView {
	var v wayView
	if len(p) > 0 {
		v.First = p[0].From
	}
	for _, s := range p {
		one := wayStep{Step: s}
		switch {
		case s.Evidence.Object != "":
			one.Rest = s.Evidence.Object
		case s.Evidence.Position > 0:
			one.Rest = "#" + strconv.FormatInt(s.Evidence.Position, 10)
			one.Link = m.Link("/documents/" + strconv.FormatInt(s.Evidence.Position, 10))
		}
		v.Steps = append(v.Steps, one)
	}
	return v
}

// drawConcern draws the ways to organisations: what is as far from the beginning
// stands in one column, and organisations in the last.
func drawConcern(c *node.Concern, m Moment) *blast {
	column := map[string]int{}
	most := 0
	each := func(visit func(o *node.ConcernedOrganisation, p concern.Path)) {
		for i := range c.Organisations {
			for _, p := range c.Organisations[i].Paths {
				if len(p) > 0 {
					visit(&c.Organisations[i], p)
				}
			}
		}
	}
	each(func(_ *node.ConcernedOrganisation, p concern.Path) {
		at := 0
		for _, s := range p {
			if drawn(s.To) {
				at++
				k := thingKey(s.To)
				column[k] = max(column[k], at)
				most = max(most, at)
			}
		}
	})
	if most == 0 {
		return nil
	}
	d := newDrawing(most + 2)
	each(func(o *node.ConcernedOrganisation, p concern.Path) {
		from := d.thing(0, p[0].From, m)
		for i, s := range p {
			if !drawn(s.To) {
				continue
			}
			to := d.thing(column[thingKey(s.To)], s.To, m)
			if to != nil && i > 0 && s.From.Kind == concern.Asset {
				to.Says = cmp.Or(s.From.Name, ownName(s.From.ID))
			}
			d.join(from, to)
			from = to
		}
		name := cmp.Or(o.Name, ownName(o.Organisation), "nobody says whose")
		d.join(from, d.node(most+1, o.Organisation, mostBlastSystems, blastNode{Name: name, Says: plural(o.Systems, "system"), Tone: "deny"}))
	})
	return d.finish(nil)
}

// drawn reports whether a thing has a place of its own in the drawing: assets
// are named on their systems, and organisations stand behind all.
func drawn(t concern.Thing) bool { return t.Kind != concern.Organisation && t.Kind != concern.Asset }

func thingKey(t concern.Thing) string { return string(t.Kind) + " " + t.ID }

// thing is the node of a thing in a column.
func (d *drawing) thing(column int, t concern.Thing, m Moment) *blastNode {
	n := blastNode{Name: cmp.Or(t.Name, ownName(t.ID)), Says: words(string(t.Kind)), Whole: t.ID, Tone: "none"}
	switch t.Kind {
	case concern.Weakness:
		n.Link = m.Link("/advisory", "id", t.ID)
	case concern.Package:
		n.Name = packageName(t.ID)
		if strings.HasPrefix(t.ID, "pkg:") {
			n.Link = m.Link("/component", "purl", t.ID)
		}
	case concern.Release:
		n.Link = m.Link("/release", "subject", t.ID)
	}
	if column == 0 {
		n.Tone = "deny"
	}
	return d.node(column, thingKey(t), mostBlastReleases, n)
}
