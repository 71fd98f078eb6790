package cverecord

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"countersign.dev/internal/advisory"
	"countersign.dev/internal/advisory/vex/jsondoc"
	"countersign.dev/internal/problem"
	"countersign.dev/internal/software/ecosystem"
)

// product reads an affected product: once for its package, and once for each
// product that its CPEs name. The error names the place.
func (r *reader) product(raw json.RawMessage, place string) error {
	var in product
	if err := jsondoc.Decode(raw, place, &in); err != nil {
		return err
	}
	for _, s := range []string{in.Vendor, in.Product, in.Package, in.PURL, in.Repo} {
		if !isLine(s) {
			return problem.New(problem.Invalid, "%s: want names in a line of at most %d bytes, got %q", place, maxName, advisory.Clip(s))
		}
	}
	base := advisory.Affected{Name: in.Product, Maker: in.Vendor}
	if in.Product == "" {
		base.Name = in.Package
	}
	base.Ranges, base.Versions = r.versions(&in, place)
	for _, routine := range in.Routines[:min(len(in.Routines), maxRoutines)] {
		if isLine(routine.Name) && routine.Name != "" {
			base.Symbols = append(base.Symbols, routine.Name)
		}
	}
	named := identities(&in, base)
	if r.entries += len(in.Versions) * max(len(named), 1); r.entries > maxEntries {
		return problem.New(problem.TooLarge, "%s: more than %d versions in the record, counted for each product", place, maxEntries)
	}
	if len(named) == 0 {
		if base.Name == "" {
			return problem.New(problem.Invalid, "%s: neither product nor package", place)
		}
		named = []advisory.Affected{base}
	}
	for _, a := range named {
		r.add(a)
	}
	return nil
}

// add adds a product, or what is said of one that is there: records tell
// commits and versions of one product apart.
func (r *reader) add(a advisory.Affected) {
	for i := range r.affected {
		have := &r.affected[i]
		if have.Ecosystem != a.Ecosystem || have.Name != a.Name || have.Maker != a.Maker || have.PURL != a.PURL || have.CPE != a.CPE {
			continue
		}
		have.Ranges = append(slices.Clip(have.Ranges), a.Ranges...)
		have.Versions = append(slices.Clip(have.Versions), a.Versions...)
		for _, s := range a.Symbols {
			if !slices.Contains(have.Symbols, s) && len(have.Symbols) < maxRoutines {
				have.Symbols = append(slices.Clip(have.Symbols), s)
			}
		}
		return
	}
	if len(r.affected) >= maxProducts {
		r.warn("more than %d products; the others are left out", maxProducts)
		return
	}
	r.affected = append(r.affected, a)
}

// identities is a product under each name that components are matched by.
func identities(in *product, base advisory.Affected) []advisory.Affected {
	var out []advisory.Affected
	switch pkg, ok := packageOf(in); {
	case in.PURL != "":
		a := base
		a.PURL = in.PURL
		out = append(out, a)
	case ok:
		a := base
		a.Ecosystem, a.Name, a.Maker = pkg.Ecosystem, pkg.Name, ""
		out = append(out, a)
	}
	seen := map[string]bool{}
	for _, s := range in.CPEs {
		c, ok := advisory.ParseCPE(s)
		if !ok || seen[c.Term()] {
			continue
		}
		seen[c.Term()] = true
		a := base
		a.CPE = bareCPE(c)
		out = append(out, a)
	}
	return out
}

// bareCPE names the product of a CPE in every version: which are affected, the
// ranges say.
func bareCPE(c advisory.CPE) string {
	quote := func(s string) string {
		if s == "" {
			return "*"
		}
		return quoter.Replace(s)
	}
	return "cpe:2.3:" + quote(c.Part) + ":" + quote(c.Vendor) + ":" + quote(c.Product) + ":*:*:*:*:*:*:*:*"
}

var quoter = strings.NewReplacer(`\`, `\\`, ":", `\:`, "*", `\*`, "?", `\?`)

// collections is the ecosystem of each collection of packages, by its host.
var collections = map[string]string{
	"pkg.go.dev": "Go", "registry.npmjs.org": "npm", "npmjs.com": "npm", "npmjs.org": "npm", "pypi.org": "PyPI", "pypi.python.org": "PyPI",
	"repo.maven.apache.org": "Maven", "repo1.maven.org": "Maven", "search.maven.org": "Maven", "central.sonatype.com": "Maven", "mvnrepository.com": "Maven",
	"rubygems.org": "RubyGems", "crates.io": "crates.io", "nuget.org": "NuGet", "api.nuget.org": "NuGet", "packagist.org": "Packagist", "repo.packagist.org": "Packagist",
	"hex.pm": "Hex", "repo.hex.pm": "Hex", "pub.dev": "Pub", "hackage.haskell.org": "Hackage", "cran.r-project.org": "CRAN", "conan.io": "ConanCenter",
}

// packageOf is the package of a product, where its collection is one whose
// packages advisories name by ecosystem.
func packageOf(in *product) (ecosystem.Package, bool) {
	u, err := url.Parse(in.Collection)
	if err != nil || in.Package == "" {
		return ecosystem.Package{}, false
	}
	eco := collections[strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")]
	switch eco {
	case "":
		return ecosystem.Package{}, false
	case "Go":
		name := moduleOf(in.Vendor, in.Package)
		return ecosystem.FromName(eco, name), name != ""
	case "Maven":
		// Written with a slash by some; the name is group and artifact.
		name := strings.Replace(in.Package, "/", ":", 1)
		return ecosystem.FromName(eco, name), strings.Count(name, ":") == 1
	}
	return ecosystem.FromName(eco, in.Package), true
}

// moduleOf is the module of a Go package. The Go project gives the module as
// the vendor, and for what comes with Go its part in words.
func moduleOf(vendor, pkg string) string {
	switch {
	case vendor == "Go standard library":
		return "stdlib"
	case vendor == "Go toolchain":
		return "toolchain"
	case pkg == vendor || strings.HasPrefix(pkg, vendor+"/") && strings.Contains(vendor, "."):
		return vendor
	case !strings.Contains(vendor, "/") && strings.Contains(pkg, "."):
		return pkg
	}
	return ""
}

// isLine reports whether s is one line of at most maxName bytes.
func isLine(s string) bool {
	return len(s) <= maxName && !strings.ContainsFunc(s, unicode.IsControl)
}
