package mud

import (
	"net/netip"
	"strings"
)

// Fold is a host name as names are compared: lower case, without a last dot.
func Fold(name string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
}

// isHostname reports whether a folded name can be one of a host: labels of
// letters, digits, hyphens and underscores (RFC 6991, domain-name), not all of
// it digits and dots, which is an address.
func isHostname(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	letters := false
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			switch c := label[i]; {
			case c >= 'a' && c <= 'z', c == '-', c == '_':
				letters = true
			case c < '0' || c > '9':
				return false
			}
		}
	}
	return letters
}

// parseBlock reads a block of addresses, or a single address.
func parseBlock(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return p.Masked(), nil
}

func scopeOf(p netip.Prefix) Scope {
	switch a := p.Addr(); {
	case a.IsMulticast():
		return Multicast
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return Broadcast
	case a.IsPrivate(), a.IsLoopback(), a.IsLinkLocalUnicast(), a.IsUnspecified():
		return Local
	}
	return Global
}

// belongs reports whether a member's name is one of an extension.
func belongs(member, extension string) bool {
	module, local, ok := strings.Cut(member, ":")
	if !ok {
		return member == extension
	}
	return module == extension || local == extension || module == "ietf-mud-"+extension
}
