package advisory

import (
	"regexp"
	"strings"

	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/ecosystem"
	"countersign.dev/internal/software/purl"
	"countersign.dev/internal/software/version"
)

// order is a rule by which versions are put in order: an ecosystem's name, or
// one of those below.
type order string

const (
	// bySemver is for packages of ecosystems that have no order here and whose
	// ranges say that they are of Semantic Versioning 2.0.0, whose ecosystem
	// does not matter.
	bySemver order = "semver"
	// byProduct is for products that no ecosystem has, see [productVersion].
	byProduct order = "product"
	// none is for ecosystems whose versions have no order here.
	none order = ""
)

// orderOf is by what rule the versions of a package or product are compared.
func orderOf(a *Affected) order {
	name := a.Ecosystem
	if name == "" && a.PURL != "" {
		if p, err := purl.Read(a.PURL); err == nil {
			if packages, _ := ecosystem.Of(p); len(packages) > 0 {
				name = packages[0].Ecosystem
			}
		}
	}
	if name == "" {
		return byProduct
	}
	if ecosystem.Supported(name) {
		return order(ecosystem.FromName(name, "").Ecosystem)
	}
	semver := false
	for _, r := range a.Ranges {
		switch r.Type {
		case rangeSemver:
			semver = true
		case rangeGit:
		default:
			return none
		}
	}
	if semver {
		return bySemver
	}
	return none
}

// read reads a version. The error is [problem.Invalid] and says why not.
func (o order) read(s string) (version.Version, error) {
	switch o {
	case none:
		return version.Version{}, problem.New(problem.Invalid, "versions of this ecosystem have no order here")
	case bySemver:
		return version.Parse("npm", s)
	case byProduct:
		text, ok := productVersion(s)
		if !ok {
			return version.Version{}, problem.New(problem.Invalid, "version %q: want numbers with dots between them, and perhaps a hotfix or service pack", Clip(s))
		}
		// Red Hat's order compares numbers as numbers, however many there are,
		// and puts what has more parts after what has fewer.
		return version.Parse("Red Hat", text)
	}
	return version.Parse(string(o), s)
}

// slip is what writers of ranges for npm write in place of a version, where it
// can mean one only.
var slip = regexp.MustCompile(`^v?([0-9]+\.[0-9]+\.[0-9]+)(?:-\*|\.((?:alpha|beta|pre|rc)[0-9A-Za-z.-]*))$`)

// bound reads the version that an interval begins with or ends before. Of npm
// that is also "1.3.0-*", which is the first of all pre-releases, and
// "1.0.0.beta.3" with a dot for the dash, as retire.js writes them.
func (o order) bound(s string) (version.Version, error) {
	v, err := o.read(s)
	if err == nil || o != "npm" && o != bySemver {
		return v, err
	}
	m := slip.FindStringSubmatch(s)
	if m == nil {
		return v, err
	}
	pre := m[2]
	if pre == "" {
		pre = "0"
	}
	return o.read(m[1] + "-" + pre)
}

// bare matches versions of Packagist that tell no stability.
var bare = regexp.MustCompile(`^v?[0-9]+(?:\.[0-9]+)*$`)

// beginning reads the version that an interval begins with. Advisories of
// Packagist are constraints of Composer, in which ">=1.0" has the pre-releases
// of 1.0 in it (composer/semver, VersionParser::parseConstraint).
func (o order) beginning(s string) (version.Version, error) {
	if o == "Packagist" && bare.MatchString(s) {
		s += "-dev"
	}
	return o.bound(s)
}

// productForm is how makers write versions of products: numbers, and what was
// put on top of them, or what came before them.
var productForm = regexp.MustCompile(`^(?i:v|version |release )?\s*([0-9]{1,18}(?:\.[0-9]{1,18}){0,9})(?:[\s._-]*(?i:(` +
	`hotfix|hf|service pack|sp|patch|p|update|u|cumulative update|cu|build|release|r|rollup|ru|` +
	`alpha|beta|milestone|m|cr|rc|pre|preview)[\s._-]*([0-9]{1,18})))?$`)

// additions are the words for what comes on top of a version. All come after
// it; among themselves only those of one word have an order that means
// anything.
var additions = map[string]string{
	"hotfix": "hf", "hf": "hf", "service pack": "sp", "sp": "sp", "patch": "p", "p": "p", "update": "u", "u": "u", "cumulative update": "cu", "cu": "cu",
	"build": "build", "release": "r", "r": "r", "rollup": "ru", "ru": "ru",
}

// productVersion is a product's version in one spelling: "2019.4 HF5" is
// "2019.4.hf.5", "2.0-beta9" is "2~beta.9", and trailing zeros go. It is false
// for all that has letters of another meaning, which may stand for something
// before or after the number.
func productVersion(s string) (string, bool) {
	if len(s) > version.MaxLength {
		return "", false
	}
	m := productForm.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return "", false
	}
	numbers := m[1]
	for strings.HasSuffix(numbers, ".0") {
		numbers = strings.TrimSuffix(numbers, ".0")
	}
	switch word := strings.ToLower(m[2]); {
	case word == "":
		return numbers, true
	case additions[word] != "":
		return numbers + "." + additions[word] + "." + m[3], true
	default:
		// The order that reads this puts a tilde before everything, the end
		// included.
		return numbers + "~" + word + "." + m[3], true
	}
}

// IsProductVersion reports whether s is a version of a product that can be put
// in order: numbers with dots, and perhaps a hotfix, service pack or the like.
func IsProductVersion(s string) bool {
	_, ok := productVersion(s)
	return ok
}
