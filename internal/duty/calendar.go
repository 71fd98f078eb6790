package duty

import (
	"time"

	"countersign.dev/internal/access"
)

// Calendar knows on which days no business is done.
type Calendar interface {
	// Name is what the calendar is called in an explanation.
	Name() string
	// Closed reports whether no business is done on d, and why: "a Saturday",
	// "Labor Day".
	Closed(d access.Date) (why string, closed bool)
}

// Weekdays is open from Monday to Friday.
var Weekdays Calendar = weekdays{}

// USFederal is open on the business days of the federal government of the
// United States: Monday to Friday but for the legal public holidays of
// 5 U.S.C. 6103(a). One that falls on a Saturday is observed the Friday
// before, 5 U.S.C. 6103(b)(1); on a Sunday, the Monday after, E.O. 11582
// sec. 3(a). It knows the holidays from 1971 on, when the Uniform Monday
// Holiday Act took effect; before that it is [Weekdays].
//
// Not holidays here: Inauguration Day, which 5 U.S.C. 6103(c) gives to the
// Washington area only, and days that an executive order gives once.
var USFederal Calendar = usFederal{}

type weekdays struct{}

func (weekdays) Name() string { return "calendar of weekdays" }

func (weekdays) Closed(d access.Date) (string, bool) {
	switch d.Time().Weekday() {
	case time.Saturday:
		return "a Saturday", true
	case time.Sunday:
		return "a Sunday", true
	}
	return "", false
}

type usFederal struct{}

func (usFederal) Name() string { return "US federal calendar" }

func (usFederal) Closed(d access.Date) (string, bool) {
	if why, closed := Weekdays.Closed(d); closed {
		return why, true
	}
	t := d.Time()
	if name, ok := legalHoliday(t); ok {
		return name, true
	}
	switch t.Weekday() {
	case time.Friday:
		if name, ok := legalHoliday(t.AddDate(0, 0, 1)); ok {
			return name + " (observed)", true
		}
	case time.Monday:
		if name, ok := legalHoliday(t.AddDate(0, 0, -1)); ok {
			return name + " (observed)", true
		}
	}
	return "", false
}

// holiday is one line of 5 U.S.C. 6103(a). A fixed one has a day of the month;
// any other is the week-th such weekday, the last one when week is -1.
type holiday struct {
	name        string
	month       time.Month
	day         int
	weekday     time.Weekday
	week        int
	since, till int // first and last year in which it was so; 0 for none
}

var holidays = []holiday{
	{name: "New Year's Day", month: time.January, day: 1},
	{name: "Birthday of Martin Luther King, Jr.", month: time.January, weekday: time.Monday, week: 3, since: 1986}, // Pub. L. 98-144
	{name: "Washington's Birthday", month: time.February, weekday: time.Monday, week: 3},
	{name: "Memorial Day", month: time.May, weekday: time.Monday, week: -1},
	{name: "Juneteenth National Independence Day", month: time.June, day: 19, since: 2021}, // Pub. L. 117-17
	{name: "Independence Day", month: time.July, day: 4},
	{name: "Labor Day", month: time.September, weekday: time.Monday, week: 1},
	{name: "Columbus Day", month: time.October, weekday: time.Monday, week: 2},
	{name: "Veterans Day", month: time.October, weekday: time.Monday, week: 4, till: 1977}, // Pub. L. 90-363
	{name: "Veterans Day", month: time.November, day: 11, since: 1978},                     // Pub. L. 94-97
	{name: "Thanksgiving Day", month: time.November, weekday: time.Thursday, week: 4},
	{name: "Christmas Day", month: time.December, day: 25},
}

const firstFederalYear = 1971

// legalHoliday reports whether t itself, not a day on which one is observed,
// is a legal public holiday.
func legalHoliday(t time.Time) (string, bool) {
	if t.Year() < firstFederalYear {
		return "", false
	}
	for _, h := range holidays {
		if t.Month() == h.month && (h.since == 0 || t.Year() >= h.since) && (h.till == 0 || t.Year() <= h.till) && h.falls(t) {
			return h.name, true
		}
	}
	return "", false
}

// falls reports whether h, in the month of t, is on t.
func (h holiday) falls(t time.Time) bool {
	switch {
	case h.day != 0:
		return t.Day() == h.day
	case t.Weekday() != h.weekday:
		return false
	case h.week < 0:
		return t.AddDate(0, 0, 7).Month() != t.Month()
	}
	return (t.Day()-1)/7+1 == h.week
}

// Europe is open on the working days of Regulation (EEC, Euratom) 1182/71
// art. 2(2): every day but Saturdays, Sundays and public holidays. Of the
// holidays, which each Member State lists for itself, it knows the two that all
// of them keep, the 1st of January and the 25th of December. Where a State has
// another one on the last day the period ends later than this calendar says,
// never earlier.
var Europe Calendar = europe{}

type europe struct{}

func (europe) Name() string { return "calendar of the European Union" }

func (europe) Closed(d access.Date) (string, bool) {
	switch t := d.Time(); {
	case t.Month() == time.January && t.Day() == 1:
		return "New Year's Day", true
	case t.Month() == time.December && t.Day() == 25:
		return "Christmas Day", true
	}
	return Weekdays.Closed(d)
}

// NamedCalendar is the calendar that written duties call by a name:
// "us-federal", "eu" or "weekdays"; nil, false for another.
func NamedCalendar(name string) (Calendar, bool) {
	switch name {
	case "us-federal":
		return USFederal, true
	case "eu":
		return Europe, true
	case "weekdays":
		return Weekdays, true
	}
	return nil, false
}
