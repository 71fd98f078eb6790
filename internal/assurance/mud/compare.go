package mud

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Comparison is what a usage description needs against what its maker declared
// elsewhere, as in an application for a label or in a manual.
type Comparison struct {
	Undeclared []Host       // needed and not declared
	Unneeded   []string     // declared and not needed
	Anywhere   []Peer       // rules that name nobody: no declaration can cover them
	Unreadable []Unreadable // declared in a form that says nothing
}

// Unreadable is a declared host that cannot be compared, and why.
type Unreadable struct{ Declared, Why string }

// Agrees reports whether what is needed and what is declared are the same.
func (c Comparison) Agrees() bool {
	return len(c.Undeclared)+len(c.Unneeded)+len(c.Anywhere)+len(c.Unreadable) == 0
}

// Compare holds the hosts of a file against declared ones. A declared host is a
// name, a name below which all are meant ("*.example.com"), an address or a
// block of addresses, or a URL, whose host counts; case, a last dot and a port
// make no difference. Addresses that stay in the device's own network need no
// declaration. Each host is named once, whatever the number of rules.
func Compare(f *File, declared []string) Comparison { return compare(f.Hosts, f.Peers, declared) }

func compare(hosts []Host, peers []Peer, declared []string) Comparison {
	var out Comparison
	patterns := make([]pattern, 0, len(declared))
	for _, d := range declared {
		p, why := parsePattern(d)
		if why != "" {
			out.Unreadable = append(out.Unreadable, Unreadable{d, why})
			continue
		}
		patterns = append(patterns, p)
	}
	needed := map[int]bool{}
	told := map[string]bool{}
	for _, h := range hosts {
		if told[h.Name] {
			continue
		}
		told[h.Name] = true
		covered := h.Scope != "" && h.Scope != Global
		for i, p := range patterns {
			if p.covers(h) {
				covered, needed[i] = true, true
			}
		}
		if !covered {
			out.Undeclared = append(out.Undeclared, h)
		}
	}
	for i, p := range patterns {
		if !needed[i] {
			out.Unneeded = append(out.Unneeded, p.written)
		}
	}
	slices.SortFunc(out.Undeclared, func(a, b Host) int { return cmp.Compare(a.Name, b.Name) })
	out.Anywhere = anywhere(peers)
	return out
}

// pattern is a declared host: one of its three forms.
type pattern struct {
	written string
	name    string       // exactly this one
	below   string       // every name that ends in a dot and this
	block   netip.Prefix // every address in it
}

func (p pattern) covers(h Host) bool {
	switch {
	case p.name != "":
		return h.Name == p.name
	case p.below != "":
		return strings.HasSuffix(h.Name, "."+p.below)
	}
	block, err := netip.ParsePrefix(h.Name)
	return err == nil && p.block.Bits() <= block.Bits() && p.block.Contains(block.Addr())
}

// parsePattern reads a declared host, or says why it cannot be one.
func parsePattern(written string) (p pattern, why string) {
	p = pattern{written: written}
	s := Fold(written)
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		s = u.Host
	}
	if block, err := parseBlock(strings.Trim(s, "[]")); err == nil {
		if block.Bits() == 0 {
			return p, "it means every address there is"
		}
		p.block = block
		return p, ""
	}
	s = Fold(withoutPort(s))
	if addr, err := netip.ParseAddr(s); err == nil {
		p.block = netip.PrefixFrom(addr, addr.BitLen())
		return p, ""
	}
	if below, ok := strings.CutPrefix(s, "*."); ok {
		switch suffix, _ := publicsuffix.PublicSuffix(below); {
		case !isHostname(below):
			return p, "it is no name of hosts; want one like *.example.com"
		case suffix == below:
			return p, "below it are the names of many owners; name the domain"
		}
		p.below = below
		return p, ""
	}
	if !isHostname(s) {
		return p, "it is no host; want a name, *.name, an address or a block of addresses"
	}
	p.name = s
	return p, ""
}

// withoutPort takes a port off a host, and the brackets of an address.
func withoutPort(s string) string {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.Trim(s[i+1:], "0123456789") != "" || strings.Contains(s[:i], ":") && !strings.HasSuffix(s[:i], "]") {
		return s
	}
	return strings.Trim(s[:i], "[]")
}
