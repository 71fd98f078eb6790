package eventfile

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
	"countersign.dev/internal/problem"
)

const (
	akme = "us-dod-1237:akme-corporation"
	acme = "us-dod-1237:acme-corporation"
)

func sample(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lines is what a reading states of a kind, in short.
func lines(r *ledger.Reading, kind string) []string {
	var out []string
	for _, s := range r.Statements {
		if s.Kind == kind {
			out = append(out, fmt.Sprintf("%s [%s] %s %q", s.Published, s.Key, strings.TrimPrefix(s.Subject, "us-dod-1237:"), s.Term))
		}
	}
	return out
}

func TestRead(t *testing.T) {
	r, err := Read(t.Context(), sample(t), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Source != "events/acme-1237" || r.Kind != "events" || r.Mode != ledger.Chronicle || r.Published != "2026-11-01" || r.Rows != 8 {
		t.Errorf("reading of %s (%s), mode %v, published %s, %d rows", r.Source, r.Kind, r.Mode, r.Published, r.Rows)
	}
	for kind, want := range map[string][]string{
		listing.FactEntry: {
			`2021-01-15 [entry] akme-corporation "acme"`,
			`2021-01-15 [entry] acme-corporation "acme"`,
		},
		party.FactName: {
			`2021-01-15 [name:akme-corporation] akme-corporation "akme corporation"`,
			`2021-01-15 [name:acme-corporation] akme-corporation "acme corporation"`,
			`2021-01-15 [name:` + party.Slug("顶点集团") + `] akme-corporation "顶点集团"`,
			`2021-01-15 [name:acme] akme-corporation "acme"`,
			`2021-01-15 [name:acme-corporation] acme-corporation "acme corporation"`,
			`2021-01-15 [name:` + party.Slug("顶点集团") + `] acme-corporation "顶点集团"`,
			`2021-01-15 [name:acme] acme-corporation "acme"`,
		},
		listing.FactEvent: {
			`2021-01-15 [2021-01-14 designated] akme-corporation ""`,
			`2021-03-09 [2021-03-09 respelled] akme-corporation "us-dod-1237:acme-corporation"`,
			`2021-03-09 [2021-03-09 redesignated] acme-corporation ""`,
			`2021-04-30 [2021-04-30 market_action] acme-corporation ""`,
			`2021-04-30 [2021-04-30 market_action 2] acme-corporation ""`,
			`2021-05-25 [2021-05-25 vacated] acme-corporation ""`,
		},
		party.FactIdentifier: {`2021-01-15 [isin:xx0000000009 no] akme-corporation "isin:xx0000000009"`},
		party.FactDetail:     {`2021-01-15 [country:China] akme-corporation ""`},
		party.FactLink:       {`2021-01-15 [parent:acme holdings] akme-corporation ""`},
		party.FactClaim: {
			`2021-01-14 [2021-01-14 us-department-of-defense] akme-corporation ""`,
			`2021-01-15 [2021-01-15 acme-corporation] akme-corporation ""`,
		},
	} {
		if d := cmp.Diff(want, lines(r, kind)); d != "" {
			t.Errorf("%s:\n%s", kind, d)
		}
	}
}

// A byte order mark before the document says nothing.
func TestByteOrderMark(t *testing.T) {
	want, err := Read(t.Context(), sample(t), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(t.Context(), append([]byte("\ufeff"), sample(t)...), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestBodies(t *testing.T) {
	r, err := Read(t.Context(), sample(t), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	body := func(kind, subject, key string) any {
		for _, s := range r.Statements {
			if s.Kind == kind && s.Subject == subject && s.Key == key {
				return s.Body
			}
		}
		return nil
	}
	for _, c := range []struct {
		kind, subject, key string
		want               any
	}{
		{listing.FactEntry, acme, "entry", listing.Entry{ID: acme, Programme: "us-dod-1237", Party: "acme", Name: "Acme Corporation", Kind: party.Organisation, Note: "said to supply the army"}},
		{party.FactName, akme, "name:akme-corporation", party.Name{Name: "Akme Corporation", Quality: party.Primary}},
		{party.FactName, akme, "name:acme-corporation", party.Name{Name: "Acme Corporation", Quality: party.Alias}},
		{party.FactIdentifier, akme, "isin:xx0000000009 no", party.Identifier{Scheme: "isin", Value: "XX0000000009", Country: "NO"}},
		{listing.FactEvent, akme, "2021-01-14 designated", listing.Event{Kind: listing.Designated, Date: "2021-01-14", Published: "2021-01-15", What: "added", Source: "https://example.org/1"}},
		{listing.FactEvent, acme, "2021-04-30 market_action", listing.Event{
			Kind: listing.MarketAction, Date: "2021-04-30", Published: "2021-04-30", What: "the exchange announces a delisting",
			Consequences: []listing.Stated{{Kind: listing.ExchangeDelisting, From: "2021-05-10"}},
		}},
	} {
		if d := cmp.Diff(c.want, body(c.kind, c.subject, c.key)); d != "" {
			t.Errorf("%s %s:\n%s", c.subject, c.key, d)
		}
	}
}

func TestRecognise(t *testing.T) {
	for text, want := range map[string]bool{
		"countersign: events/v1\n":              true,
		"# a comment\n\ncountersign: events/v2": true,
		`"countersign": "events/v1"`:            true,
		"{countersign: events/v1}":              true,
		"\ufeffcountersign: events/v1\n":        true,
		"\ufeff{countersign: events/v1}":        true,
		"countersign: programme/v1\n":           false,
		"text: countersign: events/v1":          false,
		"a,b\n":                                 false,
		"":                                      false,
	} {
		if got := Recognise("x.yaml", []byte(text)); got != want {
			t.Errorf("Recognise(%q) = %v", text, got)
		}
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	good := string(sample(t))
	for _, c := range []struct{ old, new, want string }{
		{"events/v1", "events/v9", `line 2: format "events/v9": want events/v1`},
		{"id: acme-1237", "id: Acme 1237", `line 3: "Acme 1237" is no id; want one like acme-1237`},
		{"id: acme-1237", "ident: acme-1237", `line 3: event file: unknown field "ident"; want one of claims, countersign, id`},
		{"published: 2026-11-01", "published: soon", `line 4: "soon" is no date; want YYYY-MM-DD`},
		{"published: 2026-11-01\n", "", `line 2: event file: field "published" is missing`},
		{"  name: Acme Corporation\n  names", "  name: '...'\n  names", `line 7: "..." is no name`},
		{"quality: acronym", "quality: nick", `line 10: quality "nick": want primary, alias`},
		{"scheme: isin, value: XX0000000009,", "scheme: isin,", `line 12: identifier: field "value" is missing`},
		{"relation: parent, name: Acme Holdings", "relation: parent", `line 16: link: field "to" or "name" is missing`},
		{"id: us-dod-1237:akme-corporation\n", "id: akme\n", `line 19: "akme" is no id; want one like us-dod-1237:acme-corporation`},
		{"kind: designated, date: 2021-01-14", "kind: listed, date: 2021-01-14", `line 22: event kind "listed": want designated`},
		{"kind: designated, date: 2021-01-14", "kind: designated, date: 2021-02-30", `line 22: "2021-02-30" is no date`},
		{"what: added", "waht: added", `line 22: event: unknown field "waht"`},
		{"        successor: us-dod-1237:acme-corporation\n", "", `line 23: event: field "successor" belongs to kind respelled`},
		{"kind: redesignated", "kind: redesignated\n        successor: us-dod-1237:x", `line 31: event: field "successor" belongs`},
		{"        date: 2021-03-09\n      - kind: market_action", "      - kind: market_action", `line 31: event: field "date" is missing`},
		{"exchange_delisting, from: 2021-05-10", "exchange_delisting", `line 37: consequence exchange_delisting: states nothing`},
		{"exchange_delisting, from: 2021-05-10", "exchange_delisting, from: 2021-05-10, to: 2020-01-01", `line 37: consequence exchange_delisting: ends on 2020-01-01`},
		{"kind: exchange_delisting", "kind: delisting", `line 37: consequence kind "delisting"`},
		{"ended: false", "ended: no", "line 38: want true or false"},
		{"    id: us-dod-1237:acme-corporation", "    id: us-dod-1237:akme-corporation", "line 26: listing us-dod-1237:akme-corporation occurs twice"},
		{"stance: denies", "stance: refutes", `line 45: stance "refutes": want accuses, denies, finds`},
		{"text: does not", "text: [does, not]", "line 45: want a text, got a list"},
		{"text: does not", `text: "does\0not"`, "line 45: a text has a control character"},
		{"listings:", "listings: []\nold:", `unknown field "old"`},
		{"claims:\n", "claims: 5\nx:\n", `line 43: claims: want a list, got "5"`},
		{"details:\n", "names: []\n  details:\n", `party: field "names" occurs twice`},
		{"names:\n", "names: &a\n", "anchors and aliases are not supported"},
		{"note: said to supply the army", "note: \"said", "line "},
		{"claims:\n", "---\nclaims:\n", "a second YAML document begins"},
		{"party:\n", "party:\n\t", "line "},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if bad == good {
			t.Fatalf("%q is not in the sample", c.old)
		}
		_, err := Read(t.Context(), []byte(bad), Limits{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, problem.Invalid) {
			t.Errorf("%q for %q:\n got %v\nwant %s", c.new, c.old, err, c.want)
		}
	}
	for text, want := range map[string]string{
		"": "the file is empty", "# nothing\n": "the file is empty", "[]": "event file: want a mapping, got a list", "5": `want a mapping, got "5"`,
		"countersign: events/v1\nid: a\npublished: 2021-01-01\nparty: {id: a, name: A}\nlistings: []\n":                                               "line 5: listings: want at least one",
		"countersign: events/v1\nid: a\npublished: 2021-01-01\nparty: {id: a, name: A}\nlistings: [{programme: p, id: 'p:a', name: A, events: []}]\n": "line 5: listing p:a: want at least one event",
	} {
		if _, err := Read(t.Context(), []byte(text), Limits{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// A small file must not stand for a large one.
func TestLimits(t *testing.T) {
	bomb := "countersign: events/v1\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
	if _, err := Read(t.Context(), []byte(bomb), Limits{}); err == nil || !strings.Contains(err.Error(), "anchors and aliases") {
		t.Errorf("alias bomb: %v", err)
	}
	deep := "countersign: events/v1\na: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	if _, err := Read(t.Context(), []byte(deep), Limits{}); err == nil {
		t.Error("deep nesting was read")
	}
	for _, l := range []Limits{{Bytes: 100}, {Values: 20}} {
		if _, err := Read(t.Context(), sample(t), l); !errors.Is(err, problem.TooLarge) {
			t.Errorf("%+v: %v, want too large", l, err)
		}
	}
	if _, err := Read(t.Context(), sample(t), Limits{Depth: 3}); err == nil || !strings.Contains(err.Error(), "nested too deeply") {
		t.Errorf("depth 3: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sample(f))
	f.Add([]byte("countersign: events/v1\nid: a\npublished: 2021-01-01\nparty: {id: a, name: A}\nlistings: [{programme: p, id: 'p:a', name: A, events: [{kind: removed, date: 2021-01-01}]}]\n"))
	f.Add([]byte("countersign: events/v1\n? [a]\n: {b: *c}\n"))
	f.Add([]byte("!!binary |\n  x\n...\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(t.Context(), b, Limits{Bytes: 64 << 10})
		if err != nil {
			return
		}
		type key struct{ kind, subject, key string }
		seen := map[key]bool{}
		for _, s := range r.Statements {
			k := key{s.Kind, s.Subject, s.Key}
			if seen[k] || s.Published == "" || s.Subject == "" {
				t.Errorf("statement %+v", s)
			}
			seen[k] = true
		}
	})
}
