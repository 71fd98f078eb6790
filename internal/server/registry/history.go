package registry

import (
	"net/http"
	"slices"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label"
	"countersign.dev/internal/node"
)

// historyView is what happened to a label.
type historyView struct {
	*subject
	Events []happening
	Drawn  *drawing
	Twice  bool // what was said on the days themselves is not what is known of them
}

// happening is one event with how one may verify it.
type happening struct {
	node.LabelEvent
	Number  int // in the drawing
	Late    bool
	By      string // who made it, or that no person did
	Rule    string // what the rule says
	Held    []evidenceView
	Counted bool // by the day that was asked for
}

// evidenceView is a document that an event rests on.
type evidenceView struct {
	label.Evidence
	Name     string
	Readable bool // everybody may read it
}

func (r *Registry) history(w http.ResponseWriter, req *http.Request) error {
	id, done, err := idOf(w, req)
	if done || err != nil {
		return notAnID(err)
	}
	m, err := r.moment(req)
	if err != nil {
		return err
	}
	s, err := r.subject(req, id, m, "history")
	if err != nil {
		return err
	}
	events, err := r.labels.LabelHistory(req.Context(), m.ask(), id)
	if err != nil {
		return err
	}
	v := &historyView{subject: s}
	for i, e := range events {
		h := happening{LabelEvent: e, Number: i + 1, Late: e.On < access.DateOf(e.Recorded), By: by(e.Event), Counted: e.On <= m.Day()}
		if e.Rule != "" {
			h.Rule = s.Rule(e.Rule)
		}
		for _, from := range e.From {
			h.Held = append(h.Held, r.evidenceOf(req, m, from))
		}
		v.Events = append(v.Events, h)
	}
	v.Drawn = draw(events, m, s.State.Terms.ValidUntil)
	v.Twice = v.Drawn.Said != nil
	slices.Reverse(v.Events)
	return r.show(w, req, "history", "History: "+s.Product, m, v)
}

// by tells who made an event, of whom everybody may know the organisation.
func by(e *label.Event) string {
	switch {
	case e.Role == "" && e.Organisation == "":
		return "a rule of the scheme, without a person"
	case e.Organisation == "" || e.Organisation == string(e.Role):
		return "the " + string(e.Role)
	case e.Role == "":
		return e.Organisation
	}
	return "the " + string(e.Role) + " (" + e.Organisation + ")"
}

// evidenceOf is a document that an event names, with a link where everybody may
// read it.
func (r *Registry) evidenceOf(req *http.Request, m Moment, from label.Evidence) evidenceView {
	v := evidenceView{Evidence: from, Name: from.Title}
	if from.Position > 0 {
		if e, err := r.labels.Document(req.Context(), m.ask(), from.Position); err == nil && e.Digest == from.Digest {
			v.Readable = e.Withdrawn == ""
			if v.Name == "" {
				v.Name = e.Source
			}
		}
	}
	if v.Name == "" {
		v.Name = "a document"
	}
	return v
}
