package stix

import (
	"strings"

	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/language"
)

// languageTag is RFC 5646.
func languageTag(c *check, v *value) {
	if !isLanguage(v.scalar) {
		c.must("", "", "%q is no language tag (RFC 5646)", clip(v.scalar))
	}
}

// isLanguage takes a tag of registered subtags, whose language is written with
// two letters where it has a code of two (RFC 5646 section 2.2.1).
func isLanguage(s string) bool {
	if strings.Contains(s, "_") || len(s) > 100 {
		return false
	}
	tag, err := language.Parse(s)
	if err != nil {
		return false
	}
	primary, _, _ := strings.Cut(s, "-")
	base, _ := tag.Base()
	return len(primary) != 3 || len(base.String()) == 3
}

// softwareLanguage is a language tag; a code of three letters (ISO 639-2),
// which earlier versions of the standard asked for, is only not recommended.
func softwareLanguage(c *check, v *value) {
	if isLanguage(v.scalar) {
		return
	}
	if _, err := language.ParseBase(v.scalar); err == nil && len(v.scalar) == 3 {
		c.should("6.14", "", "%q is a code of ISO 639-2: want a language tag (RFC 5646)", clip(v.scalar))
		return
	}
	languageTag(c, v)
}

// country is ISO 3166-1, two letters.
func country(c *check, v *value) {
	region, err := language.ParseRegion(v.scalar)
	if len(v.scalar) != 2 || err != nil || !region.IsCountry() {
		c.should("4.10", "", "%q is no country (ISO 3166-1 alpha-2)", clip(v.scalar))
	}
}

// charset is a name of the registry of character sets, the preferred one where
// one is.
func charset(c *check, v *value) {
	encoding, err := ianaindex.IANA.Encoding(v.scalar)
	if err != nil {
		c.must("", "", "%q is no character set of the IANA's registry", clip(v.scalar))
		return
	}
	if encoding == nil {
		return
	}
	if preferred, err := ianaindex.MIME.Name(encoding); err == nil && !strings.EqualFold(preferred, v.scalar) {
		c.must("", "", "%q is not the preferred name of the character set, which is %s", clip(v.scalar), preferred)
	}
}

// isMediaType is a top-level type of the IANA's registry and a subtype.
func isMediaType(s string) bool {
	top, sub, ok := strings.Cut(s, "/")
	sub, _, _ = strings.Cut(sub, ";")
	switch top {
	case "application", "audio", "font", "image", "message", "model", "multipart", "text", "video":
	default:
		return false
	}
	for i := range len(sub) {
		if c := sub[i]; !isLower(c|0x20) && !isDigit(c) && !strings.ContainsRune(".+_-", rune(c)) {
			return false
		}
	}
	return ok && sub != ""
}

// mustBeMediaType and shouldBeMediaType are RFC 6838.
func mustBeMediaType(c *check, v *value) {
	if !isMediaType(v.scalar) {
		c.must("", "", "%q is no media type (RFC 6838)", clip(v.scalar))
	}
}

func shouldBeMediaType(c *check, v *value) {
	if !isMediaType(v.scalar) {
		c.should("", "", "%q is no media type (RFC 6838)", clip(v.scalar))
	}
}

// cpe is a name of CPE 2.3, bound to a formatted string (NISTIR 7695 section
// 6.2): the part, and ten attributes.
func cpe(c *check, v *value) {
	rest, ok := strings.CutPrefix(v.scalar, "cpe:2.3:")
	parts := splitCPE(rest)
	good := ok && len(parts) == 11 && len(parts[0]) == 1 && strings.Contains("aho*-", parts[0])
	for _, p := range parts {
		good = good && isCPEAttribute(p)
	}
	if !good {
		c.must("6.14", "", "%q is no CPE 2.3 (NISTIR 7695 section 6.2)", clip(v.scalar))
	}
}

// splitCPE cuts at colons that no backslash stands before.
func splitCPE(s string) []string {
	var parts []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ':':
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// isCPEAttribute takes "*", "-", or letters, digits and quoted marks, with
// wildcards only at the ends.
func isCPEAttribute(s string) bool {
	if s == "*" || s == "-" {
		return true
	}
	s = strings.TrimPrefix(s, "*")
	s = strings.TrimLeft(s, "?")
	if !strings.HasSuffix(s, `\*`) {
		s = strings.TrimSuffix(s, "*")
	}
	for strings.HasSuffix(s, "?") && !strings.HasSuffix(s, `\?`) {
		s = s[:len(s)-1]
	}
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' {
			if i++; i == len(s) || !isGraphic(s[i]) || isLower(s[i]|0x20) || isDigit(s[i]) {
				return false
			}
			continue
		}
		if !isLower(c|0x20) && !isDigit(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func isGraphic(c byte) bool { return c > ' ' && c < 0x7f }
