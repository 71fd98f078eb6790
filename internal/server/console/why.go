package console

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/dossier"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
	"countersign.dev/internal/screening/match"
)

// comparisonView is the page that explains one hit, or why there was none.
type comparisonView struct {
	Ways      []tab
	Sought    soughtForm
	ID, Name  string // of the entry
	Matched   string // the name of it that was compared, as the best of all
	Quality   party.Quality
	Score     float64
	Threshold float64
	Outcome   string // match, identifier, below or unlike
	Account   *accountView
	Entry     *matchView // nil where the names are too unlike for the index to give them
	Names     []namedView
	Permanent string // address of this page that never answers otherwise
	JSON      string
	Command   string
}

// namedView is one name of the party, compared with what was asked.
type namedView struct {
	Name    string
	Quality party.Quality
	Score   float64
}

// What a comparison comes to.
const (
	outcomeMatch      = "match"
	outcomeIdentifier = "identifier"
	outcomeBelow      = "below"
	outcomeUnlike     = "unlike"
)

// mostSearched is how many entries are looked through for the one that is to
// be explained; the node gives no more.
const mostSearched = 500

// why is the page that sets a name that was asked for beside an entry.
func (c *Console) why(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	v := comparisonView{Ways: waysToScreen(m, ""), Sought: soughtFormOf(r.URL.Query()), Threshold: screening.Threshold}
	id := strings.TrimSpace(r.URL.Query().Get("id"))
	if v.Sought.Empty() || id == "" {
		see(w, r, "%s", m.Link("/screen", v.Sought.pairs()...))
		return nil
	}
	sought, err := v.Sought.sought()
	if err != nil {
		return err
	}
	d, err := c.questions.Show(r.Context(), m.ask(r), id)
	switch {
	case err != nil:
		return err
	case len(d.Candidates) > 0:
		return c.show(w, r, m, "whichentry", "Which "+id, whichEntry{v.Sought, id, m, d.Candidates})
	case d.Subject.ID == "":
		return problem.New(problem.NotFound, "no party %q is held, by what was published by %s", id, m.Known)
	}
	programmes, err := c.questions.Programmes(r.Context(), m.ask(r))
	if err != nil {
		return err
	}
	v.ID, v.Name, v.Command = entryOf(d, id), cmp.Or(d.Subject.Name, d.Subject.ID), v.Sought.command(m)
	if err := c.compare(r, m, &v, sought, id, d, programmes); err != nil {
		return err
	}
	return c.show(w, r, m, "why", "Why "+v.Name, v)
}

// compare fills in the account: that of the search where it finds the entry,
// else that of the most similar of the party's names.
func (c *Console) compare(r *http.Request, m Moment, v *comparisonView, sought screening.Sought, id string, d *dossier.Dossier, programmes map[string]*listing.Programme) error {
	all, err := c.questions.Screen(r.Context(), m.ask(r), []screening.Sought{sought}, v.Sought.options(match.Floor, mostSearched))
	if err != nil {
		return err
	}
	found := all.Results[0]
	if found.Error != "" {
		return problem.New(problem.Invalid, "%s", found.Error)
	}
	prepared := match.Prepare(sought.Query())
	v.Names = namesCompared(prepared, d)
	one, ok := matchOf(found.Matches, id, d)
	if !ok {
		return v.unlike(prepared, d)
	}
	entry := v.Sought.matchView(m, one, programmes)
	v.Entry, v.ID, v.Name, v.Matched, v.Quality, v.Score = &entry, one.ID, one.Name, one.Matched, one.Quality, one.Score
	switch {
	case one.Score >= screening.Threshold && one.Why.Evidence.Decides():
		v.Outcome = outcomeIdentifier
	case one.Score >= screening.Threshold:
		v.Outcome = outcomeMatch
	default:
		v.Outcome = outcomeBelow
	}
	if one.Matched != "" {
		v.Account = accountOf(&one.Why.Similarity)
	}
	v.Permanent = m.pinned(one.Why.At, one.Why.Known, one.Why.Position).Link("/screen/why", v.Sought.pairs("id", one.ID)...)
	v.JSON, err = indented(one)
	return err
}

// matchOf is the match that is the entry of this id, or else the best of those
// that the dossier takes to be the same party.
func matchOf(matches []screening.Match, id string, d *dossier.Dossier) (screening.Match, bool) {
	i := slices.IndexFunc(matches, func(m screening.Match) bool { return m.ID == id })
	if i < 0 {
		i = slices.IndexFunc(matches, func(m screening.Match) bool {
			return m.ID == d.Subject.ID || slices.ContainsFunc(d.Joined, func(j dossier.Joined) bool { return j.ID == m.ID })
		})
	}
	if i < 0 {
		return screening.Match{}, false
	}
	return matches[i], true
}

// namesCompared is each of the party's names, in its best quality, with its
// similarity, the most similar first.
func namesCompared(prepared *match.Prepared, d *dossier.Dossier) []namedView {
	var out []namedView
	for _, n := range d.Names {
		score := prepared.Score(match.Name{Text: n.Value.Name, Kind: d.Subject.Kind, Quality: n.Value.Quality})
		i := slices.IndexFunc(out, func(v namedView) bool { return v.Name == n.Value.Name })
		switch {
		case i < 0:
			out = append(out, namedView{n.Value.Name, n.Value.Quality, score})
		case score > out[i].Score || score == out[i].Score && n.Value.Quality == party.Primary:
			out[i] = namedView{n.Value.Name, n.Value.Quality, score}
		}
	}
	slices.SortStableFunc(out, func(a, b namedView) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// unlike explains a comparison that is below all that a search gives.
func (v *comparisonView) unlike(prepared *match.Prepared, d *dossier.Dossier) error {
	v.Outcome = outcomeUnlike
	if len(v.Names) == 0 {
		return problem.New(problem.NotFound, "the party %s has no name to compare", d.Subject.ID)
	}
	best := v.Names[0]
	why := prepared.Explain(match.Name{Text: best.Name, Kind: d.Subject.Kind, Quality: best.Quality})
	v.Matched, v.Quality, v.Score, v.Account = best.Name, best.Quality, best.Score, accountOf(&why)
	var err error
	v.JSON, err = indented(why)
	return err
}

// indented is a value as JSON to be read.
func indented(value any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(value)
	return b.String(), err
}

// whichEntry is the page of a name that several entries have, to choose the
// one that is compared with.
type whichEntry struct {
	Sought     soughtForm
	Query      string
	moment     Moment
	Candidates []dossier.Candidate
}

// Compare is the address of the comparison with one of them.
func (v whichEntry) Compare(id string) string {
	return v.moment.Link("/screen/why", v.Sought.pairs("id", id)...)
}
