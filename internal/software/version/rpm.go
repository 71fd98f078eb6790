package version

import (
	"cmp"
	"strings"
)

// rpm is a version as rpm compares it (rpmvercmp and rpmVersionCompare of
// rpm 4.19, and its manual rpm-version(7)).
type rpm struct {
	epoch, version, release string
	released                bool // has a release, be it empty
}

func parseRPM(s string) (order, error) {
	if err := holds(s, "._+~^-:"); err != nil {
		return nil, err
	}
	v := rpm{version: s}
	if epoch, rest, ok := strings.Cut(s, ":"); ok && isNumber(epoch) {
		v.epoch, v.version = epoch, rest
	}
	v.version, v.release, v.released = strings.Cut(v.version, "-")
	return v, nil
}

func (v rpm) compare(other order) int {
	w := other.(rpm)
	c := cmp.Or(compareNumbers(v.epoch, w.epoch), compareRPM(v.version, w.version))
	switch {
	case c != 0:
		return c
	case v.released && w.released:
		return compareRPM(v.release, w.release)
	case v.released:
		return 1
	case w.released:
		return -1
	}
	return 0
}

// compareRPM compares words and numbers in turn. A tilde makes what follows
// earlier than nothing, a caret later than nothing and earlier than anything
// else.
func compareRPM(a, b string) int {
	for {
		_, a = cutRun(a, rpmSeparates)
		_, b = cutRun(b, rpmSeparates)
		if c, both := compareMarks(a, b); c != 0 {
			return c
		} else if both {
			a, b = a[1:], b[1:]
			continue
		}
		if a == "" || b == "" {
			return present(a) - present(b)
		}
		kind := isLetter
		if isDigit(a[0]) {
			kind = isDigit
		}
		var x, y string
		x, a = cutRun(a, kind)
		y, b = cutRun(b, kind)
		if c := compareRPMRuns(x, y); c != 0 {
			return c
		}
	}
}

// compareRPMRuns compares a run of digits or letters with one of the same
// kind, or with nothing where the kind differs: numbers are newer than words.
func compareRPMRuns(a, b string) int {
	numeric := isDigit(a[0])
	switch {
	case b == "" && numeric:
		return 1
	case b == "":
		return -1
	case numeric:
		return compareNumbers(a, b)
	}
	return strings.Compare(a, b)
}

// compareMarks compares what begins with a tilde or a caret; both says that
// both begin with the same.
func compareMarks(a, b string) (c int, both bool) {
	for _, mark := range []string{"~", "^"} {
		x, y := strings.HasPrefix(a, mark), strings.HasPrefix(b, mark)
		if x && y {
			return 0, true
		}
		older := -1 // the one with the mark
		if x && mark == "^" && b == "" || y && mark == "^" && a == "" {
			older = 1
		}
		if x {
			return older, false
		}
		if y {
			return -older, false
		}
	}
	return 0, false
}

func rpmSeparates(c byte) bool { return !isAlnum(c) && c != '~' && c != '^' }
