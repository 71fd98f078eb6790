package registry

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/access"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/problem"
)

// Moment is the day that a page is about, and the day until which what had been
// published counts. The zero days are those that were not asked for.
type Moment struct {
	Today access.Date
	At    access.Date
	Known access.Date
}

func (r *Registry) today() Moment { return Moment{Today: access.DateOf(r.opts.Now())} }

// moment reads the days that a request names.
func (r *Registry) moment(req *http.Request) (Moment, error) {
	m := r.today()
	for name, day := range map[string]*access.Date{"at": &m.At, "known": &m.Known} {
		v := req.URL.Query().Get(name)
		if v == "" {
			continue
		}
		d, err := access.ParseDate(v)
		if err != nil {
			return m, problem.New(problem.Invalid, "%s: want a day written YYYY-MM-DD, as 2021-03-12", name)
		}
		*day = d
	}
	return m, nil
}

// Past reports whether another moment than now was asked for.
func (m Moment) Past() bool {
	return m.At != "" && m.At != m.Today || m.Known != "" && m.Known != m.Today
}

// Day is the day that is told of.
func (m Moment) Day() access.Date {
	if m.At != "" {
		return m.At
	}
	return m.Today
}

// KnownBy is the day until which what was published counts.
func (m Moment) KnownBy() access.Date {
	if m.Known != "" {
		return m.Known
	}
	return m.Today
}

// Query is the moment as parameters of an address, with those before them; ""
// for now.
func (m Moment) Query(pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if m.At != "" {
		q.Set("at", string(m.At))
	}
	if m.Known != "" {
		q.Set("known", string(m.Known))
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// ask is the public's question at the moment.
func (m Moment) ask() access.Ask {
	return access.Ask{At: access.At{Date: m.At, Known: m.Known, Position: access.Now}}
}

// idOf reads the label's id from the path. When it is not written as ids are, the
// browser is led to where it is, and done is true.
func idOf(w http.ResponseWriter, req *http.Request) (id string, done bool, err error) {
	written := req.PathValue("id")
	id, err = core.ParseID(written)
	if err != nil || id == written {
		return id, false, err
	}
	to := *req.URL
	to.Path, to.RawPath = strings.Replace(to.Path, Root+written, Root+id, 1), ""
	w.Header().Set("Location", to.RequestURI())
	w.WriteHeader(http.StatusPermanentRedirect)
	return id, true, nil
}

// maxText is the length in bytes of the longest text that is looked for.
const maxText = 200

// textOf is a text that a request's address holds.
func textOf(req *http.Request, name string) (string, error) {
	s := strings.TrimSpace(req.URL.Query().Get(name))
	switch {
	case len(s) > maxText:
		return "", problem.New(problem.Invalid, "%s: longer than %d bytes", name, maxText)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return "", problem.New(problem.Invalid, "%s: has control characters, or is not UTF-8", name)
	}
	return s, nil
}
