package listing_test

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign.dev/demo"
	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/listing/dod"
	"countersign.dev/internal/listing/eventfile"
	"countersign.dev/internal/listing/ofac"
	"countersign.dev/internal/party"
	"countersign.dev/internal/realdata"
	"countersign.dev/programmes"
)

// held is facts as a ledger would hold them, by subject.
type held map[string][]ledger.Fact

// take adds what a reading states, as a ledger does with the first edition of
// a source.
func (h held) take(t testing.TB, r *ledger.Reading, published access.Date) {
	t.Helper()
	for _, s := range r.Statements {
		body, err := json.Marshal(s.Body)
		if err != nil {
			t.Fatal(err)
		}
		f := ledger.Fact{
			ID: int64(len(h)+1)<<24 + int64(len(h[s.Subject])), Kind: s.Kind, Subject: s.Subject, Key: s.Key, Term: s.Term,
			Source: r.Source, Part: r.Part, Body: body, Basis: ledger.FirstSeen,
			Published: cmp.Or(s.Published, r.Published, published), Superseded: access.Forever,
		}
		f.ValidFrom, f.ValidTo = f.Published, access.Forever
		if s.ValidFrom != "" {
			f.Basis, f.ValidFrom, f.ValidTo = ledger.Stated, s.ValidFrom, cmp.Or(s.ValidTo, access.Forever)
		}
		h[s.Subject] = append(h[s.Subject], f)
	}
}

func (h held) of(subject, kind string) []ledger.Fact {
	return slices.DeleteFunc(slices.Clone(h[subject]), func(f ledger.Fact) bool { return f.Kind != kind })
}

func read(t testing.TB, rel string) []byte {
	t.Helper()
	b, err := os.ReadFile(realdata.Path(t, rel))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// theLists is what the Department of Defense and OFAC listed, and the
// histories of the demonstration.
func theLists(t testing.TB) held {
	t.Helper()
	h := held{}
	for source, rel := range map[string]string{
		dod.Source1237: "data/screening/us_dod/section1237_ccmc.csv", dod.Source1260H: "data/screening/us_dod/section1260h_history.csv",
	} {
		r, err := dod.Read(t.Context(), source, read(t, rel), dod.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		h.take(t, r, "2026-10-01")
	}
	out, err := ofac.Read(t.Context(), ofac.Input{Bytes: read(t, "data/screening/us_ofac_nonsdn/cons_prim.csv"), Source: ofac.SourceNonSDN, Part: ofac.Primary}, ofac.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	h.take(t, out.Reading, "2025-12-19")
	names, err := fs.Glob(demo.FS, "events/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(demo.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := eventfile.Read(t.Context(), text, eventfile.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		h.take(t, r, "")
	}
	return h
}

// asked is the words of the collection of as-of questions, as statuses and
// consequences.
var asked = map[string]func(listing.Folded) bool{
	"not_listed":                             is(listing.StatusNotListed),
	"listed":                                 is(listing.StatusListed),
	"removed":                                is(listing.StatusRemoved),
	"vacated":                                is(listing.StatusVacated),
	"listed_enjoined":                        is(listing.StatusStayed, "purchase stayed", "holding stayed"),
	"listed_restriction_pending":             is(listing.StatusListed, "purchase pending", "holding pending"),
	"listed_under_misspelling":               is(listing.StatusListed, "purchase pending", "holding pending"),
	"listed_purchase_prohibition_pending":    is(listing.StatusListed, "purchase pending", "holding pending"),
	"purchase_prohibited_divestment_allowed": is(listing.StatusListed, "purchase in_force", "holding wind_down"),
	"all_transactions_prohibited_after_divestment_date": is(listing.StatusListed, "purchase in_force", "holding in_force"),
}

func is(status listing.Status, states ...string) func(listing.Folded) bool {
	return func(f listing.Folded) bool {
		if f.Status != status {
			return false
		}
		have := short(f)
		return !slices.ContainsFunc(states, func(s string) bool { return !strings.Contains(have, s) })
	}
}

// entriesNamed is the listings on a programme under a name.
func (h held) entriesNamed(t testing.TB, programme, name string) (ids []string) {
	t.Helper()
	for id := range h {
		for _, f := range h.of(id, listing.FactEntry) {
			var e listing.Entry
			if err := f.Decode(&e); err != nil {
				t.Fatal(err)
			}
			if e.Programme == programme && (party.Fold(e.Name) == party.Fold(name) || party.Slug(e.Name) == party.Slug(name)) {
				ids = append(ids, id)
				break
			}
		}
	}
	return ids
}

// Every question of the collection, asked of the real lists.
func TestAsOf(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(string(read(t, "data/screening/lifecycle/asof_cases.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	h, byShortName := theLists(t), map[string]*listing.Programme{}
	for _, p := range shippedProgrammes(t) {
		for _, name := range p.Also {
			byShortName[name] = p
		}
	}
	for _, r := range rows[1:] {
		name, at, want := r[0], access.Date(r[1]), r[3]
		t.Run(strings.Join(r, " "), func(t *testing.T) {
			p := byShortName[r[2]]
			if p == nil || asked[want] == nil {
				t.Fatal("unknown list or word")
			}
			if want == "listed_under_misspelling" {
				name = "Luokong Technology Corporation"
			}
			ids := h.entriesNamed(t, p.ID, name)
			if len(ids) == 0 && want == "not_listed" {
				return
			}
			if len(ids) != 1 {
				t.Fatalf("listings of that name: %v", ids)
			}
			events, err := listing.Events(h.of(ids[0], listing.FactEntry), h.of(ids[0], listing.FactEvent), "2026-11-23")
			if err != nil {
				t.Fatal(err)
			}
			if f := p.Fold(listing.Plain(events), at); !asked[want](f) {
				t.Errorf("%s: %s, want %s", ids[0], short(f), want)
			}
		})
	}
}

func shippedProgrammes(t testing.TB) (out []*listing.Programme) {
	t.Helper()
	names, err := fs.Glob(programmes.FS, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(programmes.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, parse(t, string(text)))
	}
	return out
}

// What the list says in a word and the history in full is one event: nothing
// of the section 1237 list is told twice, and nothing is inferred of it.
func TestListAndHistoryAgree(t *testing.T) {
	h := theLists(t)
	want := map[string][]string{
		"us-dod-1237:xiaomi-corporation":                             {"2021-01-14 designated 2", "2021-05-25 vacated 2"},
		"us-dod-1237:luokong-technology-corporation":                 {"2021-01-14 designated 2", "2021-03-09 respelled 2"},
		"us-dod-1237:huawei":                                         {"2020-06-12 designated 2", "2021-06-03 removed 2"},
		"us-dod-1237:semiconductor-manufacturing-international-corp": {"2020-12-03 designated 2", "2021-06-03 removed 2"},
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		events, err := listing.Events(h.of(id, listing.FactEntry), h.of(id, listing.FactEvent), "2026-11-23")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range events {
			if e.Inferred {
				t.Errorf("%s: %s %s is inferred", id, e.Date, e.Kind)
			}
			if len(e.Facts) > 1 {
				got = append(got, string(e.Date)+" "+string(e.Kind)+" 2")
			}
		}
		if !slices.Equal(got, want[id]) {
			t.Errorf("%s: told by both: %v, want %v", id, got, want[id])
		}
	}
}

func BenchmarkFold(b *testing.B) {
	p := parse(b, military)
	events := []listing.Event{
		event("2021-01-14 designated"), event("2021-01-29 challenged"), event("2021-03-12 stayed"),
		event("2021-05-11 agreed"), event("2021-05-25 vacated"), event("2021-05-26 announced"),
	}
	b.Run("one day", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.Fold(events, "2021-03-13")
		}
	})
	b.Run("all days of change", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.Dates(events)
		}
	})
}
