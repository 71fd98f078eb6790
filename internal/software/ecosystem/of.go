package ecosystem

import (
	"strings"

	"countersign.dev/internal/software/purl"
)

// languages is the ecosystem of each type of purl whose names need no more
// than a separator between namespace and name.
var languages = map[string]struct{ ecosystem, separator string }{
	"bioconductor":     {"Bioconductor", "/"},
	"bitnami":          {"Bitnami", "/"},
	"cargo":            {"crates.io", "/"},
	"composer":         {"Packagist", "/"},
	"conan":            {"ConanCenter", "/"},
	"cran":             {"CRAN", "/"},
	"gem":              {"RubyGems", "/"},
	"golang":           {"Go", "/"},
	"hackage":          {"Hackage", "/"},
	"hex":              {"Hex", "/"},
	"julia":            {"Julia", "/"},
	"maven":            {"Maven", ":"},
	"npm":              {"npm", "/"},
	"nuget":            {"NuGet", "/"},
	"pub":              {"Pub", "/"},
	"pypi":             {"PyPI", "/"},
	"swift":            {"SwiftURL", "/"},
	"vscode-extension": {"VSCode", "/"},
}

// Of says under which names advisories may speak of a purl's package, the
// likeliest first, and the version to compare with theirs. It gives none for
// what no ecosystem of advisories covers, as images and files.
//
// Of packages of distributions the version is that of the source package where
// advisories of the distribution are about source packages and the purl tells
// it, and that of the package itself elsewhere.
func Of(p purl.PURL) (pkgs []Package, version string) {
	switch p.Type {
	case "deb", "apk", "rpm":
		return ofDistribution(p)
	case "golang":
		return ofGo(p)
	case "npm":
		return ofNPM(p)
	case "gem":
		return one("RubyGems", joined(p, "/")), withoutPlatform(p.Version)
	case "github", "githubactions":
		return ofAction(p)
	case "conan":
		return one("ConanCenter", p.Name), p.Version // the namespace is who packed it
	}
	l, ok := languages[p.Type]
	if !ok {
		return nil, p.Version
	}
	return one(l.ecosystem, joined(p, l.separator)), p.Version
}

func one(ecosystem, name string) []Package { return []Package{{ecosystem, name}} }

// joined is namespace and name with a separator between them.
func joined(p purl.PURL, separator string) string {
	if p.Namespace == "" {
		return p.Name
	}
	return p.Namespace + separator + p.Name
}

// What advisories call the standard library and the tools of Go.
const (
	goLibrary = "stdlib"
	goTools   = "toolchain"
)

// ofGo names the module. Only a purl of one segment can be the standard
// library: cloud.google.com/go is not. A subpath is the rest of the module's
// name where generators write that so, as syft does in
// pkg:golang/github.com/cespare/xxhash@v2.2.0#v2; only those that say
// type=package mean a package in the module.
func ofGo(p purl.PURL) ([]Package, string) {
	name := joined(p, "/")
	switch {
	case name == "std" || name == goLibrary:
		return one("Go", goLibrary), p.Version
	case strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../"):
		return nil, p.Version // a folder that takes a module's place
	case p.Subpath != "" && p.Get("type") != "package":
		name += "/" + p.Subpath
	}
	return one("Go", name), p.Version
}

// ofNPM names the package, behind an alias the one that is installed:
// pkg:npm/a@npm:b@1.0.0, in which the version may be escaped, is b.
func ofNPM(p purl.PURL) ([]Package, string) {
	name, version := joined(p, "/"), p.Version
	if _, target, ok := strings.Cut(name, "@npm:"); ok {
		name = target
	} else if target, ok := strings.CutPrefix(version, "npm:"); ok {
		name, version = target, ""
		if at := strings.LastIndexByte(target, '@'); at > 0 {
			name, version = target[:at], target[at+1:]
		}
	}
	if name == "" {
		return nil, version
	}
	return one("npm", name), version
}

// ofAction names the repository as a GitHub Action, with the folder that the
// action is in first. Whether it is one, a purl does not say; advisories are
// only about those that are.
func ofAction(p purl.PURL) (pkgs []Package, version string) {
	if p.Namespace == "" {
		return nil, p.Version
	}
	name := joined(p, "/")
	if p.Subpath != "" {
		pkgs = one("GitHub Actions", name+"/"+p.Subpath)
	}
	return append(pkgs, Package{"GitHub Actions", name}), p.Version
}

// platforms begin what RubyGems writes behind the version of a gem that is
// built for one.
var platforms = []string{"aarch64", "arm", "java", "jruby", "mingw", "mswin", "ppc", "powerpc", "s390", "universal", "x64", "x86", "i386", "i686", "riscv", "darwin", "linux", "musl"}

// withoutPlatform is a gem's version without the platform, 1.13.9 for
// 1.13.9-x86_64-linux: a dash begins a pre-release otherwise.
func withoutPlatform(version string) string {
	number, platform, ok := strings.Cut(version, "-")
	if !ok {
		return version
	}
	for _, p := range platforms {
		if strings.HasPrefix(platform, p) {
			return number
		}
	}
	return version
}
