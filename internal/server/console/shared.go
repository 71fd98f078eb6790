package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/sharing"
)

// sharedView is the page of one shared object.
type sharedView struct {
	sharedRow
	Held   *node.SharedObject
	Place  string // title of the collection
	Whole  string // the object's JSON
	Impact string // address of the page of whom it concerns
	Source string // address of the envelope; "" for who may not see that

	Drawing *blast
	Edges   []sharedEdge
	More    bool
	Moments []sharedMoment

	Mine       bool // the reader's organisation shared it
	Recipients []sharing.Disclosure
}

// sharedEdge is what leads from one object to another.
type sharedEdge struct {
	From, To sharedEnd
	Label    string
}

type sharedEnd struct{ Title, Type, Link string }

type sharedMoment struct {
	node.SharedMoment
	Title, Link string
}

// mostAround is how many objects next to one are shown.
const mostAround = 60

// sharedObject shows an object that the reader may see.
func (c *Console) sharedObject(w http.ResponseWriter, r *http.Request) error {
	id := strings.TrimSpace(r.URL.Query().Get("id"))
	ctx, ask := sharingBy(r)
	o, err := c.questions.SharedObject(ctx, ask, id)
	if err != nil {
		return err
	}
	v := sharedView{sharedRow: sharedRowOf(o.SharedHit), Held: o, Impact: Moment{}.Link("/impact", "subject", id)}
	titles, err := c.collectionTitles(ctx, ask)
	if err != nil {
		return err
	}
	v.Place = cmp.Or(titles[o.Community+"/"+o.Collection], o.Collection)
	var whole bytes.Buffer
	if err := json.Indent(&whole, o.Object, "", "  "); err != nil {
		return err
	}
	v.Whole = whole.String()
	m := c.present()
	switch _, err := c.questions.Document(ctx, m.ask(r), o.Document); {
	case err == nil:
		v.Source = m.Link("/documents/" + strconv.FormatInt(o.Document, 10))
	case problem.KindOf(err) != problem.NotFound:
		return err
	}
	if err := c.around(r, &v, id); err != nil {
		return err
	}
	v.Recipients, err = c.questions.SharedRecipients(ctx, ask, id)
	switch {
	case err == nil:
		v.Mine = true
		v.Recipients = slices.DeleteFunc(v.Recipients, hadBefore)
	case problem.KindOf(err) != problem.NotFound:
		return err
	}
	return c.show(w, r, m, "shared", v.Title, v)
}

// hadBefore reports whether a version was given to nobody but the organisation that
// shared it. Who belongs to others too has to be told when it is taken back.
func hadBefore(d sharing.Disclosure) bool {
	return len(d.Organisations) > 0 && !slices.ContainsFunc(d.Organisations, func(o string) bool { return o != d.Source })
}

// around fills in what is next to an object, and what happened when.
func (c *Console) around(r *http.Request, v *sharedView, id string) error {
	ctx, ask := sharingBy(r)
	g, err := c.questions.SharedAround(ctx, ask, id, 1, mostAround)
	if err != nil {
		return err
	}
	v.More = g.More
	v.Drawing, v.Edges = drawAround(g)
	moments, err := c.questions.SharedTimeline(ctx, ask, id)
	for _, m := range moments {
		v.Moments = append(v.Moments, sharedMoment{m, cmp.Or(m.Name, m.ID), sharedLink(m.ID)})
	}
	return err
}

// drawAround draws an object with what refers to it before it, and what it refers
// to behind it.
func drawAround(g *node.SharedGraph) (*blast, []sharedEdge) {
	if len(g.Edges) == 0 {
		return nil, nil
	}
	named := map[string]node.SharedNode{}
	for _, n := range g.Nodes {
		named[n.ID] = n
	}
	end := func(id string) sharedEnd {
		n := named[id]
		return sharedEnd{cmp.Or(n.Name, id), n.Type, sharedLink(id)}
	}
	d := newDrawing(3)
	drawn := func(column int, id, label, tone string) *blastNode {
		e := end(id)
		return d.node(column, id, mostBlastSystems, blastNode{Name: e.Title, Says: strings.TrimPrefix(label+": "+e.Type, ": "), Whole: e.Title + " (" + id + ")", Link: e.Link, Tone: tone})
	}
	middle := g.Nodes[0].ID
	at := drawn(1, middle, "", "stayed")
	var edges []sharedEdge
	for _, e := range g.Edges {
		edges = append(edges, sharedEdge{end(e.Source), end(e.Target), words(e.Label)})
		switch {
		case e.Source == e.Target:
		case e.Source == middle:
			d.join(at, drawn(2, e.Target, words(e.Label), "none"))
		case e.Target == middle:
			d.join(drawn(0, e.Source, words(e.Label), "none"), at)
		}
	}
	return d.finish([]string{"Refers to it", "", "It refers to"}), edges
}
