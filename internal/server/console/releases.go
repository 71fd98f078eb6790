package console

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"countersign.dev/internal/access"
	"countersign.dev/internal/node"
	"countersign.dev/internal/problem"
)

// waysOfSoftware are the pages about software that begin with nothing named.
func waysOfSoftware(m Moment, here string) []tab {
	var out []tab
	for _, each := range []struct{ name, path string }{
		{"Releases", "/releases"}, {"Who is concerned", "/impact"}, {"What is due", "/posture"}, {"Compare", "/compare"}, {"Statements", "/vex"},
	} {
		out = append(out, tab{each.name, m.Link(each.path), each.path == here})
	}
	return out
}

// releasesView is the page of all releases.
type releasesView struct {
	Ways           []tab
	Name, Supplier string
	Only           string // "" or one of onlyChoices
	Choices        []choice
	Held           int
	Sums           node.PortfolioRelease // of those that the filters leave
	Rows           []portfolioRow
	Found          int
	Pager          pager
	Known          *knownChart // nil where nothing is open
	MayWrite       bool
}

type portfolioRow struct {
	node.PortfolioRelease
	Link string
}

// onlyChoices narrow the list by what is found.
var onlyChoices = []choice{
	{"", "all releases"}, {"exploited", "with something exploited"}, {"critical", "with something critical"}, {"open", "with anything open"},
	{"unknown", "with something that cannot be told"}, {"stated", "with statements about them"}, {"clean", "with nothing found"},
}

// releases is the portfolio: every release of which a bill is held, those of
// most concern first.
func (c *Console) releases(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v := releasesView{
		Ways: waysOfSoftware(m, "/releases"), Name: strings.TrimSpace(q.Get("name")), Supplier: strings.TrimSpace(q.Get("supplier")),
		Only: q.Get("only"), Choices: onlyChoices, MayWrite: visitorOf(r.Context()).Reader.MayWrite(),
	}
	if !slices.ContainsFunc(onlyChoices, func(o choice) bool { return o.Value == v.Only }) {
		return problem.New(problem.Invalid, "only %q: want exploited, critical, open, unknown, stated or clean", v.Only)
	}
	page, err := pageOf(q.Get("page"))
	if err != nil {
		return err
	}
	all, err := c.portfolio(r)
	if err != nil {
		return err
	}
	v.Held = len(all.Releases)
	var left []node.PortfolioRelease
	for _, each := range all.Releases {
		if v.leaves(&each) {
			left = append(left, each)
			v.add(&each)
		}
	}
	from, to, pager := paged(len(left), page, func(n string) string {
		return m.Link("/releases", "name", v.Name, "supplier", v.Supplier, "only", v.Only, "page", n)
	})
	v.Pager, v.Found = pager, len(left)
	for _, each := range left[from:to] {
		row := portfolioRow{each, m.Link("/release", "subject", each.ID)}
		row.Name = cmp.Or(each.Name, each.ID)
		v.Rows = append(v.Rows, row)
	}
	if v.Name == "" && v.Supplier == "" && v.Only == "" {
		v.Known = knownOf(all.Known, access.Date(c.today()))
	}
	return c.show(w, r, m, "releases", "Releases", v)
}

// leaves reports whether the filters leave a release.
func (v *releasesView) leaves(r *node.PortfolioRelease) bool {
	has := func(text, part string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(part)) }
	if !has(r.Name+" "+r.Version+" "+r.ID, v.Name) || !has(r.Supplier, v.Supplier) {
		return false
	}
	switch v.Only {
	case "exploited":
		return r.Exploited > 0
	case "critical":
		return r.Critical+r.Malicious > 0
	case "open":
		return r.Open() > 0
	case "unknown":
		return r.Unknown > 0
	case "stated":
		return r.Stated > 0
	case "clean":
		return r.Open()+r.Unknown == 0
	}
	return true
}

// add sums up.
func (v *releasesView) add(r *node.PortfolioRelease) {
	s := &v.Sums
	s.Malicious, s.Critical, s.High, s.Medium = s.Malicious+r.Malicious, s.Critical+r.Critical, s.High+r.High, s.Medium+r.Medium
	s.Low, s.Unrated, s.Exploited, s.Unknown = s.Low+r.Low, s.Unrated+r.Unrated, s.Exploited+r.Exploited, s.Unknown+r.Unknown
	s.Components += r.Components
}

// portfolios remembers what was counted, by who asked: until something new is
// in the ledger, or a day begins, it is the same.
type portfolios struct {
	mu      sync.Mutex
	byAsker map[string]*node.Portfolio
}

// mostPortfolios is how many askers' portfolios are remembered.
const mostPortfolios = 8

// portfolio is the portfolio as the visitor sees it now.
func (c *Console) portfolio(r *http.Request) (*node.Portfolio, error) {
	head, err := c.questions.Head(r.Context())
	if err != nil {
		return nil, err
	}
	reader := visitorOf(r.Context()).Reader
	asker := fmt.Sprint(reader.Operator, slices.Sorted(slices.Values(reader.Organisations)), c.today())
	c.counted.mu.Lock()
	held := c.counted.byAsker[asker]
	c.counted.mu.Unlock()
	if held != nil && held.Position == head.Position {
		return held, nil
	}
	counted, err := c.questions.Portfolio(r.Context(), access.Ask{Reader: reader})
	if err != nil {
		return nil, err
	}
	c.counted.mu.Lock()
	defer c.counted.mu.Unlock()
	if c.counted.byAsker == nil || len(c.counted.byAsker) >= mostPortfolios {
		c.counted.byAsker = map[string]*node.Portfolio{}
	}
	c.counted.byAsker[asker] = counted
	return counted, nil
}
