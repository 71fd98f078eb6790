package holdings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/access"
	"countersign.dev/internal/decision"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/policy"
	"countersign.dev/internal/screening"
)

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []Security
		wrong    []string
	}{
		{"commas", "isin,ticker,name\nUS1694261033,CHA US,China Telecom\n", []Security{{Line: 2, ISIN: "US1694261033", Ticker: "CHA US", Name: "China Telecom"}}, []string{""}},
		{"other headings, semicolons and a byte order mark", "\ufeffAccount;ISIN_Code;Security Name;Shares;Price\r\n7; us16942 61033 ;Ch\u00e8re;1.000,5;9\r\n",
			[]Security{{Line: 2, ID: "7", ISIN: "US1694261033", Name: "Ch\u00e8re", Quantity: "1.000,5"}}, []string{""}},
		{"tabs, quotes and short rows", "name\tsymbol\n\"A \"\"B\"\"\"\tX HK\nC\n", []Security{{Line: 2, Name: `A "B"`, Ticker: "X HK"}, {Line: 3, Name: "C"}}, []string{"", ""}},
		{"a heading of its own name counts", "security,name\nbond,Acme\n", []Security{{Line: 2, Name: "Acme"}}, []string{""}},
		{"wrong rows", "isin,name\nUS1694261034,Acme\n,...\n,\xff\n", []Security{{Line: 2, ISIN: "US1694261034", Name: "Acme"}, {Line: 3, Name: "..."}, {Line: 4, Name: "\ufffd"}}, []string{
			`f: line 2: column isin: "US1694261034" is no ISIN: want two letters, nine letters or digits, and the check digit that belongs to them`,
			"f: line 3: has no ISIN, ticker or name", "f: line 4: column name: is not UTF-8; save the file as UTF-8",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := Read("f", []byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			var got []Security
			var wrong []string
			for _, r := range rows {
				got = append(got, r.Security)
				if wrong = append(wrong, ""); r.Err != nil {
					wrong[len(wrong)-1] = r.Err.Error()
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.wrong, wrong); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "f: is empty; want a header line",
		"a,b\n1,2\n":                          "f: the header has none of the columns isin, ticker and name",
		"name,name\nx,y\n":                    `f: the header has the column "name" twice`,
		"name\n":                              "f: has a header and no rows",
		"name\nx\n\"y\n":                      "f: line ",
		"name" + strings.Repeat("\nx", 1e5+1): "f: more than 100000 rows",
	} {
		if _, err := Read("f", []byte(in)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", in, err, want)
		}
	}
}

func TestISIN(t *testing.T) {
	for isin, want := range map[string]bool{
		"US0378331005": true, "KYG9830T1067": true, "US16942610CN": false, "GB0002634946": true, "US0378331006": false, "US037833100": false, "us0378331005": false, "1S0378331005": false,
	} {
		if validISIN(isin) != want {
			t.Errorf("%s: %v", isin, !want)
		}
	}
}

// FuzzRead reads anything without panic; every row has its line, and an error or
// something to look for.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"isin,name\nUS0378331005,Apple\n", "name;ticker\n\"a;b\";X\n", "\ufeffname\tqty\nx\t1\n", "name\n\"", "isin\n0\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := Read("f", b)
		if err == nil && len(rows) == 0 {
			t.Error("no rows and no error")
		}
		for _, r := range rows {
			if r.Line < 1 || r.Err == nil && r.ISIN+r.Ticker+r.Name == "" {
				t.Errorf("%+v", r)
			}
		}
	})
}

// consequence is one of a listing, from a day on.
func consequence(kind listing.ConsequenceKind, state listing.State, from access.Date) decision.Consequence {
	return decision.Consequence{Kind: kind, State: state, From: &from}
}

func TestJudge(t *testing.T) {
	type says struct {
		verdict policy.Verdict
		kind    listing.ConsequenceKind
	}
	for _, tt := range []struct {
		name         string
		consequences []decision.Consequence
		reasons      []says
		buy, hold    May
		sellBy       access.Date
	}{
		{"nothing", nil, nil, Yes, Yes, ""},
		{"pending", []decision.Consequence{consequence(listing.Purchase, listing.StatePending, "2021-08-02"), consequence(listing.Holding, listing.StatePending, "2022-06-03")},
			[]says{{policy.Review, listing.Purchase}, {policy.Review, listing.Holding}}, Yes, Yes, "2022-06-03"},
		{"winding down", []decision.Consequence{consequence(listing.Purchase, listing.StateInForce, "2021-08-02"), consequence(listing.Holding, listing.StateWindDown, "2022-06-03")},
			[]says{{policy.Deny, listing.Purchase}, {policy.Review, listing.Holding}}, No, Yes, "2022-06-03"},
		{"in force", []decision.Consequence{consequence(listing.Holding, listing.StateInForce, "2022-06-03")}, []says{{policy.Deny, listing.Holding}}, No, No, "2022-06-03"},
		{"blocked", []decision.Consequence{consequence(listing.Blocking, listing.StateInForce, "2021-01-01")}, []says{{policy.Deny, listing.Blocking}}, No, No, ""},
		{"stayed", []decision.Consequence{consequence(listing.Holding, listing.StateStayed, "2022-01-14")}, []says{{policy.Review, ""}}, Review, Review, ""},
		{"undetermined", []decision.Consequence{consequence(listing.Purchase, listing.StateUndetermined, "2022-01-14")}, []says{{policy.Review, listing.Purchase}}, Review, Yes, ""},
		{"an exchange acts", []decision.Consequence{consequence(listing.ExchangeDelisting, listing.StatePending, "2022-01-14")}, []says{{policy.Review, listing.ExchangeDelisting}}, Yes, Yes, ""},
		{"history", []decision.Consequence{consequence(listing.Holding, listing.StateEnded, "2022-01-14")}, []says{{policy.Allow, ""}}, Yes, Yes, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &decision.Answer{Listings: []decision.Listing{{ID: "l", Consequences: tt.consequences}}}
			for _, s := range tt.reasons {
				a.Reasons = append(a.Reasons, decision.Reason{Verdict: s.verdict, Consequence: s.kind, Listing: "l", Because: "b"})
			}
			h := Judge(Security{}, ByISIN, a)
			sellBy := access.Date("")
			if h.SellBy != nil {
				sellBy = *h.SellBy
			}
			if h.MayBuy != tt.buy || h.MayHold != tt.hold || sellBy != tt.sellBy {
				t.Errorf("buy %s, hold %s, sell by %q; want %s, %s, %q", h.MayBuy, h.MayHold, sellBy, tt.buy, tt.hold, tt.sellBy)
			}
		})
	}
}

func TestUnknown(t *testing.T) {
	found := []screening.Match{{ID: "l:1", Name: "Acme", List: "l", Status: "listed", Score: 0.9}}
	for _, tt := range []struct {
		s       Security
		found   []screening.Match
		verdict policy.Verdict
		buy     May
	}{
		{Security{Name: "Acmee"}, found, policy.Review, Review},
		{Security{Name: "Nobody"}, nil, policy.Allow, Yes},
		{Security{ISIN: "US0378331005"}, nil, policy.Review, Review},
	} {
		if h := Resembling(tt.s, tt.found); h.Verdict != tt.verdict || h.MayBuy != tt.buy {
			t.Errorf("%+v: %+v", tt.s, h)
		}
	}
}

func TestSum(t *testing.T) {
	day := access.Date("2022-06-03")
	a := Answer{Holdings: []Holding{
		{Verdict: policy.Allow, MayBuy: Yes, MayHold: Yes}, {Verdict: policy.Deny, MayBuy: No, MayHold: Yes, SellBy: &day},
		{Verdict: policy.Deny, MayBuy: No, MayHold: No, SellBy: &day}, Broken(Security{}, "wrong"),
	}}
	a.Sum()
	if want := (Summary{Rows: 4, Allow: 1, Review: 1, Deny: 2, NoBuy: 2, NoHold: 1, Sell: 1, Invalid: 1}); a.Summary != want || a.Verdict != policy.Deny {
		t.Errorf("%+v %s, want %+v", a.Summary, a.Verdict, want)
	}
}
