package console

import (
	"net/http"
	"slices"
	"strings"

	"countersign.dev/internal/node"
)

// impactView is the page on which one asks who is concerned.
type impactView struct {
	Ways     []tab
	Query    string
	Found    *node.WholeImpact // nil until something was asked
	Concern  concernView
	More     string // address of the page about the weakness or package itself; "" for others
	Releases []impactedView
	Pager    pager
}

// impact asks who is concerned by something that is named.
func (c *Console) impact(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	v := impactView{Ways: waysOfSoftware(m, "/impact"), Query: strings.TrimSpace(r.URL.Query().Get("subject"))}
	if v.Query == "" {
		return c.show(w, r, m, "impact", "Who is concerned", v)
	}
	page, err := pageOf(r.URL.Query().Get("page"))
	if err != nil {
		return err
	}
	ask := m.ask(r)
	if v.Found, err = c.questions.ImpactWhole(r.Context(), ask, v.Query, page*perPage, perPage); err != nil {
		return err
	}
	switch v.Found.Kind {
	case "weakness":
		v.More = m.Link("/advisory", "id", v.Query)
	case "package":
		v.More = m.Link("/component", "purl", v.Query)
	}
	v.Concern = concernOf(&v.Found.Concern, v.Query, m, ask.Reader.MayWrite())
	v.Releases = impactedOf(v.Found.Releases, m)
	slices.SortStableFunc(v.Releases, func(a, b impactedView) int { return strings.Compare(a.Name, b.Name) })
	_, _, v.Pager = paged(v.Found.Total, page, func(n string) string { return m.Link("/impact", "subject", v.Query, "page", n) })
	return c.show(w, r, m, "impact", "Who is concerned", v)
}

// impactedTable is releases that are concerned, as a table.
type impactedTable struct {
	Moment Moment
	Rows   []impactedView
}

func impactedPart(p page, rows []impactedView) impactedTable { return impactedTable{p.Moment, rows} }
