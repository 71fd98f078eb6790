package registry

import (
	"fmt"
	"net/http"
	"strconv"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// eventOf is the public event of a label that a request means: by its sequence,
// or the last one that counts for the moment when that is "".
func (r *Registry) eventOf(req *http.Request, id, sequence string, m Moment) (*node.LabelEvent, error) {
	events, err := r.labels.LabelHistory(req.Context(), m.ask(), id)
	if err != nil {
		return nil, err
	}
	if sequence == "" {
		return &events[len(events)-1], nil
	}
	n, err := strconv.Atoi(sequence)
	if err != nil || n < 1 {
		return nil, problem.New(problem.Invalid, "event: want its number, from 1")
	}
	for i := range events {
		if events[i].Sequence == n {
			return &events[i], nil
		}
	}
	return nil, problem.New(problem.NotFound, "label %s has no public event %d", id, n)
}

// proof serves the inclusion proof of an event in the log, in the form of
// c2sp.org/tlog-proof.
func (r *Registry) proof(w http.ResponseWriter, req *http.Request) error {
	id, done, err := idOf(w, req)
	if done || err != nil {
		return notAnID(err)
	}
	m, err := r.moment(req)
	if err != nil {
		return err
	}
	e, err := r.eventOf(req, id, req.URL.Query().Get("event"), m)
	if err != nil {
		return err
	}
	// Where a document is in the log does not depend on the day.
	b, err := r.labels.Prove(req.Context(), Moment{}.ask(), e.Position)
	if err != nil {
		return err
	}
	attach(w, fmt.Sprintf("label-%s-event-%d.tlog-proof", id, e.Sequence))
	sendOpen(w, req, "text/plain; charset=utf-8", b)
	return nil
}

// event serves an event's document, whose bytes are the entry of the log.
func (r *Registry) event(w http.ResponseWriter, req *http.Request) error {
	id, done, err := idOf(w, req)
	if done || err != nil {
		return notAnID(err)
	}
	e, err := r.eventOf(req, id, req.PathValue("event"), r.today())
	if err != nil {
		return err
	}
	b, err := r.labels.Body(req.Context(), Moment{}.ask(), e.Position)
	if err != nil {
		return err
	}
	attach(w, fmt.Sprintf("label-%s-event-%d.json", id, e.Sequence))
	sendOpen(w, req, "application/json", b)
	return nil
}

// evidence serves a document that a public event of the label names, when
// everybody may read it.
func (r *Registry) evidence(w http.ResponseWriter, req *http.Request) error {
	id, done, err := idOf(w, req)
	if done || err != nil {
		return notAnID(err)
	}
	none := problem.New(problem.NotFound, "label %s rests on no such document that everybody may read", id)
	position, err := strconv.ParseInt(req.PathValue("position"), 10, 64)
	if err != nil || position < 1 {
		return none
	}
	events, err := r.labels.LabelHistory(req.Context(), Moment{}.ask(), id)
	if err != nil {
		return err
	}
	if !names(events, position) {
		return none
	}
	ask := access.Ask{At: access.At{Position: access.Now}}
	entry, err := r.labels.Document(req.Context(), ask, position)
	if problem.KindOf(err) == problem.NotFound && err != nil {
		return none
	} else if err != nil {
		return err
	}
	b, err := r.labels.Body(req.Context(), ask, position)
	if err != nil {
		return err
	}
	attach(w, fmt.Sprintf("document-%d%s", position, extension(entry.Name)))
	// It is somebody else's file: for saving, and shown by no browser.
	send(w, req, "application/octet-stream", b)
	return nil
}

func names(events []node.LabelEvent, position int64) bool {
	for _, e := range events {
		for _, from := range e.From {
			if from.Position == position {
				return true
			}
		}
	}
	return false
}

// extension is the end of a file's name, when it is a plain one.
func extension(name string) string {
	for i := len(name) - 1; i >= 0 && len(name)-i <= 8; i-- {
		c := name[i]
		if c == '.' {
			return name[i:]
		}
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			break
		}
	}
	return ""
}
