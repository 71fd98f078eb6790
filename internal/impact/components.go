package impact

import (
	"strings"

	"countersign.dev/internal/advisory"
)

// components is every component that any release ever had, by number.
type components struct {
	purls    words // identities: canonical purls, or CPEs
	versions words
	terms    words
	groups   []group  // by number of the term
	after    []uint32 // by component: the one that followed it in some list; only a guess
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

// name is one term that a component goes by, before it has numbers.
type name struct {
	term, ecosystem, version string
	weak                     bool
	// What numbers of term and version were found to be, and one more; 0 for
	// those that are new.
	termNumber, versionNumber uint32
}

// namesOf is the terms that a component goes by: those by which advisories
// speak of it, and that of its purl without the version, by which people ask.
func namesOf(identity string) []name {
	keys := advisory.KeysOf(identity, nil)
	out := make([]name, 0, len(keys)+1)
	bare, version := bareTerm(identity), ""
	known := bare == ""
	for _, k := range keys {
		out = append(out, name{term: k.Term, ecosystem: k.Ecosystem, version: k.Version, weak: k.Weak})
		known = known || k.Term == bare
		version = k.Version
	}
	if !known {
		out = append(out, name{term: asked + bare, version: version})
	}
	return out
}

// asked comes before the terms by which people ask and advisories do not speak.
const asked = "of:"

// bareTerm is [advisory.PURLTerm] of a canonical purl, which writes "@", "?"
// and "#" for nothing but where its parts begin; "" for anything else.
func bareTerm(identity string) string {
	const scheme = "pkg:"
	if len(identity) <= len(scheme) || identity[:len(scheme)] != scheme {
		return ""
	}
	end := len(identity)
	for i := range len(identity) {
		if c := identity[i]; c == '@' || c == '?' || c == '#' {
			end = i
			break
		}
	}
	return "purl:" + strings.ToLower(identity[:end])
}

// none is no component.
const none = ^uint32(0)

// follower is what may come after a component that was itself only a guess:
// in its place there may be another version of it.
func (c *components) follower(guess uint32) uint32 {
	if int(guess) >= len(c.after) {
		return none
	}
	return c.after[guess]
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

// look finds the numbers of names as far as there are any.
func (c *components) look(names []name) []name {
	for i := range names {
		if t, ok := c.terms.look(names[i].term); ok {
			names[i].termNumber = t + 1
		}
		if v, ok := c.versions.look(names[i].version); ok {
			names[i].versionNumber = v + 1
		}
	}
	return names
}

// join puts a new component into its groups.
func (c *components) join(component uint32, names []name) {
	for i := range names {
		n := &names[i]
		if len(n.term) > maxWord || len(n.version) > maxWord {
			continue
		}
		term, version := n.termNumber-1, n.versionNumber-1
		if n.termNumber == 0 {
			term = c.term(n.term)
		}
		if n.versionNumber == 0 {
			version, _ = c.versions.add(n.version)
		}
		g := &c.groups[term]
		g.ecosystem, g.weak = n.ecosystem, n.weak
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
