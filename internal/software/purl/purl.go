// Package purl reads and writes package URLs, the names by which bills of
// materials and advisories call packages of many ecosystems (ECMA-427).
//
// Begin with [Read], which also understands what older tools wrote, or with
// [Parse], which keeps to the standard. Both normalise by the rules of the
// purl's type, so that two purls name the same thing when their [PURL.String]
// is the same. What a purl means to advisories is for package ecosystem.
package purl

import (
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"countersign.dev/internal/problem"
)

// MaxLength is how many bytes a purl may have.
const MaxLength = 8 << 10

// PURL is a package URL, normalised. Its parts are decoded.
type PURL struct {
	Type       string      // "golang", "npm", "deb" …; lower case
	Namespace  string      // segments joined by slashes; "" for none
	Name       string      // never ""
	Version    string      // "" for none
	Qualifiers []Qualifier // by key, each key once
	Subpath    string
}

// Qualifier is further data about a package, as its architecture.
type Qualifier struct {
	Key   string // lower case
	Value string // never ""
}

// Parse reads a purl as the standard has it. The error is
// [problem.Invalid] and says what is wrong.
func Parse(s string) (PURL, error) {
	if len(s) > MaxLength {
		return PURL{}, problem.New(problem.Invalid, "purl of %d bytes: at most %d are read", len(s), MaxLength)
	}
	p, err := packageurl.FromString(s)
	if err != nil {
		return PURL{}, problem.New(problem.Invalid, "purl %q: %v", s, err)
	}
	out := PURL{Type: p.Type, Namespace: p.Namespace, Name: p.Name, Version: p.Version, Subpath: p.Subpath}
	for _, q := range p.Qualifiers {
		out.Qualifiers = append(out.Qualifiers, Qualifier{Key: q.Key, Value: q.Value})
	}
	return out, nil
}

// Get is the value of a qualifier, or "".
func (p PURL) Get(key string) string {
	for _, q := range p.Qualifiers {
		if q.Key == key {
			return q.Value
		}
	}
	return ""
}

// Bare is the package alone, without version, qualifiers and subpath.
func (p PURL) Bare() PURL {
	return PURL{Type: p.Type, Namespace: p.Namespace, Name: p.Name}
}

// String is the purl in its canonical form.
func (p PURL) String() string {
	q := make(packageurl.Qualifiers, len(p.Qualifiers))
	for i, x := range p.Qualifiers {
		q[i] = packageurl.Qualifier{Key: x.Key, Value: x.Value}
	}
	return packageurl.NewPackageURL(p.Type, p.Namespace, p.Name, p.Version, q, strings.Trim(p.Subpath, "/")).ToString()
}
