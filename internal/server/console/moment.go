package console

import (
	"net/http"
	"net/url"
	"strconv"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// Moment is what a page is asked as of. What the address named stays on every
// link of the page; what it left open is today, and stays open.
type Moment struct {
	At, Known access.Date // never empty
	Position  int64       // 0 unless Pinned
	Pinned    bool        // the address names a position

	Today access.Date

	given []field // in the address, in order
}

// field is a form field or a parameter of an address.
type field struct{ Name, Value string }

// moment reads the moment from a request's address. Dates are days as text;
// "then" asks for what was published by the day asked about.
func (c *Console) moment(r *http.Request) (Moment, error) {
	return c.momentOf(r.URL.Query())
}

// present is the moment of a page that is about no other.
func (c *Console) present() Moment {
	today := access.Date(c.today())
	return Moment{At: today, Known: today, Today: today}
}

func (c *Console) momentOf(q url.Values) (Moment, error) {
	m := c.present()
	day := func(name, text string, into *access.Date) error {
		if text == "" {
			return nil
		}
		d, err := access.ParseDate(text)
		if err != nil {
			return problem.Wrap(problem.Invalid, err, "%s", name)
		}
		*into = d
		m.given = append(m.given, field{name, text})
		return nil
	}
	if err := day("at", q.Get("at"), &m.At); err != nil {
		return m, err
	}
	known := q.Get("known")
	if q.Get("then") != "" {
		known = string(m.At)
	}
	if err := day("known", known, &m.Known); err != nil {
		return m, err
	}
	if text := q.Get("position"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			return m, problem.New(problem.Invalid, "position %q: want a whole number from 1", text)
		}
		m.Position, m.Pinned = n, true
		m.given = append(m.given, field{"position", text})
	}
	return m, nil
}

// pinned is the moment of something recorded: all three clocks are named.
func (m Moment) pinned(date, known access.Date, position int64) Moment {
	return Moment{
		At: date, Known: known, Position: position, Pinned: true, Today: m.Today,
		given: []field{{"at", string(date)}, {"known", string(known)}, {"position", strconv.FormatInt(position, 10)}},
	}
}

// ask is the question's frame: who asks, and as of when.
func (m Moment) ask(r *http.Request) access.Ask {
	at := access.At{Date: m.At, Known: m.Known, Position: access.Now}
	if m.Pinned {
		at.Position = m.Position
	}
	return access.Ask{Reader: visitorOf(r.Context()).Reader, At: at}
}

// Explicit reports whether the address names a moment at all.
func (m Moment) Explicit() bool { return len(m.given) > 0 }

// Given is what the address named under a name; "" when it did not.
func (m Moment) Given(name string) string {
	for _, f := range m.given {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Fields is what a form must carry along to stay at the moment.
func (m Moment) Fields() []field { return m.given }

// Link is the address of another page at the same moment; pairs are further
// parameters, name and value in turn, of which empty ones are left out.
func (m Moment) Link(path string, pairs ...string) string {
	q := url.Values{}
	for _, f := range m.given {
		q.Set(f.Name, f.Value)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return (&url.URL{Path: path, RawQuery: q.Encode()}).String()
}
