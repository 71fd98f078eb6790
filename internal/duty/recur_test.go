package duty_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/duty"
)

const updates = "aware + 8 hours met by reported every 72 hours until eradicated"

func hour(kind string, n int) duty.Event {
	return duty.Event{Kind: kind, Time: time.Date(2023, 10, 3, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Hour)}
}

func TestRounds(t *testing.T) {
	tests := []struct {
		name   string
		events []duty.Event
		at     int
		states string // of the rounds, in order
		due    int    // hour at which the current one is due
	}{
		{"nothing yet", nil, 3, "waiting", -1},
		{"first report owed", []duty.Event{hour("aware", 0)}, 3, "running", 8},
		{"first report late", []duty.Event{hour("aware", 0), hour("reported", 9)}, 10, "late running", 81},
		{"first update owed", []duty.Event{hour("aware", 0), hour("reported", 6)}, 70, "met running", 78},
		{"update not sent", []duty.Event{hour("aware", 0), hour("reported", 6)}, 79, "met past", 78},
		{"update sent", []duty.Event{hour("aware", 0), hour("reported", 6), hour("reported", 50)}, 79, "met met running", 122},
		{"ended in time", []duty.Event{hour("aware", 0), hour("reported", 6), hour("eradicated", 40)}, 200, "met met", 78},
		{"ended too late for the update", []duty.Event{hour("aware", 0), hour("reported", 6), hour("eradicated", 90)}, 200, "met late", 78},
		{"ended before the first report", []duty.Event{hour("aware", 0), hour("eradicated", 2), hour("reported", 6)}, 200, "met", 8},
		{"the end is not seen yet", []duty.Event{hour("aware", 0), hour("reported", 6), hour("eradicated", 40)}, 39, "met running", 78},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := hour("", tt.at).Time
			got := duty.Rounds(rule(t, updates), tt.events, nil, at)
			var states []string
			for _, r := range got {
				states = append(states, string(r.State))
			}
			if strings.Join(states, " ") != tt.states {
				t.Fatalf("rounds %v, want %s", states, tt.states)
			}
			last := got[len(got)-1]
			if tt.due >= 0 && !last.Instant.Equal(hour("", tt.due).Time) {
				t.Errorf("due %v, want hour %d", last.Instant, tt.due)
			}
			if one := duty.DueAt(rule(t, updates), tt.events, nil, at); one.State != last.State || !one.Instant.Equal(last.Instant) {
				t.Errorf("asked for one: %s %v", one.State, one.Instant)
			}
		})
	}
}

// The rounds of random reports against a walk through the hours.
func TestRoundsByWalking(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		end, at := 1+random.IntN(600), random.IntN(700)
		sent := map[int]bool{}
		events := []duty.Event{hour("aware", 0), hour("eradicated", end)}
		for range random.IntN(8) {
			if h := 1 + random.IntN(600); !sent[h] && h != end {
				sent[h] = true
				events = append(events, hour("reported", h))
			}
		}
		random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		state, due := "running", 8
		reported := false
		for h := 1; h <= at; h++ {
			if sent[h] {
				reported = true
				if state, due = "running", h+72; h > end {
					state = "ended"
				}
			}
			if h == end && reported {
				state = "ended"
			}
			if state == "ended" {
				break
			}
			if h > due && !sent[h] {
				state = "past"
			}
			if h == due {
				state = "due"
			}
		}
		got := duty.DueAt(rule(t, updates), events, nil, hour("", at).Time)
		ended := got.State == duty.Met || got.State == duty.Late
		if ended != (state == "ended") || !ended && (string(got.State) != state || !got.Instant.Equal(hour("", due).Time)) {
			t.Fatalf("%v at hour %d: %s, due %v (%s); want %s, hour %d", events, at, got.State, got.Instant, got.Why, state, due)
		}
	}
}

func TestRecurringRuleErrors(t *testing.T) {
	for in, want := range map[string]string{
		"aware + 8 hours every 72 hours":                              "is met by one",
		"2021-01-01 met by sent every 2 days":                         "counts from an event",
		"aware met by sent every 0 days":                              "number of units after every",
		"aware met by sent every 3 weeks":                             `unit "weeks"`,
		"aware met by sent every 3 days until":                        "ends too early",
		"aware met by sent every 3 days until sent":                   "cannot end the series",
		"aware met by sent every 3 days until Closed":                 "no kind of event",
		"aware + 8 hours met by sent until closed":                    "out of place",
		"aware + 8 hours every 72 hours until eradicated met by sent": "out of place",
	} {
		if _, err := duty.ParseRule(in); !errors.Is(err, duty.ErrRule) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want one that says %q", in, err, want)
		}
	}
	if r := rule(t, updates); r.String() != updates {
		t.Errorf("written %q", r)
	}
}

func TestMark(t *testing.T) {
	tests := []struct {
		rule  string
		event duty.Event
		want  map[int]string
	}{
		{"aware + 72 hours", duty.Event{Kind: "aware", Time: instant(t, "2021-05-07T09:00:00Z")}, map[int]string{
			50: "2021-05-08T21:00:00Z", 80: "2021-05-09T18:36:00Z", 100: "2021-05-10T09:00:00Z",
		}},
		// Summer time begins in between: the last day has one hour less.
		{"aware + 1 day in America/New_York", duty.Event{Kind: "aware", Time: instant(t, "2021-03-13T05:00:00Z")}, map[int]string{
			50: "2021-03-14T04:30:00Z", 100: "2021-03-15T04:00:00Z",
		}},
		{"material + 4 business days in America/New_York", on("material", "2023-12-21"), map[int]string{100: "2023-12-29T05:00:00Z"}},
		{"2021-11-11", on("x", "2021-01-01"), map[int]string{50: "2021-11-12T00:00:00Z", 100: "2021-11-12T00:00:00Z"}},
	}
	for _, tt := range tests {
		got := duty.DueAt(rule(t, tt.rule), []duty.Event{tt.event}, duty.USFederal, instant(t, "2030-01-01T00:00:00Z"))
		for percent, want := range tt.want {
			if at := got.Mark(percent); !at.Equal(instant(t, want)) {
				t.Errorf("%s: %d %% at %v, want %s", tt.rule, percent, at.UTC(), want)
			}
		}
	}
}

func TestEurope(t *testing.T) {
	// The month ends on a Sunday, so the period ends with the Monday, art. 3(4).
	got := duty.DueAt(rule(t, "sent + 1 month in Europe/Brussels rolled following met by final"), []duty.Event{on("sent", "2026-10-29")}, duty.Europe, instant(t, "2026-11-27T12:00:00Z"))
	if got.Due != "2026-11-30" {
		t.Errorf("due %s (%s)", got.Due, got.Why)
	}
	for name, want := range map[string]duty.Calendar{"us-federal": duty.USFederal, "eu": duty.Europe, "weekdays": duty.Weekdays} {
		if c, ok := duty.NamedCalendar(name); !ok || c.Name() != want.Name() {
			t.Errorf("%s: %v", name, c)
		}
	}
	if _, ok := duty.NamedCalendar("moon"); ok {
		t.Error("a calendar of the moon")
	}
}
