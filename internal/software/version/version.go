// Package version puts the versions of packages in order, by the rules of each
// ecosystem.
//
// Begin with [Parse]. What is not a version in its ecosystem ("(devel)",
// "latest", a commit) is an error and not the lowest or highest of all: an
// advisory's answer about it is "unknown".
package version

import (
	"strings"

	"github.com/google/osv-scalibr/semantic"

	"countersign.dev/internal/problem"
)

// MaxLength is how many bytes a version may have.
const MaxLength = 256

// Version is a version that was read.
type Version struct {
	v semantic.Version
}

// Parse reads a version of an ecosystem, which is named as OSV names it
// ("Go", "Debian:11"). The error is [problem.Invalid].
func Parse(ecosystem, s string) (Version, error) {
	if s == "" {
		return Version{}, problem.New(problem.Invalid, "no version")
	}
	if len(s) > MaxLength {
		return Version{}, problem.New(problem.Invalid, "version of %d bytes: at most %d are read", len(s), MaxLength)
	}
	text := s
	if ecosystem == "Go" {
		text = strings.TrimPrefix(text, "go")
	}
	if !strings.ContainsAny(text, "0123456789") {
		return Version{}, problem.New(problem.Invalid, "version %q: not one of %s", s, ecosystem)
	}
	v, err := semantic.Parse(text, ecosystem)
	if err != nil {
		return Version{}, problem.New(problem.Invalid, "version %q: not one of %s: %v", s, ecosystem, err)
	}
	return Version{v}, nil
}

// Compare is -1 when v comes before w, 0 when they are equal in order, and 1
// when v comes after it. Both are of one ecosystem.
func (v Version) Compare(w Version) int {
	c, err := v.v.Compare(w.v)
	if err != nil {
		return 0
	}
	return c
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
