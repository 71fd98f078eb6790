package duty_test

import (
	"testing"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/duty"
)

func TestUSFederal(t *testing.T) {
	tests := []struct {
		day  access.Date
		want string // "" when open
	}{
		{"2021-01-01", "New Year's Day"},
		{"2021-12-31", "New Year's Day (observed)"}, // 2022-01-01 is a Saturday
		{"2023-01-02", "New Year's Day (observed)"}, // 2023-01-01 is a Sunday
		{"2023-01-01", "a Sunday"},
		{"2021-01-18", "Birthday of Martin Luther King, Jr."},
		{"1985-01-21", ""},
		{"1986-01-20", "Birthday of Martin Luther King, Jr."},
		{"2021-02-15", "Washington's Birthday"},
		{"2021-05-31", "Memorial Day"},
		{"2021-05-24", ""},
		{"2020-06-19", ""},
		{"2021-06-18", "Juneteenth National Independence Day (observed)"}, // signed the day before
		{"2022-06-20", "Juneteenth National Independence Day (observed)"},
		{"2026-06-19", "Juneteenth National Independence Day"},
		{"2026-07-03", "Independence Day (observed)"},
		{"2021-07-05", "Independence Day (observed)"},
		{"2021-09-06", "Labor Day"},
		{"2021-10-11", "Columbus Day"},
		{"1971-10-25", "Veterans Day"},
		{"1971-11-11", ""},
		{"1977-10-24", "Veterans Day"},
		{"1978-11-10", "Veterans Day (observed)"},
		{"1978-10-23", ""},
		{"2026-11-26", "Thanksgiving Day"},
		{"2026-11-27", ""},
		{"2021-12-24", "Christmas Day (observed)"},
		{"2022-12-26", "Christmas Day (observed)"},
		{"1970-12-25", ""}, // before the calendar begins
		{"2021-01-20", ""}, // Inauguration Day is the Washington area's
		{"2021-03-15", ""},
	}
	for _, tt := range tests {
		why, closed := duty.USFederal.Closed(tt.day)
		if why != tt.want || closed != (tt.want != "") {
			t.Errorf("%s: %q, %v; want %q", tt.day, why, closed, tt.want)
		}
	}
}

// A year has eleven legal public holidays since 2021 and ten from 1986 to
// 2020; each is kept on one weekday, in that year or the last days of the one
// before.
func TestHolidaysOfAYear(t *testing.T) {
	for year := 1971; year <= 2100; year++ {
		want := 9
		if year >= 1986 {
			want++
		}
		if year >= 2021 {
			want++
		}
		kept := 0
		for day := time.Date(year-1, time.December, 31, 0, 0, 0, 0, time.UTC); day.Year() <= year; day = day.AddDate(0, 0, 1) {
			d := access.DateOf(day)
			why, closed := duty.USFederal.Closed(d)
			weekend, _ := duty.Weekdays.Closed(d)
			newYear := why == "New Year's Day (observed)" && day.Month() == time.December
			if closed && weekend == "" && newYear == (day.Year() < year) {
				kept++
			}
		}
		if kept != want {
			t.Errorf("%d: %d holidays kept, want %d", year, kept, want)
		}
	}
}

func TestCalendarNames(t *testing.T) {
	if duty.Weekdays.Name() == "" || duty.Weekdays.Name() == duty.USFederal.Name() {
		t.Error("calendars must be told apart in an explanation")
	}
}
