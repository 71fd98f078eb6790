package demo_test

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/eventfile"
	"countersign.dev/internal/party"
	"countersign.dev/internal/party/interestcsv"
	"countersign.dev/internal/realdata"
	"countersign.dev/programmes"
	gocmp "github.com/google/go-cmp/cmp"
)

// file is an event file as this test reads it, apart from the product's own
// reader.
type file struct {
	Countersign string      `yaml:"countersign"`
	ID          string      `yaml:"id"`
	Published   access.Date `yaml:"published"`
	Party       struct {
		ID    string `yaml:"id"`
		Name  string `yaml:"name"`
		Kind  string `yaml:"kind"`
		Names []struct {
			Name    string `yaml:"name"`
			Quality string `yaml:"quality"`
		} `yaml:"names"`
		Identifiers []struct {
			Scheme  string `yaml:"scheme"`
			Value   string `yaml:"value"`
			Country string `yaml:"country"`
		} `yaml:"identifiers"`
		Details []struct {
			Name  string `yaml:"name"`
			Value string `yaml:"value"`
		} `yaml:"details"`
		Links []struct {
			Relation string `yaml:"relation"`
			To       string `yaml:"to"`
			Name     string `yaml:"name"`
		} `yaml:"links"`
	} `yaml:"party"`
	Listings []listed `yaml:"listings"`
	Claims   []struct {
		Issuer string      `yaml:"issuer"`
		Date   access.Date `yaml:"date"`
		Text   string      `yaml:"text"`
		Source string      `yaml:"source"`
		Stance string      `yaml:"stance"`
		About  string      `yaml:"about"`
	} `yaml:"claims"`
}

type listed struct {
	Programme string  `yaml:"programme"`
	ID        string  `yaml:"id"`
	Name      string  `yaml:"name"`
	Note      string  `yaml:"note"`
	Events    []event `yaml:"events"`
}

type event struct {
	Kind         string      `yaml:"kind"`
	Date         access.Date `yaml:"date"`
	Published    access.Date `yaml:"published"`
	What         string      `yaml:"what"`
	Authority    string      `yaml:"authority"`
	Citation     string      `yaml:"citation"`
	Source       string      `yaml:"source"`
	Successor    string      `yaml:"successor"`
	Consequences []struct {
		Kind     string      `yaml:"kind"`
		From     access.Date `yaml:"from"`
		To       access.Date `yaml:"to"`
		WindDown access.Date `yaml:"wind_down"`
		Ended    bool        `yaml:"ended"`
		What     string      `yaml:"what"`
	} `yaml:"consequences"`
}

func files(t testing.TB) map[string]file {
	t.Helper()
	names, err := fs.Glob(demo.FS, "events/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no event files: %v", err)
	}
	out := map[string]file{}
	for _, name := range names {
		text, err := fs.ReadFile(demo.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		dec := yaml.NewDecoder(bytes.NewReader(text))
		dec.KnownFields(true)
		var f file
		if err := dec.Decode(&f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = f
	}
	return out
}

// life is a listing of the demo with the programme that it is on.
type life struct {
	programme *listing.Programme
	events    []listing.Event
}

// fold is where the listing stands on the day at, by what was public on the
// day known.
func (l life) fold(at, known access.Date) listing.Folded {
	return l.programme.AsKnown(known).Fold(l.published(known), at)
}

// changes is the first day after at on which the listing changes, by what was
// public on the earlier of both days.
func (l life) changes(at, known access.Date) access.Date {
	by := min(at, known)
	for _, d := range l.programme.AsKnown(by).Dates(l.published(by)) {
		if d > at {
			return d
		}
	}
	return ""
}

func (l life) published(known access.Date) []listing.Event {
	return slices.DeleteFunc(slices.Clone(l.events), func(e listing.Event) bool { return e.Published > known })
}

func lives(t testing.TB) map[string]life {
	t.Helper()
	shipped := map[string]*listing.Programme{}
	out := map[string]life{}
	for name, f := range files(t) {
		for _, l := range f.Listings {
			p := shipped[l.Programme]
			if p == nil {
				text, err := fs.ReadFile(programmes.FS, l.Programme+".yaml")
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if p, err = listing.ParseProgramme(text); err != nil {
					t.Fatal(err)
				}
				shipped[l.Programme] = p
			}
			all := life{programme: p}
			for _, e := range l.Events {
				to := listing.Event{
					Kind: listing.EventKind(e.Kind), Date: e.Date, Published: cmp.Or(e.Published, e.Date), What: e.What,
					Authority: e.Authority, Citation: e.Citation, Source: e.Source, Successor: e.Successor,
				}
				for _, c := range e.Consequences {
					to.Consequences = append(to.Consequences, listing.Stated{
						Kind: listing.ConsequenceKind(c.Kind), From: c.From, To: c.To, WindDown: c.WindDown, Ended: c.Ended, What: c.What,
					})
				}
				all.events = append(all.events, to)
			}
			out[l.ID] = all
		}
	}
	return out
}

const (
	xiaomi  = "us-dod-1237:xiaomi-corporation"
	luokung = "us-dod-1237:luokung-technology-corp"
	luokong = "us-dod-1237:luokong-technology-corporation"
	smic    = "us-dod-1237:semiconductor-manufacturing-international-corp"
	huawei  = "us-dod-1237:huawei"
	today   = access.Date("2026-11-23")
)

func states(f listing.Folded) string {
	var out []string
	for _, c := range f.Consequences {
		out = append(out, fmt.Sprintf("%s %s", c.Kind, c.State))
	}
	return strings.Join(out, ", ")
}

func TestStatuses(t *testing.T) {
	tests := []struct {
		listing string
		at      access.Date
		known   access.Date
		status  listing.Status
		states  string
		changes access.Date
	}{
		// The verdict table of the Xiaomi case.
		{xiaomi, "2021-01-13", today, listing.StatusNotListed, "", ""},
		{xiaomi, "2021-02-01", today, listing.StatusListed, "purchase pending, holding pending", "2021-03-15"},
		{xiaomi, "2021-03-13", today, listing.StatusStayed, "purchase stayed, holding stayed, index_removal in_force", ""},
		{xiaomi, "2021-03-16", "2021-02-01", listing.StatusListed, "purchase in_force, holding wind_down", "2022-01-14"},
		{xiaomi, "2021-05-26", today, listing.StatusVacated, "purchase ended, holding ended, index_removal in_force", ""},

		// The days on which its status was asked about.
		{xiaomi, "2021-01-14", today, listing.StatusListed, "purchase pending, holding pending", "2021-03-15"},
		{xiaomi, "2021-03-11", today, listing.StatusListed, "purchase pending, holding pending, index_removal pending", "2021-03-12"},
		{xiaomi, "2021-03-12", today, listing.StatusStayed, "purchase stayed, holding stayed, index_removal in_force", ""},
		{xiaomi, "2021-05-11", today, listing.StatusStayed, "purchase stayed, holding stayed, index_removal in_force", ""},
		{xiaomi, "2021-05-24", today, listing.StatusStayed, "purchase stayed, holding stayed, index_removal in_force", ""},
		{luokong, "2021-01-14", today, listing.StatusListed, "purchase pending, holding pending", "2021-03-15"},
		{luokung, "2021-01-14", today, listing.StatusNotListed, "", ""},
		{luokong, "2021-03-09", today, listing.StatusSuperseded, "purchase ended, holding ended, exchange_delisting pending", "2021-03-15"},
		{luokung, "2021-03-09", today, listing.StatusListed, "purchase pending, holding pending", ""}, // not public yet on that day
		{luokung, "2021-03-11", today, listing.StatusListed, "purchase pending, holding pending", "2021-05-08"},
		{luokung, "2021-05-06", today, listing.StatusStayed, "purchase stayed, holding stayed, exchange_delisting ended", ""},
		{luokung, "2021-06-04", today, listing.StatusRemoved, "purchase ended, holding ended, exchange_delisting ended", ""},

		// Market actions are announced, and withdrawn.
		{luokong, "2021-03-05", today, listing.StatusListed, "purchase pending, holding pending, exchange_delisting pending", "2021-03-15"},
		{luokong, "2021-03-11", today, listing.StatusSuperseded, "purchase ended, holding ended, exchange_delisting ended", ""},
		{luokung, "2021-05-04", today, listing.StatusListed, "purchase pending, holding pending, exchange_delisting pending", "2021-05-07"},
		{luokung, "2021-05-05", today, listing.StatusStayed, "purchase stayed, holding stayed, exchange_delisting pending", "2021-05-07"},

		// For contrast: nobody stayed the orders for these.
		{huawei, "2020-06-20", "2020-06-20", listing.StatusNotListed, "", ""}, // determined, but not public
		{huawei, "2020-06-20", today, listing.StatusListed, "", ""},
		{huawei, "2021-02-01", today, listing.StatusListed, "purchase in_force, holding wind_down", "2021-11-11"},
		{smic, "2021-01-31", today, listing.StatusListed, "purchase pending, holding pending, index_removal in_force", "2021-02-01"},
		{smic, "2021-02-01", today, listing.StatusListed, "purchase in_force, holding wind_down, index_removal in_force", "2021-12-03"},
		{smic, "2021-06-03", today, listing.StatusRemoved, "purchase ended, holding ended, index_removal in_force", ""},
		{"us-bis-entity-list:huawei-technologies-co-ltd", "2021-02-01", today, listing.StatusListed, "export in_force", ""},
		{"us-bis-entity-list:huawei-technologies-co-ltd", "2025-10-01", today, listing.StatusListed, "export in_force, affiliate_export in_force", ""},
		{"us-bis-entity-list:huawei-technologies-co-ltd", "2025-12-01", today, listing.StatusListed, "export in_force, affiliate_export stayed", "2026-11-10"},
		{"us-bis-entity-list:huawei-technologies-co-ltd", today, today, listing.StatusListed, "export in_force, affiliate_export undetermined", ""},
		{"us-bis-entity-list:semiconductor-manufacturing-international-corporation", "2020-12-17", today, listing.StatusNotListed, "", ""},
		{"us-bis-entity-list:semiconductor-manufacturing-international-corporation", "2020-12-18", today, listing.StatusListed, "export in_force", ""},
	}
	all := lives(t)
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s on %s as known on %s", tt.listing, tt.at, tt.known), func(t *testing.T) {
			l, ok := all[tt.listing]
			if !ok {
				t.Fatal("no such listing")
			}
			f := l.fold(tt.at, tt.known)
			if f.Status != tt.status || states(f) != tt.states {
				t.Errorf("%s (%s), want %s (%s)", f.Status, states(f), tt.status, tt.states)
			}
			if got := l.changes(tt.at, tt.known); got != tt.changes {
				t.Errorf("changes on %q, want %q", got, tt.changes)
			}
		})
	}
	if got := all[luokong].fold("2021-03-09", today).Successor; got != luokung {
		t.Errorf("the misspelt entry is replaced by %q", got)
	}
}

// Every dated event of the two companies that was collected is in the demo, on
// its day and with its source.
func TestNothingLeftOut(t *testing.T) {
	f, err := os.Open(realdata.Path(t, "data/screening/lifecycle/events.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	all := lives(t)
	for id, name := range map[string]string{xiaomi: "Xiaomi Corporation", luokung: "Luokung Technology Corp.", luokong: "Luokung Technology Corp."} {
		for _, e := range all[id].events {
			have[name+string(e.Date)] += " " + e.Source
		}
	}
	checked := 0
	for _, r := range rows[1:] {
		if r[0] != "Xiaomi Corporation" && r[0] != "Luokung Technology Corp." {
			continue
		}
		checked++
		sources := strings.Split(r[5], " ; ")
		if !slices.ContainsFunc(sources, func(s string) bool { return strings.Contains(have[r[0]+r[1]], s) }) {
			t.Errorf("%s %s %s: not in the demo with its source %s", r[0], r[1], r[2], r[5])
		}
	}
	if checked != 14 {
		t.Errorf("%d rows checked, want 14", checked)
	}
}

// The files keep to their form: cited, in order, with ids that other sources
// of the same listing have too.
func TestForm(t *testing.T) {
	both := map[string]map[string]bool{}
	for name, f := range files(t) {
		if f.Countersign != "events/v1" || f.ID == "" || f.Published == "" || f.Party.ID == "" || f.Party.Kind != "organisation" {
			t.Errorf("%s: head is not complete", name)
		}
		ids := map[string]bool{}
		for _, l := range f.Listings {
			ids[l.ID] = true
			if key := l.Programme + ":" + party.Slug(l.Name); l.Programme == "us-dod-1237" && l.ID != key {
				t.Errorf("%s: id %s, want %s", name, l.ID, key)
			}
			for _, e := range l.Events {
				place := fmt.Sprintf("%s: %s %s", name, e.Date, e.Kind)
				if e.What == "" || e.Authority == "" || e.Published == "" || !strings.HasPrefix(e.Source, "https://") {
					t.Errorf("%s: not complete, or not sourced", place)
				}
				if _, err := access.ParseDate(string(e.Date)); err != nil {
					t.Errorf("%s: %v", place, err)
				}
			}
		}
		both[f.Party.ID] = map[string]bool{}
		for _, c := range f.Claims {
			both[f.Party.ID][c.Stance] = true
			if !ids[c.About] || c.Text == "" || !strings.HasPrefix(c.Source, "http") {
				t.Errorf("%s: claim of %s on %s is about nothing here, or not sourced", name, c.Issuer, c.Date)
			}
		}
	}
	for _, id := range []string{"xiaomi", "luokung"} {
		if diff := gocmp.Diff(map[string]bool{"accuses": true, "denies": true, "finds": true}, both[id]); diff != "" {
			t.Errorf("claims about %s (-want +got):\n%s", id, diff)
		}
	}
}

// The product's own reader takes the files, and says the same.
func TestReader(t *testing.T) {
	for name, f := range files(t) {
		text, err := fs.ReadFile(demo.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := eventfile.Read(t.Context(), text, eventfile.Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, got := len(f.Claims), 0
		for _, l := range f.Listings {
			want += len(l.Events)
		}
		for _, s := range r.Statements {
			if s.Kind == listing.FactEvent || s.Kind == party.FactClaim {
				got++
			}
		}
		if got != want || r.Source != "events/"+f.ID || r.Published != f.Published {
			t.Errorf("%s: %d events and claims of %s, want %d of events/%s", name, got, r.Source, want, f.ID)
		}
	}
}

// The table of Xiaomi's holders says no more than its source: that the founders
// have over 75 percent of the votes, and who is among the largest holders.
func TestOwnership(t *testing.T) {
	b, err := fs.ReadFile(demo.FS, "ownership/xiaomi.csv")
	if err != nil {
		t.Fatal(err)
	}
	r, err := interestcsv.Read(t.Context(), "ownership/xiaomi", b, interestcsv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	holders := 0
	for _, s := range r.Statements {
		i, ok := s.Body.(party.Interest)
		if !ok {
			continue
		}
		holders++
		if s.Subject != "us-dod-1237:xiaomi-corporation" || s.Published != "2021-01-29" || !strings.HasPrefix(i.Source, "https://") || i.Note == "" {
			t.Errorf("%s: %+v, want an interest in Xiaomi with its day and source", i.HolderName, s)
		}
		if i.Economic == nil || i.Economic.Min != "0" || i.Economic.Max != "100" {
			t.Errorf("%s: a share of the capital is stated, %v, and the source states none", i.HolderName, i.Economic)
		}
		if together := i.Voting != nil && i.Voting.Min == "75"; together != strings.HasSuffix(i.HolderName, "together") {
			t.Errorf("%s: votes %v, want 75 %% or more of both founders together", i.HolderName, i.Voting)
		}
	}
	if holders != 6 {
		t.Errorf("%d holders, want 6", holders)
	}
}
