package console

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/dossier"
	"countersign.dev/internal/duty"
	"countersign.dev/internal/listing"
)

func TestTicks(t *testing.T) {
	tests := []struct {
		from, to access.Date
		want     string
	}{
		{"2021-01-05", "2021-01-29", "2021-01-09 2021-01-17 2021-01-25"},
		{"2021-01-05", "2021-03-20", "2021-02 2021-03"},
		{"2020-12-01", "2022-02-01", "2021-01 2021-04 2021-07 2021-10 2022-01"},
		{"2019-03-01", "2026-11-01", "2020 2022 2024 2026"},
		{"1995-01-01", "2030-01-01", "2000 2010 2020 2030"},
	}
	for _, test := range tests {
		s := scale{From: test.from, To: test.to, Days: daysBetween(test.from, test.to)}
		var got []string
		for _, k := range s.Ticks() {
			got = append(got, k.Label)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s to %s: %v, want %s", test.from, test.to, got, test.want)
		}
	}
}

func day(t *rapid.T, name string) access.Date {
	return access.Date("2015-01-01").AddDays(rapid.IntRange(0, 4500).Draw(t, name))
}

// TestScale: whatever days there are, each has a place inside the drawing, in
// their order, and the labels do not crowd each other.
func TestScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := []access.Date{"", access.Forever}
		for range rapid.IntRange(0, 12).Draw(t, "n") {
			days = append(days, day(t, "day"))
		}
		s := newScale(days, "2026-11-23")
		slices.Sort(days)
		last := -1.0
		for _, d := range days[1 : len(days)-1] {
			if x := s.share(d); x < last || x <= 0 || x >= 100 {
				t.Fatalf("%s is at %v %%, after %v %%", d, x, last)
			} else {
				last = x
			}
		}
		ticks := s.Ticks()
		if len(ticks) == 0 || len(ticks) > mostTicks+1 {
			t.Fatalf("%s to %s: %d labels", s.From, s.To, len(ticks))
		}
		for i := range ticks {
			if i > 0 && at(ticks[i].X)-at(ticks[i-1].X) < 12 {
				t.Fatalf("labels at %s and %s", ticks[i-1].X, ticks[i].X)
			}
		}
	})
}

func at(percent string) float64 {
	f, err := strconv.ParseFloat(strings.TrimSuffix(percent, "%"), 64)
	if err != nil {
		panic(err)
	}
	return f
}

func rule(text string) duty.Rule {
	r, err := duty.ParseRule(text)
	if err != nil {
		panic(err)
	}
	return r
}

var barred = &listing.Programme{ID: "p", Consequences: []listing.ConsequenceRule{
	{Kind: listing.Purchase, Starts: rule("designated + 60 days")},
	{Kind: listing.Holding, Starts: rule("designated + 365 days")},
}}

// TestDrawing draws arbitrary courses and compares each bar with what the fold
// says on days inside it, at its edges and beside it.
func TestDrawing(t *testing.T) {
	kinds := []listing.EventKind{
		listing.Designated, listing.Stayed, listing.StayLifted, listing.Removed, listing.Vacated, listing.Challenged, listing.Redesignated,
	}
	rapid.Check(t, func(t *rapid.T) {
		var l dossier.Listing
		for range rapid.IntRange(1, 7).Draw(t, "n") {
			l.Events = append(l.Events, dossier.Event{Event: listing.Event{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Date: day(t, "on")}})
		}
		slices.SortFunc(l.Events, func(a, b dossier.Event) int { return strings.Compare(string(a.Date), string(b.Date)) })
		m := Moment{At: day(t, "at"), Known: access.Forever}
		c := courseOf(l, barred, m.Known)
		s := scaleOf([]course{c}, "2026-11-23")
		drawn := draw(s, l, c, m)
		for _, row := range drawn.Rows {
			for n := range s.Days {
				d := s.From.AddDays(n)
				if got, want := barAt(row, s, d), wanted(row.Name, c, d); got != want {
					t.Fatalf("%s on %s: drawn %q, folded %q", row.Name, d, got, want)
				}
			}
		}
		checkMarks(t, drawn, len(l.Events))
	})
}

// barAt is the band of the row's bar over a day; "" for none.
func barAt(r row, s scale, d access.Date) string {
	x := s.share(d) + 0.5*100/float64(s.Days) // the middle of the day
	for _, b := range r.Bars {
		if at(b.X) <= x && x < at(b.X)+at(b.Width) {
			return b.Band
		}
	}
	return ""
}

func wanted(name string, c course, d access.Date) string {
	status, consequences := c.on(d)
	if name == "Listing" {
		return map[listing.Status]string{listing.StatusListed: "listed", listing.StatusStayed: "stayed"}[status]
	}
	for _, each := range consequences {
		if capital(words(string(each.Kind))) == name {
			return string(each.State)
		}
	}
	return ""
}

// checkMarks wants every event once, numbered in order, above the rows.
func checkMarks(t *rapid.T, drawn track, events int) {
	if len(drawn.Marks) != events {
		t.Fatalf("%d marks for %d events", len(drawn.Marks), events)
	}
	for i, m := range drawn.Marks {
		if m.Number != i+1 || m.Y <= 0 || m.Y >= drawn.Rows[0].Y {
			t.Fatalf("mark %+v over rows from %d", m, drawn.Rows[0].Y)
		}
		for _, o := range drawn.Marks[:i] {
			if gap := at(m.X) - at(o.X); events <= mostLevels && m.Y == o.Y && gap < markSpacing-0.01 {
				t.Fatalf("marks %d and %d cover each other", o.Number, m.Number)
			}
		}
	}
}

func TestBandOf(t *testing.T) {
	c := func(states ...listing.State) (out []listing.Consequence) {
		for _, s := range states {
			out = append(out, listing.Consequence{Kind: listing.Purchase, State: s})
		}
		return out
	}
	tests := []struct {
		status       listing.Status
		consequences []listing.Consequence
		want         listing.State
	}{
		{listing.StatusNotListed, nil, listing.StateEnded},
		{listing.StatusVacated, c(listing.StateInForce), listing.StateEnded},
		{listing.StatusStayed, c(listing.StateStayed), listing.StateStayed},
		{listing.StatusListed, nil, listing.StateInForce},
		{listing.StatusListed, c(listing.StatePending, listing.StateEnded), listing.StatePending},
		{listing.StatusListed, c(listing.StateWindDown, listing.StateInForce), listing.StateInForce},
		{listing.StatusListed, c(listing.StateUndetermined), listing.StateUndetermined},
		{listing.StatusListed, []listing.Consequence{{Kind: listing.ExchangeDelisting, State: listing.StatePending}}, listing.StateInForce},
	}
	for _, test := range tests {
		if got := bandOf(test.status, test.consequences); got != test.want {
			t.Errorf("%s with %v: %s, want %s", test.status, test.consequences, got, test.want)
		}
	}
}

func TestWords(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{words("wind_down"), "wind-down"}, {words("market_action"), "market action"}, {words("procure,invest"), "procure, invest"},
		{capital("élan"), "Élan"}, {capital(""), ""}, {verdictWord("deny"), "Deny"}, {verdictWord("maybe"), "Not answered"}, {tone("maybe"), "none"},
		{grouped("8976"), "8976"}, {grouped("11442"), "11\u202f442"}, {grouped("1234567"), "1\u202f234\u202f567"},
		{size(12), "12 bytes"}, {size(46_000), "46.0 kB"}, {size(268_435_456), "268.4 MB"}, {size(5_000_000_000), "5.0 GB"},
		{short("sha256:0123456789abcdef"), "0123456789ab…"}, {short("x"), "x"},
		{sentence("it ends"), "It ends."}, {sentence("Really?"), "Really?"}, {sentence(""), ""},
		{webAddress("https://example.org/a ; https://example.org/b"), "https://example.org/a"}, {webAddress("javascript:alert(1)"), ""}, {webAddress("see the file"), ""},
		{flatten([]byte(`{"name":"A","tags":["x","y"],"none":null,"inner":{"b":1.50}}`)), "name: A; tags: x; tags: y; inner b: 1.50"},
		{flatten([]byte(`null`)), ""}, {flatten([]byte(`{"broken`)), ""}, {flatten([]byte(`"plain"`)), "plain"},
		{quoted("it's"), `'it'\''s'`}, {schemeWord("isin"), "ISIN"}, {schemeWord("registration"), "registration"},
		{trancheWords("2020-11-12", ""), "designated from 2020-11-12"}, {trancheWords("", "2020-11-12"), "designated before 2020-11-12"},
		{trancheWords("2020-01-01", "2020-11-12"), "designated from 2020-01-01, before 2020-11-12"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestProse(t *testing.T) {
	for text, want := range map[string]string{
		"use `at`, or not": "use |<at>|, or not", "plain": "plain", "`all`": "|<all>|", "a ` b": "a ` b", "`a` and ` b": "|<a>| and ` b", "": "",
	} {
		var got []string
		for _, p := range prose(text) {
			if p.Code {
				p.Text = "<" + p.Text + ">"
			}
			got = append(got, p.Text)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestDated(t *testing.T) {
	for text, want := range map[string]string{
		"from 2021-03-15, or 2022-01-14.": "from |<2021-03-15>|, or |<2022-01-14>|.", "no day": "no day", "": "", "12021-03-15": "12021-03-15",
	} {
		var got []string
		for _, p := range dated(text) {
			if p.Day {
				p.Text = "<" + p.Text + ">"
			}
			got = append(got, p.Text)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestCheckpointSays(t *testing.T) {
	size, root := checkpointSays("log\n3\nAAAA\n\n— log x\n")
	if size != "3" || root != "000000" {
		t.Errorf("%q %q", size, root)
	}
	if size, root := checkpointSays(""); size != "" || root != "" {
		t.Errorf("%q %q", size, root)
	}
}

// TestAxisReachesToday when a listing still stands, and not when it has ended.
func TestAxisReachesToday(t *testing.T) {
	standing := dossier.Listing{Events: []dossier.Event{{Event: listing.Event{Kind: listing.Designated, Date: "2019-01-15"}}}}
	ended := dossier.Listing{Events: append(standing.Events, dossier.Event{Event: listing.Event{Kind: listing.Removed, Date: "2020-01-15"}})}
	if s := scaleOf([]course{courseOf(standing, nil, "2026-11-23")}, "2026-11-23"); !s.Holds("2026-11-23") {
		t.Errorf("the axis ends on %s", s.To)
	}
	if s := scaleOf([]course{courseOf(ended, nil, "2026-11-23")}, "2026-11-23"); s.To > "2020-12-31" {
		t.Errorf("the axis ends on %s", s.To)
	}
}

// TestNumbersOfMarks keeps the list and the drawing in step.
func TestNumbersOfMarks(t *testing.T) {
	l := dossier.Listing{Events: []dossier.Event{
		{Event: listing.Event{Kind: listing.Designated, Date: "2021-01-14"}},
		{Event: listing.Event{Kind: listing.Vacated, Date: "2021-05-25"}},
	}}
	m := Moment{At: "2021-02-01", Known: "2026-11-23"}
	c := courseOf(l, nil, m.Known)
	v := listingOf(scaleOf([]course{c}, "2026-11-23"), l, c, m)
	for i, e := range v.Events {
		if mark := v.Track.Marks[i]; mark.Number != e.Number || !strings.HasPrefix(mark.Says, fmt.Sprintf("%d. %s", e.Number, e.Date)) || mark.Later != e.Later {
			t.Errorf("mark %+v of event %d %s", mark, e.Number, e.Date)
		}
	}
}
