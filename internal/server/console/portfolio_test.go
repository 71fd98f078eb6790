package console_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
)

const securities = `id,isin,ticker,name,quantity
1,,,Apple Inc,7
2,,,Semiconducter Manufacturing Internatonal,9
3,KYG9830T1067,1810 HK,Xiaomi,1000
4,,,,
`

// TestHoldings asks about a table of securities as one had to on a day on which
// nobody knew that the listing would be stayed.
func TestHoldings(t *testing.T) {
	v := whole(t)
	then := map[string]string{"at": "2021-03-16", "known": "2021-02-01"}
	resp := v.upload("/holdings", "fund.csv", securities, then)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d", resp.StatusCode)
	}
	d := read(t, "holdings", resp)
	d.says(".card", "Deny", "4 securities", "2021-03-16", "2021-02-01")
	d.says("[data-line='4']", "Deny", "Xiaomi", "KYG9830T1067", "no", "yes", "2022-01-14", "Purchases of securities", "E.O. 13959")
	d.says("[data-line='3']", "Review", "Semiconductor Manufacturing International")
	d.says("[data-line='5']", "Review", "fund.csv: line 5: has no ISIN, ticker or name")
	rows := d.all("tbody tr")
	if len(rows) != 3 || attribute(rows[0], "data-line") != "4" {
		t.Errorf("%d rows, of which the first is %q; want the three to look at, the gravest first", len(rows), text(rows[0]))
	}
	for _, a := range d.all("tbody a") {
		if q := address(t, a).Query(); q.Get("at") != "2021-03-16" || q.Get("position") == "" {
			t.Errorf("the link %s leaves the answer's moment", attribute(a, "href"))
		}
		v.get(attribute(a, "href"), http.StatusOK)
	}

	then["answer"] = "csv"
	table, err := csv.NewReader(v.upload("/holdings", "fund.csv", securities, then).Body).ReadAll()
	if err != nil || len(table) != 5 || table[3][1] != "KYG9830T1067" || table[3][5] != "deny" || table[3][8] != "2022-01-14" {
		t.Errorf("the file: %q, %v", table, err)
	}
}

func TestHoldingsAreKept(t *testing.T) {
	v := whole(t)
	kept := func() int { return strings.Count(v.get("/ledger", http.StatusOK).one("main"), "holdings") }
	v.upload("/holdings", "fund.csv", securities, nil)
	if n := kept(); n != 0 {
		t.Errorf("%d records without being asked for", n)
	}
	read(t, "kept", v.upload("/holdings", "fund.csv", securities, map[string]string{"keep": "1"})).says(".card", "Recorded as")
	if kept() == 0 {
		t.Error("the record is not in the ledger")
	}
	for table, want := range map[string]string{"": "is empty", "a,b\n1,2\n": "none of the columns"} {
		resp := v.upload("/holdings", "fund.csv", table, nil)
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: status %d", table, resp.StatusCode)
		}
		read(t, table, resp).says("[role=alert]", want)
	}
	v.as = reader
	if n := v.get("/holdings", http.StatusOK).all("[name=keep]"); len(n) != 0 {
		t.Error("a reader is offered to keep")
	}
	if got := v.upload("/holdings", "fund.csv", securities, map[string]string{"keep": "1"}).StatusCode; got != http.StatusForbidden {
		t.Errorf("a reader keeps: %d", got)
	}
}
