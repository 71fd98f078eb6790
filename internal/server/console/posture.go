package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/posture"
)

// Owing answers what is owed for what runs.
type Owing interface {
	PostureDue(ctx context.Context, ask node.PostureAsk) (*node.PostureDue, error)
	Exploited(ctx context.Context, ask access.Ask, changed bool) (*node.ExploitedList, error)
	PosturePlan(ctx context.Context, ask node.PostureAsk) ([]byte, error)
}

// mostDue is how many findings a page shows.
const mostDue = 200

// dueChoices narrow what is shown; the first is what one begins with.
var dueChoices = []choice{
	{"", "open and overdue"}, {"overdue", "overdue"}, {"open", "open"}, {"closed-late", "fixed late"}, {"closed-on-time", "fixed in time"},
	{"deferred", "with the next upgrade"}, {"no-clock", "asked for by no directive"}, {"out-of-scope", "out of scope"}, {"undetermined", "undetermined"},
}

// dueView is the page of what is due.
type dueView struct {
	Ways          []tab
	Organisation  string
	State         string
	Choices       []choice
	Organisations []owingRow
	Total         int // of all
	Fresh         []dueRow
	Rows          []dueRow
	Found         int // of those that the filters leave
	Yesterday     access.Date
	Plan          string // address of the plan of action and milestones; "" where nothing is to be done
}

// owingRow is what one organisation owes.
type owingRow struct {
	ID, Name, Link string
	Overdue, Today int
	Week           int // due today or within seven days
	Open           int
	Late, InTime   int
	Incomplete     int
}

// dueRow is one finding.
type dueRow struct {
	node.Due
	Tone   string
	Stands string
	Link   string // to the weakness

	ReleaseLink string // to the release whose bill says so; "" for a scanner's
}

var dueTones = map[posture.State]string{
	posture.Overdue: "deny", posture.Open: "review", posture.ClosedOnTime: "allow", posture.ClosedLate: "review", posture.Undetermined: "review",
}

// due is what has to be fixed by when: of each organisation, and one by one.
func (c *Console) due(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v := dueView{Ways: waysOfSoftware(m, "/posture"), Organisation: strings.TrimSpace(q.Get("organisation")), State: q.Get("state"), Choices: dueChoices}
	ask := m.ask(r)
	all, err := c.questions.PostureDue(r.Context(), node.PostureAsk{Ask: ask})
	if err != nil {
		return err
	}
	v.Yesterday = all.At.AddDays(-1)
	before := ask
	before.At.Date = v.Yesterday
	was, err := c.questions.PostureDue(r.Context(), node.PostureAsk{Ask: before})
	if err != nil {
		return err
	}
	v.Total = all.Total
	v.Organisations = owing(all, m)
	v.Fresh = c.changedSince(was, all, m)
	for i := range all.Findings {
		d := &all.Findings[i]
		if v.wants(d) {
			v.Rows = append(v.Rows, dueRowOf(d, m))
		}
	}
	slices.SortStableFunc(v.Rows, func(a, b dueRow) int {
		return cmp.Or(strings.Compare(cmp.Or(string(a.Due.Due), "9999"), cmp.Or(string(b.Due.Due), "9999")), strings.Compare(a.Finding, b.Finding))
	})
	if all.States[posture.Open]+all.States[posture.Overdue] > 0 {
		v.Plan = m.Link("/posture/poam.json", "organisation", v.Organisation)
	}
	v.Found = len(v.Rows)
	v.Rows = v.Rows[:min(v.Found, mostDue)]
	return c.show(w, r, m, "posture", "What is due", v)
}

// wants reports whether a finding is to be shown.
func (v *dueView) wants(d *node.Due) bool {
	if v.Organisation != "" && d.Organisation != v.Organisation {
		return false
	}
	if v.State == "" {
		return d.State == posture.Open || d.State == posture.Overdue
	}
	return string(d.State) == v.State
}

func dueRowOf(d *node.Due, m Moment) dueRow {
	row := dueRow{
		Due: *d, Tone: cmp.Or(dueTones[d.State], "none"), Stands: strings.ReplaceAll(string(d.State), "-", " "),
		Link: m.Link("/advisory", "id", d.Weakness),
	}
	if d.Release != "" {
		row.ReleaseLink = m.Link("/release", "subject", d.Release)
	}
	return row
}

// changedSince is the findings that stood otherwise the day before, or were not
// there.
func (c *Console) changedSince(was, is *node.PostureDue, m Moment) (out []dueRow) {
	before := map[string]posture.State{}
	key := func(d *node.Due) string { return d.Finding + "\x00" + d.Asset }
	for i := range was.Findings {
		before[key(&was.Findings[i])] = was.Findings[i].State
	}
	for i := range is.Findings {
		d := &is.Findings[i]
		if d.State != posture.OutOfScope && d.State != posture.NoClock && before[key(d)] != d.State {
			out = append(out, dueRowOf(d, m))
		}
	}
	return out[:min(len(out), mostDue)]
}

// owing sums up what each organisation owes, those with most overdue first.
func owing(all *node.PostureDue, m Moment) []owingRow {
	by := map[string]*owingRow{}
	soon := all.At.AddDays(7)
	for i := range all.Findings {
		d := &all.Findings[i]
		row := by[d.Organisation]
		if row == nil {
			row = &owingRow{ID: d.Organisation, Name: ownName(cmp.Or(d.Organisation, "in no inventory")), Link: m.Link("/posture", "organisation", d.Organisation)}
			by[d.Organisation] = row
		}
		switch d.State {
		case posture.Overdue:
			row.Overdue++
		case posture.Open:
			row.Open++
			if d.Due == all.At {
				row.Today++
			}
			if d.Due <= soon {
				row.Week++
			}
		case posture.ClosedLate:
			row.Late++
		case posture.ClosedOnTime:
			row.InTime++
		}
		if d.Incomplete {
			row.Incomplete++
		}
	}
	var out []owingRow
	for _, row := range by {
		out = append(out, *row)
	}
	slices.SortFunc(out, func(a, b owingRow) int {
		return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), cmp.Compare(b.Week, a.Week), strings.Compare(a.ID, b.ID))
	})
	return out
}

// plan gives what is still to be done as an OSCAL document.
func (c *Console) plan(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	b, err := c.questions.PosturePlan(r.Context(), node.PostureAsk{Ask: m.ask(r), Organisation: strings.TrimSpace(r.URL.Query().Get("organisation"))})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="poam.json"`)
	_, err = w.Write(b)
	return err
}

// rewrittenView is the page of the catalogue of exploited weaknesses, then and now.
type rewrittenView struct {
	Ways    []tab
	List    *node.ExploitedList
	Rows    []node.ExploitedThen
	Changed bool
}

// rewritten shows what the catalogue said on a day, and says now.
func (c *Console) rewritten(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	v := rewrittenView{Ways: waysOfSoftware(m, "/posture"), Changed: r.URL.Query().Get("all") == ""}
	if v.List, err = c.questions.Exploited(r.Context(), m.ask(r), v.Changed); err != nil {
		return err
	}
	v.Rows = v.List.Entries[:min(len(v.List.Entries), 2000)]
	return c.show(w, r, m, "exploited", "The catalogue, then and now", v)
}
