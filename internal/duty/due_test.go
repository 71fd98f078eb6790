package duty_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"github.com/google/go-cmp/cmp"
)

func rule(t testing.TB, s string) duty.Rule {
	t.Helper()
	r, err := duty.ParseRule(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func on(kind string, d access.Date) duty.Event { return duty.Event{Kind: kind, Date: d} }

func instant(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDueDay(t *testing.T) {
	tests := []struct {
		name string
		rule string
		from access.Date
		want access.Date
	}{
		{"Xiaomi, purchases", "designated + 60 days at 09:30 in America/New_York", "2021-01-14", "2021-03-15"},
		{"Xiaomi, possession", "designated + 365 days", "2021-01-14", "2022-01-14"},
		{"Luokung, purchases", "designated + 60 days", "2021-03-09", "2021-05-08"},
		{"Luokung, possession", "designated + 365 days", "2021-03-09", "2022-03-09"},
		{"NS-CMIC, purchases", "designated + 60 days", "2021-06-03", "2021-08-02"},
		{"its own day", "designated", "2021-06-03", "2021-06-03"},
		{"month without that day", "designated + 1 month", "2021-01-31", "2021-02-28"},
		{"month without that day, leap year", "designated + 1 month", "2024-01-31", "2024-02-29"},
		{"thirteen months", "designated + 13 months", "2020-12-31", "2022-01-31"},
		{"year from a leap day", "designated + 1 year", "2024-02-29", "2025-02-28"},
		{"four years from a leap day", "designated + 4 years", "2024-02-29", "2028-02-29"},
		{"one business day over a weekend", "designated + 1 business day", "2026-11-20", "2026-11-23"},
		{"ten business days over Thanksgiving", "designated + 10 business days", "2026-11-20", "2026-12-07"},
		{"rolled over an observed holiday", "designated + 2 days rolled following", "2026-07-01", "2026-07-06"},
		{"rolled back over an observed holiday", "designated + 2 days rolled preceding", "2026-07-01", "2026-07-02"},
		{"rolled into the year before", "designated rolled preceding", "2022-01-01", "2021-12-30"},
		{"not rolled", "designated + 2 days", "2026-07-01", "2026-07-03"},
		{"fixed day", "2021-01-11 at 09:30 in America/New_York", "2020-06-12", "2021-01-11"},
		{"fixed day, rolled", "2026-07-04 rolled following", "2020-06-12", "2026-07-06"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events := []duty.Event{on("designated", tt.from)}
			got := duty.Due(rule(t, tt.rule), events, duty.USFederal, tt.from)
			if got.Due != tt.want {
				t.Errorf("due %s (%s), want %s", got.Due, got.Why, tt.want)
			}
			for _, at := range []struct {
				day   access.Date
				state duty.State
			}{{tt.want.AddDays(-1), duty.Running}, {tt.want, duty.DueNow}, {tt.want.AddDays(1), duty.Past}} {
				if at.day < tt.from {
					continue
				}
				got := duty.Due(rule(t, tt.rule), events, duty.USFederal, at.day)
				if got.State != at.state || got.Reached() != (at.state != duty.Running) {
					t.Errorf("on %s: %s, want %s", at.day, got.State, at.state)
				}
			}
		})
	}
}

func TestDueInstant(t *testing.T) {
	// The clocks of New York go forward in the night before 2021-03-14.
	const purchases = "designated + 60 days at 09:30 in America/New_York"
	tests := []struct {
		name  string
		rule  string
		event duty.Event
		want  string
		exact bool
	}{
		{"hour of the day, summer time", purchases, on("designated", "2021-01-14"), "2021-03-15T13:30:00Z", true},
		{"hour of the day, winter time", "designated + 10 days at 09:30 in America/New_York", on("designated", "2021-01-14"), "2021-01-24T14:30:00Z", true},
		{"72 hours from an instant", "aware + 72 hours", duty.Event{Kind: "aware", Time: instant(t, "2021-05-07T05:00:00-04:00")}, "2021-05-10T09:00:00Z", true},
		{"hours are elapsed hours", "aware + 24 hours in America/New_York", duty.Event{Kind: "aware", Time: instant(t, "2021-03-13T12:00:00-05:00")}, "2021-03-14T17:00:00Z", true},
		{"hours from a day", "aware + 72 hours in America/New_York", on("aware", "2021-05-07"), "2021-05-10T04:00:00Z", true},
		{"hours, rolled to the same hour", "aware + 24 hours in America/New_York rolled following", duty.Event{Kind: "aware", Time: instant(t, "2021-07-03T10:15:00-04:00")}, "2021-07-06T14:15:00Z", true},
		{"a day as a whole", "aware + 3 days in Asia/Tokyo", on("aware", "2021-05-07"), "2021-05-09T15:00:00Z", false},
		{"a day read in the rule's zone", "aware + 1 day in Asia/Tokyo", duty.Event{Kind: "aware", Time: instant(t, "2021-05-07T20:00:00Z")}, "2021-05-08T15:00:00Z", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := instant(t, tt.want)
			got := duty.DueAt(rule(t, tt.rule), []duty.Event{tt.event}, duty.USFederal, want.Add(-time.Second))
			if !got.Instant.Equal(want) || got.Exact != tt.exact || got.State != duty.Running {
				t.Errorf("due %v, exact %v, %s (%s); want %v, %v, running", got.Instant.UTC(), got.Exact, got.State, got.Why, want, tt.exact)
			}
			got = duty.DueAt(rule(t, tt.rule), []duty.Event{tt.event}, duty.USFederal, want)
			if got.State != duty.DueNow {
				t.Errorf("at the instant: %s, want due", got.State)
			}
			later, wantLater := want.Add(time.Second), duty.Past
			if !tt.exact {
				later = want.Add(24 * time.Hour)
			}
			if got := duty.DueAt(rule(t, tt.rule), []duty.Event{tt.event}, duty.USFederal, later); got.State != wantLater {
				t.Errorf("after it: %s, want %s", got.State, wantLater)
			}
		})
	}
}

func TestDischarge(t *testing.T) {
	const report = "first aware + 72 hours met by notified"
	aware := duty.Event{Kind: "aware", Time: instant(t, "2021-05-07T09:00:00Z")}
	again := duty.Event{Kind: "aware", Time: instant(t, "2021-05-08T09:00:00Z")}
	notified := func(s string) duty.Event { return duty.Event{Kind: "notified", Time: instant(t, s)} }
	tests := []struct {
		name   string
		events []duty.Event
		at     string
		want   duty.State
	}{
		{"nothing yet", nil, "2021-05-07T09:00:00Z", duty.Waiting},
		{"not aware yet", []duty.Event{aware}, "2021-05-07T08:59:59Z", duty.Waiting},
		{"running", []duty.Event{aware, again}, "2021-05-08T10:00:00Z", duty.Running},
		{"overdue", []duty.Event{aware, again}, "2021-05-10T09:00:01Z", duty.Past},
		{"met to the second", []duty.Event{aware, notified("2021-05-10T09:00:00Z")}, "2021-06-01T00:00:00Z", duty.Met},
		{"late by a second", []duty.Event{aware, notified("2021-05-10T09:00:01Z")}, "2021-06-01T00:00:00Z", duty.Late},
		{"the first notice counts", []duty.Event{aware, notified("2021-05-11T00:00:00Z"), notified("2021-05-09T00:00:00Z")}, "2021-06-01T00:00:00Z", duty.Met},
		{"a notice before it does not count", []duty.Event{aware, notified("2021-05-07T08:00:00Z")}, "2021-05-08T00:00:00Z", duty.Running},
		{"a notice to come does not count yet", []duty.Event{aware, notified("2021-05-09T00:00:00Z")}, "2021-05-08T00:00:00Z", duty.Running},
		{"a notice known by its day only", []duty.Event{aware, on("notified", "2021-05-10")}, "2021-06-01T00:00:00Z", duty.Met},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := duty.DueAt(rule(t, report), tt.events, nil, instant(t, tt.at))
			if got.State != tt.want {
				t.Errorf("%s (%s), want %s", got.State, got.Why, tt.want)
			}
		})
	}
}

func TestWhy(t *testing.T) {
	tests := []struct {
		rule string
		from access.Date
		want string
	}{
		{"designated + 60 days at 09:30 in America/New_York", "2021-01-14", "60 days after designated on 2021-01-14, at 09:30 America/New_York"},
		{"designated + 1 day rolled following", "2026-07-02", "1 day after designated on 2026-07-02; 2026-07-03 is Independence Day (observed), 2026-07-04 is a Saturday, 2026-07-05 is a Sunday, so it is due on the following business day of the US federal calendar"},
		{"designated", "2021-01-14", "on the day of designated, 2021-01-14"},
		{"2021-01-11", "2020-06-12", "set for 2021-01-11"},
		{"designated + 72 hours", "2021-01-14", "72 hours after the beginning of 2021-01-14, the day of designated; its hour is not known"},
	}
	for _, tt := range tests {
		got := duty.Due(rule(t, tt.rule), []duty.Event{on("designated", tt.from)}, duty.USFederal, tt.from)
		if got.Why != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.rule, got.Why, tt.want)
		}
	}
}

func TestBounds(t *testing.T) {
	from := []duty.Event{on("designated", "2021-01-14")}
	tests := []struct {
		name string
		rule duty.Rule
		cal  duty.Calendar
		why  string
	}{
		{"no rule", duty.Rule{}, nil, "either from an event or is a fixed day"},
		{"no calendar for business days", rule(t, "designated + 1 business day"), nil, "needs a calendar"},
		{"no calendar to roll by", rule(t, "designated rolled following"), nil, "needs a calendar"},
		{"beyond the calendar", rule(t, "designated + 9000 years"), nil, "beyond the calendar"},
		{"months beyond the calendar", rule(t, "designated + 100000 months"), nil, "beyond the calendar"},
		{"business days up to the end of the calendar", rule(t, "9999-12-30 rolled following"), duty.Weekdays, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := duty.Due(tt.rule, from, tt.cal, "2021-01-14")
			if tt.why == "" {
				if got.Due != "9999-12-30" || got.State != duty.Running {
					t.Errorf("%+v", got)
				}
				return
			}
			if got.State != duty.Undetermined || !strings.Contains(got.Why, tt.why) || got.Due != "" {
				t.Errorf("%+v, want undetermined because it %s", got, tt.why)
			}
		})
	}
}

func TestLastAndFirst(t *testing.T) {
	events := []duty.Event{on("designated", "2021-03-09"), on("designated", "2021-01-14"), on("stayed", "2021-03-12")}
	last := duty.Due(rule(t, "designated + 60 days"), events, nil, "2021-04-01")
	first := duty.Due(rule(t, "first designated + 60 days"), events, nil, "2021-04-01")
	early := duty.Due(rule(t, "designated + 60 days"), events, nil, "2021-02-01")
	if last.Due != "2021-05-08" || first.Due != "2021-03-15" || early.Due != "2021-03-15" {
		t.Errorf("last %s, first %s, last seen on 2021-02-01 %s", last.Due, first.Due, early.Due)
	}
	if diff := cmp.Diff([]duty.Event{events[0]}, last.Inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	slices.Reverse(events)
	if diff := cmp.Diff(last, duty.Due(rule(t, "designated + 60 days"), events, nil, "2021-04-01")); diff != "" {
		t.Errorf("in another order (-want +got):\n%s", diff)
	}
}

// TestDirectivesOfCISA counts what CISA's directives printed for themselves: the day
// 270 of BOD 20-01, a Sunday before Memorial Day, and noon in Washington of Emergency
// Directive 21-02.
func TestDirectivesOfCISA(t *testing.T) {
	federal, _ := duty.NamedCalendar("us-federal")
	for _, c := range []struct {
		rule, event string
		day         access.Date
		due         access.Date
		instant     string
	}{
		{"issued + 270 days rolled following", "2020-09-02", "2020-12-01", "2021-06-01", ""},
		{"issued + 30 days", "2020-09-02", "2020-12-01", "2020-10-02", ""},
		{"issued + 180 days", "2020-09-02", "2020-12-01", "2021-03-01", ""},
		{"issued + 60 days rolled preceding", "2026-06-10", "2026-06-11", "2026-08-07", ""},
		{"issued + 180 days", "2026-06-10", "2026-06-11", "2026-12-07", ""},
		{"2021-03-05 at 12:00 in America/New_York", "2021-03-03", "2021-03-03", "2021-03-05", "2021-03-05T17:00:00Z"},
		{"detected + 3 business days", "2021-07-02", "2021-07-02", "2021-07-08", ""},
	} {
		rule, err := duty.ParseRule(c.rule)
		if err != nil {
			t.Fatal(err)
		}
		got := duty.Due(rule, []duty.Event{{Kind: "issued", Date: access.Date(c.event)}, {Kind: "detected", Date: access.Date(c.event)}}, federal, c.day)
		if got.Due != c.due || c.instant != "" && got.Instant.UTC().Format(time.RFC3339) != c.instant {
			t.Errorf("%s from %s: %s (%s), want %s", c.rule, c.event, got.Due, got.Instant, c.due)
		}
	}
}
