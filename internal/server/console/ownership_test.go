package console_test

import (
	"net/http"
	"strings"
	"testing"

	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/interestcsv"
)

// TestOwnership looks at the page of a party that is blocked by its owners: the
// rules' words, the drawing with the proof in it, and the tables.
func TestOwnership(t *testing.T) {
	s := newStage(t)
	id := listing.ID("us-ofac-sdn", "900")
	s.add(dossiertest.Document{Source: "us-ofac-sdn", Name: "sdn.csv", Published: "2020-01-01", Statements: append(
		dossiertest.Entry(listing.Entry{ID: id, Programme: "us-ofac-sdn", Name: "Blocked Bank", Kind: party.Organisation}),
		dossiertest.Event(id, listing.Event{Kind: listing.Designated, Date: "2020-01-01"}),
	)})
	table := "owner,owned,economic,control\nBlocked Bank,Middle Ltd,60,\nMiddle Ltd,Owned Works,50,board\n<b>Odd & Co</b>,Owned Works,10..20,\nOwned Works,Daughter AG,80,\n"
	r, err := interestcsv.Read(t.Context(), "ownership/test", []byte(table), interestcsv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s.add(dossiertest.Document{Source: "ownership/test", Name: "test.csv", Published: "2020-01-01", Statements: r.Statements})
	v := visitAs(t, s, analyst)
	d := v.get("/party?subject=Owned+Works&purpose=procure&at=2021-02-01", http.StatusOK)
	d.says("#verdict", "Deny")
	d.says("[data-rule-state=blocked]", "OFAC 50 percent rule", "50 % is held by Middle Ltd", "Blocked Bank holds 60 % of Middle Ltd")
	if n := len(d.all("svg.owners .node")); n != 4 {
		t.Errorf("%d parties drawn, want the subject, two owners and an owner's owner", n)
	}
	if n, all := len(d.all("svg.owners .edge.proof")), len(d.all("svg.owners .edge")); n != 2 || all != 3 {
		t.Errorf("%d of %d lines are of the proof, want 2 of 3", n, all)
	}
	d.says("svg.owners", "Middle Ltd", "50 % of capital, board", "<b>Odd & Co</b>")
	d.says("tr.proof", "Middle Ltd", "blocked", "board")
	d.says("#answer", "Daughter AG", "80 %")

	// Who neither is held nor holds has no such part.
	plain := v.get("/party?subject=Luokung&purpose=procure&at=2021-02-01", http.StatusOK)
	if n := len(plain.all("#ownership")); n != 0 {
		t.Errorf("a part on ownership although no interest is held")
	}
}

// TestOwnershipIsBounded draws no more than a page has room for.
func TestOwnershipIsBounded(t *testing.T) {
	s := newStage(t)
	table := "owner,owned,economic\n" + strings.Repeat("Holder of shares number ?,Owned Works,1\n", 60)
	for i := range 60 {
		table = strings.Replace(table, "?", strings.Repeat("x", i+1), 1)
	}
	r, err := interestcsv.Read(t.Context(), "ownership/test", []byte(table), interestcsv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s.add(dossiertest.Document{Source: "ownership/test", Name: "test.csv", Published: "2020-01-01", Statements: r.Statements})
	d := visitAs(t, s, analyst).get("/party?subject=Owned+Works&at=2021-02-01", http.StatusOK)
	if n := len(d.all("svg.owners .node")); n != 16 {
		t.Errorf("%d parties drawn of 60 owners, want 16: the subject, 14, and how many more", n)
	}
	d.says("svg.owners .s-more", "and 46 more, in the table")
}
