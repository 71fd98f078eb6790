// Package purl reads and writes package URLs, the names by which bills of
// materials and advisories call packages of many ecosystems (ECMA-427).
//
// Begin with [Read], which also understands what older tools wrote, or with
// [Parse], which keeps to the standard. Both normalise by the rules of the
// purl's type, so that two purls name the same thing when their [PURL.String]
// is the same. What a purl means to advisories is for package ecosystem.
package purl

import (
	"slices"
	"strings"
)

// MaxLength is how many bytes a purl may have.
const MaxLength = 8 << 10

// PURL is a package URL. Those that were read are normalised; its parts are
// decoded.
type PURL struct {
	Type       string      // "golang", "npm", "deb" …; lower case
	Namespace  string      // segments joined by slashes; "" for none
	Name       string      // never ""
	Version    string      // "" for none
	Qualifiers []Qualifier // by key, each key once
	Subpath    string      // segments joined by slashes; "" for none
}

// Qualifier is further data about a package, as its architecture.
type Qualifier struct {
	Key   string // lower case
	Value string // never ""
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

// String is the purl in its canonical form, if p is normalised.
func (p PURL) String() string {
	b := make([]byte, 0, 64+len(p.Type)+len(p.Namespace)+len(p.Name)+len(p.Version)+len(p.Subpath))
	b = append(b, "pkg:"...)
	b = append(b, p.Type...)
	if p.Namespace != "" {
		b = append(b, '/')
		b = appendPath(b, p.Namespace)
	}
	b = append(b, '/')
	if p.Type == typeGit { // its name is a path
		b = appendPath(b, p.Name)
	} else {
		b = appendEscaped(b, p.Name)
	}
	if p.Version != "" {
		b = append(b, '@')
		b = appendEscaped(b, p.Version)
	}
	before := byte('?')
	for _, q := range p.Qualifiers {
		b = append(b, before)
		b = append(b, q.Key...)
		b = append(b, '=')
		b = appendEscaped(b, q.Value)
		before = '&'
	}
	if p.Subpath != "" {
		b = append(b, '#')
		b = appendPath(b, p.Subpath)
	}
	return string(b)
}

// Normal is p as [Parse] would give it, for purls that were put together from
// parts. The error is [problem.Invalid] and says what is wrong.
func (p PURL) Normal() (PURL, error) {
	p.Type = strings.ToLower(p.Type)
	p.Namespace = path(p.Namespace)
	p.Subpath = subpath(p.Subpath)
	p.Qualifiers = slices.Clone(p.Qualifiers)
	for i := range p.Qualifiers {
		p.Qualifiers[i].Key = strings.ToLower(p.Qualifiers[i].Key)
	}
	if err := p.settle(); err != nil {
		return PURL{}, invalid(p.String(), "%v", err)
	}
	return p, nil
}
