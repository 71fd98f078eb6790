package purl

import "strings"

// old spellings of types, with the namespace that they stand for, as syft
// before 0.70, trivy before 0.20 and others wrote them.
var old = map[string]struct{ typ, namespace string }{
	"alpine":    {"apk", "alpine"},
	"wolfi":     {"apk", "wolfi"},
	"debian":    {"deb", "debian"},
	"ubuntu":    {"deb", "ubuntu"},
	"dotnet":    {"nuget", ""},
	"go":        {"golang", ""},
	"gomod":     {"golang", ""},
	"rubygems":  {"gem", ""},
	"python":    {"pypi", ""},
	"pip":       {"pypi", ""},
	"packagist": {"composer", ""},
	"crates":    {"cargo", ""},
	"crates.io": {"cargo", ""},
	"rust":      {"cargo", ""},
	"node":      {"npm", ""},
}

// Read reads a purl as [Parse] does, and gives types that older tools wrote,
// as pkg:alpine and pkg:dotnet, the name that the standard gave them.
func Read(s string) (PURL, error) {
	typ, rest, ok := strings.Cut(strings.TrimPrefix(s, "pkg:"), "/")
	if o, is := old[typ]; ok && is {
		if o.namespace != "" && !strings.HasPrefix(rest, o.namespace+"/") {
			rest = o.namespace + "/" + rest
		}
		s = "pkg:" + o.typ + "/" + rest
	}
	return Parse(s)
}
