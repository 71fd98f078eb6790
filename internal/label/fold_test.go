package label

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
)

// course makes the events of a label, one line each: day, kind, ground, due.
func course(t testing.TB, lines ...string) []*Event {
	t.Helper()
	var out []*Event
	for i, line := range lines {
		f := append(strings.Fields(line), "", "", "")
		e := &Event{
			Form: Form, Label: "AAAAA-AAAAA", Sequence: i + 1, Kind: Kind(f[1]), On: access.Date(f[0]), Recorded: access.Date(f[0]).Time().Add(time.Hour),
			Scheme: "iot-mark", Reason: line, Ground: f[2], Due: f[3],
		}
		if i > 0 && e.Kind != Issued {
			e.Previous = "sha256:before"
		}
		if e.Kind == Issued {
			e.Terms = &Terms{Product: "Camera", ValidUntil: "2024-01-01", EndsBy: EndsBySupport, Parties: []Party{{Role: Maker, Name: "Northlight"}}}
		}
		if err := e.validate(); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if err := Next(out, e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, e)
	}
	return out
}

var given = []string{"2021-01-01 applied", "2021-01-02 assessed", "2021-01-03 issued"}

func TestFold(t *testing.T) {
	listed := append(given[:3:3], "2021-01-14 suspended party:maker")
	for name, c := range map[string]struct {
		events []string
		want   map[access.Date]Status
	}{
		"given": {given, map[access.Date]Status{
			"2020-12-31": None, "2021-01-01": StatusApplied, "2021-01-02": StatusAssessed, "2021-01-03": StatusActive, "2023-12-31": StatusActive, "2024-01-01": StatusExpired,
		}},
		"listed":                      {listed, map[access.Date]Status{"2021-01-13": StatusActive, "2021-01-14": StatusSuspended, "2024-01-01": StatusExpired}},
		"an offer gives nothing back": {append(listed[:4:4], "2021-03-12 reinstatement_offered party:maker"), map[access.Date]Status{"2021-03-12": StatusSuspended, "2021-06-01": StatusSuspended}},
		"given back from the day of the order": {append(listed[:4:4], "2021-03-12 reinstatement_offered party:maker", "2021-03-12 reinstated party:maker"), map[access.Date]Status{
			"2021-01-14": StatusSuspended, "2021-03-11": StatusSuspended, "2021-03-12": StatusActive,
		}},
		"two grounds end each on their own": {append(listed[:4:4], "2021-02-01 suspended exploited:CVE-1", "2021-03-12 reinstated party:maker", "2021-04-01 reinstated exploited:CVE-1"), map[access.Date]Status{
			"2021-01-20": StatusSuspended, "2021-03-12": StatusSuspended, "2021-03-31": StatusSuspended, "2021-04-01": StatusActive,
		}},
		"the order told of after another ground": {append(listed[:4:4], "2021-03-20 suspended exploited:CVE-1", "2021-03-12 reinstated party:maker"), map[access.Date]Status{
			"2021-03-11": StatusSuspended, "2021-03-12": StatusActive, "2021-03-19": StatusActive, "2021-03-20": StatusSuspended,
		}},
		"suspended anew": {append(listed[:4:4], "2021-03-12 reinstated party:maker", "2021-05-01 suspended party:maker"), map[access.Date]Status{
			"2021-03-12": StatusActive, "2021-04-30": StatusActive, "2021-05-01": StatusSuspended,
		}},
		"a warning is none": {append(given[:3:3], "2021-02-01 warned exploited:CVE-1 2021-02-21"), map[access.Date]Status{"2021-02-01": StatusActive, "2021-03-01": StatusActive}},
		"revoked":           {append(listed[:4:4], "2021-02-01 revoked"), map[access.Date]Status{"2021-01-31": StatusSuspended, "2021-02-01": StatusRevoked, "2030-01-01": StatusRevoked}},
		"withdrawn":         {[]string{"2021-01-01 draft", "2021-01-05 withdrawn"}, map[access.Date]Status{"2021-01-04": StatusDraft, "2021-01-05": StatusWithdrawn}},
	} {
		events := course(t, c.events...)
		for at, want := range c.want {
			if got := Fold(events, at); got.Status != want {
				t.Errorf("%s: %s on %s, want %s", name, got.Status, at, want)
			}
		}
	}
}

func TestFoldSays(t *testing.T) {
	events := course(t, append(given[:3:3],
		"2021-01-14 suspended party:maker", "2021-02-01 warned exploited:CVE-1 2021-02-21", "2021-03-12 reinstatement_offered party:maker")...)
	s := Fold(events, "2021-04-01")
	if len(s.Grounds) != 1 || s.Grounds[0].Offered != "2021-03-12" || s.Grounds[0].Since != "2021-01-14" {
		t.Errorf("grounds: %+v", s.Grounds)
	}
	if len(s.Warnings) != 1 || s.Warnings[0].Due != "2021-02-21" {
		t.Errorf("warnings: %+v", s.Warnings)
	}
	if s.Since != "2021-01-14" || !strings.Contains(s.Reason, "suspended") || s.Events != 6 || s.ChangesOn != "2024-01-01" {
		t.Errorf("state: %+v", s)
	}
	if s := Fold(events[:5], "2021-02-10"); s.Status != StatusSuspended {
		t.Errorf("before the offer: %+v", s)
	}
	active := course(t, append(given[:3:3], "2021-02-01 warned exploited:CVE-1 2021-02-21")...)
	if s := Fold(active, "2021-02-10"); s.ChangesOn != "2021-02-21" {
		t.Errorf("what a warning leads to is the next change: %+v", s)
	}
	if s := Fold(active, "2024-06-01"); s.Reason != "the maker's support for the product ended" || s.Rule != EndsBySupport || s.Since != "2024-01-01" {
		t.Errorf("ended: %+v", s)
	}
}

// Who sees less knows less, and nothing else: the public, who sees a label from
// its being given on, sees the same status from then on as those who see all.
func TestFoldOfThePublic(t *testing.T) {
	events := course(t, append(given[:3:3], "2021-01-14 suspended party:maker", "2021-03-12 reinstated party:maker")...)
	for day := access.Date("2021-01-03"); day < "2024-02-01"; day = day.AddDays(17) {
		all, public := Fold(events, day), Fold(events[2:], day)
		if all.Status != public.Status || all.Since != public.Since {
			t.Errorf("%s: %s since %s, the public sees %s since %s", day, all.Status, all.Since, public.Status, public.Since)
		}
	}
}

func TestNextRefuses(t *testing.T) {
	issued := course(t, given...)
	suspended := course(t, append(given[:3:3], "2021-01-14 suspended party:maker")...)
	for name, c := range map[string]struct {
		events []*Event
		e      Event
		want   string
	}{
		"given before it is assessed":       {issued[:1], Event{Kind: Issued, On: "2021-02-01"}, "is applied: it cannot be issued"},
		"suspended before it is given":      {issued, Event{Kind: Suspended, Ground: "g", On: "2021-01-02"}, "is assessed: it cannot be suspended"},
		"given back though not suspended":   {issued, Event{Kind: Reinstated, Ground: "g", On: "2021-02-01"}, "is active"},
		"given back for another ground":     {suspended, Event{Kind: Reinstated, Ground: "g", On: "2021-02-01"}, `not suspended for "g"`},
		"given back before the suspension":  {suspended, Event{Kind: Reinstated, Ground: "party:maker", On: "2021-01-10"}, "is active"},
		"withdrawn before it was given":     {issued, Event{Kind: Withdrawn, On: "2021-01-02"}, "before that"},
		"anything after it is revoked":      {course(t, append(given[:3:3], "2021-02-01 revoked")...), Event{Kind: Suspended, Ground: "g", On: "2021-01-20"}, "for good"},
		"an event that is not the next":     {issued, Event{Kind: Suspended, Ground: "g", On: "2021-02-01", Sequence: 9}, "is not the next"},
		"cleared without a warning":         {issued, Event{Kind: Cleared, Ground: "g", On: "2021-02-01"}, "not warned"},
		"assessed after it was given":       {issued, Event{Kind: Assessed, On: "2021-02-01"}, "cannot be assessed"},
		"suspended when it is long expired": {issued, Event{Kind: Suspended, Ground: "g", On: "2024-03-01"}, "is expired"},
	} {
		c.e.Label = "AAAAA-AAAAA"
		if c.e.Sequence == 0 {
			c.e.Sequence = len(c.events) + 1
		}
		err := Next(c.events, &c.e)
		if err == nil || !strings.Contains(err.Error(), c.want) || problem.KindOf(err) == problem.Internal {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Against any course that is allowed: the status of a past day does not depend
// on events that count from a later day; a label that is suspended has a ground
// that was opened and not closed; and the outcome of grounds does not depend on
// the order in which they were told of.
func TestFoldProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawn(t)
		day := access.Date("2021-01-01").AddDays(rapid.IntRange(0, 400).Draw(t, "day"))
		s := Fold(events, day)
		var upto []*Event
		open := map[string]bool{}
		for _, e := range events {
			if e.On <= day {
				upto = append(upto, e)
			}
		}
		if u := Fold(upto, day); u.Status != s.Status || u.Since != s.Since || len(u.Grounds) != len(s.Grounds) {
			t.Fatalf("on %s %+v, without what came after %+v", day, s, u)
		}
		for _, g := range s.Grounds {
			open[g.ID] = true
		}
		if want := oracle(upto); fmt.Sprint(want) != fmt.Sprint(open) && s.Status != StatusExpired && !s.Status.IsFinal() && s.Status.IsPublic() {
			t.Fatalf("on %s open are %v, want %v", day, open, want)
		}
		if s.Status == StatusSuspended != (len(s.Grounds) > 0 && s.Status != StatusExpired) && !s.Status.IsFinal() {
			t.Fatalf("on %s %s with %d grounds", day, s.Status, len(s.Grounds))
		}
	})
}

// oracle is the grounds that are open after events: of each, what the last by
// day, and of one day by sequence, says.
func oracle(events []*Event) map[string]bool {
	last := map[string]*Event{}
	for _, e := range events {
		if e.Kind != Suspended && e.Kind != Reinstated {
			continue
		}
		if was := last[e.Ground]; was == nil || e.On >= was.On {
			last[e.Ground] = e
		}
	}
	out := map[string]bool{}
	for id, e := range last {
		if e.Kind == Suspended {
			out[id] = true
		}
	}
	return out
}

// drawn is a course of events that is allowed.
func drawn(t *rapid.T) []*Event {
	events := []*Event{}
	add := func(e Event) {
		e.Label, e.Sequence = "AAAAA-AAAAA", len(events)+1
		if Next(events, &e) == nil {
			events = append(events, &e)
		}
	}
	add(Event{Kind: Applied, On: "2021-01-01"})
	add(Event{Kind: Assessed, On: "2021-01-01"})
	add(Event{Kind: Issued, On: "2021-01-03", Terms: &Terms{ValidUntil: access.Date("2021-01-03").AddDays(rapid.IntRange(1, 400).Draw(t, "valid"))}})
	for range rapid.IntRange(0, 12).Draw(t, "events") {
		kind := rapid.SampledFrom([]Kind{Suspended, Suspended, Reinstated, Reinstated, Offered, Warned, Cleared, Withdrawn, Revoked}).Draw(t, "kind")
		e := Event{Kind: kind, On: access.Date("2021-01-01").AddDays(rapid.IntRange(0, 400).Draw(t, "on"))}
		if kind.onGround() {
			e.Ground = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "ground")
		}
		if (kind == Withdrawn || kind == Revoked) && rapid.IntRange(0, 5).Draw(t, "rare") > 0 {
			continue
		}
		add(e)
	}
	return events
}
