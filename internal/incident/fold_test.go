package incident

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/problem"
	"github.com/google/go-cmp/cmp"
)

const testID = "incident--7e1a3f0c-5c1f-4b1e-9d7a-2f9b0c6f1a11"

func at(s string) time.Time {
	for _, form := range []string{time.RFC3339, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return t
		}
	}
	panic("not an instant: " + s)
}

// story is events in their order; sequence, form and time of recording are set.
func story(events ...Event) []*Event {
	out := make([]*Event, len(events))
	for i := range events {
		e := events[i]
		e.Form, e.Incident, e.Sequence = Form, testID, i+1
		if e.Recorded.IsZero() {
			e.Recorded = e.At
		}
		out[i] = &e
	}
	return out
}

func opened(when string, regimes ...string) Event {
	return Event{Kind: Opened, At: at(when), Owner: "treasury", Title: "SUNBURST in Orion", Regimes: regimes}
}

func step(k Kind, when string) Event { return Event{Kind: k, At: at(when), Text: "so it was"} }

func fact(name, when string) Event { return Event{Kind: Fact, Fact: name, At: at(when)} }

func told(recipient, when string) Event {
	return Event{Kind: Told, Told: &Telling{Recipient: recipient}, At: at(when)}
}

func TestNext(t *testing.T) {
	open := story(opened("2020-12-13"))
	told1 := append(story(opened("2020-12-13"), told("cisa", "2020-12-14")), nil)[:2]
	tests := []struct {
		name   string
		before []*Event
		next   Event
		want   string // "" when it may follow
	}{
		{"opened", nil, opened("2020-12-13"), ""},
		{"opened twice", open, opened("2020-12-14"), "it is suspected, and cannot be opened"},
		{"a note on nothing", nil, Event{Kind: Noted, At: at("2020-12-13"), Text: "x"}, "has not been opened"},
		{"confirmed", open, step(Confirmed, "2020-12-13"), ""},
		{"confirmed before it was opened", open, step(Confirmed, "2020-12-12"), "after 2020-12-12"},
		{"contained without being confirmed", open, step(Contained, "2020-12-14"), "cannot be contained"},
		{"found to be nothing", open, step(Closed, "2020-12-14"), ""},
		{"reopened while open", open, step(Reopened, "2020-12-14"), "cannot be reopened"},
		{"a fact from before", open, fact("began", "2020-03-26"), ""},
		{"acknowledged", told1, Event{Kind: Acknowledged, Of: 2, At: at("2020-12-15")}, ""},
		{"acknowledged before", told1, Event{Kind: Acknowledged, Of: 2, At: at("2020-12-13")}, "after it was acknowledged"},
		{"acknowledged what was not told", told1, Event{Kind: Acknowledged, Of: 1, At: at("2020-12-15")}, "does not say that somebody was told"},
		{"correction of nothing", told1, Event{Kind: Corrected, Of: 9, At: at("2020-12-15"), Text: "x"}, "has no event 9"},
		{"undo the opening", told1, Event{Kind: Corrected, Of: 1, Undo: true, At: at("2020-12-15"), Text: "x"}, "cannot be undone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := tt.next
			e.Form, e.Incident, e.Sequence, e.Recorded = Form, testID, len(tt.before)+1, e.At
			err := Next(tt.before, &e)
			if tt.want == "" != (err == nil) || err != nil && !strings.Contains(problem.Message(err), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func TestCorrectionOfSteps(t *testing.T) {
	events := story(opened("2020-12-13"), step(Confirmed, "2020-12-14"), step(Contained, "2020-12-18"), step(Eradicated, "2020-12-28"))
	tests := []struct {
		name string
		fix  Event
		want string
	}{
		{"earlier", Event{Of: 3, At: at("2020-12-16")}, ""},
		{"before it was confirmed", Event{Of: 3, At: at("2020-12-13")}, "would then come before"},
		{"after it was eradicated", Event{Of: 3, At: at("2020-12-30")}, "would then come before"},
		{"not contained at all", Event{Of: 3, Undo: true, At: at("2020-12-30")}, ""}, // eradicated may follow on confirmed
		{"not confirmed at all", Event{Of: 2, Undo: true, At: at("2020-12-30")}, "contained, would then follow on suspected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := tt.fix
			e.Form, e.Incident, e.Sequence, e.Kind, e.Text, e.Recorded = Form, testID, 5, Corrected, "read the wrong log", at("2021-01-05")
			err := Next(events, &e)
			if tt.want == "" != (err == nil) || err != nil && !strings.Contains(problem.Message(err), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}

func TestFold(t *testing.T) {
	events := story(
		opened("2020-12-13 22:00", "us-fceb"),
		fact("aware", "2020-12-13 21:30"),
		Event{Kind: Linked, At: at("2020-12-14"), Links: []Link{{To: ToSystem, ID: "system:treasury/nms"}, {To: ToComponent, ID: "pkg:generic/orion@2020.2.1"}}},
		told("cisa", "2020-12-13 22:20"),
		Event{Kind: Acknowledged, Of: 4, At: at("2020-12-13 22:50")},
		step(Confirmed, "2020-12-14"),
		Event{Kind: Unlinked, At: at("2020-12-20"), Links: []Link{{To: ToSystem, ID: "system:treasury/nms"}}},
		Event{Kind: Corrected, Of: 2, At: at("2020-12-13 20:00"), Text: "the vendor called at 15:00 in Washington", Recorded: at("2020-12-21")},
		Event{Kind: Claimed, At: at("2021-01-05"), Claim: &Claim{Issuer: "FBI, CISA, ODNI, NSA", Date: "2021-01-05", Text: "likely Russian in origin"}},
		Event{Kind: Claimed, At: at("2021-04-15"), Claim: &Claim{Issuer: "The White House", Date: "2021-04-15", Text: "the SVR, also known as APT 29"}},
		Event{Kind: Rated, At: at("2020-12-15"), Severity: &Severity{Level: 4, Functional: "significant"}},
		Event{Kind: Shared, At: at("2020-12-15"), With: []string{"cisa"}},
	)
	for _, e := range events {
		if err := e.validate(); err != nil {
			t.Fatal(err)
		}
	}
	s := Fold(events, at("2020-12-19"))
	if s.State != StateConfirmed || !s.Since.Equal(at("2020-12-14")) || len(s.Links) != 2 || len(s.Claims) != 0 || s.Severity.Level != 4 {
		t.Errorf("on the 19th: %+v", s)
	}
	if len(s.Facts) != 1 || !s.Facts[0].At.Equal(at("2020-12-13 20:00")) {
		t.Errorf("facts %+v, want the corrected instant", s.Facts)
	}
	want := []Correction{{Event: 2, By: 8, From: at("2020-12-13 21:30"), To: at("2020-12-13 20:00"), Reason: "the vendor called at 15:00 in Washington", Recorded: at("2020-12-21")}}
	if diff := cmp.Diff(want, s.Corrections); diff != "" {
		t.Errorf("corrections (-want +got):\n%s", diff)
	}
	if len(s.Told) != 1 || !s.Told[0].Acknowledged.Equal(at("2020-12-13 22:50")) {
		t.Errorf("told %+v", s.Told)
	}
	if s = Fold(events, at("2021-05-01")); len(s.Claims) != 2 || len(s.Links) != 1 || !slices.Equal(s.With, []string{"cisa"}) {
		t.Errorf("in May: %+v", s)
	}
	if s = Fold(events, at("2020-12-01")); s.State != None || len(s.Facts) != 0 {
		t.Errorf("before it: %+v", s)
	}
	if events[1].At != at("2020-12-13 21:30") {
		t.Error("folding changed an event")
	}
}

// randomStory makes events that may follow one another, and some that may not,
// which are left out.
func randomStory(random *rand.Rand, n int) []*Event {
	kinds := []Kind{Opened, Confirmed, Contained, Eradicated, Recovered, Closed, Reopened, Fact, Told, Acknowledged, Corrected, Noted, Linked, Unlinked}
	var events []*Event
	clock := at("2020-12-13")
	for range n {
		clock = clock.Add(time.Duration(random.IntN(40)) * time.Hour)
		e := &Event{Form: Form, Incident: testID, Sequence: len(events) + 1, Kind: kinds[random.IntN(len(kinds))], At: clock, Recorded: clock, Text: "why", Owner: "treasury", Title: "x"}
		switch e.Kind {
		case Fact:
			e.Fact = FactNames()[random.IntN(len(facts))]
		case Told:
			e.Told = &Telling{Recipient: "cisa"}
		case Acknowledged, Corrected:
			if len(events) == 0 {
				continue
			}
			e.Of, e.Undo = 1+random.IntN(len(events)), random.IntN(3) == 0
			e.At = clock.Add(-time.Duration(random.IntN(100)) * time.Hour)
		case Linked, Unlinked:
			e.Links = []Link{{To: ToSystem, ID: fmt.Sprint(random.IntN(3))}}
		}
		if e.Kind == Acknowledged {
			e.Undo = false
		}
		if e.validate() == nil && Next(events, e) == nil {
			events = append(events, e)
		}
	}
	return events
}

// Every prefix of a history is one that may have happened, folding depends on
// nothing but the events, and a step by step walk over the corrected steps leads to
// the same state.
func TestFoldRandomly(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 1))
	longest := 0
	for range 400 {
		events := randomStory(random, 60)
		longest = max(longest, len(events))
		for n := range events {
			if err := Next(events[:n], events[n]); err != nil {
				t.Fatalf("event %d: %v", n+1, err)
			}
		}
		when := at("2020-12-13").Add(time.Duration(random.IntN(2400)) * time.Hour)
		got := Fold(events, when)
		if diff := cmp.Diff(got, Fold(slices.Clone(events), when)); diff != "" {
			t.Fatal(diff)
		}
		if want := walked(events, when); got.State != want {
			t.Fatalf("%s, want %s", got.State, want)
		}
	}
	if longest < 20 {
		t.Errorf("the longest history has %d events", longest)
	}
}

// walked is the state at an instant, found without Effective: of each step the
// last correction counts.
func walked(events []*Event, when time.Time) (state State) {
	for _, e := range events {
		to, isStep := becomes[e.Kind]
		if !isStep {
			continue
		}
		happened, gone := e.At, false
		for _, c := range events {
			if c.Kind == Corrected && c.Of == e.Sequence {
				happened, gone = c.At, c.Undo
			}
		}
		if !gone && !happened.After(when) {
			state = to
		}
	}
	return state
}

func FuzzParseEvent(f *testing.F) {
	for _, e := range story(opened("2020-12-13", "us-fceb"), fact("aware", "2020-12-13"), told("cisa", "2020-12-13"),
		Event{Kind: Claimed, At: at("2021-01-05"), Claim: &Claim{Issuer: "FBI", Date: "2021-01-05", Text: "x"}},
		Event{Kind: Corrected, Of: 2, At: at("2021-01-05"), Text: "wrong"}) {
		b, err := e.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"incident_event":"incident-event/v1","kind":"warned"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEvent(b)
		if err != nil {
			return
		}
		again, err := e.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseEvent(again); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		Fold([]*Event{e}, e.At)
	})
}
