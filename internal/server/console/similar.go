package console

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/internal/dossier"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/node"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/screening"
)

// Bounds of looking through an edition for duplicates: how many entries one
// page names, how many are screened for it, and how many of them at once.
const (
	mostTwins    = 20
	mostLooked   = 2000
	lookedAtOnce = 200
)

type twinsView struct {
	Ways    []tab
	Source  string
	Edition ledger.EditionEntry
	Added   int // entries that the edition added
	Looked  int // of them up to the end of this page
	From    int // first of this page
	Twins   []twinView
	After   string // address of the next page
}

// twinView is an entry with those that may be the same party.
type twinView struct {
	ID, Name, Link string
	Near           []dossier.Candidate
}

// duplicatesIn is the page that looks through what the newest edition of a
// source added, for entries that may be of a party that is held already.
func (c *Console) duplicatesIn(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	from, err := wholeNumber(r, "from")
	if err != nil {
		return err
	}
	v := twinsView{Ways: waysToScreen(m, "/duplicates"), Source: r.PathValue("source"), From: max(from, 1)}
	editions, err := c.questions.Editions(r.Context(), m.ask(r), v.Source)
	if err != nil {
		return err
	}
	if len(editions) == 0 {
		return problem.New(problem.NotFound, "no editions of %q", v.Source)
	}
	v.Edition = editions[len(editions)-1]
	d, err := c.questions.Differences(r.Context(), m.ask(r), v.Source, v.Edition.Previous, v.Edition.Position)
	if err != nil {
		return err
	}
	added := slices.DeleteFunc(d.Items, func(i ledger.Difference) bool { return i.Change != "added" || party.Fold(i.Name) == "" })
	v.Added, v.Looked = len(added), min(v.From-1, len(added))
	for v.Looked < len(added) && v.Looked < v.From-1+mostLooked && len(v.Twins) < mostTwins {
		if err := c.lookThrough(r, m, &v, added[v.Looked:min(v.Looked+lookedAtOnce, len(added))]); err != nil {
			return err
		}
	}
	if v.Looked < len(added) {
		v.After = m.Link("/duplicates/"+v.Source, "from", strconv.Itoa(v.Looked+1))
	}
	return c.show(w, r, m, "twins", "Possible duplicates in "+v.Source, v)
}

// lookThrough screens some entries and keeps those that may be a party twice,
// up to as many as a page has.
func (c *Console) lookThrough(r *http.Request, m Moment, v *twinsView, entries []ledger.Difference) error {
	sought := make([]screening.Sought, len(entries))
	for i, e := range entries {
		sought[i].Name = e.Name
	}
	all, err := c.questions.Screen(r.Context(), m.ask(r), sought, ScreenOptions{Limit: 2})
	if err != nil {
		return err
	}
	for i, found := range all.Results {
		if len(v.Twins) == mostTwins {
			return nil
		}
		v.Looked++
		entry := entries[i]
		if !slices.ContainsFunc(found.Matches, func(m screening.Match) bool { return m.ID != entry.Subject }) {
			continue
		}
		near, err := c.nearTo(r, m, entry.Subject)
		if err != nil {
			return err
		}
		near = slices.DeleteFunc(near, func(one dossier.Candidate) bool { return v.names(one.ID, entry.Subject) })
		if len(near) > 0 {
			v.Twins = append(v.Twins, twinView{entry.Subject, entry.Name, m.Link("/duplicates", "subject", entry.Subject), near})
		}
	}
	return nil
}

// names reports whether the page names an entry near another already.
func (v *twinsView) names(entry, near string) bool {
	return slices.ContainsFunc(v.Twins, func(t twinView) bool {
		return t.ID == entry && slices.ContainsFunc(t.Near, func(one dossier.Candidate) bool { return one.ID == near })
	})
}

// nearTo is whom an entry may be and is not joined with.
func (c *Console) nearTo(r *http.Request, m Moment, entry string) ([]dossier.Candidate, error) {
	d, err := c.questions.Show(r.Context(), m.ask(r), entry)
	if err != nil || d.Subject.ID == "" {
		return nil, err
	}
	decided, err := c.questions.Joins(r.Context(), m.ask(r), entry)
	if err != nil {
		return nil, err
	}
	return c.undecided(r, m, d, decided)
}

// undecided is whom the party of a dossier may be beside the entries it is
// joined with: those that the dossier names, and those that screening finds.
func (c *Console) undecided(r *http.Request, m Moment, d *dossier.Dossier, decided []node.JoinDecision) ([]dossier.Candidate, error) {
	similar, err := c.similarTo(r, m, d)
	near := append(slices.Clone(d.Apart), similar...)
	return slices.DeleteFunc(near, func(one dossier.Candidate) bool {
		return slices.ContainsFunc(decided, func(j node.JoinDecision) bool {
			return j.InForce && j.Verdict == party.JoinApart && (j.A == one.ID || j.B == one.ID)
		})
	}), err
}

// similarTo is the entries that screening a party finds beside those that the
// dossier names already: of the same kind, and with nothing that speaks against
// it.
func (c *Console) similarTo(r *http.Request, m Moment, d *dossier.Dossier) ([]dossier.Candidate, error) {
	all, err := c.questions.Screen(r.Context(), m.ask(r), []screening.Sought{soughtOf(d)}, ScreenOptions{Limit: mostNear})
	if err != nil {
		return nil, err
	}
	var out []dossier.Candidate
	for _, found := range all.Results[0].Matches {
		known := found.ID == d.Subject.ID ||
			slices.ContainsFunc(d.Joined, func(j dossier.Joined) bool { return j.ID == found.ID }) ||
			slices.ContainsFunc(d.Apart, func(a dossier.Candidate) bool { return a.ID == found.ID })
		if known || found.Evidence < 0 || found.Kind != d.Subject.Kind && found.Kind != "" && d.Subject.Kind != "" {
			continue
		}
		one := dossier.Candidate{ID: found.ID, Name: found.Name, Kind: found.Kind, Why: similarWords(&found)}
		if found.List != "" {
			one.Listings = []string{found.List}
		}
		out = append(out, one)
	}
	return out, nil
}

// soughtOf is a party as somebody to be screened.
func soughtOf(d *dossier.Dossier) screening.Sought {
	s := screening.Sought{Name: cmp.Or(d.Subject.Name, d.Subject.ID), Kind: d.Subject.Kind}
	var births []string
	for _, detail := range d.Details {
		if detail.Value.Name == "birth_date" {
			births = append(births, detail.Value.Value)
		}
	}
	s.Birth = strings.Join(births, "; ")
	return s
}

// similarWords says by what a match is near.
func similarWords(m *screening.Match) string {
	out := fmt.Sprintf("its %s “%s” is %.3f similar", qualityWord(m.Quality), m.Matched, m.Score)
	if m.Evidence > 0 {
		out += ", and the birth dates agree"
	}
	return out
}
