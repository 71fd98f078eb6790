package purl

import "strings"

// spelling is what a type of older tools is called by the standard.
type spelling struct {
	old       string
	typ       string
	namespace string // of distributions, "" for others
}

// spellings are those of syft before 0.84, of trivy before 0.38, and of
// generators that name a registry or a language instead of a type.
var spellings = []spelling{
	{"alpine", "apk", "alpine"},
	{"wolfi", "apk", "wolfi"},
	{"debian", "deb", "debian"},
	{"ubuntu", "deb", "ubuntu"},
	{"fedora", "rpm", "fedora"},
	{"redhat", "rpm", "redhat"},
	{"centos", "rpm", "centos"},
	{"dotnet", "nuget", ""},
	{"dotnet-core", "nuget", ""},
	{"go", "golang", ""},
	{"gomod", "golang", ""},
	{"go-module", "golang", ""},
	{"rubygems", "gem", ""},
	{"ruby", "gem", ""},
	{"python", "pypi", ""},
	{"pip", "pypi", ""},
	{"packagist", "composer", ""},
	{"php", "composer", ""},
	{"crates", "cargo", ""},
	{"crates.io", "cargo", ""},
	{"crate", "cargo", ""},
	{"rust", "cargo", ""},
	{"node", "npm", ""},
	{"java", "maven", ""},
	{"dart", "pub", ""},
}

// paths is the types whose names are paths, of which older tools escaped the
// slashes.
var paths = map[string]bool{"golang": true, "npm": true, "composer": true, "swift": true, "github": true, "maven": true}

// Read reads a purl as [Parse] does, and also what older tools wrote: types
// that the standard calls otherwise, as pkg:alpine and pkg:dotnet, and
// namespaces with escaped slashes, as pkg:npm/%40angular%2Fcore.
func Read(s string) (PURL, error) {
	p, err := parse(s)
	if err != nil {
		return PURL{}, err
	}
	p.respell()
	if err := p.settle(); err != nil {
		return PURL{}, invalid(s, "%v", err)
	}
	return p, nil
}

// respell gives the parts of an old spelling their proper ones.
func (p *PURL) respell() {
	for _, o := range spellings {
		if p.Type != o.old {
			continue
		}
		p.Type = o.typ
		if o.namespace != "" && p.Namespace == "" {
			p.Namespace = o.namespace
		}
		break
	}
	if paths[p.Type] {
		whole := path(p.Namespace + "/" + p.Name)
		if slash := strings.LastIndexByte(whole, '/'); slash >= 0 {
			p.Namespace, p.Name = whole[:slash], whole[slash+1:]
		}
	}
}
