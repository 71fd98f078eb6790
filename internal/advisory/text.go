package advisory

import (
	"cmp"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// MaxID is how many bytes the id of an advisory may have.
const MaxID = 128

// IsID reports whether s can be the id of an advisory: a word of at most
// [MaxID] bytes.
func IsID(s string) bool {
	return s != "" && len(s) <= MaxID && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
	})
}

// IsCVE reports whether s is a CVE id, "CVE-", a year and four digits or more,
// in any case.
func IsCVE(s string) bool {
	const head, most = len("CVE-2021-"), len("CVE-2021-") + 19
	if len(s) < head+4 || len(s) > most || !strings.EqualFold(s[:4], "CVE-") || s[head-1] != '-' {
		return false
	}
	return digits(s[4:head-1]) && digits(s[head:])
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Text is s without the control characters that no text needs and without
// white space at its ends, cut to at most so many bytes at the end of a
// character.
func Text(s string, most int) string {
	if strings.ContainsFunc(s, isRubbish) {
		s = strings.Map(func(r rune) rune {
			if isRubbish(r) {
				return -1
			}
			return r
		}, s)
	}
	s = strings.TrimSpace(s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}

func isRubbish(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// Clip shortens what a message repeats of a document.
func Clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Stem is a file's name without its folder and endings, in lower case with hyphens,
// as a source is called that a file starts; otherwise where nothing is left.
func Stem(name, otherwise string) string {
	base, _, _ := strings.Cut(path.Base(strings.ReplaceAll(name, `\`, "/")), ".")
	base = strings.Trim(notInStem.ReplaceAllString(strings.ToLower(base), "-"), "-")
	return cmp.Or(base[:min(len(base), 64)], otherwise)
}

var notInStem = regexp.MustCompile(`[^a-z0-9]+`)
