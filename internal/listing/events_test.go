package listing_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

const subject = "us-test:36"

// entry is an entry as editions of a list from one day up to another have it.
func entry(id int64, source string, from, to access.Date) ledger.Fact {
	if to == "" {
		to = access.Forever
	}
	return ledger.Fact{
		ID: id, Kind: listing.FactEntry, Subject: subject, Key: "entry", Source: source, Part: "primary", Basis: ledger.FirstSeen,
		Published: from, Superseded: to, ValidFrom: from, ValidTo: to, Body: json.RawMessage(`{"id":"us-test:36","name":"Acme"}`),
	}
}

// said is an event as a source states it from one day up to another.
func said(t testing.TB, id int64, source string, from, to access.Date, e listing.Event) ledger.Fact {
	t.Helper()
	f := entry(id, source, from, to)
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	f.Kind, f.Key, f.Basis, f.Body = listing.FactEvent, string(e.Date)+" "+string(e.Kind), ledger.Stated, body
	return f
}

// lines writes events one by one, with the facts that tell of them.
func lines(events []listing.Dated) (out []string) {
	for _, e := range events {
		s := fmt.Sprintf("%s %s", e.Date, e.Kind)
		if e.Inferred {
			s += " (inferred)"
		}
		var ids []string
		for _, f := range e.Facts {
			ids = append(ids, fmt.Sprint(f.ID))
		}
		out = append(out, s+" "+strings.Join(ids, ","))
	}
	return out
}

func TestEvents(t *testing.T) {
	cmic := event("2021-06-03 designated", listing.Stated{Kind: listing.Purchase, From: "2021-08-02"})
	tests := []struct {
		name    string
		entries []ledger.Fact
		events  []ledger.Fact
		known   access.Date
		want    []string
	}{
		{"nothing", nil, nil, "2026-01-01", nil},
		{"an entry", []ledger.Fact{entry(1, "sdn", "2019-01-10", "")}, nil, "2026-01-01", []string{"2019-01-10 designated (inferred) 1"}},
		{"an entry not published yet", []ledger.Fact{entry(1, "sdn", "2019-01-10", "")}, nil, "2019-01-09", nil},
		{"an entry that changed", []ledger.Fact{entry(1, "sdn", "2019-01-10", "2021-07-01"), entry(2, "sdn", "2021-07-01", "")}, nil, "2026-01-01",
			[]string{"2019-01-10 designated (inferred) 1"}},
		{"an entry that went", []ledger.Fact{entry(1, "sdn", "2019-01-10", "2021-07-01")}, nil, "2026-01-01",
			[]string{"2019-01-10 designated (inferred) 1", "2021-07-01 removed (inferred) 1"}},
		{"before it was known to have gone", []ledger.Fact{entry(1, "sdn", "2019-01-10", "2021-07-01")}, nil, "2021-06-30",
			[]string{"2019-01-10 designated (inferred) 1"}},
		{"an entry that came back", []ledger.Fact{entry(3, "sdn", "2023-01-20", ""), entry(1, "sdn", "2019-01-10", "2021-07-01")}, nil, "2026-01-01",
			[]string{"2019-01-10 designated (inferred) 1", "2021-07-01 removed (inferred) 1", "2023-01-20 redesignated (inferred) 3"}},
		{"two lists have it", []ledger.Fact{entry(1, "sdn", "2019-01-10", "2021-07-01"), entry(2, "mirror", "2020-01-10", "2022-01-01")}, nil, "2026-01-01",
			[]string{"2019-01-10 designated (inferred) 1", "2022-01-01 removed (inferred) 2"}},
		{"a history by hand is no edition", []ledger.Fact{entry(1, "sdn", "2019-01-10", "2021-07-01"), entry(2, "events/acme", "2018-01-01", "")}, nil, "2026-01-01",
			[]string{"2019-01-10 designated (inferred) 1", "2021-07-01 removed (inferred) 1"}},
		{"a chronicle tells all by itself", []ledger.Fact{entry(1, "dod", "2026-10-01", "")},
			[]ledger.Fact{
				said(t, 2, "dod", "2021-01-14", "", event("2021-01-14 designated")), said(t, 3, "dod", "2021-06-03", "", event("2021-06-03 removed")),
			}, "2026-11-01", []string{"2021-01-14 designated 2", "2021-06-03 removed 3"}},
		{"designation stated, removal inferred", []ledger.Fact{entry(1, "nonsdn", "2021-06-03", "2024-01-01")},
			[]ledger.Fact{said(t, 2, "nonsdn", "2021-06-03", "2024-01-01", cmic)}, "2026-01-01",
			[]string{"2021-06-03 designated 2", "2024-01-01 removed (inferred) 1"}},
		{"a stated day stands over that of an edition", []ledger.Fact{entry(1, "sdn", "2019-01-10", "2021-07-01")},
			[]ledger.Fact{
				said(t, 2, "events/acme", "2018-12-20", "", event("2018-12-20 designated")), said(t, 3, "events/acme", "2021-06-25", "", event("2021-06-25 removed")),
			}, "2026-01-01", []string{"2018-12-20 designated 2", "2021-06-25 removed 3"}},
		{"also when it is the later one", []ledger.Fact{entry(1, "sdn", "2019-01-10", "2021-07-01")},
			[]ledger.Fact{said(t, 2, "events/acme", "2019-01-12", "", event("2019-01-12 designated")), said(t, 3, "events/acme", "2021-07-20", "", event("2021-07-20 vacated"))}, "2026-01-01",
			[]string{"2019-01-12 designated 2", "2021-07-20 vacated 3"}},
		{"a notice of it before the edition", []ledger.Fact{entry(1, "sdn", "2019-01-10", "2021-07-01"), entry(4, "sdn", "2023-01-20", "")},
			[]ledger.Fact{said(t, 3, "events/acme", "2021-06-25", "", event("2021-06-25 removed"))}, "2026-01-01",
			[]string{"2019-01-10 designated (inferred) 1", "2021-06-25 removed 3", "2023-01-20 redesignated (inferred) 4"}},
		{"a redesignation within", []ledger.Fact{entry(1, "sdn", "2019-01-10", "")},
			[]ledger.Fact{said(t, 3, "events/acme", "2020-06-25", "", event("2020-06-25 redesignated"))}, "2026-01-01",
			[]string{"2019-01-10 designated (inferred) 1", "2020-06-25 redesignated 3"}},
		{"removed by notice, then seen again", []ledger.Fact{entry(1, "sdn", "2019-01-10", "")},
			[]ledger.Fact{said(t, 2, "events/acme", "2015-01-01", "", event("2015-01-01 designated")), said(t, 3, "events/acme", "2018-01-01", "", event("2018-01-01 removed"))}, "2026-01-01",
			[]string{"2015-01-01 designated 2", "2018-01-01 removed 3", "2019-01-10 redesignated (inferred) 1"}},
		{"gone, and designated anew by notice", []ledger.Fact{entry(1, "sdn", "2019-01-10", "2021-07-01")},
			[]ledger.Fact{said(t, 3, "events/acme", "2022-01-01", "", event("2022-01-01 redesignated"))}, "2026-01-01",
			[]string{"2019-01-10 designated (inferred) 1", "2021-07-01 removed (inferred) 1", "2022-01-01 redesignated 3"}},
		{"gone and designated anew on one day", []ledger.Fact{entry(1, "sdn", "2019-01-10", "2021-07-01")},
			[]ledger.Fact{said(t, 3, "events/acme", "2021-07-01", "", event("2021-07-01 redesignated"))}, "2026-01-01",
			[]string{"2019-01-10 designated (inferred) 1", "2021-07-01 redesignated 3"}},
		{"an act that its source corrected", []ledger.Fact{entry(1, "nonsdn", "2021-06-03", "")},
			[]ledger.Fact{
				said(t, 2, "nonsdn", "2021-06-03", "2021-09-01", event("2021-06-01 designated")), said(t, 3, "nonsdn", "2021-09-01", "", event("2021-06-03 designated")),
			}, "2026-01-01", []string{"2021-06-03 designated 3"}},
		{"the same, before the correction", []ledger.Fact{entry(1, "nonsdn", "2021-06-03", "")},
			[]ledger.Fact{
				said(t, 2, "nonsdn", "2021-06-03", "2021-09-01", event("2021-06-01 designated")), said(t, 3, "nonsdn", "2021-09-01", "", event("2021-06-03 designated")),
			}, "2021-08-01", []string{"2021-06-01 designated 2"}},
		{"one act in several sources", nil,
			[]ledger.Fact{
				said(t, 5, "dod", "2021-01-14", "", event("2021-01-14 designated")), said(t, 2, "events/acme", "2021-01-14", "", event("2021-01-14 designated")),
			}, "2026-01-01", []string{"2021-01-14 designated 2,5"}},
		{"a list says removed, an order says how", nil,
			[]ledger.Fact{
				said(t, 5, "dod", "2021-05-25", "", event("2021-05-25 removed")), said(t, 2, "events/acme", "2021-05-25", "", event("2021-05-25 vacated")),
			}, "2026-01-01", []string{"2021-05-25 vacated 2,5"}},
		{"an act published later", nil,
			[]ledger.Fact{said(t, 2, "events/acme", "2021-01-14", "", listing.Event{Kind: listing.Designated, Date: "2021-01-14", Published: "2021-02-01"})}, "2021-01-20", nil},
		{"dated entries", []ledger.Fact{func() ledger.Fact {
			f := entry(1, "dpl", "2022-01-01", "")
			f.Basis, f.ValidFrom, f.ValidTo = ledger.Stated, "2018-03-01", "2028-03-01"
			return f
		}()}, nil, "2026-01-01", []string{"2018-03-01 designated 1", "2028-03-01 removed 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := listing.Events(tt.entries, tt.events, tt.known)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, lines(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What several sources say of one act is put together; the hand-written
// history, which cites the act, has the first word.
func TestEventsJoined(t *testing.T) {
	byHand := listing.Event{
		Kind: listing.Designated, Date: "2021-01-14", Published: "2021-01-15", What: "put on the list with eight others", Source: "https://example.gov/release",
		Consequences: []listing.Stated{{Kind: listing.IndexRemoval, From: "2021-03-12"}},
	}
	byList := listing.Event{
		Kind: listing.Designated, Date: "2021-01-14", Published: "2021-01-14", What: "designated", Authority: "DoD", Citation: "sec. 1237",
		Consequences: []listing.Stated{{Kind: listing.Purchase, From: "2021-03-15"}, {Kind: listing.IndexRemoval, From: "2021-04-01"}},
	}
	told := listing.Event{Kind: listing.Announced, Date: "2021-01-14", What: "one statement"}
	other := listing.Event{Kind: listing.Announced, Date: "2021-01-14", What: "another statement"}
	got, err := listing.Events(nil, []ledger.Fact{
		said(t, 1, "dod", "2021-01-14", "", byList), said(t, 2, "events/acme", "2021-01-15", "", byHand),
		said(t, 3, "events/acme", "2021-01-15", "", told), said(t, 4, "events/acme", "2021-01-15", "", other),
	}, "2026-01-01")
	if err != nil {
		t.Fatal(err)
	}
	told.Published, other.Published = "2021-01-15", "2021-01-15"
	want := []listing.Event{other, told, {
		Kind: listing.Designated, Date: "2021-01-14", Published: "2021-01-14", What: byHand.What, Authority: "DoD", Citation: "sec. 1237", Source: byHand.Source,
		Consequences: []listing.Stated{{Kind: listing.IndexRemoval, From: "2021-03-12"}, {Kind: listing.Purchase, From: "2021-03-15"}},
	}}
	if diff := cmp.Diff(want, listing.Plain(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// When an entry comes back with its old dates, these hold, not those that a
// new designation would start.
func TestComebackKeepsStatedDates(t *testing.T) {
	stated := event("2021-06-03 designated", listing.Stated{Kind: listing.Purchase, From: "2021-08-02"})
	got, err := listing.Events(
		[]ledger.Fact{entry(1, "nonsdn", "2021-06-03", "2023-01-01"), entry(2, "nonsdn", "2023-02-01", "")},
		[]ledger.Fact{said(t, 3, "nonsdn", "2021-06-03", "2023-01-01", stated), said(t, 4, "nonsdn", "2023-02-01", "", stated)}, "2026-01-01")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2021-06-03 designated 3,4", "2023-01-01 removed (inferred) 1", "2023-02-01 redesignated (inferred) 2"}, lines(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(stated.Consequences, got[2].Consequences); diff != "" {
		t.Errorf("dates (-want +got):\n%s", diff)
	}
}

func TestEventsErrors(t *testing.T) {
	broken := said(t, 7, "dod", "2021-01-14", "", event("2021-01-14 designated"))
	broken.Body = json.RawMessage(`{"kind":`)
	dateless := said(t, 8, "dod", "2021-01-14", "", listing.Event{Kind: listing.Designated})
	for want, f := range map[string]ledger.Fact{"fact 7, listing.event of us-test:36": broken, "fact 8, listing.event of us-test:36: want a kind and a date": dateless} {
		if _, err := listing.Events(nil, []ledger.Fact{f}, "2026-01-01"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
		if _, err := listing.Events(nil, []ledger.Fact{f}, "2020-01-01"); err != nil {
			t.Errorf("a fact that is not known yet was read: %v", err)
		}
	}
}

// someEditions is an entry that comes and goes in the editions of a list.
func someEditions(t *rapid.T) (facts []ledger.Fact, has func(access.Date) bool) {
	days := rapid.SliceOfNDistinct(rapid.IntRange(0, horizon-1), 0, 8, rapid.ID[int]).Draw(t, "editions")
	slices.Sort(days)
	for i := 0; i < len(days); i += 2 {
		var to access.Date
		if i+1 < len(days) {
			to = begin.AddDays(days[i+1])
		}
		facts = append(facts, entry(int64(i+1), "sdn", begin.AddDays(days[i]), to))
	}
	return facts, func(d access.Date) bool {
		return slices.ContainsFunc(facts, func(f ledger.Fact) bool { return f.StatedOn(d) })
	}
}

// Where nobody states anything, a listing is listed exactly on the days on
// which the newest edition published by then, and by the known day, has it.
func TestInferenceAgainstEditions(t *testing.T) {
	p := &listing.Programme{}
	rapid.Check(t, func(t *rapid.T) {
		facts, has := someEditions(t)
		known := someDay(t, "known")
		events, err := listing.Events(rapid.Permutation(facts).Draw(t, "shuffled"), nil, known)
		if err != nil {
			t.Fatal(err)
		}
		for d := begin; d < begin.AddDays(horizon+5); d = d.AddDays(1) {
			got := p.Fold(listing.Plain(events), d).Status == listing.StatusListed
			if want := has(min(d, known)); got != want {
				t.Fatalf("on %s as known on %s: listed %v, want %v", d, known, got, want)
			}
		}
	})
}

// Stated events are never lost, never doubled, and no order of the facts
// changes the outcome; every event has evidence.
func TestEventsAreDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries, _ := someEditions(t)
		var facts []ledger.Fact
		want := map[string]bool{}
		for i, e := range someEvents(t) {
			body, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			f := entry(int64(100+i), rapid.SampledFrom([]string{"events/a", "events/b", "dod"}).Draw(t, "source"), e.Date, "")
			f.Kind, f.Body = listing.FactEvent, body
			facts = append(facts, f)
			want[string(e.Date)+string(e.Kind)] = true
		}
		known := begin.AddDays(horizon)
		one, err := listing.Events(entries, facts, known)
		if err != nil {
			t.Fatal(err)
		}
		two, err := listing.Events(rapid.Permutation(entries).Draw(t, "entries"), rapid.Permutation(facts).Draw(t, "facts"), known)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(one, two, cmpopts.EquateComparable(access.Audience{})); diff != "" {
			t.Fatalf("(-one order +another):\n%s", diff)
		}
		used := map[int64]int{}
		for _, e := range one {
			if len(e.Facts) == 0 {
				t.Fatalf("%s %s has no evidence", e.Date, e.Kind)
			}
			if e.Inferred {
				continue
			}
			if !want[string(e.Date)+string(e.Kind)] {
				t.Fatalf("%s %s, which nobody stated", e.Date, e.Kind)
			}
			for _, f := range e.Facts {
				used[f.ID]++
			}
		}
		for _, f := range facts {
			if used[f.ID] != 1 {
				t.Fatalf("fact %d is evidence %d times", f.ID, used[f.ID])
			}
		}
	})
}
