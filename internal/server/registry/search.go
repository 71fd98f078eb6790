package registry

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign.dev/internal/label"
	"countersign.dev/internal/label/core"
	"countersign.dev/internal/problem"
)

// Limits of a search.
const (
	pageLabels = 25
	mostCount  = 1000 // labels that are counted; beyond, "more than"
	mostAtOnce = 2    // searches that look at every label, and of them those of a past day
	searchWait = 2 * time.Second
)

// searchView is a page of labels.
type searchView struct {
	Query    query
	Statuses []label.Status
	Schemes  []*label.Scheme
	Labels   []label.State
	Count    string
	Next     string // address of the next page; "" when this is the last
	First    bool   // no page is before it
	Narrowed bool
}

// query is what was asked for, as the form shows it again.
type query struct {
	Text, Scheme, Status, Maker, Tier string
}

func (q *query) any() bool { return *q != query{} }

var statuses = []label.Status{
	label.StatusActive, label.StatusSuspended, label.StatusExpired, label.StatusRevoked, label.StatusWithdrawn, label.StatusSuperseded,
}

func (r *Registry) search(w http.ResponseWriter, req *http.Request) error {
	m, err := r.moment(req)
	if err != nil {
		return err
	}
	v := &searchView{Statuses: statuses}
	filter, err := readQuery(req, &v.Query)
	if err != nil {
		return err
	}
	// Whoever types the number of a label wants its page.
	if id, err := core.ParseID(v.Query.Text); err == nil {
		if _, err := r.labels.Label(req.Context(), m.ask(), id); err == nil {
			w.Header().Set("Location", Root+id+m.Query())
			w.WriteHeader(http.StatusSeeOther)
			return nil
		}
	}
	if v.Query.any() || m.Past() {
		leave, err := r.EnterSearch(m.Past())
		if err != nil {
			return err
		}
		defer leave()
	}
	schemes, err := r.labels.Schemes(req.Context(), m.ask())
	if err != nil {
		return err
	}
	for _, s := range schemes {
		v.Schemes = append(v.Schemes, s)
	}
	slices.SortFunc(v.Schemes, func(a, b *label.Scheme) int { return strings.Compare(a.Title, b.Title) })
	if err := r.find(req, m, filter, v); err != nil {
		return err
	}
	return r.show(w, req, "search", "Security labels", m, v)
}

// EnterSearch admits a search that looks at every label, and one of a past day
// also works out how each stood: few at once, however many ask, so that whoever
// reads of one label need not wait for them. Call leave when it is done.
func (r *Registry) EnterSearch(past bool) (leave func(), err error) {
	gate := r.searching
	if past {
		gate = r.past
	}
	select {
	case gate <- struct{}{}:
		return func() { <-gate }, nil
	case <-time.After(searchWait):
		return nil, problem.New(problem.Unavailable, "many are searching just now; try again in a moment")
	}
}

// find fills in a page of labels, and how many there are.
func (r *Registry) find(req *http.Request, m Moment, filter label.Filter, v *searchView) error {
	filter.Limit = pageLabels
	page, err := r.labels.Labels(req.Context(), m.ask(), filter)
	if err != nil {
		return err
	}
	v.Labels, v.First, v.Narrowed = page.Labels, filter.After == "", v.Query.any()
	q := v.Query
	if page.Next != "" {
		v.Next = Root + m.Query("q", q.Text, "scheme", q.Scheme, "status", q.Status, "maker", q.Maker, "tier", q.Tier, "after", page.Next)
	}
	all := page
	if filter.After != "" || page.Next != "" {
		filter.After, filter.Limit = "", mostCount
		if all, err = r.labels.Labels(req.Context(), m.ask(), filter); err != nil {
			return err
		}
	}
	v.Count = count(len(all.Labels), "label", "labels")
	if all.Next != "" {
		v.Count = "More than " + v.Count
	}
	return nil
}

// readQuery reads what a search asks for.
func readQuery(req *http.Request, q *query) (f label.Filter, err error) {
	var after string
	for name, to := range map[string]*string{"q": &q.Text, "scheme": &q.Scheme, "status": &q.Status, "maker": &q.Maker, "tier": &q.Tier, "after": &after} {
		if *to, err = textOf(req, name); err != nil {
			return f, err
		}
	}
	f = label.Filter{Text: q.Text, Scheme: q.Scheme, Maker: q.Maker, Status: label.Status(q.Status)}
	if q.Status != "" && !slices.Contains(statuses, f.Status) {
		return f, problem.New(problem.Invalid, "status: want one of %s", strings.Join(words(statuses), ", "))
	}
	if q.Tier != "" {
		if f.Tier, err = strconv.Atoi(q.Tier); err != nil || f.Tier < 1 || f.Tier > core.MaxTier {
			return f, problem.New(problem.Invalid, "tier: want a whole number from 1 to %d", core.MaxTier)
		}
	}
	if after != "" {
		if f.After, err = core.ParseID(after); err != nil {
			return f, problem.New(problem.Invalid, "after: %s", problem.Message(err))
		}
	}
	return f, nil
}

func words(all []label.Status) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = string(s)
	}
	return out
}
