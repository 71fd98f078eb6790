package stix

import (
	"fmt"
	"time"
)

// ParseTime reads a timestamp of STIX (section 2.16 of 2.1): RFC 3339 in UTC,
// written with a capital T and Z, with as many digits after the seconds as the
// writer likes. Digits after the ninth are dropped.
func ParseTime(s string) (time.Time, error) {
	const shape = "0000-00-00T00:00:00"
	if len(s) <= len(shape) || s[len(s)-1] != 'Z' {
		return time.Time{}, errTime(s)
	}
	for i := range len(shape) {
		if digit := shape[i] == '0'; digit && !isDigit(s[i]) || !digit && s[i] != shape[i] {
			return time.Time{}, errTime(s)
		}
	}
	fraction := s[len(shape) : len(s)-1]
	if fraction == "." || fraction != "" && fraction[0] != '.' {
		return time.Time{}, errTime(s)
	}
	for i := 1; i < len(fraction); i++ {
		if !isDigit(fraction[i]) {
			return time.Time{}, errTime(s)
		}
	}
	if len(fraction) > len(".000000000") {
		fraction = fraction[:len(".000000000")]
	}
	seconds := s[:len(shape)]
	leap := seconds[17:] == "60"
	if leap { // RFC 3339 section 5.6 allows it, package time does not
		seconds = seconds[:17] + "59"
	}
	t, err := time.Parse(time.RFC3339Nano, seconds+fraction+"Z")
	if err != nil {
		return time.Time{}, errTime(s)
	}
	if leap {
		t = t.Add(time.Second)
	}
	return t, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func errTime(s string) error {
	return fmt.Errorf("%q is no timestamp in UTC, as 2020-12-13T21:00:00.000Z", clip(s))
}

// clip shortens what somebody else wrote, for messages.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	end := 0
	for i := range s {
		if i > most {
			break
		}
		end = i
	}
	return s[:end] + "…"
}
