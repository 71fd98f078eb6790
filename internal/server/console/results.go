package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/node"
	"countersign.dev/internal/screening"
)

// mostOfOne is how many matches of one name a page of results shows.
const mostOfOne = 3

// mostReplayed is how many names are screened again while a reader waits for
// the page.
const mostReplayed = 5000

type resultsView struct {
	Ways         []tab
	Digest       string
	Entry        *ledger.Entry
	Record       *screening.Recorded
	OtherEngine  bool
	With, Names  int
	Tabs         []tab
	Rows         []resultRow
	Pager        pager
	MayReplay    bool
	Outcome      *outcomeView
	MostReplayed int
}

// resultRow is one name of a recorded screening with what was found.
type resultRow struct {
	screening.Sought
	Form    soughtForm
	Screen  string // address of the same name's page
	Matches []matchView
	More    int
}

// Height is how many rows of a table the name takes.
func (r resultRow) Height() int {
	n := max(len(r.Matches), 1)
	if r.More > 0 {
		n++
	}
	return n
}

type resultsListView struct {
	Ways    []tab
	Entries []ledger.Entry
	Pager   pager
}

// resultsList is the page of the screenings that the ledger keeps.
func (c *Console) resultsList(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	before, err := wholeNumber(r, "before")
	if err != nil {
		return err
	}
	entries, err := c.questions.List(r.Context(), c.anyTime(r), ledger.Filter{Kind: node.KindScreening, Newest: true, Before: int64(before), Limit: perPage + 1})
	if err != nil {
		return err
	}
	v := resultsListView{Ways: waysToScreen(m, "/screen/results"), Entries: entries}
	if len(entries) > perPage {
		v.Entries = entries[:perPage]
		v.Pager.After = m.Link("/screen/results", "before", strconv.FormatInt(v.Entries[perPage-1].Position, 10))
	}
	return c.show(w, r, m, "recorded", "Recorded screenings", v)
}

// results is the page of one recorded screening, the names that matched first.
// With replay=1 it screens them again and compares.
func (c *Console) results(w http.ResponseWriter, r *http.Request) error {
	record, e, err := c.screened(r)
	if err != nil {
		return err
	}
	m := c.present().pinned(record.At, record.Known, record.Position)
	programmes, err := c.questions.Programmes(r.Context(), m.ask(r))
	if err != nil {
		return err
	}
	v := resultsView{
		Ways: waysToScreen(c.present(), "/screen/results"), Digest: e.Digest, Entry: e, Record: record, Names: len(record.Screened),
		OtherEngine: record.Engine != screening.Engine, MayReplay: len(record.Screened) <= mostReplayed, MostReplayed: mostReplayed,
	}
	if err := v.fill(r, m, programmes); err != nil {
		return err
	}
	if r.URL.Query().Get("replay") != "" && v.MayReplay {
		o, err := c.questions.Replay(r.Context(), c.anyTime(r), e.Digest)
		if err != nil {
			return err
		}
		v.Outcome = outcomeOf(o)
	}
	return c.show(w, r, c.present(), "results", "Screening of "+plural(v.Names, "name"), v)
}

// screened is the recorded screening that the address names.
func (c *Console) screened(r *http.Request) (*screening.Recorded, *ledger.Entry, error) {
	b, e, err := c.questions.Screened(r.Context(), c.anyTime(r), r.PathValue("digest"))
	if err != nil {
		return nil, nil, err
	}
	record, err := screening.ParseRecord(b)
	return record, e, err
}

// fill takes from the record what the address asks for.
func (v *resultsView) fill(r *http.Request, m Moment, programmes map[string]*listing.Programme) error {
	q := r.URL.Query()
	from, err := wholeNumber(r, "from")
	if err != nil {
		return err
	}
	rows := ranked(v.Record.Screened)
	v.With = slices.IndexFunc(rows, func(s *screening.Screened) bool { return len(s.Matches) == 0 })
	if v.With < 0 {
		v.With = len(rows)
	}
	likely := slices.DeleteFunc(slices.Clone(rows[:v.With]), contradicted)
	path, show := "/screen/results/"+v.Digest, q.Get("show")
	for _, t := range []struct {
		name, show string
		rows       []*screening.Screened
	}{
		{"With matches", "", rows[:v.With]},
		{"Not contradicted", "likely", likely},
		{"Without", "none", rows[v.With:]},
		{"All", "all", rows},
	} {
		v.Tabs = append(v.Tabs, tab{t.name + " " + grouped(strconv.Itoa(len(t.rows))), Moment{}.Link(path, "show", t.show), t.show == show})
		if t.show == show {
			rows = t.rows
		}
	}
	start := min(max(from-1, 0), len(rows))
	page := rows[start:min(start+perPage, len(rows))]
	for _, s := range page {
		v.Rows = append(v.Rows, resultRowOf(m, v.Record, s, programmes))
	}
	v.Pager = pager{From: start + 1, To: start + len(page), Total: len(rows)}
	at := func(n int) string { return Moment{}.Link(path, "show", show, "from", strconv.Itoa(n)) }
	if start > 0 {
		v.Pager.Before = at(max(start-perPage, 0) + 1)
	}
	if v.Pager.To < len(rows) {
		v.Pager.After = at(v.Pager.To + 1)
	}
	return nil
}

// contradicted reports whether other evidence speaks against every match.
func contradicted(s *screening.Screened) bool {
	return !slices.ContainsFunc(s.Matches, func(m screening.Match) bool { return m.Evidence >= 0 })
}

// ranked is the names with those that matched first, the likeliest of them
// first; others stay in their order.
func ranked(all []screening.Screened) []*screening.Screened {
	out := make([]*screening.Screened, len(all))
	for i := range all {
		out[i] = &all[i]
	}
	best := func(s *screening.Screened) (score, evidence float64) {
		if len(s.Matches) == 0 {
			return 0, 0
		}
		return s.Matches[0].Score, s.Matches[0].Evidence
	}
	slices.SortStableFunc(out, func(a, b *screening.Screened) int {
		scoreA, evidenceA := best(a)
		scoreB, evidenceB := best(b)
		return cmp.Or(cmp.Compare(scoreB, scoreA), cmp.Compare(evidenceB, evidenceA))
	})
	return out
}

func resultRowOf(m Moment, record *screening.Recorded, s *screening.Screened, programmes map[string]*listing.Programme) resultRow {
	row := resultRow{Sought: s.Sought, Form: formOf(&s.Sought)}
	if len(record.Lists) == 1 {
		row.Form.List = record.Lists[0]
	}
	row.Screen = m.Link("/screen", row.Form.pairs()...)
	shown := s.Matches[:min(len(s.Matches), mostOfOne)]
	for _, one := range shown {
		row.Matches = append(row.Matches, row.Form.matchView(m, one, programmes))
	}
	row.More = len(s.Matches) - len(shown)
	return row
}

// resultsCSV is a recorded screening as a table; with only=matches without the
// names that matched nothing.
func (c *Console) resultsCSV(w http.ResponseWriter, r *http.Request) error {
	return c.resultsFile(w, r, batchCSV)
}

// resultsLines is a recorded screening as JSON objects, one a line, in the
// shape of the command line and the API.
func (c *Console) resultsLines(w http.ResponseWriter, r *http.Request) error {
	return c.resultsFile(w, r, batchLines)
}

func (c *Console) resultsFile(w http.ResponseWriter, r *http.Request, form string) error {
	record, e, err := c.screened(r)
	if err != nil {
		return err
	}
	out := newResultFile(w, form, "screening-"+plainDigest(e.Digest))
	for i := range record.Screened {
		s := &record.Screened[i]
		if len(s.Matches) == 0 && r.URL.Query().Get("only") == "matches" {
			continue
		}
		if out.write(&s.Sought, &screening.Result{ID: s.Sought.ID, Query: s.Sought.Name, Matches: s.Matches}) != nil {
			return nil // the reader has gone away
		}
	}
	_ = out.flush()
	return nil
}
