package version

import (
	"cmp"
	"fmt"
	"strings"
)

// composer is a version of Packagist: four numbers, as Composer makes of fewer
// (VersionParser::normalize), then words and numbers in turn, compared as PHP's
// version_compare does.
type composer []string

// composerNumbers is how many numbers a version has at least.
const composerNumbers = 4

// stabilities are the words of a version, by the letter or two that tell them;
// a number stands between "rc" and "p".
var stabilities = []struct {
	word string
	rank int
}{
	{"dev", 0},
	{"alpha", 1},
	{"a", 1},
	{"beta", 2},
	{"b", 2},
	{"rc", 3},
	{"c", 3},
	{"stable", stable},
	{"patch", 5},
	{"pl", 5},
	{"p", 5},
}

// stable is the rank of a number, and of the end.
const stable = 4

// parseComposer reads a release. Branches ("dev-master", "2.x-dev") are
// errors: they change from day to day.
func parseComposer(s string) (order, error) {
	s, _, _ = strings.Cut(cutV(s), "+") // build, of no weight
	if err := holds(s, "._-"); err != nil {
		return nil, err
	}
	if !isDigit(s[0]) {
		return nil, fmt.Errorf("a branch, not a release")
	}
	var v composer
	s = strings.ToLower(s)
	for s != "" {
		var run string
		switch {
		case isDigit(s[0]):
			run, s = cutNumber(s)
		case isLetter(s[0]):
			run, s = cutRun(s, isLetter)
			if _, ok := stability(run); !ok {
				return nil, fmt.Errorf("%q is no stability: they are dev, alpha, beta, RC and patch", run)
			}
		default:
			s = s[1:]
			continue
		}
		v = append(v, run)
	}
	return v.pad(), nil
}

// pad gives v the numbers that it lacks, before its first word, and takes away
// a word that says only that it is a release.
func (v composer) pad() composer {
	word := 0
	for word < len(v) && isNumber(v[word]) {
		word++
	}
	out := append(make(composer, 0, len(v)+composerNumbers), v[:word]...)
	for len(out) < composerNumbers {
		out = append(out, "0")
	}
	if v = v[word:]; len(v) > 0 && v[0] == "stable" {
		v = v[1:]
	}
	return append(out, v...)
}

// stability is the rank of a word or a number.
func stability(part string) (int, bool) {
	for _, s := range stabilities {
		if part == s.word {
			return s.rank, true
		}
	}
	return stable, isNumber(part)
}

func (v composer) compare(other order) int {
	w := other.(composer)
	for i := range min(len(v), len(w)) {
		if c := compareComposer(v[i], w[i]); c != 0 {
			return c
		}
	}
	return cmp.Or(v.overhang(len(w)), -w.overhang(len(v)))
}

// overhang is how v compares to one that is the same up to part n and ends
// there: a further number makes it newer, a word what the word says.
func (v composer) overhang(n int) int {
	if len(v) <= n {
		return 0
	}
	if isNumber(v[n]) {
		return 1
	}
	rank, _ := stability(v[n])
	return cmp.Compare(rank, stable)
}

func compareComposer(a, b string) int {
	if isNumber(a) && isNumber(b) {
		return compareNumbers(a, b)
	}
	x, _ := stability(a)
	y, _ := stability(b)
	return cmp.Compare(x, y)
}
