package version

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// Numbers are compared as they are written, so that none is too large.

// compareNumbers compares two runs of digits; the empty one counts as zero.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	return strings.Compare(a, b)
}

// compareReleases compares numbers with dots between them, one by one; those
// that one of them lacks count as zero.
func compareReleases(a, b string) int {
	for a != "" || b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		if c := compareNumbers(x, y); c != 0 {
			return c
		}
	}
	return 0
}

// cutNumber cuts the digits off that s begins with.
func cutNumber(s string) (digits, rest string) {
	return cutRun(s, isDigit)
}

// cutRun cuts the bytes off that s begins with and that are all of one kind.
func cutRun(s string, kind func(byte) bool) (run, rest string) {
	i := 0
	for i < len(s) && kind(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

// cutRelease cuts numbers with dots between them off s, at most so many.
func cutRelease(s string, most int) (release, rest string, err error) {
	rest = s
	for n := 0; ; n++ {
		digits, after := cutNumber(rest)
		switch {
		case digits == "" && n == 0 && !strings.ContainsAny(s, "0123456789"):
			return "", "", errNone
		case digits == "":
			return "", "", fmt.Errorf("a number is expected where it says %q", rest)
		case n == most:
			return "", "", fmt.Errorf("more than %d numbers", most)
		}
		rest = after
		if !strings.HasPrefix(rest, ".") {
			return s[:len(s)-len(rest)], rest, nil
		}
		rest = rest[1:]
	}
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isAlnum(c byte) bool  { return isDigit(c) || isLetter(c) }

func isNumber(s string) bool {
	_, rest := cutNumber(s)
	return s != "" && rest == ""
}

// holds looks whether s is made of letters, digits and the punctuation given,
// and has a digit.
func holds(s, punctuation string) error {
	if !strings.ContainsAny(s, "0123456789") {
		return errNone
	}
	for _, r := range s {
		if r > 127 || !isAlnum(byte(r)) && !strings.ContainsRune(punctuation, r) {
			return fmt.Errorf("%q is in no version", r)
		}
	}
	return nil
}

var errEmptyIdentifier = errors.New("nothing stands between two dots")
