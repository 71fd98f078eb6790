package dod

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
)

func realReading(t *testing.T, rel string) *ledger.Reading {
	t.Helper()
	b, err := os.ReadFile(realdata.Path(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	return mustRead(t, string(b))
}

// find is the listings that have a name with this fold.
func find(r *ledger.Reading, name string) []string {
	var out []string
	for _, s := range r.Statements {
		if s.Kind == party.FactName && s.Term == party.Fold(name) {
			out = append(out, s.Subject)
		}
	}
	return out
}

// Every case about the 1260H list, and those about the 1237 list that need no
// court's order, come out of the histories alone.
func TestRealCases(t *testing.T) {
	lists := map[string]*ledger.Reading{
		"dod1260h": realReading(t, "data/screening/us_dod/section1260h_history.csv"),
		"dod1237":  realReading(t, "data/screening/us_dod/section1237_ccmc.csv"),
	}
	f, err := os.Open(realdata.Path(t, "data/screening/lifecycle/asof_cases.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cases, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, c := range cases[1:] {
		name, day, list, want := c[0], access.Date(c[1]), c[2], c[3]
		r := lists[list]
		if r == nil || want == "listed_enjoined" || strings.HasPrefix(name, "Luokung") {
			continue
		}
		got := listing.StatusNotListed
		for _, subject := range find(r, name) {
			got = statusOn(r, subject, day)
		}
		if want = strings.TrimSuffix(want, "_restriction_pending"); string(got) != want {
			t.Errorf("%s on %s: %s, want %s", name, day, got, want)
		}
		checked++
	}
	if checked < 11 {
		t.Errorf("only %d cases checked", checked)
	}
}

func TestRealCounts(t *testing.T) {
	history := realReading(t, "data/screening/us_dod/section1260h_history.csv")
	ccmc := realReading(t, "data/screening/us_dod/section1237_ccmc.csv")
	if history.Rows != 397 || ccmc.Rows != 44 {
		t.Errorf("rows %d and %d, want 397 and 44", history.Rows, ccmc.Rows)
	}
	removed := map[access.Date]int{}
	entries := 0
	for _, s := range history.Statements {
		switch b := s.Body.(type) {
		case listing.Entry:
			entries++
		case listing.Event:
			if b.Kind == listing.Removed {
				removed[b.Date]++
			}
		}
	}
	if entries != 227 || removed["2024-01-31"] != 3 || removed["2025-01-07"] != 6 || removed["2026-02-17"] != 12 {
		t.Errorf("%d entries, removals %v; want 227 and 3, 6, 12", entries, removed)
	}
	if got := statusOn(ccmc, "us-dod-1237:luokong-technology-corporation", "2021-03-09"); got != listing.StatusSuperseded {
		t.Errorf("the misspelt entry is %s, want superseded", got)
	}
	found := false
	for _, s := range ccmc.Statements {
		found = found || s.Term == "us-dod-1237:luokung-technology-corp" && s.Kind == listing.FactEvent
	}
	if !found {
		t.Error("no event names the entry under the right spelling as successor")
	}
}
