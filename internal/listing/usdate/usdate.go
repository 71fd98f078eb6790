// Package usdate reads days as United States authorities write them in their
// lists.
//
// Begin with [In], which reads a cell of a table, or [Parse] for a text.
package usdate

import (
	"regexp"
	"strings"
	"time"

	"countersign.dev/internal/access"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/table"
)

// layouts are the ways in which United States authorities write a day.
var layouts = []string{time.DateOnly, "January 2, 2006", "Jan 2, 2006", "01/02/2006", "1/2/2006", "02 Jan 2006"}

// Parse reads a day in any of the ways in which the lists write one; ok is
// false for anything else. Numbers with strokes are month, day and year.
func Parse(s string) (day access.Date, ok bool) {
	s = strings.TrimSpace(s)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1000 {
			return access.DateOf(t), true
		}
	}
	return "", false
}

var year = regexp.MustCompile(`^[12][0-9]{3}$`)

// IsYear reports whether a text gives a year and nothing more.
func IsYear(s string) bool { return year.MatchString(s) }

// In is the day in a cell, "" for an empty one or a missing column.
func In(r table.Row, column string) (access.Date, error) {
	text := r.Get(column)
	if text == "" {
		return "", nil
	}
	day, ok := Parse(text)
	if !ok {
		return "", problem.New(problem.Invalid, "line %d, column %q: %q is no date; want one like 2021-03-12, 03/12/2021 or March 12, 2021", r.Line, column, table.Clip(text))
	}
	return day, nil
}
