package console

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"net/http"
	"path"
	"slices"
	"strings"

	"countersign.dev/internal/access"
	"countersign.dev/internal/holdings"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/problem"
)

// mostHoldings is how many securities a page names; a file has all.
const mostHoldings = 500

type portfolioView struct {
	Ways    []tab
	Problem string
	Keep    bool
	MayKeep bool
	Limit   int64
	Most    int
	Answer  *holdings.Answer
	Digest  string // of the record; "" where none was wanted
	Rows    []securityView
	More    int // that are not allowed and not shown
}

// securityView is one security with its way on.
type securityView struct {
	holdings.Holding
	Party string // address of the issuer's page; "" where nobody is meant
}

// holdingsForm is the page where a table of securities is handed in.
func (c *Console) holdingsForm(w http.ResponseWriter, r *http.Request) error {
	m, err := c.moment(r)
	if err != nil {
		return err
	}
	return c.showHoldings(w, r, m, http.StatusOK, portfolioView{})
}

func (c *Console) showHoldings(w http.ResponseWriter, r *http.Request, m Moment, status int, v portfolioView) error {
	v.Ways = waysToScreen(m, "/holdings")
	v.MayKeep, v.Limit, v.Most = visitorOf(r.Context()).Reader.MayWrite(), min(c.opts.MaxUpload, holdings.MaxBytes), holdings.MaxRows
	return c.pages.write(w, status, "holdings", "layout", c.frame(r, m, "Holdings", v))
}

// holdings answers a table of securities with a page or a file.
func (c *Console) holdings(w http.ResponseWriter, r *http.Request) error {
	m, err := c.momentOf(r.PostForm)
	if err != nil {
		return err
	}
	v := portfolioView{Keep: value(r, "keep") != ""}
	name, err := c.answerHoldings(r, m, &v)
	switch problem.KindOf(err) {
	case problem.Invalid, problem.TooLarge:
		v.Problem = sentence(problem.Message(err))
		return c.showHoldings(w, r, m, problem.Status(err), v)
	}
	if err != nil {
		return err
	}
	if value(r, "answer") == batchCSV {
		b, err := portfolioTable(v.Answer)
		if err != nil {
			return err
		}
		return download(w, "text/csv; charset=utf-8", strings.TrimSuffix(path.Base(name), ".csv")+"-answered.csv", b)
	}
	m = m.pinned(v.Answer.At, v.Answer.Known, v.Answer.Position)
	for _, h := range v.Answer.Holdings {
		if h.Verdict == policy.Allow && h.Listing == "" {
			continue
		}
		h.Reason = sentence(h.Reason)
		one := securityView{Holding: h}
		if h.Subject != "" {
			one.Party = m.Link("/party", "subject", h.Subject, "purpose", holdings.Purpose)
		}
		v.Rows = append(v.Rows, one)
	}
	slices.SortStableFunc(v.Rows, func(a, b securityView) int { return cmp.Compare(gravity(a.Verdict), gravity(b.Verdict)) })
	if v.More = len(v.Rows) - mostHoldings; v.More > 0 {
		v.Rows = v.Rows[:mostHoldings]
	}
	return c.showHoldings(w, r, m, http.StatusOK, v)
}

// gravity orders verdicts, the gravest first.
func gravity(v policy.Verdict) int {
	return slices.Index([]policy.Verdict{policy.Deny, policy.Review, policy.Allow}, v)
}

// answerHoldings reads the form's table, whose name it returns, and asks the
// node about it.
func (c *Console) answerHoldings(r *http.Request, m Moment, v *portfolioView) (string, error) {
	files, err := filesOf(r.MultipartForm)
	if err != nil {
		return "", err
	}
	rows, err := holdings.Read(files[0].Name, files[0].Bytes)
	if err != nil {
		return "", err
	}
	v.Answer, v.Digest, err = c.questions.Holdings(r.Context(), m.ask(r), rows, v.Keep)
	return files[0].Name, err
}

var holdingColumns = []string{
	"id", "isin", "ticker", "name", "quantity", "verdict", "may_buy", "may_hold", "sell_by", "changes_on", "found_by", "issuer", "listing", "reason", "cite", "error",
}

// portfolioTable is an answer as a table, in the order of the rows.
func portfolioTable(a *holdings.Answer) ([]byte, error) {
	var out bytes.Buffer
	table := csv.NewWriter(&out)
	if err := table.Write(holdingColumns); err != nil {
		return nil, err
	}
	for _, h := range a.Holdings {
		cells := []string{
			h.ID, h.ISIN, h.Ticker, h.Name, h.Quantity, string(h.Verdict), string(h.MayBuy), string(h.MayHold), orNothing(h.SellBy), orNothing(h.ChangesOn),
			h.FoundBy, h.Issuer, h.Listing, h.Reason, h.Cite, h.Error,
		}
		if err := table.Write(guarded(cells)); err != nil {
			return nil, err
		}
	}
	table.Flush()
	return out.Bytes(), table.Error()
}

func orNothing(d *access.Date) string {
	if d == nil {
		return ""
	}
	return string(*d)
}
