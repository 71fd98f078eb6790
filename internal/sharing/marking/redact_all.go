package marking

import (
	"encoding/json"
	"strings"

	"countersign.dev/internal/problem"
)

// Redacted is what of some objects may be given on.
type Redacted struct {
	Objects [][]byte          // as they were
	Derived [][]byte          // in place of others
	Links   [][]byte          // from what the derived ones are derived, which names the originals
	Dropped map[string]string // ids of what is left out, with why
}

// RedactAll redacts objects that refer to each other. One that may go on wholly
// goes as it is, unless it refers to one that may not. References lead to what is
// derived in place of their target, and are taken out where nothing is. An object
// that is not whole without what was taken out is dropped, and so on, until
// nothing changes.
func RedactAll(objects [][]byte, r Redaction, whole func(object []byte) error) (*Redacted, error) {
	w := &redacting{r: r, whole: whole, bodies: map[string][]byte{}, made: map[string]string{}, derived: map[string][2][]byte{}, dropped: map[string]string{}}
	for _, b := range objects {
		if err := w.begin(b); err != nil {
			return nil, err
		}
	}
	for changed := true; changed; {
		changed = false
		for _, id := range w.order {
			more, err := w.settle(id)
			if err != nil {
				return nil, err
			}
			changed = changed || more
		}
	}
	out := &Redacted{Dropped: w.dropped}
	for _, id := range w.order {
		switch {
		case w.dropped[id] != "":
		case w.made[id] == "":
			out.Objects = append(out.Objects, w.bodies[id])
		default:
			out.Derived, out.Links = append(out.Derived, w.derived[id][0]), append(out.Links, w.derived[id][1])
		}
	}
	return out, nil
}

// redacting is a redaction under way.
type redacting struct {
	r       Redaction
	whole   func([]byte) error
	order   []string
	bodies  map[string][]byte
	made    map[string]string // ids of what is derived, by those of the originals
	derived map[string][2][]byte
	dropped map[string]string
}

// begin takes an object in, and judges it by itself.
func (w *redacting) begin(b []byte) error {
	var h struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}
	if err := json.Unmarshal(b, &h); err != nil || h.ID == "" {
		return problem.New(problem.Invalid, "not an object with an id: %.100s", b)
	}
	if w.bodies[h.ID] != nil {
		return problem.New(problem.Invalid, "%s: there are two versions of it; give the one that counts", h.ID)
	}
	w.order, w.bodies[h.ID] = append(w.order, h.ID), b
	m, err := Read(b, w.r.Lookup)
	if err != nil {
		return err
	}
	if h.Type != "marking-definition" && !w.r.fits(m) {
		w.made[h.ID] = w.r.ID(h.Type)
	}
	return nil
}

// settle works an object out by what is known of the others, and reports whether
// that changed what becomes of it.
func (w *redacting) settle(id string) (changed bool, err error) {
	if w.dropped[id] != "" {
		return false, nil
	}
	if w.made[id] == "" {
		if !w.leads(id) {
			return false, nil
		}
		w.made[id] = w.r.ID(typeOf(id))
		changed = true
	}
	r := w.r
	r.Refer = w.refer
	derived, link, err := Redact(w.bodies[id], w.made[id], r)
	if err == nil {
		err = w.whole(derived)
	}
	if err != nil {
		w.dropped[id] = problem.Message(err)
		return true, nil
	}
	w.derived[id] = [2][]byte{derived, link}
	return changed, nil
}

// refer is where a reference leads after all.
func (w *redacting) refer(id string) (string, bool) {
	switch {
	case w.dropped[id] != "":
		return "", false
	case w.made[id] != "":
		return w.made[id], true
	}
	return id, true
}

// leads reports whether an object refers to one that does not go on as it is.
func (w *redacting) leads(id string) (found bool) {
	tree, err := decode(w.bodies[id])
	if err != nil {
		return false
	}
	r := Redaction{Refer: func(to string) (string, bool) {
		found = found || w.dropped[to] != "" || w.made[to] != ""
		return to, true
	}}
	r.refer(tree)
	return found
}

func typeOf(id string) string {
	kind, _, _ := strings.Cut(id, "--")
	return kind
}

// Held is the marking definitions among some objects.
func Held(objects [][]byte) Lookup {
	held := map[string][]byte{}
	for _, b := range objects {
		var h struct {
			Type string `json:"type"`
			ID   string `json:"id"`
		}
		if json.Unmarshal(b, &h) == nil && h.Type == "marking-definition" {
			held[h.ID] = b
		}
	}
	return func(id string) []byte { return held[id] }
}
