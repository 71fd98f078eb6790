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
	Found    *node.Impact // nil until something was asked
	Releases []impactedView
	Pager    pager
}

// impact asks who is concerned by something that is named. A weakness and a
// package have pages of their own.
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
	if v.Found, err = c.questions.Impact(r.Context(), m.ask(r), v.Query, page*perPage, perPage); err != nil {
		return err
	}
	switch v.Found.Kind {
	case "weakness":
		see(w, r, "%s", m.Link("/advisory", "id", v.Query))
		return nil
	case "package":
		see(w, r, "%s", m.Link("/component", "purl", v.Query))
		return nil
	}
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
