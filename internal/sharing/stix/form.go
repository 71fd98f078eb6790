package stix

import (
	"net/netip"
	"strings"
)

// IsID reports whether s has the form of an identifier (section 2.9): the name
// of a type, two hyphens and a UUID of RFC 4122.
func IsID(s string) bool {
	kind, uuid, ok := cutID(s)
	return ok && isIDType(kind) && isUUID(uuid)
}

// TypeOfID is the type that an identifier names, "" when it is none.
func TypeOfID(s string) string {
	kind, _, ok := cutID(s)
	if !ok {
		return ""
	}
	return kind
}

// cutID cuts an identifier before its last two hyphens.
func cutID(s string) (kind, uuid string, ok bool) {
	i := strings.LastIndex(s, "--")
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+2:], true
}

// isIDType reports whether a type may stand in an identifier.
func isIDType(s string) bool {
	return isTypeName(s) && s[len(s)-1] != '-'
}

// isTypeName is the rule for names of types (section 3.1).
func isTypeName(s string) bool {
	if len(s) < 3 || len(s) > 250 || !isLower(s[0]) || strings.Contains(s, "--") {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLower(c) && !isDigit(c) && c != '-' {
			return false
		}
	}
	return true
}

// isPropertyName is the rule for names of properties (section 3.1).
func isPropertyName(s string) bool {
	if s == "id" {
		return true
	}
	if len(s) < 3 || len(s) > 250 || !isLower(s[0]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLower(c) && !isDigit(c) && c != '_' {
			return false
		}
	}
	return true
}

// isKey is the rule for keys of dictionaries (section 2.3).
func isKey(s string) bool {
	if s == "" || len(s) > 250 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLower(c|0x20) && !isDigit(c) && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// isUUID takes the versions and the variant of RFC 4122.
func isUUID(s string) bool {
	const shape = "xxxxxxxx-xxxx-vxxx-axxx-xxxxxxxxxxxx"
	if len(s) != len(shape) {
		return false
	}
	for i := range len(shape) {
		c := s[i]
		switch shape[i] {
		case '-':
			if c != '-' {
				return false
			}
		case 'v':
			if c < '1' || c > '5' {
				return false
			}
		case 'a':
			if c != '8' && c != '9' && c|0x20 != 'a' && c|0x20 != 'b' {
				return false
			}
		default:
			if !isHexDigit(c) {
				return false
			}
		}
	}
	return true
}

// uuidVersion is the version of the UUID in an identifier, 0 when it has none.
func uuidVersion(id string) int {
	if _, uuid, ok := cutID(id); ok && isUUID(uuid) {
		return int(uuid[14] - '0')
	}
	return 0
}

func isLower(c byte) bool    { return 'a' <= c && c <= 'z' }
func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// isHex reports whether s is hexadecimal digits alone.
func isHex(s string) bool {
	for i := range len(s) {
		if !isHexDigit(s[i]) {
			return false
		}
	}
	return true
}

// isBase64 is RFC 4648 section 4, with its padding.
func isBase64(s string) bool {
	if s == "" || len(s)%4 != 0 {
		return false
	}
	for range 2 {
		s = strings.TrimSuffix(s, "=")
	}
	for i := range len(s) {
		if c := s[i]; !isLower(c|0x20) && !isDigit(c) && c != '+' && c != '/' {
			return false
		}
	}
	return true
}

// isURI is RFC 3986: a scheme, and only characters that may stand in a URI,
// percent signs before two hexadecimal digits alone.
func isURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || scheme == "" || !isLower(scheme[0]|0x20) || strings.Count(rest, "#") > 1 {
		return false
	}
	for i := range len(scheme) {
		if c := scheme[i]; !isLower(c|0x20) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		if c == '%' {
			if i+2 >= len(rest) || !isHexDigit(rest[i+1]) || !isHexDigit(rest[i+2]) {
				return false
			}
			continue
		}
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return false
		}
	}
	return authorityIsRight(rest)
}

// authorityIsRight looks at the host of what follows a scheme: brackets stand
// around addresses of version 6 alone (RFC 3986 section 3.2.2), and a port is
// digits.
func authorityIsRight(rest string) bool {
	after, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return !strings.ContainsAny(pathOf(rest), "[]")
	}
	authority, tail := after, ""
	if i := strings.IndexAny(after, "/?#"); i >= 0 {
		authority, tail = after[:i], after[i:]
	}
	if strings.ContainsAny(pathOf(tail), "[]") {
		return false
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		host, port = authority[:i], authority[i+1:]
	}
	for i := range len(port) {
		if !isDigit(port[i]) {
			return false
		}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		a, err := netip.ParseAddr(inner)
		return ok && (err == nil && a.Is6() || strings.HasPrefix(inner, "v"))
	}
	return !strings.ContainsAny(host, "[]:")
}

// pathOf is what stands before a query or a fragment.
func pathOf(s string) string {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		return s[:i]
	}
	return s
}
