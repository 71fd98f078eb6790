package version

import (
	"fmt"
	"strings"
)

// semver is a version after Semantic Versioning 2.0.0.
type semver struct {
	release string // numbers with dots
	pre     string // identifiers with dots; "" for a release
	build   string // of no weight but for Pub
}

func (v semver) compare(other order) int {
	w := other.(semver)
	if c := compareReleases(v.release, w.release); c != 0 {
		return c
	}
	return comparePre(v.pre, w.pre)
}

// comparePre compares pre-releases (section 11): none is more than any.
func comparePre(a, b string) int {
	if a == "" || b == "" {
		return present(b) - present(a)
	}
	return compareIdentifiers(a, b)
}

// present is 1 for what is not empty.
func present(s string) int {
	if s == "" {
		return 0
	}
	return 1
}

// compareIdentifiers compares identifiers with dots between them: numbers as
// such, words by their bytes, numbers before words, and the fewer before the
// more.
func compareIdentifiers(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		if c := compareIdentifier(x, y); c != 0 {
			return c
		}
	}
	return present(a) - present(b)
}

func compareIdentifier(a, b string) int {
	switch x, y := isNumber(a), isNumber(b); {
	case x && y:
		return compareNumbers(a, b)
	case x:
		return -1
	case y:
		return 1
	}
	return strings.Compare(a, b)
}

// parseSemver reads up to three numbers: "1.2" stands for 1.2.0, as tools
// write it that are not strict. A "v" may come first.
func parseSemver(s string) (order, error) { return semverOf(s, 3) }

// parseLongSemver reads any number of numbers.
func parseLongSemver(s string) (order, error) { return semverOf(s, MaxLength) }

func semverOf(s string, numbers int) (semver, error) {
	release, rest, err := cutRelease(cutV(s), numbers)
	if err != nil {
		return semver{}, err
	}
	v := semver{release: release}
	rest, v.build, _ = strings.Cut(rest, "+")
	if rest == "" {
		return v, identifiers(v.build)
	}
	if rest[0] != '-' || rest == "-" {
		return semver{}, fmt.Errorf("a pre-release is expected where it says %q", rest)
	}
	v.pre = rest[1:]
	if err := identifiers(v.pre); err != nil {
		return semver{}, err
	}
	return v, identifiers(v.build)
}

// identifiers looks whether s is identifiers with dots between them, or empty.
func identifiers(s string) error {
	if s == "" {
		return nil
	}
	for identifier := range strings.SplitSeq(s, ".") {
		if identifier == "" {
			return errEmptyIdentifier
		}
		for _, r := range identifier {
			if r > 127 || !isAlnum(byte(r)) && r != '-' && r != '_' {
				return fmt.Errorf("%q is in no version", r)
			}
		}
	}
	return nil
}

// cutV cuts the "v" off that people write before versions.
func cutV(s string) string {
	if len(s) > 1 && (s[0] == 'v' || s[0] == 'V') && isDigit(s[1]) {
		return s[1:]
	}
	return s
}

// pub is a version of Dart's registry, where the build has weight
// (pub_semver).
type pub struct{ semver }

func parsePub(s string) (order, error) {
	v, err := semverOf(s, 3)
	return pub{v}, err
}

func (v pub) compare(other order) int {
	w := other.(pub)
	if c := v.semver.compare(w.semver); c != 0 {
		return c
	}
	if v.build == "" || w.build == "" {
		return present(v.build) - present(w.build)
	}
	return compareIdentifiers(v.build, w.build)
}

// nuget is a version of NuGet: four numbers, and words whose case is of no
// weight.
type nuget struct{ semver }

func parseNuGet(s string) (order, error) {
	v, err := semverOf(s, 4)
	v.pre = strings.ToLower(v.pre)
	return nuget{v}, err
}

func (v nuget) compare(other order) int { return v.semver.compare(other.(nuget).semver) }

// bitnami is a version of a Bitnami package: what upstream calls it, and a
// revision after a dash, which is newer than the version alone. Advisories
// write -0 for the earliest pre-release.
type bitnami struct {
	semver
	revision string
}

func parseBitnami(s string) (order, error) {
	v, err := semverOf(s, MaxLength)
	if err != nil {
		return nil, err
	}
	if isNumber(v.pre) && strings.Trim(v.pre, "0") != "" {
		return bitnami{semver{release: v.release}, v.pre}, nil
	}
	return bitnami{v, ""}, nil
}

func (v bitnami) compare(other order) int {
	w := other.(bitnami)
	if c := v.semver.compare(w.semver); c != 0 {
		return c
	}
	return compareNumbers(v.revision, w.revision)
}
