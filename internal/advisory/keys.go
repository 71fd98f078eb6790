package advisory

import (
	"strings"

	"countersign.dev/internal/software/ecosystem"
	"countersign.dev/internal/software/purl"
)

// Key is one name under which an advisory may speak of a component.
type Key struct {
	Term      string // as facts of kind [FactAffected] have it
	Ecosystem string // that the version is compared in; "" for a product
	Version   string
	Weak      bool // by the product's name in a CPE, not by the package
}

// KeysOf is the names under which advisories may speak of a component, given
// by its identity, which is a canonical purl or a CPE, and by its other CPEs.
func KeysOf(identity string, cpes []string) []Key {
	var out []Key
	if p, err := purl.Read(identity); err == nil {
		packages, version := ecosystem.Of(p)
		for _, pkg := range packages {
			out = append(out, Key{Term: pkg.Term(), Ecosystem: pkg.Ecosystem, Version: version})
		}
		if len(packages) == 0 {
			out = append(out, Key{Term: PURLTerm(p), Version: p.Version})
		}
	} else {
		cpes = append([]string{identity}, cpes...)
	}
	seen := map[string]bool{}
	for _, s := range cpes {
		c, ok := ParseCPE(s)
		if !ok || seen[c.Term()+" "+c.Version] {
			continue
		}
		seen[c.Term()+" "+c.Version] = true
		out = append(out, Key{Term: c.Term(), Version: strings.TrimSpace(c.Version + " " + c.Update), Weak: true})
	}
	return out
}

// PURLTerm is the term of a package that no ecosystem of advisories has, as
// one of type generic.
func PURLTerm(p purl.PURL) string { return "purl:" + strings.ToLower(p.Bare().String()) }

// TermOf is the term that an affected package or product is found by; "" when
// nothing names it well enough.
func TermOf(a *Affected) string {
	if a.Ecosystem != "" {
		return ecosystem.FromName(a.Ecosystem, a.Name).Term()
	}
	if a.PURL != "" {
		if p, err := purl.Read(a.PURL); err == nil {
			if packages, _ := ecosystem.Of(p); len(packages) > 0 {
				return packages[0].Term()
			}
			return PURLTerm(p)
		}
	}
	if c, ok := ParseCPE(a.CPE); ok {
		return c.Term()
	}
	return ""
}

// CPE is what of a Common Platform Enumeration name is compared (NISTIR 7695,
// sections 5.2 and 6.2): the rest is looked at by nobody who publishes them.
type CPE struct {
	Part    string // "a", "o", "h"; "" for any
	Vendor  string
	Product string
	Version string // "" for any
	Update  string // "" for any
}

// Term is the vendor and product.
func (c CPE) Term() string { return "cpe:" + c.Vendor + ":" + c.Product }

// ParseCPE reads a CPE in either form, "cpe:2.3:a:…" or "cpe:/a:…". It is
// false for what names no vendor and product.
func ParseCPE(s string) (CPE, bool) {
	if len(s) > maxCPE {
		return CPE{}, false
	}
	s = strings.ToLower(strings.TrimSpace(s))
	rest, formatted := strings.CutPrefix(s, "cpe:2.3:")
	if !formatted {
		var uri bool
		if rest, uri = strings.CutPrefix(s, "cpe:/"); !uri {
			return CPE{}, false
		}
	}
	var fields []string
	var b strings.Builder
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\' && formatted && i+1 < len(rest):
			i++
			b.WriteByte(rest[i])
		case c == ':':
			fields = append(fields, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	fields = append(fields, b.String())
	at := func(i int) string {
		if i >= len(fields) || fields[i] == "*" || fields[i] == "-" {
			return ""
		}
		return fields[i]
	}
	c := CPE{Part: at(0), Vendor: at(1), Product: at(2), Version: at(3), Update: at(4)}
	return c, c.Vendor != "" && c.Product != ""
}

// maxCPE bounds a CPE, in bytes.
const maxCPE = 1000
