// Package ecosystem joins the two ways in which packages are named: by purl,
// as in bills of materials, and by ecosystem and name, as in advisories
// (OSV schema, section affected[].package).
//
// Begin with [Of], which says under which names an advisory may speak of a
// purl's package, and [Package.Term], by which the two meet.
package ecosystem

import (
	"strings"

	"countersign.dev/internal/software/purl"
)

// Package is a package as OSV names it.
type Package struct {
	Ecosystem string // "Go", "Debian:11" …
	Name      string // "golang.org/x/net", "@angular/core", "org.x:y" …
}

// Term is the package's comparison key, the same for every spelling that its
// ecosystem takes for one name. It is what the ledger indexes by.
func (p Package) Term() string {
	return "pkg:" + strings.ToLower(p.Ecosystem) + "/" + fold(family(p.Ecosystem), p.Name)
}

// family is an ecosystem without the release, "Debian" for "Debian:11".
func family(ecosystem string) string {
	f, _, _ := strings.Cut(ecosystem, ":")
	return f
}

// fold makes one of the spellings of a name that an ecosystem takes for equal.
func fold(family, name string) string {
	switch family {
	case "PyPI":
		return pep503(name)
	case "Maven":
		return name
	default:
		return strings.ToLower(name)
	}
}

// pep503 is a Python project's normalised name.
func pep503(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '-' || c == '_' || c == '.':
			if i == 0 || !strings.ContainsRune("-_.", rune(name[i-1])) {
				b.WriteByte('-')
			}
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Of says under which names advisories may speak of a purl's package, the
// likeliest first, and the version to compare with theirs. It gives none for
// what no ecosystem of advisories covers.
func Of(p purl.PURL) (pkgs []Package, version string) {
	name := p.Name
	if p.Namespace != "" {
		name = p.Namespace + "/" + p.Name
	}
	one := func(ecosystem, name string) ([]Package, string) {
		return []Package{{ecosystem, name}}, p.Version
	}
	switch p.Type {
	case "golang":
		return one("Go", name)
	case "npm":
		return one("npm", name)
	case "pypi":
		return one("PyPI", name)
	case "maven":
		return one("Maven", strings.ReplaceAll(name, "/", ":"))
	case "cargo":
		return one("crates.io", name)
	case "gem":
		return one("RubyGems", name)
	case "nuget":
		return one("NuGet", name)
	case "composer":
		return one("Packagist", name)
	case "hex":
		return one("Hex", name)
	case "pub":
		return one("Pub", name)
	case "bitnami":
		return one("Bitnami", name)
	}
	return nil, p.Version
}

// ToPURL is the purl of an advisory's package, where its ecosystem has a type
// of purl.
func ToPURL(p Package) (purl.PURL, bool) {
	for typ, eco := range map[string]string{"golang": "Go", "npm": "npm", "pypi": "PyPI", "maven": "Maven", "cargo": "crates.io", "gem": "RubyGems", "nuget": "NuGet", "composer": "Packagist", "hex": "Hex", "pub": "Pub", "bitnami": "Bitnami"} {
		if eco == p.Ecosystem {
			name := p.Name
			if typ == "maven" {
				name = strings.Replace(name, ":", "/", 1)
			}
			out := purl.PURL{Type: typ, Name: name}
			if i := strings.LastIndexByte(name, '/'); i >= 0 {
				out.Namespace, out.Name = name[:i], name[i+1:]
			}
			return out, true
		}
	}
	return purl.PURL{}, false
}

// Supported reports whether versions of an ecosystem have an order here.
func Supported(ecosystem string) bool {
	return families[strings.ToLower(family(ecosystem))] != ""
}

// FromName is the package of a name as a person or a tool wrote it: the
// ecosystem gets the spelling that OSV has for it.
func FromName(ecosystem, name string) Package {
	f, release, cut := strings.Cut(ecosystem, ":")
	if proper := families[strings.ToLower(f)]; proper != "" {
		f = proper
	}
	if cut {
		f += ":" + release
	}
	return Package{f, name}
}

var families = func() map[string]string {
	m := make(map[string]string)
	for _, f := range []string{"AlmaLinux", "Alpaquita", "Alpine", "BellSoft Hardened Containers", "Bioconductor", "Bitnami", "Chainguard", "ConanCenter", "CRAN", "crates.io", "Debian", "GHC", "GitHub Actions", "Go", "Hackage", "Hex", "Julia", "Mageia", "Maven", "MinimOS", "npm", "NuGet", "openEuler", "openSUSE", "Packagist", "Pub", "PyPI", "Red Hat", "Rocky Linux", "RubyGems", "SUSE", "SwiftURL", "Ubuntu", "Wolfi"} {
		m[strings.ToLower(f)] = f
	}
	return m
}()
