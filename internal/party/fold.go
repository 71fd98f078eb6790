package party

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// FoldVersion names how [Fold], [Core], [PersonTerm] and [IdentifierTerm] make
// terms. It is part of a decision's engine: terms made by another version are
// not comparable with these, so it changes whenever any output does.
const FoldVersion = "fold/1"

// maxFold bounds how much of a name is looked at, and how long its fold gets,
// in runes. The longest names of official lists stay under a fifth of it.
const maxFold = 2048

// maxMarks bounds how many combining marks of one letter are kept. No script
// needs more; beyond it lie only inputs made to be slow.
const maxMarks = 8

// Fold is the form in which names are compared: compatibility-decomposed,
// case-folded, letters of Latin, Greek and Cyrillic without their marks,
// anything that is neither letter, mark nor number a space, "&" the word
// "and". Every script stays as it is; nothing is transliterated and no word is
// dropped. It is deterministic, Fold(Fold(s)) = Fold(s), and takes any bytes.
func Fold(name string) string {
	s := cut(strings.ToValidUTF8(name, " "))
	// Folding case can make a sequence that normalises further, as with the
	// capital I with dot; what is stable is reached in two or three rounds.
	for range 4 {
		next := cut(foldOnce(s))
		if next == s {
			break
		}
		s = next
	}
	return s
}

func foldOnce(s string) string {
	if folded, ok := foldASCII(s); ok {
		return folded
	}
	s = strings.Map(dropInvisible, s)
	s = norm.NFKC.String(s)
	s = cases.Fold().String(s)
	s = norm.NFKD.String(s)
	return norm.NFC.String(tokens(s))
}

// foldASCII is the short way for names without any byte above 0x7f, which most
// names of official lists are.
func foldASCII(s string) (string, bool) {
	b := make([]byte, 0, len(s)+8)
	space := false
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			return "", false
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case c == '&':
			if len(b) > 0 {
				b = append(b, ' ')
			}
			b = append(b, "and"...)
			space = true
			continue
		default:
			space = true
			continue
		}
		if space && len(b) > 0 {
			b = append(b, ' ')
		}
		space = false
		b = append(b, c)
	}
	return string(b), true
}

// dropInvisible removes what is not seen and tells no names apart: joiners,
// direction marks, soft hyphens, variation selectors.
func dropInvisible(r rune) rune {
	if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || r == '\u034f' {
		return -1
	}
	return r
}

// tokens turns decomposed, case-folded text into words with single spaces.
func tokens(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := true // at the start or after a space
	marks, keep := 0, false
	word := func(text string) {
		b.WriteString(text)
		space = false
	}
	for _, r := range s {
		if unicode.IsMark(r) {
			if keep && marks < maxMarks && dropInvisible(r) >= 0 {
				b.WriteRune(r)
				marks++
			}
			continue
		}
		marks, keep = 0, false
		switch {
		case r == '&':
			if !space {
				b.WriteByte(' ')
			}
			b.WriteString("and ")
			space = true
		case unicode.IsLetter(r) && (r < '\u02b0' || r > '\u02ff'): // those are apostrophes by another name
			keep = !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
			if plain, ok := plainLetters[r]; ok {
				word(plain)
			} else {
				word(string(r))
			}
		case unicode.IsNumber(r):
			word(string(r))
		case dropInvisible(r) < 0:
		case !space:
			b.WriteByte(' ')
			space = true
		}
	}
	return strings.TrimSuffix(b.String(), " ")
}

// plainLetters are Latin letters that carry their mark within, so that no
// decomposition takes it off. Lists write them both ways.
var plainLetters = map[rune]string{
	'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th",
	'ħ': "h", 'ı': "i", 'ŧ': "t", 'ŋ': "n", 'ƒ': "f", 'ɓ': "b", 'ɗ': "d", 'ƙ': "k", 'ə': "e",
}

// cut bounds s to maxFold runes.
func cut(s string) string {
	if len(s) <= maxFold {
		return s
	}
	n := 0
	for i := range s {
		if n == maxFold {
			return strings.TrimRight(s[:i], " ")
		}
		n++
	}
	return s
}
