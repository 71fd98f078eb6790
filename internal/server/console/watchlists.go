package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/watchlist"
)

type watchListsView struct {
	Problem       string
	Lists         []watchlist.List
	Name          string // as typed
	MayWrite      bool
	Organisations []string
	Audience      string
	Limit         int64
	Most          int
}

type watchListView struct {
	List     *watchlist.List // nil for one that is no longer in force
	Name     string
	Problem  string
	MayWrite bool
	Wrong    []string // rows that cannot be watched, of a list just added
	Runs     []runView
	Run      *watchlist.Recorded // the one whose changes are shown
	Changes  []changeView
	Pager    pager
}

// runView is one line of the runs of a list.
type runView struct {
	watchlist.Recorded
	Link string
	Here bool
}

// changeView is one match of a watched name that is not what it was.
type changeView struct {
	watchlist.Change
	Title   string // of the entry
	Party   string // address of its page, as of the run
	Account string // of its account
	Was, Is *stateView
}

// stateView is a match at one moment, its parts marked that are different at
// the other.
type stateView struct {
	watchlist.State
	Different map[string]bool
	Title     string // of the list
}

// watchLists is the page of the lists of names that are watched.
func (c *Console) watchLists(w http.ResponseWriter, r *http.Request) error {
	return c.showWatchLists(w, r, http.StatusOK, watchListsView{})
}

func (c *Console) showWatchLists(w http.ResponseWriter, r *http.Request, status int, v watchListsView) error {
	reader := visitorOf(r.Context()).Reader
	var err error
	if v.Lists, err = c.questions.WatchLists(r.Context(), reader); err != nil {
		return err
	}
	v.MayWrite, v.Organisations = reader.MayWrite(), reader.Organisations
	v.Limit, v.Most = min(c.opts.MaxUpload, watchlist.MaxBytes), watchlist.MaxNames
	return c.pages.write(w, status, "watchlists", "layout", c.frame(r, c.present(), "Watch lists", v))
}

// watchList is the page of one list: what its runs found.
func (c *Console) watchList(w http.ResponseWriter, r *http.Request) error {
	return c.showWatchList(w, r, http.StatusOK, watchListView{Name: r.PathValue("name")})
}

func (c *Console) showWatchList(w http.ResponseWriter, r *http.Request, status int, v watchListView) error {
	reader := visitorOf(r.Context()).Reader
	runs, err := c.questions.WatchListRuns(r.Context(), reader, v.Name, watchlist.Since{})
	if err != nil {
		return err
	}
	lists, err := c.questions.WatchLists(r.Context(), reader)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(lists, func(l watchlist.List) bool { return l.Name == v.Name }); i >= 0 {
		v.List = &lists[i]
	}
	v.MayWrite = reader.MayWrite()
	slices.Reverse(runs)
	if err := v.choose(r, runs); err != nil {
		return err
	}
	if v.Run != nil {
		programmes, err := c.questions.Programmes(r.Context(), c.anyTime(r))
		if err != nil {
			return err
		}
		if err := v.fill(r, c.present(), programmes); err != nil {
			return err
		}
	}
	return c.pages.write(w, status, "watchlist", "layout", c.frame(r, c.present(), "Watch list "+v.Name, v))
}

// choose takes the run that the address names; else the newest that found
// something, or the newest.
func (v *watchListView) choose(r *http.Request, runs []watchlist.Recorded) error {
	asked, err := wholeNumber(r, "run")
	if err != nil {
		return err
	}
	chosen := slices.IndexFunc(runs, func(run watchlist.Recorded) bool {
		return asked > 0 && run.Recorded == int64(asked) || asked == 0 && len(run.Changes) > 0
	})
	switch {
	case chosen < 0 && asked > 0:
		return problem.New(problem.NotFound, "the watch list %s has no run at position %d", v.Name, asked)
	case chosen < 0 && len(runs) > 0:
		chosen = 0
	}
	for i, run := range runs {
		v.Runs = append(v.Runs, runView{run, v.path("run", strconv.FormatInt(run.Recorded, 10)), i == chosen})
	}
	if chosen >= 0 {
		v.Run = &runs[chosen]
	}
	return nil
}

// path is the address of the list's page.
func (v *watchListView) path(pairs ...string) string {
	return Moment{}.Link("/watchlists/"+v.Name, pairs...)
}

// fill takes the changes of the chosen run that the address asks for.
func (v *watchListView) fill(r *http.Request, m Moment, programmes map[string]*listing.Programme) error {
	from, err := wholeNumber(r, "from")
	if err != nil {
		return err
	}
	all := v.Run.Changes
	start := min(max(from-1, 0), len(all))
	page := all[start:min(start+perPage, len(all))]
	for i := range page {
		v.Changes = append(v.Changes, changeOf(m, &v.Run.Report, &page[i], programmes))
	}
	v.Pager = pager{From: start + 1, To: start + len(page), Total: len(all)}
	run := strconv.FormatInt(v.Run.Recorded, 10)
	if start > 0 {
		v.Pager.Before = v.path("run", run, "from", strconv.Itoa(max(start-perPage, 0)+1))
	}
	if v.Pager.To < len(all) {
		v.Pager.After = v.path("run", run, "from", strconv.Itoa(v.Pager.To+1))
	}
	return nil
}

func changeOf(m Moment, run *watchlist.Report, change *watchlist.Change, programmes map[string]*listing.Programme) changeView {
	at := run.To
	if change.Is == nil && run.From != nil {
		at = *run.From // where it still was
	}
	m = m.pinned(at.At, at.At, at.Position)
	v := changeView{
		Change: *change, Party: m.Link("/party", "subject", change.Entry),
		Account: m.Link("/screen/why", "name", change.Query, "id", change.Entry),
	}
	v.Was, v.Is = stateViewOf(change.Was, change.Fields, programmes), stateViewOf(change.Is, change.Fields, programmes)
	for _, s := range []*watchlist.State{change.Was, change.Is} {
		if s != nil {
			v.Title = cmp.Or(s.Name, v.Title)
		}
	}
	return v
}

func stateViewOf(s *watchlist.State, fields []string, programmes map[string]*listing.Programme) *stateView {
	if s == nil {
		return nil
	}
	v := &stateView{State: *s, Different: map[string]bool{}}
	if p := programmes[s.List]; p != nil {
		v.Title = p.Title
	}
	for _, f := range fields {
		v.Different[f] = true
	}
	return v
}

// addWatchList puts a table of names under watch.
func (c *Console) addWatchList(w http.ResponseWriter, r *http.Request) error {
	v := watchListsView{Name: value(r, "name"), Audience: value(r, "audience")}
	set, err := c.setWatchList(r, &v)
	switch problem.KindOf(err) {
	case problem.Invalid, problem.TooLarge, problem.Conflict:
		v.Problem = sentence(problem.Message(err))
		return c.showWatchLists(w, r, problem.Status(err), v)
	}
	if err != nil {
		return err
	}
	if len(set.Wrong) > 0 {
		return c.showWatchList(w, r, http.StatusOK, watchListView{Name: set.List.Name, Wrong: set.Wrong})
	}
	see(w, r, "%s", (&watchListView{Name: set.List.Name}).path())
	return nil
}

func (c *Console) setWatchList(r *http.Request, v *watchListsView) (*node.WatchListSet, error) {
	files, err := filesOf(r.MultipartForm)
	if err != nil {
		return nil, err
	}
	list := node.NewWatchList{Name: v.Name, File: files[0].Name, CSV: files[0].Bytes}
	if v.Audience != "" {
		audience, err := access.ParseAudience(v.Audience)
		if err != nil {
			return nil, problem.Wrap(problem.Invalid, err, "audience")
		}
		list.Audience = &audience
	}
	return c.questions.SetWatchList(r.Context(), visitorOf(r.Context()).Reader, list)
}

// runWatchList screens a list again and leads to what was found.
func (c *Console) runWatchList(w http.ResponseWriter, r *http.Request) error {
	name := value(r, "name")
	run, err := c.questions.RunWatchList(r.Context(), visitorOf(r.Context()).Reader, name, nil)
	if err != nil {
		return err
	}
	see(w, r, "%s", (&watchListView{Name: name}).path("run", strconv.FormatInt(run.Recorded, 10)))
	return nil
}

// removeWatchList takes a list out of force, for a reason.
func (c *Console) removeWatchList(w http.ResponseWriter, r *http.Request) error {
	name := value(r, "name")
	err := c.questions.RemoveWatchList(r.Context(), visitorOf(r.Context()).Reader, name, value(r, "reason"))
	if problem.KindOf(err) == problem.Invalid {
		return c.showWatchList(w, r, http.StatusBadRequest, watchListView{Name: name, Problem: sentence(problem.Message(err))})
	}
	if err != nil {
		return err
	}
	see(w, r, "/watchlists")
	return nil
}
