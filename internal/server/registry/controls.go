package registry

import (
	"net/http"

	"countersign.dev/internal/assurance/catalogue"
)

// controlsView is every control of a label, by catalogue.
type controlsView struct {
	*subject
	Sections []section
	Unknown  int // that were neither met nor missed, and not asked for
}

// section is the controls of one catalogue.
type section struct {
	Catalogue *catalogue.Catalogue
	Controls  []judged
}

// judged is a control and how it came out.
type judged struct {
	*catalogue.Control
	Status string // "met", "not met" or "not applicable"
	Class  string
	Depth  int // below its head
}

func (r *Registry) controls(w http.ResponseWriter, req *http.Request) error {
	id, done, err := idOf(w, req)
	if done || err != nil {
		return notAnID(err)
	}
	m, err := r.moment(req)
	if err != nil {
		return err
	}
	s, err := r.subject(req, id, m, "controls")
	if err != nil {
		return err
	}
	said, err := r.saidBy(req, s)
	if err != nil {
		return err
	}
	v := &controlsView{subject: s, Unknown: s.State.Terms.Controls.Unknown}
	status := map[string]judged{}
	for _, refs := range []struct {
		of          []string
		word, class string
	}{{said.Met, "met", "met"}, {said.NotMet, "not met", "not-met"}, {said.NotApplicable, "not applicable", "not-applicable"}} {
		for _, ref := range refs.of {
			status[ref] = judged{Status: refs.word, Class: refs.class}
		}
	}
	for _, c := range said.criteria.Catalogues() {
		if of := sectionOf(c, status); len(of.Controls) > 0 {
			v.Sections = append(v.Sections, of)
		}
	}
	return r.show(w, req, "controls", "What was checked: "+s.Product, m, v)
}

// sectionOf is the controls of a catalogue that have a status, in its order.
func sectionOf(c *catalogue.Catalogue, status map[string]judged) section {
	out := section{Catalogue: c}
	depth := map[string]int{}
	for i := range c.Controls {
		ctl := &c.Controls[i]
		if ctl.Parent != "" {
			depth[ctl.ID] = depth[ctl.Parent] + 1
		}
		if j, ok := status[c.ID+"/"+ctl.ID]; ok {
			j.Control, j.Depth = ctl, min(depth[ctl.ID], 3)
			out.Controls = append(out.Controls, j)
		}
	}
	return out
}
