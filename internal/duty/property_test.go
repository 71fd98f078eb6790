package duty_test

import (
	"slices"
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var zones = []string{"", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "Pacific/Apia"}

func anyDay(t *rapid.T) access.Date {
	start := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	return access.DateOf(start.AddDate(0, 0, rapid.IntRange(0, 365*60).Draw(t, "day")))
}

func anyRule(t *rapid.T) duty.Rule {
	r := duty.Rule{
		Zone:  rapid.SampledFrom(zones).Draw(t, "zone"),
		Roll:  rapid.SampledFrom([]duty.Roll{duty.None, duty.Following, duty.Preceding}).Draw(t, "roll"),
		MetBy: rapid.SampledFrom([]string{"", "reported"}).Draw(t, "met by"),
	}
	if rapid.IntRange(0, 9).Draw(t, "fixed") == 0 {
		r.On = anyDay(t)
	} else {
		r.After = "aware"
		r.First = rapid.Bool().Draw(t, "first")
		r.Amount = rapid.IntRange(0, 800).Draw(t, "amount")
	}
	if r.Amount > 0 {
		r.Unit = rapid.SampledFrom([]duty.Unit{duty.Hours, duty.Days, duty.BusinessDays, duty.Months, duty.Years}).Draw(t, "unit")
	}
	if r.Unit != duty.Hours {
		r.Hour = rapid.SampledFrom([]string{"", "00:00", "09:30", "23:59"}).Draw(t, "hour")
	}
	return r
}

func anyEvents(t *rapid.T) []duty.Event {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) duty.Event {
		e := duty.Event{Kind: rapid.SampledFrom([]string{"aware", "reported", "other"}).Draw(t, "kind"), Date: anyDay(t)}
		if rapid.Bool().Draw(t, "timed") {
			e.Time = e.Date.Time().Add(time.Duration(rapid.IntRange(0, 86399).Draw(t, "second")) * time.Second)
		}
		return e
	}), 0, 6).Draw(t, "events")
}

// The written form says all that a rule is.
func TestRuleRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyRule(t)
		out, err := duty.ParseRule(in.String())
		if err != nil || out != in {
			t.Fatalf("%q became %+v, %v", in, out, err)
		}
	})
}

// No order of the events changes the answer.
func TestOrderOfEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, events, at := anyRule(t), anyEvents(t), anyDay(t)
		want := duty.Due(r, events, duty.USFederal, at)
		shuffled := rapid.Permutation(events).Draw(t, "shuffled")
		if diff := cmp.Diff(want, duty.Due(r, shuffled, duty.USFederal, at)); diff != "" {
			t.Fatalf("in another order (-want +got):\n%s", diff)
		}
	})
}

// A rolled day is open, none between it and the unrolled day is, and a rule
// that does not roll leaves the day alone.
func TestRolling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, from := anyRule(t), anyDay(t)
		events := []duty.Event{on("aware", from)}
		plain := r
		plain.Roll = duty.None
		was := duty.Due(plain, events, duty.USFederal, from)
		is := duty.Due(r, events, duty.USFederal, from)
		if was.State == duty.Undetermined {
			t.Skip("beyond the calendar")
		}
		if r.Roll == duty.None {
			if is.Due != was.Due {
				t.Fatalf("%s moved to %s", was.Due, is.Due)
			}
			return
		}
		step := 1
		if r.Roll == duty.Preceding {
			step = -1
		}
		for day := was.Due; day != is.Due; day = day.AddDays(step) {
			if _, closed := duty.USFederal.Closed(day); !closed {
				t.Fatalf("rolled from %s to %s over %s, which is open", was.Due, is.Due, day)
			}
		}
		if why, closed := duty.USFederal.Closed(is.Due); closed {
			t.Fatalf("rolled to %s, which is %s", is.Due, why)
		}
	})
}

// n business days later is the n-th open day after: counted by walking.
func TestBusinessDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, n := anyDay(t), rapid.IntRange(1, 300).Draw(t, "n")
		got := duty.Due(duty.Rule{After: "aware", Amount: n, Unit: duty.BusinessDays}, []duty.Event{on("aware", from)}, duty.USFederal, from)
		open := 0
		for day := from.AddDays(1); day <= got.Due; day = day.AddDays(1) {
			if _, closed := duty.USFederal.Closed(day); !closed {
				open++
			}
		}
		if _, closed := duty.USFederal.Closed(got.Due); closed || open != n {
			t.Fatalf("%d business days after %s is %s, with %d open days between", n, from, got.Due, open)
		}
	})
}

// A later beginning is never due earlier, and more time never means less.
func TestMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRule(t)
		if r.Amount == 0 {
			t.Skip("nothing to count")
		}
		days := []access.Date{anyDay(t), anyDay(t)}
		slices.Sort(days)
		due := func(r duty.Rule, from access.Date) access.Date {
			got := duty.Due(r, []duty.Event{on("aware", from)}, duty.USFederal, from)
			if got.State == duty.Undetermined {
				return access.Forever
			}
			return got.Due
		}
		if a, b := due(r, days[0]), due(r, days[1]); a > b {
			t.Fatalf("%s from %s is %s, from %s is %s", r, days[0], a, days[1], b)
		}
		more := r
		more.Amount++
		if a, b := due(r, days[0]), due(more, days[0]); a > b {
			t.Fatalf("%s is %s, %s is %s", r, a, more, b)
		}
	})
}

// As days pass, a duty waits, runs, is due and is past, in this order, unless
// it is met; and the day on which it is due does not move while its events
// stay the same.
func TestCourseOfADuty(t *testing.T) {
	order := map[duty.State]int{duty.Waiting: 0, duty.Running: 1, duty.DueNow: 2, duty.Past: 3}
	rapid.Check(t, func(t *rapid.T) {
		r, from := anyRule(t), anyDay(t)
		events := []duty.Event{on("aware", from)}
		r.Amount = min(r.Amount, 40)
		if r.Unit == duty.Months || r.Unit == duty.Years {
			r.Unit = duty.Days
		}
		last, due := -1, access.Date("")
		for day := from.AddDays(-5); day < from.AddDays(90); day = day.AddDays(1) {
			got := duty.Due(r, events, duty.USFederal, day)
			if order[got.State] < last {
				t.Fatalf("%s on %s: %s after a later state", r, day, got.State)
			}
			last = order[got.State]
			if got.State != duty.Waiting {
				if due != "" && got.Due != due {
					t.Fatalf("%s on %s: due moved from %s to %s", r, day, due, got.Due)
				}
				due = got.Due
			}
			if got.State == duty.DueNow && got.Due != day {
				t.Fatalf("due on %s, which is not %s", day, got.Due)
			}
		}
	})
}

// Asked about an instant in the middle of a day of the rule's zone, a duty
// that means days answers as for that day.
func TestInstantAgreesWithDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, from, at := anyRule(t), anyDay(t), anyDay(t)
		if r.Unit == duty.Hours {
			t.Skip("means an instant")
		}
		r.Hour = ""
		loc, err := time.LoadLocation(r.Zone)
		if err != nil {
			t.Fatal(err)
		}
		d := at.Time()
		noon := time.Date(d.Year(), d.Month(), d.Day(), 12, 0, 0, 0, loc)
		if access.Date(noon.Format(time.DateOnly)) != at {
			t.Skip("the zone left out that day") // Samoa had no 2011-12-30
		}
		events := []duty.Event{on("aware", from)}
		if diff := cmp.Diff(duty.Due(r, events, duty.USFederal, at), duty.DueAt(r, events, duty.USFederal, noon)); diff != "" {
			t.Fatalf("day and instant differ (-day +instant):\n%s", diff)
		}
	})
}
