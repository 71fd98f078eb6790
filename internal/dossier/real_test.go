package dossier_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/dod"
	"countersign.dev/internal/listing/eventfile"
	"countersign.dev/internal/listing/ofac"
	"countersign.dev/internal/realdata"
)

// officialLists is the DoD's two lists and OFAC's non-SDN list as published,
// and two histories told by hand.
func officialLists(t testing.TB) *dossiertest.Memory {
	t.Helper()
	m := &dossiertest.Memory{}
	for _, rel := range []string{"section1237_ccmc.csv", "section1260h_history.csv"} {
		b := realFile(t, "us_dod/"+rel)
		source, ok := dod.Recognise(rel, b)
		if !ok {
			t.Fatalf("%s is not recognised", rel)
		}
		r, err := dod.Read(t.Context(), source, b, dod.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		m.Add(dossiertest.Document{Source: r.Source, Name: rel, Published: "2026-06-08", Statements: r.Statements})
	}
	for _, name := range []string{"xiaomi.yaml", "luokung.yaml"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		r, err := eventfile.Read(t.Context(), b, eventfile.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		m.Add(dossiertest.Document{Source: r.Source, Name: name, Published: r.Published, Statements: r.Statements})
	}
	var files []ofac.File
	for _, rel := range []string{"cons_prim.csv", "cons_alt.csv", "cons_add.csv", "cons_comments.csv"} {
		files = append(files, ofac.File{Name: rel, Bytes: realFile(t, "us_ofac_nonsdn/"+rel)})
	}
	for _, r := range ofac.ReadSet(t.Context(), files, "", ofac.Limits{}) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		m.Add(dossiertest.Document{Source: r.Reading.Source, Name: r.Reading.Part, Published: "2025-12-19", Statements: r.Reading.Statements})
	}
	return m
}

func realFile(t testing.TB, rel string) []byte {
	t.Helper()
	b, err := os.ReadFile(realdata.Path(t, filepath.Join("data/screening", rel)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRealCases asks the collection's as-of cases by the names they use.
func TestRealCases(t *testing.T) {
	m := officialLists(t)
	rows, err := csv.NewReader(bytes.NewReader(realFile(t, "lifecycle/asof_cases.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	programmes := map[string]string{"dod1237": "us-dod-1237", "dod1260h": "us-dod-1260h", "ofac_cmic": "us-ofac-ns-cmic"}
	statuses := map[string]listing.Status{
		"not_listed": listing.StatusNotListed, "listed": listing.StatusListed, "listed_restriction_pending": listing.StatusListed,
		"removed": listing.StatusRemoved, "listed_under_misspelling": listing.StatusListed,
		"listed_purchase_prohibition_pending": listing.StatusListed, "purchase_prohibited_divestment_allowed": listing.StatusListed,
		"all_transactions_prohibited_after_divestment_date": listing.StatusListed, "vacated": listing.StatusVacated, "listed_enjoined": listing.StatusStayed,
	}
	for _, row := range rows[1:] {
		name, date, programme, want := row[0], access.Date(row[1]), programmes[row[2]], statuses[row[3]]
		if want == "" {
			t.Fatalf("%s on %s: what is %q?", name, date, row[3])
		}
		d := build(t, m, name, date, today)
		got := listing.StatusNotListed
		for _, l := range d.Listings {
			// Of a respelled entry and the one that replaced it, one counts.
			if l.Programme == programme && l.Status != listing.StatusSuperseded && l.Status != listing.StatusNotListed {
				got = l.Status
			}
		}
		if d.Subject.ID == "" || got != want {
			t.Errorf("%s on %s at %s: subject %q, candidates %v, status %s, want %s", name, programme, date, d.Subject.ID, d.Candidates, got, want)
		}
	}
}

// TestRealLists asks for every entry of the lists by its id: each leads to one
// party, and the party back to it.
func TestRealLists(t *testing.T) {
	m := officialLists(t)
	facts := &indexed{Memory: m}
	subjects := map[string]bool{}
	for i := range m.Facts {
		if m.Facts[i].Kind == listing.FactEntry {
			subjects[m.Facts[i].Subject] = true
		}
	}
	joined, apart, most := 0, 0, 0
	for id := range subjects {
		d := buildFrom(t, facts, id, today, today)
		found := false
		for _, l := range d.Listings {
			found = found || l.ID == id
		}
		if !found {
			t.Fatalf("%s leads to %q without itself: %v", id, d.Subject.ID, d.Listings)
		}
		for _, j := range d.Joined {
			if back := buildFrom(t, facts, j.ID, today, today); back.Subject != d.Subject {
				t.Errorf("%s is of %q, but asked for leads to %q", j.ID, d.Subject.ID, back.Subject.ID)
			}
		}
		if len(d.Listings) > 1 {
			joined++
		}
		if len(d.Apart) > 0 {
			apart++
		}
		most = max(most, len(d.Listings))
	}
	t.Logf("%d entries: %d of parties with several, at most %d; %d have others near them", len(subjects), joined, most, apart)
	if joined == 0 || most > 6 {
		t.Errorf("entries joined: %d, at most %d to one party; want some, and few", joined, most)
	}
}
