// Package ecosystem joins the two ways in which packages are named: by purl,
// as in bills of materials, and by ecosystem and name, as in advisories (OSV
// schema, section "affected[].package").
//
// Begin with [Of], which says under which names advisories may speak of a
// purl's package, and [Package.Term], in which the two meet. Whether an
// advisory concerns the package's version is for packages advisory and
// version.
package ecosystem

import (
	"strings"

	"countersign.dev/internal/software/version"
)

// Package is a package as OSV names it.
type Package struct {
	Ecosystem string // with the release, of a distribution: "Go", "Debian:11", "Ubuntu:22.04:LTS" …
	Name      string // "golang.org/x/net", "@angular/core", "org.x:y" …
}

// Term is the package's comparison key, the same for every spelling that its
// ecosystem takes for one name. It is what the ledger indexes by.
func (p Package) Term() string {
	return "pkg:" + strings.ToLower(p.Ecosystem) + "/" + fold(Family(p.Ecosystem), p.Name)
}

// Family is an ecosystem without the release, "Debian" for "Debian:11".
func Family(ecosystem string) string {
	f, _, _ := strings.Cut(ecosystem, ":")
	return f
}

// Supported reports whether the versions of an ecosystem have an order here,
// so that advisories can be applied to them.
func Supported(ecosystem string) bool {
	return version.Known(ecosystem)
}

// folds is how an ecosystem compares names, where it is not byte by byte.
var folds = map[string]func(string) string{
	// Purls of Go are in lower case, which advisories are not. No two modules
	// are known that differ in case alone and are both in use.
	"Go":             strings.ToLower,
	"NuGet":          strings.ToLower,
	"Packagist":      strings.ToLower,
	"Hex":            strings.ToLower,
	"Pub":            strings.ToLower,
	"Bitnami":        strings.ToLower,
	"ConanCenter":    strings.ToLower,
	"GitHub Actions": strings.ToLower,
	"SwiftURL":       foldSwift,
	"VSCode":         strings.ToLower,
	"Debian":         strings.ToLower,
	"Ubuntu":         strings.ToLower,
	"Alpine":         strings.ToLower,
	"Wolfi":          strings.ToLower,
	"Chainguard":     strings.ToLower,
	"PyPI":           foldPython,
	"crates.io":      foldRust,
	"npm":            foldNPM,
}

// fold makes one of the spellings of a name that an ecosystem takes for equal.
func fold(family, name string) string {
	if f := folds[family]; f != nil {
		return f(name)
	}
	return name
}

// foldPython is a project's normalised name (PEP 503).
func foldPython(name string) string {
	out := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c != '-' && c != '_' && c != '.':
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			out = append(out, c)
		case len(out) > 0 && out[len(out)-1] != '-':
			out = append(out, '-')
		}
	}
	return string(out)
}

// foldRust is a crate's name: the registry refuses those that differ in case,
// or in dashes and underscores, alone.
func foldRust(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}

// foldNPM lowers names without a scope, as early purls did; npm has taken no
// others since 2017, and scopes are younger than that rule.
func foldNPM(name string) string {
	if strings.HasPrefix(name, "@") {
		return name
	}
	return strings.ToLower(name)
}

// foldSwift is the address of a repository without what does not tell it from
// others.
func foldSwift(name string) string {
	name = strings.ToLower(name)
	if _, rest, ok := strings.Cut(name, "://"); ok {
		name = rest
	}
	return strings.TrimSuffix(strings.TrimSuffix(name, "/"), ".git")
}
