package dossier_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/dossier/dossiertest"
	"countersign.dev/internal/ledger"
	"countersign.dev/internal/listing"
	"countersign.dev/internal/party"
)

// Small vocabularies, so that the drawn worlds are full of collisions.
var (
	drawnNames   = []string{"Acme Ltd", "ACME Inc.", "Acme", "Bolt Co., Ltd.", "Bolt Limited", "Crest", "小米集团", "Doe, John"}
	drawnIDs     = []string{"a:1", "a:2", "b:1", "b:2", "c:1", "acme", "us-ofac-sdn:1"}
	drawnDates   = []access.Date{"2020-01-01", "2020-06-01", "2021-01-01", "2021-06-01", "2022-01-01"}
	drawnQueries = append([]string{"X1", "lei x1", "acme ltd", "Bo", "bolt", "John Doe", "nobody"}, append(slices.Clone(drawnNames), drawnIDs...)...)
	drawnEvents  = []listing.EventKind{
		listing.Designated, listing.Redesignated, listing.Respelled, listing.Stayed, listing.StayLifted, listing.Removed, listing.Vacated,
	}
)

// drawnRule has consequences that begin with the passing of time, under a rule
// that is suspended in the middle of the drawn days.
var drawnRule = func() *listing.Programme {
	p, err := listing.ParseProgramme([]byte(`
countersign: programme/v1
id: a
title: List A
authority: Department of Tests
legal_basis: [{cite: Test Act sec. 1}]
purposes: [invest]
validity: [{from: 2019-01-01, state: in_force}]
consequences:
  - kind: purchase
    what: buying its securities
    cite: Order 1
    starts: designated + 60 days
    rule_validity:
      - {from: 2019-01-01, state: in_force}
      - {from: 2021-03-01, state: suspended, published: 2021-02-01, why: put off}
`))
	if err != nil {
		panic(err)
	}
	return p
}()

// drawWorld draws a ledger of a few documents of public and restricted
// audiences, published on various days, some superseded.
func drawWorld(t *rapid.T) *dossiertest.Memory {
	m := &dossiertest.Memory{Rules: map[string]*listing.Programme{"a": drawnRule}}
	audiences := []access.Audience{access.Public, access.Public, access.ForOrganisation("acme"), access.ForOrganisation("other")}
	for range rapid.IntRange(1, 7).Draw(t, "documents") {
		from := rapid.IntRange(0, len(drawnDates)-1).Draw(t, "published")
		doc := dossiertest.Document{
			Source:    rapid.SampledFrom([]string{"a", "b", "notes"}).Draw(t, "source"),
			Published: drawnDates[from],
			Audience:  rapid.SampledFrom(audiences).Draw(t, "audience"),
		}
		if from+1 < len(drawnDates) && rapid.Bool().Draw(t, "superseded") {
			doc.Superseded = drawnDates[from+1]
		}
		for range rapid.IntRange(1, 3).Draw(t, "statements") {
			doc.Statements = append(doc.Statements, drawStatements(t)...)
		}
		m.Add(doc)
	}
	return m
}

func drawStatements(t *rapid.T) []ledger.Statement {
	id := rapid.SampledFrom(drawnIDs).Draw(t, "id")
	other := rapid.SampledFrom(drawnIDs).Draw(t, "other")
	name := rapid.SampledFrom(drawnNames).Draw(t, "name")
	programme := func(id string) string {
		list, _, _ := strings.Cut(id, ":")
		return list
	}
	switch rapid.IntRange(0, 9).Draw(t, "statement") {
	case 7, 8, 9:
		statements := drawInterest(t, id, other)
		if rapid.Bool().Draw(t, "named") {
			statements = append(statements, party.PartyStatements(other, rapid.SampledFrom([]party.Kind{"", party.Person}).Draw(t, "kind"), name)...)
		}
		return statements
	case 0, 1:
		kind := rapid.SampledFrom([]party.Kind{party.Organisation, party.Organisation, party.Person, ""}).Draw(t, "kind")
		return dossiertest.Entry(listing.Entry{
			ID: id, Programme: programme(id), Name: name, Kind: kind, Party: rapid.SampledFrom([]string{"", "", "acme", "bolt"}).Draw(t, "party"),
		})
	case 2:
		return dossiertest.Entry(listing.Entry{ID: id, Programme: programme(id), Name: name}, rapid.SampledFrom(drawnNames).Draw(t, "alias"))
	case 3:
		return []ledger.Statement{dossiertest.Identifier(id, rapid.SampledFrom([]string{"lei", "ticker"}).Draw(t, "scheme"), "X1", "")}
	case 4:
		return []ledger.Statement{party.LinkStatement(id, party.Link{Relation: "same_as", To: other})}
	case 5:
		return []ledger.Statement{{Kind: party.FactClaim, Subject: id, Key: name, Body: party.Claim{Issuer: name, Text: "says so"}}}
	default:
		e := listing.Event{Kind: rapid.SampledFrom(drawnEvents).Draw(t, "event"), Date: rapid.SampledFrom(drawnDates).Draw(t, "on")}
		if e.Kind == listing.Respelled && other != id {
			e.Successor = other
		}
		return []ledger.Statement{dossiertest.Event(id, e)}
	}
}

// drawInterest draws who holds what in whom, sometimes with days of its own.
func drawInterest(t *rapid.T, held, holder string) []ledger.Statement {
	i := party.Interest{Holder: holder, HolderName: "Holder", HeldName: "Held"}
	share := rapid.SampledFrom([]party.Stake{{Min: "50", Max: "50"}, {Min: "25", Max: "25"}, {Min: "40", Max: "60"}, {Min: "0", Max: "100"}})
	switch rapid.IntRange(0, 4).Draw(t, "sort") {
	case 0:
		i.Control = party.ControlBoard
	case 1:
		s := share.Draw(t, "votes")
		i.Voting = &s
	default:
		s := share.Draw(t, "share")
		i.Economic = &s
	}
	from, to := access.Date(""), access.Date("")
	if rapid.Bool().Draw(t, "dated") {
		from, to = "2020-03-01", rapid.SampledFrom([]access.Date{"", "2020-06-01", "2021-06-01"}).Draw(t, "to")
	}
	return []ledger.Statement{party.InterestStatement(held, holder, i, from, to)}
}

func drawAsk(t *rapid.T) (access.Ask, string) {
	reader := rapid.SampledFrom([]access.Reader{access.Anonymous, {Member: "ann", Organisations: []string{"acme"}}}).Draw(t, "reader")
	return access.Ask{Reader: reader, At: access.At{
		Date:     rapid.SampledFrom(drawnDates).Draw(t, "date"),
		Known:    rapid.SampledFrom(drawnDates).Draw(t, "known"),
		Position: rapid.SampledFrom([]int64{access.Now, 3}).Draw(t, "position"),
	}}, rapid.SampledFrom(drawnQueries).Draw(t, "query")
}

// answers is everything that a reader can see of a question.
func answers(t *rapid.T, facts dossier.Facts, ask access.Ask, query string) string {
	b := &dossier.Builder{Facts: facts}
	d, err := b.Build(t.Context(), ask, query)
	found, err2 := b.Search(t.Context(), ask, query, 3)
	if err != nil || err2 != nil {
		t.Fatalf("%q: build %v, search %v", query, err, err2)
	}
	out := fmt.Sprintf("%s\nsearch %+v\naudience %s\ndates %v", dump(d), found, d.Audience, d.Dates())
	for _, date := range drawnDates {
		out += "\non " + string(date) + ": " + dump(d.On(date))
	}
	return out
}

// TestNothingHiddenShows is the promise that what the reader may not see, and
// what was not published or held yet, influences nothing: the answer is that
// of a world without it.
func TestNothingHiddenShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawWorld(t)
		ask, query := drawAsk(t)
		visible := m.Without(func(f *ledger.Fact) bool {
			return !ask.Reader.MaySee(f.Audience) || f.Published > ask.At.Known || f.KnownFrom > ask.At.Position
		})
		visible.Entries = slices.DeleteFunc(slices.Clone(m.Entries), func(e ledger.Entry) bool {
			return !ask.Reader.MaySee(e.Audience) || e.Position > ask.At.Position
		})
		free := ask
		free.Reader, free.At.Position = access.Operator, access.Now
		if diff := cmp.Diff(answers(t, visible, free, query), answers(t, m, ask, query)); diff != "" {
			t.Fatalf("%q at %+v (-without +with what is hidden):\n%s", query, ask.At, diff)
		}
	})
}

// TestAudienceCovers is the promise that whoever is inside the audience of a
// dossier could have been given it: every document it rests on is open to them.
func TestAudienceCovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawWorld(t)
		ask, query := drawAsk(t)
		ask.Reader = access.Operator
		d, err := (&dossier.Builder{Facts: m}).Build(t.Context(), ask, query)
		if err != nil {
			t.Fatal(err)
		}
		for _, reader := range []access.Reader{access.Anonymous, {Organisations: []string{"acme"}}, {Organisations: []string{"other"}}} {
			if !reader.MaySee(d.Audience) {
				continue
			}
			ask.Reader = reader
			theirs, err := (&dossier.Builder{Facts: m}).Build(t.Context(), ask, query)
			if err != nil {
				t.Fatal(err)
			}
			if d.Subject.ID != "" && d.Subject.ID != theirs.Subject.ID {
				t.Fatalf("%q: subject %q for the operator with audience %s, %q for %v inside it", query, d.Subject.ID, d.Audience, theirs.Subject.ID, reader.Organisations)
			}
			if d.Subject.ID != "" && dump(d) != dump(theirs) {
				t.Fatalf("%q: audience %s does not cover what it rests on:\n%s", query, d.Audience, cmp.Diff(dump(d), dump(theirs)))
			}
		}
	})
}

// TestSameAgain is the promise that an answer depends on nothing but the
// question, that a subject's id leads back to it, and so does every entry of
// it.
func TestSameAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawWorld(t)
		ask, query := drawAsk(t)
		if a, b := answers(t, m, ask, query), answers(t, m, ask, query); a != b {
			t.Fatalf("%q twice:\n%s", query, cmp.Diff(a, b))
		}
		b := &dossier.Builder{Facts: m}
		d, err := b.Build(t.Context(), ask, query)
		if err != nil || d.Subject.ID == "" {
			return
		}
		ids := []string{d.Subject.ID}
		for _, j := range d.Joined {
			ids = append(ids, j.ID)
		}
		for _, id := range ids {
			if !strings.Contains(id, ":") {
				id = "party:" + id // bare, it may be somebody's name as well
			}
			again, err := b.Build(t.Context(), ask, id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(d, again, sameAnswer); diff != "" {
				t.Fatalf("%q, then its %q (-first +again):\n%s", query, id, diff)
			}
		}
	})
}

// TestOnIsBuild is the promise that folding a dossier for another date gives
// the listings that building it for that date would, by what was published by
// the earlier of its own date and known day. Which entries are the subject may
// have been known differently then; the listings that both have are the same.
func TestOnIsBuild(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawWorld(t)
		ask, query := drawAsk(t)
		b := &dossier.Builder{Facts: m}
		d, err := b.Build(t.Context(), ask, query)
		if err != nil {
			t.Fatal(err)
		}
		reads := m.Reads
		moved := map[access.Date]*dossier.Dossier{}
		for _, date := range append(slices.Clone(drawnDates), d.Dates()...) {
			moved[date] = d.On(date)
		}
		if m.Reads != reads {
			t.Fatalf("On and Dates asked the ledger %d times", m.Reads-reads)
		}
		for date, on := range moved {
			then := ask
			then.At.Date, then.At.Known = date, min(ask.At.Date, ask.At.Known)
			for _, l := range on.Listings {
				id := l.ID
				if !strings.Contains(id, ":") {
					id = "party:" + id
				}
				built, err := b.Build(t.Context(), then, id)
				if err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(built.Listings, func(k dossier.Listing) bool { return k.ID == l.ID })
				if i < 0 {
					t.Fatalf("%q on %s: listing %s is in On, not in Build", query, date, l.ID)
				}
				if diff := cmp.Diff(built.Listings[i], l); diff != "" {
					t.Fatalf("%q on %s: listing %s (-Build +On):\n%s", query, date, l.ID, diff)
				}
			}
		}
	})
}

// TestDatesAreAll is the promise that between two of a dossier's dates nothing
// changes.
func TestDatesAreAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawWorld(t)
		ask, query := drawAsk(t)
		d, err := (&dossier.Builder{Facts: m}).Build(t.Context(), ask, query)
		if err != nil {
			t.Fatal(err)
		}
		dates := d.Dates()
		if !slices.IsSorted(dates) || len(dates) > 0 && dates[0] <= d.At.Date {
			t.Fatalf("dates after %s are not sorted, or not all after it: %v", d.At.Date, dates)
		}
		for _, date := range drawnDates {
			if date <= d.At.Date || slices.Contains(dates, date) {
				continue
			}
			before, after := d.On(date.AddDays(-1)), d.On(date)
			if diff := cmp.Diff(before.Listings, after.Listings); diff != "" {
				t.Fatalf("%s is not among %v, yet (-the day before +that day):\n%s", date, dates, diff)
			}
			if diff := cmp.Diff(before.Control, after.Control); diff != "" {
				t.Fatalf("%s is not among %v, yet (-the day before +that day):\n%s", date, dates, diff)
			}
		}
	})
}
