package ecosystem

import (
	"slices"
	"strings"

	"countersign.dev/internal/software/purl"
)

// distribution is how advisories name a distribution and its releases.
type distribution struct {
	family string
	// releases gives the ecosystems of a release, as os-release has it
	// ("11.6"); nil where advisories make no difference.
	releases func(release string) []string
	// bySource says that advisories name source packages; others name the
	// packages that are installed.
	bySource bool
}

// distributions are by the namespace of purls, which is the ID of os-release
// or what tools make of its name.
var distributions = map[string]distribution{
	"deb/debian": {"Debian", debianReleases, true},
	"deb/ubuntu": {"Ubuntu", ubuntuReleases, true},
	"deb/echo":   {"Echo", nil, true},

	"apk/alpine":     {"Alpine", alpineReleases, true},
	"apk/alpaquita":  {"Alpaquita", nil, true},
	"apk/chainguard": {"Chainguard", nil, true},
	"apk/minimos":    {"MinimOS", nil, true},
	"apk/wolfi":      {"Wolfi", nil, true},

	"rpm/alma":      {"AlmaLinux", major("AlmaLinux"), false},
	"rpm/almalinux": {"AlmaLinux", major("AlmaLinux"), false},
	// CentOS rebuilt what Red Hat published, under the same versions.
	"rpm/centos": {"Red Hat", redHatReleases, false},
	"rpm/redhat": {"Red Hat", redHatReleases, false},
	"rpm/rhel":   {"Red Hat", redHatReleases, false},
	// OSV has no ecosystem for these two; the names let it be said that nothing
	// is held about them.
	"rpm/amazon": {"Amazon Linux", major("Amazon Linux"), false},
	"rpm/amzn":   {"Amazon Linux", major("Amazon Linux"), false},
	"rpm/ol":     {"Oracle Linux", major("Oracle Linux"), false},
	"rpm/oracle": {"Oracle Linux", major("Oracle Linux"), false},

	"rpm/azurelinux":                   {"Azure Linux", major("Azure Linux"), true},
	"rpm/cbl-mariner":                  {"Azure Linux", major("Azure Linux"), true},
	"rpm/mariner":                      {"Azure Linux", major("Azure Linux"), true},
	"rpm/fedora":                       {"Fedora", major("Fedora"), true},
	"rpm/mageia":                       {"Mageia", major("Mageia"), true},
	"rpm/openeuler":                    {"openEuler", verbatim("openEuler"), true},
	"rpm/opensuse":                     {"openSUSE", openSUSEReleases, true},
	"rpm/opensuse-leap":                {"openSUSE", openSUSEReleases, true},
	"rpm/opensuse.leap":                {"openSUSE", openSUSEReleases, true},
	"rpm/opensuse-tumbleweed":          {"openSUSE", openSUSEReleases, true},
	"rpm/opensuse.tumbleweed":          {"openSUSE", openSUSEReleases, true},
	"rpm/photon":                       {"Photon OS", verbatim("Photon OS"), true},
	"rpm/rocky":                        {"Rocky Linux", major("Rocky Linux"), true},
	"rpm/rocky-linux":                  {"Rocky Linux", major("Rocky Linux"), true},
	"rpm/sles":                         {"SUSE", suseReleases, true},
	"rpm/suse":                         {"SUSE", suseReleases, true},
	"rpm/suse linux enterprise server": {"SUSE", suseReleases, true},
}

// ofDistribution names a distribution's package in every release that the
// purl may mean, first the source package that it was built from.
func ofDistribution(p purl.PURL) ([]Package, string) {
	id, release := distro(p)
	d, ok := distributions[p.Type+"/"+p.Namespace]
	if !ok {
		d, ok = distributions[p.Type+"/"+id]
	}
	if !ok {
		return nil, p.Version
	}
	source, sourceVersion := upstream(p)
	binary := withEpoch(p.Version, p.Get("epoch"))
	sourceVersion = withEpoch(sourceVersion, sourceEpoch(p))
	if sourceVersion == "" {
		sourceVersion = binary
	}
	names, version := []string{p.Name}, binary
	if d.bySource && source != "" {
		names, version = []string{source}, sourceVersion
	}
	if d.bySource && source != p.Name && source != "" && sourceVersion == binary {
		names = append(names, p.Name)
	}
	var pkgs []Package
	for _, name := range names {
		for _, ecosystem := range d.ecosystems(release, version) {
			pkgs = append(pkgs, Package{ecosystem, name})
		}
	}
	return pkgs, version
}

// ecosystems is what a release is called, or the distribution alone where the
// purl does not tell the release.
func (d distribution) ecosystems(release, version string) []string {
	if release == "" || d.releases == nil {
		return []string{d.family}
	}
	out := d.releases(release)
	if len(out) == 0 {
		return []string{d.family}
	}
	// Ubuntu's extended maintenance is published as releases of its own. Who
	// does not buy it never has its versions.
	if d.family == "Ubuntu" && strings.Contains(version, "esm") {
		out = append(out, "Ubuntu:Pro:"+strings.TrimPrefix(out[0], "Ubuntu:"))
	}
	return out
}

// distro is the distribution and release of qualifier distro: "debian-11.6",
// "ubuntu-22.04", "opensuse-leap-15.3", a release alone as trivy writes it for
// Alpine, or a release's name.
func distro(p purl.PURL) (id, release string) {
	q := strings.ToLower(p.Get("distro"))
	if startsRelease(q) || q == "" {
		return "", strings.TrimPrefix(q, "v")
	}
	for i := 1; i < len(q); i++ {
		if q[i-1] == '-' && startsRelease(q[i:]) {
			return q[:i-1], strings.TrimPrefix(q[i:], "v")
		}
	}
	if id, name, ok := strings.Cut(q, "-"); ok {
		return id, name
	}
	return "", q
}

// startsRelease reports whether s begins as releases do, with a number or a
// "v" and a number.
func startsRelease(s string) bool { return number(strings.TrimPrefix(s, "v")) != "" }

// upstream is the source package of qualifier upstream: "openssl",
// "gcc-4.9@4.9.2-10", or of an rpm the file "util-linux-2.32-35.el8.src.rpm".
func upstream(p purl.PURL) (name, version string) {
	name, version, _ = strings.Cut(p.Get("upstream"), "@")
	file, ok := strings.CutSuffix(name, ".src.rpm")
	if !ok {
		return name, version
	}
	release := strings.LastIndexByte(file, '-')
	if release <= 0 {
		return file, ""
	}
	dash := strings.LastIndexByte(file[:release], '-')
	if dash <= 0 {
		return file, ""
	}
	return file[:dash], file[dash+1:]
}

// sourceEpoch is the epoch of the source package: the names of its files leave
// it out, and packages built from it mostly have the same.
func sourceEpoch(p purl.PURL) string {
	if p.Type == "rpm" {
		return p.Get("epoch")
	}
	return ""
}

func withEpoch(version, epoch string) string {
	if epoch == "" || epoch == "0" || version == "" || strings.Contains(version, ":") {
		return version
	}
	return epoch + ":" + version
}

// Complete is a purl with what a bill says of the package beside it: its
// version, where the purl tells none, and of a distribution's package the
// source package that it was built from, a purl or name@version, without which
// most advisories about it are not found. What the purl says itself stands.
func Complete(p purl.PURL, version, source string) purl.PURL {
	out := p
	if out.Version == "" {
		out.Version = version
	}
	switch p.Type {
	case "deb", "rpm", "apk":
		if s, err := purl.Read(source); err == nil {
			source = s.Name
			if s.Version != "" {
				source += "@" + s.Version
			}
		}
		name, at, _ := strings.Cut(source, "@")
		same := name == p.Name && (at == "" || at == out.Version)
		if name != "" && !same && p.Get("upstream") == "" {
			out.Qualifiers = append(slices.Clone(p.Qualifiers), purl.Qualifier{Key: "upstream", Value: strings.TrimSuffix(source, "@"+out.Version)})
		}
	}
	if normal, err := out.Normal(); err == nil {
		return normal
	}
	return p
}
