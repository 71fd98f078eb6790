package screening

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// span is the days on which somebody may have been born, by year and, where
// they are known, month and day; 0 where not.
type span struct{ from, to, month, day int }

var (
	isoDate  = regexp.MustCompile(`\b([12]\d{3})-(\d{2})(?:-(\d{2}))?\b`)
	dmyDate  = regexp.MustCompile(`\b(\d{1,2})[./](\d{1,2})[./]([12]\d{3})\b`)
	longDate = regexp.MustCompile(`(?i)\b(?:(\d{1,2}) )?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? ([12]\d{3})\b`)
	years    = regexp.MustCompile(`\b([12]\d{3})\b`)
	months   = "janfebmaraprmayjunjulaugsepoctnovdec"
)

// birthsIn is the births that a text tells of: "1971", "10 Mar 1956",
// "1956-03-10", "10/03/1956", "circa 1961", "1957 to 1960".
func birthsIn(text string) []span {
	var out []span
	take := func(re *regexp.Regexp, read func(m []string) span) {
		for _, m := range re.FindAllStringSubmatch(text, -1) {
			out = append(out, read(m))
		}
		text = re.ReplaceAllString(text, " ")
	}
	take(isoDate, func(m []string) span { return span{number(m[1]), number(m[1]), number(m[2]), number(m[3])} })
	take(dmyDate, func(m []string) span { return span{number(m[3]), number(m[3]), number(m[2]), number(m[1])} })
	take(longDate, func(m []string) span {
		return span{number(m[3]), number(m[3]), strings.Index(months, strings.ToLower(m[2]))/3 + 1, number(m[1])}
	})
	if left := years.FindAllString(text, -1); len(left) == 2 && len(out) == 0 && number(left[0]) < number(left[1]) {
		return []span{{from: number(left[0]), to: number(left[1])}}
	} else {
		for _, y := range left {
			out = append(out, span{from: number(y), to: number(y)})
		}
	}
	return out
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // the patterns let digits through only
	return n
}

// compareBirths is how the asked birth goes with those held: the best of them.
func compareBirths(asked string, held []string) string {
	best := OutcomeUnknown
	for _, a := range birthsIn(asked) {
		for _, text := range held {
			for _, h := range birthsIn(text) {
				if outcome := a.with(h); birthRank[outcome] > birthRank[best] {
					best = outcome
				}
			}
		}
	}
	return best
}

var birthRank = map[string]int{OutcomeUnknown: 0, OutcomeConflict: 1, OutcomeNear: 2, OutcomeCompatible: 3, OutcomeEqual: 4}

// with compares two births.
func (a span) with(b span) string {
	if a.from > b.to || b.from > a.to {
		if a.from-b.to == 1 || b.from-a.to == 1 {
			return OutcomeNear
		}
		return OutcomeConflict
	}
	exact := a.month > 0 && a.day > 0 && b.month > 0 && b.day > 0 && a.from == a.to && b.from == b.to
	switch {
	case exact && a == b:
		return OutcomeEqual
	case exact && a.month == b.day && a.day == b.month, !exact && (a.month == 0 || b.month == 0 || a.month == b.month):
		return OutcomeCompatible
	case exact && a.month == b.month:
		return OutcomeNear // one digit of a day
	default:
		return OutcomeConflict
	}
}

// BirthDates is the births that a text tells of as YYYY, YYYY-MM or YYYY-MM-DD;
// the first and the last year of a stretch.
func BirthDates(text string) []string {
	var out []string
	for _, s := range birthsIn(text) {
		switch {
		case s.month > 0 && s.day > 0:
			out = append(out, fmt.Sprintf("%04d-%02d-%02d", s.from, s.month, s.day))
		case s.month > 0:
			out = append(out, fmt.Sprintf("%04d-%02d", s.from, s.month))
		case s.from < s.to:
			out = append(out, fmt.Sprintf("%04d", s.from), fmt.Sprintf("%04d", s.to))
		default:
			out = append(out, fmt.Sprintf("%04d", s.from))
		}
	}
	return out
}
