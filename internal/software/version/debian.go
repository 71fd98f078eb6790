package version

import (
	"cmp"
	"errors"
	"strings"
)

// debian is a version as dpkg compares it (Debian Policy, section 5.6.12).
type debian struct {
	epoch, upstream, revision string
}

func parseDebian(s string) (order, error) {
	if err := holds(s, ".+-~:"); err != nil {
		return nil, err
	}
	var v debian
	v.upstream = s
	if epoch, rest, ok := strings.Cut(s, ":"); ok {
		if !isNumber(epoch) {
			return nil, errors.New("a number is expected before the colon")
		}
		v.epoch, v.upstream = epoch, rest
	}
	if dash := strings.LastIndexByte(v.upstream, '-'); dash >= 0 {
		v.upstream, v.revision = v.upstream[:dash], v.upstream[dash+1:]
	}
	if v.upstream == "" || !isDigit(v.upstream[0]) {
		return nil, errors.New("it is to begin with a digit")
	}
	return v, nil
}

func (v debian) compare(other order) int {
	w := other.(debian)
	return cmp.Or(
		compareNumbers(v.epoch, w.epoch),
		compareDebian(v.upstream, w.upstream),
		compareDebian(v.revision, w.revision),
	)
}

// compareDebian compares words and numbers in turn.
func compareDebian(a, b string) int {
	for a != "" || b != "" {
		var x, y string
		x, a = cutRun(a, notDigit)
		y, b = cutRun(b, notDigit)
		if c := compareDebianWords(x, y); c != 0 {
			return c
		}
		x, a = cutNumber(a)
		y, b = cutNumber(b)
		if c := compareNumbers(x, y); c != 0 {
			return c
		}
	}
	return 0
}

func notDigit(c byte) bool { return !isDigit(c) }

func compareDebianWords(a, b string) int {
	for i := range max(len(a), len(b)) {
		if c := cmp.Compare(debianWeight(a, i), debianWeight(b, i)); c != 0 {
			return c
		}
	}
	return 0
}

// debianWeight is where a byte stands in the order of its kind: the tilde
// before the end, then letters, then the rest.
func debianWeight(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case s[i] == '~':
		return -1
	case isLetter(s[i]):
		return int(s[i])
	}
	return int(s[i]) + 256
}
