package version

import "strings"

// scheme is one way to read and order versions.
type scheme struct {
	name  string
	parse func(string) (order, error)
}

// schemes is which scheme each ecosystem has, by its name in lower case (OSV
// schema, section "Defined ecosystems").
var schemes = bySchemes(map[*scheme][]string{
	{"Go", parseGo}:                            {"Go"},
	{"SemVer", parseSemver}:                    {"npm", "crates.io", "Hex"},
	{"SemVer with builds", parsePub}:           {"Pub"},
	{"SemVer with revisions", parseBitnami}:    {"Bitnami"},
	{"SemVer of any length", parseLongSemver}:  {"ConanCenter", "Docker Hardened Images", "GHC", "GitHub Actions", "Julia", "Kubernetes", "Linux", "SwiftURL", "VSCode"},
	{"NuGet", parseNuGet}:                      {"NuGet"},
	{"dpkg", parseDebian}:                      {"Debian", "Ubuntu", "Echo"},
	{"rpm", parseRPM}:                          {"AlmaLinux", "Amazon Linux", "Azure Linux", "Fedora", "Mageia", "openEuler", "openSUSE", "Oracle Linux", "Photon OS", "Red Hat", "Rocky Linux", "SUSE"},
	{"apk", parseAPK}:                          {"Alpine", "Alpaquita", "BellSoft Hardened Containers", "Chainguard", "MinimOS", "Wolfi"},
	{"PEP 440", parsePython}:                   {"PyPI"},
	{"RubyGems", parseGem}:                     {"RubyGems"},
	{"Maven", parseMaven}:                      {"Maven"},
	{"Composer", parseComposer}:                {"Packagist"},
	{"numbers with dots or dashes", parseCRAN}: {"CRAN", "Bioconductor"},
	{"numbers with dots", parseHackage}:        {"Hackage"},
})

func bySchemes(of map[*scheme][]string) map[string]*scheme {
	m := make(map[string]*scheme)
	for s, ecosystems := range of {
		for _, e := range ecosystems {
			m[e] = s
			m[strings.ToLower(e)] = s
		}
	}
	return m
}

// schemeOf is the scheme of an ecosystem, whose release does not matter.
func schemeOf(ecosystem string) (*scheme, bool) {
	ecosystem, _, _ = strings.Cut(ecosystem, ":")
	s, ok := schemes[ecosystem]
	if !ok {
		s, ok = schemes[strings.ToLower(ecosystem)]
	}
	return s, ok
}
