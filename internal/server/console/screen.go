package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/screening/match"
)

// mostMatches and mostNear are how many matches of one name, and how many
// entries below the threshold, a page shows.
const (
	mostMatches = 100
	mostNear    = 12
)

type screenView struct {
	Ways      []tab
	Sought    soughtForm
	Problem   string
	Asked     bool
	Position  int64
	Engine    string
	Threshold float64
	Matches   []matchView
	More      bool // matches than are shown
	Near      []matchView
	Nearest   *accountView // of the first that came near, where nothing matched
	Sources   []ledger.Source
	Lists     []listOption
	Command   string
}

// listOption is one programme to look in alone.
type listOption struct {
	ID, Title string
	Here      bool
}

// matchView is one entry that somebody may be.
type matchView struct {
	screening.Match
	Title string // of the list
	Party string // address of its page at the same moment
	Why   string // address of its account
	Asked bool   // whether more than a name was
	Held  []featureView
}

// featureView is one thing that was compared besides the name.
type featureView struct {
	screening.Feature
	Mark string // for, against or beside
}

// soughtForm is who is sought, as the fields of a form and of an address.
type soughtForm struct {
	Name, Kind, Birth, Country, Identifier, List string
}

func soughtFormOf(q url.Values) soughtForm {
	field := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	return soughtForm{field("name"), field("type"), field("dob"), field("country"), field("identifier"), field("list")}
}

// formOf is the form that asks for s.
func formOf(s *screening.Sought) soughtForm {
	return soughtForm{Name: s.Name, Kind: string(s.Kind), Birth: s.Birth, Country: s.Country, Identifier: s.Identifier}
}

// Empty reports whether nobody is sought.
func (f soughtForm) Empty() bool { return f.Name == "" && f.Identifier == "" }

// Further reports whether more than a name is given.
func (f soughtForm) Further() bool {
	return f.Kind != "" || f.Birth != "" || f.Country != "" || f.Identifier != "" || f.List != ""
}

// Title is what the sought party is called on a page.
func (f soughtForm) Title() string { return cmp.Or(f.Name, f.Identifier) }

// Fields is what is given, for forms that carry it along.
func (f soughtForm) Fields() []field {
	all := []field{{"name", f.Name}, {"type", f.Kind}, {"dob", f.Birth}, {"country", f.Country}, {"identifier", f.Identifier}, {"list", f.List}}
	return slices.DeleteFunc(all, func(f field) bool { return f.Value == "" })
}

// pairs is the fields as [Moment.Link] takes them, before more of them.
func (f soughtForm) pairs(more ...string) []string {
	var out []string
	for _, each := range f.Fields() {
		out = append(out, each.Name, each.Value)
	}
	return append(out, more...)
}

func (f soughtForm) sought() (screening.Sought, error) {
	kind, ok := screening.KindNamed(f.Kind)
	if !ok {
		return screening.Sought{}, problem.New(problem.Invalid, "type %q: want person, organisation, vessel or aircraft", f.Kind)
	}
	return screening.Sought{Name: f.Name, Kind: kind, Birth: f.Birth, Country: f.Country, Identifier: f.Identifier}, nil
}

// options is the options of a screening for what the form asks, with the whole
// account of each match.
func (f soughtForm) options(least float64, limit int) ScreenOptions {
	o := ScreenOptions{Why: true, Least: least, Limit: limit}
	if f.List != "" {
		o.Lists = []string{f.List}
	}
	return o
}

// kinds are the sorts of parties that a form offers.
var kinds = []party.Kind{party.Person, party.Organisation, party.Vessel, party.Aircraft}

// Kinds is what the form's choice of a sort offers.
func (v screenView) Kinds() []party.Kind { return kinds }

// screen is the page that looks for names like one, and says what came near
// where none is.
func (c *Console) screen(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	v := screenView{Ways: waysToScreen(m, "/screen"), Sought: soughtFormOf(r.URL.Query()), Threshold: screening.Threshold, Engine: screening.Engine}
	programmes, err := c.questions.Programmes(r.Context(), m.ask(r))
	if err != nil {
		return err
	}
	v.Lists = listOptions(programmes, v.Sought.List)
	if v.Sought.Empty() {
		return c.show(w, r, m, "screen", "Screen", v)
	}
	status := http.StatusOK
	if err := c.screenOne(r, m, &v, programmes); problem.KindOf(err) == problem.Invalid {
		v.Problem, status = sentence(problem.Message(err)), http.StatusBadRequest
	} else if err != nil {
		return err
	}
	return c.pages.write(w, status, "screen", "layout", c.frame(r, m, "Screening of "+v.Sought.Title(), v))
}

// screenOne fills in what was found.
func (c *Console) screenOne(r *http.Request, m Moment, v *screenView, programmes map[string]*listing.Programme) error {
	sought, err := v.Sought.sought()
	if err != nil {
		return err
	}
	// One search from below the threshold finds both what matches and what
	// came near.
	all, err := c.questions.Screen(r.Context(), m.ask(r), []screening.Sought{sought}, v.Sought.options(match.Floor, mostMatches+mostNear))
	if err != nil {
		return err
	}
	found := all.Results[0]
	if found.Error != "" {
		return problem.New(problem.Invalid, "%s", found.Error)
	}
	v.Asked, v.Position = true, all.Position
	for _, one := range found.Matches {
		view := v.Sought.matchView(m, one, programmes)
		switch {
		case one.Score >= screening.Threshold && len(v.Matches) < mostMatches:
			v.Matches = append(v.Matches, view)
		case one.Score >= screening.Threshold:
			v.More = true
		case len(v.Near) < mostNear:
			v.Near = append(v.Near, view)
		}
	}
	if len(v.Matches) == 0 {
		if len(v.Near) > 0 {
			v.Nearest = accountOf(&found.Matches[0].Why.Similarity)
		}
		if v.Sources, err = c.searched(r, m); err != nil {
			return err
		}
	}
	v.Command = v.Sought.command(m)
	return nil
}

// searched is the sources that name parties.
func (c *Console) searched(r *http.Request, m Moment) ([]ledger.Source, error) {
	sources, err := c.questions.Sources(r.Context(), m.ask(r))
	return slices.DeleteFunc(sources, func(s ledger.Source) bool { return groupOf(s.Source) != groupLists && groupOf(s.Source) != groupEvents }), err
}

// matchView is a match of what the form sought, with its ways on.
func (f soughtForm) matchView(m Moment, one screening.Match, programmes map[string]*listing.Programme) matchView {
	v := matchView{
		Match: one, Asked: f.Birth != "" || f.Country != "" || f.Identifier != "", Party: m.Link("/party", "subject", one.ID), Why: m.Link("/screen/why", f.pairs("id", one.ID)...),
	}
	if p := programmes[one.List]; p != nil {
		v.Title = p.Title
	}
	if one.Why != nil {
		for _, each := range one.Why.Evidence.Features {
			v.Held = append(v.Held, featureOf(each))
		}
	}
	return v
}

func featureOf(f screening.Feature) featureView {
	switch {
	case f.Delta > 0:
		return featureView{f, "for"}
	case f.Delta < 0:
		return featureView{f, "against"}
	}
	return featureView{f, "beside"}
}

// waysToScreen is the switch between the pages of screening.
func waysToScreen(m Moment, here string) []tab {
	var out []tab
	for _, each := range []struct{ name, path string }{
		{"One name", "/screen"}, {"Batch", "/screen/batch"}, {"Recorded", "/screen/results"}, {"Holdings", "/holdings"}, {"Duplicates", "/duplicates"},
	} {
		out = append(out, tab{each.name, m.Link(each.path), each.path == here})
	}
	return out
}

func listOptions(programmes map[string]*listing.Programme, chosen string) []listOption {
	var out []listOption
	for id, p := range programmes {
		out = append(out, listOption{id, p.Title, id == chosen})
	}
	slices.SortFunc(out, func(a, b listOption) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// command is the same screening on the command line.
func (f soughtForm) command(m Moment) string {
	out := "countersign screen --why"
	add := func(name, value string) {
		if value != "" {
			out += " --" + name + " " + quoted(value)
		}
	}
	add("type", f.Kind)
	add("dob", f.Birth)
	add("country", f.Country)
	add("identifier", f.Identifier)
	add("list", f.List)
	for _, each := range m.given {
		add(each.Name, each.Value)
	}
	if strings.HasPrefix(f.Name, "-") {
		out += " --"
	}
	return out + " " + quoted(f.Title())
}
