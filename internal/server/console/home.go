package console

import (
	"cmp"
	"net/http"
	"regexp"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/policy"
)

// kindDecision is the kind of the documents that record decisions.
const kindDecision = "decision"

// mostFound is how many parties one search shows.
const mostFound = 50

type homeView struct {
	Query      string
	Searched   bool
	Candidates []dossier.Candidate
	Recent     []recordedView
	Empty      bool // nothing to look in has been imported
}

// recordedView is one line of the recent decisions.
type recordedView struct {
	Digest, Subject, Purpose string
	Verdict                  policy.Verdict
	At, Known                access.Date
	Recorded                 time.Time
}

// weaknessForm is how ids of weaknesses look that everybody knows.
var weaknessForm = regexp.MustCompile(`(?i)^(CVE-\d{4}-\d{4,}|GHSA(-[0-9a-z]{4}){3})$`)

// home is the first page: the search box, and what was searched for when there
// is something to choose from. A name that leads to one party leads there.
func (c *Console) home(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	v := homeView{Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	ask := m.ask(r)
	if weaknessForm.MatchString(v.Query) {
		see(w, r, "%s", m.Link("/advisory", "id", v.Query))
		return nil
	}
	if v.Query != "" {
		v.Searched = true
		if v.Candidates, err = c.questions.Search(r.Context(), ask, v.Query, mostFound); err != nil {
			return err
		}
		switch len(v.Candidates) {
		case 0:
			see(w, r, "%s", m.Link("/party", "subject", v.Query))
			return nil
		case 1:
			see(w, r, "%s", m.Link("/party", "subject", v.Candidates[0].ID))
			return nil
		}
	}
	sources, err := c.questions.Sources(r.Context(), ask)
	if err != nil {
		return err
	}
	v.Empty = true
	for _, s := range sources {
		v.Empty = v.Empty && groupOf(s.Source) == groupRules
	}
	if v.Recent, err = c.recent(r, ask, 8); err != nil {
		return err
	}
	return c.show(w, r, m, "home", "Ask", v)
}

// recent is the newest decisions that the reader may see. One that cannot be
// read any more is passed over: the page is not about it.
func (c *Console) recent(r *http.Request, ask access.Ask, limit int) ([]recordedView, error) {
	// When a decision was recorded has nothing to do with the moment that the
	// next question is about.
	ask.At = access.At{Date: access.Date(c.today()), Known: access.Forever, Position: access.Now}
	entries, err := c.questions.List(r.Context(), ask, ledger.Filter{Kind: kindDecision, Newest: true, Limit: limit})
	if err != nil {
		return nil, err
	}
	var out []recordedView
	for _, e := range entries {
		b, err := c.questions.Body(r.Context(), ask, e.Position)
		if err != nil {
			continue
		}
		d, err := decision.ParseRecord(b)
		if err != nil {
			continue
		}
		v := recordedView{
			Digest: e.Digest, Subject: cmp.Or(d.Subject.Name, d.Query), Verdict: d.Verdict,
			At: d.At, Known: d.Known, Recorded: e.Received,
		}
		if d.Purpose != nil {
			v.Purpose = *d.Purpose
		}
		out = append(out, v)
	}
	return out, nil
}
