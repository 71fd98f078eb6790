package nametext

import (
	"regexp"
	"strings"
)

// maxItems bounds into how many values a text is split; the rest stays one.
const maxItems = 2000

// Items splits a cell into its values: at semicolons, and at the marks (a),
// b) of a list. Semicolons within brackets or quotation marks do not count. An
// item that was quoted because it holds semicolons is a list of its own.
func Items(cell string) []string {
	var out []string
	for _, item := range splitOutside(cell, ';') {
		inner, quoted := unquote(item)
		if quoted {
			for _, one := range splitOutside(inner, ';') {
				out = appendListed(out, one)
			}
			continue
		}
		out = appendListed(out, item)
	}
	return out
}

var listMark = regexp.MustCompile(`(?:^|[\s,;.])\(?([a-z]|aa|bb|cc|dd|ee)\)\s*`)

// appendListed splits "(a) Algerian, (b) German" at its marks. A text is such a
// list when it begins with a mark, has several, or has one in brackets after a
// comma.
func appendListed(out []string, item string) []string {
	item = strings.TrimSpace(item)
	marks := listMark.FindAllStringSubmatchIndex(item, -1)
	if len(marks) == 0 || marks[0][0] > 0 && len(marks) < 2 && item[marks[0][2]] != 'b' && !strings.Contains(item, ", (") {
		return appendItem(out, item)
	}
	start := 0
	for _, m := range marks {
		out = appendItem(out, item[start:m[0]])
		start = m[1]
	}
	return appendItem(out, item[start:])
}

func appendItem(out []string, item string) []string {
	item = strings.TrimSpace(strings.Trim(strings.TrimSpace(item), ",;"))
	item = strings.TrimSpace(strings.TrimPrefix(item, "or "))
	if item == "" || len(out) >= maxItems {
		return out
	}
	return append(out, item)
}

// unquote takes the quotation marks off an item that stands between them. Two
// within it mean one.
func unquote(item string) (string, bool) {
	item = strings.TrimSpace(item)
	if len(item) < 2 || item[0] != '"' || item[len(item)-1] != '"' {
		return item, false
	}
	return strings.TrimSpace(strings.ReplaceAll(item[1:len(item)-1], `""`, `"`)), true
}

// splitOutside splits s at sep outside brackets and quotation marks. A bracket
// that does not close is none, and so is a mark.
func splitOutside(s string, sep byte) []string {
	var out []string
	depth, quoted, start := 0, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			if quoted || strings.IndexByte(s[i+1:], '"') >= 0 {
				quoted = !quoted
			}
		case quoted:
		case c == '(':
			if closes(s[i:]) {
				depth++
			}
		case c == ')':
			depth = max(depth-1, 0)
		case c == sep && depth == 0:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

// maxBracket bounds how far a bracket may be from the one that closes it.
const maxBracket = 600

// closes reports whether the bracket that s begins with is closed before long.
func closes(s string) bool {
	depth := 0
	for i := 0; i < min(len(s), maxBracket); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return true
			}
		}
	}
	return false
}
