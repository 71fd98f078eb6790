package purl

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const digits = "0123456789ABCDEF"

// plain reports whether a byte stands for itself: letters, digits, the
// punctuation that a purl leaves alone, and the colon (ECMA-427, section
// "Character encoding").
func plain(c byte) bool {
	return alnum(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == ':'
}

func alnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// appendEscaped appends s with every byte escaped that is not plain.
func appendEscaped(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; plain(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}

// appendPath appends s as appendEscaped does, its slashes as they are.
func appendPath(b []byte, s string) []byte {
	for {
		segment, rest, more := strings.Cut(s, "/")
		b = appendEscaped(b, segment)
		if !more {
			return b
		}
		b = append(b, '/')
		s = rest
	}
}

// unescape decodes s. It takes no memory where nothing is escaped.
func unescape(s string) (string, error) {
	at := strings.IndexByte(s, '%')
	if at < 0 {
		return s, valid(s)
	}
	b := append(make([]byte, 0, len(s)), s[:at]...)
	for i := at; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", fmt.Errorf("%q is cut short: two hexadecimal digits follow a per cent sign", s[i:])
		}
		high, low := hex(s[i+1]), hex(s[i+2])
		if high < 0 || low < 0 {
			return "", fmt.Errorf("%q: two hexadecimal digits follow a per cent sign", s[i:i+3])
		}
		b = append(b, byte(high<<4|low))
		i += 2
	}
	out := string(b)
	return out, valid(out)
}

func valid(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("not UTF-8")
	}
	return nil
}

// hex is the value of a hexadecimal digit, or -1.
func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// path is s without empty segments.
func path(s string) string {
	return segments(s, func(segment string) bool { return segment != "" })
}

// subpath is s without empty segments and those that are "." or "..".
func subpath(s string) string {
	return segments(s, func(segment string) bool { return segment != "" && segment != "." && segment != ".." })
}

// segments is s with the segments that are to be kept.
func segments(s string, keep func(string) bool) string {
	sound := true
	for segment := range strings.SplitSeq(s, "/") {
		sound = sound && keep(segment)
	}
	if sound || s == "" {
		return s
	}
	var kept []string
	for segment := range strings.SplitSeq(s, "/") {
		if keep(segment) {
			kept = append(kept, segment)
		}
	}
	return strings.Join(kept, "/")
}
