package registry

import (
	"fmt"
	"net/http"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
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

// tileHeight is that of the log's tiles, after c2sp.org/tlog-tiles.
const tileHeight = 8

// leaf serves an event's leaf of the log, which the proof proves: it names the
// digest of the event's document, and of what the ledger notes of it.
func (r *Registry) leaf(w http.ResponseWriter, req *http.Request) error {
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
	index := e.Position - 1
	// The narrowest tile that has it: wider ones may not be there yet.
	width := int(index%(1<<tileHeight)) + 1
	b, err := r.labels.Tile(req.Context(), ledger.TilePath(tlog.Tile{H: tileHeight, L: -1, N: index >> tileHeight, W: width}))
	if problem.KindOf(err) == problem.NotFound {
		return problem.New(problem.Unavailable, "event %d is not under a signed checkpoint yet; try again in a moment", e.Sequence)
	} else if err != nil {
		return err
	}
	leaves, err := ledger.ParseBundle(b)
	if err != nil {
		return err
	}
	if len(leaves) != width {
		return fmt.Errorf("tile of %d leaves has %d", width, len(leaves))
	}
	attach(w, fmt.Sprintf("label-%s-event-%d.leaf.json", id, e.Sequence))
	sendOpen(w, req, "application/json", leaves[width-1])
	return nil
}

// event serves an event's document, whose digest is in the log.
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
	if problem.KindOf(err) == problem.NotFound {
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
