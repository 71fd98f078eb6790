package eventfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

// m is a mapping to be written as YAML.
type m = map[string]any

func days() *rapid.Generator[access.Date] {
	return rapid.Map(rapid.IntRange(0, 400), func(n int) access.Date { return access.Date("2020-06-12").AddDays(n) })
}

// words draws texts that YAML would like to take for something else.
func words() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"NO", "yes", "null", "~", "1.0", "2021-01-14", "0x1f", "- a", "a: b", "# c", "{d}", "顶点集团", "it's \"x\"", "two\nlines", "!!str", "&a", "*a"}),
		rapid.StringMatching(`[A-Za-z][A-Za-z0-9 ,.:'"-]{0,40}[a-z]`),
	)
}

func eventMaps() *rapid.Generator[m] {
	return rapid.Custom(func(t *rapid.T) m {
		e := m{"kind": string(rapid.SampledFrom(eventKinds).Draw(t, "kind")), "date": string(days().Draw(t, "date"))}
		if e["kind"] == "respelled" {
			e["successor"] = "us-dod-1237:other"
		}
		if rapid.Bool().Draw(t, "published") {
			e["published"] = string(days().Draw(t, "published on"))
		}
		for _, field := range []string{"what", "authority", "citation", "source"} {
			if rapid.Bool().Draw(t, field) {
				e[field] = words().Draw(t, field)
			}
		}
		if rapid.Bool().Draw(t, "consequence") {
			e["consequences"] = []m{{"kind": string(rapid.SampledFrom(consequenceKinds).Draw(t, "consequence")), "from": string(days().Draw(t, "from")), "ended": rapid.Bool().Draw(t, "ended")}}
		}
		return e
	})
}

func fileMaps() *rapid.Generator[m] {
	return rapid.Custom(func(t *rapid.T) m {
		var listings []m
		for i := range rapid.IntRange(1, 3).Draw(t, "listings") {
			listings = append(listings, m{
				"programme": "us-dod-1237", "id": fmt.Sprintf("us-dod-1237:acme-%d", i), "name": fmt.Sprintf("Acme %d", i), "note": words().Draw(t, "note"),
				"events": rapid.SliceOfN(eventMaps(), 1, 6).Draw(t, "events"),
			})
		}
		return m{
			"countersign": "events/v1", "id": "acme", "published": "2026-11-01", "listings": listings,
			"party": m{"id": "acme", "name": "Acme", "names": []m{{"name": "A " + words().Draw(t, "name")}}},
		}
	})
}

func readMap(t *rapid.T, f m) *ledger.Reading {
	b, err := yaml.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Read(t.Context(), b, Limits{})
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return r
}

// Every event is stated once, as it was written, on its own day.
func TestEventsAreStatedAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := fileMaps().Draw(t, "file")
		var want, got []string
		for _, l := range f["listings"].([]m) {
			for _, e := range l["events"].([]m) {
				on := e["date"]
				if e["published"] != nil {
					on = e["published"]
				}
				what, _ := e["what"].(string)
				want = append(want, fmt.Sprintf("%s %s %s %s %q", l["id"], e["date"], on, e["kind"], strings.TrimSpace(what)))
			}
		}
		for _, s := range readMap(t, f).Statements {
			if e, ok := s.Body.(listing.Event); ok {
				got = append(got, fmt.Sprintf("%s %s %s %s %q", s.Subject, s.ValidFrom, s.Published, e.Kind, e.What))
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

// Entry and names of every listing count as published with the file's first
// event: no later, so that an early question finds the party, and no earlier.
func TestEntriesAreKnownWithTheFirstEvent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := fileMaps().Draw(t, "file")
		r := readMap(t, f)
		first := access.Forever
		for _, s := range r.Statements {
			if s.Kind == listing.FactEvent {
				first = min(first, s.Published)
			}
		}
		found := map[string]int{}
		for _, s := range r.Statements {
			switch s.Kind {
			case listing.FactEntry, party.FactName, party.FactCore:
				if s.Published != first {
					t.Fatalf("%s of %s is published on %s, the first event on %s", s.Kind, s.Subject, s.Published, first)
				}
				if s.Term == "acme" {
					found[s.Kind+" "+s.Subject]++
				}
			}
		}
		for _, l := range f["listings"].([]m) {
			for _, kind := range []string{listing.FactEntry, party.FactName, party.FactCore} {
				if found[kind+" "+l["id"].(string)] == 0 {
					t.Fatalf("no %s by which %s is found", kind, l["id"])
				}
			}
		}
	})
}

// A word more or less in one event changes that event's statement alone.
func TestAnEditTouchesOneStatement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := fileMaps().Draw(t, "file")
		before := readMap(t, f)
		l := rapid.SampledFrom(f["listings"].([]m)).Draw(t, "listing")
		e := rapid.SampledFrom(l["events"].([]m)).Draw(t, "event")
		e["what"] = "another wording, not drawn"
		after := readMap(t, f)
		if len(before.Statements) != len(after.Statements) {
			t.Fatalf("%d statements became %d", len(before.Statements), len(after.Statements))
		}
		changed := 0
		for i := range after.Statements {
			a, b := before.Statements[i], after.Statements[i]
			if a.Kind != b.Kind || a.Subject != b.Subject || a.Key != b.Key {
				t.Fatalf("statement %d is of another key", i)
			}
			if !cmp.Equal(a, b) {
				changed++
			}
		}
		if changed != 1 {
			t.Fatalf("%d statements changed, want 1", changed)
		}
	})
}

// Without any one of its lines the sample is refused with a line's number, or
// says something else or less.
func TestEveryLineMatters(t *testing.T) {
	all := strings.SplitAfter(string(sample(t)), "\n")
	full, err := Read(t.Context(), sample(t), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range all {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		r, err := Read(t.Context(), []byte(strings.Join(slices.Concat(all[:i], all[i+1:]), "")), Limits{})
		switch {
		case err != nil && (!errors.Is(err, problem.Invalid) || !strings.Contains(err.Error(), "line ")):
			t.Errorf("without line %d: %v does not name a line", i+1, err)
		case err == nil && cmp.Equal(full, r):
			t.Errorf("line %d means nothing: %s", i+1, line)
		}
	}
}

func TestEveryWordIsTaken(t *testing.T) {
	base := "countersign: events/v1\nid: a\npublished: 2021-01-01\nparty: {id: a, name: A, kind: %s, names: [{name: B, quality: %s}]}\n" +
		"listings: [{programme: p, id: 'p:a', name: A, events: [{kind: %s, date: 2021-01-01%s, consequences: [{kind: %s, wind_down: 2021-01-01}]}]}]\n" +
		"claims: [{issuer: I, date: 2021-01-01, text: t, source: s, stance: %s}, {issuer: I, date: 2021-01-01, text: u, source: s}]\n"
	kinds := []party.Kind{party.Organisation, party.Person, party.Vessel, party.Aircraft}
	qualities := []party.Quality{party.Primary, party.Alias, party.Weak, party.Former, party.Acronym}
	stances := []string{"accuses", "denies", "finds"}
	for i := range 40 {
		event, more := eventKinds[i%len(eventKinds)], ""
		if event == listing.Respelled {
			more = ", successor: 'p:b'"
		}
		text := fmt.Sprintf(base, kinds[i%len(kinds)], qualities[i%len(qualities)], event, more, consequenceKinds[i%len(consequenceKinds)], stances[i%len(stances)])
		r, err := Read(t.Context(), []byte(text), Limits{})
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		claims := 0
		for _, s := range r.Statements {
			if s.Kind == party.FactClaim {
				claims++
			}
			if e, ok := s.Body.(listing.Entry); ok && e.Kind != kinds[i%len(kinds)] {
				t.Errorf("kind %s, want %s", e.Kind, kinds[i%len(kinds)])
			}
		}
		if claims != 2 {
			t.Errorf("%d claims of one issuer and day, want both", claims)
		}
	}
}
