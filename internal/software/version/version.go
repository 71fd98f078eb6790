// Package version puts the versions of packages in order, by the rules of each
// ecosystem: what is the newer of 1.0-1 and 1.0 differs between Debian, npm
// and Maven.
//
// Begin with [Parse]. What is not a version in its ecosystem ("(devel)",
// "latest", a commit, a range) is an error and not the lowest or highest of
// all: an advisory's answer about it is "unknown", which is what people must
// see. The package knows nothing of ranges.
package version

import (
	"cmp"
	"errors"
	"strings"

	"countersign.dev/internal/problem"
)

// MaxLength is how many bytes a version may have.
const MaxLength = 256

// Version is a version that was read. It is not comparable with ==; versions
// that are written differently may be equal in order.
type Version struct {
	scheme string
	order  order
}

// order is a version as its scheme compares it. It is compared with one of the
// same type only.
type order interface {
	compare(order) int
}

// Parse reads a version of an ecosystem, which is named as OSV names it, with
// or without a release ("Go", "Debian:11"). The error is [problem.Invalid] and
// says what is wrong, or that versions of the ecosystem have no order here.
func Parse(ecosystem, s string) (Version, error) {
	scheme, ok := schemeOf(ecosystem)
	if !ok {
		return Version{}, problem.New(problem.Invalid, "versions of %q have no order here", ecosystem)
	}
	if len(s) > MaxLength {
		return Version{}, problem.New(problem.Invalid, "version of %d bytes: at most %d are read", len(s), MaxLength)
	}
	if s = strings.TrimSpace(s); s == "" {
		return Version{}, problem.New(problem.Invalid, "no version of %s is given", ecosystem)
	}
	o, err := scheme.parse(s)
	if err != nil {
		return Version{}, problem.New(problem.Invalid, "version %q of %s: %w", s, ecosystem, err)
	}
	return Version{scheme.name, o}, nil
}

// Compare is -1 when v comes before w, 0 when they are equal in order, and 1
// when v comes after w. Both are to be of one ecosystem: those of ecosystems
// that order differently are in an order that means nothing.
func (v Version) Compare(w Version) int {
	if v.scheme != w.scheme || v.order == nil || w.order == nil {
		return cmp.Compare(v.scheme, w.scheme)
	}
	return v.order.compare(w.order)
}

// Compare reads and compares two versions of an ecosystem.
func Compare(ecosystem, a, b string) (int, error) {
	v, err := Parse(ecosystem, a)
	if err != nil {
		return 0, err
	}
	w, err := Parse(ecosystem, b)
	if err != nil {
		return 0, err
	}
	return v.Compare(w), nil
}

// Known reports whether versions of an ecosystem have an order here.
func Known(ecosystem string) bool {
	_, ok := schemeOf(ecosystem)
	return ok
}

// errNone is said of what holds no version at all.
var errNone = errors.New("not a version: no digit is in it")
