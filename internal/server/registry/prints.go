package registry

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"countersign.dev/internal/label"
	"countersign.dev/internal/label/sheet"
	"countersign.dev/internal/problem"
)

// dots is the resolutions in which a label is printed, per inch.
var dots = map[string]int{"": 300, "150": 150, "300": 300, "600": 600}

// sheet serves the label as it is printed. Of a label that does not count there
// is nothing to print.
func (r *Registry) sheet(form string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, req *http.Request) error {
		id, done, err := idOf(w, req)
		if done || err != nil {
			return notAnID(err)
		}
		dpi, ok := dots[req.URL.Query().Get("dpi")]
		if !ok {
			return problem.New(problem.Invalid, "dpi: want 150, 300 or 600")
		}
		s, err := r.labels.Label(req.Context(), Moment{}.ask(), id)
		if err != nil {
			return err
		}
		if s.Status != label.StatusActive {
			return problem.New(problem.Conflict, "label %s is %s: it is not printed", id, s.Status)
		}
		drawn, err := r.draw(fmt.Sprintf("%s %s %d", s.Document, form, dpi), func() (printed, error) {
			b, mediaType, err := r.labels.PrintLabel(req.Context(), Moment{}.ask(), s, form, dpi)
			return printed{b, mediaType}, err
		})
		if err != nil {
			return err
		}
		w.Header().Set("Content-Disposition", fmt.Sprintf("inline; filename=\"label-%s.%s\"", id, form))
		sendOpen(w, req, drawn.mediaType, drawn.bytes)
		return nil
	}
}

// printed is a drawn label.
type printed struct {
	bytes     []byte
	mediaType string
}

// mostPrints bounds what is kept, and mostDrawing what is drawn at once: a picture
// made of dots takes a tenth of a second and some megabytes.
const (
	mostPrints  = 64
	mostDrawing = 2
)

// draw gives a drawing that was made before, or makes it.
func (r *Registry) draw(key string, drawn func() (printed, error)) (printed, error) {
	if p, ok := r.prints.get(key); ok {
		return p, nil
	}
	select {
	case r.drawing <- struct{}{}:
		defer func() { <-r.drawing }()
	case <-time.After(5 * time.Second):
		return printed{}, problem.New(problem.Unavailable, "too many labels are being printed just now; try again in a moment")
	}
	p, err := drawn()
	if err != nil {
		return printed{}, err
	}
	r.prints.put(key, p)
	return p, nil
}

// badge draws the status with its day, to be embedded in other pages. Of another
// day it says that the status is not known: a badge is about today.
func (r *Registry) badge(w http.ResponseWriter, req *http.Request) error {
	id, done, err := idOf(w, req)
	if done || err != nil {
		return notAnID(err)
	}
	m, err := r.moment(req)
	if err != nil {
		return err
	}
	s, err := r.labels.Label(req.Context(), m.ask(), id)
	if err != nil {
		return err
	}
	now := r.opts.Now()
	asOf := now
	if m.Past() {
		asOf = m.Day().Time()
	}
	sendOpen(w, req, "image/svg+xml", sheet.Badge(string(s.Status), s.Since, asOf, now))
	return nil
}

// document serves the signed document, as it stood on the day.
func (r *Registry) document(w http.ResponseWriter, req *http.Request) error {
	id, done, err := idOf(w, req)
	if done || err != nil {
		return notAnID(err)
	}
	m, err := r.moment(req)
	if err != nil {
		return err
	}
	b, _, err := r.labels.LabelDocument(req.Context(), m.ask(), id)
	if err != nil {
		return err
	}
	attach(w, "label-"+id+".dsse.json")
	sendOpen(w, req, "application/vnd.dsse.envelope.v1+json", b)
	return nil
}

// dump serves a page of all public labels, signed, for those who mirror the registry.
func (r *Registry) dump(w http.ResponseWriter, req *http.Request) error {
	b, made, err := r.labels.LabelDump(req.Context(), req.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	w.Header().Set("Last-Modified", made.UTC().Format(http.TimeFormat))
	sendOpen(w, req, "application/vnd.dsse.envelope.v1+json", b)
	return nil
}

// attach names the file under which an answer is saved.
func attach(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Disposition", "attachment; filename="+strconv.Quote(name))
}
