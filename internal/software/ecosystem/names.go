package ecosystem

import (
	"cmp"
	"strings"

	"countersign.dev/internal/software/purl"
)

// spellings is the ecosystems as OSV writes them, by their lower-case names
// and by what GitHub's advisories, purls and people call them.
var spellings = func() map[string]string {
	m := map[string]string{
		"actions": "GitHub Actions", "githubactions": "GitHub Actions",
		"cargo": "crates.io", "crates": "crates.io", "rust": "crates.io",
		"composer": "Packagist", "php": "Packagist",
		"conan": "ConanCenter", "erlang": "Hex", "dart": "Pub",
		"gem": "RubyGems", "ruby": "RubyGems",
		"golang": "Go", "node": "npm", "swift": "SwiftURL",
		"pip": "PyPI", "python": "PyPI", ".net": "NuGet", "dotnet": "NuGet",
		"alma": "AlmaLinux", "rocky": "Rocky Linux", "photon": "Photon OS",
		"redhat": "Red Hat", "rhel": "Red Hat", "sles": "SUSE", "mariner": "Azure Linux",
	}
	for _, proper := range []string{
		"AlmaLinux", "Alpaquita", "Alpine", "Amazon Linux", "Android", "Azure Linux", "BellSoft Hardened Containers", "Bioconductor", "Bitnami",
		"Chainguard", "CleanStart", "ConanCenter", "CRAN", "crates.io", "Debian", "Docker Hardened Images", "Echo", "Fedora",
		"FreeBSD", "GHC", "GitHub Actions", "Go", "Hackage", "Hex", "Julia", "Kubernetes", "Linux", "Mageia", "Maven", "MinimOS",
		"npm", "NuGet", "opam", "openEuler", "openSUSE", "Oracle Linux", "OSS-Fuzz", "Packagist", "Photon OS", "Pub", "PyPI", "Red Hat",
		"Rocky Linux", "RubyGems", "SUSE", "SwiftURL", "Ubuntu", "VSCode", "Wolfi",
	} {
		m[strings.ToLower(proper)] = proper
	}
	return m
}()

// FromName is the package of an ecosystem and a name as a person or a tool
// wrote them: the ecosystem gets the spelling that OSV has for it, where it is
// known, and the name its separators. The release of a distribution is kept.
func FromName(ecosystem, name string) Package {
	family, release, cut := strings.Cut(strings.TrimSpace(ecosystem), ":")
	if proper := spellings[strings.ToLower(family)]; proper != "" {
		family = proper
	}
	name = strings.TrimSpace(name)
	switch {
	case family == "Maven" && !strings.Contains(name, ":"):
		name = strings.Replace(name, "/", ":", 1)
	case family == "Go" && name == "std":
		name = goLibrary
	}
	if cut {
		family += ":" + release
	}
	return Package{family, name}
}

// types is the type of purl of each ecosystem of a language.
var types = func() map[string]string {
	m := map[string]string{"GitHub Actions": "github"}
	for typ, l := range languages {
		m[l.ecosystem] = typ
	}
	return m
}()

// namespaces is the type and namespace of purls of each distribution, with
// what its releases are called before their number; "" where the release is no
// number that a purl could tell.
var namespaces = map[string]struct{ typ, namespace, before string }{
	"AlmaLinux":    {"rpm", "almalinux", "almalinux-"},
	"Alpaquita":    {"apk", "alpaquita", ""},
	"Alpine":       {"apk", "alpine", "alpine-"},
	"Amazon Linux": {"rpm", "amazon", "amazon-"},
	"Azure Linux":  {"rpm", "azurelinux", "azurelinux-"},
	"Chainguard":   {"apk", "chainguard", ""},
	"Debian":       {"deb", "debian", "debian-"},
	"Echo":         {"deb", "echo", ""},
	"Fedora":       {"rpm", "fedora", "fedora-"},
	"Mageia":       {"rpm", "mageia", "mageia-"},
	"MinimOS":      {"apk", "minimos", ""},
	"openEuler":    {"rpm", "openeuler", "openeuler-"},
	"openSUSE":     {"rpm", "opensuse", ""},
	"Oracle Linux": {"rpm", "oracle", "oracle-"},
	"Photon OS":    {"rpm", "photon", "photon-"},
	"Red Hat":      {"rpm", "redhat", ""},
	"Rocky Linux":  {"rpm", "rocky", "rocky-"},
	"SUSE":         {"rpm", "suse", ""},
	"Ubuntu":       {"deb", "ubuntu", "ubuntu-"},
	"Wolfi":        {"apk", "wolfi", ""},
}

// ToPURL is the purl of an advisory's package, where its ecosystem has a type
// of purl: for people to read, and to name the package in documents.
func ToPURL(p Package) (purl.PURL, bool) {
	family, release, _ := strings.Cut(p.Ecosystem, ":")
	var out purl.PURL
	if d, ok := namespaces[family]; ok {
		out = purl.PURL{Type: d.typ, Namespace: d.namespace, Name: p.Name}
		release = strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(release, "Pro:"), ":LTS"), "v")
		if d.before != "" && release != "" {
			out.Qualifiers = []purl.Qualifier{{Key: "distro", Value: d.before + release}}
		}
	} else if typ, ok := types[family]; ok {
		out = purl.PURL{Type: typ, Name: p.Name}
		separator := cmp.Or(languages[typ].separator, "/")
		if cut := strings.LastIndex(p.Name, separator); cut > 0 {
			out.Namespace, out.Name = p.Name[:cut], p.Name[cut+1:]
		}
	} else {
		return purl.PURL{}, false
	}
	normal, err := out.Normal()
	return normal, err == nil
}
