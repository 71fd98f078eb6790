package impact

import (
	"bytes"

	"countersign.dev/internal/advisory"
)

// components is every component that any release ever had, by number.
type components struct {
	purls    words // identities: canonical purls, or CPEs
	versions words
	terms    words
	groups   []group // by number of the term
	postings postings
}

// group is the components that go by one term, and the advisories that speak
// of it.
type group struct {
	ecosystem string // that versions are compared in; "" for products
	weak      bool   // by a product's name in a CPE
	members   []member
	slots     []uint32 // of what advisories say now, see [advisories]
}

// member is a component with the version that is compared under the term.
type member struct{ component, version uint32 }

// name is one term that a component goes by, before it is numbered.
type name struct {
	term, ecosystem, version string
	weak                     bool
}

// namesOf is the terms that a component goes by: those by which advisories
// speak of it, and that of its purl without the version, by which people ask.
func namesOf(identity string) []name {
	keys := advisory.KeysOf(identity, nil)
	out := make([]name, 0, len(keys)+1)
	bare, version := bareTerm(identity), ""
	known := bare == ""
	for _, k := range keys {
		out = append(out, name{k.Term, k.Ecosystem, k.Version, k.Weak})
		known = known || k.Term == bare
		version = k.Version
	}
	if !known {
		out = append(out, name{term: bare, version: version})
	}
	return out
}

// bareTerm is [advisory.PURLTerm] of a canonical purl, which writes "@", "?"
// and "#" for nothing but where its parts begin; "" for anything else.
func bareTerm(identity string) string {
	const scheme = "pkg:"
	if len(identity) <= len(scheme) || identity[:len(scheme)] != scheme {
		return ""
	}
	b := append([]byte("purl:"), identity...)
	if i := bytes.IndexAny(b, "@?#"); i >= 0 {
		b = b[:i]
	}
	return string(bytes.ToLower(b))
}

// len is how many components there are.
func (c *components) len() int { return c.purls.len() }

// term is the number of a term, which gets an empty group when it is new.
func (c *components) term(s string) uint32 {
	n, added := c.terms.add(s)
	if added {
		c.groups = append(c.groups, group{})
	}
	return n
}

// join puts a new component into its groups.
func (c *components) join(component uint32, names []name) {
	for _, n := range names {
		if len(n.term) > maxWord || len(n.version) > maxWord {
			continue
		}
		g := &c.groups[c.term(n.term)]
		g.ecosystem, g.weak = n.ecosystem, n.weak
		version, _ := c.versions.add(n.version)
		if last := len(g.members) - 1; last >= 0 && g.members[last].component == component {
			continue
		}
		g.members = append(g.members, member{component, version})
	}
}

// versionIn is the version of a component that is compared in a group.
func (g *group) versionIn(component uint32) uint32 {
	lo, hi := 0, len(g.members)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if g.members[mid].component < component {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return g.members[lo].version
}
