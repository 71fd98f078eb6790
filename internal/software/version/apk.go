package version

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// apk is a version as apk-tools compares it (apk-package(5), "pkgver"):
// numbers, a letter, suffixes, a commit, which has no weight, and a build.
type apk struct {
	numbers  string
	letter   string
	patch    string // number after the letter, as in 6.6.2p1: against the rules, and in use
	suffixes []apkSuffix
	build    string
}

// apkSuffix is a word with a number, as in _rc1.
type apkSuffix struct {
	rank   int
	number string
}

// apkSuffixes in their order; those up to "rc" come before the version without
// one.
var apkSuffixes = []string{"alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"}

// apkPlain is the rank of no suffix.
const apkPlain = 4

func parseAPK(s string) (order, error) {
	var v apk
	var rest string
	var err error
	if v.numbers, rest, err = cutRelease(s, MaxLength); err != nil {
		return nil, err
	}
	if rest != "" && 'a' <= rest[0] && rest[0] <= 'z' {
		v.letter, rest = rest[:1], rest[1:]
		v.patch, rest = cutNumber(rest)
	}
	for strings.HasPrefix(rest, "_") {
		var suffix apkSuffix
		if suffix, rest, err = cutAPKSuffix(rest[1:]); err != nil {
			return nil, err
		}
		v.suffixes = append(v.suffixes, suffix)
	}
	if commit, ok := strings.CutPrefix(rest, "~"); ok {
		_, rest = cutRun(commit, func(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' })
	}
	if rest == "" {
		return v, nil
	}
	build, ok := strings.CutPrefix(rest, "-r")
	if !ok || build != "" && !isNumber(build) {
		return nil, fmt.Errorf("a suffix or a build, as in -r1, is expected where it says %q", rest)
	}
	v.build = build
	return v, nil
}

func cutAPKSuffix(s string) (suffix apkSuffix, rest string, err error) {
	word, rest := cutRun(s, isLetter)
	for rank, known := range apkSuffixes {
		if word == known && word != "" {
			suffix.rank = rank
			suffix.number, rest = cutNumber(rest)
			return suffix, rest, nil
		}
	}
	return apkSuffix{}, "", errors.New("suffixes are alpha, beta, pre, rc, cvs, svn, git, hg and p")
}

func (v apk) compare(other order) int {
	w := other.(apk)
	c := cmp.Or(
		compareAPKNumbers(v.numbers, w.numbers),
		strings.Compare(v.letter, w.letter),
		compareNumbers(v.patch, w.patch),
	)
	for i := 0; c == 0 && i < max(len(v.suffixes), len(w.suffixes)); i++ {
		a, b := v.suffix(i), w.suffix(i)
		c = cmp.Or(cmp.Compare(a.rank, b.rank), compareNumbers(a.number, b.number))
	}
	return cmp.Or(c, compareNumbers(v.build, w.build))
}

func (v apk) suffix(i int) apkSuffix {
	if i < len(v.suffixes) {
		return v.suffixes[i]
	}
	return apkSuffix{rank: apkPlain}
}

// compareAPKNumbers compares numbers with dots. One that begins with a zero
// and is not the first is compared as a word, as a decimal fraction would be.
func compareAPKNumbers(a, b string) int {
	for first := true; a != "" || b != ""; first = false {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		c := compareNumbers(x, y)
		if !first && x != "" && y != "" && (x[0] == '0' || y[0] == '0') {
			c = strings.Compare(x, y)
		}
		if c != 0 {
			return c
		}
	}
	return 0
}
