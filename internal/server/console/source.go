package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/problem"
)

// perPage is how many rows a long list shows at once.
const perPage = 50

type sourceView struct {
	Source, Path string
	Editions     []ledger.EditionEntry // newest publication first
	From, To     int64                 // the two that are compared, by position
	Differences  *differencesView
}

type differencesView struct {
	Tabs  []tab
	Items []differenceView
	Pager pager
}

type differenceView struct {
	Subject, Name, Change string
	Summary               string
	Deltas                []deltaView
}

// deltaView is one statement that changed, as text; empty where there was or
// is none.
type deltaView struct{ What, Before, After string }

// pager leads through a long list.
type pager struct {
	From, To, Total int
	Before, After   string // addresses
}

// source is the page about one source: its editions, and what changed between
// any two of them.
func (c *Console) source(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	name := r.PathValue("source")
	editions, err := c.questions.Editions(r.Context(), m.ask(r), name)
	if err != nil {
		return err
	}
	v := sourceView{Source: name, Path: "/lists/" + name, Editions: slices.Clone(editions)}
	slices.Reverse(v.Editions)
	if len(editions) == 0 {
		return problem.New(problem.NotFound, "no editions of %q", name)
	}
	if err := c.compareEditions(r, m, &v); err != nil {
		return err
	}
	return c.show(w, r, m, "source", name, v)
}

// compareEditions fills in the differences that the address asks for.
func (c *Console) compareEditions(r *http.Request, m Moment, v *sourceView) error {
	q := r.URL.Query()
	newest := v.Editions[0]
	v.To, v.From = newest.Position, newest.Previous
	if !q.Has("to") && !q.Has("from") {
		return nil
	}
	var err error
	if v.From, err = positionOf("from", q.Get("from")); err != nil {
		return err
	}
	if v.To, err = positionOf("to", q.Get("to")); err != nil {
		return err
	}
	d, err := c.questions.Differences(r.Context(), m.ask(r), v.Source, v.From, v.To)
	if err != nil {
		return err
	}
	v.Differences, err = differencesOf(r, m, v, d)
	return err
}

func positionOf(name, text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, problem.New(problem.Invalid, "%s %q: want the position of an edition", name, text)
	}
	return n, nil
}

func differencesOf(r *http.Request, m Moment, v *sourceView, d *ledger.Differences) (*differencesView, error) {
	q := r.URL.Query()
	kind := q.Get("kind")
	link := func(kind string, page int) string {
		number := ""
		if page > 0 {
			number = strconv.Itoa(page)
		}
		return m.Link(v.Path, "from", fmt.Sprint(v.From), "to", fmt.Sprint(v.To), "kind", kind, "page", number)
	}
	out := &differencesView{}
	for _, t := range []struct {
		kind  string
		count int
	}{{"", d.Added + d.Removed + d.Changed}, {"added", d.Added}, {"removed", d.Removed}, {"changed", d.Changed}} {
		name := "All"
		if t.kind != "" {
			name = capital(t.kind)
		}
		out.Tabs = append(out.Tabs, tab{fmt.Sprintf("%s %s", name, grouped(fmt.Sprint(t.count))), link(t.kind, 0), t.kind == kind})
	}
	var items []ledger.Difference
	for _, item := range d.Items {
		if kind == "" || item.Change == kind {
			items = append(items, item)
		}
	}
	page, err := pageOf(q.Get("page"))
	if err != nil {
		return nil, err
	}
	from := min(page*perPage, len(items))
	to := min(from+perPage, len(items))
	for _, item := range items[from:to] {
		out.Items = append(out.Items, differenceOf(item))
	}
	out.Pager = pager{From: from + 1, To: to, Total: len(items)}
	if page > 0 {
		out.Pager.Before = link(kind, page-1) + "#differences"
	}
	if to < len(items) {
		out.Pager.After = link(kind, page+1) + "#differences"
	}
	return out, nil
}

// pageOf reads a page's number, from 0.
func pageOf(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 1e6 {
		return 0, problem.New(problem.Invalid, "page %q: want a whole number from 0", text)
	}
	return n, nil
}

func differenceOf(item ledger.Difference) differenceView {
	v := differenceView{Subject: item.Subject, Name: item.Name, Change: item.Change}
	for _, f := range item.Facts {
		kind := f.Kind[strings.LastIndexByte(f.Kind, '.')+1:]
		before, after := flatten(f.Before), flatten(f.After)
		if kind == "core" {
			continue // a search key of the name, which is shown itself
		}
		v.Deltas = append(v.Deltas, deltaView{words(kind), before, after})
	}
	v.Summary = plural(len(v.Deltas), "statement")
	return v
}

// flatten writes a fact's body for a reader: "name: …; quality: alias".
func flatten(body json.RawMessage) string {
	if len(body) == 0 || string(body) == "null" {
		return ""
	}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	var parts []string
	walk(dec, "", &parts)
	return strings.Join(parts, "; ")
}

// walk keeps the order of keys in the text, which decoding to a map loses.
func walk(dec *json.Decoder, path string, out *[]string) {
	token, err := dec.Token()
	if err != nil {
		return
	}
	switch t := token.(type) {
	case json.Delim:
		for dec.More() {
			inner := path
			if t == '{' {
				key, err := dec.Token()
				if err != nil {
					return
				}
				inner = joined(" ", path, words(fmt.Sprint(key)))
			}
			walk(dec, inner, out)
		}
		_, _ = dec.Token() // the closing bracket, or the end of a broken text
	case nil:
	default:
		if text := fmt.Sprint(t); text != "" {
			*out = append(*out, strings.TrimPrefix(path+": "+text, ": "))
		}
	}
}

// wholeNumber is a parameter of the address that counts from 1; 0 when it is
// not there.
func wholeNumber(r *http.Request, name string) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, problem.New(problem.Invalid, "%s %q: want a whole number from 1", name, text)
	}
	return n, nil
}
