package match

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/internal/party"
)

// Bounds of one name. The longest names of official lists stay well under
// them; what lies beyond is not looked at.
const (
	maxText  = 1024 // bytes of a name
	maxWords = 24   // words of a name that are compared
	maxWord  = 48   // letters of a word that are compared by more than equality
)

// wordsOf is the folded words of a name. An apostrophe within a word is
// dropped, because Qa'ida is Qaida in another custom, where folding would cut
// the word in two; what capital letters tell of where words begin is used
// before folding takes it away.
func wordsOf(text string) []string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return strings.Fields(party.Fold(openCapitals(dropApostrophes(text))))
}

// personWords is the folded words of a person's name in the order in which it
// is spoken: "SIDOROV, Ivan" as Ivan Sidorov.
func personWords(text string) []string {
	if before, after, ok := strings.Cut(text, ","); ok && !strings.Contains(after, ",") {
		return append(wordsOf(after), wordsOf(before)...)
	}
	return wordsOf(text)
}

func apostrophe(r rune) bool {
	switch r {
	case '\'', '’', '‘', '`', '´', 'ʼ', 'ʻ', 'ʾ', 'ʿ', 'ʹ', '′', '＇':
		return true
	}
	return false
}

func dropApostrophes(s string) string {
	if strings.IndexFunc(s, apostrophe) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	before := rune(' ')
	skip := false
	for i, r := range s {
		if skip {
			skip = false
			continue
		}
		if !apostrophe(r) {
			b.WriteRune(r)
			before = r
			continue
		}
		rest := s[i+utf8.RuneLen(r):]
		next, _ := utf8.DecodeRuneInString(rest)
		if skip = unicode.IsLetter(before) && possessive(rest); skip {
			continue
		}
		if !unicode.IsLetter(before) || !unicode.IsLetter(next) {
			b.WriteByte(' ')
			before = ' '
		}
	}
	return b.String()
}

// possessive reports whether what follows an apostrophe is the "s" of a
// genitive.
func possessive(rest string) bool {
	if rest == "" || rest[0]|0x20 != 's' {
		return false
	}
	next, _ := utf8.DecodeRuneInString(rest[1:])
	return rest[1:] == "" || !unicode.IsLetter(next)
}

// openCapitals puts a space where capitals show that two words were written as
// one: after an article (AlNasim) and before a legal form (SiemensAG).
func openCapitals(s string) string {
	if !hasInnerCapital(s) {
		return s
	}
	fields := strings.Fields(s)
	for i, w := range fields {
		if len(w) > 4 && (w[0]|0x20 == 'a' || w[0]|0x20 == 'e') && w[1] == 'l' && upper(w[2]) && lower(w[3]) {
			fields[i] = w[:2] + " " + w[2:]
			continue
		}
		k := len(w)
		for k > 0 && upper(w[k-1]) {
			k--
		}
		if k > 2 && k < len(w)-1 && allLower(w[1:k]) {
			if _, ok := forms[strings.ToLower(w[k:])]; ok {
				fields[i] = w[:k] + " " + w[k:]
			}
		}
	}
	return strings.Join(fields, " ")
}

func hasInnerCapital(s string) bool {
	for i := 1; i < len(s); i++ {
		if upper(s[i]) && lower(s[i-1]) {
			return true
		}
	}
	return false
}

func allLower(s string) bool {
	for i := range len(s) {
		if !lower(s[i]) {
			return false
		}
	}
	return true
}

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }
func lower(c byte) bool { return 'a' <= c && c <= 'z' }
